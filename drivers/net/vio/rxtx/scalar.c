/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * scalar.c - the callbacks for split rings that any CPU runs, and the same bodies where no burst calls
 * them. Those for packed rings: scalar_packed.c.
 */

#include "../vio.h"
#include "rx_burst.h"
#include "rxtx.h"
#include "tx_simple.h"

VIO_RX_CALLBACKS(recv_pkts, 0)
VIO_RX_CALLBACKS(recv_mergeable_pkts, VIO_RX_MRG)
VIO_RX_CALLBACKS(recv_pkts_offload, VIO_RX_OFFLOAD)
VIO_RX_CALLBACKS(recv_mergeable_pkts_offload, VIO_RX_MRG | VIO_RX_OFFLOAD)

VIO_TX_CALLBACKS(xmit_pkts, 0)
VIO_TX_CALLBACKS(xmit_pkts_offload, VIO_TX_OFFLOAD)
VIO_TX_SIMPLE_CALLBACKS(xmit_pkts_simple, VIO_TX_SIMPLE)

VIO_TX_SENDS(split, 0)

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

void
vio_rx_fill(struct vio_rxq *q)
{
	/* VIO_RX_OFFLOAD: the size of headers is the queue's, whatever path comes. */
	const bool iova = q->addr_field == offsetof(struct rte_mbuf, buf_iova);

	if (q->vq.packed)
		vio_rx_packed_fill(q, iova);
	else if (iova)
		vio_rx_fill_ordered(q, VIO_RX_OFFLOAD | VIO_RX_IOVA);
	else
		vio_rx_fill_ordered(q, VIO_RX_OFFLOAD);
}

int
vio_tx_done_cleanup(void *txq, uint32_t free_cnt)
{
	struct vio_txq *q = txq;
	const uint16_t variant = q->vq.port->tx_variant;
	const uint32_t flags = variant & (VIO_TX_IN_ORDER | VIO_TX_PACKED);
	uint16_t before;

	/* What the device has sent comes back together; it may be more than was asked for. */
	RTE_SET_USED(free_cnt);
	if (!vio_gate_enter(&q->gate, variant))
		return 0;
	before = vio_tx_packets_out(q);
	if (q->simple)
		vio_tx_simple_reclaim(q, flags);
	else
		vio_tx_reclaim_general(q, flags);
	before -= vio_tx_packets_out(q);
	vio_gate_leave(&q->gate);
	return before;
}
