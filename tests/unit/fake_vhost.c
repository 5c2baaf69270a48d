/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_vhost.c - see fake_vhost.h. */
#include "fake_vhost.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/if_tun.h>

#include "virtio_spec.h"

#define BIT(n) (UINT64_C(1) << (n))

struct fake_vhost fake_vhost;

int __real_ioctl(int fd, unsigned long request, ...);

void
fake_vhost_init(void)
{
	memset(&fake_vhost, 0, sizeof(fake_vhost));
	fake_vhost.features = BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF) |
			      BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX) |
			      BIT(VIRTIO_F_ACCESS_PLATFORM) | BIT(VHOST_F_LOG_ALL) |
			      BIT(VHOST_NET_F_VIRTIO_NET_HDR);
	fake_vhost.tun_features = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
	fake_vhost.offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
}

struct fake_vhost_device *
fake_vhost_device(bool tap, unsigned int n)
{
	for (unsigned int i = 0; i < fake_vhost.num_devices; i++)
		if (fake_vhost.devices[i].tap == tap && n-- == 0)
			return &fake_vhost.devices[i];
	fail_msg("no such device");
	return NULL;
}

static struct fake_vhost_device *
by_fd(int fd)
{
	/* the last one: a descriptor's number is used again after close() */
	for (unsigned int i = fake_vhost.num_devices; i > 0; i--)
		if (fake_vhost.devices[i - 1].fd == fd)
			return &fake_vhost.devices[i - 1];
	return NULL;
}

/* Devices alone are opened by open(); files of sysfs by fopen(). */
static int
open_device(const char *path, int flags)
{
	struct fake_vhost_device *device;

	assert_int_equal(strncmp(path, "/dev/", 5), 0);
	if (fake_vhost.open_errno != 0 && strcmp(path, fake_vhost.open_path) == 0) {
		errno = fake_vhost.open_errno;
		return -1;
	}
	assert_true(flags & O_CLOEXEC);
	assert_true(fake_vhost.num_devices < FAKE_VHOST_DEVICES);
	device = &fake_vhost.devices[fake_vhost.num_devices++];
	*device = (struct fake_vhost_device){
		.fd = memfd_create("fake", MFD_CLOEXEC),
		.tap = strcmp(path, "/dev/vhost-net") != 0,
		.rings = { { .backend = -1 }, { .backend = -1 } },
	};
	snprintf(device->path, sizeof(device->path), "%s", path);
	return device->fd;
}

int
__wrap_open(const char *path, int flags, ...)
{
	return open_device(path, flags);
}

int
__wrap_open64(const char *path, int flags, ...)
{
	return open_device(path, flags);
}

static int
tap_ioctl(struct fake_vhost_device *tap, unsigned long request, void *arg)
{
	struct ifreq *ifr = arg;

	switch (request) {
	case TUNGETFEATURES:
		*(unsigned int *)arg = fake_vhost.tun_features;
		return 0;
	case TUNSETIFF:
		if (strcmp(tap->path, "/dev/net/tun") == 0 && ifr->ifr_name[0] == '\0')
			strcpy(ifr->ifr_name, "tap7");
		tap->flags = ifr->ifr_flags;
		tap->attached = true;
		return 0;
	case TUNSETSNDBUF:
		tap->sndbuf = *(int *)arg;
		return 0;
	case TUNSETVNETHDRSZ:
		tap->header_size = *(int *)arg;
		return 0;
	case TUNSETOFFLOAD:
		if ((uintptr_t)arg & ~(uintptr_t)fake_vhost.offloads)
			return EINVAL;
		tap->offload = (unsigned int)(uintptr_t)arg;
		return 0;
	case TUNSETQUEUE:
		/* as the kernel: only with several queues, and only what changes something */
		if ((tap->flags & IFF_MULTI_QUEUE) == 0 ||
		    tap->attached == (ifr->ifr_flags == IFF_ATTACH_QUEUE))
			return EINVAL;
		tap->attached = ifr->ifr_flags == IFF_ATTACH_QUEUE;
		return 0;
	default:
		return ENOTTY;
	}
}

