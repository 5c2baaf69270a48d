/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_vring_packed.c - the packed ring as memory: layout, positions, flags, suppression, barriers.
 * What it is compared with counts descriptor by descriptor, as the standard tells it.
 */
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "two_cores.h"
#include "vring_packed.h"

/** As the standard has them (2.8.1). */
#define AVAIL (1u << 7)
#define USED (1u << 15)

static const uint16_t small_sizes[] = { 1, 2, 3, 5, 7, 8, 12 };
static const uint16_t sizes[] = {
	1, 2, 3, 5, 7, 8, 12, 100, 255, 256, 257, 1000, 4096, 32767, 32768,
};

/** A side of the ring: the next descriptor, and its ring wrap counter (2.8.1). */
struct side {
	uint16_t index;
	bool wrap;
};

static struct side
beginning(void)
{
	return (struct side){ 0, true };
}

/** One descriptor on. */
static void
step(struct side *side, uint16_t size)
{
	if (++side->index == size) {
		side->index = 0;
		side->wrap = !side->wrap;
	}
}

/** As it goes over the wire: next_off, next_wrap (2.9). */
static uint16_t
word_of(const struct side *side)
{
	return (uint16_t)(side->index | (side->wrap ? 0x8000 : 0));
}

static bool
same(const struct side *a, const struct side *b)
{
	return a->index == b->index && a->wrap == b->wrap;
}

static void
conf_29_parts_are_aligned_and_apart(void **state)
{
	(void)state;
	for (uint32_t size = 1; size <= 32768; size++) {
		const size_t driver = vring_packed_driver_offset((uint16_t)size);
		const size_t device = vring_packed_device_offset((uint16_t)size);
		const size_t bytes = vring_packed_bytes((uint16_t)size);

		/* 2.8.10.1: 16, 4 and 4; descriptors 16 bytes each, the others 4 */
		assert_int_equal(driver % 4, 0);
		assert_int_equal(device % 4, 0);
		assert_true(driver >= 16 * (size_t)size);
		assert_true(device >= driver + 4);
		assert_true(bytes >= device + 4);
		/* no line is written by both sides, nor by one of them next to a descriptor */
		assert_true(driver / 64 > (16 * (size_t)size - 1) / 64);
		assert_true(device / 64 > (driver + 3) / 64);
		assert_true(bytes - device >= 64);
	}
}

static void
parts_stay_inside_their_memory(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		const size_t bytes = vring_packed_bytes(sizes[i]);
		struct vring_packed vr;
		void *mem = NULL;

		assert_int_equal(posix_memalign(&mem, 16, bytes), 0);
		memset(mem, 0, bytes);
		vring_packed_init(&vr, mem, sizes[i]);
		assert_int_equal(vr.size, sizes[i]);
		assert_ptr_equal(vr.desc, mem);
		assert_ptr_equal(vr.driver, (char *)mem + vring_packed_driver_offset(sizes[i]));
		assert_ptr_equal(vr.device, (char *)mem + vring_packed_device_offset(sizes[i]));
		/* the last byte of each is there to be written */
		memset(vr.desc, 1, 16 * (size_t)sizes[i]);
		assert_int_equal(vr.driver->flags | vr.driver->off_wrap, 0);
		memset(vr.driver, 2, 4);
		assert_int_equal(vr.device->flags | vr.device->off_wrap, 0);
		memset(vr.device, 3, 4);
		assert_int_equal(vr.desc[sizes[i] - 1].flags, 0x0101);
		free(mem);
	}
}

static void
begins_at_0_with_wrap_counter_1(void **state)
{
	const struct side side = beginning();

	(void)state;
	assert_int_equal(VRING_PACKED_START, word_of(&side));
	assert_int_equal(vring_packed_index(VRING_PACKED_START), 0);
}

