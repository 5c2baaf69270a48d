/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_pci_legacy.c - the legacy PCI transport against a function whose registers act. */
#include "unit.h"

#include "device.h"
#include "fake_clock.h"
#include "fake_ports.h"
#include "features.h"
#include "virtio_spec.h"
#include "vring_split.h"

#define F(bit) VIRTIO_FEATURE(bit)

static struct fake_ports fake;
static struct virtio_pci_legacy pci;
static struct virtio_transport *const t = &pci.base;
static struct virtio_device dev;

static int
setup(void **state)
{
	(void)state;
	unit_log_start();
	fake_ports_init(&fake);
	return 0;
}

static void
opened(void)
{
	assert_int_equal(virtio_pci_legacy_open(&pci, &fake.host, &fake.ports), 0);
	virtio_device_init(&dev, t);
}

static void
negotiated(void)
{
	opened();
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, F(VIRTIO_F_ANY_LAYOUT)), 0);
}

/* A queue as the standard lays it out. */
static struct virtio_queue_setup
ring(uint64_t addr, uint16_t size)
{
	return (struct virtio_queue_setup){
		.size = size,
		.vector = VIRTIO_NO_VECTOR,
		.desc = addr,
		.driver = addr + 16u * size,
		.device = (addr + 16u * size + 2 * (3 + size) + 4095) & ~UINT64_C(4095),
	};
}

static void
open_counts_queues_and_writes_nothing_else(void **state)
{
	(void)state;
	opened();
	assert_true(t->legacy);
	assert_int_equal(t->num_queues, 3);
	assert_int_equal(fake.writes, 4);
	assert_int_equal(fake.accesses, 8);
	assert_int_equal(fake.status, 0);
}

static void
conf_18_only_a_function_with_the_interface_is_opened(void **state)
{
	(void)state;
	fake.cfg.bytes[PCI_REVISION_ID] = 1;
	assert_int_equal(virtio_pci_legacy_open(&pci, &fake.host, &fake.ports), -ENOTSUP);
	setup(state);
	fake.ports.len = 23;
	assert_int_equal(virtio_pci_legacy_open(&pci, &fake.host, &fake.ports), -ENOTSUP);
	setup(state);
	fake.cfg.fail_read = 1;
	fake.cfg.fail_with = -EACCES;
	assert_int_equal(virtio_pci_legacy_open(&pci, &fake.host, &fake.ports), -EACCES);
	setup(state);
	fake_cfg_put16(&fake.cfg, PCI_STATUS, 0xffff);
	assert_int_equal(virtio_pci_legacy_open(&pci, &fake.host, &fake.ports), -ENODEV);
	assert_int_equal(fake.accesses, 0);
}

static void
conf_18_without_any_capability(void **state)
{
	(void)state;
	fake_cfg_put16(&fake.cfg, PCI_STATUS, 0);
	negotiated();
	assert_int_equal(t->ops->set_config_vector(t, VIRTIO_NO_VECTOR), 0);
	assert_int_equal(t->ops->set_config_vector(t, 0), -EINVAL);
}

static void
fault_endless_queues_end(void **state)
{
	(void)state;
	fake.endless = true;
	opened();
	assert_int_equal(t->num_queues, UINT16_MAX);
}

