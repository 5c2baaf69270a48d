/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * tx_split.h - sending on a split ring: one body, specialised by constants into the callbacks.
 *
 * A packet becomes one descriptor per segment; the header goes into the headroom of the first
 * segment where that is the driver's to write, into a descriptor of its own otherwise. Descriptors
 * are used in ring order; a burst is published and notified once. Sent segments are freed in bulk.
 */
#ifndef VIO_TX_SPLIT_H
#define VIO_TX_SPLIT_H

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "../vio_queue.h"
#include "variants.h"
#include "vio_gate.h"
#include "vio_mbuf.h"

/** The device completes out of order: keep the free descriptors' order from now on. */
void vio_tx_split_shuffle(struct vio_txq *q);

/** A completion that is not the expected one: follow the device, or stop the queue. */
void vio_tx_split_surprise(struct vio_txq *q, uint32_t id);

/** Take back @p pending used entries of a device that completes out of order. */
void vio_tx_split_complete_shuffled(struct vio_txq *q, uint16_t pending);

/** Most packets that one call to the pool takes. */
#define VIO_TX_FREE_MAX ((uint16_t)64)

/** Descriptors that nothing uses. */
static __rte_always_inline uint16_t
vio_tx_split_free(const struct vio_txq *q)
{
	return (uint16_t)(q->free_idx - q->desc_idx);
}

/**
 * A run of plain packets that completed in order: of the @p n used entries from ring index @p at on,
 * with descriptor @p first the next to come back. Nothing wraps within the run.
 *
 * @param descs  descriptors of the run, its return value: packets
 */
static __rte_always_inline uint16_t
vio_tx_split_plain_run(const struct vio_txq *q, uint16_t at, uint16_t first, uint16_t n,
		       uint16_t *descs, const uint32_t flags)
{
	uint32_t desc = first;
	uint16_t i;

	for (i = 0; i < n; i++) {
		uint16_t count;

		if (unlikely(desc > q->mask))
			break;
		/* In order by promise, ids may not even be written (2.7.9.1). */
		if (!(flags & VIO_TX_IN_ORDER) &&
		    unlikely(__atomic_load_n(&q->used->ring[at + i].id, __ATOMIC_RELAXED) != desc))
			break;
		count = q->count[desc] ^ VIO_TX_PLAIN;
		if (unlikely(count > q->mask + 1 - desc)) /* not plain: a large number now */
			break;
		desc += count;
	}
	*descs = desc - first;
	return i;
}

/** Take back one packet that completed in order, of any kind. */
static __rte_noinline void
vio_tx_split_complete_chain(struct vio_txq *q)
{
	uint16_t at = q->free_idx & q->mask;
	uint16_t count = q->count[at] & ~VIO_TX_PLAIN;

	if (count == VIO_TX_INDIRECT) {
		rte_pktmbuf_free(q->slot[at]);
		count = 1;
	} else {
		for (uint16_t i = 0; i < count; i++) {
			struct rte_mbuf *seg = q->slot[(at + i) & q->mask];

			if (likely(seg != NULL)) /* a header has no mbuf */
				rte_pktmbuf_free_seg(seg);
		}
	}
	q->free_idx += count;
	q->used_idx++;
}

/** Take back @p pending used entries as long as they are in order. */
static __rte_always_inline void
vio_tx_split_complete(struct vio_txq *q, uint16_t pending, const uint32_t flags)
{
	while (pending != 0) {
		const uint16_t at = q->used_idx & q->mask;
		const uint16_t first = q->free_idx & q->mask;
		uint16_t n = RTE_MIN(pending, (uint16_t)(q->mask + 1 - at));
		uint16_t descs;
		uint32_t id;

		n = vio_tx_split_plain_run(q, at, first, RTE_MIN(n, VIO_TX_FREE_MAX), &descs,
					   flags);
		if (likely(n != 0)) {
			vio_pool_put(q->pool, &q->slot[first], descs);
			q->free_idx += descs;
			q->used_idx += n;
			pending -= n;
			continue;
		}
		id = __atomic_load_n(&q->used->ring[at].id, __ATOMIC_RELAXED);
		if (!(flags & VIO_TX_IN_ORDER) && unlikely(id != first)) {
			vio_tx_split_surprise(q, id);
			return;
		}
		vio_tx_split_complete_chain(q);
		pending--;
	}
}

