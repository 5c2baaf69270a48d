/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_kernel.h - the transport over the kernel's vhost-net: one /dev/vhost-net per queue pair,
 * each with one queue of a TAP or macvtap as its backend.
 *
 * open, then the operations of virtio_transport, then close. Nothing here can be lost and come
 * back; nothing waits.
 */
#ifndef VIRTIO_VHOST_KERNEL_H
#define VIRTIO_VHOST_KERNEL_H

#include <pthread.h>

#include <net/if.h>

#include "vhost.h"

/** Memory regions of a vhost device where the kernel does not say. */
#define VIRTIO_VHOST_KERNEL_REGIONS 64

/** What a port asks of the kernel. */
struct virtio_vhost_kernel_params {
	const char *vhost_path; /**< NULL: /dev/vhost-net */
	/**
	 * "/dev/tapN" of a macvtap that exists already; NULL: a TAP, made or attached to by
	 * @ref ifname.
	 */
	const char *tap_path;
	const char *ifname;     /**< of the TAP; NULL or "": the kernel chooses */
	uint16_t pairs;         /**< queue pairs, 1 to VIRTIO_VHOST_MAX_PAIRS */
	uint16_t queue_size;    /**< what queue_max_size() answers, entries */
	struct virtio_vhost_config config; /**< what the port serves itself */
};

/** One queue pair. */
struct virtio_vhost_kernel_pair {
	int vhost_fd;    /**< the kernel's device; -1: not open */
	int tap_fd;      /**< its queue of the TAP; -1: not open */
	bool attached;   /**< the TAP queue takes part in its device */
};

/** The transport. Memory of the owner; fields are read-only for it. */
struct virtio_vhost_kernel {
	struct virtio_transport base; /**< first, see transport.h */
	char ifname[IFNAMSIZ];   /**< of the TAP as the kernel has it; "" for a macvtap */
	uint16_t pairs;          /**< queue pairs */
	uint16_t queue_size;     /**< largest ring */
	struct virtio_vhost_config config; /**< what the port serves itself */
	uint32_t config_generation; /**< goes up when config changes */
	uint64_t vhost_features; /**< what vhost-net offers, transport bits included */
	uint64_t tap_features;   /**< what the TAP serves beside that: checksums, segmentation */
	unsigned int max_regions; /**< memory regions that the kernel takes */
	uint8_t status;          /**< device status, kept here */
	bool features_set;       /**< chosen since the last reset */
	bool memory_live;        /**< the table was given to the kernel */
	struct virtio_mem_table memory; /**< what the kernel may access */
	struct virtio_vhost_kernel_pair pair[VIRTIO_VHOST_MAX_PAIRS]; /**< in use: the first */
	struct virtio_vhost_queue queues[VIRTIO_VHOST_MAX_QUEUES]; /**< virtqueues, two a pair */
	pthread_mutex_t lock;    /**< of all fields */
};

/**
 * Open the devices. base.ops->close() gives them up; a TAP that was made here goes with it.
 * @return 0, or a negative errno after one line of the log; nothing is left open then
 */
int virtio_vhost_kernel_open(struct virtio_vhost_kernel *vk,
			     const struct virtio_vhost_kernel_params *params);

/** See virtio_vhost_user_set_memory(); a region needs no file. */
int virtio_vhost_kernel_set_memory(struct virtio_vhost_kernel *vk,
				   const struct virtio_mem_region *regions, unsigned int count);

/** See virtio_vhost_user_add_memory(). */
int virtio_vhost_kernel_add_memory(struct virtio_vhost_kernel *vk,
				   const struct virtio_mem_region *region);

/** See virtio_vhost_user_remove_memory(). */
int virtio_vhost_kernel_remove_memory(struct virtio_vhost_kernel *vk, uint64_t user_addr,
				      uint64_t size);

/** See virtio_vhost_user_enable(); a disabled receive queue takes no part in its TAP. */
int virtio_vhost_kernel_enable(struct virtio_vhost_kernel *vk, uint16_t q, bool on);

/** See virtio_vhost_user_open_queue(). */
int virtio_vhost_kernel_open_queue(struct virtio_vhost_kernel *vk, uint16_t q);

/** The eventfd of used buffers of queue @p q; -1 before the first set-up. */
int virtio_vhost_kernel_call_fd(struct virtio_vhost_kernel *vk, uint16_t q);

/** The eventfd of available buffers of queue @p q; -1 before the first set-up. */
int virtio_vhost_kernel_kick_fd(struct virtio_vhost_kernel *vk, uint16_t q);

/** See virtio_vhost_user_stopped_base(). */
int virtio_vhost_kernel_stopped_base(struct virtio_vhost_kernel *vk, uint16_t q, uint16_t *base);

/** Replace what is served as device configuration; the configuration generation goes up. */
void virtio_vhost_kernel_set_config(struct virtio_vhost_kernel *vk,
				    const struct virtio_vhost_config *config);

#endif /* VIRTIO_VHOST_KERNEL_H */
