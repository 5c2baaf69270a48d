/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_pci_gone.c - a PCI function that is unplugged, and what only looks like it. */
#include "unit.h"

#include "features.h"
#include "pci_fixture.h"
#include "virtio_spec.h"

/* Every operation once, as far as it goes; the first error. */
static int
everything(void)
{
	struct virtio_notifier n;
	uint8_t mac[6];
	uint16_t size;
	int rc;

	rc = virtio_pci_modern_open(&pci, &fake_pci.host);
	if (rc != 0)
		return rc;
	virtio_device_init(&dev, t);
	rc = virtio_device_negotiate(&dev, ALL, 0);
	if (rc == 0)
		rc = virtio_device_read_config(&dev, 0, mac, sizeof(mac));
	if (rc == 0)
		rc = t->ops->set_config_vector(t, 0);
	if (rc == 0)
		rc = virtio_device_queue_max_size(&dev, 0, &size);
	if (rc == 0)
		rc = t->ops->queue_setup(t, 0, &good);
	if (rc == 0)
		rc = t->ops->queue_notifier(t, 0, &n);
	if (rc == 0)
		rc = virtio_device_driver_ok(&dev);
	if (rc != 0)
		return rc;
	n.kick(&n, 1);
	t->ops->read_isr(t);
	rc = t->ops->queue_reset(t, 0);
	return rc != 0 ? rc : virtio_device_reset(&dev);
}

static void
fault_unplugged_at_every_access(void **state)
{
	unsigned int all;

	(void)state;
	fake_pci.offered |= F(VIRTIO_F_NOTIF_CONFIG_DATA);
	assert_int_equal(everything(), 0);
	all = fake_pci.accesses;
	assert_true(all > 50);
	for (unsigned int i = 1; i <= all; i++) {
		pci_fixture_setup(state);
		fake_pci.offered |= F(VIRTIO_F_NOTIF_CONFIG_DATA);
		fake_pci.gone_after = i;
		assert_int_equal(everything(), -ENODEV);
		assert_true(t->gone);
		assert_true(unit_logged("went away"));
		/* no loop, and afterwards no access */
		assert_true(fake_pci.accesses <= all + 8);
		fake_pci_forget();
		assert_int_equal(virtio_device_reset(&dev), -ENODEV);
		assert_int_equal(t->ops->queue_setup(t, 0, &good), -ENODEV);
		assert_int_equal(t->ops->set_config_vector(t, 0), -ENODEV);
		assert_int_equal(t->ops->read_isr(t), 0);
		assert_int_equal(fake_pci.accesses, 0);
	}
}

static void
fault_unplugged_before_each_operation(void **state)
{
	struct virtio_notifier n;
	uint32_t generation;
	uint64_t features;
	uint16_t size;
	uint8_t byte;

	(void)state;
	for (unsigned int op = 0; op < 8; op++) {
		int rc = 0;

		pci_fixture_setup(state);
		negotiated(ALL);
		fake_pci.gone = true;
		switch (op) {
		case 0: rc = t->ops->get_features(t, &features); break;
		case 1: rc = t->ops->queue_max_size(t, 0, &size); break;
		case 2: rc = t->ops->queue_setup(t, 0, &good); break;
		case 3: rc = t->ops->queue_reset(t, 0); break;
		case 4: rc = t->ops->queue_notifier(t, 0, &n); break;
		case 5: rc = t->ops->set_config_vector(t, 1); break;
		case 6: rc = t->ops->read_isr(t) == 0 ? -ENODEV : 0; break;
		case 7: rc = virtio_pci_modern_open(&pci, &fake_pci.host); break;
		}
		assert_int_equal(rc, -ENODEV);
		assert_true(t->gone);
		fake_pci_forget();
		assert_int_equal(t->ops->get_status(t, &byte), -ENODEV);
		assert_int_equal(t->ops->set_status(t, 1), -ENODEV);
		assert_int_equal(t->ops->get_features(t, &features), -ENODEV);
		assert_int_equal(t->ops->set_features(t, 0), -ENODEV);
		assert_int_equal(t->ops->read_config(t, 0, &byte, 1), -ENODEV);
		assert_int_equal(t->ops->get_generation(t, &generation), -ENODEV);
		assert_int_equal(fake_pci.accesses, 0);
	}
}

static void
odd_values_are_not_taken_for_an_absent_device(void **state)
{
	uint64_t features;
	uint16_t size;

	(void)state;
	fake_pci.num_queues = 0xffff;
	opened();
	assert_false(t->gone);
	fake_pci.offered = UINT64_MAX;
	assert_int_equal(t->ops->get_features(t, &features), 0);
	fake_pci.queues[0].size = 0xffff;
	assert_int_equal(t->ops->queue_max_size(t, 0, &size), 0);
	assert_int_equal(size, 0xffff);
	fake_pci.isr = 0xff;
	assert_int_equal(t->ops->read_isr(t), 0xff);
	assert_false(t->gone);
}

/* In QEMU's guests nothing is there but zeros, also while a reset is waited for. */
static void
fault_unplugged_and_zero(void **state)
{
	uint8_t status;

	for (unsigned int reset = 0; reset < 2; reset++) {
		pci_fixture_setup(state);
		negotiated(ALL);
		assert_int_equal(virtio_device_driver_ok(&dev), 0);
		fake_pci.gone = true;
		fake_pci.gone_is_zero = true;
		if (reset)
			assert_int_equal(virtio_device_reset(&dev), -ENODEV);
		else
			assert_true(virtio_device_needs_reset(&dev));
		assert_true(t->gone);
		assert_true(unit_logged("went away"));
		fake_pci_forget();
		assert_int_equal(t->ops->get_status(t, &status), -ENODEV);
		assert_int_equal(fake_pci.accesses, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, pci_fixture_setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fault_unplugged_at_every_access),
		TEST(fault_unplugged_before_each_operation),
		TEST(fault_unplugged_and_zero),
		TEST(odd_values_are_not_taken_for_an_absent_device),
	};

	return cmocka_run_group_tests_name("pci_gone", tests, NULL, NULL);
}