/** @p n descriptors on from @p from, in all that positions can say of it. */
static void
check_move(const struct side *from, const struct side *to, uint16_t n, uint16_t size)
{
	const uint16_t pos = word_of(from);
	const uint16_t end = word_of(to);

	assert_int_equal(vring_packed_index(pos), from->index);
	assert_int_equal(vring_packed_ahead(pos, n, size), end);
	assert_int_equal(vring_packed_distance(pos, end, size), n);
}

static void
positions_count_like_the_ring(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(small_sizes); i++) {
		const uint16_t size = small_sizes[i];
		struct side from = beginning();

		for (unsigned int at = 0; at < 4u * size; at++, step(&from, size)) {
			struct side to = from;

			for (uint16_t n = 0; n <= size; n++, step(&to, size))
				check_move(&from, &to, n, size);
		}
	}
}

static void
positions_of_large_rings(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		const uint16_t size = sizes[i];
		const uint16_t ns[] = { 0, 1, size / 3, size - 1, size };
		struct side from = beginning();

		for (unsigned int at = 0; at < 3u * size; at++, step(&from, size)) {
			assert_int_equal(vring_packed_place(word_of(&from), size),
					 at % (2u * size));
			for (unsigned int k = 0; k < ARRAY_SIZE(ns); k++) {
				const uint32_t end = at % (2u * size) + ns[k];
				const struct side to = { end % size, end / size % 2 == 0 };

				check_move(&from, &to, ns[k], size);
			}
		}
	}
}

/** Does a device at @p device see the descriptor as available (2.8.1)? */
static bool
device_sees(uint16_t flags, const struct side *device)
{
	return ((flags & AVAIL) != 0) == device->wrap && ((flags & USED) != 0) != device->wrap;
}

/** Does a driver that waits at @p driver see it as used? */
static bool
driver_sees(uint16_t flags, const struct side *driver)
{
	return ((flags & USED) != 0) == driver->wrap && ((flags & AVAIL) != 0) == driver->wrap;
}

static void
flags_of_both_sides(void **state)
{
	static const uint16_t others[] = { 0, VRING_DESC_F_NEXT, VRING_DESC_F_WRITE,
					   VRING_DESC_F_INDIRECT };

	(void)state;
	assert_int_equal(VRING_PACKED_AVAIL, AVAIL);
	assert_int_equal(VRING_PACKED_USED, USED);
	for (unsigned int wrap = 0; wrap < 2; wrap++) {
		const struct side now = { 3, wrap };
		const struct side before = { 3, !wrap };
		const uint16_t pos = word_of(&now);

		assert_int_equal(vring_packed_avail_flags(pos) & ~(AVAIL | USED), 0);
		assert_int_equal(vring_packed_used_flags(pos) & ~(AVAIL | USED), 0);
		assert_true(device_sees(vring_packed_avail_flags(pos), &now));
		assert_true(driver_sees(vring_packed_used_flags(pos), &now));
		for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
			const uint16_t flags = vring_packed_avail_flags(pos) | others[i];
			const uint16_t hidden = vring_packed_hidden(flags);

			/* neither side takes it for its own, in this lap */
			assert_false(device_sees(hidden, &now));
			assert_false(driver_sees(hidden, &now));
			/* it is as a used one of the lap before, but for what else it says */
			assert_true(driver_sees(hidden, &before));
			assert_int_equal(hidden & ~(AVAIL | USED), others[i]);
		}
	}
}

static void
used_is_both_flags(void **state)
{
	static const uint16_t ids[] = { 0, 1, 0x7fff, 0x8000, 0xffff };

	(void)state;
	for (uint32_t flags = 0; flags <= UINT16_MAX; flags++) {
		const uint16_t id = ids[flags % ARRAY_SIZE(ids)];
		const struct vring_packed_desc desc __attribute__((aligned(16))) = {
			UINT64_MAX, UINT32_MAX, id, (uint16_t)flags };
		const uint32_t word = vring_packed_load(&desc);

		assert_int_equal(word, id | flags << 16);
		for (unsigned int wrap = 0; wrap < 2; wrap++) {
			const struct side side = { flags % 7, wrap };

			assert_int_equal(vring_packed_is_used(word, word_of(&side)),
					 driver_sees((uint16_t)flags, &side));
		}
	}
}

