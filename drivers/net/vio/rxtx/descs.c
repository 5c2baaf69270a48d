/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * descs.c - what an application may ask about the descriptors of a queue, between two bursts of the
 * thread that polls it. Nothing is changed: what the device says is only believed as far as it can be.
 * A queue that was never started has no ring yet: its port waits for a backend, or for its start.
 */

#include <errno.h>

#include "../vio.h"
#include "rx_burst.h"
#include "tx_burst.h"

static uint32_t
rx_flags(const struct vio_rxq *q)
{
	return q->vq.packed ? VIO_RX_PACKED : 0;
}

/**
 * Buffers from position @p pos on that the used descriptor there stands for: with IN_ORDER all up to
 * the one that it names (2.8.9); 0: it is not used, or names none.
 */
static uint16_t
rx_packed_step(const struct vio_rxq *q, uint16_t pos, uint16_t posted)
{
	const uint16_t at = vring_packed_index(pos);
	const uint32_t word = vring_packed_load(&q->ring[at]);
	const uint16_t id = (uint16_t)word;
	uint16_t ahead;

	if (!vring_packed_is_used(word, pos))
		return 0;
	if (!q->in_order)
		return 1;
	if (id > q->mask)
		return 0;
	ahead = id >= at ? id - at : id + q->mask + 1 - at;
	return ahead < posted ? ahead + 1 : 0;
}

/** Buffers that the device has used and the port has not looked at. */
static uint16_t
rx_used(const struct vio_rxq *q)
{
	const uint16_t posted = vio_rx_posted(q, rx_flags(q));
	uint16_t pos = q->used_idx;
	uint16_t n = 0;
	uint16_t step;

	if (q->used == NULL)
		return 0;
	if (!q->vq.packed) {
		n = vring_split_load_used(q->used) - q->used_idx;
		return n > posted ? 0 : n;
	}
	/* The rest of a batch that was begun has no descriptors of its own. */
	if (q->shuffled && q->in_order) {
		n = vring_packed_distance(pos, q->batch_end, q->mask + 1);
		pos = q->batch_end;
	}
	while (n < posted && (step = rx_packed_step(q, pos, posted - n)) != 0) {
		n += step;
		pos = vring_packed_ahead(pos, step, q->mask + 1);
	}
	return n;
}

uint32_t
vio_rx_queue_count(void *rxq)
{
	return rx_used(rxq);
}

int
vio_rx_descriptor_status(void *rxq, uint16_t offset)
{
	const struct vio_rxq *q = rxq;

	if (offset > q->mask)
		return -EINVAL;
	if (offset >= vio_rx_posted(q, rx_flags(q)))
		return RTE_ETH_RX_DESC_UNAVAIL;
	return offset < rx_used(q) ? RTE_ETH_RX_DESC_DONE : RTE_ETH_RX_DESC_AVAIL;
}

/** Descriptors of the packet that begins with, or is called, @p head; 0: none is. */
static uint16_t
tx_count(const struct vio_txq *q, uint32_t head)
{
	if (head > q->mask)
		return 0;
	return q->simple ? 1 : vio_tx_count(q, head);
}

/** Descriptors of packets that the device has sent and that are not taken back yet: split ring. */
static uint16_t
tx_split_sent(const struct vio_txq *q, uint16_t out)
{
	const uint16_t packets = vring_split_load_used(q->used) - q->used_idx;
	const bool in_order = q->vq.port->tx_variant & VIO_TX_IN_ORDER;
	uint16_t n = 0;

	if (packets > (uint16_t)(q->avail_idx - q->used_idx))
		return 0;
	for (uint16_t i = 0; i < packets && n < out; i++) {
		const struct vring_used_elem *elem = &q->used->ring[(q->used_idx + i) & q->mask];
		uint32_t head = (vio_tx_oldest(q, 0) + n) & q->mask;
		uint16_t count;

		/* In order by promise, ids may not even be written (2.7.9.1). */
		if (!in_order || q->shuffled)
			head = __atomic_load_n(&elem->id, __ATOMIC_RELAXED);
		count = tx_count(q, head);
		if (count == 0)
			break;
		n += count;
	}
	return RTE_MIN(n, out);
}

/** The same of a packed ring. */
static uint16_t
tx_packed_sent(const struct vio_txq *q, uint16_t out)
{
	const bool in_order = q->vq.port->tx_variant & VIO_TX_IN_ORDER;
	const uint16_t size = q->mask + 1;
	uint16_t n = 0;

	while (n < out) {
		const uint16_t pos = vring_packed_ahead(q->used_idx, n, size);
		const uint16_t at = vring_packed_index(pos);
		const uint32_t word = vring_packed_load(&q->ring[at]);
		const uint16_t id = (uint16_t)word;
		uint16_t count = tx_count(q, id);

		if (!vring_packed_is_used(word, pos) || count == 0)
			break;
		/* In order it stands for all packets up to the one that it names (2.8.9). */
		if (in_order && !q->shuffled)
			count += id >= at ? id - at : id + size - at;
		n += count;
	}
	return RTE_MIN(n, out);
}

int
vio_tx_descriptor_status(void *txq, uint16_t offset)
{
	const struct vio_txq *q = txq;
	const uint16_t unused = vio_tx_free(q, q->vq.packed ? VIO_TX_PACKED : 0);
	const uint16_t out = q->mask + 1 - unused;

	if (offset > q->mask)
		return -EINVAL;
	if (q->used == NULL)
		return RTE_ETH_TX_DESC_DONE;
	/* From where the next packet goes: first what is free, then the oldest that is out. */
	if (offset < unused)
		return RTE_ETH_TX_DESC_DONE;
	if (offset - unused < (q->vq.packed ? tx_packed_sent(q, out) : tx_split_sent(q, out)))
		return RTE_ETH_TX_DESC_DONE;
	return RTE_ETH_TX_DESC_FULL;
}

/** Has the word at the monitored address changed since it was chosen? @return 0 no, -1 yes */
static int
split_monitor(const uint64_t value, const uint64_t opaque[RTE_POWER_MONITOR_OPAQUE_SZ])
{
	return value == opaque[0] ? 0 : -1;
}

/** Is the descriptor, whose flags are @p value, a used one? opaque: mask, and flags when used. */
static int
packed_monitor(const uint64_t value, const uint64_t opaque[RTE_POWER_MONITOR_OPAQUE_SZ])
{
	return (value & opaque[0]) == opaque[1] ? -1 : 0;
}

/** There is something to receive. */
static int
no_monitor(const uint64_t value __rte_unused,
	   const uint64_t opaque[RTE_POWER_MONITOR_OPAQUE_SZ] __rte_unused)
{
	return -1;
}

int
vio_get_monitor_addr(void *rxq, struct rte_power_monitor_cond *cond)
{
	struct vio_rxq *q = rxq;

	if (q->used == NULL)
		return -EINVAL;
	cond->size = sizeof(uint16_t);
	if (q->vq.packed) {
		cond->addr = &q->ring[vring_packed_index(q->used_idx)].flags;
		cond->opaque[0] = VRING_PACKED_AVAIL | VRING_PACKED_USED;
		cond->opaque[1] = vring_packed_used_flags(q->used_idx);
		cond->fn = packed_monitor;
	} else {
		cond->addr = &q->used->idx;
		cond->opaque[0] = q->used_idx;
		cond->fn = split_monitor;
	}
	/* The rest of a batch that was begun is there already, whatever the ring says. */
	if (q->vq.packed && q->shuffled && q->in_order && q->used_idx != q->batch_end)
		cond->fn = no_monitor;
	return 0;
}
