/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * rx_block.h - what the blocks of every register width share. A file defines VIO_RX_BLOCK, the
 * packets of its block, and includes this.
 *
 * How a used entry { id, len } is checked: id xor the expected one is 0, and len minus the least
 * length does not exceed the room above it. Both are one unsigned minimum per dword, with { 0, room }:
 * it leaves a dword as it is where that is not larger. A length below the least wraps to a large one.
 */
#ifndef VIO_RX_BLOCK_H
#define VIO_RX_BLOCK_H

#include <smmintrin.h>

#include <rte_byteorder.h>

#include "../vio_queue.h"
#include "variants.h"
#include "vio_mbuf.h"
#include "vio_ring.h"

/* Bytes of { id, len } to { packet_type 0, pkt_len, data_len, vlan_tci 0, hash 0 }. */
#define VIO_RX_FIELDS_LOW \
	_mm_set_epi8(-1, -1, -1, -1, -1, -1, 5, 4, 7, 6, 5, 4, -1, -1, -1, -1)
#define VIO_RX_FIELDS_HIGH \
	_mm_set_epi8(-1, -1, -1, -1, -1, -1, 13, 12, 15, 14, 13, 12, -1, -1, -1, -1)

/** The slot of the first packet of the block at @p pos. */
static __rte_always_inline uint16_t
vio_rx_block_index(const struct vio_rxq *q, uint16_t pos, const uint32_t flags)
{
	return vio_ring_index(pos, q->mask, (flags & VIO_RX_PACKED) != 0);
}

/** Did each packet of the block take one buffer? The headers are read once each. */
static __rte_always_inline bool
vio_rx_block_single(const struct vio_rxq *q, struct rte_mbuf *const *slot)
{
	uint16_t other = 0;

	for (unsigned int i = 0; i < VIO_RX_BLOCK; i++) {
		const struct virtio_net_hdr_mrg_rxbuf *hdr =
			(const void *)((const char *)slot[i] + q->hdr_offset);

		other |= __atomic_load_n(&hdr->num_buffers, __ATOMIC_RELAXED) ^ 1;
	}
	return other == 0;
}

/** Bytes of a header. */
static __rte_always_inline uint16_t
vio_rx_block_hdr_size(const struct vio_rxq *q, const uint32_t flags)
{
	return flags & VIO_RX_OFFLOAD ? q->hdr_size : VIO_HDR_SIZE;
}

/** Are the headers of the block such that vio_rx_block_offload() cannot fail? */
static __rte_always_inline bool
vio_rx_block_harmless(const struct vio_rxq *q, struct rte_mbuf *const *slot)
{
	uint16_t any = 0;

	for (unsigned int i = 0; i < VIO_RX_BLOCK; i++) {
		const struct virtio_net_hdr_v1 *hdr =
			(const void *)((const char *)slot[i] + q->hdr_offset);

		any |= __atomic_load_n(&hdr->flags, __ATOMIC_RELAXED) & q->hdr_flags &
		       VIRTIO_NET_HDR_F_NEEDS_CSUM;
		any |= __atomic_load_n(&hdr->gso_type, __ATOMIC_RELAXED) & q->hdr_gso;
	}
	return any == 0;
}

/** What harmless headers say; a device that changed them meanwhile is not believed any more. */
static __rte_always_inline void
vio_rx_block_offload(const struct vio_rxq *q, struct rte_mbuf *const *pkts)
{
	for (unsigned int i = 0; i < VIO_RX_BLOCK; i++) {
		const struct virtio_net_hdr_v1_hash *hdr =
			(const void *)((const char *)pkts[i] + q->hdr_offset);
		const uint8_t flags = __atomic_load_n(&hdr->hdr.flags, __ATOMIC_RELAXED);

		if (flags & q->hdr_flags & VIRTIO_NET_HDR_F_DATA_VALID)
			pkts[i]->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
		if (q->hdr_size == VIO_HDR_SIZE_MAX &&
		    __atomic_load_n(&hdr->hash_report, __ATOMIC_RELAXED) != 0) {
			pkts[i]->hash.rss = rte_le_to_cpu_32(__atomic_load_n(&hdr->hash_value,
									     __ATOMIC_RELAXED));
			pkts[i]->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		}
	}
}

/** { data_off, refcnt, nb_segs, port, ol_flags }, then the 16 bytes from packet_type on. */
static __rte_always_inline void
vio_rx_block_store(struct rte_mbuf *m, __m128i rearm, __m128i fields)
{
	_mm_storeu_si128((__m128i *)(void *)&m->data_off, rearm);
	_mm_storeu_si128((__m128i *)(void *)&m->packet_type, fields);
}

#endif /* VIO_RX_BLOCK_H */
