/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* port.c - see port.h. */

#include <errno.h>
#include <string.h>

#include <linux/if_tun.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "bridge.h"
#include "port.h"

#define RX(name) RTE_ETH_RX_OFFLOAD_ ## name
#define TX(name) RTE_ETH_TX_OFFLOAD_ ## name

#define BOTH_RX_CKSUM (RX(TCP_CKSUM) | RX(UDP_CKSUM))
#define BOTH_TX_CKSUM (TX(TCP_CKSUM) | TX(UDP_CKSUM))

#define MBUF_CACHE 256

static int
failed(const struct port *port, int ret, const char *what)
{
	nb_log("%s: %s (%s)", port->name, what, rte_strerror(-ret));
	return ret;
}

/** The port by its name, or the only one. */
static int
find(struct port *port, const char *name)
{
	uint16_t id = 0;

	if (name != NULL && rte_eth_dev_get_port_by_name(name, &id) != 0) {
		nb_log("there is no port %s: name it to EAL (-a, --vdev) too", name);
		return -ENODEV;
	}
	if (name == NULL && rte_eth_dev_count_avail() != 1) {
		nb_log("there are %u ports: name one to EAL (-a, --vdev), or say which one with "
		       "--port", rte_eth_dev_count_avail());
		return -ENODEV;
	}
	if (name == NULL)
		id = rte_eth_find_next(0);
	port->id = id;
	port->open = true;
	return rte_eth_dev_get_name_by_port(id, port->name);
}

/** Those of @p wanted that the port has, all or none where one is no use without the other. */
static uint64_t
both(uint64_t capa, uint64_t wanted)
{
	return (capa & wanted) == wanted ? wanted : 0;
}

static void
choose_offloads(struct port *port, const struct rte_eth_dev_info *info, uint32_t wishes)
{
	const uint64_t rx = info->rx_offload_capa;
	const uint64_t tx = info->tx_offload_capa;

	port->rx_offloads = rx & RX(SCATTER);
	port->tx_offloads = tx & TX(MULTI_SEGS);
	if (wishes & NB_RX_CSUM)
		port->rx_offloads |= both(rx, BOTH_RX_CKSUM);
	if ((wishes & NB_LRO) && (port->rx_offloads & RX(TCP_CKSUM)))
		port->rx_offloads |= rx & RX(TCP_LRO);
	if (wishes & NB_TX_CSUM)
		port->tx_offloads |= both(tx, BOTH_TX_CKSUM);
	if ((wishes & NB_TSO) && (port->tx_offloads & TX(TCP_CKSUM)) &&
	    (port->tx_offloads & TX(MULTI_SEGS)) &&
	    (info->tx_desc_lim.nb_seg_max == 0 || info->tx_desc_lim.nb_seg_max >= BRIDGE_SEGMENTS))
		port->tx_offloads |= tx & (TX(TCP_TSO) | TX(IPV4_CKSUM));
}

static int
make_pools(struct port *port, const struct options *options)
{
	port->rx_pool = rte_pktmbuf_pool_create("from port", options->mbufs, MBUF_CACHE, 0,
						RTE_MBUF_DEFAULT_BUF_SIZE,
						rte_eth_dev_socket_id(port->id));
	if (port->rx_pool != NULL)
		port->tx_pool = rte_pktmbuf_pool_create("from tap", options->mbufs, MBUF_CACHE, 0,
							RTE_MBUF_DEFAULT_BUF_SIZE,
							rte_eth_dev_socket_id(port->id));
	if (port->tx_pool != NULL)
		return 0;
	nb_log("no memory for twice %u mbufs (%s): lower --mbufs or raise EAL's -m",
	       options->mbufs, rte_strerror(rte_errno));
	return -ENOMEM;
}

/** A callback of ethdev, on whatever thread. */
static int
lost(uint16_t id, enum rte_eth_event_type type, void *arg, void *ret)
{
	struct port *port = arg;

	RTE_SET_USED(id);
	RTE_SET_USED(type);
	RTE_SET_USED(ret);
	__atomic_store_n(&port->device_lost, 1, __ATOMIC_RELEASE);
	return 0;
}

