/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_filter.h - what a port is to receive: modes, MAC addresses, VLANs.
 *
 * The port keeps what the application wishes and, beside it, what the device was told since its last
 * reset. An operation changes a wish and tells the device the difference; a device that went live,
 * after a stop or because it came back, is told everything.
 */
#ifndef VIO_FILTER_H
#define VIO_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ethdev.h>

#include "vio_ctrl.h"

struct vio_port;

/**
 * Addresses that ethdev may give a port, the default one included: more than a device is told
 * (VIO_MAC_TABLE), beyond which the port takes all unicast frames.
 */
#define VIO_MAC_ADDRS 128

/** Modes of the receive filter that ethdev has a use for: PROMISC, ALLMULTI, ALLUNI (5.1.6.5.1). */
#define VIO_RX_MODES 3

/** Wishes, and what the device knows. Under the port's lock. */
struct vio_filter {
	/* wishes */
	bool promisc;
	bool allmulti;
	bool many_mc;                /**< set_mc_addr_list gave more than a table has */
	uint16_t num_mc;             /**< of set_mc_addr_list; 0 where there are too many */
	struct rte_ether_addr mc[VIO_MAC_TABLE];
	struct rte_ether_addr macs[VIO_MAC_ADDRS]; /**< [0]: the default; zeros: none */
	/* told */
	int8_t modes[VIO_RX_MODES];  /**< 0, 1; -1: not known */
	bool told_mac;               /**< the default address is the device's */
	bool told_tables;            /**< what is in tables[] is the device's */
	bool said_uc;                /**< that there are too many unicast addresses */
	bool said_mc;                /**< that there are too many multicast addresses */
	uint16_t tables_len;
	uint8_t tables[VIO_MAC_TABLES_LEN];
};

/** Begin with nothing but the default address @p mac. */
void vio_filter_init(struct vio_port *port, const struct rte_ether_addr *mac);

/**
 * Tell a device that just went live all of it. What a device cannot do is said once and is no
 * failure, but for a VLAN filter that was asked for: frames that must not come would come.
 * @return 0, or what vio_ctrl_command() answered
 */
int vio_filter_restore(struct rte_eth_dev *dev);

/** Offloads of ethdev that the filter is: RTE_ETH_RX_OFFLOAD_VLAN_FILTER, or 0. */
uint64_t vio_filter_offloads(const struct vio_port *port);

/** ethdev's promiscuous_enable and _disable, allmulticast_enable and _disable. */
int vio_promiscuous_enable(struct rte_eth_dev *dev);
int vio_promiscuous_disable(struct rte_eth_dev *dev);
int vio_allmulticast_enable(struct rte_eth_dev *dev);
int vio_allmulticast_disable(struct rte_eth_dev *dev);

/** ethdev's mac_addr_set, _add, _remove. */
int vio_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac);
int vio_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t index,
		     uint32_t vmdq);
void vio_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index);

/** ethdev's set_mc_addr_list. */
int vio_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addrs, uint32_t count);

/** ethdev's vlan_filter_set. */
int vio_vlan_filter_set(struct rte_eth_dev *dev, uint16_t vlan_id, int on);

/**
 * RTE_ETH_RX_OFFLOAD_VLAN_FILTER was switched on or off. The filter is a feature of the device, so a
 * running port is taken down and up again for this, as it is for a backend that comes back: the
 * application goes on polling. 0 or a negative errno.
 */
int vio_vlan_filter_switch(struct rte_eth_dev *dev);

#endif /* VIO_FILTER_H */
