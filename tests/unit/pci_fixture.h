/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* pci_fixture.h - a modern transport opened over the fake function, for the tests of both. */
#ifndef PCI_FIXTURE_H
#define PCI_FIXTURE_H

#include "unit.h"

#include "device.h"
#include "fake_pci.h"
#include "features.h"

#define F(bit) VIRTIO_FEATURE(bit)
#define ALL UINT64_MAX

extern struct virtio_pci_modern pci;
extern struct virtio_transport *const t; /**< pci.base */
extern struct virtio_device dev;

/** Set-up of a queue that suits split and packed rings. */
extern const struct virtio_queue_setup good;

/** A fresh function and an empty log; nothing opened yet. */
int pci_fixture_setup(void **state);

/** Open the function. */
void opened(void);

/** Open it and negotiate @p wanted. */
void negotiated(uint64_t wanted);

/** Position of the capability of @p type in configuration space. */
uint8_t cap_of(uint8_t type);

/** Change the length of a structure, before the function is opened. */
void set_length(uint8_t type, uint32_t length);

/** Change the notification multiplier, before the function is opened. */
void set_multiplier(uint32_t multiplier);

#endif /* PCI_FIXTURE_H */
