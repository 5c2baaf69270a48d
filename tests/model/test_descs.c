/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_descs.c - what ethdev's callers may ask about descriptors: how many packets wait, what becomes
 * of a descriptor, where to sleep until the next one. Compared with what the device knows, in random
 * traffic.
 */

#include <errno.h>

#include <rte_power_intrinsics.h>

#include "model_cases.h"
#include "model_sender.h"
#include "model_traffic.h"

#define F(bit) VIRTIO_FEATURE(bit)
#define PACKED F(VIRTIO_F_RING_PACKED)
#define IN_ORDER F(VIRTIO_F_IN_ORDER)

/** A device's way of completing. */
struct way {
	const char *name;
	uint64_t features;
	bool shuffle;
	bool batch;
	uint16_t size;
};

static const struct way ways[] = {
	{ "split", 0, false, false, 16 },
	{ "split_shuffled", 0, true, false, 16 },
	{ "split_indirect", F(VIRTIO_RING_F_INDIRECT_DESC), false, false, 16 },
	{ "split_in_order", IN_ORDER, false, false, 64 },
	{ "split_batches", IN_ORDER, false, true, 16 },
	{ "packed", PACKED, false, false, 16 },
	{ "packed_odd_size", PACKED, false, false, 37 },
	{ "packed_shuffled", PACKED, true, false, 37 },
	{ "packed_indirect", PACKED | F(VIRTIO_RING_F_INDIRECT_DESC), false, false, 16 },
	{ "packed_in_order", PACKED | IN_ORDER, false, false, 64 },
	{ "packed_batches", PACKED | IN_ORDER, false, true, 37 },
};

static struct model_port *
start(const struct way *way, uint64_t tx_offloads)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = way->features, .rx_size = way->size, .tx_size = way->size,
		.tx_offloads = tx_offloads });

	model_port_start(port);
	return port;
}

/** @p waiting buffers were used and not received; the device has what it has. */
static void
check_rx(const struct model_port *port, uint16_t size, unsigned int waiting)
{
	const struct model_queue *q = &port->device.queues[0];
	const unsigned int posted = waiting + q->num_pending + q->num_ready;

	assert_int_equal(rte_eth_rx_queue_count(port->id, 0), waiting);
	for (unsigned int i = 0; i < size; i++)
		assert_int_equal(rte_eth_rx_descriptor_status(port->id, 0, i),
				 i < waiting ? RTE_ETH_RX_DESC_DONE :
				 i < posted ? RTE_ETH_RX_DESC_AVAIL : RTE_ETH_RX_DESC_UNAVAIL);
	assert_int_equal(rte_eth_rx_descriptor_status(port->id, 0, size), -EINVAL);
}

static void
received_descriptors(void **state)
{
	const struct way *way = *state;
	struct model_port *port = start(way, 0);
	struct model_queue *q = model_rxq(&port->device, 0);
	unsigned int waiting = 0;
	struct model_traffic t;

	model_traffic_init(&t, port);
	t.way.shuffle = way->shuffle;
	check_rx(port, way->size, 0);
	for (unsigned int round = 0; round < 2000; round++) {
		unsigned int n;

		for (unsigned int k = unit_random(&t.random) % 6; k != 0; k--)
			model_traffic_put(&t, way->batch ? 2048 : 60);
		n = unit_random(&t.random) % (q->num_ready + 1);
		model_queue_show(q, n, way->batch);
		waiting += n;
		check_rx(port, way->size, waiting);
		waiting -= model_traffic_rx(&t, 1 + unit_random(&t.random) % 7);
		check_rx(port, way->size, waiting);
	}
	model_traffic_finish(&t, 8);
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** Descriptors that the device has. */
static unsigned int
device_has(const struct model_queue *q)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < q->num_pending; i++)
		n += q->pending[i]->descs;
	for (unsigned int i = 0; i < q->num_ready; i++)
		n += q->ready[i].chain->descs;
	return n;
}

static void
check_tx(const struct model_port *port, uint16_t size)
{
	const unsigned int full = device_has(&port->device.queues[1]);

	/* What can be used comes first, from where the next packet goes; the rest is the device's. */
	for (unsigned int i = 0; i < size; i++)
		assert_int_equal(rte_eth_tx_descriptor_status(port->id, 0, i),
				 i < size - full ? RTE_ETH_TX_DESC_DONE : RTE_ETH_TX_DESC_FULL);
	assert_int_equal(rte_eth_tx_descriptor_status(port->id, 0, size), -EINVAL);
}

