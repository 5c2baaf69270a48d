/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_stats.c - basic and extended statistics, read out of the queues' own counters. */

#include <stdio.h>
#include <string.h>

#include "vio.h"

/** A counter, of the port or of every queue of one kind: then xstats show it as rx_q0_NAME. */
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

#define BIN_COUNTER(field) { #field, offsetof(struct vio_bins, field) }

/** Of queues of ports with size_bins=1. */
static const struct vio_counter bin_counters[] = {
	BIN_COUNTER(size_below_64), BIN_COUNTER(size_64), BIN_COUNTER(size_65_127),
	BIN_COUNTER(size_128_255), BIN_COUNTER(size_256_511), BIN_COUNTER(size_512_1023),
	BIN_COUNTER(size_1024_1518), BIN_COUNTER(size_above_1518), BIN_COUNTER(multicast),
	BIN_COUNTER(broadcast),
};

static const struct vio_counter port_counters[] = {
	{ "activations", offsetof(struct vio_port, activations) },
	{ "config_interrupts", offsetof(struct vio_port, config_interrupts) },
	{ "device_losses", offsetof(struct vio_port, health.losses) },
	{ "announcements", offsetof(struct vio_port, health.announcements) },
	{ "ctrl_commands", offsetof(struct vio_port, ctrl.stats.commands) },
	{ "ctrl_refused", offsetof(struct vio_port, ctrl.stats.refused) },
	{ "ctrl_unanswered", offsetof(struct vio_port, ctrl.stats.unanswered) },
	{ "ctrl_garbled", offsetof(struct vio_port, ctrl.stats.garbled) },
};

static uint64_t
counter_value(const void *owner, const struct vio_counter *counter)
{
	return *(const uint64_t *)((const char *)owner + counter->offset);
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

static void
reset_bins(const struct vio_vq *vq)
{
	if (vq->bins != NULL)
		memset(vq->bins, 0, sizeof(*vq->bins));
}

int
vio_stats_reset(struct rte_eth_dev *dev)
{
	struct rte_eth_dev_data *data = dev->data;

	for (uint16_t i = 0; i < data->nb_rx_queues; i++) {
		struct vio_rxq *q = data->rx_queues[i];

		if (q == NULL)
			continue;
		memset(&q->stats, 0, sizeof(q->stats));
		reset_bins(&q->vq);
	}
	for (uint16_t i = 0; i < data->nb_tx_queues; i++) {
		struct vio_txq *q = data->tx_queues[i];

		if (q == NULL)
			continue;
		memset(&q->stats, 0, sizeof(q->stats));
		reset_bins(&q->vq);
	}
	return 0;
}

int
vio_xstats_reset(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);

	for (size_t c = 0; c < RTE_DIM(port_counters); c++)
		*(uint64_t *)((char *)port + port_counters[c].offset) = 0;
	return vio_stats_reset(dev);
}

/** How many of bin_counters each queue has. */
static unsigned int
num_bins(const struct rte_eth_dev *dev)
{
	return vio_port(dev)->args.size_bins ? RTE_DIM(bin_counters) : 0;
}

static unsigned int
xstats_count(const struct rte_eth_dev *dev)
{
	return RTE_DIM(port_counters) +
	       dev->data->nb_rx_queues * (RTE_DIM(rx_counters) + num_bins(dev)) +
	       dev->data->nb_tx_queues * (RTE_DIM(tx_counters) + num_bins(dev));
}

/** The counters of one owner, from place @p at on. @return the place behind them */
static unsigned int
put_values(struct rte_eth_xstat *xstats, unsigned int at, const void *owner,
	   const struct vio_counter *counters, size_t count)
{
	for (size_t c = 0; c < count; c++, at++) {
		xstats[at].id = at;
		xstats[at].value = owner == NULL ? 0 : counter_value(owner, &counters[c]);
	}
	return at;
}

int
vio_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	const unsigned int count = xstats_count(dev);
	unsigned int at;

	if (xstats == NULL || n < count)
		return count;
	at = put_values(xstats, 0, vio_port(dev), port_counters, RTE_DIM(port_counters));
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct vio_rxq *q = dev->data->rx_queues[i];

		at = put_values(xstats, at, q, rx_counters, RTE_DIM(rx_counters));
		at = put_values(xstats, at, q == NULL ? NULL : q->vq.bins, bin_counters,
				num_bins(dev));
	}
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		const struct vio_txq *q = dev->data->tx_queues[i];

		at = put_values(xstats, at, q, tx_counters, RTE_DIM(tx_counters));
		at = put_values(xstats, at, q == NULL ? NULL : q->vq.bins, bin_counters,
				num_bins(dev));
	}
	return count;
}

/** Their names, from place @p at on. @return the place behind them */
static unsigned int
put_names(struct rte_eth_xstat_name *names, unsigned int at, const char *kind, uint16_t queue,
	  const struct vio_counter *counters, size_t count)
{
	for (size_t c = 0; c < count; c++)
		snprintf(names[at++].name, sizeof(names->name), "%s_q%u_%s", kind, queue,
			 counters[c].name);
	return at;
}

int
vio_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned int n)
{
	const unsigned int count = xstats_count(dev);
	unsigned int at = 0;

	if (names == NULL || n < count)
		return count;
	for (size_t c = 0; c < RTE_DIM(port_counters); c++)
		snprintf(names[at++].name, sizeof(names->name), "%s", port_counters[c].name);
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		at = put_names(names, at, "rx", i, rx_counters, RTE_DIM(rx_counters));
		at = put_names(names, at, "rx", i, bin_counters, num_bins(dev));
	}
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		at = put_names(names, at, "tx", i, tx_counters, RTE_DIM(tx_counters));
		at = put_names(names, at, "tx", i, bin_counters, num_bins(dev));
	}
	return count;
}
