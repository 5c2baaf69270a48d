/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_filter.c - what a port is to receive: modes, addresses, VLANs; what becomes of that over stops
 * and starts, and where a device knows only part of it. Lines 39 and 40 of the list of requirements.
 */

#include <errno.h>
#include <string.h>

#include "ctrl_cases.h"

#define ALLUNI VIRTIO_NET_CTRL_RX_ALLUNI
#define ALLMULTI VIRTIO_NET_CTRL_RX_ALLMULTI
#define PROMISC VIRTIO_NET_CTRL_RX_PROMISC

#define STRANGER ctrl_mac(0x02, 0x9999)
#define UNICAST(n) ctrl_mac(0x02, n)
#define MULTICAST(n) ctrl_mac(0x01, n)

static bool
takes(struct model_port *port, struct rte_ether_addr mac)
{
	return model_ctrl_takes(&port->device, mac.addr_bytes);
}

static int
add(struct model_port *port, struct rte_ether_addr mac)
{
	return rte_eth_dev_mac_addr_add(port->id, &mac, 0);
}

static int
drop(struct model_port *port, struct rte_ether_addr mac)
{
	return rte_eth_dev_mac_addr_remove(port->id, &mac);
}

static unsigned int
tables_sent(struct model_port *port)
{
	return model_ctrl_count(&port->device, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET);
}

/** @p count multicast addresses from @p first on. */
static int
set_list(struct model_port *port, unsigned int first, unsigned int count)
{
	struct rte_ether_addr list[256];

	for (unsigned int i = 0; i < count; i++)
		list[i] = MULTICAST(first + i);
	return rte_eth_dev_set_mc_addr_list(port->id, count == 0 ? NULL : list, count);
}

/** Unicast and multicast addresses go to the table of their kind, by whatever way they came. */
static void
conf_40_addresses_in_both_tables(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);
	const struct model_ctrl *ctrl = &port->device.ctrl;
	struct rte_ether_addr stranger = STRANGER;

	assert_int_equal(add(port, UNICAST(1)), 0);
	assert_int_equal(add(port, MULTICAST(1)), 0);
	assert_int_equal(add(port, UNICAST(2)), 0);
	assert_int_equal(set_list(port, 10, 3), 0);
	assert_int_equal(ctrl->num_uc, 2);
	assert_int_equal(ctrl->num_mc, 4);
	assert_true(takes(port, UNICAST(1)) && takes(port, UNICAST(2)));
	assert_true(takes(port, MULTICAST(1)) && takes(port, MULTICAST(12)));
	assert_false(takes(port, STRANGER) || takes(port, MULTICAST(13)));
	assert_int_equal(drop(port, UNICAST(1)), 0);
	assert_int_equal(set_list(port, 12, 2), 0);
	assert_false(takes(port, UNICAST(1)) || takes(port, MULTICAST(10)));
	assert_true(takes(port, UNICAST(2)) && takes(port, MULTICAST(13)));
	assert_int_equal(set_list(port, 0, 0), 0);
	assert_int_equal(drop(port, MULTICAST(1)), 0);
	assert_int_equal(ctrl->num_mc, 0);
	assert_int_equal(ctrl->num_uc, 1);
	/* In the list are multicast addresses only. */
	assert_int_equal(rte_eth_dev_set_mc_addr_list(port->id, &stranger, 1), -EINVAL);
	model_port_destroy(port);
}

