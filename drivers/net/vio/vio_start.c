/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_start.c - taking the device live and back: the order in which things are done (3.1, 3.3).
 *
 * The device is live between activate and deactivate only. At any other time it is reset, so that
 * nothing is written to memory that the application may have freed, and each activation negotiates
 * anew: what the device offers may have changed.
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>

#include "rxtx/rxtx.h"
#include "rxtx/variants.h"
#include "vio.h"
#include "vio_trace.h"
#include "virtio_spec.h"

/** Features to ask for in the present configuration. */
static uint64_t
wanted_features(const struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	uint64_t wanted = vio_ctrl_features(dev, vio_features(port) & ~port->config.ignore);
	uint16_t mtu;

	/* What is not asked for costs nothing: neither the device nor a burst looks at it. */
	wanted &= ~VIO_OFFLOAD_FEATURES | vio_offload_features(dev);
	if (wanted & port->device.offered & VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF))
		return wanted;
	/* 5.1.4.2: MTU is a promise that buffers hold such frames; who is told it knows of no more. */
	mtu = port->bus->mtu != NULL ? dev->data->mtu : port->config.max_mtu;
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct vio_rxq *q = dev->data->rx_queues[i];

		if (q->max_frame < (uint32_t)mtu + VIO_FRAME_OVERHEAD)
			wanted &= ~VIRTIO_FEATURE(VIRTIO_NET_F_MTU);
	}
	return wanted;
}

static void
log_features(struct vio_port *port)
{
	char names[512];

	virtio_features_string(port->device.accepted, names, sizeof(names));
	VIO_PORT_LOG(port, driver, NOTICE, "features: %s", names);
	virtio_features_string(port->device.offered & ~port->device.accepted, names, sizeof(names));
	VIO_PORT_LOG(port, driver, INFO, "offered but not used: %s", names);
}

/** Was every queue that was configured also set up? ethdev does not look. */
static int
check_queues(const struct rte_eth_dev *dev)
{
	const struct vio_port *port = vio_port(dev);

	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		if (dev->data->rx_queues[i] == NULL) {
			VIO_PORT_LOG(port, driver, ERR, "receive queue %u was not set up", i);
			return -EINVAL;
		}
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		if (dev->data->tx_queues[i] == NULL) {
			VIO_PORT_LOG(port, driver, ERR, "transmit queue %u was not set up", i);
			return -EINVAL;
		}
	return 0;
}

static int
start_queues(struct rte_eth_dev *dev)
{
	int ret = 0;

	for (uint16_t i = 0; ret == 0 && i < dev->data->nb_rx_queues; i++)
		ret = vio_rxq_start(dev->data->rx_queues[i]);
	for (uint16_t i = 0; ret == 0 && i < dev->data->nb_tx_queues; i++)
		ret = vio_txq_start(dev->data->tx_queues[i]);
	if (ret == 0)
		ret = vio_spare_start(dev);
	if (ret == 0)
		ret = vio_ctrl_start(vio_port(dev));
	return ret;
}

/** @param fresh  the rings were made anew */
static void
open_gates(struct rte_eth_dev *dev, bool fresh)
{
	const struct vio_port *port = vio_port(dev);

	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		if (dev->data->rx_queues[i] != NULL)
			vio_rxq_open(dev->data->rx_queues[i]);
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		struct vio_txq *q = dev->data->tx_queues[i];

		if (q == NULL)
			continue;
		if (fresh)
			q->simple = (port->tx_variant & VIO_TX_SIMPLE) != 0;
		vio_txq_open(q);
	}
}

/** Take all queues away from the threads that poll them. */
static int
close_gates(struct rte_eth_dev *dev)
{
	int ret = 0;

	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		if (dev->data->rx_queues[i] != NULL)
			ret |= vio_gate_close(&((struct vio_rxq *)dev->data->rx_queues[i])->gate);
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		if (dev->data->tx_queues[i] != NULL)
			ret |= vio_gate_close(&((struct vio_txq *)dev->data->tx_queues[i])->gate);
	return ret == 0 ? 0 : -EBUSY;
}

static void
drain_queues(struct rte_eth_dev *dev)
{
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		if (dev->data->rx_queues[i] != NULL)
			vio_rxq_drain(dev->data->rx_queues[i]);
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		if (dev->data->tx_queues[i] != NULL)
			vio_txq_drain(dev->data->tx_queues[i]);
}

/** Queues start with their port, but for those whose user said otherwise. */
static void
set_queue_states(struct rte_eth_dev *dev, bool started)
{
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct vio_rxq *q = dev->data->rx_queues[i];

		dev->data->rx_queue_state[i] = started && q != NULL && !q->vq.deferred ?
			RTE_ETH_QUEUE_STATE_STARTED : RTE_ETH_QUEUE_STATE_STOPPED;
	}
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		const struct vio_txq *q = dev->data->tx_queues[i];

		dev->data->tx_queue_state[i] = started && q != NULL && !q->vq.deferred ?
			RTE_ETH_QUEUE_STATE_STARTED : RTE_ETH_QUEUE_STATE_STOPPED;
	}
}

