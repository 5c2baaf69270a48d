/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The two cores of the loop mode: what each sends, receives and counts. */

#ifndef VIO_BENCH_LANES_H
#define VIO_BENCH_LANES_H

#include <stdint.h>

#include "frames.h"
#include "options.h"
#include "port.h"
#include "stats.h"

/** What one run over both cores gave. */
struct lanes_result {
	double rate;              /**< Packets a second that arrived. */
	double offered;           /**< Packets a second that the sender tried to send. */
	uint64_t sent;            /**< Packets that entered the first ring. */
	uint64_t received;        /**< Packets that arrived. */
	uint64_t dropped;         /**< Refused by a full ring: when paced, or while forwarding. */
	uint64_t lost;            /**< Neither received nor dropped. */
	struct frame_check check; /**< With --verify. */
	struct stats_hist latency; /**< TSC cycles, with --latency. */
};

/**
 * Run both cores for a while.
 *
 * @param rate     Packets a second to offer, or 0 for as many as the ring takes.
 * @param seconds  Length of the measurement, after a short warm-up.
 * @return         0, or a negative errno after an error line. -EINTR when the user stopped it.
 */
int
lanes_run(const struct bench_config *config, const struct bench_point *point, struct port *port,
	enum bench_direction direction, double rate, double seconds, struct lanes_result *out);

#endif /* VIO_BENCH_LANES_H */
