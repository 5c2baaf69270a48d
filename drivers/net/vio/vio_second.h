/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_second.h - receiving and sending in a secondary process.
 *
 * Rings, queues, and all that a burst knows lie in memory that processes share, at one address in
 * all of them; so do the mapped registers of PCI devices. Code and file descriptors do not. So the
 * callbacks of a secondary process look up in its own tables what the primary chose, at each burst:
 * the primary may choose anew at any time. And it notifies devices in its own way: by its own
 * functions, and by eventfds that the primary sent it. Gates (rxtx/vio_gate.h) hold across
 * processes.
 *
 * The device, and with it the control path, is the primary's. Legacy devices are looked at only:
 * their ports are reached by means of the process that opened them.
 */
#ifndef VIO_SECOND_H
#define VIO_SECOND_H

#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>

#include "transport.h"

struct vio_vq;

/** Is this a secondary process with a port that it may poll? A constant from the first burst on. */
extern bool vio_second_here;

/**
 * In a secondary process: poll a port from here too, instead of only looking at it. Where that
 * cannot be, a line says why, and the port can be looked at.
 * @param t  the port's transport, in shared memory; its registers are mapped here
 */
void vio_second_attach_pci(struct rte_eth_dev *dev, const struct virtio_transport *t);
/** The same for a vdev: asks the primary for eventfds. */
void vio_second_attach_user(struct rte_eth_dev *dev);
/** The opposite of either, also where nothing was done. @return were registers used? */
bool vio_second_detach(struct rte_eth_dev *dev);

/** vio_vq_kick() in a secondary process. */
void vio_second_kick(const struct vio_vq *vq, uint16_t next);

/**
 * In the primary: answer what vio_second_attach_user() asks. Does nothing where processes share
 * nothing.
 * @return 0 or a negative errno, logged
 */
int vio_second_serve(void);

#endif /* VIO_SECOND_H */
