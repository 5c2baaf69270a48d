/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_ethdev.c - a port as ethdev sees it: its operations, what it can do, its beginning and end. */

#include <errno.h>
#include <stdio.h>

#include <rte_malloc.h>

#include "log.h"
#include "rxtx/rxtx.h"
#include "vio.h"
#include "vio_compat.h"

RTE_LOG_REGISTER(vio_logtype_init, pmd.net.vio.init, NOTICE);
RTE_LOG_REGISTER(vio_logtype_driver, pmd.net.vio.driver, NOTICE);
RTE_LOG_REGISTER(vio_logtype_queue, pmd.net.vio.queue, NOTICE);
RTE_LOG_REGISTER(vio_logtype_ctrl, pmd.net.vio.ctrl, NOTICE);

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
	/* Its values are each driver's own (rte_ethdev.h); DPDK's performance test always sets it. */
	if (conf->lpbk_mode != 0)
		VIO_PORT_LOG(port, driver, NOTICE, "a virtio device has no loopback mode: what is "
			     "sent goes to the network");
	port->pairs = pairs;
	vio_offload_configure(dev);
	if (vio_rss_configure(dev) != 0)
		return -EINVAL;
	/* Without a table of ours the device sends to all pairs; nobody would look at these. */
	if (dev->data->nb_rx_queues < pairs && !vio_rss_wanted(dev))
		VIO_PORT_LOG(port, driver, WARNING, "%u transmit but %u receive queues: what the "
			     "device puts into the receive queues of the other pairs is lost",
			     dev->data->nb_tx_queues, dev->data->nb_rx_queues);
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
	info->max_mac_addrs = VIO_MAC_ADDRS;
	info->speed_capa = rte_eth_speed_bitflag(port->config.speed, port->config.duplex);
	info->rx_desc_lim = lim;
	info->tx_desc_lim = lim;
	info->tx_desc_lim.nb_seg_max = UINT16_MAX;
	info->tx_desc_lim.nb_mtu_seg_max = UINT16_MAX;
	info->rx_offload_capa = vio_rx_offload_capa(port) | vio_filter_offloads(port);
	info->tx_offload_capa = vio_tx_offload_capa(port);
	info->rx_queue_offload_capa = vio_rx_queue_offload_capa(port);
	info->tx_queue_offload_capa = vio_tx_queue_offload_capa(port);
	if (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_TCP_LRO)
		info->max_lro_pkt_size = VIO_LRO_MAX;
	info->flow_type_rss_offloads = vio_rss_flow_types(port);
	info->reta_size = vio_rss_table_size(port);
	info->hash_key_size = vio_rss_key_size(port);
	info->err_handle_mode = RTE_ETH_ERROR_HANDLE_MODE_PASSIVE; /* see vio_health.h */
	if (port->device.offered & VIRTIO_FEATURE(VIRTIO_F_RING_RESET))
		info->dev_capa |= RTE_ETH_DEV_CAPA_RUNTIME_RX_QUEUE_SETUP |
				  RTE_ETH_DEV_CAPA_RUNTIME_TX_QUEUE_SETUP;
	info->default_rxportconf.ring_size = port->ring_max[0];
	info->default_txportconf.ring_size = port->ring_max[1];
	info->default_rxportconf.burst_size = 32;
	info->default_txportconf.burst_size = 32;
	info->default_rxportconf.nb_queues = 1;
	info->default_txportconf.nb_queues = 1;
	return 0;
}

/** No packet is looked into: mbuf::packet_type is always 0. */
static const uint32_t *
vio_supported_ptypes_get(struct rte_eth_dev *dev __rte_unused VIO_PTYPES_COUNT)
{
	static const uint32_t none[] = { RTE_PTYPE_UNKNOWN };

	return none;
}

static const struct eth_dev_ops vio_ops = {
	.dev_configure = vio_dev_configure,
	.dev_start = vio_dev_start,
	.dev_stop = vio_dev_stop,
	.dev_set_link_up = vio_dev_set_link_up,
	.dev_set_link_down = vio_dev_set_link_down,
	.dev_close = vio_dev_close,
	.dev_reset = vio_dev_reset,
	.is_removed = vio_is_removed,
	.dev_infos_get = vio_dev_infos_get,
	.link_update = vio_link_update,
	.mtu_set = vio_mtu_set,
	.mac_addr_set = vio_mac_addr_set,
	.mac_addr_add = vio_mac_addr_add,
	.mac_addr_remove = vio_mac_addr_remove,
	.set_mc_addr_list = vio_set_mc_addr_list,
	.vlan_filter_set = vio_vlan_filter_set,
	.vlan_strip_queue_set = vio_vlan_strip_queue_set,
	.vlan_offload_set = vio_vlan_offload_set,
	.promiscuous_enable = vio_promiscuous_enable,
	.promiscuous_disable = vio_promiscuous_disable,
	.allmulticast_enable = vio_allmulticast_enable,
	.allmulticast_disable = vio_allmulticast_disable,
	.rss_hash_update = vio_rss_hash_update,
	.rss_hash_conf_get = vio_rss_hash_conf_get,
	.reta_update = vio_rss_reta_update,
	.reta_query = vio_rss_reta_query,
	.rx_queue_setup = vio_rx_queue_setup,
	.rx_queue_start = vio_rx_queue_start,
	.rx_queue_stop = vio_rx_queue_stop,
	.tx_queue_start = vio_tx_queue_start,
	.tx_queue_stop = vio_tx_queue_stop,
	.rx_queue_intr_enable = vio_rx_queue_intr_enable,
	.rx_queue_intr_disable = vio_rx_queue_intr_disable,
	.rx_queue_release = vio_rx_queue_release,
	.tx_queue_setup = vio_tx_queue_setup,
	.tx_queue_release = vio_tx_queue_release,
	.tx_done_cleanup = vio_tx_done_cleanup,
	.rxq_info_get = vio_rxq_info_get,
	.txq_info_get = vio_txq_info_get,
	.rx_burst_mode_get = vio_rx_burst_mode_get,
	.tx_burst_mode_get = vio_tx_burst_mode_get,
	.dev_supported_ptypes_get = vio_supported_ptypes_get,
	.get_monitor_addr = vio_get_monitor_addr,
	.get_reg = vio_get_reg,
	.eth_dev_priv_dump = vio_priv_dump,
	.stats_get = vio_stats_get,
	.stats_reset = vio_stats_reset,
	.xstats_get = vio_xstats_get,
	.xstats_get_names = vio_xstats_get_names,
	.xstats_reset = vio_xstats_reset,
};

