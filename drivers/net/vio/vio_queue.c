/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_queue.c - memory, start and end of receive and transmit queues. No burst is in here. */

#include <errno.h>
#include <string.h>

#include <rte_alarm.h>
#include <rte_malloc.h>

#include "rxtx/rxtx.h"
#include "rxtx/vio_mbuf.h"
#include "rxtx/vio_ring.h"
#include "vio.h"
#include "vio_second.h"
#include "virtio_spec.h"
#include "vio_trace.h"

/** Will the rings be packed? Where the backend is not there yet, this is a wish. */
static bool
wants_packed(const struct vio_port *port)
{
	return port->args.packed_vq && (port->device.offered == 0 ||
		(port->device.offered & VIRTIO_FEATURE(VIRTIO_F_RING_PACKED)) != 0);
}

/** Descriptors that a queue gets when @p asked are asked for, and a word where these differ. */
static uint16_t
ring_size(const struct vio_port *port, const char *kind, uint16_t queue_id, uint16_t asked,
	  uint16_t max)
{
	const bool any = wants_packed(port);

	if (asked == max || (asked < max && asked >= VIO_RING_MIN &&
			     (any || rte_is_power_of_2(asked)) && !port->bus->legacy))
		return asked;
	if (port->bus->legacy) {
		/* 4.1.5.1.3.1; a modern device's may be made smaller. */
		VIO_PORT_LOG(port, queue, WARNING, "%s queue %u: a ring of %u descriptors is not to "
			     "be had: the rings of a legacy device have one size; using the "
			     "device's %u", kind, queue_id, asked, max);
		return max;
	}
	VIO_PORT_LOG(port, queue, WARNING,
		     "%s queue %u: a ring of %u descriptors is not to be had; using the device's "
		     "%u (a smaller %s, %u or more, would be taken)", kind, queue_id, asked, max,
		     any ? "number" : "power of two", VIO_RING_MIN);
	return max;
}

size_t
vio_ring_align(const struct vio_port *port)
{
	return port->bus->legacy ? VRING_SPLIT_ALIGN_LEGACY : VRING_SPLIT_ALIGN;
}

size_t
vio_ring_bytes(const struct vio_port *port, uint16_t size)
{
	const size_t split = vring_split_bytes(rte_align32pow2(size), vio_ring_align(port));

	return RTE_MAX(split, vring_packed_bytes(size));
}

static int
no_memory(const struct vio_port *port, uint16_t index, size_t bytes)
{
	VIO_PORT_LOG(port, queue, ERR, "virtqueue %u: no %zu bytes of memory beside its ring; give "
		     "EAL more memory (-m) or hugepages", index, bytes);
	return -ENOMEM;
}

/** What both kinds of queues have: the ring's memory and its place on the device. */
static int
vq_init(struct vio_vq *vq, struct rte_eth_dev *dev, const char *ring_name, uint16_t queue_id,
	uint16_t index, uint16_t size, size_t extra, unsigned int socket_id)
{
	struct vio_port *port = vio_port(dev);
	size_t ring_len = vio_ring_bytes(port, size);

	vq->port = port;
	vq->port_id = dev->data->port_id;
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
	if (!port->args.size_bins)
		return 0;
	vq->bins = rte_zmalloc_socket("vio_bins", sizeof(*vq->bins), RTE_CACHE_LINE_SIZE, socket_id);
	if (vq->bins != NULL)
		return 0;
	rte_memzone_free(vq->mz);
	return no_memory(port, index, sizeof(*vq->bins));
}

/** What both kinds of queues point to in their ring. */
struct vq_parts {
	void *desc;                  /**< descriptors */
	struct vring_avail *avail;   /**< split rings */
	void *device;                /**< what the device writes: used ring, event structure */
	struct virtio_queue_setup setup;
};

