/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_hostile_rx.c - devices that do anything at all to a receive queue: at random, in an order
 * that they promised not to take, and while the driver reads. The packets may be garbage then, and
 * the queue may stop, but every mbuf has one owner, its lengths are within its buffer, and nothing
 * else is written to.
 *
 * These devices fill a buffer when they get it and never touch it again, so whoever writes to a
 * free mbuf is the driver.
 */

#include "model_memory.h"
#include "model_victim.h"

#define RING 64
#define RING_PACKED 61
#define DATA_ROOM 300
#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)

static const uint32_t bad_lens[] = { 0, 1, 11, 12, 13, 312, 313, 2060, 2061, 0xffff, UINT32_MAX };

/** A port under attack. */
struct victim {
	struct model_port *port;
	struct model_raw raw;
	uint64_t random;
	bool mergeable;
	bool honest;     /**< headers say num_buffers 1 */
};

/** A header into a buffer, with whatever it says. */
static void
fill_buffer(void *arg, const struct model_raw_buffer *buffer)
{
	static const uint16_t nums[] = { 0, 2, 3, 17, RING, RING + 1, 65535 };
	struct victim *v = arg;
	const uint64_t r = unit_random(&v->random);
	struct virtio_net_hdr_mrg_rxbuf hdr = { .num_buffers = 1 };
	char *va = model_memory_find(buffer->addr, sizeof(hdr), v->port->device.iova, NULL);

	/* In a packed ring this device may have overwritten where it is. */
	assert_true(va != NULL || v->raw.size == RING_PACKED);
	if (va == NULL)
		return;
	memset(&hdr.hdr, r >> 48, sizeof(hdr.hdr));
	if (!v->honest && r % 24 == 0)
		hdr.num_buffers = nums[(r >> 8) % RTE_DIM(nums)];
	memcpy(va, &hdr, sizeof(hdr));
}

/** The device gets what the driver made available. */
static unsigned int
get_buffers(struct victim *v)
{
	return model_raw_get(&v->raw, fill_buffer, v);
}

static void
victim_start(struct victim *v, const struct model_rx_path *path, uint64_t features, bool iova)
{
	struct model_port_config config = {
		.features = features, .iova = iova, .rx_size = path->packed ? RING_PACKED : RING,
		.tx_size = 8, .data_room = path->mergeable ? DATA_ROOM : 2048,
	};

	model_config_rx_path(&config, path);
	*v = (struct victim){ .random = 1 + iova, .mergeable = path->mergeable };
	v->port = model_port_create(&config);
	model_port_start(v->port);
	model_assert_rx_path(v->port, path);
	model_raw_init(&v->raw, model_rxq(&v->port->device, 0), 5);
	get_buffers(v);
}

/** Stop and start: everything is back, and everything works. */
static void
victim_restart(struct victim *v)
{
	model_port_stop(v->port);
	assert_int_equal(model_pool_out(v->port->pool), 0);
	assert_true(model_house_in_order());
	model_port_start(v->port);
	model_raw_restart(&v->raw);
	get_buffers(v);
}

static void
victim_end(struct victim *v)
{
	model_port_stop(v->port);
	assert_int_equal(model_pool_out(v->port->pool), 0);
	assert_true(model_house_in_order());
	model_raw_fini(&v->raw);
	model_port_destroy(v->port);
}

/** Receive; the packets may hold anything, but their structure is DPDK's. */
static uint16_t
take_anything(struct victim *v, uint16_t nb)
{
	struct rte_mbuf *pkts[MODEL_BURST];
	const uint16_t n = rte_eth_rx_burst(v->port->id, 0, pkts, nb);

	for (uint16_t i = 0; i < n; i++) {
		const char *reason;

		/* Lengths and chains that agree with each other, within the buffers. */
		if (rte_mbuf_check(pkts[i], 1, &reason) != 0)
			fail_msg("a packet that is none: %s", reason);
		assert_true(v->mergeable || pkts[i]->nb_segs == 1);
	}
	rte_pktmbuf_free_bulk(pkts, n);
	get_buffers(v);
	return n;
}

static bool
stopped(const struct victim *v)
{
	const struct vio_rxq *q = v->port->dev->data->rx_queues[0];

	return q->fault != VIO_FAULT_NONE;
}

