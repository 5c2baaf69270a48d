/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_rss.c - see vio_rss.h. */

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>

#include "vio.h"

/**
 * A hash type of the standard and what ethdev calls the packets that it is for. IPv4 and IPv6 take
 * whatever has no type of its own (5.1.6.4.3.3): fragments and other protocols.
 */
static const struct {
	uint32_t type;
	uint64_t flows;
} hash_types[] = {
	{ VIRTIO_NET_RSS_HASH_TYPE_IPv4,
	  RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER },
	{ VIRTIO_NET_RSS_HASH_TYPE_TCPv4, RTE_ETH_RSS_NONFRAG_IPV4_TCP },
	{ VIRTIO_NET_RSS_HASH_TYPE_UDPv4, RTE_ETH_RSS_NONFRAG_IPV4_UDP },
	{ VIRTIO_NET_RSS_HASH_TYPE_IPv6,
	  RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER },
	{ VIRTIO_NET_RSS_HASH_TYPE_TCPv6, RTE_ETH_RSS_NONFRAG_IPV6_TCP },
	{ VIRTIO_NET_RSS_HASH_TYPE_UDPv6, RTE_ETH_RSS_NONFRAG_IPV6_UDP },
	{ VIRTIO_NET_RSS_HASH_TYPE_IP_EX, RTE_ETH_RSS_IPV6_EX },
	{ VIRTIO_NET_RSS_HASH_TYPE_TCP_EX, RTE_ETH_RSS_IPV6_TCP_EX },
	{ VIRTIO_NET_RSS_HASH_TYPE_UDP_EX, RTE_ETH_RSS_IPV6_UDP_EX },
};

static uint64_t
flows_of(uint32_t types)
{
	uint64_t flows = 0;

	for (size_t i = 0; i < RTE_DIM(hash_types); i++)
		if (types & hash_types[i].type)
			flows |= hash_types[i].flows;
	return flows;
}

static uint32_t
types_of(uint64_t flows)
{
	uint32_t types = 0;

	for (size_t i = 0; i < RTE_DIM(hash_types); i++)
		if (flows & hash_types[i].flows)
			types |= hash_types[i].type;
	return types;
}

/** Has the device RSS, as far as is known? vio_config.c forgets it where its limits cannot be. */
static bool
device_has_rss(const struct vio_port *port)
{
	return !port->serves_ctrl && vio_offers(port, VIRTIO_NET_F_CTRL_VQ) &&
	       vio_offers(port, VIRTIO_NET_F_RSS);
}

/** Does it compute hashes at all, be it only to report them? */
static bool
device_has_hashes(const struct vio_port *port)
{
	return device_has_rss(port) ||
	       (!port->serves_ctrl && vio_offers(port, VIRTIO_NET_F_CTRL_VQ) &&
		vio_offers(port, VIRTIO_NET_F_HASH_REPORT));
}

uint64_t
vio_rss_flow_types(const struct vio_port *port)
{
	if (device_has_hashes(port))
		return flows_of(port->config.hash_types);
	/* Accepted and not used: see vio_rss_configure(). */
	return port->usable_pairs > 1 ? RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP : 0;
}

uint8_t
vio_rss_key_size(const struct vio_port *port)
{
	return device_has_hashes(port) ? VIO_RSS_KEY : 0;
}

uint16_t
vio_rss_table_size(const struct vio_port *port)
{
	if (!device_has_rss(port))
		return 0;
	/* A power of two (5.1.6.5.7.1.1); config.rss_table is not less than 128. */
	return rte_align32prevpow2(RTE_MIN(port->config.rss_table, VIO_RSS_TABLE_MAX));
}

void
vio_rss_init(struct vio_port *port)
{
	/*
	 * With a key that repeats every 16 bits the Toeplitz hash does not change when source and
	 * destination change places.
	 */
	for (unsigned int i = 0; i < VIO_RSS_KEY; i += 2) {
		port->rss.key[i] = 0x6d;
		port->rss.key[i + 1] = 0x5a;
	}
}

static int
check_key(const struct vio_port *port, const struct rte_eth_rss_conf *conf)
{
	/* Until DPDK 23.11 a key had 40 bytes and its length was not always filled in. */
	if (conf->rss_key == NULL || conf->rss_key_len == VIO_RSS_KEY || conf->rss_key_len == 0)
		return 0;
	VIO_PORT_LOG(port, ctrl, ERR, "an RSS key of %u bytes; the port's keys have %u",
		     conf->rss_key_len, VIO_RSS_KEY);
	return -EINVAL;
}