static void
conf_08_whole_life(void **state)
{
	struct virtio_notifier n;
	uint16_t size;

	(void)state;
	negotiated();
	/* 6.3: bit 30 is not for drivers; no FEATURES_OK, the fake sees to that */
	assert_int_equal(fake.accepted, fake.offered & ~F(VIRTIO_F_UNUSED));
	assert_int_equal(dev.accepted, fake.accepted);
	assert_int_equal(t->num_queues, FAKE_PORTS_QUEUES);
	for (uint16_t q = 0; q < t->num_queues; q++) {
		struct virtio_queue_setup s;

		assert_int_equal(virtio_device_queue_max_size(&dev, q, &size), 0);
		assert_int_equal(size, q < 4 ? 256 : 64);
		s = ring(0x7000000 + 0x10000 * q, size);
		assert_int_equal(t->ops->queue_setup(t, q, &s), 0);
		assert_int_equal(fake.queues[q].page, 0x7000 + 0x10 * q);
		assert_int_equal(t->ops->queue_setup(t, q, &s), -EALREADY);
	}
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
	assert_int_equal(fake.status, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
			 VIRTIO_CONFIG_S_DRIVER_OK);
	assert_int_equal(t->ops->queue_notifier(t, 3, &n), 0);
	n.kick(&n, 17);
	n.kick(&n, 18);
	assert_int_equal(fake.queues[3].kicks, 2);
	fake.isr = VIRTIO_PCI_ISR_CONFIG;
	assert_int_equal(t->ops->read_isr(t), VIRTIO_PCI_ISR_CONFIG);
	assert_int_equal(t->ops->read_isr(t), 0);
	assert_int_equal(t->ops->queue_reset(t, 0), -ENOTSUP);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(fake.queues[0].page, 0);
	t->ops->close(t);
	fake.accesses = 0;
	assert_int_equal(virtio_device_reset(&dev), -ENODEV);
	assert_int_equal(fake.accesses, 0);
}

static void
conf_47_any_layout_can_be_required(void **state)
{
	(void)state;
	fake.offered &= ~F(VIRTIO_F_ANY_LAYOUT);
	opened();
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, F(VIRTIO_F_ANY_LAYOUT)),
			 -ENOTSUP);
	assert_true(unit_logged("ANY_LAYOUT"));
	assert_true(fake.status & VIRTIO_CONFIG_S_FAILED);
	assert_int_equal(t->ops->set_features(t, F(VIRTIO_F_VERSION_1)), -EINVAL);
}

static void
conf_08_rings_have_the_size_and_place_of_the_registers(void **state)
{
	struct virtio_queue_setup s;

	(void)state;
	negotiated();
	s = ring(0x7000000, 128);
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -ERANGE);
	s = ring(0x7000000, 512);
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -ERANGE);
	s = ring(0x7000000, 256);
	assert_int_equal(t->ops->queue_setup(t, 5, &s), -EINVAL);
	s = ring(0x7000800, 256);
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -EINVAL);
	s = ring(0, 256);
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -EINVAL);
	s = ring(0x7000000, 256);
	s.device += 4096;
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -EINVAL);
	s = ring(0x7000000, 256);
	s.driver += 2;
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -EINVAL);
	s = ring(0x7000000, 256);
	s.resume = true;
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -EINVAL);
	/* the last page that 32 bits can name, and the one behind it */
	s = ring(VIRTIO_PCI_LEGACY_ADDR_END, 256);
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -EINVAL);
	assert_true(unit_logged("out of the device's reach"));
	assert_int_equal(fake.queues[0].page, 0);
	s = ring(VIRTIO_PCI_LEGACY_ADDR_END - 4096, 256);
	assert_int_equal(t->ops->queue_setup(t, 0, &s), 0);
	assert_int_equal(fake.queues[0].page, UINT32_MAX);
}

