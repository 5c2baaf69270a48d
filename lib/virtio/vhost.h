/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost.h - what the transports over vhost (vhost_user.h, vhost_kernel.h) have in common: the table
 * of shared memory, the device configuration that the frontend serves itself, eventfd notifiers.
 */
#ifndef VIRTIO_VHOST_H
#define VIRTIO_VHOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "transport.h"

/** A vring index has 8 bits in the messages that carry eventfds, so 128 pairs are the most. */
#define VIRTIO_VHOST_MAX_PAIRS 128
#define VIRTIO_VHOST_MAX_QUEUES (2 * VIRTIO_VHOST_MAX_PAIRS)

/** Memory that the backend may access. */
struct virtio_mem_region {
	uint64_t guest_addr; /**< how descriptors name its first byte */
	uint64_t user_addr;  /**< how ring addresses name it: a virtual address of this process */
	uint64_t size;       /**< bytes */
	uint64_t offset;     /**< of the first byte in the file */
	int fd;              /**< the file, its owner's; open while in a table. -1: vhost_kernel only */
};

/** A region together with the identity of its file. */
struct virtio_mem_entry {
	struct virtio_mem_region region; /**< where it is */
	dev_t dev;                       /**< device of its file */
	ino_t ino;                       /**< inode of its file */
};

/** Regions ordered by guest address, without overlaps. All zero is an empty table. */
struct virtio_mem_table {
	struct virtio_mem_entry *entries; /**< the regions */
	unsigned int count;               /**< regions in use */
	unsigned int room;                /**< regions that fit */
};

/** Free what @p table holds and make it empty; files stay open. */
void virtio_mem_clear(struct virtio_mem_table *table);

/** Make @p to a copy of @p from. @return 0, -ENOMEM with @p to unchanged */
int virtio_mem_copy(struct virtio_mem_table *to, const struct virtio_mem_table *from);

/**
 * Put one region in.
 * @param by_file  a file is required
 * @return 0, -EINVAL for an empty, wrapping or overlapping region or one without a usable file,
 *         -ENOMEM. The table is unchanged on failure.
 */
int virtio_mem_add(struct virtio_mem_table *table, const struct virtio_mem_region *region,
		   bool by_file);

/** Replace the content by @p count regions in any order; errors of virtio_mem_add(). */
int virtio_mem_set(struct virtio_mem_table *table, const struct virtio_mem_region *regions,
		   unsigned int count, bool by_file);

/**
 * Take the user addresses from @p user_addr on, @p size bytes, out of the table; regions are cut
 * where necessary.
 * @return 0, -ENOENT where nothing of it was there, -ENOMEM with the table unchanged
 */
int virtio_mem_remove(struct virtio_mem_table *table, uint64_t user_addr, uint64_t size);

/**
 * Join what touches in both address spaces and, with @p by_file, lies in one file and touches in
 * it too. The joined region has the descriptor of its first part.
 * @param out  an empty table, the result
 * @return 0 or -ENOMEM
 */
int virtio_mem_merge(const struct virtio_mem_table *table, bool by_file,
		     struct virtio_mem_table *out);

/** True where all of @p part is mapped by @p whole in the same way, file included. */
bool virtio_mem_covers(const struct virtio_mem_entry *whole, const struct virtio_mem_entry *part);

/** True where the two have guest or user addresses in common. */
bool virtio_mem_overlap(const struct virtio_mem_region *a, const struct virtio_mem_region *b);

/**
 * Device configuration and features that the frontend serves, where the backend cannot. Values in
 * host byte order; fields exist with the features of 5.1.4, as ever.
 */
struct virtio_vhost_config {
	uint64_t served; /**< features offered beside the backend's; never told to a backend that
			  * does not offer them itself */
	uint64_t hidden; /**< features of the backend that are not to be used */
	uint8_t mac[6];  /**< MAC address */
	uint16_t status; /**< VIRTIO_NET_S_* */
	uint16_t max_virtqueue_pairs; /**< 0: as many as the transport was created with */
	uint16_t mtu;    /**< largest MTU */
	uint32_t speed; /**< Mbit/s */
	uint8_t duplex;  /**< 0 half, 1 full */
};

/**
 * Read from the configuration space that @p config stands for; other fields are 0.
 * @return 0, -EINVAL beyond the end of struct virtio_spec_net_config
 */
int virtio_vhost_config_read(const struct virtio_vhost_config *config, uint32_t offset, void *buf,
			     uint32_t len);

/** One queue as a vhost backend knows it. */
struct virtio_vhost_queue {
	int kick_fd;     /**< adds available buffers; -1 before the first set-up */
	int call_fd;     /**< tells of used buffers; -1 before the first set-up */
	uint16_t size;   /**< descriptors */
	uint16_t base;   /**< where it was stopped */
	bool packed;     /**< layout of the ring */
	bool stopped;    /**< by a reset, and not set up since */
	bool base_valid; /**< base was checked and is possible */
	bool running;    /**< set up since the last reset */
	bool enabled;    /**< the backend moves packets */
	bool disable;    /**< the owner wants it disabled */
};

/** Prepare @p count queues without eventfds. */
void virtio_vhost_queues_init(struct virtio_vhost_queue *queues, unsigned int count);

/** Close the eventfds of @p count queues. */
void virtio_vhost_queues_close(struct virtio_vhost_queue *queues, unsigned int count);

/**
 * Make the eventfds of a queue, unless it has them: the owner may poll them across resets.
 * @return 0 or a negative errno, logged
 */
int virtio_vhost_queue_open(struct virtio_vhost_queue *queue);

/** Note where a queue stopped; false where the backend's answer is impossible. */
bool virtio_vhost_queue_stopped(struct virtio_vhost_queue *queue, uint32_t num);

/** @return 0 with the base, -ENOENT, -EPROTO as virtio_vhost_user_stopped_base() */
int virtio_vhost_queue_base(const struct virtio_vhost_queue *queue, uint16_t *base);

/** Fill @p n so that it adds 1 to the eventfd @p fd. */
void virtio_vhost_notifier(struct virtio_notifier *n, int fd, uint16_t q);

/** Add 1 to an eventfd; a counter at its end is a pending kick, and as good. */
void virtio_vhost_event(int fd);

/** What SET_VRING_BASE is to carry for @p setup: see virtio_queue_setup::base. */
uint32_t virtio_vhost_wire_base(const struct virtio_queue_setup *setup, bool packed);

/** Ring sizes and addresses that vhost can express. @return 0 or -EINVAL */
int virtio_vhost_check_setup(const struct virtio_queue_setup *setup, uint16_t max_size,
			     bool packed);

#endif /* VIRTIO_VHOST_H */
