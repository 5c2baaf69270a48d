/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_rx.c - every receive path against the device model: what is put into the ring comes out, in
 * order, once, in mbufs as an application expects them, whatever the sizes and the order of things.
 */

#include "model_cases.h"
#include "model_traffic.h"

/** Packets of each ring size; indices wrap in a case of their own. */
#define PACKETS 1200

/** A path with or without event index, by virtual address or IOVA. */
struct variant {
	const struct model_rx_path *path;
	bool event_idx;
	bool iova;
};

static void
variant_config(struct model_port_config *config, const struct variant *v)
{
	memset(config, 0, sizeof(*config));
	model_config_rx_path(config, v->path);
	config->iova = v->iova;
	if (v->event_idx)
		config->features |= VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX);
	/* Small buffers where they can be merged: frames then take several. */
	config->data_room = v->path->mergeable ? 300 : 2048;
}

/** The longest frame that a ring of @p size can hold besides others. */
static uint32_t
longest(const struct variant *v, uint16_t size)
{
	return v->path->mergeable ? RTE_MIN(size / 2 * 250, 9000) : 2000;
}

/** Random frames, bursts and moments, until @p packets more were delivered. */
static void
random_traffic(struct model_traffic *t, uint32_t max, uint64_t packets)
{
	static const uint16_t bursts[] = { 1, 2, 3, 4, 7, 8, 9, 15, 16, 31, 32, 33, 64, 128, 256 };
	static const enum model_notify whens[] = {
		MODEL_NOTIFY_ALWAYS, MODEL_NOTIFY_NEVER, MODEL_NOTIFY_SOMETIMES,
	};
	struct model_queue *q = model_rxq(&t->port->device, 0);
	const uint64_t end = t->delivered + packets;
	unsigned int idle = 0;

	while (t->delivered < end && idle < 1000) {
		unsigned int n = unit_random(&t->random) % 48;

		if (unit_random(&t->random) % 32 == 0)
			model_queue_notify(q, whens[unit_random(&t->random) % RTE_DIM(whens)]);
		while (n-- != 0 && model_traffic_put(t, model_traffic_len(t, max)))
			;
		/* Not all that is done, and not always whole packets where that is allowed. */
		n = unit_random(&t->random) % 4 == 0 ? unit_random(&t->random) : q->num_ready;
		model_queue_show(q, model_queue_whole(q, RTE_MIN(n, q->num_ready)), false);
		n = model_traffic_rx(t, bursts[unit_random(&t->random) % RTE_DIM(bursts)]);
		idle = n == 0 ? idle + 1 : 0;
	}
	model_traffic_finish(t, MODEL_BURST);
	assert_true(t->delivered >= end);
}

/** Random traffic in rings of all sizes, first in order, then not, then in order again. */
static void
random_rings(void **state)
{
	const struct variant *v = *state;
	struct model_port_config config;

	variant_config(&config, v);
	for (const uint16_t *sizes = model_ring_sizes(v->path->packed); *sizes != 0; sizes++) {
		const uint16_t size = *sizes;
		struct model_traffic t;
		struct model_port *port;

		config.rx_size = size;
		config.seed = size + v->event_idx + 2 * v->iova;
		config.priv_size = size == 64 || size == 100 ? 64 : 0;
		config.cache = size == 128 || size == 37 ? 32 : 0;
		config.rx_free_thresh = size == 512 || size == 255 ? 1 : 0;
		port = model_port_create(&config);
		model_port_start(port);
		model_assert_rx_path(port, v->path);
		model_traffic_init(&t, port);
		t.way.odd = v->path->mergeable;
		t.way.most = RTE_MIN(size / 2, 20);

		random_traffic(&t, longest(v, size), PACKETS);
		assert_int_equal(model_xstat(port, "rx_q0_shuffled"), 0);
		t.way.shuffle = true;
		random_traffic(&t, longest(v, size), PACKETS / 4);
		assert_int_equal(model_xstat(port, "rx_q0_shuffled"), 1);
		model_port_stop(port);
		model_port_start(port);
		t.way.shuffle = false;
		random_traffic(&t, longest(v, size), PACKETS / 8);
		assert_int_equal(model_xstat(port, "rx_q0_shuffled"), 1);

		assert_int_equal(model_xstat(port, "rx_q0_packets"), t.delivered);
		assert_int_equal(model_xstat(port, "rx_q0_bad_length"), 0);
		assert_int_equal(model_xstat(port, "rx_q0_faults"), 0);
		model_traffic_fini(&t);
		model_port_destroy(port);
	}
}

