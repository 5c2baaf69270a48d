/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_admin.c - what an administrator does to a port: link up and down, reset, a look at registers. */

#include <errno.h>
#include <string.h>

#include <rte_dev_info.h>

#include "vio.h"
#include "virtio_spec.h"

int
vio_reactivate(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret;

	VIO_PORT_LOG(port, driver, NOTICE, "the device is negotiated with anew for this; packets in "
		     "its rings are lost");
	ret = vio_deactivate(dev);
	return ret != 0 ? ret : vio_activate(dev);
}

int
vio_dev_set_link_down(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret = 0;

	pthread_mutex_lock(&port->lock);
	port->link_down = true;
	/* A device that is reset delivers nothing, so that no stale packet waits for the link. */
	if (port->live)
		ret = vio_deactivate(dev);
	pthread_mutex_unlock(&port->lock);
	vio_link_update(dev, 0);
	return ret;
}

int
vio_dev_set_link_up(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret = 0;

	pthread_mutex_lock(&port->lock);
	port->link_down = false;
	/* Where nobody is there yet, the port goes on when one comes. */
	if (port->started && !port->live &&
	    (port->bus->present == NULL || port->bus->present(port)))
		ret = vio_activate(dev);
	pthread_mutex_unlock(&port->lock);
	vio_link_update(dev, 0);
	return ret;
}

/** Ask the device anew who it is. An address that was its own follows it. */
static int
look_again(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	const struct rte_ether_addr before = port->config.mac;
	int ret = vio_inspect(port);

	if (ret == 0 && rte_is_same_ether_addr(&port->filter.macs[0], &before)) {
		port->filter.macs[0] = port->config.mac;
		rte_ether_addr_copy(&port->config.mac, &dev->data->mac_addrs[0]);
	}
	return ret;
}

int
vio_dev_reset(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret;

	if (dev->data->dev_started)
		return -EBUSY; /* ethdev stops a port first; one that cannot be stopped is not reset */
	pthread_mutex_lock(&port->lock);
	port->link_down = false;
	ret = vio_deactivate(dev);
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		vio_rx_queue_release(dev, i);
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		vio_tx_queue_release(dev, i);
	memset(&port->rss, 0, sizeof(port->rss));
	vio_rss_init(port);
	/* What another process or the kernel is said of itself when it comes. */
	if (ret == 0 && port->bus->present == NULL)
		ret = look_again(dev);
	pthread_mutex_unlock(&port->lock);
	if (ret != 0)
		VIO_PORT_LOG(port, driver, ERR, "the device does not come out of the reset: %s",
			     strerror(-ret));
	vio_link_update(dev, 0);
	return ret;
}

int
vio_is_removed(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);

	/* A backend that is a process may come back: its port is not removed. */
	if (port->serves_ctrl)
		return 0;
	virtio_device_needs_reset(&port->device);
	return port->device.transport->gone;
}

/** Version of the layout of vio_get_reg(). */
#define REGS_VERSION 1

/**
 * What rte_eth_dev_get_reg_info() gives: 32-bit words, little endian. First what every transport has
 * (2.1, 2.2, 2.5), then the device's configuration as it stands there (5.1.4); fields that
 * no feature says to exist are 0.
 */
struct vio_regs {
	uint32_t status;       /**< device status */
	uint32_t generation;   /**< of the configuration */
	uint32_t offered[2];   /**< feature bits 0 to 31, 32 to 63 */
	uint32_t accepted[2];
	uint32_t num_queues;   /**< virtqueues that the device has */
	uint32_t pairs;        /**< queue pairs in use */
	struct virtio_spec_net_config config;
};

_Static_assert(sizeof(struct vio_regs) % sizeof(uint32_t) == 0, "registers are words");

/** A field of the configuration and the features, any of which says that it exists (5.1.4). */
#define FIELD(name, features) \
	{ offsetof(struct virtio_spec_net_config, name), \
	  sizeof(((struct virtio_spec_net_config *)0)->name), features }
#define F(bit) VIRTIO_FEATURE(VIRTIO_NET_F_ ## bit)

static const struct {
	uint32_t offset;
	uint32_t len;
	uint64_t features;
} fields[] = {
	FIELD(mac, F(MAC)),
	FIELD(status, F(STATUS)),
	FIELD(max_virtqueue_pairs, F(MQ) | F(RSS)),
	FIELD(mtu, F(MTU)),
	FIELD(speed, F(SPEED_DUPLEX)),
	FIELD(duplex, F(SPEED_DUPLEX)),
	FIELD(rss_max_key_size, F(RSS) | F(HASH_REPORT)),
	FIELD(rss_max_indirection_table_length, F(RSS)),
	FIELD(supported_hash_types, F(RSS) | F(HASH_REPORT)),
	FIELD(supported_tunnel_types, F(HASH_TUNNEL)),
};

static int
read_regs(struct vio_port *port, struct vio_regs *regs)
{
	struct virtio_transport *t = port->device.transport;
	uint8_t status = 0;
	int ret = t->gone ? -ENODEV : t->ops->get_status(t, &status);

	*regs = (struct vio_regs){
		.status = status,
		.offered = { port->device.offered, port->device.offered >> 32 },
		.accepted = { port->device.accepted, port->device.accepted >> 32 },
		.num_queues = t->num_queues,
		.pairs = port->pairs,
	};
	if (ret == 0)
		ret = t->ops->get_generation(t, &regs->generation);
	for (size_t i = 0; ret == 0 && i < RTE_DIM(fields); i++)
		if (port->device.offered & fields[i].features)
			ret = virtio_device_read_config(&port->device, fields[i].offset,
							(char *)&regs->config + fields[i].offset,
							fields[i].len);
	return ret;
}

int
vio_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info)
{
	struct vio_port *port = vio_port(dev);
	const uint32_t words = sizeof(struct vio_regs) / sizeof(uint32_t);
	struct vio_regs regs;
	int ret;

	info->version = REGS_VERSION;
	info->width = sizeof(uint32_t);
	if (info->data == NULL) {
		info->length = words;
		return 0;
	}
	if (info->length == 0)
		info->length = words;
	if (info->offset > words || info->length > words - info->offset)
		return -EINVAL;
	pthread_mutex_lock(&port->lock);
	ret = read_regs(port, &regs);
	pthread_mutex_unlock(&port->lock);
	if (ret == 0)
		memcpy(info->data, (const uint32_t *)&regs + info->offset,
		       info->length * sizeof(uint32_t));
	return ret;
}
