/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* scalar_packed.c - the callbacks for packed rings that any CPU runs. */

#include "../vio.h"
#include "rx_burst.h"
#include "rxtx.h"
#include "tx_simple.h"

VIO_RX_CALLBACKS(recv_pkts_packed, VIO_RX_PACKED)
VIO_RX_CALLBACKS(recv_mergeable_pkts_packed, VIO_RX_MRG | VIO_RX_PACKED)

VIO_RX_CALLBACKS(recv_pkts_packed_offload, VIO_RX_PACKED | VIO_RX_OFFLOAD)
VIO_RX_CALLBACKS(recv_mergeable_pkts_packed_offload, VIO_RX_MRG | VIO_RX_PACKED | VIO_RX_OFFLOAD)

VIO_TX_CALLBACKS(xmit_pkts_packed, VIO_TX_PACKED)
VIO_TX_CALLBACKS(xmit_pkts_packed_offload, VIO_TX_PACKED | VIO_TX_OFFLOAD)
VIO_TX_SIMPLE_CALLBACKS(xmit_pkts_packed_simple, VIO_TX_SIMPLE | VIO_TX_PACKED)

VIO_TX_SENDS(packed, VIO_TX_PACKED)

void
vio_rx_packed_fill(struct vio_rxq *q, bool iova)
{
	if (iova)
		vio_rx_fill_ordered(q, VIO_RX_PACKED | VIO_RX_OFFLOAD | VIO_RX_IOVA);
	else
		vio_rx_fill_ordered(q, VIO_RX_PACKED | VIO_RX_OFFLOAD);
}
