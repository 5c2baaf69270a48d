/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* vio-bench's order statistics and histogram, against values worked out by hand or by sorting. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats.h"

static void
test_summary(void **state)
{
	double values[] = { 9, 1, 5, 3, 7, 2, 8, 4, 6, 10, 0 };
	struct stats_summary s = stats_summarize(values, 11);

	(void)state;
	assert_int_equal(s.n, 11);
	assert_true(s.min == 0 && s.p10 == 1 && s.p50 == 5 && s.p90 == 9 && s.max == 10);
}

static void
test_percentile_between_ranks(void **state)
{
	const double two[] = { 10, 20 };

	(void)state;
	assert_true(stats_percentile(two, 2, 50) == 15);
	assert_true(stats_percentile(two, 2, 0) == 10);
	assert_true(stats_percentile(two, 2, 100) == 20);
	assert_true(stats_percentile(two, 1, 90) == 10);
	assert_true(stats_percentile(two, 0, 50) == 0);
}

/* Each bucket begins where the one before ends, and holds the values that map to it. */
static void
test_histogram_buckets(void **state)
{
	uint64_t floor, next;
	size_t i;

	(void)state;
	for (i = 0; i + 1 < STATS_HIST_BUCKETS; i++) {
		floor = stats_hist_floor(i);
		next = stats_hist_floor(i + 1);
		assert_true(next > floor);
		assert_int_equal(stats_hist_index(floor), i);
		assert_int_equal(stats_hist_index(next - 1), i);
		/* The promised precision: one part in 64. */
		assert_true(next - floor <= 1 || (next - floor) * 64 <= floor);
	}
	assert_int_equal(stats_hist_index(UINT64_MAX), STATS_HIST_BUCKETS - 1);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
test_histogram_percentiles(void **state)
{
	static const double percents[] = { 0.1, 1, 10, 50, 90, 99, 99.9, 100 };
	static struct stats_hist h;
	static uint64_t values[10000];
	uint64_t random = 42, exact, got;
	size_t i;

	(void)state;
	stats_hist_reset(&h);
	for (i = 0; i < 10000; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		values[i] = (random >> 33) >> (random >> 60);
		stats_hist_add(&h, values[i]);
	}
	qsort(values, 10000, sizeof(values[0]), compare);
	assert_int_equal(h.min, values[0]);
	assert_int_equal(h.max, values[9999]);
	for (i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		exact = values[(size_t)(percents[i] / 100 * 10000 + 0.5) - 1];
		got = stats_hist_percentile(&h, percents[i]);
		assert_true(got >= exact);
		assert_true(got - exact <= exact / 64 + 1);
	}
}

static void
test_histogram_merge(void **state)
{
	static struct stats_hist a, b;

	(void)state;
	stats_hist_reset(&a);
	stats_hist_reset(&b);
	assert_int_equal(stats_hist_percentile(&a, 50), 0);
	stats_hist_add(&a, 5);
	stats_hist_add(&b, 1000);
	stats_hist_add(&b, 2);
	stats_hist_merge(&a, &b);
	assert_int_equal(a.count, 3);
	assert_int_equal(a.min, 2);
	assert_int_equal(a.max, 1000);
	assert_int_equal(stats_hist_percentile(&a, 50), 5);
	assert_int_equal(stats_hist_percentile(&a, 100), 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_percentile_between_ranks),
		cmocka_unit_test(test_histogram_buckets),
		cmocka_unit_test(test_histogram_percentiles),
		cmocka_unit_test(test_histogram_merge),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
