/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* bridge.h - a queue pair of the port, a queue of the interface, and the lcore that joins them. */
#ifndef NETBRIDGE_BRIDGE_H
#define NETBRIDGE_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include <linux/virtio_net.h>
#include <rte_mbuf.h>

#include "tap.h"

#define BRIDGE_BURST 32

/** Segments for what an interface may send: 64 KB of IP, Ethernet's header, a tag, and a byte. */
#define BRIDGE_SEGMENTS 33
_Static_assert(BRIDGE_SEGMENTS * RTE_MBUF_DEFAULT_DATAROOM > UINT16_MAX + NB_OVERHEAD,
	       "a packet that fills all segments is too long");

/** Segments of a packet that the interface takes; a port may put one together of many. */
#define BRIDGE_SEGMENTS_MAX 255

/** What became of packets. Written by one thread, read by any. */
struct bridge_counters {
	uint64_t to_port;          /**< packets that the port took */
	uint64_t to_port_bytes;
	uint64_t to_port_cut;      /**< of these, packets for the port to cut */
	uint64_t to_tap;           /**< packets that the interface took */
	uint64_t to_tap_bytes;
	uint64_t to_tap_joined;    /**< of these, packets that the port had put together */
	uint64_t port_full;        /**< times that the port had no room; nothing is lost */
	uint64_t no_mbufs;         /**< times that the interface was not read for want of mbufs */
	uint64_t drop_length;      /**< from the interface: too short, or longer than the MTU */
	uint64_t drop_header;      /**< from the interface: a header that does not fit the packet */
	uint64_t drop_unsendable;  /**< from the interface: the port does not do what it asks for */
	uint64_t drop_received;    /**< from the port: flags that do not fit the packet */
	uint64_t drop_tap;         /**< from the port: the interface does not take it, if down */
};

struct bridge {
	uint16_t port;
	uint16_t queue;
	struct tap *tap;
	struct rte_mempool *pool; /**< for packets from the interface */
	uint64_t offloads;        /**< RTE_ETH_TX_OFFLOAD_* of the port */
	uint32_t max_frame;       /**< bytes of one that is not to be cut */
	uint32_t idle_us;         /**< how long to sleep when nothing comes; 0: poll on */
	const int *stop;          /**< not 0: come to an end */

	struct virtio_net_hdr hdr;
	struct iovec iov[1 + BRIDGE_SEGMENTS];      /**< the header, and room in spare[] */
	struct rte_mbuf *spare[BRIDGE_SEGMENTS];    /**< for what is read next */
	unsigned int missing;                       /**< of spare[], from the first on */
	struct rte_mbuf *pending[BRIDGE_BURST];     /**< read, and not sent yet */
	uint16_t pending_first;
	uint16_t pending_end;
	unsigned int idle_rounds;

	struct bridge_counters counters;
};

/** What a lcore runs: packets both ways until *stop; @p arg is a struct bridge. @return 0 */
int bridge_run(void *arg);

/** Give back what the bridge holds. */
void bridge_clear(struct bridge *b);

#endif /* NETBRIDGE_BRIDGE_H */
