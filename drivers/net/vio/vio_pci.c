/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_pci.c - PCI devices: which are taken, how the DPDK bus and the protocol library meet. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_devargs.h>
#include <bus_pci_driver.h>
#include <ethdev_driver.h>
#include <ethdev_pci.h>

#include "pci.h"
#include "vio.h"
#include "vio_compat.h"
#include "vio_pci_intr.h"
#include "vio_pci_ports.h"
#include "vio_second.h"

/** A port on PCI; dev_private. The port comes first: the rest of the driver knows only that. */
struct vio_pci_port {
	struct vio_port port;
	union {
		struct virtio_transport transport;
		struct virtio_pci_modern modern;
		struct virtio_pci_legacy legacy;
	};
	struct vio_pci_ports ports; /**< legacy */
};

static const struct rte_pci_id vio_pci_ids[] = {
	{ RTE_PCI_DEVICE(VIRTIO_PCI_VENDOR, VIRTIO_PCI_DEVICE_NET_MODERN) },
	{ RTE_PCI_DEVICE(VIRTIO_PCI_VENDOR, VIRTIO_PCI_DEVICE_NET_TRANSITIONAL) },
	{ .vendor_id = 0 },
};

static const char *const pci_args[] = { "mrg_rxbuf", "packed_vq", "rx_max_packets", "rx_max_usecs",
					 "size_bins", "speed", "vectorized", NULL };

/* A PCI device is there from probe on, reaches all memory, and has a control queue for the rest. */
static const struct vio_bus modern_bus = {
	.watched = true,
	.intr_start = vio_pci_intr_start,
	.intr_stop = vio_pci_intr_stop,
	.closing = vio_pci_intr_fini,
};

static void
legacy_closed(struct vio_port *port)
{
	vio_pci_ports_close(&((struct vio_pci_port *)port)->ports);
}

static const struct vio_bus legacy_bus = {
	.watched = true,
	.legacy = true,
	.intr_start = vio_pci_intr_start,
	.intr_stop = vio_pci_intr_stop,
	.closing = vio_pci_intr_fini,
	.closed = legacy_closed,
};

static int
cfg_read(void *ctx, void *buf, uint32_t len, uint32_t offset)
{
	return rte_pci_read_config(ctx, buf, len, offset);
}

static int
bar(void *ctx, unsigned int bar, void **addr, uint64_t *len)
{
	const struct rte_pci_device *pci_dev = ctx;

	if (bar >= RTE_DIM(pci_dev->mem_resource) || pci_dev->mem_resource[bar].addr == NULL)
		return -ENOENT;
	*addr = pci_dev->mem_resource[bar].addr;
	*len = pci_dev->mem_resource[bar].len;
	return 0;
}

static int
open_legacy(struct vio_pci_port *pci_port, struct rte_pci_device *pci_dev,
	    struct virtio_pci_host *host)
{
	struct virtio_pci_ports ports;
	int ret;

	ret = vio_pci_ports_open(&pci_port->ports, pci_dev, host, &ports);
	if (ret != 0)
		return ret;
	ret = virtio_pci_legacy_open(&pci_port->legacy, host, &ports);
	if (ret == 0) {
		VIO_LOG(init, NOTICE, "%s: using the legacy interface", pci_dev->device.name);
		return 0;
	}
	VIO_LOG(init, ERR, "%s: its legacy interface cannot be used: %s", pci_dev->device.name,
		strerror(-ret));
	vio_pci_ports_close(&pci_port->ports);
	return ret;
}

/** Find the device's registers. @return the bus that the port is on, NULL: logged, and @p ret says */
static const struct vio_bus *
open_transport(struct vio_pci_port *pci_port, struct rte_pci_device *pci_dev, int *ret)
{
	struct virtio_pci_host host = { .ctx = pci_dev, .cfg_read = cfg_read, .bar = bar };
	const bool bare = vio_pci_ports_bare(pci_dev);

	if (!bare) { /* else no BAR is mapped */
		*ret = virtio_pci_modern_open(&pci_port->modern, &host);
		if (*ret == 0)
			return &modern_bus;
	}
	/* 4.1.5.1.1.1: no virtio capability, a legacy device. */
	if (bare || *ret == -ENOENT) {
		*ret = open_legacy(pci_port, pci_dev, &host);
		return *ret == 0 ? &legacy_bus : NULL;
	}
	VIO_LOG(init, ERR, "%s: no usable virtio registers: %s", pci_dev->device.name,
		strerror(-*ret));
	return NULL;
}

