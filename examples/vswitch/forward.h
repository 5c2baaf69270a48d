/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* forward.h - the way of a burst from a port to ports. */

#ifndef VS_FORWARD_H
#define VS_FORWARD_H

#include "vswitch.h"

/**
 * Pass a burst on: learn, look up, group by port, send. Takes the frames.
 * @param in  port that they came from
 * @param n   VS_BURST at most
 */
void forward_burst(struct vs_worker *w, uint16_t in, struct rte_mbuf **frames, uint16_t n);

/** The life of a worker. @param arg  struct vs_worker */
int forward_loop(void *arg);

#endif /* VS_FORWARD_H */
