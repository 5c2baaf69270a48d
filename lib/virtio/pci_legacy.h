/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * pci_legacy.h - virtio over PCI through the legacy interface (4.1.4.10): one block of registers in
 * the I/O space of BAR 0, the only interface of devices from before version 1.0.
 *
 * How a port is reached is the caller's: by instructions of the CPU, through a file of the kernel's,
 * or in the memory of a test.
 */
#ifndef VIRTIO_PCI_LEGACY_H
#define VIRTIO_PCI_LEGACY_H

#include <stdint.h>

#include "pci.h"
#include "transport.h"

/** Ring addresses are numbers of pages in a 32-bit register (4.1.5.1.3.1): below this one. */
#define VIRTIO_PCI_LEGACY_ADDR_END (UINT64_C(1) << (32 + 12))

/** The registers of BAR 0. Values are in host byte order. */
struct virtio_pci_ports {
	void *ctx;    /**< for read and write */
	/**
	 * One read of @p width (1, 2 or 4) bytes at @p offset. A port that cannot be read, or that
	 * nobody answers, reads as all ones.
	 */
	uint32_t (*read)(void *ctx, uint32_t offset, unsigned int width);
	/** One write; all stores to memory before it are seen before it is. */
	void (*write)(void *ctx, uint32_t offset, unsigned int width, uint32_t value);
	uint32_t len; /**< bytes of the BAR */
};

/** A legacy device, or a transitional one used as such. */
struct virtio_pci_legacy {
	struct virtio_transport base;  /**< what the rest of the library sees */
	struct virtio_pci_host host;   /**< configuration space: is MSI-X enabled? */
	struct virtio_pci_ports ports; /**< the registers */
	struct virtio_pci_layout layout; /**< MSI-X */
};

/**
 * Open a device by its legacy interface. Only queues are counted, which selects them; nothing else is
 * written.
 *
 * @param host   for configuration space, as long as the transport is open; virtio_pci_host::bar is
 *               not called
 * @param ports  copied; what ctx points to stays the caller's, as long as the transport is open
 * @return 0, -ENOTSUP where the function has no legacy interface (its PCI revision is not 0, or BAR 0
 *         is too short), -ENODEV where nothing answers, or the error of cfg_read
 */
int virtio_pci_legacy_open(struct virtio_pci_legacy *pci, const struct virtio_pci_host *host,
			   const struct virtio_pci_ports *ports);

#endif /* VIRTIO_PCI_LEGACY_H */
