/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_vhost_user_conn.c - how the vhost-user transport gets its connection, loses it and gets it
 * again; the backend behaves.
 */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void
create_refuses_what_cannot_be(void **state)
{
	char path[200];

	(void)state;
	fixture_params.path = "";
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), -EINVAL);
	fixture_params.path = NULL;
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), -EINVAL);
	memset(path, 'x', sizeof(path));
	path[108] = '\0';
	fixture_params.path = path;
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), -ENAMETOOLONG);
	fixture_params.path = fixture_path;
	fixture_params.pairs = 0;
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), -EINVAL);
	fixture_params.pairs = 129;
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), -EINVAL);
	fixture_params.pairs = 1;
	fixture_params.queue_size = 0;
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), -EINVAL);
	fixture_params.queue_size = 32769;
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), -EINVAL);
}

static void
nothing_works_without_a_connection(void **state)
{
	const struct virtio_queue_setup setup = fixture_queue(0, 64);
	uint64_t features;
	uint16_t size;
	uint8_t status;
	uint32_t word;

	(void)state;
	fixture_create();
	assert_true(vu.base.gone);
	assert_int_equal(OPS->get_status(&vu.base, &status), -ENODEV);
	assert_int_equal(OPS->set_status(&vu.base, 0), -ENODEV);
	assert_int_equal(OPS->get_features(&vu.base, &features), -ENODEV);
	assert_int_equal(OPS->set_features(&vu.base, 0), -ENODEV);
	assert_int_equal(OPS->read_config(&vu.base, 0, &word, 4), -ENODEV);
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &setup), -ENODEV);
	assert_int_equal(virtio_vhost_user_check(&vu), -ENODEV);
	assert_int_equal(virtio_vhost_user_backend_events(&vu), -ENODEV);
	assert_int_equal(virtio_vhost_user_handshake(&vu), -ENODEV);
	assert_int_equal(virtio_vhost_user_set_mtu(&vu, 1500), -ENODEV);
	assert_int_equal(OPS->queue_max_size(&vu.base, 0, &size), 0);
	assert_int_equal(size, 256);
	assert_int_equal(OPS->queue_max_size(&vu.base, 2, &size), 0);
	assert_int_equal(size, 0);
	assert_int_equal(virtio_vhost_user_call_fd(&vu, 0), -1);
	assert_int_equal(virtio_vhost_user_call_fd(&vu, 999), -1);
	virtio_vhost_user_disconnect(&vu);
}

static void
a_client_tries_until_somebody_listens(void **state)
{
	(void)state;
	fixture_create();
	assert_int_equal(virtio_vhost_user_listen(&vu), -EINVAL);
	assert_int_equal(virtio_vhost_user_connect(&vu), -ENOENT);
	assert_int_equal(vu.conn_fd, -1);
	fixture_run_backend();
	assert_int_equal(virtio_vhost_user_connect(&vu), 0);
	assert_true(vu.conn_fd >= 0);
	assert_int_equal(virtio_vhost_user_connect(&vu), -EISCONN);
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
	assert_false(vu.base.gone);
}

static void
a_server_waits_until_somebody_calls(void **state)
{
	struct pollfd pfd = { .events = POLLIN };

	(void)state;
	fixture_params.server = true;
	fixture_create();
	assert_int_equal(virtio_vhost_user_connect(&vu), -EAGAIN);
	assert_int_equal(virtio_vhost_user_listen(&vu), 0);
	fixture_run_backend();
	pfd.fd = vu.listen_fd;
	assert_int_equal(poll(&pfd, 1, FIXTURE_LONG_MS), 1);
	assert_int_equal(virtio_vhost_user_connect(&vu), 0);
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
}