/** The device was reset: it has no rings. */
static void
forget_rings(struct rte_eth_dev *dev)
{
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		if (dev->data->rx_queues[i] != NULL)
			((struct vio_rxq *)dev->data->rx_queues[i])->vq.enabled = false;
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		if (dev->data->tx_queues[i] != NULL)
			((struct vio_txq *)dev->data->tx_queues[i])->vq.enabled = false;
}

static int
deactivate(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret = close_gates(dev);

	port->live = false;
	vio_ctrl_stop(port);
	forget_rings(dev);
	port->stuck = virtio_device_reset(&port->device) == -ETIMEDOUT;
	if (port->stuck) {
		/* What it can reach must not be used for anything else: neither mbufs nor rings. */
		VIO_PORT_LOG(port, driver, ERR, "the device does not finish its reset; buffers "
			     "that it holds are given up");
		return -ETIMEDOUT;
	}
	if (ret != 0) {
		VIO_PORT_LOG(port, driver, ERR, "a thread is inside of a burst and does not come "
			     "out; buffers of the port are given up");
		return ret;
	}
	drain_queues(dev);
	return 0;
}

int
vio_deactivate(struct rte_eth_dev *dev)
{
	int ret = deactivate(dev);

	vio_trace_reset(dev->data->port_id, ret);
	return ret;
}

int
vio_activate(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret = port->bus->prepare == NULL ? 0 : port->bus->prepare(port);

	port->tx_offloads = vio_tx_offloads(dev);
	if (ret == 0)
		ret = vio_negotiate(port, wanted_features(dev));
	if (ret == 0 && port->stuck) {
		/* The reset that did not end then has ended now: what was given up comes back. */
		port->stuck = false;
		drain_queues(dev);
	}
	if (ret == 0)
		ret = vio_check_frames(dev, dev->data->mtu);
	if (ret == 0 && port->pairs > 1 && !vio_has(port, VIRTIO_NET_F_MQ) &&
	    !vio_has(port, VIRTIO_NET_F_RSS)) {
		VIO_PORT_LOG(port, driver, ERR, "%u queue pairs are configured, but the device "
			     "offers one", port->pairs);
		ret = -EINVAL;
	}
	if (ret == 0 && port->bus->mtu != NULL && vio_has(port, VIRTIO_NET_F_MTU))
		ret = port->bus->mtu(port, dev->data->mtu);
	if (ret == 0)
		ret = vio_intr_announce_config(port);
	if (ret == 0)
		ret = start_queues(dev);
	if (ret == 0)
		ret = virtio_device_driver_ok(&port->device);
	if (ret == 0)
		ret = vio_ctrl_restore(dev);
	if (ret != 0) {
		VIO_PORT_LOG(port, driver, ERR, "start failed: %s", strerror(-ret));
		vio_deactivate(dev);
		return ret;
	}
	dev->data->scattered_rx = vio_has(port, VIRTIO_NET_F_MRG_RXBUF);
	log_features(port);
	vio_offload_log(dev);
	vio_paths_choose(dev);
	vio_health_fresh(port);
	port->activations++;
	port->live = true;
	open_gates(dev, true);
	return 0;
}

int
vio_repath_locked(struct rte_eth_dev *dev)
{
	int ret;

	if (!vio_port(dev)->live)
		return 0;
	ret = close_gates(dev);
	if (ret == 0)
		vio_paths_choose(dev);
	open_gates(dev, false);
	return ret;
}

int
vio_repath(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret;

	pthread_mutex_lock(&port->lock);
	ret = vio_repath_locked(dev);
	pthread_mutex_unlock(&port->lock);
	return ret;
}

int
vio_dev_start(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret = check_queues(dev);

	if (ret == 0)
		ret = vio_intr_start(dev);
	if (ret != 0)
		return ret;
	pthread_mutex_lock(&port->lock);
	set_queue_states(dev, true);
	if (port->link_down)
		VIO_PORT_LOG(port, driver, NOTICE, "its link was taken down and stays so; "
			     "rte_eth_dev_set_link_up() takes the device live");
	else if (port->bus->present == NULL || port->bus->present(port))
		ret = vio_activate(dev);
	else
		VIO_PORT_LOG(port, driver, NOTICE, "no backend yet; the port starts with its link "
			     "down and goes on by itself when one comes");
	port->started = ret == 0;
	if (ret != 0)
		set_queue_states(dev, false);
	vio_trace_start(dev->data->port_id, port->pairs, port->live, ret);
	pthread_mutex_unlock(&port->lock);
	if (ret != 0) {
		vio_intr_stop(dev);
		return ret;
	}
	vio_link_update(dev, 0);
	return 0;
}

int
vio_dev_stop(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);

	pthread_mutex_lock(&port->lock);
	vio_trace_stop(dev->data->port_id);
	port->started = false;
	dev->data->dev_started = 0;
	vio_deactivate(dev);
	vio_burst_set(dev, vio_recv_stopped, vio_xmit_stopped);
	pthread_mutex_unlock(&port->lock);
	vio_intr_stop(dev);
	set_queue_states(dev, false);
	vio_link_update(dev, 0);
	return 0;
}
