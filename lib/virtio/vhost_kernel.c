/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_kernel.c - the operations of a transport as ioctls on vhost-net (<linux/vhost.h>).
 *
 * Queue q of the device is queue q % 2 of vhost device q / 2: 0 receives, 1 transmits, as in the
 * numbering of the network device (5.1.2).
 */
#include <errno.h>
#include <string.h>

#include <linux/vhost.h>

#include "features.h"
#include "vhost_kernel_priv.h"
#include "vhost_tap.h"
#include "virtio_spec.h"

/* Bits that have another meaning between frontend and vhost-net than on a device. */
#define TRANSPORT_FEATURES \
	(VIRTIO_FEATURE(VHOST_F_LOG_ALL) | VIRTIO_FEATURE(VHOST_NET_F_VIRTIO_NET_HDR))

/* As in vhost_user.c; packed rings vhost-net does not know. */
#define NOT_ALLOWED \
	(TRANSPORT_FEATURES | VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM) | \
	 VIRTIO_FEATURE(VIRTIO_F_RING_PACKED) | VIRTIO_FEATURE(VIRTIO_F_SR_IOV) | \
	 VIRTIO_FEATURE(VIRTIO_F_NOTIFICATION_DATA) | \
	 VIRTIO_FEATURE(VIRTIO_F_NOTIF_CONFIG_DATA) | VIRTIO_FEATURE(VIRTIO_F_RING_RESET) | \
	 VIRTIO_FEATURE(VIRTIO_F_ADMIN_VQ))

static struct virtio_vhost_kernel *
vhost_kernel(struct virtio_transport *t)
{
	return (struct virtio_vhost_kernel *)t; /* base is the first member */
}

static struct virtio_vhost_kernel_pair *
pair_of(struct virtio_vhost_kernel *vk, uint16_t q)
{
	return &vk->pair[q / 2];
}

static int
get_status(struct virtio_transport *t, uint8_t *status)
{
	struct virtio_vhost_kernel *vk = vhost_kernel(t);

	if (t->gone)
		return -ENODEV;
	pthread_mutex_lock(&vk->lock);
	*status = vk->status;
	pthread_mutex_unlock(&vk->lock);
	return 0;
}

/* Couple a queue to its TAP, or take it off: the kernel starts and stops with that. */
static int
set_backend(struct virtio_vhost_kernel *vk, uint16_t q, bool on)
{
	struct virtio_vhost_kernel_pair *pair = pair_of(vk, q);
	struct vhost_vring_file file = { .index = q % 2, .fd = on ? pair->tap_fd : -1 };
	int rc;

	if (on && vk->pairs > 1 && !pair->attached) {
		rc = virtio_tap_attach(pair->tap_fd, true);
		if (rc != 0)
			return rc;
		pair->attached = true;
	}
	rc = VHOST_KERNEL_ASK(pair, VHOST_NET_SET_BACKEND, &file);
	if (rc == 0)
		vk->queues[q].enabled = on;
	return rc;
}

/* No packets are to be steered to pairs that nobody serves; one pair there is always. */
static int
detach_idle(struct virtio_vhost_kernel *vk)
{
	for (uint16_t i = 1; i < vk->pairs; i++) {
		struct virtio_vhost_kernel_pair *pair = &vk->pair[i];
		int rc;

		if (!pair->attached || vk->queues[2 * i].enabled || vk->queues[2 * i + 1].enabled)
			continue;
		rc = virtio_tap_attach(pair->tap_fd, false);
		if (rc != 0)
			return rc;
		pair->attached = false;
	}
	return 0;
}

static int
stop_queue(struct virtio_vhost_kernel *vk, uint16_t q)
{
	struct virtio_vhost_queue *queue = &vk->queues[q];
	struct vhost_vring_state state = { .index = q % 2 };
	int rc = 0;

	if (queue->enabled)
		rc = set_backend(vk, q, false);
	if (rc == 0)
		rc = VHOST_KERNEL_ASK(pair_of(vk, q), VHOST_GET_VRING_BASE, &state);
	if (rc != 0)
		return rc;
	(void)virtio_vhost_queue_stopped(queue, state.num);
	return 0;
}

static int
reset(struct virtio_vhost_kernel *vk)
{
	for (uint16_t q = 0; q < vk->base.num_queues; q++) {
		int rc = vk->queues[q].running ? stop_queue(vk, q) : 0;

		if (rc != 0)
			return rc;
	}
	vk->status = 0;
	vk->features_set = false;
	return 0;
}

