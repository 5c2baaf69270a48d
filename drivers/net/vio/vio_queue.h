/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_queue.h - receive and transmit queues: what a burst touches (hot), and the rest (vio_vq).
 *
 * Everything that says which buffers are posted is here, in private memory. The ring itself is
 * shared with the device: it is written, and only what the device says in it is read, each value being
 * checked.
 *
 * Descriptors are handed out in ring order. As long as the device also returns them in that order
 * (most do, though few promise it), a position says which descriptor it is about and none of the
 * order arrays is read or written. The first completion out of order sets `shuffled` for good: from
 * then on ids[] and next[] are kept.
 */
#ifndef VIO_QUEUE_H
#define VIO_QUEUE_H

#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

#include "rxtx/vio_check.h"
#include "rxtx/vio_gate.h"
#include "transport.h"
#include "vring_packed.h"
#include "vring_split.h"

struct vio_port;

/** Smallest and largest ring that the driver works with. */
#define VIO_RING_MIN 8
#define VIO_RING_MAX VIRTIO_QUEUE_SIZE_MAX

/** Default of rx_free_thresh: descriptors that are refilled at once. */
#define VIO_RX_FREE_THRESH 32

/** Where a received packet begins in its mbuf; the header stands right before it. */
#define VIO_RX_DATA_OFF RTE_PKTMBUF_HEADROOM

/**
 * In vio_txq::count, beside the number of descriptors: nobody else holds any mbuf of the packet and
 * their pool is the queue's. They go back to it without another look at them.
 */
#define VIO_TX_PLAIN 0x8000

/** Longest chain of descriptors of one packet. */
#define VIO_TX_CHAIN_MAX UINT32_C(0x7ffe)

/** In vio_txq::count: one descriptor, whose table has the packet. */
#define VIO_TX_INDIRECT 0x7fff

/**
 * Distance of the headers that lie outside of mbufs: an empty one, then one for each descriptor, for
 * ports with offloads.
 */
#define VIO_TX_HDR 32

/** In vio_rxq::lro: what the device may put together. */
#define VIO_RXQ_TSO4 1
#define VIO_RXQ_TSO6 2

/** In vio_txq::offloads: what the device does. */
#define VIO_TXQ_CSUM 1
#define VIO_TXQ_TSO4 2
#define VIO_TXQ_TSO6 4
#define VIO_TXQ_ECN 8
#define VIO_TXQ_USO 16

/** Entries of the table that each descriptor of a transmit ring has. */
#define VIO_TX_TABLE 8

/**
 * The same where packets are to be cut: 64 KiB in mbufs of 2 KiB are 33 segments, the header may need
 * an entry; a table is whole cache lines. A ring with more descriptors than VIO_TX_LONG_RING has
 * room for dozens of such chains without.
 */
#define VIO_TX_TABLE_LONG 36
#define VIO_TX_LONG_RING 1024

/** Why a queue stopped: the device broke a rule that it cannot be used on without. */
enum vio_fault {
	VIO_FAULT_NONE,
	VIO_FAULT_USED_INDEX, /**< the used index passed the available one, or went back */
	VIO_FAULT_USED_ID,    /**< an id outside of the ring, or one that is not posted */
};

/**
 * Packets of a queue by their size, which is mbuf->pkt_len: without the frame's checksum. Device
 * argument size_bins=1.
 */
struct vio_bins {
	uint64_t size_below_64;
	uint64_t size_64;
	uint64_t size_65_127;
	uint64_t size_128_255;
	uint64_t size_256_511;
	uint64_t size_512_1023;
	uint64_t size_1024_1518;
	uint64_t size_above_1518;
	uint64_t multicast;  /**< by their destination, broadcasts not among them */
	uint64_t broadcast;
};

/** Configuration of a queue, and all that no burst reads. */
struct vio_vq {
	struct vio_port *port;
	const struct rte_memzone *mz; /**< ring; transmit queues: then a header */
	struct virtio_notifier notifier;
	uint16_t index;               /**< virtqueue number: 2n receive, 2n + 1 transmit */
	uint16_t queue_id;            /**< ethdev's number, n */
	uint16_t size;                /**< descriptors */
	bool enabled;                 /**< the device has the ring */
	bool deferred;                /**< not started with its port */
	uint16_t port_id;             /**< ethdev's */
	bool packed;                  /**< VIRTIO_F_RING_PACKED: layout of the ring since its start */
	bool fresh;                   /**< receive queues: the device was not told of buffers yet */
	uint64_t ring_addr;           /**< of the ring, as the device addresses it */
	struct vio_bins *bins;        /**< NULL: nobody asked for them */
};

