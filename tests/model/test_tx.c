/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_tx.c - every transmit path against the device model: what arrives is what was sent, and each
 * mbuf goes back to its pool once, when the device is done with it and no sooner.
 */

#include <stdlib.h>

#include "model_cases.h"
#include "model_sender.h"

/** Packets that each ring size sends in each order. */
#define PACKETS 600

#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)
#define INDIRECT VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

/** A path with what the device offers. */
struct variant {
	const struct model_tx_path *path;
	uint64_t features;
	bool iova;
};

static unsigned int
kinds_of(const struct model_tx_path *path)
{
	return path->fast_free ? MODEL_KINDS_FAST_FREE :
	       path->simple ? MODEL_KINDS_SINGLE : MODEL_KINDS_ALL;
}

static struct model_port *
variant_port(const struct variant *v, uint16_t size, uint16_t free_thresh)
{
	struct model_port_config config = {
		.features = v->features, .iova = v->iova, .tx_size = size, .rx_size = 8,
		.tx_free_thresh = free_thresh, .seed = size + v->features % 61 + v->iova,
	};
	struct model_port *port;

	model_config_tx_path(&config, v->path);
	port = model_port_create(&config);
	model_port_start(port);
	model_assert_tx_path(port, v->path);
	assert_int_equal(port->device.base.features & v->features, v->features);
	return port;
}

/** Pools are expensive: one sender for port after port. */
static void
send_to(struct model_sender *s, struct model_port *port, unsigned int kinds)
{
	if (s->port == NULL)
		model_sender_init(s, port, kinds);
	s->port = port;
	s->arrived = 0;
	s->bytes = 0;
}

/** How the device returns what it has sent. */
enum order { ORDERED, SHUFFLED, BATCHED };

/** Random bursts and completions until @p packets more have arrived. */
static void
random_traffic(struct model_sender *s, enum order order, uint64_t packets)
{
	static const uint16_t bursts[] = { 1, 2, 3, 4, 5, 8, 16, 31, 32, 33, 64, 128, 256 };
	static const enum model_notify whens[] = {
		MODEL_NOTIFY_ALWAYS, MODEL_NOTIFY_NEVER, MODEL_NOTIFY_SOMETIMES,
	};
	struct model_queue *q = model_txq(&s->port->device, 0);
	const uint64_t end = s->arrived + packets;
	unsigned int idle = 0;

	while (s->arrived < end && idle < 200) {
		uint16_t sent;
		unsigned int n;

		if (unit_random(&s->random) % 32 == 0)
			model_queue_notify(q, whens[unit_random(&s->random) % RTE_DIM(whens)]);
		sent = model_sender_burst(s, bursts[unit_random(&s->random) % RTE_DIM(bursts)]);
		idle = sent == 0 ? idle + 1 : 0;
		n = unit_random(&s->random) % 4 == 0 ? 0 :
		    unit_random(&s->random) % (q->num_pending + 1);
		model_net_tx_done(q, n, order == SHUFFLED, order == BATCHED);
		model_assert_clean();
	}
	assert_true(s->arrived >= end);
}

/** Everything is back once the device returned it and the port was asked for it. */
static void
all_come_back(struct model_sender *s)
{
	struct model_queue *q = model_txq(&s->port->device, 0);

	model_net_tx_done(q, q->num_pending, false, false);
	assert_true(rte_eth_tx_done_cleanup(s->port->id, 0, 0) >= 0);
	assert_int_equal(model_sender_external(s), 0);
	model_sender_drop_kept(s);
	assert_int_equal(model_sender_out(s), 0);
}

/** One packet overtakes those before it. */
static void
last_comes_first(struct model_sender *s)
{
	struct model_queue *q = model_txq(&s->port->device, 0);

	all_come_back(s);
	assert_int_equal(model_sender_burst(s, 4), 4);
	model_queue_finish(q, 3, 0);
	model_queue_show(q, 1, false);
	assert_int_equal(rte_eth_tx_done_cleanup(s->port->id, 0, 0), 1);
	assert_int_equal(model_sender_out(s), 3);
}

