/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_sparse.c - devices with little: each subset of an address, a link state, a control queue and
 * several queue pairs, over each layout of rings. The port has what the device has, says what it
 * makes up, refuses the rest, and moves packets.
 */

#include <errno.h>

#include "ctrl_cases.h"
#include "model_sender.h"
#include "model_traffic.h"

/** Subsets of these; MQ goes with CTRL_VQ alone (5.1.3.1). */
static const uint64_t parts[] = { F(MAC), F(STATUS), F(CTRL_VQ) | F(CTRL_RX), F(MQ) };

#define SUBSETS (1u << RTE_DIM(parts))

static uint64_t
subset(unsigned int number)
{
	uint64_t features = 0;

	for (unsigned int i = 0; i < RTE_DIM(parts); i++)
		if (number >> i & 1)
			features |= parts[i];
	return features;
}

static void
check_address(const struct model_port *port, bool has)
{
	struct rte_ether_addr mac;

	assert_int_equal(rte_eth_macaddr_get(port->id, &mac), 0);
	assert_true(rte_is_valid_assigned_ether_addr(&mac));
	assert_int_equal(memcmp(mac.addr_bytes, port->config.mac, sizeof(mac)) == 0, has);
	assert_int_equal(rte_is_local_admin_ether_addr(&mac), !has);
	assert_int_equal(model_logged("no usable MAC address"), !has);
}

static void
check_link(struct model_port *port, bool has)
{
	struct rte_eth_dev_info info;
	struct rte_eth_link link;

	assert_int_equal(rte_eth_dev_info_get(port->id, &info), 0);
	assert_int_equal((*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0, has);
	port->device.config.status = 0;
	assert_int_equal(rte_eth_link_get_nowait(port->id, &link), 0);
	assert_int_equal(link.link_status, has ? RTE_ETH_LINK_DOWN : RTE_ETH_LINK_UP);
	port->device.config.status = VIRTIO_NET_S_LINK_UP;
}

static void
check_traffic(struct model_port *port)
{
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_traffic t;
	struct model_sender s;

	model_traffic_init(&t, port);
	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	for (unsigned int i = 0; i < 40; i++) {
		assert_true(model_traffic_put(&t, 60 + i));
		assert_int_equal(model_sender_burst(&s, 1), 1);
		model_net_tx_done(q, q->num_pending, false, false);
		model_traffic_finish(&t, 4);
	}
	model_sender_collect(&s);
	model_traffic_fini(&t);
	assert_true(rte_eth_tx_done_cleanup(port->id, 0, 0) >= 0);
	model_sender_fini(&s);
}

static void
port_has_what_the_device_has(void **state)
{
	for (unsigned int i = 0; i < SUBSETS; i++) {
		const uint64_t features = subset(i);
		const bool commands = features & F(CTRL_VQ);
		const bool several = commands && (features & F(MQ));
		struct rte_eth_dev_info info;
		struct model_port *port;

		/* Beside it, nothing that a device of old would not have. */
		port = model_port_create(&(struct model_port_config){ .watched = true,
			.features = features | ctrl_layout(state), .pairs = several ? 2 : 1,
			.rx_size = 16, .tx_size = 16, .mac = { 0x50, 0x54, 0, 0, 0, 1 } });
		check_address(port, features & F(MAC));
		assert_int_equal(rte_eth_dev_info_get(port->id, &info), 0);
		assert_int_equal(info.max_rx_queues, several ? 2 : 1);
		model_port_start(port);
		check_link(port, features & F(STATUS));
		assert_int_equal(rte_eth_promiscuous_enable(port->id), commands ? 0 : -ENOTSUP);
		assert_int_equal(rte_eth_allmulticast_enable(port->id), commands ? 0 : -ENOTSUP);
		check_traffic(port);
		model_port_destroy(port);
	}
}

int
main(void)
{
	CTRL_CASE(port_has_what_the_device_has);
	return model_cases_run("sparse");
}