/** The class of commands needs CTRL_RX, also the one that has a feature of its own. */
static void
conf_40_addresses_need_ctrl_rx(void **state)
{
	static const uint64_t features[] = { 0, F(CTRL_VQ), F(CTRL_VQ) | F(CTRL_MAC_ADDR),
					     F(CTRL_RX) | F(CTRL_MAC_ADDR) };

	for (unsigned int i = 0; i < RTE_DIM(features); i++) {
		struct model_port *port = ctrl_start(&(struct model_port_config){
			.features = features[i] | F(MAC) }, state);
		struct rte_ether_addr own, other = UNICAST(7);

		assert_int_equal(rte_eth_macaddr_get(port->id, &own), 0);
		assert_int_equal(add(port, UNICAST(1)), -ENOTSUP);
		assert_true(model_logged("the device has no table of addresses"));
		assert_int_equal(set_list(port, 1, 2), -ENOTSUP);
		assert_int_equal(rte_eth_dev_default_mac_addr_set(port->id, &other), -ENOTSUP);
		assert_int_equal(rte_eth_dev_default_mac_addr_set(port->id, &own), 0);
		assert_int_equal(model_ctrl_total(&port->device), 0);
		model_port_destroy(port);
	}
}

static void
default_address(void **state)
{
	for (unsigned int command = 0; command < 2; command++) {
		struct model_port *port = ctrl_start(&(struct model_port_config){
			.features = CTRL_FEATURES & ~(command ? 0 : F(CTRL_MAC_ADDR)) }, state);
		struct rte_ether_addr own, other = UNICAST(7), last = UNICAST(8);

		assert_int_equal(rte_eth_macaddr_get(port->id, &own), 0);
		assert_true(takes(port, own));
		assert_int_equal(rte_eth_dev_default_mac_addr_set(port->id, &other), 0);
		assert_true(takes(port, other));
		/* Without the command it is one more address in the table. */
		assert_int_equal(takes(port, own), !command);
		assert_int_equal(port->device.ctrl.mac_set, command);
		model_port_stop(port);
		assert_int_equal(rte_eth_dev_default_mac_addr_set(port->id, &last), 0);
		model_port_start(port);
		assert_true(takes(port, last));
		assert_false(takes(port, other));
		model_port_destroy(port);
	}
}

/** A device without an address of its own is told the one that was made up. */
static void
address_of_a_device_without(void **state)
{
	for (unsigned int command = 0; command < 2; command++) {
		struct model_port *port = ctrl_start(&(struct model_port_config){
			.features = (CTRL_FEATURES & ~F(MAC)) &
				    ~(command ? 0 : F(CTRL_MAC_ADDR)) }, state);
		struct rte_ether_addr own;

		assert_int_equal(rte_eth_macaddr_get(port->id, &own), 0);
		assert_true(takes(port, own));
		model_port_destroy(port);
	}
}

/** More addresses than the table has: a mode stands in, as narrow as the device has one. */
static void
conf_39_too_many_unicast_addresses(void **state)
{
	for (unsigned int extra = 0; extra < 2; extra++) {
		struct model_port *port = ctrl_start(&(struct model_port_config){
			.features = CTRL_FEATURES & ~(extra ? 0 : F(CTRL_RX_EXTRA)) }, state);
		const bool *modes = port->device.ctrl.modes;

		for (unsigned int i = 0; i < VIO_MAC_TABLE; i++)
			assert_int_equal(add(port, UNICAST(i + 1)), 0);
		assert_int_equal(port->device.ctrl.num_uc, VIO_MAC_TABLE);
		assert_false(modes[ALLUNI] || modes[PROMISC] || takes(port, STRANGER));
		model_log_start();
		for (unsigned int i = VIO_MAC_TABLE; i < VIO_MAC_ADDRS - 1; i++)
			assert_int_equal(add(port, UNICAST(i + 1)), 0);
		assert_true(model_logged(extra ? "goes to all-unicast mode" : "goes promiscuous"));
		assert_int_equal(modes[ALLUNI], extra);
		assert_int_equal(modes[PROMISC], !extra);
		assert_true(takes(port, STRANGER) && takes(port, UNICAST(VIO_MAC_ADDRS - 1)));
		/* What the application asked for is something else. */
		assert_int_equal(rte_eth_promiscuous_get(port->id), 0);
		assert_int_equal(takes(port, MULTICAST(1)), !extra);
		assert_int_equal(add(port, UNICAST(500)), -ENOSPC);
		for (unsigned int i = VIO_MAC_TABLE; i < VIO_MAC_ADDRS - 1; i++)
			assert_int_equal(drop(port, UNICAST(i + 1)), 0);
		assert_false(modes[ALLUNI] || modes[PROMISC] || takes(port, STRANGER));
		assert_true(takes(port, UNICAST(VIO_MAC_TABLE)));
		model_port_destroy(port);
	}
}