/** Types and key; the one that is not given stays. */
static void
set_hash(struct vio_rss *rss, const struct rte_eth_rss_conf *conf)
{
	rss->hash_types = types_of(conf->rss_hf);
	if (conf->rss_key != NULL)
		memcpy(rss->key, conf->rss_key, VIO_RSS_KEY);
}

int
vio_rss_configure(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	const struct rte_eth_conf *conf = &dev->data->dev_conf;
	const uint16_t queues = dev->data->nb_rx_queues;
	struct vio_rss *rss = &port->rss;

	rss->wanted = (conf->rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG) != 0;
	rss->hash_types = 0;
	if (rss->wanted && queues > 1 && !device_has_rss(port))
		VIO_PORT_LOG(port, driver, NOTICE, "the device spreads packets over its queues by "
			     "itself (it does not offer RSS); types, key and table of RSS do not "
			     "steer");
	if (!device_has_hashes(port))
		return 0;
	if (rss->wanted) {
		if (check_key(port, &conf->rx_adv_conf.rss_conf) != 0)
			return -EINVAL;
		set_hash(rss, &conf->rx_adv_conf.rss_conf);
	}
	/* The table stays as it is while it suits. */
	for (unsigned int i = 0; rss->queues != queues && queues != 0 && i < VIO_RSS_TABLE_MAX; i++)
		rss->table[i] = i % queues;
	rss->queues = queues;
	return 0;
}

bool
vio_rss_wanted(const struct rte_eth_dev *dev)
{
	const struct vio_port *port = vio_port(dev);

	if (!device_has_rss(port) || dev->data->nb_rx_queues == 0)
		return false;
	/* A device with RSS alone has no other way to turn on several pairs. */
	return port->rss.wanted || (port->pairs > 1 && !vio_offers(port, VIRTIO_NET_F_MQ));
}

static uint8_t *
put_le16(uint8_t *to, uint16_t value)
{
	const rte_le16_t le = rte_cpu_to_le_16(value);

	memcpy(to, &le, sizeof(le));
	return to + sizeof(le);
}

/** VIRTIO_NET_CTRL_MQ_RSS_CONFIG (5.1.6.5.7.1). A receive queue's number is half of its virtqueue's. */
static int
send_config(struct vio_port *port, const struct vio_rss *rss)
{
	const uint16_t size = vio_rss_table_size(port);
	const rte_le32_t types = rte_cpu_to_le_32(rss->hash_types);
	uint8_t data[sizeof(types) + 2 * (3 + VIO_RSS_TABLE_MAX) + 1 + VIO_RSS_KEY];
	uint8_t *end = data + sizeof(types);

	memcpy(data, &types, sizeof(types));
	end = put_le16(end, size - 1); /* indirection_table_mask */
	end = put_le16(end, 0);        /* unclassified_queue: receiveq1 */
	for (unsigned int i = 0; i < size; i++)
		end = put_le16(end, rss->table[i]);
	end = put_le16(end, port->pairs); /* max_tx_vq */
	*end++ = VIO_RSS_KEY;
	memcpy(end, rss->key, VIO_RSS_KEY);
	end += VIO_RSS_KEY;
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_RSS_CONFIG, data,
				end - data);
}

/** Does the device follow the application's hash and table? Where not, it steers by itself. */
static bool
hashes(const struct vio_port *port, const struct vio_rss *rss)
{
	if (!vio_has(port, VIRTIO_NET_F_RSS))
		return false;
	return rss->hash_types != 0 || !vio_has(port, VIRTIO_NET_F_MQ);
}

/** VIRTIO_NET_CTRL_MQ_HASH_CONFIG (5.1.6.5.6.4): what to report; the device steers by itself. */
static int
send_hash(struct vio_port *port, const struct vio_rss *rss)
{
	struct {
		rte_le32_t types;
		rte_le16_t reserved[4];
		uint8_t key_len;
		uint8_t key[VIO_RSS_KEY];
	} __rte_packed data = {
		.types = rte_cpu_to_le_32(rss->hash_types),
		.key_len = VIO_RSS_KEY,
	};

	memcpy(data.key, rss->key, VIO_RSS_KEY);
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_HASH_CONFIG, &data,
				sizeof(data));
}

