/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_device.c - status, reset, negotiation and configuration, against the fake transport. */
#include "unit.h"

#include "device.h"
#include "fake_clock.h"
#include "fake_transport.h"
#include "features.h"
#include "virtio_spec.h"

#define F(bit) VIRTIO_FEATURE(bit)

enum {
	ACK = VIRTIO_CONFIG_S_ACKNOWLEDGE,
	DRIVER = VIRTIO_CONFIG_S_DRIVER,
	FEATURES_OK = VIRTIO_CONFIG_S_FEATURES_OK,
	DRIVER_OK = VIRTIO_CONFIG_S_DRIVER_OK,
	NEEDS_RESET = VIRTIO_CONFIG_S_NEEDS_RESET,
	FAILED = VIRTIO_CONFIG_S_FAILED,
};

static struct fake_transport fake;
static struct virtio_device dev;

static int
setup(void **state)
{
	(void)state;
	unit_log_start();
	fake_transport_init(&fake);
	virtio_device_init(&dev, &fake.base);
	return 0;
}

static void
negotiated(void)
{
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), 0);
}

static void
live(void)
{
	negotiated();
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
}

/* The status values that the device was given, in order. */
static void
assert_written(const uint8_t *values, unsigned int count)
{
	assert_int_equal(fake_count(&fake, FAKE_SET_STATUS), count);
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(fake.ops[fake_find(&fake, FAKE_SET_STATUS, i)].value, values[i]);
}

#define ASSERT_WRITTEN(...) do { \
	const uint8_t values_[] = { __VA_ARGS__ }; \
	assert_written(values_, ARRAY_SIZE(values_)); \
} while (0)

static void
init_touches_no_register(void **state)
{
	(void)state;
	assert_int_equal(fake.num_ops, 0);
	assert_int_equal(dev.accepted, 0);
	assert_int_equal(dev.status, 0);
}

static void
conf_01_status_bits_in_order(void **state)
{
	(void)state;
	live();
	ASSERT_WRITTEN(0, ACK, ACK | DRIVER, ACK | DRIVER | FEATURES_OK,
		       ACK | DRIVER | FEATURES_OK | DRIVER_OK);
	assert_int_equal(fake.status, dev.status);
}

static void
conf_01_no_status_bit_is_cleared(void **state)
{
	uint8_t before = 0;

	(void)state;
	live();
	virtio_device_fail(&dev);
	for (unsigned int i = 1; i < fake_count(&fake, FAKE_SET_STATUS); i++) {
		uint8_t now = (uint8_t)fake.ops[fake_find(&fake, FAKE_SET_STATUS, i)].value;

		assert_int_equal(before & ~now, 0);
		before = now;
	}
	assert_int_equal(before, ACK | DRIVER | FEATURES_OK | DRIVER_OK | FAILED);
}

static void
conf_01_needs_reset_is_not_cleared_by_failed(void **state)
{
	(void)state;
	live();
	fake.status |= NEEDS_RESET;
	virtio_device_fail(&dev);
	assert_int_equal(fake.status,
			 ACK | DRIVER | FEATURES_OK | DRIVER_OK | NEEDS_RESET | FAILED);
}

static void
conf_01_reset_comes_before_another_start(void **state)
{
	(void)state;
	live();
	virtio_device_fail(&dev);
	fake.num_ops = 0;
	assert_int_equal(virtio_device_driver_ok(&dev), -EINVAL);
	assert_int_equal(fake.num_ops, 0);
	live();
	ASSERT_WRITTEN(0, ACK, ACK | DRIVER, ACK | DRIVER | FEATURES_OK,
		       ACK | DRIVER | FEATURES_OK | DRIVER_OK);
}

static void
conf_01_needs_reset_is_seen(void **state)
{
	(void)state;
	live();
	assert_false(virtio_device_needs_reset(&dev));
	fake.status |= NEEDS_RESET;
	assert_true(virtio_device_needs_reset(&dev));
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_false(virtio_device_needs_reset(&dev));
}

