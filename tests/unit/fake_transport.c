/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_transport.c - see fake_transport.h. */
#include "fake_transport.h"

#include "features.h"
#include "virtio_spec.h"

static struct fake_transport *
fake_of(struct virtio_transport *t)
{
	return (struct fake_transport *)t;
}

/* Write an operation down; what it is to return. */
static int
seen(struct fake_transport *fake, enum fake_op_type type, uint64_t value)
{
	assert_true(fake->num_ops < FAKE_OPS_MAX);
	fake->ops[fake->num_ops++] = (struct fake_op){ type, value };
	if (fake->unplug_after != 0 && --fake->unplug_after == 0)
		fake->all_ones = true;
	return fake->error[type];
}

static int
get_status(struct virtio_transport *t, uint8_t *status)
{
	struct fake_transport *fake = fake_of(t);

	if (fake->resetting != 0 && fake->resetting != FAKE_NEVER && --fake->resetting == 0)
		fake->status = 0;
	*status = fake->all_ones ? UINT8_MAX : fake->status;
	return seen(fake, FAKE_GET_STATUS, *status);
}

static int
set_status(struct virtio_transport *t, uint8_t status)
{
	struct fake_transport *fake = fake_of(t);

	if (status == 0) {
		fake->resetting = fake->reset_polls;
		if (fake->resetting == 0)
			fake->status = 0;
		fake->accepted = 0;
		if (fake->offered_after_reset != 0)
			fake->offered = fake->offered_after_reset;
	} else {
		fake->status = status;
		if (fake->refuse_features_ok)
			fake->status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
		if ((fake->needs_reset_after_ok && (status & VIRTIO_CONFIG_S_FEATURES_OK)) ||
		    (fake->needs_reset_on_live && (status & VIRTIO_CONFIG_S_DRIVER_OK)))
			fake->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	}
	return seen(fake, FAKE_SET_STATUS, status);
}

static int
get_features(struct virtio_transport *t, uint64_t *features)
{
	struct fake_transport *fake = fake_of(t);

	*features = fake->all_ones ? UINT64_MAX : fake->offered;
	return seen(fake, FAKE_GET_FEATURES, *features);
}

static int
set_features(struct virtio_transport *t, uint64_t features)
{
	struct fake_transport *fake = fake_of(t);

	fake->accepted = features;
	t->features = features;
	return seen(fake, FAKE_SET_FEATURES, features);
}

static int
read_config(struct virtio_transport *t, uint32_t offset, void *buf, uint32_t len)
{
	struct fake_transport *fake = fake_of(t);

	if ((uint64_t)offset + len > sizeof(fake->config))
		return -EINVAL;
	if (fake->all_ones)
		memset(buf, 0xff, len);
	else
		memcpy(buf, fake->config + offset, len);
	if (fake->config_changes != 0) {
		if (fake->config_changes != FAKE_NEVER)
			fake->config_changes--;
		fake->generation++;
		for (size_t i = 0; i < sizeof(fake->config); i++)
			fake->config[i]++;
	}
	return seen(fake, FAKE_READ_CONFIG, offset);
}

static int
write_config(struct virtio_transport *t, uint32_t offset, const void *buf, uint32_t len)
{
	(void)buf;
	(void)len;
	return seen(fake_of(t), FAKE_WRITE_CONFIG, offset);
}

static int
get_generation(struct virtio_transport *t, uint32_t *generation)
{
	struct fake_transport *fake = fake_of(t);

	/* a legacy device has none; a driver that asks it is answered uselessly */
	*generation = fake->all_ones ? UINT8_MAX : t->legacy ? 0 : fake->generation;
	return seen(fake, FAKE_GET_GENERATION, *generation);
}

static int
queue_max_size(struct virtio_transport *t, uint16_t q, uint16_t *size)
{
	struct fake_transport *fake = fake_of(t);

	*size = q < FAKE_QUEUES ? fake->queue_size[q] : 0;
	if (fake->all_ones)
		*size = UINT16_MAX;
	return seen(fake, FAKE_QUEUE_MAX_SIZE, *size);
}

/* What the device layer does not call stays NULL: a call would not go unnoticed. */
static const struct virtio_transport_ops fake_ops = {
	.name = "fake",
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.read_config = read_config,
	.write_config = write_config,
	.get_generation = get_generation,
	.queue_max_size = queue_max_size,
};

void
fake_transport_init(struct fake_transport *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake->base.ops = &fake_ops;
	fake->base.allowed = UINT64_MAX;
	fake->base.num_queues = FAKE_QUEUES;
	fake->offered = VIRTIO_FEATURE(VIRTIO_F_VERSION_1) | VIRTIO_FEATURE(VIRTIO_NET_F_MAC) |
			VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF);
	for (unsigned int i = 0; i < FAKE_QUEUES; i++)
		fake->queue_size[i] = 256;
	for (size_t i = 0; i < sizeof(fake->config); i++)
		fake->config[i] = (uint8_t)i;
}

int
fake_find(const struct fake_transport *fake, enum fake_op_type type, unsigned int n)
{
	for (unsigned int i = 0; i < fake->num_ops; i++)
		if (fake->ops[i].type == type && n-- == 0)
			return (int)i;
	return -1;
}

unsigned int
fake_count(const struct fake_transport *fake, enum fake_op_type type)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < fake->num_ops; i++)
		count += fake->ops[i].type == type;
	return count;
}
