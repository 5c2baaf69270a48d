/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* report.h - commands are carried out, and the answers made as JSON. Control thread. */

#ifndef VS_REPORT_H
#define VS_REPORT_H

#include "command.h"
#include "vswitch.h"

/**
 * Carry out a line.
 * @return a line of JSON, an object with "error" where it failed, to be freed; NULL: no memory
 */
char *report_answer(struct vs_switch *sw, const char *line);

/** Carry out a command that changes something. */
int report_change(struct vs_switch *sw, const struct command *command, struct vs_error *error);

#endif /* VS_REPORT_H */
