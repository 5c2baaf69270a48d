/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_spare.c - queues that a pair has on the device, but ethdev has not. Queues are enabled in pairs,
 * and a pair only after both of its queues were configured (5.1.6.5.6.1); ethdev may have more of one
 * kind than of the other. The missing ones get a small ring in which nothing is ever made available.
 */

#include <errno.h>
#include <string.h>

#include "vio.h"

/** Descriptors of the ring that virtqueue @p index gets; a legacy device has the say there. */
static uint16_t
spare_size(const struct vio_port *port, uint16_t index)
{
	return port->bus->legacy ? port->ring_max[index] :
				   RTE_MIN(port->ring_max[index], VIO_RING_MIN);
}

/** Room for each ring in either layout. */
static size_t
spare_len(const struct vio_port *port)
{
	uint16_t size = 0;

	for (uint32_t i = 0; i < 2u * port->pairs; i++)
		size = RTE_MAX(size, spare_size(port, i));
	return RTE_ALIGN(vio_ring_bytes(port, size), vio_ring_align(port));
}

/** Tell the device of the empty ring at @p offset of the spare memory. */
static int
spare_queue(struct vio_port *port, uint16_t index, size_t offset)
{
	struct virtio_transport *t = port->device.transport;
	const uint16_t size = spare_size(port, index);
	const size_t align = vio_ring_align(port);
	void *ring = RTE_PTR_ADD(port->spare->addr, offset);
	struct virtio_queue_setup setup = {
		.size = size,
		.vector = VIRTIO_NO_VECTOR,
		.desc = port->iova_is_va ? (uintptr_t)ring : port->spare->iova + offset,
	};
	int ret;

	if (vio_has(port, VIRTIO_F_RING_PACKED)) {
		struct vring_packed vring;

		vring_packed_init(&vring, ring, size);
		vring_packed_silence(&vring);
		setup.driver = setup.desc + vring_packed_driver_offset(size);
		setup.device = setup.desc + vring_packed_device_offset(size);
	} else {
		struct vring_split vring;

		vring_split_init(&vring, ring, size, align);
		vring_split_silence(&vring, vio_has(port, VIRTIO_RING_F_EVENT_IDX), 0);
		setup.driver = setup.desc + vring_split_avail_offset(size);
		setup.device = setup.desc + vring_split_used_offset(size, align);
	}
	ret = t->ops->queue_setup(t, index, &setup);
	if (ret != 0)
		VIO_PORT_LOG(port, queue, ERR, "virtqueue %u, whose like ethdev does not have: the "
			     "device did not take it: %s", index, strerror(-ret));
	return ret;
}

static int
spare_alloc(struct rte_eth_dev *dev, unsigned int count)
{
	struct vio_port *port = vio_port(dev);
	const size_t len = count * spare_len(port);

	if (port->spare != NULL && port->spare->len < len)
		vio_spare_free(port);
	if (port->spare == NULL)
		port->spare = rte_eth_dma_zone_reserve(dev, "vio_spare", 0, len,
						       VRING_SPLIT_ALIGN_LEGACY,
						       port->data->numa_node);
	if (port->spare == NULL) {
		VIO_PORT_LOG(port, queue, ERR, "no memory for %u queues that are only there to "
			     "make pairs whole", count);
		return -ENOMEM;
	}
	memset(port->spare->addr, 0, len);
	return 0;
}

int
vio_spare_start(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	const uint16_t num_rx = dev->data->nb_rx_queues;
	const uint16_t num_tx = dev->data->nb_tx_queues;
	const size_t len = spare_len(port);
	size_t offset = 0;
	int ret;

	/* Where the port serves itself there are no pairs, but queues that are on or off. */
	if (num_rx == num_tx || port->pairs <= 1 || port->serves_ctrl)
		return 0;
	ret = spare_alloc(dev, 2 * port->pairs - num_rx - num_tx);
	for (uint16_t i = num_rx; ret == 0 && i < port->pairs; i++, offset += len)
		ret = spare_queue(port, 2 * i, offset);
	for (uint16_t i = num_tx; ret == 0 && i < port->pairs; i++, offset += len)
		ret = spare_queue(port, 2 * i + 1, offset);
	return ret;
}

void
vio_spare_free(struct vio_port *port)
{
	/* A device that did not finish its reset may still write there. */
	if (!port->stuck)
		rte_memzone_free(port->spare);
	port->spare = NULL;
}