/** Take back everything that the device has sent by now (Barrier B inside). */
static __rte_always_inline void
vio_tx_split_reclaim(struct vio_txq *q, const uint32_t flags)
{
	uint16_t pending = vring_split_load_used(q->used) - q->used_idx;
	const uint16_t end = q->used_idx + pending;

	if (unlikely(pending > (uint16_t)(q->avail_idx - q->used_idx))) {
		vio_txq_fault(q, VIO_FAULT_USED_INDEX);
		return;
	}
	if (likely(!q->shuffled))
		vio_tx_split_complete(q, pending, flags);
	if (unlikely(q->shuffled && q->fault == VIO_FAULT_NONE))
		vio_tx_split_complete_shuffled(q, end - q->used_idx);
}

/**
 * Make a packet available that has more parts than there are free descriptors, through the table of
 * one of them. A chain in the ring costs the driver less (its mbufs go back in bulk), a table less
 * of the ring: it is for when the ring is short.
 * @return 1 sent, 0 no descriptor free, or tables were not negotiated or are too short
 */
int vio_tx_split_indirect(struct vio_txq *q, struct rte_mbuf *m, bool push, uint16_t need);

/** vio_tx_split_reclaim() where no burst is waiting for it. */
void vio_tx_split_reclaim_general(struct vio_txq *q, uint32_t flags);

/** Fill the next free descriptor. @return its number */
static __rte_always_inline uint16_t
vio_tx_split_desc(struct vio_txq *q, struct rte_mbuf *m, uint64_t addr, uint32_t len, bool more)
{
	uint16_t pos = q->desc_idx++ & q->mask;
	uint16_t id = unlikely(q->shuffled) ? q->ids[pos] : pos;
	uint16_t next = (pos + 1) & q->mask;

	if (unlikely(q->shuffled)) {
		next = q->ids[next];
		q->next[id] = next;
	}
	q->slot[id] = m;
	q->desc[id] = (struct vring_desc) {
		.addr = addr,
		.len = len,
		.flags = more ? VRING_DESC_F_NEXT : 0,
		.next = next,
	};
	return id;
}

/** Make a packet of any kind available; there are @p count descriptors for it. */
static __rte_always_inline void
vio_tx_split_chain(struct vio_txq *q, struct rte_mbuf *m, bool push, uint16_t count)
{
	uint64_t addr = vio_mbuf_addr(m, q->addr_field) + m->data_off;
	bool more = m->nb_segs > 1;
	uint16_t head;

	if (push) {
		vio_tx_hdr_clear(rte_pktmbuf_mtod_offset(m, void *, -VIO_HDR_SIZE));
		head = vio_tx_split_desc(q, m, addr - VIO_HDR_SIZE, m->data_len + VIO_HDR_SIZE,
					 more);
	} else {
		/* The header outside of mbufs is empty from the start and stays so. */
		head = vio_tx_split_desc(q, NULL, q->hdr_addr, VIO_HDR_SIZE, true);
		vio_tx_split_desc(q, m, addr, m->data_len, more);
	}
	for (m = m->next; m != NULL; m = m->next)
		vio_tx_split_desc(q, m, vio_mbuf_addr(m, q->addr_field) + m->data_off,
				  m->data_len, m->next != NULL);
	q->count[head] = count;
	q->avail->ring[q->avail_idx++ & q->mask] = head;
}

/**
 * Make a packet of several plain segments available, one descriptor each. The chain is taken apart
 * while its mbufs are at hand, so that they can go back to the pool without another look.
 */
static __rte_always_inline void
vio_tx_split_plain_chain(struct vio_txq *q, struct rte_mbuf *m, uint16_t count)
{
	const uint16_t head = q->desc_idx & q->mask;
	uint16_t id = head;
	uint16_t hdr = VIO_HDR_SIZE;

	vio_tx_hdr_clear(rte_pktmbuf_mtod_offset(m, void *, -VIO_HDR_SIZE));
	m->nb_segs = 1;
	while (m != NULL) {
		struct rte_mbuf *next = m->next;
		const uint16_t next_id = (id + 1) & q->mask;

		q->slot[id] = m;
		q->desc[id] = (struct vring_desc) {
			.addr = vio_mbuf_addr(m, q->addr_field) + m->data_off - hdr,
			.len = m->data_len + hdr,
			.flags = next != NULL ? VRING_DESC_F_NEXT : 0,
			.next = next_id,
		};
		m->next = NULL;
		m = next;
		id = next_id;
		hdr = 0;
	}
	q->desc_idx += count;
	q->count[head] = VIO_TX_PLAIN | count;
	q->avail->ring[q->avail_idx++ & q->mask] = head;
}

