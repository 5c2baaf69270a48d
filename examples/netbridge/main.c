/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* netbridge: a DPDK port as an interface of this machine's network stack. The control thread. */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "bridge.h"
#include "options.h"
#include "port.h"
#include "tap.h"

#define EXIT_USAGE 2

/** Milliseconds between looks at the link. */
#define TICK_MS 100

static struct options options;
static struct port port;
static struct tap tap = { .control = -1 };
static struct bridge *bridges[NB_QUEUES_MAX];
static int stop;

static const struct {
	const char *name;
	size_t offset;
} counters[] = {
#define COUNTER(member) { #member, offsetof(struct bridge_counters, member) }
	COUNTER(to_port), COUNTER(to_port_bytes), COUNTER(to_port_cut),
	COUNTER(to_tap), COUNTER(to_tap_bytes), COUNTER(to_tap_joined),
	COUNTER(port_full), COUNTER(no_mbufs),
	COUNTER(drop_length), COUNTER(drop_header), COUNTER(drop_unsendable),
	COUNTER(drop_received), COUNTER(drop_tap),
#undef COUNTER
};

/** A line for each counter: the sum, and each queue pair's. */
static void
print_counters(void)
{
	for (unsigned int i = 0; i < RTE_DIM(counters); i++) {
		uint64_t sum = 0;

		for (uint16_t q = 0; q < port.queues && bridges[q] != NULL; q++)
			sum += __atomic_load_n((uint64_t *)RTE_PTR_ADD(&bridges[q]->counters,
				counters[i].offset), __ATOMIC_RELAXED);
		printf("%-16s %20" PRIu64, counters[i].name, sum);
		for (uint16_t q = 0; port.queues > 1 && q < port.queues && bridges[q] != NULL; q++)
			printf(" %18" PRIu64, __atomic_load_n((uint64_t *)RTE_PTR_ADD(
				&bridges[q]->counters, counters[i].offset), __ATOMIC_RELAXED));
		putchar('\n');
	}
	fflush(stdout);
}

static struct bridge *
new_bridge(uint16_t queue, unsigned int lcore)
{
	struct bridge *b = rte_zmalloc_socket("bridge", sizeof(*b), RTE_CACHE_LINE_SIZE,
					      (int)rte_lcore_to_socket_id(lcore));

	if (b == NULL)
		return NULL;
	b->port = port.id;
	b->queue = queue;
	b->tap = &tap;
	b->pool = port.tx_pool;
	b->offloads = port.tx_offloads;
	b->max_frame = port.mtu + NB_OVERHEAD;
	b->idle_us = options.idle_us;
	b->stop = &stop;
	return b;
}

static int
launch(void)
{
	uint16_t queue = 0;
	unsigned int lcore;

	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (queue == port.queues)
			break;
		bridges[queue] = new_bridge(queue, lcore);
		if (bridges[queue] == NULL) {
			nb_log("no memory: raise EAL's -m");
			return -ENOMEM;
		}
		rte_eal_remote_launch(bridge_run, bridges[queue++], lcore);
	}
	return 0;
}

static int
start(void)
{
	struct tap_config config = {
		.name = options.tap,
		.persist = options.persist,
	};
	int ret = port_open(&port, &options, rte_lcore_count() - 1);

	if (ret != 0)
		return ret;
	config.queues = port.queues;
	config.offloads = port_tap_offloads(&port);
	config.mtu = port.mtu;
	config.mac = port.mac;
	ret = tap_open(&tap, &config);
	if (ret == 0)
		ret = port_start(&port, &options);
	if (ret == 0)
		ret = launch();
	if (ret == 0 && !options.down)
		ret = tap_up(&tap);
	return ret;
}

static void
end(void)
{
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	rte_eal_mp_wait_lcore();
	for (uint16_t q = 0; q < RTE_DIM(bridges) && bridges[q] != NULL; q++) {
		bridge_clear(bridges[q]);
		rte_free(bridges[q]);
		bridges[q] = NULL;
	}
	tap_close(&tap);
	port_close(&port);
}

/** Until a signal ends it, or the device. @return exit status */
static int
run(int signals)
{
	struct pollfd fd = { .fd = signals, .events = POLLIN };
	struct signalfd_siginfo info;

	for (;;) {
		tap_set_carrier(&tap, port_link(&port));
		if (__atomic_load_n(&port.device_lost, __ATOMIC_ACQUIRE) != 0) {
			nb_log("%s: the device is gone or broke the rules (the driver says which), "
			       "ending", port.name);
			return EXIT_FAILURE;
		}
		if (poll(&fd, 1, TICK_MS) <= 0 ||
		    read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo == SIGUSR1) {
			print_counters();
			continue;
		}
		nb_log("%s, ending", strsignal((int)info.ssi_signo));
		return EXIT_SUCCESS;
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
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int
bridge_main(int signals)
{
	int status = EXIT_FAILURE;

	if (start() == 0) {
		nb_log("ready, %s is %s, %u queue pair(s), offloads:%s%s%s%s%s", tap.name,
		       port.name, port.queues,
		       port.tx_offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM ? " tx-csum" : "",
		       port.tx_offloads & RTE_ETH_TX_OFFLOAD_TCP_TSO ? " tso" : "",
		       port.rx_offloads & RTE_ETH_RX_OFFLOAD_TCP_CKSUM ? " rx-csum" : "",
		       port.rx_offloads & RTE_ETH_RX_OFFLOAD_TCP_LRO ? " lro" : "",
		       ((port.tx_offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) |
			(port.rx_offloads & RTE_ETH_RX_OFFLOAD_TCP_CKSUM)) == 0 ? " none" : "");
		status = run(signals);
		__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
		rte_eal_mp_wait_lcore();
		print_counters();
	}
	end();
	return status;
}

int
main(int argc, char **argv)
{
	bool help = false;
	int dashes, signals, status = 0;

	for (dashes = 1; dashes < argc && strcmp(argv[dashes], "--") != 0; dashes++)
		help |= strcmp(argv[dashes], "--help") == 0 || strcmp(argv[dashes], "-h") == 0;
	if (!help && dashes < argc) {
		char *dash = argv[dashes];

		argv[dashes] = argv[0];
		status = options_parse(&options, argc - dashes, argv + dashes);
		argv[dashes] = dash;
	} else {
		status = options_parse(&options, 1, argv);
	}
	if (help || options.help) {
		fputs(options_usage, stdout);
		return EXIT_SUCCESS;
	}
	if (status != 0)
		return EXIT_USAGE;
	signals = block_signals();
	if (signals < 0) {
		nb_log("no signalfd (%s)", strerror(errno));
		return EXIT_FAILURE;
	}
	if (rte_eal_init(argc, argv) < 0) {
		nb_log("EAL does not start (%s); its messages are above", rte_strerror(rte_errno));
		return EXIT_FAILURE;
	}
	status = bridge_main(signals);
	rte_eal_cleanup();
	close(signals);
	return status;
}
