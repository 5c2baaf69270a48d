/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_fault_tx.c - a device that breaks the rules of a transmit queue, against every transmit
 * path. Whatever it does, every mbuf is freed once, a counter has its name, and after a stop and a
 * start the port works again.
 */

#include "model_cases.h"
#include "model_sender.h"

#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)
#define INDIRECT VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

/** A port under attack. */
struct victim {
	const struct model_tx_path *path;
	struct model_port *port;
	struct model_queue *q;
	struct model_sender s;
	uint16_t size; /**< of the ring */
};

/** A fault of the device. */
struct fault {
	const char *name;
	void (*commit)(struct victim *v, unsigned int kind);
	unsigned int kinds;  /**< ways in which it can be committed */
	bool harmless;       /**< it makes no difference; else the queue stops, with an event */
	bool chains_only;    /**< needs packets of several descriptors */
	bool ids;            /**< with IN_ORDER ids of split rings are not looked at */
	bool inside;         /**< the id may lie between packets that are out, see forgive() */
	bool split_only;
	bool packed_only;
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
forge(struct victim *v, uint32_t id)
{
	v->q->ring->forge(v->q, id, 0);
}

static void
id_too_large(struct victim *v, unsigned int kind)
{
	const uint32_t id = v->q->pending[0]->id;
	const uint32_t split_ids[] = { v->size, v->size + id, 0x10000 + id, 0x80000000 + id,
				       UINT32_MAX };
	const uint32_t packed_ids[] = { v->size, v->size + id, 0x4000 + id, 0x8000 + id,
					UINT16_MAX };

	forge(v, v->path->packed ? packed_ids[kind] : split_ids[kind]);
}

/** An id that the device does not have, the @p n-th from @p from on. */
static uint32_t
free_id(const struct victim *v, uint32_t from, unsigned int n)
{
	uint32_t id = from;

	for (unsigned int tried = 0; v->q->ring->busy(v->q, id) || n-- != 0; tried++) {
		assert_true(tried < v->size);
		id = (id + 1) % v->size;
	}
	return id;
}

static void
id_never_posted(struct victim *v, unsigned int kind)
{
	forge(v, free_id(v, 0, kind));
}

static void
id_repeated(struct victim *v, unsigned int kind)
{
	/* The first of two or three: then its buffer again. */
	const uint32_t id = v->q->pending[0]->id;

	model_net_tx_done(v->q, 1 + kind, false, false);
	forge(v, id);
}

static void
id_middle_of_chain(struct victim *v, unsigned int kind)
{
	for (unsigned int i = 0; i < v->q->num_pending; i++) {
		const struct model_chain *chain = v->q->pending[i];

		if (chain->descs < 2)
			continue;
		/* Its second descriptor or its last; packed rings may have a buffer of that name. */
		forge(v, v->path->packed ?
		      free_id(v, v->q->ring->desc(v->q, chain, kind == 0 ? 1 : chain->descs - 1), 0) :
		      v->q->ring->desc(v->q, chain, kind == 0 ? 1 : chain->descs - 1));
		return;
	}
	fail_msg("there is no chain");
}

static void
index_jumps(struct victim *v, unsigned int kind)
{
	const uint16_t by[] = { v->q->num_pending + 1, v->size + 1, 0x7fff, 0x8000 };

	model_split_jump(v->q, v->q->split.used + by[kind]);
}

static void
index_back(struct victim *v, unsigned int kind)
{
	reclaim(v);
	model_split_jump(v->q, v->q->split.used - (kind == 0 ? 1 : v->size));
}

/** Descriptors that nobody posted are marked as used. */
static void
free_marked_used(struct victim *v, unsigned int kind __rte_unused)
{
	const unsigned int owned = v->q->packed.owned;

	assert_true(owned < v->size);
	model_packed_mark(v->q, owned, v->size - owned, false);
}

/** All that are posted are marked as used, but with the wrong wrap counter. */
static void
wrap_bit_wrong(struct victim *v, unsigned int kind __rte_unused)
{
	const unsigned int out = model_sender_out(&v->s);

	model_packed_mark(v->q, 0, v->q->packed.owned, true);
	reclaim(v);
	assert_int_equal(model_sender_out(&v->s), out);
}

/** Flags that used descriptors do not have (2.8.6, 2.8.13). */
static void
reserved_flags(struct victim *v, unsigned int kind)
{
	static const uint16_t bits[] = { VRING_DESC_F_NEXT, VRING_DESC_F_INDIRECT, 0x7f7a };

	v->q->packed.used_bits = bits[kind];
}

/** The device says of its wishes for notifications what it must not. */
static void
event_nonsense(struct victim *v, unsigned int kind __rte_unused)
{
	model_queue_notify(v->q, MODEL_NOTIFY_NONSENSE);
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
	v->q->ring->scribble(v->q, MODEL_AREA_DESC);
}

static void
rewrites_driver_area(struct victim *v, unsigned int kind __rte_unused)
{
	v->q->ring->scribble(v->q, MODEL_AREA_DRIVER);
}

static const struct fault faults[] = {
	{ "id_too_large", id_too_large, 5, .ids = true },
	{ "id_never_posted", id_never_posted, 3, .ids = true, .inside = true },
	{ "id_repeated", id_repeated, 3, .ids = true },
	{ "id_middle_of_chain", id_middle_of_chain, 2, .ids = true, .inside = true,
	  .chains_only = true },
	{ "index_jumps", index_jumps, 4, .split_only = true },
	{ "index_back", index_back, 2, .split_only = true },
	{ "free_marked_used", free_marked_used, 1, .harmless = true, .packed_only = true },
	{ "wrap_bit_wrong", wrap_bit_wrong, 1, .harmless = true, .packed_only = true },
	{ "reserved_flags", reserved_flags, 3, .harmless = true, .packed_only = true },
	{ "event_nonsense", event_nonsense, 1, .harmless = true },
	{ "len_is_garbage", len_is_garbage, 3, .harmless = true },
	{ "rewrites_descriptors", rewrites_descriptors, 1, .harmless = true },
	{ "rewrites_driver_area", rewrites_driver_area, 1, .harmless = true },
};

static void
victim_start(struct victim *v, const struct model_tx_path *path, uint64_t features, bool iova)
{
	const uint16_t size = path->packed ? 61 : 64;
	struct model_port_config config = {
		.features = features, .iova = iova, .tx_size = size, .rx_size = 8,
		.tx_free_thresh = size,
	};

	model_config_tx_path(&config, path);
	v->path = path;
	v->size = size;
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
	model_queue_notify(v->q, MODEL_NOTIFY_ALWAYS);
	model_port_start(v->port);
	for (unsigned int i = 0; i < 3; i++) {
		send_some(v, 6, i == 0);
		model_net_tx_done(v->q, v->q->num_pending, false, false);
		reclaim(v);
	}
	model_assert_clean();
}

/**
 * With IN_ORDER a used id stands for all packets before it, too. One that lies within a packet is a
 * fault, but what was freed before it came to light was freed on the device's word.
 */
static void
forgive(struct victim *v)
{
	if (!model_device_has(&v->port->device, VIRTIO_F_IN_ORDER))
		return;
	model_sender_out(&v->s); /* has mempool caches flushed: their pools see what was freed */
	assert_int_equal(model_breaches(), model_breaches_of(5));
	model_book_open();
}

/** A fault that the queue cannot go on after: nothing is freed, and nothing taken, until a stop. */
static void
check_stopped(struct victim *v, const struct fault *fault, uint64_t faults_before,
	      unsigned int resets_before)
{
	struct rte_mbuf *m = model_sender_make(&v->s, MODEL_PLAIN);
	unsigned int out;

	reclaim(v);
	if (fault->inside)
		forgive(v);
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
		check_stopped(v, fault, faults_before, resets_before);
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

		if (a->fault->ids && (features[f] & IN_ORDER) && !a->path->packed)
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
		unsigned int idle = 0;

		victim_start(&v, *state, (f & 1 ? IN_ORDER : 0) | (f & 2 ? INDIRECT : 0), false);
		/* The last descriptors go to packets that are short enough. */
		while (idle < 20)
			idle = model_sender_burst(&v.s, 1) == 0 ? idle + 1 : 0;
		for (unsigned int i = 0; i < 50; i++)
			assert_int_equal(model_sender_burst(&v.s, 3), 0);
		assert_true(model_xstat(v.port, "tx_q0_ring_full") >= 50);
		restart(&v);
		victim_end(&v);
	}
}

int
main(void)
{
	static struct attack attacks[RTE_DIM(faults) * 24];
	unsigned int n = 0;

	for (unsigned int i = 0; i < model_num_tx_paths; i++) {
		const struct model_tx_path *path = &model_tx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		for (unsigned int f = 0; f < RTE_DIM(faults); f++) {
			if ((faults[f].split_only && path->packed) ||
			    (faults[f].packed_only && !path->packed))
				continue;
			attacks[n] = (struct attack){ &faults[f], path };
			model_case(attack, &attacks[n++], missing, "fault_%s_%s", path->name,
				   faults[f].name);
		}
		model_case(never_completes, path, missing, "fault_%s_never_completes", path->name);
	}
	return model_cases_run("fault_tx");
}
