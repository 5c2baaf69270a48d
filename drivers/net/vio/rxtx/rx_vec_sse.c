/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* rx_vec_sse.c - receiving from a split ring in blocks of four, SSE4.1. */

#include <smmintrin.h>

#include "../vio.h"

#define VIO_RX_BLOCK 4
#include "rx_block.h"

/**
 * Four packets that each took one buffer, from @p pos on; nothing happens and false is returned where
 * one of them is anything else.
 */
static __rte_always_inline bool
vio_rx_block(struct vio_rxq *q, struct rte_mbuf **pkts, uint16_t pos, uint64_t *bytes,
	     const uint32_t flags)
{
	const uint16_t at = vio_rx_block_index(q, pos, flags);
	const void *used = &q->used->ring[at];
	/* Two entries of { id, len } a register. */
	__m128i a = _mm_loadu_si128((const __m128i *)used);
	__m128i b = _mm_loadu_si128((const __m128i *)used + 1);
	const __m128i base = _mm_set_epi32(0, at, 0, at);
	/* { expected id, least length } and { 0, room above it }: see block_ok(). */
	const __m128i hdr = _mm_set_epi32(VIO_HDR_SIZE, 0, VIO_HDR_SIZE, 0);
	const __m128i least = _mm_set_epi32(VIO_HDR_SIZE + 1, 0, VIO_HDR_SIZE + 1, 0);
	const uint32_t span = q->post_len - VIO_HDR_SIZE - 1;
	const __m128i room = _mm_set_epi32(span, 0, span, 0);
	__m128i xa = _mm_sub_epi32(_mm_xor_si128(a, _mm_add_epi32(base, _mm_set_epi32(0, 1, 0, 0))),
				   least);
	__m128i xb = _mm_sub_epi32(_mm_xor_si128(b, _mm_add_epi32(base, _mm_set_epi32(0, 3, 0, 2))),
				   least);
	__m128i ok = _mm_and_si128(_mm_cmpeq_epi32(_mm_min_epu32(xa, room), xa),
				   _mm_cmpeq_epi32(_mm_min_epu32(xb, room), xb));
	struct rte_mbuf *const *slot = &q->slot[at];
	const __m128i rearm = _mm_set_epi64x(0, q->rearm);
	__m128i sum;

	if (VIO_CHECKED_IDS && unlikely(_mm_movemask_epi8(ok) != 0xffff))
		return false;
	if ((flags & VIO_RX_MRG) && unlikely(!vio_rx_block_single(q, slot)))
		return false;

	a = _mm_sub_epi32(a, hdr);
	b = _mm_sub_epi32(b, hdr);
	memcpy(pkts, slot, VIO_RX_BLOCK * sizeof(*pkts));
	vio_rx_block_store(slot[0], rearm, _mm_shuffle_epi8(a, VIO_RX_FIELDS_LOW));
	vio_rx_block_store(slot[1], rearm, _mm_shuffle_epi8(a, VIO_RX_FIELDS_HIGH));
	vio_rx_block_store(slot[2], rearm, _mm_shuffle_epi8(b, VIO_RX_FIELDS_LOW));
	vio_rx_block_store(slot[3], rearm, _mm_shuffle_epi8(b, VIO_RX_FIELDS_HIGH));

	sum = _mm_add_epi64(_mm_srli_epi64(a, 32), _mm_srli_epi64(b, 32));
	*bytes += (uint64_t)_mm_extract_epi64(sum, 0) + (uint64_t)_mm_extract_epi64(sum, 1);
	return true;
}

#include "rx_burst.h"

VIO_RX_CALLBACKS(recv_pkts_vec_sse, VIO_RX_SSE)
VIO_RX_CALLBACKS(recv_mergeable_pkts_vec_sse, VIO_RX_SSE | VIO_RX_MRG)
