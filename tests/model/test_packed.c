/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_packed.c - what only packed rings have: sizes that are no power of two, wrap counters,
 * descriptors that are marked as used in any order, and a device that has no such rings after all.
 */

#include "model_cases.h"
#include "model_sender.h"
#include "model_traffic.h"

#define PACKED VIRTIO_FEATURE(VIRTIO_F_RING_PACKED)
#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)

static struct model_port *
rx_port(struct model_traffic *t, const struct model_rx_path *path, uint16_t size)
{
	struct model_port_config config = {
		.features = EVENT_IDX, .rx_size = size, .tx_size = 8,
		.data_room = path->mergeable ? 300 : 2048,
	};
	struct model_port *port;

	model_config_rx_path(&config, path);
	port = model_port_create(&config);
	model_port_start(port);
	model_assert_rx_path(port, path);
	model_traffic_init(t, port);
	return port;
}

static void
rx_end(struct model_port *port, struct model_traffic *t)
{
	assert_int_equal(model_xstat(port, "rx_q0_faults"), 0);
	model_traffic_fini(t);
	model_port_destroy(port);
}

static struct model_port *
tx_port(struct model_sender *s, const struct model_tx_path *path, uint64_t features, uint16_t size)
{
	struct model_port_config config = {
		.features = features, .rx_size = 8, .tx_size = size, .tx_free_thresh = size,
	};
	struct model_port *port;

	model_config_tx_path(&config, path);
	port = model_port_create(&config);
	model_port_start(port);
	model_assert_tx_path(port, path);
	model_sender_init(s, port, path->fast_free ? MODEL_KINDS_FAST_FREE :
			  path->simple ? MODEL_KINDS_SINGLE : MODEL_KINDS_ALL);
	return port;
}

static void
tx_end(struct model_port *port, struct model_sender *s)
{
	assert_int_equal(model_xstat(port, "tx_q0_faults"), 0);
	model_port_stop(port);
	model_sender_fini(s);
	model_port_destroy(port);
}

/** Every size from 8 to 40, in dozens of laps: blocks of any width meet the end everywhere. */
static void
rx_laps(void **state)
{
	for (uint16_t size = 8; size <= 40; size++) {
		struct model_traffic t;
		struct model_port *port = rx_port(&t, *state, size);
		struct model_queue *q = model_rxq(&port->device, 0);

		for (unsigned int i = 0; t.delivered < 24u * size; i++) {
			assert_true(i < 24u * size);
			for (unsigned int n = 1 + unit_random(&t.random) % size; n != 0; n--)
				model_traffic_put(&t, 60);
			model_queue_show(q, q->num_ready, false);
			model_traffic_rx(&t, 1 + unit_random(&t.random) % size);
		}
		model_traffic_finish(&t, 32);
		assert_true(q->num_shown >= 24u * size);
		assert_int_equal(model_xstat(port, "rx_q0_shuffled"), 0);
		rx_end(port, &t);
	}
}

static void
tx_laps(void **state)
{
	struct model_sender s = { .port = NULL };

	for (uint16_t size = 8; size <= 40; size += 1 + (size > 20)) {
		struct model_port *port = tx_port(&s, *state, EVENT_IDX, size);
		struct model_queue *q = model_txq(&port->device, 0);

		s.kinds = MODEL_KINDS_PLAIN;
		s.max_seg_len = 60;
		for (unsigned int i = 0; s.arrived < 24u * size; i++) {
			assert_true(i < 24u * size);
			model_sender_burst(&s, 1 + unit_random(&s.random) % size);
			model_net_tx_done(q, unit_random(&s.random) % (q->num_pending + 1), false,
					  false);
		}
		assert_int_equal(model_xstat(port, "tx_q0_shuffled"), 0);
		tx_end(port, &s);
	}
}

/**
 * A device may reorder its writes: all that it shows is there but for the first one's flags. Nothing
 * is taken before these are, and then everything.
 */
