/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_vring_split.c - the split ring as memory: layout, indices, suppression, barriers. */
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "two_cores.h"
#include "vring_split.h"

static void
sizes(void **state)
{
	(void)state;
	for (uint32_t size = 0; size <= 0x20000; size++) {
		bool power_of_two = __builtin_popcount(size) == 1;

		assert_int_equal(vring_split_size_ok(size), power_of_two && size <= 32768);
	}
	assert_false(vring_split_size_ok(UINT32_MAX));
	assert_false(vring_split_size_ok(0x80000000));
}

static void
conf_19_parts_are_aligned_and_apart(void **state)
{
	static const size_t aligns[] = { 4, VRING_SPLIT_ALIGN, VRING_SPLIT_ALIGN_LEGACY };

	(void)state;
	for (uint32_t size = 1; size <= 32768; size *= 2) {
		for (unsigned int i = 0; i < ARRAY_SIZE(aligns); i++) {
			size_t avail = vring_split_avail_offset((uint16_t)size);
			size_t used = vring_split_used_offset((uint16_t)size, aligns[i]);
			size_t bytes = vring_split_bytes((uint16_t)size, aligns[i]);

			/* 2.7: 16, 2 and 4; each part as long as the standard's table says */
			assert_int_equal(avail % 2, 0);
			assert_int_equal(used % 4, 0);
			assert_int_equal(used % aligns[i], 0);
			assert_true(avail >= 16 * (size_t)size);
			assert_true(used >= avail + 6 + 2 * (size_t)size);
			assert_true(used < avail + 6 + 2 * (size_t)size + aligns[i]);
			assert_true(bytes >= used + 6 + 8 * (size_t)size);
			assert_int_equal(bytes % aligns[i], 0);
		}
	}
}

static size_t
to_page(size_t bytes)
{
	return (bytes + 4095) / 4096 * 4096;
}

static void
conf_08_legacy_layout_by_the_formula(void **state)
{
	(void)state;
	for (uint32_t size = 1; size <= 32768; size *= 2) {
		size_t table_and_avail = to_page(16 * (size_t)size + 2 * (3 + (size_t)size));
		size_t used = to_page(2 * 3 + 8 * (size_t)size);

		assert_int_equal(vring_split_used_offset((uint16_t)size, VRING_SPLIT_ALIGN_LEGACY),
				 table_and_avail);
		assert_int_equal(vring_split_bytes((uint16_t)size, VRING_SPLIT_ALIGN_LEGACY),
				 table_and_avail + used);
	}
}

static void
parts_stay_inside_their_memory(void **state)
{
	(void)state;
	for (uint32_t size = 1; size <= 32768; size *= 2) {
		size_t bytes = vring_split_bytes((uint16_t)size, VRING_SPLIT_ALIGN);
		char *mem = aligned_alloc(4096, to_page(bytes));
		struct vring_split vr;

		assert_non_null(mem);
		vring_split_init(&vr, mem, (uint16_t)size, VRING_SPLIT_ALIGN);
		assert_int_equal(vr.size, size);
		assert_ptr_equal(vr.desc, mem);
		assert_true((char *)&vr.desc[size] <= (char *)vr.avail);
		/* the event words are the last ones of their parts */
		assert_ptr_equal(vring_split_used_event(vr.avail, vr.size), &vr.avail->ring[size]);
		assert_true((char *)(vring_split_used_event(vr.avail, vr.size) + 1) <=
			    (char *)vr.used);
		assert_ptr_equal(vring_split_avail_event(vr.used, vr.size),
				 (uint16_t *)&vr.used->ring[size]);
		assert_true((char *)(vring_split_avail_event(vr.used, vr.size) + 1) <=
			    mem + bytes);
		free(mem);
	}
}

/* A ring of eight, for the rest. */
static uint8_t memory[4096] __attribute__((aligned(4096)));
static struct vring_split ring;

static int
setup(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	vring_split_init(&ring, memory, 8, VRING_SPLIT_ALIGN);
	assert_true(vring_split_bytes(8, VRING_SPLIT_ALIGN) <= sizeof(memory));
	return 0;
}

