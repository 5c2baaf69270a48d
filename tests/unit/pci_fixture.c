/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* pci_fixture.c - see pci_fixture.h. */
#include "pci_fixture.h"

#include "virtio_spec.h"

struct virtio_pci_modern pci;
struct virtio_transport *const t = &pci.base;
struct virtio_device dev;

const struct virtio_queue_setup good = {
	.size = 256, .vector = VIRTIO_NO_VECTOR,
	.desc = 0x1122334455667000, .driver = 0x2233445566778004, .device = 0x3344556677889008,
};

int
pci_fixture_setup(void **state)
{
	(void)state;
	unit_log_start();
	fake_pci_init();
	return 0;
}

void
opened(void)
{
	assert_int_equal(virtio_pci_modern_open(&pci, &fake_pci.host), 0);
	virtio_device_init(&dev, t);
}

void
negotiated(uint64_t wanted)
{
	opened();
	assert_int_equal(virtio_device_negotiate(&dev, wanted, 0), 0);
}

uint8_t
cap_of(uint8_t type)
{
	uint8_t pos = 0x40;

	while (fake_pci.cfg.bytes[pos] != PCI_CAP_ID_VNDR || fake_pci.cfg.bytes[pos + 3] != type)
		pos = fake_pci.cfg.bytes[pos + 1];
	return pos;
}

void
set_length(uint8_t type, uint32_t length)
{
	fake_cfg_put32(&fake_pci.cfg, cap_of(type) + VIRTIO_PCI_CAP_LENGTH, length);
}

void
set_multiplier(uint32_t multiplier)
{
	fake_cfg_put32(&fake_pci.cfg,
		       cap_of(VIRTIO_PCI_CAP_NOTIFY_CFG) + VIRTIO_PCI_NOTIFY_CAP_MULT, multiplier);
}