static int
configure(struct port *port, const struct rte_eth_dev_info *info)
{
	struct rte_eth_conf conf = {
		.rxmode.offloads = port->rx_offloads,
		.rxmode.mtu = port->mtu,
		.txmode.offloads = port->tx_offloads,
	};
	int ret;

	if (port->rx_offloads & RX(TCP_LRO))
		conf.rxmode.max_lro_pkt_size = info->max_lro_pkt_size;
	if (port->queues > 1 && info->flow_type_rss_offloads != 0) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = info->flow_type_rss_offloads;
	}
	ret = rte_eth_dev_configure(port->id, port->queues, port->queues, &conf);
	return ret == 0 ? 0 : failed(port, ret, "it takes no such configuration");
}

static int
set_up_queues(struct port *port, const struct options *options)
{
	uint16_t rx = options->descriptors;
	uint16_t tx = options->descriptors;
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);

	if (ret == 0 && (uint32_t)(rx + BRIDGE_BURST) * port->queues > options->mbufs) {
		nb_log("%s: its rings hold more than %u mbufs: raise --mbufs", port->name,
		       options->mbufs);
		return -ENOSPC;
	}
	for (uint16_t i = 0; ret == 0 && i < port->queues; i++) {
		ret = rte_eth_rx_queue_setup(port->id, i, rx, rte_eth_dev_socket_id(port->id), NULL,
					     port->rx_pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(port->id, i, tx,
						     rte_eth_dev_socket_id(port->id), NULL);
	}
	return ret == 0 ? 0 : failed(port, ret, "its queues cannot be set up");
}

int
port_open(struct port *port, const struct options *options, unsigned int lcores)
{
	struct rte_eth_dev_info info;
	unsigned int pairs;
	int ret = find(port, options->port);

	if (ret != 0)
		return ret;
	ret = rte_eth_dev_info_get(port->id, &info);
	if (ret != 0)
		return failed(port, ret, "nothing is known of it");
	pairs = RTE_MIN(info.max_rx_queues, info.max_tx_queues);
	if (options->queues > pairs || options->queues > lcores) {
		nb_log("%s: --queues %u, but it has %u queue pairs, and %u lcores are there "
		       "besides the first one", port->name, options->queues, pairs, lcores);
		return -EINVAL;
	}
	port->queues = options->queues != 0 ? options->queues :
		       RTE_MIN(RTE_MIN(pairs, lcores), (unsigned int)NB_QUEUES_MAX);
	if (port->queues == 0) {
		nb_log("there is no lcore for packets: the first one is for control, each other "
		       "one serves a queue pair; give EAL two or more, as in -l 0,1");
		return -EINVAL;
	}
	port->mtu = options->mtu;
	choose_offloads(port, &info, options->offloads);
	ret = make_pools(port, options);
	if (ret == 0)
		ret = configure(port, &info);
	if (ret == 0)
		ret = set_up_queues(port, options);
	if (ret != 0)
		return ret;
	rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RESET, lost, port);
	rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RMV, lost, port);
	ret = rte_eth_macaddr_get(port->id, &port->mac);
	return ret == 0 ? 0 : failed(port, ret, "it has no address");
}

int
port_start(struct port *port, const struct options *options)
{
	int ret = rte_eth_dev_start(port->id);

	if (ret != 0)
		return failed(port, ret, "it does not start");
	port->started = true;
	/* The stack's groups are many and change; the stack drops what it did not join. */
	if (options->promiscuous || rte_eth_allmulticast_enable(port->id) != 0)
		ret = rte_eth_promiscuous_enable(port->id);
	if (ret != 0 && ret != -ENOTSUP)
		return failed(port, ret, "it cannot be made to receive what is for others");
	if (ret == -ENOTSUP)
		nb_log("%s: it has no filters that can be opened, and may not receive all groups",
		       port->name);
	return 0;
}

bool
port_link(const struct port *port)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(port->id, &link) == 0 && link.link_status;
}

uint32_t
port_tap_offloads(const struct port *port)
{
	uint32_t flags = 0;

	if (port->tx_offloads & TX(TCP_CKSUM))
		flags |= TUN_F_CSUM;
	if (port->tx_offloads & TX(TCP_TSO))
		flags |= TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	return flags;
}

void
port_close(struct port *port)
{
	if (port->started)
		rte_eth_dev_stop(port->id);
	if (port->open)
		rte_eth_dev_close(port->id);
	rte_mempool_free(port->rx_pool);
	rte_mempool_free(port->tx_pool);
	port->started = port->open = false;
	port->rx_pool = port->tx_pool = NULL;
}
