/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_bins.c - counters of packets by size and kind of address: right where they are asked for, and
 * not there where they are not.
 */

#include <stdlib.h>

#include "model_cases.h"
#include "model_port.h"

#define MULTI_SEGS RTE_ETH_TX_OFFLOAD_MULTI_SEGS

/** Sizes at both ends of each counter's range. */
static const struct {
	uint32_t len;
	const char *name;
} sizes[] = {
	{ 14, "size_below_64" }, { 63, "size_below_64" }, { 64, "size_64" }, { 65, "size_65_127" },
	{ 127, "size_65_127" }, { 128, "size_128_255" }, { 255, "size_128_255" },
	{ 256, "size_256_511" }, { 511, "size_256_511" }, { 512, "size_512_1023" },
	{ 1023, "size_512_1023" }, { 1024, "size_1024_1518" }, { 1518, "size_1024_1518" },
	{ 1519, "size_above_1518" }, { 2000, "size_above_1518" },
};

static const char *const counters[] = {
	"size_below_64", "size_64", "size_65_127", "size_128_255", "size_256_511", "size_512_1023",
	"size_1024_1518", "size_above_1518", "multicast", "broadcast",
};

/** Destinations: one station, several, all. */
static const uint8_t addresses[][6] = {
	{ 2, 0, 0, 0, 0, 1 }, { 1, 0, 0x5e, 0, 0, 1 }, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
};

static struct model_port *
bins_port(const char *args, bool packed, uint64_t tx_offloads)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.args = args, .features = packed ? VIRTIO_FEATURE(VIRTIO_F_RING_PACKED) : 0,
		.tx_offloads = tx_offloads, .mbufs = 4096 });

	model_port_start(port);
	return port;
}

static uint64_t
counter(const struct model_port *port, const char *kind, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "%s_q0_%s", kind, name);
	return model_xstat(port, full);
}

/** All of one direction are zero but @p name, which has @p value; NULL: all are. */
static void
assert_only(const struct model_port *port, const char *kind, const char *name, uint64_t value)
{
	for (unsigned int i = 0; i < RTE_DIM(counters); i++) {
		const bool it = name != NULL && strcmp(counters[i], name) == 0;

		assert_int_equal(counter(port, kind, counters[i]), it ? value : 0);
	}
	assert_int_equal(rte_eth_xstats_reset(port->id), 0);
}

static void
receive_one(struct model_port *port, const uint8_t *frame, uint32_t len)
{
	struct model_queue *q = model_rxq(&port->device, 0);
	const struct model_rx_way way = { .odd = false };
	struct rte_mbuf *m;

	assert_int_equal(model_net_rx(q, frame, len, &way), 1);
	model_queue_show(q, 1, false);
	assert_int_equal(model_port_rx(port, &m, 1), 1);
	rte_pktmbuf_free(m);
}

static struct rte_mbuf *
make(struct model_port *port, uint32_t len, const uint8_t *address)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(model_pool_mp(port->pool));

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, len), address, 6);
	return m;
}

static void
sent_is_done(struct model_port *port)
{
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sent sent;

	while (model_net_sent(&port->device, &sent))
		free(sent.bytes);
	model_net_tx_done(q, q->num_pending, false, false);
}

/** A packet of each size, both ways; then of each kind of address. */
static void
each_size(void **state)
{
	struct model_port *port = bins_port("size_bins=1", *state != NULL, MULTI_SEGS);
	uint8_t frame[2048] = { 2 };
	struct rte_mbuf *m;

	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		receive_one(port, frame, sizes[i].len);
		assert_only(port, "rx", sizes[i].name, 1);
		m = make(port, sizes[i].len, addresses[0]);
		assert_int_equal(model_port_tx(port, &m, 1), 1);
		sent_is_done(port);
		assert_only(port, "tx", sizes[i].name, 1);
	}
	for (unsigned int i = 0; i < RTE_DIM(addresses); i++) {
		memcpy(frame, addresses[i], 6);
		receive_one(port, frame, 100);
		m = make(port, 100, addresses[i]);
		assert_int_equal(model_port_tx(port, &m, 1), 1);
		sent_is_done(port);
		assert_int_equal(counter(port, "rx", "multicast"), i >= 1);
		assert_int_equal(counter(port, "rx", "broadcast"), i == 2);
		assert_int_equal(counter(port, "tx", "multicast"), i >= 1);
		assert_int_equal(counter(port, "tx", "broadcast"), i == 2);
	}
	model_port_destroy(port);
}