static void
show_writes_flags_alone(void **state)
{
	struct vring_packed_desc desc __attribute__((aligned(16))) = { 1, 2, 3, 4 };

	(void)state;
	vring_packed_show(&desc, 0x8002);
	assert_int_equal(desc.flags, 0x8002);
	assert_int_equal(desc.addr, 1);
	assert_int_equal(desc.len, 2);
	assert_int_equal(desc.id, 3);
}

/**
 * Does a device whose event structure says this want to hear of @p n descriptors from @p old on?
 * @param told  it has heard of this event
 */
static bool
wanted(const struct vring_packed_desc_event *event, uint16_t size, bool event_idx,
       struct side old, uint16_t n, bool told)
{
	const struct side at = { event->off_wrap & 0x7fff, event->off_wrap >> 15 };

	switch (event->flags & 3) {
	case 0:
		return true;
	case 1:
		return false;
	case 3: /* reserved: a notification too many is allowed */
		return true;
	}
	if (!event_idx || at.index >= size) /* it must not say so: the same */
		return true;
	for (uint16_t i = 0; i < size; i++, step(&old, size))
		if (same(&old, &at))
			return i < n;
	return !told; /* none of the next lap: it was passed */
}

/** All events that can be, for @p n descriptors from @p old on. */
static void
check_kicks(uint16_t size, struct side old, struct side now, uint16_t n)
{
	for (unsigned int flags = 0; flags < 8; flags++)
		for (unsigned int wrap = 0; wrap < 2; wrap++)
			for (uint16_t index = 0; index < size + 3; index++) {
				const struct vring_packed_desc_event event
					__attribute__((aligned(4))) = {
					(uint16_t)(index | wrap << 15),
					/* 14 bits are reserved and mean nothing */
					(uint16_t)(flags | (flags & 4) * 0x1000) };

				for (unsigned int i = 0; i < 4; i++) {
					const bool idx = i & 1;
					const uint16_t told = event.off_wrap ^ (i & 2);
					uint16_t now_told = told;

					assert_int_equal(vring_packed_must_kick(&event, size, idx,
							 word_of(&old), word_of(&now), &now_told),
							 wanted(&event, size, idx, old, n,
								!(i & 2)));
					if (idx && (flags & 3) == VRING_PACKED_EVENT_FLAG_DISABLE)
						assert_int_equal(now_told, VRING_PACKED_NO_EVENT);
					else
						assert_true(now_told == told ||
							    now_told == event.off_wrap);
				}
			}
}

static void
conf_34_kick_when_the_event_is_reached(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(small_sizes); i++) {
		const uint16_t size = small_sizes[i];
		struct side old = beginning();

		for (unsigned int at = 0; at < 2u * size; at++, step(&old, size)) {
			struct side now = old;

			for (uint16_t n = 0; n <= size; n++, step(&now, size))
				check_kicks(size, old, now, n);
		}
	}
}

static void
conf_34_kick_in_large_rings(void **state)
{
	uint64_t random = 34;
	unsigned int yes = 0;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		const uint16_t size = sizes[unit_random(&random) % ARRAY_SIZE(sizes)];
		const uint16_t n = 1 + unit_random(&random) % (size < 64 ? size : 64);
		struct side old = { unit_random(&random) % size, unit_random(&random) & 1 };
		struct side now = old;
		struct side at = old;
		struct vring_packed_desc_event event __attribute__((aligned(4))) = { 0, 2 };
		uint16_t told;

		for (uint16_t k = 0; k < n; k++)
			step(&now, size);
		/* around the range, and anywhere */
		for (uint16_t k = unit_random(&random) % (2 * n); k != 0; k--)
			step(&at, size);
		event.off_wrap = i & 1 ? word_of(&at) : (uint16_t)unit_random(&random);
		told = i & 2 ? event.off_wrap : event.off_wrap ^ 1;
		yes += wanted(&event, size, true, old, n, i & 2);
		assert_int_equal(vring_packed_must_kick(&event, size, true, word_of(&old),
							word_of(&now), &told),
				 wanted(&event, size, true, old, n, i & 2));
	}
	assert_in_range(yes, 2000, 18000);
}

