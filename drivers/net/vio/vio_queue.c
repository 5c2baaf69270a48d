/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_queue.c - memory, start and end of receive and transmit queues. No burst is in here. */

#include <errno.h>
#include <string.h>

#include <rte_alarm.h>
#include <rte_malloc.h>

#include "rxtx/rxtx.h"
#include "rxtx/vio_mbuf.h"
#include "vio.h"

/** Descriptors that a queue gets when @p asked are asked for, and a word where these differ. */
static uint16_t
ring_size(const struct vio_port *port, const char *kind, uint16_t queue_id, uint16_t asked,
	  uint16_t max)
{
	/* A legacy device's rings have one size (4.1.5.1.3.1); a modern one's may be made smaller. */
	if (asked == max || (asked < max && asked >= VIO_RING_MIN && rte_is_power_of_2(asked) &&
			     !port->device.transport->legacy))
		return asked;
	VIO_PORT_LOG(port, queue, WARNING,
		     "%s queue %u: a ring of %u descriptors is not to be had; using the device's "
		     "%u (a smaller power of two, %u or more, would be taken)",
		     kind, queue_id, asked, max, VIO_RING_MIN);
	return max;
}

/** What both kinds of queues have: the ring's memory and its place on the device. */
static int
vq_init(struct vio_vq *vq, struct rte_eth_dev *dev, const char *ring_name, uint16_t queue_id,
	uint16_t index, uint16_t size, size_t extra, unsigned int socket_id)
{
	struct vio_port *port = vio_port(dev);
	size_t ring_len = vring_split_bytes(size, VRING_SPLIT_ALIGN);

	vq->port = port;
	vq->index = index;
	vq->queue_id = queue_id;
	vq->size = size;
	vq->mz = rte_eth_dma_zone_reserve(dev, ring_name, queue_id, ring_len + extra,
					  VRING_SPLIT_ALIGN_LEGACY, socket_id);
	if (vq->mz == NULL) {
		VIO_PORT_LOG(port, queue, ERR,
			     "virtqueue %u: no %zu bytes of contiguous memory for its ring; give "
			     "EAL more memory (-m) or hugepages", index, ring_len + extra);
		return -ENOMEM;
	}
	vq->ring_addr = port->iova_is_va ? (uintptr_t)vq->mz->addr : vq->mz->iova;
	vring_split_init(&vq->vring, vq->mz->addr, size, VRING_SPLIT_ALIGN);
	return 0;
}

/** Make the ring empty and fresh, as the device expects it after a reset. */
static void
vq_reset(struct vio_vq *vq)
{
	struct vring_split *vr = &vq->vring;

	memset(vr->desc, 0, vring_split_bytes(vq->size, VRING_SPLIT_ALIGN));
	for (uint32_t i = 0; i < vq->size; i++)
		vr->avail->ring[i] = i;
	vring_split_silence(vr, vio_has(vq->port, VIRTIO_RING_F_EVENT_IDX), 0);
}

/** Tell the device where the ring is. */
static int
vq_announce(struct vio_vq *vq)
{
	struct virtio_transport *t = vq->port->device.transport;
	const struct virtio_queue_setup setup = {
		.size = vq->size,
		.vector = VIRTIO_NO_VECTOR,
		.desc = vq->ring_addr,
		.driver = vq->ring_addr + vring_split_avail_offset(vq->size),
		.device = vq->ring_addr + vring_split_used_offset(vq->size, VRING_SPLIT_ALIGN),
	};
	int ret = t->ops->queue_setup(t, vq->index, &setup);

	if (ret == 0)
		ret = t->ops->queue_notifier(t, vq->index, &vq->notifier);
	if (ret != 0)
		VIO_PORT_LOG(vq->port, queue, ERR,
			     "virtqueue %u: the device did not take a ring of %u descriptors: %s",
			     vq->index, vq->size, strerror(-ret));
	return ret;
}

void
vio_vq_kick(const struct vio_vq *vq, uint16_t next)
{
	vq->notifier.kick(&vq->notifier, next);
}

static uint16_t
mbuf_addr_field(const struct vio_port *port)
{
	return port->iova_is_va ? offsetof(struct rte_mbuf, buf_addr) :
				  offsetof(struct rte_mbuf, buf_iova);
}

