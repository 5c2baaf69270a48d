/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_traffic.h - frames that a device sends to a port, and what has to come out of it. */
#ifndef MODEL_TRAFFIC_H
#define MODEL_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "model_port.h"

/** Frames that the device has put into buffers and the port has not delivered yet. */
struct model_traffic {
	struct model_port *port;
	struct model_rx_way way;
	struct model_expected *expected; /**< a ring of them */
	unsigned int first;
	unsigned int count;
	uint64_t random;
	uint64_t next;                   /**< number of the next frame */
	uint64_t delivered;
};

void model_traffic_init(struct model_traffic *t, struct model_port *port);
void model_traffic_fini(struct model_traffic *t);

/** Put one frame of @p len bytes into buffers. false: there are not enough of them. */
bool model_traffic_put(struct model_traffic *t, uint32_t len);

/** A length to try: often the shortest and the longest ones, up to @p max. */
uint32_t model_traffic_len(struct model_traffic *t, uint32_t max);

/**
 * Receive a burst of up to @p nb, check every packet, and free them.
 * @return packets
 */
uint16_t model_traffic_rx(struct model_traffic *t, uint16_t nb);

/** Check one packet against the oldest frame that was not delivered; it is not freed. */
void model_traffic_check(struct model_traffic *t, const struct rte_mbuf *m);

/** The oldest frame was lost, and has to be: the device did something that it must not. */
void model_traffic_lose(struct model_traffic *t);

/** The whole of it: the device shows all, the port delivers all, in bursts of @p nb. */
void model_traffic_finish(struct model_traffic *t, uint16_t nb);

#endif /* MODEL_TRAFFIC_H */
