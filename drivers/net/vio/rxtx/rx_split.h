/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * rx_split.h - receiving from a split ring: one body, specialised by constants into the callbacks.
 *
 * A burst reads the used index once, takes packets in used order, checks every id and length
 * against what was posted, and refills in blocks. A descriptor's length and flags, and the
 * available ring, are written once when the queue starts; a refill stores addresses.
 *
 * A packet of several buffers is taken when all of them are used, so no half packet is ever kept.
 */
#ifndef VIO_RX_SPLIT_H
#define VIO_RX_SPLIT_H

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "../vio_queue.h"
#include "vio_mbuf.h"

/** Constants that make the variants. */
#define VIO_RX_MRG       (1u << 0) /**< num_buffers counts: VIRTIO_NET_F_MRG_RXBUF */
#define VIO_RX_EVENT_IDX (1u << 1) /**< VIRTIO_F_EVENT_IDX */
#define VIO_RX_SHUFFLED  (1u << 2) /**< the device completes out of order */

/** Mbufs that one refill takes from the pool at once, at most. */
#define VIO_RX_REFILL_MAX 64

/** The device completes out of order from position @p pos on: keep the order from now on. */
void vio_rx_split_shuffle(struct vio_rxq *q, uint16_t pos);

static __rte_always_inline uint16_t
vio_rx_split_free(const struct vio_rxq *q)
{
	return (uint16_t)(q->used_idx + q->mask + 1 - q->avail_idx);
}

/** Post one mbuf at ring position @p pos. */
static __rte_always_inline void
vio_rx_split_post(struct vio_rxq *q, uint16_t pos, struct rte_mbuf *m, const bool shuffled)
{
	uint16_t id = pos & q->mask;

	if (shuffled) {
		id = q->ids[id];
		q->avail->ring[pos & q->mask] = id;
	}
	q->slot[id] = m;
	q->desc[id].addr = vio_mbuf_addr(m, q->addr_field) + VIO_RX_DATA_OFF - VIO_HDR_SIZE;
}

/**
 * Fill free descriptors, all that the pool has mbufs for.
 * @return the descriptors filled; they are published
 */
static __rte_always_inline uint16_t
vio_rx_split_fill(struct vio_rxq *q, const bool shuffled)
{
	struct rte_mbuf *fresh[VIO_RX_REFILL_MAX];
	uint16_t want = vio_rx_split_free(q);
	uint16_t pos = q->avail_idx;
	uint16_t done = 0;

	while (done < want) {
		uint16_t n = RTE_MIN((uint16_t)(want - done), (uint16_t)VIO_RX_REFILL_MAX);

		/* A pool that is nearly empty still gives what it has. */
		while (unlikely(rte_mempool_get_bulk(q->mp, (void **)fresh, n) != 0)) {
			q->stats.nombuf += (n + 1) / 2;
			n /= 2;
			if (n == 0)
				goto out;
		}
		for (uint16_t i = 0; i < n; i++)
			vio_rx_split_post(q, pos + i, fresh[i], shuffled);
		pos += n;
		done += n;
	}
out:
	q->avail_idx = pos;
	vring_split_publish(q->avail, pos);
	return done;
}

/** Refill once free_thresh descriptors are free, and tell the device if it wants to know. */
static __rte_always_inline void
vio_rx_split_refill(struct vio_rxq *q, const uint32_t flags)
{
	uint16_t old = q->avail_idx;

	if (likely(vio_rx_split_free(q) < q->free_thresh))
		return;
	if (likely(!q->shuffled))
		vio_rx_split_fill(q, false);
	else
		vio_rx_split_fill(q, true);
	if (unlikely(q->avail_idx == old))
		return;
	if (vring_split_must_kick(q->used, q->mask + 1, flags & VIO_RX_EVENT_IDX, old,
				  q->avail_idx)) {
		q->stats.kicks++;
		vio_vq_kick(&q->vq, q->avail_idx);
	} else {
		q->stats.kicks_saved++;
	}
}

/**
 * The mbuf that the device used at position @p pos, and how many bytes it says to have written.
 * Each word of the used ring is read once: the device may rewrite it at any time.
 *
 * Nothing is changed while completions are in order, so that a caller may come back to @p pos.
 *
 * @return NULL where the id is not the expected one; vio_rx_split_surprise() says what is next
 */
static __rte_always_inline struct rte_mbuf *
vio_rx_split_take(struct vio_rxq *q, uint16_t pos, uint32_t *len, uint32_t *id,
		  const bool shuffled)
{
	const struct vring_used_elem *elem = &q->used->ring[pos & q->mask];
	struct rte_mbuf *m;

	*id = __atomic_load_n(&elem->id, __ATOMIC_RELAXED);
	*len = __atomic_load_n(&elem->len, __ATOMIC_RELAXED);
	if (!shuffled)
		return likely(*id == (uint32_t)(pos & q->mask)) ? q->slot[*id] : NULL;

	if (unlikely(*id > q->mask || q->slot[*id] == NULL))
		return NULL;
	m = q->slot[*id];
	q->slot[*id] = NULL;
	q->ids[pos & q->mask] = *id;
	return m;
}

/** An unexpected id at @p pos; @p first is where its packet began. */
static __rte_noinline void
vio_rx_split_surprise(struct vio_rxq *q, uint16_t first, uint16_t pos, uint32_t id)
{
	bool posted = id <= q->mask &&
		      ((id - pos) & q->mask) < (uint16_t)(q->avail_idx - pos);

	if (q->shuffled || !posted)
		vio_rxq_fault(q, VIO_FAULT_USED_ID);
	else
		vio_rx_split_shuffle(q, first);
}

