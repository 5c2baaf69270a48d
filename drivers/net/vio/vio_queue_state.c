/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_queue_state.c - single queues that are stopped and started while their port runs.
 *
 * With VIRTIO_F_RING_RESET the device forgets a stopped queue (2.6.1): its buffers are freed, it can be
 * set up anew with another size or mempool, and a start makes a fresh ring; a queue that a fault
 * stopped works again. Without it a stopped queue keeps its buffers: the device goes on to use them, and
 * nobody looks.
 */

#include <errno.h>
#include <string.h>

#include "rxtx/variants.h"
#include "vio.h"
#include "virtio_spec.h"

/** Keep bursts out, and have the device forget the queue where it can. Under port->lock. */
static int
queue_off(struct vio_vq *vq, struct vio_gate *gate)
{
	struct vio_port *port = vq->port;
	struct virtio_transport *t = port->device.transport;
	int ret = vio_gate_close(gate);

	if (ret != 0) {
		VIO_PORT_LOG(port, queue, ERR, "virtqueue %u: a thread is inside of a burst and "
			     "does not come out", vq->index);
		return ret;
	}
	if (!port->live || !vq->enabled || !vio_has(port, VIRTIO_F_RING_RESET))
		return 0;
	ret = t->ops->queue_reset(t, vq->index);
	if (ret != 0)
		VIO_PORT_LOG(port, queue, ERR, "virtqueue %u: the device did not reset it: %s",
			     vq->index, strerror(-ret));
	vq->enabled = ret != 0;
	return ret;
}

int
vio_rx_queue_stop(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct vio_rxq *q = dev->data->rx_queues[queue_id];
	struct vio_port *port = vio_port(dev);
	int ret;

	pthread_mutex_lock(&port->lock);
	ret = queue_off(&q->vq, &q->gate);
	if (ret == 0 && !q->vq.enabled)
		vio_rxq_drain(q);
	if (ret == 0)
		dev->data->rx_queue_state[queue_id] = RTE_ETH_QUEUE_STATE_STOPPED;
	pthread_mutex_unlock(&port->lock);
	return ret;
}

int
vio_tx_queue_stop(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct vio_txq *q = dev->data->tx_queues[queue_id];
	struct vio_port *port = vio_port(dev);
	int ret;

	pthread_mutex_lock(&port->lock);
	ret = queue_off(&q->vq, &q->gate);
	if (ret == 0 && !q->vq.enabled)
		vio_txq_drain(q);
	if (ret == 0)
		dev->data->tx_queue_state[queue_id] = RTE_ETH_QUEUE_STATE_STOPPED;
	pthread_mutex_unlock(&port->lock);
	return ret;
}

int
vio_rx_queue_start(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct vio_rxq *q = dev->data->rx_queues[queue_id];
	struct vio_port *port = vio_port(dev);
	int ret = 0;

	pthread_mutex_lock(&port->lock);
	if (port->live && !q->vq.enabled)
		ret = vio_rxq_start(q);
	if (ret == 0)
		dev->data->rx_queue_state[queue_id] = RTE_ETH_QUEUE_STATE_STARTED;
	/* Set up anew with an offload that the port's path does not have: another path. */
	if (ret == 0 && port->live && q->strip && !(port->rx_variant & VIO_RX_OFFLOAD))
		ret = vio_repath_locked(dev);
	else if (ret == 0 && port->live)
		vio_rxq_open(q);
	pthread_mutex_unlock(&port->lock);
	return ret;
}

int
vio_tx_queue_start(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct vio_txq *q = dev->data->tx_queues[queue_id];
	struct vio_port *port = vio_port(dev);
	int ret = 0;

	pthread_mutex_lock(&port->lock);
	if (port->live && !q->vq.enabled) {
		ret = vio_txq_start(q);
		q->simple = (port->tx_variant & VIO_TX_SIMPLE) != 0;
	}
	if (ret == 0)
		dev->data->tx_queue_state[queue_id] = RTE_ETH_QUEUE_STATE_STARTED;
	if (ret == 0 && port->live)
		vio_txq_open(q);
	pthread_mutex_unlock(&port->lock);
	return ret;
}
