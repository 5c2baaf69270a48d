/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_health.c - see vio_health.h. */

#include <errno.h>

#include <rte_alarm.h>

#include "vio.h"

/* Callbacks belong to the interrupt thread: who asks for the link must not run an event's handler. */
static void
reset_event(void *arg)
{
	rte_eth_dev_callback_process(arg, RTE_ETH_EVENT_INTR_RESET, NULL);
}

static void
removal_event(void *arg)
{
	rte_eth_dev_callback_process(arg, RTE_ETH_EVENT_INTR_RMV, NULL);
}

bool
vio_health_lost(struct vio_port *port)
{
	struct vio_health *health = &port->health;
	struct rte_eth_dev *dev = &rte_eth_devices[port->data->port_id];

	if (__atomic_load_n(&health->lost, __ATOMIC_ACQUIRE))
		return true;
	/* A backend that is a process tells by its connection. */
	if (port->serves_ctrl || !virtio_device_needs_reset(&port->device))
		return false;
	/* A port that was stopped meanwhile is of no interest. */
	if (!port->live || __atomic_exchange_n(&health->lost, true, __ATOMIC_ACQ_REL))
		return true;
	health->losses++;
	if (port->device.transport->gone) {
		VIO_PORT_LOG(port, driver, ERR, "the device is gone; close the port");
		rte_eal_alarm_set(1, removal_event, dev);
	} else {
		VIO_PORT_LOG(port, driver, ERR, "the device asks to be reset; use "
			     "rte_eth_dev_reset(), or stop and start the port");
		rte_eal_alarm_set(1, reset_event, dev);
	}
	return true;
}

void
vio_health_fresh(struct vio_port *port)
{
	port->health.deaf = false;
	port->health.rounds = 0;
	__atomic_store_n(&port->health.lost, false, __ATOMIC_RELEASE);
}

static int
watch_fd(struct vio_watch *watch __rte_unused)
{
	return -1;
}

static int
watch_run(struct vio_watch *watch, bool ready __rte_unused)
{
	struct vio_port *port = container_of(watch, struct vio_port, health.watch);
	struct rte_eth_dev *dev = &rte_eth_devices[port->data->port_id];
	int again = VIO_HEALTH_MS;

	/* Who has it may wait for the device, and that for seconds; other ports are watched too. */
	if (pthread_mutex_trylock(&port->lock) != 0)
		return VIO_MONITOR_RETRY_MS;
	if (port->live && !vio_health_lost(port))
		again = vio_announce_run(port);
	/* Who wants to be told of the link does not ask for it, and not every device interrupts. */
	if (port->live && port->data->dev_conf.intr_conf.lsc && vio_link_update(dev, 0) == 0)
		watch->event_pending = true;
	pthread_mutex_unlock(&port->lock);
	return again;
}

int
vio_health_start(struct vio_port *port)
{
	struct vio_health *health = &port->health;
	int ret;

	if (!port->bus->watched)
		return 0;
	health->watch.fd = watch_fd;
	health->watch.run = watch_run;
	health->watch.event = vio_link_event;
	health->watch.port_id = port->data->port_id;
	ret = vio_monitor_add(&health->watch);
	health->watching = ret == 0;
	return ret;
}

void
vio_health_stop(struct vio_port *port)
{
	struct rte_eth_dev *dev = &rte_eth_devices[port->data->port_id];

	if (port->health.watching)
		vio_monitor_remove(&port->health.watch);
	port->health.watching = false;
	rte_eal_alarm_cancel(reset_event, dev);
	rte_eal_alarm_cancel(removal_event, dev);
}
