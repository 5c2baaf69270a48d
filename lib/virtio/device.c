/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* device.c - status, reset, negotiation and configuration of a virtio device (2.1 - 2.5, 3.1). */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "deadline.h"
#include "device.h"
#include "features.h"
#include "log.h"
#include "virtio_spec.h"

/*
 * What every register of an absent PCI function reads as. As a device status it cannot occur: bits
 * 0x10 and 0x20 do not exist (2.1).
 */
#define STATUS_GONE 0xff

void
virtio_device_init(struct virtio_device *dev, struct virtio_transport *transport)
{
	*dev = (struct virtio_device){ .transport = transport };
}

static int
device_gone(struct virtio_device *dev)
{
	if (!dev->transport->gone)
		virtio_log(VIRTIO_LOG_ERR, "%s: the device went away", dev->transport->ops->name);
	dev->transport->gone = true;
	return -ENODEV;
}

static int
read_status(struct virtio_device *dev, uint8_t *status)
{
	struct virtio_transport *t = dev->transport;
	int rc;

	if (t->gone)
		return -ENODEV;
	rc = t->ops->get_status(t, status);
	if (rc != 0)
		return rc;
	return *status == STATUS_GONE ? device_gone(dev) : 0;
}

/* Set @p bit beside those that are set; none is ever cleared, the device's own included (2.1.1). */
static int
add_status(struct virtio_device *dev, uint8_t bit)
{
	struct virtio_transport *t = dev->transport;
	uint8_t now;
	int rc;

	rc = read_status(dev, &now);
	if (rc != 0)
		return rc;
	if ((now & VIRTIO_CONFIG_S_NEEDS_RESET) && bit != VIRTIO_CONFIG_S_FAILED) {
		virtio_log(VIRTIO_LOG_ERR, "%s: the device asks for a reset (status 0x%02x)",
			   t->ops->name, now);
		return -EPROTO;
	}
	dev->status |= bit;
	return t->ops->set_status(t, dev->status | (now & VIRTIO_CONFIG_S_NEEDS_RESET));
}

int
virtio_device_reset(struct virtio_device *dev)
{
	struct virtio_transport *t = dev->transport;
	struct virtio_deadline deadline;
	uint8_t status;
	bool last = false;
	int rc;

	if (t->gone)
		return -ENODEV;
	dev->accepted = 0;
	dev->status = 0;
	rc = t->ops->set_status(t, 0);
	if (rc != 0)
		return rc;
	deadline = virtio_deadline_in_ms(VIRTIO_RESET_TIMEOUT_MS);
	for (;;) {
		rc = read_status(dev, &status);
		if (rc != 0)
			return rc;
		if (status == 0) {
			t->features = 0;
			return 0;
		}
		if (last)
			break;
		last = !virtio_deadline_pause(&deadline);
	}
	virtio_log(VIRTIO_LOG_ERR, "%s: no end of the reset within %u ms (status 0x%02x)",
		   t->ops->name, VIRTIO_RESET_TIMEOUT_MS, status);
	return -ETIMEDOUT;
}

static void
log_missing(struct virtio_device *dev, uint64_t missing)
{
	char names[256];

	virtio_features_string(missing, names, sizeof(names));
	virtio_log(VIRTIO_LOG_ERR, "%s: the device lacks what the driver needs: %s",
		   dev->transport->ops->name, names);
}

/* Step 4 of 3.1.1: read the offer, write the choice. */
static int
choose_features(struct virtio_device *dev, uint64_t wanted, uint64_t required, uint64_t *accepted)
{
	struct virtio_transport *t = dev->transport;
	uint64_t offered;
	int rc;

	rc = t->ops->get_features(t, &offered);
	if (rc != 0)
		return rc;
	if (dev->offered != 0 && dev->offered != offered)
		virtio_log(VIRTIO_LOG_NOTICE,
			   "%s: the device offers 0x%" PRIx64 ", 0x%" PRIx64 " before the reset",
			   t->ops->name, offered, dev->offered);
	dev->offered = offered;

	offered &= t->allowed;
	if (t->legacy)
		offered &= UINT32_MAX; /* 4.1.4.10: no other bits exist there */
	else
		required |= VIRTIO_FEATURE(VIRTIO_F_VERSION_1); /* 2.2.3: or it were legacy */
	rc = virtio_features_negotiate(offered, wanted, required, accepted);
	if (rc != 0) {
		log_missing(dev, required & ~*accepted);
		return rc;
	}
	virtio_log(VIRTIO_LOG_DEBUG, "%s: features offered 0x%" PRIx64 ", accepted 0x%" PRIx64,
		   t->ops->name, dev->offered, *accepted);
	return t->ops->set_features(t, *accepted);
}

/* Steps 5 and 6 of 3.1.1: from here on the choice stands. */
static int
confirm_features(struct virtio_device *dev)
{
	uint8_t status;
	int rc;

	rc = add_status(dev, VIRTIO_CONFIG_S_FEATURES_OK);
	if (rc != 0)
		return rc;
	rc = read_status(dev, &status);
	if (rc != 0)
		return rc;
	if ((status & VIRTIO_CONFIG_S_FEATURES_OK) == 0 ||
	    (status & VIRTIO_CONFIG_S_NEEDS_RESET) != 0) {
		virtio_log(VIRTIO_LOG_ERR,
			   "%s: the device refuses the choice of features (status 0x%02x)",
			   dev->transport->ops->name, status);
		return -EPROTO;
	}
	return 0;
}

