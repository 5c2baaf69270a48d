/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_vhost_user.c - operations of the vhost-user transport, the backend behaves. */
#include "unit.h"

#include <unistd.h>

#include "features.h"
#include "vhost_user_fixture.h"
#include "virtio_spec.h"

#define BIT(n) (UINT64_C(1) << (n))
#define OPS (vu.base.ops)

/* What the backend was told in its @p n-th @p request. */
static const union vhost_user_payload *
told(uint32_t request, unsigned int n)
{
	int at = fake_backend_find(&fb, request, n);

	assert_true(at >= 0);
	return &fb.messages[at].payload;
}

/* Message @p a came before message @p b. */
static void
assert_order(uint32_t a, unsigned int na, uint32_t b, unsigned int nb)
{
	assert_true(fake_backend_find(&fb, a, na) >= 0);
	assert_true(fake_backend_find(&fb, a, na) < fake_backend_find(&fb, b, nb));
}

/* How often an eventfd was added to, and forget it. */
static uint64_t
events(int fd)
{
	uint64_t count = 0;
	ssize_t n = read(fd, &count, sizeof(count));

	assert_true(n == sizeof(count) || errno == EAGAIN);
	return count;
}

static void
an_old_backend_is_asked_nothing_new(void **state)
{
	static const uint32_t old[] = {
		VHOST_USER_GET_FEATURES, VHOST_USER_SET_FEATURES, VHOST_USER_SET_OWNER,
		VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_VRING_NUM, VHOST_USER_SET_VRING_ADDR,
		VHOST_USER_SET_VRING_BASE, VHOST_USER_GET_VRING_BASE, VHOST_USER_SET_VRING_KICK,
		VHOST_USER_SET_VRING_CALL,
	};
	unsigned int seen = 0;

	(void)state;
	fb.features &= ~BIT(VHOST_USER_F_PROTOCOL_FEATURES);
	fixture_connected();
	fixture_live(2);
	assert_int_equal(virtio_vhost_user_enable(&vu, 0, false), -ENOTSUP);
	assert_int_equal(virtio_vhost_user_send_rarp(&vu, (const uint8_t *)"\2\0\0\0\0\1"),
			 -ENOTSUP);
	assert_int_equal(virtio_vhost_user_set_mtu(&vu, 1500), -ENOTSUP);
	assert_int_equal(virtio_device_reset(&dev), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(old); i++)
		seen += fake_backend_count(&fb, old[i]);
	assert_int_equal(seen, fb.num_messages);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_GET_VRING_BASE), 2);
}

static void
an_old_backend_keeps_no_status_so_the_frontend_does(void **state)
{
	uint8_t status;

	(void)state;
	fb.protocol = 0;
	fixture_connected();
	fixture_live(2);
	assert_int_equal(OPS->get_status(&vu.base, &status), 0);
	assert_int_equal(status, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
				 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_STATUS), 0);
	assert_int_equal(virtio_device_reset(&dev), 0);
}

static void
transport_features_are_never_shown(void **state)
{
	uint64_t features;

	(void)state;
	fixture_params.config.served = BIT(VIRTIO_NET_F_MAC);
	fixture_params.config.hidden = BIT(VIRTIO_F_RING_PACKED);
	fixture_connected();
	assert_int_equal(OPS->get_features(&vu.base, &features), 0);
	assert_int_equal(features, (fb.features & ~BIT(VHOST_USER_F_PROTOCOL_FEATURES) &
				    ~BIT(VHOST_F_LOG_ALL) & ~BIT(VIRTIO_F_RING_PACKED)) |
				   BIT(VIRTIO_NET_F_MAC));
	assert_false(vu.base.legacy);
	/* what the frontend serves, the backend does not hear of */
	assert_int_equal(OPS->set_features(&vu.base, BIT(VIRTIO_NET_F_MAC) |
					   BIT(VIRTIO_F_VERSION_1)), 0);
	assert_int_equal(fb.acked, BIT(VIRTIO_F_VERSION_1) | BIT(VHOST_USER_F_PROTOCOL_FEATURES));
	assert_int_equal(vu.base.features, BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_F_VERSION_1));
	assert_int_equal(OPS->set_features(&vu.base, BIT(VIRTIO_F_RING_PACKED)), -EINVAL);
	assert_int_equal(OPS->set_features(&vu.base, BIT(VHOST_F_LOG_ALL)), -EINVAL);
}

