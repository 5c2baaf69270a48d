/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Frames that carry their number, a time stamp and a content which can be recomputed. */

#ifndef VIO_BENCH_FRAMES_H
#define VIO_BENCH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#define FRAME_MIN 60u          /**< Shortest Ethernet frame, without its checksum. */
#define FRAME_MAX 9728u        /**< Longest frame that is built. */
#define FRAME_MAGIC 0x766e6368u
#define FRAME_ETHERTYPE 0x88b5 /**< "Local experimental" of IEEE 802. */

/** How a frame begins. Fields after the Ethernet header are in the CPU's byte order. */
struct frame_head {
	struct rte_ether_hdr eth;
	uint16_t stream;   /**< Which flow of frames this belongs to. */
	uint32_t magic;    /**< FRAME_MAGIC. */
	uint32_t length;   /**< Bytes of the whole frame. */
	uint64_t sequence; /**< Number within the stream, from 0. */
	uint64_t stamp;    /**< TSC when the frame was sent, or 0. */
} __attribute__((packed, aligned(2)));

/** The last FRAME_WINDOW sequence numbers tell a duplicate from a late frame. */
#define FRAME_WINDOW 65536u

/** What a receiver knows and found. */
struct frame_check {
	uint16_t stream;      /**< The stream that is expected. */
	uint16_t port;        /**< mbuf->port that is expected, or UINT16_MAX for any. */
	uint64_t next;        /**< The sequence number that is expected. */
	uint64_t good;        /**< Frames with nothing wrong. */
	uint64_t lost;        /**< Numbers skipped and not seen later. */
	uint64_t duplicated;  /**< Numbers seen before. */
	uint64_t reordered;   /**< Numbers that came late. */
	uint64_t corrupt;     /**< Frames whose bytes or length are wrong. */
	uint64_t bad_mbuf;    /**< Frames whose mbuf fields break DPDK's rules. */
	char first[256];      /**< The first thing that was wrong, as a sentence. */
	uint64_t seen[FRAME_WINDOW / 64];
};

/** Start over: nothing seen, the next frame is number `next`. */
void
frame_check_init(struct frame_check *c, uint16_t stream, uint16_t port, uint64_t next);

/** True when no frame was corrupt, doubled, late, or in a broken mbuf. Loss is not counted. */
bool
frame_check_clean(const struct frame_check *c);

/**
 * Fill `length` bytes with frame number `sequence`. The stamp is 0.
 *
 * @param out  Room for length bytes; any alignment.
 */
void
frame_build(uint8_t *out, uint32_t length, uint16_t stream, uint64_t sequence);

/**
 * Lay out a frame in an mbuf chain that was taken from a pool.
 *
 * @param chain     `segments` mbufs, each with nothing in it; they become one chain.
 * @param segments  Number of mbufs; the frame is split into equal parts, the last one the rest.
 * @param length    Bytes of the frame.
 */
void
frame_shape(struct rte_mbuf **chain, uint16_t segments, uint32_t length);

/**
 * Have a shaped chain ask for a checksum, as a packet of layer 4 would.
 *
 * @param flags  RTE_MBUF_F_TX_*; 0 asks for nothing. The checksum goes where the stamp is.
 */
void
frame_ask(struct rte_mbuf *m, uint64_t flags);

/** Write frame number `sequence` into the bytes of a shaped chain. */
void
frame_write(struct rte_mbuf *m, uint16_t stream, uint64_t sequence);

/** Write only what any application would: the Ethernet header. */
void
frame_write_header(struct rte_mbuf *m);

/** Store the time stamp in the frame's first segment. */
void
frame_stamp(struct rte_mbuf *m, uint64_t tsc);

/** The time stamp of a frame, or 0 when its first segment is too short to hold one. */
uint64_t
frame_read_stamp(const struct rte_mbuf *m);

/**
 * Check a received frame: fields of the mbufs, length, stream, order, each byte.
 *
 * @param length  Length that every frame has, or 0 when it is not known.
 * @return        True when nothing is wrong with it.
 */
bool
frame_verify(struct frame_check *c, const struct rte_mbuf *m, uint32_t length);

#endif /* VIO_BENCH_FRAMES_H */
