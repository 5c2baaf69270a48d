/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_cfg.c - see fake_cfg.h. */
#include "fake_cfg.h"

#include "virtio_spec.h"

void
fake_cfg_put16(struct fake_cfg *cfg, uint32_t offset, uint16_t value)
{
	cfg->bytes[offset] = (uint8_t)value;
	cfg->bytes[offset + 1] = (uint8_t)(value >> 8);
}

void
fake_cfg_put32(struct fake_cfg *cfg, uint32_t offset, uint32_t value)
{
	fake_cfg_put16(cfg, offset, (uint16_t)value);
	fake_cfg_put16(cfg, offset + 2, (uint16_t)(value >> 16));
}

void
fake_cfg_init(struct fake_cfg *cfg)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->size = 256;
	cfg->tail = PCI_CAPABILITY_LIST;
	cfg->next_free = 0x40;
	fake_cfg_put16(cfg, PCI_VENDOR_ID, VIRTIO_PCI_VENDOR);
	fake_cfg_put16(cfg, PCI_DEVICE_ID, VIRTIO_PCI_DEVICE_NET_MODERN);
	fake_cfg_put16(cfg, PCI_STATUS, PCI_STATUS_CAP_LIST);
}

uint8_t
fake_cfg_add(struct fake_cfg *cfg, uint8_t id, uint8_t len)
{
	uint8_t pos = cfg->next_free;

	assert_true(pos + len <= 256);
	cfg->bytes[cfg->tail] = pos;
	cfg->bytes[pos] = id;
	cfg->bytes[pos + 1] = 0;
	cfg->tail = pos + 1;
	cfg->next_free = (uint8_t)(pos + ((len + 3) & ~3));
	return pos;
}

uint8_t
fake_cfg_virtio(struct fake_cfg *cfg, uint8_t type, uint8_t cap_len, uint8_t bar, uint32_t offset,
		uint32_t length)
{
	uint8_t pos = fake_cfg_add(cfg, PCI_CAP_ID_VNDR, cap_len < 16 ? 16 : cap_len);

	cfg->bytes[pos + VIRTIO_PCI_CAP_LEN] = cap_len;
	cfg->bytes[pos + VIRTIO_PCI_CAP_CFG_TYPE] = type;
	cfg->bytes[pos + VIRTIO_PCI_CAP_BAR] = bar;
	fake_cfg_put32(cfg, pos + VIRTIO_PCI_CAP_OFFSET, offset);
	fake_cfg_put32(cfg, pos + VIRTIO_PCI_CAP_LENGTH, length);
	return pos;
}

uint8_t
fake_cfg_notify(struct fake_cfg *cfg, uint8_t bar, uint32_t offset, uint32_t length,
		uint32_t multiplier)
{
	uint8_t pos = fake_cfg_virtio(cfg, VIRTIO_PCI_CAP_NOTIFY_CFG,
				      sizeof(struct virtio_pci_notify_cap), bar, offset, length);

	fake_cfg_put32(cfg, pos + VIRTIO_PCI_NOTIFY_CAP_MULT, multiplier);
	return pos;
}

uint8_t
fake_cfg_msix(struct fake_cfg *cfg, uint16_t control)
{
	uint8_t pos = fake_cfg_add(cfg, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);

	fake_cfg_put16(cfg, pos + PCI_MSIX_FLAGS, control);
	return pos;
}

void
fake_cfg_typical(struct fake_cfg *cfg)
{
	fake_cfg_init(cfg);
	fake_cfg_msix(cfg, 3 - 1);
	fake_cfg_virtio(cfg, VIRTIO_PCI_CAP_PCI_CFG, sizeof(struct virtio_pci_cfg_cap), 0, 0, 0);
	fake_cfg_notify(cfg, FAKE_BAR, FAKE_NOTIFY, FAKE_REGION_LEN, 4);
	fake_cfg_virtio(cfg, VIRTIO_PCI_CAP_DEVICE_CFG, 16, FAKE_BAR, FAKE_DEVICE, FAKE_REGION_LEN);
	fake_cfg_virtio(cfg, VIRTIO_PCI_CAP_ISR_CFG, 16, FAKE_BAR, FAKE_ISR, FAKE_REGION_LEN);
	fake_cfg_virtio(cfg, VIRTIO_PCI_CAP_COMMON_CFG, 16, FAKE_BAR, FAKE_COMMON, FAKE_REGION_LEN);
}

int
fake_cfg_read(void *ctx, void *buf, uint32_t len, uint32_t offset)
{
	struct fake_cfg *cfg = ctx;

	cfg->reads++;
	if (cfg->fail_read == cfg->reads)
		return cfg->fail_with;
	if (offset >= cfg->size)
		return 0;
	if (len > cfg->size - offset)
		len = cfg->size - offset;
	memcpy(buf, cfg->bytes + offset, len);
	return (int)len;
}
