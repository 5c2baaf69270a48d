/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* tx_vec_avx512.c - sending simple packets, AVX-512: four descriptors a store. */

#include <immintrin.h>

#include "../vio.h"
#include "vio_mbuf.h"

#define VIO_TX_WIDE

static __rte_always_inline void
vio_tx_simple_descs(struct vring_desc *desc, const uint64_t addr[4], const uint64_t word[4])
{
	_mm512_storeu_si512(desc, _mm512_set_epi64(word[3], addr[3], word[2], addr[2],
						   word[1], addr[1], word[0], addr[0]));
}

static __rte_always_inline bool
vio_tx_four_ids(const struct vring_used_elem *elem, uint16_t first)
{
	/* { id, len } four times; only the ids are compared. */
	__m256i got = _mm256_loadu_si256((const __m256i *)(const void *)elem);
	__m256i want = _mm256_add_epi64(_mm256_set1_epi64x(first), _mm256_set_epi64x(3, 2, 1, 0));

	return _mm256_mask_cmpneq_epu32_mask(0x55, got, want) == 0;
}

#include "rxtx.h"
#include "tx_simple.h"

VIO_TX_SIMPLE_CALLBACKS(xmit_pkts_simple_avx512, VIO_TX_SIMPLE | VIO_TX_AVX512)
VIO_TX_SIMPLE_CALLBACKS(xmit_pkts_packed_simple_avx512,
			VIO_TX_SIMPLE | VIO_TX_AVX512 | VIO_TX_PACKED)
