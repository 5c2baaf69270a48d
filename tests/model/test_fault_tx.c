/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_fault_tx.c - a device that breaks the rules of a transmit queue, against every transmit
 * path. Whatever it does, every mbuf is freed once, a counter has its name, and after a stop and a
 * start the port works again.
 */

#include <pthread.h>
#include <stdlib.h>

#include "model_cases.h"
#include "model_sender.h"

#define RING 64
#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)
#define INDIRECT VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

/** A port under attack. */
struct victim {
	const struct model_tx_path *path;
	struct model_port *port;
	struct model_queue *q;
	struct model_sender s;
};

/** A fault of the device. */
struct fault {
	const char *name;
	void (*commit)(struct victim *v, unsigned int kind);
	unsigned int kinds;  /**< ways in which it can be committed */
	bool harmless;       /**< it makes no difference; else the queue stops, with an event */
	bool chains_only;    /**< needs packets of several descriptors */
	bool ids;            /**< with IN_ORDER ids are not looked at */
};

/** A fault against a path. */
struct attack {
	const struct fault *fault;
	const struct model_tx_path *path;
};

static unsigned int
kinds_of(const struct model_tx_path *path)
{
	return path->fast_free ? MODEL_KINDS_FAST_FREE :
	       path->simple ? MODEL_KINDS_SINGLE : MODEL_KINDS_ALL;
}

/** The driver takes back what came back. */
static void
reclaim(struct victim *v)
{
	assert_true(rte_eth_tx_done_cleanup(v->port->id, 0, 0) >= 0);
	model_device_look(&v->port->device);
}

static void
id_too_large(struct victim *v, unsigned int kind)
{
	const uint32_t id = v->q->pending[0]->id;
	const uint32_t ids[] = { RING, RING + id, 0x10000 + id, 0x80000000 + id, UINT32_MAX };

	model_split_forge(v->q, ids[kind], 0);
}

static void
id_never_posted(struct victim *v, unsigned int kind)
{
	unsigned int id = 0;

	/* A descriptor that the device does not have. */
	for (unsigned int n = 0; v->q->split.busy[id] || n++ != kind; id++)
		assert_true(id < RING - 1);
	model_split_forge(v->q, id, 0);
}

static void
id_repeated(struct victim *v, unsigned int kind)
{
	/* The first of two or three: then its buffer again. */
	const uint32_t id = v->q->pending[0]->id;

	model_net_tx_done(v->q, 1 + kind, false, false);
	model_split_forge(v->q, id, 0);
}

static void
id_middle_of_chain(struct victim *v, unsigned int kind)
{
	for (unsigned int i = 0; i < v->q->num_pending; i++) {
		const struct model_chain *chain = v->q->pending[i];
		uint16_t id = chain->id;

		if (chain->descs < 2)
			continue;
		/* Its second descriptor or its last. */
		for (unsigned int k = 1; k < (kind == 0 ? 2u : chain->descs); k++)
			id = v->q->split.known[id].next;
		model_split_forge(v->q, id, 0);
		return;
	}
	fail_msg("there is no chain");
}

static void
index_jumps(struct victim *v, unsigned int kind)
{
	const uint16_t by[] = { v->q->num_pending + 1, RING + 1, 0x7fff, 0x8000 };

	model_split_jump(v->q, v->q->split.used + by[kind]);
}

static void
index_back(struct victim *v, unsigned int kind)
{
	reclaim(v);
	model_split_jump(v->q, v->q->split.used - (kind == 0 ? 1 : RING));
}

/** Lengths of buffers that the device only reads say nothing. */
static void
len_is_garbage(struct victim *v, unsigned int kind)
{
	const uint32_t lens[] = { 1, 0xffff, UINT32_MAX };

	while (v->q->num_pending != 0) {
		model_queue_finish(v->q, 0, lens[kind]);
		model_queue_show(v->q, 1, false);
	}
}

static void
rewrites_descriptors(struct victim *v, unsigned int kind __rte_unused)
{
	model_split_scribble(v->q, true, false);
}

static void
rewrites_avail(struct victim *v, unsigned int kind __rte_unused)
{
	model_split_scribble(v->q, false, true);
}