/** The descriptor of a plain packet: header and segment in one, no flag, so next counts nothing. */
static __rte_always_inline void
vio_tx_split_plain_desc(struct vring_desc *desc, const struct rte_mbuf *m, uint16_t addr_field)
{
	uint64_t addr = vio_mbuf_addr(m, addr_field) + m->data_off - VIO_HDR_SIZE;

	vio_tx_desc_store(desc, addr, m->data_len + VIO_HDR_SIZE);
}

/**
 * Make plain packets available, as many from @p pkts on as there are and as fit.
 *
 * Private state is written four packets at a time: a burst ends with a barrier that waits for each
 * of its stores, so their number is what a burst costs.
 *
 * @return packets; the next one is not plain, or there is no descriptor free
 */
static __rte_always_inline uint16_t
vio_tx_split_plain(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, uint64_t *bytes)
{
	/* In registers: no store below can be known not to change the queue. */
	struct vring_desc *const desc = q->desc;
	const struct rte_mempool *const pool = q->pool;
	uint16_t *const ring = q->avail->ring;
	const uint16_t addr_field = q->addr_field;
	const uint16_t mask = q->mask;
	const uint16_t desc_idx = q->desc_idx;
	const uint16_t avail_idx = q->avail_idx;
	uint64_t sum = 0;
	uint16_t i = 0;

	nb = RTE_MIN(nb, vio_tx_split_free(q));
	while (i < nb) {
		const uint16_t id = (desc_idx + i) & mask;
		const uint16_t at = (avail_idx + i) & mask;

		if (likely(nb - i >= 4 && id + 4 <= mask + 1 && at + 4 <= mask + 1 &&
			   vio_tx_four_plain(pkts + i, pool))) {
			vio_tx_four_hdr_clear(pkts + i);
			for (uint16_t k = 0; k < 4; k++) {
				vio_tx_split_plain_desc(&desc[id + k], pkts[i + k], addr_field);
				sum += pkts[i + k]->data_len;
			}
			memcpy(&q->slot[id], &pkts[i], 4 * sizeof(pkts[0]));
			vio_store_four_u16(&q->count[id], VIO_TX_PLAIN | 1, 0);
			vio_store_four_u16(&ring[at], id, 1);
			i += 4;
			continue;
		}
		if (unlikely(!vio_tx_is_plain(pkts[i], pool)))
			break;
		vio_tx_hdr_clear(rte_pktmbuf_mtod_offset(pkts[i], void *, -VIO_HDR_SIZE));
		vio_tx_split_plain_desc(&desc[id], pkts[i], addr_field);
		sum += pkts[i]->data_len;
		q->slot[id] = pkts[i];
		q->count[id] = VIO_TX_PLAIN | 1;
		ring[at] = id;
		i++;
	}
	q->desc_idx = desc_idx + i;
	q->avail_idx = avail_idx + i;
	*bytes += sum;
	return i;
}

/** Show the device what was made available since @p old, and tell it if it wants to know. */
static __rte_always_inline void
vio_tx_split_publish(struct vio_txq *q, uint16_t old, const uint32_t flags)
{
	vring_split_publish(q->avail, q->avail_idx);
	if (vring_split_must_kick(q->used, q->mask + 1, flags & VIO_TX_EVENT_IDX, old,
				  q->avail_idx)) {
		q->stats.kicks++;
		vio_vq_kick(&q->vq, q->avail_idx);
	} else {
		q->stats.kicks_saved++;
	}
}

/**
 * Send one packet that is not plain, or for which there seems to be no room.
 * @return 1 sent, 0 no room, -1 dropped: no ring of this size will ever take it
 */