/** A device that sleeps with an event that was passed before it was written: told once. */
static void
event_that_was_passed_is_told_once(void **state)
{
	struct vring_packed_desc_event event __attribute__((aligned(4))) = { 0, 2 };
	const uint16_t size = 12;

	(void)state;
	for (uint16_t behind = 1; behind <= size; behind++) {
		struct side old = beginning(), now;
		uint16_t told = VRING_PACKED_START;
		unsigned int kicks = 0;

		for (uint16_t k = 0; k < 5; k++)
			step(&old, size);
		event.off_wrap = word_of(&old);
		for (uint16_t k = 0; k < behind; k++)
			step(&old, size);
		for (uint16_t k = 0; k < size - behind; k++, old = now) {
			now = old;
			step(&now, size);
			kicks += vring_packed_must_kick(&event, size, true, word_of(&old),
							word_of(&now), &told);
			assert_int_equal(kicks, 1);
		}
		assert_int_equal(told, kicks == 1 ? event.off_wrap : VRING_PACKED_START);
	}
}

/** A device that was busy since, for two laps say, and asks for the same event did not hear of it. */
static void
event_is_told_again_to_a_device_that_was_busy(void **state)
{
	struct vring_packed_desc_event event __attribute__((aligned(4))) = { 0, 2 };
	const uint16_t size = 12;
	struct side at = beginning(), next;
	uint16_t told = VRING_PACKED_START;

	(void)state;
	for (uint16_t k = 0; k < 5; k++)
		step(&at, size);
	next = at;
	step(&next, size);
	event.off_wrap = word_of(&at);
	assert_true(vring_packed_must_kick(&event, size, true, word_of(&at), word_of(&next), &told));
	assert_int_equal(told, event.off_wrap);
	event.flags = VRING_PACKED_EVENT_FLAG_DISABLE;
	for (uint16_t k = 0; k < 2 * size; k++) {
		at = next;
		step(&next, size);
		assert_false(vring_packed_must_kick(&event, size, true, word_of(&at),
						    word_of(&next), &told));
	}
	/* The descriptor of the event was the last one; this is the one behind it. */
	event.flags = VRING_PACKED_EVENT_FLAG_DESC;
	at = next;
	step(&next, size);
	assert_true(vring_packed_must_kick(&event, size, true, word_of(&at), word_of(&next), &told));
	assert_int_equal(told, event.off_wrap);
}

static void
silence_says_no(void **state)
{
	struct vring_packed_desc_event event __attribute__((aligned(4))) = { 0xa5a5, 0xa5a6 };
	struct vring_packed vr = { .driver = &event };

	(void)state;
	vring_packed_silence(&vr);
	assert_int_equal(event.flags, 1);
	assert_int_equal(event.off_wrap, 0);
}

/* The driver against a device in another thread. */
#define ROUNDS 20000
#define DUEL_SIZE 7

static struct {
	uint32_t round __attribute__((aligned(128)));  /* of the driver */
	uint32_t answer __attribute__((aligned(128))); /* of the device */
} duel;

/* A ring of seven: its lists of one to three descriptors end everywhere. */
static uint8_t memory[1024] __attribute__((aligned(128)));
static struct vring_packed ring;

static unsigned int
list_len(uint32_t number)
{
	return 1 + number % 3;
}

