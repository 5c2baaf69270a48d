/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_port.h - a port of the driver whose device is the model, and what tests ask of one.
 */
#ifndef MODEL_PORT_H
#define MODEL_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <ethdev_driver.h>

#include "model_book.h"
#include "model_device.h"
#include "model_eal.h"
#include "model_net.h"
#include "model_pool.h"
#include "unit.h"
#include "vio.h"

/** Largest burst of the tests. */
#define MODEL_BURST 256

/** How a port is to be. Zeros: 256 descriptors, one pair, mbufs of 2048 + headroom, scalar. */
struct model_port_config {
	const char *name;        /**< NULL: net_model0 */
	uint64_t features;       /**< that the device offers beside VERSION_1 */
	bool iova;               /**< the device addresses by IOVA */
	bool split;              /**< packed rings are not wanted, offered or not */
	uint16_t simd;           /**< vectors of so many bits may be used */
	uint16_t pairs;          /**< that the device has */
	uint16_t rx_queues;      /**< 0: as many */
	uint16_t tx_queues;
	uint32_t mq_mode;        /**< how receive queues are chosen: RTE_ETH_MQ_RX_* */
	struct rte_eth_rss_conf rss;
	uint8_t rss_key;         /**< limits of the device: 0: 40 bytes, 128 entries, all types */
	uint16_t rss_table;
	uint32_t hash_types;
	uint32_t speed;          /**< in the device's configuration, Mbit/s */
	bool watched;            /**< the driver looks at the device's registers now and then */
	const struct vio_bus *bus; /**< instead of the model's own; NULL: that */
	bool rx_interrupts;      /**< wanted by the application */
	bool link_events;
	const char *args;        /**< rx_max_usecs, rx_max_packets, size_bins; NULL: none */
	uint16_t rx_size;
	uint16_t tx_size;
	uint16_t max_size;       /**< of the device's queues, 0: 1024 or what is asked for */
	uint16_t rx_free_thresh; /**< 0: the driver's choice */
	uint16_t tx_free_thresh;
	uint64_t tx_offloads;
	uint64_t rx_offloads;
	unsigned int queue_socket; /**< of the memory of all queues */
	unsigned int mbufs;      /**< of the receive pool, 0: four rings of them */
	unsigned int cache;      /**< of the receive pool's mempool cache */
	uint16_t data_room;      /**< without headroom */
	uint16_t priv_size;
	uint8_t mac[6];          /**< in the device's configuration */
	uint64_t seed;
};

/** A port. */
struct model_port {
	struct model_device device;
	struct model_port_config config; /**< zeros replaced by what they mean */
	struct model_pool *pool;         /**< of the receive queues */
	struct rte_eth_dev *dev;
	uint16_t id;
	unsigned int resets;             /**< RTE_ETH_EVENT_INTR_RESET that were delivered */
	bool watched;                    /**< devices look after every store, see model_watch.h */
	unsigned int stores;             /**< that were seen so */
};

/** Make a port, configured, with its queues set up, not started. */
struct model_port *model_port_create(const struct model_port_config *config);

/** Set up queues anew, after model_port_create() or a stop. */
void model_port_setup(struct model_port *port);

/** Start it, and let the device look at its rings. */
void model_port_start(struct model_port *port);

/** A started port that sends any packets, with rings of @p size. */
struct model_port *model_port_any(uint64_t features, uint16_t size, bool iova);

/** Stop it. */
void model_port_stop(struct model_port *port);

/** Close it and check that nothing is left: no mbuf, no memory, no breach. */
void model_port_destroy(struct model_port *port);

/** Teardown of a case: what a failed one left behind goes. */
int model_port_cleanup(void **state);

/** Receive, and let the device look at what the burst did. */
uint16_t model_port_rx(struct model_port *port, struct rte_mbuf **pkts, uint16_t nb);

/** Send, and let the device look at what the burst did. */
uint16_t model_port_tx(struct model_port *port, struct rte_mbuf **pkts, uint16_t nb);

/** An extended statistic of queue 0, "rx_q0_NAME" or "tx_q0_NAME". */
uint64_t model_xstat(const struct model_port *port, const char *name);

/** Wait until @p count events say that the port wants a reset. */
void model_port_wait_resets(const struct model_port *port, unsigned int count);

/** A receive path. */
struct model_rx_path {
	const char *name; /**< as in profiles */
	const char *mode; /**< as rte_eth_rx_burst_mode_get() begins */
	bool mergeable;
	bool packed;      /**< on packed rings */
	uint16_t simd;    /**< register width in bits, 0: scalar */
};

extern const struct model_rx_path model_rx_paths[];
extern const unsigned int model_num_rx_paths;

/** A transmit path. */
struct model_tx_path {
	const char *name;     /**< as in profiles */
	const char *mode;     /**< as rte_eth_tx_burst_mode_get() begins */
	bool simple;          /**< packets of one segment */
	bool fast_free;       /**< with RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE */
	bool packed;
	uint16_t simd;
};

extern const struct model_tx_path model_tx_paths[];
extern const unsigned int model_num_tx_paths;

/** Ring sizes to try: powers of two for split rings, others too for packed ones. 0 ends them. */
const uint16_t *model_ring_sizes(bool packed);

/** Why this CPU cannot run vectors of @p simd bits; NULL: it can. */
const char *model_simd_missing(uint16_t simd);

/** What a configuration needs for a receive path. */
void model_config_rx_path(struct model_port_config *config, const struct model_rx_path *path);

/** Is it the path that runs? */
void model_assert_rx_path(const struct model_port *port, const struct model_rx_path *path);

/** The same for transmit paths. */
void model_config_tx_path(struct model_port_config *config, const struct model_tx_path *path);
void model_assert_tx_path(const struct model_port *port, const struct model_tx_path *path);

/** Fill @p len bytes with the content of packet @p number. */
void model_content(uint8_t *bytes, uint32_t len, uint64_t number);

#endif /* MODEL_PORT_H */
