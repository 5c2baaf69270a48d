/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_pci.c - see fake_pci.h. */
#include "fake_pci.h"

#include "features.h"
#include "mmio.h"
#include "virtio_spec.h"

#define F(bit) VIRTIO_FEATURE(bit)

struct fake_pci fake_pci;

/* 4.1.4.3: the common configuration structure, register by register. */
enum {
	R_DEVICE_FEATURE_SELECT = 0,
	R_DEVICE_FEATURE = 4,
	R_DRIVER_FEATURE_SELECT = 8,
	R_DRIVER_FEATURE = 12,
	R_CONFIG_VECTOR = 16,
	R_NUM_QUEUES = 18,
	R_STATUS = 20,
	R_GENERATION = 21,
	R_QUEUE_SELECT = 22,
	R_QUEUE_SIZE = 24,
	R_QUEUE_VECTOR = 26,
	R_QUEUE_ENABLE = 28,
	R_QUEUE_NOTIFY_OFF = 30,
	R_QUEUE_DESC = 32,
	R_QUEUE_DRIVER = 40,
	R_QUEUE_DEVICE = 48,
	R_QUEUE_NOTIFY_DATA = 56,
	R_QUEUE_RESET = 58,
};

static unsigned int
width_of(uint32_t reg)
{
	switch (reg) {
	case R_STATUS:
	case R_GENERATION:
		return 1;
	case R_DEVICE_FEATURE_SELECT:
	case R_DEVICE_FEATURE:
	case R_DRIVER_FEATURE_SELECT:
	case R_DRIVER_FEATURE:
	case R_QUEUE_DESC:
	case R_QUEUE_DESC + 4:
	case R_QUEUE_DRIVER:
	case R_QUEUE_DRIVER + 4:
	case R_QUEUE_DEVICE:
	case R_QUEUE_DEVICE + 4:
		return 4;
	case R_CONFIG_VECTOR:
	case R_NUM_QUEUES:
	case R_QUEUE_SELECT:
	case R_QUEUE_SIZE:
	case R_QUEUE_VECTOR:
	case R_QUEUE_ENABLE:
	case R_QUEUE_NOTIFY_OFF:
	case R_QUEUE_NOTIFY_DATA:
	case R_QUEUE_RESET:
		return 2;
	default:
		return 0;
	}
}

/* Rules that hold for reads and writes of the common configuration alike. */
static void
check_access(uint32_t reg, unsigned int width)
{
	uint32_t pos = 0x40, length;

	if (width_of(reg) != width)
		fail_msg("%u-byte access to register %u", width, reg);
	/* the capability of the common configuration says how long it is */
	while (fake_pci.cfg.bytes[pos + 3] != VIRTIO_PCI_CAP_COMMON_CFG ||
	       fake_pci.cfg.bytes[pos] != PCI_CAP_ID_VNDR)
		pos = fake_pci.cfg.bytes[pos + 1];
	memcpy(&length, fake_pci.cfg.bytes + pos + VIRTIO_PCI_CAP_LENGTH, sizeof(length));
	if (reg + width > le32toh(length))
		fail_msg("register %u is behind the end of the structure", reg);
	if (reg == R_QUEUE_NOTIFY_DATA && !(fake_pci.accepted & F(VIRTIO_F_NOTIF_CONFIG_DATA)))
		fail_msg("queue_notify_data exists only with NOTIF_CONFIG_DATA");
	if (reg == R_QUEUE_RESET && !(fake_pci.accepted & F(VIRTIO_F_RING_RESET)))
		fail_msg("queue_reset exists only with RING_RESET");
}

static struct fake_pci_queue *
selected(void)
{
	static struct fake_pci_queue none;

	if (fake_pci.queue_select >= fake_pci.num_queues ||
	    fake_pci.queue_select >= FAKE_PCI_QUEUES) {
		none = (struct fake_pci_queue){ .vector = VIRTIO_NO_VECTOR };
		return &none;
	}
	return &fake_pci.queues[fake_pci.queue_select];
}

static void
reset_queue(struct fake_pci_queue *q)
{
	q->size = q->max;
	q->vector = VIRTIO_NO_VECTOR;
	q->enable = 0;
	q->reset = 0;
	q->desc = q->driver = q->device = 0;
	q->resetting = 0;
}

