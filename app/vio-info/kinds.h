/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* kinds.h - what a virtio device is, from its ids (chapter 5, 4.1.2). */
#ifndef INFO_KINDS_H
#define INFO_KINDS_H

#include <stdbool.h>
#include <stdint.h>

/** Virtio device id of a network card (5.1.1). */
#define KIND_NETWORK 1

/** Name of a virtio device id; NULL for one that the standard does not assign. */
const char *kind_name(unsigned int virtio_id);

/**
 * Virtio device id of a PCI function of vendor 1af4 (4.1.2): modern functions have it in their
 * device id, transitional ones by a table or in their subsystem device id (4.1.2.3).
 *
 * @return false where the device id is none of virtio's
 */
bool kind_of_pci(uint16_t device, uint16_t subsystem, unsigned int *virtio_id,
		 bool *transitional);

#endif /* INFO_KINDS_H */