static void
conf_02_driver_and_transport_narrow_the_choice(void **state)
{
	(void)state;
	fake.offered = UINT64_MAX;
	fake.base.allowed = ~F(VIRTIO_F_SR_IOV);
	assert_int_equal(virtio_device_negotiate(&dev, F(VIRTIO_NET_F_MAC) | F(VIRTIO_F_SR_IOV), 0),
			 0);
	assert_int_equal(fake.accepted, F(VIRTIO_F_VERSION_1) | F(VIRTIO_NET_F_MAC));
	assert_int_equal(dev.accepted, fake.accepted);
	assert_int_equal(dev.offered, UINT64_MAX);
	assert_true(virtio_device_has(&dev, VIRTIO_NET_F_MAC));
	assert_false(virtio_device_has(&dev, VIRTIO_F_SR_IOV));
	/* what the transport cannot carry is not to be had by requiring it */
	assert_int_equal(virtio_device_negotiate(&dev, 0, F(VIRTIO_F_SR_IOV)), -ENOTSUP);
}

static void
conf_02_missing_essential_gets_failed(void **state)
{
	(void)state;
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, F(VIRTIO_NET_F_CTRL_VQ)),
			 -ENOTSUP);
	ASSERT_WRITTEN(0, ACK, ACK | DRIVER, ACK | DRIVER | FAILED);
	assert_int_equal(fake_count(&fake, FAKE_SET_FEATURES), 0);
	assert_int_equal(dev.accepted, 0);
	assert_true(unit_logged("CTRL_VQ"));
}

static void
conf_02_unknown_offer_does_not_fail(void **state)
{
	(void)state;
	fake.offered |= F(30) | F(31) | F(45) | F(58);
	negotiated();
	assert_int_equal(fake.accepted & (F(30) | F(31) | F(45) | F(58)), 0);
}

static void
conf_03_change_while_reading_is_read_again(void **state)
{
	uint8_t mac[6];

	(void)state;
	live();
	fake.num_ops = 0;
	fake.config_changes = 2;
	assert_int_equal(virtio_device_read_config(&dev, 10, mac, sizeof(mac)), 0);
	for (unsigned int i = 0; i < sizeof(mac); i++)
		assert_int_equal(mac[i], 10 + i + 2);
	assert_int_equal(fake_count(&fake, FAKE_READ_CONFIG), 3);
	/* the generation is read before and after each attempt */
	for (unsigned int i = 0; i < 9; i++)
		assert_int_equal(fake.ops[i].type,
				 i % 3 == 1 ? FAKE_READ_CONFIG : FAKE_GET_GENERATION);
}

static void
conf_03_several_fields_are_one_reading(void **state)
{
	uint8_t speed[4], duplex;
	const struct virtio_config_field fields[] = {
		{ 12, sizeof(speed), speed },
		{ 16, sizeof(duplex), &duplex },
	};

	(void)state;
	live();
	fake.config_changes = 1; /* between the two */
	assert_int_equal(virtio_device_read_fields(&dev, fields, ARRAY_SIZE(fields)), 0);
	assert_int_equal(speed[0], 13);
	assert_int_equal(duplex, 17);
}

static void
conf_03_reading_ends_with_the_space(void **state)
{
	uint8_t byte;

	(void)state;
	live();
	assert_int_equal(virtio_device_read_config(&dev, FAKE_CONFIG_LEN - 1, &byte, 1), 0);
	assert_int_equal(virtio_device_read_config(&dev, FAKE_CONFIG_LEN, &byte, 1), -EINVAL);
}

static void
conf_04_sequence(void **state)
{
	static const enum fake_op_type milestones[] = {
		FAKE_SET_STATUS,   /* 1. reset */
		FAKE_GET_STATUS,
		FAKE_SET_STATUS,   /* 2. ACKNOWLEDGE */
		FAKE_SET_STATUS,   /* 3. DRIVER */
		FAKE_GET_FEATURES, /* 4. */
		FAKE_SET_FEATURES,
		FAKE_SET_STATUS,   /* 5. FEATURES_OK */
		FAKE_GET_STATUS,   /* 6. read back */
	};
	unsigned int op = 0;

	(void)state;
	negotiated();
	for (unsigned int i = 0; i < ARRAY_SIZE(milestones); i++, op++)
		while (fake.ops[op].type != milestones[i]) {
			/* between them nothing but looking at the status */
			assert_int_equal(fake.ops[op].type, FAKE_GET_STATUS);
			op++;
			assert_true(op < fake.num_ops);
		}
	assert_int_equal(op, fake.num_ops);
}

static void
conf_04_no_configuration_write_and_one_choice(void **state)
{
	(void)state;
	live();
	assert_int_equal(fake_count(&fake, FAKE_WRITE_CONFIG), 0);
	assert_int_equal(fake_count(&fake, FAKE_SET_FEATURES), 1);
	assert_int_equal(fake_count(&fake, FAKE_GET_FEATURES), 1);
}

