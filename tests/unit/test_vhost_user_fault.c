/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_vhost_user_fault.c - the vhost-user transport against a backend that breaches the protocol:
 * an error and a sentence each time, the connection given up where it has become useless, nothing
 * leaked, and the next connection as good as the first.
 */
#include "unit.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "features.h"
#include "vhost_user_fixture.h"
#include "virtio_spec.h"

#define BIT(n) (UINT64_C(1) << (n))
#define OPS (vu.base.ops)

/* The connection is lost: said so, shut down, but its descriptor not closed under the owner. */
static void
assert_lost(void)
{
	struct pollfd pfd = { .fd = vu.conn_fd, .events = POLLIN };

	assert_true(vu.base.gone);
	assert_true(vu.conn_fd >= 0);
	assert_int_equal(poll(&pfd, 1, 0), 1);
	assert_int_equal(virtio_vhost_user_check(&vu), -ENODEV);
}

/* After a lost connection the next one works. */
static void
recover(void)
{
	assert_lost();
	virtio_vhost_user_disconnect(&vu);
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
	fixture_live(2);
	assert_true(fb.vrings[0].enabled && fb.vrings[1].enabled);
}

/* A backend that goes wrong in its answer to @p request, wherever between connect and live. */
static int
start_with(enum fake_fault fault, uint32_t request)
{
	int rc;

	fake_backend_fault(&fb, fault, request, 0);
	fixture_connect();
	rc = virtio_vhost_user_handshake(&vu);
	if (rc == 0)
		rc = virtio_device_negotiate(&dev, UINT64_MAX, 0);
	for (uint16_t q = 0; q < 2 && rc == 0; q++) {
		const struct virtio_queue_setup setup = fixture_queue(q, 64);

		rc = OPS->queue_setup(&vu.base, q, &setup);
	}
	return rc != 0 ? rc : virtio_device_driver_ok(&dev);
}

static const uint32_t asked[] = {
	VHOST_USER_GET_FEATURES, VHOST_USER_GET_PROTOCOL_FEATURES, VHOST_USER_GET_QUEUE_NUM,
	VHOST_USER_GET_STATUS, VHOST_USER_GET_INFLIGHT_FD,
};

static const uint32_t acknowledged[] = {
	VHOST_USER_SET_OWNER, VHOST_USER_SET_BACKEND_REQ_FD, VHOST_USER_SET_FEATURES,
	VHOST_USER_SET_STATUS, VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_INFLIGHT_FD,
	VHOST_USER_SET_VRING_NUM, VHOST_USER_SET_VRING_BASE, VHOST_USER_SET_VRING_ADDR,
	VHOST_USER_SET_VRING_CALL, VHOST_USER_SET_VRING_KICK, VHOST_USER_SET_VRING_ENABLE,
};

/* The fault at each answer of a start: always @p expected, always recovered from. */
static void
at_every_answer(enum fake_fault fault, int expected)
{
	const uint32_t *lists[] = { asked, acknowledged };
	const unsigned int counts[] = { ARRAY_SIZE(asked), ARRAY_SIZE(acknowledged) };

	fixture_create();
	fixture_run_backend();
	for (unsigned int list = 0; list < 2; list++)
		for (unsigned int i = 0; i < counts[list]; i++) {
			assert_int_equal(start_with(fault, lists[list][i]), expected);
			recover();
			fake_backend_hang_up(&fb);
			virtio_vhost_user_disconnect(&vu);
		}
}

static void
fault_short_reply(void **state)
{
	(void)state;
	at_every_answer(FAULT_SHORT, -EPROTO);
	assert_true(unit_logged("a reply to SET_MEM_TABLE of 4 bytes, not 8"));
}

static void
fault_long_reply(void **state)
{
	(void)state;
	at_every_answer(FAULT_LONG, -EPROTO);
}

static void
fault_oversized_reply(void **state)
{
	(void)state;
	at_every_answer(FAULT_OVERSIZED, -EPROTO);
	assert_true(unit_logged("with 65536 bytes of payload"));
}

static void
fault_reply_to_another_request(void **state)
{
	(void)state;
	at_every_answer(FAULT_OTHER_REQUEST, -EPROTO);
}