static const struct fault faults[] = {
	{ "id_too_large", id_too_large, 5, .ids = true },
	{ "id_never_posted", id_never_posted, 3, .ids = true },
	{ "id_repeated", id_repeated, 3, .ids = true },
	{ "id_middle_of_chain", id_middle_of_chain, 2, .ids = true, .chains_only = true },
	{ "index_jumps", index_jumps, 4 },
	{ "index_back", index_back, 2 },
	{ "len_is_garbage", len_is_garbage, 3, .harmless = true },
	{ "rewrites_descriptors", rewrites_descriptors, 1, .harmless = true },
	{ "rewrites_avail", rewrites_avail, 1, .harmless = true },
};

static void
victim_start(struct victim *v, const struct model_tx_path *path, uint64_t features, bool iova)
{
	struct model_port_config config = {
		.features = features, .iova = iova, .tx_size = RING, .rx_size = 8,
		.tx_free_thresh = RING,
	};

	model_config_tx_path(&config, path);
	v->path = path;
	v->port = model_port_create(&config);
	model_port_start(v->port);
	model_assert_tx_path(v->port, path);
	v->q = model_txq(&v->port->device, 0);
	model_sender_init(&v->s, v->port, kinds_of(path));
}

static void
victim_end(struct victim *v)
{
	model_port_stop(v->port);
	model_sender_fini(&v->s);
	model_port_destroy(v->port);
}

/** Packets of every kind that the path takes; @p plain: of one descriptor. */
static void
send_some(struct victim *v, unsigned int n, bool plain)
{
	unsigned int kind = MODEL_PLAIN;

	v->s.max_segs = 3;
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m;

		do
			kind = plain ? MODEL_PLAIN : (kind + 1) % MODEL_KINDS;
		while (!(kinds_of(v->path) & MODEL_KIND(kind)));
		m = model_sender_make(&v->s, kind);
		assert_int_equal(model_sender_send(&v->s, &m, 1), 1);
	}
	model_sender_collect(&v->s);
}

/** Stopped: every mbuf is back. Started: everything works. */
static void
restart(struct victim *v)
{
	model_port_stop(v->port);
	model_sender_drop_kept(&v->s);
	assert_int_equal(model_sender_out(&v->s), 0);
	assert_int_equal(model_sender_external(&v->s), 0);
	model_port_start(v->port);
	for (unsigned int i = 0; i < 3; i++) {
		send_some(v, 6, i == 0);
		model_net_tx_done(v->q, v->q->num_pending, false, false);
		reclaim(v);
	}
	model_assert_clean();
}

/** A fault that the queue cannot go on after: nothing is freed, and nothing taken, until a stop. */
static void
check_stopped(struct victim *v, uint64_t faults_before, unsigned int resets_before)
{
	struct rte_mbuf *m = model_sender_make(&v->s, MODEL_PLAIN);
	unsigned int out;

	reclaim(v);
	assert_int_equal(model_xstat(v->port, "tx_q0_faults"), faults_before + 1);
	model_port_wait_resets(v->port, resets_before + 1);
	assert_true(model_logged("stop and start the port to go on"));
	out = model_sender_out(&v->s);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(model_sender_send(&v->s, &m, 1), 0);
		reclaim(v);
	}
	assert_int_equal(model_sender_out(&v->s), out);
	assert_int_equal(model_xstat(v->port, "tx_q0_faults"), faults_before + 1);
	rte_pktmbuf_free(m);
}

/** Commit a fault when @p at packets were sent before, and some are with the device. */
static void
attack_once(struct victim *v, const struct fault *fault, unsigned int kind, unsigned int at,
	    bool plain, bool shuffled)
{
	const uint64_t faults_before = model_xstat(v->port, "tx_q0_faults");
	const unsigned int resets_before = v->port->resets;

	model_log_start();
	if (shuffled) {
		send_some(v, 8, plain);
		do
			model_net_tx_done(v->q, 1, true, false);
		while (v->q->num_pending > 2);
		reclaim(v);
		model_net_tx_done(v->q, v->q->num_pending, false, false);
		reclaim(v);
	}
	send_some(v, at, plain);
	model_net_tx_done(v->q, at / 2, false, false);
	reclaim(v);
	send_some(v, 8, plain);
	fault->commit(v, kind);
	if (!fault->harmless) {
		check_stopped(v, faults_before, resets_before);
	} else {
		for (unsigned int i = 0; i < 20; i++) {
			send_some(v, 5, plain);
			model_net_tx_done(v->q, v->q->num_pending, false, false);
			reclaim(v);
		}
		assert_int_equal(model_xstat(v->port, "tx_q0_faults"), faults_before);
		model_sender_drop_kept(&v->s);
		assert_int_equal(model_sender_out(&v->s), 0);
	}
	restart(v);
}

