/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* The vswitch's table of addresses: learned, moved, aged, full, and given back. */

#include "unit.h"

#include "fdb.h"
#include "model_eal.h"

#define CAPACITY 64
#define SHARE 40
#define AGE 1000
#define PORT_A 3
#define PORT_B 7

static struct fdb *fdb;
static struct fdb_cache cache;
static unsigned int waits;

static void
count_waits(void *arg)
{
	assert_ptr_equal(arg, &waits);
	waits++;
}

static int
make(void **state)
{
	const struct fdb_config config = {
		.capacity = CAPACITY,
		.port_share = SHARE,
		.age_ms = AGE,
		.quiesce = count_waits,
		.quiesce_arg = &waits,
	};

	(void)state;
	memset(&cache, 0, sizeof(cache));
	waits = 0;
	fdb = fdb_create(&config);
	assert_non_null(fdb);
	return 0;
}

static int
unmake(void **state)
{
	(void)state;
	fdb_destroy(fdb);
	fdb = NULL;
	return 0;
}

/** The port behind which a key is, by both ways to find it; -1: none. */
static int
port_of(fdb_key_t key)
{
	const fdb_key_t *keys[] = { &key };
	uint32_t slow = fdb_find(fdb, key);
	uint32_t fast;

	fdb_find_missing(fdb, &cache, keys, 1, &fast);
	assert_int_equal(fast, slow);
	assert_int_equal(fdb_find_cached(fdb, &cache, key), slow);
	return slow == FDB_NONE ? -1 : fdb_port(fdb, slow);
}

static const struct fdb_filter everything = { .port = -1, .vlan = -1 };

static void
test_learn(void **state)
{
	const fdb_key_t key = fdb_key(0x0a0000000002, 1);

	(void)state;
	assert_int_equal(port_of(key), -1);
	assert_int_equal(fdb_learn(fdb, key, PORT_A, 5), FDB_NEW);
	assert_int_equal(port_of(key), PORT_A);
	assert_int_equal(fdb_learn(fdb, key, PORT_A, 6), FDB_KNOWN);
	assert_int_equal(fdb->used, 1);
	assert_int_equal(fdb->share[PORT_A], 1);
	assert_int_equal(fdb->moved, 0);
}

/* The same address in another VLAN is another one. */
static void
test_vlans(void **state)
{
	const fdb_key_t one = fdb_key(0x0a0000000002, 1);
	const fdb_key_t other = fdb_key(0x0a0000000002, 2);

	(void)state;
	assert_int_equal(fdb_learn(fdb, one, PORT_A, 0), FDB_NEW);
	assert_int_equal(port_of(other), -1);
	assert_int_equal(fdb_learn(fdb, other, PORT_B, 0), FDB_NEW);
	assert_int_equal(port_of(one), PORT_A);
	assert_int_equal(port_of(other), PORT_B);
	assert_int_equal(fdb_key_vlan(other), 2);
}

static void
test_move(void **state)
{
	const fdb_key_t key = fdb_key(0x0a0000000002, 1);
	uint32_t position;

	(void)state;
	fdb_learn(fdb, key, PORT_A, 0);
	position = fdb_find(fdb, key);
	assert_true(fdb_refresh(fdb, position, PORT_A, 1));
	assert_false(fdb_refresh(fdb, position, PORT_B, 2));
	assert_int_equal(port_of(key), PORT_A);
	assert_int_equal(fdb_learn(fdb, key, PORT_B, 2), FDB_MOVED);
	assert_int_equal(port_of(key), PORT_B);
	assert_int_equal(fdb_find(fdb, key), position);
	assert_int_equal(fdb->used, 1);
	assert_int_equal(fdb->share[PORT_A], 0);
	assert_int_equal(fdb->share[PORT_B], 1);
	assert_int_equal(fdb->moved, 1);
}

/* One port's addresses are not more than its share, and leave room for those of others. */
static void
test_share(void **state)
{
	(void)state;
	for (unsigned int i = 1; i <= SHARE; i++)
		assert_int_equal(fdb_learn(fdb, fdb_key(2 * i, 1), PORT_A, 0), FDB_NEW);
	for (unsigned int i = 1; i <= 1000; i++)
		assert_int_equal(fdb_learn(fdb, fdb_key(0x1000 + 2 * i, 1), PORT_A, 0), FDB_FULL);
	assert_int_equal(fdb->used, SHARE);
	assert_int_equal(fdb->refused, 1000);
	/* Its own stay known, and others come. */
	assert_int_equal(fdb_learn(fdb, fdb_key(2, 1), PORT_A, 1), FDB_KNOWN);
	assert_int_equal(fdb_learn(fdb, fdb_key(0x2000, 1), PORT_B, 0), FDB_NEW);
	/* It does not get more by taking them from others. */
	assert_int_equal(fdb_learn(fdb, fdb_key(0x2000, 1), PORT_A, 0), FDB_FULL);
	assert_int_equal(port_of(fdb_key(0x2000, 1)), PORT_B);
}

static void
test_full(void **state)
{
	(void)state;
	for (unsigned int i = 1; i <= CAPACITY; i++)
		assert_int_equal(fdb_learn(fdb, fdb_key(2 * i, 1), i % 2 ? PORT_A : PORT_B, 0),
				 FDB_NEW);
	assert_int_equal(fdb_learn(fdb, fdb_key(0x1000, 1), 0, 0), FDB_FULL);
	assert_int_equal(port_of(fdb_key(0x1000, 1)), -1);
	for (unsigned int i = 1; i <= CAPACITY; i++)
		assert_int_equal(port_of(fdb_key(2 * i, 1)), i % 2 ? PORT_A : PORT_B);
	/* What goes makes room. */
	assert_int_equal(fdb_flush(fdb, &(struct fdb_filter){ .port = PORT_A, .vlan = -1 }),
			 CAPACITY / 2);
	assert_int_equal(fdb_learn(fdb, fdb_key(0x1000, 1), 0, 0), FDB_NEW);
}