/** Lay out an empty, fresh ring, as the device expects it after a reset, in the negotiated way. */
static int
vq_lay_out(struct vio_vq *vq, struct vq_parts *parts)
{
	const size_t align = vio_ring_align(vq->port);
	struct vring_packed packed;
	struct vring_split split;

	vq->packed = vio_has(vq->port, VIRTIO_F_RING_PACKED);
	memset(vq->mz->addr, 0, vio_ring_bytes(vq->port, vq->size));
	parts->setup = (struct virtio_queue_setup){
		.size = vq->size,
		.vector = VIRTIO_NO_VECTOR,
		.desc = vq->ring_addr,
	};
	if (vq->packed) {
		vring_packed_init(&packed, vq->mz->addr, vq->size);
		vring_packed_silence(&packed);
		parts->desc = packed.desc;
		parts->avail = NULL;
		parts->device = packed.device;
		parts->setup.driver = vq->ring_addr + vring_packed_driver_offset(vq->size);
		parts->setup.device = vq->ring_addr + vring_packed_device_offset(vq->size);
		return 0;
	}
	if (!vring_split_size_ok(vq->size)) {
		VIO_PORT_LOG(vq->port, queue, ERR, "virtqueue %u: a ring of %u descriptors has to "
			     "be a packed one, which the device does not offer; give a power of two",
			     vq->index, vq->size);
		return -EINVAL;
	}
	vring_split_init(&split, vq->mz->addr, vq->size, align);
	for (uint32_t i = 0; i < vq->size; i++)
		split.avail->ring[i] = i;
	vring_split_silence(&split, vio_has(vq->port, VIRTIO_RING_F_EVENT_IDX), 0);
	parts->desc = split.desc;
	parts->avail = split.avail;
	parts->device = split.used;
	parts->setup.driver = vq->ring_addr + vring_split_avail_offset(vq->size);
	parts->setup.device = vq->ring_addr + vring_split_used_offset(vq->size, align);
	return 0;
}

/** Tell the device where the ring is. */
static int
vq_announce(struct vio_vq *vq, const struct virtio_queue_setup *setup)
{
	struct virtio_transport *t = vq->port->device.transport;
	int ret = t->ops->queue_setup(t, vq->index, setup);

	if (ret == 0)
		ret = t->ops->queue_notifier(t, vq->index, &vq->notifier);
	if (ret == -EBUSY)
		VIO_PORT_LOG(vq->port, queue, ERR, "virtqueue %u: the device has no MSI-X vector "
			     "to give; use fewer queues, or no receive interrupts", vq->index);
	else if (ret != 0)
		VIO_PORT_LOG(vq->port, queue, ERR,
			     "virtqueue %u: the device did not take a ring of %u descriptors: %s",
			     vq->index, vq->size, strerror(-ret));
	vq->enabled = ret == 0;
	return ret;
}