static int
set_table(struct fake_vhost_device *vhost, const struct vhost_memory *memory)
{
	if (memory->padding != 0)
		return EOPNOTSUPP;
	if (memory->nregions > FAKE_VHOST_REGIONS)
		return E2BIG;
	vhost->num_regions = memory->nregions;
	memcpy(vhost->regions, memory->regions, memory->nregions * sizeof(vhost->regions[0]));
	return 0;
}

static int
set_backend(struct fake_vhost_device *vhost, const struct vhost_vring_file *file)
{
	struct fake_vhost_ring *ring = &vhost->rings[file->index];
	const struct fake_vhost_device *tap;

	if (file->fd == -1) {
		ring->backend = -1;
		return 0;
	}
	tap = by_fd(file->fd);
	if (tap == NULL || !tap->tap || !tap->attached)
		return ENOTSOCK;
	if (vhost->num_regions == 0 || ring->addr.desc_user_addr == 0 || ring->num == 0)
		return EFAULT;
	ring->backend = file->fd;
	return 0;
}

static int
ring_ioctl(struct fake_vhost_device *vhost, unsigned long request, void *arg)
{
	struct vhost_vring_state *state = arg;
	const struct vhost_vring_file *file = arg;
	struct fake_vhost_ring *ring;

	if (state->index >= 2)
		return ENOBUFS;
	ring = &vhost->rings[state->index];
	switch (request) {
	case VHOST_SET_VRING_NUM:
	case VHOST_SET_VRING_BASE:
		if (ring->backend >= 0)
			return EBUSY;
		if (request == VHOST_SET_VRING_NUM)
			ring->num = state->num;
		else
			ring->base = state->num;
		return 0;
	case VHOST_GET_VRING_BASE:
		state->num = ring->base + 2;
		return 0;
	case VHOST_SET_VRING_ADDR:
		ring->addr = *(struct vhost_vring_addr *)arg;
		return 0;
	case VHOST_SET_VRING_KICK:
		ring->kick_fd = file->fd;
		return 0;
	case VHOST_SET_VRING_CALL:
		ring->call_fd = file->fd;
		return 0;
	case VHOST_NET_SET_BACKEND:
		return set_backend(vhost, file);
	default:
		return ENOTTY;
	}
}

static int
vhost_ioctl(struct fake_vhost_device *vhost, unsigned long request, void *arg)
{
	switch (request) {
	case VHOST_GET_FEATURES:
		*(uint64_t *)arg = fake_vhost.features;
		return 0;
	case VHOST_SET_OWNER:
		if (vhost->owned)
			return EBUSY;
		vhost->owned = true;
		return 0;
	default:
		break;
	}
	if (!vhost->owned)
		return EPERM;
	switch (request) {
	case VHOST_SET_FEATURES:
		if (*(uint64_t *)arg & ~fake_vhost.features)
			return EOPNOTSUPP;
		vhost->features = *(uint64_t *)arg;
		return 0;
	case VHOST_SET_MEM_TABLE:
		return set_table(vhost, arg);
	default:
		return ring_ioctl(vhost, request, arg);
	}
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	struct fake_vhost_device *device = by_fd(fd);
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (device == NULL)
		return __real_ioctl(fd, request, arg);
	fake_vhost.requests++;
	/* every third is disturbed by a signal first */
	if (fake_vhost.requests % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	if ((fake_vhost.fail_after != 0 && --fake_vhost.fail_after == 0) ||
	    (fake_vhost.fail_request != 0 && fake_vhost.fail_request == request))
		errno = fake_vhost.fail_errno;
	else
		errno = device->tap ? tap_ioctl(device, request, arg) :
				      vhost_ioctl(device, request, arg);
	return errno == 0 ? 0 : -1;
}