static void
fault_reply_without_its_flag(void **state)
{
	(void)state;
	at_every_answer(FAULT_NO_REPLY_FLAG, -EPROTO);
}

static void
fault_other_version(void **state)
{
	(void)state;
	at_every_answer(FAULT_VERSION, -EPROTO);
}

static void
fault_extra_descriptor(void **state)
{
	(void)state;
	at_every_answer(FAULT_EXTRA_FD, -EPROTO);
}

static void
fault_many_descriptors(void **state)
{
	(void)state;
	at_every_answer(FAULT_MANY_FDS, -EPROTO);
}

static void
fault_missing_descriptor(void **state)
{
	(void)state;
	fixture_create();
	fixture_run_backend();
	assert_int_equal(start_with(FAULT_MISSING_FD, VHOST_USER_GET_INFLIGHT_FD), -EPROTO);
	assert_true(unit_logged("a reply to GET_INFLIGHT_FD with 0 file descriptors"));
	recover();
}

static void
fault_inflight_memory_for_other_queues(void **state)
{
	(void)state;
	fixture_create();
	fixture_run_backend();
	assert_int_equal(start_with(FAULT_GEOMETRY, VHOST_USER_GET_INFLIGHT_FD), -EPROTO);
	recover();
}

static void
fault_end_of_file_instead_of_an_answer(void **state)
{
	(void)state;
	at_every_answer(FAULT_EOF, -ENODEV);
	assert_true(unit_logged("SET_VRING_KICK: the backend closed the connection"));
}

static void
fault_end_of_file_in_the_header(void **state)
{
	(void)state;
	at_every_answer(FAULT_EOF_HEADER, -EPROTO);
}

static void
fault_end_of_file_in_the_payload(void **state)
{
	(void)state;
	at_every_answer(FAULT_EOF_PAYLOAD, -EPROTO);
	assert_true(unit_logged("GET_FEATURES: the connection ended inside a message"));
}

static void
fault_hang_times_out(void **state)
{
	static const enum fake_fault hangs[] = { FAULT_HANG, FAULT_HANG_PAYLOAD };
	uint64_t features;

	(void)state;
	fixture_create();
	fixture_run_backend();
	for (unsigned int i = 0; i < ARRAY_SIZE(hangs); i++) {
		fake_backend_fault(&fb, hangs[i], VHOST_USER_GET_FEATURES, 0);
		fixture_connect();
		vu.timeout_ms = FIXTURE_SHORT_MS;
		assert_int_equal(virtio_vhost_user_handshake(&vu), -ETIMEDOUT);
		vu.timeout_ms = FIXTURE_LONG_MS;
		recover();
		fake_backend_fault(&fb, hangs[i], VHOST_USER_GET_FEATURES, 0);
		vu.timeout_ms = FIXTURE_SHORT_MS;
		assert_int_equal(OPS->get_features(&vu.base, &features), -ETIMEDOUT);
		vu.timeout_ms = FIXTURE_LONG_MS;
		recover();
		fake_backend_hang_up(&fb);
		virtio_vhost_user_disconnect(&vu);
	}
	assert_true(unit_logged("GET_FEATURES: the backend does not answer in time"));
}

/* Refusals: the stream is intact, so the connection goes on, and the same again succeeds. */
static void
fault_nack_of_a_setter(void **state)
{
	const struct virtio_queue_setup setup = fixture_queue(0, 64);
	static const uint32_t of_queues[] = {
		VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_INFLIGHT_FD, VHOST_USER_SET_VRING_NUM,
		VHOST_USER_SET_VRING_BASE, VHOST_USER_SET_VRING_ADDR, VHOST_USER_SET_VRING_CALL,
		VHOST_USER_SET_VRING_KICK,
	};

	(void)state;
	fixture_connected();
	fixture_set_up(0);
	for (unsigned int i = 0; i < ARRAY_SIZE(of_queues); i++) {
		fake_backend_fault(&fb, FAULT_NACK, of_queues[i], 0);
		assert_int_equal(OPS->queue_setup(&vu.base, 0, &setup), -EIO);
		assert_int_equal(virtio_vhost_user_check(&vu), 0);
	}
	assert_true(unit_logged("the backend refuses SET_MEM_TABLE (1)"));
	assert_true(unit_logged("the backend refuses SET_VRING_KICK (1)"));
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &setup), 0);

	fake_backend_fault(&fb, FAULT_NACK, VHOST_USER_SET_VRING_ENABLE, 0);
	assert_int_equal(virtio_device_driver_ok(&dev), -EIO);
	assert_int_equal(fb.status & VIRTIO_CONFIG_S_DRIVER_OK, 0);
	fake_backend_fault(&fb, FAULT_NACK, VHOST_USER_SET_FEATURES, 0);
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), -EIO);
	fixture_live(2);
}

