/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_pci_modern.c - the modern PCI transport against a function whose registers act. */
#include "unit.h"

#include "fake_clock.h"
#include "features.h"
#include "pci_fixture.h"
#include "virtio_spec.h"

static void
open_reads_the_queue_count_only(void **state)
{
	(void)state;
	opened();
	assert_int_equal(t->num_queues, FAKE_PCI_QUEUES);
	assert_false(t->legacy);
	assert_false(t->gone);
	assert_int_equal(fake_pci.accesses, 1);
	assert_int_equal(fake_pci.log[0].offset, 18);
	assert_false(fake_pci.log[0].write);
}

static void
queues_that_features_bring_are_seen(void **state)
{
	uint16_t size;

	(void)state;
	fake_pci.num_queues = 3;
	opened();
	assert_int_equal(t->num_queues, 3);
	assert_int_equal(t->ops->queue_max_size(t, 3, &size), 0);
	assert_int_equal(size, 0);
	fake_pci.num_queues = FAKE_PCI_QUEUES;
	assert_int_equal(t->ops->set_features(t, F(VIRTIO_F_VERSION_1)), 0);
	assert_int_equal(t->num_queues, FAKE_PCI_QUEUES);
	assert_int_equal(t->ops->queue_max_size(t, 3, &size), 0);
	assert_int_equal(size, 256);
	fake_pci.num_queues = 3;
	assert_int_equal(t->ops->set_features(t, 0), 0);
	assert_int_equal(t->ops->queue_max_size(t, 3, &size), 0);
	assert_int_equal(size, 0);
}

static void
open_needs_its_bars(void **state)
{
	(void)state;
	fake_pci.unmapped = true;
	assert_int_equal(virtio_pci_modern_open(&pci, &fake_pci.host), -ENXIO);
	fake_pci.unmapped_says_0 = true;
	assert_int_equal(virtio_pci_modern_open(&pci, &fake_pci.host), -ENXIO);
	assert_int_equal(fake_pci.accesses, 0);
	pci_fixture_setup(state);
	fake_cfg_put16(&fake_pci.cfg, PCI_STATUS, 0);
	assert_int_equal(virtio_pci_modern_open(&pci, &fake_pci.host), -ENOENT);
	assert_int_equal(fake_pci.accesses, 0);
}

static void
whole_life(void **state)
{
	struct virtio_queue_setup q = good;
	struct virtio_notifier n;
	uint16_t size;

	(void)state;
	negotiated(ALL);
	assert_int_equal(dev.accepted, fake_pci.accepted);
	assert_int_equal(t->features, fake_pci.accepted);
	assert_int_equal(t->ops->set_config_vector(t, 0), 0);
	for (uint16_t i = 0; i < t->num_queues; i++) {
		assert_int_equal(virtio_device_queue_max_size(&dev, i, &size), 0);
		assert_int_equal(size, 256);
		q.vector = i < 2 ? i + 1 : VIRTIO_NO_VECTOR;
		q.desc += 0x10000;
		assert_int_equal(t->ops->queue_setup(t, i, &q), 0);
		assert_int_equal(fake_pci.queues[i].enable, 1);
		assert_int_equal(fake_pci.queues[i].desc, q.desc);
		assert_int_equal(fake_pci.queues[i].driver, q.driver);
		assert_int_equal(fake_pci.queues[i].device, q.device);
		assert_int_equal(fake_pci.queues[i].vector, q.vector);
	}
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
	assert_int_equal(t->ops->queue_notifier(t, 3, &n), 0);
	n.kick(&n, 17);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(fake_pci.queues[0].enable, 0);
	t->ops->close(t);
	fake_pci_forget();
	assert_int_equal(virtio_device_reset(&dev), -ENODEV);
	assert_int_equal(fake_pci.accesses, 0);
}