static void
features_that_need_more_are_not_allowed(void **state)
{
	static const unsigned int bits[] = {
		VIRTIO_F_ACCESS_PLATFORM, VIRTIO_F_SR_IOV, VIRTIO_F_NOTIFICATION_DATA,
		VIRTIO_F_NOTIF_CONFIG_DATA, VIRTIO_F_RING_RESET, VIRTIO_F_ADMIN_VQ,
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
		fb.features |= BIT(bits[i]);
	fixture_connected();
	fixture_set_up(0);
	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
		assert_false(virtio_device_has(&dev, bits[i]));
	assert_true(virtio_device_has(&dev, VIRTIO_F_RING_PACKED));
	assert_int_equal(OPS->queue_reset(&vu.base, 0), -ENOTSUP);
}

static void
a_backend_without_version_1_is_a_legacy_device(void **state)
{
	uint64_t features;

	(void)state;
	fb.features &= ~BIT(VIRTIO_F_VERSION_1);
	fixture_connected();
	assert_int_equal(OPS->get_features(&vu.base, &features), 0);
	assert_true(vu.base.legacy);
}

static void
a_start_in_order(void **state)
{
	const struct virtio_queue_setup setup = fixture_queue(1, 64);
	const struct vhost_vring_addr *addr;

	(void)state;
	fixture_params.config.hidden = BIT(VIRTIO_F_RING_PACKED);
	fixture_connected();
	fixture_live(2);
	assert_order(VHOST_USER_SET_FEATURES, 0, VHOST_USER_SET_MEM_TABLE, 0);
	assert_order(VHOST_USER_SET_MEM_TABLE, 0, VHOST_USER_SET_VRING_NUM, 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_MEM_TABLE), 1);
	for (unsigned int q = 0; q < 2; q++) {
		assert_order(VHOST_USER_SET_VRING_NUM, q, VHOST_USER_SET_VRING_BASE, q);
		assert_order(VHOST_USER_SET_VRING_BASE, q, VHOST_USER_SET_VRING_ADDR, q);
		assert_order(VHOST_USER_SET_VRING_ADDR, q, VHOST_USER_SET_VRING_CALL, q);
		assert_order(VHOST_USER_SET_VRING_CALL, q, VHOST_USER_SET_VRING_KICK, q);
		assert_order(VHOST_USER_SET_VRING_KICK, 1, VHOST_USER_SET_VRING_ENABLE, q);
		assert_true(fb.vrings[q].enabled);
	}
	addr = &told(VHOST_USER_SET_VRING_ADDR, 1)->addr;
	assert_int_equal(addr->index, 1);
	assert_int_equal(addr->flags, 0);
	assert_int_equal(addr->desc_user_addr, setup.desc);
	assert_int_equal(addr->avail_user_addr, setup.driver);
	assert_int_equal(addr->used_user_addr, setup.device);
	assert_int_equal(told(VHOST_USER_SET_VRING_NUM, 1)->state.num, 64);
	assert_int_equal(told(VHOST_USER_SET_VRING_BASE, 1)->state.num, 0);
	assert_int_equal(fb.status, dev.status);
	assert_true(fb.status & VIRTIO_CONFIG_S_DRIVER_OK);
}

static void
every_setter_is_acknowledged(void **state)
{
	(void)state;
	fixture_connected();
	fixture_live(2);
	assert_int_equal(virtio_device_reset(&dev), 0);
	for (unsigned int i = 0; i < fb.num_messages; i++) {
		const struct fake_message *m = &fb.messages[i];
		bool early = m->request == VHOST_USER_SET_PROTOCOL_FEATURES;
		bool wants = !vhost_user_has_reply(m->request) && !early;

		assert_int_equal((m->flags & VHOST_USER_NEED_REPLY) != 0, wants);
	}
}

static void
packed_rings_begin_with_wrap_counter_1(void **state)
{
	(void)state;
	fixture_connected();
	fixture_set_up(1);
	assert_true(virtio_device_has(&dev, VIRTIO_F_RING_PACKED));
	assert_int_equal(told(VHOST_USER_SET_VRING_BASE, 0)->state.num, 0x80008000);
}

