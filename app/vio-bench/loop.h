/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The loop mode. */

#ifndef VIO_BENCH_LOOP_H
#define VIO_BENCH_LOOP_H

#include "options.h"

/** Measure every point of the sweeps with driver and device on two cores. An enum bench_exit. */
int
loop_run(const struct bench_config *config);

#endif /* VIO_BENCH_LOOP_H */