/** A used entry: mostly the oldest buffer but @p k, so that all gets far. */
static struct model_raw_used
random_entry(struct victim *v, unsigned int k)
{
	const uint64_t r = unit_random(&v->random);
	struct model_raw_used used = { v->raw.buffers[k].id, 13 + (r >> 32) % 280 };

	switch (r % 64) {
	case 0:
		used.id = (r >> 8) % (2u * v->raw.size);
		break;
	case 1:
		used.id ^= 1u << ((r >> 8) % 32);
		break;
	case 2:
		used.id = (used.id + (r >> 8) % 4) % v->raw.size;
		break;
	case 3:
	case 4:
		used.len = bad_lens[(r >> 8) % RTE_DIM(bad_lens)];
		break;
	case 5:
		used.len = r >> 32;
		break;
	}
	return used;
}

/** A device that does anything: used entries, indices, flags and headers at random. */
static void
random_device(void **state)
{
	unsigned int delivered = 0;
	unsigned int restarts = 0;
	struct victim v;

	for (unsigned int variant = 0; variant < 6; variant++) {
		victim_start(&v, *state, (variant & 1 ? EVENT_IDX : 0) |
			     (variant >= 4 ? IN_ORDER : 0), variant & 2);
		for (unsigned int i = 0; i < 3000; i++) {
			struct model_raw_used used[12];
			unsigned int n = unit_random(&v.random) % RTE_DIM(used);

			n = RTE_MIN(n, v.raw.num_buffers);
			for (unsigned int k = 0; k < n; k++)
				used[k] = random_entry(&v, k);
			model_raw_show(&v.raw, used, n);
			if (unit_random(&v.random) % 512 == 0)
				model_raw_wild(&v.raw);
			delivered += take_anything(&v, 1 + unit_random(&v.random) % 40);
			if (!stopped(&v) && unit_random(&v.random) % 256 != 0)
				continue;
			victim_restart(&v);
			restarts++;
		}
		victim_end(&v);
	}
	assert_true(restarts > 80 && delivered > 8000);
}

/** IN_ORDER was accepted, and buffers come back in another order. */
static void
in_order_reordered(void **state)
{
	unsigned int strange = 0;
	struct victim v;

	for (unsigned int variant = 0; variant < 4; variant++) {
		victim_start(&v, *state, IN_ORDER | (variant & 1 ? EVENT_IDX : 0), variant & 2);
		assert_true(model_device_has(&v.port->device, VIRTIO_F_IN_ORDER));
		v.honest = true;
		for (unsigned int i = 0; i < 500; i++) {
			struct model_raw_used used[8];
			unsigned int n = 1 + unit_random(&v.random) % RTE_DIM(used);

			n = RTE_MIN(n, v.raw.num_buffers);
			/* Backwards, or the first one last. */
			for (unsigned int k = 0; k < n; k++)
				used[k] = (struct model_raw_used){ v.raw.buffers[i & 1 ?
					(k + 1) % n : n - 1 - k].id, 72 };
			model_raw_show(&v.raw, used, n);
			take_anything(&v, 1 + i % 9);
			if (!stopped(&v))
				continue;
			strange++;
			victim_restart(&v);
		}
		strange += model_xstat(v.port, "rx_q0_shuffled");
		victim_end(&v);
	}
	/* It stops, or is taken for a device that completes in batches. */
	assert_true(strange != 0);
}

/** What the driver checked is what it uses: entries change between its reads. */
static void
rewritten_while_read(void **state)
{
	unsigned int delivered = 0;
	struct victim v;

	victim_start(&v, *state, 0, false);
	for (unsigned int round = 0; round < 12; round++) {
		struct model_rewriter r;

		v.honest = true;
		model_rewriter_start(&r, &v.raw);
		for (unsigned int i = 0; i < 300; i++) {
			struct model_raw_used used[16];
			const unsigned int n = RTE_MIN(v.raw.num_buffers, 16u);

			for (unsigned int k = 0; k < n; k++)
				used[k] = (struct model_raw_used){ v.raw.buffers[k].id, 72 };
			model_raw_show(&v.raw, used, n);
			delivered += take_anything(&v, 32);
		}
		model_rewriter_stop(&r);
		victim_restart(&v);
	}
	assert_true(delivered != 0);
	victim_end(&v);
}

int
main(void)
{
	for (unsigned int i = 0; i < model_num_rx_paths; i++) {
		const struct model_rx_path *path = &model_rx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		model_case(random_device, path, missing, "fault_%s_random_device", path->name);
		model_case(in_order_reordered, path, missing, "fault_%s_in_order_reordered",
			   path->name);
		model_case(rewritten_while_read, path, missing, "fault_%s_rewritten_while_read",
			   path->name);
	}
	return model_cases_run("hostile_rx");
}
