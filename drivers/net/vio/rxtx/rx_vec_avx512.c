/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* rx_vec_avx512.c - receiving in blocks of eight, AVX-512 (F, BW, VL). */

#include <immintrin.h>

#include "../vio.h"

#define VIO_RX_BLOCK 8
#include "rx_block.h"

static __rte_always_inline void
store(struct rte_mbuf *m, __m256i rearm, __m128i fields)
{
	_mm256_storeu_si256((__m256i *)(void *)&m->data_off,
			    _mm256_inserti128_si256(rearm, fields, 1));
}

/** Two of the block, { id, len } each in @p lens, header already taken off. */
static __rte_always_inline void
store_two(struct rte_mbuf *const *slot, __m256i rearm, __m128i lens)
{
	store(slot[0], rearm, _mm_shuffle_epi8(lens, VIO_RX_FIELDS_LOW));
	store(slot[1], rearm, _mm_shuffle_epi8(lens, VIO_RX_FIELDS_HIGH));
}

/** The words behind the addresses of eight descriptors of a packed ring: { len, id, flags } each. */
static __rte_always_inline __m512i
packed_words(const struct vring_packed_desc *desc)
{
	const __m512i index = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);

	return _mm512_permutex2var_epi64(_mm512_loadu_si512(desc), index,
					 _mm512_loadu_si512(desc + 4));
}

/** What the device says of the eight at @p pos, { id, len } each. false: they are not all used. */
static __rte_always_inline bool
load_eight(const struct vio_rxq *q, uint16_t pos, __m512i *said, const uint32_t flags)
{
	const uint16_t at = vio_rx_block_index(q, pos, flags);
	const struct vring_packed_desc *desc = &q->ring[at];
	__m512i words;

	if (!(flags & VIO_RX_PACKED)) {
		*said = _mm512_loadu_si512(&q->used->ring[at]);
		return true;
	}
	/* As in rx_vec_avx2.c: the flags, then, loaded again, what they vouch for (Barrier B). */
	words = _mm512_xor_si512(packed_words(desc), _mm512_set1_epi64(
		(uint64_t)vring_packed_used_flags(pos) << 48));
	if (_mm512_test_epi64_mask(words, _mm512_set1_epi64(
			(uint64_t)VRING_PACKED_USED_MASK << 32)) != 0)
		return false;
	rte_compiler_barrier();
	*said = _mm512_and_si512(_mm512_rol_epi64(packed_words(desc), 32),
				 _mm512_set1_epi64(~UINT64_C(0xffff0000)));
	return true;
}

/** As in rx_vec_sse.c, eight packets: all entries in one register. */
static __rte_always_inline bool
vio_rx_block(struct vio_rxq *q, struct rte_mbuf **pkts, uint16_t pos, uint64_t *bytes,
	     const uint32_t flags)
{
	const uint16_t at = vio_rx_block_index(q, pos, flags);
	const uint16_t hdr_size = vio_rx_block_hdr_size(q, flags);
	const __m512i hdr = _mm512_set1_epi64((uint64_t)hdr_size << 32);
	const __m512i least = _mm512_set1_epi64((uint64_t)(hdr_size + 1) << 32);
	const __m512i room = _mm512_set1_epi64((uint64_t)(q->post_len - hdr_size - 1) << 32);
	const __m512i ids = _mm512_add_epi64(_mm512_set1_epi64(at),
					     _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
	struct rte_mbuf *const *slot = &q->slot[at];
	const __m256i rearm = _mm256_set_epi64x(0, 0, 0, q->rearm);
	__m512i used, x;

	if (unlikely(!load_eight(q, pos, &used, flags)))
		return false;
	x = _mm512_sub_epi32(_mm512_xor_si512(used, ids), least);
	if (VIO_CHECKED_IDS && unlikely(_mm512_cmpgt_epu32_mask(x, room) != 0))
		return false;
	if ((flags & VIO_RX_MRG) && unlikely(!vio_rx_block_single(q, slot)))
		return false;
	if ((flags & VIO_RX_OFFLOAD) && unlikely(!vio_rx_block_harmless(q, slot)))
		return false;

	used = _mm512_sub_epi32(used, hdr);
	_mm512_storeu_si512(pkts, _mm512_loadu_si512(slot));
	store_two(slot, rearm, _mm512_castsi512_si128(used));
	store_two(slot + 2, rearm, _mm512_extracti32x4_epi32(used, 1));
	store_two(slot + 4, rearm, _mm512_extracti32x4_epi32(used, 2));
	store_two(slot + 6, rearm, _mm512_extracti32x4_epi32(used, 3));
	if (flags & VIO_RX_OFFLOAD)
		vio_rx_block_offload(q, slot);
	*bytes += _mm512_reduce_add_epi64(_mm512_srli_epi64(used, 32));
	return true;
}

#include "rx_burst.h"

VIO_RX_CALLBACKS(recv_pkts_vec_avx512, VIO_RX_AVX512)
VIO_RX_CALLBACKS(recv_mergeable_pkts_vec_avx512, VIO_RX_AVX512 | VIO_RX_MRG)
VIO_RX_CALLBACKS(recv_pkts_packed_vec_avx512, VIO_RX_AVX512 | VIO_RX_PACKED)
VIO_RX_CALLBACKS(recv_mergeable_pkts_packed_vec_avx512,
		 VIO_RX_AVX512 | VIO_RX_MRG | VIO_RX_PACKED)

VIO_RX_CALLBACKS(recv_pkts_offload_vec_avx512, VIO_RX_AVX512 | VIO_RX_OFFLOAD)
VIO_RX_CALLBACKS(recv_mergeable_pkts_offload_vec_avx512, VIO_RX_AVX512 | VIO_RX_MRG | VIO_RX_OFFLOAD)
VIO_RX_CALLBACKS(recv_pkts_packed_offload_vec_avx512,
		 VIO_RX_AVX512 | VIO_RX_PACKED | VIO_RX_OFFLOAD)
VIO_RX_CALLBACKS(recv_mergeable_pkts_packed_offload_vec_avx512,
		 VIO_RX_AVX512 | VIO_RX_MRG | VIO_RX_PACKED | VIO_RX_OFFLOAD)