int
virtio_device_negotiate(struct virtio_device *dev, uint64_t wanted, uint64_t required)
{
	uint64_t accepted = 0;
	int rc;

	rc = virtio_device_reset(dev);
	if (rc != 0)
		return rc; /* without an end of the reset nothing may be written (4.1.4.3.2) */
	rc = add_status(dev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	if (rc == 0)
		rc = add_status(dev, VIRTIO_CONFIG_S_DRIVER);
	if (rc == 0)
		rc = choose_features(dev, wanted, required, &accepted);
	if (rc == 0 && !dev->transport->legacy)
		rc = confirm_features(dev);
	if (rc != 0) {
		virtio_device_fail(dev);
		return rc;
	}
	dev->accepted = accepted;
	return 0;
}

int
virtio_device_driver_ok(struct virtio_device *dev)
{
	uint8_t ready = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
	uint8_t status;
	int rc;

	if (!dev->transport->legacy)
		ready |= VIRTIO_CONFIG_S_FEATURES_OK;
	if (dev->status != ready)
		return -EINVAL;
	rc = add_status(dev, VIRTIO_CONFIG_S_DRIVER_OK);
	if (rc == 0)
		rc = read_status(dev, &status);
	if (rc != 0)
		return rc;
	if (status & (VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_FAILED)) {
		virtio_log(VIRTIO_LOG_ERR, "%s: the device does not go live (status 0x%02x)",
			   dev->transport->ops->name, status);
		return -EPROTO;
	}
	return 0;
}

void
virtio_device_fail(struct virtio_device *dev)
{
	(void)add_status(dev, VIRTIO_CONFIG_S_FAILED);
}

bool
virtio_device_needs_reset(struct virtio_device *dev)
{
	uint8_t status;

	if (read_status(dev, &status) != 0)
		return true;
	return (status & VIRTIO_CONFIG_S_NEEDS_RESET) != 0;
}

static bool
all_ones(const struct virtio_config_field *f)
{
	const uint8_t *bytes = f->buf;

	for (uint32_t i = 0; i < f->len; i++)
		if (bytes[i] != 0xff)
			return false;
	return true;
}

static int
read_once(struct virtio_transport *t, const struct virtio_config_field *fields, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		int rc = t->ops->read_config(t, fields[i].offset, fields[i].buf, fields[i].len);

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* 2.5.3: the same generation before and after. */
static int
read_by_generation(struct virtio_transport *t, const struct virtio_config_field *fields,
		   unsigned int count)
{
	for (unsigned int try = 0; try < VIRTIO_CONFIG_RETRIES; try++) {
		uint32_t before, after;
		int rc;

		rc = t->ops->get_generation(t, &before);
		if (rc == 0)
			rc = read_once(t, fields, count);
		if (rc == 0)
			rc = t->ops->get_generation(t, &after);
		if (rc != 0)
			return rc;
		if (before == after)
			return 0;
	}
	return -EAGAIN;
}

/* 2.5.4: the legacy interface has no generation; the same bytes twice in a row must do. */
static int
read_twice(struct virtio_transport *t, const struct virtio_config_field *f)
{
	uint8_t again[VIRTIO_CONFIG_LEGACY_MAX];
	int rc;

	if (f->len > sizeof(again))
		return -EINVAL;
	rc = t->ops->read_config(t, f->offset, f->buf, f->len);
	for (unsigned int try = 0; rc == 0 && try < VIRTIO_CONFIG_RETRIES; try++) {
		rc = t->ops->read_config(t, f->offset, again, f->len);
		if (rc != 0)
			return rc;
		if (memcmp(again, f->buf, f->len) == 0)
			return 0;
		memcpy(f->buf, again, f->len);
	}
	return rc != 0 ? rc : -EAGAIN;
}

int
virtio_device_read_fields(struct virtio_device *dev, const struct virtio_config_field *fields,
			  unsigned int count)
{
	struct virtio_transport *t = dev->transport;
	bool suspicious = false;
	uint8_t status;
	int rc = 0;

	if (t->gone)
		return -ENODEV;
	if (t->legacy) {
		for (unsigned int i = 0; rc == 0 && i < count; i++)
			rc = read_twice(t, &fields[i]);
	} else {
		rc = read_by_generation(t, fields, count);
	}
	if (rc == -EAGAIN)
		virtio_log(VIRTIO_LOG_ERR,
			   "%s: the configuration changes faster than it can be read",
			   t->ops->name);
	if (rc != 0)
		return rc;
	for (unsigned int i = 0; i < count; i++)
		suspicious |= all_ones(&fields[i]);
	return suspicious ? read_status(dev, &status) : 0;
}

int
virtio_device_read_config(struct virtio_device *dev, uint32_t offset, void *buf, uint32_t len)
{
	const struct virtio_config_field field = { .offset = offset, .len = len, .buf = buf };

	return virtio_device_read_fields(dev, &field, 1);
}

int
virtio_device_queue_max_size(struct virtio_device *dev, uint16_t q, uint16_t *size)
{
	struct virtio_transport *t = dev->transport;
	bool packed = virtio_device_has(dev, VIRTIO_F_RING_PACKED);
	uint8_t status;
	uint16_t max;
	int rc;

	if (t->gone)
		return -ENODEV;
	rc = t->ops->queue_max_size(t, q, &max);
	if (rc != 0)
		return rc;
	if (max == 0)
		return -ENOENT;
	if (max > VIRTIO_QUEUE_SIZE_MAX || (!packed && (max & (max - 1)) != 0)) {
		rc = read_status(dev, &status);
		if (rc != 0)
			return rc;
		virtio_log(VIRTIO_LOG_ERR, "%s: queue %u says an impossible size of %u",
			   t->ops->name, q, max);
		return -EPROTO;
	}
	*size = max;
	return 0;
}