static void
too_many_multicast_addresses(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);
	const bool *modes = port->device.ctrl.modes;

	assert_int_equal(set_list(port, 1, VIO_MAC_TABLE), 0);
	assert_int_equal(port->device.ctrl.num_mc, VIO_MAC_TABLE);
	assert_false(modes[ALLMULTI]);
	/* One more, from the other list. */
	assert_int_equal(add(port, MULTICAST(1000)), 0);
	assert_true(model_logged("the port goes to all-multicast mode"));
	assert_true(modes[ALLMULTI] && takes(port, MULTICAST(1000)));
	assert_int_equal(drop(port, MULTICAST(1000)), 0);
	assert_false(modes[ALLMULTI] || takes(port, MULTICAST(1000)));
	assert_int_equal(set_list(port, 1, VIO_MAC_TABLE + 1), 0);
	assert_true(modes[ALLMULTI]);
	/* What the application wishes besides stays when the list shrinks again. */
	assert_int_equal(rte_eth_allmulticast_enable(port->id), 0);
	assert_int_equal(set_list(port, 1, 2), 0);
	assert_true(modes[ALLMULTI]);
	assert_int_equal(rte_eth_allmulticast_disable(port->id), 0);
	assert_true(takes(port, MULTICAST(2)));
	assert_false(takes(port, MULTICAST(3)));
	model_port_destroy(port);
}

/** The device refuses: nothing has changed, neither there nor here. */
static void
fault_ctrl_refused_addresses(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);
	struct rte_ether_addr own, other = UNICAST(9), now;
	struct rte_eth_dev_info info;

	assert_int_equal(rte_eth_macaddr_get(port->id, &own), 0);
	assert_int_equal(add(port, UNICAST(1)), 0);
	assert_int_equal(set_list(port, 1, 1), 0);
	port->device.ctrl.answer = MODEL_ANSWER_ERR;
	port->device.ctrl.only_class = VIRTIO_NET_CTRL_MAC;
	assert_int_equal(add(port, UNICAST(2)), -EIO);
	assert_int_equal(set_list(port, 5, 3), -EIO);
	assert_int_equal(rte_eth_dev_default_mac_addr_set(port->id, &other), -EIO);
	port->device.ctrl.answer = MODEL_ANSWER_TRUE;
	assert_int_equal(rte_eth_macaddr_get(port->id, &now), 0);
	assert_true(rte_is_same_ether_addr(&now, &own));
	/* Whatever is sent next has what was accepted, and only that. */
	assert_int_equal(add(port, UNICAST(3)), 0);
	assert_int_equal(port->device.ctrl.num_uc, 2);
	assert_int_equal(port->device.ctrl.num_mc, 1);
	assert_true(takes(port, own) && takes(port, UNICAST(1)) && takes(port, UNICAST(3)));
	assert_false(takes(port, UNICAST(2)) || takes(port, other));
	assert_int_equal(rte_eth_dev_info_get(port->id, &info), 0);
	assert_int_equal(info.max_mac_addrs, VIO_MAC_ADDRS);
	model_port_destroy(port);
}