static int
check_pool(const struct vio_port *port, uint16_t queue_id, struct rte_mempool *mp)
{
	if (rte_pktmbuf_priv_flags(mp) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) {
		VIO_PORT_LOG(port, queue, ERR, "receive queue %u: mempool %s has pinned external "
			     "buffers, that the driver cannot post; use an ordinary mbuf pool",
			     queue_id, mp->name);
		return -ENOTSUP;
	}
	if (rte_pktmbuf_data_room_size(mp) < RTE_PKTMBUF_HEADROOM + RTE_ETHER_MIN_LEN) {
		VIO_PORT_LOG(port, queue, ERR, "receive queue %u: mbufs of mempool %s have %u "
			     "bytes; %u of headroom and 64 of data are the least", queue_id,
			     mp->name, rte_pktmbuf_data_room_size(mp), RTE_PKTMBUF_HEADROOM);
		return -EINVAL;
	}
	return 0;
}

int
vio_rx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		   unsigned int socket_id, const struct rte_eth_rxconf *conf,
		   struct rte_mempool *mp)
{
	struct vio_port *port = vio_port(dev);
	uint16_t size = ring_size(port, "receive", queue_id, nb_desc,
				  port->ring_max[2 * queue_id]);
	uint16_t thresh = conf->rx_free_thresh;
	struct vio_rxq *q;
	int ret = check_pool(port, queue_id, mp);

	if (ret != 0)
		return ret;
	if (conf->rx_deferred_start) {
		VIO_PORT_LOG(port, queue, ERR, "receive queue %u: deferred start is not supported",
			     queue_id);
		return -ENOTSUP;
	}
	if (thresh == 0)
		thresh = RTE_MIN(VIO_RX_FREE_THRESH, size / 4);
	if (thresh >= size) {
		VIO_PORT_LOG(port, queue, ERR, "receive queue %u: rx_free_thresh %u must be below "
			     "the ring's %u descriptors", queue_id, thresh, size);
		return -EINVAL;
	}
	vio_rx_queue_release(dev, queue_id);
	q = rte_zmalloc_socket("vio_rxq", sizeof(*q) + size * VIO_RX_SLOT_BYTES,
			       RTE_CACHE_LINE_SIZE, socket_id);
	if (q == NULL)
		return -ENOMEM;
	ret = vq_init(&q->vq, dev, "vio_rx", queue_id, 2 * queue_id, size, 0, socket_id);
	if (ret != 0) {
		rte_free(q);
		return ret;
	}
	q->desc = q->vq.vring.desc;
	q->avail = q->vq.vring.avail;
	q->used = q->vq.vring.used;
	q->slot = (struct rte_mbuf **)(q + 1);
	q->ids = (uint16_t *)(q->slot + size);
	q->mp = mp;
	q->mask = size - 1;
	q->free_thresh = thresh;
	q->rearm = vio_mbuf_rearm(VIO_RX_DATA_OFF, dev->data->port_id);
	q->max_frame = rte_pktmbuf_data_room_size(mp) - VIO_RX_DATA_OFF;
	q->post_len = q->max_frame + VIO_HDR_SIZE;
	q->addr_field = mbuf_addr_field(port);
	q->hdr_offset = sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(mp) + VIO_RX_DATA_OFF -
			VIO_HDR_SIZE;
	dev->data->rx_queues[queue_id] = q;
	return 0;
}

/** Behind a transmit ring: an empty header, then the tables of indirect descriptors. */
#define TX_HDR_ROOM 64

static size_t
tables_offset(uint16_t size)
{
	return vring_split_bytes(size, VRING_SPLIT_ALIGN) + TX_HDR_ROOM;
}

