/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * slow_split.c - what split rings need once in a while, for paths of every width: devices that
 * complete out of order, faults, packets that find the ring short.
 */

#include "../vio.h"
#include "rx_split.h"
#include "rxtx.h"
#include "tx_simple.h"

void
vio_rx_split_shuffle(struct vio_rxq *q, uint16_t pos)
{
	const uint16_t posted = q->avail_idx - pos;

	/* In order, a position told whether a slot is posted; now the slot itself has to. */
	for (uint32_t i = posted; i <= q->mask; i++)
		q->slot[(pos + i) & q->mask] = NULL;
	for (uint32_t i = 0; i <= q->mask; i++)
		q->ids[i] = i;
	q->batch_end = pos;
	q->shuffled = 1;
}

void
vio_rx_split_surprise(struct vio_rxq *q, uint16_t first, uint16_t pos, uint32_t id)
{
	bool posted = id <= q->mask &&
		      ((id - pos) & q->mask) < (uint16_t)(q->avail_idx - pos);

	if (q->shuffled || !posted) {
		vio_rxq_fault(q, VIO_FAULT_USED_ID);
		return;
	}
	vio_rx_split_shuffle(q, first);
	q->stats.shuffled++;
	VIO_PORT_LOG(q->vq.port, queue, INFO, "receive queue %u: the device completes %s; "
		     "following it", q->vq.queue_id, q->in_order ? "in batches" : "out of order");
}

bool
vio_rx_split_batched(struct vio_rxq *q, uint16_t pos, uint32_t *len, uint32_t *id)
{
	/* Between batches: the entry at the first position names the last buffer of the next one. */
	if (pos == q->batch_end) {
		uint16_t ahead = (*id - pos) & q->mask;

		if (*id > q->mask || ahead >= (uint16_t)(q->avail_idx - pos))
			return false;
		q->batch_end = pos + ahead + 1;
		q->batch_len = *len;
	}
	/* Those before the last were used completely (2.7.9.1). */
	*id = pos & q->mask;
	*len = (uint16_t)(pos + 1) == q->batch_end ? q->batch_len : q->post_len;
	return true;
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

		for (; count != VIO_TX_INDIRECT && count > 1; count--)
			q->count[++i & q->mask] = 0;
	}
	for (uint16_t i = q->desc_idx; i != q->free_idx; i++)
		q->count[i & q->mask] = 0;
	q->shuffled = 1;
}

void
vio_tx_simple_end(struct vio_txq *q)
{
	/* What is out are plain packets of one descriptor each, in ring order. */
	for (uint16_t i = q->used_idx; i != q->avail_idx; i++)
		q->count[i & q->mask] = VIO_TX_PLAIN | 1;
	q->simple = 0;
}

void
vio_tx_split_surprise(struct vio_txq *q, uint32_t id)
{
	const uint16_t posted = q->mask + 1 - vio_tx_split_free(q);

	/* In order: the head of a chain that is out, beyond the next one. */
	if (q->shuffled || id > q->mask || q->count[id] == 0 ||
	    ((id - q->free_idx) & q->mask) >= posted) {
		vio_txq_fault(q, VIO_FAULT_USED_ID);
		return;
	}
	vio_tx_split_shuffle(q);
	q->stats.shuffled++;
	VIO_PORT_LOG(q->vq.port, queue, INFO,
		     "transmit queue %u: the device completes out of order; following it",
		     q->vq.queue_id);
}

/** Free the packet whose chain begins with @p id, and the chain. */
static void
vio_tx_split_free_chain(struct vio_txq *q, uint16_t id)
{
	uint16_t count = q->count[id] & ~VIO_TX_PLAIN;

	q->count[id] = 0;
	if (count == VIO_TX_INDIRECT) {
		rte_pktmbuf_free(q->slot[id]);
		q->slot[id] = NULL;
		count = 1;
	}
	for (; count != 0; count--, id = q->next[id]) {
		if (q->slot[id] != NULL) /* a header has no mbuf */
			rte_pktmbuf_free_seg(q->slot[id]);
		q->ids[q->free_idx++ & q->mask] = id;
	}
}

void
vio_tx_split_complete_shuffled(struct vio_txq *q, uint16_t pending)
{
	for (; pending != 0; pending--) {
		const struct vring_used_elem *elem = &q->used->ring[q->used_idx & q->mask];
		uint32_t id = __atomic_load_n(&elem->id, __ATOMIC_RELAXED);

		if (unlikely(id > q->mask || q->count[id] == 0)) {
			vio_tx_split_surprise(q, id);
			return;
		}
		vio_tx_split_free_chain(q, id);
		q->used_idx++;
	}
}

void
vio_tx_split_reclaim_general(struct vio_txq *q, uint32_t flags)
{
	vio_tx_split_reclaim(q, flags);
}

void
vio_tx_drain(struct vio_txq *q)
{
	if (q->simple)
		vio_tx_simple_end(q);
	if (!q->shuffled)
		vio_tx_split_shuffle(q);
	for (uint32_t head = 0; head <= q->mask; head++)
		if (q->count[head] != 0)
			vio_tx_split_free_chain(q, head);
}

int
vio_tx_split_indirect(struct vio_txq *q, struct rte_mbuf *m, bool push, uint16_t need)
{
	const uint16_t pos = q->desc_idx & q->mask;
	const uint16_t id = q->shuffled ? q->ids[pos] : pos;
	struct rte_mbuf *seg = m;
	struct vring_desc *table;
	uint16_t hdr = push ? VIO_HDR_SIZE : 0;
	uint16_t n = 0;

	if (q->tables == NULL || need > VIO_TX_TABLE || vio_tx_split_free(q) == 0)
		return 0;
	table = &q->tables[id * VIO_TX_TABLE];
	if (push)
		vio_tx_hdr_clear(rte_pktmbuf_mtod_offset(m, void *, -VIO_HDR_SIZE));
	else
		table[n++] = (struct vring_desc){ q->hdr_addr, VIO_HDR_SIZE, VRING_DESC_F_NEXT, 1 };
	for (; seg != NULL; seg = seg->next, hdr = 0, n++)
		table[n] = (struct vring_desc){
			.addr = vio_mbuf_addr(seg, q->addr_field) + seg->data_off - hdr,
			.len = seg->data_len + hdr,
			.flags = seg->next != NULL ? VRING_DESC_F_NEXT : 0,
			.next = n + 1,
		};
	q->desc[id] = (struct vring_desc){
		.addr = q->tables_addr + id * VIO_TX_TABLE * sizeof(*table),
		.len = n * sizeof(*table),
		.flags = VRING_DESC_F_INDIRECT,
	};
	q->slot[id] = m;
	q->count[id] = VIO_TX_INDIRECT;
	q->desc_idx++;
	q->avail->ring[q->avail_idx++ & q->mask] = id;
	return 1;
}
