/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_ctrl.h - the control virtqueue (5.1.6.5): one command at a time, with a time-out.
 */
#ifndef VIO_CTRL_H
#define VIO_CTRL_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_memzone.h>
#include <rte_spinlock.h>

#include "transport.h"
#include "vring_split.h"

struct vio_port;

/** Descriptors of the control queue that are used; a command takes three. */
#define VIO_CTRL_RING 64

/** How long a device may take over a command, in milliseconds. */
#define VIO_CTRL_TIMEOUT_MS 4000

/** Largest command-specific data. */
#define VIO_CTRL_DATA_MAX 2048

/** The control queue of a port. */
struct vio_ctrl {
	const struct rte_memzone *mz; /**< ring, then the command */
	struct vring_split vring;
	struct virtio_notifier notifier;
	rte_spinlock_t lock;
	uint64_t cmd_addr;            /**< of the command, as the device addresses it */
	uint8_t *cmd;                 /**< class, command, data, ack */
	uint16_t avail_idx;
	uint16_t used_idx;
	bool live;                    /**< false once a command was not answered, until a reset */
};

/**
 * Make the queue and tell the device, between negotiation and DRIVER_OK. Without
 * VIRTIO_NET_F_CTRL_VQ there is none, and commands answer -ENOTSUP.
 * @return 0, -ENOMEM, -EPROTO the queue is not there, or what the transport answered
 */
int vio_ctrl_start(struct vio_port *port);
/** The device was reset: no command works until the next start. */
void vio_ctrl_stop(struct vio_port *port);
/** Free the memory. */
void vio_ctrl_free(struct vio_port *port);

/**
 * Run one command and wait for its answer.
 *
 * @param class, cmd  as in 5.1.6.5
 * @param data        command-specific data, little endian, copied
 * @return 0, -EIO the device refused, -ETIMEDOUT no answer (the queue stays dead until the
 *         next start), -ENOTSUP no live control queue, -E2BIG data too long,
 *         -EPROTO an answer that is neither OK nor ERR, or a broken used entry
 */
int vio_ctrl_command(struct vio_port *port, uint8_t class, uint8_t cmd,
		     const void *data, uint32_t len);

/** VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET (5.1.6.5.6). */
int vio_ctrl_set_pairs(struct vio_port *port, uint16_t pairs);

/** ethdev operations that are a control command each. */
int vio_promiscuous_enable(struct rte_eth_dev *dev);
int vio_promiscuous_disable(struct rte_eth_dev *dev);
int vio_allmulticast_enable(struct rte_eth_dev *dev);
int vio_allmulticast_disable(struct rte_eth_dev *dev);
int vio_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac);

#endif /* VIO_CTRL_H */
