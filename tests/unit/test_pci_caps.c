/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_pci_caps.c - the capability walk over lists that are right, odd, and malicious. */
#include "unit.h"

#include "fake_cfg.h"
#include "virtio_spec.h"

static struct fake_cfg cfg;
static struct virtio_pci_layout layout;
static uint64_t bar_len[VIRTIO_PCI_NUM_BARS];

static int
setup(void **state)
{
	(void)state;
	unit_log_start();
	fake_cfg_init(&cfg);
	for (unsigned int i = 0; i < VIRTIO_PCI_NUM_BARS; i++)
		bar_len[i] = FAKE_BAR_LEN;
	memset(&layout, 0xaa, sizeof(layout));
	return 0;
}

static int
walk(void)
{
	const struct virtio_pci_host host = { .ctx = &cfg, .cfg_read = fake_cfg_read };

	return virtio_pci_walk(&host, bar_len, &layout);
}

/* Append what @p but leaves out of a usable set. */
static void
add_others(uint8_t but)
{
	if (but != VIRTIO_PCI_CAP_COMMON_CFG)
		fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_COMMON_CFG, 16, FAKE_BAR, FAKE_COMMON, 0x40);
	if (but != VIRTIO_PCI_CAP_NOTIFY_CFG)
		fake_cfg_notify(&cfg, FAKE_BAR, FAKE_NOTIFY, FAKE_REGION_LEN, 4);
	if (but != VIRTIO_PCI_CAP_ISR_CFG)
		fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_ISR_CFG, 16, FAKE_BAR, FAKE_ISR, 1);
}

static void
assert_region(const struct virtio_pci_region *r, uint8_t bar, uint32_t offset, uint32_t length)
{
	assert_true(r->present);
	assert_int_equal(r->bar, bar);
	assert_int_equal(r->offset, offset);
	assert_int_equal(r->length, length);
}

static void
typical_device(void **state)
{
	(void)state;
	fake_cfg_typical(&cfg);
	assert_int_equal(walk(), 0);
	assert_region(&layout.common, FAKE_BAR, FAKE_COMMON, FAKE_REGION_LEN);
	assert_region(&layout.notify, FAKE_BAR, FAKE_NOTIFY, FAKE_REGION_LEN);
	assert_region(&layout.isr, FAKE_BAR, FAKE_ISR, FAKE_REGION_LEN);
	assert_region(&layout.device, FAKE_BAR, FAKE_DEVICE, FAKE_REGION_LEN);
	assert_true(layout.pci_cfg.present);
	assert_int_equal(layout.pci_cfg.cap_pos, 0x4c);
	assert_int_equal(layout.notify_multiplier, 4);
	assert_true(layout.has_msix);
	assert_false(layout.msix_enabled);
	assert_int_equal(layout.msix_size, 3);
	assert_false(layout.has_sriov);
}

static void
device_structure_is_optional(void **state)
{
	(void)state;
	add_others(0);
	assert_int_equal(walk(), 0);
	assert_false(layout.device.present);
	assert_false(layout.pci_cfg.present);
	assert_false(layout.has_msix);
	assert_int_equal(layout.msix_size, 0);
}

static void
conf_11_reserved_types_ignored(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		if (type >= VIRTIO_PCI_CAP_COMMON_CFG && type <= VIRTIO_PCI_CAP_PCI_CFG)
			continue;
		setup(state);
		fake_cfg_virtio(&cfg, (uint8_t)type, 20, FAKE_BAR, 0, 0x100);
		assert_int_equal(walk(), -ENOENT);
		add_others(0);
		assert_int_equal(walk(), 0);
		assert_int_equal(layout.common.cap_pos, 0x54);
	}
}

static void
conf_11_shared_memory_and_vendor_data_ignored(void **state)
{
	(void)state;
	fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_SHARED_MEMORY_CFG, 24, 2, 0, 0x1000);
	fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_VENDOR_CFG, 16, 0xff, UINT32_MAX, UINT32_MAX);
	assert_int_equal(walk(), -ENOENT);
	add_others(0);
	assert_int_equal(walk(), 0);
}