/* A socket file at the path, @p listening or left over. The descriptor of its server. */
static int
squat(bool listening)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strcpy(addr.sun_path, fixture_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	if (listening)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void
a_server_replaces_only_what_is_left_over(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	fixture_params.server = true;
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), 0);
	fd = squat(true);
	assert_int_equal(virtio_vhost_user_listen(&vu), -EADDRINUSE);
	close(fd);
	assert_int_equal(virtio_vhost_user_listen(&vu), 0);
	OPS->close(&vu.base);
	assert_int_equal(stat(fixture_path, &st), -1);

	/* a file that is no socket is nobody's to remove */
	fd = creat(fixture_path, 0600);
	close(fd);
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), 0);
	assert_int_equal(virtio_vhost_user_listen(&vu), -EADDRINUSE);
	OPS->close(&vu.base);
	assert_int_equal(unlink(fixture_path), 0);
}

static void
close_leaves_the_socket_of_another_server(void **state)
{
	int fd;

	(void)state;
	fixture_params.server = true;
	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), 0);
	assert_int_equal(virtio_vhost_user_listen(&vu), 0);
	assert_int_equal(unlink(fixture_path), 0);
	fd = squat(true);
	OPS->close(&vu.base);
	assert_int_equal(unlink(fixture_path), 0);
	close(fd);
}

static void
handshake_agrees_on_what_both_have(void **state)
{
	const uint64_t known = BIT(VHOST_USER_PROTOCOL_F_MQ) | BIT(VHOST_USER_PROTOCOL_F_RARP) |
			       BIT(VHOST_USER_PROTOCOL_F_REPLY_ACK) |
			       BIT(VHOST_USER_PROTOCOL_F_MTU) |
			       BIT(VHOST_USER_PROTOCOL_F_BACKEND_REQ) |
			       BIT(VHOST_USER_PROTOCOL_F_CONFIG) |
			       BIT(VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD) |
			       BIT(VHOST_USER_PROTOCOL_F_STATUS);

	(void)state;
	fixture_connected();
	assert_int_equal(fb.acked_protocol, known);
	assert_int_equal(vu.backend_pairs, 128);
	assert_int_equal(vu.max_regions, 8);
	assert_true(vu.backend_fd >= 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_OWNER), 1);
	assert_order(VHOST_USER_SET_PROTOCOL_FEATURES, 0, VHOST_USER_SET_OWNER, 0);
	/* nothing of the device was touched */
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_FEATURES), 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_MEM_TABLE), 0);
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_OWNER), 1);
}

static void
no_channel_without_configuration(void **state)
{
	(void)state;
	fb.protocol &= ~BIT(VHOST_USER_PROTOCOL_F_CONFIG);
	fixture_connected();
	assert_int_equal(fb.acked_protocol & BIT(VHOST_USER_PROTOCOL_F_BACKEND_REQ), 0);
	assert_int_equal(vu.backend_fd, -1);
}

/* Send a request of the backend over its channel. */
static void
backend_asks(uint32_t request, uint32_t flags)
{
	const uint32_t header[3] = { request, VHOST_USER_VERSION | flags, 0 };

	assert_int_equal(write(fb.channel_fd, header, sizeof(header)), sizeof(header));
}

static uint64_t
backend_is_answered(uint32_t request)
{
	uint32_t wire[5];
	uint64_t value;

	assert_int_equal(recv(fb.channel_fd, wire, sizeof(wire), MSG_DONTWAIT), sizeof(wire));
	assert_int_equal(wire[0], request);
	assert_int_equal(wire[1], VHOST_USER_VERSION | VHOST_USER_REPLY);
	assert_int_equal(wire[2], sizeof(value));
	memcpy(&value, &wire[3], sizeof(value));
	return value;
}

