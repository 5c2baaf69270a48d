/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* Frames that the vswitch changes or refuses: tags, and what hostile guests send. */

#include "unit.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "forward.h"
#include "model_eal.h"
#include "switch_fixture.h"

static void
test_access_vlans(void **state)
{
	const struct bytes f = frame(0xa, 0xff, -1, 60, 1);

	(void)state;
	set_vlan(0, "access 10");
	set_vlan(1, "access 10");
	set_vlan(2, "access 20");
	inject(0, f);
	expect(1, f);
	expect_nothing(2);
	expect_nothing(3);
	/* A tag does not open a VLAN. */
	for (int vlan = 1; vlan < 4096; vlan += vlan < 25 ? 1 : 37)
		inject(0, frame(0xa, 0xff, vlan, 60, 1));
	for (unsigned int i = 0; i < PORTS; i++)
		expect_nothing(i);
	assert_true(counters(0).drop[VS_DROP_VLAN] > 24);
	/* The only one in its VLAN. */
	inject(2, f);
	assert_int_equal(counters(2).drop[VS_DROP_NO_PORT], 1);
}

/* Known in one VLAN, unknown in the other. */
static void
test_address_in_vlan(void **state)
{
	(void)state;
	set_vlan(0, "access 10");
	set_vlan(1, "access 10");
	set_vlan(2, "access 20");
	set_vlan(3, "trunk 10,20");
	inject(0, frame(0xa, 0xff, -1, 60, 1));
	drain();
	inject(2, frame(0xb, 0xa, -1, 60, 1));
	expect_nothing(0);
	expect_nothing(1);
	expect(3, frame(0xb, 0xa, 20, 64, 1));
}

static void
test_trunk(void **state)
{
	(void)state;
	set_vlan(0, "access 10");
	set_vlan(1, "access 20");
	set_vlan(2, "trunk 10,20");
	set_vlan(3, "trunk 5,10 native 20");
	inject(0, frame(0xa, 0xff, -1, 60, 7));
	expect(2, frame(0xa, 0xff, 10, 64, 7));
	expect(3, frame(0xa, 0xff, 10, 64, 7));
	expect_nothing(1);
	/* In with a tag, out without, and to a trunk as it was, with its priority. */
	inject(2, frame(0xb, 0xff, 5 << 13 | 10, 64, 8));
	expect(0, frame(0xb, 0xff, -1, 60, 8));
	expect(3, frame(0xb, 0xff, 5 << 13 | 10, 64, 8));
	expect_nothing(1);
	/* Untagged on a trunk: its native VLAN, or nothing. */
	inject(3, frame(0xc, 0xff, -1, 60, 9));
	expect(1, frame(0xc, 0xff, -1, 60, 9));
	expect(2, frame(0xc, 0xff, 20, 64, 9));
	expect_nothing(0);
	inject(2, frame(0xc, 0xff, -1, 60, 9));
	assert_int_equal(counters(2).drop[VS_DROP_VLAN], 1);
	/* Unicast changes its tag too. */
	inject(2, frame(0xd, 0xa, 10, 64, 3));
	expect(0, frame(0xd, 0xa, -1, 60, 3));
	inject(0, frame(0xa, 0xd, -1, 60, 4));
	expect(2, frame(0xa, 0xd, 10, 64, 4));
}

/* A tag with a priority only: the frame is in the port's VLAN, and a trunk has to see which. */
static void
test_priority_tag(void **state)
{
	struct bytes f = frame(0xa, 0xff, 3 << 13, 64, 1);

	(void)state;
	set_vlan(1, "trunk 1");
	inject(0, f);
	expect(2, frame(0xa, 0xff, -1, 60, 1));
	expect(3, frame(0xa, 0xff, -1, 60, 1));
	expect(1, frame(0xa, 0xff, 3 << 13 | 1, 64, 1));
}

/* A buffer that somebody else has too is not written to. */
static void
test_shared_buffer(void **state)
{
	const struct bytes f = frame(0xa, 0xff, 0, 64, 1);
	struct rte_mbuf *m = make_mbuf(&f);
	struct rte_mbuf *kept = rte_pktmbuf_clone(m, sw->pool);

	(void)state;
	set_vlan(1, "trunk 1");
	forward_burst(w, port[0], &m, 1);
	expect(1, frame(0xa, 0xff, 1, 64, 1));
	expect(2, frame(0xa, 0xff, -1, 60, 1));
	assert_memory_equal(rte_pktmbuf_mtod(kept, void *), f.at, f.len);
	rte_pktmbuf_free(kept);
}

static void
test_bad_sources(void **state)
{
	struct bytes f = frame(0xa, 0xff, -1, 60, 1);

	(void)state;
	f.at[6] |= 1;
	inject(0, f);
	memset(f.at + 6, 0xff, 6);
	inject(0, f);
	memset(f.at + 6, 0, 6);
	inject(0, f);
	assert_int_equal(counters(0).drop[VS_DROP_BAD_SOURCE], 3);
	assert_int_equal(sw->fdb->used, 0);
	expect_nothing(1);
}

