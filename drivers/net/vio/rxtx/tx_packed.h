/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * tx_packed.h - the part of tx_burst.h that knows packed rings. Included by it.
 *
 * As long as the device completes in order, the id of a packet is its first descriptor, and slot[] has
 * a segment per descriptor. Out of order an id is any free one, and its slot has the whole packet:
 * slow_packed.c.
 */
#ifndef VIO_TX_PACKED_H
#define VIO_TX_PACKED_H

/** What is looked at in a used descriptor's word: flags and id. */
#define VIO_TX_PACKED_ASKED (VRING_PACKED_USED_MASK | (VIO_CHECKED_IDS ? 0xffff : 0))

/** Did four descriptors come back in order: used, with the ids @p first, @p first + 1, ...? */
static __rte_always_inline bool
vio_tx_packed_four_used(const struct vring_packed_desc *desc, uint32_t used, uint16_t first)
{
	uint32_t wrong = 0;

	/* The length does not count (2.8.5): one word of each tells all. */
	for (unsigned int i = 0; i < 4; i++)
		wrong |= vring_packed_load(&desc[i]) ^ (used | (first + i));
	return (wrong & VIO_TX_PACKED_ASKED) == 0;
}

/**
 * How many descriptors of plain packets came back from the next one on. Nothing wraps in the run.
 *
 * @param most      packets of the run begin in so many descriptors
 * @param promised  they all came back, by the device's promise; else each is looked at
 * @param last      first descriptor of the run's last packet, from the run's beginning
 */
static __rte_always_inline uint16_t
vio_tx_packed_plain_run(const struct vio_txq *q, uint16_t most, const bool promised, uint16_t *last)
{
	const uint16_t first = vring_packed_index(q->used_idx);
	const uint32_t used = (uint32_t)vring_packed_used_flags(q->used_idx) << 16;
	const uint32_t size = q->mask + 1u;
	const uint32_t end = RTE_MIN((uint32_t)first + most, size);
	uint32_t desc = first;

	*last = 0;
	while (desc + 4 <= end && vio_tx_four_counts(&q->count[desc]) &&
	       (promised || vio_tx_packed_four_used(&q->ring[desc], used, desc))) {
		*last = desc + 3 - first;
		desc += 4;
	}
	while (desc < end) {
		uint16_t count = q->count[desc] ^ VIO_TX_PLAIN;

		if (!promised &&
		    ((vring_packed_load(&q->ring[desc]) ^ (used | desc)) & VIO_TX_PACKED_ASKED) != 0)
			break;
		if (unlikely(count > size - desc)) /* not plain: a large number now */
			break;
		*last = desc - first;
		desc += count;
	}
	return desc - first;
}

/** Give the mbufs of a run back. */
static __rte_always_inline void
vio_tx_packed_put(struct vio_txq *q, uint16_t descs, const uint32_t flags)
{
	vio_pool_put(q->pool, &q->slot[vring_packed_index(q->used_idx)], descs);
	vio_tx_retire(q, 0, descs, flags);
}

/** Take back what is used, descriptor by descriptor. @return false: no more, or a surprise */
static __rte_always_inline bool
vio_tx_packed_complete(struct vio_txq *q, const uint32_t flags)
{
	const uint16_t out = vring_packed_distance(q->used_idx, q->avail_idx, q->mask + 1);
	uint16_t last, descs;
	uint32_t word;

	descs = vio_tx_packed_plain_run(q, RTE_MIN(out, VIO_TX_FREE_MAX), false, &last);
	if (likely(descs != 0)) {
		vio_tx_packed_put(q, descs, flags);
		return true;
	}
	word = vring_packed_load(&q->ring[vring_packed_index(q->used_idx)]);
	if (out == 0 || !vring_packed_is_used(word, q->used_idx))
		return false;
	if (VIO_CHECKED_IDS && unlikely((uint16_t)word != vring_packed_index(q->used_idx))) {
		vio_tx_surprise(q, (uint16_t)word);
		return false;
	}
	vio_tx_complete_one(q, flags);
	return true;
}