static void
changes_of_the_configuration_are_told(void **state)
{
	uint32_t before, after;
	uint8_t byte;

	(void)state;
	fixture_connected();
	assert_int_equal(virtio_vhost_user_backend_events(&vu), 0);
	assert_int_equal(OPS->get_generation(&vu.base, &before), 0);
	backend_asks(VHOST_USER_BACKEND_CONFIG_CHANGE_MSG, 0);
	assert_int_equal(virtio_vhost_user_backend_events(&vu), 1);
	assert_int_equal(OPS->get_generation(&vu.base, &after), 0);
	assert_int_not_equal(before, after);
	assert_int_equal(recv(fb.channel_fd, &byte, 1, MSG_DONTWAIT), -1);
	backend_asks(VHOST_USER_BACKEND_CONFIG_CHANGE_MSG, VHOST_USER_NEED_REPLY);
	assert_int_equal(virtio_vhost_user_backend_events(&vu), 1);
	assert_int_equal(backend_is_answered(VHOST_USER_BACKEND_CONFIG_CHANGE_MSG), 0);
	backend_asks(1, VHOST_USER_NEED_REPLY);
	assert_int_equal(virtio_vhost_user_backend_events(&vu), 0);
	assert_int_equal(backend_is_answered(1), 1);
	assert_int_equal(virtio_vhost_user_backend_events(&vu), 0);
	/* the end of the channel is not that of the connection */
	shutdown(fb.channel_fd, SHUT_RDWR);
	assert_int_equal(virtio_vhost_user_backend_events(&vu), -ENODEV);
	assert_int_equal(virtio_vhost_user_check(&vu), 0);
}

static void
the_end_of_the_backend_is_noticed(void **state)
{
	struct pollfd pfd = { .events = POLLIN };
	uint8_t status;

	(void)state;
	fixture_connected();
	fixture_live(2);
	assert_int_equal(virtio_vhost_user_check(&vu), 0);
	fake_backend_hang_up(&fb);
	pfd.fd = vu.conn_fd;
	assert_int_equal(poll(&pfd, 1, FIXTURE_LONG_MS), 1);
	assert_int_equal(virtio_vhost_user_check(&vu), -ENODEV);
	assert_true(vu.base.gone);
	assert_true(vu.conn_fd >= 0); /* until the owner lets go of it */
	assert_int_equal(OPS->get_status(&vu.base, &status), -ENODEV);
	assert_int_equal(virtio_device_reset(&dev), -ENODEV);
	assert_int_equal(virtio_vhost_user_connect(&vu), -EISCONN);
	virtio_vhost_user_disconnect(&vu);
	assert_int_equal(vu.conn_fd, -1);
}

static void
check_does_not_wait_for_a_request(void **state)
{
	(void)state;
	fixture_connected();
	fake_backend_hang_up(&fb);
	pthread_mutex_lock(&vu.lock); /* as a request has it, that finds the end by itself */
	assert_int_equal(virtio_vhost_user_check(&vu), 0);
	pthread_mutex_unlock(&vu.lock);
	assert_int_equal(virtio_vhost_user_check(&vu), -ENODEV);
}

/* Lose the backend, get it again, go on with two queues. */
static void
come_back(void)
{
	fake_backend_hang_up(&fb);
	assert_int_equal(virtio_vhost_user_check(&vu), -ENODEV);
	virtio_vhost_user_disconnect(&vu);
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
	fixture_live(2);
	assert_true(fb.vrings[0].enabled && fb.vrings[1].enabled);
	assert_int_equal(fb.num_regions, 1);
}

static void
a_client_comes_back_many_times(void **state)
{
	const unsigned int times = getenv("VIO_LONG") != NULL ? 10000 : 60;
	unsigned int open_fds;
	int call;

	(void)state;
	fixture_connected();
	fixture_live(2);
	come_back();
	open_fds = fake_backend_open_fds();
	call = virtio_vhost_user_call_fd(&vu, 0);
	for (unsigned int i = 0; i < times; i++) {
		come_back();
		fake_backend_forget(&fb); /* its list of messages is finite */
	}
	assert_int_equal(fake_backend_open_fds(), open_fds);
	assert_int_equal(virtio_vhost_user_call_fd(&vu, 0), call);
	assert_int_equal(fb.connections, times + 2);
}

static void
a_server_is_called_again_many_times(void **state)
{
	unsigned int open_fds;

	(void)state;
	fixture_params.server = true;
	fixture_connected();
	fixture_live(2);
	come_back();
	for (unsigned int i = 0; i < 60; i++) {
		come_back();
		fake_backend_wait_connections(&fb, i + 3);
	}
	open_fds = fake_backend_open_fds();
	come_back();
	assert_int_equal(fake_backend_open_fds(), open_fds);
}

