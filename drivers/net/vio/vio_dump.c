/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_dump.c - a port's private state in words, for rte_eth_dev_priv_dump() and those who debug. */

#include <stdio.h>

#include "rxtx/vio_ring.h"
#include "vio.h"

const char *
vio_port_state(const struct vio_port *port)
{
	if (port->live)
		return port->health.lost ? "lost" : "live";
	if (!port->started)
		return "stopped";
	return port->link_down ? "link taken down" : "waiting for a backend";
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

/** What both kinds of queues have in common; @p used and @p avail are positions. */
static void
dump_queue(FILE *file, const char *kind, const void *q, const struct vio_vq *vq, size_t bytes,
	   size_t hot, uint16_t used, uint16_t avail, bool shuffled)
{
	const uint16_t mask = vq->size - 1;

	fprintf(file, "  %s %u: %u descriptors, %s ring at %p, %zu bytes of private state at %p, "
		"%zu of them hot; next used %u, next available %u, %u out%s\n", kind, vq->queue_id,
		vq->size, vq->packed ? "packed" : "split", vq->mz->addr, bytes, q, hot,
		vio_ring_index(used, mask, vq->packed), vio_ring_index(avail, mask, vq->packed),
		vio_ring_distance(used, avail, mask, vq->packed),
		shuffled ? ", out of order" : "");
}

static void
dump_filter(FILE *file, const struct vio_port *port)
{
	const struct vio_filter *filter = &port->filter;
	unsigned int macs = 0;
	unsigned int vlans = 0;

	for (unsigned int i = 0; i < VIO_MAC_ADDRS; i++)
		macs += !rte_is_zero_ether_addr(&filter->macs[i]);
	for (unsigned int i = 0; i < RTE_DIM(port->data->vlan_filter_conf.ids); i++)
		vlans += __builtin_popcountll(port->data->vlan_filter_conf.ids[i]);
	fprintf(file, "  receives: %s%s%u addresses, %s%u of a multicast list%s\n",
		filter->promisc ? "promiscuous, " : "",
		filter->allmulti ? "all-multicast, " : "", macs,
		filter->many_mc ? "more than " : "",
		filter->many_mc ? VIO_MAC_TABLE : filter->num_mc,
		vio_has(port, VIRTIO_NET_F_CTRL_VLAN) ? "" : ", any VLAN");
	if (vio_has(port, VIRTIO_NET_F_CTRL_VLAN))
		fprintf(file, "  receives: %u VLANs\n", vlans);
	if (vio_has(port, VIRTIO_NET_F_RSS))
		fprintf(file, "  RSS: hash types 0x%x, table of %u\n", port->rss.hash_types,
			vio_rss_table_size(port));
}

int
vio_priv_dump(struct rte_eth_dev *dev, FILE *file)
{
	const struct vio_port *port = vio_port(dev);

	fprintf(file, "vio port %s: %s\n", port->name, vio_port_state(port));
	fprintf(file, "  port: %zu bytes of state at %p", sizeof(*port), port);
	if (port->ctrl.mz != NULL)
		fprintf(file, ", control queue at %p", port->ctrl.mz->addr);
	fputc('\n', file);
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct vio_rxq *q = dev->data->rx_queues[i];

		if (q != NULL)
			dump_queue(file, "rx", q, &q->vq, rx_private_bytes(q->vq.size),
				   offsetof(struct vio_rxq, stats), q->used_idx, q->avail_idx,
				   q->shuffled);
	}
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		const struct vio_txq *q = dev->data->tx_queues[i];

		if (q != NULL)
			dump_queue(file, "tx", q, &q->vq, tx_private_bytes(q->vq.size),
				   offsetof(struct vio_txq, stats), q->used_idx, q->avail_idx,
				   q->shuffled);
	}
	dump_filter(file, port);
	return 0;
}