static void
test_reserved(void **state)
{
	struct bytes f = frame(0xa, 0xff, -1, 60, 1);

	(void)state;
	memcpy(f.at, (const uint8_t[]){ 0x01, 0x80, 0xc2, 0, 0, 0 }, 6);
	for (unsigned int last = 0; last < 16; last++) {
		f.at[5] = last;
		inject(0, f);
	}
	assert_int_equal(counters(0).drop[VS_DROP_RESERVED], 16);
	for (unsigned int i = 0; i < PORTS; i++)
		expect_nothing(i);
	f.at[5] = 16;
	inject(0, f);
	expect(1, f);
}

static void
test_lengths(void **state)
{
	struct bytes f = frame(0xa, 0xff, 0, FRAME_MAX, 1);

	(void)state;
	for (f.len = 0; f.len < 18; f.len++)
		inject(0, f);
	assert_int_equal(counters(0).drop[VS_DROP_RUNT], 18);
	assert_int_equal(counters(0).rx_packets, 18);
	f = frame(0xa, 0xff, -1, FRAME_MAX, 1);
	f.len = 14;
	inject(0, f);
	expect(1, f);
	f.len = VS_MTU_DEFAULT + VS_OVERHEAD;
	inject(0, f);
	expect(1, f);
	f.len++;
	inject(0, f);
	assert_int_equal(counters(0).drop[VS_DROP_TOO_LONG], 1);
}

/* Headers torn apart by segments, as a hostile peer on a ring could hand them over. */
static void
test_segments(void **state)
{
	const struct bytes f = frame(0xa, 0xff, -1, 100, 1);

	(void)state;
	set_vlan(1, "trunk 1");
	for (uint16_t cut = 0; cut <= 20; cut++) {
		struct bytes head = f, tail = f;
		struct rte_mbuf *m;

		head.len = cut;
		tail.len = f.len - cut;
		memmove(tail.at, tail.at + cut, tail.len);
		m = make_mbuf(&head);
		assert_int_equal(rte_pktmbuf_chain(m, make_mbuf(&tail)), 0);
		forward_burst(w, port[0], &m, 1);
		if (cut < 14) {
			expect_nothing(1);
			continue;
		}
		expect(1, frame(0xa, 0xff, 1, 104, 1));
		expect(2, f);
		expect(3, f);
	}
	assert_int_equal(counters(0).drop[VS_DROP_RUNT], 14);
}

/* A guest that sends what it likes: nothing breaks, and every frame is counted once. */
static void
test_random(void **state)
{
	uint64_t seed = 1;
	uint64_t in = 0, accounted = 0;

	(void)state;
	set_vlan(1, "trunk all native 7");
	set_vlan(2, "trunk 1-100");
	for (unsigned int i = 0; i < 20000; i++) {
		const unsigned int at = unit_random(&seed) % PORTS;
		struct bytes f = { .len = unit_random(&seed) % 80 };

		for (unsigned int j = 0; j < f.len; j++)
			f.at[j] = unit_random(&seed);
		if (unit_random(&seed) % 4 && f.len >= 14) {
			memset(f.at, 0, 12);
			f.at[5] = 1 + unit_random(&seed) % 4;
			f.at[11] = 1 + unit_random(&seed) % 4;
		}
		if (unit_random(&seed) % 2 && f.len >= 18) {
			memcpy(f.at + 12, (const uint8_t[]){ 0x81, 0 }, 2);
			f.at[14] &= 0xf0;
			f.at[15] &= 0x7f;
		}
		inject(at, f);
		in++;
		if (i % 64 == 0)
			drain();
	}
	for (unsigned int i = 0; i < PORTS; i++) {
		const struct vs_counters c = counters(i);

		assert_int_equal(c.drop[VS_DROP_TX_FULL], 0);
		assert_int_equal(c.drop[VS_DROP_NO_MBUF], 0);
		accounted += c.rx_packets;
	}
	assert_int_equal(accounted, in);
	assert_true(sw->fdb->used > 0 && sw->fdb->used <= 1024);
}

/* Addresses without end: a port gets its share and no more, and frames still pass. */
static void
test_address_flood(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2000; i++) {
		struct bytes f = frame(0xa, 0xff, -1, 60, 1);

		memcpy(f.at + 7, &i, sizeof(i));
		inject(0, f);
		drain();
	}
	assert_int_equal(sw->fdb->share[port[0]], 512);
	inject(1, frame(0xb, 0xff, -1, 60, 1));
	drain();
	inject(0, frame(0xa, 0xb, -1, 60, 1));
	expect(1, frame(0xa, 0xb, -1, 60, 1));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, switch_start, switch_stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_access_vlans),
		CASE(test_address_in_vlan),
		CASE(test_trunk),
		CASE(test_priority_tag),
		CASE(test_shared_buffer),
		CASE(test_bad_sources),
		CASE(test_reserved),
		CASE(test_lengths),
		CASE(test_segments),
		CASE(test_random),
		CASE(test_address_flood),
	};

	return cmocka_run_group_tests_name("vswitch_frames", tests, model_eal_start,
					   model_eal_stop);
}
