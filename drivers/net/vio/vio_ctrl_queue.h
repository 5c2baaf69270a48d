/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_ctrl_queue.h - the control virtqueue as something that carries a command and brings back its
 * answer (5.1.6.5): one command at a time, with a time-out, over split and packed rings. What the
 * commands are is vio_ctrl.h's matter.
 */
#ifndef VIO_CTRL_QUEUE_H
#define VIO_CTRL_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_memzone.h>

#include "transport.h"
#include "vring_packed.h"
#include "vring_split.h"

struct vio_port;

/** Descriptors of the control queue that are used; a command takes three. */
#define VIO_CTRL_RING 64

/** How long a device may take over a command, in milliseconds. */
#ifndef VIO_CTRL_TIMEOUT_MS
#define VIO_CTRL_TIMEOUT_MS 4000
#endif

/** Largest command-specific data. */
#define VIO_CTRL_DATA_MAX 2048

/** What became of commands; extended statistics of the port. */
struct vio_ctrl_stats {
	uint64_t commands;   /**< that were sent */
	uint64_t refused;    /**< answered with ERR */
	uint64_t unanswered; /**< not answered in time */
	uint64_t garbled;    /**< answered with something that is no answer */
};

/** The control queue of a port. */
struct vio_ctrl {
	const struct rte_memzone *mz; /**< ring, then the command */
	union {
		struct vring_split split;
		struct vring_packed packed;
	};
	struct virtio_notifier notifier;
	pthread_mutex_t lock;         /**< held by the thread whose command is out */
	uint64_t cmd_addr;            /**< of the command, as the device addresses it */
	uint8_t *cmd;                 /**< class, command, data, ack */
	/** Where the next command goes: split rings an index, packed rings a position. */
	uint16_t next;
	uint16_t told;                /**< packed: see vring_packed_must_kick() */
	uint16_t size;                /**< descriptors */
	uint8_t descs;                /**< of the command that is out */
	bool is_packed;
	bool event_idx;
	bool live;                    /**< false once a command was not answered, until a reset */
	struct vio_ctrl_stats stats;
};

/** Before anything else; nothing is allocated. */
void vio_ctrl_init(struct vio_port *port);

/**
 * Make the queue and tell the device, between negotiation and DRIVER_OK. Without
 * VIRTIO_NET_F_CTRL_VQ there is none, and commands answer -ENOTSUP.
 * @return 0, -ENOMEM, -EPROTO the queue is not there, or what the transport answered
 */
int vio_ctrl_start(struct vio_port *port);

/**
 * The device is about to be reset: a command that is out ends with -ECANCELED, and none works until
 * the next start.
 */
void vio_ctrl_stop(struct vio_port *port);

/** Free the memory. */
void vio_ctrl_free(struct vio_port *port);

/** Can commands be sent? */
bool vio_ctrl_live(const struct vio_port *port);

/**
 * Run one command and wait for its answer.
 *
 * @param class, cmd  as in 5.1.6.5
 * @param data        command-specific data, little endian, copied
 * @return 0, -EIO the device refused, -ETIMEDOUT no answer (the queue stays dead until the
 *         next start), -ENOTSUP no control queue, -E2BIG data too long,
 *         -EPROTO an answer that is neither OK nor ERR, or a broken used entry,
 *         -ECANCELED the port was stopped meanwhile, -ENODEV the device went away or asks for a
 *         reset, or the queue is dead
 */
int vio_ctrl_command(struct vio_port *port, uint8_t class, uint8_t cmd,
		     const void *data, uint32_t len);

#endif /* VIO_CTRL_QUEUE_H */
