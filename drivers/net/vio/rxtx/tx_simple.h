/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * tx_simple.h - sending packets of one segment on a split ring, for ports that asked for no transmit
 * offload (RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE is welcome).
 *
 * Each packet takes one descriptor, so descriptor i always serves position i of the available ring,
 * which is written once when the queue starts; what is posted is known from positions, and no
 * counts are kept. The first packet that is not that simple (no headroom, a shared buffer), and the
 * first completion out of order, turn the queue over to the body of tx_split.h for good.
 *
 * A file that is compiled for wider registers defines VIO_TX_WIDE and the two functions on blocks of
 * four before it includes this one.
 */
#ifndef VIO_TX_SIMPLE_H
#define VIO_TX_SIMPLE_H

#include "tx_split.h"

/** Give the queue to tx_split.h: write down what positions said until now. */
void vio_tx_simple_end(struct vio_txq *q);

#ifndef VIO_TX_WIDE
/** Write four descriptors without flags. */
static __rte_always_inline void
vio_tx_simple_descs(struct vring_desc *desc, const uint64_t addr[4], const uint64_t len[4])
{
	for (unsigned int i = 0; i < 4; i++)
		vio_tx_desc_store(&desc[i], addr[i], len[i]);
}

/** Do four used entries have the ids @p first, @p first + 1, ...? */
static __rte_always_inline bool
vio_tx_simple_ids(const struct vring_used_elem *elem, uint16_t first)
{
	uint32_t wrong = 0;

	for (unsigned int i = 0; i < 4; i++)
		wrong |= __atomic_load_n(&elem[i].id, __ATOMIC_RELAXED) ^ (first + i);
	return wrong == 0;
}
#endif

/** Take back what the device has sent. */
static __rte_always_inline void
vio_tx_simple_reclaim(struct vio_txq *q, const uint32_t flags)
{
	uint16_t pending = vring_split_load_used(q->used) - q->used_idx;

	if (unlikely(pending > (uint16_t)(q->avail_idx - q->used_idx))) {
		vio_txq_fault(q, VIO_FAULT_USED_INDEX);
		return;
	}
	while (pending != 0) {
		const uint16_t at = q->used_idx & q->mask;
		const uint16_t most = RTE_MIN(RTE_MIN(pending, VIO_TX_FREE_MAX),
					      (uint16_t)(q->mask + 1 - at));
		uint16_t n = 0;

		if (flags & VIO_TX_IN_ORDER)
			n = most; /* by promise; ids may not even be written (2.7.9.1) */
		while (n + 4 <= most && likely(vio_tx_simple_ids(&q->used->ring[at + n], at + n)))
			n += 4;
		while (n < most && likely(__atomic_load_n(&q->used->ring[at + n].id,
							  __ATOMIC_RELAXED) == (uint32_t)(at + n)))
			n++;
		if (unlikely(n == 0)) {
			/* Out of order, or a fault: tx_split.h knows. */
			vio_tx_simple_end(q);
			vio_tx_split_reclaim_general(q, flags);
			return;
		}
		vio_pool_put(q->pool, &q->slot[at], n);
		q->free_idx += n;
		q->used_idx += n;
		pending -= n;
	}
}

/**
 * Make four packets available in descriptors @p id to @p id + 3.
 * @return false where one of them is not simple; then nothing counts
 */
static __rte_always_inline bool
vio_tx_simple_four(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t id, uint64_t *bytes,
		   const uint32_t flags)
{
	uint64_t addr[4], len[4];
	bool wrong = false;

	if (!(flags & VIO_TX_FAST_FREE) && unlikely(!vio_tx_four_plain(pkts, q->pool)))
		return false;
	for (unsigned int i = 0; i < 4; i++) {
		const struct rte_mbuf *m = pkts[i];

		/*
		 * With FAST_FREE the application answers for the rest. Segments are looked at all
		 * the same: not every application that sends several asks for MULTI_SEGS.
		 */
		if (flags & VIO_TX_FAST_FREE)
			wrong |= !vio_tx_is_single(m);
		addr[i] = vio_mbuf_addr(m, q->addr_field) + m->data_off - VIO_HDR_SIZE;
		len[i] = m->data_len + VIO_HDR_SIZE;
	}
	if (unlikely(wrong))
		return false;
	vio_tx_four_hdr_clear(pkts);
	vio_tx_simple_descs(&q->desc[id], addr, len);
	memcpy(&q->slot[id], pkts, 4 * sizeof(*pkts));
	*bytes += len[0] + len[1] + len[2] + len[3] - 4 * VIO_HDR_SIZE;
	return true;
}