static void
conf_11_reserved_bars_ignored(void **state)
{
	(void)state;
	for (unsigned int type = 1; type <= 5; type++) {
		for (unsigned int bar = 6; bar < 256; bar += 7) {
			setup(state);
			fake_cfg_virtio(&cfg, (uint8_t)type, 20, (uint8_t)bar, 0, 0x100);
			add_others((uint8_t)type);
			assert_int_equal(walk(), type <= 3 ? -EPROTO : 0);
			assert_false(layout.device.present);
			assert_false(layout.pci_cfg.present);
			if (type > 3)
				continue;
			/* the next instance serves */
			add_others((uint8_t)(type == 1 ? 2 : 1));
			add_others(3);
			assert_int_equal(walk(), 0);
		}
	}
}

static void
conf_11_first_usable_instance_is_taken(void **state)
{
	(void)state;
	fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_COMMON_CFG, 16, 1, 0x100, 0x40);
	add_others(0);
	fake_cfg_notify(&cfg, 2, 0x800, 0x100, 2);
	assert_int_equal(walk(), 0);
	assert_region(&layout.common, 1, 0x100, 0x40);
	assert_region(&layout.notify, FAKE_BAR, FAKE_NOTIFY, FAKE_REGION_LEN);
	assert_int_equal(layout.notify_multiplier, 4);
}

static void
conf_11_larger_capabilities_and_structures_accepted(void **state)
{
	uint8_t pos;

	(void)state;
	fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_COMMON_CFG, 40, FAKE_BAR, 0, UINT32_MAX);
	pos = fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_NOTIFY_CFG, 32, FAKE_BAR, 0x10000, 0x80000000);
	fake_cfg_put32(&cfg, pos + 16, 0x1000);
	fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_ISR_CFG, 24, FAKE_BAR, 0xffffffff, 0xffffffff);
	bar_len[FAKE_BAR] = UINT64_C(1) << 40;
	assert_int_equal(walk(), 0);
	assert_int_equal(layout.common.length, UINT32_MAX);
	assert_int_equal(layout.notify_multiplier, 0x1000);
	assert_int_equal(layout.isr.offset, UINT32_MAX);
}

static void
conf_15_msix_table_sizes(void **state)
{
	static const struct {
		uint16_t control;
		uint16_t size;
		bool enabled;
	} cases[] = {
		{ 0x0000, 1, false }, { 0x0001, 2, false }, { 0x07ff, 2048, false },
		{ 0x8000, 1, true }, { 0xffff, 2048, true }, { 0x4003, 4, false },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		fake_cfg_msix(&cfg, cases[i].control);
		fake_cfg_msix(&cfg, 0x55); /* a second one does not count */
		add_others(0);
		assert_int_equal(walk(), 0);
		assert_true(layout.has_msix);
		assert_int_equal(layout.msix_size, cases[i].size);
		assert_int_equal(layout.msix_enabled, cases[i].enabled);
	}
}

static void
conf_18_without_virtio_capabilities_it_is_legacy(void **state)
{
	(void)state;
	/* no list at all, though the pointer is there */
	fake_cfg_typical(&cfg);
	fake_cfg_put16(&cfg, PCI_STATUS, 0xffef);
	assert_int_equal(walk(), -ENOENT);
	/* a list without virtio */
	setup(state);
	fake_cfg_msix(&cfg, 2);
	fake_cfg_add(&cfg, PCI_CAP_ID_PM, 8);
	assert_int_equal(walk(), -ENOENT);
	assert_true(layout.has_msix);
	/* an empty one */
	setup(state);
	assert_int_equal(walk(), -ENOENT);
}

static void
conf_07_sriov_capability_is_found(void **state)
{
	(void)state;
	add_others(0);
	cfg.size = sizeof(cfg.bytes);
	fake_cfg_put32(&cfg, 0x100, 0x14010001);       /* AER, next at 0x140 */
	fake_cfg_put32(&cfg, 0x140, 0x00010010);       /* SR-IOV, last */
	assert_int_equal(walk(), 0);
	assert_true(layout.has_sriov);
	fake_cfg_put32(&cfg, 0x140, 0x00010011);
	assert_int_equal(walk(), 0);
	assert_false(layout.has_sriov);
}

