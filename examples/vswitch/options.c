/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* options.c - see options.h. */

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define AGE_DEFAULT 300
#define AGE_MAX 1000000 /* ms of it fit into 31 bits */
#define FDB_SIZE_DEFAULT 8192
#define FDB_SIZE_MAX (1 << 20)
#define MBUFS_DEFAULT 16384
#define MBUFS_MAX (1 << 24)
#define MTU_MIN 68

const char options_usage[] =
"vswitch: an Ethernet switch between DPDK ports\n"
"\n"
"  vswitch [EAL options] [-- options]\n"
"\n"
"The first lcore is for control, each other one forwards. Ports are those that EAL finds\n"
"(-a, --vdev), those of --port, and those that vswitchctl adds later.\n"
"\n"
"  --port 'DEVARGS [VLANS]'   a port, as in vswitchctl's add-port\n"
"  --vlan 'PORT VLANS'        VLANs of a port that EAL finds, as in vswitchctl's vlan\n"
"  --socket PATH              control socket (" OPTIONS_SOCKET_DEFAULT ")\n"
"  --age SECONDS              forget an address that was not seen for so long (300; 0: never)\n"
"  --fdb-size N               addresses that are remembered (8192)\n"
"  --port-macs N              of these, behind one port (a quarter)\n"
"  --mtu N                    bytes of the longest packet (1500, up to 9000)\n"
"  --mbufs N                  packet buffers of 2 KB for all ports (16384)\n"
"  --help\n"
"\n"
"VLANS is access VLAN or trunk LIST [native VLAN]; a port of which nothing is said is\n"
"access 1. Two guests:\n"
"\n"
"  vswitch --no-pci -l 0,1 -- --port net_vhost0,iface=/tmp/a --port net_vhost1,iface=/tmp/b\n"
"\n"
"SIGINT and SIGTERM end it. Exit status: 0 ended, 1 cannot run, 2 bad options.\n";

enum option_key {
	OPTION_HELP = 'h',
	OPTION_PORT = 256,
	OPTION_VLAN,
	OPTION_SOCKET,
	OPTION_AGE,
	OPTION_FDB_SIZE,
	OPTION_PORT_MACS,
	OPTION_MTU,
	OPTION_MBUFS,
};

static const struct option_range {
	const char *name;
	unsigned long min;
	unsigned long max;
} ranges[] = {
	[OPTION_AGE - OPTION_PORT] = { "--age", 0, AGE_MAX },
	[OPTION_FDB_SIZE - OPTION_PORT] = { "--fdb-size", 1, FDB_SIZE_MAX },
	[OPTION_PORT_MACS - OPTION_PORT] = { "--port-macs", 1, FDB_SIZE_MAX },
	[OPTION_MTU - OPTION_PORT] = { "--mtu", MTU_MIN, VS_MTU_MAX },
	[OPTION_MBUFS - OPTION_PORT] = { "--mbufs", 1024, MBUFS_MAX },
};

static int
number(int option, const char *text, uint32_t *value)
{
	const struct option_range *range = &ranges[option - OPTION_PORT];
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 || n < range->min ||
	    n > range->max) {
		vs_log("%s: '%s' is no number from %lu to %lu", range->name, text, range->min,
		       range->max);
		return -EINVAL;
	}
	*value = (uint32_t)n;
	return 0;
}

/** A line of the control socket's language: VERB and the option's argument. */
static int
command(struct options *options, const char *option, const char *verb, const char *argument)
{
	char line[COMMAND_LINE_MAX];
	char error[COMMAND_ERROR_MAX];
	struct command *c = &options->command[options->commands];

	if (options->commands == OPTIONS_COMMANDS_MAX) {
		vs_log("%s: more than %u of these", option, OPTIONS_COMMANDS_MAX);
		return -EINVAL;
	}
	if (snprintf(line, sizeof(line), "%s %s", verb, argument) >= (int)sizeof(line)) {
		vs_log("%s: its argument is too long", option);
		return -EINVAL;
	}
	if (command_parse(c, line, error) != 0) {
		vs_log("%s '%s': %s", option, argument, error);
		return -EINVAL;
	}
	if (c->verb != COMMAND_ADD_PORT && c->verb != COMMAND_SET_VLAN) {
		vs_log("%s: a port is missing", option);
		return -EINVAL;
	}
	options->commands++;
	return 0;
}

static int
take(struct options *options, int option, const char *argument)
{
	struct vs_config *config = &options->config;

	switch (option) {
	case OPTION_HELP:
		options->help = true;
		return 0;
	case OPTION_PORT:
		return command(options, "--port", "add-port", argument);
	case OPTION_VLAN:
		return command(options, "--vlan", "vlan", argument);
	case OPTION_SOCKET:
		config->socket = argument;
		return 0;
	case OPTION_AGE:
		return number(option, argument, &config->age_s);
	case OPTION_FDB_SIZE:
		return number(option, argument, &config->fdb_size);
	case OPTION_PORT_MACS:
		return number(option, argument, &config->port_macs);
	case OPTION_MTU:
		return number(option, argument, &config->mtu);
	case OPTION_MBUFS:
		return number(option, argument, &config->mbufs);
	default:
		/* getopt_long() has said what is wrong. */
		return -EINVAL;
	}
}

int
options_parse(struct options *options, int argc, char **argv)
{
	static const struct option list[] = {
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "port", required_argument, NULL, OPTION_PORT },
		{ "vlan", required_argument, NULL, OPTION_VLAN },
		{ "socket", required_argument, NULL, OPTION_SOCKET },
		{ "age", required_argument, NULL, OPTION_AGE },
		{ "fdb-size", required_argument, NULL, OPTION_FDB_SIZE },
		{ "port-macs", required_argument, NULL, OPTION_PORT_MACS },
		{ "mtu", required_argument, NULL, OPTION_MTU },
		{ "mbufs", required_argument, NULL, OPTION_MBUFS },
		{ NULL, 0, NULL, 0 },
	};
	int option, ret = 0;

	memset(options, 0, sizeof(*options));
	options->config = (struct vs_config){
		.socket = OPTIONS_SOCKET_DEFAULT,
		.age_s = AGE_DEFAULT,
		.fdb_size = FDB_SIZE_DEFAULT,
		.mtu = VS_MTU_DEFAULT,
		.mbufs = MBUFS_DEFAULT,
	};
	optind = 0;
	while (ret == 0 && (option = getopt_long(argc, argv, "h", list, NULL)) != -1)
		ret = take(options, option, optarg);
	if (ret == 0 && optind < argc) {
		vs_log("'%s' is not understood; vswitch --help has the options", argv[optind]);
		ret = -EINVAL;
	}
	if (options->config.port_macs == 0)
		options->config.port_macs = RTE_MAX(options->config.fdb_size / 4, 1U);
	return ret;
}
