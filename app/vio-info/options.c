/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* options.c - the command line and its help. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bind.h"
#include "host.h"
#include "options.h"

static const char usage[] =
"vio-info: virtio network cards, what they offer, and what the driver vio would make of them\n"
"\n"
"  vio-info [--registers] [--json] [BDF...]            list network cards, or those at BDF\n"
"  vio-info --vhost-user PATH [--json]                 ask a vhost-user backend\n"
"  vio-info --bind uio_pci_generic|vfio-pci|kernel BDF...\n"
"\n"
"  --registers        ask the devices themselves, where no driver of the kernel and no program\n"
"                     works with them: features, configuration, queues\n"
"  --all              devices of other kinds too\n"
"  --json             for programs\n"
"  --colour WHEN      always, never, or auto: on a terminal (auto)\n"
"  --bind DRIVER      give network cards to a driver; refused where an interface is up or carries\n"
"                     the default route, or where a program has the device open\n"
"  --vhost-user PATH  the backend that listens on this socket\n"
"  --help, --version\n"
"\n"
"Without --registers and --bind only PCI configuration space and sysfs are read.\n"
"Exit status: 0 done, 1 refused, 2 bad options, 3 no such device or no answer.\n";

enum { OPT_REGISTERS = 256, OPT_ALL, OPT_JSON, OPT_COLOUR, OPT_BIND, OPT_BACKEND, OPT_ROOT,
       OPT_HELP, OPT_VERSION };

static const struct option long_options[] = {
	{ "registers", no_argument, NULL, OPT_REGISTERS },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "colour", required_argument, NULL, OPT_COLOUR },
	{ "color", required_argument, NULL, OPT_COLOUR },
	{ "bind", required_argument, NULL, OPT_BIND },
	{ "vhost-user", required_argument, NULL, OPT_BACKEND },
	{ "root", required_argument, NULL, OPT_ROOT }, /* for tests: a folder with sys, proc */
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int
wrong(const char *what, const char *value)
{
	fprintf(stderr, "vio-info: %s%s; see vio-info --help\n", what, value);
	return INFO_USAGE;
}

static int
take_colour(struct options *o, const char *when)
{
	if (strcmp(when, "always") == 0)
		o->colour = 1;
	else if (strcmp(when, "never") == 0)
		o->colour = 0;
	else if (strcmp(when, "auto") != 0)
		return wrong("--colour: always, never or auto, not ", when);
	return -1;
}

static int
take(struct options *o, int option)
{
	switch (option) {
	case OPT_REGISTERS:
		o->registers = true;
		return -1;
	case OPT_ALL:
		o->all_kinds = true;
		return -1;
	case OPT_JSON:
		o->json = true;
		return -1;
	case OPT_COLOUR:
		return take_colour(o, optarg);
	case OPT_BIND:
		o->bind = optarg;
		return bind_target_known(optarg) ? -1 :
		       wrong("--bind: uio_pci_generic, vfio-pci or kernel, not ", optarg);
	case OPT_BACKEND:
		o->backend = optarg;
		return -1;
	case OPT_ROOT:
		host_set_root(optarg);
		return -1;
	case OPT_HELP:
		fputs(usage, stdout);
		return INFO_OK;
	case OPT_VERSION:
		puts("vio-info " INFO_VERSION);
		return INFO_OK;
	default:
		return INFO_USAGE; /* getopt said what */
	}
}

static int
check(const struct options *o)
{
	if (o->backend != NULL && (o->bind != NULL || o->registers || o->bdf_count != 0))
		return wrong("--vhost-user goes with --json and --colour only", "");
	if (o->bind != NULL && o->bdf_count == 0)
		return wrong("--bind: which devices? Give their addresses", "");
	if (o->bind != NULL && o->registers)
		return wrong("--bind and --registers do not go together", "");
	return -1;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	int option, status = -1;

	*o = (struct options){ .colour = -1 };
	while (status == -1 && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		status = take(o, option);
	if (status != -1)
		return status;
	o->bdf = (const char *const *)argv + optind;
	o->bdf_count = argc - optind;
	if (o->colour == -1)
		o->colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	return check(o);
}
