/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fuzz_ctrl.c - control queues whose answers are the input: what is answered, how long it is said to
 * be, and which buffer comes back.
 */

#include <rte_errno.h>

#include "fuzz.h"
#include "fuzz_port.h"

#define FEATURES (NET(CTRL_VQ) | NET(CTRL_RX) | NET(CTRL_RX_EXTRA) | NET(CTRL_VLAN) | \
		  NET(CTRL_MAC_ADDR) | NET(STATUS) | NET(MAC) | NET(MQ) | NET(RSS) | \
		  NET(GUEST_ANNOUNCE) | NET(NOTF_COAL))

/** One call of the application. */
static void
call(struct model_port *port, struct fuzz_input *in)
{
	struct rte_ether_addr mac;
	struct rte_eth_rss_conf rss = { .rss_hf = fuzz_u16(in) };

	fuzz_bytes(in, &mac, sizeof(mac));
	mac.addr_bytes[0] &= 0xfe;
	switch (fuzz_u8(in) % 8) {
	case 0:
		rte_eth_promiscuous_enable(port->id);
		break;
	case 1:
		rte_eth_promiscuous_disable(port->id);
		break;
	case 2:
		rte_eth_allmulticast_enable(port->id);
		break;
	case 3:
		rte_eth_dev_default_mac_addr_set(port->id, &mac);
		break;
	case 4:
		rte_eth_dev_mac_addr_add(port->id, &mac, 0);
		break;
	case 5:
		rte_eth_dev_mac_addr_remove(port->id, &mac);
		break;
	case 6:
		rte_eth_dev_rss_hash_update(port->id, &rss);
		break;
	case 7:
		rte_eth_dev_set_mc_addr_list(port->id, &mac, 1);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum model_answer answers[] = {
		MODEL_ANSWER_TRUE, MODEL_ANSWER_TRUE, MODEL_ANSWER_ERR, MODEL_ANSWER_GARBAGE,
		MODEL_ANSWER_EMPTY, MODEL_ANSWER_WRONG_ID, MODEL_ANSWER_FORGED,
		MODEL_ANSWER_NEEDS_RESET,
	};
	struct fuzz_input in = { data, size };
	const uint8_t how = fuzz_u8(&in);
	struct model_port *port = fuzz_port_start(&(struct model_port_config){
		.features = FEATURES | fuzz_ring_features(how) |
			    (how & 8 ? VIRTIO_FEATURE(VIRTIO_F_RING_PACKED) : 0),
		.iova = how & 1, .pairs = 2, .rx_size = 8, .tx_size = 8, .mbufs = 64,
		.mq_mode = RTE_ETH_MQ_RX_RSS, .mac = { 0x52, 0x54, 0, 0, 0, 1 } });
	struct model_ctrl *ctrl = &port->device.ctrl;

	ctrl->any_class = true;
	while (in.left != 0) {
		pthread_mutex_lock(&port->device.lock);
		ctrl->answer = answers[fuzz_u8(&in) % RTE_DIM(answers)];
		ctrl->forged_id = fuzz_u32(&in) & (how & 8 ? UINT16_MAX : UINT32_MAX);
		ctrl->forged_len = fuzz_u32(&in);
		ctrl->forged_ack = fuzz_u8(&in);
		pthread_mutex_unlock(&port->device.lock);
		call(port, &in);
		if (fuzz_u8(&in) % 8 != 7)
			continue;
		ctrl->answer = MODEL_ANSWER_TRUE;
		fuzz_port_restart(port);
	}
	ctrl->answer = MODEL_ANSWER_TRUE;
	fuzz_port_end(port);
	return 0;
}
