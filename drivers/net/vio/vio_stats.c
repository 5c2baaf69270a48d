/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_stats.c - basic and extended statistics, read out of the queues' own counters. */

#include <stdio.h>
#include <string.h>

#include "vio.h"

/** A counter of every queue of one kind, as xstats show it: rx_q0_NAME. */
struct vio_counter {
	const char *name;
	size_t offset;
};

#define RX_COUNTER(field) { #field, offsetof(struct vio_rxq, stats.field) }
#define TX_COUNTER(field) { #field, offsetof(struct vio_txq, stats.field) }

static const struct vio_counter rx_counters[] = {
	RX_COUNTER(packets), RX_COUNTER(bytes), RX_COUNTER(kicks), RX_COUNTER(kicks_saved),
	RX_COUNTER(nombuf), RX_COUNTER(bad_length), RX_COUNTER(bad_num_buffers), RX_COUNTER(bad_header),
	RX_COUNTER(shuffled), RX_COUNTER(faults),
};

static const struct vio_counter tx_counters[] = {
	TX_COUNTER(packets), TX_COUNTER(bytes), TX_COUNTER(kicks), TX_COUNTER(kicks_saved),
	TX_COUNTER(ring_full), TX_COUNTER(bad_packet), TX_COUNTER(shuffled), TX_COUNTER(faults),
};

static uint64_t
counter_value(const void *queue, const struct vio_counter *counter)
{
	return *(const uint64_t *)((const char *)queue + counter->offset);
}

int
vio_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	struct rte_eth_dev_data *data = dev->data;

	for (uint16_t i = 0; i < data->nb_rx_queues; i++) {
		const struct vio_rxq *q = data->rx_queues[i];
		uint64_t errors;

		if (q == NULL)
			continue;
		errors = q->stats.bad_length + q->stats.bad_num_buffers +
			 q->stats.bad_header + q->stats.faults;
		stats->ipackets += q->stats.packets;
		stats->ibytes += q->stats.bytes;
		stats->ierrors += errors;
		stats->rx_nombuf += q->stats.nombuf;
		if (i < RTE_ETHDEV_QUEUE_STAT_CNTRS) {
			stats->q_ipackets[i] = q->stats.packets;
			stats->q_ibytes[i] = q->stats.bytes;
			stats->q_errors[i] = errors;
		}
	}
	for (uint16_t i = 0; i < data->nb_tx_queues; i++) {
		const struct vio_txq *q = data->tx_queues[i];

		if (q == NULL)
			continue;
		stats->opackets += q->stats.packets;
		stats->obytes += q->stats.bytes;
		stats->oerrors += q->stats.bad_packet + q->stats.faults;
		if (i < RTE_ETHDEV_QUEUE_STAT_CNTRS) {
			stats->q_opackets[i] = q->stats.packets;
			stats->q_obytes[i] = q->stats.bytes;
		}
	}
	return 0;
}

int
vio_stats_reset(struct rte_eth_dev *dev)
{
	struct rte_eth_dev_data *data = dev->data;

	for (uint16_t i = 0; i < data->nb_rx_queues; i++) {
		struct vio_rxq *q = data->rx_queues[i];

		if (q != NULL)
			memset(&q->stats, 0, sizeof(q->stats));
	}
	for (uint16_t i = 0; i < data->nb_tx_queues; i++) {
		struct vio_txq *q = data->tx_queues[i];

		if (q != NULL)
			memset(&q->stats, 0, sizeof(q->stats));
	}
	return 0;
}

/** Bytes of private state beside a ring of @p size: the queue itself and its arrays. */
static size_t
rx_private_bytes(uint16_t size)
{
	return sizeof(struct vio_rxq) + size * VIO_RX_SLOT_BYTES;
}

static size_t
tx_private_bytes(uint16_t size)
{
	return sizeof(struct vio_txq) + size * VIO_TX_SLOT_BYTES;
}

int
vio_priv_dump(struct rte_eth_dev *dev, FILE *file)
{
	const struct vio_port *port = vio_port(dev);

	fprintf(file, "vio port %s: %s\n", port->name, port->live ? "live" :
		port->started ? "waiting for a backend" : "stopped");
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct vio_rxq *q = dev->data->rx_queues[i];

		if (q != NULL)
			fprintf(file, "  rx %u: %u descriptors, ring at %p, %zu bytes of private "
				"state at %p, %zu of them hot; used %u, available %u%s\n", i,
				q->vq.size, q->vq.mz->addr, rx_private_bytes(q->vq.size),
				(const void *)q, offsetof(struct vio_rxq, stats), q->used_idx,
				q->avail_idx, q->shuffled ? ", out of order" : "");
	}
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		const struct vio_txq *q = dev->data->tx_queues[i];

		if (q != NULL)
			fprintf(file, "  tx %u: %u descriptors, ring at %p, %zu bytes of private "
				"state at %p, %zu of them hot; used %u, available %u%s\n", i,
				q->vq.size, q->vq.mz->addr, tx_private_bytes(q->vq.size),
				(const void *)q, offsetof(struct vio_txq, stats), q->used_idx,
				q->avail_idx, q->shuffled ? ", out of order" : "");
	}
	return 0;
}

static unsigned int
xstats_count(const struct rte_eth_dev *dev)
{
	return dev->data->nb_rx_queues * RTE_DIM(rx_counters) +
	       dev->data->nb_tx_queues * RTE_DIM(tx_counters);
}

int
vio_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	const unsigned int count = xstats_count(dev);
	unsigned int at = 0;

	if (xstats == NULL || n < count)
		return count;
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const void *q = dev->data->rx_queues[i];

		for (size_t c = 0; c < RTE_DIM(rx_counters); c++, at++) {
			xstats[at].id = at;
			xstats[at].value = q == NULL ? 0 : counter_value(q, &rx_counters[c]);
		}
	}
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		const void *q = dev->data->tx_queues[i];

		for (size_t c = 0; c < RTE_DIM(tx_counters); c++, at++) {
			xstats[at].id = at;
			xstats[at].value = q == NULL ? 0 : counter_value(q, &tx_counters[c]);
		}
	}
	return count;
}

int
vio_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned int n)
{
	const unsigned int count = xstats_count(dev);
	unsigned int at = 0;

	if (names == NULL || n < count)
		return count;
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		for (size_t c = 0; c < RTE_DIM(rx_counters); c++)
			snprintf(names[at++].name, sizeof(names->name), "rx_q%u_%s", i,
				 rx_counters[c].name);
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		for (size_t c = 0; c < RTE_DIM(tx_counters); c++)
			snprintf(names[at++].name, sizeof(names->name), "tx_q%u_%s", i,
				 tx_counters[c].name);
	return count;
}
