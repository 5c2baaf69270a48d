/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Order statistics over samples, and a histogram for latencies. No DPDK in here. */

#ifndef VIO_BENCH_STATS_H
#define VIO_BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/** What is said about a set of samples. All zero when the set is empty. */
struct stats_summary {
	size_t n;     /**< Number of samples. */
	double min;   /**< Smallest sample. */
	double p10;   /**< 10th percentile. */
	double p50;   /**< Median. */
	double p90;   /**< 90th percentile. */
	double max;   /**< Largest sample. */
};

/**
 * Percentile of ascending samples, interpolated linearly between the two nearest ranks.
 *
 * @param sorted  n samples in ascending order.
 * @param n       Number of samples; 0 gives 0.
 * @param p       0 to 100.
 */
double
stats_percentile(const double *sorted, size_t n, double p);

/** Sort the n values in place and summarise them. */
struct stats_summary
stats_summarize(double *values, size_t n);

#define STATS_HIST_SUB_BITS 6  /**< 64 steps per power of two: an error below 1.6 %. */
#define STATS_HIST_BUCKETS ((64 - STATS_HIST_SUB_BITS + 1) << STATS_HIST_SUB_BITS)

/** Histogram with a bounded relative error over the whole range of uint64_t. */
struct stats_hist {
	uint64_t count;                      /**< Number of values added. */
	uint64_t min;                        /**< Smallest value; UINT64_MAX when empty. */
	uint64_t max;                        /**< Largest value. */
	uint64_t bucket[STATS_HIST_BUCKETS];
};

/** Empty the histogram. */
void
stats_hist_reset(struct stats_hist *h);

/** The bucket that a value falls into. */
size_t
stats_hist_index(uint64_t value);

/** The smallest value of a bucket. */
uint64_t
stats_hist_floor(size_t index);

/** Add one value. */
static inline void
stats_hist_add(struct stats_hist *h, uint64_t value)
{
	h->bucket[stats_hist_index(value)]++;
	h->count++;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
}

/** Add every value of src to dst. */
void
stats_hist_merge(struct stats_hist *dst, const struct stats_hist *src);

/**
 * The value that p percent of the added values do not exceed, to the width of a bucket.
 * 0 when the histogram is empty.
 */
uint64_t
stats_hist_percentile(const struct stats_hist *h, double p);

#endif /* VIO_BENCH_STATS_H */