/** A port of a path alone: what does not depend on the variant. */
static struct model_port *
path_port(struct model_traffic *t, const struct model_rx_path *path,
	  uint16_t size, unsigned int mbufs)
{
	struct model_port_config config;
	const struct variant v = { .path = path, .event_idx = true };
	struct model_port *port;

	variant_config(&config, &v);
	config.rx_size = size;
	config.mbufs = mbufs;
	port = model_port_create(&config);
	model_port_start(port);
	model_assert_rx_path(port, path);
	model_traffic_init(t, port);
	return port;
}

/** Bursts until all that was shown is delivered. */
static void
take_all(struct model_traffic *t)
{
	static const uint16_t bursts[] = { 1, 3, 8, 32 };

	for (unsigned int idle = 0; t->count != 0 && idle < 3;)
		idle = model_traffic_rx(t, bursts[unit_random(&t->random) % 4]) ? 0 : idle + 1;
	assert_int_equal(t->count, 0);
}

/**
 * IN_ORDER: one used entry for a batch of buffers, all but the last of them used whole (2.7.9.1,
 * 2.8.8), mixed with entries of one buffer.
 */
static void
in_order_batches(void **state)
{
	const struct model_rx_path *path = *state;

	for (unsigned int variant = 0; variant < 4; variant++) {
		const struct variant v = { path, variant & 1, variant & 2 };
		struct model_port_config config;
		struct model_traffic t;
		struct model_port *port;
		struct model_queue *q;

		variant_config(&config, &v);
		config.features |= VIRTIO_FEATURE(VIRTIO_F_IN_ORDER);
		config.rx_size = path->packed ? 61 : 64;
		port = model_port_create(&config);
		model_port_start(port);
		assert_true(model_device_has(&port->device, VIRTIO_F_IN_ORDER));
		model_assert_rx_path(port, path);
		model_traffic_init(&t, port);
		q = model_rxq(&port->device, 0);
		for (unsigned int lap = 0; lap < 2; lap++) {
			random_traffic(&t, 300, 500); /* one by one, as long as it likes */
			for (unsigned int i = 0; i < 1000; i++) {
				const uint32_t whole = q->pending[0]->writable - MODEL_HDR_SIZE;

				for (unsigned int n = unit_random(&t.random) % 5; n != 0; n--)
					assert_true(model_traffic_put(&t, whole));
				assert_true(model_traffic_put(&t, 1 + unit_random(&t.random) %
					(path->mergeable ? 1500 : whole)));
				model_queue_show(q, q->num_ready, unit_random(&t.random) % 4 != 0);
				if (q->num_pending < 16 || (unit_random(&t.random) & 1))
					take_all(&t);
			}
			take_all(&t);
			model_port_stop(port);
			model_port_start(port);
		}
		assert_int_equal(model_xstat(port, "rx_q0_faults"), 0);
		model_traffic_fini(&t);
		model_port_destroy(port);
	}
}

