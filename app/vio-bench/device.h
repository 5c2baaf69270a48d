/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The device side of a measured port: one librte_vhost device on a socket of its own. */

#ifndef VIO_BENCH_DEVICE_H
#define VIO_BENCH_DEVICE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#define DEVICE_RXQ 0  /**< The queue the driver receives from; the device enqueues here. */
#define DEVICE_TXQ 1  /**< The queue the driver transmits to; the device dequeues here. */

/** A vhost-user device. The fields below the line change in librte_vhost's own thread. */
struct device {
	char path[PATH_MAX];       /**< Socket. */
	bool client;               /**< librte_vhost connects, the driver listens. */
	bool registered;           /**< The socket is known to librte_vhost. */
	struct rte_mempool *pool;  /**< Where dequeued frames are copied to; set by the port. */
	/* -- */
	int vid;                   /**< librte_vhost's number, -1 while nothing is connected. */
	uint32_t rings;            /**< Bit q: queue q is enabled. */
};

/**
 * Open the socket; the driver may connect from now on.
 *
 * @param path    Socket path; an existing file of this name makes it fail.
 * librte_vhost takes up to a second to notice a new socket, so one serves many ports in turn.
 *
 * @param path    Socket path; an existing file of this name makes it fail.
 * @param client  Connect instead of listening.
 * @return        0, or a negative errno after one log line.
 */
int
device_open(struct device *d, const char *path, bool client);

/**
 * Wait until the driver has started and both queues are enabled.
 *
 * @return  0, -ETIMEDOUT or -EINTR after one log line.
 */
int
device_wait_ready(struct device *d, unsigned int timeout_ms);

/** Wait until librte_vhost noticed that the driver is gone. 0 or -ETIMEDOUT after a log line. */
int
device_wait_gone(struct device *d, unsigned int timeout_ms);

/** Copy frames into the driver's receive queue; the mbufs stay the caller's. */
uint16_t
device_enqueue(const struct device *d, struct rte_mbuf **frames, uint16_t count);

/** Copy frames out of the driver's transmit queue into mbufs of the device's pool. */
uint16_t
device_dequeue(const struct device *d, struct rte_mbuf **frames, uint16_t count);

/** Feature bits that both sides agreed on; 0 while nothing is connected. */
uint64_t
device_features(const struct device *d);

/** Close the socket and wait until librte_vhost let go of the driver's memory. */
void
device_close(struct device *d);

#endif /* VIO_BENCH_DEVICE_H */