/** What became of a packet of several buffers. */
enum vio_merge {
	VIO_MERGE_DONE,  /**< complete */
	VIO_MERGE_DROP,  /**< complete but wrong; its buffers are taken, the head stays the caller's */
	VIO_MERGE_STOP,  /**< the ring has a surprise; the caller ends its burst */
};

/**
 * Append the buffers behind @p head, which is at @p pos, to it (5.1.6.4). All are used already.
 * @p head has its own lengths set.
 */
static __rte_always_inline enum vio_merge
vio_rx_split_merge(struct vio_rxq *q, struct rte_mbuf *head, uint16_t pos, uint16_t num,
		   const bool shuffled)
{
	struct rte_mbuf *tail = head;
	bool bad = false;

	for (uint16_t i = 1; i < num; i++) {
		uint32_t len, id;
		struct rte_mbuf *m = vio_rx_split_take(q, pos + i, &len, &id, shuffled);

		if (unlikely(m == NULL)) {
			/* In order nothing was taken yet: the chain is only forgotten. */
			for (m = head->next; !shuffled && m != NULL; m = tail) {
				tail = m->next;
				m->next = NULL;
			}
			vio_rx_split_surprise(q, pos, pos + i, id);
			return VIO_MERGE_STOP;
		}
		if (unlikely(len == 0 || len > q->post_len)) {
			bad = true;
			len = 0;
		}
		/* No header here: data begins where the buffer does. */
		vio_rx_mbuf_init(m, q->rearm - VIO_HDR_SIZE, len, len);
		tail->next = m;
		tail = m;
		head->pkt_len += len;
	}
	head->nb_segs = num;
	return bad ? VIO_MERGE_DROP : VIO_MERGE_DONE;
}

/**
 * Take up to @p nb packets out of the @p pending used entries.
 * Stops early at a surprise, see vio_rx_split_surprise().
 */
static __rte_always_inline uint16_t
vio_rx_split_dequeue(struct vio_rxq *q, struct rte_mbuf **pkts, uint16_t nb, uint16_t pending,
		     const uint32_t flags)
{
	const bool shuffled = (flags & VIO_RX_SHUFFLED) != 0;
	uint16_t pos = q->used_idx;
	const uint16_t end = pos + pending;
	uint64_t bytes = 0;
	uint16_t n = 0;

	while (n < nb && pos != end) {
		uint32_t len, id;
		uint16_t num = 1;
		struct rte_mbuf *m = vio_rx_split_take(q, pos, &len, &id, shuffled);

		if (unlikely(m == NULL)) {
			vio_rx_split_surprise(q, pos, pos, id);
			break;
		}
		rte_prefetch0(q->slot[(pos + 4) & q->mask]);
		if (unlikely(len <= VIO_HDR_SIZE || len > q->post_len)) {
			q->stats.bad_length++;
			rte_pktmbuf_free(m);
			pos++;
			continue;
		}
		len -= VIO_HDR_SIZE;
		if (flags & VIO_RX_MRG) {
			const struct virtio_net_hdr_mrg_rxbuf *hdr = (const void *)
				((char *)m->buf_addr + VIO_RX_DATA_OFF - VIO_HDR_SIZE);

			num = __atomic_load_n(&hdr->num_buffers, __ATOMIC_RELAXED);
			if (unlikely(num == 0 || num > q->mask + 1)) {
				q->stats.bad_num_buffers++;
				rte_pktmbuf_free(m);
				pos++;
				continue;
			}
			if (unlikely(num > (uint16_t)(end - pos))) {
				/* The rest is not there yet: come back to this packet. */
				if (shuffled)
					q->slot[id] = m;
				break;
			}
		}
		vio_rx_mbuf_init(m, q->rearm, len, len);
		if ((flags & VIO_RX_MRG) && unlikely(num > 1)) {
			enum vio_merge merge = vio_rx_split_merge(q, m, pos, num, shuffled);

			if (unlikely(merge != VIO_MERGE_DONE)) {
				if (merge == VIO_MERGE_STOP) {
					/* In order the slots still hold it all. */
					if (shuffled)
						rte_pktmbuf_free(m);
					break;
				}
				q->stats.bad_length++;
				rte_pktmbuf_free(m);
				pos += num;
				continue;
			}
		}
		pos += num;
		bytes += m->pkt_len;
		pkts[n++] = m;
	}
	q->used_idx = pos;
	q->stats.packets += n;
	q->stats.bytes += bytes;
	return n;
}

/** The body of every callback that receives from a split ring. */
static __rte_always_inline uint16_t
vio_rx_split_burst(struct vio_rxq *q, struct rte_mbuf **pkts, uint16_t nb, const uint32_t flags)
{
	uint16_t n = 0;
	uint16_t pending;

	if (unlikely(q->fault != VIO_FAULT_NONE))
		return 0;
	pending = vring_split_load_used(q->used) - q->used_idx;
	if (unlikely(pending > (uint16_t)(q->avail_idx - q->used_idx))) {
		vio_rxq_fault(q, VIO_FAULT_USED_INDEX);
		return 0;
	}
	if (likely(!q->shuffled)) {
		uint16_t first = q->used_idx;

		n = vio_rx_split_dequeue(q, pkts, nb, pending, flags);
		pending -= (uint16_t)(q->used_idx - first);
	}
	if (unlikely(q->shuffled))
		n += vio_rx_split_dequeue(q, pkts + n, nb - n, pending, flags | VIO_RX_SHUFFLED);
	vio_rx_split_refill(q, flags);
	return n;
}

#endif /* VIO_RX_SPLIT_H */