static void
fault_nack_in_the_handshake(void **state)
{
	(void)state;
	fixture_create();
	fixture_run_backend();
	fake_backend_fault(&fb, FAULT_NACK, VHOST_USER_SET_OWNER, 0);
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), -EIO);
	recover();
}

/* Without REPLY_ACK a backend can refuse by hanging up alone: a start must not look like one. */
static void
fault_silent_refusal_of_a_start(void **state)
{
	(void)state;
	fb.protocol = BIT(VHOST_USER_PROTOCOL_F_MQ);
	fixture_create();
	fixture_run_backend();
	assert_int_equal(start_with(FAULT_EOF, VHOST_USER_SET_VRING_ENABLE), -ENODEV);
	recover();
}

static void
fault_vring_base_out_of_range(void **state)
{
	uint16_t base;

	(void)state;
	fixture_connected();
	fixture_live(2);
	assert_true(virtio_device_has(&dev, VIRTIO_F_RING_PACKED));
	fb.fault_value = 0x8000 | 64; /* of a packed ring of 64 */
	fake_backend_fault(&fb, FAULT_VALUE, VHOST_USER_GET_VRING_BASE, 0);
	assert_int_equal(virtio_device_reset(&dev), 0); /* the queue is stopped all the same */
	assert_int_equal(virtio_vhost_user_stopped_base(&vu, 0, &base), -EPROTO);
	assert_int_equal(virtio_vhost_user_stopped_base(&vu, 1, &base), 0);
	assert_true(unit_logged("queue 0 of 64 entries stopped at an impossible 0x8040"));

	fixture_live(2);
	fb.fault_value = 0x00408000; /* the used position */
	fake_backend_fault(&fb, FAULT_VALUE, VHOST_USER_GET_VRING_BASE, 1);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(virtio_vhost_user_stopped_base(&vu, 0, &base), 0);
	assert_int_equal(virtio_vhost_user_stopped_base(&vu, 1, &base), -EPROTO);
}

static void
fault_vring_base_of_a_split_ring(void **state)
{
	uint16_t base;

	(void)state;
	fixture_params.config.hidden = BIT(VIRTIO_F_RING_PACKED);
	fixture_connected();
	fixture_live(2);
	fb.fault_value = 0xffff; /* a free-running index */
	fake_backend_fault(&fb, FAULT_VALUE, VHOST_USER_GET_VRING_BASE, 0);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(virtio_vhost_user_stopped_base(&vu, 0, &base), 0);
	assert_int_equal(base, 0xffff);
	fixture_live(2);
	fb.fault_value = 0x10000;
	fake_backend_fault(&fb, FAULT_VALUE, VHOST_USER_GET_VRING_BASE, 0);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(virtio_vhost_user_stopped_base(&vu, 0, &base), -EPROTO);
}

static void
fault_vring_base_of_another_queue(void **state)
{
	(void)state;
	fixture_connected();
	fixture_live(2);
	fake_backend_fault(&fb, FAULT_INDEX, VHOST_USER_GET_VRING_BASE, 0);
	assert_int_equal(virtio_device_reset(&dev), -EPROTO);
	recover();
}

static void
fault_backend_ends_during_a_reset(void **state)
{
	(void)state;
	fixture_connected();
	for (unsigned int i = 0; i < 2; i++) {
		fixture_live(2);
		fake_backend_fault(&fb, FAULT_EOF, VHOST_USER_GET_VRING_BASE, i);
		assert_int_equal(virtio_device_reset(&dev), -ENODEV);
		recover();
	}
}

