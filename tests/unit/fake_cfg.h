/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_cfg.h - PCI configuration space in plain memory, and a builder for capability lists. */
#ifndef FAKE_CFG_H
#define FAKE_CFG_H

#include "unit.h"

#include "pci.h"

/** Where fake_cfg_typical() puts its structures. */
enum {
	FAKE_BAR = 4,
	FAKE_BAR_LEN = 0x4000,
	FAKE_COMMON = 0x0000,
	FAKE_ISR = 0x1000,
	FAKE_DEVICE = 0x2000,
	FAKE_NOTIFY = 0x3000,
	FAKE_REGION_LEN = 0x1000,
};

struct fake_cfg {
	uint8_t bytes[4096];
	uint32_t size;          /**< bytes that can be read: 256 without PCI Express */
	uint8_t tail;           /**< where the last capability's next pointer is */
	uint8_t next_free;
	unsigned int reads;     /**< reads so far */
	unsigned int fail_read; /**< the read with this number (from 1) goes wrong; 0: none */
	int fail_with;          /**< a negative errno, or the count of bytes that come back */
};

/** An empty capability list. */
void fake_cfg_init(struct fake_cfg *cfg);

/** Append a capability of @p len bytes; its position. The first two bytes are filled in. */
uint8_t fake_cfg_add(struct fake_cfg *cfg, uint8_t id, uint8_t len);

/** Append a virtio capability with @p cap_len bytes (16 at least); its position. */
uint8_t fake_cfg_virtio(struct fake_cfg *cfg, uint8_t type, uint8_t cap_len, uint8_t bar,
			uint32_t offset, uint32_t length);

/** Append a notification capability with its multiplier; its position. */
uint8_t fake_cfg_notify(struct fake_cfg *cfg, uint8_t bar, uint32_t offset, uint32_t length,
			uint32_t multiplier);

/** Append an MSI-X capability whose control word is @p control; its position. */
uint8_t fake_cfg_msix(struct fake_cfg *cfg, uint16_t control);

/** The list of a common device: MSI-X, and all five structures in one BAR. */
void fake_cfg_typical(struct fake_cfg *cfg);

void fake_cfg_put16(struct fake_cfg *cfg, uint32_t offset, uint16_t value);
void fake_cfg_put32(struct fake_cfg *cfg, uint32_t offset, uint32_t value);

/** virtio_pci_host::cfg_read over a struct fake_cfg. */
int fake_cfg_read(void *ctx, void *buf, uint32_t len, uint32_t offset);

#endif /* FAKE_CFG_H */
