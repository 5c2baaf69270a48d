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
#include "vio_mbuf.h"

#define VIO_TX_EVENT_IDX (1u << 0) /**< VIRTIO_F_EVENT_IDX */
#define VIO_TX_SHUFFLED  (1u << 1) /**< the device completes out of order */

/** The device completes out of order: keep the free descriptors' order from now on. */
void vio_tx_split_shuffle(struct vio_txq *q);

/** Descriptors that nothing uses. */
static __rte_always_inline uint16_t
vio_tx_split_free(const struct vio_txq *q)
{
	return (uint16_t)(q->free_idx - q->desc_idx);
}

/** A completion that is not the expected one. @return true where the caller may go on shuffled */
static __rte_noinline bool
vio_tx_split_surprise(struct vio_txq *q, uint32_t id)
{
	if (q->shuffled || id > q->mask || q->count[id] == 0) {
		vio_txq_fault(q, VIO_FAULT_USED_ID);
		return false;
	}
	vio_tx_split_shuffle(q);
	return true;
}

/**
 * Take back what the device has sent, @p pending used entries, @p flags says in which order.
 * @return entries taken; fewer at a surprise
 */
static __rte_always_inline uint16_t
vio_tx_split_complete(struct vio_txq *q, struct vio_free_batch *batch, uint16_t pending,
		      const uint32_t flags)
{
	const bool shuffled = (flags & VIO_TX_SHUFFLED) != 0;
	uint16_t done;

	for (done = 0; done < pending; done++) {
		const struct vring_used_elem *elem = &q->used->ring[q->used_idx & q->mask];
		uint32_t id = __atomic_load_n(&elem->id, __ATOMIC_RELAXED);
		uint16_t count;

		if (shuffled ? unlikely(id > q->mask || q->count[id] == 0) :
			       unlikely(id != (uint32_t)(q->free_idx & q->mask) ||
					q->count[id] == 0)) {
			vio_tx_split_surprise(q, id);
			break;
		}
		count = q->count[id];
		q->count[id] = 0;
		while (count-- != 0) {
			if (likely(q->slot[id] != NULL))
				vio_free_add(batch, q->slot[id]);
			if (shuffled)
				q->ids[q->free_idx & q->mask] = id;
			q->free_idx++;
			id = shuffled ? q->next[id] : (uint32_t)((id + 1) & q->mask);
		}
		q->used_idx++;
	}
	return done;
}

/** Take back everything that the device has sent by now (Barrier B inside). */
static __rte_always_inline void
vio_tx_split_reclaim(struct vio_txq *q)
{
	struct vio_free_batch batch = { .n = 0, .pool = NULL };
	uint16_t pending = vring_split_load_used(q->used) - q->used_idx;

	if (unlikely(pending > (uint16_t)(q->avail_idx - q->used_idx))) {
		vio_txq_fault(q, VIO_FAULT_USED_INDEX);
		return;
	}
	if (likely(!q->shuffled))
		pending -= vio_tx_split_complete(q, &batch, pending, 0);
	if (unlikely(q->shuffled && q->fault == VIO_FAULT_NONE))
		vio_tx_split_complete(q, &batch, pending, VIO_TX_SHUFFLED);
	vio_free_flush(&batch);
}

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

/** Make one packet available; there are descriptors for it. Published with the burst. */
static __rte_always_inline void
vio_tx_split_packet(struct vio_txq *q, struct rte_mbuf *m, bool push)
{
	uint16_t count = m->nb_segs + !push;
	uint64_t addr = vio_mbuf_addr(m, q->addr_field) + m->data_off;
	uint16_t head;

	if (likely(push)) {
		/* 5.1.6.2: no offload is asked for, num_buffers is 0. */
		memset(rte_pktmbuf_mtod_offset(m, char *, -VIO_HDR_SIZE), 0, VIO_HDR_SIZE);
		head = vio_tx_split_desc(q, m, addr - VIO_HDR_SIZE, m->data_len + VIO_HDR_SIZE,
					 m->nb_segs > 1);
	} else {
		/* The headers outside of mbufs are zero from the start and stay so. */
		head = vio_tx_split_desc(q, NULL, q->hdr_addr, VIO_HDR_SIZE, true);
		vio_tx_split_desc(q, m, addr, m->data_len, m->nb_segs > 1);
	}
	for (struct rte_mbuf *seg = m->next; unlikely(seg != NULL); seg = seg->next)
		vio_tx_split_desc(q, seg,
				  vio_mbuf_addr(seg, q->addr_field) + seg->data_off,
				  seg->data_len, seg->next != NULL);
	q->count[head] = count;
	q->avail->ring[q->avail_idx++ & q->mask] = head;
}

/** The body of every callback that sends any packet on a split ring. */
static __rte_always_inline uint16_t
vio_tx_split_burst(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, const uint32_t flags)
{
	const uint16_t old = q->avail_idx;
	uint64_t bytes = 0;
	uint16_t sent = 0, bad = 0;
	bool again = true;

	if (unlikely(q->fault != VIO_FAULT_NONE))
		return 0;
	if (vio_tx_split_free(q) < q->free_thresh)
		vio_tx_split_reclaim(q);

	while (sent < nb) {
		struct rte_mbuf *m = pkts[sent];
		bool push = vio_tx_can_push(m, VIO_HDR_SIZE);
		uint32_t need = m->nb_segs + !push;

		if (unlikely(need > vio_tx_split_free(q))) {
			if (need > (uint32_t)q->mask + 1) {
				/* No ring of this size will ever take it. */
				rte_pktmbuf_free(m);
				bad++;
				sent++;
				continue;
			}
			if (!again)
				break;
			again = false;
			vio_tx_split_reclaim(q);
			continue;
		}
		bytes += m->pkt_len;
		vio_tx_split_packet(q, m, push);
		sent++;
	}
	if (unlikely(sent < nb))
		q->stats.ring_full++;
	q->stats.bad_packet += bad;
	q->stats.packets += sent - bad;
	q->stats.bytes += bytes;
	if (unlikely(q->avail_idx == old))
		return sent;

	vring_split_publish(q->avail, q->avail_idx);
	if (vring_split_must_kick(q->used, q->mask + 1, flags & VIO_TX_EVENT_IDX, old,
				  q->avail_idx)) {
		q->stats.kicks++;
		vio_vq_kick(&q->vq, q->avail_idx);
	} else {
		q->stats.kicks_saved++;
	}
	return sent;
}

#endif /* VIO_TX_SPLIT_H */