static void
conf_02_features_need_their_registers(void **state)
{
	static const struct {
		uint32_t length;
		uint64_t refused;
	} cases[] = {
		{ 56, F(VIRTIO_F_NOTIF_CONFIG_DATA) | F(VIRTIO_F_RING_RESET) |
			      F(VIRTIO_F_ADMIN_VQ) },
		{ 57, F(VIRTIO_F_NOTIF_CONFIG_DATA) | F(VIRTIO_F_RING_RESET) |
			      F(VIRTIO_F_ADMIN_VQ) },
		{ 58, F(VIRTIO_F_RING_RESET) | F(VIRTIO_F_ADMIN_VQ) },
		{ 60, F(VIRTIO_F_ADMIN_VQ) },
		{ 62, F(VIRTIO_F_ADMIN_VQ) },
		{ 64, 0 },
	};
	const uint64_t tail = cases[0].refused;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		pci_fixture_setup(state);
		fake_pci.offered |= tail;
		set_length(VIRTIO_PCI_CAP_COMMON_CFG, cases[i].length);
		negotiated(ALL);
		assert_int_equal(dev.accepted & tail, tail & ~cases[i].refused);
	}
}

static void
conf_03_larger_configuration_is_accepted(void **state)
{
	uint8_t byte;

	(void)state;
	negotiated(ALL);
	assert_int_equal(pci.device_len, FAKE_REGION_LEN);
	assert_int_equal(virtio_device_read_config(&dev, FAKE_REGION_LEN - 1, &byte, 1), 0);
	assert_int_equal(byte, (uint8_t)FAKE_REGION_LEN);
}

static void
conf_03_configuration_ends_where_the_structure_does(void **state)
{
	uint8_t buf[8];

	(void)state;
	set_length(VIRTIO_PCI_CAP_DEVICE_CFG, 13);
	negotiated(ALL);
	assert_int_equal(virtio_device_read_config(&dev, 12, buf, 1), 0);
	fake_pci_forget();
	assert_int_equal(t->ops->read_config(t, 12, buf, 2), -EINVAL);
	assert_int_equal(t->ops->read_config(t, 13, buf, 1), -EINVAL);
	assert_int_equal(t->ops->read_config(t, UINT32_MAX, buf, 4), -EINVAL);
	assert_int_equal(t->ops->read_config(t, 8, buf, UINT32_MAX), -EINVAL);
	assert_int_equal(fake_pci.accesses, 0);

	/* no structure at all: nothing to read */
	pci_fixture_setup(state);
	fake_pci.cfg.bytes[cap_of(VIRTIO_PCI_CAP_DEVICE_CFG) + 3] = 77;
	negotiated(ALL);
	assert_null(pci.device);
	assert_int_equal(virtio_device_read_config(&dev, 0, buf, 1), -EINVAL);
}

static void
conf_06_queue_reset_and_full_set_up(void **state)
{
	struct virtio_queue_setup other = good;

	(void)state;
	fake_pci.queue_reset_polls = 9;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 1, &good), 0);
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
	fake_pci_forget();
	assert_int_equal(t->ops->queue_reset(t, 1), 0);
	assert_int_equal(fake_pci_count(58, 2, false), 9);
	assert_int_equal(fake_pci.queues[1].enable, 0);
	/* the other queues live on */
	assert_int_equal(fake_pci.status & VIRTIO_CONFIG_S_DRIVER_OK, VIRTIO_CONFIG_S_DRIVER_OK);

	other.size = 64;
	other.desc = 0x770000;
	other.driver = 0x780000;
	other.device = 0x790000;
	other.vector = 1;
	assert_int_equal(t->ops->queue_setup(t, 1, &other), 0);
	assert_int_equal(fake_pci.queues[1].size, 64);
	assert_int_equal(fake_pci.queues[1].desc, other.desc);
	assert_int_equal(fake_pci.queues[1].driver, other.driver);
	assert_int_equal(fake_pci.queues[1].device, other.device);
	assert_int_equal(fake_pci.queues[1].vector, 1);
	assert_int_equal(fake_pci.queues[1].enable, 1);

	/* back to the size that its register shows by itself */
	assert_int_equal(t->ops->queue_reset(t, 1), 0);
	other.size = fake_pci.queues[1].max;
	assert_int_equal(fake_pci.queues[1].size, other.size);
	assert_int_equal(t->ops->queue_setup(t, 1, &other), 0);
	assert_int_equal(fake_pci.queues[1].size, other.size);
}

static void
conf_06_queue_reset_is_verified_in_both_registers(void **state)
{
	(void)state;
	fake_pci.reset_leaves_enabled = true;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	assert_int_equal(t->ops->queue_reset(t, 0), -ETIMEDOUT);
}

