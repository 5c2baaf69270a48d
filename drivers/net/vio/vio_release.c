/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_release.c - is the running DPDK the release that the plugin was built for? The driver API has
 * no stable ABI between releases: on another one structures differ, and anything could happen.
 */

#include <stdio.h>

#include <rte_version.h>

#include "vio.h"
#include "vio_compat.h"

bool
vio_release_match(const char *running, unsigned int year, unsigned int month)
{
	unsigned int y, m;

	/* "DPDK 22.11.11": updates of one release keep the driver API as it is. */
	return sscanf(running, "%*[^0-9]%u.%u", &y, &m) == 2 && y == year && m == month;
}

bool
vio_release_ok(void)
{
	if (vio_release_match(rte_version(), RTE_VER_YEAR, RTE_VER_MONTH))
		return true;
	VIO_LOG(init, ERR, "this plugin was built for DPDK %u.%02u and does not run on %s; "
		"build it again against the installed DPDK", RTE_VER_YEAR, RTE_VER_MONTH,
		rte_version());
	return false;
}
