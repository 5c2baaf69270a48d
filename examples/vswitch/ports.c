/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* ports.c - see ports.h. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>

#include "ports.h"
#include "port_events.h"
#include "workers.h"

#define RING_SIZE 256

int
port_by_name(const struct vs_switch *sw, const char *name)
{
	for (int i = 0; i < VS_PORTS_MAX; i++)
		if (sw->port[i].present && strcmp(sw->port[i].name, name) == 0)
			return i;
	return -1;
}

int
port_offline(struct vs_switch *sw, uint16_t id)
{
	struct vs_port *port = &sw->port[id];
	const struct fdb_filter all = { .port = id, .vlan = -1 };
	int ret;

	if (!port->online)
		return 0;
	vlan_leave(&sw->vlans, &port->rules, id);
	ret = workers_remove_port(sw, id);
	if (ret != 0) {
		vlan_join(&sw->vlans, &port->rules, id);
		return ret;
	}
	/* What workers have looked up is gone too: they were quiet since vlan_leave(). */
	fdb_flush(sw->fdb, &all);
	port->online = false;
	return 0;
}

static int
port_online(struct vs_switch *sw, uint16_t id)
{
	struct vs_port *port = &sw->port[id];
	int ret;

	port->native = port->rules.native;
	ret = workers_add_port(sw, id, port->rx_queues);
	if (ret != 0)
		return ret;
	vlan_join(&sw->vlans, &port->rules, id);
	port->online = true;
	return 0;
}

/** How many queues: as many as workers can use. */
static void
choose_queues(const struct vs_switch *sw, const struct rte_eth_dev_info *info,
	      struct vs_port *port)
{
	const uint16_t wanted = sw->workers;

	port->rx_queues = RTE_MIN(info->max_rx_queues, wanted);
	port->tx_queues = RTE_MIN(info->max_tx_queues, wanted);
	/* A guest may use all queues that it was offered, and nobody else polls them. */
	if (port->vhost) {
		port->rx_queues = info->max_rx_queues;
		port->tx_queues = info->max_tx_queues;
	}
	port->rx_queues = RTE_MIN(port->rx_queues, VS_QUEUES_MAX);
	port->tx_queues = RTE_MIN(port->tx_queues, VS_QUEUES_MAX);
	port->tx_locked = sw->workers > 1 && (port->vhost || port->tx_queues < sw->workers);
}

static void
choose_conf(const struct vs_switch *sw, const struct rte_eth_dev_info *info,
	    struct rte_eth_conf *conf)
{
	const uint32_t room = rte_pktmbuf_data_room_size(sw->pool) - RTE_PKTMBUF_HEADROOM;

	memset(conf, 0, sizeof(*conf));
	conf->rxmode.mtu = RTE_MIN(sw->config.mtu, (uint32_t)info->max_mtu);
	if (sw->max_frame > room) {
		conf->rxmode.offloads = info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
		conf->txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	}
	conf->intr_conf.lsc = !!(*info->dev_flags & RTE_ETH_DEV_INTR_LSC);
	conf->intr_conf.rmv = !!(*info->dev_flags & RTE_ETH_DEV_INTR_RMV);
}

static int
setup_queues(struct vs_switch *sw, uint16_t id, const struct rte_eth_dev_info *info,
	     struct vs_error *error)
{
	struct vs_port *port = &sw->port[id];
	uint16_t rxd = info->default_rxportconf.ring_size;
	uint16_t txd = info->default_txportconf.ring_size;
	const int socket = rte_eth_dev_socket_id(id);
	int ret;

	rxd = rxd != 0 ? rxd : RING_SIZE;
	txd = txd != 0 ? txd : RING_SIZE;
	ret = rte_eth_dev_adjust_nb_rx_tx_desc(id, &rxd, &txd);
	if (ret != 0)
		return vs_fail(error, ret, "%s: no size for its rings (%s)", port->name,
			       rte_strerror(-ret));
	port->mbufs = (uint32_t)rxd * port->rx_queues + (uint32_t)txd * port->tx_queues;
	if (sw->mbufs_promised + port->mbufs > sw->config.mbufs)
		return vs_fail(error, -ENOBUFS,
			       "%s: its rings hold up to %u mbufs, %u of %u are left: "
			       "start the switch with a larger --mbufs",
			       port->name, port->mbufs,
			       sw->config.mbufs - RTE_MIN(sw->config.mbufs, sw->mbufs_promised),
			       sw->config.mbufs);
	for (uint16_t q = 0; q < port->rx_queues; q++) {
		ret = rte_eth_rx_queue_setup(id, q, rxd, socket, NULL, sw->pool);
		if (ret != 0)
			return vs_fail(error, ret, "%s: receive queue %u cannot be set up (%s)",
				       port->name, q, rte_strerror(-ret));
	}
	for (uint16_t q = 0; q < port->tx_queues; q++) {
		ret = rte_eth_tx_queue_setup(id, q, txd, socket, NULL);
		if (ret != 0)
			return vs_fail(error, ret, "%s: transmit queue %u cannot be set up (%s)",
				       port->name, q, rte_strerror(-ret));
	}
	return 0;
}