static uint16_t
read_queue_reset(struct fake_pci_queue *q)
{
	if (q->resetting != 0 && q->resetting != FAKE_PCI_NEVER && --q->resetting == 0) {
		uint16_t enable = q->enable;

		reset_queue(q);
		if (fake_pci.reset_leaves_enabled)
			q->enable = enable;
	}
	return q->reset;
}

static uint32_t
window(uint64_t features, uint32_t select)
{
	return select < 2 ? (uint32_t)(features >> (32 * select)) : 0;
}

static uint32_t
common_read(uint32_t reg)
{
	struct fake_pci_queue *q = selected();

	switch (reg) {
	case R_DEVICE_FEATURE_SELECT:
		return fake_pci.device_feature_select;
	case R_DEVICE_FEATURE:
		return window(fake_pci.offered, fake_pci.device_feature_select);
	case R_DRIVER_FEATURE_SELECT:
		return fake_pci.driver_feature_select;
	case R_DRIVER_FEATURE:
		return window(fake_pci.accepted, fake_pci.driver_feature_select);
	case R_CONFIG_VECTOR:
		return fake_pci.config_vector;
	case R_NUM_QUEUES:
		return fake_pci.num_queues;
	case R_STATUS:
		return fake_pci.status;
	case R_GENERATION:
		return fake_pci.generation;
	case R_QUEUE_SELECT:
		return fake_pci.queue_select;
	case R_QUEUE_SIZE:
		return q->size;
	case R_QUEUE_VECTOR:
		return q->vector;
	case R_QUEUE_ENABLE:
		return q->enable;
	case R_QUEUE_NOTIFY_OFF:
		return q->notify_off;
	case R_QUEUE_NOTIFY_DATA:
		return q->notify_data;
	case R_QUEUE_RESET:
		return read_queue_reset(q);
	default:
		fail_msg("unexpected read of register %u", reg);
		return 0;
	}
}

static void
write_status(uint8_t status)
{
	if (status == 0) {
		for (unsigned int i = 0; i < FAKE_PCI_QUEUES; i++) {
			reset_queue(&fake_pci.queues[i]);
			fake_pci.queues[i].kept = 0;
		}
		fake_pci.accepted = 0;
		fake_pci.config_vector = VIRTIO_NO_VECTOR;
	} else if (fake_pci.status & ~status) {
		fail_msg("status 0x%02x clears bits of 0x%02x", status, fake_pci.status);
	}
	fake_pci.status = status;
}

static void
write_driver_feature(uint32_t value)
{
	unsigned int shift = 32 * fake_pci.driver_feature_select;

	if (fake_pci.driver_feature_select > 1)
		fail_msg("no features are defined in window %u", fake_pci.driver_feature_select);
	if (fake_pci.status & VIRTIO_CONFIG_S_FEATURES_OK)
		fail_msg("features chosen after FEATURES_OK");
	fake_pci.accepted &= ~((uint64_t)UINT32_MAX << shift);
	fake_pci.accepted |= (uint64_t)value << shift;
	if (fake_pci.accepted & ~fake_pci.offered)
		fail_msg("features accepted that were not offered");
}

static void
write_vector(uint16_t *vector, uint32_t value)
{
	uint16_t table_size = 0;

	for (uint32_t pos = 0x40; pos != 0; pos = fake_pci.cfg.bytes[pos + 1])
		if (fake_pci.cfg.bytes[pos] == PCI_CAP_ID_MSIX)
			table_size = (fake_pci.cfg.bytes[pos + 2] |
				      (fake_pci.cfg.bytes[pos + 3] & 7) << 8) + 1;
	if (value != VIRTIO_NO_VECTOR && value >= table_size)
		fail_msg("vector %u outside the table of %u", value, table_size);
	*vector = fake_pci.refuses_vectors ? VIRTIO_NO_VECTOR : (uint16_t)value;
}

