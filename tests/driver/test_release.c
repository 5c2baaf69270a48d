/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_release.c - on which releases of DPDK does the plugin agree to run? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_version.h>

#include "vio.h"

/* The driver's log type, which vio_ethdev.c has. */
int vio_logtype_init;

static void
same_release_matches(void **state)
{
	(void)state;
	assert_true(vio_release_match("DPDK 22.11.0", 22, 11));
	assert_true(vio_release_match("DPDK 25.07.0", 25, 7));
}

static void
updates_of_a_release_match(void **state)
{
	(void)state;
	assert_true(vio_release_match("DPDK 22.11.11", 22, 11));
	assert_true(vio_release_match("DPDK 22.11.11-rc1", 22, 11));
}

static void
other_releases_do_not_match(void **state)
{
	(void)state;
	assert_false(vio_release_match("DPDK 22.07.0", 22, 11));
	assert_false(vio_release_match("DPDK 23.11.0", 22, 11));
	assert_false(vio_release_match("DPDK 22.1.0", 22, 11));
	assert_false(vio_release_match("DPDK 22.111.0", 22, 11));
	assert_false(vio_release_match("DPDK 2.11.0", 22, 11));
	/* The digits of the year and the month, but elsewhere. */
	assert_false(vio_release_match("DPDK 25.22.11", 22, 11));
}

static void
what_is_no_release_does_not_match(void **state)
{
	(void)state;
	assert_false(vio_release_match("", 22, 11));
	assert_false(vio_release_match("DPDK", 22, 11));
	assert_false(vio_release_match("DPDK 22", 22, 11));
}

static void
the_release_built_for_is_accepted(void **state)
{
	(void)state;
	assert_true(vio_release_match(rte_version(), RTE_VER_YEAR, RTE_VER_MONTH));
	assert_true(vio_release_ok());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_release_matches),
		cmocka_unit_test(updates_of_a_release_match),
		cmocka_unit_test(other_releases_do_not_match),
		cmocka_unit_test(what_is_no_release_does_not_match),
		cmocka_unit_test(the_release_built_for_is_accepted),
	};

	return cmocka_run_group_tests_name("release", tests, NULL, NULL);
}