static int
port_setup(struct vs_switch *sw, uint16_t id, struct vs_error *error)
{
	struct vs_port *port = &sw->port[id];
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf;
	int ret;

	ret = rte_eth_dev_info_get(id, &info);
	if (ret != 0)
		return vs_fail(error, ret, "%s: says nothing about itself (%s)", port->name,
			       rte_strerror(-ret));
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	port->vhost = strcmp(port->driver, "net_vhost") == 0;
	choose_queues(sw, &info, port);
	if (port->rx_queues == 0 || port->tx_queues == 0)
		return vs_fail(error, -ENOTSUP, "%s: it cannot both receive and send", port->name);
	choose_conf(sw, &info, &conf);
	ret = rte_eth_dev_configure(id, port->rx_queues, port->tx_queues, &conf);
	if (ret != 0)
		return vs_fail(error, ret,
			       "%s: cannot be configured for MTU %u and %u+%u queues (%s)",
			       port->name, conf.rxmode.mtu, port->rx_queues, port->tx_queues,
			       rte_strerror(-ret));
	return setup_queues(sw, id, &info, error);
}

static int
port_start(struct vs_switch *sw, uint16_t id, struct vs_error *error)
{
	struct vs_port *port = &sw->port[id];
	int ret;

	port->tx_live = 0;
	port_map_tx(sw, id);
	ret = rte_eth_dev_start(id);
	if (ret != 0)
		return vs_fail(error, ret, "%s: does not start (%s)", port->name,
			       rte_strerror(-ret));
	ret = rte_eth_promiscuous_enable(id);
	if (ret != 0 && ret != -ENOTSUP)
		vs_log("%s: not promiscuous (%s): it may miss frames for others behind the switch",
		       port->name, rte_strerror(-ret));
	ret = port_online(sw, id);
	if (ret != 0) {
		rte_eth_dev_stop(id);
		return vs_fail(error, ret, "%s: no memory to poll it: raise EAL's -m", port->name);
	}
	port_update_link(sw, id);
	port_update_queues(sw, id);
	return 0;
}

int
port_adopt(struct vs_switch *sw, uint16_t id, const struct vlan_rules *rules,
	   struct vs_error *error)
{
	struct vs_port *port = &sw->port[id];
	int ret;

	memset(port, 0, sizeof(*port));
	for (unsigned int q = 0; q < VS_QUEUES_MAX; q++)
		rte_spinlock_init(&port->tx[q].lock);
	port->rules = *rules;
	if (rte_eth_dev_get_name_by_port(id, port->name) != 0)
		return vs_fail(error, -ENODEV, "port %u is gone", id);
	workers_clear_counters(sw, id);
	ret = port_setup(sw, id, error);
	if (ret != 0)
		return ret;
	port_watch(sw, id);
	port->present = true;
	ret = port_start(sw, id, error);
	if (ret != 0) {
		port->present = false;
		port_unwatch(sw, id);
		return ret;
	}
	sw->mbufs_promised += port->mbufs;
	vs_log("%s: added, %s, %u receive and %u transmit queue(s)", port->name, port->driver,
	       port->rx_queues, port->tx_queues);
	return 0;
}

/** The ports that a device has in the switch, a bit each. */
static uint64_t
ports_of(const struct vs_switch *sw, const struct rte_device *device)
{
	struct rte_eth_dev_info info;
	uint64_t set = 0;

	for (uint16_t id = 0; id < VS_PORTS_MAX; id++)
		if (sw->port[id].present && rte_eth_dev_info_get(id, &info) == 0 &&
		    info.device == device)
			set |= UINT64_C(1) << id;
	return set;
}

