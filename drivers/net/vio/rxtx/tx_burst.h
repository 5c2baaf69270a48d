/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * tx_burst.h - sending: one body for both ring layouts, specialised by constants into the callbacks.
 *
 * A packet becomes one descriptor per segment; the header goes into the headroom of the first
 * segment where that is the driver's to write, into a descriptor of its own otherwise. Descriptors
 * are used in ring order; a burst is published and notified once. Sent segments are freed in bulk.
 *
 * What differs between the layouts is how a descriptor is written and how it comes back:
 * tx_split.h and tx_packed.h.
 */
#ifndef VIO_TX_BURST_H
#define VIO_TX_BURST_H

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "../vio_queue.h"
#include "variants.h"
#include "vio_gate.h"
#include "vio_hdr.h"
#include "vio_mbuf.h"
#include "vio_ring.h"

/** The device completes out of order: keep the free descriptors' order from now on. */
void vio_tx_shuffle(struct vio_txq *q);

/** A completion that is not the expected one: follow the device, or stop the queue. */
void vio_tx_surprise(struct vio_txq *q, uint32_t id);

/**
 * Take back used entries of a device that completes out of order: @p pending, in a packed ring as
 * many as there are.
 */
void vio_tx_complete_shuffled(struct vio_txq *q, uint16_t pending);

/**
 * Make a packet available that has more parts than there are free descriptors, through the table of
 * one of them. A chain in the ring costs the driver less (its mbufs go back in bulk), a table less
 * of the ring: it is for when the ring is short.
 * @param old  as in vio_tx_send()
 * @return 1 sent, 0 no descriptor free, or tables were not negotiated or are too short
 */
int vio_tx_indirect(struct vio_txq *q, struct rte_mbuf *m, bool push, uint16_t need, uint16_t old,
		    uint32_t flags);

/** vio_tx_reclaim() where no burst is waiting for it; @p flags are a variant of either layout. */
void vio_tx_reclaim_general(struct vio_txq *q, uint32_t flags);

/** Packets that are out. Takes its time. */
uint16_t vio_tx_packets_out(const struct vio_txq *q);

/** Most packets that one call to the pool takes. */
#define VIO_TX_FREE_MAX ((uint16_t)64)

#define VIO_TX_IS_PACKED(flags) (((flags) & VIO_TX_PACKED) != 0)

/** Descriptors that nothing uses. */
static __rte_always_inline uint16_t
vio_tx_free(const struct vio_txq *q, const uint32_t flags)
{
	if (VIO_TX_IS_PACKED(flags))
		return q->mask + 1 - vring_packed_distance(q->used_idx, q->avail_idx, q->mask + 1);
	return (uint16_t)(q->free_idx - q->desc_idx);
}

/** The descriptor that comes back next from a device that completes in order. */
static __rte_always_inline uint16_t
vio_tx_oldest(const struct vio_txq *q, const uint32_t flags)
{
	return VIO_TX_IS_PACKED(flags) ? vring_packed_index(q->used_idx) : q->free_idx & q->mask;
}

/** @p packets came back that had @p descs descriptors, in order. */
static __rte_always_inline void
vio_tx_retire(struct vio_txq *q, uint16_t packets, uint16_t descs, const uint32_t flags)
{
	if (VIO_TX_IS_PACKED(flags)) {
		q->used_idx = vring_packed_ahead(q->used_idx, descs, q->mask + 1);
	} else {
		q->used_idx += packets;
		q->free_idx += descs;
	}
}

/** Descriptors of the packet that begins with @p head. */
static __rte_always_inline uint16_t
vio_tx_count(const struct vio_txq *q, uint16_t head)
{
	uint16_t count = q->count[head] & ~VIO_TX_PLAIN;

	return count == VIO_TX_INDIRECT ? 1 : count;
}

/** Take back one packet that completed in order, of any kind. */
static __rte_noinline __rte_unused void
vio_tx_complete_one(struct vio_txq *q, uint32_t flags)
{
	const uint16_t first = vio_tx_oldest(q, flags);
	const uint16_t count = vio_tx_count(q, first);
	uint16_t at = first;

	if (q->count[first] == VIO_TX_INDIRECT) {
		rte_pktmbuf_free(q->slot[first]);
	} else {
		for (uint16_t i = 0; i < count; i++) {
			struct rte_mbuf *seg = q->slot[at];

			if (likely(seg != NULL)) /* a header has no mbuf */
				rte_pktmbuf_free_seg(seg);
			at = at == q->mask ? 0 : at + 1;
		}
	}
	vio_tx_retire(q, 1, count, flags);
}

