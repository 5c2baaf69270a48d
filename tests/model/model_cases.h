/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_cases.h - cases of a test program that are made in loops: one a path, one a fault. */
#ifndef MODEL_CASES_H
#define MODEL_CASES_H

#include "unit.h"

/**
 * Add a case.
 * @param reason  why it cannot run here: it is skipped then, and its name says so; NULL: it runs
 * @param param   what the case finds at *state
 * @param fmt     its name
 */
void model_case(CMUnitTestFunction run, const void *param, const char *reason,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** Run them all, or those whose names match $MODEL_CASES (*, ?). @return exit status */
int model_cases_run(const char *group);

#endif /* MODEL_CASES_H */
