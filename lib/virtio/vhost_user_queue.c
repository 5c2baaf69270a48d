/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_user_queue.c - queues of a vhost-user backend: their set-up, enabling, stopping, and the
 * memory in which the backend tracks what is in flight.
 */
#include <errno.h>
#include <unistd.h>

#include "log.h"
#include "vhost_user_priv.h"
#include "virtio_spec.h"

int
vhost_user_set_enable(struct virtio_vhost_user *vu, uint16_t q, bool on)
{
	int rc = 0;

	/* "Ring states": without protocol features a ring that is started is enabled */
	if (vhost_user_has_protocol(vu))
		rc = vhost_user_set_state(vu, VHOST_USER_SET_VRING_ENABLE, q, on);
	if (rc == 0)
		vu->queues[q].enabled = on;
	return rc;
}

/* Stop one queue ("VHOST_USER_GET_VRING_BASE") and note where it stood. */
int
vhost_user_stop_queue(struct virtio_vhost_user *vu, uint16_t q)
{
	struct virtio_vhost_queue *queue = &vu->queues[q];
	struct vhost_user_msg msg = {
		.header = {
			.request = VHOST_USER_GET_VRING_BASE,
			.size = sizeof(msg.payload.state),
		},
		.payload.state.index = q,
	};
	int rc = vhost_user_call(vu, &msg, NULL, NULL);

	if (rc != 0)
		return rc;
	if (msg.payload.state.index != q) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: the base of queue %u was asked for, %u's"
			   " was answered", vu->addr.sun_path, q, msg.payload.state.index);
		return vhost_user_lost(vu, -EPROTO);
	}
	if (!virtio_vhost_queue_stopped(queue, msg.payload.state.num))
		virtio_log(VIRTIO_LOG_WARNING, "vhost-user %s: queue %u of %u entries stopped at an"
			   " impossible 0x%x", vu->addr.sun_path, q, queue->size,
			   msg.payload.state.num);
	return 0;
}

void
vhost_user_drop_inflight(struct virtio_vhost_user *vu)
{
	if (vu->inflight.fd >= 0)
		close(vu->inflight.fd);
	vu->inflight = (struct virtio_vhost_user_inflight){ .fd = -1 };
}

/* "VHOST_USER_GET_INFLIGHT_FD": new memory to track what is in flight. */
static int
get_inflight(struct virtio_vhost_user *vu, uint16_t size)
{
	const uint16_t num_queues = vu->base.num_queues;
	struct vhost_user_msg msg = {
		.header = {
			.request = VHOST_USER_GET_INFLIGHT_FD,
			.size = sizeof(msg.payload.inflight),
		},
		.payload.inflight = { .num_queues = num_queues, .queue_size = size },
	};
	const struct vhost_user_inflight *reply = &msg.payload.inflight;
	struct vhost_user_fds fds;
	int rc = vhost_user_call(vu, &msg, NULL, &fds);

	if (rc != 0)
		return rc;
	if (reply->mmap_size == 0 && fds.count == 0)
		return 0; /* it tracks nothing after all */
	if (reply->mmap_size == 0 || fds.count != 1 || reply->num_queues != num_queues ||
	    reply->queue_size != size) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: a reply to GET_INFLIGHT_FD with %u file"
			   " descriptors for %u queues of %u", vu->addr.sun_path, fds.count,
			   reply->num_queues, reply->queue_size);
		vhost_user_fds_close(&fds);
		return vhost_user_lost(vu, -EPROTO);
	}
	vu->inflight = (struct virtio_vhost_user_inflight){
		.fd = fds.fd[0],
		.mmap_size = reply->mmap_size,
		.mmap_offset = reply->mmap_offset,
		.num_queues = num_queues,
		.queue_size = size,
	};
	return 0;
}

/*
 * "Inflight I/O tracking": before the first queue of a start, the memory of before where rings go
 * on, new one otherwise.
 */
static int
push_inflight(struct virtio_vhost_user *vu, const struct virtio_queue_setup *setup)
{
	struct virtio_vhost_user_inflight *inflight = &vu->inflight;
	int rc = 0;

	if (!vhost_user_has(vu, VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD) || inflight->sent)
		return 0;
	if (!setup->resume || inflight->queue_size != setup->size) {
		vhost_user_drop_inflight(vu);
		rc = get_inflight(vu, setup->size);
	}
	if (rc == 0 && inflight->fd >= 0) {
		const struct vhost_user_fds fds = { .fd = { inflight->fd }, .count = 1 };
		struct vhost_user_msg msg = {
			.header = {
				.request = VHOST_USER_SET_INFLIGHT_FD,
				.size = sizeof(msg.payload.inflight),
			},
			.payload.inflight = {
				.mmap_size = inflight->mmap_size,
				.mmap_offset = inflight->mmap_offset,
				.num_queues = inflight->num_queues,
				.queue_size = inflight->queue_size,
			},
		};

		rc = vhost_user_call(vu, &msg, &fds, NULL);
	}
	inflight->sent = rc == 0;
	return rc;
}