/* A list: is it whole, and is it the one that comes next? */
static unsigned int
wrong_in_list(struct side at, uint32_t number)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < list_len(number); i++, step(&at, DUEL_SIZE)) {
		struct vring_packed_desc *desc = &ring.desc[at.index];

		wrong += !device_sees(__atomic_load_n(&desc->flags, __ATOMIC_RELAXED), &at);
		wrong += desc->addr != number || desc->len != number + i;
		wrong += i + 1 == list_len(number) && desc->id != number % DUEL_SIZE;
		/* gone again, so that what stood here a lap ago does not pass */
		desc->addr = 0;
	}
	return wrong;
}

/* The device's half of barriers A and B: what a first descriptor covers is there when it is. */
static void *
device_of_lists(void *arg)
{
	struct side at = beginning();
	unsigned int looks = 0;
	uint32_t *wrong = arg;

	stay_on_core(1);
	for (uint32_t number = 0; number != ROUNDS; number++) {
		struct vring_packed_desc *desc = &ring.desc[at.index];
		const uint16_t used = at.wrap ? AVAIL | USED : 0;

		while (!device_sees(__atomic_load_n(&desc->flags, __ATOMIC_ACQUIRE), &at))
			look_again(&looks);
		*wrong += wrong_in_list(at, number);
		__atomic_store_n(&desc->id, number % DUEL_SIZE, __ATOMIC_RELAXED);
		desc->len = ~number;
		__atomic_store_n(&desc->flags, used, __ATOMIC_RELEASE);
		for (unsigned int i = 0; i < list_len(number); i++)
			step(&at, DUEL_SIZE);
	}
	return NULL;
}

/* Take used lists, as many as there are. @return wrong ones */
static unsigned int
take_used(uint16_t *used, uint32_t *number)
{
	unsigned int wrong = 0;

	for (;;) {
		const struct vring_packed_desc *desc = &ring.desc[vring_packed_index(*used)];
		const uint32_t word = vring_packed_load(desc);

		if (!vring_packed_is_used(word, *used))
			return wrong;
		wrong += (uint16_t)word != *number % DUEL_SIZE || desc->len != ~*number;
		*used = vring_packed_ahead(*used, list_len((*number)++), DUEL_SIZE);
	}
}

static void
put_list(uint16_t first, uint32_t number)
{
	uint16_t pos = first;
	uint16_t first_flags = 0;

	for (unsigned int i = 0; i < list_len(number); i++) {
		struct vring_packed_desc *desc = &ring.desc[vring_packed_index(pos)];
		const uint16_t flags = vring_packed_avail_flags(pos) |
				       (i + 1 < list_len(number) ? VRING_DESC_F_NEXT : 0);

		desc->addr = number;
		desc->len = number + i;
		desc->id = number % DUEL_SIZE;
		if (i == 0)
			first_flags = flags;
		else
			desc->flags = flags;
		pos = vring_packed_ahead(pos, 1, DUEL_SIZE);
	}
	vring_packed_show(&ring.desc[vring_packed_index(first)], first_flags);
}

static void
conf_33_descriptors_before_flags(void **state)
{
	uint16_t avail = VRING_PACKED_START;
	uint16_t used = VRING_PACKED_START;
	uint32_t put = 0, taken = 0;
	unsigned int looks = 0;
	uint32_t wrong = 0;
	unsigned int wrong_used = 0;
	cpu_set_t before;
	pthread_t device;

	(void)state;
	memset(memory, 0, sizeof(memory));
	assert_true(vring_packed_bytes(DUEL_SIZE) <= sizeof(memory));
	vring_packed_init(&ring, memory, DUEL_SIZE);
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(pthread_create(&device, NULL, device_of_lists, &wrong), 0);
	stay_on_core(0);
	while (taken != ROUNDS) {
		while (put != ROUNDS && vring_packed_distance(used, avail, DUEL_SIZE) +
		       list_len(put) <= DUEL_SIZE) {
			put_list(avail, put);
			avail = vring_packed_ahead(avail, list_len(put++), DUEL_SIZE);
		}
		wrong_used += take_used(&used, &taken);
		look_again(&looks);
	}
	assert_int_equal(pthread_join(device, NULL), 0);
	sched_setaffinity(0, sizeof(before), &before);
	assert_int_equal(used, avail);
	assert_int_equal(wrong, 0);
	assert_int_equal(wrong_used, 0);
}

