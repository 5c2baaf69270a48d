/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_filter.c - see vio_filter.h. */

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>

#include "vio.h"

/** Wishes put together: the two tables, and whether they can hold what is wished. */
struct wanted {
	uint32_t num_uc;
	uint32_t num_mc;
	bool many_uc;
	bool many_mc;
	struct rte_ether_addr uc[VIO_MAC_TABLE];
	struct rte_ether_addr mc[VIO_MAC_TABLE];
};

void
vio_filter_init(struct vio_port *port, const struct rte_ether_addr *mac)
{
	struct vio_filter *filter = &port->filter;

	*filter = (struct vio_filter){
		.promisc = port->data->promiscuous,
		.allmulti = port->data->all_multicast,
	};
	rte_ether_addr_copy(mac, &filter->macs[0]);
}

static void
add_to(struct rte_ether_addr *table, uint32_t *num, bool *many, const struct rte_ether_addr *addr)
{
	if (*num == VIO_MAC_TABLE)
		*many = true;
	else
		rte_ether_addr_copy(addr, &table[(*num)++]);
}

/** Sort all addresses into the two tables; one that is full is left out, a mode stands in for it. */
static void
collect(const struct vio_port *port, struct wanted *w)
{
	const struct vio_filter *filter = &port->filter;
	/* Does the device know the default address, or is it one of the table's? */
	const bool own = vio_has(port, VIRTIO_NET_F_CTRL_MAC_ADDR) ||
			 (!port->config.mac_random &&
			  rte_is_same_ether_addr(&filter->macs[0], &port->config.mac));

	w->num_uc = w->num_mc = 0;
	w->many_uc = false;
	w->many_mc = filter->many_mc;
	for (unsigned int i = own ? 1 : 0; i < VIO_MAC_ADDRS; i++) {
		const struct rte_ether_addr *mac = &filter->macs[i];

		if (rte_is_zero_ether_addr(mac))
			continue;
		if (rte_is_multicast_ether_addr(mac))
			add_to(w->mc, &w->num_mc, &w->many_mc, mac);
		else
			add_to(w->uc, &w->num_uc, &w->many_uc, mac);
	}
	for (unsigned int i = 0; i < filter->num_mc; i++)
		add_to(w->mc, &w->num_mc, &w->many_mc, &filter->mc[i]);
	w->num_uc = w->many_uc ? 0 : w->num_uc;
	w->num_mc = w->many_mc ? 0 : w->num_mc;
}

/** One table as it is sent: a count, little endian, and the addresses (5.1.6.5.2). */
static uint8_t *
put_table(uint8_t *to, const struct rte_ether_addr *table, uint32_t num)
{
	const rte_le32_t count = rte_cpu_to_le_32(num);

	memcpy(to, &count, sizeof(count));
	memcpy(to + sizeof(count), table, num * sizeof(*table));
	return to + sizeof(count) + num * sizeof(*table);
}

/** Both tables, unicast first; nothing is sent where the device has them already. */
static int
tell_tables(struct vio_port *port, const struct wanted *w)
{
	struct vio_filter *filter = &port->filter;
	uint8_t tables[VIO_MAC_TABLES_LEN];
	uint8_t *end = put_table(tables, w->uc, w->num_uc);
	uint16_t len;
	int ret;

	end = put_table(end, w->mc, w->num_mc);
	len = end - tables;
	if (filter->told_tables && filter->tables_len == len &&
	    memcmp(filter->tables, tables, len) == 0)
		return 0;
	ret = vio_ctrl_mac_tables(port, tables, len);
	filter->told_tables = ret == 0;
	filter->tables_len = len;
	memcpy(filter->tables, tables, len);
	return ret;
}

/** Switch all modes that go on, or all that go off. */
static int
tell_modes(struct vio_port *port, const bool *modes, bool on)
{
	int8_t *told = port->filter.modes;
	int ret = 0;

	for (uint8_t mode = 0; ret == 0 && mode < VIO_RX_MODES; mode++) {
		if (modes[mode] != on || told[mode] == on)
			continue;
		ret = vio_ctrl_rx_mode(port, mode, on);
		told[mode] = ret == 0 ? on : -1;
	}
	return ret;
}

static int
tell_mac(struct vio_port *port)
{
	struct vio_filter *filter = &port->filter;
	int ret;

	if (filter->told_mac || !vio_has(port, VIRTIO_NET_F_CTRL_MAC_ADDR))
		return 0;
	ret = vio_ctrl_mac_addr(port, &filter->macs[0]);
	filter->told_mac = ret == 0;
	return ret;
}

static void
warn_of_overflow(struct vio_port *port, const struct wanted *w, bool extra)
{
	struct vio_filter *filter = &port->filter;

	if (w->many_uc && !filter->said_uc)
		VIO_PORT_LOG(port, ctrl, WARNING, "more than %u unicast addresses: the device "
			     "cannot tell them apart; the port goes %s", VIO_MAC_TABLE,
			     extra ? "to all-unicast mode" : "promiscuous");
	if (w->many_mc && !filter->said_mc)
		VIO_PORT_LOG(port, ctrl, WARNING, "more than %u multicast addresses: the device "
			     "cannot tell them apart; the port goes to all-multicast mode",
			     VIO_MAC_TABLE);
	filter->said_uc = w->many_uc;
	filter->said_mc = w->many_mc;
}

