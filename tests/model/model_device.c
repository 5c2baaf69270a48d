/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_device.c - see model_device.h. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "features.h"
#include "model_book.h"
#include "model_device.h"
#include "model_net.h"
#include "unit.h"

static struct model_device *
device_of(struct virtio_transport *t)
{
	return container_of(t, struct model_device, base);
}

static int
get_status(struct virtio_transport *t, uint8_t *status)
{
	struct model_device *device = device_of(t);

	pthread_mutex_lock(&device->lock);
	*status = device->gone ? 0xff : device->status;
	pthread_mutex_unlock(&device->lock);
	return 0;
}

static void
device_reset(struct model_device *device)
{
	for (unsigned int i = 0; i < MODEL_QUEUES; i++)
		model_queue_stop(&device->queues[i]);
	model_ctrl_reset(device);
	device->status = 0;
	device->base.features = 0;
	device->config_vector = VIRTIO_NO_VECTOR;
	device->num_resets++;
}

/** Bits are set one step at a time, each on top of those before it (2.1, 3.1.1). */
static void
check_status(const struct model_device *device, uint8_t status)
{
	static const uint8_t steps[] = {
		VIRTIO_CONFIG_S_ACKNOWLEDGE, VIRTIO_CONFIG_S_DRIVER, VIRTIO_CONFIG_S_FEATURES_OK,
		VIRTIO_CONFIG_S_DRIVER_OK,
	};
	const uint8_t fresh = status & ~device->status;
	uint8_t before = 0;

	if (device->status & ~status)
		model_breach(1, "status bits cleared: 0x%02x after 0x%02x", status,
			     device->status);
	if (device->status & VIRTIO_CONFIG_S_FAILED)
		model_breach(1, "status 0x%02x after FAILED, without a reset", status);
	if (fresh == VIRTIO_CONFIG_S_FAILED)
		return;
	for (unsigned int i = 0; i < RTE_DIM(steps); i++) {
		if (fresh == steps[i] && device->status == before)
			return;
		before |= steps[i];
	}
	model_breach(1, "status 0x%02x after 0x%02x", status, device->status);
}

static int
set_status(struct virtio_transport *t, uint8_t status)
{
	struct model_device *device = device_of(t);

	pthread_mutex_lock(&device->lock);
	if (status == 0) {
		if (!device->stuck)
			device_reset(device);
	} else {
		check_status(device, status);
		device->status |= status;
	}
	pthread_mutex_unlock(&device->lock);
	return 0;
}

static int
get_features(struct virtio_transport *t, uint64_t *features)
{
	*features = device_of(t)->offered;
	return 0;
}

static int
set_features(struct virtio_transport *t, uint64_t features)
{
	struct model_device *device = device_of(t);
	size_t count;
	const struct virtio_feature *table = virtio_features_table(&count);

	pthread_mutex_lock(&device->lock);
	if (device->status != (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER))
		model_breach(4, "features written at status 0x%02x", device->status);
	if (features & ~device->offered)
		model_breach(2, "features 0x%" PRIx64 " accepted that were not offered",
			     features & ~device->offered);
	if (!(features & VIRTIO_FEATURE(VIRTIO_F_VERSION_1)))
		model_breach(7, "VERSION_1 was not accepted");
	for (size_t i = 0; i < count; i++)
		if ((features & VIRTIO_FEATURE(table[i].bit)) &&
		    (table[i].needs_all & ~features) != 0)
			model_breach(2, "%s accepted without what it needs", table[i].name);
	t->features = features;
	pthread_mutex_unlock(&device->lock);
	return 0;
}

static int
read_config(struct virtio_transport *t, uint32_t offset, void *buf, uint32_t len)
{
	struct model_device *device = device_of(t);

	if ((uint64_t)offset + len > sizeof(device->config))
		return -EINVAL;
	pthread_mutex_lock(&device->lock);
	if (device->gone)
		memset(buf, 0xff, len);
	else
		memcpy(buf, (const char *)&device->config + offset, len);
	pthread_mutex_unlock(&device->lock);
	return 0;
}

