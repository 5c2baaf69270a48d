/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * pci.h - virtio over PCI: the capability walk (4.1.4) and the modern transport (4.1.5). The other
 * transport is in pci_legacy.h.
 *
 * Configuration reads and BAR mappings come in through struct virtio_pci_host: the driver fills it
 * from the DPDK bus, the inspector from libpci, the tests from plain memory.
 */
#ifndef VIRTIO_PCI_H
#define VIRTIO_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "transport.h"

#define VIRTIO_PCI_VENDOR 0x1af4
#define VIRTIO_PCI_DEVICE_NET_TRANSITIONAL 0x1000
#define VIRTIO_PCI_DEVICE_NET_MODERN 0x1041

#define VIRTIO_PCI_NUM_BARS 6

/** What the walk needs of the host. */
struct virtio_pci_host {
	void *ctx; /**< the host's, given back to it */
	/**
	 * Read @p len bytes of PCI configuration space, as they stand there (little endian);
	 * the count read, or a negative errno.
	 */
	int (*cfg_read)(void *ctx, void *buf, uint32_t len, uint32_t offset);
	/**
	 * Where @p bar is mapped and how long it is.
	 * -ENOENT where the function has no such memory BAR or it is not mapped.
	 */
	int (*bar)(void *ctx, unsigned int bar, void **addr, uint64_t *len);
};

/** One structure that a capability points to. Not mapped: bar, offset and length only. */
struct virtio_pci_region {
	bool present;     /**< a capability describes it */
	uint8_t bar;      /**< 0 to 5 */
	uint32_t offset;  /**< in the BAR, bytes */
	uint32_t length;  /**< bytes */
	uint8_t cap_pos;  /**< where in configuration space the capability is */
};

/** What the capability list says; filled from configuration space alone, BARs untouched. */
struct virtio_pci_layout {
	struct virtio_pci_region common;   /**< common configuration */
	struct virtio_pci_region notify;   /**< notification */
	struct virtio_pci_region isr;      /**< ISR status */
	struct virtio_pci_region device;   /**< optional in the standard */
	struct virtio_pci_region pci_cfg;  /**< access by way of configuration space */
	uint32_t notify_multiplier;        /**< bytes between queues; 0: one register for all */
	bool has_msix;                     /**< there is an MSI-X capability */
	bool msix_enabled;                 /**< when the list was walked */
	uint8_t msix_pos;                  /**< of the MSI-X capability in configuration space */
	uint16_t msix_size;                /**< vectors, 1 to 2048; 0 without MSI-X */
	bool has_sriov;                    /**< there is an SR-IOV capability */
};

/**
 * Walk the capability list. Reserved types and BARs are ignored, the first usable instance of each
 * type is taken, longer capabilities are accepted (4.1.4.1). A list that loops or leaves its space
 * ends there; what came before counts. Each structure passed over is logged with its reason.
 *
 * @param bar_len  length of a mapped BAR (0: none); NULL where lengths are unknown, then ranges
 *                 are not checked
 * @param layout   the result; on failure what was found, for the inspector
 * @return 0 where a modern device was described (common, notify and isr present),
 *         -ENOENT where no virtio capability is there (a legacy device, 4.1.5.1.1.1),
 *         -ENXIO where structures are there, but in BARs that are not mapped,
 *         -EPROTO a damaged list, or virtio capabilities none of which is usable,
 *         -ENODEV where nothing answers, -EIO a short read, or the error of cfg_read
 */
int virtio_pci_walk(const struct virtio_pci_host *host,
		    const uint64_t bar_len[VIRTIO_PCI_NUM_BARS],
		    struct virtio_pci_layout *layout);

/** A modern device's registers, mapped. */
struct virtio_pci_modern {
	struct virtio_transport base; /**< first, see transport.h */
	struct virtio_pci_layout layout; /**< what the capabilities said */
	volatile uint8_t *common;  /**< common configuration, mapped */
	volatile uint8_t *notify;  /**< notification structure, mapped */
	volatile uint8_t *isr;     /**< ISR status, mapped */
	volatile uint8_t *device;  /**< NULL where the device has no such structure */
	uint32_t common_len;       /**< lengths as in the capabilities, in bytes */
	uint32_t notify_len;       /**< of the notification structure */
	uint32_t device_len;       /**< of the device configuration */
};

/**
 * Open a modern device: walk the list, check every range against its mapped BAR, read the queue
 * count. No register is written; another is read only to tell an absent device from an odd one.
 *
 * @param host  used during the call only
 * @return 0, or the errors of virtio_pci_walk() and of virtio_pci_host::bar
 */
int virtio_pci_modern_open(struct virtio_pci_modern *pci, const struct virtio_pci_host *host);

/**
 * Make a notifier that another process got from queue_notifier() one of this process, where the
 * device's registers are mapped at the same address: functions may lie elsewhere here.
 */
void virtio_pci_modern_notifier_here(const struct virtio_pci_modern *pci,
				     struct virtio_notifier *n);

#endif /* VIRTIO_PCI_H */
