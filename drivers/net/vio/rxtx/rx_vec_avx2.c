/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* rx_vec_avx2.c - receiving from a split ring in blocks of eight, AVX2. */

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

/** As in rx_vec_sse.c, eight packets. */
static __rte_always_inline bool
vio_rx_split_block(struct vio_rxq *q, struct rte_mbuf **pkts, uint16_t at, uint64_t *bytes,
		   const uint32_t flags)
{
	const void *used = &q->used->ring[at];
	__m256i a = _mm256_loadu_si256((const __m256i *)used);
	__m256i b = _mm256_loadu_si256((const __m256i *)used + 1);
	const __m256i hdr = _mm256_set1_epi64x((uint64_t)VIO_HDR_SIZE << 32);
	const __m256i least = _mm256_set1_epi64x((uint64_t)(VIO_HDR_SIZE + 1) << 32);
	const __m256i room = _mm256_set1_epi64x((uint64_t)(q->post_len - VIO_HDR_SIZE - 1) << 32);
	const __m256i ids = _mm256_add_epi64(_mm256_set1_epi64x(at),
					     _mm256_set_epi64x(3, 2, 1, 0));
	__m256i xa = _mm256_sub_epi32(_mm256_xor_si256(a, ids), least);
	__m256i xb = _mm256_sub_epi32(_mm256_xor_si256(b, _mm256_add_epi64(ids,
				      _mm256_set1_epi64x(4))), least);
	__m256i ok = _mm256_and_si256(_mm256_cmpeq_epi32(_mm256_min_epu32(xa, room), xa),
				      _mm256_cmpeq_epi32(_mm256_min_epu32(xb, room), xb));
	struct rte_mbuf *const *slot = &q->slot[at];
	const __m256i rearm = _mm256_set_epi64x(0, 0, 0, q->rearm);
	__m256i sum;
	__m128i half;

	if (unlikely(_mm256_movemask_epi8(ok) != -1))
		return false;
	if ((flags & VIO_RX_MRG) && unlikely(!vio_rx_block_single(q, slot)))
		return false;

	a = _mm256_sub_epi32(a, hdr);
	b = _mm256_sub_epi32(b, hdr);
	memcpy(pkts, slot, VIO_RX_BLOCK * sizeof(*pkts));
	store_four(slot, rearm, a);
	store_four(slot + 4, rearm, b);

	sum = _mm256_add_epi64(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
	half = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
	*bytes += (uint64_t)_mm_extract_epi64(half, 0) + (uint64_t)_mm_extract_epi64(half, 1);
	return true;
}

#include "rx_split.h"

VIO_RX_SPLIT_CALLBACKS(recv_pkts_vec_avx2, VIO_RX_AVX2)
VIO_RX_SPLIT_CALLBACKS(recv_mergeable_pkts_vec_avx2, VIO_RX_AVX2 | VIO_RX_MRG)