/** One packet in descriptor @p id; false where it is not simple. */
static __rte_always_inline bool
vio_tx_simple_one(struct vio_txq *q, struct rte_mbuf *m, uint16_t id, uint64_t *bytes,
		  const uint32_t flags)
{
	if (flags & VIO_TX_FAST_FREE ? unlikely(!vio_tx_is_single(m)) :
				       unlikely(!vio_tx_is_plain(m, q->pool)))
		return false;
	vio_tx_hdr_clear(rte_pktmbuf_mtod_offset(m, void *, -VIO_HDR_SIZE));
	vio_tx_split_plain_desc(&q->desc[id], m, q->addr_field);
	q->slot[id] = m;
	*bytes += m->data_len;
	return true;
}

/** Packets from @p pkts on, until one is not simple or no descriptor is free. @return packets */
static __rte_always_inline uint16_t
vio_tx_simple_send(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, uint64_t *bytes,
		   const uint32_t flags)
{
	uint16_t i = 0;

	nb = RTE_MIN(nb, vio_tx_split_free(q));
	while (i < nb) {
		const uint16_t id = (q->avail_idx + i) & q->mask;

		if (likely(nb - i >= 4 && id + 4 <= q->mask + 1 &&
			   vio_tx_simple_four(q, pkts + i, id, bytes, flags))) {
			i += 4;
			continue;
		}
		if (unlikely(!vio_tx_simple_one(q, pkts[i], id, bytes, flags)))
			break;
		i++;
	}
	q->desc_idx += i;
	q->avail_idx += i;
	return i;
}

/** The body of every callback that sends simple packets. */
static __rte_always_inline uint16_t
vio_tx_simple_burst(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, const uint32_t flags)
{
	const uint32_t general = flags & (VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER);
	uint16_t old, sent;
	uint64_t bytes = 0;

	if (unlikely(!vio_gate_enter(&q->gate, VIO_GATE_VARIANT(flags))))
		return 0;
	if (unlikely(!q->simple)) {
		sent = vio_tx_split_sends[general](q, pkts, nb, q->avail_idx);
		vio_gate_leave(&q->gate);
		return sent;
	}
	old = q->avail_idx;
	if (vio_tx_split_free(q) < q->free_thresh)
		vio_tx_simple_reclaim(q, flags);
	if (unlikely(q->avail_idx == q->used_idx && nb != 0))
		q->pool = pkts[0]->pool; /* nothing is out: the queue may change its pool */

	sent = 0;
	if (likely(q->simple)) /* unless it was the device's order that ended it just now */
		sent = vio_tx_simple_send(q, pkts, nb, &bytes, flags);
	q->stats.packets += sent;
	q->stats.bytes += bytes;
	if (unlikely(sent < nb && (!q->simple || vio_tx_split_free(q) != 0))) {
		if (q->simple)
			vio_tx_simple_end(q);
		sent += vio_tx_split_sends[general](q, pkts + sent, nb - sent, old);
	} else {
		q->stats.ring_full += sent < nb;
		if (likely(q->avail_idx != old))
			vio_tx_split_publish(q, old, flags);
	}
	vio_gate_leave(&q->gate);
	return sent;
}

/** Make the callbacks of one path, in the order of variants.h. */
#define VIO_TX_SIMPLE_CALLBACK(name, flags) \
static uint16_t \
virtio_ ## name(void *txq, struct rte_mbuf **pkts, uint16_t nb) \
{ \
	return vio_tx_simple_burst(txq, pkts, nb, flags); \
}

#define VIO_TX_SIMPLE_FOUR(name, flags) \
VIO_TX_SIMPLE_CALLBACK(name, flags) \
VIO_TX_SIMPLE_CALLBACK(name ## _event_idx, (flags) | VIO_TX_EVENT_IDX) \
VIO_TX_SIMPLE_CALLBACK(name ## _inorder, (flags) | VIO_TX_IN_ORDER) \
VIO_TX_SIMPLE_CALLBACK(name ## _event_idx_inorder, (flags) | VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER)

#define VIO_TX_SIMPLE_CALLBACKS(name, flags) \
VIO_TX_SIMPLE_FOUR(name, flags) \
VIO_TX_SIMPLE_FOUR(name ## _fast_free, (flags) | VIO_TX_FAST_FREE) \
const eth_tx_burst_t vio_ ## name[] = { \
	virtio_ ## name, virtio_ ## name ## _event_idx, \
	virtio_ ## name ## _inorder, virtio_ ## name ## _event_idx_inorder, \
	virtio_ ## name ## _fast_free, virtio_ ## name ## _fast_free_event_idx, \
	virtio_ ## name ## _fast_free_inorder, virtio_ ## name ## _fast_free_event_idx_inorder, \
};

#endif /* VIO_TX_SIMPLE_H */