static int
write_config(struct virtio_transport *t __rte_unused, uint32_t offset,
	     const void *buf __rte_unused, uint32_t len)
{
	model_breach(35, "%u bytes written to the configuration at %u", len, offset);
	return -EPERM;
}

static int
get_generation(struct virtio_transport *t, uint32_t *generation)
{
	*generation = device_of(t)->generation;
	return 0;
}

static int
queue_max_size(struct virtio_transport *t, uint16_t q, uint16_t *size)
{
	struct model_device *device = device_of(t);

	*size = q < device->num_queues ? device->max_size : 0;
	if (*size != 0 && device->ctrl_size != 0 && q < MODEL_QUEUES &&
	    model_ctrl_is(&device->queues[q]))
		*size = device->ctrl_size;
	return 0;
}

static int
queue_setup(struct virtio_transport *t, uint16_t q, const struct virtio_queue_setup *setup)
{
	struct model_device *device = device_of(t);
	const uint8_t ready = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
			      VIRTIO_CONFIG_S_FEATURES_OK;
	int ret = -EINVAL;

	pthread_mutex_lock(&device->lock);
	/* A queue that was reset is set up again while the device works (2.6.1). */
	if (device->status != ready && !(model_device_live(device) && q < MODEL_QUEUES &&
					 device->queues[q].was_reset))
		model_breach(4, "queue %u set up at status 0x%02x", q, device->status);
	if (q >= device->num_queues)
		model_breach(12, "queue %u of %u set up", q, device->num_queues);
	else if (setup->size == 0 || setup->size > device->max_size ||
		 (!model_device_has(device, VIRTIO_F_RING_PACKED) &&
		  (setup->size & (setup->size - 1)) != 0))
		model_breach(12, "queue %u set up with %u entries", q, setup->size);
	else if (device->queues[q].enabled)
		model_breach(12, "queue %u set up twice", q);
	else if (setup->vector != VIRTIO_NO_VECTOR && setup->vector >= device->vectors)
		ret = -EBUSY;
	else
		ret = model_queue_start(&device->queues[q], setup);
	pthread_mutex_unlock(&device->lock);
	return ret;
}

static int
queue_reset(struct virtio_transport *t, uint16_t q)
{
	struct model_device *device = device_of(t);

	if (!model_device_has(device, VIRTIO_F_RING_RESET))
		model_breach(6, "queue %u reset without RING_RESET", q);
	pthread_mutex_lock(&device->lock);
	model_queue_stop(&device->queues[q]);
	device->queues[q].was_reset = true;
	pthread_mutex_unlock(&device->lock);
	return 0;
}

static void
kick(const struct virtio_notifier *n, uint16_t next)
{
	struct model_queue *q = (struct model_queue *)(uintptr_t)n->addr;
	const struct model_device *device = q->device;

	if (!device->concurrent) {
		if (!model_device_live(device))
			model_breach(4, "queue %u notified at status 0x%02x", q->index,
				     device->status);
		if (n->data != q->index)
			model_breach(16, "a notification of queue %u says %u", q->index, n->data);
		if (q->enabled && next != q->ring->next(q))
			model_breach(16, "a notification of queue %u says %u where %u is next",
				     q->index, next, q->ring->next(q));
	}
	__atomic_fetch_add(&q->kicks, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&q->num_kicks, 1, __ATOMIC_RELAXED);
	if (!model_ctrl_is(q))
		return;
	/* Nobody else looks at commands: the driver waits for the answer. */
	pthread_mutex_lock(&q->device->lock);
	model_ctrl_look(q);
	pthread_mutex_unlock(&q->device->lock);
}

static int
queue_notifier(struct virtio_transport *t, uint16_t q, struct virtio_notifier *n)
{
	struct model_device *device = device_of(t);

	*n = (struct virtio_notifier){ .kick = kick, .addr = &device->queues[q], .data = q };
	return 0;
}

