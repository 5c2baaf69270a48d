/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_vhost_user_mem.c - tables of shared memory, and what a vhost-user backend is told of them:
 * in one table, or slot by slot.
 */
#include "unit.h"

#include <unistd.h>

#include "vhost_user_fixture.h"
#include "virtio_spec.h"

#define BIT(n) (UINT64_C(1) << (n))
#define OPS (vu.base.ops)
#define MIB (UINT64_C(1) << 20)

/* The i-th MiB, all in one file, unlike fixture_region(). */
static struct virtio_mem_region
same_file(unsigned int i)
{
	struct virtio_mem_region region = fixture_region(i);

	region.fd = fixture_region(0).fd;
	return region;
}

static uint64_t
address(unsigned int i)
{
	return fixture_region(i).user_addr;
}

/* The backend has exactly these MiB, from @p first on, as one region. */
static void
assert_one_region(unsigned int at, unsigned int first, unsigned int count)
{
	assert_true(at < fb.num_regions);
	assert_int_equal(fb.regions[at].region.user_addr, address(first));
	assert_int_equal(fb.regions[at].region.guest_addr, address(first));
	assert_int_equal(fb.regions[at].region.size, count * MIB);
	assert_int_equal(fb.regions[at].region.mmap_offset, first * MIB);
}

/* Does the backend have MiB @p i, in the file that it belongs to? */
static bool
backend_has(unsigned int i)
{
	for (unsigned int r = 0; r < fb.num_regions; r++) {
		const struct vhost_user_region *region = &fb.regions[r].region;

		if (address(i) >= region->user_addr &&
		    address(i) + MIB <= region->user_addr + region->size)
			return region->mmap_offset + (address(i) - region->user_addr) == i * MIB;
	}
	return false;
}

static void
use_slots(void)
{
	fb.protocol |= BIT(VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS);
}

static unsigned int
changes(void)
{
	return fake_backend_count(&fb, VHOST_USER_SET_MEM_TABLE) +
	       fake_backend_count(&fb, VHOST_USER_ADD_MEM_REG) +
	       fake_backend_count(&fb, VHOST_USER_REM_MEM_REG);
}

static void
tables_are_ordered_and_without_overlaps(void **state)
{
	const struct virtio_mem_region three[] = {
		fixture_region(5), fixture_region(1), fixture_region(3),
	};
	struct virtio_mem_table table = { 0 };
	struct virtio_mem_region bad;

	(void)state;
	assert_int_equal(virtio_mem_set(&table, three, 3, true), 0);
	assert_int_equal(table.count, 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(table.entries[i].region.user_addr, address(2 * i + 1));
	bad = fixture_region(3);
	assert_int_equal(virtio_mem_add(&table, &bad, true), -EINVAL);
	bad = fixture_region(8);
	bad.guest_addr = address(5) + MIB - 1; /* guest addresses alone */
	assert_int_equal(virtio_mem_add(&table, &bad, true), -EINVAL);
	bad = fixture_region(8);
	bad.user_addr = address(1) - MIB + 1; /* user addresses alone */
	assert_int_equal(virtio_mem_add(&table, &bad, true), -EINVAL);
	bad = fixture_region(8);
	bad.size = 0;
	assert_int_equal(virtio_mem_add(&table, &bad, true), -EINVAL);
	bad = fixture_region(8);
	bad.size = -address(8) + 1;
	assert_int_equal(virtio_mem_add(&table, &bad, true), -EINVAL);
	bad = fixture_region(8);
	bad.offset = UINT64_MAX - 5;
	assert_int_equal(virtio_mem_add(&table, &bad, true), -EINVAL);
	bad = fixture_region(8);
	bad.fd = -1;
	assert_int_equal(virtio_mem_add(&table, &bad, true), -EINVAL);
	assert_true(unit_logged("there is no file behind it"));
	assert_int_equal(table.count, 3);
	assert_int_equal(virtio_mem_add(&table, &bad, false), 0);
	assert_int_equal(table.count, 4);
	virtio_mem_clear(&table);
	assert_int_equal(table.count, 0);
}

static void
what_touches_in_one_file_is_merged(void **state)
{
	struct virtio_mem_table table = { 0 }, merged = { 0 };
	struct virtio_mem_region r;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) { /* out of order */
		r = same_file((i * 3) % 4);
		assert_int_equal(virtio_mem_add(&table, &r, true), 0);
	}
	r = same_file(4);
	r.fd = dup(r.fd); /* the same file by another descriptor */
	assert_int_equal(virtio_mem_add(&table, &r, true), 0);
	assert_int_equal(virtio_mem_merge(&table, true, &merged), 0);
	assert_int_equal(merged.count, 1);
	assert_int_equal(merged.entries[0].region.size, 5 * MIB);
	assert_int_equal(merged.entries[0].region.fd, same_file(0).fd);
	assert_int_equal(table.count, 5);
	close(r.fd);
	virtio_mem_clear(&merged);
	virtio_mem_clear(&table);
}