static void
rings_go_on_where_they_are_told(void **state)
{
	struct virtio_queue_setup setup = fixture_queue(0, 64);

	(void)state;
	fixture_connected();
	fixture_set_up(0);
	setup.base = 5;
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &setup), -EINVAL); /* not without resume */
	setup.resume = true;
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &setup), 0);
	assert_int_equal(told(VHOST_USER_SET_VRING_BASE, 0)->state.num, 0x00050005);
	setup = fixture_queue(1, 64);
	setup.resume = true;
	setup.base = 0x8000 | 64;
	assert_int_equal(OPS->queue_setup(&vu.base, 1, &setup), -EINVAL); /* beyond its end */
	setup.base = 0x8000 | 63;
	assert_int_equal(OPS->queue_setup(&vu.base, 1, &setup), 0);
	assert_int_equal(told(VHOST_USER_SET_VRING_BASE, 1)->state.num, 0x803f803f);
}

static void
split_rings_go_on_at_any_index(void **state)
{
	struct virtio_queue_setup setup = fixture_queue(0, 64);

	(void)state;
	fixture_params.config.hidden = BIT(VIRTIO_F_RING_PACKED);
	fixture_connected();
	fixture_set_up(0);
	setup.resume = true;
	setup.base = 0xfff0;
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &setup), 0);
	assert_int_equal(told(VHOST_USER_SET_VRING_BASE, 0)->state.num, 0xfff0);
}

static void
setups_that_no_backend_could_take(void **state)
{
	const struct virtio_queue_setup good = fixture_queue(0, 64);
	struct virtio_queue_setup bad[6] = { good, good, good, good, good, good };

	(void)state;
	fixture_params.config.hidden = BIT(VIRTIO_F_RING_PACKED);
	fixture_connected();
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &good), -EINVAL); /* no features yet */
	fixture_set_up(0);
	bad[0].size = 0;
	bad[1].size = 48;
	bad[2].size = 32769;
	bad[3].desc += 8;
	bad[4].driver += 1;
	bad[5].device += 2;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(OPS->queue_setup(&vu.base, 0, &bad[i]), -EINVAL);
	assert_int_equal(OPS->queue_setup(&vu.base, 2, &good), -EINVAL);
	assert_int_equal(OPS->queue_setup(&vu.base, UINT16_MAX, &good), -EINVAL);
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &good), 0);
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &good), -EALREADY);
}

static void
kicks_and_calls_go_through_eventfds(void **state)
{
	struct virtio_notifier n;
	uint64_t full = UINT64_MAX - 1;

	(void)state;
	fixture_connected();
	fixture_set_up(2);
	assert_int_equal(OPS->queue_notifier(&vu.base, 2, &n), -EINVAL);
	assert_int_equal(OPS->queue_notifier(&vu.base, 1, &n), 0);
	n.kick(&n, 7);
	n.kick(&n, 8);
	assert_int_equal(events(fb.vrings[1].kick_fd), 2);
	assert_int_equal(events(fb.vrings[0].kick_fd), 0);
	/* a counter at its end blocks nobody */
	assert_int_equal(write(n.fd, &full, sizeof(full)), sizeof(full));
	n.kick(&n, 9);
	assert_int_equal(events(fb.vrings[1].kick_fd), full);

	virtio_vhost_event(fb.vrings[1].call_fd);
	assert_int_equal(events(virtio_vhost_user_call_fd(&vu, 1)), 1);
	assert_int_equal(n.fd, virtio_vhost_user_kick_fd(&vu, 1));
}

static void
a_start_kicks_each_enabled_ring(void **state)
{
	(void)state;
	fixture_connected();
	assert_int_equal(virtio_vhost_user_enable(&vu, 1, false), 0);
	fixture_live(2);
	assert_int_equal(events(fb.vrings[0].kick_fd), 1);
	assert_int_equal(events(fb.vrings[1].kick_fd), 0);
	assert_false(fb.vrings[1].enabled);
	assert_int_equal(virtio_vhost_user_enable(&vu, 1, true), 0);
	assert_true(fb.vrings[1].enabled);
	assert_int_equal(events(fb.vrings[1].kick_fd), 1);
	assert_int_equal(virtio_vhost_user_enable(&vu, 1, true), 0);
	assert_int_equal(events(fb.vrings[1].kick_fd), 0);
	assert_int_equal(virtio_vhost_user_enable(&vu, 0, false), 0);
	assert_false(fb.vrings[0].enabled);
	assert_int_equal(virtio_vhost_user_enable(&vu, 2, true), -EINVAL);
	assert_int_equal(virtio_vhost_user_enable(&vu, UINT16_MAX, true), -EINVAL);
}

