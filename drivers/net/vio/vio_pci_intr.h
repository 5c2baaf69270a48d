/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_pci_intr.h - interrupts of PCI devices. With vfio-pci and MSI-X there is a vector for changes
 * of the configuration, which the link is part of, and one for each receive queue. With INTx,
 * through uio_pci_generic or vfio-pci, there are changes of the configuration only: the line is
 * shared.
 *
 * DPDK's bus takes a device behind vfio-pci for one with MSI-X whether it has a vector or not;
 * without one there are no interrupts there, unless EAL's --vfio-intr=legacy says that it is INTx.
 * Where nothing interrupts, the link is looked at now and then (vio_health.h).
 */
#ifndef VIO_PCI_INTR_H
#define VIO_PCI_INTR_H

#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>

struct vio_port;

/**
 * Get ready for what vio_pci_intr_start() does, and say what there is; after vio_inspect().
 * @param msix_size  vectors that the device has
 */
int vio_pci_intr_init(struct rte_eth_dev *dev, uint16_t msix_size);

/** The opposite: nothing is called afterwards. With no lock held. */
void vio_pci_intr_fini(struct vio_port *port);

/** struct vio_bus's intr_start. */
int vio_pci_intr_start(struct vio_port *port, uint16_t rx_queues, bool link);

/** struct vio_bus's intr_stop. */
void vio_pci_intr_stop(struct vio_port *port);

#endif /* VIO_PCI_INTR_H */
