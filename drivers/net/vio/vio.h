/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio.h - a port of the driver, and what its files share. */
#ifndef VIO_H
#define VIO_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ethdev.h>
#include <ethdev_driver.h>

#include <linux/virtio_net.h>

#include "device.h"
#include "features.h"
#include "transport.h"
#include "vio_ctrl.h"
#include "vio_log.h"
#include "vio_queue.h"

/** Largest number of queue pairs (5.1.4.2). */
#define VIO_MAX_PAIRS 0x8000

/** Smallest and largest MTU that a device may ask for (5.1.4.1). */
#define VIO_MTU_MIN RTE_ETHER_MIN_MTU
#define VIO_MTU_MAX (65535 - RTE_ETHER_HDR_LEN)

/** Bytes beside the MTU that a frame may have: Ethernet header and two VLAN tags. */
#define VIO_FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN)

/** What a user may set with device arguments. */
struct vio_devargs {
	bool mrg_rxbuf;   /**< ask for mergeable receive buffers */
	uint32_t speed;   /**< Mbit/s to report, RTE_ETH_SPEED_NUM_UNKNOWN: the device's */
};

/** What the device's configuration space said when it was probed; checked values. */
struct vio_config {
	struct rte_ether_addr mac;
	bool mac_random;     /**< the device has none: made up */
	uint16_t max_pairs;  /**< queue pairs that the device says it has */
	uint16_t max_mtu;    /**< largest MTU */
	uint32_t speed;      /**< Mbit/s, or RTE_ETH_SPEED_NUM_UNKNOWN */
	uint8_t duplex;      /**< RTE_ETH_LINK_FULL_DUPLEX or _HALF_ */
	uint64_t ignore;     /**< features offered with a configuration that cannot be */
};

/** A port; dev->data->dev_private. */
struct vio_port {
	struct virtio_device device;
	const char *name;             /**< of the ethdev, for the log */
	struct rte_eth_dev_data *data;
	struct vio_devargs args;
	struct vio_config config;
	bool iova_is_va;              /**< the device addresses memory by virtual addresses */
	uint16_t usable_pairs;        /**< queue pairs that are there, and that ethdev can have */
	uint16_t pairs;               /**< queue pairs in use, set by configure */
	uint16_t *ring_max;           /**< largest ring of each of 2 x usable_pairs queues */
	bool started;                 /**< the device is live */
	struct vio_ctrl ctrl;
	char rx_reason[192];          /**< why the Rx path was chosen */
	char tx_reason[192];
	const char *rx_path;          /**< name of the Rx burst callback in force */
	const char *tx_path;
};

static inline struct vio_port *
vio_port(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

static inline bool
vio_has(const struct vio_port *port, unsigned int bit)
{
	return virtio_device_has(&port->device, bit);
}

/**
 * Bring up an ethdev on an open transport: look at the device, leave it reset, fill in @p dev.
 * The transport stays the caller's on failure.
 * @return 0 or a negative errno
 */
int vio_port_init(struct rte_eth_dev *dev, struct virtio_transport *transport,
		  const struct vio_devargs *args, bool iova_is_va);

/** Undo vio_port_init(): the device is reset, memory of the port is freed; the transport stays. */
void vio_port_fini(struct rte_eth_dev *dev);

/** Parse device arguments; @p allowed lists their keys, NULL-terminated. 0 or -EINVAL. */
int vio_devargs_parse(const char *text, const char *const allowed[], struct vio_devargs *args);

/** Does the plugin run on the release that it was built for? Says so where not. */
bool vio_release_ok(void);

/** Compare a version string of DPDK with the release built for; for vio_release_ok() and tests. */
bool vio_release_match(const char *running, unsigned int year, unsigned int month);

/* vio_stats.c */
int vio_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats);
int vio_stats_reset(struct rte_eth_dev *dev);
int vio_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n);
int vio_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
			 unsigned int n);

/* vio_link.c */
int vio_link_update(struct rte_eth_dev *dev, int wait_to_complete);
int vio_mtu_set(struct rte_eth_dev *dev, uint16_t mtu);
/** Do the receive buffers hold frames at @p mtu with the accepted features? 0 or -EINVAL. */
int vio_check_frames(struct rte_eth_dev *dev, uint16_t mtu);

#endif /* VIO_H */
