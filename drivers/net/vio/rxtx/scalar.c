/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* scalar.c - the callbacks that any CPU runs, and what paths of every width need once in a while. */

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

void
vio_rx_split_fill_shuffled(struct vio_rxq *q)
{
	struct rte_mbuf *fresh[VIO_RX_REFILL_MAX];
	uint16_t want = vio_rx_split_free(q);
	uint16_t n, got;

	do {
		n = RTE_MIN(want, (uint16_t)VIO_RX_REFILL_MAX);
		got = vio_rx_alloc(q, fresh, n);
		for (uint16_t i = 0; i < got; i++) {
			uint16_t id = q->ids[q->avail_idx & q->mask];

			q->slot[id] = fresh[i];
			q->desc[id].addr = vio_mbuf_addr(fresh[i], q->addr_field) +
					   VIO_RX_DATA_OFF - VIO_HDR_SIZE;
			q->avail->ring[q->avail_idx++ & q->mask] = id;
		}
		want -= got;
	} while (want != 0 && got == n);
	vring_split_publish(q->avail, q->avail_idx);
}

void
vio_rx_split_surprise(struct vio_rxq *q, uint16_t first, uint16_t pos, uint32_t id)
{
	bool posted = id <= q->mask &&
		      ((id - pos) & q->mask) < (uint16_t)(q->avail_idx - pos);

	if (q->shuffled || !posted)
		vio_rxq_fault(q, VIO_FAULT_USED_ID);
	else
		vio_rx_split_shuffle(q, first);
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
vio_tx_simple_end(struct vio_txq *q)
{
	/* What is out are plain packets of one descriptor each, in ring order. */
	for (uint16_t i = q->used_idx; i != q->avail_idx; i++)
		q->count[i & q->mask] = VIO_TX_PLAIN | 1;
	q->general = 1;
}

void
vio_tx_split_surprise(struct vio_txq *q, uint32_t id)
{
	const uint16_t posted = q->mask + 1 - vio_tx_split_free(q);

	/* In order: the head of a chain that is out, beyond the next one. */
	if (q->shuffled || id > q->mask || q->count[id] == 0 ||
	    ((id - q->free_idx) & q->mask) >= posted)
		vio_txq_fault(q, VIO_FAULT_USED_ID);
	else
		vio_tx_split_shuffle(q);
}

void
vio_tx_split_complete_shuffled(struct vio_txq *q, uint16_t pending)
{
	for (; pending != 0; pending--) {
		const struct vring_used_elem *elem = &q->used->ring[q->used_idx & q->mask];
		uint32_t id = __atomic_load_n(&elem->id, __ATOMIC_RELAXED);
		uint16_t count;

		if (unlikely(id > q->mask || q->count[id] == 0)) {
			vio_tx_split_surprise(q, id);
			return;
		}
		count = q->count[id] & ~VIO_TX_PLAIN;
		q->count[id] = 0;
		while (count-- != 0) {
			rte_pktmbuf_free_seg(q->slot[id]);
			q->ids[q->free_idx++ & q->mask] = id;
			id = q->next[id];
		}
		q->used_idx++;
	}
}

void
vio_tx_split_shuffle(struct vio_txq *q)
{
	/* In order, chains and free descriptors both follow ring order: write that down. */
	for (uint32_t i = 0; i <= q->mask; i++) {
		q->ids[i] = i;
		q->next[i] = (i + 1) & q->mask;
	}
	/* A position said what is posted; now count[] has to: 0 but at the heads that are out. */
	for (uint16_t i = q->free_idx - q->mask - 1; i != q->desc_idx; i++) {
		uint16_t count = q->count[i & q->mask] & ~VIO_TX_PLAIN;

		for (; count > 1; count--)
			q->count[++i & q->mask] = 0;
	}
	for (uint16_t i = q->desc_idx; i != q->free_idx; i++)
		q->count[i & q->mask] = 0;
	q->shuffled = 1;
	q->stats.shuffled++;
	VIO_PORT_LOG(q->vq.port, queue, INFO,
		     "transmit queue %u: the device completes out of order; following it",
		     q->vq.queue_id);
}