/** No descriptor: the part is its packet's first. */
#define VIO_TX_NO_HEAD UINT16_MAX

/** Are the next four packets plain, with one descriptor each? */
static __rte_always_inline bool
vio_tx_four_counts(const uint16_t *count)
{
	uint64_t words;

	memcpy(&words, count, sizeof(words));
	return words == (VIO_TX_PLAIN | 1) * UINT64_C(0x0001000100010001);
}

#include "tx_packed.h"
#include "tx_split.h"

/** Bytes of a header. */
static __rte_always_inline uint16_t
vio_tx_hdr_size(const struct vio_txq *q, const uint32_t flags)
{
	return flags & VIO_TX_OFFLOAD ? q->hdr_size : VIO_HDR_SIZE;
}

/** Headroom that a plain packet has at least: any header fits. */
#define VIO_TX_ROOM(flags) ((flags) & VIO_TX_OFFLOAD ? VIO_HDR_SIZE_MAX : VIO_HDR_SIZE)

/** A tag that could not be put in, or segmentation that nobody does. */
static __rte_always_inline bool
vio_tx_impossible(const struct vio_txq *q, const struct rte_mbuf *m, const uint32_t flags)
{
	return (flags & VIO_TX_OFFLOAD) && unlikely((m->ol_flags & RTE_MBUF_F_TX_VLAN) != 0 ||
						    vio_tx_hdr_impossible(q, m));
}

/** Write the header in the headroom of @p m. */
static __rte_always_inline void
vio_tx_push_hdr(const struct vio_txq *q, struct rte_mbuf *m, const uint32_t flags)
{
	void *hdr = rte_pktmbuf_mtod_offset(m, void *, -vio_tx_hdr_size(q, flags));

	if (flags & VIO_TX_OFFLOAD)
		vio_tx_hdr_write(q, m, hdr);
	else
		vio_tx_hdr_clear(hdr);
}

/** The same for four packets. */
static __rte_always_inline void
vio_tx_push_four_hdr(const struct vio_txq *q, struct rte_mbuf *const *pkts, const uint32_t flags)
{
	if (!(flags & VIO_TX_OFFLOAD)) {
		vio_tx_four_hdr_clear(pkts);
		return;
	}
	for (unsigned int i = 0; i < 4; i++)
		vio_tx_push_hdr(q, pkts[i], flags);
}

/**
 * Write the header of a packet that has no room for one, which will be called @p id.
 * @return its address for the device
 */
static __rte_always_inline uint64_t
vio_tx_outer_hdr(const struct vio_txq *q, const struct rte_mbuf *m, uint16_t id,
		 const uint32_t flags)
{
	const uint32_t offset = VIO_TX_HDR * (1u + id);

	/* The first one is empty and stays so. */
	if (!(flags & VIO_TX_OFFLOAD))
		return q->hdr_addr;
	vio_tx_hdr_write(q, m, q->hdrs + offset);
	return q->hdr_addr + offset;
}

/** What the ring will call the next packet. */
static __rte_always_inline uint16_t
vio_tx_next_id(const struct vio_txq *q, const uint32_t flags)
{
	const uint16_t at = VIO_TX_IS_PACKED(flags) ? vring_packed_index(q->avail_idx) :
						      q->desc_idx & q->mask;

	if (likely(!q->shuffled))
		return at;
	return q->ids[VIO_TX_IS_PACKED(flags) ? q->free_idx - 1 : at];
}

/** Take back everything that the device has sent by now (Barrier B inside). */
static __rte_always_inline void
vio_tx_reclaim(struct vio_txq *q, const uint32_t flags)
{
	if (VIO_TX_IS_PACKED(flags))
		vio_tx_packed_reclaim(q, flags);
	else
		vio_tx_split_reclaim(q, flags);
}

/**
 * Fill the next free descriptor for a part of the packet with head @p head, or VIO_TX_NO_HEAD.
 * @return what the ring calls the packet: its head, or id
 */
