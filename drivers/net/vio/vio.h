/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio.h - a port of the driver, and what its files share. */
#ifndef VIO_H
#define VIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_ether.h>
#include <rte_ethdev.h>
#include <ethdev_driver.h>

#include <linux/if.h>
#include <linux/virtio_net.h>

#include "device.h"
#include "features.h"
#include "transport.h"
#include "vio_ctrl.h"
#include "vio_features.h"
#include "vio_filter.h"
#include "vio_health.h"
#include "vio_intr.h"
#include "vio_log.h"
#include "vio_offload.h"
#include "vio_queue.h"
#include "vio_rss.h"

/** Largest number of queue pairs (5.1.4.2). */
#define VIO_MAX_PAIRS 0x8000

/** Smallest and largest MTU that a device may ask for (5.1.4.1). */
#define VIO_MTU_MIN RTE_ETHER_MIN_MTU
#define VIO_MTU_MAX (65535 - RTE_ETHER_HDR_LEN)

/** Bytes beside the MTU that a frame may have: Ethernet header and two VLAN tags. */
#define VIO_FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN)

/** Most queue pairs of a vdev; as many as ethdev has queues. */
#define VIO_USER_MAX_PAIRS RTE_MAX_QUEUES_PER_PORT

/** What a user may set with device arguments; the names are the keys. */
struct vio_devargs {
	bool cq;                   /**< serve control commands */
	bool in_order;             /**< ask for in-order completion */
	bool mrg_rxbuf;            /**< ask for mergeable receive buffers */
	bool packed_vq;            /**< ask for packed rings */
	bool server;               /**< listen on path instead of connecting to it */
	bool size_bins;            /**< count packets by size and kind of address */
	bool vectorized;           /**< vector paths may be used */
	char iface[IFNAMSIZ];      /**< TAP interface of a vhost-net backend */
	char path[108];            /**< socket or character device of the backend */
	struct rte_ether_addr mac; /**< all zero: not given */
	uint32_t queue_size;       /**< descriptors of each ring */
	uint32_t queues;           /**< queue pairs */
	uint32_t rx_max_packets;   /**< received packets per notification, 0: the device's choice */
	uint32_t rx_max_usecs;     /**< microseconds until one, 0: the device's choice */
	uint32_t speed;            /**< Mbit/s to report, RTE_ETH_SPEED_NUM_UNKNOWN: the device's */
};

/** What the device's configuration space said when it was probed; checked values. */
struct vio_config {
	struct rte_ether_addr mac;
	bool mac_random;     /**< the device has none: made up */
	uint16_t max_pairs;  /**< queue pairs that the device says it has */
	uint16_t max_mtu;    /**< largest MTU */
	uint32_t speed;      /**< Mbit/s, or RTE_ETH_SPEED_NUM_UNKNOWN */
	uint8_t duplex;      /**< RTE_ETH_LINK_FULL_DUPLEX or _HALF_ */
	uint16_t rss_table;  /**< RSS: entries of the largest table */
	uint32_t hash_types; /**< RSS: types that the device hashes by, VIRTIO_NET_RSS_HASH_TYPE_* */
	uint64_t ignore;     /**< features offered with a configuration that cannot be */
};

struct vio_port;

/** What a port asks of the bus that it is on; NULL operations: nothing special there. */
struct vio_bus {
	/** Is there a device now? Where not, the port waits for one with its link down. */
	bool (*present)(struct vio_port *port);
	/** See to what the device has to know before it is taken live; an error fails the start. */
	int (*prepare)(struct vio_port *port);
	/**
	 * Control commands are served here rather than by a control virtqueue: the operations
	 * below. Without it they are NULL and the device has the say.
	 */
	bool serves_ctrl;
	/** Turn on the first @p pairs queue pairs, and the others off. */
	int (*set_pairs)(struct vio_port *port, uint16_t pairs);
	/** Turn one of the modes VIRTIO_NET_CTRL_RX_* on or off. */
	int (*rx_mode)(struct vio_port *port, uint8_t cmd, bool on);
	/** The port has another MTU. */
	int (*mtu)(struct vio_port *port, uint16_t mtu);
	/** The device says in registers alone what becomes of it: look at them, see vio_health.h. */
	bool watched;
	/** The device is used through the legacy interface: its rings have one size and layout. */
	bool legacy;
	/**
	 * Deliver interrupts: of each of the first @p rx_queues receive queues to an eventfd in the
	 * ethdev's interrupt handle, of the @p link as an event. -ENOTSUP where it cannot do the
	 * former; nothing is left behind on failure. Before the device goes live.
	 */
	int (*intr_start)(struct vio_port *port, uint16_t rx_queues, bool link);
	/** The opposite, also where nothing was started; the device was reset. */
	void (*intr_stop)(struct vio_port *port);
	/** Before the port is taken down for good, with no lock held. */
	void (*closing)(struct vio_port *port);
	/** The end: the transport was closed, and what it stood on is to be given up. */
	void (*closed)(struct vio_port *port);
};

