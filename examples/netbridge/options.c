/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* options.c - see options.h. */

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "options.h"

const char options_usage[] =
"netbridge: a DPDK port as an interface of this machine's network stack\n"
"\n"
"  netbridge [EAL options] [-- options]\n"
"\n"
"Packets go both ways between a port (EAL's -a or --vdev) and a TAP, which takes over the port's\n"
"MAC address, MTU and link. Checksums, TSO and LRO are carried through where the port does them.\n"
"The first lcore is for control, each other one serves a queue pair.\n"
"\n"
"  --tap NAME        the interface (vio%d; the kernel puts a number for %d)\n"
"  --port NAME       which port, where EAL finds several\n"
"  --queues N        queue pairs (as many as lcores and the port allow)\n"
"  --offloads LIST   of tx-csum, tso, rx-csum, lro; all or none (all)\n"
"  --mtu N           bytes (1500, up to 9000)\n"
"  --idle USEC       sleep so long when nothing comes (0: poll all the time; up to 100000)\n"
"  --promiscuous     receive packets for other addresses, as for a bridge that the TAP is in\n"
"  --persist         leave the interface in place at the end, for the next run\n"
"  --down            do not bring the interface up\n"
"  --mbufs N         packet buffers of 2 KB, each way (8192)\n"
"  --descriptors N   of each ring (256)\n"
"  --help\n"
"\n"
"  netbridge --no-pci --single-file-segments -l 0,1 -d librte_net_vio.so \\\n"
"      --vdev net_vio_user0,path=/tmp/a -- --tap lan0\n"
"\n"
"SIGINT and SIGTERM end it, SIGUSR1 has it write its counters, which it does at the end too.\n"
"Exit status: 0 ended, 1 cannot run or the device is lost, 2 bad options.\n";

enum option_key {
	OPTION_HELP = 'h',
	OPTION_TAP = 256,
	OPTION_PORT,
	OPTION_OFFLOADS,
	OPTION_PROMISCUOUS,
	OPTION_PERSIST,
	OPTION_DOWN,
	OPTION_QUEUES, /* from here on those with a number */
	OPTION_MTU,
	OPTION_IDLE,
	OPTION_MBUFS,
	OPTION_DESCRIPTORS,
};

static const struct option list[] = {
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "tap", required_argument, NULL, OPTION_TAP },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "offloads", required_argument, NULL, OPTION_OFFLOADS },
	{ "promiscuous", no_argument, NULL, OPTION_PROMISCUOUS },
	{ "persist", no_argument, NULL, OPTION_PERSIST },
	{ "down", no_argument, NULL, OPTION_DOWN },
	{ "queues", required_argument, NULL, OPTION_QUEUES },
	{ "mtu", required_argument, NULL, OPTION_MTU },
	{ "idle", required_argument, NULL, OPTION_IDLE },
	{ "mbufs", required_argument, NULL, OPTION_MBUFS },
	{ "descriptors", required_argument, NULL, OPTION_DESCRIPTORS },
	{ NULL, 0, NULL, 0 },
};

static const struct option_number {
	const char *name;
	size_t offset; /**< of an uint32_t in struct options */
	unsigned long min;
	unsigned long max;
	uint32_t initial;
} numbers[] = {
#define NUMBER(key, name, member, min, max, initial) \
	[key - OPTION_QUEUES] = { name, offsetof(struct options, member), min, max, initial }
	NUMBER(OPTION_QUEUES, "--queues", queues, 1, NB_QUEUES_MAX, 0),
	NUMBER(OPTION_MTU, "--mtu", mtu, RTE_ETHER_MIN_MTU, NB_MTU_MAX, RTE_ETHER_MTU),
	NUMBER(OPTION_IDLE, "--idle", idle_us, 0, 100000, 0),
	NUMBER(OPTION_MBUFS, "--mbufs", mbufs, 1024, 1 << 24, 8192),
	NUMBER(OPTION_DESCRIPTORS, "--descriptors", descriptors, 32, 32768, 256),
#undef NUMBER
};

static uint32_t *
place(struct options *options, const struct option_number *number)
{
	return RTE_PTR_ADD(options, number->offset);
}

static int
take_number(struct options *options, const struct option_number *number, const char *text)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 || n < number->min ||
	    n > number->max) {
		nb_log("%s: '%s' is no number from %lu to %lu", number->name, text, number->min,
		       number->max);
		return -EINVAL;
	}
	*place(options, number) = (uint32_t)n;
	return 0;
}

static const struct {
	const char *name;
	uint32_t offload;
	uint32_t needs;
} offloads[] = {
	{ "tx-csum", NB_TX_CSUM, 0 },
	{ "tso", NB_TSO, NB_TX_CSUM },
	{ "rx-csum", NB_RX_CSUM, 0 },
	{ "lro", NB_LRO, NB_RX_CSUM },
	{ "all", NB_TX_CSUM | NB_TSO | NB_RX_CSUM | NB_LRO, 0 },
	{ "none", 0, 0 },
};

/** Words between commas. */
static int
take_offloads(uint32_t *set, const char *words)
{
	*set = 0;
	for (const char *word = words;; word++) {
		const size_t len = strcspn(word, ",");
		unsigned int i;

		for (i = 0; i < RTE_DIM(offloads); i++)
			if (strlen(offloads[i].name) == len &&
			    strncmp(offloads[i].name, word, len) == 0)
				break;
		if (i == RTE_DIM(offloads)) {
			nb_log("--offloads: '%.*s' is none of tx-csum, tso, rx-csum, lro, all, "
			       "none", (int)len, word);
			return -EINVAL;
		}
		*set |= offloads[i].offload;
		word += len;
		if (*word == '\0')
			break;
	}
	for (unsigned int i = 0; i < RTE_DIM(offloads); i++)
		if ((*set & offloads[i].offload) &&
		    (*set & offloads[i].needs) != offloads[i].needs) {
			nb_log("--offloads: %s needs %s too", offloads[i].name,
			       offloads[i].needs == NB_TX_CSUM ? "tx-csum" : "rx-csum");
			return -EINVAL;
		}
	return 0;
}

static int
take(struct options *options, int option, const char *argument)
{
	if (option >= OPTION_QUEUES)
		return take_number(options, &numbers[option - OPTION_QUEUES], argument);
	switch (option) {
	case OPTION_HELP:
		options->help = true;
		return 0;
	case OPTION_TAP:
		options->tap = argument;
		return 0;
	case OPTION_PORT:
		options->port = argument;
		return 0;
	case OPTION_OFFLOADS:
		return take_offloads(&options->offloads, argument);
	case OPTION_PROMISCUOUS:
		options->promiscuous = true;
		return 0;
	case OPTION_PERSIST:
		options->persist = true;
		return 0;
	case OPTION_DOWN:
		options->down = true;
		return 0;
	default:
		/* getopt_long() has said what is wrong. */
		return -EINVAL;
	}
}

int
options_parse(struct options *options, int argc, char **argv)
{
	int option, ret;

	*options = (struct options){ .tap = "vio%d" };
	ret = take_offloads(&options->offloads, "all");
	for (unsigned int i = 0; i < RTE_DIM(numbers); i++)
		*place(options, &numbers[i]) = numbers[i].initial;
	optind = 0;
	while (ret == 0 && (option = getopt_long(argc, argv, "h", list, NULL)) != -1)
		ret = take(options, option, optarg);
	if (ret == 0 && optind < argc) {
		nb_log("'%s' is not understood; netbridge --help has the options", argv[optind]);
		ret = -EINVAL;
	}
	return ret;
}
