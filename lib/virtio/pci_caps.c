/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * pci_caps.c - where a virtio device's structures are, from its PCI capability list (4.1.4).
 *
 * The list is the device's word: every pointer, length and range is checked before it is used.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "log.h"
#include "pci.h"
#include "virtio_spec.h"

#define CFG_SPACE_SIZE 256       /* conventional configuration space */
#define CFG_SPACE_EXP_SIZE 4096  /* with PCI Express' extended part */

/* What a walk carries along. */
struct walk {
	const struct virtio_pci_host *host;
	const uint64_t *bar_len;
	struct virtio_pci_layout *layout;
	unsigned int virtio_caps; /* capabilities of the types that the standard defines */
	unsigned int unmapped;    /* structures passed over because their BAR is not mapped */
};

/* What 4.1.4.3 to 4.1.4.7 ask of a structure. */
struct structure_rule {
	const char *name;
	uint8_t cap_len;    /* least length of the capability */
	uint8_t align;      /* of the offset in the BAR */
	uint32_t min_len;   /* of the structure */
};

static const struct structure_rule rules[] = {
	[VIRTIO_PCI_CAP_COMMON_CFG] = { "common configuration", sizeof(struct virtio_pci_cap), 4,
					sizeof(struct virtio_pci_common_cfg) },
	[VIRTIO_PCI_CAP_NOTIFY_CFG] = { "notification", sizeof(struct virtio_pci_notify_cap), 2,
					sizeof(uint16_t) },
	[VIRTIO_PCI_CAP_ISR_CFG] = { "ISR status", sizeof(struct virtio_pci_cap), 1, 1 },
	[VIRTIO_PCI_CAP_DEVICE_CFG] = { "device configuration", sizeof(struct virtio_pci_cap), 4,
					1 },
};

/* All of @p len bytes or an error: a short answer is one. */
static int
cfg_read(const struct virtio_pci_host *host, void *buf, uint32_t len, uint32_t offset)
{
	int n = host->cfg_read(host->ctx, buf, len, offset);

	if (n < 0)
		return n;
	return (uint32_t)n == len ? 0 : -EIO;
}

static int
cfg_read8(const struct virtio_pci_host *host, uint8_t *value, uint32_t offset)
{
	return cfg_read(host, value, sizeof(*value), offset);
}

static int
cfg_read16(const struct virtio_pci_host *host, uint16_t *value, uint32_t offset)
{
	int rc = cfg_read(host, value, sizeof(*value), offset);

	*value = le16toh(*value);
	return rc;
}

static int
cfg_read32(const struct virtio_pci_host *host, uint32_t *value, uint32_t offset)
{
	int rc = cfg_read(host, value, sizeof(*value), offset);

	*value = le32toh(*value);
	return rc;
}

static struct virtio_pci_region *
region_of_type(struct virtio_pci_layout *layout, uint8_t cfg_type)
{
	switch (cfg_type) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		return &layout->common;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		return &layout->notify;
	case VIRTIO_PCI_CAP_ISR_CFG:
		return &layout->isr;
	case VIRTIO_PCI_CAP_DEVICE_CFG:
		return &layout->device;
	case VIRTIO_PCI_CAP_PCI_CFG:
		return &layout->pci_cfg;
	default:
		return NULL; /* reserved, or of no use here: shared memory, vendor data */
	}
}

/* Says why the capability at @p pos is passed over. */
static bool
unusable(uint8_t pos, const char *structure, const char *why)
{
	virtio_log(VIRTIO_LOG_WARNING, "PCI capability at 0x%02x (%s) ignored: %s", pos, structure,
		   why);
	return false;
}

