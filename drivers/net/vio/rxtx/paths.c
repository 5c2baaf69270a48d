/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * paths.c - the one table of burst callbacks, fastest first, and the choice when a port starts.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "../vio.h"
#include "rxtx.h"

/** A callback and what it is for. */
struct vio_path {
	const char *name;
	eth_rx_burst_t rx;           /**< of a ring without VIRTIO_F_EVENT_IDX */
	eth_rx_burst_t rx_event_idx; /**< of one with it */
	eth_tx_burst_t tx;
	eth_tx_burst_t tx_event_idx;
	/** NULL where the path suits @p port, else why it does not. */
	const char *(*refuse)(const struct vio_port *port);
};

static const char *
refuse_when_mergeable(const struct vio_port *port)
{
	return vio_has(port, VIRTIO_NET_F_MRG_RXBUF) ?
	       "mergeable Rx buffers were negotiated" : NULL;
}

static const char *
refuse_unless_mergeable(const struct vio_port *port)
{
	return vio_has(port, VIRTIO_NET_F_MRG_RXBUF) ?
	       NULL : "mergeable Rx buffers were not negotiated";
}

static const struct vio_path rx_paths[] = {
	{
		.name = "virtio_recv_pkts",
		.rx = virtio_recv_pkts,
		.rx_event_idx = virtio_recv_pkts_event_idx,
		.refuse = refuse_when_mergeable,
	},
	{
		.name = "virtio_recv_mergeable_pkts",
		.rx = virtio_recv_mergeable_pkts,
		.rx_event_idx = virtio_recv_mergeable_pkts_event_idx,
		.refuse = refuse_unless_mergeable,
	},
};

static const struct vio_path tx_paths[] = {
	{
		.name = "virtio_xmit_pkts",
		.tx = virtio_xmit_pkts,
		.tx_event_idx = virtio_xmit_pkts_event_idx,
	},
};

/** First path that suits; @p why collects the reasons against those before it. */
static const struct vio_path *
choose(const struct vio_path *paths, size_t count, const struct vio_port *port,
       char *why, size_t why_len)
{
	size_t used = 0;

	why[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const char *reason = paths[i].refuse == NULL ? NULL : paths[i].refuse(port);

		if (reason == NULL)
			return &paths[i];
		used += snprintf(why + used, why_len - used, "%snot %s: %s",
				 used == 0 ? "" : "; ", paths[i].name, reason);
		used = RTE_MIN(used, why_len - 1);
	}
	/* The last path of each table takes what is left; the table's order sees to it. */
	return &paths[count - 1];
}

void
vio_paths_choose(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	bool event_idx = vio_has(port, VIRTIO_RING_F_EVENT_IDX);
	const struct vio_path *rx = choose(rx_paths, RTE_DIM(rx_paths), port,
					   port->rx_reason, sizeof(port->rx_reason));
	const struct vio_path *tx = choose(tx_paths, RTE_DIM(tx_paths), port,
					   port->tx_reason, sizeof(port->tx_reason));

	port->rx_path = rx->name;
	port->tx_path = tx->name;
	dev->rx_pkt_burst = event_idx ? rx->rx_event_idx : rx->rx;
	dev->tx_pkt_burst = event_idx ? tx->tx_event_idx : tx->tx;
	VIO_PORT_LOG(port, driver, NOTICE, "rx path %s (%s)", rx->name,
		     port->rx_reason[0] != '\0' ? port->rx_reason : "the fastest there is");
	VIO_PORT_LOG(port, driver, NOTICE, "tx path %s (%s)", tx->name,
		     port->tx_reason[0] != '\0' ? port->tx_reason : "the fastest there is");
}

static int
burst_mode(const struct vio_port *port, const char *name, struct rte_eth_burst_mode *mode)
{
	if (name == NULL)
		return -EINVAL; /* chosen when the port starts */
	mode->flags = 0;
	snprintf(mode->info, sizeof(mode->info), "%s, split ring%s", name,
		 vio_has(port, VIRTIO_RING_F_EVENT_IDX) ? ", event index" : "");
	return 0;
}

int
vio_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id __rte_unused,
		      struct rte_eth_burst_mode *mode)
{
	return burst_mode(vio_port(dev), vio_port(dev)->rx_path, mode);
}

int
vio_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id __rte_unused,
		      struct rte_eth_burst_mode *mode)
{
	return burst_mode(vio_port(dev), vio_port(dev)->tx_path, mode);
}
