/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * port_events.h - what ports report by themselves: links, faults, removal, queues of guests.
 *
 * ethdev calls back in threads of its own; all that is done there is a bit and a wake-up for the
 * control thread.
 */
#ifndef VS_PORT_EVENTS_H
#define VS_PORT_EVENTS_H

#include "vswitch.h"

/** Hear of a port's events, or not any more. */
void port_watch(struct vs_switch *sw, uint16_t id);
void port_unwatch(struct vs_switch *sw, uint16_t id);

/** Say which queue each worker sends on: one that the other side looks at. */
void port_map_tx(struct vs_switch *sw, uint16_t id);

/** See whether the link is up. What was learned behind one that went down is forgotten. */
void port_update_link(struct vs_switch *sw, uint16_t id);

/** See which queues a guest has enabled. */
void port_update_queues(struct vs_switch *sw, uint16_t id);

/** Take a port out of use; no worker uses it on return (ports.c). */
int port_offline(struct vs_switch *sw, uint16_t id);

/** Stop a port and start it again (ports.c). */
int port_restart(struct vs_switch *sw, uint16_t id, struct vs_error *error);

#endif /* VS_PORT_EVENTS_H */
