/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* options.h - the command line. */
#ifndef INFO_OPTIONS_H
#define INFO_OPTIONS_H

#include <stdbool.h>

/** Exit statuses. */
enum {
	INFO_OK = 0,
	INFO_REFUSED = 1, /**< not bound, for a reason that was told */
	INFO_USAGE = 2,
	INFO_CANNOT = 3,  /**< no such device, nobody answers, no permission */
};

struct options {
	bool json;
	bool registers;          /**< ask devices that nobody drives */
	bool all_kinds;          /**< not only network cards */
	int colour;              /**< -1: where standard output is a terminal */
	const char *backend;     /**< socket of a vhost-user backend, or NULL */
	const char *bind;        /**< driver to bind to, or NULL */
	const char *const *bdf;  /**< functions that are meant; none: all */
	int bdf_count;
};

/**
 * Parse; says on standard error what is wrong.
 * @return -1 to go on, else the exit status
 */
int options_parse(struct options *o, int argc, char **argv);

#endif /* INFO_OPTIONS_H */