void
vio_vq_kick(const struct vio_vq *vq, uint16_t next)
{
	vio_trace_kick(vq->port_id, vq->index, next);
	if (likely(!vio_second_here))
		vq->notifier.kick(&vq->notifier, next);
	else
		vio_second_kick(vq, next);
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
	const size_t bytes = sizeof(struct vio_rxq) + size * VIO_RX_SLOT_BYTES;
	uint16_t thresh = conf->rx_free_thresh;
	struct vio_rxq *q;
	int ret = check_pool(port, queue_id, mp);

	if (ret != 0)
		return ret;
	if (thresh == 0)
		thresh = RTE_MIN(VIO_RX_FREE_THRESH, size / 4);
	if (thresh >= size) {
		VIO_PORT_LOG(port, queue, ERR, "receive queue %u: rx_free_thresh %u must be below "
			     "the ring's %u descriptors", queue_id, thresh, size);
		return -EINVAL;
	}
	vio_rx_queue_release(dev, queue_id);
	q = rte_zmalloc_socket("vio_rxq", bytes, RTE_CACHE_LINE_SIZE, socket_id);
	if (q == NULL)
		return no_memory(port, 2 * queue_id, bytes);
	ret = vq_init(&q->vq, dev, "vio_rx", queue_id, 2 * queue_id, size, 0, socket_id);
	if (ret != 0) {
		rte_free(q);
		return ret;
	}
	q->slot = (struct rte_mbuf **)(q + 1);
	q->ids = (uint16_t *)(q->slot + size);
	q->vq.deferred = conf->rx_deferred_start;
	/* ethdev leaves out what the whole port was configured with. */
	q->strip = ((conf->offloads | dev->data->dev_conf.rxmode.offloads) &
		    RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
	q->mp = mp;
	q->mask = size - 1;
	q->free_thresh = thresh;
	q->rearm = vio_mbuf_rearm(VIO_RX_DATA_OFF, dev->data->port_id);
	q->max_frame = rte_pktmbuf_data_room_size(mp) - VIO_RX_DATA_OFF;
	q->addr_field = mbuf_addr_field(port);
	q->data_offset = sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(mp) + VIO_RX_DATA_OFF;
	dev->data->rx_queues[queue_id] = q;
	return 0;
}

/** Behind a transmit ring: headers, see VIO_TX_HDR, then the tables of indirect descriptors. */
static size_t
tables_offset(const struct vio_port *port, uint16_t size)
{
	return vio_ring_bytes(port, size) + VIO_TX_HDR * (1 + (size_t)size);
}

/** Entries of each table: long where packets are to be cut, and a ring is soon full of their parts. */
static uint16_t
table_len(uint64_t offloads, uint16_t size)
{
	const uint64_t cut = RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_UDP_TSO;

	return (offloads & cut) != 0 && size <= VIO_TX_LONG_RING ? VIO_TX_TABLE_LONG :
								     VIO_TX_TABLE;
}

int
vio_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		   unsigned int socket_id, const struct rte_eth_txconf *conf)
{
	struct vio_port *port = vio_port(dev);
	uint16_t size = ring_size(port, "transmit", queue_id, nb_desc,
				  port->ring_max[2 * queue_id + 1]);
	const size_t bytes = sizeof(struct vio_txq) + size * VIO_TX_SLOT_BYTES;
	/* ethdev leaves out what the whole port was configured with. */
	uint16_t entries = table_len(conf->offloads | dev->data->dev_conf.txmode.offloads, size);
	uint16_t thresh = conf->tx_free_thresh;
	struct vio_txq *q;
	int ret;

	/* Early: what was sent goes back to its pool while it is still in the cache. */
	if (thresh == 0)
		thresh = size - RTE_MIN(VIO_RX_FREE_THRESH, size / 4);
	if (thresh > size) {
		VIO_PORT_LOG(port, queue, ERR, "transmit queue %u: tx_free_thresh %u must not "
			     "exceed the ring's %u descriptors", queue_id, thresh, size);
		return -EINVAL;
	}
	ret = vio_tx_queue_offloads_check(dev, queue_id, conf->offloads);
	if (ret != 0)
		return ret;
	vio_tx_queue_release(dev, queue_id);
	q = rte_zmalloc_socket("vio_txq", bytes, RTE_CACHE_LINE_SIZE, socket_id);
	if (q == NULL)
		return no_memory(port, 2 * queue_id + 1, bytes);
	ret = vq_init(&q->vq, dev, "vio_tx", queue_id, 2 * queue_id + 1, size,
		      tables_offset(port, size) - vio_ring_bytes(port, size) +
		      size * entries * sizeof(struct vring_desc), socket_id);
	if (ret != 0) {
		rte_free(q);
		return ret;
	}
	q->slot = (struct rte_mbuf **)(q + 1);
	q->count = (uint16_t *)(q->slot + size);
	q->ids = q->count + size;
	q->next = q->ids + size;
	q->vq.deferred = conf->tx_deferred_start;
	q->table_len = entries;
	q->asked = conf->offloads;
	q->mask = size - 1;
	q->free_thresh = thresh;
	q->addr_field = mbuf_addr_field(port);
	q->hdr_addr = q->vq.ring_addr + vio_ring_bytes(port, size);
	q->hdrs = (char *)q->vq.mz->addr + vio_ring_bytes(port, size);
	memset(q->hdrs, 0, VIO_TX_HDR);
	dev->data->tx_queues[queue_id] = q;
	return 0;
}