static void
rx_first_marked_last(void **state)
{
	const struct model_rx_path *path = *state;

	for (unsigned int shuffled = 0; shuffled < 2; shuffled++) {
		struct model_traffic t;
		struct model_port *port = rx_port(&t, path, 61);
		struct model_queue *q = model_rxq(&port->device, 0);

		t.way.shuffle = shuffled;
		q->packed.hold = true;
		for (unsigned int i = 0; i < 300; i++) {
			const unsigned int frames = 1 + unit_random(&t.random) % 12;
			unsigned int got = 0;

			/* Where that is possible each third one takes several buffers. */
			for (unsigned int n = 0; n < frames; n++)
				assert_true(model_traffic_put(&t, path->mergeable && n % 3 == 2 ?
							      900 : 60));
			model_queue_show(q, q->num_ready, false);
			for (unsigned int n = 0; n < 3; n++)
				assert_int_equal(model_traffic_rx(&t, 32), 0);
			model_packed_reveal(q);
			for (unsigned int n = 0; n < 3 && got < frames; n++)
				got += model_traffic_rx(&t, 32);
			assert_int_equal(got, frames);
		}
		assert_int_equal(model_xstat(port, "rx_q0_shuffled"), shuffled);
		rx_end(port, &t);
	}
}

static void
tx_first_marked_last(void **state)
{
	for (unsigned int shuffled = 0; shuffled < 2; shuffled++) {
		struct model_sender s;
		struct model_port *port = tx_port(&s, *state, 0, 61);
		struct model_queue *q = model_txq(&port->device, 0);

		q->packed.hold = true;
		for (unsigned int i = 0; i < 200; i++) {
			uint16_t sent = model_sender_burst(&s, 1 + unit_random(&s.random) % 12);

			model_net_tx_done(q, q->num_pending, shuffled, false);
			for (unsigned int n = 0; n < 3; n++)
				assert_int_equal(rte_eth_tx_done_cleanup(port->id, 0, 0), 0);
			model_packed_reveal(q);
			/* One that follows the device's order from now on may do so in two steps. */
			for (unsigned int n = 0; n < 2 && sent != 0; n++)
				sent -= rte_eth_tx_done_cleanup(port->id, 0, 0);
			assert_int_equal(sent, 0);
			model_sender_drop_kept(&s);
			assert_int_equal(model_sender_out(&s), 0);
		}
		tx_end(port, &s);
	}
}

/** IN_ORDER: batches of all lengths, each with one used descriptor, from every descriptor. */
static void
tx_batches(void **state)
{
	for (uint16_t size = 8; size <= 32; size += 3) {
		struct model_sender s;
		struct model_port *port = tx_port(&s, *state, IN_ORDER, size);
		struct model_queue *q = model_txq(&port->device, 0);

		s.max_segs = 3;
		for (unsigned int i = 0; i < 20u * size; i++) {
			const unsigned int nb = 1 + i % 5;
			uint16_t sent = model_sender_burst(&s, nb);

			/* In one batch, or two. */
			if (i % 3 == 0 && sent > 1)
				model_net_tx_done(q, sent / 2, false, true);
			model_net_tx_done(q, q->num_pending, false, true);
			assert_int_equal(rte_eth_tx_done_cleanup(port->id, 0, 0), sent);
			model_sender_drop_kept(&s);
			assert_int_equal(model_sender_out(&s), 0);
		}
		assert_int_equal(model_xstat(port, "tx_q0_shuffled"), 0);
		tx_end(port, &s);
	}
}

/** A frame in and a packet out. */
static void
some_traffic(struct model_port *port)
{
	struct model_queue *txq = model_txq(&port->device, 0);
	struct model_traffic t;
	struct model_sender s;

	model_traffic_init(&t, port);
	model_sender_init(&s, port, MODEL_KINDS_ALL);
	for (unsigned int i = 0; i < 50; i++) {
		assert_true(model_traffic_put(&t, 60));
		model_traffic_finish(&t, 4);
		model_sender_burst(&s, 3);
		model_net_tx_done(txq, txq->num_pending, false, false);
	}
	assert_true(s.arrived >= 80 && t.delivered == 50);
	model_port_stop(port);
	model_traffic_fini(&t);
	model_sender_fini(&s);
}

