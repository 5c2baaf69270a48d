/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_hostile_tx.c - devices that do anything at all to a transmit queue: at random, and while the
 * driver reads. What arrives is not looked at, and the queue may stop, but every mbuf is freed once.
 */

#include <pthread.h>

#include "model_cases.h"
#include "model_raw.h"
#include "model_sender.h"

#define RING 64
#define RING_PACKED 61
#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)
#define INDIRECT VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

/** A port under attack. */
struct victim {
	const struct model_tx_path *path;
	struct model_port *port;
	struct model_raw raw;
	struct model_sender s;
};

static unsigned int
kinds_of(const struct model_tx_path *path)
{
	return path->fast_free ? MODEL_KINDS_FAST_FREE :
	       path->simple ? MODEL_KINDS_SINGLE : MODEL_KINDS_ALL;
}

static void
victim_start(struct victim *v, const struct model_tx_path *path, uint64_t features, bool iova)
{
	const uint16_t size = path->packed ? RING_PACKED : RING;
	struct model_port_config config = {
		.features = features, .iova = iova, .tx_size = size, .rx_size = 8,
		.tx_free_thresh = size,
	};

	model_config_tx_path(&config, path);
	v->path = path;
	v->port = model_port_create(&config);
	model_port_start(v->port);
	model_assert_tx_path(v->port, path);
	model_raw_init(&v->raw, model_txq(&v->port->device, 0), features + iova);
	model_sender_init(&v->s, v->port, kinds_of(path));
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
	model_raw_restart(&v->raw);
}

static void
victim_end(struct victim *v)
{
	blind_restart(v);
	model_port_stop(v->port);
	model_sender_fini(&v->s);
	model_raw_fini(&v->raw);
	model_port_destroy(v->port);
}

/** A used entry: mostly the oldest buffer but @p k, as the driver expects it. */
static struct model_raw_used
random_entry(const struct victim *v, uint64_t *random, unsigned int k)
{
	const uint64_t r = unit_random(random);
	const struct model_raw *raw = &v->raw;
	struct model_raw_used used = { raw->buffers[k].id, r >> 16 };

	switch (r % 48) {
	case 0:
		used.id = (r >> 8) % (2u * raw->size);
		break;
	case 1:
		used.id ^= 1u << ((r >> 8) % 32);
		break;
	case 2:
		used.id = (used.id + 1) % raw->size;
		break;
	case 3:
		used.id = raw->buffers[(k + (r >> 8) % 8) % raw->num_buffers].id;
		break;
	}
	return used;
}

/** A device that does anything: used entries, indices and flags at random. */
static void
random_device(void **state)
{
	static const uint64_t features[] = { 0, EVENT_IDX, INDIRECT, IN_ORDER,
					     IN_ORDER | INDIRECT | EVENT_IDX };
	unsigned int restarts = 0;
	struct victim v;

	for (unsigned int f = 0; f < RTE_DIM(features); f++) {
		uint64_t random = f;

		victim_start(&v, *state, features[f], f & 1);
		for (unsigned int i = 0; i < 2500; i++) {
			struct model_raw_used used[12];
			unsigned int n;

			send_blindly(&v, unit_random(&random) % 12);
			n = model_raw_get(&v.raw, NULL, NULL);
			n = RTE_MIN(unit_random(&random) % RTE_DIM(used), (uint64_t)n);
			for (unsigned int k = 0; k < n; k++)
				used[k] = random_entry(&v, &random, k);
			model_raw_show(&v.raw, used, n);
			if (unit_random(&random) % 512 == 0)
				model_raw_wild(&v.raw);
			if (!stopped(&v) && unit_random(&random) % 256 != 0)
				continue;
			blind_restart(&v);
			restarts++;
		}
		victim_end(&v);
	}
	assert_true(restarts > 50);
}

/** The thread of a device that rewrites used entries while the driver reads them. */
struct rewriter {
	struct model_raw *raw;
	bool stop;
};

static void *
rewrite(void *arg)
{
	struct rewriter *r = arg;
	uint64_t random = 3;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED))
		model_raw_rewrite(r->raw, unit_random(&random));
	return NULL;
}

/** What the driver checked is what it uses: entries change between its reads. */
static void
rewritten_while_read(void **state)
{
	uint64_t taken = 0;
	struct victim v;

	victim_start(&v, *state, 0, false);
	for (unsigned int round = 0; round < 12; round++) {
		struct rewriter r = { .raw = &v.raw };
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, rewrite, &r), 0);
		for (unsigned int i = 0; i < 200; i++) {
			struct model_raw_used used[RING];
			unsigned int n;

			send_blindly(&v, 8);
			n = model_raw_get(&v.raw, NULL, NULL);
			for (unsigned int k = 0; k < n; k++)
				used[k] = (struct model_raw_used){ v.raw.buffers[k].id, 72 };
			model_raw_show(&v.raw, used, n);
		}
		__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
		taken += model_xstat(v.port, "tx_q0_packets");
		blind_restart(&v);
	}
	assert_true(taken > RING);
	victim_end(&v);
}

int
main(void)
{
	for (unsigned int i = 0; i < model_num_tx_paths; i++) {
		const struct model_tx_path *path = &model_tx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		model_case(random_device, path, missing, "fault_%s_random_device", path->name);
		model_case(rewritten_while_read, path, missing, "fault_%s_rewritten_while_read",
			   path->name);
	}
	return model_cases_run("hostile_tx");
}
