/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * owned.c - sending for a control thread that has taken a transmit queue away from its poller.
 *
 * Its packets come from a pool of their own, while queues keep a pool whose packets go back to it
 * without a look at them (vio_txq::pool). So the queue is empty before and, as a rule, afterwards:
 * then it is as it was, simple if it was so.
 */

#include <rte_cycles.h>

#include "../vio.h"
#include "rxtx.h"
#include "tx_simple.h"

/** How long a device may take over what is on the queue, and between two looks; microseconds. */
#define DRAIN_US 20000
#define DRAIN_POLL_US 50

/** Wait until the device has sent all that is out. */
static bool
drained(struct vio_txq *q, uint32_t flags)
{
	for (unsigned int us = 0;; us += DRAIN_POLL_US) {
		vio_tx_reclaim_general(q, flags & (VIO_TX_IN_ORDER | VIO_TX_PACKED));
		if (vio_tx_idle(q))
			return true;
		if (us >= DRAIN_US || q->fault != VIO_FAULT_NONE)
			return false;
		rte_delay_us_sleep(DRAIN_POLL_US);
	}
}

/**
 * May the empty queue be simple again? In a split ring positions of descriptors and of the available
 * ring still have to be the same, and each entry of that its own descriptor.
 */
static bool
simple_again(const struct vio_txq *q)
{
	return !q->shuffled && q->fault == VIO_FAULT_NONE &&
	       (q->vq.packed || q->desc_idx == q->avail_idx);
}

uint16_t
vio_tx_send_owned(struct vio_txq *q, struct rte_mbuf **pkts, uint16_t nb)
{
	const uint32_t flags = q->vq.port->tx_variant & (VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER |
							 VIO_TX_PACKED);
	const uint32_t variant = flags & (VIO_TX_EVENT_IDX | VIO_TX_IN_ORDER);
	const bool simple = q->simple;
	uint16_t sent = 0;
	uint16_t old;

	if (simple)
		vio_tx_simple_end(q);
	if (drained(q, flags)) {
		old = q->avail_idx;
		q->first_flags = vring_packed_avail_flags(old);
		sent = (q->vq.packed ? vio_tx_sends_packed : vio_tx_sends_split)[variant](
			q, pkts, nb, old);
		if (drained(q, flags))
			q->simple = simple && simple_again(q);
	}
	return sent;
}
