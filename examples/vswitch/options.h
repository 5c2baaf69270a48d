/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* options.h - the command line behind "--". */

#ifndef VS_OPTIONS_H
#define VS_OPTIONS_H

#include "command.h"
#include "vswitch.h"

/** Commands that are carried out at the start: --port, --vlan. */
#define OPTIONS_COMMANDS_MAX (2 * VS_PORTS_MAX)

#define OPTIONS_SOCKET_DEFAULT "/run/vswitch.sock"

/** What was asked for. */
struct options {
	struct vs_config config;
	bool help;
	unsigned int commands;
	struct command command[OPTIONS_COMMANDS_MAX];
};

extern const char options_usage[];

/**
 * Understand the arguments; argv[0] is the program's name.
 * @return -EINVAL: a line on stderr says what is wrong
 */
int options_parse(struct options *options, int argc, char **argv);

#endif /* VS_OPTIONS_H */
