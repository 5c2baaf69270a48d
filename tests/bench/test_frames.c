/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* vio-bench's checker: what it accepts, and each fault that it has to see. Needs no EAL. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fault.h"
#include "frames.h"

#define STREAM 7
#define PORT 3
#define ROOM 2048
#define SEGMENTS 4

/* An mbuf as a pool would hand it out, in plain memory. */
struct fake_mbuf {
	struct rte_mbuf m;
	uint8_t buffer[RTE_PKTMBUF_HEADROOM + ROOM];
} __rte_cache_aligned;

static struct fake_mbuf memory[SEGMENTS];
static struct rte_mbuf *frame[SEGMENTS];
static struct rte_mempool pool;
static struct frame_check check;

static void
reset_mbufs(void)
{
	unsigned int i;

	memset(memory, 0, sizeof(memory));
	for (i = 0; i < SEGMENTS; i++) {
		frame[i] = &memory[i].m;
		frame[i]->buf_addr = memory[i].buffer;
		frame[i]->buf_iova = (uintptr_t)memory[i].buffer;
		frame[i]->buf_len = sizeof(memory[i].buffer);
		frame[i]->data_off = RTE_PKTMBUF_HEADROOM;
		frame[i]->pool = &pool;
		frame[i]->port = PORT;
		frame[i]->nb_segs = 1;
		rte_mbuf_refcnt_set(frame[i], 1);
	}
}

static int
setup(void **state)
{
	(void)state;
	reset_mbufs();
	frame_check_init(&check, STREAM, PORT, 0);
	return 0;
}

static bool
receive(uint64_t sequence, uint32_t length)
{
	reset_mbufs();
	frame_shape(frame, 1, length);
	frame_write(frame[0], STREAM, sequence);
	return frame_verify(&check, frame[0], length);
}

static void
test_good_frames(void **state)
{
	uint32_t length;
	uint64_t sequence = 0;

	(void)state;
	for (length = FRAME_MIN; length < 200; length++)
		assert_true(receive(sequence++, length));
	assert_int_equal(check.good, sequence);
	assert_int_equal(check.lost, 0);
	assert_true(frame_check_clean(&check));
	assert_string_equal(check.first, "");
}

/* No byte of a frame may change unseen, other than the stamp's, which may be anything. */
static void
test_every_byte_counts(void **state)
{
	const uint32_t length = 97;
	const size_t stamp = offsetof(struct frame_head, stamp);
	uint8_t *bytes;
	uint32_t i;
	bool free_byte;

	(void)state;
	for (i = 0; i < length; i++) {
		frame_check_init(&check, STREAM, PORT, 5);
		reset_mbufs();
		frame_shape(frame, 1, length);
		frame_write(frame[0], STREAM, 5);
		bytes = rte_pktmbuf_mtod(frame[0], uint8_t *);
		bytes[i] ^= 0x40;
		free_byte = i >= stamp && i < stamp + sizeof(uint64_t);
		assert_int_equal(frame_verify(&check, frame[0], length), free_byte);
		assert_int_equal(check.corrupt, free_byte ? 0 : 1);
		assert_int_equal(check.first[0] == '\0', free_byte);
	}
}

static void
test_segments(void **state)
{
	(void)state;
	frame_shape(frame, SEGMENTS, 1001);
	assert_int_equal(frame[0]->nb_segs, SEGMENTS);
	assert_int_equal(frame[SEGMENTS - 1]->data_len, 1001 - 3 * 250);
	frame_write(frame[0], STREAM, 0);
	assert_true(frame_verify(&check, frame[0], 1001));
	/* The same bytes in one buffer are the same frame. */
	assert_int_equal(check.good, 1);
	rte_pktmbuf_mtod(frame[2], uint8_t *)[249] ^= 1;
	frame_check_init(&check, STREAM, PORT, 0);
	assert_false(frame_verify(&check, frame[0], 1001));
}

static void
test_order(void **state)
{
	(void)state;
	assert_true(receive(0, 64));
	assert_true(receive(3, 64));
	assert_int_equal(check.lost, 2);
	assert_false(receive(1, 64));
	assert_int_equal(check.reordered, 1);
	assert_int_equal(check.lost, 1);
	assert_false(receive(1, 64));
	assert_int_equal(check.duplicated, 1);
	assert_false(receive(3, 64));
	assert_int_equal(check.duplicated, 2);
	assert_int_equal(check.lost, 1);
	assert_true(receive(4, 64));
	assert_false(frame_check_clean(&check));
}

