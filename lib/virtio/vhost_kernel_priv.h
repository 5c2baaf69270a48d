/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_kernel_priv.h - shared by the files of the vhost-net transport: devices and memory
 * (vhost_kernel_dev.c), operations (vhost_kernel.c). Internal to the library. Every function here
 * is called with the lock of the transport held, or before anybody else knows of it.
 */
#ifndef VIRTIO_VHOST_KERNEL_PRIV_H
#define VIRTIO_VHOST_KERNEL_PRIV_H

#include "vhost_kernel.h"

/** One request to one vhost device; @p name is for the log. @return 0 or a negative errno */
int vhost_kernel_ask(const struct virtio_vhost_kernel_pair *pair, unsigned long request,
		     const char *name, void *arg);

/** vhost_kernel_ask() with the name of the request. */
#define VHOST_KERNEL_ASK(pair, request, arg) vhost_kernel_ask(pair, request, #request, arg)

/** Open vhost devices and TAP queues for all pairs. What is open on failure, stays so. */
int vhost_kernel_open_pairs(struct virtio_vhost_kernel *vk, const char *vhost_path,
			    const char *tap_path);

/** Close them. */
void vhost_kernel_close_pairs(struct virtio_vhost_kernel *vk);

/** Give the owner's memory to the kernel. @return 0, -E2BIG, another negative errno; logged */
int vhost_kernel_push_memory(struct virtio_vhost_kernel *vk);

#endif /* VIRTIO_VHOST_KERNEL_PRIV_H */