static void
inflight_memory_is_handed_back_after_a_reconnection(void **state)
{
	struct virtio_queue_setup setup = fixture_queue(0, 64);
	struct stat st;
	ino_t first;

	(void)state;
	fixture_connected();
	fixture_live(2);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_GET_INFLIGHT_FD), 1);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_INFLIGHT_FD), 1);
	assert_order(VHOST_USER_SET_INFLIGHT_FD, 0, VHOST_USER_SET_VRING_NUM, 0);
	assert_int_equal(told(VHOST_USER_GET_INFLIGHT_FD, 0)->inflight.num_queues, 2);
	assert_int_equal(told(VHOST_USER_GET_INFLIGHT_FD, 0)->inflight.queue_size, 64);
	assert_int_equal(told(VHOST_USER_SET_INFLIGHT_FD, 0)->inflight.mmap_size, 4096);
	assert_int_equal(fstat(vu.inflight.fd, &st), 0);
	first = st.st_ino;
	assert_int_equal(fb.inflight_ino, first);

	fake_backend_hang_up(&fb);
	virtio_vhost_user_disconnect(&vu);
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
	fb.inflight_ino = 0;
	fake_backend_forget(&fb);
	fixture_set_up(0);
	setup.resume = true;
	assert_int_equal(OPS->queue_setup(&vu.base, 0, &setup), 0);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_GET_INFLIGHT_FD), 0);
	assert_int_equal(fb.inflight_ino, first);

	/* fresh rings get fresh memory */
	fixture_set_up(1);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_GET_INFLIGHT_FD), 1);
	assert_int_not_equal(fb.inflight_ino, first);
}

static void
a_backend_may_track_nothing_after_all(void **state)
{
	(void)state;
	fb.inflight_size = 0;
	fixture_connected();
	fixture_live(2);
	assert_int_equal(vu.inflight.fd, -1);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_GET_INFLIGHT_FD), 1);
	assert_int_equal(fake_backend_count(&fb, VHOST_USER_SET_INFLIGHT_FD), 0);
}

static void *
hammer(void *arg)
{
	unsigned int *failed = arg;
	uint8_t status;

	for (unsigned int i = 0; i < 500; i++)
		*failed += OPS->get_status(&vu.base, &status) != 0 ||
			   (status & VIRTIO_CONFIG_S_DRIVER_OK) == 0;
	return NULL;
}

static void
requests_of_several_threads_do_not_mix(void **state)
{
	pthread_t threads[3];
	unsigned int failed[3] = { 0 };

	(void)state;
	fixture_connected();
	fixture_live(2);
	fake_backend_forget(&fb);
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, &failed[i]), 0);
	for (unsigned int i = 0; i < 300; i++) {
		assert_int_equal(virtio_vhost_user_enable(&vu, 0, i % 2), 0);
		assert_int_equal(virtio_vhost_user_check(&vu), 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(failed[i], 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(create_refuses_what_cannot_be),
		FIXTURE_CASE(nothing_works_without_a_connection),
		FIXTURE_CASE(a_client_tries_until_somebody_listens),
		FIXTURE_CASE(a_server_waits_until_somebody_calls),
		FIXTURE_CASE(a_server_replaces_only_what_is_left_over),
		FIXTURE_CASE(close_leaves_the_socket_of_another_server),
		FIXTURE_CASE(handshake_agrees_on_what_both_have),
		FIXTURE_CASE(no_channel_without_configuration),
		FIXTURE_CASE(changes_of_the_configuration_are_told),
		FIXTURE_CASE(the_end_of_the_backend_is_noticed),
		FIXTURE_CASE(check_does_not_wait_for_a_request),
		FIXTURE_CASE(a_client_comes_back_many_times),
		FIXTURE_CASE(a_server_is_called_again_many_times),
		FIXTURE_CASE(inflight_memory_is_handed_back_after_a_reconnection),
		FIXTURE_CASE(a_backend_may_track_nothing_after_all),
		FIXTURE_CASE(requests_of_several_threads_do_not_mix),
	};

	return cmocka_run_group_tests_name("vhost_user_conn", tests, NULL, NULL);
}