static void
attack(void **state)
{
	const struct attack *a = *state;
	static const uint64_t features[] = { 0, EVENT_IDX, INDIRECT, IN_ORDER };

	for (unsigned int f = 0; f < RTE_DIM(features); f++) {
		struct victim v;

		if (a->fault->ids && (features[f] & IN_ORDER))
			continue;
		victim_start(&v, a->path, features[f], f & 1);
		for (unsigned int kind = 0; kind < a->fault->kinds; kind++)
			for (unsigned int at = 0; at < 10; at++)
				attack_once(&v, a->fault, kind, at,
					    !a->fault->chains_only && (at & 2),
					    at % 4 == 3 && !(features[f] & IN_ORDER));
		victim_end(&v);
	}
}

/** Completions that never come: the ring fills, nothing is freed, and a stop has all mbufs back. */
static void
never_completes(void **state)
{
	for (unsigned int f = 0; f < 4; f++) {
		struct victim v;
		unsigned int sent = 1;

		victim_start(&v, *state, (f & 1 ? IN_ORDER : 0) | (f & 2 ? INDIRECT : 0), false);
		while (sent != 0)
			sent = model_sender_burst(&v.s, 7);
		for (unsigned int i = 0; i < 50; i++)
			assert_int_equal(model_sender_burst(&v.s, 3), 0);
		assert_true(model_xstat(v.port, "tx_q0_ring_full") >= 50);
		restart(&v);
		victim_end(&v);
	}
}

/** Nothing that is DPDK's own was broken; the standard's rules a lying device makes one break. */
static void
assert_house_in_order(void)
{
	if (model_breaches_of(MODEL_HOUSE) != 0)
		fail_msg("%s", model_first_breach());
	model_book_open();
}

/** Send without comparing what arrives: the device does not look. */
static void
send_blindly(struct victim *v, uint16_t nb)
{
	struct rte_mbuf *pkts[MODEL_BURST];
	uint16_t sent;

	for (uint16_t i = 0; i < nb; i++) {
		unsigned int kind;

		do
			kind = unit_random(&v->s.random) % MODEL_KINDS;
		while (!(kinds_of(v->path) & MODEL_KIND(kind)));
		pkts[i] = model_sender_make(&v->s, kind);
	}
	sent = rte_eth_tx_burst(v->port->id, 0, pkts, nb);
	assert_true(sent <= nb);
	rte_pktmbuf_free_bulk(pkts + sent, nb - sent);
}

static bool
stopped(const struct victim *v)
{
	const struct vio_txq *q = v->port->dev->data->tx_queues[0];

	return q->fault != VIO_FAULT_NONE;
}

/** Everything that was sent is freed once, and the port works again. */
static void
blind_restart(struct victim *v)
{
	model_port_stop(v->port);
	assert_house_in_order();
	/* What a liar returned too early may have been written to since: no look at it. */
	for (unsigned int i = 0; i < v->s.num_kept; i++)
		rte_pktmbuf_free(v->s.kept[i].m);
	v->s.num_kept = 0;
	assert_int_equal(model_sender_out(&v->s), 0);
	assert_int_equal(model_sender_external(&v->s), 0);
	model_port_start(v->port);
}