static void
conf_18_configuration_moves_with_msix(void **state)
{
	uint8_t mac[6], byte;
	uint32_t generation;
	uint64_t word;
	uint16_t half;

	(void)state;
	negotiated();
	for (unsigned int i = 0; i < 4; i++) {
		fake_ports_msix(&fake, i % 2 != 0);
		assert_int_equal(virtio_device_read_config(&dev, 0, mac, sizeof(mac)), 0);
		assert_memory_equal(mac, fake.config, sizeof(mac));
		assert_int_equal(virtio_device_read_config(&dev, 6, &half, sizeof(half)), 0);
		assert_memory_equal(&half, fake.config + 6, sizeof(half));
		assert_int_equal(virtio_device_read_config(&dev, 7, &half, sizeof(half)), 0);
		assert_memory_equal(&half, fake.config + 7, sizeof(half));
		assert_int_equal(virtio_device_read_config(&dev, 8, &word, sizeof(word)), 0);
		assert_memory_equal(&word, fake.config + 8, sizeof(word));
		assert_int_equal(t->ops->write_config(t, 0, "vwxyz!", 6), 0);
		assert_memory_equal(fake.config, "vwxyz!", 6);
		memcpy(fake.config, mac, sizeof(mac));
	}
	/* BAR 0 has 64 bytes */
	fake_ports_msix(&fake, false);
	assert_int_equal(t->ops->read_config(t, 43, &byte, 1), 0);
	assert_int_equal(t->ops->read_config(t, 44, &byte, 1), -EINVAL);
	assert_int_equal(t->ops->read_config(t, UINT32_MAX - 8, &byte, 1), -EINVAL);
	assert_int_equal(t->ops->write_config(t, 39, "vwxyz!", 6), -EINVAL);
	assert_int_equal(t->ops->get_generation(t, &generation), 0);
	assert_int_equal(generation, 0);
	fake.cfg.fail_read = fake.cfg.reads + 1;
	fake.cfg.fail_with = -EIO;
	assert_int_equal(t->ops->read_config(t, 0, &byte, 1), -EIO);
}

static void
conf_08_fields_are_read_until_they_agree(void **state)
{
	uint8_t mac[6];

	(void)state;
	negotiated();
	fake.torn = 5;
	assert_int_equal(virtio_device_read_config(&dev, 0, mac, sizeof(mac)), 0);
	assert_int_equal(fake.torn, 0);
	assert_memory_equal(mac, fake.config, sizeof(mac));
	fake.torn = UINT32_MAX;
	assert_int_equal(virtio_device_read_config(&dev, 0, mac, sizeof(mac)), -EAGAIN);
}

static void
conf_15_legacy_vectors_within_the_table(void **state)
{
	struct virtio_queue_setup s = ring(0x7000000, 256);

	(void)state;
	negotiated();
	assert_int_equal(t->ops->set_config_vector(t, 0), -EINVAL);
	fake_ports_msix(&fake, true);
	assert_int_equal(t->ops->set_config_vector(t, 2), 0);
	assert_int_equal(fake.config_vector, 2);
	assert_int_equal(t->ops->set_config_vector(t, 3), -EINVAL);
	assert_int_equal(t->ops->set_config_vector(t, VIRTIO_NO_VECTOR), 0);
	assert_int_equal(fake.config_vector, VIRTIO_NO_VECTOR);
	s.vector = 1;
	assert_int_equal(t->ops->queue_setup(t, 1, &s), 0);
	assert_int_equal(fake.queues[1].vector, 1);
	s.vector = 3;
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -EINVAL);
	assert_int_equal(fake.queues[0].page, 0);
}

static void
fault_legacy_vector_answered_with_no_vector(void **state)
{
	struct virtio_queue_setup s = ring(0x7000000, 256);

	(void)state;
	fake.refuses_vectors = true;
	fake_ports_msix(&fake, true);
	negotiated();
	assert_int_equal(t->ops->set_config_vector(t, 0), -EBUSY);
	s.vector = 1;
	assert_int_equal(t->ops->queue_setup(t, 0, &s), -EBUSY);
	assert_int_equal(fake.queues[0].page, 0);
	/* without one it works */
	s.vector = VIRTIO_NO_VECTOR;
	assert_int_equal(t->ops->queue_setup(t, 0, &s), 0);
	assert_int_equal(fake.queues[0].page, 0x7000);
}