/** Tell the device what it does not know yet. What is wanted is never lost on the way. */
static int
apply(struct vio_port *port)
{
	const bool extra = vio_has(port, VIRTIO_NET_F_CTRL_RX_EXTRA);
	const struct vio_filter *filter = &port->filter;
	struct wanted w;
	bool modes[VIO_RX_MODES];
	int ret;

	collect(port, &w);
	warn_of_overflow(port, &w, extra);
	modes[VIRTIO_NET_CTRL_RX_PROMISC] = filter->promisc || (w.many_uc && !extra);
	modes[VIRTIO_NET_CTRL_RX_ALLMULTI] = filter->allmulti || w.many_mc;
	modes[VIRTIO_NET_CTRL_RX_ALLUNI] = w.many_uc && extra;
	ret = tell_modes(port, modes, true);
	if (ret == 0)
		ret = tell_mac(port);
	if (ret == 0)
		ret = tell_tables(port, &w);
	if (ret == 0)
		ret = tell_modes(port, modes, false);
	return ret;
}

static int
restore_vlans(struct rte_eth_dev *dev)
{
	const struct rte_vlan_filter_conf *conf = &dev->data->vlan_filter_conf;
	struct vio_port *port = vio_port(dev);
	int ret = 0;

	if (!(dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER))
		return 0;
	if (!vio_has(port, VIRTIO_NET_F_CTRL_VLAN)) {
		VIO_PORT_LOG(port, ctrl, ERR, "a VLAN filter was asked for, but the device has "
			     "none; configure the port without RTE_ETH_RX_OFFLOAD_VLAN_FILTER");
		return -ENOTSUP;
	}
	/* Its table is empty after a reset (5.1.6.5.3). */
	for (uint16_t id = 0; ret == 0 && id <= RTE_ETHER_MAX_VLAN_ID; id++)
		if ((conf->ids[id / 64] >> (id % 64)) & 1)
			ret = vio_ctrl_vlan(port, id, true);
	return ret;
}

int
vio_filter_restore(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	struct vio_filter *filter = &port->filter;
	struct wanted w;
	int ret = 0;

	if (port->serves_ctrl)
		return 0;
	/* 5.1.6.5.2.1: tables are empty after a reset; of the first two modes nothing is said. */
	memset(filter->modes, -1, sizeof(filter->modes));
	filter->modes[VIRTIO_NET_CTRL_RX_ALLUNI] = 0;
	filter->told_mac = false;
	filter->told_tables = true;
	filter->tables_len = 2 * sizeof(rte_le32_t);
	memset(filter->tables, 0, filter->tables_len);
	if (vio_has(port, VIRTIO_NET_F_CTRL_RX)) {
		ret = apply(port);
	} else {
		collect(port, &w);
		if (filter->promisc || filter->allmulti || w.num_uc + w.num_mc != 0)
			VIO_PORT_LOG(port, ctrl, NOTICE, "the device cannot be told what to "
				     "receive: receive modes and further addresses have no effect");
	}
	return ret == 0 ? restore_vlans(dev) : ret;
}

uint64_t
vio_filter_offloads(const struct vio_port *port)
{
	if (port->serves_ctrl || !vio_offers(port, VIRTIO_NET_F_CTRL_VQ) ||
	    !vio_offers(port, VIRTIO_NET_F_CTRL_VLAN))
		return 0;
	return RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
}

/** Tell a device that is there what has changed; to another one the start says it. */
static int
tell(struct vio_port *port)
{
	if (!port->live)
		return 0;
	if (!vio_has(port, VIRTIO_NET_F_CTRL_RX))
		return -ENOTSUP;
	return apply(port);
}

/** One of the modes that ethdev switches; @p wish is the port's. */
static int
set_mode(struct rte_eth_dev *dev, bool *wish, uint8_t mode, bool on)
{
	struct vio_port *port = vio_port(dev);
	const bool before = *wish;
	int ret;

	pthread_mutex_lock(&port->lock);
	*wish = on;
	if (port->serves_ctrl)
		ret = port->live ? port->bus->rx_mode(port, mode, on) : 0;
	else
		ret = tell(port);
	if (ret != 0)
		*wish = before;
	pthread_mutex_unlock(&port->lock);
	return ret;
}

int
vio_promiscuous_enable(struct rte_eth_dev *dev)
{
	return set_mode(dev, &vio_port(dev)->filter.promisc, VIRTIO_NET_CTRL_RX_PROMISC, true);
}

int
vio_promiscuous_disable(struct rte_eth_dev *dev)
{
	return set_mode(dev, &vio_port(dev)->filter.promisc, VIRTIO_NET_CTRL_RX_PROMISC, false);
}

