/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_device.h - a virtio network device in this process, and the transport to it.
 *
 * The device is slow and literal: it does what the standard says a device does and checks from its
 * side all that the standard says a driver does; breaches go to model_book.h. It acts only when a
 * test lets it: nothing happens by itself.
 */
#ifndef MODEL_DEVICE_H
#define MODEL_DEVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model_ctrl.h"
#include "model_queue.h"
#include "transport.h"
#include "virtio_spec.h"

/** Queue pairs, as many as QEMU gives a device, and a control queue. */
#define MODEL_QUEUES (2 * 256 + 1)

/** A frame that the driver sent, without its header. */
struct model_sent {
	uint8_t *bytes;
	uint32_t len;
	struct virtio_net_hdr_mrg_rxbuf hdr;
};

/** The device. */
struct model_device {
	struct virtio_transport base;

	/* what it is; set before the driver comes */
	uint64_t offered;
	uint16_t max_size;    /**< of each queue */
	uint16_t num_queues;
	uint16_t ctrl_size;   /**< of the control queue, 0: as the others */
	uint16_t vectors;     /**< MSI-X vectors that it has to give */
	bool iova;            /**< it addresses memory by IOVA, see model_memory.h */
	bool stuck;           /**< it does not finish a reset, and goes on */
	bool gone;            /**< its registers read as all ones */
	bool concurrent;      /**< bursts and resets happen at once: kicks cannot be judged */
	uint64_t seed;
	struct virtio_spec_net_config config;

	/* its state */
	pthread_mutex_t lock; /**< between the driver's control path and the test's device */
	uint8_t status;
	uint32_t generation;
	uint16_t config_vector; /**< of configuration changes */
	struct model_queue queues[MODEL_QUEUES];
	struct model_sent *sent; /**< frames that were sent and not fetched by the test */
	unsigned int num_sent;
	unsigned int max_sent;
	unsigned int num_resets;
	struct model_ctrl ctrl;
};

/** A device with VERSION_1, one pair of queues of 256 and nothing else. */
void model_device_init(struct model_device *device);

/** The end of it; the driver is gone. */
void model_device_fini(struct model_device *device);

/** Was @p bit negotiated? */
bool model_device_has(const struct model_device *device, unsigned int bit);

/** Is the device live (DRIVER_OK)? */
bool model_device_live(const struct model_device *device);

/** Look at all rings. */
void model_device_look(struct model_device *device);

/** The device is pulled out: its registers read as all ones, and it has no buffer any more. */
void model_device_unplug(struct model_device *device);

/** For queues: a buffer was made available. */
void model_device_added(struct model_queue *q, const struct model_chain *chain);

/** Receive and transmit queue of pair @p n. */
struct model_queue *model_rxq(struct model_device *device, unsigned int n);
struct model_queue *model_txq(struct model_device *device, unsigned int n);
/** The control queue; fails where none was negotiated. */
struct model_queue *model_device_ctrlq(struct model_device *device);

#endif /* MODEL_DEVICE_H */