static void
fault_impossible_status(void **state)
{
	static const uint64_t values[] = { 0x10, 0xff, 0x100, UINT64_MAX };
	uint8_t status;

	(void)state;
	fixture_connected();
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		fb.fault_value = values[i];
		fake_backend_fault(&fb, FAULT_VALUE, VHOST_USER_GET_STATUS, 0);
		assert_int_equal(OPS->get_status(&vu.base, &status), -EPROTO);
		recover();
	}
	assert_true(unit_logged("an impossible device status 0xff"));
}

static void
fault_status_never_resets(void **state)
{
	(void)state;
	fixture_connected();
	fb.fault_value = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_NEEDS_RESET;
	fake_backend_fault(&fb, FAULT_VALUE, VHOST_USER_GET_STATUS, 1);
	/* the second reading: after ACKNOWLEDGE was written */
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), -EPROTO);
	fixture_live(2);
}

static void
fault_configuration_of_another_offset(void **state)
{
	uint16_t word;

	(void)state;
	fixture_connected();
	fb.fault_value = 4;
	fake_backend_fault(&fb, FAULT_VALUE, VHOST_USER_GET_CONFIG, 0);
	assert_int_equal(OPS->read_config(&vu.base, 6, &word, 2), -EPROTO);
	assert_true(unit_logged("2 bytes of configuration at 6 were asked for, 2 at 10 answered"));
	recover();
}

static void
fault_configuration_of_another_length(void **state)
{
	uint16_t word = 0xabcd;

	(void)state;
	fixture_connected();
	fake_backend_fault(&fb, FAULT_LONG, VHOST_USER_GET_CONFIG, 0);
	assert_int_equal(OPS->read_config(&vu.base, 6, &word, 2), -EPROTO);
	assert_int_equal(word, 0xabcd);
	recover();
}

static void
fault_fewer_queue_pairs_than_asked_for(void **state)
{
	(void)state;
	fixture_params.pairs = 4;
	fb.queue_pairs = 3;
	fixture_create();
	fixture_run_backend();
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), -ENOTSUP);
	assert_true(unit_logged("the backend has 3 queue pairs, not 4"));
	assert_lost();
	virtio_vhost_user_disconnect(&vu);
	fb.protocol &= ~BIT(VHOST_USER_PROTOCOL_F_MQ);
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), -ENOTSUP);
	assert_true(unit_logged("the backend has 1 queue pairs, not 4"));
}

static void
fault_absurd_numbers_of_queues(void **state)
{
	(void)state;
	fb.queue_pairs = 0;
	fixture_create();
	fixture_run_backend();
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), -ENOTSUP);
	virtio_vhost_user_disconnect(&vu);
	fb.queue_pairs = UINT64_MAX;
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
	assert_int_equal(vu.base.num_queues, 2);
	assert_int_equal(vu.backend_pairs, UINT16_MAX);
}

/* A backend that comes back as another one: nothing of the old one may be relied on. */
static void
fault_restart_with_fewer_features(void **state)
{
	(void)state;
	fixture_connected();
	fixture_live(2);
	assert_true(virtio_device_has(&dev, VIRTIO_NET_F_MRG_RXBUF));
	fake_backend_hang_up(&fb);
	virtio_vhost_user_disconnect(&vu);
	fb.features &= ~BIT(VIRTIO_NET_F_MRG_RXBUF) & ~BIT(VIRTIO_F_RING_PACKED);
	fb.protocol = BIT(VHOST_USER_PROTOCOL_F_STATUS);
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
	assert_int_equal(vu.protocol, BIT(VHOST_USER_PROTOCOL_F_STATUS));
	assert_int_equal(vu.backend_fd, -1);
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX,
						 VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF)),
			 -ENOTSUP);
	fixture_live(2);
	assert_false(virtio_device_has(&dev, VIRTIO_NET_F_MRG_RXBUF));
	assert_false(virtio_device_has(&dev, VIRTIO_F_RING_PACKED));
	assert_int_equal(virtio_device_reset(&dev), 0);

	/* and without any of the protocol's */
	fake_backend_hang_up(&fb);
	virtio_vhost_user_disconnect(&vu);
	fb.features &= ~BIT(VHOST_USER_F_PROTOCOL_FEATURES);
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
	fixture_live(2);
	assert_int_equal(vu.protocol, 0);
}

