/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_hostile_tx.c - devices that do anything at all to a transmit queue: at random, and while the
 * driver reads. What arrives is not looked at, and the queue may stop, but every mbuf is freed once.
 */

#include "model_victim.h"

#define RING 64
#define RING_PACKED 61
#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)
#define INDIRECT VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

static void
victim_start(struct model_victim *v, const struct model_tx_path *path, uint64_t features, bool iova)
{
	const uint16_t size = path->packed ? RING_PACKED : RING;
	struct model_port_config config = {
		.features = features, .iova = iova, .tx_size = size, .rx_size = 8,
		.tx_free_thresh = size,
	};
	struct model_port *port;

	model_config_tx_path(&config, path);
	port = model_port_create(&config);
	model_port_start(port);
	model_assert_tx_path(port, path);
	model_victim_init(v, path, port, features + iova);
}

/** Packets of all kinds that the path takes. */
static void
send_any(struct model_victim *v, uint16_t nb)
{
	uint8_t kinds[MODEL_BURST];

	for (uint16_t i = 0; i < nb; i++)
		do
			kinds[i] = unit_random(&v->s.random) % MODEL_KINDS;
		while (!(v->s.kinds & MODEL_KIND(kinds[i])));
	model_victim_send(v, kinds, nb);
}

static bool
stopped(const struct model_victim *v)
{
	const struct vio_txq *q = v->port->dev->data->tx_queues[0];

	return q->fault != VIO_FAULT_NONE;
}

/** Everything that was sent is freed once, and the port works again. */
static void
blind_restart(struct model_victim *v)
{
	model_port_stop(v->port);
	assert_true(model_house_in_order());
	assert_true(model_victim_all_back(v));
	model_victim_start(v);
}

static void
victim_end(struct model_victim *v)
{
	blind_restart(v);
	model_port_stop(v->port);
	model_victim_fini(v);
	model_port_destroy(v->port);
}

/** A used entry: mostly the oldest buffer but @p k, as the driver expects it. */
static struct model_raw_used
random_entry(const struct model_victim *v, uint64_t *random, unsigned int k)
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
	struct model_victim v;

	for (unsigned int f = 0; f < RTE_DIM(features); f++) {
		uint64_t random = f;

		victim_start(&v, *state, features[f], f & 1);
		for (unsigned int i = 0; i < 2500; i++) {
			struct model_raw_used used[12];
			unsigned int n;

			send_any(&v, unit_random(&random) % 12);
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

/** What the driver checked is what it uses: entries change between its reads. */
static void
rewritten_while_read(void **state)
{
	uint64_t taken = 0;
	struct model_victim v;

	victim_start(&v, *state, 0, false);
	for (unsigned int round = 0; round < 12; round++) {
		struct model_rewriter r;

		model_rewriter_start(&r, &v.raw);
		for (unsigned int i = 0; i < 200; i++) {
			struct model_raw_used used[RING];
			unsigned int n;

			send_any(&v, 8);
			n = model_raw_get(&v.raw, NULL, NULL);
			for (unsigned int k = 0; k < n; k++)
				used[k] = (struct model_raw_used){ v.raw.buffers[k].id, 72 };
			model_raw_show(&v.raw, used, n);
		}
		model_rewriter_stop(&r);
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
