/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_intr.h - receive interrupts: a thread sleeps until its queues have something.
 *
 * What a bus does with interrupts is struct vio_bus's intr_start and intr_stop; what is the same on
 * all of them is here. Each receive queue has an eventfd in the ethdev's interrupt handle, on which
 * ethdev's rx_intr_ctl functions let a thread wait.
 */
#ifndef VIO_INTR_H
#define VIO_INTR_H

#include <rte_ethdev.h>
#include <ethdev_driver.h>

struct vio_port;
struct vio_rxq;

/**
 * Have the bus deliver the interrupts that the port was configured with; it is not live yet.
 * @return 0, -ENOTSUP where it cannot, or another negative errno; logged
 */
int vio_intr_start(struct rte_eth_dev *dev);

/** The opposite; the device was reset. Also where nothing was started. */
void vio_intr_stop(struct rte_eth_dev *dev);

/**
 * ethdev's rx_queue_intr_enable: from now on the queue's eventfd becomes readable with the next
 * packet, and it is already where a packet has come since the last burst. Once: with event indexes
 * the device tells of the next packet only, so a thread enables anew before each sleep. For the
 * thread that polls the queue, as the next one. Where the device is reset under a sleeping thread,
 * it is woken when there is a ring again.
 */
int vio_rx_queue_intr_enable(struct rte_eth_dev *dev, uint16_t queue_id);

/** ethdev's rx_queue_intr_disable. */
int vio_rx_queue_intr_disable(struct rte_eth_dev *dev, uint16_t queue_id);

/** A queue was opened: wake who sleeps on it, to look at the ring and to say anew what it wants. */
void vio_intr_opened(struct vio_rxq *q);

/**
 * Tell the device the vector of configuration changes, where there is one; it was negotiated with
 * and is not live yet. One that has none to give is looked at instead. 0 or a negative errno.
 */
int vio_intr_announce_config(struct vio_port *port);

#endif /* VIO_INTR_H */