static __rte_always_inline uint16_t
vio_tx_desc(struct vio_txq *q, struct rte_mbuf *m, uint64_t addr, uint32_t len, bool more,
	    uint16_t head, const uint32_t flags)
{
	uint16_t id;

	if (VIO_TX_IS_PACKED(flags))
		return vio_tx_packed_desc(q, m, addr, len, more, head);
	id = vio_tx_split_desc(q, m, addr, len, more);
	return head == VIO_TX_NO_HEAD ? id : head;
}

/**
 * Make a packet available whose descriptors are filled.
 * @param pos    available position at its beginning
 * @param count  for vio_txq::count
 */
static __rte_always_inline void
vio_tx_end(struct vio_txq *q, uint16_t head, uint16_t count, uint16_t pos, uint16_t old,
	   const uint32_t flags)
{
	q->count[head] = count;
	if (VIO_TX_IS_PACKED(flags))
		vio_tx_packed_end(q, pos, (count & ~VIO_TX_PLAIN) > 1 ? VRING_DESC_F_NEXT : 0,
				  old);
	else
		q->avail->ring[q->avail_idx++ & q->mask] = head;
}

/** Make a packet of any kind available; there are @p count descriptors for it. */
static __rte_always_inline void
vio_tx_chain(struct vio_txq *q, struct rte_mbuf *m, bool push, uint16_t count, uint16_t old,
	     const uint32_t flags)
{
	const uint16_t hdr_size = vio_tx_hdr_size(q, flags);
	const uint16_t pos = q->avail_idx;
	uint64_t addr = vio_mbuf_addr(m, q->addr_field) + m->data_off;
	const bool more = m->nb_segs > 1;
	uint16_t head;

	if (push) {
		vio_tx_push_hdr(q, m, flags);
		head = vio_tx_desc(q, m, addr - hdr_size, m->data_len + hdr_size, more,
				   VIO_TX_NO_HEAD, flags);
	} else {
		uint64_t hdr = vio_tx_outer_hdr(q, m, vio_tx_next_id(q, flags), flags);

		head = vio_tx_desc(q, NULL, hdr, hdr_size, true, VIO_TX_NO_HEAD, flags);
		vio_tx_desc(q, m, addr, m->data_len, more, head, flags);
	}
	if (VIO_TX_IS_PACKED(flags) && unlikely(q->shuffled))
		q->slot[head] = m;
	for (m = m->next; m != NULL; m = m->next)
		vio_tx_desc(q, m, vio_mbuf_addr(m, q->addr_field) + m->data_off, m->data_len,
			    m->next != NULL, head, flags);
	vio_tx_end(q, head, count, pos, old, flags);
}

/**
 * Make a packet of several plain segments available, one descriptor each. The chain is taken apart
 * while its mbufs are at hand, so that they can go back to the pool without another look.
 */
static __rte_always_inline void
vio_tx_plain_chain(struct vio_txq *q, struct rte_mbuf *m, uint16_t count, uint16_t old,
		   const uint32_t flags)
{
	const bool packed = VIO_TX_IS_PACKED(flags);
	const uint16_t first = packed ? q->avail_idx : q->desc_idx;
	const uint16_t head = vio_ring_index(first, q->mask, packed);
	struct vring_desc *const desc = q->desc;
	struct rte_mbuf **const slot = q->slot;
	const uint16_t addr_field = q->addr_field;
	const uint16_t mask = q->mask;
	uint16_t hide = packed ? VRING_PACKED_AVAIL : 0;
	uint16_t hdr = vio_tx_hdr_size(q, flags);
	uint16_t pos = first;

	vio_tx_push_hdr(q, m, flags);
	m->nb_segs = 1;
	while (m != NULL) {
		struct rte_mbuf *next = m->next;
		const uint16_t at = vio_ring_index(pos, mask, packed);
		const uint16_t linked = next != NULL ? VRING_DESC_F_NEXT : 0;
		uint64_t word = m->data_len + hdr;

		if (packed)
			word |= (uint64_t)head << 32 |
				(uint64_t)((vring_packed_avail_flags(pos) | linked) ^ hide) << 48;
		else
			word |= (uint64_t)linked << 32 | (uint64_t)((at + 1) & mask) << 48;
		vio_desc_store(&desc[at], vio_mbuf_addr(m, addr_field) + m->data_off - hdr, word);
		slot[at] = m;
		m->next = NULL;
		m = next;
		hdr = 0;
		hide = 0;
		pos = vio_ring_ahead(pos, 1, mask, packed);
	}
	if (packed)
		q->avail_idx = pos;
	else
		q->desc_idx = pos;
	vio_tx_end(q, head, VIO_TX_PLAIN | count, first, old, flags);
}

