/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* unit.h - what each unit test includes first: cmocka and its prerequisites, a log to look at. */
#ifndef UNIT_H
#define UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/** Collect what the library logs from here on, and forget what it logged before. */
void unit_log_start(void);

/** Was a line with @p text in it logged since unit_log_start()? */
bool unit_logged(const char *text);

/** The next of a fixed sequence of pseudo-random numbers (splitmix64). */
uint64_t unit_random(uint64_t *state);

#endif /* UNIT_H */