static void
what_does_not_touch_is_not_merged(void **state)
{
	struct virtio_mem_region apart[4];
	struct virtio_mem_table table = { 0 }, merged = { 0 };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(apart); i++) {
		const struct virtio_mem_region first = same_file(0);

		apart[0] = fixture_region(1);          /* another file */
		apart[1] = same_file(1);
		apart[1].offset += MIB;                /* a gap in the file */
		apart[2] = same_file(1);
		apart[2].guest_addr += MIB;            /* in guest addresses */
		apart[3] = same_file(1);
		apart[3].user_addr += MIB;             /* in user addresses */
		assert_int_equal(virtio_mem_add(&table, &first, true), 0);
		assert_int_equal(virtio_mem_add(&table, &apart[i], true), 0);
		assert_int_equal(virtio_mem_merge(&table, true, &merged), 0);
		assert_int_equal(merged.count, 2);
		virtio_mem_clear(&merged);
		virtio_mem_clear(&table);
	}
}

static void
without_files_addresses_alone_count(void **state)
{
	struct virtio_mem_table table = { 0 }, merged = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		const struct virtio_mem_region r = fixture_region(i);

		assert_int_equal(virtio_mem_add(&table, &r, false), 0);
	}
	assert_int_equal(virtio_mem_merge(&table, false, &merged), 0);
	assert_int_equal(merged.count, 1);
	virtio_mem_clear(&merged);
	virtio_mem_clear(&table);
}

static void
regions_are_cut_where_memory_goes(void **state)
{
	struct virtio_mem_region r = same_file(0);
	struct virtio_mem_table table = { 0 };

	(void)state;
	r.size = 8 * MIB;
	assert_int_equal(virtio_mem_add(&table, &r, true), 0);
	assert_int_equal(virtio_mem_remove(&table, address(2), 3 * MIB), 0);
	assert_int_equal(table.count, 2);
	assert_int_equal(table.entries[0].region.size, 2 * MIB);
	assert_int_equal(table.entries[1].region.user_addr, address(5));
	assert_int_equal(table.entries[1].region.guest_addr, address(5));
	assert_int_equal(table.entries[1].region.offset, 5 * MIB);
	assert_int_equal(table.entries[1].region.size, 3 * MIB);
	assert_int_equal(virtio_mem_remove(&table, address(2), 3 * MIB), -ENOENT);
	assert_int_equal(virtio_mem_remove(&table, address(1), 0), -ENOENT);
	assert_int_equal(virtio_mem_remove(&table, address(1), UINT64_MAX), -ENOENT);
	assert_int_equal(virtio_mem_remove(&table, address(1), 5 * MIB), 0);
	assert_int_equal(table.count, 2);
	assert_int_equal(table.entries[0].region.size, MIB);
	assert_int_equal(table.entries[1].region.user_addr, address(6));
	assert_int_equal(virtio_mem_remove(&table, address(0), 100 * MIB), 0);
	assert_int_equal(table.count, 0);
	virtio_mem_clear(&table);
}