static int
set_config_vector(struct virtio_transport *t, uint16_t vector)
{
	struct model_device *device = device_of(t);

	if (device->status & VIRTIO_CONFIG_S_DRIVER_OK)
		model_breach(4, "a vector of a live device changed");
	if (vector != VIRTIO_NO_VECTOR && vector >= device->vectors)
		return -EBUSY;
	device->config_vector = vector;
	return 0;
}

static uint8_t
read_isr(struct virtio_transport *t __rte_unused)
{
	return 0;
}

static void
transport_close(struct virtio_transport *t)
{
	if (device_of(t)->status != 0)
		model_breach(5, "closed at status 0x%02x", device_of(t)->status);
}

static const struct virtio_transport_ops model_transport = {
	.name = "model",
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.read_config = read_config,
	.write_config = write_config,
	.get_generation = get_generation,
	.queue_max_size = queue_max_size,
	.queue_setup = queue_setup,
	.queue_reset = queue_reset,
	.queue_notifier = queue_notifier,
	.set_config_vector = set_config_vector,
	.read_isr = read_isr,
	.close = transport_close,
};

void
model_device_init(struct model_device *device)
{
	*device = (struct model_device){
		.base = { .ops = &model_transport, .allowed = UINT64_MAX, .num_queues = 2 },
		.offered = VIRTIO_FEATURE(VIRTIO_F_VERSION_1),
		.max_size = 256,
		.vectors = VIRTIO_NO_VECTOR,
		.config_vector = VIRTIO_NO_VECTOR,
		.num_queues = 2,
		.seed = 1,
	};
	pthread_mutex_init(&device->lock, NULL);
	model_ctrl_reset(device);
	for (unsigned int i = 0; i < MODEL_QUEUES; i++) {
		device->queues[i].device = device;
		device->queues[i].index = i;
	}
}

void
model_device_fini(struct model_device *device)
{
	for (unsigned int i = 0; i < MODEL_QUEUES; i++)
		model_queue_stop(&device->queues[i]);
	model_ctrl_fini(device);
	for (unsigned int i = 0; i < device->num_sent; i++)
		free(device->sent[i].bytes);
	free(device->sent);
	pthread_mutex_destroy(&device->lock);
}

bool
model_device_has(const struct model_device *device, unsigned int bit)
{
	return (device->base.features >> bit) & 1;
}

bool
model_device_live(const struct model_device *device)
{
	return device->status & VIRTIO_CONFIG_S_DRIVER_OK;
}

void
model_device_look(struct model_device *device)
{
	pthread_mutex_lock(&device->lock);
	for (unsigned int i = 0; i < device->num_queues && model_device_live(device); i++)
		model_queue_look(&device->queues[i]);
	pthread_mutex_unlock(&device->lock);
}

void
model_device_unplug(struct model_device *device)
{
	device->gone = true;
	for (unsigned int i = 0; i < MODEL_QUEUES; i++)
		model_queue_stop(&device->queues[i]);
}

void
model_device_added(struct model_queue *q, const struct model_chain *chain)
{
	if (model_ctrl_is(q))
		return; /* model_ctrl.c looks at it when it was notified */
	if (q->index % 2 == 0)
		model_net_check_rx(q, chain);
	else
		model_net_take_tx(q, chain);
}

struct model_queue *
model_rxq(struct model_device *device, unsigned int n)
{
	return &device->queues[2 * n];
}

struct model_queue *
model_txq(struct model_device *device, unsigned int n)
{
	return &device->queues[2 * n + 1];
}

struct model_queue *
model_device_ctrlq(struct model_device *device)
{
	for (unsigned int i = 0; i < MODEL_QUEUES; i++)
		if (model_ctrl_is(&device->queues[i]))
			return &device->queues[i];
	fail_msg("there is no control queue");
	return NULL;
}
