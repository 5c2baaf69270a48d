/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_pci_intr.c - see vio_pci_intr.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_interrupts.h>

#include "vio.h"
#include "vio_pci_intr.h"
#include "virtio_spec.h"

/** Vectors as EAL hands them out: one for all but queues, then the queues'. */
#define CONFIG_VECTOR RTE_INTR_VEC_ZERO_OFFSET
#define RX_VECTOR RTE_INTR_VEC_RXTX_OFFSET

static struct rte_eth_dev *
ethdev(const struct vio_port *port)
{
	return &rte_eth_devices[port->data->port_id];
}

static bool
has_msix(const struct vio_port *port)
{
	return rte_intr_type_get(ethdev(port)->intr_handle) == RTE_INTR_HANDLE_VFIO_MSIX &&
	       port->msix_size != 0;
}

static bool
has_intx(const struct rte_intr_handle *handle)
{
	const enum rte_intr_handle_type type = rte_intr_type_get(handle);

	return type == RTE_INTR_HANDLE_UIO_INTX || type == RTE_INTR_HANDLE_VFIO_LEGACY;
}

/** In EAL's interrupt thread. */
static void
config_interrupt(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct vio_port *port = vio_port(dev);
	struct virtio_transport *t = port->device.transport;
	const uint16_t port_id = port->data->port_id;
	bool changed = false;

	pthread_mutex_lock(&port->lock);
	/* 4.1.5.4: with INTx the ISR says what it is about, and reading it takes the line back. */
	if (has_msix(port) || (t->ops->read_isr(t) & VIRTIO_PCI_ISR_CONFIG) != 0) {
		port->config_interrupts++;
		changed = port->live && vio_link_update(dev, 0) == 0;
	}
	pthread_mutex_unlock(&port->lock);
	rte_intr_ack(dev->intr_handle);
	if (changed) /* the last thing: the application may close the port */
		vio_link_event(port_id);
}

int
vio_pci_intr_init(struct rte_eth_dev *dev, uint16_t msix_size)
{
	struct vio_port *port = vio_port(dev);
	int ret;

	port->msix_size = msix_size;
	if (!has_msix(port) && !has_intx(dev->intr_handle))
		return 0;
	ret = rte_intr_callback_register(dev->intr_handle, config_interrupt, dev);
	if (ret != 0) {
		VIO_PORT_LOG(port, init, ERR, "its interrupt cannot be waited for: %s",
			     strerror(-ret));
		return ret;
	}
	port->intr_ready = true;
	return 0;
}

void
vio_pci_intr_fini(struct vio_port *port)
{
	struct rte_eth_dev *dev = ethdev(port);

	if (!port->intr_ready)
		return;
	port->intr_ready = false;
	if (!rte_thread_is_intr())
		rte_intr_callback_unregister_sync(dev->intr_handle, config_interrupt, dev);
	else if (rte_intr_callback_unregister(dev->intr_handle, config_interrupt, dev) == -EAGAIN)
		/* It is our caller's caller, and would be waited for by itself. */
		rte_intr_callback_unregister_pending(dev->intr_handle, config_interrupt, dev, NULL);
}

/** Give each receive queue an eventfd and a vector. */
static int
start_queues(struct vio_port *port, struct rte_intr_handle *handle, uint16_t rx_queues)
{
	int ret;

	if (!has_msix(port))
		return -ENOTSUP;
	if (rx_queues + RX_VECTOR > port->msix_size) {
		VIO_PORT_LOG(port, driver, ERR, "%u receive queues with interrupts take %u MSI-X "
			     "vectors, the device has %u; use fewer queues, or give it more "
			     "(QEMU: vectors=)", rx_queues, rx_queues + RX_VECTOR, port->msix_size);
		return -ENOSPC;
	}
	ret = rte_intr_efd_enable(handle, rx_queues);
	if (ret == 0)
		ret = rte_intr_vec_list_alloc(handle, "vio_intr", rx_queues);
	for (uint16_t i = 0; ret == 0 && i < rx_queues; i++)
		ret = rte_intr_vec_list_index_set(handle, i, RX_VECTOR + i);
	if (ret != 0)
		VIO_PORT_LOG(port, driver, ERR, "no interrupts for %u receive queues: %s",
			     rx_queues, strerror(abs(ret)));
	return ret;
}

int
vio_pci_intr_start(struct vio_port *port, uint16_t rx_queues, bool link)
{
	struct rte_intr_handle *handle = ethdev(port)->intr_handle;
	int ret = 0;

	link = link && port->intr_ready;
	if (rx_queues == 0 && !link)
		return 0;
	if (rx_queues != 0)
		ret = start_queues(port, handle, rx_queues);
	if (ret == 0) {
		ret = rte_intr_enable(handle);
		if (ret != 0) {
			VIO_PORT_LOG(port, driver, ERR, "its interrupts cannot be enabled");
			ret = -EIO;
		}
	}
	if (ret != 0) {
		vio_pci_intr_stop(port);
		return ret;
	}
	port->intr_on = true;
	if (has_msix(port) && link)
		port->config_vector = CONFIG_VECTOR;
	if (rx_queues != 0)
		port->rx_vector = RX_VECTOR;
	return 0;
}

void
vio_pci_intr_stop(struct vio_port *port)
{
	struct rte_intr_handle *handle = ethdev(port)->intr_handle;

	if (port->intr_on)
		rte_intr_disable(handle);
	port->intr_on = false;
	if (rte_intr_dp_is_en(handle))
		rte_intr_efd_disable(handle);
	rte_intr_vec_list_free(handle);
}