/** Take a port out and close it. */
static int
port_close(struct vs_switch *sw, uint16_t id, struct vs_error *error)
{
	struct vs_port *port = &sw->port[id];
	int ret = port_offline(sw, id);

	if (ret != 0)
		return vs_fail(error, ret, "%s: no memory to stop polling it", port->name);
	port_unwatch(sw, id);
	ret = rte_eth_dev_stop(id);
	if (ret != 0)
		vs_log("%s: does not stop (%s), is closed anyway", port->name, rte_strerror(-ret));
	rte_eth_dev_close(id);
	port->present = false;
	sw->mbufs_promised -= port->mbufs;
	vs_log("%s: removed", port->name);
	return 0;
}

int
port_remove(struct vs_switch *sw, uint16_t id, struct vs_error *error)
{
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(id, &info);
	uint64_t set;

	if (ret != 0)
		return vs_fail(error, ret, "%s: says nothing about itself (%s)", sw->port[id].name,
			       rte_strerror(-ret));
	for (set = ports_of(sw, info.device); set != 0; set &= set - 1) {
		ret = port_close(sw, __builtin_ctzll(set), error);
		if (ret != 0)
			return ret;
	}
	ret = rte_dev_remove(info.device);
	/* Some drivers let the device go with its last port. */
	if (ret != 0 && ret != -ENODEV && ret != -ENOENT)
		return vs_fail(error, ret,
			       "%s: out of the switch, but EAL does not remove the device "
			       "(%s)",
			       sw->port[id].name, rte_strerror(-ret));
	return 0;
}

/** Undo rte_dev_probe(): some ports of the device may be in the switch. */
static void
unprobe(struct vs_switch *sw, uint16_t id)
{
	struct rte_eth_dev_info info;
	struct vs_error ignored;
	uint64_t set;

	if (rte_eth_dev_info_get(id, &info) != 0)
		return;
	for (set = ports_of(sw, info.device); set != 0; set &= set - 1)
		port_close(sw, __builtin_ctzll(set), &ignored);
	rte_dev_remove(info.device);
}

int
port_add(struct vs_switch *sw, const char *devargs, const struct vlan_rules *rules,
	 struct vs_error *error)
{
	struct rte_dev_iterator iterator;
	uint64_t fresh = 0;
	bool found = false;
	uint16_t id;
	int ret;

	ret = rte_dev_probe(devargs);
	if (ret != 0 && ret != -EEXIST)
		return vs_fail(error, ret,
			       "%s: EAL finds no such device (%s); the switch's log says "
			       "more",
			       devargs, rte_strerror(-ret));
	RTE_ETH_FOREACH_MATCHING_DEV(id, devargs, &iterator) {
		found = true;
		if (!sw->port[id].present)
			fresh |= UINT64_C(1) << id;
	}
	if (!found)
		return vs_fail(error, -ENODEV, "%s: the device has no Ethernet port", devargs);
	/* To EAL it is no error to probe a device again. */
	if (fresh == 0)
		return vs_fail(error, -EEXIST,
			       "%s: there is such a device already; vswitchctl ports "
			       "shows them",
			       devargs);
	for (; fresh != 0; fresh &= fresh - 1) {
		id = __builtin_ctzll(fresh);
		ret = port_adopt(sw, id, rules, error);
		if (ret != 0) {
			unprobe(sw, id);
			return ret;
		}
	}
	return 0;
}

int
port_set_vlan(struct vs_switch *sw, uint16_t id, const struct vlan_rules *rules,
	      struct vs_error *error)
{
	struct vs_port *port = &sw->port[id];
	const bool was_online = port->online;
	int ret = port_offline(sw, id);

	if (ret == 0) {
		port->rules = *rules;
		if (was_online)
			ret = port_online(sw, id);
	}
	if (ret != 0)
		return vs_fail(error, ret, "%s: no memory to change its VLANs", port->name);
	return 0;
}

int
port_restart(struct vs_switch *sw, uint16_t id, struct vs_error *error)
{
	struct vs_port *port = &sw->port[id];
	int ret = port_offline(sw, id);

	if (ret != 0)
		return vs_fail(error, ret, "%s: no memory to stop polling it", port->name);
	ret = rte_eth_dev_stop(id);
	if (ret != 0)
		return vs_fail(error, ret, "%s: does not stop (%s)", port->name,
			       rte_strerror(-ret));
	port->resets++;
	return port_start(sw, id, error);
}

void
ports_close(struct vs_switch *sw)
{
	struct vs_error error;

	for (uint16_t id = 0; id < VS_PORTS_MAX; id++)
		if (sw->port[id].present && port_remove(sw, id, &error) != 0)
			vs_log("%s", error.text);
}