static void
the_backend_gets_merged_regions(void **state)
{
	struct virtio_mem_region regions[20];

	(void)state;
	for (unsigned int i = 0; i < 20; i++)
		regions[i] = same_file(i < 10 ? i : i + 1); /* one gap */
	fixture_connected();
	assert_int_equal(virtio_vhost_user_set_memory(&vu, regions, 20), 0);
	assert_int_equal(changes(), 0); /* rings first tell what it is good for */
	fixture_set_up(2);
	assert_int_equal(changes(), 1);
	assert_int_equal(fb.num_regions, 2);
	assert_one_region(0, 0, 10);
	assert_one_region(1, 11, 10);
}

static void
guest_and_user_addresses_are_kept_apart(void **state)
{
	struct virtio_mem_region r = fixture_region(0);

	(void)state;
	r.guest_addr = 0x1000;
	fixture_connected();
	assert_int_equal(virtio_vhost_user_set_memory(&vu, &r, 1), 0);
	fixture_set_up(1);
	assert_int_equal(fb.regions[0].region.guest_addr, 0x1000);
	assert_int_equal(fb.regions[0].region.user_addr, address(0));
}

static void
fault_more_regions_than_the_backend_takes(void **state)
{
	struct virtio_mem_region regions[10];
	const struct virtio_queue_setup setup = fixture_queue(0, 64);

	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		regions[i] = fixture_region(i); /* alternating files: nothing merges */
	fixture_connected();
	assert_int_equal(virtio_vhost_user_set_memory(&vu, regions, 9), -E2BIG);
	assert_true(unit_logged("takes 8 memory regions, there are 9"));
	assert_true(unit_logged("--single-file-segments"));
	assert_int_equal(vu.memory.count, 1); /* as before */
	assert_int_equal(virtio_vhost_user_set_memory(&vu, regions, 8), 0);
	fixture_live(2);
	assert_int_equal(fb.num_regions, 8);
	/* one more while it runs */
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &regions[8]), -E2BIG);
	assert_int_equal(vu.memory.count, 8);
	assert_int_equal(fb.num_regions, 8);
	assert_false(vu.base.gone);

	/* known before the backend: then the handshake says so */
	fake_backend_hang_up(&fb);
	virtio_vhost_user_disconnect(&vu);
	assert_int_equal(virtio_vhost_user_set_memory(&vu, regions, 10), 0);
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), -E2BIG);
	assert_true(unit_logged("takes 8 memory regions, there are 10"));
	assert_true(vu.base.gone);
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &setup), -ENODEV);
}

static void
a_running_backend_follows_in_one_table(void **state)
{
	const struct virtio_mem_region one = fixture_region(1), two = same_file(2);
	const struct virtio_mem_region three = same_file(3);

	(void)state;
	fixture_connected();
	fixture_live(2);
	fake_backend_forget(&fb);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &one), 0);
	assert_int_equal(fb.num_regions, 2);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &two), 0);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &three), 0);
	assert_int_equal(fb.num_regions, 3);
	assert_int_equal(virtio_vhost_user_remove_memory(&vu, address(1), MIB), 0);
	assert_int_equal(fb.num_regions, 2);
	assert_false(backend_has(1));
	assert_true(backend_has(0) && backend_has(2) && backend_has(3));
	assert_int_equal(virtio_vhost_user_remove_memory(&vu, address(1), MIB), -ENOENT);
	assert_int_equal(changes(), 4);
	assert_true(fb.vrings[0].enabled);
}

static void
without_acknowledgements_a_change_is_waited_for(void **state)
{
	const struct virtio_mem_region one = fixture_region(1);

	(void)state;
	fb.protocol = 0;
	fixture_connected();
	fixture_live(2);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &one), 0);
	assert_int_equal(fb.num_regions, 2);
	assert_int_equal(virtio_vhost_user_remove_memory(&vu, address(1), MIB), 0);
	assert_int_equal(fb.num_regions, 1);
}

static void
a_refused_change_changes_nothing(void **state)
{
	const struct virtio_mem_region one = fixture_region(1);

	(void)state;
	fixture_connected();
	fixture_live(2);
	fake_backend_fault(&fb, FAULT_NACK, VHOST_USER_SET_MEM_TABLE, 0);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &one), -EIO);
	assert_int_equal(vu.memory.count, 1);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &one), 0);
	assert_int_equal(fb.num_regions, 2);
}

