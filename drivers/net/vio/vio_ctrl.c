/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_ctrl.c - the control virtqueue, and the ethdev operations that are a command each. */

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_cycles.h>

#include "vio.h"
#include "virtio_spec.h"

/* The command lies behind the ring: class and command, data, and on a line of its own the answer. */
#define CMD_HDR_LEN 2
#define CMD_ACK_OFFSET (CMD_HDR_LEN + VIO_CTRL_DATA_MAX)
#define CMD_LEN (CMD_ACK_OFFSET + 1)

/** Pause between two looks at the used ring, in microseconds. */
#define CTRL_POLL_US 20

/** No device answers with this (5.1.6.5: 0 is OK, 1 is ERR). */
#define ACK_UNANSWERED 0xff

/** Number of the control virtqueue (5.1.2): behind all pairs where MQ was negotiated. */
static uint16_t
ctrl_index(const struct vio_port *port)
{
	return vio_has(port, VIRTIO_NET_F_MQ) ? 2 * port->config.max_pairs : 2;
}

static int
ctrl_alloc(struct vio_port *port)
{
	struct vio_ctrl *ctrl = &port->ctrl;
	size_t ring_len = vring_split_bytes(VIO_CTRL_RING, VRING_SPLIT_ALIGN);
	struct rte_eth_dev *dev = &rte_eth_devices[port->data->port_id];

	if (ctrl->mz == NULL)
		ctrl->mz = rte_eth_dma_zone_reserve(dev, "vio_ctrl", 0, ring_len + CMD_LEN,
						    VRING_SPLIT_ALIGN_LEGACY,
						    port->data->numa_node);
	if (ctrl->mz == NULL) {
		VIO_PORT_LOG(port, ctrl, ERR, "no memory for the control queue");
		return -ENOMEM;
	}
	memset(ctrl->mz->addr, 0, ring_len + CMD_LEN);
	ctrl->cmd = (uint8_t *)ctrl->mz->addr + ring_len;
	return 0;
}

int
vio_ctrl_start(struct vio_port *port)
{
	struct vio_ctrl *ctrl = &port->ctrl;
	struct virtio_transport *t = port->device.transport;
	struct virtio_queue_setup setup = { .vector = VIRTIO_NO_VECTOR };
	uint16_t size;
	int ret;

	ctrl->live = false;
	if (!vio_has(port, VIRTIO_NET_F_CTRL_VQ) || port->bus->serves_ctrl)
		return 0;
	ret = ctrl_alloc(port);
	if (ret != 0)
		return ret;
	ret = virtio_device_queue_max_size(&port->device, ctrl_index(port), &size);
	if (ret != 0 || size < 4) {
		VIO_PORT_LOG(port, ctrl, ERR, "the device offers a control queue, but virtqueue "
			     "%u is not there", ctrl_index(port));
		return ret != 0 ? ret : -EPROTO;
	}
	size = RTE_MIN(size, (uint16_t)VIO_CTRL_RING);
	vring_split_init(&ctrl->vring, ctrl->mz->addr, size, VRING_SPLIT_ALIGN);
	vring_split_silence(&ctrl->vring, vio_has(port, VIRTIO_RING_F_EVENT_IDX), 0);
	ctrl->avail_idx = 0;
	ctrl->used_idx = 0;

	setup.size = size;
	setup.desc = port->iova_is_va ? (uintptr_t)ctrl->mz->addr : ctrl->mz->iova;
	setup.driver = setup.desc + vring_split_avail_offset(size);
	setup.device = setup.desc + vring_split_used_offset(size, VRING_SPLIT_ALIGN);
	ctrl->cmd_addr = setup.desc + vring_split_bytes(VIO_CTRL_RING, VRING_SPLIT_ALIGN);
	ret = t->ops->queue_setup(t, ctrl_index(port), &setup);
	if (ret == 0)
		ret = t->ops->queue_notifier(t, ctrl_index(port), &ctrl->notifier);
	if (ret != 0)
		VIO_PORT_LOG(port, ctrl, ERR, "the device did not take the control queue: %s",
			     strerror(-ret));
	ctrl->live = ret == 0;
	return ret;
}

void
vio_ctrl_stop(struct vio_port *port)
{
	port->ctrl.live = false;
}

void
vio_ctrl_free(struct vio_port *port)
{
	if (!port->stuck)
		rte_memzone_free(port->ctrl.mz);
	port->ctrl.mz = NULL;
}

/** Make the command in ctrl->cmd available (5.1.6.5: readable parts, then the answer). */
static void
ctrl_submit(const struct vio_port *port, struct vio_ctrl *ctrl, uint32_t len)
{
	struct vring_desc *desc = ctrl->vring.desc;
	uint16_t old = ctrl->avail_idx;
	uint16_t n = 0;

	desc[n] = (struct vring_desc){ ctrl->cmd_addr, CMD_HDR_LEN, VRING_DESC_F_NEXT, n + 1 };
	n++;
	if (len != 0) {
		desc[n] = (struct vring_desc){ ctrl->cmd_addr + CMD_HDR_LEN, len,
					       VRING_DESC_F_NEXT, n + 1 };
		n++;
	}
	desc[n] = (struct vring_desc){ ctrl->cmd_addr + CMD_ACK_OFFSET, 1, VRING_DESC_F_WRITE, 0 };
	ctrl->vring.avail->ring[ctrl->avail_idx & (ctrl->vring.size - 1)] = 0;
	ctrl->avail_idx++;
	vring_split_publish(ctrl->vring.avail, ctrl->avail_idx);
	if (vring_split_must_kick(ctrl->vring.used, ctrl->vring.size,
				  vio_has(port, VIRTIO_RING_F_EVENT_IDX), old, ctrl->avail_idx))
		ctrl->notifier.kick(&ctrl->notifier, ctrl->avail_idx);
}