/** Where a plain packet begins for the device: at its header. */
static __rte_always_inline uint64_t
vio_tx_plain_addr(const struct rte_mbuf *m, uint16_t addr_field, const uint16_t hdr_size)
{
	return vio_mbuf_addr(m, addr_field) + m->data_off - hdr_size;
}

/**
 * What stands above the length in the descriptor of a plain packet, at position @p pos: in a split
 * ring nothing, flags and next being 0; in a packed ring id and flags.
 */
static __rte_always_inline uint64_t
vio_tx_upper(uint16_t pos, const uint32_t flags)
{
	if (!VIO_TX_IS_PACKED(flags))
		return 0;
	return (uint64_t)vring_packed_index(pos) << 32 |
	       (uint64_t)vring_packed_avail_flags(pos) << 48;
}

/** From one position to the next: the id counts. */
#define VIO_TX_UPPER_STEP(flags) (VIO_TX_IS_PACKED(flags) ? UINT64_C(1) << 32 : 0)

/** What to change in it where @p pos is the first of the burst: it is shown last. */
static __rte_always_inline uint64_t
vio_tx_hide(uint16_t pos, uint16_t old, const uint32_t flags)
{
	return VIO_TX_IS_PACKED(flags) && pos == old ? (uint64_t)VRING_PACKED_AVAIL << 48 : 0;
}

