/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* workers.h - the threads that forward, and which queues each of them polls. */

#ifndef VS_WORKERS_H
#define VS_WORKERS_H

#include "vswitch.h"

/** Make a worker for each lcore but the main one, and let it run. */
int workers_start(struct vs_switch *sw, struct vs_error *error);

/** Let them come home, and free them. */
void workers_stop(struct vs_switch *sw);

/**
 * Poll a port's queues; each goes to the worker that has the fewest. Others stay where they are.
 * @return -ENOMEM: nothing changed
 */
int workers_add_port(struct vs_switch *sw, uint16_t port, uint16_t queues);

/**
 * Stop polling a port. On return no worker is in a burst of before.
 * @return -ENOMEM: nothing changed
 */
int workers_remove_port(struct vs_switch *sw, uint16_t port);

/** The sum of what the workers counted for a port. */
void workers_counters(const struct vs_switch *sw, uint16_t port, struct vs_counters *sum);

/** Begin a port's numbers anew. No worker uses the port. */
void workers_clear_counters(struct vs_switch *sw, uint16_t port);

#endif /* VS_WORKERS_H */