/** Packed rings are wanted, and the device has none: split ones serve. */
static void
not_offered(void **state)
{
	struct model_port *port = model_port_any(0, 64, false);

	(void)state;
	assert_false(model_device_has(&port->device, VIRTIO_F_RING_PACKED));
	assert_ptr_equal(model_rxq(&port->device, 0)->ring, &model_ring_split);
	some_traffic(port);
	model_port_destroy(port);
}

/** The device offers them, and nobody wants them. */
static void
not_wanted(void **state)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = PACKED, .split = true,
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });

	(void)state;
	model_port_start(port);
	assert_false(model_device_has(&port->device, VIRTIO_F_RING_PACKED));
	assert_ptr_equal(model_rxq(&port->device, 0)->ring, &model_ring_split);
	some_traffic(port);
	model_port_destroy(port);
}

/**
 * A device that had packed rings comes back without them: a size that is no power of two is said
 * to be the reason why the port does not start, others serve as split rings, and back.
 */
static void
gone_after_a_stop(void **state)
{
	(void)state;
	for (unsigned int odd = 0; odd < 2; odd++) {
		struct model_port *port = model_port_any(PACKED, odd ? 100 : 64, false);

		some_traffic(port);
		port->device.offered &= ~PACKED;
		model_log_start();
		assert_int_equal(rte_eth_dev_start(port->id), odd ? -EINVAL : 0);
		if (odd) {
			assert_true(model_logged("give a power of two"));
			assert_int_equal(port->device.status & VIRTIO_CONFIG_S_DRIVER_OK, 0);
			assert_int_equal(model_pool_out(port->pool), 0);
		} else {
			model_device_look(&port->device);
			assert_ptr_equal(model_rxq(&port->device, 0)->ring, &model_ring_split);
			some_traffic(port);
		}
		port->device.offered |= PACKED;
		model_port_start(port);
		assert_ptr_equal(model_rxq(&port->device, 0)->ring, &model_ring_packed);
		some_traffic(port);
		model_port_destroy(port);
	}
}

/** Rings of a size of which no power of two is: as asked for, and as large as the device allows. */
static void
device_limit(void **state)
{
	static const uint16_t asked[] = { 8, 999, 1000 };

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(asked); i++) {
		struct model_port *port = model_port_create(&(struct model_port_config){
			.features = PACKED, .max_size = 1000, .rx_size = asked[i],
			.tx_size = asked[i], .tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });

		model_port_start(port);
		assert_int_equal(model_rxq(&port->device, 0)->setup.size, asked[i]);
		assert_int_equal(model_txq(&port->device, 0)->setup.size, asked[i]);
		some_traffic(port);
		model_port_destroy(port);
	}
}

#define CASE(name) model_case(name, NULL, NULL, "packed_%s", #name)

int
main(void)
{
	for (unsigned int i = 0; i < model_num_rx_paths; i++) {
		const struct model_rx_path *path = &model_rx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		if (!path->packed)
			continue;
		model_case(rx_laps, path, missing, "packed_%s_laps", path->name);
		model_case(rx_first_marked_last, path, missing, "packed_%s_first_marked_last",
			   path->name);
	}
	for (unsigned int i = 0; i < model_num_tx_paths; i++) {
		const struct model_tx_path *path = &model_tx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		if (!path->packed)
			continue;
		model_case(tx_laps, path, missing, "packed_%s_laps", path->name);
		model_case(tx_first_marked_last, path, missing, "packed_%s_first_marked_last",
			   path->name);
		model_case(tx_batches, path, missing, "packed_%s_batches", path->name);
	}
	CASE(not_offered);
	CASE(not_wanted);
	CASE(gone_after_a_stop);
	CASE(device_limit);
	return model_cases_run("packed");
}