/** Wait until the one command that is out came back. */
static int
ctrl_wait(struct vio_ctrl *ctrl)
{
	uint64_t end = rte_get_timer_cycles() +
		       rte_get_timer_hz() / 1000 * VIO_CTRL_TIMEOUT_MS;
	struct vring_used_elem *elem;
	uint16_t idx;

	while ((idx = vring_split_load_used(ctrl->vring.used)) == ctrl->used_idx) {
		if (rte_get_timer_cycles() > end)
			return -ETIMEDOUT;
		rte_delay_us_sleep(CTRL_POLL_US);
	}
	elem = &ctrl->vring.used->ring[ctrl->used_idx & (ctrl->vring.size - 1)];
	ctrl->used_idx++;
	if (idx != ctrl->used_idx || elem->id != 0)
		return -EPROTO;
	return 0;
}

int
vio_ctrl_command(struct vio_port *port, uint8_t class, uint8_t cmd, const void *data, uint32_t len)
{
	struct vio_ctrl *ctrl = &port->ctrl;
	uint8_t ack;
	int ret;

	if (len > VIO_CTRL_DATA_MAX)
		return -E2BIG;
	rte_spinlock_lock(&ctrl->lock);
	if (!ctrl->live) {
		rte_spinlock_unlock(&ctrl->lock);
		return -ENOTSUP;
	}
	ctrl->cmd[0] = class;
	ctrl->cmd[1] = cmd;
	if (len != 0)
		memcpy(ctrl->cmd + CMD_HDR_LEN, data, len);
	ctrl->cmd[CMD_ACK_OFFSET] = ACK_UNANSWERED;
	ctrl_submit(port, ctrl, len);
	ret = ctrl_wait(ctrl);
	/* What was not answered stays the device's: nothing of it is used again (2.7.13). */
	if (ret != 0)
		ctrl->live = false;
	ack = __atomic_load_n(&ctrl->cmd[CMD_ACK_OFFSET], __ATOMIC_RELAXED);
	rte_spinlock_unlock(&ctrl->lock);

	if (ret == 0 && ack != VIRTIO_NET_OK)
		ret = ack == VIRTIO_NET_ERR ? -EIO : -EPROTO;
	if (ret == -ETIMEDOUT)
		VIO_PORT_LOG(port, ctrl, ERR, "control command %u.%u was not answered in %u ms; "
			     "stop and start the port to use the control queue again",
			     class, cmd, VIO_CTRL_TIMEOUT_MS);
	else if (ret != 0)
		VIO_PORT_LOG(port, ctrl, WARNING, "control command %u.%u: %s", class, cmd,
			     ret == -EIO ? "the device refused it" :
					   "the device's answer makes no sense");
	return ret;
}

int
vio_ctrl_set_pairs(struct vio_port *port, uint16_t pairs)
{
	const rte_le16_t value = rte_cpu_to_le_16(pairs);

	if (port->bus->serves_ctrl)
		return port->bus->set_pairs(port, pairs);
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET,
				&value, sizeof(value));
}

/** One of the on/off commands of 5.1.6.5.1. */
static int
rx_mode(struct rte_eth_dev *dev, uint8_t cmd, uint8_t on)
{
	struct vio_port *port = vio_port(dev);

	/* Until the start there is no device to tell; ethdev repeats the mode then. */
	if (!port->live)
		return 0;
	if (port->bus->serves_ctrl)
		return port->bus->rx_mode(port, cmd, on);
	if (!vio_has(port, VIRTIO_NET_F_CTRL_RX))
		return -ENOTSUP;
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_RX, cmd, &on, sizeof(on));
}

int
vio_promiscuous_enable(struct rte_eth_dev *dev)
{
	return rx_mode(dev, VIRTIO_NET_CTRL_RX_PROMISC, 1);
}

int
vio_promiscuous_disable(struct rte_eth_dev *dev)
{
	return rx_mode(dev, VIRTIO_NET_CTRL_RX_PROMISC, 0);
}

int
vio_allmulticast_enable(struct rte_eth_dev *dev)
{
	return rx_mode(dev, VIRTIO_NET_CTRL_RX_ALLMULTI, 1);
}

int
vio_allmulticast_disable(struct rte_eth_dev *dev)
{
	return rx_mode(dev, VIRTIO_NET_CTRL_RX_ALLMULTI, 0);
}

int
vio_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	struct vio_port *port = vio_port(dev);

	/* A port that serves itself has no filter either: its address is what it says it is. */
	if (!port->live || port->bus->serves_ctrl)
		return 0;
	if (!vio_has(port, VIRTIO_NET_F_CTRL_MAC_ADDR)) {
		/* ethdev repeats the address after each start: the device's own needs no word. */
		return rte_is_same_ether_addr(mac, &port->config.mac) ? 0 : -ENOTSUP;
	}
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET,
				mac, sizeof(*mac));
}
