/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* The vswitch's way of a burst: learned, flooded, grouped, and what is lost. */

#include "unit.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "forward.h"
#include "model_eal.h"
#include "switch_fixture.h"
#include "workers.h"

static void
test_learn_and_flood(void **state)
{
	const struct bytes there = frame(0xa, 0xb, -1, 60, 1);
	const struct bytes back = frame(0xb, 0xa, -1, 1514, 2);

	(void)state;
	inject(0, there);
	expect_nothing(0);
	for (unsigned int i = 1; i < PORTS; i++)
		expect(i, there);
	inject(2, back);
	expect(0, back);
	expect_nothing(1);
	expect_nothing(2);
	expect_nothing(3);
	inject(0, there);
	expect(2, there);
	expect_nothing(1);
	expect_nothing(3);
	assert_int_equal(counters(0).rx_packets, 2);
	assert_int_equal(counters(0).rx_bytes, 120);
	assert_int_equal(counters(0).flooded, 1);
	assert_int_equal(counters(0).tx_packets, 1);
	assert_int_equal(counters(0).tx_bytes, 1514);
	assert_int_equal(counters(2).tx_packets, 2);
	assert_int_equal(counters(2).tx_bytes, 120);
}

static void
test_broadcast(void **state)
{
	const struct bytes all = frame(0xa, 0xff, -1, 60, 1);

	(void)state;
	for (unsigned int round = 0; round < 2; round++) {
		inject(3, all);
		for (unsigned int i = 0; i < 3; i++)
			expect(i, all);
		expect_nothing(3);
	}
	assert_int_equal(counters(3).flooded, 2);
}

static void
test_move(void **state)
{
	const struct bytes to_a = frame(0xb, 0xa, -1, 60, 1);

	(void)state;
	inject(0, frame(0xa, 0xff, -1, 60, 1));
	drain();
	inject(1, to_a);
	expect(0, to_a);
	inject(3, frame(0xa, 0xff, -1, 60, 1));
	drain();
	inject(1, to_a);
	expect(3, to_a);
	expect_nothing(0);
	assert_int_equal(sw->fdb->moved, 1);
}

static void
test_same_port(void **state)
{
	(void)state;
	inject(0, frame(0xa, 0xff, -1, 60, 1));
	inject(0, frame(0xb, 0xff, -1, 60, 1));
	drain();
	inject(0, frame(0xa, 0xb, -1, 60, 1));
	for (unsigned int i = 0; i < PORTS; i++)
		expect_nothing(i);
	assert_int_equal(counters(0).drop[VS_DROP_SAME_PORT], 1);
}

/* A burst is grouped by port, and keeps its order. */
static void
test_burst(void **state)
{
	struct rte_mbuf *burst[VS_BURST];

	(void)state;
	for (unsigned int i = 0; i < PORTS; i++)
		inject(i, frame(0x10 + i, 0xff, -1, 60, 0));
	drain();
	for (unsigned int i = 0; i < VS_BURST; i++) {
		const struct bytes f = frame(0x10, i % 4 ? 0x10 + i % 4 : 0xff, -1, 60 + i, i);

		burst[i] = make_mbuf(&f);
	}
	forward_burst(w, port[0], burst, VS_BURST);
	for (unsigned int at = 1; at < PORTS; at++) {
		struct rte_mbuf *got[VS_BURST];
		uint16_t n = rte_eth_rx_burst(port[at], 0, got, VS_BURST);
		unsigned int k = 0;

		assert_int_equal(n, VS_BURST / 2);
		for (unsigned int i = 0; i < VS_BURST; i++)
			if (i % 4 == 0 || i % 4 == at)
				assert_int_equal(rte_pktmbuf_pkt_len(got[k++]), 60 + i);
		rte_pktmbuf_free_bulk(got, n);
	}
}

/* Runs of frames that go the same way, torn apart by others in each place of a burst. */
static void
test_runs(void **state)
{
	const struct bytes kinds[] = {
		frame(0x10, 0x11, -1, 60, 1), /* to port 1 */
		frame(0x10, 0x12, -1, 60, 2), /* to port 2 */
		frame(0x1f, 0x11, -1, 60, 3), /* to port 1, of another host */
		frame(0x10, 0x11, 5, 64, 4),  /* dropped: a tag */
		frame(0x10, 0xff, -1, 60, 5), /* to all */
		frame(0x10, 0x11, 3 << 13, 64, 6), /* to port 1, loses its tag */
	};
	uint64_t seed = 3;

	(void)state;
	for (unsigned int i = 0; i < PORTS; i++)
		inject(i, frame(0x10 + i, 0xff, -1, 60, 0));
	drain();
	for (unsigned int round = 0; round < 500; round++) {
		const unsigned int n = 1 + unit_random(&seed) % VS_BURST;
		uint8_t wanted[2][VS_BURST], kind = 0;
		unsigned int count[2] = { 0, 0 };
		struct rte_mbuf *burst[VS_BURST];

		for (unsigned int i = 0; i < n; i++) {
			if (unit_random(&seed) % 3 == 0)
				kind = unit_random(&seed) % ARRAY_SIZE(kinds);
			burst[i] = make_mbuf(&kinds[kind]);
			if (kind != 1 && kind != 3)
				wanted[0][count[0]++] = kind + 1;
			if (kind == 1 || kind == 4)
				wanted[1][count[1]++] = kind + 1;
		}
		forward_burst(w, port[0], burst, n);
		for (unsigned int at = 0; at < 2; at++) {
			assert_int_equal(rte_eth_rx_burst(port[1 + at], 0, burst, VS_BURST),
					 count[at]);
			for (unsigned int i = 0; i < count[at]; i++)
				assert_int_equal(*rte_pktmbuf_mtod_offset(burst[i], uint8_t *, 40),
						 wanted[at][i]);
			rte_pktmbuf_free_bulk(burst, count[at]);
		}
		drain();
	}
}

