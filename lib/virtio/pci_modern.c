/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * pci_modern.c - the transport over a PCI function's memory BARs, without the legacy interface
 * (4.1.4, 4.1.5).
 *
 * Each register is accessed with its own width, 64-bit ones as two halves (4.1.3.1). What a device
 * answers is checked by who uses it; here only what would lead outside the mapping, or hide that
 * the device was unplugged.
 */
#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "device.h"
#include "features.h"
#include "log.h"
#include "mmio.h"
#include "pci.h"
#include "virtio_spec.h"

#define COMMON(field) offsetof(struct virtio_spec_common_cfg, base.field)
#define COMMON_TAIL(field) offsetof(struct virtio_spec_common_cfg, field)
#define COMMON_TAIL_END(field) (COMMON_TAIL(field) + sizeof(uint16_t))

static struct virtio_pci_modern *
modern(struct virtio_transport *t)
{
	return (struct virtio_pci_modern *)t; /* base is the first member */
}

static uint8_t
read8(struct virtio_pci_modern *pci, size_t offset)
{
	return virtio_mmio_read8(pci->common + offset);
}

static uint16_t
read16(struct virtio_pci_modern *pci, size_t offset)
{
	return virtio_mmio_read16(pci->common + offset);
}

static uint32_t
read32(struct virtio_pci_modern *pci, size_t offset)
{
	return virtio_mmio_read32(pci->common + offset);
}

static void
write16(struct virtio_pci_modern *pci, size_t offset, uint16_t value)
{
	virtio_mmio_write16(pci->common + offset, value);
}

static void
write32(struct virtio_pci_modern *pci, size_t offset, uint32_t value)
{
	virtio_mmio_write32(pci->common + offset, value);
}

static void
write64(struct virtio_pci_modern *pci, size_t offset, uint64_t value)
{
	write32(pci, offset, (uint32_t)value);
	write32(pci, offset + sizeof(uint32_t), (uint32_t)(value >> 32));
}

static bool
has(const struct virtio_pci_modern *pci, unsigned int bit)
{
	return (pci->base.features >> bit) & 1;
}

/* After a register read as all ones: was that its value, or does nothing answer any more? */
static bool
went_away(struct virtio_pci_modern *pci)
{
	if (!pci->base.gone && read8(pci, COMMON(device_status)) == UINT8_MAX) {
		virtio_log(VIRTIO_LOG_ERR, "PCI: the device went away");
		pci->base.gone = true;
	}
	return pci->base.gone;
}

/*
 * Registers of a device that QEMU took away read as zeros. So does the status after a reset, but not
 * the number of virtqueues (4.1.4.3).
 */
static bool
reads_as_zeros(struct virtio_pci_modern *pci)
{
	const uint16_t queues = read16(pci, COMMON(num_queues));

	if (queues == UINT16_MAX)
		return went_away(pci);
	if (queues == 0 && pci->base.num_queues != 0) {
		virtio_log(VIRTIO_LOG_ERR, "PCI: the device went away");
		pci->base.gone = true;
	}
	return pci->base.gone;
}

static int
get_status(struct virtio_transport *t, uint8_t *status)
{
	struct virtio_pci_modern *pci = modern(t);

	if (t->gone)
		return -ENODEV;
	*status = read8(pci, COMMON(device_status));
	if (*status == 0 && reads_as_zeros(pci))
		return -ENODEV;
	return 0;
}

static int
set_status(struct virtio_transport *t, uint8_t status)
{
	if (t->gone)
		return -ENODEV;
	virtio_mmio_write8(modern(t)->common + COMMON(device_status), status);
	return 0;
}

static int
get_features(struct virtio_transport *t, uint64_t *features)
{
	struct virtio_pci_modern *pci = modern(t);
	uint32_t low, high;

	if (t->gone)
		return -ENODEV;
	write32(pci, COMMON(device_feature_select), 0);
	low = read32(pci, COMMON(device_feature));
	write32(pci, COMMON(device_feature_select), 1);
	high = read32(pci, COMMON(device_feature));
	if (low == UINT32_MAX && high == UINT32_MAX && went_away(pci))
		return -ENODEV;
	*features = (uint64_t)high << 32 | low;
	return 0;
}

static int
read_num_queues(struct virtio_pci_modern *pci)
{
	pci->base.num_queues = read16(pci, COMMON(num_queues));
	return pci->base.num_queues == UINT16_MAX && went_away(pci) ? -ENODEV : 0;
}

