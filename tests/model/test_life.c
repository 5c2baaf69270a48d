/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_life.c - a port's beginning and end: start, stop, start again, set-up again, close, and all
 * of these failing. Whatever happens, memory and mbufs are where they belong afterwards. Every case
 * runs on rings of both layouts.
 */

#include "model_cases.h"
#include "model_memory.h"
#include "model_sender.h"
#include "model_traffic.h"

#define F(bit) VIRTIO_FEATURE(bit)
#define EVENT_IDX F(VIRTIO_RING_F_EVENT_IDX)
#define MRG F(VIRTIO_NET_F_MRG_RXBUF)
#define PACKED F(VIRTIO_F_RING_PACKED)
#define SMALL 64

static const uint64_t layouts[] = { 0, PACKED };

/** The layout of a case. */
static uint64_t
layout(void **state)
{
	return *(const uint64_t *)*state;
}

/** A little traffic both ways, some of it left with the device. */
static void
some_traffic(struct model_traffic *t, struct model_sender *s)
{
	struct model_queue *q = model_rxq(&t->port->device, 0);

	for (unsigned int i = 0; i < 5; i++) {
		for (unsigned int k = 0; k < 20; k++)
			model_traffic_put(t, 60 + k);
		model_queue_show(q, q->num_ready, false);
		model_traffic_rx(t, 13);
		model_sender_burst(s, 13);
		q = model_txq(&t->port->device, 0);
		model_net_tx_done(q, q->num_pending / 2, false, false);
		q = model_rxq(&t->port->device, 0);
	}
}

/**
 * Stop in the middle of it, start again, many times, with another device each time: one of the
 * other layout, too.
 */