static void
a_change_that_meets_the_end_is_there_next_time(void **state)
{
	const struct virtio_mem_region one = fixture_region(1);

	(void)state;
	fixture_connected();
	fixture_live(2);
	fake_backend_fault(&fb, FAULT_EOF, VHOST_USER_SET_MEM_TABLE, 0);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &one), -ENODEV);
	virtio_vhost_user_disconnect(&vu);
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
	fixture_live(2);
	assert_true(backend_has(0) && backend_has(1));
}

static void
slots_take_more_regions(void **state)
{
	struct virtio_mem_region regions[40];

	(void)state;
	use_slots();
	for (unsigned int i = 0; i < 40; i++)
		regions[i] = fixture_region(i);
	fixture_connected();
	assert_int_equal(vu.max_regions, 32);
	assert_int_equal(virtio_vhost_user_set_memory(&vu, regions, 33), -E2BIG);
	assert_int_equal(virtio_vhost_user_set_memory(&vu, regions, 32), 0);
	fixture_live(2);
	assert_int_equal(fb.num_regions, 32);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_MEM_TABLE), 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_ADD_MEM_REG), 32);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &regions[32]), -E2BIG);
	assert_int_equal(changes(), 32);
}

static void
slots_stay_occupied_over_a_reset(void **state)
{
	(void)state;
	use_slots();
	fixture_connected();
	fixture_live(2);
	assert_int_equal(virtio_device_reset(&dev), 0);
	fixture_live(2);
	assert_int_equal(changes(), 1);
	assert_int_equal(fb.num_regions, 1);
}

static void
absurd_numbers_of_slots(void **state)
{
	(void)state;
	use_slots();
	fb.slots = UINT64_MAX;
	fixture_connected();
	assert_int_equal(vu.max_regions, VIRTIO_VHOST_USER_MAX_SLOTS);
	fake_backend_hang_up(&fb);
	virtio_vhost_user_disconnect(&vu);
	fb.slots = 0;
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), -E2BIG);
	assert_true(unit_logged("takes 0 memory regions, there are 1"));
}

/* While rings run, what the backend has is not taken away to be given back in another shape. */
static void
running_slots_are_never_without_their_memory(void **state)
{
	const struct virtio_mem_region one = same_file(1), two = same_file(2);

	(void)state;
	use_slots();
	fixture_connected();
	fixture_live(2);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &one), 0);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &two), 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_REM_MEM_REG), 0);
	assert_int_equal(fb.num_regions, 3);
	assert_true(backend_has(0) && backend_has(1) && backend_has(2));
	assert_int_equal(virtio_vhost_user_remove_memory(&vu, address(1), MIB), 0);
	assert_false(backend_has(1));
	assert_true(backend_has(0) && backend_has(2));
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_REM_MEM_REG), 1);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &one), 0);
	assert_int_equal(fb.num_regions, 3);
	/* stopped, they may be put together */
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(virtio_vhost_user_remove_memory(&vu, address(2), MIB), 0);
	assert_int_equal(fb.num_regions, 1);
	assert_one_region(0, 0, 2);
}

static void
a_running_slot_is_kept_while_part_of_it_is_used(void **state)
{
	struct virtio_mem_region four = same_file(0), other = fixture_region(1);

	(void)state;
	use_slots();
	four.size = 4 * MIB;
	fixture_connected();
	assert_int_equal(virtio_vhost_user_set_memory(&vu, &four, 1), 0);
	fixture_live(2);
	fake_backend_forget(&fb);
	assert_int_equal(virtio_vhost_user_remove_memory(&vu, address(1), 2 * MIB), 0);
	assert_int_equal(changes(), 0);
	assert_true(backend_has(0) && backend_has(3));
	/* another file at the addresses given up: now it has to go */
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &other), 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_REM_MEM_REG), 1);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_ADD_MEM_REG), 3);
	assert_int_equal(fb.num_regions, 3);
	assert_true(backend_has(0) && backend_has(1) && backend_has(3));
	assert_false(backend_has(2));
	/* the last part */
	assert_int_equal(virtio_vhost_user_remove_memory(&vu, address(3), MIB), 0);
	assert_false(backend_has(3));
}

