/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * list_cases.c - preloaded into a cmocka program it prints the names of the program's cases instead
 * of running them: names that are made in loops can be had in no other way.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

int _cmocka_run_group_tests(const char *group_name, const struct CMUnitTest * const tests,
			    const size_t num_tests, CMFixtureFunction group_setup,
			    CMFixtureFunction group_teardown);

int
_cmocka_run_group_tests(const char *group_name, const struct CMUnitTest * const tests,
			const size_t num_tests, CMFixtureFunction group_setup,
			CMFixtureFunction group_teardown)
{
	(void)group_name;
	(void)group_setup;
	(void)group_teardown;
	for (size_t i = 0; i < num_tests; i++)
		puts(tests[i].name);
	return 0;
}
