/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* rx_vec_avx2.c - receiving in blocks of eight, AVX2. */

#include <immintrin.h>

#include "../vio.h"

#define VIO_RX_BLOCK 8
#include "rx_block.h"

/** One store of 32 bytes for all that is set in an mbuf, see vio_rx_block_store(). */
static __rte_always_inline void
store(struct rte_mbuf *m, __m256i rearm, __m128i fields)
{
	_mm256_storeu_si256((__m256i *)(void *)&m->data_off,
			    _mm256_inserti128_si256(rearm, fields, 1));
}

/** Four of the block, { id, len } each in @p lens, header already taken off. */
static __rte_always_inline void
store_four(struct rte_mbuf *const *slot, __m256i rearm, __m256i lens)
{
	__m128i low = _mm256_castsi256_si128(lens);
	__m128i high = _mm256_extracti128_si256(lens, 1);

	store(slot[0], rearm, _mm_shuffle_epi8(low, VIO_RX_FIELDS_LOW));
	store(slot[1], rearm, _mm_shuffle_epi8(low, VIO_RX_FIELDS_HIGH));
	store(slot[2], rearm, _mm_shuffle_epi8(high, VIO_RX_FIELDS_LOW));
	store(slot[3], rearm, _mm_shuffle_epi8(high, VIO_RX_FIELDS_HIGH));
}

/** { id, len } of four used descriptors of a packed ring, as a used ring has them. */
static __rte_always_inline __m256i
packed_four(const struct vring_packed_desc *desc)
{
	const __m128i *d = (const __m128i *)(const void *)desc;
	const __m256i even = _mm256_inserti128_si256(
		_mm256_castsi128_si256(_mm_load_si128(d)), _mm_load_si128(d + 2), 1);
	const __m256i odd = _mm256_inserti128_si256(
		_mm256_castsi128_si256(_mm_load_si128(d + 1)), _mm_load_si128(d + 3), 1);
	/* { len, id, flags } each, then { id, flags, len }. */
	const __m256i words = _mm256_shuffle_epi32(_mm256_unpackhi_epi64(even, odd), 0xb1);

	return _mm256_and_si256(words, _mm256_set1_epi64x(~UINT64_C(0xffff0000)));
}

/**
 * Has the device used all eight descriptors? Only these flags are asked: id and length are loaded
 * again behind them, in program order, which x86 keeps (Barrier B).
 */
static __rte_always_inline bool
packed_eight_used(const struct vring_packed_desc *desc, uint16_t pos)
{
	const __m256i *d = (const __m256i *)(const void *)desc;
	/* Addresses are not asked. */
	const __m256i mask = _mm256_set_epi64x((uint64_t)VRING_PACKED_USED_MASK << 32, 0,
					       (uint64_t)VRING_PACKED_USED_MASK << 32, 0);
	const __m256i used = _mm256_set1_epi64x((uint64_t)vring_packed_used_flags(pos) << 48);
	__m256i wrong = _mm256_xor_si256(_mm256_loadu_si256(d), used);

	wrong = _mm256_or_si256(wrong, _mm256_xor_si256(_mm256_loadu_si256(d + 1), used));
	wrong = _mm256_or_si256(wrong, _mm256_xor_si256(_mm256_loadu_si256(d + 2), used));
	wrong = _mm256_or_si256(wrong, _mm256_xor_si256(_mm256_loadu_si256(d + 3), used));
	return _mm256_testz_si256(wrong, mask);
}

/** What the device says of the eight at @p pos, { id, len } each. false: they are not all used. */
static __rte_always_inline bool
load_eight(const struct vio_rxq *q, uint16_t pos, __m256i *a, __m256i *b, const uint32_t flags)
{
	const uint16_t at = vio_rx_block_index(q, pos, flags);

	if (flags & VIO_RX_PACKED) {
		const struct vring_packed_desc *desc = &q->ring[at];

		if (!packed_eight_used(desc, pos))
			return false;
		rte_compiler_barrier();
		*a = packed_four(desc);
		*b = packed_four(desc + 4);
	} else {
		const __m256i *used = (const __m256i *)(const void *)&q->used->ring[at];

		*a = _mm256_loadu_si256(used);
		*b = _mm256_loadu_si256(used + 1);
	}
	return true;
}