/**
 * 6.1: without ACCESS_PLATFORM a device uses physical addresses, past an IOMMU. Virtual ones would
 * have it read and write the memory of others.
 */
static int
check_addresses(const struct vio_port *port)
{
	if (rte_eal_iova_mode() != RTE_IOVA_VA || vio_offers(port, VIRTIO_F_ACCESS_PLATFORM))
		return 0;
	VIO_PORT_LOG(port, init, ERR, "the device addresses memory physically: start with "
		     "--iova-mode=pa, or have it take part in the IOMMU's translation (QEMU: "
		     "iommu_platform=on,disable-legacy=on)");
	return -EINVAL;
}

static int
vio_pci_init(struct rte_eth_dev *dev)
{
	struct vio_pci_port *pci_port = dev->data->dev_private;
	struct rte_pci_device *pci_dev = RTE_ETH_DEV_TO_PCI(dev);
	struct vio_devargs args = VIO_DEVARGS_DEFAULT;
	const struct vio_bus *bus;
	int ret;

	args.packed_vq = true; /* where the device has them; who does not want them says so */
	ret = vio_devargs_parse(pci_dev->device.devargs == NULL ? NULL :
				    pci_dev->device.devargs->args, pci_args, &args);

	if (ret != 0)
		return ret;
	rte_eth_copy_pci_info(dev, pci_dev);
	bus = open_transport(pci_port, pci_dev, &ret);
	if (bus == NULL)
		return ret;
	vio_port_prepare(dev, &pci_port->transport, bus, &args,
			 rte_eal_iova_mode() == RTE_IOVA_VA);
	ret = vio_inspect(&pci_port->port);
	if (ret == 0)
		ret = check_addresses(&pci_port->port);
	if (ret == 0)
		ret = vio_port_init(dev);
	if (ret == 0)
		ret = vio_pci_intr_init(dev, bus->legacy ? pci_port->legacy.layout.msix_size :
						 pci_port->modern.layout.msix_size);
	if (ret != 0) {
		VIO_LOG(init, ERR, "%s: the device could not be set up: %s", pci_dev->device.name,
			strerror(-ret));
		vio_port_fini(dev);
	}
	return ret;
}

/**
 * In a secondary process: the pages with the notification registers, to be mapped where the primary has
 * them. @return the first; @p len bytes, from @p offset of the BAR on
 */
static void *
notify_pages(const struct virtio_pci_modern *pci, size_t *len, off_t *offset)
{
	const size_t before = pci->layout.notify.offset % sysconf(_SC_PAGESIZE);

	*len = before + pci->notify_len;
	*offset = pci->layout.notify.offset - before;
	return (char *)(uintptr_t)pci->notify - before;
}

/**
 * Not by EAL, which opens the uio device for it: when that is closed, be it by the end of this process,
 * uio_pci_generic takes the right to reach memory from the device, and the primary's port stands still.
 */
