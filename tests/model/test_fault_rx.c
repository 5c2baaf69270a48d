/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_fault_rx.c - a device that breaks the rules of a receive queue, against every receive path.
 * Whatever it does, every mbuf is accounted for, a counter has its name, and after a stop and a
 * start the port works again.
 */

#include "model_cases.h"
#include "model_traffic.h"

/** More than any ring here. */
#define RING_MAX 64
#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)

/** A port under attack. */
struct victim {
	const struct model_rx_path *path;
	struct model_port *port;
	struct model_queue *q;
	struct model_traffic t;
	uint16_t size;                  /**< of the ring */
	bool dry;                       /**< there are no more mbufs than the queue has */
	struct rte_mbuf *held[RING_MAX];
	unsigned int num_held;
};

/** What a fault leads to. */
enum outcome {
	STOPS,   /**< the queue stops, with an event */
	COUNTED, /**< one packet is lost, and counted by name */
	NOTHING, /**< it makes no difference */
};

/** A fault of the device. */
struct fault {
	const char *name;
	enum outcome outcome;
	const char *counter;           /**< COUNTED */
	void (*commit)(struct victim *v, unsigned int kind);
	unsigned int kinds;            /**< ways in which it can be committed */
	bool mergeable_only;
	bool split_only;
	bool packed_only;
	bool half;                     /**< the pool has mbufs for half of the ring */
	bool dry;                      /**< no id is posted anew before the fault is seen */
};

/** A fault against a path. */
struct attack {
	const struct fault *fault;
	const struct model_rx_path *path;
};

/** Receive as model_traffic_rx() does, and keep what comes where mbufs are not to be had again. */
static uint16_t
receive(struct victim *v, uint16_t nb)
{
	uint16_t n;

	if (!v->dry)
		return model_traffic_rx(&v->t, nb);
	n = model_port_rx(v->port, v->held + v->num_held, RTE_MIN(nb, RING_MAX - v->num_held));
	for (uint16_t i = 0; i < n; i++)
		model_traffic_check(&v->t, v->held[v->num_held++]);
	model_assert_clean();
	return n;
}

/** The driver has taken what the device has shown. */
static void
take_all(struct victim *v)
{
	while (receive(v, 32) != 0)
		;
}