/** A used entry: mostly a head that is out, as the driver expects it. */
static uint32_t
random_id(const struct vring_split *ring, uint64_t *random, uint16_t pos)
{
	const uint64_t r = unit_random(random);
	const uint32_t right = ring->avail->ring[pos & (RING - 1)];

	switch (r % 48) {
	case 0:
		return (r >> 8) % (2 * RING);
	case 1:
		return right ^ (1u << ((r >> 8) % 32));
	case 2:
		return (right + 1) & (RING - 1);
	case 3:
		return ring->avail->ring[(pos + 1 + (r >> 8) % 8) & (RING - 1)];
	default:
		return right;
	}
}

/** A device that does anything: used entries and indices at random. */
static void
random_device(void **state)
{
	static const uint64_t features[] = { 0, EVENT_IDX, INDIRECT, IN_ORDER,
					     IN_ORDER | INDIRECT | EVENT_IDX };
	unsigned int restarts = 0;
	struct victim v;

	for (unsigned int f = 0; f < RTE_DIM(features); f++) {
		uint64_t random = f;
		uint16_t used = 0;

		victim_start(&v, *state, features[f], f & 1);
		for (unsigned int i = 0; i < 3000; i++) {
			const struct vring_split *ring = &v.q->split.ring;
			uint16_t n;

			send_blindly(&v, unit_random(&random) % 12);
			n = RTE_MIN(unit_random(&random) % 12,
				    (uint64_t)(uint16_t)(ring->avail->idx - used));
			for (uint16_t k = 0; k < n; k++)
				ring->used->ring[(used + k) & (RING - 1)].id =
					random_id(ring, &random, used + k);
			if (unit_random(&random) % 512 == 0)
				n = unit_random(&random);
			used += n;
			__atomic_store_n(&ring->used->idx, used, __ATOMIC_RELEASE);
			if (!stopped(&v) && unit_random(&random) % 256 != 0)
				continue;
			blind_restart(&v);
			restarts++;
			used = 0;
		}
		blind_restart(&v);
		victim_end(&v);
	}
	assert_true(restarts > 50);
}

/** The thread of a device that rewrites used entries while the driver reads them. */
struct rewriter {
	struct vring_used *used;
	bool stop;
};

static void *
rewrite(void *arg)
{
	struct rewriter *r = arg;
	uint64_t random = 3;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		const uint64_t bits = unit_random(&random);
		struct vring_used_elem *elem = &r->used->ring[bits % RING];

		__atomic_store_n(&elem->id, (uint32_t)(bits >> 32), __ATOMIC_RELAXED);
		__atomic_store_n(&elem->id, (bits >> 8) % RING, __ATOMIC_RELAXED);
		__atomic_store_n(&elem->id, bits % RING, __ATOMIC_RELAXED);
	}
	return NULL;
}

/** What the driver checked is what it uses: entries change between its reads. */
static void
rewritten_while_read(void **state)
{
	struct victim v;

	victim_start(&v, *state, 0, false);
	for (unsigned int round = 0; round < 30; round++) {
		const struct vring_split *ring = &v.q->split.ring;
		struct rewriter r = { .used = ring->used };
		pthread_t thread;

		for (unsigned int i = 0; i < RING; i++)
			ring->used->ring[i].id = i;
		assert_int_equal(pthread_create(&thread, NULL, rewrite, &r), 0);
		for (unsigned int i = 0; i < 200; i++) {
			send_blindly(&v, 8);
			__atomic_store_n(&ring->used->idx, ring->avail->idx, __ATOMIC_RELEASE);
		}
		__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
		blind_restart(&v);
	}
	victim_end(&v);
}

int
main(void)
{
	static struct attack attacks[RTE_DIM(faults) * 16];
	unsigned int n = 0;

	for (unsigned int i = 0; i < model_num_tx_paths; i++) {
		const struct model_tx_path *path = &model_tx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		for (unsigned int f = 0; f < RTE_DIM(faults); f++) {
			attacks[n] = (struct attack){ &faults[f], path };
			model_case(attack, &attacks[n++], missing, "fault_%s_%s", path->name,
				   faults[f].name);
		}
		model_case(never_completes, path, missing, "fault_%s_never_completes", path->name);
		model_case(random_device, path, missing, "fault_%s_random_device", path->name);
		model_case(rewritten_while_read, path, missing, "fault_%s_rewritten_while_read",
			   path->name);
	}
	return model_cases_run("fault_tx");
}