/** As in rx_vec_sse.c, eight packets. */
static __rte_always_inline bool
vio_rx_block(struct vio_rxq *q, struct rte_mbuf **pkts, uint16_t pos, uint64_t *bytes,
	     const uint32_t flags)
{
	const uint16_t at = vio_rx_block_index(q, pos, flags);
	const uint16_t hdr_size = vio_rx_block_hdr_size(q, flags);
	const __m256i hdr = _mm256_set1_epi64x((uint64_t)hdr_size << 32);
	const __m256i least = _mm256_set1_epi64x((uint64_t)(hdr_size + 1) << 32);
	const __m256i room = _mm256_set1_epi64x((uint64_t)(q->post_len - hdr_size - 1) << 32);
	const __m256i ids = _mm256_add_epi64(_mm256_set1_epi64x(at),
					     _mm256_set_epi64x(3, 2, 1, 0));
	struct rte_mbuf *const *slot = &q->slot[at];
	const __m256i rearm = _mm256_set_epi64x(0, 0, 0, q->rearm);
	__m256i a, b, xa, xb, ok, sum;
	__m128i half;

	if (unlikely(!load_eight(q, pos, &a, &b, flags)))
		return false;
	xa = _mm256_sub_epi32(_mm256_xor_si256(a, ids), least);
	xb = _mm256_sub_epi32(_mm256_xor_si256(b, _mm256_add_epi64(ids, _mm256_set1_epi64x(4))),
			      least);
	ok = _mm256_and_si256(_mm256_cmpeq_epi32(_mm256_min_epu32(xa, room), xa),
			      _mm256_cmpeq_epi32(_mm256_min_epu32(xb, room), xb));
	if (VIO_CHECKED_IDS && unlikely(_mm256_movemask_epi8(ok) != -1))
		return false;
	if ((flags & VIO_RX_MRG) && unlikely(!vio_rx_block_single(q, slot)))
		return false;
	if ((flags & VIO_RX_OFFLOAD) && unlikely(!vio_rx_block_harmless(q, slot)))
		return false;

	a = _mm256_sub_epi32(a, hdr);
	b = _mm256_sub_epi32(b, hdr);
	memcpy(pkts, slot, VIO_RX_BLOCK * sizeof(*pkts));
	store_four(slot, rearm, a);
	store_four(slot + 4, rearm, b);
	if (flags & VIO_RX_OFFLOAD)
		vio_rx_block_offload(q, slot);

	sum = _mm256_add_epi64(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
	half = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
	*bytes += (uint64_t)_mm_extract_epi64(half, 0) + (uint64_t)_mm_extract_epi64(half, 1);
	return true;
}

#include "rx_burst.h"

VIO_RX_CALLBACKS(recv_pkts_vec_avx2, VIO_RX_AVX2)
VIO_RX_CALLBACKS(recv_mergeable_pkts_vec_avx2, VIO_RX_AVX2 | VIO_RX_MRG)
VIO_RX_CALLBACKS(recv_pkts_packed_vec_avx2, VIO_RX_AVX2 | VIO_RX_PACKED)
VIO_RX_CALLBACKS(recv_mergeable_pkts_packed_vec_avx2, VIO_RX_AVX2 | VIO_RX_MRG | VIO_RX_PACKED)

VIO_RX_CALLBACKS(recv_pkts_offload_vec_avx2, VIO_RX_AVX2 | VIO_RX_OFFLOAD)
VIO_RX_CALLBACKS(recv_mergeable_pkts_offload_vec_avx2, VIO_RX_AVX2 | VIO_RX_MRG | VIO_RX_OFFLOAD)
VIO_RX_CALLBACKS(recv_pkts_packed_offload_vec_avx2,
		 VIO_RX_AVX2 | VIO_RX_PACKED | VIO_RX_OFFLOAD)
VIO_RX_CALLBACKS(recv_mergeable_pkts_packed_offload_vec_avx2,
		 VIO_RX_AVX2 | VIO_RX_MRG | VIO_RX_PACKED | VIO_RX_OFFLOAD)