static int
start(struct virtio_vhost_kernel *vk)
{
	int rc;

	for (uint16_t q = 0; q < vk->base.num_queues; q++) {
		if (!vk->queues[q].running || vk->queues[q].disable)
			continue;
		rc = set_backend(vk, q, true);
		if (rc != 0)
			return rc;
	}
	rc = detach_idle(vk);
	if (rc != 0)
		return rc;
	for (uint16_t q = 0; q < vk->base.num_queues; q++)
		if (vk->queues[q].enabled)
			virtio_vhost_event(vk->queues[q].kick_fd);
	return 0;
}

static int
set_status(struct virtio_transport *t, uint8_t status)
{
	struct virtio_vhost_kernel *vk = vhost_kernel(t);
	int rc = 0;

	if (t->gone)
		return -ENODEV;
	pthread_mutex_lock(&vk->lock);
	if (status == 0)
		rc = reset(vk);
	else if (status & ~vk->status & VIRTIO_CONFIG_S_DRIVER_OK)
		rc = start(vk);
	if (rc == 0)
		vk->status = status;
	pthread_mutex_unlock(&vk->lock);
	return rc;
}

static uint64_t
visible_features(const struct virtio_vhost_kernel *vk)
{
	return (((vk->vhost_features & ~TRANSPORT_FEATURES) | vk->tap_features) &
		~vk->config.hidden) | vk->config.served;
}

static int
get_features(struct virtio_transport *t, uint64_t *features)
{
	struct virtio_vhost_kernel *vk = vhost_kernel(t);

	if (t->gone)
		return -ENODEV;
	pthread_mutex_lock(&vk->lock);
	*features = visible_features(vk);
	t->legacy = (*features & VIRTIO_FEATURE(VIRTIO_F_VERSION_1)) == 0;
	pthread_mutex_unlock(&vk->lock);
	return 0;
}

static int
choose_features(struct virtio_vhost_kernel *vk, uint64_t features)
{
	uint64_t wire = features & vk->vhost_features & ~TRANSPORT_FEATURES;

	if (features & ~visible_features(vk))
		return -EINVAL;
	for (uint16_t i = 0; i < vk->pairs; i++) {
		int rc = VHOST_KERNEL_ASK(&vk->pair[i], VHOST_SET_FEATURES, &wire);

		if (rc == 0)
			rc = virtio_tap_set_features(vk->pair[i].tap_fd, features);
		if (rc != 0)
			return rc;
	}
	vk->features_set = true;
	vk->base.features = features;
	return 0;
}

static int
set_features(struct virtio_transport *t, uint64_t features)
{
	struct virtio_vhost_kernel *vk = vhost_kernel(t);
	int rc;

	if (t->gone)
		return -ENODEV;
	pthread_mutex_lock(&vk->lock);
	rc = choose_features(vk, features);
	pthread_mutex_unlock(&vk->lock);
	return rc;
}

static int
read_config(struct virtio_transport *t, uint32_t offset, void *buf, uint32_t len)
{
	struct virtio_vhost_kernel *vk = vhost_kernel(t);
	int rc;

	pthread_mutex_lock(&vk->lock);
	rc = virtio_vhost_config_read(&vk->config, offset, buf, len);
	pthread_mutex_unlock(&vk->lock);
	return rc;
}

static int
write_config(struct virtio_transport *t, uint32_t offset, const void *buf, uint32_t len)
{
	(void)t;
	(void)offset;
	(void)buf;
	(void)len;
	return -EPERM; /* 5.1.4.2; what the frontend serves, its owner sets */
}

static int
get_generation(struct virtio_transport *t, uint32_t *generation)
{
	struct virtio_vhost_kernel *vk = vhost_kernel(t);

	pthread_mutex_lock(&vk->lock);
	*generation = vk->config_generation;
	pthread_mutex_unlock(&vk->lock);
	return 0;
}

static int
queue_max_size(struct virtio_transport *t, uint16_t q, uint16_t *size)
{
	*size = q < t->num_queues ? vhost_kernel(t)->queue_size : 0;
	return 0;
}