static void
conf_04_driver_ok_only_in_its_turn(void **state)
{
	(void)state;
	assert_int_equal(virtio_device_driver_ok(&dev), -EINVAL);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(virtio_device_driver_ok(&dev), -EINVAL);
	live();
	assert_int_equal(virtio_device_driver_ok(&dev), -EINVAL);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(virtio_device_driver_ok(&dev), -EINVAL);
	assert_int_equal(fake.status & DRIVER_OK, 0);
}

static void
conf_07_version_1_is_required(void **state)
{
	(void)state;
	fake.offered = F(VIRTIO_NET_F_MAC);
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), -ENOTSUP);
	assert_true(unit_logged("VERSION_1"));
	assert_int_equal(fake.status, ACK | DRIVER | FAILED);
}

static void
conf_08_legacy_skips_features_ok(void **state)
{
	(void)state;
	fake.base.legacy = true;
	fake.offered = UINT64_MAX;
	live();
	ASSERT_WRITTEN(0, ACK, ACK | DRIVER, ACK | DRIVER | DRIVER_OK);
	assert_int_equal(dev.accepted >> 32, 0);
	assert_true(virtio_device_has(&dev, VIRTIO_F_ANY_LAYOUT));
	assert_false(virtio_device_has(&dev, 30));
}

static void
conf_08_legacy_configuration_is_read_twice(void **state)
{
	uint8_t mac[6];

	(void)state;
	fake.base.legacy = true;
	live();
	fake.num_ops = 0;
	fake.config_changes = 2;
	assert_int_equal(virtio_device_read_config(&dev, 0, mac, sizeof(mac)), 0);
	assert_int_equal(mac[0], 2);
	assert_int_equal(mac[5], 7);
	assert_int_equal(fake_count(&fake, FAKE_READ_CONFIG), 4);
	fake.config_changes = FAKE_NEVER;
	fake.num_ops = 0;
	assert_int_equal(virtio_device_read_config(&dev, 0, mac, sizeof(mac)), -EAGAIN);
	assert_int_equal(fake_count(&fake, FAKE_READ_CONFIG), VIRTIO_CONFIG_RETRIES + 1);
}

static void
legacy_field_longer_than_the_limit(void **state)
{
	uint8_t buf[VIRTIO_CONFIG_LEGACY_MAX + 1];

	(void)state;
	fake.base.legacy = true;
	live();
	assert_int_equal(virtio_device_read_config(&dev, 0, buf, sizeof(buf)), -EINVAL);
	assert_int_equal(virtio_device_read_config(&dev, 0, buf, sizeof(buf) - 1), 0);
}

static void
conf_12_reset_is_waited_for(void **state)
{
	(void)state;
	fake.status = 0x0f;
	fake.reset_polls = 20;
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(fake_count(&fake, FAKE_SET_STATUS), 1);
	assert_int_equal(fake_count(&fake, FAKE_GET_STATUS), 20);
	assert_int_equal(fake.ops[fake.num_ops - 1].value, 0);
}

static void
reset_forgets_what_was_negotiated(void **state)
{
	(void)state;
	live();
	assert_int_not_equal(dev.accepted, 0);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(dev.accepted, 0);
	assert_int_equal(fake.base.features, 0);
	assert_int_equal(dev.status, 0);
}

static void
fault_reset_never_ends(void **state)
{
	int64_t begin = fake_clock_ns;

	(void)state;
	fake.status = 0x0f;
	fake.reset_polls = FAKE_NEVER;
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), -ETIMEDOUT);
	assert_true(fake_clock_ns - begin >= VIRTIO_RESET_TIMEOUT_MS * INT64_C(1000000));
	/* 4.1.4.3.2: nothing more is written before the status read 0 */
	ASSERT_WRITTEN(0);
	assert_int_equal(virtio_device_driver_ok(&dev), -EINVAL);
	assert_true(unit_logged("reset"));
	/* a device that comes to its senses can be had again */
	fake.reset_polls = 1;
	live();
}

static void
fault_features_ok_refused(void **state)
{
	(void)state;
	fake.refuse_features_ok = true;
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), -EPROTO);
	ASSERT_WRITTEN(0, ACK, ACK | DRIVER, ACK | DRIVER | FEATURES_OK,
		       ACK | DRIVER | FEATURES_OK | FAILED);
	assert_int_equal(dev.accepted, 0);
	assert_int_equal(virtio_device_driver_ok(&dev), -EINVAL);
	assert_true(unit_logged("refuses"));
}