/** Free the ring, unless the device may still write to it. */
static void
vq_free(struct vio_vq *vq)
{
	if (!vq->port->stuck)
		rte_memzone_free(vq->mz);
	rte_free(vq->bins);
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

/** Bytes of a packet's header (5.1.6). */
static uint8_t
hdr_size(const struct vio_port *port)
{
	if (vio_short_headers(port))
		return VIO_HDR_SIZE_MIN;
	return vio_has(port, VIRTIO_NET_F_HASH_REPORT) ? VIO_HDR_SIZE_MAX : VIO_HDR_SIZE;
}

/** What the features say of received headers. */
static void
rxq_features(struct vio_rxq *q)
{
	const struct vio_port *port = q->vq.port;
	const bool csum = vio_has(port, VIRTIO_NET_F_GUEST_CSUM);

	q->hdr_size = hdr_size(port);
	q->hdr_offset = q->data_offset - q->hdr_size;
	q->post_len = q->max_frame + q->hdr_size;
	/* 5.1.6.4.2: what was not negotiated means nothing. */
	q->hdr_flags = csum ? VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID : 0;
	q->lro = (vio_has(port, VIRTIO_NET_F_GUEST_TSO4) ? VIO_RXQ_TSO4 : 0) |
		 (vio_has(port, VIRTIO_NET_F_GUEST_TSO6) ? VIO_RXQ_TSO6 : 0);
	q->hdr_gso = q->lro != 0 ? UINT8_MAX : 0;
	q->in_order = vio_has(port, VIRTIO_F_IN_ORDER);
}

/** What the features allow to ask for in headers that are sent. */
static void
txq_features(struct vio_txq *q)
{
	const struct vio_port *port = q->vq.port;

	q->hdr_size = hdr_size(port);
	q->offloads = (vio_has(port, VIRTIO_NET_F_CSUM) ? VIO_TXQ_CSUM : 0) |
		      (vio_has(port, VIRTIO_NET_F_HOST_TSO4) ? VIO_TXQ_TSO4 : 0) |
		      (vio_has(port, VIRTIO_NET_F_HOST_TSO6) ? VIO_TXQ_TSO6 : 0) |
		      (vio_has(port, VIRTIO_NET_F_HOST_ECN) ? VIO_TXQ_ECN : 0) |
		      (vio_has(port, VIRTIO_NET_F_HOST_USO) ? VIO_TXQ_USO : 0);
}

/** Does the buffer of each posted mbuf follow it at once, as in a pool that rte_mbuf made? */
static int
check_geometry(const struct vio_rxq *q, uint16_t posted)
{
	for (uint16_t i = 0; i < posted; i++)
		if ((char *)q->slot[i]->buf_addr + VIO_RX_DATA_OFF !=
		    (char *)q->slot[i] + q->data_offset) {
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
	struct vq_parts parts;
	uint16_t posted;
	int ret = vq_lay_out(&q->vq, &parts);

	if (ret != 0)
		return ret;
	q->desc = parts.desc;
	q->avail = parts.avail;
	q->used = parts.device;
	rxq_features(q);
	for (uint32_t i = 0; !q->vq.packed && i <= q->mask; i++) {
		q->desc[i].len = q->post_len;
		q->desc[i].flags = VRING_DESC_F_WRITE;
	}
	q->used_idx = q->vq.packed ? VRING_PACKED_START : 0;
	q->avail_idx = q->used_idx;
	q->told = VRING_PACKED_START;
	q->shuffled = 0;
	q->fault = VIO_FAULT_NONE;
	q->vq.fresh = true;
	vio_rx_fill(q);
	posted = vio_ring_distance(q->used_idx, q->avail_idx, q->mask, q->vq.packed);
	if (posted == 0) {
		VIO_PORT_LOG(q->vq.port, queue, ERR, "receive queue %u: mempool %s has no mbuf "
			     "to give; make it larger", q->vq.queue_id, q->mp->name);
		return -ENOMEM;
	}
	if (q->vq.port->rx_vector != VIRTIO_NO_VECTOR)
		parts.setup.vector = q->vq.port->rx_vector + q->vq.queue_id;
	ret = check_geometry(q, posted);
	return ret != 0 ? ret : vq_announce(&q->vq, &parts.setup);
}

int
vio_txq_start(struct vio_txq *q)
{
	struct vq_parts parts;
	const size_t tables = tables_offset(q->vq.port, q->vq.size);
	int ret = vq_lay_out(&q->vq, &parts);

	if (ret != 0)
		return ret;
	q->desc = parts.desc;
	q->avail = parts.avail;
	q->used = parts.device;
	txq_features(q);
	memset(q->count, 0, (q->mask + 1) * sizeof(*q->count));
	q->used_idx = q->vq.packed ? VRING_PACKED_START : 0;
	q->avail_idx = q->used_idx;
	q->told = VRING_PACKED_START;
	q->desc_idx = 0;
	q->free_idx = q->mask + 1;
	q->shuffled = 0;
	q->simple = 0;
	q->tables = NULL;
	if (vio_has(q->vq.port, VIRTIO_RING_F_INDIRECT_DESC))
		q->tables = RTE_PTR_ADD(q->vq.mz->addr, tables);
	q->tables_addr = q->vq.ring_addr + tables;
	q->fault = VIO_FAULT_NONE;
	return vq_announce(&q->vq, &parts.setup);
}

void
vio_rxq_open(struct vio_rxq *q)
{
	const struct rte_eth_dev_data *data = q->vq.port->data;

	if (data->rx_queue_state[q->vq.queue_id] != RTE_ETH_QUEUE_STATE_STARTED ||
	    q->fault != VIO_FAULT_NONE)
		return;
	/* There are buffers, which could not be said before DRIVER_OK (3.1.1). Bursts told of later ones. */
	if (q->vq.fresh)
		vio_vq_kick(&q->vq, q->avail_idx);
	q->vq.fresh = false;
	vio_gate_open(&q->gate, q->vq.port->rx_variant);
	vio_intr_opened(q);
}

void
vio_txq_open(struct vio_txq *q)
{
	const struct rte_eth_dev_data *data = q->vq.port->data;

	if (data->tx_queue_state[q->vq.queue_id] == RTE_ETH_QUEUE_STATE_STARTED &&
	    q->fault == VIO_FAULT_NONE)
		vio_gate_open(&q->gate, q->vq.port->tx_variant);
}

void
vio_rxq_drain(struct vio_rxq *q)
{
	const bool packed = q->vq.packed;

	if (q->shuffled) {
		for (uint32_t i = 0; i <= q->mask; i++) {
			rte_pktmbuf_free(q->slot[i]);
			q->slot[i] = NULL;
		}
	} else {
		for (uint16_t pos = q->used_idx; pos != q->avail_idx;
		     pos = vio_ring_ahead(pos, 1, q->mask, packed))
			rte_pktmbuf_free(q->slot[vio_ring_index(pos, q->mask, packed)]);
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
	info->conf.rx_deferred_start = q->vq.deferred;
	info->conf.rx_drop_en = 1; /* a device without buffers drops */
	info->conf.offloads = dev->data->dev_conf.rxmode.offloads & ~RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	if (q->strip)
		info->conf.offloads |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
}

void
vio_txq_info_get(struct rte_eth_dev *dev, uint16_t queue_id, struct rte_eth_txq_info *info)
{
	const struct vio_txq *q = dev->data->tx_queues[queue_id];

	info->nb_desc = q->vq.size;
	info->conf.tx_free_thresh = q->free_thresh;
	info->conf.tx_deferred_start = q->vq.deferred;
	info->conf.offloads = dev->data->dev_conf.txmode.offloads | q->asked;
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

	vio_trace_fault(vq->port_id, vq->index, fault);
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
