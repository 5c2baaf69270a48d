/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * slow.c - what rings need once in a while, for paths of every width: devices that complete out of
 * order, faults, packets that find the ring short. What only packed rings need: slow_packed.c.
 */

#include "../vio.h"
#include "../vio_trace.h"
#include "rx_burst.h"
#include "rxtx.h"
#include "slow_packed.h"
#include "tx_simple.h"

void
vio_rx_shuffle(struct vio_rxq *q, uint16_t pos)
{
	const bool packed = q->vq.packed;
	const uint16_t posted = vio_ring_distance(pos, q->avail_idx, q->mask, packed);

	/* In order, a position told whether a slot is posted; now the slot itself has to. */
	for (uint32_t i = posted; i <= q->mask; i++)
		q->slot[vio_ring_index(vio_ring_ahead(pos, i, q->mask, packed), q->mask,
				       packed)] = NULL;
	for (uint32_t i = 0; i <= q->mask; i++)
		q->ids[i] = i;
	q->batch_end = pos;
	q->shuffled = 1;
}

uint16_t
vio_rx_alloc_some(struct vio_rxq *q, struct rte_mbuf **mbufs, uint16_t n)
{
	uint16_t got = n;

	do {
		q->stats.nombuf += (got + 1) / 2;
		got /= 2;
	} while (got != 0 && vio_pool_get(q->mp, mbufs, got) != 0);
	vio_trace_refill_failure(q->vq.port_id, q->vq.queue_id, n - got);
	return got;
}

/** How far ahead of @p pos the buffer @p id is, all being in order. */
static uint16_t
rx_ahead(const struct vio_rxq *q, uint16_t pos, uint32_t id)
{
	const uint16_t at = vio_ring_index(pos, q->mask, q->vq.packed);

	return id >= at ? id - at : id + q->mask + 1 - at;
}

void
vio_rx_surprise(struct vio_rxq *q, uint16_t first, uint16_t pos, uint32_t id)
{
	bool posted = id <= q->mask && rx_ahead(q, pos, id) <
		      vio_ring_distance(pos, q->avail_idx, q->mask, q->vq.packed);

	if (q->shuffled || !posted) {
		vio_rxq_fault(q, VIO_FAULT_USED_ID);
		return;
	}
	vio_rx_shuffle(q, first);
	q->stats.shuffled++;
	VIO_PORT_LOG(q->vq.port, queue, INFO, "receive queue %u: the device completes %s; "
		     "following it", q->vq.queue_id, q->in_order ? "in batches" : "out of order");
}

bool
vio_rx_batched(struct vio_rxq *q, uint16_t pos, uint32_t *len, uint32_t *id)
{
	const bool packed = q->vq.packed;

	/* Between batches: the entry at the first position names the last buffer of the next one. */
	if (pos == q->batch_end) {
		uint16_t ahead = rx_ahead(q, pos, *id);

		if (*id > q->mask ||
		    ahead >= vio_ring_distance(pos, q->avail_idx, q->mask, packed))
			return false;
		if (packed && !vio_rx_packed_used(q, pos, VIO_RX_PACKED))
			return false;
		q->batch_end = vio_ring_ahead(pos, ahead + 1, q->mask, packed);
		q->batch_len = *len;
	}
	/* Those before the last were used completely (2.7.9.1, 2.8.9). */
	*id = vio_ring_index(pos, q->mask, packed);
	*len = vio_ring_ahead(pos, 1, q->mask, packed) == q->batch_end ? q->batch_len :
									   q->post_len;
	return true;
}

/** Post @p m at the next available position of a ring whose order is kept in ids[]. */
static void
rx_post_shuffled(struct vio_rxq *q, struct rte_mbuf *m)
{
	const bool packed = q->vq.packed;
	const uint16_t pos = q->avail_idx;
	const uint16_t at = vio_ring_index(pos, q->mask, packed);
	const uint16_t id = q->ids[at];
	const uint64_t addr = vio_mbuf_addr(m, q->addr_field) + VIO_RX_DATA_OFF - q->hdr_size;

	q->slot[id] = m;
	if (packed) {
		const uint64_t word = vio_rx_packed_word(q, id, pos);

		vio_desc_store(&q->ring[at], addr, word ^ (uint64_t)VRING_PACKED_AVAIL << 48);
		vring_packed_show(&q->ring[at], word >> 48);
	} else {
		q->desc[id].addr = addr;
		q->avail->ring[at] = id;
	}
	q->avail_idx = vio_ring_ahead(pos, 1, q->mask, packed);
}

void
vio_rx_fill_shuffled(struct vio_rxq *q)
{
	struct rte_mbuf *fresh[VIO_RX_REFILL_MAX];
	uint16_t want = vio_rx_free(q, q->vq.packed ? VIO_RX_PACKED : 0);
	uint16_t n, got;

	do {
		n = RTE_MIN(want, (uint16_t)VIO_RX_REFILL_MAX);
		got = vio_rx_alloc(q, fresh, n);
		for (uint16_t i = 0; i < got; i++)
			rx_post_shuffled(q, fresh[i]);
		want -= got;
	} while (want != 0 && got == n);
	if (!q->vq.packed)
		vring_split_publish(q->avail, q->avail_idx);
}

void
vio_tx_shuffle(struct vio_txq *q)
{
	if (q->vq.packed) {
		vio_tx_packed_shuffle(q);
		return;
	}
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
	const bool packed = q->vq.packed;

	/* What is out are plain packets of one descriptor each, in ring order. */
	for (uint16_t pos = q->used_idx; pos != q->avail_idx;
	     pos = vio_ring_ahead(pos, 1, q->mask, packed))
		q->count[vio_ring_index(pos, q->mask, packed)] = VIO_TX_PLAIN | 1;
	q->simple = 0;
}