static int
set_features(struct virtio_transport *t, uint64_t features)
{
	struct virtio_pci_modern *pci = modern(t);

	if (t->gone)
		return -ENODEV;
	write32(pci, COMMON(guest_feature_select), 0);
	write32(pci, COMMON(guest_feature), (uint32_t)features);
	write32(pci, COMMON(guest_feature_select), 1);
	write32(pci, COMMON(guest_feature), (uint32_t)(features >> 32));
	t->features = features;
	/* QEMU's devices count the queues that the accepted features (MQ, RSS) give them. */
	return read_num_queues(pci);
}

/* One field of device configuration, in the accesses that a field of its width wants (4.1.3.1). */
static void
read_field(const volatile uint8_t *reg, uint32_t offset, void *buf, uint32_t len)
{
	uint8_t *bytes = buf;
	uint16_t le16;
	uint32_t le32;

	if (len == sizeof(le16) && offset % sizeof(le16) == 0) {
		le16 = htole16(virtio_mmio_read16(reg + offset));
		memcpy(buf, &le16, sizeof(le16));
	} else if ((len == sizeof(le32) || len == 2 * sizeof(le32)) && offset % sizeof(le32) == 0) {
		for (uint32_t i = 0; i < len; i += sizeof(le32)) {
			le32 = htole32(virtio_mmio_read32(reg + offset + i));
			memcpy(bytes + i, &le32, sizeof(le32));
		}
	} else {
		for (uint32_t i = 0; i < len; i++)
			bytes[i] = virtio_mmio_read8(reg + offset + i);
	}
}

static int
read_config(struct virtio_transport *t, uint32_t offset, void *buf, uint32_t len)
{
	struct virtio_pci_modern *pci = modern(t);

	if (t->gone)
		return -ENODEV;
	if ((uint64_t)offset + len > pci->device_len)
		return -EINVAL;
	read_field(pci->device, offset, buf, len);
	return 0;
}

static int
write_config(struct virtio_transport *t, uint32_t offset, const void *buf, uint32_t len)
{
	(void)t;
	(void)offset;
	(void)buf;
	(void)len;
	return -EPERM; /* 5.1.4.2: read-only, every field */
}

static int
get_generation(struct virtio_transport *t, uint32_t *generation)
{
	if (t->gone)
		return -ENODEV;
	*generation = read8(modern(t), COMMON(config_generation));
	return 0;
}

/* Registers from queue_size on are those of queue @p q now. */
static int
select_queue(struct virtio_pci_modern *pci, uint16_t q)
{
	if (pci->base.gone)
		return -ENODEV;
	if (q >= pci->base.num_queues)
		return -EINVAL;
	write16(pci, COMMON(queue_select), q);
	return 0;
}

static int
queue_max_size(struct virtio_transport *t, uint16_t q, uint16_t *size)
{
	struct virtio_pci_modern *pci = modern(t);
	int rc;

	rc = select_queue(pci, q);
	if (rc == -EINVAL) {
		*size = 0;
		return 0;
	}
	if (rc != 0)
		return rc;
	*size = read16(pci, COMMON(queue_size));
	return *size == UINT16_MAX && went_away(pci) ? -ENODEV : 0;
}

/* Write an MSI-X vector and see whether the device took it (4.1.5.1.2.2). */
static int
map_vector(struct virtio_pci_modern *pci, size_t offset, uint16_t vector)
{
	uint16_t now;

	if (!pci->layout.has_msix)
		return vector == VIRTIO_NO_VECTOR ? 0 : -EINVAL;
	if (vector != VIRTIO_NO_VECTOR && vector >= pci->layout.msix_size)
		return -EINVAL;
	write16(pci, offset, vector);
	now = read16(pci, offset);
	if (now == UINT16_MAX && went_away(pci))
		return -ENODEV;
	if (now == vector)
		return 0;
	virtio_log(VIRTIO_LOG_WARNING, "PCI: the device does not take MSI-X vector %u", vector);
	return -EBUSY;
}

static int
set_config_vector(struct virtio_transport *t, uint16_t vector)
{
	if (t->gone)
		return -ENODEV;
	return map_vector(modern(t), COMMON(msix_config), vector);
}

/* Is @p setup one that this interface can express (2.7, 2.8.10.1; alignments 2.6, table)? */
static bool
setup_valid(const struct virtio_pci_modern *pci, const struct virtio_queue_setup *setup)
{
	bool packed = has(pci, VIRTIO_F_RING_PACKED);
	uint64_t driver_align = packed ? 4 : 2;

	if (setup->size == 0 || setup->size > VIRTIO_QUEUE_SIZE_MAX)
		return false;
	if (!packed && (setup->size & (setup->size - 1)) != 0)
		return false;
	if (setup->desc % 16 != 0 || setup->driver % driver_align != 0 || setup->device % 4 != 0)
		return false;
	return setup->base == 0 && !setup->resume; /* no register for another beginning */
}

