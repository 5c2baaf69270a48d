/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_ethdev.c - a port from probe to close: what the device is asked for, and the order of things.
 *
 * The device is live between start and stop only. At any other time it is reset, so that nothing
 * is written to memory that the application may have freed (3.3.1), and a start always negotiates
 * anew: what the device offers may have changed.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_malloc.h>

#include "rxtx/rxtx.h"
#include "rxtx/vio_mbuf.h"
#include "log.h"
#include "vio.h"
#include "virtio_spec.h"

RTE_LOG_REGISTER(vio_logtype_init, pmd.net.vio.init, NOTICE);
RTE_LOG_REGISTER(vio_logtype_driver, pmd.net.vio.driver, NOTICE);
RTE_LOG_REGISTER(vio_logtype_queue, pmd.net.vio.queue, NOTICE);
RTE_LOG_REGISTER(vio_logtype_ctrl, pmd.net.vio.ctrl, NOTICE);

/** Features that the driver can use, before devargs and configuration take some away. */
#define VIO_FEATURES ( \
	VIRTIO_FEATURE(VIRTIO_NET_F_MTU) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_MAC) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_STATUS) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_RX) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_MAC_ADDR) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_MQ) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_SPEED_DUPLEX) | \
	VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX) | \
	VIRTIO_FEATURE(VIRTIO_F_VERSION_1) | \
	VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM) | \
	VIRTIO_FEATURE(VIRTIO_F_ORDER_PLATFORM) | \
	VIRTIO_FEATURE(VIRTIO_F_NOTIFICATION_DATA) | \
	VIRTIO_FEATURE(VIRTIO_F_NOTIF_CONFIG_DATA))

static bool
offers(const struct vio_port *port, unsigned int bit)
{
	return (port->device.offered >> bit) & 1;
}