int
vio_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		   unsigned int socket_id, const struct rte_eth_txconf *conf)
{
	struct vio_port *port = vio_port(dev);
	uint16_t size = ring_size(port, "transmit", queue_id, nb_desc,
				  port->ring_max[2 * queue_id + 1]);
	uint16_t thresh = conf->tx_free_thresh;
	struct vio_txq *q;
	int ret;

	if (conf->tx_deferred_start) {
		VIO_PORT_LOG(port, queue, ERR, "transmit queue %u: deferred start is not supported",
			     queue_id);
		return -ENOTSUP;
	}
	/* Early: what was sent goes back to its pool while it is still in the cache. */
	if (thresh == 0)
		thresh = size - RTE_MIN(VIO_RX_FREE_THRESH, size / 4);
	if (thresh > size) {
		VIO_PORT_LOG(port, queue, ERR, "transmit queue %u: tx_free_thresh %u must not "
			     "exceed the ring's %u descriptors", queue_id, thresh, size);
		return -EINVAL;
	}
	vio_tx_queue_release(dev, queue_id);
	q = rte_zmalloc_socket("vio_txq", sizeof(*q) + size * VIO_TX_SLOT_BYTES,
			       RTE_CACHE_LINE_SIZE, socket_id);
	if (q == NULL)
		return -ENOMEM;
	ret = vq_init(&q->vq, dev, "vio_tx", queue_id, 2 * queue_id + 1, size,
		      TX_HDR_ROOM + size * VIO_TX_TABLE * sizeof(struct vring_desc), socket_id);
	if (ret != 0) {
		rte_free(q);
		return ret;
	}
	q->desc = q->vq.vring.desc;
	q->avail = q->vq.vring.avail;
	q->used = q->vq.vring.used;
	q->slot = (struct rte_mbuf **)(q + 1);
	q->count = (uint16_t *)(q->slot + size);
	q->ids = q->count + size;
	q->next = q->ids + size;
	q->mask = size - 1;
	q->free_thresh = thresh;
	q->addr_field = mbuf_addr_field(port);
	q->hdr_addr = q->vq.ring_addr + vring_split_bytes(size, VRING_SPLIT_ALIGN);
	memset((char *)q->vq.mz->addr + vring_split_bytes(size, VRING_SPLIT_ALIGN), 0,
	       VIO_HDR_SIZE);
	dev->data->tx_queues[queue_id] = q;
	return 0;
}

/** Free the ring, unless the device may still write to it. */
static void
vq_free(struct vio_vq *vq)
{
	if (!vq->port->stuck)
		rte_memzone_free(vq->mz);
}

void
vio_rx_queue_release(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct vio_rxq *q = dev->data->rx_queues[queue_id];

	if (q == NULL)
		return;
	dev->data->rx_queues[queue_id] = NULL;
	vq_free(&q->vq);
	rte_free(q);
}

void
vio_tx_queue_release(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct vio_txq *q = dev->data->tx_queues[queue_id];

	if (q == NULL)
		return;
	dev->data->tx_queues[queue_id] = NULL;
	vq_free(&q->vq);
	rte_free(q);
}

/** Does the buffer of each posted mbuf follow it at once, as in a pool that rte_mbuf made? */
static int
check_geometry(const struct vio_rxq *q)
{
	for (uint16_t i = 0; i < q->avail_idx; i++)
		if ((char *)q->slot[i]->buf_addr + VIO_RX_DATA_OFF - VIO_HDR_SIZE !=
		    (char *)q->slot[i] + q->hdr_offset) {
			VIO_PORT_LOG(q->vq.port, queue, ERR, "receive queue %u: the buffers of "
				     "mempool %s do not follow their mbufs; use a pool made with "
				     "rte_pktmbuf_pool_create()", q->vq.queue_id, q->mp->name);
			return -EINVAL;
		}
	return 0;
}

int
vio_rxq_start(struct vio_rxq *q)
{
	int ret;

	vq_reset(&q->vq);
	for (uint32_t i = 0; i <= q->mask; i++) {
		q->desc[i].len = q->post_len;
		q->desc[i].flags = VRING_DESC_F_WRITE;
	}
	q->used_idx = 0;
	q->avail_idx = 0;
	q->shuffled = 0;
	q->in_order = vio_has(q->vq.port, VIRTIO_F_IN_ORDER);
	q->fault = VIO_FAULT_NONE;
	if (vio_rx_fill(q) == 0) {
		VIO_PORT_LOG(q->vq.port, queue, ERR, "receive queue %u: mempool %s has no mbuf "
			     "to give; make it larger", q->vq.queue_id, q->mp->name);
		return -ENOMEM;
	}
	ret = check_geometry(q);
	return ret != 0 ? ret : vq_announce(&q->vq);
}