/* Bring the selected queue to @p size entries. */
static int
set_queue_size(struct virtio_pci_modern *pci, uint16_t q, uint16_t size)
{
	uint16_t max = read16(pci, COMMON(queue_size));
	uint16_t now;

	if (max == UINT16_MAX && went_away(pci))
		return -ENODEV;
	if (size > max)
		return -EINVAL;
	/* Also where it is max: QEMU goes back to what was written before the queue was reset. */
	write16(pci, COMMON(queue_size), size);
	now = read16(pci, COMMON(queue_size));
	if (now == size)
		return 0;
	if (now == UINT16_MAX && went_away(pci))
		return -ENODEV;
	virtio_log(VIRTIO_LOG_WARNING, "PCI: queue %u stays at %u descriptors, %u asked for",
		   q, max, size);
	return -ERANGE;
}

static int
queue_setup(struct virtio_transport *t, uint16_t q, const struct virtio_queue_setup *setup)
{
	struct virtio_pci_modern *pci = modern(t);
	uint16_t enabled;
	int rc;

	if (!setup_valid(pci, setup))
		return -EINVAL;
	rc = select_queue(pci, q);
	if (rc != 0)
		return rc;
	enabled = read16(pci, COMMON(queue_enable));
	if (enabled == UINT16_MAX && went_away(pci))
		return -ENODEV;
	if (enabled != 0)
		return -EALREADY;
	rc = set_queue_size(pci, q, setup->size);
	if (rc == 0)
		rc = map_vector(pci, COMMON(queue_msix_vector), setup->vector);
	if (rc != 0)
		return rc;
	write64(pci, COMMON(queue_desc_lo), setup->desc);
	write64(pci, COMMON(queue_avail_lo), setup->driver);
	write64(pci, COMMON(queue_used_lo), setup->device);
	/* 4.1.4.3.2: after every other field; and never written 0 */
	write16(pci, COMMON(queue_enable), 1);
	return 0;
}

static int
queue_reset(struct virtio_transport *t, uint16_t q)
{
	struct virtio_pci_modern *pci = modern(t);
	struct virtio_deadline deadline;
	bool last = false;
	uint16_t busy;
	int rc;

	if (!has(pci, VIRTIO_F_RING_RESET))
		return -ENOTSUP;
	rc = select_queue(pci, q);
	if (rc != 0)
		return rc;
	write16(pci, COMMON_TAIL(queue_reset), 1);
	deadline = virtio_deadline_in_ms(VIRTIO_RESET_TIMEOUT_MS);
	for (;;) {
		busy = read16(pci, COMMON_TAIL(queue_reset));
		if (busy == UINT16_MAX && went_away(pci))
			return -ENODEV;
		/* 2.6.1.1: done where the device says so in both registers */
		if (busy == 0 && read16(pci, COMMON(queue_enable)) == 0)
			return 0;
		if (last)
			break;
		last = !virtio_deadline_pause(&deadline);
	}
	virtio_log(VIRTIO_LOG_ERR, "PCI: no end of the reset of queue %u within %u ms", q,
		   VIRTIO_RESET_TIMEOUT_MS);
	return -ETIMEDOUT;
}

/* 4.1.5.2: the queue, or what the device calls it, in 16 bits. */
static void
kick16(const struct virtio_notifier *n, uint16_t next)
{
	(void)next;
	virtio_mmio_write16(n->addr, n->data);
}

/* 2.9: the same, with the ring position in the upper half. */
static void
kick32(const struct virtio_notifier *n, uint16_t next)
{
	virtio_mmio_write32(n->addr, (uint32_t)next << 16 | n->data);
}

static int
queue_notifier(struct virtio_transport *t, uint16_t q, struct virtio_notifier *n)
{
	struct virtio_pci_modern *pci = modern(t);
	bool with_data = has(pci, VIRTIO_F_NOTIFICATION_DATA);
	uint32_t width = with_data ? sizeof(uint32_t) : sizeof(uint16_t);
	uint16_t index;
	uint64_t offset;
	int rc;

	rc = select_queue(pci, q);
	if (rc != 0)
		return rc;
	index = read16(pci, COMMON(queue_notify_off));
	if (index == UINT16_MAX && went_away(pci))
		return -ENODEV;
	offset = (uint64_t)index * pci->layout.notify_multiplier;
	if (offset + width > pci->notify_len) {
		virtio_log(VIRTIO_LOG_ERR, "PCI: queue %u is notified outside its structure", q);
		return -EPROTO;
	}
	n->kick = with_data ? kick32 : kick16;
	n->addr = pci->notify + offset;
	n->data = q;
	if (has(pci, VIRTIO_F_NOTIF_CONFIG_DATA))
		n->data = read16(pci, COMMON_TAIL(queue_notify_data));
	return 0;
}

