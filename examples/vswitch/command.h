/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* command.h - the language of the control socket: a line of words, one command. */

#ifndef VS_COMMAND_H
#define VS_COMMAND_H

#include "vlan.h"

/** Longest line, with its end. */
#define COMMAND_LINE_MAX 1024
/** Longest device arguments, with their end. */
#define COMMAND_DEVARGS_MAX 512
#define COMMAND_PORT_MAX 64
#define COMMAND_ERROR_MAX 256

/** VLAN of a port of which nothing is said. */
#define COMMAND_VLAN_DEFAULT 1

enum command_verb {
	COMMAND_PORTS,    /**< show ports */
	COMMAND_FDB,      /**< show addresses */
	COMMAND_FLUSH,    /**< forget addresses */
	COMMAND_STATS,    /**< show counters */
	COMMAND_WORKERS,  /**< show who polls what */
	COMMAND_VLANS,    /**< show VLANs */
	COMMAND_SET_VLAN, /**< change a port's VLANs */
	COMMAND_ADD_PORT,
	COMMAND_DEL_PORT,
};

/** A command that was understood. */
struct command {
	enum command_verb verb;
	char port[COMMAND_PORT_MAX];       /**< a port's name; empty: all */
	char devargs[COMMAND_DEVARGS_MAX]; /**< of add-port */
	int vlan;                          /**< of fdb and flush; -1: any */
	struct vlan_rules rules;           /**< of add-port and vlan */
};

/** What can be said, one command a line. */
extern const char command_help[];

/**
 * Understand a line.
 * @param error  a sentence where the result is -EINVAL
 */
int command_parse(struct command *command, const char *line, char error[COMMAND_ERROR_MAX]);

#endif /* VS_COMMAND_H */
