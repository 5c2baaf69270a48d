/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_victim.h - what tests and fuzz targets share whose device lies to the driver (model_raw.h):
 * the transmit queue under attack, and a device that writes while the driver reads.
 */
#ifndef MODEL_VICTIM_H
#define MODEL_VICTIM_H

#include <pthread.h>

#include "model_cases.h"
#include "model_raw.h"
#include "model_sender.h"

/** A port whose transmit queue is under attack. */
struct model_victim {
	const struct model_tx_path *path;
	struct model_port *port;
	struct model_raw raw;
	struct model_sender s;
};

/** Kinds of packets that an application may send on @p path. */
unsigned int model_victim_kinds(const struct model_tx_path *path);

/** Begin the attack on @p port, which is started. @p random is the device's. */
void model_victim_init(struct model_victim *v, const struct model_tx_path *path,
		       struct model_port *port, uint64_t random);

/** Send without comparing what arrives: the device does not look. Other kinds are sent plain. */
void model_victim_send(struct model_victim *v, const uint8_t *kinds, uint16_t nb);

/**
 * Of a stopped port: give up what the application holds, without a look at it. What a liar returned
 * too early may have been written to since.
 * @return whether every mbuf and every buffer was freed, once
 */
bool model_victim_all_back(struct model_victim *v);

/** Start the port again, with a device that knows nothing. */
void model_victim_start(struct model_victim *v);

void model_victim_fini(struct model_victim *v);

/**
 * Nothing that is DPDK's own was broken. Of the standard's rules the model knows only what a lying
 * device was told of: they are not looked at, and forgotten.
 */
bool model_house_in_order(void);

/** The thread of a device that rewrites used entries while the driver reads them. */
struct model_rewriter {
	struct model_raw *raw;
	pthread_t thread;
	bool stop;
};

void model_rewriter_start(struct model_rewriter *r, struct model_raw *raw);
void model_rewriter_stop(struct model_rewriter *r);

#endif /* MODEL_VICTIM_H */
