/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The machine and the build that a number belongs to. */

#ifndef VIO_BENCH_FACTS_H
#define VIO_BENCH_FACTS_H

#include <stdbool.h>
#include <stdint.h>

/** What a reader must know to compare two results. */
struct machine_facts {
	char cpu[128];            /**< Model name. */
	char dpdk[64];            /**< rte_version(). */
	char vectors[64];         /**< Vector extensions that a DPDK driver may care for. */
	uint16_t simd_bits;       /**< EAL's limit of vector width. */
	uint64_t tsc_hz;
	double core_ratio;        /**< Core cycles per TSC cycle while nothing else ran. */
	double timer_overhead;    /**< TSC cycles that two time stamps take; subtracted. */
	bool hugepages;
	const char *plugin;       /**< Path of the loaded plugin, or "". */
};

/** Collect the facts; EAL must be up. */
void
facts_read(struct machine_facts *facts, bool hugepages, const char *plugin);

#endif /* VIO_BENCH_FACTS_H */
