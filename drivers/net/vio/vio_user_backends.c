/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_user_backends.c - the kinds of backends of a vdev port: a vhost-user socket, vhost-net. */

#include <errno.h>
#include <string.h>

#include "virtio_spec.h"
#include "vio_user.h"

/** Device configuration that the port serves itself, and features that go with it. */
static struct virtio_vhost_config
served_config(const struct vio_user_port *user)
{
	const struct vio_port *port = &user->port;
	struct virtio_vhost_config config = {
		.served = VIO_FEATURES_SERVED,
		.max_virtqueue_pairs = port->args.queues,
		/* For a backend that has link states, but no way to tell them. */
		.status = VIRTIO_NET_S_LINK_UP,
	};

	memcpy(config.mac, port->config.mac.addr_bytes, sizeof(config.mac));
	return config;
}

static int
user_open(struct vio_user_port *user)
{
	const struct vio_devargs *args = &user->port.args;
	const struct virtio_vhost_user_params params = {
		.path = args->path,
		.server = args->server,
		.pairs = args->queues,
		.queue_size = args->queue_size,
		.config = served_config(user),
	};
	int ret = virtio_vhost_user_create(&user->vu, &params);

	if (ret == 0 && args->server) {
		ret = virtio_vhost_user_listen(&user->vu);
		if (ret != 0)
			user->transport.ops->close(&user->transport);
	}
	return ret;
}

static int
user_set_memory(struct vio_user_port *user, const struct virtio_mem_region *regions,
		unsigned int count)
{
	return virtio_vhost_user_set_memory(&user->vu, regions, count);
}

static int
user_add_memory(struct vio_user_port *user, const struct virtio_mem_region *region)
{
	return virtio_vhost_user_add_memory(&user->vu, region);
}

static int
user_remove_memory(struct vio_user_port *user, uint64_t addr, uint64_t size)
{
	return virtio_vhost_user_remove_memory(&user->vu, addr, size);
}

static int
user_enable(struct vio_user_port *user, uint16_t q, bool on)
{
	return virtio_vhost_user_enable(&user->vu, q, on);
}

static int
user_set_mtu(struct vio_user_port *user, uint16_t mtu)
{
	return virtio_vhost_user_set_mtu(&user->vu, mtu);
}

static int
user_queue_fd(struct vio_user_port *user, uint16_t q, bool kick)
{
	int ret = virtio_vhost_user_open_queue(&user->vu, q);

	if (ret != 0)
		return ret;
	return kick ? virtio_vhost_user_kick_fd(&user->vu, q) :
		      virtio_vhost_user_call_fd(&user->vu, q);
}

const struct vio_user_backend vio_user_vhost_user = {
	.open = user_open,
	.watch = vio_user_watch,
	.set_memory = user_set_memory,
	.add_memory = user_add_memory,
	.remove_memory = user_remove_memory,
	.enable = user_enable,
	.set_mtu = user_set_mtu,
	.queue_fd = user_queue_fd,
};

bool
vio_user_is_macvtap(const char *path)
{
	return strncmp(path, "/dev/tap", strlen("/dev/tap")) == 0;
}

static int
kernel_open(struct vio_user_port *user)
{
	const struct vio_devargs *args = &user->port.args;
	bool macvtap = vio_user_is_macvtap(args->path);
	struct virtio_vhost_kernel_params params = {
		.vhost_path = macvtap ? NULL : args->path,
		.tap_path = macvtap ? args->path : NULL,
		.ifname = args->iface,
		.pairs = args->queues,
		.queue_size = args->queue_size,
		.config = served_config(user),
	};
	int ret;

	/* A device knows of one pair; that there are several is the frontend's doing. */
	if (args->queues > 1)
		params.config.served |= VIRTIO_FEATURE(VIRTIO_NET_F_MQ);
	ret = virtio_vhost_kernel_open(&user->vk, &params);
	user->connected = ret == 0;
	return ret;
}

static int
kernel_set_memory(struct vio_user_port *user, const struct virtio_mem_region *regions,
		  unsigned int count)
{
	return virtio_vhost_kernel_set_memory(&user->vk, regions, count);
}

static int
kernel_add_memory(struct vio_user_port *user, const struct virtio_mem_region *region)
{
	return virtio_vhost_kernel_add_memory(&user->vk, region);
}

static int
kernel_remove_memory(struct vio_user_port *user, uint64_t addr, uint64_t size)
{
	return virtio_vhost_kernel_remove_memory(&user->vk, addr, size);
}

static int
kernel_enable(struct vio_user_port *user, uint16_t q, bool on)
{
	return virtio_vhost_kernel_enable(&user->vk, q, on);
}

static int
kernel_set_mtu(struct vio_user_port *user __rte_unused, uint16_t mtu __rte_unused)
{
	return -ENOTSUP; /* the interface's MTU is the administrator's */
}

static int
kernel_queue_fd(struct vio_user_port *user, uint16_t q, bool kick)
{
	int ret = virtio_vhost_kernel_open_queue(&user->vk, q);

	if (ret != 0)
		return ret;
	return kick ? virtio_vhost_kernel_kick_fd(&user->vk, q) :
		      virtio_vhost_kernel_call_fd(&user->vk, q);
}

const struct vio_user_backend vio_user_vhost_kernel = {
	.open = kernel_open,
	.set_memory = kernel_set_memory,
	.add_memory = kernel_add_memory,
	.remove_memory = kernel_remove_memory,
	.enable = kernel_enable,
	.set_mtu = kernel_set_mtu,
	.queue_fd = kernel_queue_fd,
};