void
virtio_pci_modern_notifier_here(const struct virtio_pci_modern *pci, struct virtio_notifier *n)
{
	n->kick = has(pci, VIRTIO_F_NOTIFICATION_DATA) ? kick32 : kick16;
}

static uint8_t
read_isr(struct virtio_transport *t)
{
	struct virtio_pci_modern *pci = modern(t);
	uint8_t isr;

	if (t->gone)
		return 0;
	isr = virtio_mmio_read8(pci->isr);
	return isr == UINT8_MAX && went_away(pci) ? 0 : isr;
}

static void
close_transport(struct virtio_transport *t)
{
	struct virtio_pci_modern *pci = modern(t);

	pci->common = NULL;
	pci->notify = NULL;
	pci->isr = NULL;
	pci->device = NULL;
	t->gone = true; /* no operation reaches for a register any more */
}

static const struct virtio_transport_ops modern_ops = {
	.name = "pci-modern",
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.read_config = read_config,
	.write_config = write_config,
	.get_generation = get_generation,
	.queue_max_size = queue_max_size,
	.queue_setup = queue_setup,
	.queue_reset = queue_reset,
	.queue_notifier = queue_notifier,
	.set_config_vector = set_config_vector,
	.read_isr = read_isr,
	.close = close_transport,
};

/*
 * 2.2.1: features of this transport that need something of it: registers at the end of the common
 * configuration, 32-bit notifications (4.1.4.4.1), a PCI capability (6.1).
 */
static uint64_t
allowed_features(const struct virtio_pci_modern *pci)
{
	const struct virtio_pci_layout *layout = &pci->layout;
	uint64_t allowed = UINT64_MAX;

	if (pci->common_len < COMMON_TAIL_END(queue_notify_data))
		allowed &= ~VIRTIO_FEATURE(VIRTIO_F_NOTIF_CONFIG_DATA);
	if (pci->common_len < COMMON_TAIL_END(queue_reset))
		allowed &= ~VIRTIO_FEATURE(VIRTIO_F_RING_RESET);
	if (pci->common_len < COMMON_TAIL_END(admin_queue_num))
		allowed &= ~VIRTIO_FEATURE(VIRTIO_F_ADMIN_VQ);
	if (layout->notify.offset % 4 != 0 || layout->notify_multiplier % 4 != 0 ||
	    pci->notify_len < sizeof(uint32_t))
		allowed &= ~VIRTIO_FEATURE(VIRTIO_F_NOTIFICATION_DATA);
	if (!layout->has_sriov)
		allowed &= ~VIRTIO_FEATURE(VIRTIO_F_SR_IOV);
	return allowed;
}

static volatile uint8_t *
map(void *const bar_addr[VIRTIO_PCI_NUM_BARS], const struct virtio_pci_region *region)
{
	return region->present ? (volatile uint8_t *)bar_addr[region->bar] + region->offset : NULL;
}

int
virtio_pci_modern_open(struct virtio_pci_modern *pci, const struct virtio_pci_host *host)
{
	void *bar_addr[VIRTIO_PCI_NUM_BARS] = { NULL };
	uint64_t bar_len[VIRTIO_PCI_NUM_BARS] = { 0 };
	int rc;

	memset(pci, 0, sizeof(*pci));
	for (unsigned int i = 0; i < VIRTIO_PCI_NUM_BARS; i++) {
		rc = host->bar(host->ctx, i, &bar_addr[i], &bar_len[i]);
		if (rc != 0 && rc != -ENOENT)
			return rc;
		if (rc != 0 || bar_addr[i] == NULL)
			bar_len[i] = 0;
	}
	rc = virtio_pci_walk(host, bar_len, &pci->layout);
	if (rc != 0)
		return rc;
	pci->base.ops = &modern_ops;
	pci->common = map(bar_addr, &pci->layout.common);
	pci->notify = map(bar_addr, &pci->layout.notify);
	pci->isr = map(bar_addr, &pci->layout.isr);
	pci->device = map(bar_addr, &pci->layout.device);
	pci->common_len = pci->layout.common.length;
	pci->notify_len = pci->layout.notify.length;
	pci->device_len = pci->layout.device.length;
	pci->base.allowed = allowed_features(pci);
	return read_num_queues(pci);
}