static void
fault_sriov_search_ends(void **state)
{
	(void)state;
	add_others(0);
	cfg.size = sizeof(cfg.bytes);
	cfg.size = sizeof(cfg.bytes);
	fake_cfg_put32(&cfg, 0x100, 0x10010001); /* its own successor */
	assert_int_equal(walk(), 0);
	assert_false(layout.has_sriov);
	fake_cfg_put32(&cfg, 0x100, 0x0f010001); /* back into the conventional part */
	fake_cfg_put32(&cfg, 0x0f0, PCI_EXT_CAP_ID_SRIOV);
	assert_int_equal(walk(), 0);
	assert_false(layout.has_sriov);
	fake_cfg_put32(&cfg, 0x100, UINT32_MAX); /* nothing is there */
	assert_int_equal(walk(), 0);
	assert_false(layout.has_sriov);
	assert_true(cfg.reads < 3000);
}

static void
low_bits_of_pointers_are_masked(void **state)
{
	(void)state;
	fake_cfg_typical(&cfg);
	cfg.bytes[PCI_CAPABILITY_LIST] |= 3;
	for (uint8_t pos = 0x40; cfg.bytes[pos + 1] != 0; pos = cfg.bytes[pos + 1] & 0xfc)
		cfg.bytes[pos + 1] |= 2;
	assert_int_equal(walk(), 0);
	assert_true(layout.device.present);
	/* a last pointer of which only reserved bits are set ends the list, too */
	cfg.bytes[cfg.tail] = 3;
	assert_int_equal(walk(), 0);
	assert_false(unit_logged("list"));
}

static void
fault_list_loops(void **state)
{
	(void)state;
	/* at once, with nothing usable before */
	fake_cfg_add(&cfg, PCI_CAP_ID_PM, 8);
	cfg.bytes[0x41] = 0x40;
	assert_int_equal(walk(), -EPROTO);
	assert_true(unit_logged("loops"));
	/* over two, to the first */
	setup(state);
	fake_cfg_add(&cfg, PCI_CAP_ID_PM, 8);
	fake_cfg_msix(&cfg, 1);
	cfg.bytes[cfg.tail] = 0x42;
	assert_int_equal(walk(), -EPROTO);
	assert_true(cfg.reads < 100);
	/* what came before the loop counts */
	setup(state);
	fake_cfg_typical(&cfg);
	cfg.bytes[cfg.tail] = 0x40;
	assert_int_equal(walk(), 0);
	assert_true(unit_logged("loops"));
}

static void
fault_list_leads_into_the_header(void **state)
{
	(void)state;
	for (unsigned int pos = 4; pos < 0x40; pos++) {
		setup(state);
		cfg.bytes[PCI_CAPABILITY_LIST] = (uint8_t)pos;
		assert_int_equal(walk(), -EPROTO);
		assert_true(unit_logged("header"));
		setup(state);
		fake_cfg_typical(&cfg);
		cfg.bytes[cfg.tail] = (uint8_t)pos;
		assert_int_equal(walk(), 0);
	}
}

static void
fault_capability_at_the_end_of_the_space(void **state)
{
	(void)state;
	for (unsigned int pos = 0xec; pos < 0x100; pos += 4) {
		setup(state);
		add_others(VIRTIO_PCI_CAP_NOTIFY_CFG);
		cfg.next_free = (uint8_t)pos;
		cfg.bytes[cfg.tail] = (uint8_t)pos;
		cfg.bytes[pos] = PCI_CAP_ID_VNDR;
		cfg.bytes[pos + 1] = 0;
		cfg.bytes[pos + 2] = 20;
		cfg.bytes[pos + 3] = VIRTIO_PCI_CAP_NOTIFY_CFG;
		if (pos + 20 <= 0x100) {
			cfg.bytes[pos + 4] = FAKE_BAR;
			fake_cfg_put32(&cfg, pos + 8, FAKE_NOTIFY);
			fake_cfg_put32(&cfg, pos + 12, 0x100);
			fake_cfg_put32(&cfg, pos + 16, 2);
			assert_int_equal(walk(), 0);
		} else {
			assert_int_equal(walk(), -EPROTO);
			assert_true(unit_logged("too short"));
		}
	}
}

static void
fault_capability_too_short(void **state)
{
	static const uint8_t needed[] = { 0, 16, 20, 16, 16, 20 };

	(void)state;
	for (uint8_t type = 1; type <= 5; type++) {
		for (uint8_t len = 0; len <= needed[type]; len++) {
			bool ok = len == needed[type];
			struct virtio_pci_region *const found[] = {
				NULL, &layout.common, &layout.notify, &layout.isr, &layout.device,
				&layout.pci_cfg,
			};

			setup(state);
			fake_cfg_virtio(&cfg, type, len, FAKE_BAR, 0, 0x100);
			add_others(type);
			assert_int_equal(walk(), ok || type > 3 ? 0 : -EPROTO);
			assert_int_equal(found[type]->present, ok);
		}
	}
}