static void
fault_needs_reset_during_negotiation(void **state)
{
	(void)state;
	fake.needs_reset_after_ok = true;
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), -EPROTO);
	assert_int_equal(fake.status & (NEEDS_RESET | FAILED), NEEDS_RESET | FAILED);
}

static void
fault_needs_reset_before_live(void **state)
{
	(void)state;
	negotiated();
	fake.status |= NEEDS_RESET;
	assert_int_equal(virtio_device_driver_ok(&dev), -EPROTO);
	assert_int_equal(fake.status & DRIVER_OK, 0);
}

static void
fault_needs_reset_on_live(void **state)
{
	(void)state;
	fake.needs_reset_on_live = true;
	negotiated();
	assert_int_equal(virtio_device_driver_ok(&dev), -EPROTO);
	assert_true(virtio_device_needs_reset(&dev));
}

static void
fault_features_change_across_reset(void **state)
{
	(void)state;
	fake.offered |= F(VIRTIO_NET_F_CTRL_VQ) | F(VIRTIO_NET_F_MQ);
	live();
	assert_true(virtio_device_has(&dev, VIRTIO_NET_F_MQ));
	/* fewer: what is in force is what is offered now, and one hears of it */
	fake.offered_after_reset = F(VIRTIO_F_VERSION_1) | F(VIRTIO_NET_F_MQ);
	live();
	assert_int_equal(dev.accepted, F(VIRTIO_F_VERSION_1));
	assert_int_equal(dev.offered, fake.offered_after_reset);
	assert_true(unit_logged("before the reset"));
	/* without an essential one: no start */
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, F(VIRTIO_NET_F_MAC)), -ENOTSUP);
}

static void
fault_generation_never_settles(void **state)
{
	uint8_t mac[6];

	(void)state;
	live();
	fake.num_ops = 0;
	fake.config_changes = FAKE_NEVER;
	assert_int_equal(virtio_device_read_config(&dev, 0, mac, sizeof(mac)), -EAGAIN);
	assert_int_equal(fake_count(&fake, FAKE_READ_CONFIG), VIRTIO_CONFIG_RETRIES);
	assert_true(unit_logged("changes faster"));
}

static void
fault_queue_sizes(void **state)
{
	static const struct {
		uint16_t said;
		int split;
		int packed;
	} cases[] = {
		{ 0, -ENOENT, -ENOENT }, { 1, 0, 0 }, { 3, -EPROTO, 0 }, { 255, -EPROTO, 0 },
		{ 256, 0, 0 }, { 32767, -EPROTO, 0 }, { 32768, 0, 0 },
		{ 32769, -EPROTO, -EPROTO }, { 40000, -EPROTO, -EPROTO },
		{ 65535, -EPROTO, -EPROTO },
	};

	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		fake.offered = F(VIRTIO_F_VERSION_1) |
			       (packed ? F(VIRTIO_F_RING_PACKED) : UINT64_C(0));
		live();
		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			int rc = packed ? cases[i].packed : cases[i].split;
			uint16_t size = 7;

			fake.queue_size[2] = cases[i].said;
			assert_int_equal(virtio_device_queue_max_size(&dev, 2, &size), rc);
			assert_int_equal(size, rc == 0 ? cases[i].said : 7);
		}
	}
	assert_false(fake.base.gone);
}

static void
fault_all_ones_from_the_start(void **state)
{
	uint8_t byte;
	uint16_t size;

	(void)state;
	fake.all_ones = true;
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), -ENODEV);
	assert_true(fake.base.gone);
	assert_true(unit_logged("went away"));
	/* from here on no register is touched */
	fake.num_ops = 0;
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), -ENODEV);
	assert_int_equal(virtio_device_reset(&dev), -ENODEV);
	assert_int_equal(virtio_device_read_config(&dev, 0, &byte, 1), -ENODEV);
	assert_int_equal(virtio_device_queue_max_size(&dev, 0, &size), -ENODEV);
	assert_true(virtio_device_needs_reset(&dev));
	virtio_device_fail(&dev);
	assert_int_equal(fake.num_ops, 0);
}

