/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_config.c - what the device's configuration space and queues say (5.1.4), read once at probe and
 * again whenever another device may be behind the port. Each value is checked before it is believed.
 */

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_malloc.h>

#include "vio.h"
#include "vio_trace.h"
#include "virtio_spec.h"

/** One field of configuration space that @p bit says is there; @p value keeps its default if not. */
static int
config_field(struct vio_port *port, unsigned int bit, uint32_t offset, void *value, uint32_t len)
{
	int ret = 0;

	if (vio_offers(port, bit))
		ret = virtio_device_read_config(&port->device, offset, value, len);
	if (ret != 0)
		VIO_PORT_LOG(port, init, ERR, "the device offers feature %s, but its configuration "
			     "cannot be read: %s", virtio_feature_by_bit(bit)->name,
			     strerror(-ret));
	return ret;
}

#define CONFIG_FIELD(port, bit, field, value) \
	config_field(port, bit, offsetof(struct virtio_net_config, field), value, sizeof(*(value)))

static int
read_mac(struct vio_port *port)
{
	struct rte_ether_addr mac = { 0 };
	int ret = CONFIG_FIELD(port, VIRTIO_NET_F_MAC, mac, &mac);

	if (ret != 0)
		return ret;
	if (!rte_is_valid_assigned_ether_addr(&mac)) {
		/* Asked again, after a reset: what was made up once stays. */
		if (port->config.mac_random)
			return 0;
		port->config.mac_random = true;
		rte_eth_random_addr(mac.addr_bytes);
		VIO_PORT_LOG(port, init, NOTICE, "the device has no usable MAC address; using "
			     RTE_ETHER_ADDR_PRT_FMT, RTE_ETHER_ADDR_BYTES(&mac));
	} else {
		port->config.mac_random = false;
	}
	port->config.mac = mac;
	return 0;
}

static int
read_speed(struct vio_port *port)
{
	rte_le32_t speed = RTE_LE32(UINT32_MAX);
	uint8_t duplex = 0xff;
	int ret = CONFIG_FIELD(port, VIRTIO_NET_F_SPEED_DUPLEX, speed, &speed);

	if (ret == 0)
		ret = CONFIG_FIELD(port, VIRTIO_NET_F_SPEED_DUPLEX, duplex, &duplex);
	/* 5.1.4.2: above 0x7fffffff is unknown; ethdev has a value for that. */
	port->config.speed = rte_le_to_cpu_32(speed) > INT32_MAX ? RTE_ETH_SPEED_NUM_UNKNOWN :
							    rte_le_to_cpu_32(speed);
	port->config.duplex = duplex == 0 ? RTE_ETH_LINK_HALF_DUPLEX : RTE_ETH_LINK_FULL_DUPLEX;
	if (port->args.speed != RTE_ETH_SPEED_NUM_UNKNOWN)
		port->config.speed = port->args.speed;
	return ret;
}

/** How many pairs there are: a field of devices with one of two features (5.1.4). */
static int
read_pairs(struct vio_port *port)
{
	unsigned int bit = vio_offers(port, VIRTIO_NET_F_MQ) ? VIRTIO_NET_F_MQ : VIRTIO_NET_F_RSS;
	rte_le16_t pairs = RTE_LE16(1);
	int ret = CONFIG_FIELD(port, bit, max_virtqueue_pairs, &pairs);

	if (ret != 0)
		return ret;
	port->config.max_pairs = rte_le_to_cpu_16(pairs);
	if (port->config.max_pairs < 1 || port->config.max_pairs > VIO_MAX_PAIRS) {
		VIO_PORT_LOG(port, init, WARNING, "the device says it has %u queue pairs (1 to %u "
			     "are possible); using one", port->config.max_pairs, VIO_MAX_PAIRS);
		port->config.max_pairs = 1;
		port->config.ignore |= VIRTIO_FEATURE(VIRTIO_NET_F_MQ) |
				       VIRTIO_FEATURE(VIRTIO_NET_F_RSS);
	}
	return 0;
}

static int
read_mtu(struct vio_port *port)
{
	rte_le16_t mtu = 0;
	int ret = CONFIG_FIELD(port, VIRTIO_NET_F_MTU, mtu, &mtu);

	port->config.max_mtu = VIO_MTU_MAX;
	if (ret != 0 || !vio_offers(port, VIRTIO_NET_F_MTU))
		return ret;
	port->config.max_mtu = rte_le_to_cpu_16(mtu);
	if (port->config.max_mtu < VIO_MTU_MIN || port->config.max_mtu > VIO_MTU_MAX) {
		VIO_PORT_LOG(port, init, WARNING, "the device asks for an MTU of %u, which no port "
			     "can have; ignoring it", port->config.max_mtu);
		port->config.max_mtu = VIO_MTU_MAX;
		port->config.ignore |= VIRTIO_FEATURE(VIRTIO_NET_F_MTU);
	}
	return 0;
}