/** vio_tx_impossible() for any of four packets. */
static __rte_always_inline bool
vio_tx_four_impossible(const struct vio_txq *q, struct rte_mbuf *const *pkts,
		       const uint32_t flags)
{
	bool any = false;

	for (unsigned int i = 0; (flags & VIO_TX_OFFLOAD) && i < 4; i++)
		any |= vio_tx_impossible(q, pkts[i], flags);
	return any;
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
vio_tx_plain(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, uint16_t old,
	     uint64_t *bytes, const uint32_t flags)
{
	/* In registers: no store below can be known not to change the queue. */
	struct vring_desc *const desc = q->desc;
	const struct rte_mempool *const pool = q->pool;
	const uint16_t addr_field = q->addr_field;
	const uint16_t hdr_size = vio_tx_hdr_size(q, flags);
	const uint16_t room = VIO_TX_ROOM(flags);
	const uint16_t mask = q->mask;
	const uint16_t first = VIO_TX_IS_PACKED(flags) ? q->avail_idx : q->desc_idx;
	const uint16_t avail_idx = q->avail_idx;
	uint16_t *const ring = VIO_TX_IS_PACKED(flags) ? NULL : q->avail->ring;
	uint16_t pos = first;
	uint64_t sum = 0;
	uint16_t i = 0;

	nb = RTE_MIN(nb, vio_tx_free(q, flags));
	while (i < nb) {
		const uint16_t id = vio_ring_index(pos, mask, VIO_TX_IS_PACKED(flags));
		const uint16_t at = (avail_idx + i) & mask;
		const uint64_t upper = vio_tx_upper(pos, flags);
		uint64_t hide = vio_tx_hide(pos, old, flags);

		if (likely(nb - i >= 4 && id + 4 <= mask + 1 &&
			   (VIO_TX_IS_PACKED(flags) || at + 4 <= mask + 1) &&
			   vio_tx_four_plain(pkts + i, pool, room) &&
			   !vio_tx_four_impossible(q, pkts + i, flags))) {
			vio_tx_push_four_hdr(q, pkts + i, flags);
			for (uint16_t k = 0; k < 4; k++) {
				const struct rte_mbuf *m = pkts[i + k];

				vio_desc_store(&desc[id + k],
					       vio_tx_plain_addr(m, addr_field, hdr_size),
					       (m->data_len + hdr_size + upper +
						k * VIO_TX_UPPER_STEP(flags)) ^ hide);
				sum += m->data_len;
				hide = 0;
			}
			memcpy(&q->slot[id], &pkts[i], 4 * sizeof(pkts[0]));
			vio_store_four_u16(&q->count[id], VIO_TX_PLAIN | 1, 0);
			if (!VIO_TX_IS_PACKED(flags))
				vio_store_four_u16(&ring[at], id, 1);
			pos = vio_ring_ahead(pos, 4, mask, VIO_TX_IS_PACKED(flags));
			i += 4;
			continue;
		}
		if (unlikely(!vio_tx_is_plain(pkts[i], pool, room) ||
			     vio_tx_impossible(q, pkts[i], flags)))
			break;
		vio_tx_push_hdr(q, pkts[i], flags);
		vio_desc_store(&desc[id], vio_tx_plain_addr(pkts[i], addr_field, hdr_size),
			       (pkts[i]->data_len + hdr_size + upper) ^ hide);
		sum += pkts[i]->data_len;
		q->slot[id] = pkts[i];
		q->count[id] = VIO_TX_PLAIN | 1;
		if (!VIO_TX_IS_PACKED(flags))
			ring[at] = id;
		pos = vio_ring_ahead(pos, 1, mask, VIO_TX_IS_PACKED(flags));
		i++;
	}
	if (VIO_TX_IS_PACKED(flags)) {
		q->avail_idx = pos;
	} else {
		q->desc_idx = pos;
		q->avail_idx = avail_idx + i;
	}
	*bytes += sum;
	return i;
}

/**
 * Show the device what was made available since @p old, and tell it if it wants to know.
 * @param first_flags  packed rings: of the descriptor at @p old, which has the others seen too
 */
static __rte_always_inline void
vio_tx_publish(struct vio_txq *q, uint16_t old, uint16_t first_flags, const uint32_t flags)
{
	const bool event_idx = (flags & VIO_TX_EVENT_IDX) != 0;
	bool kick;

	if (VIO_TX_IS_PACKED(flags)) {
		vring_packed_show(&q->ring[vring_packed_index(old)], first_flags);
		kick = vring_packed_must_kick(q->event, q->mask + 1, event_idx, old, q->avail_idx,
					      &q->told);
	} else {
		vring_split_publish(q->avail, q->avail_idx);
		kick = vring_split_must_kick(q->used, q->mask + 1, event_idx, old, q->avail_idx);
	}
	if (kick) {
		q->stats.kicks++;
		vio_vq_kick(&q->vq, q->avail_idx);
	} else {
		q->stats.kicks_saved++;
	}
}

/**
 * Send one packet that is not plain, or for which there seems to be no room.
 * @return 1 sent, 0 no room, -1 dropped: it can never be sent
 */
static __rte_always_inline int
vio_tx_other(struct vio_txq *q, struct rte_mbuf *m, uint16_t old, const uint32_t flags)
{
	bool push = vio_tx_can_push(m, vio_tx_hdr_size(q, flags));
	uint32_t need = m->nb_segs + !push;

	if (unlikely(need > RTE_MIN((uint32_t)q->mask + 1, VIO_TX_CHAIN_MAX) ||
		     vio_tx_impossible(q, m, flags))) {
		rte_pktmbuf_free(m);
		return -1;
	}
	if (need > vio_tx_free(q, flags)) {
		vio_tx_reclaim(q, flags);
		if (need > vio_tx_free(q, flags))
			return vio_tx_indirect(q, m, push, need, old, flags);
	}
	if (likely(push && !q->shuffled && vio_tx_all_plain(m, q->pool)))
		vio_tx_plain_chain(q, m, need, old, flags);
	else
		vio_tx_chain(q, m, push, need, old, flags);
	return 1;
}

/**
 * Put the tags in that were asked for. Where that is not possible the wish stays in the packet, which
 * is then dropped when its turn comes.
 */
static __rte_always_inline void
vio_tx_insert_vlan(struct rte_mbuf **pkts, uint16_t nb)
{
	for (uint16_t i = 0; i < nb; i++)
		if (unlikely(pkts[i]->ol_flags & RTE_MBUF_F_TX_VLAN) &&
		    RTE_MBUF_DIRECT(pkts[i]) && rte_mbuf_refcnt_read(pkts[i]) == 1)
			rte_vlan_insert(&pkts[i]);
}

/** Nothing is out: the queue may change its pool. */
static __rte_always_inline bool
vio_tx_idle(const struct vio_txq *q)
{
	return q->avail_idx == q->used_idx;
}

/**
 * Send any packets.
 * @param old  available position that the device was shown last: with what this burst put behind it
 *             already, all is published at once
 * @return packets taken, see rte_eth_tx_burst()
 */
static __rte_always_inline uint16_t
vio_tx_send(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, uint16_t old,
	    const uint32_t flags)
{
	uint16_t sent = 0, bad = 0;
	uint64_t bytes = 0;

	if (vio_tx_free(q, flags) < q->free_thresh)
		vio_tx_reclaim(q, flags);
	if (unlikely(vio_tx_idle(q) && nb != 0))
		q->pool = pkts[0]->pool;
	if (flags & VIO_TX_OFFLOAD)
		vio_tx_insert_vlan(pkts, nb);

	while (sent < nb) {
		uint32_t len;
		int ret;

		if (likely(vio_tx_is_plain(pkts[sent], q->pool, VIO_TX_ROOM(flags)) &&
			   !q->shuffled))
			sent += vio_tx_plain(q, pkts + sent, nb - sent, old, &bytes, flags);
		if (likely(sent == nb))
			break;
		len = pkts[sent]->pkt_len;
		ret = vio_tx_other(q, pkts[sent], old, flags);
		if (unlikely(ret == 0))
			break;
		bytes += ret > 0 ? len : 0;
		bad += ret < 0;
		sent++;
	}
	/* Counting comes last: the barrier in publishing waits for every store before it. */
	if (likely(q->avail_idx != old))
		vio_tx_publish(q, old, q->first_flags, flags);
	q->stats.ring_full += sent < nb;
	q->stats.bad_packet += bad;
	q->stats.packets += sent - bad;
	q->stats.bytes += bytes;
	return sent;
}

/**
 * vio_tx_send() for queues that are not simple any more, see tx_simple.h; by VIO_TX_EVENT_IDX and
 * VIO_TX_IN_ORDER.
 */
typedef uint16_t (*vio_tx_send_t)(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb,
				  uint16_t old);
extern const vio_tx_send_t vio_tx_sends_split[4];
extern const vio_tx_send_t vio_tx_sends_packed[4];

#define VIO_TX_SEND(name, flags) \
static uint16_t \
send_ ## name(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, uint16_t old) \
{ \
	return vio_tx_send(q, pkts, nb, old, flags); \
}

/** Make those of one layout. */
#define VIO_TX_SENDS(name, flags) \
VIO_TX_SEND(name, flags) \
VIO_TX_SEND(name ## _event_idx, (flags) | VIO_TX_EVENT_IDX) \
VIO_TX_SEND(name ## _inorder, (flags) | VIO_TX_IN_ORDER) \
VIO_TX_SEND(name ## _event_idx_inorder, (flags) | VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER) \
const vio_tx_send_t vio_tx_sends_ ## name[] = { \
	send_ ## name, send_ ## name ## _event_idx, \
	send_ ## name ## _inorder, send_ ## name ## _event_idx_inorder, \
};

/** The body of every callback that sends any packet. */
static __rte_always_inline uint16_t
vio_tx_burst(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, const uint32_t flags)
{
	uint16_t sent;

	if (unlikely(!vio_gate_enter(&q->gate, VIO_GATE_VARIANT(flags))))
		return 0;
	if (VIO_TX_IS_PACKED(flags))
		q->first_flags = vring_packed_avail_flags(q->avail_idx);
	sent = vio_tx_send(q, pkts, nb, q->avail_idx, flags);
	vio_gate_leave(&q->gate);
	return sent;
}

/** Make the callbacks of one path, in the order of variants.h. */
#define VIO_TX_CALLBACK(name, flags) \
static uint16_t \
virtio_ ## name(void *txq, struct rte_mbuf **pkts, uint16_t nb) \
{ \
	return vio_tx_burst(txq, pkts, nb, flags); \
}

#define VIO_TX_CALLBACKS(name, flags) \
VIO_TX_CALLBACK(name, flags) \
VIO_TX_CALLBACK(name ## _event_idx, (flags) | VIO_TX_EVENT_IDX) \
VIO_TX_CALLBACK(name ## _inorder, (flags) | VIO_TX_IN_ORDER) \
VIO_TX_CALLBACK(name ## _event_idx_inorder, (flags) | VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER) \
const eth_tx_burst_t vio_ ## name[] = { \
	virtio_ ## name, virtio_ ## name ## _event_idx, \
	virtio_ ## name ## _inorder, virtio_ ## name ## _event_idx_inorder, \
};

#endif /* VIO_TX_BURST_H */