static void
conf_23_index_goes_up_and_wraps(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 0x10004; i++) {
		vring_split_publish(ring.avail, (uint16_t)i);
		assert_int_equal(ring.avail->idx, (uint16_t)i);
	}
	ring.used->idx = 0xfffe;
	assert_int_equal(vring_split_load_used(ring.used), 0xfffe);
}

static void
conf_24_silence_without_event_idx(void **state)
{
	(void)state;
	ring.avail->ring[8] = 0x7777;
	vring_split_silence(&ring, false, 5);
	assert_int_equal(ring.avail->flags, VRING_AVAIL_F_NO_INTERRUPT);
	assert_int_equal(ring.avail->ring[8], 0x7777); /* used_event does not exist */
}

static void
conf_24_silence_with_event_idx(void **state)
{
	(void)state;
	for (uint32_t used_idx = 0; used_idx <= UINT16_MAX; used_idx += 5) {
		uint16_t event;

		ring.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
		vring_split_silence(&ring, true, (uint16_t)used_idx);
		assert_int_equal(ring.avail->flags, 0);
		event = *vring_split_used_event(ring.avail, ring.size);
		/* 2.7.7.2: the device notifies when it passes the event; that is 65536 away */
		assert_false(vring_need_event(event, (uint16_t)(used_idx + 1), (uint16_t)used_idx));
		assert_false(vring_need_event(event, (uint16_t)(used_idx + 32768),
					      (uint16_t)used_idx));
		assert_false(vring_need_event(event, (uint16_t)(used_idx + 65535),
					      (uint16_t)used_idx));
	}
}

static void
conf_26_kick_by_flags_without_event_idx(void **state)
{
	(void)state;
	for (uint32_t event = 0; event < 16; event++) {
		/* avail_event is ignored, whatever it says */
		*vring_split_avail_event(ring.used, 8) = (uint16_t)event;
		ring.used->flags = 0;
		assert_true(vring_split_must_kick(ring.used, 8, false, 3, 4));
		ring.used->flags = VRING_USED_F_NO_NOTIFY;
		assert_false(vring_split_must_kick(ring.used, 8, false, 3, 4));
		/* other bits of flags have no meaning */
		ring.used->flags = 0xfffe;
		assert_true(vring_split_must_kick(ring.used, 8, false, 3, 4));
	}
}

static void
conf_26_kick_by_event_with_event_idx(void **state)
{
	/* The event, around the whole circle: was it among old to now - 1? */
	(void)state;
	for (uint32_t old = 0; old <= UINT16_MAX; old += 127) {
		for (uint32_t n = 0; n <= 8; n++) {
			for (uint32_t back = 0; back < 20; back++) {
				uint16_t event = (uint16_t)(old + 12 - back);
				bool among = (uint16_t)(event - old) < n;

				*vring_split_avail_event(ring.used, 8) = event;
				/* flags are ignored, both ways */
				ring.used->flags = back % 2;
				assert_int_equal(vring_split_must_kick(ring.used, 8, true,
								       (uint16_t)old,
								       (uint16_t)(old + n)),
						 among);
			}
		}
	}
}

/* The driver against a device in another thread. */
#define ROUNDS 10000

static struct {
	uint32_t round __attribute__((aligned(128)));  /* of the driver */
	uint32_t answer __attribute__((aligned(128))); /* of the device */
} duel;

/*
 * Barrier C is a race for a few nanoseconds: many rings, through which both sides run at once, and
 * through which the driver starts a little later each round, to meet the device somewhere.
 */
#define RACE_RINGS 256
#define RACE_ROUNDS 300

static struct {
	struct vring_split ring;
	uint16_t seen_idx; /* by the device */
	bool kick;
	uint8_t memory[4096] __attribute__((aligned(4096)));
} race[RACE_RINGS];

/*
 * The device's half: it stops suppressing notifications, then looks for buffers once more before it
 * sleeps.
 */
