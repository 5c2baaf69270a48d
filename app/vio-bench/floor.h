/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The floor mode. */

#ifndef VIO_BENCH_FLOOR_H
#define VIO_BENCH_FLOOR_H

#include <stdint.h>

#include "options.h"

/** Measure the least memory work of a burst. An enum bench_exit. */
int
floor_run(const struct bench_config *config, double overhead);

#endif /* VIO_BENCH_FLOOR_H */