/* The buffers of a frame with one receiver are those that came in; of flooded ones as well. */
static void
test_no_copy(void **state)
{
	const struct bytes f = frame(0xa, 0xb, -1, 60, 1);
	struct rte_mbuf *m = make_mbuf(&f);
	const void *data = rte_pktmbuf_mtod(m, void *);
	struct rte_mbuf *got;

	(void)state;
	forward_burst(w, port[0], &m, 1);
	for (unsigned int i = 1; i < PORTS; i++) {
		assert_int_equal(rte_eth_rx_burst(port[i], 0, &got, 1), 1);
		assert_ptr_equal(rte_pktmbuf_mtod(got, void *), data);
		rte_pktmbuf_free(got);
	}
	inject(1, frame(0xb, 0xff, -1, 60, 1));
	drain();
	m = make_mbuf(&f);
	forward_burst(w, port[0], &m, 1);
	assert_int_equal(rte_eth_rx_burst(port[1], 0, &got, 1), 1);
	assert_ptr_equal(got, m);
	rte_pktmbuf_free(got);
}

/* A port that takes no more loses its frames, and nobody else does. */
static void
test_full_port(void **state)
{
	unsigned int sent = 0;

	(void)state;
	inject(1, frame(0xb, 0xff, -1, 60, 1));
	inject(2, frame(0xc, 0xff, -1, 60, 1));
	drain();
	workers_clear_counters(sw, port[1]);
	while (counters(1).drop[VS_DROP_TX_FULL] < 10 && sent++ < 5000)
		inject(0, frame(0xa, 0xb, -1, 60, 1));
	assert_int_equal(counters(1).drop[VS_DROP_TX_FULL], 10);
	assert_int_equal(counters(1).tx_packets, sent - 10);
	assert_int_equal(counters(1).tx_bytes, 60 * (sent - 10));
	inject(0, frame(0xa, 0xc, -1, 60, 1));
	expect(2, frame(0xa, 0xc, -1, 60, 1));
	inject(0, frame(0xa, 0xff, -1, 60, 1));
	expect(2, frame(0xa, 0xff, -1, 60, 1));
	expect(3, frame(0xa, 0xff, -1, 60, 1));
}

static void
test_no_mbufs(void **state)
{
	struct rte_mbuf *all[MBUFS];
	const struct bytes f = frame(0xa, 0xff, -1, 60, 1);
	struct rte_mbuf *m = make_mbuf(&f);

	(void)state;
	assert_int_equal(rte_pktmbuf_alloc_bulk(sw->pool, all, MBUFS - 1), 0);
	forward_burst(w, port[0], &m, 1);
	/* The original went to the last one. */
	expect(3, f);
	expect_nothing(1);
	assert_int_equal(counters(1).drop[VS_DROP_NO_MBUF], 1);
	assert_int_equal(counters(2).drop[VS_DROP_NO_MBUF], 1);
	rte_pktmbuf_free_bulk(all, MBUFS - 1);
}

/* A frame in a burst that needs a copy that cannot be had: the others pass. */
static void
test_no_mbuf_for_tag(void **state)
{
	const struct bytes shared = frame(0xa, 0xb, 0, 64, 1);
	const struct bytes plain = frame(0xa, 0xb, -1, 60, 2);
	struct rte_mbuf *all[MBUFS];
	struct rte_mbuf *burst[3];
	struct rte_mbuf *kept;
	unsigned int n;

	(void)state;
	inject(1, frame(0xb, 0xff, -1, 60, 1));
	drain();
	burst[0] = make_mbuf(&shared);
	burst[1] = make_mbuf(&plain);
	burst[2] = make_mbuf(&plain);
	kept = rte_pktmbuf_clone(burst[0], sw->pool);
	n = rte_mempool_avail_count(sw->pool);
	assert_int_equal(rte_pktmbuf_alloc_bulk(sw->pool, all, n), 0);
	forward_burst(w, port[0], burst, 3);
	assert_int_equal(counters(0).drop[VS_DROP_NO_MBUF], 1);
	assert_int_equal(counters(0).rx_packets, 3);
	assert_int_equal(counters(1).tx_packets, 2);
	assert_int_equal(rte_eth_rx_burst(port[1], 0, burst, 3), 2);
	rte_pktmbuf_free_bulk(burst, 2);
	rte_pktmbuf_free_bulk(all, n);
	rte_pktmbuf_free(kept);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, switch_start, switch_stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_learn_and_flood),
		CASE(test_broadcast),
		CASE(test_move),
		CASE(test_same_port),
		CASE(test_burst),
		CASE(test_runs),
		CASE(test_no_copy),
		CASE(test_full_port),
		CASE(test_no_mbufs),
		CASE(test_no_mbuf_for_tag),
	};

	return cmocka_run_group_tests_name("vswitch_forward", tests, model_eal_start,
					   model_eal_stop);
}
