/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * tx_simple.h - sending packets of one segment, for ports that asked for no transmit offload
 * (RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE is welcome).
 *
 * Each packet takes one descriptor, so a position says all about it and no counts are kept; in a split
 * ring descriptor i always serves position i of the available ring, which is written once when the
 * queue starts. The first packet that is not that simple (no headroom, a shared buffer), and the
 * first completion out of order, turn the queue over to the body of tx_burst.h for good.
 *
 * A file that is compiled for wider registers defines VIO_TX_WIDE, vio_tx_simple_descs() and
 * vio_tx_four_ids() before it includes this one.
 */
#ifndef VIO_TX_SIMPLE_H
#define VIO_TX_SIMPLE_H

#include "tx_burst.h"

/** Give the queue to tx_burst.h: write down what positions said until now. */
void vio_tx_simple_end(struct vio_txq *q);

#ifndef VIO_TX_WIDE
/** Write four descriptors: addresses, and the words behind them. */
static __rte_always_inline void
vio_tx_simple_descs(struct vring_desc *desc, const uint64_t addr[4], const uint64_t word[4])
{
	for (unsigned int i = 0; i < 4; i++)
		vio_desc_store(&desc[i], addr[i], word[i]);
}
#endif

/** How many of the @p most packets from @p at on came back in order. Nothing wraps. */
static __rte_always_inline uint16_t
vio_tx_simple_run(const struct vio_txq *q, uint16_t at, uint16_t most, const uint32_t flags)
{
	const uint32_t used = (uint32_t)vring_packed_used_flags(q->used_idx) << 16;
	uint16_t n = 0;

	if (VIO_TX_IS_PACKED(flags) ? flags & VIO_TX_IN_ORDER : VIO_TX_IDS_KNOWN(flags))
		return most;
	if (VIO_TX_IS_PACKED(flags)) {
		while (n + 4 <= most &&
		       likely(vio_tx_packed_four_used(&q->ring[at + n], used, at + n)))
			n += 4;
		while (n < most && likely(((vring_packed_load(&q->ring[at + n]) ^
					    (used | (at + n))) & VIO_TX_PACKED_ASKED) == 0))
			n++;
		return n;
	}
	while (n + 4 <= most && likely(vio_tx_four_ids(&q->used->ring[at + n], at + n)))
		n += 4;
	while (n < most && likely(__atomic_load_n(&q->used->ring[at + n].id,
						  __ATOMIC_RELAXED) == (uint32_t)(at + n)))
		n++;
	return n;
}

/**
 * Packets that may have come back: in a split ring they have, in a packed ring in order too, where
 * the one used descriptor says so; otherwise each tells for itself.
 * @return false for a claim that cannot be
 */
static __rte_always_inline bool
vio_tx_simple_pending(const struct vio_txq *q, uint16_t *pending, const uint32_t flags)
{
	const uint16_t size = q->mask + 1;
	uint16_t at, id, out;
	uint32_t word;

	if (!VIO_TX_IS_PACKED(flags)) {
		*pending = vring_split_load_used(q->used) - q->used_idx;
		return !VIO_CHECKED || *pending <= (uint16_t)(q->avail_idx - q->used_idx);
	}
	out = vring_packed_distance(q->used_idx, q->avail_idx, size);
	*pending = out;
	if (!(flags & VIO_TX_IN_ORDER) || out == 0)
		return true;
	at = vring_packed_index(q->used_idx);
	word = vring_packed_load(&q->ring[at]);
	*pending = 0;
	if (!vring_packed_is_used(word, q->used_idx))
		return true;
	id = (uint16_t)word;
	*pending = (id >= at ? id - at : id + size - at) + 1;
	return !VIO_CHECKED || (id < size && *pending <= out);
}