/** Counters of a receive queue; written once a burst by the polling thread. */
struct vio_rxq_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t kicks;
	uint64_t kicks_saved;        /**< publications that needed no notification */
	uint64_t nombuf;             /**< mbufs that the mempool could not give */
	uint64_t bad_length;         /**< shorter than a header, or longer than what was posted */
	uint64_t bad_num_buffers;    /**< 0, or more than the ring has */
	uint64_t bad_header;         /**< checksum or segment fields that make no sense */
	uint64_t shuffled;           /**< switches to out-of-order completion, 0 or 1 a start */
	uint64_t faults;             /**< the queue stopped, see vio_fault */
};

/** Counters of a transmit queue. */
struct vio_txq_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t kicks;
	uint64_t kicks_saved;
	uint64_t ring_full;          /**< bursts that were cut short */
	uint64_t bad_packet;         /**< dropped: too many segments, or offloads that are not there */
	uint64_t shuffled;
	uint64_t faults;
};

/** A receive queue. The first two cache lines are all that a burst needs beside the ring. */
struct vio_rxq {
	union {
		struct vring_used *used;
		const struct vring_packed_desc_event *event;
	};
	union {
		struct vring_desc *desc;
		struct vring_packed_desc *ring;
	};
	struct vring_avail *avail;
	struct rte_mbuf **slot;      /**< mbuf posted at a descriptor; NULL: none */
	uint16_t *ids;               /**< descriptor of a ring position, once shuffled */
	struct rte_mempool *mp;
	uint64_t rearm;              /**< data_off, refcnt, nb_segs, port of a fresh mbuf */
	uint16_t mask;               /**< size - 1 */
	uint16_t used_idx;           /**< position of what to look at next, see vio_ring.h */
	uint16_t avail_idx;          /**< and of what to make available next */
	uint16_t free_thresh;

	uint16_t hdr_offset;         /**< of the header's place from its mbuf's address */
	uint32_t post_len;           /**< bytes posted per buffer, header included */
	uint16_t addr_field;         /**< offset in the mbuf of the address that the device uses */
	uint8_t shuffled;            /**< the device completes out of order */
	uint8_t fault;               /**< enum vio_fault */
	struct vio_gate gate;        /**< closed while the queue is stopped or faulty */
	uint8_t hdr_size;            /**< of a packet's header, paths with offloads; else 12 */
	uint8_t hdr_flags;           /**< flags of the header that mean something */
	uint8_t hdr_gso;             /**< bits of gso_type that do */
	uint8_t lro;                 /**< VIO_RXQ_TSO4, _TSO6 */
	uint8_t strip;               /**< VLAN tags are taken off */
	uint16_t told;               /**< packed: see vring_packed_must_kick() */
	struct vio_rxq_stats stats __rte_cache_aligned;

	struct vio_vq vq __rte_cache_aligned;
	bool in_order;               /**< VIRTIO_F_IN_ORDER was negotiated */
	bool listening;              /**< its thread wants to be woken, see vio_intr.h */
	uint16_t batch_end;          /**< in order, shuffled: one past the batch begun */
	uint32_t batch_len;          /**< and bytes in its last buffer */
	uint16_t max_frame;          /**< what one buffer holds, header excluded */
	uint16_t data_offset;        /**< of a packet's place from its mbuf's address */
};

/** A transmit queue. */
struct vio_txq {
	union {
		struct vring_used *used;
		const struct vring_packed_desc_event *event;
	};
	union {
		struct vring_desc *desc;
		struct vring_packed_desc *ring;
	};
	struct vring_avail *avail;
	struct rte_mbuf **slot;      /**< segment posted at a descriptor; NULL: a header */
	uint16_t *count;             /**< descriptors of the chain with this head */
	uint16_t *ids;               /**< free descriptors in turn, or free ids, once shuffled */
	uint16_t *next;              /**< split: the chain behind a descriptor, once shuffled */
	uint16_t mask;
	uint16_t used_idx;           /**< position of what to look at next, see vio_ring.h */
	uint16_t avail_idx;          /**< and of what to make available next */
	uint16_t desc_idx;           /**< split: next descriptor to hand out, free-running */

	uint16_t free_idx;           /**< split: one past the last free one; packed: free ids */
	uint16_t free_thresh;
	uint16_t addr_field;
	uint8_t shuffled;
	uint8_t simple;              /**< all that is out is simple, see tx_simple.h */
	uint8_t fault;
	struct vio_gate gate;
	uint16_t first_flags;        /**< packed: of the descriptor that shows the burst */
	uint16_t told;               /**< packed: see vring_packed_must_kick() */
	uint8_t hdr_size;            /**< of a packet's header, paths with offloads; else 12 */
	uint8_t offloads;            /**< VIO_TXQ_ flags */
	struct rte_mempool *pool;    /**< of plain packets, see tx_burst.h */
	uint64_t hdr_addr;           /**< headers for packets that have no room, see VIO_TX_HDR */
	char *hdrs;                  /**< the same for the CPU */
	struct vring_desc *tables;   /**< of indirect descriptors; NULL: not negotiated */
	uint64_t tables_addr;
	struct vio_txq_stats stats __rte_cache_aligned;

