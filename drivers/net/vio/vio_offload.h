/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_offload.h - which offloads of ethdev a port has, which features they need, and what is done to
 * packets before they are sent (rte_eth_tx_prepare()).
 */
#ifndef VIO_OFFLOAD_H
#define VIO_OFFLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

struct vio_port;
struct rte_eth_dev;

/** Longest packet that a device puts together: IP's, with the frame's header and two tags. */
#define VIO_LRO_MAX (UINT16_MAX + VIO_FRAME_OVERHEAD)

/** Receive offloads that a port can have: those of software, and what the device offers. */
uint64_t vio_rx_offload_capa(const struct vio_port *port);
/** The same for transmit. */
uint64_t vio_tx_offload_capa(const struct vio_port *port);

/**
 * Of these, the ones that a queue can have by itself: those of software, and for transmit all that
 * a packet has to ask for. The device is told of the others for all queues together.
 */
uint64_t vio_rx_queue_offload_capa(const struct vio_port *port);
uint64_t vio_tx_queue_offload_capa(const struct vio_port *port);

/** Receive offloads that any queue of @p dev has now. */
uint64_t vio_rx_offloads(const struct rte_eth_dev *dev);
/** Transmit offloads that the queues were set up with: any of them; MBUF_FAST_FREE: all of them. */
uint64_t vio_tx_offloads(const struct rte_eth_dev *dev);

/**
 * A transmit queue is to be set up with offloads of its own, as ethdev passes them.
 * @return 0, or -ENOTSUP: the port runs without one of these
 */
int vio_tx_queue_offloads_check(const struct rte_eth_dev *dev, uint16_t queue_id, uint64_t asked);

/** The port was configured: queues that it keeps have its offloads. */
void vio_offload_configure(struct rte_eth_dev *dev);

/** Of VIO_OFFLOAD_FEATURES, those that the present configuration of @p dev asks for. */
uint64_t vio_offload_features(const struct rte_eth_dev *dev);

/** Must a received packet's header be looked at, beyond num_buffers? */
bool vio_rx_needs_offloads(const struct rte_eth_dev *dev);
/** Must a header be written for each packet that is sent? */
bool vio_tx_needs_offloads(const struct rte_eth_dev *dev);

/** Say in the log which offloads were asked for and are not there after the negotiation. */
void vio_offload_log(const struct rte_eth_dev *dev);

/** ethdev's vlan_offload_set. */
int vio_vlan_offload_set(struct rte_eth_dev *dev, int mask);
/** ethdev's vlan_strip_queue_set. */
void vio_vlan_strip_queue_set(struct rte_eth_dev *dev, uint16_t queue_id, int on);

/**
 * Sum up @p len bytes of a packet from @p off on, all of them in it, in ones' complement (RFC 1071).
 * (rte_raw_cksum_mbuf() of DPDK 22.11 loses carries of a segment behind an odd number of bytes.)
 */
uint16_t vio_cksum_sum(const struct rte_mbuf *m, uint32_t off, uint32_t len);

/**
 * ethdev's tx_pkt_prepare: check the packets' wishes, fill in pseudo-header sums and IPv4 header
 * checksums, and the whole checksum where the device computes none.
 * @return packets that are fit to be sent; then rte_errno is EINVAL or ENOTSUP for the next one
 */
uint16_t vio_tx_prepare(void *txq, struct rte_mbuf **pkts, uint16_t nb);

#endif /* VIO_OFFLOAD_H */
