/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Results as a table for people and as JSON for programs. */

#ifndef VIO_BENCH_REPORT_H
#define VIO_BENCH_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "facts.h"
#include "frames.h"
#include "options.h"
#include "port.h"
#include "stats.h"

/** What was found out about the packets of one side. */
struct check_result {
	uint64_t lost;
	uint64_t duplicated;
	uint64_t reordered;
	uint64_t corrupt;
	uint64_t bad_mbuf;
	unsigned int leaked;       /**< mbufs that were not in their pool at the end. */
	char first[256];           /**< The first fault, as a sentence; "" for none. */
};

/** Driver mode: one side of one measurement. */
struct driver_side {
	char driver[PORT_NAME_MAX];
	char mode[PORT_MODE_MAX];  /**< Burst mode, or "-". */
	bool starved;              /**< The driver moved nothing. */
	bool fast_free;
	uint64_t features;
	struct stats_summary cycles; /**< TSC cycles per packet of each group. */
	uint64_t packets;
	uint64_t short_bursts;     /**< Burst calls that moved fewer packets than asked for. */
	struct check_result check;
};

/** Driver mode: one measurement. */
struct driver_result {
	struct bench_point point;
	enum bench_direction direction;
	unsigned int sides;
	struct driver_side side[2];
	struct stats_summary ratio; /**< A/B of each round's medians; n is 0 without. */
};

/** Loop mode: one side of one measurement. */
struct loop_side {
	char driver[PORT_NAME_MAX];
	char rx_mode[PORT_MODE_MAX];
	char tx_mode[PORT_MODE_MAX];
	struct stats_summary rate;      /**< Packets a second of each round. */
	struct stats_summary offered;   /**< Packets a second offered, of each round. */
	uint64_t sent;                  /**< Packets that entered the path. */
	uint64_t received;              /**< Packets that left it. */
	uint64_t dropped;               /**< Packets refused at its entry or within it. */
	double latency_us[3];           /**< p50, p99, p99.9; 0 without --latency. */
	double latency_max_us;
	struct stats_summary zero_loss; /**< Packets a second without loss, of each round. */
	struct check_result check;
};

/** Loop mode: one measurement. */
struct loop_result {
	struct bench_point point;
	enum bench_direction direction;
	unsigned int sides;
	struct loop_side side[2];
	struct stats_summary ratio;  /**< A/B of the rates of each round; n is 0 without. */
};

/** Floor mode: one loop. */
struct floor_result {
	const char *name;
	uint16_t burst;
	uint16_t ring_size;
	struct stats_summary cycles;
};

/** Start the report: print the machine. 0, or -ENOMEM, -EIO after an error line. */
int
report_begin(const struct bench_config *config, const struct machine_facts *facts);

/** One measurement of the driver mode. */
void
report_driver(const struct driver_result *result);

/** One measurement of the loop mode. */
void
report_loop(const struct loop_result *result);

/** One loop of the floor mode. */
void
report_floor(const struct floor_result *result);

/** Where memory is, for --layout. One line of text, one key in JSON. */
void
report_layout(const char *port, const char *what, const char *text);

/** Add a checker's findings. */
void
report_add_check(struct check_result *out, const struct frame_check *check);

/** True when a check found something wrong. */
bool
report_check_failed(const struct check_result *check);

/**
 * End the report and write the JSON file.
 *
 * @param interrupted  The run was cut short.
 * @return             0, or -EIO after an error line.
 */
int
report_end(bool interrupted);

#endif /* VIO_BENCH_REPORT_H */