	struct vio_vq vq __rte_cache_aligned;
	uint64_t asked;              /**< RTE_ETH_TX_OFFLOAD_*: what its set-up asked for */
	uint16_t table_len;          /**< entries of each of tables[] */
};

/** Private state per descriptor: the arrays behind a queue. */
#define VIO_RX_SLOT_BYTES (sizeof(struct rte_mbuf *) + sizeof(uint16_t))
#define VIO_TX_SLOT_BYTES (sizeof(struct rte_mbuf *) + 3 * sizeof(uint16_t))

_Static_assert(offsetof(struct vio_rxq, stats) <= 2 * RTE_CACHE_LINE_SIZE, "hot part of a burst");
_Static_assert(offsetof(struct vio_txq, stats) <= 2 * RTE_CACHE_LINE_SIZE, "hot part of a burst");

_Static_assert(sizeof(struct vio_rxq) + 256 * VIO_RX_SLOT_BYTES <= 4096, "beside a usual ring");
_Static_assert(sizeof(struct vio_txq) + 256 * VIO_TX_SLOT_BYTES <= 4096, "beside a usual ring");

/** Alignment of the used ring of a port's split rings. */
size_t vio_ring_align(const struct vio_port *port);

/** Bytes of a ring of @p size in either layout: which one it gets is known when it is started. */
size_t vio_ring_bytes(const struct vio_port *port, uint16_t size);

/** ethdev's rx_queue_setup. */
int vio_rx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		       unsigned int socket_id, const struct rte_eth_rxconf *conf,
		       struct rte_mempool *mp);
/** ethdev's tx_queue_setup. */
int vio_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		       unsigned int socket_id, const struct rte_eth_txconf *conf);
/** ethdev's rx_queue_release; the device was reset before. */
void vio_rx_queue_release(struct rte_eth_dev *dev, uint16_t queue_id);
/** ethdev's tx_queue_release. */
void vio_tx_queue_release(struct rte_eth_dev *dev, uint16_t queue_id);

/** ethdev's rxq_info_get. */
void vio_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue_id,
		      struct rte_eth_rxq_info *info);
/** ethdev's txq_info_get. */
void vio_txq_info_get(struct rte_eth_dev *dev, uint16_t queue_id,
		      struct rte_eth_txq_info *info);

/**
 * Make an empty ring of a receive queue, fill it with mbufs and tell the device; the device was
 * negotiated and is not live yet, so nothing is kicked.
 * @return 0, -ENOMEM the mempool gave not a single mbuf, -EINVAL a size that the layout cannot have
 *         or mbufs that the driver cannot use, or what the transport answered
 */
int vio_rxq_start(struct vio_rxq *rxq);
/** The same for a transmit queue, which starts empty. */
int vio_txq_start(struct vio_txq *txq);
/** Let bursts into a started queue, unless it is to be stopped or has a fault. The port is live. */
void vio_rxq_open(struct vio_rxq *rxq);
/** The same for a transmit queue. */
void vio_txq_open(struct vio_txq *txq);
/** Free every mbuf that is posted. The device, or the queue, was reset before. */
void vio_rxq_drain(struct vio_rxq *rxq);
/** The same for a transmit queue. */
void vio_txq_drain(struct vio_txq *txq);

/** ethdev's rx_queue_start: 0 or a negative errno, as the others. */
int vio_rx_queue_start(struct rte_eth_dev *dev, uint16_t queue_id);
/** ethdev's rx_queue_stop. */
int vio_rx_queue_stop(struct rte_eth_dev *dev, uint16_t queue_id);
/** ethdev's tx_queue_start. */
int vio_tx_queue_start(struct rte_eth_dev *dev, uint16_t queue_id);
/** ethdev's tx_queue_stop. */
int vio_tx_queue_stop(struct rte_eth_dev *dev, uint16_t queue_id);

/** Send the available buffer notification of a queue. */
void vio_vq_kick(const struct vio_vq *vq, uint16_t next);

/** A queue cannot go on: say so in the log, once, and to the application as an event. */
void vio_rxq_fault(struct vio_rxq *rxq, enum vio_fault fault);
/** The same for a transmit queue. */
void vio_txq_fault(struct vio_txq *txq, enum vio_fault fault);

/** Forget events that were not delivered yet; before the ethdev goes away. */
void vio_fault_events_cancel(struct rte_eth_dev *dev);

#endif /* VIO_QUEUE_H */