/** A port; dev->data->dev_private. */
struct vio_port {
	struct virtio_device device;
	const struct vio_bus *bus;    /**< the primary's: other processes have it elsewhere */
	bool serves_ctrl;             /**< as the bus says, for all of them */
	pthread_mutex_t lock;         /**< of the order of start, stop and what a backend does */
	const char *name;             /**< of the ethdev, for the log */
	struct rte_eth_dev_data *data;
	struct vio_devargs args;
	struct vio_config config;
	uint64_t wanted;              /**< features asked for at the last negotiation */
	bool iova_is_va;              /**< the device addresses memory by virtual addresses */
	uint16_t usable_pairs;        /**< queue pairs that are there, and that ethdev can have */
	uint16_t pairs;               /**< queue pairs in use, set by configure */
	uint16_t *ring_max;           /**< largest ring of each of 2 x usable_pairs queues */
	bool open;                    /**< from prepare to close */
	bool started;                 /**< the application wants packets */
	bool link_down;               /**< it does not for now: rte_eth_dev_set_link_down() */
	bool live;                    /**< the device works for us */
	bool rx_intr;                 /**< receive queues have interrupts, see vio_intr.h */
	bool intr_ready;              /**< PCI: see vio_pci_intr.h */
	bool intr_on;
	uint16_t msix_size;           /**< PCI: MSI-X vectors that the device has */
	uint16_t config_vector;       /**< MSI-X vector of configuration changes */
	uint16_t rx_vector;           /**< and of the first receive queue, the others following */
	bool stuck;                   /**< it did not finish its last reset: it may still write */
	uint64_t tx_offloads;         /**< of any queue, when the device went live */
	uint16_t rx_variant;          /**< of the callbacks in force, see vio_gate.h */
	uint16_t tx_variant;
	const struct rte_memzone *spare; /**< rings of vio_spare.c, NULL: none */
	struct vio_ctrl ctrl;
	struct vio_filter filter;
	struct vio_rss rss;
	struct vio_health health;
	uint64_t activations;         /**< how often the device went live; an extended statistic */
	uint64_t config_interrupts;   /**< of configuration changes; an extended statistic */
	char rx_reason[192];          /**< why the Rx path was chosen */
	char tx_reason[192];
	uint8_t rx_path;              /**< row of the table in rxtx/paths.c, or VIO_PATH_NONE */
	uint8_t tx_path;
};

/** No path was chosen yet. */
#define VIO_PATH_NONE UINT8_MAX

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

/** Did the device offer @p bit when it was last asked, with a configuration that can be? */
static inline bool
vio_offers(const struct vio_port *port, unsigned int bit)
{
	return ((port->device.offered & ~port->config.ignore) >> bit) & 1;
}

/** Fill in the parts of a port that say what it is; nothing is touched or allocated. */
void vio_port_prepare(struct rte_eth_dev *dev, struct virtio_transport *transport,
		      const struct vio_bus *bus, const struct vio_devargs *args,
		      bool iova_is_va);

/**
 * Make a prepared port usable; port->config was filled, by vio_inspect() or vio_assume_config().
 * @return 0 or -ENOMEM
 */
int vio_port_init(struct rte_eth_dev *dev);

/**
 * The end of a port: the device is reset, memory is freed, the transport closed. Also for a port
 * that never got further than vio_port_prepare() and an open transport. A second call does nothing.
 */
void vio_port_fini(struct rte_eth_dev *dev);

/**
 * Give a secondary process its view of a port that the primary made, to look at. To poll it takes what
 * vio_second.h does.
 * @return 0
 */
int vio_port_attach(struct rte_eth_dev *dev);

/** Is @p dev a port of this driver? */
bool vio_is_port(const struct rte_eth_dev *dev);

/** What holds where a device argument is not given; packed_vq is the bus's to change. */
#define VIO_DEVARGS_DEFAULT (struct vio_devargs){ \
	.in_order = true, \
	.mrg_rxbuf = true, \
	.queue_size = 256, \
	.queues = 1, \
	.speed = RTE_ETH_SPEED_NUM_UNKNOWN, \
	.vectorized = true, \
}

/**
 * Parse device arguments; @p allowed lists their keys, NULL-terminated.
 * @param args  in: what holds without them
 * @return 0 or -EINVAL
 */
int vio_devargs_parse(const char *text, const char *const allowed[], struct vio_devargs *args);

/** Does the plugin run on the release that it was built for? Says so where not. */
bool vio_release_ok(void);

/** Compare a version string of DPDK with the release built for; for vio_release_ok() and tests. */
bool vio_release_match(const char *running, unsigned int year, unsigned int month);

