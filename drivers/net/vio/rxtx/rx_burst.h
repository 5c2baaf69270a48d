/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * rx_burst.h - receiving: one body for both ring layouts, specialised by constants into the callbacks.
 *
 * A burst takes packets in the order in which the device used them, checks every id and length
 * against what was posted, and refills in blocks. In a split ring a descriptor's length and flags,
 * and the available ring, are written once when the queue starts, and a refill stores addresses; in
 * a packed ring the device overwrites descriptors, and a refill stores all of each.
 *
 * A file that is compiled for wider registers defines VIO_RX_BLOCK and vio_rx_block() before
 * it includes this one: blocks of packets that each took one buffer then go that way, everything
 * else packet by packet within the same burst.
 *
 * A packet of several buffers is taken when all of them are used, so no half packet is ever kept.
 */
#ifndef VIO_RX_BURST_H
#define VIO_RX_BURST_H

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "../vio_queue.h"
#include "variants.h"
#include "vio_gate.h"
#include "vio_hdr.h"
#include "vio_mbuf.h"
#include "vio_ring.h"

/** Mbufs that one refill takes from the pool at once, at most. */
#define VIO_RX_REFILL_MAX 64

/** The device completes out of order from position @p pos on: keep the order from now on. */
void vio_rx_shuffle(struct vio_rxq *q, uint16_t pos);

/** An unexpected id at @p pos; @p first is where its packet began. */
void vio_rx_surprise(struct vio_rxq *q, uint16_t first, uint16_t pos, uint32_t id);

/**
 * With VIRTIO_F_IN_ORDER a device may write one used entry for a batch of buffers (2.7.9.1, 2.8.9).
 * Turn the entry { *id, *len } at @p pos into what it says of the buffer at @p pos.
 * @return false for an entry that is not possible
 */
bool vio_rx_batched(struct vio_rxq *q, uint16_t pos, uint32_t *len, uint32_t *id);

/** Fill a ring whose device completes out of order. */
void vio_rx_fill_shuffled(struct vio_rxq *q);

/** The pool of a queue could not give @p n mbufs: take and count fewer. @return how many */
uint16_t vio_rx_alloc_some(struct vio_rxq *q, struct rte_mbuf **mbufs, uint16_t n);

#define VIO_RX_IS_PACKED(flags) (((flags) & VIO_RX_PACKED) != 0)

/** Bytes of a header. */
static __rte_always_inline uint16_t
vio_rx_hdr_size(const struct vio_rxq *q, const uint32_t flags)
{
	return flags & VIO_RX_OFFLOAD ? q->hdr_size : VIO_HDR_SIZE;
}

static __rte_always_inline uint16_t
vio_rx_index(const struct vio_rxq *q, uint16_t pos, const uint32_t flags)
{
	return vio_ring_index(pos, q->mask, VIO_RX_IS_PACKED(flags));
}

static __rte_always_inline uint16_t
vio_rx_ahead(const struct vio_rxq *q, uint16_t pos, uint16_t n, const uint32_t flags)
{
	return vio_ring_ahead(pos, n, q->mask, VIO_RX_IS_PACKED(flags));
}

/** Buffers that are posted. */
static __rte_always_inline uint16_t
vio_rx_posted(const struct vio_rxq *q, const uint32_t flags)
{
	return vio_ring_distance(q->used_idx, q->avail_idx, q->mask, VIO_RX_IS_PACKED(flags));
}

static __rte_always_inline uint16_t
vio_rx_free(const struct vio_rxq *q, const uint32_t flags)
{
	return q->mask + 1 - vio_rx_posted(q, flags);
}

/**
 * Take mbufs from the pool of a queue, as many of @p n as it has: a pool that is nearly empty still
 * gives something.
 */
static __rte_always_inline uint16_t
vio_rx_alloc(struct vio_rxq *q, struct rte_mbuf **mbufs, uint16_t n)
{
	if (likely(vio_pool_get(q->mp, mbufs, n) == 0))
		return n;
	return vio_rx_alloc_some(q, mbufs, n);
}

/** Where the device is to write the header of the packet that goes into @p m. */
static __rte_always_inline uint64_t
vio_rx_addr(const struct vio_rxq *q, const struct rte_mbuf *m, const uint32_t flags)
{
	/* By virtual address nothing of the mbuf has to be read: its buffer follows it. */
	if (flags & VIO_RX_IOVA)
		return m->buf_iova + VIO_RX_DATA_OFF - vio_rx_hdr_size(q, flags);
	return (uintptr_t)m + q->hdr_offset;
}

