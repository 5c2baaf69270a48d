/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * start_port.c - an application that wants one port started, to see what it is told where that is
 * not possible. Its argument behind EAL's is the number of mbufs. Exit status: 0 started, 1 EAL did
 * not come up, 2 there is no port, 3 the port could not be set up, 4 rte_eth_dev_start() failed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define RING 256

enum { STARTED, NO_EAL, NO_PORT, NO_SETUP, NO_START };

static int
set_up(uint16_t port, struct rte_mempool *pool)
{
	const struct rte_eth_conf conf = { .rxmode.mq_mode = RTE_ETH_MQ_RX_NONE };
	int ret = rte_eth_dev_configure(port, 1, 1, &conf);

	if (ret == 0)
		ret = rte_eth_rx_queue_setup(port, 0, RING, SOCKET_ID_ANY, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port, 0, RING, SOCKET_ID_ANY, NULL);
	return ret;
}

/** Start port 0. @return an exit status */
static int
start(struct rte_mempool *pool)
{
	struct rte_eth_link link;
	int ret;

	if (pool == NULL || set_up(0, pool) != 0)
		return NO_SETUP;
	ret = rte_eth_dev_start(0);
	if (ret != 0) {
		printf("port 0 does not start: %s\n", strerror(-ret));
		return NO_START;
	}
	ret = rte_eth_link_get_nowait(0, &link);
	printf("port 0 is started, its link is %s\n",
	       ret == 0 && link.link_status == RTE_ETH_LINK_UP ? "up" : "down");
	return STARTED;
}

int
main(int argc, char **argv)
{
	int status = NO_PORT;
	int used = rte_eal_init(argc, argv);

	if (used < 0 || used + 1 >= argc)
		return NO_EAL;
	if (rte_eth_dev_count_avail() > 0) {
		status = start(rte_pktmbuf_pool_create("pool", atoi(argv[used + 1]), 0, 0,
						       RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY));
		rte_eth_dev_close(0);
	}
	rte_eal_cleanup();
	return status;
}
