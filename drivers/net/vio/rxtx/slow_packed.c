/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * slow_packed.c - the part of slow.c that knows packed rings: sending to a device that completes out
 * of order.
 *
 * From then on an id is any number that no packet has, taken from the stack in ids[], of height
 * free_idx; slot[] has the whole packet of an id, and count[] its descriptors, 0 where it is free.
 */

#include "../vio.h"
#include "slow_packed.h"
#include "tx_burst.h"

/** In order slot[] had a packet's segments side by side: make the packet at @p head whole again. */
static void
join(struct vio_txq *q, uint16_t head)
{
	const uint16_t count = vio_tx_count(q, head);
	const bool plain = (q->count[head] & VIO_TX_PLAIN) != 0 &&
			   q->count[head] != VIO_TX_INDIRECT;
	uint16_t at = head;

	/* A packet that is not plain was never taken apart, but may begin with a header. */
	if (!plain && q->slot[head] == NULL)
		q->slot[head] = q->slot[head == q->mask ? 0 : head + 1];
	for (uint16_t i = 1; plain && i < count; i++) {
		const uint16_t next = at == q->mask ? 0 : at + 1;

		q->slot[at]->next = q->slot[next];
		at = next;
	}
	if (q->count[head] != VIO_TX_INDIRECT)
		q->count[head] = count;
}

void
vio_tx_packed_shuffle(struct vio_txq *q)
{
	const uint16_t size = q->mask + 1;
	uint16_t *out = q->next; /* of no other use in a packed ring */

	memset(out, 0, size * sizeof(*out));
	for (uint16_t pos = q->used_idx; pos != q->avail_idx; ) {
		const uint16_t head = vring_packed_index(pos);
		const uint16_t count = vio_tx_count(q, head);

		join(q, head);
		out[head] = 1;
		pos = vring_packed_ahead(pos, count, size);
	}
	q->free_idx = 0;
	for (uint32_t id = 0; id < size; id++) {
		if (out[id])
			continue;
		q->count[id] = 0;
		q->slot[id] = NULL;
		q->ids[q->free_idx++] = id;
	}
	q->shuffled = 1;
}

void
vio_tx_packed_free(struct vio_txq *q, uint16_t id)
{
	rte_pktmbuf_free(q->slot[id]);
	q->slot[id] = NULL;
	q->count[id] = 0;
	q->ids[q->free_idx++] = id;
}

void
vio_tx_packed_complete_shuffled(struct vio_txq *q)
{
	while (!vio_tx_idle(q)) {
		const uint16_t at = vring_packed_index(q->used_idx);
		const uint32_t word = vring_packed_load(&q->ring[at]);
		const uint16_t id = (uint16_t)word;
		uint16_t count;

		if (!vring_packed_is_used(word, q->used_idx))
			return;
		if (unlikely(id > q->mask || q->count[id] == 0)) {
			vio_tx_surprise(q, id);
			return;
		}
		/* The next used descriptor stands as far behind this one as the packet was long. */
		count = vio_tx_count(q, id);
		vio_tx_packed_free(q, id);
		vio_tx_retire(q, 1, count, VIO_TX_PACKED);
	}
}

void
vio_tx_packed_table(struct vio_txq *q, uint16_t id, uint64_t addr, uint32_t len, uint16_t old)
{
	const uint16_t pos = q->avail_idx;
	const uint16_t avail = vring_packed_avail_flags(pos) | VRING_DESC_F_INDIRECT;

	if (q->shuffled)
		q->free_idx--;
	q->ring[vring_packed_index(pos)] = (struct vring_packed_desc) {
		.addr = addr,
		.len = len,
		.id = id,
		.flags = vring_packed_hidden(avail),
	};
	q->avail_idx = vring_packed_ahead(pos, 1, q->mask + 1);
	vio_tx_packed_end(q, pos, VRING_DESC_F_INDIRECT, old);
}