static int
describe_queue(struct virtio_vhost_kernel *vk, uint16_t q, const struct virtio_queue_setup *setup)
{
	const struct virtio_vhost_kernel_pair *pair = pair_of(vk, q);
	struct vhost_vring_state num = { .index = q % 2, .num = setup->size };
	struct vhost_vring_state base = {
		.index = q % 2,
		.num = virtio_vhost_wire_base(setup, false),
	};
	struct vhost_vring_addr addr = {
		.index = q % 2,
		.desc_user_addr = setup->desc,
		.used_user_addr = setup->device,
		.avail_user_addr = setup->driver,
	};
	struct vhost_vring_file call = { .index = q % 2, .fd = vk->queues[q].call_fd };
	struct vhost_vring_file kick = { .index = q % 2, .fd = vk->queues[q].kick_fd };
	int rc;

	rc = VHOST_KERNEL_ASK(pair, VHOST_SET_VRING_NUM, &num);
	if (rc == 0)
		rc = VHOST_KERNEL_ASK(pair, VHOST_SET_VRING_BASE, &base);
	if (rc == 0)
		rc = VHOST_KERNEL_ASK(pair, VHOST_SET_VRING_ADDR, &addr);
	if (rc == 0)
		rc = VHOST_KERNEL_ASK(pair, VHOST_SET_VRING_CALL, &call);
	if (rc == 0)
		rc = VHOST_KERNEL_ASK(pair, VHOST_SET_VRING_KICK, &kick);
	return rc;
}

static int
setup_locked(struct virtio_vhost_kernel *vk, uint16_t q, const struct virtio_queue_setup *setup)
{
	struct virtio_vhost_queue *queue;
	int rc;

	if (q >= vk->base.num_queues || !vk->features_set)
		return -EINVAL;
	queue = &vk->queues[q];
	if (queue->running)
		return -EALREADY;
	rc = virtio_vhost_check_setup(setup, VIRTIO_QUEUE_SIZE_MAX, false);
	if (rc == 0)
		rc = virtio_vhost_queue_open(queue);
	if (rc == 0 && !vk->memory_live)
		rc = vhost_kernel_push_memory(vk);
	if (rc == 0)
		rc = describe_queue(vk, q, setup);
	if (rc != 0)
		return rc;
	queue->size = setup->size;
	queue->running = true;
	queue->stopped = false;
	return 0;
}

static int
queue_setup(struct virtio_transport *t, uint16_t q, const struct virtio_queue_setup *setup)
{
	struct virtio_vhost_kernel *vk = vhost_kernel(t);
	int rc;

	if (t->gone)
		return -ENODEV;
	pthread_mutex_lock(&vk->lock);
	rc = setup_locked(vk, q, setup);
	pthread_mutex_unlock(&vk->lock);
	return rc;
}

static int
queue_reset(struct virtio_transport *t, uint16_t q)
{
	(void)t;
	(void)q;
	return -ENOTSUP;
}

static int
queue_notifier(struct virtio_transport *t, uint16_t q, struct virtio_notifier *n)
{
	int fd = virtio_vhost_kernel_kick_fd(vhost_kernel(t), q);

	if (fd < 0)
		return -EINVAL;
	virtio_vhost_notifier(n, fd, q);
	return 0;
}

static int
set_config_vector(struct virtio_transport *t, uint16_t vector)
{
	(void)t;
	return vector == VIRTIO_NO_VECTOR ? 0 : -EINVAL;
}

static uint8_t
read_isr(struct virtio_transport *t)
{
	(void)t;
	return 0;
}

static void
close_transport(struct virtio_transport *t)
{
	struct virtio_vhost_kernel *vk = vhost_kernel(t);

	t->gone = true;
	vhost_kernel_close_pairs(vk);
	virtio_vhost_queues_close(vk->queues, VIRTIO_VHOST_MAX_QUEUES);
	virtio_mem_clear(&vk->memory);
	pthread_mutex_destroy(&vk->lock);
}

static const struct virtio_transport_ops vhost_kernel_ops = {
	.name = "vhost-net",
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
	.close = close_transport,
};

