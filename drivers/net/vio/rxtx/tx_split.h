/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* tx_split.h - the part of tx_burst.h that knows split rings. Included by it. */
#ifndef VIO_TX_SPLIT_H
#define VIO_TX_SPLIT_H

/** Are ids known without a look at them? In order by promise, they may not even be written (2.7.9.1). */
#define VIO_TX_IDS_KNOWN(flags) (!VIO_CHECKED_IDS || ((flags) & VIO_TX_IN_ORDER))

#ifndef VIO_TX_WIDE
/** Do four used entries have the ids @p first, @p first + 1, ...? */
static __rte_always_inline bool
vio_tx_four_ids(const struct vring_used_elem *elem, uint16_t first)
{
#if defined(__SSE4_1__)
	/* { id, len } twice a register; only the ids are compared. */
	const __m128i *at = (const __m128i *)(const void *)elem;
	const __m128i want = _mm_add_epi64(_mm_set1_epi64x(first), _mm_set_epi64x(1, 0));
	__m128i wrong = _mm_xor_si128(_mm_loadu_si128(at), want);

	wrong = _mm_or_si128(wrong, _mm_xor_si128(_mm_loadu_si128(at + 1),
						  _mm_add_epi64(want, _mm_set1_epi64x(2))));
	return _mm_testz_si128(wrong, _mm_set1_epi64x(UINT32_MAX));
#else
	uint32_t wrong = 0;

	for (unsigned int i = 0; i < 4; i++)
		wrong |= __atomic_load_n(&elem[i].id, __ATOMIC_RELAXED) ^ (first + i);
	return wrong == 0;
#endif
}
#endif

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
	uint16_t i = 0;

	/* The most common four at a time: no load then waits for the count before it. */
	while (i + 4 <= n && desc + 4 <= q->mask + 1u && vio_tx_four_counts(&q->count[desc]) &&
	       (VIO_TX_IDS_KNOWN(flags) || vio_tx_four_ids(&q->used->ring[at + i], desc))) {
		desc += 4;
		i += 4;
	}
	for (; i < n; i++) {
		uint16_t count;

		if (unlikely(desc > q->mask))
			break;
		if (!VIO_TX_IDS_KNOWN(flags) &&
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

/** Take back @p pending used entries as long as they are in order. */
static __rte_always_inline void
vio_tx_split_complete(struct vio_txq *q, uint16_t pending, const uint32_t flags)
{
	while (pending != 0) {
		const uint16_t at = q->used_idx & q->mask;
		const uint16_t first = vio_tx_oldest(q, flags);
		uint16_t n = RTE_MIN(pending, (uint16_t)(q->mask + 1 - at));
		uint16_t descs;
		uint32_t id;

		n = vio_tx_split_plain_run(q, at, first, RTE_MIN(n, VIO_TX_FREE_MAX), &descs,
					   flags);
		if (likely(n != 0)) {
			vio_pool_put(q->pool, &q->slot[first], descs);
			vio_tx_retire(q, n, descs, flags);
			pending -= n;
			continue;
		}
		id = __atomic_load_n(&q->used->ring[at].id, __ATOMIC_RELAXED);
		if (!VIO_TX_IDS_KNOWN(flags) && unlikely(id != first)) {
			vio_tx_surprise(q, id);
			return;
		}
		vio_tx_complete_one(q, flags);
		pending--;
	}
}

/** vio_tx_reclaim() of a split ring. */
static __rte_always_inline void
vio_tx_split_reclaim(struct vio_txq *q, const uint32_t flags)
{
	uint16_t pending = vring_split_load_used(q->used) - q->used_idx;
	const uint16_t end = q->used_idx + pending;

	if (VIO_CHECKED && unlikely(pending > (uint16_t)(q->avail_idx - q->used_idx))) {
		vio_txq_fault(q, VIO_FAULT_USED_INDEX);
		return;
	}
	if (likely(!q->shuffled))
		vio_tx_split_complete(q, pending, flags);
	if (unlikely(q->shuffled && q->fault == VIO_FAULT_NONE))
		vio_tx_complete_shuffled(q, end - q->used_idx);
}

/** vio_tx_desc() of a split ring. */
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

#endif /* VIO_TX_SPLIT_H */
