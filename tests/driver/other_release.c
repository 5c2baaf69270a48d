/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* other_release.c - an rte_version() to be preloaded: a release that vio was not built for. */

const char *rte_version(void);

const char *
rte_version(void)
{
	return "DPDK 19.02.7";
}