static void
fault_unplugged_at_every_step(void **state)
{
	unsigned int steps, size_of_start;

	(void)state;
	live();
	size_of_start = fake.num_ops;
	for (steps = 1; steps < size_of_start; steps++) {
		int rc;

		fake_transport_init(&fake);
		virtio_device_init(&dev, &fake.base);
		fake.unplug_after = steps;
		rc = virtio_device_negotiate(&dev, UINT64_MAX, 0);
		if (rc == 0)
			rc = virtio_device_driver_ok(&dev);
		assert_int_equal(rc, -ENODEV);
		assert_true(fake.base.gone);
		assert_true(fake.num_ops <= size_of_start);
	}
}

static void
fault_unplugged_while_reading(void **state)
{
	uint8_t mac[6];
	uint16_t size;

	(void)state;
	live();
	fake.all_ones = true;
	assert_int_equal(virtio_device_read_config(&dev, 0, mac, sizeof(mac)), -ENODEV);
	assert_true(fake.base.gone);

	setup(state);
	live();
	fake.all_ones = true;
	assert_int_equal(virtio_device_queue_max_size(&dev, 0, &size), -ENODEV);
	assert_true(fake.base.gone);
}

static void
all_ones_in_configuration_alone_mean_nothing(void **state)
{
	uint8_t speed[4];

	(void)state;
	live();
	memset(fake.config + 12, 0xff, sizeof(speed)); /* 5.1.4: speed unknown */
	assert_int_equal(virtio_device_read_config(&dev, 12, speed, sizeof(speed)), 0);
	assert_false(fake.base.gone);
}

static void
fault_transport_errors_reach_the_caller(void **state)
{
	static const enum fake_op_type types[] = {
		FAKE_GET_STATUS, FAKE_SET_STATUS, FAKE_GET_FEATURES, FAKE_SET_FEATURES,
	};
	uint8_t byte;
	uint16_t size;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		setup(state);
		fake.error[types[i]] = -EIO;
		assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), -EIO);
		assert_int_equal(dev.accepted, 0);
		assert_int_equal(virtio_device_driver_ok(&dev), -EINVAL);
	}
	setup(state);
	live();
	fake.error[FAKE_GET_GENERATION] = -EIO;
	assert_int_equal(virtio_device_read_config(&dev, 0, &byte, 1), -EIO);
	fake.error[FAKE_QUEUE_MAX_SIZE] = -EIO;
	assert_int_equal(virtio_device_queue_max_size(&dev, 0, &size), -EIO);
	fake.error[FAKE_GET_STATUS] = -EIO;
	assert_true(virtio_device_needs_reset(&dev));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(init_touches_no_register),
		TEST(conf_01_status_bits_in_order),
		TEST(conf_01_no_status_bit_is_cleared),
		TEST(conf_01_needs_reset_is_not_cleared_by_failed),
		TEST(conf_01_reset_comes_before_another_start),
		TEST(conf_01_needs_reset_is_seen),
		TEST(conf_02_driver_and_transport_narrow_the_choice),
		TEST(conf_02_missing_essential_gets_failed),
		TEST(conf_02_unknown_offer_does_not_fail),
		TEST(conf_03_change_while_reading_is_read_again),
		TEST(conf_03_several_fields_are_one_reading),
		TEST(conf_03_reading_ends_with_the_space),
		TEST(conf_04_sequence),
		TEST(conf_04_no_configuration_write_and_one_choice),
		TEST(conf_04_driver_ok_only_in_its_turn),
		TEST(conf_07_version_1_is_required),
		TEST(conf_08_legacy_skips_features_ok),
		TEST(conf_08_legacy_configuration_is_read_twice),
		TEST(legacy_field_longer_than_the_limit),
		TEST(conf_12_reset_is_waited_for),
		TEST(reset_forgets_what_was_negotiated),
		TEST(fault_reset_never_ends),
		TEST(fault_features_ok_refused),
		TEST(fault_needs_reset_during_negotiation),
		TEST(fault_needs_reset_before_live),
		TEST(fault_needs_reset_on_live),
		TEST(fault_features_change_across_reset),
		TEST(fault_generation_never_settles),
		TEST(fault_queue_sizes),
		TEST(fault_all_ones_from_the_start),
		TEST(fault_unplugged_at_every_step),
		TEST(fault_unplugged_while_reading),
		TEST(all_ones_in_configuration_alone_mean_nothing),
		TEST(fault_transport_errors_reach_the_caller),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
