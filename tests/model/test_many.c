/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_many.c - many queues: up to as many pairs as a device has, 256 in QEMU. Each pair moves its
 * own packets and counts them, memory lies on the socket that was asked for, and all of it comes
 * back.
 */

#include <string.h>

#include "ctrl_cases.h"
#include "model_memory.h"

#define PAIRS 256
#define SOCKET 1
#define LEN 64

/** Blocks of memory that a queue has: its private state, its ring. */
#define BLOCKS 2

static struct model_port *
start(void **state, uint16_t pairs)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = CTRL_FEATURES | F(MQ) | ctrl_layout(state), .pairs = PAIRS,
		.rx_queues = pairs, .tx_queues = pairs, .rx_size = 8, .tx_size = 8,
		.mbufs = PAIRS * 8 + 2 * MODEL_BURST, .queue_socket = SOCKET,
		.mac = { 0x52, 0x54, 0, 0, 0, 1 } });

	model_port_start(port);
	return port;
}

/** A frame through a pair: in, out, and back to its pool. */
static void
echo(struct model_port *port, uint16_t pair)
{
	struct model_queue *rxq = model_rxq(&port->device, pair);
	struct model_queue *txq = model_txq(&port->device, pair);
	static const struct model_rx_way way;
	struct model_sent sent;
	struct rte_mbuf *m;
	uint8_t frame[LEN];

	model_content(frame, LEN, pair);
	assert_int_equal(model_net_rx(rxq, frame, LEN, &way), 1);
	model_queue_show(rxq, 1, false);
	assert_int_equal(rte_eth_rx_burst(port->id, pair, &m, 1), 1);
	assert_int_equal(rte_eth_tx_burst(port->id, pair, &m, 1), 1);
	model_device_look(&port->device);
	assert_true(model_net_sent(&port->device, &sent));
	assert_int_equal(sent.len, LEN);
	assert_memory_equal(sent.bytes, frame, LEN);
	free(sent.bytes);
	assert_false(model_net_sent(&port->device, &sent));
	model_net_tx_done(txq, 1, false, false);
}

static uint64_t
packets(const struct model_port *port, const char *direction, uint16_t queue)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_q%u_packets", direction, queue);
	return model_xstat(port, name);
}

static void
pairs_move_their_own(void **state)
{
	static const uint16_t counts[] = { 1, 8, PAIRS };
	struct rte_eth_dev_info info;

	for (unsigned int i = 0; i < RTE_DIM(counts); i++) {
		struct model_port *port = start(state, counts[i]);

		assert_int_equal(rte_eth_dev_info_get(port->id, &info), 0);
		assert_int_equal(info.max_rx_queues, PAIRS);
		assert_int_equal(port->device.ctrl.pairs, counts[i]);
		for (unsigned int pair = 0; pair < counts[i]; pair++)
			echo(port, pair);
		echo(port, counts[i] - 1);
		for (unsigned int pair = 0; pair < counts[i]; pair++) {
			const unsigned int wanted = 1 + (pair + 1 == counts[i]);

			assert_int_equal(packets(port, "rx", pair), wanted);
			assert_int_equal(packets(port, "tx", pair), wanted);
		}
		model_port_destroy(port);
	}
	assert_int_equal(model_memory_blocks(), 0);
}

static void
memory_lies_where_it_was_asked_for(void **state)
{
	struct model_port *port = start(state, 4);

	assert_int_equal(model_memory_blocks_on(SOCKET), 2 * 4 * BLOCKS);
	/* What is left is the port's: control memory, on its device's socket. */
	assert_int_equal(model_memory_blocks_on(SOCKET) +
			 model_memory_blocks_on(port->dev->data->numa_node), model_memory_blocks());
	model_port_destroy(port);
}

int
main(void)
{
	CTRL_CASE(pairs_move_their_own);
	CTRL_CASE(memory_lies_where_it_was_asked_for);
	return model_cases_run("many");
}
