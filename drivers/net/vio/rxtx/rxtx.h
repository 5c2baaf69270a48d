/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * rxtx.h - the burst callbacks by name, and the choice among them when a port starts.
 */
#ifndef VIO_RXTX_H
#define VIO_RXTX_H

#include <rte_ethdev.h>
#include <ethdev_driver.h>

struct vio_port;

/*
 * One array a path, indexed by VIO_RX_EVENT_IDX | VIO_RX_IOVA, or by VIO_TX_EVENT_IDX |
 * VIO_TX_IN_ORDER, and VIO_TX_FAST_FREE where the path knows it. In profiles the
 * callbacks have the name of their path: virtio_recv_pkts, virtio_recv_pkts_event_idx, ...
 */
extern const eth_rx_burst_t vio_recv_pkts[];
extern const eth_rx_burst_t vio_recv_pkts_vec_sse[];
extern const eth_rx_burst_t vio_recv_pkts_vec_avx2[];
extern const eth_rx_burst_t vio_recv_pkts_vec_avx512[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_vec_sse[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_vec_avx2[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_vec_avx512[];
extern const eth_rx_burst_t vio_recv_pkts_offload[];
extern const eth_rx_burst_t vio_recv_pkts_offload_vec_avx2[];
extern const eth_rx_burst_t vio_recv_pkts_offload_vec_avx512[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_offload[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_offload_vec_avx2[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_offload_vec_avx512[];
extern const eth_rx_burst_t vio_recv_pkts_packed_offload[];
extern const eth_rx_burst_t vio_recv_pkts_packed_offload_vec_avx2[];
extern const eth_rx_burst_t vio_recv_pkts_packed_offload_vec_avx512[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_packed_offload[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_packed_offload_vec_avx2[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_packed_offload_vec_avx512[];
extern const eth_rx_burst_t vio_recv_pkts_packed[];
extern const eth_rx_burst_t vio_recv_pkts_packed_vec_avx2[];
extern const eth_rx_burst_t vio_recv_pkts_packed_vec_avx512[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_packed[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_packed_vec_avx2[];
extern const eth_rx_burst_t vio_recv_mergeable_pkts_packed_vec_avx512[];
extern const eth_tx_burst_t vio_xmit_pkts[];
extern const eth_tx_burst_t vio_xmit_pkts_offload[];
extern const eth_tx_burst_t vio_xmit_pkts_packed_offload[];
extern const eth_tx_burst_t vio_xmit_pkts_simple[];
extern const eth_tx_burst_t vio_xmit_pkts_simple_avx2[];
extern const eth_tx_burst_t vio_xmit_pkts_simple_avx512[];
extern const eth_tx_burst_t vio_xmit_pkts_packed[];
extern const eth_tx_burst_t vio_xmit_pkts_packed_simple[];
extern const eth_tx_burst_t vio_xmit_pkts_packed_simple_avx2[];
extern const eth_tx_burst_t vio_xmit_pkts_packed_simple_avx512[];

struct vio_rxq;
/** Fill a receive ring for the first time; the queue is not live, nothing is kicked. */
void vio_rx_fill(struct vio_rxq *q);
/** The same for a packed ring. @param iova  the device addresses buffers by mbuf->buf_iova */
void vio_rx_packed_fill(struct vio_rxq *q, bool iova);

struct vio_txq;
/** Free all that is out on a queue; nobody polls it, the device was reset. */
void vio_tx_drain(struct vio_txq *q);

/**
 * Send packets from a control thread, on a queue whose gate it has closed. They must come from a pool
 * that nobody else sends from. Waits, for some 40 ms at the most, until the queue is empty: before,
 * and afterwards.
 * @return packets taken; the others are the caller's
 */
uint16_t vio_tx_send_owned(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb);

/** ethdev's tx_done_cleanup; called by the thread that sends. */
int vio_tx_done_cleanup(void *txq, uint32_t free_cnt);

/** Callbacks of a port that is stopped: they move nothing. */
uint16_t vio_recv_stopped(void *rxq, struct rte_mbuf **pkts, uint16_t nb);
uint16_t vio_xmit_stopped(void *txq, struct rte_mbuf **pkts, uint16_t nb);

/** Callbacks that call those of the port and count packets by size, see struct vio_bins. */
uint16_t vio_recv_counted(void *rxq, struct rte_mbuf **pkts, uint16_t nb);
uint16_t vio_xmit_counted(void *txq, struct rte_mbuf **pkts, uint16_t nb);

/** Put callbacks into @p dev, also where the port runs already. */
void vio_burst_set(struct rte_eth_dev *dev, eth_rx_burst_t rx, eth_tx_burst_t tx);

/**
 * Pick the callbacks for the features that were accepted and put them into @p dev; the reasons go to
 * the port and, as one NOTICE line, to the log.
 */
void vio_paths_choose(struct rte_eth_dev *dev);

/** The callbacks that were chosen last, in this process; of a port that never was live: stopped ones. */
eth_rx_burst_t vio_rx_chosen(const struct vio_port *port);
eth_tx_burst_t vio_tx_chosen(const struct vio_port *port);

/** ethdev's rx_burst_mode_get and tx_burst_mode_get. */
int vio_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id,
			  struct rte_eth_burst_mode *mode);
int vio_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id,
			  struct rte_eth_burst_mode *mode);

#endif /* VIO_RXTX_H */
