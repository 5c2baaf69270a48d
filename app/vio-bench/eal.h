/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Bringing up EAL with the options that a run needs. */

#ifndef VIO_BENCH_EAL_H
#define VIO_BENCH_EAL_H

#include <stdbool.h>

#include "options.h"

/** How EAL came up. */
struct eal_facts {
	bool hugepages;      /**< Memory comes from hugepages. */
	char plugin[4096];   /**< The plugin that was loaded by path, or "". */
};

/**
 * Start EAL.
 *
 * Adds what every run needs: no PCI, private memory in few shareable files, the plugin, cores.
 * The user's EAL options come last and win.
 *
 * @param user   The user's EAL options, without the program's name.
 * @param count  Their number.
 * @return       0, or a negative errno after an error line.
 */
int
eal_start(const struct bench_config *config, char *program, int count, char **user,
	struct eal_facts *facts);

#endif /* VIO_BENCH_EAL_H */
