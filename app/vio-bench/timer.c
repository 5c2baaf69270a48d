/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* What the timer itself costs, and how fast the core runs against the counter. */

#include <rte_common.h>

#include "stats.h"
#include "timer.h"

#define OVERHEAD_SAMPLES 8000
#define CHAIN_SAMPLES 201
#define CHAIN_LENGTH 1000

double
timer_overhead(void)
{
	static double samples[OVERHEAD_SAMPLES];
	double sum = 0;
	uint64_t begin;
	unsigned int i;

	for (i = 0; i < OVERHEAD_SAMPLES; i++) {
		begin = timer_begin();
		samples[i] = (double)(timer_end() - begin);
	}
	stats_summarize(samples, OVERHEAD_SAMPLES);
	for (i = OVERHEAD_SAMPLES / 4; i < OVERHEAD_SAMPLES * 3 / 4; i++)
		sum += samples[i];
	return sum / (OVERHEAD_SAMPLES / 2);
}

double
timer_core_ratio(void)
{
	static double samples[CHAIN_SAMPLES];
	double overhead = timer_overhead();
	uint64_t chain = 1;
	uint64_t begin, end;
	unsigned int i, j;

	for (i = 0; i < CHAIN_SAMPLES; i++) {
		begin = timer_begin();
		for (j = 0; j < CHAIN_LENGTH; j += 10) {
			/* Ten dependent one-cycle additions that no compiler may shorten. */
#define CHAIN_ADD __asm__ volatile("" : "+r"(chain)); chain += 3;
			CHAIN_ADD CHAIN_ADD CHAIN_ADD CHAIN_ADD CHAIN_ADD
			CHAIN_ADD CHAIN_ADD CHAIN_ADD CHAIN_ADD CHAIN_ADD
#undef CHAIN_ADD
		}
		__asm__ volatile("" : : "r"(chain));
		end = timer_end();
		samples[i] = CHAIN_LENGTH / RTE_MAX(1.0, (double)(end - begin) - overhead);
	}
	return stats_summarize(samples, CHAIN_SAMPLES).p50;
}
