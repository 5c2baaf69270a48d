/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* view.c - asks a device over any transport what it is. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "features.h"
#include "view.h"

#define BIT(name) VIRTIO_FEATURE(VIRTIO_NET_F_##name)

/* 5.1.4: a field, and features any of which says that it is there. */
static const struct {
	uint64_t features;
	uint16_t offset;
	uint8_t len;
	uint8_t at;   /* of struct view_net */
} fields[] = {
#define FIELD(bits, field, to) \
	{ bits, offsetof(struct virtio_spec_net_config, field), \
	  sizeof(((struct view_net *)0)->to), offsetof(struct view_net, to) }
	FIELD(BIT(MAC), mac, mac),
	FIELD(BIT(STATUS), status, status),
	FIELD(BIT(MQ) | BIT(RSS), max_virtqueue_pairs, pairs),
	FIELD(BIT(MTU), mtu, mtu),
	FIELD(BIT(SPEED_DUPLEX), speed, speed),
	FIELD(BIT(SPEED_DUPLEX), duplex, duplex),
	FIELD(BIT(RSS) | BIT(HASH_REPORT), rss_max_key_size, rss_key_size),
	FIELD(BIT(RSS), rss_max_indirection_table_length, rss_table_length),
	FIELD(BIT(RSS) | BIT(HASH_REPORT), supported_hash_types, hash_types),
};

static void
to_host_order(struct view_net *net)
{
	net->status = le16toh(net->status);
	net->pairs = le16toh(net->pairs);
	net->mtu = le16toh(net->mtu);
	net->speed = le32toh(net->speed);
	net->rss_table_length = le16toh(net->rss_table_length);
	net->hash_types = le32toh(net->hash_types);
}

static int
read_fields(struct view *v, struct virtio_device *dev, uint64_t which)
{
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint64_t there = v->offered & which & fields[i].features;

		if (there == 0)
			continue;
		rc = virtio_device_read_config(dev, fields[i].offset,
					       (uint8_t *)&v->net + fields[i].at, fields[i].len);
		if (rc == 0)
			v->fields |= there;
	}
	to_host_order(&v->net);
	if (view_has(v, VIRTIO_NET_F_MQ) && (v->net.pairs < 1 || v->net.pairs > VIEW_PAIRS_MAX))
		v->impossible |= BIT(MQ);
	if (view_has(v, VIRTIO_NET_F_MTU) &&
	    (v->net.mtu < VIEW_MTU_MIN || v->net.mtu > VIEW_MTU_MAX))
		v->impossible |= BIT(MTU);
	return rc;
}

static int
read_queues(struct view *v, struct virtio_transport *t)
{
	unsigned int count = v->num_queues < VIEW_QUEUES_MAX ? v->num_queues : VIEW_QUEUES_MAX;
	int rc = 0;

	for (unsigned int q = 0; rc == 0 && q < count; q++) {
		rc = t->ops->queue_max_size(t, (uint16_t)q, &v->queue_size[q]);
		if (rc == 0)
			v->queue_count = q + 1;
	}
	return rc;
}

int
view_read(struct view *v, struct virtio_transport *t, uint64_t which)
{
	struct virtio_device dev;
	int rc;

	virtio_device_init(&dev, t);
	v->allowed = t->allowed;
	v->num_queues = t->num_queues;
	rc = t->ops->get_status(t, &v->status);
	v->has_status = rc == 0;
	if (rc == 0)
		rc = t->ops->get_features(t, &v->offered);
	if (rc == 0)
		rc = read_fields(v, &dev, which);
	return rc == 0 ? read_queues(v, t) : rc;
}

bool
view_parse_kernel(struct view *v, const char *bits)
{
	uint64_t features = 0;

	for (unsigned int bit = 0; bits[bit] != '\0'; bit++) {
		if (bits[bit] != '0' && bits[bit] != '1')
			return false;
		if (bits[bit] == '1' && bit < 64)
			features |= VIRTIO_FEATURE(bit);
	}
	if (features == 0)
		return false; /* no driver of the kernel's has negotiated */
	v->source = VIEW_KERNEL;
	v->offered = features;
	v->allowed = UINT64_MAX;
	return true;
}