static void
fault_structure_too_short_or_misaligned(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t offset;
		uint32_t length;
		bool usable;
	} cases[] = {
		{ 1, 0, 55, false }, { 1, 0, 56, true }, { 1, 4, 64, true }, { 1, 2, 64, false },
		{ 1, 1, 64, false }, { 1, 0, 0, false },
		{ 2, 0, 0, false }, { 2, 0, 1, false }, { 2, 2, 2, true }, { 2, 1, 2, false },
		{ 2, 3, 64, false },
		{ 3, 3, 1, true }, { 3, 0, 0, false },
		{ 4, 0, 0, false }, { 4, 8, 1, true }, { 4, 2, 64, false }, { 4, 1, 64, false },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct virtio_pci_region *const found[] = {
			NULL, &layout.common, &layout.notify, &layout.isr, &layout.device,
		};

		setup(state);
		fake_cfg_virtio(&cfg, cases[i].type, 20, FAKE_BAR, cases[i].offset,
				cases[i].length);
		add_others(cases[i].type);
		assert_int_equal(walk(), cases[i].usable || cases[i].type == 4 ? 0 : -EPROTO);
		assert_int_equal(found[cases[i].type]->present, cases[i].usable);
	}
}

static void
fault_structure_past_its_bar(void **state)
{
	static const struct {
		uint32_t offset;
		uint32_t length;
		bool usable;
	} cases[] = {
		{ FAKE_BAR_LEN - 0x40, 0x40, true },
		{ FAKE_BAR_LEN - 0x40, 0x41, false },
		{ FAKE_BAR_LEN, 0x40, false },
		{ 0, FAKE_BAR_LEN, true },
		{ 0, FAKE_BAR_LEN + 1, false },
		{ 0xfffffffc, 0x40, false }, /* wraps to the front in 32 bits */
		{ 0xffffffc0, 0x40, false }, /* to exactly 0 */
		{ 0x10, 0xfffffff0, false },
		{ 0x40, UINT32_MAX, false },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_COMMON_CFG, 16, FAKE_BAR, cases[i].offset,
				cases[i].length);
		add_others(VIRTIO_PCI_CAP_COMMON_CFG);
		assert_int_equal(walk(), cases[i].usable ? 0 : -EPROTO);
	}
}

static void
lengths_unknown_ranges_unchecked(void **state)
{
	const struct virtio_pci_host host = { .ctx = &cfg, .cfg_read = fake_cfg_read };

	(void)state;
	fake_cfg_virtio(&cfg, VIRTIO_PCI_CAP_COMMON_CFG, 16, FAKE_BAR, 0x7ffffffc, UINT32_MAX);
	add_others(VIRTIO_PCI_CAP_COMMON_CFG);
	assert_int_equal(virtio_pci_walk(&host, NULL, &layout), 0);
	assert_int_equal(layout.common.offset, 0x7ffffffc);
}

static void
fault_notify_multiplier(void **state)
{
	static const struct {
		uint32_t multiplier;
		bool usable;
	} cases[] = {
		{ 0, true }, { 1, false }, { 2, true }, { 3, false }, { 4, true }, { 6, false },
		{ 12, false }, { 4096, true }, { 4097, false }, { 0x80000000, true },
		{ 0xfffffffe, false }, { UINT32_MAX, false },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		fake_cfg_notify(&cfg, FAKE_BAR, FAKE_NOTIFY, 0x100, cases[i].multiplier);
		add_others(VIRTIO_PCI_CAP_NOTIFY_CFG);
		assert_int_equal(walk(), cases[i].usable ? 0 : -EPROTO);
		if (cases[i].usable) {
			assert_int_equal(layout.notify_multiplier, cases[i].multiplier);
			continue;
		}
		/* the next instance, whose multiplier is not mixed with the first one's */
		fake_cfg_notify(&cfg, FAKE_BAR, FAKE_NOTIFY, 0x200, 8);
		assert_int_equal(walk(), 0);
		assert_int_equal(layout.notify_multiplier, 8);
		assert_int_equal(layout.notify.length, 0x200);
	}
}

