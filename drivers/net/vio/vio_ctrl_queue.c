/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_ctrl_queue.c - see vio_ctrl_queue.h. */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>

#include "vio.h"
#include "virtio_spec.h"

/* The command lies behind the ring: class and command, data, and on a line of its own the answer. */
#define CMD_HDR_LEN 2
#define CMD_ACK_OFFSET RTE_ALIGN(CMD_HDR_LEN + VIO_CTRL_DATA_MAX, RTE_CACHE_LINE_SIZE)
#define CMD_LEN (CMD_ACK_OFFSET + 1)

/** A command's descriptors: header, data, answer. */
#define CMD_DESCS 3

/** What a packed ring calls the one command that is out. */
#define CMD_ID 1

/** Pause between two looks at the ring, in microseconds. */
#define CTRL_POLL_US 20

/** How often the device is asked, while it does not answer, whether it still can; milliseconds. */
#define CTRL_HEALTH_MS 50

/** No device answers with this (5.1.6.5: 0 is OK, 1 is ERR). */
#define ACK_UNANSWERED 0xff

/** Number of the control virtqueue (5.1.2): behind all pairs where several were negotiated. */
static uint16_t
ctrl_index(const struct vio_port *port)
{
	bool several = vio_has(port, VIRTIO_NET_F_MQ) || vio_has(port, VIRTIO_NET_F_RSS);

	return several ? 2 * port->config.max_pairs : 2;
}

void
vio_ctrl_init(struct vio_port *port)
{
	pthread_mutex_init(&port->ctrl.lock, NULL);
}