static void *
device_of_barrier_c(void *arg)
{
	(void)arg;
	stay_on_core(1);
	for (uint32_t round = 1; round <= RACE_ROUNDS; round++) {
		wait_for(&duel.round, round);
		for (unsigned int i = 0; i < RACE_RINGS; i++) {
			__atomic_store_n(&race[i].ring.used->flags, 0, __ATOMIC_RELAXED);
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
			race[i].seen_idx = __atomic_load_n(&race[i].ring.avail->idx,
							   __ATOMIC_RELAXED);
		}
		__atomic_store_n(&duel.answer, round, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void
conf_28_barrier_before_suppression_is_read(void **state)
{
	unsigned int lost = 0;
	cpu_set_t before;
	pthread_t device;

	(void)state;
	memset(&duel, 0, sizeof(duel));
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	for (unsigned int i = 0; i < RACE_RINGS; i++)
		vring_split_init(&race[i].ring, race[i].memory, 8, VRING_SPLIT_ALIGN);
	assert_int_equal(pthread_create(&device, NULL, device_of_barrier_c, NULL), 0);
	stay_on_core(0);
	for (uint32_t round = 1; round <= RACE_ROUNDS; round++) {
		for (unsigned int i = 0; i < RACE_RINGS; i++)
			race[i].ring.used->flags = VRING_USED_F_NO_NOTIFY;
		__atomic_store_n(&duel.round, round, __ATOMIC_RELEASE);
		for (volatile uint32_t delay = round % 512; delay > 0; delay--)
			;
		for (unsigned int i = 0; i < RACE_RINGS; i++) {
			vring_split_publish(race[i].ring.avail, (uint16_t)round);
			race[i].kick = vring_split_must_kick(race[i].ring.used, 8, false,
							     (uint16_t)(round - 1),
							     (uint16_t)round);
		}
		wait_for(&duel.answer, round);
		/* a buffer that the device did not see, and of which it is not told */
		for (unsigned int i = 0; i < RACE_RINGS; i++)
			lost += !race[i].kick && race[i].seen_idx != (uint16_t)round;
	}
	assert_int_equal(pthread_join(device, NULL), 0);
	sched_setaffinity(0, sizeof(before), &before);
	assert_int_equal(lost, 0);
}

/* The device's half of barrier A: what an index covers is there when the index is. */
static void *
device_of_barrier_a(void *arg)
{
	unsigned int looks = 0;
	uint32_t *wrong = arg;
	uint32_t next = 0;

	while (next != ROUNDS) {
		uint16_t idx = __atomic_load_n(&ring.avail->idx, __ATOMIC_ACQUIRE);

		for (; (uint16_t)next != idx; next++) {
			*wrong += ring.avail->ring[next % 8] != next % 8;
			*wrong += ring.desc[next % 8].len != next;
			/* gone again, so that what stood here a round ago does not pass */
			ring.desc[next % 8].len = UINT32_MAX;
		}
		__atomic_store_n(&duel.answer, next, __ATOMIC_RELEASE);
		look_again(&looks);
	}
	return NULL;
}

static void
conf_27_entries_before_index(void **state)
{
	unsigned int looks = 0;
	uint32_t wrong = 0;
	pthread_t device;

	(void)state;
	memset(&duel, 0, sizeof(duel));
	assert_int_equal(pthread_create(&device, NULL, device_of_barrier_a, &wrong), 0);
	for (uint32_t next = 0; next != ROUNDS; next++) {
		while (next - __atomic_load_n(&duel.answer, __ATOMIC_ACQUIRE) >= 8)
			look_again(&looks);
		ring.desc[next % 8].len = next;
		ring.avail->ring[next % 8] = next % 8;
		vring_split_publish(ring.avail, (uint16_t)(next + 1));
	}
	assert_int_equal(pthread_join(device, NULL), 0);
	assert_int_equal(wrong, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sizes),
		TEST(conf_19_parts_are_aligned_and_apart),
		TEST(conf_08_legacy_layout_by_the_formula),
		TEST(parts_stay_inside_their_memory),
		TEST(conf_23_index_goes_up_and_wraps),
		TEST(conf_24_silence_without_event_idx),
		TEST(conf_24_silence_with_event_idx),
		TEST(conf_26_kick_by_flags_without_event_idx),
		TEST(conf_26_kick_by_event_with_event_idx),
		TEST(conf_27_entries_before_index),
		TEST(conf_28_barrier_before_suppression_is_read),
	};

	return cmocka_run_group_tests_name("vring_split", tests, NULL, NULL);
}