static void
start_stop_start(void **state)
{
	static const uint64_t features[] = {
		EVENT_IDX, MRG, F(VIRTIO_F_IN_ORDER), F(VIRTIO_RING_F_INDIRECT_DESC),
		PACKED, F(VIRTIO_NET_F_MAC) | F(VIRTIO_NET_F_STATUS) |
		F(VIRTIO_NET_F_SPEED_DUPLEX),
	};
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = layout(state), .simd = 256, .tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	struct model_traffic t;
	struct model_sender s;

	model_traffic_init(&t, port);
	model_sender_init(&s, port, MODEL_KINDS_ALL);
	for (unsigned int round = 0; round < 64; round++) {
		port->device.offered = F(VIRTIO_F_VERSION_1);
		for (unsigned int i = 0; i < RTE_DIM(features); i++)
			port->device.offered |= round & (1u << i) ? features[i] : 0;
		model_port_start(port);
		assert_int_equal(model_device_has(&port->device, VIRTIO_NET_F_MRG_RXBUF),
				 (round & 2) != 0);
		assert_int_equal(model_device_has(&port->device, VIRTIO_F_RING_PACKED),
				 (round & 16) != 0);
		some_traffic(&t, &s);
		model_port_stop(port);
		assert_int_equal(model_pool_out(port->pool), 0);
		model_sender_drop_kept(&s);
		assert_int_equal(model_sender_out(&s), 0);
		while (t.count != 0)
			model_traffic_lose(&t);
		model_assert_clean();
	}
	model_traffic_fini(&t);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** A port with few descriptors. */
static struct model_port *
small_port(void **state)
{
	return model_port_create(&(struct model_port_config){
		.features = layout(state), .rx_size = SMALL, .tx_size = 64 });
}

/** Nothing moves while a port is stopped, whoever calls. */
static void
stopped_moves_nothing(void **state)
{
	struct model_port *port = small_port(state);
	struct rte_mbuf *pkts[8];
	eth_rx_burst_t rx;
	eth_tx_burst_t tx;
	struct model_sender s;

	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	model_port_start(port);
	rx = port->dev->rx_pkt_burst;
	tx = port->dev->tx_pkt_burst;
	model_port_stop(port);
	pkts[0] = model_sender_make(&s, MODEL_PLAIN);
	/* A thread that fetched the callbacks before the stop. */
	assert_int_equal(rx(port->dev->data->rx_queues[0], pkts + 1, 7), 0);
	assert_int_equal(tx(port->dev->data->tx_queues[0], pkts, 1), 0);
	assert_int_equal(port->dev->rx_pkt_burst(port->dev->data->rx_queues[0], pkts + 1, 7), 0);
	assert_int_equal(port->dev->tx_pkt_burst(port->dev->data->tx_queues[0], pkts, 1), 0);
	rte_pktmbuf_free(pkts[0]);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** A receive queue that is set up with another mempool posts from that one, and only from it. */
static void
another_mempool(void **state)
{
	const struct model_pool_config config = { .size = 200,
						  .data_room = 2048 + RTE_PKTMBUF_HEADROOM };
	struct model_port *port = small_port(state);
	struct model_pool *first = port->pool;
	struct model_pool *second = model_pool_create("model_second", &config);
	struct model_traffic t;

	for (unsigned int i = 0; i < 4; i++) {
		model_port_start(port);
		assert_int_equal(model_pool_out(port->pool), SMALL);
		model_traffic_init(&t, port);
		for (unsigned int k = 0; k < 30; k++)
			model_traffic_put(&t, 100);
		model_traffic_finish(&t, 32);
		model_traffic_fini(&t);
		model_port_stop(port);
		assert_int_equal(model_pool_out(first), 0);
		assert_int_equal(model_pool_out(second), 0);
		port->pool = port->pool == first ? second : first;
		model_port_setup(port);
	}
	assert_ptr_equal(port->pool, first);
	model_port_destroy(port);
	model_pool_free(second);
}

/** A start without a single mbuf fails, leaves nothing behind, and works when there are some. */
static void
start_without_mbufs(void **state)
{
	struct model_port *port = small_port(state);
	struct model_traffic t;

	for (unsigned int i = 0; i < 3; i++) {
		model_log_start();
		model_pool_limit(port->pool, 0);
		assert_int_equal(rte_eth_dev_start(port->id), -ENOMEM);
		assert_true(model_logged("has no mbuf to give"));
		assert_int_equal(port->device.status & VIRTIO_CONFIG_S_DRIVER_OK, 0);
		assert_int_equal(model_pool_out(port->pool), 0);
		model_pool_limit(port->pool, UINT32_MAX);
		model_port_start(port);
		model_traffic_init(&t, port);
		model_traffic_put(&t, 60);
		model_traffic_finish(&t, 4);
		model_traffic_fini(&t);
		model_port_stop(port);
	}
	model_port_destroy(port);
}

/**
 * Every allocation of a queue's set-up fails once, that of counters too: it is said, nothing is left,
 * and the next one works.
 */
static void
setup_without_memory(void **state)
{
	static const char *const said[] = { "beside its ring", "for its ring", "beside its ring" };
	struct model_port *port = model_port_create(&(struct model_port_config){
		.args = "size_bins=1", .features = layout(state), .rx_size = SMALL });
	const unsigned int blocks = model_memory_blocks();
	struct rte_mempool *mp = model_pool_mp(port->pool);

	for (unsigned int n = 1; n <= RTE_DIM(said); n++) {
		model_log_start();
		model_memory_fail(n);
		assert_int_equal(rte_eth_rx_queue_setup(port->id, 0, SMALL, 0, NULL, mp), -ENOMEM);
		assert_true(model_logged(said[n - 1]));
		model_log_start();
		model_memory_fail(n);
		assert_int_equal(rte_eth_tx_queue_setup(port->id, 0, 64, 0, NULL), -ENOMEM);
		assert_true(model_logged(said[n - 1]));
		model_memory_fail(0);
		/* A port without queues does not start. */
		assert_int_equal(rte_eth_dev_start(port->id), -EINVAL);
		model_port_setup(port);
		assert_int_equal(model_memory_blocks(), blocks);
		model_port_start(port);
		model_port_stop(port);
	}
	model_port_destroy(port);
	assert_int_equal(model_memory_blocks(), 0);
}

/** Closed while it runs: all memory and all mbufs are back. */
static void
close_while_started(void **state)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = EVENT_IDX | layout(state),
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	struct model_traffic t;
	struct model_sender s;

	model_traffic_init(&t, port);
	model_sender_init(&s, port, MODEL_KINDS_ALL);
	model_port_start(port);
	some_traffic(&t, &s);
	model_traffic_fini(&t);
	model_port_destroy(port);
	model_sender_fini(&s);
	assert_int_equal(model_memory_blocks(), 0);
}

/** A device that does not finish its reset may still write: nothing that it has is freed. */
static void
reset_never_ends(void **state)
{
	struct model_port *port = small_port(state);
	unsigned int blocks;

	model_port_start(port);
	blocks = model_memory_blocks();
	port->device.stuck = true;
	model_log_start();
	rte_eth_dev_stop(port->id);
	assert_true(model_logged("does not finish its reset"));
	assert_int_equal(model_pool_out(port->pool), SMALL);
	assert_int_equal(model_memory_blocks(), blocks);
	model_assert_clean();
	/* It comes to its senses: closing the port gets everything back. */
	port->device.stuck = false;
	model_port_destroy(port);
	assert_int_equal(model_memory_blocks(), 0);
}

/** The same, and the port is started instead: what was given up comes back when that reset ends. */
static void
start_after_stuck_reset(void **state)
{
	struct model_port *port = small_port(state);
	struct model_traffic t;

	model_port_start(port);
	port->device.stuck = true;
	rte_eth_dev_stop(port->id);
	port->device.stuck = false;
	model_port_start(port);
	model_traffic_init(&t, port);
	for (unsigned int k = 0; k < 30; k++)
		model_traffic_put(&t, 100);
	model_traffic_finish(&t, 32);
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** Rings of every size from 8 to 32768; packed ones of others, too. */
static void
every_ring_size(void **state)
{
	static const uint16_t split_sizes[] = { 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096,
						8192, 16384, 32768, 0 };
	static const uint16_t packed_sizes[] = { 8, 9, 15, 31, 64, 77, 255, 1000, 4095, 10007, 32767,
						 32768, 0 };
	const uint64_t features = layout(state);

	for (const uint16_t *size = features ? packed_sizes : split_sizes; *size != 0; size++) {
		struct model_port *port = model_port_create(&(struct model_port_config){
			.rx_size = *size, .tx_size = *size, .mbufs = 512,
			.features = features | EVENT_IDX | F(VIRTIO_RING_F_INDIRECT_DESC) });
		struct model_traffic t;
		struct model_sender s;

		model_traffic_init(&t, port);
		model_sender_init(&s, port, MODEL_KINDS_PLAIN);
		model_port_start(port);
		assert_int_equal(model_rxq(&port->device, 0)->setup.size, *size);
		assert_int_equal(model_txq(&port->device, 0)->setup.size, *size);
		for (unsigned int i = 0; i < 30; i++)
			some_traffic(&t, &s);
		model_port_stop(port);
		model_traffic_fini(&t);
		model_sender_fini(&s);
		model_port_destroy(port);
	}
}

#define CASE(name) \
	for (unsigned int i = 0; i < RTE_DIM(layouts); i++) \
		model_case(name, &layouts[i], NULL, "life_%s%s", #name, i == 0 ? "" : "_packed")

int
main(void)
{
	CASE(start_stop_start);
	CASE(stopped_moves_nothing);
	CASE(another_mempool);
	CASE(start_without_mbufs);
	CASE(setup_without_memory);
	CASE(close_while_started);
	CASE(reset_never_ends);
	CASE(start_after_stuck_reset);
	CASE(every_ring_size);
	return model_cases_run("life");
}
