/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_cases.c - see model_cases.h. */

#include <stdio.h>
#include <stdlib.h>

#include "model_cases.h"
#include "model_eal.h"
#include "model_port.h"

static struct CMUnitTest *cases;
static size_t num_cases;

/** Its name is a TAP directive: cmocka's own skip() is "not ok", which harnesses count as failed. */
static void
skipped(void **state)
{
	(void)state;
}

void
model_case(CMUnitTestFunction run, const void *param, const char *reason, const char *fmt, ...)
{
	char name[128];
	char *full;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	cases = realloc(cases, (num_cases + 1) * sizeof(*cases));
	if (asprintf(&full, reason != NULL ? "%s # SKIP %s" : "%s", name, reason) < 0 || cases == NULL)
		abort();
	cases[num_cases++] = (struct CMUnitTest){
		.name = full,
		.test_func = reason != NULL ? skipped : run,
		.teardown_func = model_port_cleanup,
		.initial_state = (void *)(uintptr_t)param,
	};
}

int
model_cases_run(const char *group)
{
	int failed;

	cmocka_set_test_filter(getenv("MODEL_CASES"));
	failed = _cmocka_run_group_tests(group, cases, num_cases, model_eal_start,
					     model_eal_stop);

	for (size_t i = 0; i < num_cases; i++)
		free((char *)(uintptr_t)cases[i].name);
	free(cases);
	return failed;
}