/** The word behind the address of a descriptor in a packed ring: length, id, flags. */
static __rte_always_inline uint64_t
vio_rx_packed_word(const struct vio_rxq *q, uint16_t id, uint16_t pos)
{
	return q->post_len | (uint64_t)id << 32 |
	       (uint64_t)(vring_packed_avail_flags(pos) | VRING_DESC_F_WRITE) << 48;
}

/**
 * Post the mbufs in @p n slots from the available position on, up to the end of the ring at most.
 * The device sees none of them before the first one's flags, which come last (2.8.20.1).
 */
static __rte_always_inline void
vio_rx_packed_post(struct vio_rxq *q, uint16_t n, const uint32_t flags)
{
	const uint16_t pos = q->avail_idx;
	const uint16_t at = vring_packed_index(pos);
	struct rte_mbuf *const *slot = &q->slot[at];
	struct vring_packed_desc *desc = &q->ring[at];
	uint64_t word = vio_rx_packed_word(q, at, pos);

	if (unlikely(n == 0))
		return;
	vio_desc_store(desc, vio_rx_addr(q, slot[0], flags),
		       word ^ (uint64_t)VRING_PACKED_AVAIL << 48);
	for (uint16_t i = 1; i < n; i++) {
		word += UINT64_C(1) << 32;
		vio_desc_store(&desc[i], vio_rx_addr(q, slot[i], flags), word);
	}
	vring_packed_show(desc, vring_packed_avail_flags(pos) | VRING_DESC_F_WRITE);
}

/**
 * Fill free descriptors in ring order, all that the pool has mbufs for. The pool's array of
 * pointers is copied straight into slot[], which is therefore filled up to its end first.
 */
static __rte_always_inline void
vio_rx_fill_ordered(struct vio_rxq *q, const uint32_t flags)
{
	uint16_t want = vio_rx_free(q, flags);
	uint16_t n, got;

	do {
		const uint16_t at = vio_rx_index(q, q->avail_idx, flags);

		n = RTE_MIN(want, (uint16_t)(q->mask + 1 - at));
		n = RTE_MIN(n, (uint16_t)VIO_RX_REFILL_MAX);
		got = vio_rx_alloc(q, &q->slot[at], n);
		if (VIO_RX_IS_PACKED(flags))
			vio_rx_packed_post(q, got, flags);
		else
			for (uint16_t i = 0; i < got; i++)
				q->desc[at + i].addr = vio_rx_addr(q, q->slot[at + i], flags);
		q->avail_idx = vio_rx_ahead(q, q->avail_idx, got, flags);
		want -= got;
	} while (unlikely(want != 0 && got == n));
	if (!VIO_RX_IS_PACKED(flags))
		vring_split_publish(q->avail, q->avail_idx);
}

/** Does the device want to hear of what was posted since @p old? */
static __rte_always_inline bool
vio_rx_must_kick(struct vio_rxq *q, uint16_t old, const uint32_t flags)
{
	const bool event_idx = (flags & VIO_RX_EVENT_IDX) != 0;

	if (VIO_RX_IS_PACKED(flags))
		return vring_packed_must_kick(q->event, q->mask + 1, event_idx, old, q->avail_idx,
					      &q->told);
	return vring_split_must_kick(q->used, q->mask + 1, event_idx, old, q->avail_idx);
}

/** Refill once free_thresh descriptors are free, and tell the device if it wants to know. */
static __rte_always_inline void
vio_rx_refill(struct vio_rxq *q, const uint32_t flags)
{
	uint16_t old = q->avail_idx;

	if (likely(vio_rx_free(q, flags) < q->free_thresh))
		return;
	if (likely(!q->shuffled))
		vio_rx_fill_ordered(q, flags);
	else
		vio_rx_fill_shuffled(q);
	if (unlikely(q->avail_idx == old))
		return;
	if (vio_rx_must_kick(q, old, flags)) {
		q->stats.kicks++;
		vio_vq_kick(&q->vq, q->avail_idx);
	} else {
		q->stats.kicks_saved++;
	}
}

/** Has the device used the descriptor at @p pos of a packed ring? */
static __rte_always_inline bool
vio_rx_packed_used(const struct vio_rxq *q, uint16_t pos, const uint32_t flags)
{
	/* The rest of a batch that was begun has no entries of its own (2.8.9). */
	if ((flags & VIO_RX_SHUFFLED) && q->in_order && pos != q->batch_end)
		return true;
	return vring_packed_is_used(vring_packed_load(&q->ring[vring_packed_index(pos)]), pos);
}

