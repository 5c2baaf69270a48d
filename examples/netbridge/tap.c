/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* tap.c - see tap.h. */

#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include "tap.h"

#define TUN_PATH "/dev/net/tun"

/** One of the ioctls of an interface that take a struct ifreq. */
static int
interface_ioctl(const struct tap *tap, unsigned long request, struct ifreq *ifr, const char *what)
{
	int error;

	memcpy(ifr->ifr_name, tap->name, sizeof(ifr->ifr_name));
	if (ioctl(tap->control, request, ifr) == 0)
		return 0;
	error = errno;
	nb_log("%s: %s (%s)", tap->name, what, strerror(error));
	return -error;
}

static int
queue_failed(const char *name, int error)
{
	switch (error) {
	case EPERM:
		nb_log("%s: not permitted: run as root, or make the interface before with "
		       "'ip tuntap add mode tap user ... vnet_hdr'", name);
		break;
	case EBUSY:
		nb_log("%s: another program has it: end that or give another --tap", name);
		break;
	case EINVAL:
		nb_log("%s: there is an interface of that name that is no TAP with vnet_hdr, or "
		       "has multi_queue where --queues is 1 (or the other way round): give another "
		       "--tap", name);
		break;
	default:
		nb_log("%s: the interface cannot be made (%s)", name, strerror(error));
	}
	return -error;
}

/** One more queue of the interface, which the first one makes. */
static int
open_queue(struct tap *tap, const struct tap_config *config)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int size = sizeof(struct virtio_net_hdr);
	const int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int error;

	if (fd < 0) {
		error = errno;
		nb_log("%s: %s: load the kernel's module tun, run as root", TUN_PATH,
		       strerror(error));
		return -error;
	}
	if (config->queues > 1)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	memcpy(ifr.ifr_name, tap->name, sizeof(ifr.ifr_name));
	if (ioctl(fd, TUNSETIFF, &ifr) != 0) {
		error = errno;
		close(fd);
		return queue_failed(tap->name, error);
	}
	memcpy(tap->name, ifr.ifr_name, sizeof(tap->name)); /* the kernel fills in a %d */
	tap->fd[tap->queues++] = fd;
	if (ioctl(fd, TUNSETVNETHDRSZ, &size) == 0)
		return 0;
	error = errno;
	nb_log("%s: no header of %d bytes (%s)", tap->name, size, strerror(error));
	return -error;
}

/** What belongs to the interface, not to a queue of it. */
static int
configure(struct tap *tap, const struct tap_config *config)
{
	struct ifreq mtu = { .ifr_mtu = config->mtu };
	struct ifreq mac = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };
	int ret;

	tap->offloads = config->offloads;
	if (ioctl(tap->fd[0], TUNSETOFFLOAD, (unsigned long)tap->offloads) != 0) {
		ret = -errno;
		nb_log("%s: its offloads cannot be set (%s): try --offloads none", tap->name,
		       strerror(-ret));
		return ret;
	}
	if (config->persist && ioctl(tap->fd[0], TUNSETPERSIST, 1UL) != 0) {
		ret = -errno;
		nb_log("%s: it cannot be made to stay (%s)", tap->name, strerror(-ret));
		return ret;
	}
	tap_set_carrier(tap, false);
	memcpy(mac.ifr_hwaddr.sa_data, config->mac.addr_bytes, RTE_ETHER_ADDR_LEN);
	ret = interface_ioctl(tap, SIOCSIFHWADDR, &mac, "it does not take the port's address");
	return ret != 0 ? ret : interface_ioctl(tap, SIOCSIFMTU, &mtu, "it does not take the MTU");
}

int
tap_open(struct tap *tap, const struct tap_config *config)
{
	int ret = 0;

	*tap = (struct tap){ .carrier = -1, .control = -1 };
	if (strlen(config->name) >= sizeof(tap->name)) {
		nb_log("%s: an interface's name has at most %zu bytes", config->name,
		       sizeof(tap->name) - 1);
		return -EINVAL;
	}
	strcpy(tap->name, config->name);
	tap->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (tap->control < 0) {
		ret = -errno;
		nb_log("no socket (%s)", strerror(-ret));
		return ret;
	}
	while (ret == 0 && tap->queues < config->queues)
		ret = open_queue(tap, config);
	if (ret == 0)
		ret = configure(tap, config);
	if (ret != 0)
		tap_close(tap);
	return ret;
}

int
tap_up(const struct tap *tap)
{
	struct ifreq ifr = { 0 };
	int ret = interface_ioctl(tap, SIOCGIFFLAGS, &ifr, "its flags cannot be read");

	ifr.ifr_flags |= IFF_UP;
	return ret != 0 ? ret : interface_ioctl(tap, SIOCSIFFLAGS, &ifr, "it does not go up");
}

void
tap_set_carrier(struct tap *tap, bool up)
{
	int carrier = up;

	if (tap->carrier == carrier)
		return;
	/* Kernels before 5.0 do not know of this; there the interface has always one. */
	if (ioctl(tap->fd[0], TUNSETCARRIER, &carrier) != 0 && errno != ENOTTY && errno != EINVAL)
		nb_log("%s: its carrier cannot be set (%s)", tap->name, strerror(errno));
	tap->carrier = carrier;
}

void
tap_withdraw(struct tap *tap, uint32_t flags)
{
	const uint32_t before = __atomic_fetch_and(&tap->offloads, ~flags, __ATOMIC_ACQ_REL);

	if ((before & flags) == 0)
		return; /* another thread was first */
	nb_log("%s: the port refuses what it promised to do: this interface does without from now "
	       "on", tap->name);
	if (ioctl(tap->fd[0], TUNSETOFFLOAD,
		  (unsigned long)__atomic_load_n(&tap->offloads, __ATOMIC_ACQUIRE)) != 0)
		nb_log("%s: its offloads cannot be set (%s)", tap->name, strerror(errno));
}

void
tap_close(struct tap *tap)
{
	while (tap->queues > 0)
		close(tap->fd[--tap->queues]);
	if (tap->control >= 0)
		close(tap->control);
	tap->control = -1;
}
