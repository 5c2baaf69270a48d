/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vhost.c - eventfds, ring positions and the configuration that a vhost frontend serves itself. */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "vhost.h"
#include "virtio_spec.h"

#define PACKED_INDEX 0x7fffu
#define PACKED_WRAP 0x8000u

int
virtio_vhost_config_read(const struct virtio_vhost_config *config, uint32_t offset, void *buf,
			 uint32_t len)
{
	struct virtio_spec_net_config space = {
		.status = htole16(config->status),
		.max_virtqueue_pairs = htole16(config->max_virtqueue_pairs),
		.mtu = htole16(config->mtu),
		.speed = htole32(config->speed),
		.duplex = config->duplex,
	};

	memcpy(space.mac, config->mac, sizeof(space.mac));
	if ((uint64_t)offset + len > sizeof(space))
		return -EINVAL;
	memcpy(buf, (const uint8_t *)&space + offset, len);
	return 0;
}

void
virtio_vhost_event(int fd)
{
	const uint64_t one = 1;

	/* EAGAIN: the counter is full, so the other side has something to read already. */
	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void
kick(const struct virtio_notifier *n, uint16_t next)
{
	(void)next;
	virtio_vhost_event(n->fd);
}

void
virtio_vhost_notifier(struct virtio_notifier *n, int fd, uint16_t q)
{
	*n = (struct virtio_notifier){ .kick = kick, .fd = fd, .data = q };
}

void
virtio_vhost_queues_init(struct virtio_vhost_queue *queues, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		queues[i] = (struct virtio_vhost_queue){ .kick_fd = -1, .call_fd = -1 };
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
virtio_vhost_queues_close(struct virtio_vhost_queue *queues, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		close_fd(&queues[i].kick_fd);
		close_fd(&queues[i].call_fd);
	}
}

static int
open_eventfd(int *fd)
{
	int rc;

	if (*fd >= 0)
		return 0;
	*fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (*fd >= 0)
		return 0;
	rc = -errno;
	virtio_log(VIRTIO_LOG_ERR, "vhost: no eventfd (%s): raise the limit of open files "
		   "(ulimit -n)", strerror(-rc));
	return rc;
}

int
virtio_vhost_queue_open(struct virtio_vhost_queue *queue)
{
	int rc = open_eventfd(&queue->kick_fd);

	return rc != 0 ? rc : open_eventfd(&queue->call_fd);
}

bool
virtio_vhost_queue_stopped(struct virtio_vhost_queue *queue, uint32_t num)
{
	queue->running = false;
	queue->enabled = false;
	queue->stopped = true;
	if (queue->packed) /* one that reports the used position too has it in the upper half */
		queue->base_valid = (num & PACKED_INDEX) < queue->size &&
				    ((num >> 16) & PACKED_INDEX) < queue->size;
	else /* below this every value can be: the index runs freely (2.7.6) */
		queue->base_valid = num <= UINT16_MAX;
	queue->base = (uint16_t)num;
	return queue->base_valid;
}

int
virtio_vhost_queue_base(const struct virtio_vhost_queue *queue, uint16_t *base)
{
	if (!queue->stopped)
		return -ENOENT;
	if (!queue->base_valid)
		return -EPROTO;
	*base = queue->base;
	return 0;
}

uint32_t
virtio_vhost_wire_base(const struct virtio_queue_setup *setup, bool packed)
{
	uint32_t base = setup->base;

	if (!packed)
		return base;
	if (!setup->resume)
		base = PACKED_WRAP; /* 2.8.1: both wrap counters begin with 1 */
	/* available position below, used position above; the device owes nothing, so they agree */
	return base << 16 | base;
}

int
virtio_vhost_check_setup(const struct virtio_queue_setup *setup, uint16_t max_size, bool packed)
{
	uint64_t driver_align = packed ? 4 : 2;

	if (setup->size == 0 || setup->size > max_size)
		return -EINVAL;
	if (!packed && (setup->size & (setup->size - 1)) != 0)
		return -EINVAL;
	if (setup->desc % 16 != 0 || setup->driver % driver_align != 0 || setup->device % 4 != 0)
		return -EINVAL;
	if (!setup->resume)
		return setup->base == 0 ? 0 : -EINVAL;
	return packed && (setup->base & PACKED_INDEX) >= setup->size ? -EINVAL : 0;
}
