/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * second.c - a secondary process that forwards between one queue of each of two ports of the
 * primary, which leaves that queue alone. Arguments behind EAL's: ONE OTHER QUEUE. It says "ready",
 * and once a second how many packets went each way if that has changed. SIGTERM ends it. Exit
 * status: 0, or 1 with a line that says why.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define BURST 32

static volatile sig_atomic_t ended;

static void
end(int number __rte_unused)
{
	ended = 1;
}

static uint64_t
forward(uint16_t from, uint16_t to, uint16_t queue)
{
	struct rte_mbuf *pkts[BURST];
	const uint16_t n = rte_eth_rx_burst(from, queue, pkts, BURST);
	const uint16_t sent = n == 0 ? 0 : rte_eth_tx_burst(to, queue, pkts, n);

	rte_pktmbuf_free_bulk(pkts + sent, n - sent);
	return sent;
}

int
main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = end };
	const int used = rte_eal_init(argc, argv);
	uint64_t there = 0, back = 0, said = 0;
	uint16_t one, other, queue;

	if (used < 0 || argc - used != 4 || rte_eal_process_type() != RTE_PROC_SECONDARY) {
		printf("usage: second EAL... --proc-type=secondary -- ONE OTHER QUEUE\n");
		return 1;
	}
	one = atoi(argv[used + 1]);
	other = atoi(argv[used + 2]);
	queue = atoi(argv[used + 3]);
	if (!rte_eth_dev_is_valid_port(one) || !rte_eth_dev_is_valid_port(other)) {
		printf("there are no ports %u and %u\n", one, other);
		return 1;
	}
	sigaction(SIGTERM, &action, NULL);
	printf("ready\n");
	fflush(stdout);
	for (uint64_t due = rte_get_timer_cycles(); !ended;) {
		there += forward(one, other, queue);
		back += forward(other, one, queue);
		if (there + back == said || rte_get_timer_cycles() < due)
			continue;
		said = there + back;
		due = rte_get_timer_cycles() + rte_get_timer_hz();
		printf("packets: %lu there, %lu back\n", there, back);
		fflush(stdout);
	}
	printf("in all: %lu there, %lu back\n", there, back);
	rte_eal_cleanup();
	return 0;
}
