/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * rxtx.h - the burst callbacks by name, and the choice among them when a port starts.
 */
#ifndef VIO_RXTX_H
#define VIO_RXTX_H

#include <rte_ethdev.h>

struct vio_port;

uint16_t virtio_recv_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb);
uint16_t virtio_recv_pkts_event_idx(void *rxq, struct rte_mbuf **pkts, uint16_t nb);
uint16_t virtio_recv_mergeable_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb);
uint16_t virtio_recv_mergeable_pkts_event_idx(void *rxq, struct rte_mbuf **pkts, uint16_t nb);
uint16_t virtio_xmit_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb);
uint16_t virtio_xmit_pkts_event_idx(void *txq, struct rte_mbuf **pkts, uint16_t nb);

/**
 * Fill a receive ring for the first time; the queue is not live, nothing is kicked.
 * @return descriptors posted
 */
struct vio_rxq;
uint16_t vio_rx_fill(struct vio_rxq *q);

/** Callbacks of a port that is stopped: they move nothing. */
uint16_t vio_recv_stopped(void *rxq, struct rte_mbuf **pkts, uint16_t nb);
uint16_t vio_xmit_stopped(void *txq, struct rte_mbuf **pkts, uint16_t nb);

/**
 * Pick the callbacks for the features that were accepted and put them into @p dev; the reasons go to
 * the port and, as one NOTICE line, to the log.
 */
void vio_paths_choose(struct rte_eth_dev *dev);

/** ethdev's rx_burst_mode_get and tx_burst_mode_get. */
int vio_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id,
			  struct rte_eth_burst_mode *mode);
int vio_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id,
			  struct rte_eth_burst_mode *mode);

#endif /* VIO_RXTX_H */
