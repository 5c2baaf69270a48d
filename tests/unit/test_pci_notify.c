/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_pci_notify.c - how a queue of a modern PCI device is notified. */
#include "unit.h"

#include "features.h"
#include "pci_fixture.h"
#include "virtio_spec.h"

static void
conf_02_notification_data_needs_room(void **state)
{
	static const struct {
		uint32_t offset;
		uint32_t length;
		uint32_t multiplier;
		bool allowed;
	} cases[] = {
		{ 0x3000, 0x1000, 4, true }, { 0x3000, 0x1000, 0, true },
		{ 0x3000, 0x1000, 8, true }, { 0x3000, 4, 0, true },
		{ 0x3000, 0x1000, 2, false }, { 0x3002, 0x100, 4, false },
		{ 0x3000, 2, 0, false }, { 0x3000, 3, 0, false },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bit = F(VIRTIO_F_NOTIFICATION_DATA);
		uint8_t pos;

		pci_fixture_setup(state);
		fake_pci.offered |= bit;
		pos = cap_of(VIRTIO_PCI_CAP_NOTIFY_CFG);
		fake_cfg_put32(&fake_pci.cfg, pos + VIRTIO_PCI_CAP_OFFSET, cases[i].offset);
		set_length(VIRTIO_PCI_CAP_NOTIFY_CFG, cases[i].length);
		set_multiplier(cases[i].multiplier);
		negotiated(ALL);
		assert_int_equal(dev.accepted & bit, cases[i].allowed ? bit : 0);
	}
}

static void
conf_04_setting_up_sends_no_notification(void **state)
{
	struct virtio_notifier n;

	(void)state;
	negotiated(ALL);
	assert_int_equal(t->ops->queue_setup(t, 0, &good), 0);
	assert_int_equal(t->ops->queue_notifier(t, 0, &n), 0);
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
	assert_int_equal(fake_pci_count(FAKE_NOTIFY, FAKE_REGION_LEN, true), 0);
}

/* The access of one kick of queue @p q. */
static struct fake_access
kick(uint16_t q, uint16_t next)
{
	struct virtio_notifier n;

	assert_int_equal(t->ops->queue_notifier(t, q, &n), 0);
	fake_pci_forget();
	n.kick(&n, next);
	assert_int_equal(fake_pci.accesses, 1);
	assert_true(fake_pci.log[0].write);
	return fake_pci.log[0];
}

static void
kickable(uint64_t more)
{
	fake_pci.offered |= more;
	negotiated(ALL);
	assert_int_equal(dev.accepted & more, more);
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
}

static void
conf_16_notification_is_the_index_in_16_bits(void **state)
{
	(void)state;
	kickable(0);
	for (uint16_t q = 0; q < FAKE_PCI_QUEUES; q++) {
		struct fake_access a = kick(q, 0xbeef);

		assert_int_equal(a.offset, FAKE_NOTIFY + q * 4);
		assert_int_equal(a.width, 2);
		assert_int_equal(a.value, q);
	}
}

static void
conf_16_notification_data_in_32_bits(void **state)
{
	struct fake_access a;

	(void)state;
	kickable(F(VIRTIO_F_NOTIFICATION_DATA));
	a = kick(2, 0x8123); /* next_off 0x123, next_wrap 1 */
	assert_int_equal(a.width, 4);
	assert_int_equal(a.value, 0x81230002);
	assert_int_equal(a.offset, FAKE_NOTIFY + 8);
}

static void
conf_16_notif_config_data_replaces_the_index(void **state)
{
	struct fake_access a;

	(void)state;
	kickable(F(VIRTIO_F_NOTIF_CONFIG_DATA));
	a = kick(3, 9);
	assert_int_equal(a.width, 2);
	assert_int_equal(a.value, 0x103);

	pci_fixture_setup(state);
	kickable(F(VIRTIO_F_NOTIF_CONFIG_DATA) | F(VIRTIO_F_NOTIFICATION_DATA));
	a = kick(3, 9);
	assert_int_equal(a.width, 4);
	assert_int_equal(a.value, 0x00090103);
}

static void
conf_16_multiplier_zero_is_one_register_for_all(void **state)
{
	(void)state;
	set_multiplier(0);
	fake_pci.queues[1].notify_off = 0xfffe;
	kickable(0);
	assert_int_equal(kick(0, 0).offset, FAKE_NOTIFY);
	assert_int_equal(kick(1, 0).offset, FAKE_NOTIFY);
}

static void
fault_notification_past_its_structure(void **state)
{
	static const struct {
		uint32_t length;
		uint32_t multiplier;
		uint16_t off;
		bool fits16;
		bool fits32;
	} cases[] = {
		{ 0x100, 4, 63, true, true },      /* ends with the structure */
		{ 0xfe, 4, 63, true, false },      /* 32 bits would not */
		{ 0xfd, 4, 63, false, false },
		{ 0x100, 4, 64, false, false },
		{ 0x1000, 0x10000, 1, false, false },
		{ 0x1000, 0x10000, 0xffff, false, false },
		{ 0x1000, 0x80000000, 2, false, false }, /* 0 in 32 bits */
		{ 0x1000, 4, 0xffff, false, false },
	};

	(void)state;
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		bool with_data = i % 2 != 0;
		bool fits = with_data ? cases[i / 2].fits32 : cases[i / 2].fits16;
		struct virtio_notifier n = { .data = 4711 };

		pci_fixture_setup(state);
		set_length(VIRTIO_PCI_CAP_NOTIFY_CFG, cases[i / 2].length);
		set_multiplier(cases[i / 2].multiplier);
		fake_pci.queues[0].notify_off = cases[i / 2].off;
		kickable(with_data ? F(VIRTIO_F_NOTIFICATION_DATA) : 0);
		assert_int_equal(t->ops->queue_notifier(t, 0, &n), fits ? 0 : -EPROTO);
		if (fits)
			n.kick(&n, 0);
		else
			assert_null(n.kick);
		assert_false(t->gone);
	}
}

static void
foreign_kick(const struct virtio_notifier *n, uint16_t next)
{
	(void)n;
	(void)next;
	fail_msg("another process's function");
}

/* What another process got works here: the same access, by a function of this process. */
static void
notifier_of_another_process(void **state)
{
	for (unsigned int with_data = 0; with_data < 2; with_data++) {
		struct virtio_notifier n;
		struct fake_access ours;

		pci_fixture_setup(state);
		kickable(with_data ? F(VIRTIO_F_NOTIFICATION_DATA) : 0);
		ours = kick(1, 7);
		assert_int_equal(t->ops->queue_notifier(t, 1, &n), 0);
		n.kick = foreign_kick;
		virtio_pci_modern_notifier_here((const struct virtio_pci_modern *)t, &n);
		fake_pci_forget();
		n.kick(&n, 7);
		assert_int_equal(fake_pci.accesses, 1);
		assert_memory_equal(&fake_pci.log[0], &ours, sizeof(ours));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, pci_fixture_setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(conf_02_notification_data_needs_room),
		TEST(conf_04_setting_up_sends_no_notification),
		TEST(conf_16_notification_is_the_index_in_16_bits),
		TEST(conf_16_notification_data_in_32_bits),
		TEST(conf_16_notif_config_data_replaces_the_index),
		TEST(conf_16_multiplier_zero_is_one_register_for_all),
		TEST(fault_notification_past_its_structure),
		TEST(notifier_of_another_process),
	};

	return cmocka_run_group_tests_name("pci_notify", tests, NULL, NULL);
}