/** Random packets of every kind in rings of all sizes, completed in order, then in other ways. */
static void
random_rings(void **state)
{
	const struct variant *v = *state;
	const bool in_order = v->features & IN_ORDER;
	struct model_sender s = { .port = NULL };

	for (const uint16_t *sizes = model_ring_sizes(v->path->packed); *sizes != 0; sizes++) {
		const uint16_t size = *sizes;
		/* The driver's choice, the latest and the earliest possible. */
		const uint16_t thresh = size == 64 || size == 37 ? 1 :
					size == 128 || size == 100 ? size : 0;
		struct model_port *port = variant_port(v, size, thresh);

		send_to(&s, port, kinds_of(v->path));
		s.max_segs = RTE_MIN(size - 1, 12);
		/* Plain packets as long as they are, then all that the path takes. */
		s.kinds = MODEL_KINDS_PLAIN;
		random_traffic(&s, ORDERED, PACKETS);
		s.kinds = kinds_of(v->path);
		random_traffic(&s, ORDERED, PACKETS);
		all_come_back(&s);
		assert_int_equal(model_xstat(port, "tx_q0_shuffled"), 0);

		/* The device's order changes: behind packets of all kinds, and behind plain ones. */
		random_traffic(&s, in_order ? BATCHED : SHUFFLED, PACKETS);
		all_come_back(&s);
		assert_int_equal(model_xstat(port, "tx_q0_shuffled"), in_order ? 0 : 1);
		model_port_stop(port);
		model_port_start(port);
		s.kinds = MODEL_KINDS_PLAIN;
		random_traffic(&s, ORDERED, PACKETS / 4);
		if (!in_order)
			last_comes_first(&s);
		random_traffic(&s, in_order ? BATCHED : SHUFFLED, PACKETS / 4);
		all_come_back(&s);
		assert_int_equal(model_xstat(port, "tx_q0_shuffled"), in_order ? 0 : 2);
		model_port_stop(port);
		model_port_start(port);
		random_traffic(&s, ORDERED, PACKETS / 4);
		assert_int_equal(model_xstat(port, "tx_q0_shuffled"), in_order ? 0 : 2);

		assert_int_equal(model_xstat(port, "tx_q0_packets"), s.arrived);
		assert_int_equal(model_xstat(port, "tx_q0_bytes"), s.bytes);
		assert_int_equal(model_xstat(port, "tx_q0_bad_packet"), 0);
		assert_int_equal(model_xstat(port, "tx_q0_faults"), 0);
		model_port_stop(port);
		all_come_back(&s);
		model_port_destroy(port);
	}
	model_sender_fini(&s);
}

/** A port of a path and its sender, for what does not depend on features. */
static struct model_port *
path_port(struct model_sender *s, const struct model_tx_path *path, uint64_t features,
	  uint16_t size)
{
	const struct variant v = { .path = path, .features = features };
	struct model_port *port = variant_port(&v, size, 0);

	model_sender_init(s, port, kinds_of(path));
	return port;
}

static void
path_end(struct model_sender *s, struct model_port *port)
{
	model_port_stop(port);
	model_sender_fini(s);
	model_port_destroy(port);
}

/** Forty times four packets of one kind and three of another. */
static void
two_kinds(struct model_sender *s, enum model_kind first, enum model_kind second)
{
	struct model_queue *q = model_txq(&s->port->device, 0);

	for (unsigned int i = 0; i < 40; i++) {
		struct rte_mbuf *pkts[7];

		for (unsigned int k = 0; k < RTE_DIM(pkts); k++)
			pkts[k] = model_sender_make(s, k < 4 ? first : second);
		assert_int_equal(model_sender_send(s, pkts, 7), 7);
		model_sender_collect(s);
		model_net_tx_done(q, q->num_pending, false, false);
	}
	all_come_back(s);
}

/** Each kind of packet by itself, and after each other kind. */
static void
every_kind(void **state)
{
	const struct model_tx_path *path = *state;
	const struct variant v = { .path = path, .features = EVENT_IDX };
	struct model_sender s = { .port = NULL };

	for (unsigned int both = 0; both < MODEL_KINDS * MODEL_KINDS; both++) {
		const unsigned int first = both / MODEL_KINDS;
		const unsigned int second = both % MODEL_KINDS;
		struct model_port *port;

		if (!(kinds_of(path) & MODEL_KIND(first)) || !(kinds_of(path) & MODEL_KIND(second)))
			continue;
		port = variant_port(&v, 64, 0);
		send_to(&s, port, kinds_of(path));
		two_kinds(&s, first, second);
		model_port_destroy(port);
	}
	model_sender_fini(&s);
}