static void
fault_backend_speaks_unasked(void **state)
{
	const uint32_t header[3] = { VHOST_USER_GET_STATUS, 5, 0 };
	struct pollfd pfd = { .events = POLLIN };

	(void)state;
	fixture_connected();
	fixture_live(2);
	assert_int_equal(virtio_vhost_user_check(&vu), 0);
	assert_int_equal(write(fb.conn_fd, header, sizeof(header)), sizeof(header));
	pfd.fd = vu.conn_fd;
	assert_int_equal(poll(&pfd, 1, FIXTURE_LONG_MS), 1);
	assert_int_equal(virtio_vhost_user_check(&vu), -ENODEV);
	assert_true(unit_logged("the backend speaks without being asked"));
	recover();
}

static void
fault_channel_of_the_backend(void **state)
{
	static const uint32_t wrong[][3] = {
		{ VHOST_USER_BACKEND_CONFIG_CHANGE_MSG, 2, 0 },
		{ VHOST_USER_BACKEND_CONFIG_CHANGE_MSG, 1, 70000 },
	};

	(void)state;
	fixture_connected();
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(write(fb.channel_fd, wrong[i], 12), 12);
		assert_int_equal(virtio_vhost_user_backend_events(&vu), -ENODEV);
	}
	vu.timeout_ms = FIXTURE_SHORT_MS;
	assert_int_equal(write(fb.channel_fd, wrong[0], 5), 5);
	assert_int_equal(virtio_vhost_user_backend_events(&vu), -ENODEV);
	/* the connection itself is none the worse */
	vu.timeout_ms = FIXTURE_LONG_MS;
	fixture_live(2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(fault_short_reply),
		FIXTURE_CASE(fault_long_reply),
		FIXTURE_CASE(fault_oversized_reply),
		FIXTURE_CASE(fault_reply_to_another_request),
		FIXTURE_CASE(fault_reply_without_its_flag),
		FIXTURE_CASE(fault_other_version),
		FIXTURE_CASE(fault_extra_descriptor),
		FIXTURE_CASE(fault_many_descriptors),
		FIXTURE_CASE(fault_missing_descriptor),
		FIXTURE_CASE(fault_inflight_memory_for_other_queues),
		FIXTURE_CASE(fault_end_of_file_instead_of_an_answer),
		FIXTURE_CASE(fault_end_of_file_in_the_header),
		FIXTURE_CASE(fault_end_of_file_in_the_payload),
		FIXTURE_CASE(fault_hang_times_out),
		FIXTURE_CASE(fault_nack_of_a_setter),
		FIXTURE_CASE(fault_nack_in_the_handshake),
		FIXTURE_CASE(fault_silent_refusal_of_a_start),
		FIXTURE_CASE(fault_vring_base_out_of_range),
		FIXTURE_CASE(fault_vring_base_of_a_split_ring),
		FIXTURE_CASE(fault_vring_base_of_another_queue),
		FIXTURE_CASE(fault_backend_ends_during_a_reset),
		FIXTURE_CASE(fault_impossible_status),
		FIXTURE_CASE(fault_status_never_resets),
		FIXTURE_CASE(fault_configuration_of_another_offset),
		FIXTURE_CASE(fault_configuration_of_another_length),
		FIXTURE_CASE(fault_fewer_queue_pairs_than_asked_for),
		FIXTURE_CASE(fault_absurd_numbers_of_queues),
		FIXTURE_CASE(fault_restart_with_fewer_features),
		FIXTURE_CASE(fault_backend_speaks_unasked),
		FIXTURE_CASE(fault_channel_of_the_backend),
	};

	return cmocka_run_group_tests_name("vhost_user_fault", tests, NULL, NULL);
}