/**
 * In a secondary process: what reads memory that processes share. The device, and with it anything
 * that changes the port, is the primary's.
 */
static const struct eth_dev_ops vio_secondary_ops = {
	.dev_infos_get = vio_dev_infos_get,
	.rxq_info_get = vio_rxq_info_get,
	.txq_info_get = vio_txq_info_get,
	.rx_burst_mode_get = vio_rx_burst_mode_get,
	.tx_burst_mode_get = vio_tx_burst_mode_get,
	.eth_dev_priv_dump = vio_priv_dump,
	.stats_get = vio_stats_get,
	.stats_reset = vio_stats_reset,
	.xstats_get = vio_xstats_get,
	.xstats_get_names = vio_xstats_get_names,
	.xstats_reset = vio_xstats_reset,
};

int
vio_port_attach(struct rte_eth_dev *dev)
{
	dev->dev_ops = &vio_secondary_ops;
	vio_burst_set(dev, vio_recv_stopped, vio_xmit_stopped);
	return 0;
}

bool
vio_is_port(const struct rte_eth_dev *dev)
{
	return dev->dev_ops == &vio_ops;
}

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

void
vio_port_prepare(struct rte_eth_dev *dev, struct virtio_transport *transport,
		 const struct vio_bus *bus, const struct vio_devargs *args, bool iova_is_va)
{
	struct vio_port *port = vio_port(dev);

	virtio_log_set(library_log);
	port->open = true;
	port->rx_path = VIO_PATH_NONE;
	port->tx_path = VIO_PATH_NONE;
	/* Of no callback: no gate, open or closed, is in this state. */
	port->rx_variant = VIO_GATE_VARIANT(0);
	port->tx_variant = VIO_GATE_VARIANT(0);
	port->bus = bus;
	port->serves_ctrl = bus->serves_ctrl;
	port->config_vector = VIRTIO_NO_VECTOR;
	port->rx_vector = VIRTIO_NO_VECTOR;
	port->name = dev->data->name;
	port->data = dev->data;
	port->args = *args;
	port->iova_is_va = iova_is_va;
	pthread_mutex_init(&port->lock, NULL);
	vio_ctrl_init(port);
	vio_rss_init(port);
	virtio_device_init(&port->device, transport);
}

int
vio_port_init(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);

	dev->data->mac_addrs = rte_zmalloc("vio_mac", VIO_MAC_ADDRS * RTE_ETHER_ADDR_LEN, 0);
	if (dev->data->mac_addrs == NULL)
		return -ENOMEM;
	rte_ether_addr_copy(&port->config.mac, dev->data->mac_addrs);
	vio_filter_init(port, &port->config.mac);
	dev->dev_ops = &vio_ops;
	dev->rx_queue_count = vio_rx_queue_count;
	dev->rx_descriptor_status = vio_rx_descriptor_status;
	dev->tx_descriptor_status = vio_tx_descriptor_status;
	vio_burst_set(dev, vio_recv_stopped, vio_xmit_stopped);
	/* What vio_health.c sees. A link without STATUS is always up. */
	if (port->bus->watched)
		dev->data->dev_flags |= RTE_ETH_DEV_INTR_RMV;
	if (port->bus->watched && vio_offers(port, VIRTIO_NET_F_STATUS))
		dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC;
	vio_link_update(dev, 0);
	return vio_health_start(port);
}

void
vio_port_fini(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	struct virtio_transport *transport = port->device.transport;

	if (!port->open)
		return;
	port->open = false;
	vio_health_stop(port);
	if (port->bus->closing != NULL)
		port->bus->closing(port);
	pthread_mutex_lock(&port->lock);
	port->started = false;
	vio_deactivate(dev);
	pthread_mutex_unlock(&port->lock);
	vio_intr_stop(dev);
	vio_fault_events_cancel(dev);
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		vio_rx_queue_release(dev, i);
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		vio_tx_queue_release(dev, i);
	vio_ctrl_free(port);
	vio_announce_free(port);
	vio_spare_free(port);
	rte_free(port->ring_max);
	port->ring_max = NULL;
	transport->ops->close(transport);
	if (port->bus->closed != NULL)
		port->bus->closed(port);
	/* mac_addrs is freed with the ethdev. */
}
