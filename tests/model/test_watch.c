/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_watch.c - every path against a device that looks after every single store to the ring: what
 * is visible is whole, at any moment, and what the device can see is not touched again. Before
 * whichever store it falls asleep, it is woken up for what comes then.
 */

#include "model_cases.h"
#include "model_sender.h"
#include "model_traffic.h"
#include "model_watch.h"

#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)
#define INDIRECT VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

static uint16_t
ring_size(bool packed, unsigned int variant)
{
	static const uint16_t sizes[2][2] = { { 8, 32 }, { 11, 37 } };

	return sizes[packed][variant & 1];
}

/** A few frames at a time, with the ring refilled in blocks and one by one, in order and not. */
static void
rx_stores(void **state)
{
	const struct model_rx_path *path = *state;

	for (unsigned int variant = 0; variant < 4; variant++) {
		const bool in_order = variant == 3;
		struct model_port_config config = {
			.features = (variant & 2 ? EVENT_IDX : 0) | (in_order ? IN_ORDER : 0),
			.rx_size = ring_size(path->packed, variant), .tx_size = 8,
			.rx_free_thresh = variant & 1 ? 0 : 1,
			.data_room = path->mergeable ? 300 : 2048,
		};
		struct model_traffic t;
		struct model_port *port;
		struct model_queue *q;

		model_config_rx_path(&config, path);
		port = model_port_create(&config);
		model_port_start(port);
		model_assert_rx_path(port, path);
		model_traffic_init(&t, port);
		port->device.concurrent = port->watched = true;
		q = model_rxq(&port->device, 0);
		for (unsigned int i = 0; i < 60; i++) {
			t.way.shuffle = i >= 45 && !in_order;
			for (unsigned int n = unit_random(&t.random) % 12; n != 0; n--)
				model_traffic_put(&t, 1 + unit_random(&t.random) % 500);
			model_queue_show(q, q->num_ready, false);
			model_traffic_rx(&t, 1 + unit_random(&t.random) % 16);
		}
		model_traffic_finish(&t, 8);
		assert_true(t.delivered > 150 && port->stores >= t.delivered);
		model_traffic_fini(&t);
		model_port_destroy(port);
	}
}

/** Packets of all kinds that the path takes, with tables and without, in order and not. */
static void
tx_stores(void **state)
{
	static const uint64_t features[] = { 0, EVENT_IDX, INDIRECT | EVENT_IDX, IN_ORDER };
	const struct model_tx_path *path = *state;

	for (unsigned int variant = 0; variant < RTE_DIM(features); variant++) {
		const bool in_order = features[variant] & IN_ORDER;
		struct model_port_config config = {
			.features = features[variant], .rx_size = 8,
			.tx_size = ring_size(path->packed, variant),
		};
		struct model_sender s;
		struct model_port *port;
		struct model_queue *q;

		model_config_tx_path(&config, path);
		port = model_port_create(&config);
		model_port_start(port);
		model_assert_tx_path(port, path);
		model_sender_init(&s, port, MODEL_KINDS_PLAIN);
		port->device.concurrent = port->watched = true;
		q = model_txq(&port->device, 0);
		for (unsigned int i = 0; i < 90; i++) {
			/* Plain ones as long as it likes, then all kinds. */
			s.kinds = i < 20 ? MODEL_KINDS_PLAIN :
				  path->fast_free ? MODEL_KINDS_FAST_FREE :
				  path->simple ? MODEL_KINDS_SINGLE : MODEL_KINDS_ALL;
			model_sender_burst(&s, 1 + unit_random(&s.random) % 10);
			model_net_tx_done(q, unit_random(&s.random) % (q->num_pending + 1),
					  i >= 60 && !in_order, in_order && (i & 1));
		}
		assert_true(s.arrived > 100 && port->stores >= s.arrived);
		model_port_stop(port);
		model_sender_fini(&s);
		model_port_destroy(port);
	}
}

/** It falls asleep before the first store of a refill, before the second one, ... */
static void
rx_sleeps(void **state)
{
	const struct model_rx_path *path = *state;

	for (unsigned int event_idx = 0; event_idx < 2; event_idx++) {
		struct model_port_config config = {
			.features = event_idx ? EVENT_IDX : 0, .rx_size = ring_size(path->packed, 1),
			.tx_size = 8, .rx_free_thresh = 1, .data_room = 2048,
		};
		struct model_traffic t;
		struct model_port *port;
		struct model_queue *q;

		model_config_rx_path(&config, path);
		port = model_port_create(&config);
		model_port_start(port);
		model_traffic_init(&t, port);
		port->device.concurrent = port->watched = true;
		q = model_rxq(&port->device, 0);
		for (unsigned int i = 0; i < 60; i++) {
			for (unsigned int n = 1 + i % 7; n != 0; n--)
				assert_true(model_traffic_put(&t, 60));
			model_queue_show(q, q->num_ready, false);
			model_watch_sleep_before(1 + i % 15);
			model_traffic_rx(&t, 32);
			assert_true(model_watch_awake(q));
		}
		assert_true(q->num_kicks > 10);
		model_traffic_fini(&t);
		model_port_destroy(port);
	}
}

static void
tx_sleeps(void **state)
{
	const struct model_tx_path *path = *state;

	for (unsigned int event_idx = 0; event_idx < 2; event_idx++) {
		struct model_port_config config = {
			.features = event_idx ? EVENT_IDX : 0, .rx_size = 8,
			.tx_size = ring_size(path->packed, 1),
		};
		struct model_sender s;
		struct model_port *port;
		struct model_queue *q;

		model_config_tx_path(&config, path);
		port = model_port_create(&config);
		model_port_start(port);
		model_sender_init(&s, port, path->simple ? MODEL_KINDS_PLAIN : MODEL_KINDS_ALL);
		port->device.concurrent = port->watched = true;
		q = model_txq(&port->device, 0);
		for (unsigned int i = 0; i < 60; i++) {
			model_watch_sleep_before(1 + i % 15);
			model_sender_burst(&s, 1 + i % 7);
			assert_true(model_watch_awake(q));
			model_net_tx_done(q, q->num_pending, false, false);
		}
		assert_true(q->num_kicks > 10);
		model_port_stop(port);
		model_sender_fini(&s);
		model_port_destroy(port);
	}
}

int
main(void)
{
	const char *impossible = model_watch_possible() ? NULL : "this CPU cannot be watched";

	for (unsigned int i = 0; i < model_num_rx_paths; i++) {
		const struct model_rx_path *path = &model_rx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		missing = missing != NULL ? missing : impossible;
		model_case(rx_stores, path, missing, "watch_%s", path->name);
		model_case(rx_sleeps, path, missing, "watch_%s_device_sleeps", path->name);
	}
	for (unsigned int i = 0; i < model_num_tx_paths; i++) {
		const struct model_tx_path *path = &model_tx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		missing = missing != NULL ? missing : impossible;
		model_case(tx_stores, path, missing, "watch_%s", path->name);
		model_case(tx_sleeps, path, missing, "watch_%s_device_sleeps", path->name);
	}
	return model_cases_run("watch");
}