static __rte_always_inline int
vio_tx_split_other(struct vio_txq *q, struct rte_mbuf *m, const uint32_t flags)
{
	bool push = vio_tx_can_push(m, VIO_HDR_SIZE);
	uint32_t need = m->nb_segs + !push;

	if (unlikely(need > RTE_MIN((uint32_t)q->mask + 1, VIO_TX_CHAIN_MAX))) {
		rte_pktmbuf_free(m);
		return -1;
	}
	if (need > vio_tx_split_free(q)) {
		vio_tx_split_reclaim(q, flags);
		if (need > vio_tx_split_free(q))
			return vio_tx_split_indirect(q, m, push, need);
	}
	if (likely(push && !q->shuffled && vio_tx_all_plain(m, q->pool)))
		vio_tx_split_plain_chain(q, m, need);
	else
		vio_tx_split_chain(q, m, push, need);
	return 1;
}

/**
 * Send any packets.
 * @param old  available index that the device was shown last: with what this burst put behind it
 *             already, all is published at once
 * @return packets taken, see rte_eth_tx_burst()
 */
static __rte_always_inline uint16_t
vio_tx_split_send(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, uint16_t old,
		  const uint32_t flags)
{
	uint16_t sent = 0, bad = 0;
	uint64_t bytes = 0;

	if (vio_tx_split_free(q) < q->free_thresh)
		vio_tx_split_reclaim(q, flags);
	if (unlikely(q->avail_idx == q->used_idx && nb != 0))
		q->pool = pkts[0]->pool; /* nothing is out: the queue may change its pool */

	while (sent < nb) {
		uint32_t len;
		int ret;

		if (likely(vio_tx_is_plain(pkts[sent], q->pool) && !q->shuffled))
			sent += vio_tx_split_plain(q, pkts + sent, nb - sent, &bytes);
		if (likely(sent == nb))
			break;
		len = pkts[sent]->pkt_len;
		ret = vio_tx_split_other(q, pkts[sent], flags);
		if (unlikely(ret == 0))
			break;
		bytes += ret > 0 ? len : 0;
		bad += ret < 0;
		sent++;
	}
	q->stats.ring_full += sent < nb;
	q->stats.bad_packet += bad;
	q->stats.packets += sent - bad;
	q->stats.bytes += bytes;
	if (likely(q->avail_idx != old))
		vio_tx_split_publish(q, old, flags);
	return sent;
}

/**
 * vio_tx_split_send() for queues that are not simple any more, see tx_simple.h; by VIO_TX_EVENT_IDX and
 * VIO_TX_IN_ORDER.
 */
typedef uint16_t (*vio_tx_split_send_t)(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb,
					uint16_t old);
extern const vio_tx_split_send_t vio_tx_split_sends[4];

/** The body of every callback that sends any packet on a split ring. */
static __rte_always_inline uint16_t
vio_tx_split_burst(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, const uint32_t flags)
{
	uint16_t sent;

	if (unlikely(!vio_gate_enter(&q->gate, VIO_GATE_VARIANT(flags))))
		return 0;
	sent = vio_tx_split_send(q, pkts, nb, q->avail_idx, flags);
	vio_gate_leave(&q->gate);
	return sent;
}

/** Make the callbacks of one path, in the order of variants.h. */
#define VIO_TX_SPLIT_CALLBACK(name, flags) \
static uint16_t \
virtio_ ## name(void *txq, struct rte_mbuf **pkts, uint16_t nb) \
{ \
	return vio_tx_split_burst(txq, pkts, nb, flags); \
}

#define VIO_TX_SPLIT_CALLBACKS(name, flags) \
VIO_TX_SPLIT_CALLBACK(name, flags) \
VIO_TX_SPLIT_CALLBACK(name ## _event_idx, (flags) | VIO_TX_EVENT_IDX) \
VIO_TX_SPLIT_CALLBACK(name ## _inorder, (flags) | VIO_TX_IN_ORDER) \
VIO_TX_SPLIT_CALLBACK(name ## _event_idx_inorder, (flags) | VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER) \
const eth_tx_burst_t vio_ ## name[] = { \
	virtio_ ## name, virtio_ ## name ## _event_idx, \
	virtio_ ## name ## _inorder, virtio_ ## name ## _event_idx_inorder, \
};

#endif /* VIO_TX_SPLIT_H */
