/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* scalar.c - the callbacks that any CPU runs, and what paths of every width need once in a while. */

#include "../vio.h"
#include "rx_split.h"
#include "rxtx.h"
#include "tx_split.h"

/* A burst's body with its constants becomes a callback. */
#define VIO_RX_CALLBACK(name, flags) \
uint16_t \
name(void *rxq, struct rte_mbuf **pkts, uint16_t nb) \
{ \
	return vio_rx_split_burst(rxq, pkts, nb, flags); \
}

#define VIO_TX_CALLBACK(name, flags) \
uint16_t \
name(void *txq, struct rte_mbuf **pkts, uint16_t nb) \
{ \
	return vio_tx_split_burst(txq, pkts, nb, flags); \
}

VIO_RX_CALLBACK(virtio_recv_pkts, 0)
VIO_RX_CALLBACK(virtio_recv_pkts_event_idx, VIO_RX_EVENT_IDX)
VIO_RX_CALLBACK(virtio_recv_mergeable_pkts, VIO_RX_MRG)
VIO_RX_CALLBACK(virtio_recv_mergeable_pkts_event_idx, VIO_RX_MRG | VIO_RX_EVENT_IDX)

VIO_TX_CALLBACK(virtio_xmit_pkts, 0)
VIO_TX_CALLBACK(virtio_xmit_pkts_event_idx, VIO_TX_EVENT_IDX)

uint16_t
vio_recv_stopped(void *rxq __rte_unused, struct rte_mbuf **pkts __rte_unused,
		 uint16_t nb __rte_unused)
{
	return 0;
}

uint16_t
vio_xmit_stopped(void *txq __rte_unused, struct rte_mbuf **pkts __rte_unused,
		 uint16_t nb __rte_unused)
{
	return 0;
}

uint16_t
vio_rx_fill(struct vio_rxq *q)
{
	return vio_rx_split_fill(q, false);
}

void
vio_rx_split_shuffle(struct vio_rxq *q, uint16_t pos)
{
	const uint16_t posted = q->avail_idx - pos;

	/* In order, a position told whether a slot is posted; now the slot itself has to. */
	for (uint32_t i = posted; i <= q->mask; i++)
		q->slot[(pos + i) & q->mask] = NULL;
	for (uint32_t i = 0; i <= q->mask; i++)
		q->ids[i] = i;
	q->shuffled = 1;
	q->stats.shuffled++;
	VIO_PORT_LOG(q->vq.port, queue, INFO,
		     "receive queue %u: the device completes out of order; following it",
		     q->vq.queue_id);
}

void
vio_tx_split_shuffle(struct vio_txq *q)
{
	/* In order, chains and free descriptors both follow ring order: write that down. */
	for (uint32_t i = 0; i <= q->mask; i++) {
		q->ids[i] = i;
		q->next[i] = (i + 1) & q->mask;
	}
	q->shuffled = 1;
	q->stats.shuffled++;
	VIO_PORT_LOG(q->vq.port, queue, INFO,
		     "transmit queue %u: the device completes out of order; following it",
		     q->vq.queue_id);
}