/* vio_config.c */
/** Features that the driver can use and the device arguments allow. */
uint64_t vio_features(const struct vio_port *port);
/** Reset the device and agree with it on features; 0 or what virtio_device_negotiate() answers. */
int vio_negotiate(struct vio_port *port, uint64_t wanted);
/** Look at the device without taking it live; it is left reset. Fills port->config. */
int vio_inspect(struct vio_port *port);
/** Fill port->config from device arguments alone, for a device that may not be there yet. */
int vio_assume_config(struct vio_port *port);

/** Do headers end before num_buffers? Only over the legacy interface (5.1.6.1). */
static inline bool
vio_short_headers(const struct vio_port *port)
{
	return port->bus->legacy && !vio_has(port, VIRTIO_NET_F_MRG_RXBUF);
}

/* vio_start.c */
/** ethdev's dev_start and dev_stop. */
int vio_dev_start(struct rte_eth_dev *dev);
int vio_dev_stop(struct rte_eth_dev *dev);
/** Negotiate, set up the queues, go live, let bursts in. Under port->lock. 0 or a negative errno. */
int vio_activate(struct rte_eth_dev *dev);
/**
 * Keep bursts out, reset the device, then free what was posted to it. Under port->lock.
 * @return 0, -ETIMEDOUT or -EBUSY where buffers had to be given up
 */
int vio_deactivate(struct rte_eth_dev *dev);

/**
 * Choose the paths again while bursts go on; rings stay as they are, so what was negotiated does too.
 * @return 0 or -EBUSY
 */
int vio_repath(struct rte_eth_dev *dev);
/** The same under port->lock. */
int vio_repath_locked(struct rte_eth_dev *dev);

/* vio_spare.c */
/**
 * Tell the device of the queues that its pairs have beside those of ethdev, between negotiation and
 * DRIVER_OK. 0 or a negative errno.
 */
int vio_spare_start(struct rte_eth_dev *dev);
/** Free what they took; the device was reset. */
void vio_spare_free(struct vio_port *port);

/* vio_admin.c */
/** Is the device to be live, as far as the application is concerned? */
static inline bool
vio_port_wanted(const struct vio_port *port)
{
	return port->started && !port->link_down;
}
/**
 * Take a live device down and up again, because it has to be negotiated with anew. The application
 * goes on polling; what is in the rings is lost. Under port->lock. 0 or a negative errno.
 */
int vio_reactivate(struct rte_eth_dev *dev);
/**
 * ethdev's dev_set_link_up and dev_set_link_down. A port whose link was taken down has no live
 * device, and stays so over stops and starts.
 */
int vio_dev_set_link_up(struct rte_eth_dev *dev);
int vio_dev_set_link_down(struct rte_eth_dev *dev);
/**
 * ethdev's dev_reset: the port as it was found, without queues, and with what the device says of
 * itself now. It is how to go on after RTE_ETH_EVENT_INTR_RESET.
 */
int vio_dev_reset(struct rte_eth_dev *dev);
/** ethdev's is_removed. */
int vio_is_removed(struct rte_eth_dev *dev);
/** ethdev's get_reg; what is in it: vio_admin.c. */
int vio_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info);

/* rxtx/descs.c */
/** ethdev's rx_queue_count, rx_descriptor_status, tx_descriptor_status, for the polling thread. */
uint32_t vio_rx_queue_count(void *rxq);
int vio_rx_descriptor_status(void *rxq, uint16_t offset);
int vio_tx_descriptor_status(void *txq, uint16_t offset);
/** ethdev's get_monitor_addr: the memory that changes with the next packet. */
int vio_get_monitor_addr(void *rxq, struct rte_power_monitor_cond *cond);

/* vio_dump.c */
/** In a word: live, stopped, ... */
const char *vio_port_state(const struct vio_port *port);
/** ethdev's eth_dev_priv_dump: where the queues are, and how large; what the port receives. */
int vio_priv_dump(struct rte_eth_dev *dev, FILE *file);

/* vio_stats.c */
int vio_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats);
int vio_stats_reset(struct rte_eth_dev *dev);
/** ethdev's xstats_reset: queues' counters and the port's. */
int vio_xstats_reset(struct rte_eth_dev *dev);
int vio_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n);
int vio_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
			 unsigned int n);

/* vio_link.c */
/** ethdev's link_update: 0 where the state has changed, else -1. */
int vio_link_update(struct rte_eth_dev *dev, int wait_to_complete);
/** Tell the application that it has; with no lock held. */
void vio_link_event(uint16_t port_id);
int vio_mtu_set(struct rte_eth_dev *dev, uint16_t mtu);
/** Do the receive buffers hold frames at @p mtu with the accepted features? 0 or -EINVAL. */
int vio_check_frames(struct rte_eth_dev *dev, uint16_t mtu);

#endif /* VIO_H */
