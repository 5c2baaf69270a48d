/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * device.h - the life of a virtio device as its driver sees it: reset, negotiation, status,
 * configuration (3.1, 2.1, 2.5), over any transport.
 */
#ifndef VIRTIO_DEVICE_H
#define VIRTIO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport.h"

/** How long a reset may take before the device is given up, in milliseconds. */
#define VIRTIO_RESET_TIMEOUT_MS 2000

/** How often a configuration read is tried while the generation keeps changing (2.5.3). */
#define VIRTIO_CONFIG_RETRIES 64

/** Longest field that can be read over the legacy interface, in bytes: it is read twice. */
#define VIRTIO_CONFIG_LEGACY_MAX 256

/** A device under a driver. */
struct virtio_device {
	struct virtio_transport *transport; /**< how the device is reached; its owner closes it */
	uint64_t offered;   /**< features of the device at the last negotiation */
	uint64_t accepted;  /**< features in force; 0 before negotiation */
	uint8_t status;     /**< bits that the driver has set since the last reset */
};

static inline bool
virtio_device_has(const struct virtio_device *dev, unsigned int bit)
{
	return (dev->accepted >> bit) & 1;
}

/** Bind @p dev to an open transport; touches no register. */
void virtio_device_init(struct virtio_device *dev, struct virtio_transport *transport);

/**
 * Reset the device and wait until its status reads 0 (2.1.2, 4.1.4.3.2).
 * @return 0, -ETIMEDOUT, -ENODEV where the device went away
 */
int virtio_device_reset(struct virtio_device *dev);

/**
 * Steps 1 to 6 of 3.1.1: reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK, read back.
 * On failure the status gets FAILED and the reason is logged.
 *
 * Features that the transport does not allow count as not offered; but for the legacy interface,
 * VERSION_1 is required always. virtio_device::offered is what the device said this time: after a
 * reset a device may offer other features than before, so the caller looks at the result again.
 *
 * @param wanted    features that the driver can use
 * @param required  features without which it does not work
 * @return 0, -ENOTSUP a required feature is missing, -EPROTO the device refused FEATURES_OK or
 *         asks for another reset, -ETIMEDOUT no end of the reset, -ENODEV
 */
int virtio_device_negotiate(struct virtio_device *dev, uint64_t wanted, uint64_t required);

/**
 * Step 8 of 3.1.1: the device goes live. Queues were set up before.
 * @return 0, -EPROTO where the device now says FAILED or NEEDS_RESET, -EINVAL out of order
 */
int virtio_device_driver_ok(struct virtio_device *dev);

/** Tell the device that the driver has given up on it (2.1). */
void virtio_device_fail(struct virtio_device *dev);

/** True where the device asks to be reset (DEVICE_NEEDS_RESET), or went away. */
bool virtio_device_needs_reset(struct virtio_device *dev);

/** One field of configuration space, for virtio_device_read_fields(). */
struct virtio_config_field {
	uint32_t offset; /**< in configuration space, bytes */
	uint32_t len;    /**< bytes */
	void *buf;       /**< @p len bytes of the caller */
};

/**
 * Read fields of configuration space that belong together, under the generation counter (2.5.3).
 * Multi-byte fields arrive as the device wrote them: little endian, native for legacy devices.
 * Over the legacy interface, that has no such counter, each field is read until two readings agree
 * (2.5.4). That a field exists the caller knows from the features.
 *
 * @return 0, -EAGAIN where the generation never settled, -EINVAL out of the mapped space, -ENODEV
 */
int virtio_device_read_fields(struct virtio_device *dev, const struct virtio_config_field *fields,
			      unsigned int count);

/** Read one field of configuration space, as virtio_device_read_fields() does. */
int virtio_device_read_config(struct virtio_device *dev, uint32_t offset, void *buf,
			      uint32_t len);

/**
 * Largest size of queue @p q, checked: power of two where the ring is split, at most 32768.
 * @return 0, -ENOENT where the device has no such queue, -EPROTO where its answer is impossible
 */
int virtio_device_queue_max_size(struct virtio_device *dev, uint16_t q, uint16_t *size);

#endif /* VIRTIO_DEVICE_H */