static void
test_age(void **state)
{
	const fdb_key_t old = fdb_key(0x0a0000000002, 1);
	const fdb_key_t fresh = fdb_key(0x0b0000000002, 1);

	(void)state;
	fdb_learn(fdb, old, PORT_A, 0);
	fdb_learn(fdb, fresh, PORT_A, 0);
	assert_int_equal(fdb_age(fdb, AGE - 1), 0);
	assert_true(fdb_refresh(fdb, fdb_find(fdb, fresh), PORT_A, AGE - 1));
	assert_int_equal(waits, 0);
	assert_int_equal(fdb_age(fdb, AGE), 1);
	assert_int_equal(waits, 1);
	assert_int_equal(port_of(old), -1);
	assert_int_equal(port_of(fresh), PORT_A);
	assert_int_equal(fdb->used, 1);
	assert_int_equal(fdb->share[PORT_A], 1);
	assert_int_equal(fdb_age(fdb, 2 * AGE - 1), 1);
	assert_int_equal(fdb->used, 0);
}

/* The clock wraps after 49 days. */
static void
test_age_wraps(void **state)
{
	const uint32_t before = UINT32_MAX - AGE / 2;
	const fdb_key_t key = fdb_key(2, 1);

	(void)state;
	fdb_learn(fdb, key, PORT_A, before);
	assert_int_equal(fdb_age(fdb, before + AGE - 1), 0);
	/* A worker has a newer time than the control thread. */
	assert_int_equal(fdb_age(fdb, before - 10), 0);
	assert_int_equal(fdb_age(fdb, before + AGE), 1);
}

static void
test_age_never(void **state)
{
	(void)state;
	fdb->config.age_ms = 0;
	fdb_learn(fdb, fdb_key(2, 1), PORT_A, 0);
	assert_int_equal(fdb_age(fdb, 1U << 30), 0);
	assert_int_equal(port_of(fdb_key(2, 1)), PORT_A);
}

static void
test_flush(void **state)
{
	(void)state;
	fdb_learn(fdb, fdb_key(2, 1), PORT_A, 0);
	fdb_learn(fdb, fdb_key(2, 2), PORT_A, 0);
	fdb_learn(fdb, fdb_key(4, 1), PORT_B, 0);
	fdb_learn(fdb, fdb_key(4, 2), PORT_B, 0);
	assert_int_equal(fdb_flush(fdb, &(struct fdb_filter){ .port = PORT_A, .vlan = 2 }), 1);
	assert_int_equal(port_of(fdb_key(2, 2)), -1);
	assert_int_equal(port_of(fdb_key(2, 1)), PORT_A);
	assert_int_equal(fdb_flush(fdb, &(struct fdb_filter){ .port = -1, .vlan = 1 }), 2);
	assert_int_equal(port_of(fdb_key(4, 2)), PORT_B);
	assert_int_equal(fdb_flush(fdb, &everything), 1);
	assert_int_equal(fdb_flush(fdb, &everything), 0);
	assert_int_equal(fdb->used, 0);
}

/* A position that was given back and serves another address is not found for the first one. */
static void
test_positions_change_hands(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 200; round++) {
		const uint64_t base = 0x10000 * (round + 1);

		for (unsigned int i = 1; i <= SHARE; i++)
			assert_int_equal(fdb_learn(fdb, fdb_key(base + 2 * i, 1), PORT_A, 0),
					 FDB_NEW);
		for (unsigned int i = 1; i <= SHARE; i++) {
			assert_int_equal(port_of(fdb_key(base + 2 * i, 1)), PORT_A);
			assert_int_equal(
				fdb_find_cached(fdb, &cache, fdb_key(base - 0x10000 + 2 * i, 1)),
				FDB_NONE);
		}
		assert_int_equal(fdb_flush(fdb, &everything), SHARE);
	}
	assert_true(waits >= 200);
}

/* Somebody changes the table: a worker does not wait. */
static void
test_busy(void **state)
{
	(void)state;
	rte_spinlock_lock(&fdb->lock);
	assert_int_equal(fdb_learn(fdb, fdb_key(2, 1), PORT_A, 0), FDB_BUSY);
	rte_spinlock_unlock(&fdb->lock);
	assert_int_equal(fdb_learn(fdb, fdb_key(2, 1), PORT_A, 0), FDB_NEW);
}

static void
count_visits(const struct fdb_entry *entry, void *arg)
{
	unsigned int *sum = arg;

	assert_int_equal(entry->port, PORT_A);
	*sum += (unsigned int)entry->key & 0xff;
}

static void
test_each(void **state)
{
	const struct fdb_filter filter = { .port = PORT_A, .vlan = -1 };
	unsigned int sum = 0;

	(void)state;
	fdb_learn(fdb, fdb_key(2, 1), PORT_A, 0);
	fdb_learn(fdb, fdb_key(4, 9), PORT_A, 0);
	fdb_learn(fdb, fdb_key(8, 1), PORT_B, 0);
	fdb_each(fdb, &filter, count_visits, &sum);
	assert_int_equal(sum, 6);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_learn),
		CASE(test_vlans),
		CASE(test_move),
		CASE(test_share),
		CASE(test_full),
		CASE(test_age),
		CASE(test_age_wraps),
		CASE(test_age_never),
		CASE(test_flush),
		CASE(test_positions_change_hands),
		CASE(test_busy),
		CASE(test_each),
	};

	return cmocka_run_group_tests_name("vswitch_fdb", tests, model_eal_start, model_eal_stop);
}