static void
write_half(uint64_t *field, uint32_t reg, uint32_t value)
{
	unsigned int shift = reg % 8 * 8;

	*field = (*field & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static void
queue_write(uint32_t reg, uint32_t value)
{
	struct fake_pci_queue *q = selected();
	bool packed = (fake_pci.accepted & F(VIRTIO_F_RING_PACKED)) != 0;

	if (q->enable && reg != R_QUEUE_RESET)
		fail_msg("register %u of an enabled queue written", reg);
	switch (reg) {
	case R_QUEUE_SIZE:
		if (value == 0 || value > q->max || (!packed && (value & (value - 1)) != 0))
			fail_msg("queue size %u", value);
		if (!fake_pci.refuses_sizes)
			q->size = q->kept = (uint16_t)value;
		break;
	case R_QUEUE_VECTOR:
		write_vector(&q->vector, value);
		break;
	case R_QUEUE_ENABLE:
		if (value != 1)
			fail_msg("%u written to queue_enable", value);
		if (q->desc == 0 || q->driver == 0 || q->device == 0 || q->size == 0)
			fail_msg("queue enabled before it was set up");
		if (q->kept != 0)
			q->size = q->kept;
		q->enable = 1;
		break;
	case R_QUEUE_RESET:
		if (value != 1)
			fail_msg("%u written to queue_reset", value);
		q->reset = 1;
		q->resetting = fake_pci.queue_reset_polls;
		break;
	case R_QUEUE_DESC:
	case R_QUEUE_DESC + 4:
		write_half(&q->desc, reg, value);
		break;
	case R_QUEUE_DRIVER:
	case R_QUEUE_DRIVER + 4:
		write_half(&q->driver, reg, value);
		break;
	case R_QUEUE_DEVICE:
	case R_QUEUE_DEVICE + 4:
		write_half(&q->device, reg, value);
		break;
	default:
		fail_msg("read-only register %u written", reg);
	}
}

static void
common_write(uint32_t reg, uint32_t value)
{
	switch (reg) {
	case R_DEVICE_FEATURE_SELECT:
		fake_pci.device_feature_select = value;
		break;
	case R_DRIVER_FEATURE_SELECT:
		fake_pci.driver_feature_select = value;
		break;
	case R_DRIVER_FEATURE:
		write_driver_feature(value);
		break;
	case R_CONFIG_VECTOR:
		write_vector(&fake_pci.config_vector, value);
		break;
	case R_STATUS:
		write_status((uint8_t)value);
		break;
	case R_QUEUE_SELECT:
		if (value >= fake_pci.num_queues)
			fail_msg("queue %u of %u selected", value, fake_pci.num_queues);
		fake_pci.queue_select = (uint16_t)value;
		break;
	case R_DEVICE_FEATURE:
	case R_NUM_QUEUES:
	case R_GENERATION:
		fail_msg("read-only register %u written", reg);
		break;
	default:
		queue_write(reg, value);
	}
}

/* 4.1.5.2, and 3.1.1: no notification before DRIVER_OK. */
static void
notify_write(unsigned int width, uint32_t value)
{
	bool with_data = (fake_pci.accepted & F(VIRTIO_F_NOTIFICATION_DATA)) != 0;

	(void)value;
	if (width != (with_data ? 4 : 2))
		fail_msg("notification %u bytes wide", width);
	if (!(fake_pci.status & VIRTIO_CONFIG_S_DRIVER_OK))
		fail_msg("notification before DRIVER_OK");
}

/* Write an access down; the offset in the BAR. */
static uint32_t
enter(const volatile void *addr, unsigned int width, bool write, uint32_t value)
{
	const volatile uint8_t *byte = addr;
	uint32_t offset;

	if (byte < fake_pci.bar || byte + width > fake_pci.bar + FAKE_BAR_LEN)
		fail_msg("access outside the BAR");
	offset = (uint32_t)(byte - fake_pci.bar);
	if (offset % width != 0)
		fail_msg("%u-byte access at 0x%x is not aligned", width, offset);
	assert_true(fake_pci.accesses < FAKE_PCI_LOG_MAX);
	fake_pci.log[fake_pci.accesses++] = (struct fake_access){ offset, (uint8_t)width, write,
								  value };
	if (fake_pci.gone_after != 0 && --fake_pci.gone_after == 0)
		fake_pci.gone = true;
	return offset;
}

static uint32_t
read_register(const volatile void *addr, unsigned int width)
{
	uint32_t offset = enter(addr, width, false, 0);
	uint32_t value = 0;

	if (fake_pci.gone)
		return fake_pci.gone_is_zero ? 0 : UINT32_MAX;
	switch (offset & ~(FAKE_REGION_LEN - 1)) {
	case FAKE_COMMON:
		check_access(offset, width);
		return common_read(offset);
	case FAKE_ISR:
		if (offset != FAKE_ISR || width != 1)
			fail_msg("ISR status read %u bytes wide", width);
		value = fake_pci.isr;
		fake_pci.isr = 0;
		return value;
	case FAKE_DEVICE:
		for (unsigned int i = 0; i < width; i++)
			value |= (uint32_t)fake_pci.bar[offset + i] << (8 * i);
		return value;
	default:
		fail_msg("notification structure read");
		return 0;
	}
}

static void
write_register(volatile void *addr, unsigned int width, uint32_t value)
{
	uint32_t offset = enter(addr, width, true, value);

	if (fake_pci.gone)
		return;
	switch (offset & ~(FAKE_REGION_LEN - 1)) {
	case FAKE_COMMON:
		check_access(offset, width);
		common_write(offset, value);
		break;
	case FAKE_NOTIFY:
		notify_write(width, value);
		break;
	default:
		fail_msg("0x%x is not to be written", offset);
	}
}

uint8_t
virtio_mmio_read8(const volatile void *reg)
{
	return (uint8_t)read_register(reg, 1);
}

uint16_t
virtio_mmio_read16(const volatile void *reg)
{
	return (uint16_t)read_register(reg, 2);
}

uint32_t
virtio_mmio_read32(const volatile void *reg)
{
	return read_register(reg, 4);
}

void
virtio_mmio_write8(volatile void *reg, uint8_t value)
{
	write_register(reg, 1, value);
}

void
virtio_mmio_write16(volatile void *reg, uint16_t value)
{
	write_register(reg, 2, value);
}

void
virtio_mmio_write32(volatile void *reg, uint32_t value)
{
	write_register(reg, 4, value);
}

static int
map_bar(void *ctx, unsigned int bar, void **addr, uint64_t *len)
{
	struct fake_pci *fake = (struct fake_pci *)((char *)ctx - offsetof(struct fake_pci, cfg));

	*len = sizeof(fake->bar);
	if (bar != FAKE_BAR)
		return -ENOENT;
	if (fake->unmapped)
		return fake->unmapped_says_0 ? 0 : -ENOENT;
	*addr = fake->bar;
	return 0;
}

void
fake_pci_init(void)
{
	memset(&fake_pci, 0, sizeof(fake_pci));
	fake_cfg_typical(&fake_pci.cfg);
	fake_pci.host = (struct virtio_pci_host){ &fake_pci.cfg, fake_cfg_read, map_bar };
	fake_pci.offered = ~(F(30) | F(31) | F(VIRTIO_F_SR_IOV) | F(VIRTIO_F_RING_PACKED) |
			     F(VIRTIO_F_NOTIFICATION_DATA) | F(VIRTIO_F_NOTIF_CONFIG_DATA));
	fake_pci.num_queues = FAKE_PCI_QUEUES;
	fake_pci.config_vector = VIRTIO_NO_VECTOR;
	fake_pci.queue_reset_polls = 1;
	for (unsigned int i = 0; i < FAKE_PCI_QUEUES; i++) {
		fake_pci.queues[i].max = 256;
		fake_pci.queues[i].notify_off = (uint16_t)i;
		fake_pci.queues[i].notify_data = (uint16_t)(0x100 + i);
		reset_queue(&fake_pci.queues[i]);
	}
	for (unsigned int i = 0; i < FAKE_REGION_LEN; i++)
		fake_pci.bar[FAKE_DEVICE + i] = (uint8_t)(i + 1);
}

int
fake_pci_find(uint32_t offset, bool write, unsigned int from)
{
	for (unsigned int i = from; i < fake_pci.accesses; i++)
		if (fake_pci.log[i].offset == offset && fake_pci.log[i].write == write)
			return (int)i;
	return -1;
}

unsigned int
fake_pci_count(uint32_t offset, uint32_t len, bool write)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < fake_pci.accesses; i++)
		count += fake_pci.log[i].write == write && fake_pci.log[i].offset >= offset &&
			 fake_pci.log[i].offset - offset < len;
	return count;
}

void
fake_pci_forget(void)
{
	fake_pci.accesses = 0;
}