/** One field of configuration space that @p bit says is there; @p value keeps its default if not. */
static int
config_field(struct vio_port *port, unsigned int bit, uint32_t offset, void *value, uint32_t len)
{
	int ret = 0;

	if (offers(port, bit))
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
	port->config.mac_random = !rte_is_valid_assigned_ether_addr(&mac);
	if (port->config.mac_random) {
		rte_eth_random_addr(mac.addr_bytes);
		VIO_PORT_LOG(port, init, NOTICE, "the device has no usable MAC address; using "
			     RTE_ETHER_ADDR_PRT_FMT, RTE_ETHER_ADDR_BYTES(&mac));
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

/** Read what probe has to know; every value is checked before it is believed. */
static int
read_config(struct vio_port *port)
{
	rte_le16_t pairs = RTE_LE16(1);
	rte_le16_t mtu = 0;
	int ret = read_mac(port);

	if (ret == 0)
		ret = read_speed(port);
	if (ret == 0)
		ret = CONFIG_FIELD(port, VIRTIO_NET_F_MQ, max_virtqueue_pairs, &pairs);
	if (ret == 0)
		ret = CONFIG_FIELD(port, VIRTIO_NET_F_MTU, mtu, &mtu);
	if (ret != 0)
		return ret;

	port->config.max_pairs = rte_le_to_cpu_16(pairs);
	if (port->config.max_pairs < 1 || port->config.max_pairs > VIO_MAX_PAIRS) {
		VIO_PORT_LOG(port, init, WARNING, "the device says it has %u queue pairs (1 to %u "
			     "are possible); using one", port->config.max_pairs, VIO_MAX_PAIRS);
		port->config.max_pairs = 1;
		port->config.ignore |= VIRTIO_FEATURE(VIRTIO_NET_F_MQ);
	}
	port->config.max_mtu = VIO_MTU_MAX;
	if (offers(port, VIRTIO_NET_F_MTU)) {
		port->config.max_mtu = rte_le_to_cpu_16(mtu);
		if (port->config.max_mtu < VIO_MTU_MIN || port->config.max_mtu > VIO_MTU_MAX) {
			VIO_PORT_LOG(port, init, WARNING, "the device asks for an MTU of %u, which "
				     "no port can have; ignoring it", port->config.max_mtu);
			port->config.max_mtu = VIO_MTU_MAX;
			port->config.ignore |= VIRTIO_FEATURE(VIRTIO_NET_F_MTU);
		}
	}
	return 0;
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

/** Look at the device without taking it live; it is left reset. */
static int
inspect(struct vio_port *port)
{
	struct virtio_transport *t = port->device.transport;
	int ret = virtio_device_reset(&port->device);

	if (ret == 0)
		ret = virtio_device_negotiate(&port->device, VIO_FEATURES,
					      VIRTIO_FEATURE(VIRTIO_F_VERSION_1));
	if (ret == 0)
		ret = read_config(port);
	if (ret == 0)
		ret = read_ring_sizes(port);
	if (!t->gone)
		virtio_device_reset(&port->device);
	return ret;
}

static int
vio_dev_configure(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	const struct rte_eth_conf *conf = &dev->data->dev_conf;
	uint16_t pairs = RTE_MAX(dev->data->nb_rx_queues, dev->data->nb_tx_queues);

	if (conf->txmode.mq_mode != RTE_ETH_MQ_TX_NONE) {
		VIO_PORT_LOG(port, driver, ERR, "transmit multi-queue mode %u is not supported; "
			     "use RTE_ETH_MQ_TX_NONE", conf->txmode.mq_mode);
		return -EINVAL;
	}
	if (conf->rxmode.mq_mode != RTE_ETH_MQ_RX_NONE &&
	    conf->rxmode.mq_mode != RTE_ETH_MQ_RX_RSS) {
		VIO_PORT_LOG(port, driver, ERR, "receive multi-queue mode %u is not supported; "
			     "use RTE_ETH_MQ_RX_NONE or _RSS", conf->rxmode.mq_mode);
		return -EINVAL;
	}
	if (conf->rxmode.mq_mode == RTE_ETH_MQ_RX_RSS && dev->data->nb_rx_queues > 1)
		VIO_PORT_LOG(port, driver, NOTICE, "the device spreads packets over its queues "
			     "by itself; key and table of RSS are not used");
	if (conf->lpbk_mode != 0) {
		VIO_PORT_LOG(port, driver, ERR, "a virtio device has no loopback mode");
		return -EINVAL;
	}
	if (dev->data->nb_rx_queues < pairs)
		/* The device sends to all pairs that are on; nobody would look at these. */
		VIO_PORT_LOG(port, driver, WARNING, "%u transmit but %u receive queues: what the "
			     "device puts into the receive queues of the other pairs is lost",
			     dev->data->nb_tx_queues, dev->data->nb_rx_queues);
	port->pairs = pairs;
	dev->data->scattered_rx = 1;
	return 0;
}

/** Features to ask for in the present configuration. */
static uint64_t
wanted_features(const struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	uint64_t wanted = VIO_FEATURES & ~port->config.ignore;

	if (!port->args.mrg_rxbuf) {
		wanted &= ~VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF);
		/* 5.1.4.2: MTU is a promise that buffers hold such frames. */
		for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
			const struct vio_rxq *q = dev->data->rx_queues[i];

			if (q->max_frame < (uint32_t)port->config.max_mtu + VIO_FRAME_OVERHEAD)
				wanted &= ~VIRTIO_FEATURE(VIRTIO_NET_F_MTU);
		}
	}
	return wanted;
}

static void
log_features(struct vio_port *port)
{
	char names[512];

	virtio_features_string(port->device.accepted, names, sizeof(names));
	VIO_PORT_LOG(port, driver, NOTICE, "features: %s", names);
	virtio_features_string(port->device.offered & ~port->device.accepted, names, sizeof(names));
	VIO_PORT_LOG(port, driver, INFO, "offered but not used: %s", names);
}

static int
start_queues(struct rte_eth_dev *dev)
{
	int ret = 0;

	for (uint16_t i = 0; ret == 0 && i < dev->data->nb_rx_queues; i++)
		ret = vio_rxq_start(dev->data->rx_queues[i]);
	for (uint16_t i = 0; ret == 0 && i < dev->data->nb_tx_queues; i++)
		ret = vio_txq_start(dev->data->tx_queues[i]);
	if (ret == 0)
		ret = vio_ctrl_start(vio_port(dev));
	return ret;
}

static void
set_queue_states(struct rte_eth_dev *dev, uint8_t state)
{
	memset(dev->data->rx_queue_state, state, dev->data->nb_rx_queues);
	memset(dev->data->tx_queue_state, state, dev->data->nb_tx_queues);
}

/** Reset the device; then nothing posted is the device's any more and can be freed. */
static void
quiesce(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);

	port->started = false;
	vio_ctrl_stop(port);
	if (virtio_device_reset(&port->device) == -ETIMEDOUT) {
		/* It may still write: memory that it can reach must not be reused. */
		VIO_PORT_LOG(port, driver, ERR, "the device does not finish its reset; buffers "
			     "that it holds are given up");
		return;
	}
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		if (dev->data->rx_queues[i] != NULL)
			vio_rxq_drain(dev->data->rx_queues[i]);
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		if (dev->data->tx_queues[i] != NULL)
			vio_txq_drain(dev->data->tx_queues[i]);
}

