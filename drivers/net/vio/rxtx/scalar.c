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

/** Take back what was sent, by the way that the queue is in. */
static void
reclaim(struct vio_txq *q, const uint32_t flags)
{
	if (q->simple)
		vio_tx_simple_reclaim(q, flags);
	else
		vio_tx_split_reclaim(q, flags);
}

int
vio_tx_done_cleanup(void *txq, uint32_t free_cnt)
{
	struct vio_txq *q = txq;
	const uint16_t before = q->used_idx;

	/* What the device has sent comes back together; it may be more than was asked for. */
	RTE_SET_USED(free_cnt);
	if (!vio_gate_enter(&q->gate, q->vq.port->tx_variant))
		return 0;
	if (q->vq.port->tx_variant & VIO_TX_IN_ORDER)
		reclaim(q, VIO_TX_IN_ORDER);
	else
		reclaim(q, 0);
	vio_gate_leave(&q->gate);
	return (uint16_t)(q->used_idx - before);
}