static int
map_notify(const struct rte_pci_device *pci_dev, const struct virtio_pci_modern *pci)
{
	char path[PATH_MAX];
	void *where, *there;
	off_t offset;
	size_t len;
	int fd;

	if (snprintf(path, sizeof(path), "%s/" PCI_PRI_FMT "/resource%u", rte_pci_get_sysfs_path(),
		     pci_dev->addr.domain, pci_dev->addr.bus, pci_dev->addr.devid,
		     pci_dev->addr.function, pci->layout.notify.bar) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	where = notify_pages(pci, &len, &offset);
	there = mmap(where, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd,
		     offset);
	close(fd);
	if (there == where)
		return 0;
	if (there != MAP_FAILED) /* a kernel that does not know the flag */
		munmap(there, len);
	return -EEXIST;
}

/** In a secondary process. */
static int
vio_pci_attach(struct rte_eth_dev *dev)
{
	const struct vio_pci_port *pci_port = dev->data->dev_private;
	struct rte_pci_device *pci_dev = RTE_ETH_DEV_TO_PCI(dev);
	int ret = 0;

	vio_port_attach(dev);
	if (!pci_port->transport.legacy)
		ret = pci_dev->kdrv == RTE_PCI_KDRV_VFIO ? rte_pci_map_device(pci_dev) :
							   map_notify(pci_dev, &pci_port->modern);
	if (ret == 0)
		vio_second_attach_pci(dev, &pci_port->transport);
	else
		VIO_LOG(init, NOTICE, "%s: this process may look at it, not poll it: its BARs "
			"could not be mapped", dev->data->name);
	return 0;
}

static int
vio_pci_detach(struct rte_eth_dev *dev)
{
	const struct vio_pci_port *pci_port = dev->data->dev_private;
	struct rte_pci_device *pci_dev = RTE_ETH_DEV_TO_PCI(dev);
	off_t offset;
	size_t len;

	if (!vio_second_detach(dev))
		return 0;
	if (pci_dev->kdrv == RTE_PCI_KDRV_VFIO) {
		rte_pci_unmap_device(pci_dev);
	} else {
		void *where = notify_pages(&pci_port->modern, &len, &offset);

		munmap(where, len);
	}
	return 0;
}

static int
vio_pci_uninit(struct rte_eth_dev *dev)
{
	vio_port_fini(dev);
	return 0;
}

/** May the device be taken? Nothing of it is read for this: the bus knows its driver. */
static bool
held_by_kernel(const struct rte_pci_device *pci_dev)
{
	switch (pci_dev->kdrv) {
	case RTE_PCI_KDRV_UIO_GENERIC:
	case RTE_PCI_KDRV_IGB_UIO:
	case RTE_PCI_KDRV_VFIO:
		return false;
	default:
		if (vio_pci_ports_bare(pci_dev))
			return !vio_pci_ports_usable(pci_dev);
		VIO_LOG(init, NOTICE, "%s: in use by a kernel driver, left alone; bind it to "
			"vfio-pci or uio_pci_generic to use it", pci_dev->device.name);
		return true;
	}
}

static int
vio_pci_probe(struct rte_pci_driver *driver __rte_unused, struct rte_pci_device *pci_dev)
{
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return rte_eth_dev_pci_generic_probe(pci_dev, sizeof(struct vio_pci_port),
						     vio_pci_attach);
	/* Positive: not for this driver. The bus asks the next one, and nothing fails. */
	if (held_by_kernel(pci_dev))
		return 1;
	ret = vio_pci_ports_bare(pci_dev) ? 0 : rte_pci_map_device(pci_dev);
	if (ret != 0) {
		VIO_LOG(init, ERR, "%s: its BARs could not be mapped; is the IOMMU group whole, "
			"and is this process allowed to?", pci_dev->device.name);
		return ret < 0 ? ret : -EIO;
	}
	ret = rte_eth_dev_pci_generic_probe(pci_dev, sizeof(struct vio_pci_port), vio_pci_init);
	if (ret != 0 && !vio_pci_ports_bare(pci_dev))
		rte_pci_unmap_device(pci_dev);
	return ret;
}

static int
vio_pci_remove(struct rte_pci_device *pci_dev)
{
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return rte_eth_dev_pci_generic_remove(pci_dev, vio_pci_detach);
	ret = rte_eth_dev_pci_generic_remove(pci_dev, vio_pci_uninit);

	if (ret == -ENODEV) /* the port was closed before */
		ret = 0;
	if (ret == 0 && !vio_pci_ports_bare(pci_dev))
		rte_pci_unmap_device(pci_dev);
	return ret;
}

static struct rte_pci_driver vio_pci_driver = {
	.driver = { .name = "net_vio" },
	.id_table = vio_pci_ids,
	.probe = vio_pci_probe,
	.remove = vio_pci_remove,
};

RTE_INIT(vio_pci_register)
{
	if (VIO_CHECKED && vio_release_ok())
		rte_pci_register(&vio_pci_driver);
}

RTE_PMD_EXPORT_NAME(net_vio, __COUNTER__);
RTE_PMD_REGISTER_PCI_TABLE(net_vio, vio_pci_ids);
RTE_PMD_REGISTER_KMOD_DEP(net_vio, "* igb_uio | uio_pci_generic | vfio-pci");
RTE_PMD_REGISTER_PARAM_STRING(net_vio, 
	"mrg_rxbuf=<0|1> packed_vq=<0|1> rx_max_packets=<int> rx_max_usecs=<int> size_bins=<0|1> "
	"speed=<int> vectorized=<0|1>");
