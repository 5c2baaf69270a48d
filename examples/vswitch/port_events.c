/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* port_events.c - see port_events.h. */

#include <errno.h>
#include <unistd.h>

#include <rte_eth_vhost.h>

#include "port_events.h"
#include "ports.h"

/* A device that broke the rules so often is not given more memory to break. */
#define RESETS_MAX 10

static const enum rte_eth_event_type watched[] = {
	RTE_ETH_EVENT_INTR_LSC,
	RTE_ETH_EVENT_INTR_RESET,
	RTE_ETH_EVENT_INTR_RMV,
	RTE_ETH_EVENT_QUEUE_STATE,
};

static uint64_t *
bits_of(struct vs_events *events, enum rte_eth_event_type type)
{
	switch (type) {
	case RTE_ETH_EVENT_INTR_RESET:
		return &events->reset;
	case RTE_ETH_EVENT_INTR_RMV:
		return &events->removed;
	case RTE_ETH_EVENT_QUEUE_STATE:
		return &events->queues;
	default:
		return &events->link;
	}
}

/** Any thread. */
static int
on_event(uint16_t id, enum rte_eth_event_type type, void *arg, void *ret_param __rte_unused)
{
	struct vs_switch *sw = arg;
	const uint64_t one = 1;

	__atomic_or_fetch(bits_of(&sw->events, type), UINT64_C(1) << id, __ATOMIC_RELEASE);
	/* It fails when nobody has read for 2^64 events. */
	if (write(sw->events.wake, &one, sizeof(one)) < 0)
		return 0;
	return 0;
}

void
port_watch(struct vs_switch *sw, uint16_t id)
{
	for (unsigned int i = 0; i < RTE_DIM(watched); i++)
		rte_eth_dev_callback_register(id, watched[i], on_event, sw);
}

void
port_unwatch(struct vs_switch *sw, uint16_t id)
{
	for (unsigned int i = 0; i < RTE_DIM(watched); i++) {
		/* -EAGAIN: it is just being called. */
		while (rte_eth_dev_callback_unregister(id, watched[i], on_event, sw) == -EAGAIN)
			usleep(100);
		__atomic_and_fetch(bits_of(&sw->events, watched[i]), ~(UINT64_C(1) << id),
				   __ATOMIC_RELAXED);
	}
}

void
port_map_tx(struct vs_switch *sw, uint16_t id)
{
	struct vs_port *port = &sw->port[id];
	uint8_t queue[VS_QUEUES_MAX];
	unsigned int count = 0;

	for (uint16_t q = 0; q < port->tx_queues; q++)
		if (!port->vhost || (port->tx_live >> q & 1))
			queue[count++] = q;
	if (count == 0)
		queue[count++] = 0;
	for (unsigned int i = 0; i < sw->workers; i++)
		__atomic_store_n(&port->tx_queue[i], queue[i % count], __ATOMIC_RELAXED);
}

void
port_update_link(struct vs_switch *sw, uint16_t id)
{
	const struct fdb_filter all = { .port = id, .vlan = -1 };
	struct vs_port *port = &sw->port[id];
	struct rte_eth_link link;

	if (rte_eth_link_get_nowait(id, &link) != 0 || link.link_status == port->link_up)
		return;
	port->link_up = link.link_status;
	vs_log("%s: link %s", port->name, port->link_up ? "up" : "down");
	if (!port->link_up) {
		port->tx_live = 0;
		fdb_flush(sw->fdb, &all);
	}
}

void
port_update_queues(struct vs_switch *sw, uint16_t id)
{
	struct rte_eth_vhost_queue_event event;
	struct vs_port *port = &sw->port[id];

	if (!port->vhost)
		return;
	while (rte_eth_vhost_get_queue_event(id, &event) == 0) {
		const uint64_t bit = UINT64_C(1) << (event.queue_id % VS_QUEUES_MAX);

		if (!event.rx)
			port->tx_live = event.enable ? port->tx_live | bit : port->tx_live & ~bit;
	}
	port_map_tx(sw, id);
}

/** A device that faulted goes on with fresh rings. */
static void
reset(struct vs_switch *sw, uint16_t id)
{
	struct vs_port *port = &sw->port[id];
	const bool was_online = port->online;
	struct vs_error error;

	if (port->resets >= RESETS_MAX) {
		if (was_online && port_offline(sw, id) == 0)
			vs_log("%s: its device did what it must not do, again; the port is out of "
			       "use "
			       "until it is removed (del-port) and added anew",
			       port->name);
		return;
	}
	if (was_online)
		vs_log("%s: its device did what it must not do; starting the port anew",
		       port->name);
	if (port_restart(sw, id, &error) == 0)
		return;
	if (was_online)
		vs_log("%s; trying again every second", error.text);
	__atomic_or_fetch(&sw->events.reset, UINT64_C(1) << id, __ATOMIC_RELAXED);
}

static void
removed(struct vs_switch *sw, uint16_t id)
{
	struct vs_error error;

	vs_log("%s: the device is gone", sw->port[id].name);
	if (port_remove(sw, id, &error) != 0)
		vs_log("%s", error.text);
}

/** Call for each port that has a bit. */
static void
handle(struct vs_switch *sw, uint64_t *bits, void (*what)(struct vs_switch *sw, uint16_t id))
{
	uint64_t set = __atomic_exchange_n(bits, 0, __ATOMIC_ACQUIRE);

	for (; set != 0; set &= set - 1) {
		const uint16_t id = __builtin_ctzll(set);

		if (sw->port[id].present)
			what(sw, id);
	}
}

void
ports_handle_events(struct vs_switch *sw, bool slow)
{
	handle(sw, &sw->events.removed, removed);
	handle(sw, &sw->events.link, port_update_link);
	handle(sw, &sw->events.queues, port_update_queues);
	if (slow)
		handle(sw, &sw->events.reset, reset);
}
