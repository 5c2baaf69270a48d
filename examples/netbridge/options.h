/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* options.h - the command line, behind EAL's. */
#ifndef NETBRIDGE_OPTIONS_H
#define NETBRIDGE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "netbridge.h"

struct options {
	const char *tap;
	const char *port; /**< NULL: the only one */
	uint32_t queues;  /**< pairs, 0: as many as possible */
	uint32_t offloads; /**< of enum nb_offload */
	uint32_t mtu;
	uint32_t mbufs;
	uint32_t descriptors;
	uint32_t idle_us;
	bool promiscuous;
	bool persist;
	bool down;
	bool help;
};

extern const char options_usage[];

/** @return 0; -EINVAL: a sentence was logged */
int options_parse(struct options *options, int argc, char **argv);

#endif /* NETBRIDGE_OPTIONS_H */
