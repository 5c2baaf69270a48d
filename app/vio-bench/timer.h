/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Reading the time stamp counter around a few hundred cycles of work. */

#ifndef VIO_BENCH_TIMER_H
#define VIO_BENCH_TIMER_H

#include <stdint.h>

#include <rte_cycles.h>

/*
 * What was started before the first stamp must not be charged to the timed code, and the timed
 * code must have been executed when the second stamp is taken. On x86 LFENCE does both and, other
 * than MFENCE in rte_rdtsc_precise(), does not wait for the store buffer to drain: a driver's
 * stores leave the core while the application already works on.
 */

/** Time stamp before the timed code. */
static inline uint64_t
timer_begin(void)
{
#ifdef RTE_ARCH_X86
	uint64_t t;

	__builtin_ia32_lfence();
	t = rte_rdtsc();
	__builtin_ia32_lfence();
	return t;
#else
	return rte_rdtsc_precise();
#endif
}

/** Time stamp after the timed code. */
static inline uint64_t
timer_end(void)
{
#ifdef RTE_ARCH_X86
	uint64_t t;

	__builtin_ia32_lfence();
	t = rte_rdtsc();
	return t;
#else
	return rte_rdtsc_precise();
#endif
}

/**
 * TSC cycles between timer_begin() and timer_end() with nothing between them, on average.
 *
 * Some CPUs count in steps of two dozen cycles: only the mean over many pairs is right, for the
 * overhead as for what is measured. The slowest and fastest quarter do not take part.
 */
double
timer_overhead(void);

/** Core cycles per TSC cycle, measured with a chain of dependent additions. */
double
timer_core_ratio(void);

#endif /* VIO_BENCH_TIMER_H */
