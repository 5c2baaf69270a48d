/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* One port and one direction of the driver mode: groups of timed bursts. */

#ifndef VIO_BENCH_SAMPLER_H
#define VIO_BENCH_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "frames.h"
#include "options.h"
#include "port.h"

/** State that goes from one group to the next. */
struct sampler {
	const struct bench_config *config;
	const struct bench_point *point;
	struct port *port;
	enum bench_direction direction;
	double overhead;            /**< TSC cycles of a pair of time stamps. */
	unsigned int window;        /**< Bursts between two time stamps. */
	unsigned int windows;       /**< Windows of a group. */

	struct rte_mbuf **ready;    /**< rx: the device's frames; tx: frames not yet sent. */
	struct rte_mbuf **moved;    /**< Frames that came out of the timed side's peer. */
	unsigned int ready_count;
	unsigned int capacity;      /**< Frames of a window. */
	unsigned int outstanding;   /**< Frames in the ring that did not come out yet. */

	uint64_t sequence;          /**< Number of the next frame. */
	struct frame_check check;
	bool fault_done;            /**< The fault that was ordered has been made. */

	uint64_t cycles;            /**< Of the current group. */
	uint64_t moved_in_group;    /**< Packets of the current group. */
	uint64_t packets;
	uint64_t short_bursts;
	unsigned int empty_groups;  /**< Groups in a row without a packet. */
};

/** Frames that a sampler keeps outside the rings at this point. */
unsigned int
sampler_frames(const struct bench_config *config, const struct bench_point *point);

/** Allocate what a sampler needs. 0 or -ENOMEM after an error line. */
int
sampler_init(struct sampler *s, const struct bench_config *config, const struct bench_point *point,
	struct port *port, enum bench_direction direction, double overhead);

/** Cycles per packet of one group, or a negative number when no packet moved. */
double
sampler_group(struct sampler *s);

/** Three groups in a row moved nothing. */
bool
sampler_starved(const struct sampler *s);

/** Take out what is still in the ring; what stays is counted as lost. Frees the sampler. */
void
sampler_finish(struct sampler *s);

#endif /* VIO_BENCH_SAMPLER_H */
