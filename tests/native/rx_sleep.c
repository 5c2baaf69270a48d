/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * rx_sleep.c - an application that sleeps until there is something to receive. Packets go from
 * ports 0 to 1 and back, or with one port to where they came from, each by the queue of its number.
 * Nothing is polled while there is no interrupt, and no time ends a sleep: a wake-up that is lost
 * is a packet that is not forwarded. Its argument behind EAL's is the number of queues. SIGTERM
 * ends it; then it says how often it slept. Exit status: 0, or 1 with a line that says why.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_mbuf.h>

#define RING 256
#define BURST 32
#define PORTS_MAX 2

static volatile sig_atomic_t ended;

static void
end(int number __rte_unused)
{
	ended = 1;
}

static int
fail(const char *what, int ret)
{
	printf("%s: %s\n", what, strerror(ret < 0 ? -ret : ret));
	return 1;
}

static int
link_changed(uint16_t port, enum rte_eth_event_type type __rte_unused, void *arg __rte_unused,
	     void *ret __rte_unused)
{
	struct rte_eth_link link;

	if (rte_eth_link_get_nowait(port, &link) == 0)
		printf("port %u: link %s\n", port, link.link_status ? "up" : "down");
	fflush(stdout);
	return 0;
}

static int
set_up(uint16_t port, uint16_t queues, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { .intr_conf.rxq = 1 };
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(port, &info);

	conf.intr_conf.lsc = ret == 0 && (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
	if (ret == 0)
		ret = rte_eth_dev_configure(port, queues, queues, &conf);
	for (uint16_t q = 0; ret == 0 && q < queues; q++) {
		ret = rte_eth_rx_queue_setup(port, q, RING, SOCKET_ID_ANY, NULL, pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(port, q, RING, SOCKET_ID_ANY, NULL);
	}
	if (ret == 0)
		ret = rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, link_changed,
						    NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	for (uint16_t q = 0; ret == 0 && q < queues; q++)
		ret = rte_eth_dev_rx_intr_ctl_q(port, q, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
						NULL);
	return ret;
}

/** Forward what there is. @return packets */
static unsigned int
forward(uint16_t ports, uint16_t queues)
{
	unsigned int moved = 0;

	for (uint16_t port = 0; port < ports; port++)
		for (uint16_t q = 0; q < queues; q++) {
			struct rte_mbuf *pkts[BURST];
			uint16_t to = port ^ (ports > 1);
			uint16_t n = rte_eth_rx_burst(port, q, pkts, BURST);
			uint16_t sent = 0;

			moved += n;
			while (sent < n && !ended)
				sent += rte_eth_tx_burst(to, q, pkts + sent, n - sent);
			rte_pktmbuf_free_bulk(pkts + sent, n - sent);
		}
	return moved;
}

static int
switch_all(uint16_t ports, uint16_t queues, int (*turn)(uint16_t port, uint16_t queue))
{
	int ret = 0;

	for (uint16_t port = 0; ret == 0 && port < ports; port++)
		for (uint16_t q = 0; ret == 0 && q < queues; q++)
			ret = turn(port, q);
	return ret;
}

static int
run(uint16_t ports, uint16_t queues)
{
	unsigned long sleeps = 0, packets = 0;
	struct rte_epoll_event events[64];
	int ret = 0;

	printf("ready\n");
	fflush(stdout);
	while (!ended && ret >= 0) {
		unsigned int moved = forward(ports, queues);

		packets += moved;
		if (moved != 0)
			continue;
		ret = switch_all(ports, queues, rte_eth_dev_rx_intr_enable);
		if (ret != 0)
			return fail("enable", ret);
		/* SIGTERM may come right here: the sleep is ended by the one who sent it. */
		ret = rte_epoll_wait_interruptible(RTE_EPOLL_PER_THREAD, events,
						   RTE_DIM(events), -1);
		if (ret < 0 && errno == EINTR)
			ret = 0;
		sleeps++;
		if (switch_all(ports, queues, rte_eth_dev_rx_intr_disable) != 0)
			return fail("disable", EINVAL);
	}
	printf("slept %lu times for %lu packets\n", sleeps, packets);
	return ret < 0 ? fail("epoll", errno) : 0;
}

int
main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = end };
	int used = rte_eal_init(argc, argv);
	struct rte_mempool *pool;
	uint16_t ports, queues;
	int status = 1;
	int ret = 0;

	if (used < 0 || used + 1 >= argc)
		return fail("usage", EINVAL);
	queues = atoi(argv[used + 1]);
	ports = RTE_MIN(rte_eth_dev_count_avail(), PORTS_MAX);
	pool = rte_pktmbuf_pool_create("pool", 2047, 32, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	if (pool == NULL || ports == 0)
		return fail("no pool or no port", ENODEV);
	sigaction(SIGTERM, &action, NULL);
	for (uint16_t port = 0; ret == 0 && port < ports; port++)
		ret = set_up(port, queues, pool);
	if (ret != 0)
		fail("set-up", ret);
	else
		status = run(ports, queues);
	for (uint16_t port = 0; port < ports; port++) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	rte_eal_cleanup();
	return status;
}