/* Can a structure of @p rule live where capability @p cap says? */
static bool
region_usable(struct walk *w, const struct structure_rule *rule,
	      const struct virtio_pci_region *region)
{
	uint64_t end = (uint64_t)region->offset + region->length;

	if (region->offset % rule->align != 0)
		return unusable(region->cap_pos, rule->name, "its offset is not aligned");
	if (region->length < rule->min_len)
		return unusable(region->cap_pos, rule->name, "its structure is too short");
	if (w->bar_len == NULL)
		return true;
	if (w->bar_len[region->bar] == 0) {
		w->unmapped++;
		return unusable(region->cap_pos, rule->name, "its BAR is not mapped memory");
	}
	if (end > w->bar_len[region->bar])
		return unusable(region->cap_pos, rule->name, "it reaches past its BAR");
	return true;
}

/* 4.1.4.4.1: zero, or an even power of two. */
static bool
multiplier_valid(uint32_t multiplier)
{
	return (multiplier & (multiplier - 1)) == 0 && multiplier != 1;
}

static int
take_structure(struct walk *w, uint8_t pos, uint8_t cap_len, uint8_t cfg_type,
	       struct virtio_pci_region *slot)
{
	const struct structure_rule *rule = &rules[cfg_type];
	struct virtio_pci_cap cap;
	struct virtio_pci_region region;
	uint32_t multiplier = 0;
	int rc;