static void
a_reset_stops_every_running_ring(void **state)
{
	uint16_t base;
	int kick;

	(void)state;
	fixture_connected();
	fixture_live(2);
	assert_int_equal(virtio_vhost_user_stopped_base(&vu, 0, &base), -ENOENT);
	kick = virtio_vhost_user_kick_fd(&vu, 0);
	fake_backend_forget(&fb);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_GET_VRING_BASE), 2);
	assert_order(VHOST_USER_SET_VRING_ENABLE, 1, VHOST_USER_GET_VRING_BASE, 0);
	assert_order(VHOST_USER_GET_VRING_BASE, 1, VHOST_USER_SET_STATUS, 0);
	assert_int_equal(fb.status, 0);
	assert_int_equal(virtio_vhost_user_stopped_base(&vu, 0, &base), 0);
	assert_int_equal(base, 0x8003);
	/* a second reset has nothing to stop */
	fake_backend_forget(&fb);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_GET_VRING_BASE), 0);
	/* and another start, with the eventfds of before */
	fixture_live(2);
	assert_int_equal(virtio_vhost_user_kick_fd(&vu, 0), kick);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_MEM_TABLE), 1);
}

static void
many_queue_pairs(void **state)
{
	(void)state;
	fixture_params.pairs = 128;
	fixture_connected();
	assert_int_equal(vu.base.num_queues, 256);
	fixture_live(256);
	for (unsigned int q = 0; q < 256; q++) {
		assert_true(fb.vrings[q].enabled);
		assert_int_equal(events(fb.vrings[q].kick_fd), 1);
	}
	assert_int_equal(virtio_device_reset(&dev), 0);
	for (unsigned int q = 0; q < 256; q++)
		assert_false(fb.vrings[q].enabled);
}

static void
one_pair_needs_no_mq(void **state)
{
	(void)state;
	fb.protocol &= ~BIT(VHOST_USER_PROTOCOL_F_MQ);
	fixture_connected();
	assert_int_equal(vu.backend_pairs, 1);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_GET_QUEUE_NUM), 0);
}

static void
configuration_of_the_backend_and_of_the_frontend(void **state)
{
	uint8_t mac[6], byte;
	uint16_t word;
	uint32_t speed, before, after;

	(void)state;
	fixture_params.pairs = 2;
	fixture_params.config.served = BIT(VIRTIO_NET_F_MAC);
	memcpy(fixture_params.config.mac, "\2\0\0\0\0\7", 6);
	fixture_connected();
	assert_int_equal(OPS->read_config(&vu.base, 0, mac, 6), 0);
	assert_memory_equal(mac, "\2\0\0\0\0\7", 6);
	assert_int_equal(OPS->read_config(&vu.base, 6, &word, 2), 0);
	assert_int_equal(word, 0x4746);
	assert_int_equal(OPS->read_config(&vu.base, 8, &word, 2), 0); /* always the frontend's */
	assert_int_equal(word, 2);
	assert_int_equal(OPS->read_config(&vu.base, 12, &speed, 4), 0);
	assert_int_equal(speed, 0x4f4e4d4c);
	assert_int_equal(OPS->read_config(&vu.base, 17, &byte, 1), 0);
	assert_int_equal(byte, 0x51);
	assert_int_equal(OPS->read_config(&vu.base, 63, &word, 2), -EINVAL);
	assert_true(unit_logged("no configuration at 63, 2 bytes"));
	assert_int_equal(OPS->read_config(&vu.base, UINT32_MAX, &word, 2), -EINVAL);
	assert_int_equal(OPS->write_config(&vu.base, 0, mac, 6), -EPERM);

	fixture_params.config.mac[5] = 8;
	assert_int_equal(OPS->get_generation(&vu.base, &before), 0);
	virtio_vhost_user_set_config(&vu, &fixture_params.config);
	assert_int_equal(OPS->get_generation(&vu.base, &after), 0);
	assert_int_not_equal(before, after);
	assert_int_equal(OPS->read_config(&vu.base, 0, mac, 6), 0);
	assert_int_equal(mac[5], 8);
}

