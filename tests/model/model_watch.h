/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_watch.h - a device that looks after every single store of the driver to a ring.
 *
 * The ring's pages are read-only while a burst runs; each store traps, is done alone, and then the
 * device takes what it sees. So it is seen whether anything is visible too early: on x86 stores
 * become visible in the order in which they are made.
 *
 * Nothing is promised of a store wider than eight bytes: others may see it in pieces. Where one
 * such store shows the device something new, more than that word of it must not have mattered.
 */
#ifndef MODEL_WATCH_H
#define MODEL_WATCH_H

#include <stdbool.h>

#include "model_queue.h"

/** Can this CPU's stores be watched? */
bool model_watch_possible(void);

/** From now on the device of @p q looks after every store to its ring. One queue at a time. */
void model_watch_start(struct model_queue *q);

/** No more. @return stores that were seen */
unsigned int model_watch_stop(void);

/**
 * Let the device that is watched next be busy and want no notification, until it falls asleep just
 * before the @p store-th store is made: it asks for one, having seen what was there before.
 */
void model_watch_sleep_before(unsigned int store);

/**
 * Behind model_watch_stop(): was the device woken up, had it to be?
 * @return false where it sleeps and something is available
 */
bool model_watch_awake(struct model_queue *q);

#endif /* MODEL_WATCH_H */
