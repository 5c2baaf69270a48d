/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fake_ports.h - a PCI function with a legacy interface whose registers act (4.1.4.10), and that fails
 * the test on the spot where a driver breaks a rule of it: a wrong width, a read-only field written, a
 * ring moved while it is set, a notification before DRIVER_OK.
 */
#ifndef FAKE_PORTS_H
#define FAKE_PORTS_H

#include "unit.h"

#include "fake_cfg.h"
#include "pci_legacy.h"

#define FAKE_PORTS_QUEUES 5
#define FAKE_PORTS_CONFIG 32

struct fake_ports_queue {
	uint16_t size;
	uint16_t vector;
	uint32_t page;
	unsigned int kicks;
};

struct fake_ports {
	struct fake_cfg cfg;
	struct virtio_pci_host host;
	struct virtio_pci_ports ports;
	uint8_t msix_pos;         /**< of the capability in cfg */

	/* registers */
	uint32_t offered;
	uint32_t accepted;
	uint16_t num_queues;      /**< before MQ is accepted; FAKE_PORTS_QUEUES after */
	uint16_t queue_select;
	uint8_t status;
	uint8_t isr;
	uint16_t config_vector;
	struct fake_ports_queue queues[FAKE_PORTS_QUEUES];
	uint8_t config[FAKE_PORTS_CONFIG];

	/* its ways */
	bool refuses_vectors;
	bool endless;             /**< each queue number has a queue */
	unsigned int torn;        /**< readings of the first byte that each differ from the last */
	bool gone;                /**< unplugged: reads as all ones */
	unsigned int gone_after;  /**< accesses until it is unplugged; 0: never */

	/* what it saw */
	unsigned int accesses;
	unsigned int writes;
};

/** A function with three queues of 256, five with MQ; MSI-X of three vectors, not enabled. */
void fake_ports_init(struct fake_ports *fake);

/** Enable MSI-X, or disable it, as whoever handles interrupts does. */
void fake_ports_msix(struct fake_ports *fake, bool enable);

#endif /* FAKE_PORTS_H */