/* Numbers that went past the window must not leave traces in it. */
static void
test_order_window_wraps(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < 2 * FRAME_WINDOW; i += 2)
		assert_true(receive(i, 64));
	assert_int_equal(check.lost, FRAME_WINDOW - 1);
	assert_false(receive(2 * FRAME_WINDOW - 5, 64));
	assert_int_equal(check.reordered, 1);
	assert_false(receive(2 * FRAME_WINDOW - 4, 64));
	assert_int_equal(check.duplicated, 1);
}

static void
test_wrong_lengths(void **state)
{
	(void)state;
	frame_shape(frame, 1, 100);
	frame_write(frame[0], STREAM, 0);
	assert_false(frame_verify(&check, frame[0], 101));
	frame[0]->data_len = 99;
	frame[0]->pkt_len = 99;
	assert_false(frame_verify(&check, frame[0], 0));
	assert_int_equal(check.corrupt, 2);
	frame[0]->data_len = 20;
	frame[0]->pkt_len = 20;
	assert_false(frame_verify(&check, frame[0], 0));
	assert_int_equal(check.corrupt, 3);
}

static void
test_other_stream(void **state)
{
	(void)state;
	frame_shape(frame, 1, 64);
	frame_write(frame[0], STREAM + 1, 0);
	assert_false(frame_verify(&check, frame[0], 64));
	assert_int_equal(check.corrupt, 1);
}

static void
test_mbuf_fields(void **state)
{
	(void)state;
	frame_shape(frame, 2, 128);
	frame_write(frame[0], STREAM, 0);
	frame[0]->port = PORT + 1;
	assert_false(frame_verify(&check, frame[0], 128));
	frame[0]->port = PORT;
	frame[0]->nb_segs = 3;
	assert_false(frame_verify(&check, frame[0], 128));
	frame[0]->nb_segs = 2;
	frame[0]->pkt_len = 127;
	assert_false(frame_verify(&check, frame[0], 127));
	frame[0]->pkt_len = 128;
	rte_mbuf_refcnt_set(frame[1], 2);
	assert_false(frame_verify(&check, frame[0], 128));
	rte_mbuf_refcnt_set(frame[1], 1);
	assert_int_equal(check.bad_mbuf, 4);
	assert_true(frame_verify(&check, frame[0], 128));
}

static void
test_stamp(void **state)
{
	(void)state;
	frame_shape(frame, 1, FRAME_MIN);
	frame_write(frame[0], STREAM, 0);
	frame_stamp(frame[0], 0x123456789abcdefULL);
	assert_true(frame_read_stamp(frame[0]) == 0x123456789abcdefULL);
	assert_true(frame_verify(&check, frame[0], FRAME_MIN));
	frame[0]->data_len = 39;
	assert_true(frame_read_stamp(frame[0]) == 0);
}

/* What --fault makes is what the checker counts. */
static void
test_faults(void **state)
{
	static const struct {
		enum bench_fault fault;
		unsigned int corrupt, duplicated, reordered;
	} faults[] = {
		{ FAULT_NONE, 0, 0, 0 },
		{ FAULT_CORRUPT, 1, 0, 0 },
		{ FAULT_TRUNCATE, 1, 0, 0 },
		{ FAULT_DUPLICATE, 0, 1, 0 },
		{ FAULT_REORDER, 0, 0, 1 },
	};
	unsigned int i, j;

	(void)state;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		reset_mbufs();
		frame_check_init(&check, STREAM, PORT, 0);
		for (j = 0; j < SEGMENTS; j++) {
			frame_shape(&frame[j], 1, 64);
			frame_write(frame[j], STREAM, j);
		}
		assert_int_equal(fault_frames(faults[i].fault, frame, SEGMENTS, STREAM, 0),
			faults[i].fault != FAULT_NONE);
		for (j = 0; j < SEGMENTS; j++)
			frame_verify(&check, frame[j], 64);
		assert_int_equal(check.corrupt, faults[i].corrupt);
		assert_int_equal(check.duplicated, faults[i].duplicated);
		assert_int_equal(check.reordered, faults[i].reordered);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good_frames, setup),
		cmocka_unit_test_setup(test_every_byte_counts, setup),
		cmocka_unit_test_setup(test_segments, setup),
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_order_window_wraps, setup),
		cmocka_unit_test_setup(test_wrong_lengths, setup),
		cmocka_unit_test_setup(test_other_stream, setup),
		cmocka_unit_test_setup(test_mbuf_fields, setup),
		cmocka_unit_test_setup(test_stamp, setup),
		cmocka_unit_test_setup(test_faults, setup),
	};

	return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