/* What the owner asked for and what is fixed; nothing is open yet. */
static void
init(struct virtio_vhost_kernel *vk, const struct virtio_vhost_kernel_params *params)
{
	vk->base.ops = &vhost_kernel_ops;
	vk->base.allowed = ~NOT_ALLOWED;
	vk->base.num_queues = 2 * params->pairs;
	vk->pairs = params->pairs;
	vk->queue_size = params->queue_size;
	for (unsigned int i = 0; i < VIRTIO_VHOST_MAX_PAIRS; i++)
		vk->pair[i] = (struct virtio_vhost_kernel_pair){ .vhost_fd = -1, .tap_fd = -1 };
	virtio_vhost_queues_init(vk->queues, VIRTIO_VHOST_MAX_QUEUES);
	pthread_mutex_init(&vk->lock, NULL);
	virtio_vhost_kernel_set_config(vk, &params->config);
}

int
virtio_vhost_kernel_open(struct virtio_vhost_kernel *vk,
			 const struct virtio_vhost_kernel_params *params)
{
	int rc;

	memset(vk, 0, sizeof(*vk));
	if (params->pairs == 0 || params->pairs > VIRTIO_VHOST_MAX_PAIRS ||
	    params->queue_size == 0 || params->queue_size > VIRTIO_QUEUE_SIZE_MAX)
		return -EINVAL;
	if (params->ifname != NULL && strlen(params->ifname) >= sizeof(vk->ifname))
		return -ENAMETOOLONG;
	if (params->ifname != NULL)
		strcpy(vk->ifname, params->ifname);
	init(vk, params);
	rc = vhost_kernel_open_pairs(vk, params->vhost_path, params->tap_path);
	if (rc != 0)
		close_transport(&vk->base);
	return rc;
}

static int
enable_locked(struct virtio_vhost_kernel *vk, uint16_t q, bool on)
{
	struct virtio_vhost_queue *queue;
	int rc;

	if (q >= vk->base.num_queues)
		return -EINVAL;
	queue = &vk->queues[q];
	queue->disable = !on;
	if (!queue->running || queue->enabled == on ||
	    (vk->status & VIRTIO_CONFIG_S_DRIVER_OK) == 0)
		return 0;
	rc = set_backend(vk, q, on);
	if (rc != 0)
		return rc;
	if (on)
		virtio_vhost_event(queue->kick_fd);
	return on ? 0 : detach_idle(vk);
}

int
virtio_vhost_kernel_enable(struct virtio_vhost_kernel *vk, uint16_t q, bool on)
{
	int rc;

	pthread_mutex_lock(&vk->lock);
	rc = enable_locked(vk, q, on);
	pthread_mutex_unlock(&vk->lock);
	return rc;
}

int
virtio_vhost_kernel_open_queue(struct virtio_vhost_kernel *vk, uint16_t q)
{
	int rc = -EINVAL;

	pthread_mutex_lock(&vk->lock);
	if (q < vk->base.num_queues)
		rc = virtio_vhost_queue_open(&vk->queues[q]);
	pthread_mutex_unlock(&vk->lock);
	return rc;
}

/* Under the lock, for a queue_setup() of another thread may be making the descriptors. */
static int
queue_fd(struct virtio_vhost_kernel *vk, uint16_t q, bool kick)
{
	int fd = -1;

	pthread_mutex_lock(&vk->lock);
	if (q < vk->base.num_queues)
		fd = kick ? vk->queues[q].kick_fd : vk->queues[q].call_fd;
	pthread_mutex_unlock(&vk->lock);
	return fd;
}

int
virtio_vhost_kernel_call_fd(struct virtio_vhost_kernel *vk, uint16_t q)
{
	return queue_fd(vk, q, false);
}

int
virtio_vhost_kernel_kick_fd(struct virtio_vhost_kernel *vk, uint16_t q)
{
	return queue_fd(vk, q, true);
}

int
virtio_vhost_kernel_stopped_base(struct virtio_vhost_kernel *vk, uint16_t q, uint16_t *base)
{
	int rc = -ENOENT;

	pthread_mutex_lock(&vk->lock);
	if (q < vk->base.num_queues)
		rc = virtio_vhost_queue_base(&vk->queues[q], base);
	pthread_mutex_unlock(&vk->lock);
	return rc;
}

void
virtio_vhost_kernel_set_config(struct virtio_vhost_kernel *vk,
			       const struct virtio_vhost_config *config)
{
	pthread_mutex_lock(&vk->lock);
	vk->config = *config;
	if (vk->config.max_virtqueue_pairs == 0)
		vk->config.max_virtqueue_pairs = vk->pairs;
	vk->config_generation++;
	pthread_mutex_unlock(&vk->lock);
}
