/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fake_pci.h - a virtio PCI function whose registers act: it defines the accesses of mmio.h, does
 * what a device does on each, and fails the test on the spot where a driver breaks a rule of
 * 4.1.3 to 4.1.5: a wrong width, a read-only field written, a queue changed while it is enabled.
 */
#ifndef FAKE_PCI_H
#define FAKE_PCI_H

#include "unit.h"

#include "fake_cfg.h"
#include "pci.h"

#define FAKE_PCI_QUEUES 4
#define FAKE_PCI_LOG_MAX 65536
#define FAKE_PCI_NEVER UINT32_MAX

/** One access to a register. */
struct fake_access {
	uint32_t offset; /**< in the BAR */
	uint8_t width;   /**< in bytes */
	bool write;
	uint32_t value;
};

struct fake_pci_queue {
	uint16_t max;
	uint16_t size;
	uint16_t kept;       /**< written last; QEMU goes on with it after a reset of the queue */
	uint16_t vector;
	uint16_t enable;
	uint16_t notify_off;
	uint16_t notify_data;
	uint16_t reset;
	uint64_t desc;
	uint64_t driver;
	uint64_t device;
	uint32_t resetting;  /**< reads until the reset of the queue ends */
};

struct fake_pci {
	uint8_t bar[FAKE_BAR_LEN] __attribute__((aligned(4096)));
	struct fake_cfg cfg;
	struct virtio_pci_host host;
	bool unmapped;            /**< the BAR is there, but not mapped */
	bool unmapped_says_0;     /**< ... and the host says so by a NULL address alone */

	/* registers */
	uint64_t offered;
	uint64_t accepted;
	uint32_t device_feature_select;
	uint32_t driver_feature_select;
	uint16_t config_vector;
	uint16_t num_queues;
	uint8_t status;
	uint8_t generation;
	uint8_t isr;
	uint16_t queue_select;
	struct fake_pci_queue queues[FAKE_PCI_QUEUES];

	/* its ways */
	uint32_t queue_reset_polls; /**< reads of queue_reset until it is 0, or FAKE_PCI_NEVER */
	bool reset_leaves_enabled;  /**< queue_reset reads 0, queue_enable stays 1 */
	bool refuses_vectors;
	bool refuses_sizes;
	bool gone;                  /**< unplugged: reads as all ones, or as zeros where so said */
	bool gone_is_zero;
	uint32_t gone_after;        /**< accesses until it is unplugged; 0: never */

	/* what it saw */
	struct fake_access log[FAKE_PCI_LOG_MAX];
	unsigned int accesses;
};

/** The one function; accesses to registers have no other way to find it. */
extern struct fake_pci fake_pci;

/** A function with the typical layout, everything offered that the layout allows, four queues. */
void fake_pci_init(void);

/** Index of the first access at @p offset from access @p from on, or -1. */
int fake_pci_find(uint32_t offset, bool write, unsigned int from);

/** How many accesses there were at @p offset to @p offset + @p len - 1. */
unsigned int fake_pci_count(uint32_t offset, uint32_t len, bool write);

/** Forget the accesses so far. */
void fake_pci_forget(void);

#endif /* FAKE_PCI_H */
