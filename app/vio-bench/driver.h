/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The driver mode. */

#ifndef VIO_BENCH_DRIVER_H
#define VIO_BENCH_DRIVER_H

#include "options.h"

/**
 * Measure every point of the sweeps and report it.
 *
 * @param overhead  TSC cycles of the time stamps, to be subtracted.
 * @return          An enum bench_exit.
 */
int
driver_run(const struct bench_config *config, double overhead);

#endif /* VIO_BENCH_DRIVER_H */