static void
conf_07_sriov_only_with_the_capability(void **state)
{
	(void)state;
	fake_pci.offered |= F(VIRTIO_F_SR_IOV);
	negotiated(ALL);
	assert_false(virtio_device_has(&dev, VIRTIO_F_SR_IOV));

	pci_fixture_setup(state);
	fake_pci.offered |= F(VIRTIO_F_SR_IOV);
	fake_pci.cfg.size = sizeof(fake_pci.cfg.bytes);
	fake_cfg_put32(&fake_pci.cfg, 0x100, 0x00010000 | PCI_EXT_CAP_ID_SRIOV);
	negotiated(ALL);
	assert_true(virtio_device_has(&dev, VIRTIO_F_SR_IOV));
}

static void
conf_10_natural_widths_of_device_configuration(void **state)
{
	static const struct {
		uint32_t offset;
		uint32_t len;
		unsigned int accesses;
		unsigned int width;
	} cases[] = {
		{ 0, 1, 1, 1 }, { 3, 1, 1, 1 },
		{ 6, 2, 1, 2 }, { 10, 2, 1, 2 },
		{ 12, 4, 1, 4 }, { 20, 4, 1, 4 },
		{ 24, 8, 2, 4 },
		{ 0, 6, 6, 1 },  /* mac: six fields of one byte */
		{ 7, 2, 2, 1 }, { 6, 4, 4, 1 }, { 4, 3, 3, 1 }, { 2, 8, 8, 1 },
	};

	(void)state;
	negotiated(ALL);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t buf[8];

		fake_pci_forget();
		assert_int_equal(t->ops->read_config(t, cases[i].offset, buf, cases[i].len), 0);
		assert_int_equal(fake_pci.accesses, cases[i].accesses);
		for (unsigned int a = 0; a < fake_pci.accesses; a++)
			assert_int_equal(fake_pci.log[a].width, cases[i].width);
		for (uint32_t b = 0; b < cases[i].len; b++)
			assert_int_equal(buf[b], cases[i].offset + b + 1);
	}
}

static void
conf_10_addresses_as_two_halves(void **state)
{
	(void)state;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	/* the fake checks every width; here that nothing is left out */
	for (uint32_t reg = 32; reg < 56; reg += 4)
		assert_int_equal(fake_pci_count(reg, 4, true), 1);
	assert_int_equal(fake_pci.log[fake_pci_find(32, true, 0)].value, (uint32_t)good.desc);
	assert_int_equal(fake_pci.log[fake_pci_find(36, true, 0)].value, good.desc >> 32);
}

static void
conf_10_features_in_two_windows(void **state)
{
	uint64_t features;

	(void)state;
	fake_pci.offered = UINT64_C(0x8123456789abcdef);
	opened();
	assert_int_equal(t->ops->get_features(t, &features), 0);
	assert_int_equal(features, fake_pci.offered);
	assert_int_equal(t->ops->set_features(t, fake_pci.offered), 0);
	assert_int_equal(fake_pci.accepted, fake_pci.offered);
}

/** A whole life of a function: its configuration space is as it was. */
static void
conf_11_capabilities_are_only_read(void **state)
{
	struct fake_cfg before;

	(void)state;
	before = fake_pci.cfg;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_memory_equal(fake_pci.cfg.bytes, before.bytes, sizeof(before.bytes));
}

/** Its window is found, points to no structure of the driver's, and is not needed either. */
static void
conf_14_configuration_window_is_not_used(void **state)
{
	const uint8_t pos = cap_of(VIRTIO_PCI_CAP_PCI_CFG);

	(void)state;
	fake_cfg_put32(&fake_pci.cfg, pos + VIRTIO_PCI_CAP_OFFSET, 0x3f00);
	fake_cfg_put32(&fake_pci.cfg, pos + VIRTIO_PCI_CAP_LENGTH, 3);
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
	assert_int_equal(fake_pci_count(0x3f00, 0x100, true), 0);
	assert_int_equal(fake_pci_count(0x3f00, 0x100, false), 0);
	/* Without the capability everything is the same. */
	pci_fixture_setup(state);
	fake_pci.cfg.bytes[pos + 3] = 0xee;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
}

