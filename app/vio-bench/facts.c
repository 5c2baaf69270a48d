/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Reading the facts of machine and build. */

#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cpuflags.h>
#include <rte_cycles.h>
#include <rte_vect.h>
#include <rte_version.h>

#include "facts.h"
#include "timer.h"

static void
read_cpu_model(char *out, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];
	char *value;

	snprintf(out, size, "unknown");
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		value = strchr(line, ':');
		if (strncmp(line, "model name", 10) != 0 || value == NULL)
			continue;
		value += 1 + strspn(value + 1, " ");
		value[strcspn(value, "\n")] = '\0';
		snprintf(out, size, "%s", value);
		break;
	}
	fclose(file);
}

static void
read_vectors(char *out, size_t size)
{
#ifdef RTE_ARCH_X86
	static const struct {
		const char *name;
		enum rte_cpu_flag_t flag;
	} flags[] = {
		{ "SSE4.2", RTE_CPUFLAG_SSE4_2 }, { "AVX2", RTE_CPUFLAG_AVX2 },
		{ "AVX512F", RTE_CPUFLAG_AVX512F }, { "AVX512BW", RTE_CPUFLAG_AVX512BW },
		{ "AVX512VL", RTE_CPUFLAG_AVX512VL },
	};
	size_t used = 0;
	unsigned int i;

	out[0] = '\0';
	for (i = 0; i < RTE_DIM(flags); i++)
		if (rte_cpu_get_flag_enabled(flags[i].flag) == 1 && used < size)
			used += snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "",
				flags[i].name);
#else
	snprintf(out, size, "unknown");
#endif
}

void
facts_read(struct machine_facts *facts, bool hugepages, const char *plugin)
{
	memset(facts, 0, sizeof(*facts));
	read_cpu_model(facts->cpu, sizeof(facts->cpu));
	read_vectors(facts->vectors, sizeof(facts->vectors));
	snprintf(facts->dpdk, sizeof(facts->dpdk), "%s", rte_version());
	facts->simd_bits = rte_vect_get_max_simd_bitwidth();
	facts->tsc_hz = rte_get_tsc_hz();
	facts->core_ratio = timer_core_ratio();
	facts->timer_overhead = timer_overhead();
	facts->hugepages = hugepages;
	facts->plugin = plugin;
}