/** Take back what the device has sent. */
static __rte_always_inline void
vio_tx_simple_reclaim(struct vio_txq *q, const uint32_t flags)
{
	uint16_t pending;

	do {
		if (unlikely(!vio_tx_simple_pending(q, &pending, flags))) {
			vio_txq_fault(q, VIO_TX_IS_PACKED(flags) ? VIO_FAULT_USED_ID :
								   VIO_FAULT_USED_INDEX);
			return;
		}
		for (uint16_t n; pending != 0; pending -= n) {
			const uint16_t at = vio_ring_index(q->used_idx, q->mask,
							   VIO_TX_IS_PACKED(flags));
			const uint16_t most = RTE_MIN(RTE_MIN(pending, VIO_TX_FREE_MAX),
						      (uint16_t)(q->mask + 1 - at));

			n = vio_tx_simple_run(q, at, most, flags);
			if (VIO_TX_IS_PACKED(flags) && unlikely(n == 0)) {
				const uint32_t word = vring_packed_load(&q->ring[at]);

				if (!vring_packed_is_used(word, q->used_idx))
					return;
				n = (uint16_t)word == at; /* used just now */
			}
			if (unlikely(n == 0)) {
				/* Out of order, or a fault: tx_burst.h knows. */
				vio_tx_simple_end(q);
				vio_tx_reclaim_general(q, flags);
				return;
			}
			vio_pool_put(q->pool, &q->slot[at], n);
			vio_tx_retire(q, n, n, flags);
		}
		/* There may be another batch; split rings said all at once. */
	} while (VIO_TX_IS_PACKED(flags) && (flags & VIO_TX_IN_ORDER) && !vio_tx_idle(q) &&
		 vring_packed_is_used(vring_packed_load(&q->ring[vring_packed_index(q->used_idx)]),
				      q->used_idx));
}

/**
 * Make four packets available in the descriptors from position @p pos on.
 * @return false where one of them is not simple; then nothing counts
 */
static __rte_always_inline bool
vio_tx_simple_four(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t pos, uint16_t old,
		   uint64_t *bytes, const uint32_t flags)
{
	const uint16_t id = vio_ring_index(pos, q->mask, VIO_TX_IS_PACKED(flags));
	const uint64_t upper = vio_tx_upper(pos, flags);
	uint64_t addr[4], word[4], len[4];
	uint64_t wrong = 0;

	if (!(flags & VIO_TX_FAST_FREE) && unlikely(!vio_tx_four_plain(pkts, q->pool, VIO_HDR_SIZE)))
		return false;
	for (unsigned int i = 0; i < 4; i++) {
		const struct rte_mbuf *m = pkts[i];
		const uint64_t rearm = vio_mbuf_rearm_word(m);

		/*
		 * With FAST_FREE the application answers for the rest. Segments are looked at all
		 * the same: not every application that sends several asks for MULTI_SEGS.
		 */
		if (flags & VIO_TX_FAST_FREE)
			wrong |= vio_tx_not_single(rearm);
		addr[i] = vio_mbuf_addr(m, q->addr_field) + (uint16_t)rearm - VIO_HDR_SIZE;
		len[i] = m->data_len + VIO_HDR_SIZE;
		word[i] = len[i] + upper + i * VIO_TX_UPPER_STEP(flags);
	}
	if (unlikely(wrong != 0))
		return false;
	word[0] ^= vio_tx_hide(pos, old, flags);
	vio_tx_four_hdr_clear(pkts);
	vio_tx_simple_descs(&q->desc[id], addr, word);
	memcpy(&q->slot[id], pkts, 4 * sizeof(*pkts));
	*bytes += len[0] + len[1] + len[2] + len[3] - 4 * VIO_HDR_SIZE;
	return true;
}

/** One packet in the descriptor at position @p pos; false where it is not simple. */
static __rte_always_inline bool
vio_tx_simple_one(struct vio_txq *q, struct rte_mbuf *m, uint16_t pos, uint16_t old,
		  uint64_t *bytes, const uint32_t flags)
{
	const uint16_t id = vio_ring_index(pos, q->mask, VIO_TX_IS_PACKED(flags));

	if (flags & VIO_TX_FAST_FREE ? unlikely(vio_tx_not_single(vio_mbuf_rearm_word(m)) != 0) :
				       unlikely(!vio_tx_is_plain(m, q->pool, VIO_HDR_SIZE)))
		return false;
	vio_tx_hdr_clear(rte_pktmbuf_mtod_offset(m, void *, -VIO_HDR_SIZE));
	vio_desc_store(&q->desc[id], vio_tx_plain_addr(m, q->addr_field, VIO_HDR_SIZE),
		       (m->data_len + VIO_HDR_SIZE + vio_tx_upper(pos, flags)) ^
		       vio_tx_hide(pos, old, flags));
	q->slot[id] = m;
	*bytes += m->data_len;
	return true;
}