static void
conf_12_enable_comes_last(void **state)
{
	struct virtio_queue_setup q = good;
	int enable;

	(void)state;
	negotiated(ALL);
	q.size = 128;
	q.vector = 2;
	fake_pci_forget();
	assert_int_equal(t->ops->queue_setup(t, 2, &q), 0);
	enable = fake_pci_find(28, true, 0);
	assert_int_equal(fake_pci.log[enable].value, 1);
	assert_int_equal(fake_pci_count(28, 2, true), 1);
	assert_int_equal(enable, fake_pci.accesses - 1);
	for (uint32_t reg = 22; reg < 56; reg += 2)
		assert_true(fake_pci_find(reg, true, 0) <= enable);
	assert_true(fake_pci_find(24, true, 0) >= 0);
	assert_true(fake_pci_find(26, true, 0) >= 0);
}

static void
conf_12_size_is_written(void **state)
{
	struct virtio_queue_setup q = good;

	(void)state;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &q), 0);
	assert_int_equal(fake_pci_count(24, 2, true), 1);
	assert_int_equal(fake_pci.queues[0].size, q.size);
	q.size = 32;
	assert_int_equal(t->ops->queue_setup(t, 1, &q), 0);
	assert_int_equal(fake_pci_count(24, 2, true), 2);
	assert_int_equal(fake_pci.queues[1].size, 32);
}

static void
conf_12_sizes_that_are_never_written(void **state)
{
	static const uint16_t bad[] = { 0, 3, 100, 255, 512, 32768, 32769, 65535 };
	struct virtio_queue_setup q = good;

	(void)state;
	negotiated(ALL);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		q.size = bad[i];
		assert_int_equal(t->ops->queue_setup(t, 0, &q), -EINVAL);
	}
	assert_int_equal(fake_pci_count(24, 32, true), 0);

	/* packed rings are any size but 0 */
	pci_fixture_setup(state);
	fake_pci.offered |= F(VIRTIO_F_RING_PACKED);
	fake_pci.queues[0].max = fake_pci.queues[0].size = 1000;
	negotiated(ALL);
	q.size = 0;
	assert_int_equal(t->ops->queue_setup(t, 0, &q), -EINVAL);
	q.size = 999;
	assert_int_equal(t->ops->queue_setup(t, 0, &q), 0);
	assert_int_equal(fake_pci.queues[0].size, 999);
}

static void
conf_12_enabled_queue_is_left_alone(void **state)
{
	(void)state;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	fake_pci_forget();
	assert_int_equal(t->ops->queue_setup(t, 0, &good), -EALREADY);
	assert_int_equal(fake_pci_count(24, 40, true), 0);
}

static void
conf_12_queues_that_are_not_there(void **state)
{
	struct virtio_notifier n;
	uint16_t size;

	(void)state;
	negotiated(ALL);
	fake_pci_forget();
	for (uint32_t q = FAKE_PCI_QUEUES; q <= UINT16_MAX; q += 4093) {
		assert_int_equal(virtio_device_queue_max_size(&dev, (uint16_t)q, &size), -ENOENT);
		assert_int_equal(t->ops->queue_setup(t, (uint16_t)q, &good), -EINVAL);
		assert_int_equal(t->ops->queue_reset(t, (uint16_t)q), -EINVAL);
		assert_int_equal(t->ops->queue_notifier(t, (uint16_t)q, &n), -EINVAL);
	}
	assert_int_equal(fake_pci.accesses, 0);
	fake_pci.queues[1].size = 0;
	assert_int_equal(virtio_device_queue_max_size(&dev, 1, &size), -ENOENT);
	assert_int_equal(t->ops->queue_setup(t, 1, &good), -EINVAL);
}

static void
conf_13_isr_is_read_on_request_only(void **state)
{
	(void)state;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(fake_pci_count(FAKE_ISR, FAKE_REGION_LEN, false), 0);
	fake_pci.isr = VIRTIO_PCI_ISR_CONFIG | 1;
	assert_int_equal(t->ops->read_isr(t), VIRTIO_PCI_ISR_CONFIG | 1);
	assert_int_equal(t->ops->read_isr(t), 0);
}

/* Interrupts that wait all the time, before DRIVER_OK too: nothing but a question clears them. */
static void
fault_interrupts_at_any_time(void **state)
{
	(void)state;
	fake_pci.isr = VIRTIO_PCI_ISR_CONFIG | 1;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
	assert_int_equal(fake_pci.isr, VIRTIO_PCI_ISR_CONFIG | 1);
	for (unsigned int i = 0; i < 1000; i++) {
		fake_pci.isr = VIRTIO_PCI_ISR_CONFIG;
		assert_int_equal(t->ops->read_isr(t), VIRTIO_PCI_ISR_CONFIG);
	}
	assert_int_equal(fake_pci.config_vector, VIRTIO_NO_VECTOR);
	assert_int_equal(fake_pci.queues[0].vector, VIRTIO_NO_VECTOR);
	assert_int_equal(virtio_device_reset(&dev), 0);
}