/** Is @p id, in order, the beginning of a packet that is out, or inside of one? */
static bool
tx_is_out(const struct vio_txq *q, uint32_t id)
{
	const uint32_t variant = q->vq.packed ? VIO_TX_PACKED : 0;
	const uint16_t first = vio_tx_oldest(q, variant);
	const uint16_t ahead = id >= first ? id - first : id + q->mask + 1 - first;

	return id <= q->mask && q->count[id] != 0 &&
	       ahead < q->mask + 1 - vio_tx_free(q, variant);
}

void
vio_tx_surprise(struct vio_txq *q, uint32_t id)
{
	if (q->shuffled || !tx_is_out(q, id)) {
		vio_txq_fault(q, VIO_FAULT_USED_ID);
		return;
	}
	vio_tx_shuffle(q);
	q->stats.shuffled++;
	VIO_PORT_LOG(q->vq.port, queue, INFO,
		     "transmit queue %u: the device completes out of order; following it",
		     q->vq.queue_id);
}

/** Free the packet whose chain begins with @p id, and the chain. */
static void
vio_tx_free_chain(struct vio_txq *q, uint16_t id)
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
vio_tx_complete_shuffled(struct vio_txq *q, uint16_t pending)
{
	if (q->vq.packed) {
		vio_tx_packed_complete_shuffled(q);
		return;
	}
	for (; pending != 0; pending--) {
		const struct vring_used_elem *elem = &q->used->ring[q->used_idx & q->mask];
		uint32_t id = __atomic_load_n(&elem->id, __ATOMIC_RELAXED);

		if (unlikely(id > q->mask || q->count[id] == 0)) {
			vio_tx_surprise(q, id);
			return;
		}
		vio_tx_free_chain(q, id);
		q->used_idx++;
	}
}

void
vio_tx_reclaim_general(struct vio_txq *q, uint32_t flags)
{
	vio_tx_reclaim(q, flags);
}

uint16_t
vio_tx_packets_out(const struct vio_txq *q)
{
	uint16_t n = 0;

	if (!q->vq.packed)
		return q->avail_idx - q->used_idx; /* an entry each */
	if (q->simple)
		return vring_packed_distance(q->used_idx, q->avail_idx, q->mask + 1);
	if (q->shuffled)
		return q->mask + 1 - q->free_idx; /* an id each */
	for (uint16_t pos = q->used_idx; pos != q->avail_idx; n++)
		pos = vring_packed_ahead(pos, vio_tx_count(q, vring_packed_index(pos)),
					 q->mask + 1);
	return n;
}

void
vio_tx_drain(struct vio_txq *q)
{
	if (q->simple)
		vio_tx_simple_end(q);
	if (!q->shuffled)
		vio_tx_shuffle(q);
	for (uint32_t head = 0; head <= q->mask; head++) {
		if (q->count[head] == 0)
			continue;
		if (q->vq.packed)
			vio_tx_packed_free(q, head);
		else
			vio_tx_free_chain(q, head);
	}
}

/** Describe a packet in a table; the layouts differ in what links its entries. @return entries */
static uint16_t
fill_table(const struct vio_txq *q, uint16_t id, struct rte_mbuf *m, bool push, uint32_t flags)
{
	struct vring_desc *table = &q->tables[id * (uint32_t)q->table_len];
	/* Packed rings know no flag but WRITE here, and entries follow each other (2.8.7). */
	const bool packed = q->vq.packed;
	uint16_t hdr = push ? vio_tx_hdr_size(q, flags) : 0;
	uint16_t n = 0;

	if (push)
		vio_tx_push_hdr(q, m, flags);
	else
		table[n++] = (struct vring_desc){
			.addr = vio_tx_outer_hdr(q, m, id, flags),
			.len = vio_tx_hdr_size(q, flags),
			.flags = packed ? 0 : VRING_DESC_F_NEXT,
			.next = packed ? 0 : 1,
		};
	for (; m != NULL; m = m->next, hdr = 0, n++)
		table[n] = (struct vring_desc){
			.addr = vio_mbuf_addr(m, q->addr_field) + m->data_off - hdr,
			.len = m->data_len + hdr,
			.flags = m->next != NULL && !packed ? VRING_DESC_F_NEXT : 0,
			.next = packed ? 0 : n + 1,
		};
	return n;
}

int
vio_tx_indirect(struct vio_txq *q, struct rte_mbuf *m, bool push, uint16_t need, uint16_t old,
		uint32_t flags)
{
	const uint16_t id = vio_tx_next_id(q, flags);
	const uint64_t addr = q->tables_addr + id * q->table_len * sizeof(struct vring_desc);
	uint16_t len;

	if (q->tables == NULL || need > q->table_len ||
	    vio_tx_free(q, flags) == 0)
		return 0;
	len = fill_table(q, id, m, push, flags) * sizeof(struct vring_desc);
	q->slot[id] = m;
	q->count[id] = VIO_TX_INDIRECT;
	if (q->vq.packed) {
		vio_tx_packed_table(q, id, addr, len, old);
		return 1;
	}
	q->desc[id] = (struct vring_desc){ addr, len, VRING_DESC_F_INDIRECT, 0 };
	q->desc_idx++;
	q->avail->ring[q->avail_idx++ & q->mask] = id;
	return 1;
}