int
vio_txq_start(struct vio_txq *q)
{
	vq_reset(&q->vq);
	memset(q->count, 0, (q->mask + 1) * sizeof(*q->count));
	q->used_idx = 0;
	q->avail_idx = 0;
	q->desc_idx = 0;
	q->free_idx = q->mask + 1;
	q->shuffled = 0;
	q->simple = 0;
	q->tables = NULL;
	if (vio_has(q->vq.port, VIRTIO_RING_F_INDIRECT_DESC))
		q->tables = RTE_PTR_ADD(q->vq.mz->addr, tables_offset(q->vq.size));
	q->tables_addr = q->vq.ring_addr + tables_offset(q->vq.size);
	q->fault = VIO_FAULT_NONE;
	return vq_announce(&q->vq);
}

void
vio_rxq_drain(struct vio_rxq *q)
{
	if (q->shuffled) {
		for (uint32_t i = 0; i <= q->mask; i++) {
			rte_pktmbuf_free(q->slot[i]);
			q->slot[i] = NULL;
		}
	} else {
		for (uint16_t pos = q->used_idx; pos != q->avail_idx; pos++)
			rte_pktmbuf_free(q->slot[pos & q->mask]);
	}
	q->used_idx = q->avail_idx;
}

void
vio_txq_drain(struct vio_txq *q)
{
	vio_tx_drain(q);
	q->used_idx = q->avail_idx;
}

void
vio_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue_id, struct rte_eth_rxq_info *info)
{
	const struct vio_rxq *q = dev->data->rx_queues[queue_id];

	info->mp = q->mp;
	info->nb_desc = q->vq.size;
	info->rx_buf_size = q->max_frame;
	info->scattered_rx = dev->data->scattered_rx;
	info->conf.rx_free_thresh = q->free_thresh;
	info->conf.rx_drop_en = 1; /* a device without buffers drops */
	info->conf.offloads = dev->data->dev_conf.rxmode.offloads;
}

void
vio_txq_info_get(struct rte_eth_dev *dev, uint16_t queue_id, struct rte_eth_txq_info *info)
{
	const struct vio_txq *q = dev->data->tx_queues[queue_id];

	info->nb_desc = q->vq.size;
	info->conf.tx_free_thresh = q->free_thresh;
	info->conf.offloads = dev->data->dev_conf.txmode.offloads;
}

static void
fault_event(void *arg)
{
	struct rte_eth_dev *dev = arg;

	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RESET, NULL);
}

static void
vq_fault(const struct vio_vq *vq, const char *kind, enum vio_fault fault)
{
	static const char *const what[] = {
		[VIO_FAULT_USED_INDEX] = "the device moved the used index past what was made "
					 "available",
		[VIO_FAULT_USED_ID] = "the device returned a descriptor that was not posted",
	};

	VIO_PORT_LOG(vq->port, queue, ERR,
		     "%s queue %u: %s; the queue is stopped, stop and start the port to go on",
		     kind, vq->queue_id, what[fault]);
	/* Callbacks belong to the interrupt thread: a burst must not run an application's code. */
	rte_eal_alarm_set(1, fault_event, &rte_eth_devices[vq->port->data->port_id]);
}

void
vio_rxq_fault(struct vio_rxq *q, enum vio_fault fault)
{
	if (q->fault != VIO_FAULT_NONE)
		return;
	q->fault = fault;
	q->stats.faults++;
	vio_gate_open(&q->gate, VIO_GATE_CLOSED);
	vq_fault(&q->vq, "receive", fault);
}

void
vio_txq_fault(struct vio_txq *q, enum vio_fault fault)
{
	if (q->fault != VIO_FAULT_NONE)
		return;
	q->fault = fault;
	q->stats.faults++;
	vio_gate_open(&q->gate, VIO_GATE_CLOSED);
	vq_fault(&q->vq, "transmit", fault);
}

void
vio_fault_events_cancel(struct rte_eth_dev *dev)
{
	rte_eal_alarm_cancel(fault_event, dev);
}