static void
conf_15_vectors_within_the_table(void **state)
{
	struct virtio_queue_setup q = good;

	(void)state;
	negotiated(ALL);
	/* the table has three entries */
	assert_int_equal(t->ops->set_config_vector(t, 2), 0);
	assert_int_equal(fake_pci.config_vector, 2);
	fake_pci_forget();
	assert_int_equal(t->ops->set_config_vector(t, 3), -EINVAL);
	q.vector = 3;
	assert_int_equal(t->ops->queue_setup(t, 0, &q), -EINVAL);
	q.vector = 0xfffe;
	assert_int_equal(t->ops->queue_setup(t, 0, &q), -EINVAL);
	assert_int_equal(fake_pci_count(16, 2, true) + fake_pci_count(26, 2, true), 0);
	assert_int_equal(fake_pci.queues[0].enable, 0);
	/* unmapping works, too */
	assert_int_equal(t->ops->set_config_vector(t, VIRTIO_NO_VECTOR), 0);
	assert_int_equal(fake_pci.config_vector, VIRTIO_NO_VECTOR);
	assert_false(t->gone);
}

static void
conf_15_largest_and_smallest_table(void **state)
{
	struct virtio_queue_setup q = good;

	(void)state;
	fake_cfg_put16(&fake_pci.cfg, 0x40 + PCI_MSIX_FLAGS, 0x7ff);
	negotiated(ALL);
	q.vector = 0x7ff;
	assert_int_equal(t->ops->queue_setup(t, 0, &q), 0);
	assert_int_equal(fake_pci.queues[0].vector, 0x7ff);
	assert_int_equal(t->ops->set_config_vector(t, 0x800), -EINVAL);

	pci_fixture_setup(state);
	fake_cfg_put16(&fake_pci.cfg, 0x40 + PCI_MSIX_FLAGS, 0);
	negotiated(ALL);
	assert_int_equal(t->ops->set_config_vector(t, 0), 0);
	assert_int_equal(t->ops->set_config_vector(t, 1), -EINVAL);
}

static void
conf_15_no_msix_capability(void **state)
{
	struct virtio_queue_setup q = good;

	(void)state;
	fake_pci.cfg.bytes[0x40] = PCI_CAP_ID_PM;
	negotiated(ALL);
	assert_int_equal(t->ops->set_config_vector(t, VIRTIO_NO_VECTOR), 0);
	assert_int_equal(t->ops->set_config_vector(t, 0), -EINVAL);
	assert_int_equal(t->ops->queue_setup(t, 0, &q), 0);
	q.vector = 0;
	assert_int_equal(t->ops->queue_setup(t, 1, &q), -EINVAL);
	assert_int_equal(fake_pci_count(16, 2, true) + fake_pci_count(26, 2, true), 0);
}

static void
fault_vector_answered_with_no_vector(void **state)
{
	struct virtio_queue_setup q = good;

	(void)state;
	fake_pci.refuses_vectors = true;
	negotiated(ALL);
	assert_int_equal(t->ops->set_config_vector(t, 0), -EBUSY);
	q.vector = 1;
	assert_int_equal(t->ops->queue_setup(t, 0, &q), -EBUSY);
	assert_int_equal(fake_pci.queues[0].enable, 0);
	assert_false(t->gone);
	/* without one it works */
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
}

static void
fault_size_refused(void **state)
{
	struct virtio_queue_setup q = good;

	(void)state;
	fake_pci.refuses_sizes = true;
	negotiated(ALL);
	q.size = 64;
	assert_int_equal(t->ops->queue_setup(t, 0, &q), -ERANGE);
	assert_int_equal(fake_pci.queues[0].enable, 0);
	assert_true(unit_logged("256"));
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
}

