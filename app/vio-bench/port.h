/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* A port under measurement: the vdev, its device, its mbuf pools. */

#ifndef VIO_BENCH_PORT_H
#define VIO_BENCH_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include "device.h"
#include "options.h"

#define PORT_NAME_MAX 64
#define PORT_ARGS_MAX 1024
#define PORT_MODE_MAX 160

/** A port that is started and whose device is ready. */
struct port {
	char name[PORT_NAME_MAX];        /**< Name of the vdev. */
	char driver[PORT_NAME_MAX];      /**< The same without its number, for tables. */
	char args[PORT_ARGS_MAX];        /**< Devargs as given to the driver. */
	uint16_t id;                     /**< Ethdev port number. */
	bool created;                    /**< The vdev exists. */
	bool started;
	struct device *device;           /**< Its other end. */
	struct rte_mempool *rx_pool;     /**< Where the driver receives. */
	struct rte_mempool *tx_pool;     /**< The application's frames to be sent. */
	struct rte_mempool *device_pool; /**< The device's mbufs. */
	char rx_mode[PORT_MODE_MAX];     /**< What rte_eth_rx_burst_mode_get() says, or "-". */
	char tx_mode[PORT_MODE_MAX];
	bool fast_free;                  /**< FAST_FREE is on. */
	uint64_t frame_flags;            /**< What each transmitted frame asks for. */
	uint64_t features;               /**< Negotiated feature bits. */
	size_t heap[3];                  /**< Bytes that configuration, the receive queue and the
					  *   transmit queue took from DPDK's heap. */
};

/**
 * Create, configure and start a port with its device.
 *
 * @param side    0 for A, 1 for B.
 * @param frames  Frames that the caller keeps outside the rings, on either side.
 * @return        0, or a negative errno after an error line; nothing is left behind.
 */
int
port_open(struct port *p, const struct bench_config *config, const struct bench_point *point,
	unsigned int side, unsigned int frames);

/**
 * Stop and remove the port.
 *
 * @return  Number of mbufs that did not come back to their pools.
 */
unsigned int
port_close(struct port *p);

/** Close the sockets that ports have used. */
void
port_shutdown(void);

/**
 * The devargs of a side: named path, --args, --path-args, --vdev, each winning over those before.
 *
 * @param out   Room for PORT_ARGS_MAX bytes.
 * @param path  Socket path to add.
 * @param server  Set to whether the driver is to listen (server=1).
 * @return      0, or -EINVAL after an error line.
 */
int
port_compose_args(char *out, const struct bench_config *config, const struct bench_point *point,
	unsigned int side, const char *path, bool *server);

#endif /* VIO_BENCH_PORT_H */
