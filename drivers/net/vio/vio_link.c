/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_link.c - link state, speed and MTU. */

#include <errno.h>

#include <rte_byteorder.h>

#include "vio.h"
#include "virtio_spec.h"

int
vio_link_update(struct rte_eth_dev *dev, int wait_to_complete __rte_unused)
{
	struct vio_port *port = vio_port(dev);
	struct rte_eth_link link = {
		.link_speed = port->config.speed,
		.link_duplex = port->config.duplex,
		.link_autoneg = RTE_ETH_LINK_FIXED,
		.link_status = RTE_ETH_LINK_DOWN,
	};

	if (port->live && !vio_health_lost(port)) {
		uint16_t status = 0;

		/* 5.1.4.2: without the feature the link is assumed to be up. */
		if (!vio_has(port, VIRTIO_NET_F_STATUS))
			link.link_status = RTE_ETH_LINK_UP;
		else if (virtio_device_read_config(&port->device,
				offsetof(struct virtio_net_config, status),
				&status, sizeof(status)) == 0 &&
			 (rte_le_to_cpu_16(status) & VIRTIO_NET_S_LINK_UP))
			link.link_status = RTE_ETH_LINK_UP;
	}
	if (link.link_status == RTE_ETH_LINK_DOWN)
		link.link_speed = RTE_ETH_SPEED_NUM_NONE;
	return rte_eth_linkstatus_set(dev, &link);
}

void
vio_link_event(uint16_t port_id)
{
	if (rte_eth_dev_is_valid_port(port_id))
		rte_eth_dev_callback_process(&rte_eth_devices[port_id], RTE_ETH_EVENT_INTR_LSC,
					     NULL);
}

int
vio_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct vio_port *port = vio_port(dev);
	int ret;

	if (mtu < VIO_MTU_MIN || mtu > port->config.max_mtu) {
		VIO_PORT_LOG(port, driver, ERR, "MTU %u: the device allows %u to %u", mtu,
			     VIO_MTU_MIN, port->config.max_mtu);
		return -EINVAL;
	}
	/* A port that is not live is checked, and the device told, when it goes live. */
	if (!port->live)
		return 0;
	ret = vio_check_frames(dev, mtu);
	if (ret == 0 && port->bus->mtu != NULL && vio_has(port, VIRTIO_NET_F_MTU))
		ret = port->bus->mtu(port, mtu);
	return ret;
}

int
vio_check_frames(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct vio_port *port = vio_port(dev);

	/* Several buffers a packet hold any frame. */
	if (vio_has(port, VIRTIO_NET_F_MRG_RXBUF))
		return 0;
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct vio_rxq *q = dev->data->rx_queues[i];

		if (q->max_frame >= (uint32_t)mtu + VIO_FRAME_OVERHEAD)
			continue;
		VIO_PORT_LOG(port, driver, ERR, "receive queue %u: an mbuf holds %u bytes, a "
			     "frame at MTU %u has %u, and the device does not merge buffers; use "
			     "larger mbufs or a smaller MTU", i, q->max_frame, mtu,
			     mtu + VIO_FRAME_OVERHEAD);
		return -EINVAL;
	}
	return 0;
}