static int
vio_dev_start(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret = virtio_device_negotiate(&port->device, wanted_features(dev),
					  VIRTIO_FEATURE(VIRTIO_F_VERSION_1));

	if (ret == 0)
		ret = vio_check_frames(dev, dev->data->mtu);
	if (ret == 0 && port->pairs > 1 && !vio_has(port, VIRTIO_NET_F_MQ)) {
		VIO_PORT_LOG(port, driver, ERR, "%u queue pairs are configured, but the device no "
			     "longer offers more than one", port->pairs);
		ret = -EINVAL;
	}
	if (ret == 0)
		ret = start_queues(dev);
	if (ret == 0)
		ret = virtio_device_driver_ok(&port->device);
	/* 5.1.6.5.6: one pair is on after a reset. */
	if (ret == 0 && port->pairs > 1)
		ret = vio_ctrl_set_pairs(port, port->pairs);
	if (ret != 0) {
		VIO_PORT_LOG(port, driver, ERR, "start failed: %s", strerror(-ret));
		quiesce(dev);
		return ret;
	}
	log_features(port);
	vio_paths_choose(dev);
	port->started = true;
	/* Not before DRIVER_OK (3.1.1): there are buffers. */
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct vio_rxq *q = dev->data->rx_queues[i];

		vio_vq_kick(&q->vq, q->avail_idx);
	}
	set_queue_states(dev, RTE_ETH_QUEUE_STATE_STARTED);
	vio_link_update(dev, 0);
	return 0;
}

static int
vio_dev_stop(struct rte_eth_dev *dev)
{
	dev->rx_pkt_burst = vio_recv_stopped;
	dev->tx_pkt_burst = vio_xmit_stopped;
	dev->data->dev_started = 0;
	quiesce(dev);
	set_queue_states(dev, RTE_ETH_QUEUE_STATE_STOPPED);
	vio_link_update(dev, 0);
	return 0;
}

static int
vio_dev_close(struct rte_eth_dev *dev)
{
	vio_port_fini(dev);
	return 0;
}

static int
vio_dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct vio_port *port = vio_port(dev);
	const struct rte_eth_desc_lim lim = {
		.nb_max = VIO_RING_MAX,
		.nb_min = 1, /* any number gets a ring; vio_queue.c says which */
		.nb_align = 1,
	};

	info->max_rx_queues = port->usable_pairs;
	info->max_tx_queues = port->usable_pairs;
	info->min_rx_bufsize = RTE_ETHER_MIN_LEN;
	info->max_rx_pktlen = port->config.max_mtu + VIO_FRAME_OVERHEAD;
	info->min_mtu = VIO_MTU_MIN;
	info->max_mtu = port->config.max_mtu;
	info->max_mac_addrs = 1;
	info->rx_desc_lim = lim;
	info->tx_desc_lim = lim;
	info->tx_desc_lim.nb_seg_max = UINT16_MAX;
	info->tx_desc_lim.nb_mtu_seg_max = UINT16_MAX;
	info->rx_offload_capa = RTE_ETH_RX_OFFLOAD_SCATTER;
	info->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	/* Accepted and not used where the device has no RSS: see vio_dev_configure(). */
	info->flow_type_rss_offloads = port->usable_pairs > 1 ?
		RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP : 0;
	info->default_rxportconf.ring_size = port->ring_max[0];
	info->default_txportconf.ring_size = port->ring_max[1];
	info->default_rxportconf.burst_size = 32;
	info->default_txportconf.burst_size = 32;
	info->default_rxportconf.nb_queues = 1;
	info->default_txportconf.nb_queues = 1;
	return 0;
}