/** Nothing is freed before the device returned it, whoever else holds it; then everything is. */
static void
freed_when_done(void **state)
{
	const struct model_tx_path *path = *state;

	for (unsigned int kind = 0; kind < MODEL_KINDS; kind++) {
		struct rte_mbuf *pkts[16];
		struct model_sender s;
		struct model_port *port;
		struct model_queue *q;
		unsigned int out;

		if (!(kinds_of(path) & MODEL_KIND(kind)))
			continue;
		port = path_port(&s, path, 0, 256);
		q = model_txq(&port->device, 0);
		for (unsigned int i = 0; i < RTE_DIM(pkts); i++)
			pkts[i] = model_sender_make(&s, kind);
		assert_int_equal(model_sender_send(&s, pkts, RTE_DIM(pkts)), RTE_DIM(pkts));
		model_sender_collect(&s);
		out = model_sender_out(&s) + model_sender_external(&s);
		for (unsigned int i = 0; i < 10; i++) {
			assert_int_equal(rte_eth_tx_done_cleanup(port->id, 0, 0), 0);
			assert_int_equal(rte_eth_tx_burst(port->id, 0, NULL, 0), 0);
		}
		assert_int_equal(model_sender_out(&s) + model_sender_external(&s), out);
		/* Half of it, then all. */
		model_net_tx_done(q, 8, false, false);
		assert_int_equal(rte_eth_tx_done_cleanup(port->id, 0, 0), 8);
		assert_true(model_sender_out(&s) + model_sender_external(&s) <= out);
		model_net_tx_done(q, 8, false, false);
		assert_int_equal(rte_eth_tx_done_cleanup(port->id, 0, 0), 8);
		assert_int_equal(rte_eth_tx_done_cleanup(port->id, 0, 0), 0);
		assert_int_equal(model_sender_external(&s), 0);
		assert_int_equal(model_sender_out(&s), s.num_kept);
		path_end(&s, port);
	}
}

/** A stop frees what the device still had, once it was reset. */
static void
stop_frees(void **state)
{
	const struct model_tx_path *path = *state;

	for (unsigned int round = 0; round < 24; round++) {
		const uint64_t features = (round & 1 ? IN_ORDER : 0) | (round & 2 ? INDIRECT : 0);
		struct model_sender s;
		struct model_port *port = path_port(&s, path, features, 32);
		struct model_queue *q = model_txq(&port->device, 0);

		s.kinds = round % 3 == 0 ? MODEL_KINDS_PLAIN : s.kinds;
		for (unsigned int i = 0; i < 20; i++) {
			model_sender_burst(&s, 9);
			model_net_tx_done(q, q->num_pending / 2, (round & 4) && !(round & 1),
					  false);
		}
		assert_true(q->num_pending != 0);
		model_port_stop(port);
		model_sender_drop_kept(&s);
		assert_int_equal(model_sender_external(&s), 0);
		assert_int_equal(model_sender_out(&s), 0);
		model_port_start(port);
		model_sender_burst(&s, 9);
		path_end(&s, port);
	}
}

/** A full ring takes no more, leaves the rest alone, and says so. */
static void
ring_full(void **state)
{
	const struct model_tx_path *path = *state;

	for (uint16_t size = 8; size <= 256; size *= 2) {
		struct model_sender s;
		struct model_port *port = path_port(&s, path, EVENT_IDX, size);
		struct model_queue *q = model_txq(&port->device, 0);
		struct rte_mbuf *pkts[MODEL_BURST + 4];
		uint16_t sent;

		for (unsigned int i = 0; i < size + 4u; i++)
			pkts[i] = model_sender_make(&s, MODEL_PLAIN);
		sent = model_sender_send(&s, pkts, RTE_MIN(size + 4, MODEL_BURST));
		assert_int_equal(sent, size);
		model_sender_collect(&s);
		assert_int_equal(q->num_pending, size);
		for (unsigned int i = 0; i < 3; i++)
			assert_int_equal(model_sender_send(&s, pkts + size, 4), 0);
		assert_true(model_xstat(port, "tx_q0_ring_full") >= 3);
		/* One comes back: one goes. */
		model_net_tx_done(q, 1, false, false);
		assert_int_equal(model_sender_send(&s, pkts + size, 4), 1);
		model_net_tx_done(q, size, false, false);
		assert_int_equal(model_sender_send(&s, pkts + size + 1, 3), 3);
		model_sender_collect(&s);
		all_come_back(&s);
		path_end(&s, port);
	}
}

