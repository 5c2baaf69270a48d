/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* scalar.c - the callbacks that any CPU runs, and the same bodies where no burst calls them. */

#include "../vio.h"
#include "rx_split.h"
#include "rxtx.h"
#include "tx_simple.h"

VIO_RX_SPLIT_CALLBACKS(recv_pkts, 0)
VIO_RX_SPLIT_CALLBACKS(recv_mergeable_pkts, VIO_RX_MRG)

VIO_TX_SPLIT_CALLBACKS(xmit_pkts, 0)
VIO_TX_SIMPLE_CALLBACKS(xmit_pkts_simple, VIO_TX_SIMPLE)

#define SEND(name, flags) \
static uint16_t \
name(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb, uint16_t old) \
{ \
	return vio_tx_split_send(q, pkts, nb, old, flags); \
}

SEND(any, 0)
SEND(any_event_idx, VIO_TX_EVENT_IDX)
SEND(any_inorder, VIO_TX_IN_ORDER)
SEND(any_event_idx_inorder, VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER)

const vio_tx_split_send_t vio_tx_split_sends[] = {
	any, any_event_idx, any_inorder, any_event_idx_inorder,
};

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
	if (q->addr_field == offsetof(struct rte_mbuf, buf_iova))
		vio_rx_split_fill(q, VIO_RX_IOVA);
	else
		vio_rx_split_fill(q, 0);
	return q->avail_idx;
}

int
vio_tx_done_cleanup(void *txq, uint32_t free_cnt)
{
	struct vio_txq *q = txq;
	const uint16_t variant = q->vq.port->tx_variant;
	const uint16_t before = q->used_idx;

	/* What the device has sent comes back together; it may be more than was asked for. */
	RTE_SET_USED(free_cnt);
	if (!vio_gate_enter(&q->gate, variant))
		return 0;
	if (q->simple)
		vio_tx_simple_reclaim(q, variant & VIO_TX_IN_ORDER);
	else
		vio_tx_split_reclaim_general(q, variant & VIO_TX_IN_ORDER);
	vio_gate_leave(&q->gate);
	return (uint16_t)(q->used_idx - before);
}