/** Packets from @p pkts on, until one is not simple or no descriptor is free. @return packets */
static __rte_always_inline uint16_t
vio_tx_simple_send(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, uint16_t old,
		   uint64_t *bytes, const uint32_t flags)
{
	const bool packed = VIO_TX_IS_PACKED(flags);
	uint16_t pos = q->avail_idx;
	uint16_t i = 0;

	nb = RTE_MIN(nb, vio_tx_free(q, flags));
	/* Small bursts by themselves: what a block needs is not even prepared for them. */
	while (nb < 4 && i < nb) {
		if (unlikely(!vio_tx_simple_one(q, pkts[i], pos, old, bytes, flags)))
			break;
		pos = vio_ring_ahead(pos, 1, q->mask, packed);
		i++;
	}
	while (nb >= 4 && i < nb) {
		const uint16_t id = vio_ring_index(pos, q->mask, packed);

		if (likely(nb - i >= 4 && id + 4 <= q->mask + 1 &&
			   vio_tx_simple_four(q, pkts + i, pos, old, bytes, flags))) {
			pos = vio_ring_ahead(pos, 4, q->mask, packed);
			i += 4;
			continue;
		}
		if (unlikely(!vio_tx_simple_one(q, pkts[i], pos, old, bytes, flags)))
			break;
		pos = vio_ring_ahead(pos, 1, q->mask, packed);
		i++;
	}
	if (!packed)
		q->desc_idx += i;
	q->avail_idx = pos;
	return i;
}

/** vio_tx_send() for what is left of a burst, from a queue that is not simple or not any more. */
static __rte_always_inline uint16_t
vio_tx_simple_rest(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, uint16_t old,
		   const uint32_t flags)
{
	const uint32_t variant = flags & (VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER);

	if (!VIO_TX_IS_PACKED(flags))
		return vio_tx_sends_split[variant](q, pkts, nb, old);
	q->first_flags = vring_packed_avail_flags(old);
	return vio_tx_sends_packed[variant](q, pkts, nb, old);
}

/** The body of every callback that sends simple packets. */
static __rte_always_inline uint16_t
vio_tx_simple_burst(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, const uint32_t flags)
{
	uint16_t sent = 0;
	uint64_t bytes = 0;
	uint16_t old;

	if (unlikely(!vio_gate_enter(&q->gate, VIO_GATE_VARIANT(flags))))
		return 0;
	/* Not before the gate: the queue may have begun anew in between. */
	old = q->avail_idx;
	if (unlikely(!q->simple)) {
		sent = vio_tx_simple_rest(q, pkts, nb, old, flags);
		vio_gate_leave(&q->gate);
		return sent;
	}
	if (vio_tx_free(q, flags) < q->free_thresh)
		vio_tx_simple_reclaim(q, flags);
	if (unlikely(vio_tx_idle(q) && nb != 0))
		q->pool = pkts[0]->pool;

	if (likely(q->simple)) /* unless it was the device's order that ended it just now */
		sent = vio_tx_simple_send(q, pkts, nb, old, &bytes, flags);
	if (unlikely(sent < nb && (!q->simple || vio_tx_free(q, flags) != 0))) {
		if (q->simple)
			vio_tx_simple_end(q);
		q->stats.packets += sent;
		q->stats.bytes += bytes;
		sent += vio_tx_simple_rest(q, pkts + sent, nb - sent, old, flags);
	} else {
		if (likely(q->avail_idx != old))
			vio_tx_publish(q, old, vring_packed_avail_flags(old), flags);
		q->stats.packets += sent;
		q->stats.bytes += bytes;
		q->stats.ring_full += sent < nb;
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
