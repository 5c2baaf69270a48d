/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_ctrl.h - the commands of the control virtqueue (5.1.6.5), one function each, and telling a
 * device that just went live all that it has to know.
 *
 * A command is only sent where the feature that allows it was accepted; otherwise the answer is
 * -ENOTSUP, as it is while there is no device. Everything else is as vio_ctrl_command() says.
 */
#ifndef VIO_CTRL_H
#define VIO_CTRL_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ethdev.h>

#include "vio_ctrl_queue.h"

struct vio_port;

/** Addresses of one kind, unicast or multicast, that a device is told at the most. */
#define VIO_MAC_TABLE 64

/** Two tables with their counts (5.1.6.5.2), as they are sent. */
#define VIO_MAC_TABLES_LEN (2 * (sizeof(uint32_t) + VIO_MAC_TABLE * RTE_ETHER_ADDR_LEN))

/** VIRTIO_NET_CTRL_RX_*: switch a mode on or off; those of RX_EXTRA too (5.1.6.5.1). */
int vio_ctrl_rx_mode(struct vio_port *port, uint8_t mode, bool on);

/** VIRTIO_NET_CTRL_MAC_TABLE_SET: @p tables as they are sent (5.1.6.5.2). */
int vio_ctrl_mac_tables(struct vio_port *port, const void *tables, uint32_t len);

/** VIRTIO_NET_CTRL_MAC_ADDR_SET: the device's default address (5.1.6.5.2). */
int vio_ctrl_mac_addr(struct vio_port *port, const struct rte_ether_addr *mac);

/** VIRTIO_NET_CTRL_VLAN_ADD and _DEL (5.1.6.5.3). */
int vio_ctrl_vlan(struct vio_port *port, uint16_t vlan_id, bool on);

/** VIRTIO_NET_CTRL_ANNOUNCE_ACK (5.1.6.5.4). */
int vio_ctrl_announce_ack(struct vio_port *port);

/** VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET (5.1.6.5.6), or the bus's own way. */
int vio_ctrl_set_pairs(struct vio_port *port, uint16_t pairs);

/**
 * VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET (5.1.6.5.8): the receive offloads that are on from now on, as
 * feature bits.
 * @return also -EINVAL for a bit that is no receive offload, or was not accepted
 */
int vio_ctrl_guest_offloads(struct vio_port *port, uint64_t offloads);

/**
 * Coalescing of the used buffer notifications of receive queues (5.1.6.5.9), as the device
 * arguments rx_max_usecs and rx_max_packets say: for all queues at once, or queue by queue where
 * the device has only that.
 */
int vio_ctrl_coalesce(struct vio_port *port);

/**
 * Which of the features @p wanted that are about control commands the present configuration asks
 * for. A VLAN filter that nobody fills would drop every tagged frame (5.1.6.5.3), so it is no
 * matter of course; likewise RSS and coalescing.
 */
uint64_t vio_ctrl_features(const struct rte_eth_dev *dev, uint64_t wanted);

/**
 * The device has just gone live and remembers nothing: tell it how to steer packets, what to
 * receive and when to notify. Before the first burst. 0 or a negative errno.
 */
int vio_ctrl_restore(struct rte_eth_dev *dev);

#endif /* VIO_CTRL_H */
