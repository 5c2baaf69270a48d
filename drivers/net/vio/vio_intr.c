/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_intr.c - see vio_intr.h. */

#include <errno.h>
#include <unistd.h>

#include <rte_interrupts.h>

#include "vio.h"
#include "vio_intr.h"
#include "virtio_spec.h"

int
vio_intr_start(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	const struct rte_eth_intr_conf *conf = &dev->data->dev_conf.intr_conf;
	const uint16_t queues = conf->rxq ? dev->data->nb_rx_queues : 0;
	int ret = 0;

	if (port->bus->intr_start != NULL)
		ret = port->bus->intr_start(port, queues, conf->lsc != 0);
	else if (queues != 0)
		ret = -ENOTSUP;
	if (ret == -ENOTSUP)
		VIO_PORT_LOG(port, driver, ERR, "there are no receive interrupts here; they take "
			     "vfio-pci and MSI-X, or a vhost backend");
	port->rx_intr = ret == 0 && queues != 0;
	return ret;
}

void
vio_intr_stop(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);

	port->rx_intr = false;
	port->config_vector = VIRTIO_NO_VECTOR;
	port->rx_vector = VIRTIO_NO_VECTOR;
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		if (dev->data->rx_queues[i] != NULL)
			((struct vio_rxq *)dev->data->rx_queues[i])->listening = false;
	if (port->bus->intr_stop != NULL)
		port->bus->intr_stop(port);
}

/** Have who sleeps on the queue look at it. */
static void
wake(const struct vio_rxq *q)
{
	const struct rte_eth_dev *dev = &rte_eth_devices[q->vq.port->data->port_id];
	const int fd = rte_intr_efds_index_get(dev->intr_handle, q->vq.queue_id);
	const uint64_t one = 1;

	/* A counter at its end is readable as well. */
	if (fd >= 0 && write(fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		VIO_PORT_LOG(q->vq.port, queue, ERR, "receive queue %u: nobody can be woken",
			     q->vq.queue_id);
}

/** Ask the device for a notification with the next buffer that it uses, or for none. */
static void
set_wish(struct vio_rxq *q, bool on)
{
	const bool event_idx = vio_has(q->vq.port, VIRTIO_RING_F_EVENT_IDX);
	struct vring_packed packed;
	struct vring_split split = { .avail = q->avail, .size = q->vq.size };

	if (q->vq.packed) {
		vring_packed_init(&packed, q->vq.mz->addr, q->vq.size);
		if (on)
			vring_packed_listen(&packed, event_idx, q->used_idx);
		else
			vring_packed_silence(&packed);
	} else if (on) {
		vring_split_listen(&split, event_idx, q->used_idx);
	} else {
		vring_split_silence(&split, event_idx, q->used_idx);
	}
}

/** Take the ring for a moment, as a burst of the variant in force would. */
static bool
enter(struct vio_rxq *q)
{
	const uint16_t variant = __atomic_load_n(&q->vq.port->rx_variant, __ATOMIC_RELAXED);

	/* A port that never was live has none. */
	return variant != VIO_GATE_CLOSED && vio_gate_enter(&q->gate, variant);
}

int
vio_rx_queue_intr_enable(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct vio_rxq *q = dev->data->rx_queues[queue_id];

	if (!vio_port(dev)->rx_intr)
		return -ENOTSUP;
	/* Either the ring can be taken here, or vio_intr_opened() sees that somebody listens. */
	__atomic_store_n(&q->listening, true, __ATOMIC_RELAXED);
	vring_full_barrier();
	if (!enter(q))
		return 0;
	set_wish(q, true);
	/* What came before the device could see the wish it does not tell of (barrier D). */
	if (vio_rx_queue_count(q) != 0)
		wake(q);
	vio_gate_leave(&q->gate);
	return 0;
}

int
vio_rx_queue_intr_disable(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct vio_rxq *q = dev->data->rx_queues[queue_id];

	if (!vio_port(dev)->rx_intr)
		return -ENOTSUP;
	__atomic_store_n(&q->listening, false, __ATOMIC_RELAXED);
	if (enter(q)) {
		set_wish(q, false);
		vio_gate_leave(&q->gate);
	}
	return 0;
}

void
vio_intr_opened(struct vio_rxq *q)
{
	vring_full_barrier();
	if (__atomic_load_n(&q->listening, __ATOMIC_RELAXED))
		wake(q);
}

int
vio_intr_announce_config(struct vio_port *port)
{
	struct virtio_transport *t = port->device.transport;
	int ret;

	if (port->config_vector == VIRTIO_NO_VECTOR)
		return 0;
	ret = t->ops->set_config_vector(t, port->config_vector);
	if (ret != -EBUSY)
		return ret;
	/* 4.1.5.1.2.2: it answered NO_VECTOR. vio_health.c looks at the link now and then. */
	VIO_PORT_LOG(port, driver, NOTICE, "the device has no interrupt to give for its link; it "
		     "is looked at every %u ms", VIO_HEALTH_MS);
	port->config_vector = VIRTIO_NO_VECTOR;
	return 0;
}
