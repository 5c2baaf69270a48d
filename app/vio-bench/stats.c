/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Order statistics and the latency histogram. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

double
stats_percentile(const double *sorted, size_t n, double p)
{
	double rank;
	size_t low;

	if (n == 0)
		return 0;
	rank = p / 100 * (double)(n - 1);
	low = (size_t)rank;
	if (low + 1 >= n)
		return sorted[n - 1];
	return sorted[low] + (rank - (double)low) * (sorted[low + 1] - sorted[low]);
}

struct stats_summary
stats_summarize(double *values, size_t n)
{
	struct stats_summary s = { .n = n };

	if (n == 0)
		return s;
	qsort(values, n, sizeof(*values), compare_doubles);
	s.min = values[0];
	s.p10 = stats_percentile(values, n, 10);
	s.p50 = stats_percentile(values, n, 50);
	s.p90 = stats_percentile(values, n, 90);
	s.max = values[n - 1];
	return s;
}

void
stats_hist_reset(struct stats_hist *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

size_t
stats_hist_index(uint64_t value)
{
	unsigned int shift;

	if (value < (1ULL << STATS_HIST_SUB_BITS))
		return value;
	/* The leading one picks the power of two, the next SUB_BITS bits the step in it. */
	shift = 63 - (unsigned int)__builtin_clzll(value) - STATS_HIST_SUB_BITS;
	return ((size_t)(shift + 1) << STATS_HIST_SUB_BITS) +
		((value >> shift) & ((1U << STATS_HIST_SUB_BITS) - 1));
}

uint64_t
stats_hist_floor(size_t index)
{
	size_t power = index >> STATS_HIST_SUB_BITS;
	uint64_t step = index & ((1U << STATS_HIST_SUB_BITS) - 1);

	if (power == 0)
		return step;
	return ((1ULL << STATS_HIST_SUB_BITS) + step) << (power - 1);
}

void
stats_hist_merge(struct stats_hist *dst, const struct stats_hist *src)
{
	size_t i;

	for (i = 0; i < STATS_HIST_BUCKETS; i++)
		dst->bucket[i] += src->bucket[i];
	dst->count += src->count;
	if (src->min < dst->min)
		dst->min = src->min;
	if (src->max > dst->max)
		dst->max = src->max;
}

uint64_t
stats_hist_percentile(const struct stats_hist *h, double p)
{
	uint64_t seen = 0;
	uint64_t wanted;
	size_t i;

	if (h->count == 0)
		return 0;
	wanted = (uint64_t)ceil(p / 100 * (double)h->count);
	if (wanted == 0)
		return h->min;
	for (i = 0; i < STATS_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= wanted)
			break;
	}
	/* The last bucket in use is as wide as its step: the largest value is known exactly. */
	if (i + 1 >= STATS_HIST_BUCKETS || stats_hist_floor(i + 1) > h->max)
		return h->max;
	return stats_hist_floor(i + 1) - 1;
}