/** Tell the device; of the modes, what was sent last counts (5.1.6.5.5). */
static int
steer(struct vio_port *port, const struct vio_rss *rss)
{
	int ret = 0;

	if (hashes(port, rss))
		return send_config(port, rss);
	/* 5.1.6.5.6: one pair is on after a reset; RSS may have been on. */
	if (port->pairs > 1 || vio_has(port, VIRTIO_NET_F_RSS))
		ret = vio_ctrl_set_pairs(port, port->pairs);
	if (ret == 0 && vio_has(port, VIRTIO_NET_F_HASH_REPORT))
		ret = send_hash(port, rss);
	return ret;
}

int
vio_rss_steer(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);

	return steer(port, &port->rss);
}

/** May RSS be looked at or changed? A word where not: silence would look like success. */
static int
check_rss(const struct vio_port *port)
{
	if (!device_has_hashes(port))
		VIO_PORT_LOG(port, ctrl, NOTICE, "the device does not offer RSS");
	else if (!port->rss.wanted)
		VIO_PORT_LOG(port, ctrl, NOTICE, "RSS was not asked for; configure the port with "
			     "RTE_ETH_MQ_RX_RSS");
	else
		return 0;
	return -ENOTSUP;
}

/** Tell a live device of @p rss and make it the port's; to another device the start says it. */
static int
update(struct vio_port *port, const struct vio_rss *rss)
{
	const bool hashes = vio_has(port, VIRTIO_NET_F_RSS) ||
			    vio_has(port, VIRTIO_NET_F_HASH_REPORT);
	int ret = 0;

	if (port->live)
		ret = hashes ? steer(port, rss) : -ENOTSUP;
	if (ret == 0)
		port->rss = *rss;
	return ret;
}

int
vio_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	struct vio_port *port = vio_port(dev);
	struct vio_rss rss;
	int ret = check_rss(port);

	if (ret == 0)
		ret = check_key(port, conf);
	if (ret != 0)
		return ret;
	pthread_mutex_lock(&port->lock);
	rss = port->rss;
	set_hash(&rss, conf);
	ret = update(port, &rss);
	pthread_mutex_unlock(&port->lock);
	return ret;
}

int
vio_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	struct vio_port *port = vio_port(dev);
	int ret = check_rss(port);

	if (ret == 0)
		ret = check_key(port, conf);
	if (ret != 0)
		return ret;
	pthread_mutex_lock(&port->lock);
	conf->rss_hf = flows_of(port->rss.hash_types);
	if (conf->rss_key != NULL)
		memcpy(conf->rss_key, port->rss.key, VIO_RSS_KEY);
	conf->rss_key_len = VIO_RSS_KEY;
	pthread_mutex_unlock(&port->lock);
	return 0;
}

static int
check_table(const struct vio_port *port, uint16_t size)
{
	int ret = check_rss(port);

	if (ret != 0)
		return ret;
	if (vio_rss_table_size(port) == 0)
		return -ENOTSUP;
	if (size == vio_rss_table_size(port))
		return 0;
	VIO_PORT_LOG(port, ctrl, ERR, "a redirection table of %u entries; the port's has %u", size,
		     vio_rss_table_size(port));
	return -EINVAL;
}

int
vio_rss_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *entries,
		    uint16_t size)
{
	struct vio_port *port = vio_port(dev);
	struct vio_rss rss;
	int ret = check_table(port, size);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&port->lock);
	rss = port->rss;
	for (unsigned int i = 0; ret == 0 && i < size; i++) {
		const struct rte_eth_rss_reta_entry64 *group = &entries[i / RTE_ETH_RETA_GROUP_SIZE];
		const unsigned int at = i % RTE_ETH_RETA_GROUP_SIZE;

		if (!((group->mask >> at) & 1))
			continue;
		/* 5.1.6.5.7.1.1: enabled queues only. */
		if (group->reta[at] >= dev->data->nb_rx_queues)
			ret = -EINVAL;
		rss.table[i] = group->reta[at];
	}
	if (ret == 0)
		ret = update(port, &rss);
	pthread_mutex_unlock(&port->lock);
	return ret;
}

int
vio_rss_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *entries,
		   uint16_t size)
{
	struct vio_port *port = vio_port(dev);
	int ret = check_table(port, size);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&port->lock);
	for (unsigned int i = 0; i < size; i++) {
		struct rte_eth_rss_reta_entry64 *group = &entries[i / RTE_ETH_RETA_GROUP_SIZE];
		const unsigned int at = i % RTE_ETH_RETA_GROUP_SIZE;

		if ((group->mask >> at) & 1)
			group->reta[at] = port->rss.table[i];
	}
	pthread_mutex_unlock(&port->lock);
	return 0;
}