/* Everything about one queue; the kick last, for it starts the ring ("Ring states"). */
static int
describe_queue(struct virtio_vhost_user *vu, uint16_t q, const struct virtio_queue_setup *setup,
	       bool packed)
{
	const struct virtio_vhost_queue *queue = &vu->queues[q];
	struct vhost_user_msg addr = {
		.header = {
			.request = VHOST_USER_SET_VRING_ADDR,
			.size = sizeof(addr.payload.addr),
		},
		.payload.addr = {
			.index = q,
			.desc_user_addr = setup->desc,
			.used_user_addr = setup->device,
			.avail_user_addr = setup->driver,
		},
	};
	int rc;

	rc = vhost_user_set_state(vu, VHOST_USER_SET_VRING_NUM, q, setup->size);
	if (rc == 0)
		rc = vhost_user_set_state(vu, VHOST_USER_SET_VRING_BASE, q,
					  virtio_vhost_wire_base(setup, packed));
	if (rc == 0)
		rc = vhost_user_call(vu, &addr, NULL, NULL);
	if (rc == 0)
		rc = vhost_user_set_fd(vu, VHOST_USER_SET_VRING_CALL, q, queue->call_fd);
	if (rc == 0)
		rc = vhost_user_set_fd(vu, VHOST_USER_SET_VRING_KICK, q, queue->kick_fd);
	return rc;
}

int
vhost_user_setup_queue(struct virtio_vhost_user *vu, uint16_t q,
		       const struct virtio_queue_setup *setup)
{
	bool packed = (vu->base.features >> VIRTIO_F_RING_PACKED) & 1;
	struct virtio_vhost_queue *queue;
	int rc;

	if (q >= vu->base.num_queues || !vu->features_set)
		return -EINVAL;
	queue = &vu->queues[q];
	if (queue->running)
		return -EALREADY;
	rc = virtio_vhost_check_setup(setup, VIRTIO_QUEUE_SIZE_MAX, packed);
	if (rc == 0)
		rc = virtio_vhost_queue_open(queue);
	if (rc == 0 && !vu->memory_live)
		rc = vhost_user_push_memory(vu);
	if (rc == 0)
		rc = push_inflight(vu, setup);
	if (rc == 0)
		rc = describe_queue(vu, q, setup, packed);
	if (rc != 0)
		return rc;
	queue->size = setup->size;
	queue->packed = packed;
	queue->running = true;
	queue->enabled = !vhost_user_has_protocol(vu);
	queue->stopped = false;
	return 0;
}

static int
enable_locked(struct virtio_vhost_user *vu, uint16_t q, bool on)
{
	struct virtio_vhost_queue *queue;
	int rc;

	if (q >= vu->base.num_queues)
		return -EINVAL;
	queue = &vu->queues[q];
	if (!on && vhost_user_usable(vu) && !vhost_user_has_protocol(vu))
		return -ENOTSUP;
	queue->disable = !on;
	if (!vhost_user_usable(vu) || !queue->running || queue->enabled == on ||
	    (vu->status & VIRTIO_CONFIG_S_DRIVER_OK) == 0)
		return 0;
	rc = vhost_user_set_enable(vu, q, on);
	if (rc == 0 && on)
		virtio_vhost_event(queue->kick_fd);
	return rc;
}

int
virtio_vhost_user_enable(struct virtio_vhost_user *vu, uint16_t q, bool on)
{
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = enable_locked(vu, q, on);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

int
virtio_vhost_user_open_queue(struct virtio_vhost_user *vu, uint16_t q)
{
	int rc = -EINVAL;

	pthread_mutex_lock(&vu->lock);
	if (q < vu->base.num_queues)
		rc = virtio_vhost_queue_open(&vu->queues[q]);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

/* Under the lock, for a queue_setup() of another thread may be making the descriptors. */
static int
queue_fd(struct virtio_vhost_user *vu, uint16_t q, bool kick)
{
	int fd = -1;

	pthread_mutex_lock(&vu->lock);
	if (q < vu->base.num_queues)
		fd = kick ? vu->queues[q].kick_fd : vu->queues[q].call_fd;
	pthread_mutex_unlock(&vu->lock);
	return fd;
}

int
virtio_vhost_user_call_fd(struct virtio_vhost_user *vu, uint16_t q)
{
	return queue_fd(vu, q, false);
}

int
virtio_vhost_user_kick_fd(struct virtio_vhost_user *vu, uint16_t q)
{
	return queue_fd(vu, q, true);
}

int
virtio_vhost_user_stopped_base(struct virtio_vhost_user *vu, uint16_t q, uint16_t *base)
{
	int rc = -ENOENT;

	pthread_mutex_lock(&vu->lock);
	if (q < vu->base.num_queues)
		rc = virtio_vhost_queue_base(&vu->queues[q], base);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}