/*
 * Barrier C is a race for a few nanoseconds: many rings, through which both sides run at once, and
 * through which the driver starts a little later each round, to meet the device somewhere.
 */
#define RACE_RINGS 256
#define RACE_ROUNDS 300

static struct {
	struct vring_packed ring;
	uint16_t seen; /* flags, by the device */
	bool kick;
	uint8_t memory[1024] __attribute__((aligned(128)));
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
			__atomic_store_n(&race[i].ring.device->flags, 0, __ATOMIC_RELAXED);
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
			race[i].seen = __atomic_load_n(&race[i].ring.desc[0].flags,
						       __ATOMIC_RELAXED);
		}
		__atomic_store_n(&duel.answer, round, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void
conf_34_barrier_before_event_is_read(void **state)
{
	unsigned int lost = 0;
	cpu_set_t before;
	pthread_t device;
	uint16_t told = VRING_PACKED_START;

	(void)state;
	memset(&duel, 0, sizeof(duel));
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	for (unsigned int i = 0; i < RACE_RINGS; i++)
		vring_packed_init(&race[i].ring, race[i].memory, 8);
	assert_int_equal(pthread_create(&device, NULL, device_of_barrier_c, NULL), 0);
	stay_on_core(0);
	for (uint32_t round = 1; round <= RACE_ROUNDS; round++) {
		const uint16_t flags = round & 1 ? AVAIL : USED;

		for (unsigned int i = 0; i < RACE_RINGS; i++)
			race[i].ring.device->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
		__atomic_store_n(&duel.round, round, __ATOMIC_RELEASE);
		for (volatile uint32_t delay = round % 512; delay > 0; delay--)
			;
		for (unsigned int i = 0; i < RACE_RINGS; i++) {
			vring_packed_show(&race[i].ring.desc[0], flags);
			race[i].kick = vring_packed_must_kick(race[i].ring.device, 8, false,
							      VRING_PACKED_START,
							      VRING_PACKED_START + 1, &told);
		}
		wait_for(&duel.answer, round);
		/* a buffer that the device did not see, and of which it is not told */
		for (unsigned int i = 0; i < RACE_RINGS; i++)
			lost += !race[i].kick && race[i].seen != flags;
	}
	assert_int_equal(pthread_join(device, NULL), 0);
	sched_setaffinity(0, sizeof(before), &before);
	assert_int_equal(lost, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf_29_parts_are_aligned_and_apart),
		cmocka_unit_test(parts_stay_inside_their_memory),
		cmocka_unit_test(begins_at_0_with_wrap_counter_1),
		cmocka_unit_test(positions_count_like_the_ring),
		cmocka_unit_test(positions_of_large_rings),
		cmocka_unit_test(flags_of_both_sides),
		cmocka_unit_test(used_is_both_flags),
		cmocka_unit_test(show_writes_flags_alone),
		cmocka_unit_test(conf_34_kick_when_the_event_is_reached),
		cmocka_unit_test(conf_34_kick_in_large_rings),
		cmocka_unit_test(event_that_was_passed_is_told_once),
		cmocka_unit_test(event_is_told_again_to_a_device_that_was_busy),
		cmocka_unit_test(silence_says_no),
		cmocka_unit_test(conf_33_descriptors_before_flags),
		cmocka_unit_test(conf_34_barrier_before_event_is_read),
	};

	return cmocka_run_group_tests_name("vring_packed", tests, NULL, NULL);
}