/** Bursts larger than the ring: what was not taken is not counted, whatever the path. */
static void
full_ring(void **state)
{
	struct model_port *port = bins_port("size_bins=1", *state != NULL, 0);
	struct rte_mbuf *pkts[200];
	uint64_t packets;
	uint16_t sent;

	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < RTE_DIM(pkts); i++)
			pkts[i] = make(port, i % 2 == 0 ? 64 : 1000, addresses[2]);
		sent = model_port_tx(port, pkts, RTE_DIM(pkts));
		assert_int_equal(sent, round == 0 ? 200 : round == 1 ? 56 : 0);
		rte_pktmbuf_free_bulk(pkts + sent, RTE_DIM(pkts) - sent);
	}
	packets = model_xstat(port, "tx_q0_packets");
	assert_int_equal(packets, 256);
	assert_int_equal(counter(port, "tx", "size_64"), 128);
	assert_int_equal(counter(port, "tx", "size_512_1023"), 128);
	assert_int_equal(counter(port, "tx", "broadcast"), 256);
	sent_is_done(port);
	model_port_stop(port);
	model_port_destroy(port);
}

/** They outlive a stop; a new ring begins anew. */
static void
kept_over_a_stop(void **state)
{
	struct model_port *port = bins_port("size_bins=1", *state != NULL, MULTI_SEGS);
	uint8_t frame[64] = { 2 };

	receive_one(port, frame, 64);
	model_port_stop(port);
	assert_int_equal(counter(port, "rx", "size_64"), 1);
	model_port_start(port);
	receive_one(port, frame, 64);
	assert_only(port, "rx", "size_64", 2);
	model_port_destroy(port);
}

/** Nobody asked: no such names, and the path's own callbacks. */
static void
not_asked_for(void **state)
{
	static const char *const args[] = { NULL, "size_bins=0", "size_bins=1" };
	eth_rx_burst_t rx[RTE_DIM(args)];
	eth_tx_burst_t tx[RTE_DIM(args)];

	for (unsigned int i = 0; i < RTE_DIM(args); i++) {
		struct model_port *port = bins_port(args[i], *state != NULL, 0);
		uint64_t id;

		rx[i] = rte_eth_fp_ops[port->id].rx_pkt_burst;
		tx[i] = rte_eth_fp_ops[port->id].tx_pkt_burst;
		assert_int_equal(rte_eth_xstats_get_id_by_name(port->id, "rx_q0_size_64", &id),
				 i == 2 ? 0 : -EINVAL);
		model_port_destroy(port);
	}
	assert_true(rx[0] == rx[1]);
	assert_true(tx[0] == tx[1]);
	assert_true(rx[1] != rx[2]);
	assert_true(tx[1] != tx[2]);
}

int
main(void)
{
	static const bool packed = true;

	for (unsigned int i = 0; i < 2; i++) {
		const bool *layout = i == 0 ? NULL : &packed;
		const char *name = i == 0 ? "split" : "packed";

		model_case(each_size, layout, NULL, "bins_%s_each_size", name);
		model_case(full_ring, layout, NULL, "bins_%s_full_ring", name);
		model_case(kept_over_a_stop, layout, NULL, "bins_%s_kept_over_a_stop", name);
		model_case(not_asked_for, layout, NULL, "bins_%s_not_asked_for", name);
	}
	return model_cases_run("bins");
}
