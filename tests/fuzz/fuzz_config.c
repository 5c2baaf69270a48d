/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fuzz_config.c - a device whose features, configuration space and queue sizes are the input: a port
 * of it is probed, configured, started and stopped, or refused.
 */

#include "fuzz.h"
#include "fuzz_port.h"

/** Queues that a device has at the most. */
#define FUZZ_QUEUES 9

static void
try_port(struct model_port *port, struct fuzz_input *in)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	struct rte_eth_link link;
	uint16_t queues;

	if (rte_eth_dev_reset(port->id) != 0)
		return;
	FUZZ_CHECK(rte_eth_dev_info_get(port->id, &info) == 0);
	FUZZ_CHECK(info.max_rx_queues >= 1 && info.max_rx_queues <= FUZZ_QUEUES / 2);
	FUZZ_CHECK(info.max_mtu >= RTE_ETHER_MIN_MTU);
	conf.rxmode.offloads = fuzz_u32(in) & info.rx_offload_capa;
	conf.txmode.offloads = fuzz_u32(in) & info.tx_offload_capa;
	conf.rxmode.mq_mode = fuzz_u8(in) & 1 ? RTE_ETH_MQ_RX_RSS : RTE_ETH_MQ_RX_NONE;
	conf.rx_adv_conf.rss_conf.rss_hf = fuzz_u64(in) & info.flow_type_rss_offloads;
	queues = 1 + fuzz_u8(in) % info.max_rx_queues;
	if (rte_eth_dev_configure(port->id, queues, queues, &conf) != 0)
		return;
	for (uint16_t i = 0; i < queues; i++) {
		struct rte_eth_rxconf rxconf = { .offloads = conf.rxmode.offloads };
		struct rte_eth_txconf txconf = { .offloads = conf.txmode.offloads };

		if (rte_eth_rx_queue_setup(port->id, i, fuzz_u8(in), SOCKET_ID_ANY, &rxconf,
					   model_pool_mp(port->pool)) != 0 ||
		    rte_eth_tx_queue_setup(port->id, i, fuzz_u8(in), SOCKET_ID_ANY, &txconf) != 0)
			return;
	}
	if (rte_eth_dev_start(port->id) != 0 || rte_eth_link_get_nowait(port->id, &link) != 0)
		return;
	rte_eth_dev_set_mtu(port->id, fuzz_u16(in));
	rte_eth_dev_stop(port->id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = NET(CTRL_VQ) | NET(MQ), .pairs = 4, .rx_size = 16, .tx_size = 16, .mbufs = 128,
		.max_size = 64 });
	struct model_device *device = &port->device;

	/* A device that was another one before. */
	for (unsigned int round = 0; round < 2; round++) {
		device->offered = fuzz_u64(&in) | VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
		fuzz_bytes(&in, &device->config, sizeof(device->config));
		device->max_size = fuzz_u16(&in) & 0x83ff;
		device->ctrl_size = fuzz_u16(&in) & 0x81ff;
		device->num_queues = fuzz_u8(&in) % (FUZZ_QUEUES + 1);
		device->base.num_queues = device->num_queues;
		try_port(port, &in);
	}
	fuzz_port_end(port);
	return 0;
}