/** All of it over a stop and a start, without the application doing anything; also set in between. */
static void
all_is_told_again(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER, .features = CTRL_FEATURES }, state);
	struct rte_ether_addr other = UNICAST(0x77);

	assert_int_equal(add(port, UNICAST(1)), 0);
	assert_int_equal(set_list(port, 1, 5), 0);
	assert_int_equal(rte_eth_dev_default_mac_addr_set(port->id, &other), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port->id, 100, 1), 0);
	assert_int_equal(rte_eth_allmulticast_enable(port->id), 0);
	for (unsigned int round = 0; round < 3; round++) {
		model_port_stop(port);
		assert_false(takes(port, UNICAST(1)));
		assert_int_equal(rte_eth_dev_vlan_filter(port->id, 200 + round, 1), 0);
		assert_int_equal(add(port, UNICAST(10 + round)), 0);
		assert_int_equal(set_list(port, 1, 6 + round), 0);
		model_port_start(port);
		assert_true(takes(port, UNICAST(1)) && takes(port, UNICAST(10 + round)));
		assert_true(takes(port, other) && takes(port, MULTICAST(5000)));
		assert_false(takes(port, STRANGER));
		assert_int_equal(port->device.ctrl.num_mc, 6 + round);
		assert_true(model_ctrl_takes_vlan(&port->device, 100));
		assert_true(model_ctrl_takes_vlan(&port->device, 200 + round));
		assert_false(model_ctrl_takes_vlan(&port->device, 300));
	}
	model_port_destroy(port);
}

/** ethdev repeats everything after a start; the device hears of each thing once. */
static void
nothing_is_told_twice(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(add(port, UNICAST(i + 1)), 0);
	assert_int_equal(tables_sent(port), 20);
	model_port_stop(port);
	model_port_start(port);
	/* Two modes, the default address, and the table. */
	assert_int_equal(model_ctrl_total(&port->device), 4);
	assert_int_equal(tables_sent(port), 1);
	assert_int_equal(rte_eth_promiscuous_disable(port->id), 0);
	assert_int_equal(model_ctrl_total(&port->device), 4);
	model_port_destroy(port);
}

/** Wishes from before the first start. */
static void
told_at_the_first_start(void **state)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = CTRL_FEATURES | ctrl_layout(state) });

	assert_int_equal(rte_eth_promiscuous_enable(port->id), 0);
	assert_int_equal(add(port, UNICAST(1)), 0);
	assert_int_equal(set_list(port, 1, 2), 0);
	assert_int_equal(model_ctrl_total(&port->device), 0);
	model_port_start(port);
	assert_true(port->device.ctrl.modes[PROMISC]);
	assert_int_equal(port->device.ctrl.num_uc, 1);
	assert_int_equal(port->device.ctrl.num_mc, 2);
	model_port_destroy(port);
}

/** A device that lost a feature over a reset: it is said what does not work any more. */
static void
device_that_filters_no_more(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	assert_int_equal(add(port, UNICAST(1)), 0);
	model_port_stop(port);
	port->device.offered &= ~F(CTRL_RX);
	model_port_start(port);
	assert_true(model_logged("the device cannot be told what to receive"));
	assert_int_equal(model_ctrl_total(&port->device), 0);
	model_port_destroy(port);
}

/** No filter asked for: the feature stays off, and with it a table that would be empty. */
static void
vlans_pass_without_a_filter(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	assert_false(model_device_has(&port->device, VIRTIO_NET_F_CTRL_VLAN));
	assert_true(model_ctrl_takes_vlan(&port->device, 100));
	assert_int_not_equal(rte_eth_dev_vlan_filter(port->id, 100, 1), 0);
	model_port_destroy(port);
}

