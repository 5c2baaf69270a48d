/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vswitch.h - the switch as a whole: its ports, its workers, and who may touch what.
 *
 * The control thread (main lcore) owns everything and changes it; workers forward. What a worker
 * reads changes in one of two ways: by a single atomic store (members of a VLAN, the list of queues
 * to poll, the clock), or while no worker uses the port: port_offline(), change, port_online().
 */
#ifndef VSWITCH_H
#define VSWITCH_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_rcu_qsbr.h>
#include <rte_spinlock.h>

#include "fdb.h"
#include "vlan.h"

static_assert(VS_PORTS_MAX <= 64, "a port is a bit of a 64-bit word");

#define VS_WORKERS_MAX 64
#define VS_QUEUES_MAX 64
#define VS_BURST 32
#define VS_TEXT_MAX 256

#define VS_MTU_DEFAULT 1500
#define VS_MTU_MAX 9000

/** Bytes around the payload of the longest frame: header and two tags. */
#define VS_OVERHEAD (RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN)

/** Why a frame was not passed on. Counted where it came in, from TX_FULL on where it was to go. */
enum vs_drop {
	VS_DROP_RUNT,       /**< shorter than its headers */
	VS_DROP_TOO_LONG,   /**< than --mtu allows */
	VS_DROP_BAD_SOURCE, /**< source address is zero or a group */
	VS_DROP_VLAN,       /**< of a VLAN the port does not carry, or tagged on an access port */
	VS_DROP_RESERVED,   /**< 01:80:c2:00:00:00 to 0f, kept by bridges (802.1Q, 8.6.3) */
	VS_DROP_SAME_PORT,  /**< the destination is where it came from */
	VS_DROP_NO_PORT,    /**< no other port carries its VLAN */
	VS_DROP_TX_FULL,    /**< the port took no more: its ring is full, or nobody is there */
	VS_DROP_NO_MBUF,    /**< no mbuf for a copy (also where it came in), or no room for a tag */
	VS_DROP_COUNT
};

/** A port's numbers, as one worker counts them. */
struct vs_counters {
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t flooded; /**< frames that came in and went to all */
	uint64_t drop[VS_DROP_COUNT];
} __rte_cache_aligned;

/** Frames on their way out of a port. */
struct vs_out {
	uint32_t count;
	uint32_t bytes;
	struct rte_mbuf *frames[VS_BURST];
};

/** A queue to poll. */
struct vs_source {
	uint16_t port;
	uint16_t queue;
};

/** What a worker polls; never changed, only replaced. */
struct vs_poll {
	uint32_t count;
	struct vs_source source[];
};

struct vs_switch;

/** A thread that forwards. All but poll is its own. */
struct vs_worker {
	struct vs_switch *sw;
	struct vs_poll *poll; /**< replaced by the control thread */
	unsigned int number;
	unsigned int lcore;
	uint32_t touched;     /**< how many ports have frames in out[] */
	uint32_t bin_count;
	uint16_t touched_port[VS_PORTS_MAX];
	struct rte_mbuf *bin[VS_BURST]; /**< frames to be freed */
	struct vs_out out[VS_PORTS_MAX];
	struct fdb_cache cache;
	struct vs_counters counters[VS_PORTS_MAX];
} __rte_cache_aligned;

/** A port. What workers read comes first. */
struct vs_port {
	uint16_t native;    /**< VLAN that leaves untagged */
	bool tx_locked;     /**< several workers may use a queue */
	bool vhost;         /**< net_vhost: the guest decides which queues live */
	uint8_t tx_queue[VS_WORKERS_MAX]; /**< by worker; changes while they run */
	struct {
		rte_spinlock_t lock;
	} __rte_cache_aligned tx[VS_QUEUES_MAX];

	struct vlan_rules rules;
	bool present;
	bool online;        /**< polled, and sent to */
	bool link_up;
	uint16_t rx_queues;
	uint16_t tx_queues;
	uint32_t mbufs;     /**< that its rings can hold */
	uint64_t tx_live;   /**< queues that a guest has enabled, if vhost */
	uint64_t resets;
	char name[RTE_ETH_NAME_MAX_LEN];
	char driver[64];
} __rte_cache_aligned;

/** What the user wants. */
struct vs_config {
	const char *socket;
	uint32_t age_s;
	uint32_t fdb_size;
	uint32_t port_macs;
	uint32_t mbufs;
	uint32_t mtu;
};

/** Events of ports that wait for the control thread, a bit for each port. */
struct vs_events {
	uint64_t link;
	uint64_t reset;
	uint64_t removed;
	uint64_t queues;
	int wake; /**< eventfd */
};

/** The switch. */
struct vs_switch {
	struct fdb *fdb;
	struct rte_mempool *pool;
	struct rte_rcu_qsbr *rcu;
	uint32_t max_frame; /**< bytes */
	unsigned int workers;
	struct vs_worker *worker[VS_WORKERS_MAX];
	struct vs_port port[VS_PORTS_MAX];
	struct vlan_table vlans;
	struct vs_config config;
	uint32_t mbufs_promised; /**< to rings and caches */
	struct vs_events events;

	/** For workers; a line of its own, as it is written often. */
	uint32_t clock_ms __rte_cache_aligned;
	uint32_t stop;
} __rte_cache_aligned;

/** A sentence for the user about what failed. */
struct vs_error {
	char text[VS_TEXT_MAX];
};

/** Write the sentence. @return ret */
int vs_fail(struct vs_error *error, int ret, const char *format, ...)
	__rte_format_printf(3, 4);

/** A line for whoever watches: on stderr. */
void vs_log(const char *format, ...) __rte_format_printf(1, 2);

/** Wait until every worker is done with what it looked up before. Control thread. */
void vs_quiesce(struct vs_switch *sw);

#endif /* VSWITCH_H */