	if (cap_len < rule->cap_len || pos + rule->cap_len > CFG_SPACE_SIZE) {
		unusable(pos, rule->name, "the capability is too short");
		return 0;
	}
	rc = cfg_read(w->host, &cap, sizeof(cap), pos);
	if (rc == 0 && cfg_type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		rc = cfg_read32(w->host, &multiplier, pos + VIRTIO_PCI_NOTIFY_CAP_MULT);
	if (rc != 0)
		return rc;
	if (cap.bar >= VIRTIO_PCI_NUM_BARS) {
		unusable(pos, rule->name, "its BAR number is reserved");
		return 0;
	}
	if (!multiplier_valid(multiplier)) {
		unusable(pos, rule->name, "its multiplier is not an even power of two");
		return 0;
	}
	region = (struct virtio_pci_region){
		.present = true,
		.bar = cap.bar,
		.offset = le32toh(cap.offset),
		.length = le32toh(cap.length),
		.cap_pos = pos,
	};
	if (!region_usable(w, rule, &region))
		return 0;
	*slot = region;
	if (cfg_type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		w->layout->notify_multiplier = multiplier;
	return 0;
}

/* 4.1.4.9: a window through configuration space. Its fields are what was written last. */
static int
take_pci_cfg(struct walk *w, uint8_t pos, uint8_t cap_len)
{
	uint8_t bar;
	int rc;

	if (cap_len < sizeof(struct virtio_pci_cfg_cap) ||
	    pos + sizeof(struct virtio_pci_cfg_cap) > CFG_SPACE_SIZE) {
		unusable(pos, "configuration access", "the capability is too short");
		return 0;
	}
	rc = cfg_read8(w->host, &bar, pos + VIRTIO_PCI_CAP_BAR);
	if (rc == 0 && bar < VIRTIO_PCI_NUM_BARS)
		w->layout->pci_cfg = (struct virtio_pci_region){ .present = true, .bar = bar,
								 .cap_pos = pos };
	return rc;
}

static int
take_vendor_cap(struct walk *w, uint8_t pos)
{
	struct virtio_pci_region *slot;
	uint8_t cap_len, cfg_type;
	int rc;

	rc = cfg_read8(w->host, &cap_len, pos + VIRTIO_PCI_CAP_LEN);
	if (rc == 0)
		rc = cfg_read8(w->host, &cfg_type, pos + VIRTIO_PCI_CAP_CFG_TYPE);
	if (rc != 0)
		return rc;
	slot = region_of_type(w->layout, cfg_type);
	if (slot == NULL)
		return 0;
	w->virtio_caps++;
	if (slot->present)
		return 0; /* the first usable one was taken */
	if (cfg_type == VIRTIO_PCI_CAP_PCI_CFG)
		return take_pci_cfg(w, pos, cap_len);
	return take_structure(w, pos, cap_len, cfg_type, slot);
}

static int
take_msix(struct walk *w, uint8_t pos)
{
	uint16_t control;
	int rc;

	if (w->layout->has_msix)
		return 0;
	rc = cfg_read16(w->host, &control, pos + PCI_MSIX_FLAGS);
	if (rc != 0)
		return rc;
	w->layout->has_msix = true;
	w->layout->msix_pos = pos;
	w->layout->msix_enabled = (control & PCI_MSIX_FLAGS_ENABLE) != 0;
	w->layout->msix_size = (control & PCI_MSIX_FLAGS_QSIZE) + 1;
	return 0;
}

/* Follow the list from its head. -EPROTO where it leads nowhere sensible. */
static int
walk_list(struct walk *w)
{
	uint64_t seen = 0; /* capabilities begin at a multiple of 4: one bit for each place */
	uint8_t header[2], pos;
	int rc;

	rc = cfg_read8(w->host, &pos, PCI_CAPABILITY_LIST);
	while (rc == 0 && (pos & ~3) != 0) {
		pos &= ~3; /* the two low bits are reserved, to be masked (PCI 3.0, 6.7) */
		if (pos < PCI_STD_HEADER_SIZEOF || (seen >> (pos / 4)) & 1) {
			virtio_log(VIRTIO_LOG_WARNING, "PCI capability list %s at 0x%02x",
				   pos < PCI_STD_HEADER_SIZEOF ? "leads into the header" : "loops",
				   pos);
			return -EPROTO;
		}
		seen |= UINT64_C(1) << (pos / 4);
		rc = cfg_read(w->host, header, sizeof(header), pos);
		if (rc == 0 && header[0] == PCI_CAP_ID_VNDR)
			rc = take_vendor_cap(w, pos);
		else if (rc == 0 && header[0] == PCI_CAP_ID_MSIX)
			rc = take_msix(w, pos);
		pos = header[1];
	}
	return rc;
}

/* Is there an SR-IOV capability among the extended ones? None is readable without PCI Express. */
static bool
find_sriov(const struct virtio_pci_host *host)
{
	uint32_t pos = CFG_SPACE_SIZE;
	uint32_t header;

	for (unsigned int i = 0; i < (CFG_SPACE_EXP_SIZE - CFG_SPACE_SIZE) / 8; i++) {
		if (pos < CFG_SPACE_SIZE || cfg_read32(host, &header, pos) != 0 ||
		    header == 0 || header == UINT32_MAX)
			return false;
		if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_SRIOV)
			return true;
		pos = PCI_EXT_CAP_NEXT(header);
	}
	return false;
}

static bool
complete(const struct virtio_pci_layout *layout)
{
	return layout->common.present && layout->notify.present && layout->isr.present;
}

int
virtio_pci_walk(const struct virtio_pci_host *host, const uint64_t bar_len[VIRTIO_PCI_NUM_BARS],
		struct virtio_pci_layout *layout)
{
	struct walk w = { .host = host, .bar_len = bar_len, .layout = layout };
	uint16_t status;
	int rc;

	memset(layout, 0, sizeof(*layout));
	rc = cfg_read16(host, &status, PCI_STATUS);
	if (rc != 0)
		return rc;
	if (status == UINT16_MAX)
		return -ENODEV; /* nothing answers */
	if ((status & PCI_STATUS_CAP_LIST) == 0)
		return -ENOENT;
	rc = walk_list(&w);
	if (rc != 0 && rc != -EPROTO)
		return rc;
	layout->has_sriov = find_sriov(host);
	if (complete(layout))
		return 0;
	if (rc != 0)
		return rc;
	if (w.virtio_caps == 0)
		return -ENOENT;
	if (w.unmapped != 0)
		return -ENXIO;
	virtio_log(VIRTIO_LOG_ERR,
		   "PCI capabilities describe no usable virtio device, missing:%s%s%s",
		   layout->common.present ? "" : " (common configuration)",
		   layout->notify.present ? "" : " (notification)",
		   layout->isr.present ? "" : " (ISR status)");
	return -EPROTO;
}