/* Interrupts that wait all the time, with MSI-X and without: nothing but a question clears them. */
static void
fault_legacy_interrupts_at_any_time(void **state)
{
	for (unsigned int msix = 0; msix < 2; msix++) {
		struct virtio_queue_setup s = ring(0x7000000, 256);
		uint8_t mac[6];

		setup(state);
		fake_ports_msix(&fake, msix != 0);
		fake.isr = VIRTIO_PCI_ISR_CONFIG | 1; /* before DRIVER_OK */
		negotiated();
		assert_int_equal(virtio_device_read_config(&dev, 0, mac, sizeof(mac)), 0);
		assert_int_equal(t->ops->queue_setup(t, 0, &s), 0);
		assert_int_equal(virtio_device_driver_ok(&dev), 0);
		assert_int_equal(virtio_device_read_config(&dev, 0, mac, sizeof(mac)), 0);
		assert_int_equal(fake.isr, VIRTIO_PCI_ISR_CONFIG | 1);
		for (unsigned int i = 0; i < 1000; i++) {
			fake.isr = VIRTIO_PCI_ISR_CONFIG;
			assert_int_equal(t->ops->read_isr(t), VIRTIO_PCI_ISR_CONFIG);
		}
		assert_int_equal(fake.config_vector, VIRTIO_NO_VECTOR);
		assert_int_equal(fake.queues[0].vector, VIRTIO_NO_VECTOR);
		assert_int_equal(virtio_device_reset(&dev), 0);
	}
}

/* Every operation once, as far as it goes; the first error. */
static int
everything(void)
{
	struct virtio_queue_setup s = ring(0x7000000, 256);
	struct virtio_notifier n;
	uint8_t mac[6];
	uint16_t size;
	int rc;

	rc = virtio_pci_legacy_open(&pci, &fake.host, &fake.ports);
	if (rc != 0)
		return rc;
	virtio_device_init(&dev, t);
	rc = virtio_device_negotiate(&dev, UINT64_MAX, 0);
	if (rc == 0)
		rc = virtio_device_read_config(&dev, 0, mac, sizeof(mac));
	if (rc == 0)
		rc = virtio_device_queue_max_size(&dev, 0, &size);
	if (rc == 0)
		rc = t->ops->set_config_vector(t, 0);
	if (rc == 0)
		rc = t->ops->queue_setup(t, 0, &s);
	if (rc == 0)
		rc = t->ops->queue_notifier(t, 0, &n);
	if (rc == 0)
		rc = virtio_device_driver_ok(&dev);
	if (rc != 0)
		return rc;
	n.kick(&n, 1);
	t->ops->read_isr(t);
	return virtio_device_reset(&dev);
}

static void
fault_unplugged_at_every_access(void **state)
{
	unsigned int all;

	(void)state;
	fake_ports_msix(&fake, true);
	assert_int_equal(everything(), 0);
	all = fake.accesses;
	assert_true(all > 40);
	for (unsigned int i = 1; i <= all; i++) {
		setup(state);
		fake_ports_msix(&fake, true);
		fake.gone_after = i;
		assert_int_equal(everything(), -ENODEV);
		assert_true(t->gone);
		assert_true(unit_logged("went away"));
		assert_true(fake.accesses <= all + 8);
		fake.accesses = 0;
		assert_int_equal(virtio_device_reset(&dev), -ENODEV);
		assert_int_equal(t->ops->set_config_vector(t, 0), -ENODEV);
		assert_int_equal(t->ops->read_isr(t), 0);
		assert_int_equal(fake.accesses, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(open_counts_queues_and_writes_nothing_else),
		TEST(conf_18_only_a_function_with_the_interface_is_opened),
		TEST(conf_18_without_any_capability),
		TEST(fault_endless_queues_end),
		TEST(conf_08_whole_life),
		TEST(conf_47_any_layout_can_be_required),
		TEST(conf_08_rings_have_the_size_and_place_of_the_registers),
		TEST(conf_18_configuration_moves_with_msix),
		TEST(conf_08_fields_are_read_until_they_agree),
		TEST(conf_15_legacy_vectors_within_the_table),
		TEST(fault_legacy_vector_answered_with_no_vector),
		TEST(fault_legacy_interrupts_at_any_time),
		TEST(fault_unplugged_at_every_access),
	};

	return cmocka_run_group_tests_name("pci_legacy", tests, NULL, NULL);
}
