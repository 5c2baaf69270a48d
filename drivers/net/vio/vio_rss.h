/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_rss.h - how received packets find their queue (5.1.6.5.5): by the driver's hash, key and table
 * (RSS) where the device has that and the application asked for it, else as the device likes. Types
 * and key also say what hash a device reports that steers by itself (HASH_REPORT, 5.1.6.5.6.4).
 */
#ifndef VIO_RSS_H
#define VIO_RSS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

struct vio_port;

/** Bytes of a key: what hashing two IPv6 addresses and two ports takes, and any device has (5.1.4.1). */
#define VIO_RSS_KEY 40

/** Least entries of a device's table (5.1.4.1), and most that are used: ethdev's largest size. */
#define VIO_RSS_TABLE_MIN 128
#define VIO_RSS_TABLE_MAX RTE_ETH_RSS_RETA_SIZE_512

/** Hash types that the standard knows (5.1.6.4.3.1), as a device says them. */
#define VIO_RSS_HASH_TYPES UINT32_C(0x1ff)

/** RSS as the application set it. Under the port's lock. */
struct vio_rss {
	bool wanted;                    /**< asked for when the port was configured */
	uint32_t hash_types;            /**< VIRTIO_NET_RSS_HASH_TYPE_*; 0: RSS is off */
	uint16_t queues;                /**< receive queues that the table was made for */
	uint16_t table[VIO_RSS_TABLE_MAX]; /**< queue of each entry */
	uint8_t key[VIO_RSS_KEY];
};

/** Before the first configuration: the default key, which takes both directions of a flow alike. */
void vio_rss_init(struct vio_port *port);

/** What ethdev may ask for: RTE_ETH_RSS_* that the device hashes by. */
uint64_t vio_rss_flow_types(const struct vio_port *port);

/** Bytes of the key, 0 without hashes. */
uint8_t vio_rss_key_size(const struct vio_port *port);

/** Entries of the table, 0 without RSS. */
uint16_t vio_rss_table_size(const struct vio_port *port);

/**
 * Take over what the application configured (rte_eth_dev_configure()). Without RSS in the device the
 * mode is accepted, and a line says who steers.
 * @return 0, -EINVAL a key of another length
 */
int vio_rss_configure(struct rte_eth_dev *dev);

/** Is the feature to be asked for? */
bool vio_rss_wanted(const struct rte_eth_dev *dev);

/** Tell a device that just went live how to steer, and how many queue pairs are on. */
int vio_rss_steer(struct rte_eth_dev *dev);

/** ethdev's rss_hash_update and rss_hash_conf_get. */
int vio_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int vio_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);

/** ethdev's reta_update and reta_query. */
int vio_rss_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *entries,
			uint16_t size);
int vio_rss_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *entries,
		       uint16_t size);

#endif /* VIO_RSS_H */