static void
vlan_filter(void **state)
{
	static const uint16_t ids[] = { 0, 1, 63, 64, 100, 4094, 4095 };
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER, .features = CTRL_FEATURES }, state);

	for (unsigned int i = 0; i < RTE_DIM(ids); i++) {
		assert_false(model_ctrl_takes_vlan(&port->device, ids[i]));
		assert_int_equal(rte_eth_dev_vlan_filter(port->id, ids[i], 1), 0);
		assert_true(model_ctrl_takes_vlan(&port->device, ids[i]));
	}
	for (unsigned int i = 0; i < RTE_DIM(ids); i += 2)
		assert_int_equal(rte_eth_dev_vlan_filter(port->id, ids[i], 0), 0);
	model_port_stop(port);
	model_port_start(port);
	for (unsigned int i = 0; i < RTE_DIM(ids); i++)
		assert_int_equal(model_ctrl_takes_vlan(&port->device, ids[i]), i & 1);
	/* A refused id is not in the list, and comes back with no start. */
	port->device.ctrl.answer = MODEL_ANSWER_ERR;
	port->device.ctrl.only_class = VIRTIO_NET_CTRL_VLAN;
	assert_int_equal(rte_eth_dev_vlan_filter(port->id, 500, 1), -EIO);
	port->device.ctrl.answer = MODEL_ANSWER_TRUE;
	model_port_stop(port);
	model_port_start(port);
	assert_false(model_ctrl_takes_vlan(&port->device, 500));
	model_port_destroy(port);
}

/** On and off while the port runs: the device is negotiated with anew, packets go on. */
static void
vlan_filter_switched_while_running(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);
	struct rte_mbuf *pkts[16];

	for (unsigned int round = 0; round < 3; round++) {
		const unsigned int resets = port->device.num_resets;

		assert_int_equal(rte_eth_dev_set_vlan_offload(port->id,
				 RTE_ETH_VLAN_FILTER_OFFLOAD), 0);
		assert_int_not_equal(port->device.num_resets, resets);
		model_device_look(&port->device);
		assert_true(model_device_live(&port->device));
		assert_int_equal(rte_eth_dev_vlan_filter(port->id, 100, 1), 0);
		assert_true(model_ctrl_takes_vlan(&port->device, 100));
		assert_false(model_ctrl_takes_vlan(&port->device, 101));
		assert_int_equal(model_port_rx(port, pkts, 16), 0);
		assert_int_equal(rte_eth_dev_set_vlan_offload(port->id, 0), 0);
		model_device_look(&port->device);
		assert_true(model_ctrl_takes_vlan(&port->device, 101));
	}
	model_port_destroy(port);
}

/** A filter that the device does not have is refused when it is asked for, or by the start. */
static void
vlan_filter_missing(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES & ~F(CTRL_VLAN) }, state);
	struct rte_eth_dev_info info;

	assert_int_equal(rte_eth_dev_info_get(port->id, &info), 0);
	assert_int_equal(info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_FILTER, 0);
	assert_int_equal(rte_eth_dev_set_vlan_offload(port->id, RTE_ETH_VLAN_FILTER_OFFLOAD),
			 -EINVAL);
	model_port_destroy(port);

	port = ctrl_start(&(struct model_port_config){
		.rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER, .features = CTRL_FEATURES }, state);
	model_port_stop(port);
	port->device.offered &= ~F(CTRL_VLAN);
	assert_int_equal(rte_eth_dev_start(port->id), -ENOTSUP);
	assert_true(model_logged("a VLAN filter was asked for, but the device has none"));
	port->device.offered |= F(CTRL_VLAN);
	model_port_start(port);
	model_port_destroy(port);
}

int
main(void)
{
	CTRL_CASE(conf_40_addresses_in_both_tables);
	CTRL_CASE(conf_40_addresses_need_ctrl_rx);
	CTRL_CASE(default_address);
	CTRL_CASE(address_of_a_device_without);
	CTRL_CASE(conf_39_too_many_unicast_addresses);
	CTRL_CASE(too_many_multicast_addresses);
	CTRL_CASE(fault_ctrl_refused_addresses);
	CTRL_CASE(all_is_told_again);
	CTRL_CASE(nothing_is_told_twice);
	CTRL_CASE(told_at_the_first_start);
	CTRL_CASE(device_that_filters_no_more);
	CTRL_CASE(vlans_pass_without_a_filter);
	CTRL_CASE(vlan_filter);
	CTRL_CASE(vlan_filter_switched_while_running);
	CTRL_CASE(vlan_filter_missing);
	return model_cases_run("filter");
}
