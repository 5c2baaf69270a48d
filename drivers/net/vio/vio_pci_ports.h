/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_pci_ports.h - the ports of BAR 0 of a PCI device with the legacy interface: through the kernel's
 * vfio-pci, or by instructions of the CPU, with uio_pci_generic or igb_uio or none of these modules.
 *
 * A device that no module lends to programs is a bare one here: the kernel's pci-stub holds it, which
 * does nothing with it. (One that no driver holds at all DPDK's PCI bus does not show to drivers.)
 */
#ifndef VIO_PCI_PORTS_H
#define VIO_PCI_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include <bus_pci_driver.h>

#include "pci_legacy.h"

/** Ports of a device, while they are open. */
struct vio_pci_ports {
	struct rte_pci_ioport io;
	bool mapped;      /**< io has to be unmapped */
	bool bare;        /**< io is not used */
	uint16_t base;    /**< bare: number of the first port */
	uint16_t command; /**< bare: what the command register was */
	int cfg_fd;       /**< bare: configuration space */
};

/** Is it a bare device? */
bool vio_pci_ports_bare(const struct rte_pci_device *pci_dev);

/** Can a bare device be used: does it have ports, and may this process use them? Says where not. */
bool vio_pci_ports_usable(const struct rte_pci_device *pci_dev);

/**
 * Open the ports of a device.
 * @param ports  the caller's, as long as what is filled in is used
 * @param host   in: configuration space of a device that is not bare; out: of a bare one
 * @param to     filled in
 * @return 0, -ENOTSUP where BAR 0 is none of ports, or another negative errno; logged
 */
int vio_pci_ports_open(struct vio_pci_ports *ports, struct rte_pci_device *pci_dev,
		       struct virtio_pci_host *host, struct virtio_pci_ports *to);

/** The opposite; also for what was never opened, all zero. The device was reset. */
void vio_pci_ports_close(struct vio_pci_ports *ports);

#endif /* VIO_PCI_PORTS_H */
