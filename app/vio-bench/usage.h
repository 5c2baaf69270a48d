/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The text of --help. */

#ifndef VIO_BENCH_USAGE_H
#define VIO_BENCH_USAGE_H

/** Everything that --help prints. */
extern const char usage_text[];

#endif /* VIO_BENCH_USAGE_H */