static void
unmapped_bar_falls_back_to_the_next_instance(void **state)
{
	(void)state;
	bar_len[0] = 0; /* an I/O BAR, say */
	fake_cfg_notify(&cfg, 0, 0, 0x100, 0);
	add_others(VIRTIO_PCI_CAP_NOTIFY_CFG);
	assert_int_equal(walk(), -ENXIO);
	assert_true(unit_logged("not mapped"));
	fake_cfg_notify(&cfg, FAKE_BAR, FAKE_NOTIFY, 0x100, 4);
	assert_int_equal(walk(), 0);
	assert_region(&layout.notify, FAKE_BAR, FAKE_NOTIFY, 0x100);
}

static void
fault_short_and_failing_reads(void **state)
{
	unsigned int reads;

	(void)state;
	fake_cfg_typical(&cfg);
	assert_int_equal(walk(), 0);
	/* the last read is the search for SR-IOV, that a conventional device does not answer */
	reads = cfg.reads - 1;
	for (unsigned int i = 1; i <= reads; i++) {
		static const int answers[] = { 0, -EIO, -EACCES };

		for (unsigned int a = 0; a < ARRAY_SIZE(answers); a++) {
			fake_cfg_typical(&cfg);
			cfg.fail_read = i;
			cfg.fail_with = answers[a];
			assert_int_equal(walk(), answers[a] == 0 ? -EIO : answers[a]);
			assert_int_equal(cfg.reads, i);
		}
	}
	/* 15 of 16 bytes of a capability */
	fake_cfg_init(&cfg);
	add_others(0);
	cfg.fail_read = 6;
	cfg.fail_with = 15;
	assert_int_equal(walk(), -EIO);
}

static void
fault_nothing_answers(void **state)
{
	(void)state;
	memset(cfg.bytes, 0xff, sizeof(cfg.bytes));
	assert_int_equal(walk(), -ENODEV);
	assert_int_equal(cfg.reads, 1);
}

static void
fault_random_spaces(void **state)
{
	uint64_t seed = 11;
	unsigned int found = 0;

	(void)state;
	for (int n = 0; n < 30000; n++) {
		const struct virtio_pci_region *const regions[] = {
			&layout.common, &layout.notify, &layout.isr, &layout.device,
		};
		int rc;

		fake_cfg_typical(&cfg);
		/* a few bytes of a good list, or all of it, are replaced */
		for (uint64_t i = unit_random(&seed) % (n % 8 == 0 ? 512 : 12); i > 0; i--)
			cfg.bytes[0x34 + unit_random(&seed) % 0xcc] = (uint8_t)unit_random(&seed);
		rc = walk();
		assert_true(rc == 0 || rc == -EPROTO || rc == -ENOENT);
		assert_true(cfg.reads < 1000);
		found += rc == 0;
		for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++) {
			if (!regions[i]->present)
				continue;
			assert_true(regions[i]->bar < VIRTIO_PCI_NUM_BARS);
			assert_true((uint64_t)regions[i]->offset + regions[i]->length <=
				    FAKE_BAR_LEN);
		}
	}
	/* the seeds do reach both outcomes */
	assert_true(found > 1000 && found < 29000);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(typical_device),
		TEST(device_structure_is_optional),
		TEST(conf_07_sriov_capability_is_found),
		TEST(conf_11_reserved_types_ignored),
		TEST(conf_11_shared_memory_and_vendor_data_ignored),
		TEST(conf_11_reserved_bars_ignored),
		TEST(conf_11_first_usable_instance_is_taken),
		TEST(conf_11_larger_capabilities_and_structures_accepted),
		TEST(conf_15_msix_table_sizes),
		TEST(conf_18_without_virtio_capabilities_it_is_legacy),
		TEST(fault_sriov_search_ends),
		TEST(low_bits_of_pointers_are_masked),
		TEST(fault_list_loops),
		TEST(fault_list_leads_into_the_header),
		TEST(fault_capability_at_the_end_of_the_space),
		TEST(fault_capability_too_short),
		TEST(fault_structure_too_short_or_misaligned),
		TEST(fault_structure_past_its_bar),
		TEST(lengths_unknown_ranges_unchecked),
		TEST(fault_notify_multiplier),
		TEST(unmapped_bar_falls_back_to_the_next_instance),
		TEST(fault_short_and_failing_reads),
		TEST(fault_nothing_answers),
		TEST(fault_random_spaces),
	};

	return cmocka_run_group_tests_name("pci_caps", tests, NULL, NULL);
}
