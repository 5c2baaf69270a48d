/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Where the memory of a port is, for --layout. */

#ifndef VIO_BENCH_LAYOUT_H
#define VIO_BENCH_LAYOUT_H

#include "port.h"

/** Report size, place and NUMA node of rings, mbufs and the driver's private memory. */
void
layout_report(const struct port *port);

#endif /* VIO_BENCH_LAYOUT_H */