/** Memory for a ring of @p size and a command. */
static int
ctrl_alloc(struct vio_port *port, uint16_t size)
{
	struct vio_ctrl *ctrl = &port->ctrl;
	const size_t ring_len = vio_ring_bytes(port, size);
	struct rte_eth_dev *dev = &rte_eth_devices[port->data->port_id];

	/* Of another device that was here before. */
	if (ctrl->mz != NULL && ctrl->mz->len < ring_len + CMD_LEN)
		vio_ctrl_free(port);
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

/** Lay out an empty ring of @p size descriptors; where its parts are goes to @p setup. */
static void
ctrl_layout(const struct vio_port *port, struct vio_ctrl *ctrl, uint16_t size,
	    struct virtio_queue_setup *setup)
{
	const size_t align = vio_ring_align(port);
	void *ring = ctrl->mz->addr;

	ctrl->size = size;
	ctrl->is_packed = vio_has(port, VIRTIO_F_RING_PACKED);
	ctrl->event_idx = vio_has(port, VIRTIO_RING_F_EVENT_IDX);
	setup->size = size;
	setup->desc = port->iova_is_va ? (uintptr_t)ring : ctrl->mz->iova;
	if (ctrl->is_packed) {
		vring_packed_init(&ctrl->packed, ring, size);
		vring_packed_silence(&ctrl->packed);
		ctrl->next = VRING_PACKED_START;
		ctrl->told = VRING_PACKED_START;
		setup->driver = setup->desc + vring_packed_driver_offset(size);
		setup->device = setup->desc + vring_packed_device_offset(size);
	} else {
		vring_split_init(&ctrl->split, ring, size, align);
		vring_split_silence(&ctrl->split, ctrl->event_idx, 0);
		ctrl->next = 0;
		setup->driver = setup->desc + vring_split_avail_offset(size);
		setup->device = setup->desc + vring_split_used_offset(size, align);
	}
	ctrl->cmd_addr = setup->desc + (ctrl->cmd - (uint8_t *)ring);
}

int
vio_ctrl_start(struct vio_port *port)
{
	struct vio_ctrl *ctrl = &port->ctrl;
	struct virtio_transport *t = port->device.transport;
	struct virtio_queue_setup setup = { .vector = VIRTIO_NO_VECTOR };
	const uint16_t index = ctrl_index(port);
	uint16_t size = 0;
	int ret;

	if (!vio_has(port, VIRTIO_NET_F_CTRL_VQ) || port->serves_ctrl)
		return 0;
	ret = virtio_device_queue_max_size(&port->device, index, &size);
	if (ret != 0 || size < CMD_DESCS) {
		VIO_PORT_LOG(port, ctrl, ERR, "the device offers a control queue, but virtqueue "
			     "%u is not there, or is too small for a command", index);
		return ret != 0 ? ret : -EPROTO;
	}
	if (!port->bus->legacy)
		size = RTE_MIN(size, (uint16_t)VIO_CTRL_RING);
	ret = ctrl_alloc(port, size);
	if (ret != 0)
		return ret;
	ctrl_layout(port, ctrl, size, &setup);
	ret = t->ops->queue_setup(t, index, &setup);
	if (ret == 0)
		ret = t->ops->queue_notifier(t, index, &ctrl->notifier);
	if (ret != 0)
		VIO_PORT_LOG(port, ctrl, ERR, "the device did not take the control queue: %s",
			     strerror(-ret));
	__atomic_store_n(&ctrl->live, ret == 0, __ATOMIC_RELEASE);
	return ret;
}

void
vio_ctrl_stop(struct vio_port *port)
{
	/* Whoever waits for an answer sees it, gives up and lets go of the lock. */
	__atomic_store_n(&port->ctrl.live, false, __ATOMIC_RELEASE);
	pthread_mutex_lock(&port->ctrl.lock);
	pthread_mutex_unlock(&port->ctrl.lock);
}

void
vio_ctrl_free(struct vio_port *port)
{
	if (!port->stuck)
		rte_memzone_free(port->ctrl.mz);
	port->ctrl.mz = NULL;
}

bool
vio_ctrl_live(const struct vio_port *port)
{
	return __atomic_load_n(&port->ctrl.live, __ATOMIC_ACQUIRE);
}

/** A part of the command that is out, as the layouts of rings have it in common. */
struct cmd_part {
	uint64_t addr;
	uint32_t len;
};

/** Make a command available in a split ring, whose descriptors are the same ones each time. */
static bool
submit_split(struct vio_ctrl *ctrl, const struct cmd_part *parts, uint16_t n)
{
	struct vring_split *ring = &ctrl->split;
	const uint16_t old = ctrl->next;

	for (uint16_t i = 0; i < n; i++)
		ring->desc[i] = (struct vring_desc){
			.addr = parts[i].addr,
			.len = parts[i].len,
			.flags = i < n - 1 ? VRING_DESC_F_NEXT : VRING_DESC_F_WRITE,
			.next = i < n - 1 ? i + 1 : 0,
		};
	ring->avail->ring[old & (ctrl->size - 1)] = 0;
	vring_split_publish(ring->avail, old + 1);
	return vring_split_must_kick(ring->used, ctrl->size, ctrl->event_idx, old, old + 1);
}

/** The same in a packed ring: the first descriptor is shown last (2.8.6). */
static bool
submit_packed(struct vio_ctrl *ctrl, const struct cmd_part *parts, uint16_t n)
{
	struct vring_packed *ring = &ctrl->packed;
	const uint16_t old = ctrl->next;
	uint16_t first_flags = 0;

	for (uint16_t i = 0; i < n; i++) {
		const uint16_t pos = vring_packed_ahead(old, i, ctrl->size);
		const uint16_t flags = vring_packed_avail_flags(pos) |
				       (i < n - 1 ? VRING_DESC_F_NEXT : VRING_DESC_F_WRITE);
		struct vring_packed_desc *desc = &ring->desc[vring_packed_index(pos)];

		desc->addr = parts[i].addr;
		desc->len = parts[i].len;
		desc->id = CMD_ID;
		if (i == 0)
			first_flags = flags;
		else
			desc->flags = flags;
	}
	vring_packed_show(&ring->desc[vring_packed_index(old)], first_flags);
	return vring_packed_must_kick(ring->device, ctrl->size, ctrl->event_idx, old,
				      vring_packed_ahead(old, n, ctrl->size), &ctrl->told);
}

/** Make the command in ctrl->cmd available (5.1.6.5: readable parts, then the answer). */
static void
ctrl_submit(struct vio_ctrl *ctrl, uint32_t len)
{
	struct cmd_part parts[CMD_DESCS];
	uint16_t next;
	uint16_t n = 0;
	bool kick;

	parts[n++] = (struct cmd_part){ ctrl->cmd_addr, CMD_HDR_LEN };
	if (len != 0)
		parts[n++] = (struct cmd_part){ ctrl->cmd_addr + CMD_HDR_LEN, len };
	parts[n++] = (struct cmd_part){ ctrl->cmd_addr + CMD_ACK_OFFSET, 1 };
	ctrl->descs = n;
	if (ctrl->is_packed) {
		kick = submit_packed(ctrl, parts, n);
		next = vring_packed_ahead(ctrl->next, n, ctrl->size);
	} else {
		kick = submit_split(ctrl, parts, n);
		next = ctrl->next + 1;
	}
	ctrl->stats.commands++;
	if (kick)
		ctrl->notifier.kick(&ctrl->notifier, next);
}

/** Did the command come back? @return 0, -EAGAIN not yet, -EPROTO what came back is another */
static int
answer_split(struct vio_ctrl *ctrl)
{
	const uint16_t idx = vring_split_load_used(ctrl->split.used);
	const struct vring_used_elem *elem;

	if (idx == ctrl->next)
		return -EAGAIN;
	elem = &ctrl->split.used->ring[ctrl->next & (ctrl->size - 1)];
	ctrl->next++;
	return idx == ctrl->next && __atomic_load_n(&elem->id, __ATOMIC_RELAXED) == 0 ? 0 : -EPROTO;
}

static int
answer_packed(struct vio_ctrl *ctrl)
{
	const uint32_t word = vring_packed_load(
				&ctrl->packed.desc[vring_packed_index(ctrl->next)]);

	if (!vring_packed_is_used(word, ctrl->next))
		return -EAGAIN;
	ctrl->next = vring_packed_ahead(ctrl->next, ctrl->descs, ctrl->size);
	return (uint16_t)word == CMD_ID ? 0 : -EPROTO;
}

/** Wait until the one command that is out came back. */
static int
ctrl_wait(struct vio_port *port)
{
	struct vio_ctrl *ctrl = &port->ctrl;
	const uint64_t ms = rte_get_timer_hz() / 1000;
	const uint64_t end = rte_get_timer_cycles() + VIO_CTRL_TIMEOUT_MS * ms;
	uint64_t health = rte_get_timer_cycles() + CTRL_HEALTH_MS * ms;

	for (;;) {
		int ret = ctrl->is_packed ? answer_packed(ctrl) : answer_split(ctrl);
		uint64_t now = rte_get_timer_cycles();

		if (ret != -EAGAIN)
			return ret;
		if (!vio_ctrl_live(port))
			return -ECANCELED;
		if (now > end)
			return -ETIMEDOUT;
		if (now > health) {
			/* 2.1.2: under NEEDS_RESET no completion is to be relied upon. */
			if (virtio_device_needs_reset(&port->device))
				return -ENODEV;
			health = now + CTRL_HEALTH_MS * ms;
		}
		rte_delay_us_sleep(CTRL_POLL_US);
	}
}

/** What an answer means. */
static int
check_ack(uint8_t ack)
{
	switch (ack) {
	case VIRTIO_NET_OK:
		return 0;
	case VIRTIO_NET_ERR:
		return -EIO;
	default:
		return -EPROTO;
	}
}

static void
count_and_log(struct vio_port *port, uint8_t class, uint8_t cmd, int ret)
{
	struct vio_ctrl_stats *stats = &port->ctrl.stats;

	switch (ret) {
	case 0:
	case -ECANCELED: /* by whom is known there */
		break;
	case -EIO:
		stats->refused++;
		VIO_PORT_LOG(port, ctrl, WARNING, "control command %u.%u: the device refused it",
			     class, cmd);
		break;
	case -EPROTO:
		stats->garbled++;
		VIO_PORT_LOG(port, ctrl, WARNING, "control command %u.%u: the device's answer makes "
			     "no sense", class, cmd);
		break;
	case -ENODEV:
		stats->unanswered++;
		VIO_PORT_LOG(port, ctrl, ERR, "control command %u.%u: the device went away or asks "
			     "for a reset before it answered", class, cmd);
		break;
	default:
		stats->unanswered++;
		VIO_PORT_LOG(port, ctrl, ERR, "control command %u.%u was not answered in %u ms; "
			     "stop and start the port to use the control queue again",
			     class, cmd, VIO_CTRL_TIMEOUT_MS);
	}
}

int
vio_ctrl_command(struct vio_port *port, uint8_t class, uint8_t cmd, const void *data, uint32_t len)
{
	struct vio_ctrl *ctrl = &port->ctrl;
	int ret;

	if (len > VIO_CTRL_DATA_MAX)
		return -E2BIG;
	pthread_mutex_lock(&ctrl->lock);
	if (!vio_ctrl_live(port)) {
		pthread_mutex_unlock(&ctrl->lock);
		/* There is none, or it has died. */
		return vio_has(port, VIRTIO_NET_F_CTRL_VQ) ? -ENODEV : -ENOTSUP;
	}
	ctrl->cmd[0] = class;
	ctrl->cmd[1] = cmd;
	if (len != 0)
		memcpy(ctrl->cmd + CMD_HDR_LEN, data, len);
	ctrl->cmd[CMD_ACK_OFFSET] = ACK_UNANSWERED;
	ctrl_submit(ctrl, len);
	ret = ctrl_wait(port);
	/* What was not answered stays the device's: nothing of it is used again (2.7.13, 2.8.21). */
	if (ret != 0)
		__atomic_store_n(&ctrl->live, false, __ATOMIC_RELEASE);
	else
		ret = check_ack(__atomic_load_n(&ctrl->cmd[CMD_ACK_OFFSET], __ATOMIC_RELAXED));
	count_and_log(port, class, cmd, ret);
	pthread_mutex_unlock(&ctrl->lock);
	return ret;
}