static void
forge(struct victim *v, uint32_t id)
{
	v->q->ring->forge(v->q, id, 60 + MODEL_HDR_SIZE);
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

static void
id_never_posted(struct victim *v, unsigned int kind)
{
	uint32_t id = 0;

	/* The pool has mbufs for half of the ring: one that the device does not have. */
	for (unsigned int n = 0; v->q->ring->busy(v->q, id) || n++ != 5 * kind; id++)
		assert_true(id < v->size - 1u);
	forge(v, id);
}

static void
id_repeated(struct victim *v, unsigned int kind)
{
	/* A frame, and then its buffer again: at once, or after another one. */
	uint32_t id;

	assert_true(model_traffic_put(&v->t, 60));
	id = v->q->ready[0].chain->id;
	if (kind == 1)
		assert_true(model_traffic_put(&v->t, 60));
	model_queue_show(v->q, v->q->num_ready, false);
	forge(v, id);
}

static void
index_jumps(struct victim *v, unsigned int kind)
{
	const uint16_t by[] = { v->q->num_pending + 1, v->size + 1, 0x7fff, 0x8000 };

	/* Beyond what is posted nothing is believed: not even the frames before. */
	take_all(v);
	model_split_jump(v->q, v->q->split.used + by[kind]);
}

static void
index_back(struct victim *v, unsigned int kind)
{
	/* The burst before has taken what there was: back is below that. */
	take_all(v);
	model_split_jump(v->q, v->q->split.used - (kind == 0 ? 1 : v->size));
}

/** Descriptors that nobody posted are marked as used. */
static void
free_marked_used(struct victim *v, unsigned int kind __rte_unused)
{
	take_all(v);
	assert_true(v->q->packed.owned < v->size);
	model_packed_mark(v->q, v->q->packed.owned, v->size - v->q->packed.owned, false);
}

/** All that are posted are marked as used, but with the wrong wrap counter. */
static void
wrap_bit_wrong(struct victim *v, unsigned int kind __rte_unused)
{
	model_packed_mark(v->q, 0, v->q->packed.owned, true);
}

/** Flags that used descriptors do not have (2.8.6, 2.8.13). */
static void
reserved_flags(struct victim *v, unsigned int kind)
{
	static const uint16_t bits[] = { VRING_DESC_F_NEXT, VRING_DESC_F_INDIRECT, 0x7f78 };

	v->q->packed.used_bits = bits[kind];
}

/** The device says of its wishes for notifications what it must not. */
static void
event_nonsense(struct victim *v, unsigned int kind __rte_unused)
{
	model_queue_notify(v->q, MODEL_NOTIFY_NONSENSE);
}

/** One frame in one buffer, with a length that is not true. */
static void
length(struct victim *v, uint32_t used_len)
{
	static const uint8_t frame[60];
	const struct virtio_net_hdr_mrg_rxbuf hdr = { .num_buffers = 1 };

	assert_true(model_net_rx_raw(v->q, &hdr, frame, sizeof(frame), used_len));
	model_queue_show(v->q, v->q->num_ready, false);
}

static void
len_0(struct victim *v, unsigned int kind __rte_unused)
{
	length(v, 0);
}

static void
len_short(struct victim *v, unsigned int kind)
{
	length(v, 1 + kind);
}

static void
len_too_long(struct victim *v, unsigned int kind)
{
	const uint32_t posted = v->q->pending[0]->writable;
	const uint32_t lens[] = { posted + 1, 0x10000 + 72, 0x7fffffff, 0x80000000 + 72 };

	length(v, lens[kind]);
}

static void
len_ffffffff(struct victim *v, unsigned int kind)
{
	/* And its neighbours, whose sums with a header wrap. */
	length(v, UINT32_MAX - kind);
}

/** A packet of two buffers whose second one has a length that is not true. */
static void
len_of_second(struct victim *v, unsigned int kind)
{
	static const uint8_t frame[200];
	const struct virtio_net_hdr_mrg_rxbuf hdr = { .num_buffers = 2 };
	const uint32_t posted = v->q->pending[0]->writable;
	const uint32_t lens[] = { 0, posted + 1, UINT32_MAX };

	assert_true(model_net_rx_raw(v->q, &hdr, frame, sizeof(frame), sizeof(frame)));
	assert_true(model_net_rx_raw(v->q, &hdr, frame, sizeof(frame), lens[kind]));
	model_queue_show(v->q, v->q->num_ready, false);
}

static void
num_buffers(struct victim *v, uint16_t num)
{
	static const uint8_t frame[60];
	const struct virtio_net_hdr_mrg_rxbuf hdr = { .num_buffers = num };

	assert_true(model_net_rx_raw(v->q, &hdr, frame, sizeof(frame), 72));
	model_queue_show(v->q, v->q->num_ready, false);
}

static void
num_buffers_0(struct victim *v, unsigned int kind __rte_unused)
{
	num_buffers(v, 0);
}

static void
num_buffers_too_many(struct victim *v, unsigned int kind)
{
	const uint16_t nums[] = { UINT16_MAX, v->size + 1, 0x8000 };

	num_buffers(v, nums[kind]);
}

static void
rewrites_descriptors(struct victim *v, unsigned int kind __rte_unused)
{
	/* What is shown as used in a packed ring counts: it was, and was taken. */
	if (v->path->packed)
		take_all(v);
	v->q->ring->scribble(v->q, MODEL_AREA_DESC);
}

static void
rewrites_driver_area(struct victim *v, unsigned int kind __rte_unused)
{
	v->q->ring->scribble(v->q, MODEL_AREA_DRIVER);
}

static const struct fault faults[] = {
	{ "id_too_large", STOPS, .commit = id_too_large, .kinds = 5 },
	{ "id_never_posted", STOPS, .commit = id_never_posted, .kinds = 3, .half = true,
	  .dry = true },
	{ "id_repeated", STOPS, .commit = id_repeated, .kinds = 2, .dry = true },
	{ "index_jumps", STOPS, .commit = index_jumps, .kinds = 4, .split_only = true },
	{ "index_back", STOPS, .commit = index_back, .kinds = 2, .split_only = true },
	{ "free_marked_used", NOTHING, .commit = free_marked_used, .kinds = 1, .half = true,
	  .packed_only = true },
	{ "wrap_bit_wrong", NOTHING, .commit = wrap_bit_wrong, .kinds = 1, .packed_only = true },
	{ "reserved_flags", NOTHING, .commit = reserved_flags, .kinds = 3, .packed_only = true },
	{ "event_nonsense", NOTHING, .commit = event_nonsense, .kinds = 1 },
	{ "len_0", COUNTED, "rx_q0_bad_length", len_0, 1 },
	{ "len_short", COUNTED, "rx_q0_bad_length", len_short, MODEL_HDR_SIZE },
	{ "len_too_long", COUNTED, "rx_q0_bad_length", len_too_long, 4 },
	{ "len_ffffffff", COUNTED, "rx_q0_bad_length", len_ffffffff, 16 },
	{ "len_of_second_buffer", COUNTED, "rx_q0_bad_length", len_of_second, 3, true },
	{ "num_buffers_0", COUNTED, "rx_q0_bad_num_buffers", num_buffers_0, 1, true },
	{ "num_buffers_too_many", COUNTED, "rx_q0_bad_num_buffers", num_buffers_too_many, 3, true },
	{ "rewrites_descriptors", NOTHING, .commit = rewrites_descriptors, .kinds = 1 },
	{ "rewrites_driver_area", NOTHING, .commit = rewrites_driver_area, .kinds = 1 },
};

static void
victim_start(struct victim *v, const struct model_rx_path *path, uint64_t features, bool iova,
	     bool half)
{
	const uint16_t size = path->packed ? 61 : 64;
	struct model_port_config config = {
		.features = features, .iova = iova, .rx_size = size, .tx_size = 8,
		.mbufs = half ? size / 2 : 0, .data_room = path->mergeable ? 300 : 2048,
		.rx_free_thresh = size / 2, /* what was taken is not posted again at once */
	};

	model_config_rx_path(&config, path);
	*v = (struct victim){ .path = path, .size = size };
	v->port = model_port_create(&config);
	model_port_start(v->port);
	model_assert_rx_path(v->port, path);
	v->q = model_rxq(&v->port->device, 0);
	model_traffic_init(&v->t, v->port);
}

static void
victim_end(struct victim *v)
{
	model_traffic_fini(&v->t);
	model_port_destroy(v->port);
}

/** Frames that arrive as they should, in order or not. */
static void
good_frames(struct victim *v, unsigned int n)
{
	while (n-- != 0)
		assert_true(model_traffic_put(&v->t, 60));
	model_queue_show(v->q, v->q->num_ready, false);
}

/** Stopped: every mbuf is back. Started: everything works. */
static void
restart(struct victim *v)
{
	v->t.way.shuffle = false;
	model_port_stop(v->port);
	v->dry = false;
	rte_pktmbuf_free_bulk(v->held, v->num_held);
	v->num_held = 0;
	model_pool_limit(v->port->pool, UINT32_MAX);
	assert_int_equal(model_pool_out(v->port->pool), 0);
	while (v->t.count != 0)
		model_traffic_lose(&v->t);
	model_queue_notify(v->q, MODEL_NOTIFY_ALWAYS);
	model_port_start(v->port);
	for (unsigned int i = 0; i < 3; i++) {
		good_frames(v, 11);
		model_traffic_finish(&v->t, 8);
	}
}

/** A fault that the queue cannot go on after. */
static void
check_stopped(struct victim *v, uint64_t faults_before, unsigned int resets_before, uint16_t nb)
{
	receive(v, nb);
	while (v->t.count != 0)
		if (receive(v, nb) == 0)
			break;
	receive(v, nb);
	assert_int_equal(model_xstat(v->port, "rx_q0_faults"), faults_before + 1);
	model_port_wait_resets(v->port, resets_before + 1);
	assert_true(model_logged("stop and start the port to go on"));
	/* Everything before the fault was delivered, and nothing is behind it. */
	assert_int_equal(v->t.count, 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(receive(v, nb), 0);
	assert_int_equal(model_xstat(v->port, "rx_q0_faults"), faults_before + 1);
}

/** Commit a fault behind @p at good frames, with bursts of @p nb. */
static void
attack_once(struct victim *v, const struct fault *fault, unsigned int kind, unsigned int at,
	    uint16_t nb, bool shuffled)
{
	const uint64_t faults_before = model_xstat(v->port, "rx_q0_faults");
	const unsigned int resets_before = v->port->resets;
	uint64_t before = 0;

	model_log_start();
	if (shuffled) {
		v->t.way.shuffle = true;
		good_frames(v, 5);
		model_traffic_finish(&v->t, 32);
	}
	if (fault->dry) {
		v->dry = true;
		model_pool_limit(v->port->pool, 0);
	}
	if (fault->counter != NULL)
		before = model_xstat(v->port, fault->counter);
	good_frames(v, at);
	fault->commit(v, kind);
	if (fault->outcome == STOPS) {
		check_stopped(v, faults_before, resets_before, nb);
	} else {
		good_frames(v, 7);
		model_traffic_finish(&v->t, nb);
		good_frames(v, 9);
		model_traffic_finish(&v->t, nb);
		assert_int_equal(model_xstat(v->port, "rx_q0_faults"), faults_before);
		if (fault->counter != NULL)
			assert_int_equal(model_xstat(v->port, fault->counter), before + 1);
	}
	restart(v);
}

static void
attack(void **state)
{
	const struct attack *a = *state;
	static const uint16_t bursts[] = { 1, 4, 32 };

	/* The last one is for packed rings: on split ones nobody looks at ids then. */
	for (unsigned int variant = 0; variant < 4u + a->path->packed; variant++) {
		const bool in_order = variant == 4;
		const unsigned int step = variant == 0 && a->fault->kinds <= 5 ? 1 : 3;
		struct victim v;

		victim_start(&v, a->path, (variant & 1 ? EVENT_IDX : 0) | (in_order ? IN_ORDER : 0),
			     variant & 2, a->fault->half);
		for (unsigned int kind = 0; kind < a->fault->kinds; kind++)
			for (unsigned int at = 0; at < 10; at += step)
				for (unsigned int b = 0; b < RTE_DIM(bursts); b++)
					attack_once(&v, a->fault, kind, at, bursts[b],
						    at % 4 == 3 && !in_order);
		victim_end(&v);
	}
}

/** Without MRG_RXBUF num_buffers says nothing (5.1.6.4). */
static void
num_buffers_without_merging(void **state)
{
	static const uint16_t nums[] = { 0, 2, 65535 };
	struct rte_mbuf *pkts[32];
	struct victim v;

	victim_start(&v, *state, 0, false, false);
	for (unsigned int i = 0; i < 30; i++) {
		num_buffers(&v, nums[i % RTE_DIM(nums)]);
		if (i % 10 != 9)
			continue;
		assert_int_equal(model_port_rx(v.port, pkts, 32), 10);
		for (unsigned int k = 0; k < 10; k++) {
			assert_int_equal(pkts[k]->pkt_len, 60);
			assert_int_equal(pkts[k]->nb_segs, 1);
		}
		rte_pktmbuf_free_bulk(pkts, 10);
	}
	victim_end(&v);
}

/** A packet of more buffers than are there waits for them, and holds nobody up but its queue. */
static void
packet_not_finished(void **state)
{
	for (unsigned int shuffled = 0; shuffled < 2; shuffled++) {
		for (unsigned int shown = 1; shown < 10; shown++) {
			struct victim v;

			victim_start(&v, *state, EVENT_IDX, false, false);
			v.t.way.shuffle = shuffled;
			good_frames(&v, 5);
			model_traffic_finish(&v.t, 32);
			good_frames(&v, 2);
			assert_true(model_traffic_put(&v.t, 3000));
			assert_true(v.q->num_ready > shown);
			model_queue_show(v.q, shown, false);
			assert_int_equal(model_traffic_rx(&v.t, 32), 2);
			for (unsigned int i = 0; i < 5; i++)
				assert_int_equal(model_traffic_rx(&v.t, 32), 0);
			if (shown & 1) /* the rest comes after all */
				model_traffic_finish(&v.t, 32);
			restart(&v);
			victim_end(&v);
		}
	}
}

/** Completions that never come: nothing is delivered, and a stop has all mbufs back. */
static void
never_completes(void **state)
{
	for (unsigned int shuffled = 0; shuffled < 2; shuffled++) {
		struct victim v;

		victim_start(&v, *state, 0, false, false);
		v.t.way.shuffle = shuffled;
		good_frames(&v, 5);
		model_traffic_finish(&v.t, 32);
		for (unsigned int i = 0; i < 20; i++)
			model_traffic_put(&v.t, 60);
		for (unsigned int i = 0; i < 100; i++)
			assert_int_equal(model_traffic_rx(&v.t, 32), 0);
		restart(&v);
		victim_end(&v);
	}
}

int
main(void)
{
	static struct attack attacks[RTE_DIM(faults) * 16];
	unsigned int n = 0;

	for (unsigned int i = 0; i < model_num_rx_paths; i++) {
		const struct model_rx_path *path = &model_rx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		for (unsigned int f = 0; f < RTE_DIM(faults); f++) {
			if ((faults[f].mergeable_only && !path->mergeable) ||
			    (faults[f].split_only && path->packed) ||
			    (faults[f].packed_only && !path->packed))
				continue;
			attacks[n] = (struct attack){ &faults[f], path };
			model_case(attack, &attacks[n++], missing, "fault_%s_%s", path->name,
				   faults[f].name);
		}
		if (path->mergeable)
			model_case(packet_not_finished, path, missing,
				   "fault_%s_packet_not_finished", path->name);
		else
			model_case(num_buffers_without_merging, path, missing,
				   "fault_%s_num_buffers_without_merging", path->name);
		model_case(never_completes, path, missing, "fault_%s_never_completes", path->name);
	}
	return model_cases_run("fault_rx");
}