/** Every burst size from 1 to 256, one notification at most. */
static void
every_burst(void **state)
{
	struct model_sender s;
	struct model_port *port = path_port(&s, *state, EVENT_IDX, 256);
	struct model_queue *q = model_txq(&port->device, 0);

	for (uint16_t nb = 1; nb <= MODEL_BURST; nb++) {
		struct rte_mbuf *pkts[MODEL_BURST];

		for (uint16_t i = 0; i < nb; i++)
			pkts[i] = model_sender_make(&s, MODEL_PLAIN);
		assert_int_equal(model_sender_send(&s, pkts, nb), nb);
		model_sender_collect(&s);
		model_net_tx_done(q, q->num_pending, false, false);
	}
	assert_int_equal(q->num_kicks, q->num_needed);
	path_end(&s, port);
}

/** Indices wrap at 65536, wrap counters with each lap, in order and not. */
static void
index_wraps(void **state)
{
	const struct model_tx_path *path = *state;
	struct model_sender s;
	struct model_port *port = path_port(&s, path, EVENT_IDX, path->packed ? 250 : 256);
	struct model_queue *q = model_txq(&port->device, 0);

	s.max_seg_len = 64;
	s.kinds = MODEL_KINDS_PLAIN;
	for (unsigned int lap = 0; lap < 2; lap++) {
		const uint64_t end = s.arrived + 66000;

		for (unsigned int i = 0; s.arrived < end && i < 2000; i++) {
			model_sender_burst(&s, 101);
			model_net_tx_done(q, q->num_pending, lap == 1, false);
		}
		assert_true(s.arrived >= end);
	}
	assert_true(q->num_interrupts <= 1 + q->num_shown / 65536);
	path_end(&s, port);
}

/** A packet that no ring of this size takes is dropped, counted and freed; others go on. */
static void
too_many_segments(void **state)
{
	const struct model_tx_path *path = *state;

	for (unsigned int round = 0; round < 4; round++) {
		struct model_sender s;
		struct model_port *port = path_port(&s, path, round & 1 ? INDIRECT : 0, 8);
		struct rte_mbuf *pkts[3];
		struct rte_mbuf *tail;

		pkts[0] = model_sender_make(&s, MODEL_PLAIN);
		pkts[1] = model_sender_make(&s, round & 2 ? MODEL_NO_HEADROOM : MODEL_PLAIN);
		pkts[2] = model_sender_make(&s, MODEL_PLAIN);
		tail = pkts[1];
		while (pkts[1]->nb_segs < (round & 2 ? 8 : 9)) {
			tail->next = model_sender_make(&s, MODEL_PLAIN);
			tail = tail->next;
			pkts[1]->pkt_len += tail->data_len;
			pkts[1]->nb_segs++;
		}
		assert_int_equal(model_port_tx(port, pkts, 3), 3);
		assert_int_equal(model_xstat(port, "tx_q0_bad_packet"), 1);
		assert_int_equal(model_xstat(port, "tx_q0_packets"), 2);
		assert_int_equal(port->device.num_sent, 2);
		assert_int_equal(model_sender_out(&s), 2);
		path_end(&s, port);
	}
}