static void
sent_descriptors(void **state)
{
	const struct way *way = *state;

	for (unsigned int simple = 0; simple < 2; simple++) {
		struct model_port *port = start(way, simple ? 0 : RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
		struct model_queue *q = model_txq(&port->device, 0);
		struct model_sender s;

		model_sender_init(&s, port, simple ? MODEL_KINDS_PLAIN : MODEL_KINDS_ALL);
		s.max_segs = 4;
		check_tx(port, way->size);
		for (unsigned int round = 0; round < 2000; round++) {
			model_sender_burst(&s, unit_random(&s.random) % 5);
			check_tx(port, way->size);
			model_net_tx_done(q, unit_random(&s.random) % (q->num_pending + 1),
					  way->shuffle, way->batch);
			check_tx(port, way->size);
		}
		model_port_stop(port);
		model_sender_fini(&s);
		model_port_destroy(port);
	}
}

/** The value that a thread would sleep at. */
static uint64_t
value_at(const struct rte_power_monitor_cond *cond)
{
	return cond->size == sizeof(uint16_t) ? *(const volatile uint16_t *)cond->addr :
						*(const volatile uint64_t *)cond->addr;
}

/** Asleep while nothing comes; awake, or never asleep, when something did. */
static void
monitored_address(void **state)
{
	const struct way *way = *state;
	struct model_port *port = start(way, 0);
	struct model_queue *q = model_rxq(&port->device, 0);
	struct model_traffic t;

	model_traffic_init(&t, port);
	t.way.shuffle = way->shuffle;
	for (unsigned int round = 0; round < 200; round++) {
		const unsigned int n = 1 + round % 3;
		struct rte_power_monitor_cond cond, late;

		assert_int_equal(rte_eth_get_monitor_addr(port->id, 0, &cond), 0);
		assert_int_equal(cond.fn(value_at(&cond), cond.opaque), 0);
		for (unsigned int i = 0; i < n; i++)
			assert_true(model_traffic_put(&t, way->batch ? 2048 : 60));
		model_queue_show(q, n, way->batch);
		assert_int_equal(cond.fn(value_at(&cond), cond.opaque), -1);
		while (t.count != 0) {
			assert_int_equal(rte_eth_get_monitor_addr(port->id, 0, &late), 0);
			assert_int_equal(late.fn(value_at(&late), late.opaque), -1);
			assert_int_equal(model_traffic_rx(&t, 1), 1);
		}
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** What a device says that cannot be counts for nothing, and harms nobody. */
static void
fault_impossible_completions(void **state)
{
	static const uint32_t ids[] = { 0, 1, 15, 16, 37, 0xffff, 0x10000, 0xffffffff };
	const struct way *way = *state;

	for (unsigned int i = 0; i < RTE_DIM(ids); i++) {
		struct model_port *port = start(way, RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
		struct model_queue *rxq = model_rxq(&port->device, 0);
		struct model_queue *txq = model_txq(&port->device, 0);
		struct rte_power_monitor_cond cond;
		const bool packed = way->features & PACKED;
		struct model_sender s;

		model_sender_init(&s, port, MODEL_KINDS_ALL);
		model_sender_burst(&s, 3);
		for (unsigned int k = 0; k < 40; k++) {
			if (k < 20) {
				/* In a packed ring ids have 16 bits. */
				rxq->ring->forge(rxq, packed ? (uint16_t)ids[i] : ids[i], 60);
				txq->ring->forge(txq, packed ? (uint16_t)ids[i] : ids[i], 0);
			}
			assert_in_range(rte_eth_rx_queue_count(port->id, 0), 0, way->size);
			for (unsigned int d = 0; d < way->size; d++) {
				assert_in_range(rte_eth_rx_descriptor_status(port->id, 0, d), 0, 2);
				assert_in_range(rte_eth_tx_descriptor_status(port->id, 0, d), 0, 2);
			}
			assert_int_equal(rte_eth_get_monitor_addr(port->id, 0, &cond), 0);
		}
		model_port_stop(port);
		model_sender_collect(&s);
		model_sender_fini(&s);
		model_port_destroy(port);
	}
}

#define CASE(run) do { \
	for (unsigned int i_ = 0; i_ < RTE_DIM(ways); i_++) \
		model_case(run, &ways[i_], NULL, "%s_%s", #run, ways[i_].name); \
} while (0)

int
main(void)
{
	CASE(received_descriptors);
	CASE(sent_descriptors);
	CASE(monitored_address);
	CASE(fault_impossible_completions);
	return model_cases_run("descs");
}
