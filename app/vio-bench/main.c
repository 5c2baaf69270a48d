/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* vio-bench: what a virtio-net driver costs, measured over vhost-user without a VM. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>

#include "bench.h"
#include "driver.h"
#include "eal.h"
#include "facts.h"
#include "floor.h"
#include "loop.h"
#include "options.h"
#include "port.h"
#include "report.h"

/*
 * With "--", EAL's options stand before it as in every DPDK application; a mode may still come
 * first, because that is what one types. Without "--", everything is vio-bench's.
 *
 * Returns the number of EAL's options, which begin at *eal, and leaves vio-bench's in own[].
 */
static int
split_arguments(int argc, char **argv, char ***eal, int *own_argc, char **own)
{
	int dashes, i, count, first = 1;

	for (dashes = 1; dashes < argc && strcmp(argv[dashes], "--") != 0; dashes++)
		;
	*own_argc = 0;
	own[(*own_argc)++] = argv[0];
	if (dashes == argc) {
		*eal = argv + argc;
		count = 0;
		dashes = 0;
	} else {
		if (dashes > 1 && argv[1][0] != '-')
			own[(*own_argc)++] = argv[first++];
		*eal = argv + first;
		count = dashes - first;
	}
	for (i = dashes + 1; i < argc; i++)
		own[(*own_argc)++] = argv[i];
	own[*own_argc] = NULL;
	return count;
}

static int
run(const struct bench_config *config, const struct eal_facts *eal)
{
	struct machine_facts facts;
	int status;

	facts_read(&facts, eal->hugepages, eal->plugin);
	if (report_begin(config, &facts) != 0)
		return BENCH_CANNOT;
	switch (config->mode) {
	case MODE_DRIVER:
		status = driver_run(config, facts.timer_overhead);
		break;
	case MODE_LOOP:
		status = loop_run(config);
		break;
	default:
		status = floor_run(config, facts.timer_overhead);
		break;
	}
	port_shutdown();
	if (report_end(status == BENCH_INTERRUPTED) != 0)
		status = RTE_MAX(status, (int)BENCH_CANNOT);
	return status;
}

int
main(int argc, char **argv)
{
	char **own = calloc((size_t)argc + 1, sizeof(*own));
	struct bench_config config;
	struct eal_facts eal;
	char **eal_argv;
	int own_argc, eal_argc, status;

	if (own == NULL)
		return BENCH_CANNOT;
	eal_argc = split_arguments(argc, argv, &eal_argv, &own_argc, own);
	status = options_parse(&config, own_argc, own);
	if (status != 0) {
		free(own);
		return status > 0 ? BENCH_OK : BENCH_USAGE;
	}
	bench_progress_enable(config.progress == -1 ? isatty(STDERR_FILENO) : config.progress);
	bench_signals();
	if (eal_start(&config, argv[0], eal_argc, eal_argv, &eal) != 0) {
		free(own);
		return BENCH_CANNOT;
	}
	status = run(&config, &eal);
	rte_eal_cleanup();
	free(own);
	return status;
}
