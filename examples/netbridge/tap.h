/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* tap.h - the interface of this machine's network stack. */
#ifndef NETBRIDGE_TAP_H
#define NETBRIDGE_TAP_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netbridge.h"

struct tap {
	char name[IFNAMSIZ];
	unsigned int queues;
	int fd[NB_QUEUES_MAX]; /**< of a queue each; reads and writes do not block */
	int control;           /**< a socket for what is no TAP's own matter */
	uint32_t offloads;     /**< TUN_F_*: what the stack may leave to us; changed atomically */
	int carrier;           /**< as last set; -1: not yet */
};

struct tap_config {
	const char *name;
	unsigned int queues;
	uint32_t offloads; /**< TUN_F_* */
	uint16_t mtu;
	struct rte_ether_addr mac;
	bool persist; /**< the interface stays when the program has ended */
};

/**
 * Make the interface, or take the one that is there by this name; without carrier, not up yet.
 * @return 0 or a negative errno, of which a sentence was logged
 */
int tap_open(struct tap *tap, const struct tap_config *config);

/** Bring the interface up, as `ip link set up` does. @return as tap_open() */
int tap_up(const struct tap *tap);

/** Tell the stack whether the port has a link. */
void tap_set_carrier(struct tap *tap, bool up);

/** From now on the stack does itself what @p flags (TUN_F_*) left to us. Any thread. */
void tap_withdraw(struct tap *tap, uint32_t flags);

/** The interface goes, unless it was made to stay. Of one that is not open: nothing. */
void tap_close(struct tap *tap);

#endif /* NETBRIDGE_TAP_H */