static void
refused_slots_are_asked_for_again(void **state)
{
	const struct virtio_mem_region one = fixture_region(1), two = fixture_region(2);

	(void)state;
	use_slots();
	fixture_connected();
	fixture_live(2);
	fake_backend_fault(&fb, FAULT_NACK, VHOST_USER_ADD_MEM_REG, 0);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &one), -EIO);
	assert_int_equal(vu.memory.count, 1);
	assert_int_equal(vu.sent.count, 1);
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &one), 0);
	fake_backend_fault(&fb, FAULT_NACK, VHOST_USER_REM_MEM_REG, 0);
	assert_int_equal(virtio_vhost_user_remove_memory(&vu, address(1), MIB), -EIO);
	assert_true(backend_has(1));
	assert_int_equal(vu.memory.count, 1); /* the owner's is gone all the same */
	assert_int_equal(virtio_vhost_user_add_memory(&vu, &two), 0);
	assert_false(backend_has(1));
	assert_true(backend_has(2));
}

/* Any sequence of changes leaves the backend with what the owner has, or more of the same files. */
static void
any_changes_are_followed(bool slots)
{
	bool have[12] = { true };
	uint64_t random = 3;

	if (slots)
		use_slots();
	fixture_connected();
	fixture_live(2);
	for (unsigned int round = 0; round < 400; round++) {
		unsigned int i = 1 + unit_random(&random) % (ARRAY_SIZE(have) - 1);
		const struct virtio_mem_region r = i % 4 == 3 ? fixture_region(i) : same_file(i);

		if (have[i])
			assert_int_equal(virtio_vhost_user_remove_memory(&vu, r.user_addr, MIB), 0);
		else
			assert_int_equal(virtio_vhost_user_add_memory(&vu, &r), 0);
		have[i] = !have[i];
		for (unsigned int k = 0; k < ARRAY_SIZE(have); k++)
			if (have[k])
				assert_true(backend_has(k));
			else if (!slots)
				assert_false(backend_has(k));
		if (round % 50 == 49) {
			assert_int_equal(virtio_device_reset(&dev), 0);
			fixture_live(2);
		}
		if (round % 50 == 0)
			fake_backend_forget(&fb);
	}
}

static void
any_changes_are_followed_in_one_table(void **state)
{
	(void)state;
	any_changes_are_followed(false);
}

static void
any_changes_are_followed_in_slots(void **state)
{
	(void)state;
	any_changes_are_followed(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(tables_are_ordered_and_without_overlaps),
		FIXTURE_CASE(what_touches_in_one_file_is_merged),
		FIXTURE_CASE(what_does_not_touch_is_not_merged),
		FIXTURE_CASE(without_files_addresses_alone_count),
		FIXTURE_CASE(regions_are_cut_where_memory_goes),
		FIXTURE_CASE(the_backend_gets_merged_regions),
		FIXTURE_CASE(guest_and_user_addresses_are_kept_apart),
		FIXTURE_CASE(fault_more_regions_than_the_backend_takes),
		FIXTURE_CASE(a_running_backend_follows_in_one_table),
		FIXTURE_CASE(without_acknowledgements_a_change_is_waited_for),
		FIXTURE_CASE(a_refused_change_changes_nothing),
		FIXTURE_CASE(a_change_that_meets_the_end_is_there_next_time),
		FIXTURE_CASE(slots_take_more_regions),
		FIXTURE_CASE(slots_stay_occupied_over_a_reset),
		FIXTURE_CASE(absurd_numbers_of_slots),
		FIXTURE_CASE(running_slots_are_never_without_their_memory),
		FIXTURE_CASE(a_running_slot_is_kept_while_part_of_it_is_used),
		FIXTURE_CASE(refused_slots_are_asked_for_again),
		FIXTURE_CASE(any_changes_are_followed_in_one_table),
		FIXTURE_CASE(any_changes_are_followed_in_slots),
	};

	return cmocka_run_group_tests_name("vhost_user_mem", tests, NULL, NULL);
}