/** Every burst size delivers, from one packet on, however many there are. */
static void
every_burst(void **state)
{
	struct model_traffic t;
	struct model_port *port;

	port = path_port(&t, *state, 512, 0);
	for (uint16_t nb = 1; nb <= MODEL_BURST; nb++) {
		for (unsigned int there = 1; there <= 300; there += 1 + there / 3) {
			struct model_queue *q = model_rxq(&port->device, 0);

			for (unsigned int i = 0; i < there; i++)
				assert_true(model_traffic_put(&t, 60));
			model_queue_show(q, there, false);
			for (unsigned int left = there; left != 0;) {
				uint16_t n = model_traffic_rx(&t, nb);

				assert_int_equal(n, RTE_MIN(nb, left));
				left -= n;
			}
		}
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** Indices wrap at 65536, wrap counters with each lap, in order and not. */
static void
index_wraps(void **state)
{
	const struct model_rx_path *path = *state;
	struct model_traffic t;
	struct model_port *port;
	struct model_queue *q;

	port = path_port(&t, path, path->packed ? 250 : 256, 0);
	q = model_rxq(&port->device, 0);
	for (unsigned int lap = 0; lap < 2; lap++) {
		const uint64_t end = t.delivered + 66000;

		t.way.shuffle = lap == 1;
		for (unsigned int i = 0; t.delivered < end && i < 2000; i++) {
			for (unsigned int n = 0; n < 150; n++)
				model_traffic_put(&t, 60);
			model_queue_show(q, q->num_ready, false);
			model_traffic_rx(&t, 101);
		}
		model_traffic_finish(&t, 101);
		assert_true(t.delivered >= end);
	}
	/* Parked: the device comes past the driver's event once in 65536 buffers. */
	assert_true(q->num_interrupts <= 1 + q->num_shown / 65536);
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** A mempool with hardly an mbuf left: packets still come, and all is well when it has more. */
static void
pool_runs_dry(void **state)
{
	struct rte_mbuf *held[256];
	struct model_traffic t;
	struct model_port *port;
	struct model_queue *q;
	unsigned int num_held = 0;

	port = path_port(&t, *state, 64, 80);
	q = model_rxq(&port->device, 0);
	/* An application that keeps what it gets: 16 mbufs are left, then none. */
	while (q->num_pending != 0) {
		uint16_t n;

		for (unsigned int i = 0; i < 5; i++)
			model_traffic_put(&t, 60);
		model_queue_show(q, q->num_ready, false);
		n = model_port_rx(port, held + num_held, 32);
		for (unsigned int i = num_held; i < num_held + n; i++)
			model_traffic_check(&t, held[i]);
		num_held += n;
	}
	assert_int_equal(num_held, 80);
	assert_true(model_xstat(port, "rx_q0_nombuf") > 0);
	assert_int_equal(model_traffic_rx(&t, 32), 0);
	/* A few, one at a time: fewer than the driver would like to refill at once. */
	for (unsigned int i = 0; i < 8; i++)
		rte_pktmbuf_free(held[--num_held]);
	for (unsigned int i = 0; i < 20; i++) {
		model_traffic_rx(&t, 32);
		model_traffic_put(&t, 60);
		model_queue_show(q, q->num_ready, false);
	}
	model_traffic_finish(&t, 1);
	assert_true(t.delivered >= 100);
	/* All of them: the ring is full again. */
	rte_pktmbuf_free_bulk(held, num_held);
	model_traffic_rx(&t, 1);
	assert_true(q->num_pending >= 64 - 16);
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** A pool of fewer mbufs than the ring has descriptors. */
static void
pool_smaller_than_ring(void **state)
{
	struct model_traffic t;
	struct model_port *port;

	port = path_port(&t, *state, 256, 37);
	/* What a refill leaves is half of what it asked for, and then less. */
	for (unsigned int i = 0; i < 8; i++)
		model_traffic_rx(&t, 32);
	assert_int_equal(model_rxq(&port->device, 0)->num_pending, 37);
	random_traffic(&t, 60, 3000);
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/**
 * An application that does not poll: the device uses all buffers and can do no more. What it received
 * is there when somebody asks, or goes back to the pool when the port is stopped.
 */
static void
never_polled(void **state)
{
	struct model_traffic t;
	struct model_port *port;
	struct model_queue *q;
	struct rte_eth_link link;
	unsigned int posted;

	port = path_port(&t, *state, 64, 0);
	q = model_rxq(&port->device, 0);
	for (unsigned int round = 0; round < 4; round++) {
		const uint64_t before = t.delivered;

		posted = q->num_pending;
		assert_true(posted >= 48);
		while (model_traffic_put(&t, 60))
			model_queue_show(q, q->num_ready, false);
		assert_int_equal(q->num_pending, 0);
		assert_int_equal(rte_eth_rx_queue_count(port->id, 0), posted);
		assert_int_equal(rte_eth_link_get_nowait(port->id, &link), 0);
		assert_int_equal(q->num_pending, 0);
		if (round % 2 == 0) {
			model_traffic_finish(&t, 7);
			assert_int_equal(t.delivered, before + posted);
			continue;
		}
		model_port_stop(port);
		assert_int_equal(model_pool_out(port->pool), 0);
		while (t.count != 0)
			model_traffic_lose(&t);
		model_port_start(port);
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** Header fields that the driver did not ask for change nothing (5.1.6.4). */
static void
header_is_ignored(void **state)
{
	struct model_traffic t;
	struct model_port *port;

	port = path_port(&t, *state, 64, 0);
	for (unsigned int bits = 0; bits < 256; bits++) {
		t.way.hdr_bits = bits;
		assert_true(model_traffic_put(&t, 60 + bits));
		model_traffic_finish(&t, 32);
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

int
main(void)
{
	static struct variant variants[64];
	unsigned int n = 0;

	for (unsigned int i = 0; i < model_num_rx_paths; i++) {
		const struct model_rx_path *path = &model_rx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		for (unsigned int v = 0; v < 4; v++) {
			variants[n] = (struct variant){ path, v & 1, v & 2 };
			model_case(random_rings, &variants[n++], missing, "rx_%s%s%s", path->name,
				   v & 1 ? "_event_idx" : "", v & 2 ? "_iova" : "");
		}
		model_case(in_order_batches, path, missing, "rx_%s_in_order_batches", path->name);
		model_case(every_burst, path, missing, "rx_%s_every_burst", path->name);
		model_case(index_wraps, path, missing, "rx_%s_index_wraps", path->name);
		model_case(pool_runs_dry, path, missing, "rx_%s_pool_runs_dry", path->name);
		model_case(pool_smaller_than_ring, path, missing, "rx_%s_pool_smaller_than_ring",
			   path->name);
		model_case(never_polled, path, missing, "rx_%s_never_polled", path->name);
		model_case(header_is_ignored, path, missing, "conf_38_%s_ignores_unknown_flags",
			   path->name);
	}
	return model_cases_run("rx");
}