/** Chains as long as the ring, from every position of it. */
static void
ring_long_chains(void **state)
{
	const struct variant *v = *state;
	static const uint16_t sizes[2][3] = { { 8, 16, 32 }, { 8, 11, 29 } };

	for (unsigned int n = 0; n < RTE_DIM(sizes[0]); n++) {
		const uint16_t size = sizes[v->path->packed][n];
		struct model_port *port = variant_port(v, size, 0);
		struct model_queue *q = model_txq(&port->device, 0);
		struct model_sender s;

		model_sender_init(&s, port, MODEL_KINDS_ALL);
		for (unsigned int i = 0; i < 4u * size; i++) {
			struct rte_mbuf *m;

			s.max_segs = i & 1 ? size : 2;
			do {
				m = model_sender_make(&s, MODEL_SEGMENTS);
				if (m->nb_segs == s.max_segs)
					break;
				s.next--;
				rte_pktmbuf_free(m);
			} while (true);
			assert_int_equal(model_sender_send(&s, &m, 1), 1);
			model_sender_collect(&s);
			model_net_tx_done(q, q->num_pending, false, false);
		}
		all_come_back(&s);
		path_end(&s, port);
	}
}

/** With tables, packets of several parts go where descriptors for a chain are missing. */
static void
tables_when_short(void **state)
{
	const struct variant *v = *state;
	struct model_port *port = variant_port(v, 8, 0);
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sender s;
	unsigned int most = 0;

	model_sender_init(&s, port, MODEL_KINDS_ALL);
	s.max_segs = 4;
	for (unsigned int i = 0; i < 500; i++) {
		struct rte_mbuf *m = model_sender_make(&s, i & 1 ? MODEL_SEGMENTS : MODEL_MIXED);

		if (model_sender_send(&s, &m, 1) == 0)
			rte_pktmbuf_free(m);
		most = RTE_MAX(most, q->num_pending);
		model_sender_collect(&s);
		if (i % 4 == 3)
			model_net_tx_done(q, unit_random(&s.random) % (q->num_pending + 1),
					  !(v->features & IN_ORDER), v->features & IN_ORDER);
	}
	/* Eight descriptors hold four such packets at the most without tables. */
	assert_true(most > 4);
	all_come_back(&s);
	path_end(&s, port);
}

int
main(void)
{
	static struct variant variants[256];
	static const uint64_t features[] = {
		0, EVENT_IDX, IN_ORDER, EVENT_IDX | IN_ORDER, INDIRECT,
		EVENT_IDX | IN_ORDER | INDIRECT,
	};
	unsigned int n = 0;

	for (unsigned int i = 0; i < model_num_tx_paths; i++) {
		const struct model_tx_path *path = &model_tx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		for (unsigned int f = 0; f < 2 * RTE_DIM(features); f++) {
			struct variant *v = &variants[n++];

			*v = (struct variant){ path, features[f / 2], f & 1 };
			model_case(random_rings, v, missing, "tx_%s%s%s%s%s", path->name,
				   v->features & EVENT_IDX ? "_event_idx" : "",
				   v->features & IN_ORDER ? "_in_order" : "",
				   v->features & INDIRECT ? "_indirect" : "",
				   v->iova ? "_iova" : "");
			if (path->simple || v->iova)
				continue;
			model_case(ring_long_chains, v, missing, "tx_%s_ring_long_chains%s%s%s",
				   path->name, v->features & EVENT_IDX ? "_event_idx" : "",
				   v->features & IN_ORDER ? "_in_order" : "",
				   v->features & INDIRECT ? "_indirect" : "");
			if (v->features & INDIRECT)
				model_case(tables_when_short, v, missing,
					   "tx_%s_tables_when_short%s", path->name,
					   v->features & IN_ORDER ? "_in_order" : "");
		}
		model_case(every_kind, path, missing, "tx_%s_every_kind", path->name);
		model_case(freed_when_done, path, missing, "tx_%s_freed_when_done", path->name);
		model_case(stop_frees, path, missing, "tx_%s_stop_frees", path->name);
		model_case(ring_full, path, missing, "tx_%s_ring_full", path->name);
		model_case(every_burst, path, missing, "tx_%s_every_burst", path->name);
		model_case(index_wraps, path, missing, "tx_%s_index_wraps", path->name);
		if (!path->simple)
			model_case(too_many_segments, path, missing, "tx_%s_too_many_segments",
				   path->name);
	}
	return model_cases_run("tx");
}
