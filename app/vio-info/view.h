/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* view.h - what is known of a virtio device's own side: features, configuration, queues. */
#ifndef INFO_VIEW_H
#define INFO_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "virtio_spec.h"

/** Most queues whose sizes are asked for: 128 pairs and the control queue. */
#define VIEW_QUEUES_MAX 257

/* What a configuration can be (5.1.4.1, 5.1.4.2); the driver ignores features that tell more. */
#define VIEW_PAIRS_MAX 0x8000
#define VIEW_MTU_MIN 68
#define VIEW_MTU_MAX (65535 - 14)

/** Who told. */
enum view_source {
	VIEW_NOTHING,   /**< nobody was asked */
	VIEW_KERNEL,    /**< the kernel, of what its driver accepted */
	VIEW_DEVICE,    /**< the device's registers */
	VIEW_BACKEND,   /**< a vhost-user backend */
};

/** A network device's configuration in host byte order (5.1.4). */
struct view_net {
	uint8_t mac[6];
	uint16_t status;
	uint16_t pairs;
	uint16_t mtu;
	uint32_t speed;
	uint8_t duplex;
	uint8_t rss_key_size;
	uint16_t rss_table_length;
	uint32_t hash_types;
};

struct view {
	enum view_source source;
	uint64_t offered;       /**< features; of VIEW_KERNEL those that its driver accepted */
	uint64_t allowed;       /**< features that can be had over this transport */
	bool has_status;
	uint8_t status;         /**< of the device (2.1) */
	uint64_t fields;        /**< features whose fields in @ref net were read */
	struct view_net net;
	uint64_t impossible;    /**< of these, those whose value no device can have */
	unsigned int num_queues;  /**< that the device says it has */
	unsigned int queue_count; /**< sizes that were read */
	uint16_t queue_size[VIEW_QUEUES_MAX]; /**< 0: there is no such queue */
};

/** Was the field that comes with feature @p bit read? */
static inline bool
view_has(const struct view *v, unsigned int bit)
{
	return (v->fields >> bit) & 1;
}

/**
 * Ask a network device. Nothing is changed but what selects a register: the device is neither reset
 * nor negotiated with, which its own driver would have to start over from (3.1.1 allows to read the
 * configuration before features are accepted).
 *
 * @param fields  features whose configuration fields are the device's own
 * @return 0 or a negative errno, with what was read until then
 */
int view_read(struct view *v, struct virtio_transport *transport, uint64_t fields);

/** Features that the kernel's driver accepted, from the text of sysfs; false for any other text. */
bool view_parse_kernel(struct view *v, const char *bits);

#endif /* INFO_VIEW_H */
