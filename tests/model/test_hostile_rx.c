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

#include <pthread.h>

#include "model_cases.h"
#include "model_memory.h"
#include "model_port.h"

#define RING 64
#define DATA_ROOM 300
#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)

static const uint32_t bad_lens[] = { 0, 1, 11, 12, 13, 312, 313, 2060, 2061, 0xffff, UINT32_MAX };

/** A port under attack. */
struct victim {
	struct model_port *port;
	struct vring_split *ring;
	uint16_t seen;   /**< available entries that the device has filled */
	uint16_t used;   /**< used entries that it has written */
	uint64_t random;
	bool mergeable;
	bool honest;     /**< headers say num_buffers 1 */
};

/** A header into a buffer, with whatever it says. */
static void
fill_buffer(struct victim *v, uint16_t id)
{
	static const uint16_t nums[] = { 0, 2, 3, 17, RING, RING + 1, 65535 };
	const uint64_t r = unit_random(&v->random);
	struct virtio_net_hdr_mrg_rxbuf hdr = { .num_buffers = 1 };
	char *va = model_memory_find(v->ring->desc[id].addr, sizeof(hdr), v->port->device.iova,
				     NULL);

	assert_non_null(va);
	memset(&hdr.hdr, r >> 48, sizeof(hdr.hdr));
	if (!v->honest && r % 24 == 0)
		hdr.num_buffers = nums[(r >> 8) % RTE_DIM(nums)];
	memcpy(va, &hdr, sizeof(hdr));
}

/** The device gets what the driver made available. */
static void
get_buffers(struct victim *v)
{
	for (; v->seen != v->ring->avail->idx; v->seen++) {
		const uint16_t id = v->ring->avail->ring[v->seen & (RING - 1)];

		assert_true(id < RING);
		fill_buffer(v, id);
	}
}

static void
show(struct victim *v, uint16_t used)
{
	v->used = used;
	__atomic_store_n(&v->ring->used->idx, used, __ATOMIC_RELEASE);
}

static void
victim_start(struct victim *v, const struct model_rx_path *path, uint64_t features, bool iova)
{
	struct model_port_config config = {
		.features = features, .iova = iova, .rx_size = RING, .tx_size = 8,
		.data_room = path->mergeable ? DATA_ROOM : 2048,
	};

	model_config_rx_path(&config, path);
	*v = (struct victim){ .random = 1 + iova, .mergeable = path->mergeable };
	v->port = model_port_create(&config);
	model_port_start(v->port);
	model_assert_rx_path(v->port, path);
	v->ring = &model_rxq(&v->port->device, 0)->split.ring;
	get_buffers(v);
}

/**
 * Nothing that is DPDK's own was broken. Of the standard's rules the model knows only what this
 * device was told of: they are not looked at.
 */
static void
assert_house_in_order(void)
{
	if (model_breaches_of(MODEL_HOUSE) != 0)
		fail_msg("%s", model_first_breach());
	model_book_open();
}

/** Stop and start: everything is back, and everything works. */
static void
victim_restart(struct victim *v)
{
	model_port_stop(v->port);
	assert_int_equal(model_pool_out(v->port->pool), 0);
	assert_house_in_order();
	model_port_start(v->port);
	v->seen = v->used = 0;
	get_buffers(v);
}

static void
victim_end(struct victim *v)
{
	model_port_stop(v->port);
	assert_int_equal(model_pool_out(v->port->pool), 0);
	assert_house_in_order();
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

/** A used entry: mostly as the driver expects it, so that all gets far. */
static struct vring_used_elem
random_entry(struct victim *v, uint16_t pos)
{
	const uint64_t r = unit_random(&v->random);
	struct vring_used_elem elem = { pos & (RING - 1), 13 + (r >> 32) % 280 };

	switch (r % 64) {
	case 0:
		elem.id = (r >> 8) % (2 * RING);
		break;
	case 1:
		elem.id ^= 1u << ((r >> 8) % 32);
		break;
	case 2:
		elem.id = (elem.id + (r >> 8) % 4) & (RING - 1);
		break;
	case 3:
	case 4:
		elem.len = bad_lens[(r >> 8) % RTE_DIM(bad_lens)];
		break;
	case 5:
		elem.len = r >> 32;
		break;
	}
	return elem;
}

/** A device that does anything: used entries, indices and headers at random. */
static void
random_device(void **state)
{
	unsigned int delivered = 0;
	unsigned int restarts = 0;
	struct victim v;

	for (unsigned int variant = 0; variant < 6; variant++) {
		victim_start(&v, *state, (variant & 1 ? EVENT_IDX : 0) |
			     (variant >= 4 ? IN_ORDER : 0), variant & 2);
		for (unsigned int i = 0; i < 4000; i++) {
			uint16_t n = unit_random(&v.random) % 12;

			n = RTE_MIN(n, (uint16_t)(v.seen - v.used));
			for (uint16_t k = 0; k < n; k++)
				v.ring->used->ring[(v.used + k) & (RING - 1)] =
					random_entry(&v, v.used + k);
			if (unit_random(&v.random) % 512 == 0)
				n = unit_random(&v.random);
			show(&v, v.used + n);
			delivered += take_anything(&v, 1 + unit_random(&v.random) % 40);
			if (!stopped(&v) && unit_random(&v.random) % 256 != 0)
				continue;
			victim_restart(&v);
			restarts++;
		}
		victim_end(&v);
	}
	assert_true(restarts > 100 && delivered > 10000);
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
			uint16_t n = 1 + unit_random(&v.random) % 8;

			n = RTE_MIN(n, (uint16_t)(v.seen - v.used));
			/* Backwards. */
			for (uint16_t k = 0; k < n; k++)
				v.ring->used->ring[(v.used + k) & (RING - 1)] =
					(struct vring_used_elem){
						(v.used + n - 1 - k) & (RING - 1), 72 };
			show(&v, v.used + n);
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

/** A device that rewrites used entries while the driver reads them. */
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
		__atomic_store_n(&elem->id, bits % RING, __ATOMIC_RELAXED);
		__atomic_store_n(&elem->len, bad_lens[(bits >> 16) % RTE_DIM(bad_lens)],
				 __ATOMIC_RELAXED);
		__atomic_store_n(&elem->len, 72, __ATOMIC_RELAXED);
	}
	return NULL;
}

/** What the driver checked is what it uses: entries change between its reads. */
static void
rewritten_while_read(void **state)
{
	unsigned int delivered = 0;
	struct victim v;

	victim_start(&v, *state, 0, false);
	for (unsigned int round = 0; round < 30; round++) {
		struct rewriter r = { .used = v.ring->used };
		pthread_t thread;

		for (unsigned int i = 0; i < RING; i++)
			v.ring->used->ring[i] = (struct vring_used_elem){ i, 72 };
		assert_int_equal(pthread_create(&thread, NULL, rewrite, &r), 0);
		for (unsigned int i = 0; i < 300; i++) {
			const uint16_t n = RTE_MIN((uint16_t)(v.seen - v.used), (uint16_t)16);

			show(&v, v.used + n);
			delivered += take_anything(&v, 32);
		}
		__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
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