int
vio_allmulticast_enable(struct rte_eth_dev *dev)
{
	return set_mode(dev, &vio_port(dev)->filter.allmulti, VIRTIO_NET_CTRL_RX_ALLMULTI, true);
}

int
vio_allmulticast_disable(struct rte_eth_dev *dev)
{
	return set_mode(dev, &vio_port(dev)->filter.allmulti, VIRTIO_NET_CTRL_RX_ALLMULTI, false);
}

int
vio_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	struct vio_port *port = vio_port(dev);
	struct vio_filter *filter = &port->filter;
	const struct rte_ether_addr before = filter->macs[0];
	int ret;

	pthread_mutex_lock(&port->lock);
	if (!rte_is_same_ether_addr(mac, &before))
		filter->told_mac = false;
	rte_ether_addr_copy(mac, &filter->macs[0]);
	/* A port that serves itself has no filter either: its address is what it says it is. */
	ret = port->serves_ctrl ? 0 : tell(port);
	/* ethdev repeats the address after each start: the device's own needs no word. */
	if (ret == -ENOTSUP && rte_is_same_ether_addr(mac, &port->config.mac))
		ret = 0;
	if (ret != 0) {
		filter->macs[0] = before;
		filter->told_mac = false;
	}
	pthread_mutex_unlock(&port->lock);
	return ret;
}

/** May the port be given further addresses? */
static int
check_addresses(struct vio_port *port)
{
	/* A port that serves itself takes every frame, or has nobody to ask. */
	if (port->serves_ctrl)
		return port->bus->rx_mode(port, VIRTIO_NET_CTRL_RX_PROMISC, true);
	if (vio_offers(port, VIRTIO_NET_F_CTRL_VQ) && vio_offers(port, VIRTIO_NET_F_CTRL_RX))
		return 0;
	VIO_PORT_LOG(port, ctrl, NOTICE, "the device has no table of addresses (CTRL_RX)");
	return -ENOTSUP;
}

int
vio_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t index,
		 uint32_t vmdq __rte_unused)
{
	static const struct rte_ether_addr none;
	struct vio_port *port = vio_port(dev);
	int ret = check_addresses(port);

	if (ret != 0)
		return ret;
	if (index >= VIO_MAC_ADDRS)
		return -EINVAL;
	pthread_mutex_lock(&port->lock);
	port->filter.macs[index] = *mac;
	ret = port->serves_ctrl ? 0 : tell(port);
	if (ret != 0)
		port->filter.macs[index] = none;
	pthread_mutex_unlock(&port->lock);
	return ret;
}

void
vio_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index)
{
	static const struct rte_ether_addr none;
	struct vio_port *port = vio_port(dev);

	if (index >= VIO_MAC_ADDRS)
		return;
	pthread_mutex_lock(&port->lock);
	port->filter.macs[index] = none;
	/* What the device answers is logged where it is read; to receive more is no failure. */
	if (!port->serves_ctrl)
		tell(port);
	pthread_mutex_unlock(&port->lock);
}

int
vio_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addrs, uint32_t count)
{
	struct vio_port *port = vio_port(dev);
	struct vio_filter *filter = &port->filter;
	struct rte_ether_addr before[VIO_MAC_TABLE];
	const uint16_t num_before = filter->num_mc;
	const bool many_before = filter->many_mc;
	int ret = check_addresses(port);

	for (uint32_t i = 0; ret == 0 && i < count; i++)
		if (!rte_is_multicast_ether_addr(&addrs[i]))
			ret = -EINVAL;
	if (ret != 0)
		return ret;
	pthread_mutex_lock(&port->lock);
	memcpy(before, filter->mc, sizeof(before));
	filter->many_mc = count > VIO_MAC_TABLE;
	filter->num_mc = filter->many_mc ? 0 : count;
	for (uint16_t i = 0; i < filter->num_mc; i++)
		filter->mc[i] = addrs[i];
	ret = port->serves_ctrl ? 0 : tell(port);
	if (ret != 0) {
		memcpy(filter->mc, before, sizeof(before));
		filter->num_mc = num_before;
		filter->many_mc = many_before;
	}
	pthread_mutex_unlock(&port->lock);
	return ret;
}

int
vio_vlan_filter_set(struct rte_eth_dev *dev, uint16_t vlan_id, int on)
{
	struct vio_port *port = vio_port(dev);
	int ret = 0;

	pthread_mutex_lock(&port->lock);
	/* ethdev keeps the list; the start tells it to the device. */
	if (port->live)
		ret = vio_ctrl_vlan(port, vlan_id, on != 0);
	pthread_mutex_unlock(&port->lock);
	return ret;
}

int
vio_vlan_filter_switch(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	bool filter = dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
	int ret = 0;

	pthread_mutex_lock(&port->lock);
	if (port->live && filter != vio_has(port, VIRTIO_NET_F_CTRL_VLAN))
		ret = vio_reactivate(dev);
	pthread_mutex_unlock(&port->lock);
	return ret;
}
