/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* port.h - the ethdev port. */
#ifndef NETBRIDGE_PORT_H
#define NETBRIDGE_PORT_H

#include <stdbool.h>

#include <rte_ethdev.h>

#include "options.h"

struct port {
	uint16_t id;
	char name[RTE_ETH_NAME_MAX_LEN];
	uint16_t queues; /**< pairs */
	uint16_t mtu;
	struct rte_ether_addr mac;
	uint64_t rx_offloads;
	uint64_t tx_offloads;
	struct rte_mempool *rx_pool;
	struct rte_mempool *tx_pool; /**< of its own: neither way starves the other one */
	uint32_t device_lost; /**< set by any thread: the device is gone, or breaks its rules */
	bool open;
	bool started;
};

/**
 * Find the port, and make it ready to be started.
 * @param lcores  that can serve a queue pair each
 * @return 0 or a negative errno, of which a sentence was logged
 */
int port_open(struct port *port, const struct options *options, unsigned int lcores);

/** Start it. @return as port_open() */
int port_start(struct port *port, const struct options *options);

/** Does it have a link? */
bool port_link(const struct port *port);

/** TUN_F_*: what an interface may leave to the port. */
uint32_t port_tap_offloads(const struct port *port);

/** The opposite of both. Of a port that is not open: nothing. */
void port_close(struct port *port);

#endif /* NETBRIDGE_PORT_H */