static const struct eth_dev_ops vio_ops = {
	.dev_configure = vio_dev_configure,
	.dev_start = vio_dev_start,
	.dev_stop = vio_dev_stop,
	.dev_close = vio_dev_close,
	.dev_infos_get = vio_dev_infos_get,
	.link_update = vio_link_update,
	.mtu_set = vio_mtu_set,
	.mac_addr_set = vio_mac_addr_set,
	.promiscuous_enable = vio_promiscuous_enable,
	.promiscuous_disable = vio_promiscuous_disable,
	.allmulticast_enable = vio_allmulticast_enable,
	.allmulticast_disable = vio_allmulticast_disable,
	.rx_queue_setup = vio_rx_queue_setup,
	.rx_queue_release = vio_rx_queue_release,
	.tx_queue_setup = vio_tx_queue_setup,
	.tx_queue_release = vio_tx_queue_release,
	.rxq_info_get = vio_rxq_info_get,
	.txq_info_get = vio_txq_info_get,
	.rx_burst_mode_get = vio_rx_burst_mode_get,
	.tx_burst_mode_get = vio_tx_burst_mode_get,
	.stats_get = vio_stats_get,
	.stats_reset = vio_stats_reset,
	.xstats_get = vio_xstats_get,
	.xstats_get_names = vio_xstats_get_names,
	.xstats_reset = vio_stats_reset,
};

/** The protocol library's lines go to the driver's log. */
static void
library_log(enum virtio_log_level level, const char *fmt, va_list ap)
{
	static const uint32_t levels[] = {
		[VIRTIO_LOG_ERR] = RTE_LOG_ERR,
		[VIRTIO_LOG_WARNING] = RTE_LOG_WARNING,
		[VIRTIO_LOG_NOTICE] = RTE_LOG_NOTICE,
		[VIRTIO_LOG_INFO] = RTE_LOG_INFO,
		[VIRTIO_LOG_DEBUG] = RTE_LOG_DEBUG,
	};
	char line[512];

	vsnprintf(line, sizeof(line), fmt, ap);
	rte_log(levels[level], vio_logtype_init, "VIO: %s\n", line);
}

int
vio_port_init(struct rte_eth_dev *dev, struct virtio_transport *transport,
	      const struct vio_devargs *args, bool iova_is_va)
{
	struct vio_port *port = vio_port(dev);
	int ret;

	virtio_log_set(library_log);
	port->name = dev->data->name;
	port->data = dev->data;
	port->args = *args;
	port->iova_is_va = iova_is_va;
	rte_spinlock_init(&port->ctrl.lock);
	virtio_device_init(&port->device, transport);
	ret = inspect(port);
	if (ret == 0) {
		dev->data->mac_addrs = rte_zmalloc("vio_mac", RTE_ETHER_ADDR_LEN, 0);
		if (dev->data->mac_addrs == NULL)
			ret = -ENOMEM;
	}
	if (ret != 0) {
		rte_free(port->ring_max);
		port->ring_max = NULL;
		return ret;
	}
	rte_ether_addr_copy(&port->config.mac, dev->data->mac_addrs);
	dev->dev_ops = &vio_ops;
	dev->rx_pkt_burst = vio_recv_stopped;
	dev->tx_pkt_burst = vio_xmit_stopped;
	vio_link_update(dev, 0);
	return 0;
}

void
vio_port_fini(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);

	if (port->ring_max == NULL)
		return; /* closed before */
	quiesce(dev);
	vio_fault_events_cancel(dev);
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		vio_rx_queue_release(dev, i);
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		vio_tx_queue_release(dev, i);
	vio_ctrl_free(port);
	rte_free(port->ring_max);
	port->ring_max = NULL;
	/* mac_addrs is freed with the ethdev. */
}
