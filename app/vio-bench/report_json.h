/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The JSON side of the report. Called by report.c when --json is given. */

#ifndef VIO_BENCH_REPORT_JSON_H
#define VIO_BENCH_REPORT_JSON_H

#include "report.h"

/** Version of the JSON's keys; a change that a reader notices raises it. */
#define REPORT_JSON_VERSION 1

/** Open the document: machine and configuration. 0, or a negative errno after an error line. */
int
report_json_begin(const struct bench_config *config, const struct machine_facts *facts);

/** Append to "driver". */
void
report_json_driver(const struct driver_result *r);

/** Append to "loop". */
void
report_json_loop(const struct loop_result *r);

/** Append to "floor". */
void
report_json_floor(const struct floor_result *r);

/** Append to "layout". */
void
report_json_layout(const char *port, const char *what, const char *text);

/** Write the document and free it. 0, or -EIO after an error line. */
int
report_json_end(bool interrupted);

#endif /* VIO_BENCH_REPORT_JSON_H */
