/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fake_vhost.h - vhost-net, TAP and macvtap devices of a kernel that is not there: the linker puts
 * open() and ioctl() of this file in the place of the system's (--wrap).
 */
#ifndef FAKE_VHOST_H
#define FAKE_VHOST_H

#include "unit.h"

#include <net/if.h>

#include <linux/vhost.h>

#define FAKE_VHOST_DEVICES 256
#define FAKE_VHOST_REGIONS 64

/** One queue of a vhost device. */
struct fake_vhost_ring {
	unsigned int num;
	unsigned int base;
	struct vhost_vring_addr addr;
	int kick_fd;
	int call_fd;
	int backend; /**< -1: none */
};

/** What was opened once: a vhost device or a queue of a TAP. */
struct fake_vhost_device {
	int fd;
	bool tap;
	char path[64];

	bool owned;
	uint64_t features;
	unsigned int num_regions;
	struct vhost_memory_region regions[FAKE_VHOST_REGIONS];
	struct fake_vhost_ring rings[2];

	short flags;          /**< of TUNSETIFF */
	int header_size;
	unsigned int offload;
	int sndbuf;
	bool attached;
};

struct fake_vhost {
	uint64_t features;         /**< of vhost-net */
	unsigned int tun_features; /**< of TUNGETFEATURES */
	unsigned int offloads;     /**< that TUNSETOFFLOAD takes */
	unsigned int fail_after;   /**< requests until one fails; 0: never */
	int fail_errno;
	unsigned long fail_request; /**< or each of these */
	int open_errno;            /**< of the next open(), unless 0 */
	const char *open_path;     /**< that fails so */
	unsigned int requests;     /**< seen so far */
	struct fake_vhost_device devices[FAKE_VHOST_DEVICES];
	unsigned int num_devices;
};

extern struct fake_vhost fake_vhost;

/** A kernel with all that there is. */
void fake_vhost_init(void);

/** The @p n-th vhost device, or TAP queue, that was opened. */
struct fake_vhost_device *fake_vhost_device(bool tap, unsigned int n);

int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...); /* with 64-bit file offsets */
int __wrap_ioctl(int fd, unsigned long request, ...);

#endif /* FAKE_VHOST_H */