/**
 * Are all @p num buffers of the packet at @p pos used? In a packed ring the first one is marked last
 * (2.8.10), but that is the device's word only.
 */
static __rte_always_inline bool
vio_rx_all_used(const struct vio_rxq *q, uint16_t pos, uint16_t num, uint16_t left,
		const uint32_t flags)
{
	if (num > left)
		return false;
	/* In batches only the first of each can be seen; vio_rx_batched() looks at that. */
	if (!VIO_RX_IS_PACKED(flags) || ((flags & VIO_RX_SHUFFLED) && q->in_order))
		return true;
	for (uint16_t i = 1; i < num; i++)
		if (!vio_rx_packed_used(q, vio_rx_ahead(q, pos, i, flags), flags))
			return false;
	return true;
}

/**
 * What the device says at @p pos. Each word is read once: the device may rewrite it at any time.
 */
static __rte_always_inline void
vio_rx_read(const struct vio_rxq *q, uint16_t pos, uint32_t *len, uint32_t *id,
	    const uint32_t flags)
{
	const uint16_t at = vio_rx_index(q, pos, flags);

	if (VIO_RX_IS_PACKED(flags)) {
		/* WRITE says whether the length counts (2.8.5); not every device sets it. */
		*id = VIO_CHECKED_IDS ? (uint16_t)vring_packed_load(&q->ring[at]) : at;
		*len = __atomic_load_n(&q->ring[at].len, __ATOMIC_RELAXED);
	} else {
		*id = VIO_CHECKED_IDS ? __atomic_load_n(&q->used->ring[at].id, __ATOMIC_RELAXED) : at;
		*len = __atomic_load_n(&q->used->ring[at].len, __ATOMIC_RELAXED);
	}
}

/**
 * The mbuf that the device used at position @p pos, and how many bytes it says to have written.
 *
 * Nothing is changed while completions are in order, so that a caller may come back to @p pos.
 *
 * @return NULL where the id is not the expected one; vio_rx_surprise() says what is next
 */
static __rte_always_inline struct rte_mbuf *
vio_rx_take(struct vio_rxq *q, uint16_t pos, uint32_t *len, uint32_t *id, const uint32_t flags)
{
	const uint16_t at = vio_rx_index(q, pos, flags);
	struct rte_mbuf *m;

	vio_rx_read(q, pos, len, id, flags);
	if (!(flags & VIO_RX_SHUFFLED))
		return likely(*id == at) ? q->slot[at] : NULL;

	if (q->in_order && !vio_rx_batched(q, pos, len, id))
		return NULL;
	if (unlikely(*id > q->mask || q->slot[*id] == NULL))
		return NULL;
	m = q->slot[*id];
	q->slot[*id] = NULL;
	q->ids[at] = *id;
	return m;
}

/** num_buffers of a packet; the device may rewrite it, so it is read once (5.1.6.4). */
static __rte_always_inline uint16_t
vio_rx_num_buffers(const struct vio_rxq *q, const struct rte_mbuf *m)
{
	const struct virtio_net_hdr_mrg_rxbuf *hdr = (const void *)((const char *)m + q->hdr_offset);

	return __atomic_load_n(&hdr->num_buffers, __ATOMIC_RELAXED);
}