/** The limits of RSS and hashes; a device whose limits cannot be is one without. */
static int
read_rss(struct vio_port *port)
{
	const bool rss = vio_offers(port, VIRTIO_NET_F_RSS);
	rte_le16_t table = RTE_LE16(VIO_RSS_TABLE_MIN);
	rte_le32_t types = 0;
	uint8_t key = 0;
	/* They belong together; the table's is the last and goes with RSS alone. */
	const struct virtio_config_field fields[] = {
		{ offsetof(struct virtio_spec_net_config, rss_max_key_size), sizeof(key), &key },
		{ offsetof(struct virtio_spec_net_config, supported_hash_types), sizeof(types),
		  &types },
		{ offsetof(struct virtio_spec_net_config, rss_max_indirection_table_length),
		  sizeof(table), &table },
	};
	int ret;

	if (!rss && !vio_offers(port, VIRTIO_NET_F_HASH_REPORT))
		return 0;
	ret = virtio_device_read_fields(&port->device, fields, RTE_DIM(fields) - !rss);
	if (ret != 0) {
		VIO_PORT_LOG(port, init, ERR, "the device offers hashes, but their limits cannot be "
			     "read: %s", strerror(-ret));
		return ret;
	}
	port->config.rss_table = rte_le_to_cpu_16(table);
	/* Types that the standard does not know yet are none of ours. */
	port->config.hash_types = rte_le_to_cpu_32(types) & VIO_RSS_HASH_TYPES;
	if (key < VIO_RSS_KEY || port->config.rss_table < VIO_RSS_TABLE_MIN ||
	    port->config.hash_types == 0) {
		VIO_PORT_LOG(port, init, WARNING, "the device offers hashes with keys of %u bytes, a "
			     "table of %u and types 0x%x, which no device can have; ignoring "
			     "them", key, port->config.rss_table, rte_le_to_cpu_32(types));
		port->config.ignore |= VIRTIO_FEATURE(VIRTIO_NET_F_RSS) |
				       VIRTIO_FEATURE(VIRTIO_NET_F_HASH_REPORT);
	}
	return 0;
}

/** Read what probe has to know; every value is checked before it is believed. */
static int
read_config(struct vio_port *port)
{
	int ret;

	port->config.ignore = 0;
	ret = read_mac(port);
	if (ret == 0)
		ret = read_speed(port);
	if (ret == 0)
		ret = read_pairs(port);
	if (ret == 0)
		ret = read_mtu(port);
	if (ret == 0)
		ret = read_rss(port);
	return ret;
}

/** How large the ring of each queue may be; a pair without both of its queues is not used. */
static int
read_ring_sizes(struct vio_port *port)
{
	uint16_t max = port->config.max_pairs;
	uint16_t ethdev_max = RTE_MAX_QUEUES_PER_PORT;
	uint32_t q = 0;
	int ret = 0;

	max = RTE_MIN(max, ethdev_max);
	rte_free(port->ring_max); /* of the device's state before a reset */
	port->ring_max = rte_zmalloc("vio_ring_max", 2 * max * sizeof(*port->ring_max), 0);
	if (port->ring_max == NULL)
		return -ENOMEM;
	for (q = 0; ret == 0 && q < 2u * max; q++)
		ret = virtio_device_queue_max_size(&port->device, q, &port->ring_max[q]);
	if (ret != 0 && ret != -ENODEV && q > 2)
		ret = 0, q--;
	port->usable_pairs = q / 2;
	if (ret == 0 && port->usable_pairs < max)
		VIO_PORT_LOG(port, init, WARNING, "the device says it has %u queue pairs, but has "
			     "queues for %u", max, port->usable_pairs);
	return ret;
}

uint64_t
vio_features(const struct vio_port *port)
{
	uint64_t features = VIO_FEATURES;

	if (!port->args.in_order)
		features &= ~VIRTIO_FEATURE(VIRTIO_F_IN_ORDER);
	if (!port->args.packed_vq)
		features &= ~VIRTIO_FEATURE(VIRTIO_F_RING_PACKED);
	if (!port->args.mrg_rxbuf)
		features &= ~VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF);
	return features;
}

int
vio_negotiate(struct vio_port *port, uint64_t wanted)
{
	const uint64_t required = port->bus->legacy ? VIO_FEATURES_REQUIRED_LEGACY :
						      VIO_FEATURES_REQUIRED;
	int ret = virtio_device_negotiate(&port->device, wanted, required);

	port->wanted = wanted | required;
	vio_trace_negotiate(port->data->port_id, port->device.offered, port->wanted,
			    port->device.accepted, ret);
	return ret;
}

int
vio_inspect(struct vio_port *port)
{
	struct virtio_transport *t = port->device.transport;
	int ret = virtio_device_reset(&port->device);

	if (ret == 0)
		ret = vio_negotiate(port, vio_features(port));
	if (ret == 0)
		ret = read_config(port);
	if (ret == 0)
		ret = read_ring_sizes(port);
	if (!t->gone)
		virtio_device_reset(&port->device);
	return ret;
}


int
vio_assume_config(struct vio_port *port)
{
	const struct vio_devargs *args = &port->args;
	uint16_t pairs = args->queues;

	port->config = (struct vio_config){
		.mac = args->mac,
		.max_pairs = pairs,
		.max_mtu = VIO_MTU_MAX,
		.speed = args->speed,
		.duplex = RTE_ETH_LINK_FULL_DUPLEX,
	};
	if (rte_is_zero_ether_addr(&args->mac)) {
		rte_eth_random_addr(port->config.mac.addr_bytes);
		port->config.mac_random = true;
	}
	port->ring_max = rte_malloc("vio_ring_max", 2 * pairs * sizeof(*port->ring_max), 0);
	if (port->ring_max == NULL)
		return -ENOMEM;
	for (uint32_t q = 0; q < 2u * pairs; q++)
		port->ring_max[q] = args->queue_size;
	port->usable_pairs = pairs;
	return 0;
}
