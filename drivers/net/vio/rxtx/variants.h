/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* variants.h - the constants that the bodies of bursts are specialised by, one set a direction. */
#ifndef VIO_VARIANTS_H
#define VIO_VARIANTS_H

/* Receive. The first two are the index into the array of a path's callbacks. */
#define VIO_RX_EVENT_IDX (1u << 0) /**< VIRTIO_F_EVENT_IDX */
#define VIO_RX_IOVA      (1u << 1) /**< the device addresses buffers by mbuf->buf_iova */
#define VIO_RX_MRG       (1u << 2) /**< num_buffers counts: VIRTIO_NET_F_MRG_RXBUF */
#define VIO_RX_SSE       (1u << 3) /**< which file the callback is from */
#define VIO_RX_AVX2      (1u << 4)
#define VIO_RX_AVX512    (1u << 5)
#define VIO_RX_PACKED    (1u << 6) /**< VIRTIO_F_RING_PACKED */
#define VIO_RX_OFFLOAD   (1u << 8) /**< headers are read, vio_hdr.h */
#define VIO_RX_SHUFFLED  (1u << 7) /**< the device completes out of order; not a variant */

/* Transmit. The first three are the index into the array of a path's callbacks. */
#define VIO_TX_EVENT_IDX (1u << 0) /**< VIRTIO_F_EVENT_IDX */
#define VIO_TX_IN_ORDER  (1u << 1) /**< VIRTIO_F_IN_ORDER: the used index says it all */
#define VIO_TX_FAST_FREE (1u << 2) /**< RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE; simple paths */
#define VIO_TX_SIMPLE    (1u << 3) /**< one segment a packet, tx_simple.h */
#define VIO_TX_AVX2      (1u << 4) /**< which file the callback is from */
#define VIO_TX_AVX512    (1u << 5)
#define VIO_TX_PACKED    (1u << 6) /**< VIRTIO_F_RING_PACKED */
#define VIO_TX_OFFLOAD   (1u << 7) /**< headers are written, vio_hdr.h */

#endif /* VIO_VARIANTS_H */
