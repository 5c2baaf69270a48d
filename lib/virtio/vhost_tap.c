/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vhost_tap.c - see vhost_tap.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "features.h"
#include "log.h"
#include "vhost_tap.h"
#include "virtio_spec.h"

#define TUN_PATH "/dev/net/tun"

#define F(name) VIRTIO_FEATURE(VIRTIO_NET_F_##name)

int
virtio_tap_ioctl(int fd, unsigned long request, void *arg)
{
	for (;;) {
		if (ioctl(fd, request, arg) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

/* Which device the queue belongs to, and how packets go through it. */
static int
configure(int fd, char ifname[IFNAMSIZ], bool macvtap, bool multi)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	unsigned int need = IFF_VNET_HDR | (multi ? IFF_MULTI_QUEUE : 0);
	unsigned int have = 0;
	int unlimited = INT_MAX;
	int rc;

	rc = virtio_tap_ioctl(fd, TUNGETFEATURES, &have);
	if (rc == 0 && (have & need) != need)
		rc = -ENOTSUP;
	if (rc != 0)
		return rc;
	if (multi)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	if (!macvtap)
		memcpy(ifr.ifr_name, ifname, IFNAMSIZ);
	rc = virtio_tap_ioctl(fd, TUNSETIFF, &ifr);
	if (rc == 0) /* or a macvtap holds a transmit queue back after a few packets */
		rc = virtio_tap_ioctl(fd, TUNSETSNDBUF, &unlimited);
	if (rc != 0)
		return rc;
	if (!macvtap) {
		memcpy(ifname, ifr.ifr_name, IFNAMSIZ);
		ifname[IFNAMSIZ - 1] = '\0';
	}
	return 0;
}

/* TUNSETIFF has one error for all of this. */
static const char *
why_invalid(const char *ifname)
{
	char path[sizeof("/sys/class/net//tun_flags") + IFNAMSIZ];
	unsigned int flags = 0;
	FILE *f;

	if (strpbrk(ifname, "/: \t\n") != NULL)
		return "no interface can have this name";
	snprintf(path, sizeof(path), "/sys/class/net/%s/tun_flags", ifname);
	f = fopen(path, "re");
	if (f != NULL) {
		if (fscanf(f, "%x", &flags) != 1)
			flags = 0;
		fclose(f);
	}
	if (if_nametoindex(ifname) != 0 && (flags & IFF_TAP) == 0)
		return "there is an interface of this name, but it is no TAP";
	return "it exists with another number of queues: one queue pair needs a TAP without "
	       "multi_queue, more need one with it";
}

static const char *
advice(int rc, const char *ifname, bool macvtap)
{
	switch (rc) {
	case -EPERM:
	case -EACCES:
		return "it takes CAP_NET_ADMIN, or a device of this user";
	case -EBUSY:
		return "somebody else uses it";
	case -EINVAL:
		return macvtap ? strerror(EINVAL) : why_invalid(ifname);
	case -ENOENT:
	case -ENODEV:
		return macvtap ? "there is no such device" : "the kernel module tun is missing";
	case -ENOTSUP:
		return "it has no virtio headers, or not several queues";
	default:
		return strerror(-rc);
	}
}

int
virtio_tap_open(const char *path, char ifname[IFNAMSIZ], bool multi)
{
	bool macvtap = path != NULL;
	int fd, rc;

	fd = open(macvtap ? path : TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	rc = fd < 0 ? -errno : configure(fd, ifname, macvtap, multi);
	if (rc == 0)
		return fd;
	virtio_log(VIRTIO_LOG_ERR, "vhost-net: cannot use %s %s: %s", macvtap ? "macvtap" : "TAP",
		   macvtap ? path : ifname, advice(rc, ifname, macvtap));
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Offloads of received packets that the accepted features ask for. */
static unsigned int
offloads(uint64_t features)
{
	unsigned int tun = 0;

	if ((features & F(GUEST_CSUM)) == 0)
		return 0; /* the others build on it */
	tun |= TUN_F_CSUM;
	if (features & F(GUEST_TSO4))
		tun |= TUN_F_TSO4;
	if (features & F(GUEST_TSO6))
		tun |= TUN_F_TSO6;
	if ((features & F(GUEST_ECN)) && (tun & (TUN_F_TSO4 | TUN_F_TSO6)))
		tun |= TUN_F_TSO_ECN;
	return tun;
}

/* TUNSETOFFLOAD takes its argument by value. */
static int
set_offloads(int fd, unsigned int tun)
{
	return virtio_tap_ioctl(fd, TUNSETOFFLOAD, (void *)(uintptr_t)tun);
}

uint64_t
virtio_tap_features(int fd)
{
	const uint64_t guest = F(GUEST_CSUM) | F(GUEST_TSO4) | F(GUEST_TSO6) | F(GUEST_ECN);
	const uint64_t host = F(CSUM) | F(HOST_TSO4) | F(HOST_TSO6) | F(HOST_ECN);

	/* with virtio headers it takes these; whether it may send them is its own matter */
	if (set_offloads(fd, offloads(guest)) != 0)
		return host;
	(void)set_offloads(fd, 0);
	return host | guest;
}

int
virtio_tap_set_features(int fd, uint64_t features)
{
	bool v1 = (features & (VIRTIO_FEATURE(VIRTIO_F_VERSION_1) | F(MRG_RXBUF))) != 0;
	int size = v1 ? (int)sizeof(struct virtio_net_hdr_v1) : (int)sizeof(struct virtio_net_hdr);
	int rc;

	rc = virtio_tap_ioctl(fd, TUNSETVNETHDRSZ, &size);
	return rc != 0 ? rc : set_offloads(fd, offloads(features));
}

int
virtio_tap_attach(int fd, bool on)
{
	struct ifreq ifr = { .ifr_flags = on ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE };

	return virtio_tap_ioctl(fd, TUNSETQUEUE, &ifr);
}
