/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_mmio.c - the register accesses as the library has them: width and byte order in memory. */
#include "unit.h"

#include "fake_cfg.h"
#include "mmio.h"
#include "pci.h"
#include "virtio_spec.h"

static struct {
	struct fake_cfg cfg;
	uint8_t bar[FAKE_BAR_LEN] __attribute__((aligned(4096)));
} function;

static int
map_bar(void *ctx, unsigned int bar, void **addr, uint64_t *len)
{
	assert_ptr_equal(ctx, &function.cfg);
	if (bar != FAKE_BAR)
		return -ENOENT;
	*addr = function.bar;
	*len = sizeof(function.bar);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	memset(&function, 0, sizeof(function));
	memset(function.bar, 0x5a, sizeof(function.bar));
	fake_cfg_typical(&function.cfg);
	return 0;
}

static void
conf_10_little_endian_and_no_byte_more(void **state)
{
	static const uint8_t expected[] = {
		0x5a, 0x11, 0x34, 0x12, 0xef, 0xcd, 0xab, 0x89, 0x5a, 0x5a,
	};
	uint8_t *reg = function.bar;

	(void)state;
	virtio_mmio_write8(reg + 1, 0x11);
	virtio_mmio_write16(reg + 2, 0x1234);
	virtio_mmio_write32(reg + 4, 0x89abcdef);
	assert_memory_equal(reg, expected, sizeof(expected));
	assert_int_equal(virtio_mmio_read8(reg + 1), 0x11);
	assert_int_equal(virtio_mmio_read16(reg + 2), 0x1234);
	assert_int_equal(virtio_mmio_read32(reg + 4), 0x89abcdef);
}

static void
conf_16_kicks_in_memory(void **state)
{
	const struct virtio_pci_host host = { &function.cfg, fake_cfg_read, map_bar };
	struct virtio_pci_modern pci;
	struct virtio_notifier n;
	static const uint8_t kick16[] = { 0x02, 0x00, 0x5a, 0x5a, 0x5a };
	static const uint8_t kick32[] = { 0x02, 0x00, 0x67, 0x45, 0x5a };

	(void)state;
	function.bar[18] = 8; /* num_queues */
	function.bar[19] = 0;
	function.bar[30] = 3; /* queue_notify_off */
	function.bar[31] = 0;
	assert_int_equal(virtio_pci_modern_open(&pci, &host), 0);
	assert_int_equal(pci.base.num_queues, 8);

	assert_int_equal(pci.base.ops->queue_notifier(&pci.base, 2, &n), 0);
	assert_ptr_equal(n.addr, function.bar + FAKE_NOTIFY + 3 * 4);
	n.kick(&n, 0x4567);
	assert_memory_equal(function.bar + FAKE_NOTIFY + 12, kick16, sizeof(kick16));
	assert_int_equal(function.bar[22] | function.bar[23] << 8, 2); /* queue_select */

	pci.base.features = UINT64_C(1) << VIRTIO_F_NOTIFICATION_DATA;
	assert_int_equal(pci.base.ops->queue_notifier(&pci.base, 2, &n), 0);
	n.kick(&n, 0x4567);
	assert_memory_equal(function.bar + FAKE_NOTIFY + 12, kick32, sizeof(kick32));
	assert_int_equal(function.bar[FAKE_NOTIFY + 11], 0x5a);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(conf_10_little_endian_and_no_byte_more),
		TEST(conf_16_kicks_in_memory),
	};

	return cmocka_run_group_tests_name("mmio", tests, NULL, NULL);
}