static void
conf_19_conf_29_areas_are_aligned(void **state)
{
	static const struct {
		uint64_t desc, driver, device;
		int split, packed;
	} cases[] = {
		{ 0x1010, 0x2004, 0x3004, 0, 0 },
		{ 0x1010, 0x2002, 0x3004, 0, -EINVAL },
		{ 0x1008, 0x2004, 0x3004, -EINVAL, -EINVAL },
		{ 0x1010, 0x2001, 0x3004, -EINVAL, -EINVAL },
		{ 0x1010, 0x2004, 0x3002, -EINVAL, -EINVAL },
		{ 0x1001, 0x2004, 0x3004, -EINVAL, -EINVAL },
	};

	(void)state;
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		bool packed = i % 2 != 0;
		struct virtio_queue_setup q = good;

		pci_fixture_setup(state);
		if (packed)
			fake_pci.offered |= F(VIRTIO_F_RING_PACKED);
		negotiated(ALL);
		q.desc = cases[i / 2].desc;
		q.driver = cases[i / 2].driver;
		q.device = cases[i / 2].device;
		assert_int_equal(t->ops->queue_setup(t, 0, &q),
				 packed ? cases[i / 2].packed : cases[i / 2].split);
	}
}

static void
no_other_beginning_than_zero(void **state)
{
	struct virtio_queue_setup q = good;

	(void)state;
	negotiated(ALL);
	q.base = 1;
	assert_int_equal(t->ops->queue_setup(t, 0, &q), -EINVAL);
	q.base = 0;
	q.resume = true;
	assert_int_equal(t->ops->queue_setup(t, 0, &q), -EINVAL);
}

static void
conf_35_configuration_is_never_written(void **state)
{
	uint8_t mac[6] = { 0 };

	(void)state;
	negotiated(ALL);
	fake_pci_forget();
	assert_int_equal(t->ops->write_config(t, 0, mac, sizeof(mac)), -EPERM);
	assert_int_equal(fake_pci.accesses, 0);
}

static void
queue_reset_needs_its_feature(void **state)
{
	(void)state;
	negotiated(ALL & ~F(VIRTIO_F_RING_RESET));
	fake_pci_forget();
	assert_int_equal(t->ops->queue_reset(t, 0), -ENOTSUP);
	assert_int_equal(fake_pci.accesses, 0);
}

static void
fault_queue_reset_never_ends(void **state)
{
	int64_t begin = fake_clock_ns;

	(void)state;
	fake_pci.queue_reset_polls = FAKE_PCI_NEVER;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	assert_int_equal(t->ops->queue_reset(t, 0), -ETIMEDOUT);
	assert_true(fake_clock_ns - begin >= VIRTIO_RESET_TIMEOUT_MS * INT64_C(1000000));
	assert_true(unit_logged("queue 0"));
}

#define TEST(name) cmocka_unit_test_setup(name, pci_fixture_setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(open_reads_the_queue_count_only),
		TEST(queues_that_features_bring_are_seen),
		TEST(open_needs_its_bars),
		TEST(whole_life),
		TEST(conf_02_features_need_their_registers),
		TEST(conf_03_larger_configuration_is_accepted),
		TEST(conf_03_configuration_ends_where_the_structure_does),
		TEST(conf_06_queue_reset_and_full_set_up),
		TEST(conf_06_queue_reset_is_verified_in_both_registers),
		TEST(conf_07_sriov_only_with_the_capability),
		TEST(conf_10_natural_widths_of_device_configuration),
		TEST(conf_10_addresses_as_two_halves),
		TEST(conf_10_features_in_two_windows),
		TEST(conf_11_capabilities_are_only_read),
		TEST(conf_12_enable_comes_last),
		TEST(conf_12_size_is_written),
		TEST(conf_12_sizes_that_are_never_written),
		TEST(conf_12_enabled_queue_is_left_alone),
		TEST(conf_12_queues_that_are_not_there),
		TEST(conf_13_isr_is_read_on_request_only),
		TEST(conf_14_configuration_window_is_not_used),
		TEST(conf_15_vectors_within_the_table),
		TEST(fault_interrupts_at_any_time),
		TEST(conf_15_largest_and_smallest_table),
		TEST(conf_15_no_msix_capability),
		TEST(fault_vector_answered_with_no_vector),
		TEST(fault_size_refused),
		TEST(conf_19_conf_29_areas_are_aligned),
		TEST(no_other_beginning_than_zero),
		TEST(conf_35_configuration_is_never_written),
		TEST(queue_reset_needs_its_feature),
		TEST(fault_queue_reset_never_ends),
	};

	return cmocka_run_group_tests_name("pci_modern", tests, NULL, NULL);
}