/**
 * The same with VIRTIO_F_IN_ORDER: a used descriptor stands for all packets up to the one that it
 * names (2.8.9).
 */
static __rte_always_inline bool
vio_tx_packed_complete_batch(struct vio_txq *q, const uint32_t flags)
{
	const uint16_t size = q->mask + 1;
	const uint16_t out = vring_packed_distance(q->used_idx, q->avail_idx, size);
	const uint16_t first = vring_packed_index(q->used_idx);
	const uint32_t word = vring_packed_load(&q->ring[first]);
	const uint16_t id = (uint16_t)word;
	uint16_t left; /* descriptors in front of the packet that is named */

	if (out == 0 || !vring_packed_is_used(word, q->used_idx))
		return false;
	left = id >= first ? id - first : id + size - first;
	while (!VIO_CHECKED || likely(id < size && left < out)) {
		uint16_t last;
		uint16_t descs = vio_tx_packed_plain_run(q, RTE_MIN(left + 1, VIO_TX_FREE_MAX),
							 true, &last);
		const bool plain = descs != 0;

		if (unlikely(!plain))
			descs = vio_tx_count(q, vring_packed_index(q->used_idx));
		if (unlikely(descs > left && last != left))
			break; /* it names the middle of a packet */
		if (likely(plain))
			vio_tx_packed_put(q, descs, flags);
		else
			vio_tx_complete_one(q, flags);
		if (descs > left)
			return true;
		left -= descs;
	}
	vio_txq_fault(q, VIO_FAULT_USED_ID);
	return false;
}

/** vio_tx_reclaim() of a packed ring. */
static __rte_always_inline void
vio_tx_packed_reclaim(struct vio_txq *q, const uint32_t flags)
{
	bool more = !q->shuffled;

	while (more)
		more = flags & VIO_TX_IN_ORDER ? vio_tx_packed_complete_batch(q, flags) :
						 vio_tx_packed_complete(q, flags);
	if (unlikely(q->shuffled && q->fault == VIO_FAULT_NONE))
		vio_tx_complete_shuffled(q, 0);
}

/** vio_tx_desc() of a packed ring. The first of a packet is hidden until vio_tx_packed_end(). */
static __rte_always_inline uint16_t
vio_tx_packed_desc(struct vio_txq *q, struct rte_mbuf *m, uint64_t addr, uint32_t len, bool more,
		   uint16_t head)
{
	const uint16_t pos = q->avail_idx;
	const uint16_t at = vring_packed_index(pos);
	const uint16_t avail = vring_packed_avail_flags(pos) | (more ? VRING_DESC_F_NEXT : 0);
	const bool first = head == VIO_TX_NO_HEAD;
	uint16_t id = head;

	if (first)
		id = unlikely(q->shuffled) ? q->ids[--q->free_idx] : at;
	if (likely(!q->shuffled))
		q->slot[at] = m;
	q->ring[at] = (struct vring_packed_desc) {
		.addr = addr,
		.len = len,
		.id = id,
		.flags = first ? vring_packed_hidden(avail) : avail,
	};
	q->avail_idx = vring_packed_ahead(pos, 1, q->mask + 1);
	return id;
}

/**
 * Show the device a packet of @p count descriptors that begins at @p pos: the flags of the first
 * come last (2.8.20.1); those of the burst's first when the burst is published.
 */
static __rte_always_inline void
vio_tx_packed_end(struct vio_txq *q, uint16_t pos, uint16_t flags, uint16_t old)
{
	flags |= vring_packed_avail_flags(pos);
	if (pos == old)
		q->first_flags = flags;
	else
		vring_packed_show(&q->ring[vring_packed_index(pos)], flags);
}

#endif /* VIO_TX_PACKED_H */