/** A packet that is not to be delivered. Apart: no burst carries the code that frees it. */
static __rte_noinline __rte_cold __rte_unused void
vio_rx_drop(struct rte_mbuf *m, uint64_t *counter)
{
	(*counter)++;
	rte_pktmbuf_free(m);
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
vio_rx_merge(struct vio_rxq *q, struct rte_mbuf *head, uint16_t pos, uint16_t num,
	     const uint32_t flags)
{
	const bool shuffled = (flags & VIO_RX_SHUFFLED) != 0;
	struct rte_mbuf *tail = head;
	bool bad = false;

	for (uint16_t i = 1; i < num; i++) {
		const uint16_t at = vio_rx_ahead(q, pos, i, flags);
		uint32_t len, id;
		struct rte_mbuf *m = vio_rx_take(q, at, &len, &id, flags);

		if (unlikely(m == NULL)) {
			/* In order nothing was taken yet: the chain is only forgotten. */
			for (m = head; !shuffled && m != NULL; m = tail) {
				tail = m->next;
				m->next = NULL;
			}
			vio_rx_surprise(q, pos, at, id);
			return VIO_MERGE_STOP;
		}
		if (VIO_CHECKED && unlikely(len == 0 || len > q->post_len)) {
			bad = true;
			len = 0;
		}
		/* No header here: data begins where the buffer does. */
		vio_rx_mbuf_init(m, q->rearm - vio_rx_hdr_size(q, flags), len, len);
		tail->next = m;
		tail = m;
		head->pkt_len += len;
	}
	head->nb_segs = num;
	return bad ? VIO_MERGE_DROP : VIO_MERGE_DONE;
}

/**
 * A packet whose header, in the buffer @p *m with @p len bytes and @p id, says @p num buffers, which
 * is not 1. The rest is as of vio_rx_packet().
 */
static __rte_always_inline uint16_t
vio_rx_several(struct vio_rxq *q, struct rte_mbuf **m, uint32_t len, uint32_t id, uint16_t num,
	       uint16_t pos, uint16_t left, const uint32_t flags)
{
	const bool shuffled = (flags & VIO_RX_SHUFFLED) != 0;
	const uint16_t hdr_size = vio_rx_hdr_size(q, flags);
	struct rte_mbuf *head = *m;
	enum vio_merge merge;

	*m = NULL;
	if (VIO_CHECKED && unlikely(num == 0 || num > q->mask + 1)) {
		vio_rx_drop(head, &q->stats.bad_num_buffers);
		return 1;
	}
	if (!vio_rx_all_used(q, pos, num, left, flags)) {
		/* The rest is not there yet: the next burst comes back to it. */
		if (shuffled)
			q->slot[id] = head;
		return 0;
	}
	vio_rx_mbuf_init(head, q->rearm, len - hdr_size, len - hdr_size);
	merge = vio_rx_merge(q, head, pos, num, flags);
	if (likely(merge == VIO_MERGE_DONE)) {
		*m = head;
		return num;
	}
	if (merge == VIO_MERGE_DROP) {
		vio_rx_drop(head, &q->stats.bad_length);
		return num;
	}
	/* A surprise in order: the slots still hold it all. */
	if (shuffled)
		rte_pktmbuf_free(head);
	return 0;
}

/**
 * One packet at @p pos, by itself.
 *
 * @param left  used entries from @p pos on; packed rings: posted buffers
 * @param pkt   the packet; NULL where it was dropped, and counted
 * @return entries that it took, 0: the burst ends here
 */
static __rte_always_inline uint16_t
vio_rx_packet(struct vio_rxq *q, struct rte_mbuf **pkt, uint16_t pos, uint16_t left,
	      const uint32_t flags)
{
	const uint16_t hdr_size = vio_rx_hdr_size(q, flags);
	uint16_t took = 1;
	uint16_t num;
	uint32_t len, id;
	struct rte_mbuf *m;

	*pkt = NULL;
	if (VIO_RX_IS_PACKED(flags) && !vio_rx_packed_used(q, pos, flags))
		return 0;
	m = vio_rx_take(q, pos, &len, &id, flags);
	if (unlikely(m == NULL)) {
		vio_rx_surprise(q, pos, pos, id);
		return 0;
	}
	if (VIO_CHECKED && unlikely(len <= hdr_size || len > q->post_len)) {
		vio_rx_drop(m, &q->stats.bad_length);
		return 1;
	}
	num = flags & VIO_RX_MRG ? vio_rx_num_buffers(q, m) : 1;
	if (unlikely(num != 1)) {
		took = vio_rx_several(q, &m, len, id, num, pos, left, flags);
		if (unlikely(m == NULL))
			return took;
	} else {
		vio_rx_mbuf_init(m, q->rearm, len - hdr_size, len - hdr_size);
	}
	if ((flags & VIO_RX_OFFLOAD) && unlikely(!vio_rx_hdr_read(q, m))) {
		vio_rx_drop(m, &q->stats.bad_header);
		return took;
	}
	*pkt = m;
	return took;
}

#ifndef VIO_RX_BLOCK
/** Packets that go together; 1: there is no such way, see the top of this file. */
#define VIO_RX_BLOCK 1
static __rte_always_inline bool
vio_rx_block(struct vio_rxq *q __rte_unused, struct rte_mbuf **pkts __rte_unused,
	     uint16_t pos __rte_unused, uint64_t *bytes __rte_unused,
	     const uint32_t flags __rte_unused)
{
	return false;
}
#endif

/**
 * Take up to @p nb packets out of the @p left used entries, or posted buffers of a packed ring.
 * Stops early at a surprise, see vio_rx_surprise().
 */
static __rte_always_inline uint16_t
vio_rx_dequeue(struct vio_rxq *q, struct rte_mbuf **pkts, uint16_t nb, uint16_t left,
	       const uint32_t flags)
{
	uint16_t pos = q->used_idx;
	uint16_t single = 0; /* packets to take one by one before a block is tried again */
	uint64_t bytes = 0;
	uint16_t n = 0;

	while (n < nb && left != 0) {
		const uint16_t at = vio_rx_index(q, pos, flags);
		struct rte_mbuf *m;
		uint16_t took;

		if (VIO_RX_BLOCK > 1 && !(flags & VIO_RX_SHUFFLED) && likely(single == 0) &&
		    nb - n >= VIO_RX_BLOCK && left >= VIO_RX_BLOCK &&
		    at + VIO_RX_BLOCK <= q->mask + 1) {
			if (likely(vio_rx_block(q, &pkts[n], pos, &bytes, flags))) {
				n += VIO_RX_BLOCK;
				left -= VIO_RX_BLOCK;
				pos = vio_rx_ahead(q, pos, VIO_RX_BLOCK, flags);
				continue;
			}
			single = VIO_RX_BLOCK;
		}
		if (!(flags & VIO_RX_SHUFFLED))
			rte_prefetch0(q->slot[vio_rx_index(q, vio_rx_ahead(q, pos, 4, flags),
							   flags)]);
		took = vio_rx_packet(q, &m, pos, left, flags);
		if (unlikely(took == 0))
			break;
		single -= single != 0;
		pos = vio_rx_ahead(q, pos, took, flags);
		left -= took;
		if (unlikely(m == NULL))
			continue;
		bytes += m->pkt_len;
		pkts[n++] = m;
	}
	q->used_idx = pos;
	q->stats.packets += n;
	q->stats.bytes += bytes;
	return n;
}

/** The body of every callback that receives. */
static __rte_always_inline uint16_t
vio_rx_burst(struct vio_rxq *q, struct rte_mbuf **pkts, uint16_t nb, const uint32_t flags)
{
	uint16_t n = 0;
	uint16_t left;

	if (unlikely(!vio_gate_enter(&q->gate, VIO_GATE_VARIANT(flags))))
		return 0;
	/* In a packed ring it is each descriptor's flags that tell (2.8.2). */
	left = VIO_RX_IS_PACKED(flags) ? vio_rx_posted(q, flags) :
					 vring_split_load_used(q->used) - q->used_idx;
	if (VIO_CHECKED && !VIO_RX_IS_PACKED(flags) && unlikely(left > vio_rx_posted(q, flags))) {
		vio_rxq_fault(q, VIO_FAULT_USED_INDEX);
		vio_gate_leave(&q->gate);
		return 0;
	}
	if (likely(!q->shuffled)) {
		uint16_t first = q->used_idx;

		n = vio_rx_dequeue(q, pkts, nb, left, flags);
		left -= vio_ring_distance(first, q->used_idx, q->mask, VIO_RX_IS_PACKED(flags));
	}
	if (unlikely(q->shuffled))
		n += vio_rx_dequeue(q, pkts + n, nb - n, left, flags | VIO_RX_SHUFFLED);
	vio_rx_refill(q, flags);
	if ((flags & VIO_RX_OFFLOAD) && q->strip)
		vio_rx_strip(pkts, n);
	vio_gate_leave(&q->gate);
	return n;
}

/** Make the callbacks of one path: with and without event index, by virtual address and IOVA. */
#define VIO_RX_CALLBACK(name, flags) \
static uint16_t \
virtio_ ## name(void *rxq, struct rte_mbuf **pkts, uint16_t nb) \
{ \
	return vio_rx_burst(rxq, pkts, nb, flags); \
}

#define VIO_RX_CALLBACKS(name, flags) \
VIO_RX_CALLBACK(name, flags) \
VIO_RX_CALLBACK(name ## _event_idx, (flags) | VIO_RX_EVENT_IDX) \
VIO_RX_CALLBACK(name ## _iova, (flags) | VIO_RX_IOVA) \
VIO_RX_CALLBACK(name ## _event_idx_iova, (flags) | VIO_RX_EVENT_IDX | VIO_RX_IOVA) \
const eth_rx_burst_t vio_ ## name[] = { \
	virtio_ ## name, virtio_ ## name ## _event_idx, \
	virtio_ ## name ## _iova, virtio_ ## name ## _event_idx_iova, \
};

#endif /* VIO_RX_BURST_H */
