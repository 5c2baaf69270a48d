/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_health.h - what a device says outside of its queues, where nothing interrupts: that it wants
 * to be reset (DEVICE_NEEDS_RESET, 2.1.2), that it is gone, that the port is to announce itself
 * (VIRTIO_NET_S_ANNOUNCE, 5.1.6.5.4).
 *
 * The monitor's thread looks at two registers twice a second, and at the link where the application
 * wants its events and no interrupt may tell; whoever asks for the link's state looks too. The
 * application hears of it once, by an event: RTE_ETH_EVENT_INTR_RESET, after which
 * rte_eth_dev_reset() and a new configuration, or a stop and a start, go on; RTE_ETH_EVENT_INTR_RMV
 * where the device is gone. Until then the link is down.
 */
#ifndef VIO_HEALTH_H
#define VIO_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "vio_monitor.h"

struct vio_port;

/** How often the registers are looked at, in milliseconds. */
#define VIO_HEALTH_MS 500

/** State of the watch. */
struct vio_health {
	struct vio_watch watch;
	bool watching;
	bool lost;                   /**< the device wants a reset or is gone; the event was raised */
	bool deaf;                   /**< it wants an announcement and heeds no answer */
	uint8_t rounds;              /**< of the announcement, still to be sent */
	uint8_t tries;               /**< of sending a round, still to be made */
	struct rte_mempool *pool;    /**< of announcements; NULL until the first */
	uint64_t announcements;      /**< that the device asked for; extended statistics */
	uint64_t losses;             /**< how often it wanted a reset or was gone */
};

/** Begin to look, where the bus wants that. 0 or a negative errno. */
int vio_health_start(struct vio_port *port);

/** Stop, and forget events that were not delivered; with no lock held. */
void vio_health_stop(struct vio_port *port);

/** The device has just gone live: nothing is wrong with it. */
void vio_health_fresh(struct vio_port *port);

/** Does the device want a reset, or is it gone? Raises the event the first time. */
bool vio_health_lost(struct vio_port *port);

/**
 * Announce the port's addresses where the device asks for it, or go on with that. Called by the
 * watch, under the port's lock; the device is live.
 *
 * RARP requests for all unicast addresses of the port go out on its first transmit queue, which is
 * taken away from its poller meanwhile (rxtx/vio_gate.h): a few rounds, because what has to learn
 * of the port may not be there yet. The device hears of it after the first round, sent or not.
 *
 * @return milliseconds until the next call
 */
int vio_announce_run(struct vio_port *port);

/** Free what announcements needed; the device was reset. */
void vio_announce_free(struct vio_port *port);

#endif /* VIO_HEALTH_H */
