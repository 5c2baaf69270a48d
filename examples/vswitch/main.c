/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vswitch: an Ethernet switch between DPDK ports. The control thread. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "control.h"
#include "options.h"
#include "ports.h"
#include "report.h"
#include "workers.h"

#define EXIT_USAGE 2

#define TICK_MS 100
#define SLOW_MS 1000

#define MBUF_CACHE 256

static struct options options;
static struct control control = { .fd = -1 };

static uint32_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static void
quiesce(void *arg)
{
	vs_quiesce(arg);
}

/** All but ports. */
static int
switch_create(struct vs_switch *sw, const struct vs_config *config, struct vs_error *error)
{
	const struct fdb_config fdb = {
		.capacity = config->fdb_size,
		.port_share = config->port_macs,
		.age_ms = config->age_s * 1000,
		.quiesce = quiesce,
		.quiesce_arg = sw,
	};

	sw->config = *config;
	sw->max_frame = config->mtu + VS_OVERHEAD;
	sw->clock_ms = now_ms();
	sw->events.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sw->events.wake < 0)
		return vs_fail(error, -errno, "no eventfd (%s)", strerror(errno));
	sw->fdb = fdb_create(&fdb);
	if (sw->fdb == NULL)
		return vs_fail(error, -rte_errno,
			       "no memory for %u addresses (%s): lower --fdb-size or "
			       "raise EAL's -m",
			       config->fdb_size, rte_strerror(rte_errno));
	sw->pool = rte_pktmbuf_pool_create("vswitch", config->mbufs, MBUF_CACHE, 0,
					   RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (sw->pool == NULL)
		return vs_fail(error, -rte_errno,
			       "no memory for %u mbufs (%s): lower --mbufs or raise "
			       "EAL's -m",
			       config->mbufs, rte_strerror(rte_errno));
	/* A cache holds up to one and a half of its size; a burst is on its way. */
	sw->mbufs_promised = rte_lcore_count() * (MBUF_CACHE * 3 / 2 + VS_BURST);
	return workers_start(sw, error);
}

static void
switch_destroy(struct vs_switch *sw)
{
	ports_close(sw);
	workers_stop(sw);
	rte_mempool_free(sw->pool);
	fdb_destroy(sw->fdb);
	if (sw->events.wake >= 0)
		close(sw->events.wake);
	rte_free(sw);
}

/** The ports that EAL has found, and what the options say. */
static int
first_ports(struct vs_switch *sw, struct vs_error *error)
{
	struct vlan_rules rules;
	uint16_t id;
	int ret = 0;

	vlan_rules_access(&rules, COMMAND_VLAN_DEFAULT);
	RTE_ETH_FOREACH_DEV(id) {
		if (ret == 0)
			ret = port_adopt(sw, id, &rules, error);
	}
	for (unsigned int i = 0; ret == 0 && i < options.commands; i++)
		ret = report_change(sw, &options.command[i], error);
	return ret;
}

static char *
answer(void *arg, const char *line)
{
	return report_answer(arg, line);
}

static int
open_control(struct vs_switch *sw, struct vs_error *error)
{
	const char *path = sw->config.socket;
	int ret = control_open(&control, path, answer, sw);

	switch (ret) {
	case 0:
		return 0;
	case -EADDRINUSE:
		return vs_fail(error, ret, "%s: another vswitch listens there; give each its own "
			       "--socket", path);
	case -EEXIST:
		return vs_fail(error, ret, "%s is there and no socket: give another --socket",
			       path);
	default:
		return vs_fail(error, ret, "%s: no socket can be made there (%s): give another "
			       "--socket", path, strerror(-ret));
	}
}

/** What the control thread does until a signal comes. */
static void
run(struct vs_switch *sw, int signals)
{
	uint32_t slow_at = now_ms();
	struct signalfd_siginfo info;

	for (;;) {
		struct pollfd fds[CONTROL_FDS + 2] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = sw->events.wake, .events = POLLIN },
		};
		const unsigned int count = control_poll(&control, fds + 2);
		uint64_t woken;
		bool slow;

		if (poll(fds, count + 2, TICK_MS) < 0)
			memset(fds, 0, sizeof(fds));
		__atomic_store_n(&sw->clock_ms, now_ms(), __ATOMIC_RELAXED);
		if (fds[0].revents != 0 && read(signals, &info, sizeof(info)) == sizeof(info)) {
			vs_log("%s, ending", strsignal((int)info.ssi_signo));
			return;
		}
		if (fds[1].revents != 0 && read(sw->events.wake, &woken, sizeof(woken)) < 0)
			vs_log("eventfd: %s", strerror(errno));
		control_serve(&control, fds + 2, count, sw->clock_ms);
		slow = sw->clock_ms - slow_at >= SLOW_MS;
		ports_handle_events(sw, slow);
		if (slow) {
			slow_at = sw->clock_ms;
			fdb_age(sw->fdb, sw->clock_ms);
		}
	}
}

/** For all threads to be: the signals come to signalfd only. */
static int
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int
switch_main(int signals)
{
	struct vs_switch *sw = rte_zmalloc("vswitch", sizeof(*sw), RTE_CACHE_LINE_SIZE);
	struct vs_error error;
	int ret;

	if (sw == NULL) {
		vs_log("no memory: raise EAL's -m");
		return EXIT_FAILURE;
	}
	ret = switch_create(sw, &options.config, &error);
	if (ret == 0)
		ret = open_control(sw, &error);
	if (ret == 0)
		ret = first_ports(sw, &error);
	if (ret == 0) {
		vs_log("ready, %u worker(s), %s", sw->workers, sw->config.socket);
		run(sw, signals);
	} else {
		vs_log("%s", error.text);
	}
	control_close(&control);
	switch_destroy(sw);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	int dashes, signals, status;

	for (dashes = 1; dashes < argc && strcmp(argv[dashes], "--") != 0; dashes++)
		options.help |= strcmp(argv[dashes], "--help") == 0 ||
				strcmp(argv[dashes], "-h") == 0;
	if (!options.help && dashes < argc) {
		char *dash = argv[dashes];

		argv[dashes] = argv[0];
		status = options_parse(&options, argc - dashes, argv + dashes);
		argv[dashes] = dash;
	} else {
		const bool help = options.help;

		status = options_parse(&options, 1, argv);
		options.help = help;
	}
	if (options.help) {
		fputs(options_usage, stdout);
		return EXIT_SUCCESS;
	}
	if (status != 0)
		return EXIT_USAGE;
	signals = block_signals();
	if (signals < 0) {
		vs_log("no signalfd (%s)", strerror(errno));
		return EXIT_FAILURE;
	}
	if (rte_eal_init(argc, argv) < 0) {
		vs_log("EAL does not start (%s); its messages are above", rte_strerror(rte_errno));
		return EXIT_FAILURE;
	}
	status = switch_main(signals);
	rte_eal_cleanup();
	close(signals);
	return status;
}