static void
configuration_without_the_backend(void **state)
{
	uint8_t space[28], byte;
	uint16_t word;

	(void)state;
	fb.protocol &= ~BIT(VHOST_USER_PROTOCOL_F_CONFIG);
	fixture_params.config = (struct virtio_vhost_config){
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = VIRTIO_NET_S_LINK_UP,
		.max_virtqueue_pairs = 1,
		.mtu = 9000,
		.speed = 10000,
		.duplex = 1,
	};
	fixture_connected();
	assert_int_equal(OPS->read_config(&vu.base, 0, space, sizeof(space)), 0);
	assert_memory_equal(space, "\2\0\0\0\0\1" "\1\0" "\1\0" "\x28\x23" "\x10\x27\0\0" "\1", 17);
	assert_int_equal(OPS->read_config(&vu.base, 28, &byte, 1), -EINVAL);
	assert_int_equal(OPS->read_config(&vu.base, UINT32_MAX, &word, 2), -EINVAL);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_GET_CONFIG), 0);
}

static void
mtu_and_rarp(void **state)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0xab, 0xcd };

	(void)state;
	fixture_connected();
	assert_int_equal(virtio_vhost_user_set_mtu(&vu, 1500), -ENOTSUP); /* not negotiated */
	fixture_set_up(0);
	assert_int_equal(virtio_vhost_user_set_mtu(&vu, 67), -EINVAL);
	assert_int_equal(virtio_vhost_user_set_mtu(&vu, 1500), 0);
	assert_int_equal(told(VHOST_USER_NET_SET_MTU, 0)->u64, 1500);
	assert_int_equal(virtio_vhost_user_send_rarp(&vu, mac), 0);
	assert_memory_equal(told(VHOST_USER_SEND_RARP, 0), "\2\0\0\0\xab\xcd\0\0", 8);
	fake_backend_fault(&fb, FAULT_NACK, VHOST_USER_NET_SET_MTU, 0);
	assert_int_equal(virtio_vhost_user_set_mtu(&vu, 9000), -EIO);
	assert_int_equal(virtio_vhost_user_check(&vu), 0);
}

static void
vectors_do_not_exist(void **state)
{
	(void)state;
	fixture_create();
	assert_int_equal(OPS->set_config_vector(&vu.base, VIRTIO_NO_VECTOR), 0);
	assert_int_equal(OPS->set_config_vector(&vu.base, 0), -EINVAL);
	assert_int_equal(OPS->read_isr(&vu.base), 0);
}



int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(an_old_backend_is_asked_nothing_new),
		FIXTURE_CASE(an_old_backend_keeps_no_status_so_the_frontend_does),
		FIXTURE_CASE(transport_features_are_never_shown),
		FIXTURE_CASE(features_that_need_more_are_not_allowed),
		FIXTURE_CASE(a_backend_without_version_1_is_a_legacy_device),
		FIXTURE_CASE(a_start_in_order),
		FIXTURE_CASE(every_setter_is_acknowledged),
		FIXTURE_CASE(packed_rings_begin_with_wrap_counter_1),
		FIXTURE_CASE(rings_go_on_where_they_are_told),
		FIXTURE_CASE(split_rings_go_on_at_any_index),
		FIXTURE_CASE(setups_that_no_backend_could_take),
		FIXTURE_CASE(kicks_and_calls_go_through_eventfds),
		FIXTURE_CASE(a_start_kicks_each_enabled_ring),
		FIXTURE_CASE(a_reset_stops_every_running_ring),
		FIXTURE_CASE(many_queue_pairs),
		FIXTURE_CASE(one_pair_needs_no_mq),
		FIXTURE_CASE(configuration_of_the_backend_and_of_the_frontend),
		FIXTURE_CASE(configuration_without_the_backend),
		FIXTURE_CASE(mtu_and_rarp),
		FIXTURE_CASE(vectors_do_not_exist),
	};

	return cmocka_run_group_tests_name("vhost_user", tests, NULL, NULL);
}
