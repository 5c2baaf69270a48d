/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_vhost_user_msg.c - the codec of vhost-user messages, over a pair of sockets. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_backend.h"
#include "vhost_user_msg.h"

/* How long a test waits for what does not come. */
#define SHORT_MS 20

static int ours, theirs;
static struct vhost_user_link link_;
static struct vhost_user_msg msg;
static struct vhost_user_fds fds;
static unsigned int fds_before;

static int
setup(void **state)
{
	int pair[2];

	(void)state;
	unit_log_start();
	fds_before = fake_backend_open_fds();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ours = pair[0];
	theirs = pair[1];
	link_ = (struct vhost_user_link){ ours, "test.sock" };
	memset(&msg, 0, sizeof(msg));
	memset(&fds, 0, sizeof(fds));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	close(ours);
	if (theirs >= 0)
		close(theirs);
	assert_int_equal(fake_backend_open_fds(), fds_before);
	return 0;
}

static struct virtio_deadline
soon(void)
{
	return virtio_deadline_in_ms(SHORT_MS);
}

static struct virtio_deadline
later(void)
{
	return virtio_deadline_in_ms(30000);
}

/* Write raw bytes with @p num copies of a descriptor, as the backend. */
static void
put(const void *bytes, size_t len, unsigned int num)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(32 * sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	const int fd = STDERR_FILENO; /* any will do */

	if (num != 0) {
		struct cmsghdr *c;

		mh.msg_control = control.space;
		mh.msg_controllen = CMSG_SPACE(num * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(num * sizeof(int));
		for (unsigned int i = 0; i < num; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(int));
	}
	assert_int_equal(sendmsg(theirs, &mh, 0), len);
}

static void
put_message(uint32_t request, uint32_t flags, uint32_t size, unsigned int num)
{
	uint8_t bytes[12 + 1024] = { 0 };
	const uint32_t header[3] = { request, flags, size };

	assert_true(size <= 1024);
	memcpy(bytes, header, sizeof(header));
	for (uint32_t i = 0; i < size; i++)
		bytes[12 + i] = (uint8_t)(i + 1);
	put(bytes, 12 + size, num);
}

static int
receive(void)
{
	struct virtio_deadline deadline = soon();

	return vhost_user_recv(&link_, "a message", &msg, &fds, &deadline);
}

static int
receive_reply(uint32_t request, uint32_t size, bool acknowledge)
{
	struct virtio_deadline deadline = soon();

	return vhost_user_recv_reply(&link_, request, size, acknowledge, &msg, &fds, &deadline);
}

static void
sent_as_the_document_lays_it_out(void **state)
{
	struct virtio_deadline deadline = later();
	uint32_t wire[5];
	uint8_t byte;

	(void)state;
	msg.header = (struct vhost_user_header){ VHOST_USER_SET_VRING_NUM, VHOST_USER_VERSION, 8 };
	msg.payload.state = (struct vhost_vring_state){ 7, 256 };
	assert_int_equal(vhost_user_send(&link_, &msg, NULL, &deadline), 0);
	assert_int_equal(recv(theirs, wire, sizeof(wire), 0), sizeof(wire));
	assert_int_equal(wire[0], 8);
	assert_int_equal(wire[1], 1);
	assert_int_equal(wire[2], 8);
	assert_int_equal(wire[3], 7);
	assert_int_equal(wire[4], 256);
	assert_int_equal(recv(theirs, &byte, 1, MSG_DONTWAIT), -1);
}

static void
descriptors_travel_and_are_closed_on_exec(void **state)
{
	struct virtio_deadline deadline = later();
	int pipes[2];
	struct stat a, b;
	int end = theirs;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	msg.header = (struct vhost_user_header){ VHOST_USER_SET_MEM_TABLE, VHOST_USER_VERSION, 8 };
	fds.count = VHOST_USER_MAX_FDS;
	for (unsigned int i = 0; i < fds.count; i++)
		fds.fd[i] = pipes[0];
	assert_int_equal(vhost_user_send(&link_, &msg, &fds, &deadline), 0);
	assert_int_equal(fstat(pipes[0], &a), 0);
	close(pipes[0]);
	close(pipes[1]);
	link_.fd = end;
	assert_int_equal(receive(), 0);
	assert_int_equal(fds.count, VHOST_USER_MAX_FDS);
	for (unsigned int i = 0; i < fds.count; i++) {
		assert_int_equal(fstat(fds.fd[i], &b), 0);
		assert_int_equal(a.st_ino, b.st_ino);
		assert_int_equal(fcntl(fds.fd[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	}
	vhost_user_fds_close(&fds);
	assert_int_equal(fds.count, 0);
}

static void
a_full_socket_is_waited_for(void **state)
{
	struct virtio_deadline deadline;
	int rc = 0;

	(void)state;
	msg.header = (struct vhost_user_header){ VHOST_USER_GET_CONFIG, VHOST_USER_VERSION, 268 };
	for (unsigned int i = 0; i < 100000 && rc == 0; i++) {
		deadline = soon();
		rc = vhost_user_send(&link_, &msg, NULL, &deadline);
	}
	assert_int_equal(rc, -ETIMEDOUT);
	assert_true(unit_logged("test.sock: sending GET_CONFIG failed"));
}

static void
sending_to_nobody_raises_no_signal(void **state)
{
	struct virtio_deadline deadline = later();

	(void)state;
	close(theirs);
	theirs = -1;
	msg.header = (struct vhost_user_header){ VHOST_USER_SET_OWNER, VHOST_USER_VERSION, 0 };
	assert_int_equal(vhost_user_send(&link_, &msg, NULL, &deadline), -EPIPE);
}

static void
received_in_pieces(void **state)
{
	const uint8_t bytes[20] = { 1, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 0xef, 0xbe };

	(void)state;
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		put(&bytes[i], 1, 0);
	assert_int_equal(receive_reply(VHOST_USER_GET_FEATURES, 0, false), 0);
	assert_int_equal(msg.payload.u64, 0xbeef);
}

static void
every_own_reply_has_one_length(void **state)
{
	static const struct {
		uint32_t request;
		uint32_t size;
	} replies[] = {
		{ VHOST_USER_GET_FEATURES, 8 },
		{ VHOST_USER_GET_PROTOCOL_FEATURES, 8 },
		{ VHOST_USER_GET_VRING_BASE, 8 },
		{ VHOST_USER_GET_QUEUE_NUM, 8 },
		{ VHOST_USER_GET_INFLIGHT_FD, 24 },
		{ VHOST_USER_GET_MAX_MEM_SLOTS, 8 },
		{ VHOST_USER_GET_STATUS, 8 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(replies); i++) {
		uint32_t request = replies[i].request;

		assert_true(vhost_user_has_reply(request));
		for (uint32_t size = 0; size <= 48; size++) {
			put_message(request, VHOST_USER_VERSION | VHOST_USER_REPLY, size, 0);
			assert_int_equal(receive_reply(request, 0, false),
					 size == replies[i].size ? 0 : -EPROTO);
		}
	}
}

static void
config_replies_are_as_long_as_the_request_or_empty(void **state)
{
	(void)state;
	for (uint32_t size = 0; size <= 40; size++) {
		put_message(VHOST_USER_GET_CONFIG, 5, size, 0);
		assert_int_equal(receive_reply(VHOST_USER_GET_CONFIG, 12 + 6, false),
				 size == 18 || size == 0 ? 0 : -EPROTO);
	}
}

static void
setters_have_no_reply_but_an_acknowledgement(void **state)
{
	(void)state;
	assert_false(vhost_user_has_reply(VHOST_USER_SET_MEM_TABLE));
	assert_false(vhost_user_has_reply(0));
	assert_false(vhost_user_has_reply(UINT32_MAX));
	put_message(VHOST_USER_SET_MEM_TABLE, 5, 8, 0);
	assert_int_equal(receive_reply(VHOST_USER_SET_MEM_TABLE, 8, true), 0);
	put_message(VHOST_USER_SET_MEM_TABLE, 5, 0, 0);
	assert_int_equal(receive_reply(VHOST_USER_SET_MEM_TABLE, 8, true), -EPROTO);
}

static void
requests_have_names(void **state)
{
	(void)state;
	assert_string_equal(vhost_user_request_name(VHOST_USER_SET_MEM_TABLE), "SET_MEM_TABLE");
	assert_string_equal(vhost_user_request_name(VHOST_USER_GET_STATUS), "GET_STATUS");
	assert_string_equal(vhost_user_request_name(4), "unknown request");
	assert_string_equal(vhost_user_request_name(41), "unknown request");
	assert_string_equal(vhost_user_request_name(UINT32_MAX), "unknown request");
}

static void
fault_reply_to_another_request(void **state)
{
	(void)state;
	put_message(VHOST_USER_GET_STATUS, 5, 8, 0);
	assert_int_equal(receive_reply(VHOST_USER_GET_FEATURES, 0, false), -EPROTO);
	assert_true(unit_logged("no reply to GET_FEATURES but a reply to GET_STATUS (40)"));
}

static void
fault_request_instead_of_a_reply(void **state)
{
	(void)state;
	put_message(VHOST_USER_GET_FEATURES, 1, 8, 0);
	assert_int_equal(receive_reply(VHOST_USER_GET_FEATURES, 0, false), -EPROTO);
}

static void
fault_version(void **state)
{
	(void)state;
	for (uint32_t version = 0; version < 4; version++) {
		put_message(VHOST_USER_GET_FEATURES, VHOST_USER_REPLY | version, 8, 0);
		if (version == 1) {
			assert_int_equal(receive(), 0);
			continue;
		}
		assert_int_equal(receive(), -EPROTO);
		/* the stream cannot be used any more; here the rest has to go */
		assert_int_equal(recv(ours, &msg, 8, 0), 8);
	}
	assert_true(unit_logged("protocol version 3, not 1"));
}

static void
fault_oversized(void **state)
{
	const uint32_t header[3] = { VHOST_USER_GET_FEATURES, 5, UINT32_MAX };

	(void)state;
	put(header, sizeof(header), 0);
	assert_int_equal(receive(), -EPROTO);
	put_message(VHOST_USER_GET_FEATURES, 5, sizeof(msg.payload) + 1, 0);
	assert_int_equal(receive(), -EPROTO);
	assert_true(unit_logged("bytes of payload (GET_FEATURES), at most"));
}

static void
fault_largest_payload_still_fits(void **state)
{
	(void)state;
	put_message(VHOST_USER_GET_CONFIG, 5, sizeof(msg.payload), 0);
	assert_int_equal(receive(), 0);
	assert_int_equal(msg.header.size, sizeof(msg.payload));
}

static void
fault_extra_descriptors_are_closed(void **state)
{
	(void)state;
	put_message(VHOST_USER_GET_FEATURES, 5, 8, 1);
	assert_int_equal(receive_reply(VHOST_USER_GET_FEATURES, 0, false), -EPROTO);
	assert_true(unit_logged("a reply to GET_FEATURES with 1 file descriptors, not 0"));
	put_message(VHOST_USER_GET_INFLIGHT_FD, 5, 24, 2);
	assert_int_equal(receive_reply(VHOST_USER_GET_INFLIGHT_FD, 24, false), -EPROTO);
	put_message(VHOST_USER_SET_OWNER, 5, 8, 1);
	assert_int_equal(receive_reply(VHOST_USER_SET_OWNER, 0, true), -EPROTO);
	assert_int_equal(fds.count, 0);
}

static void
fault_more_descriptors_than_any_message_has(void **state)
{
	(void)state;
	put_message(VHOST_USER_GET_INFLIGHT_FD, 5, 24, 32);
	assert_int_equal(receive(), -EPROTO);
	assert_int_equal(fds.count, 0);
	assert_true(unit_logged("more file descriptors"));
}

static void
fault_descriptors_spread_over_the_payload(void **state)
{
	const uint32_t header[3] = { VHOST_USER_GET_CONFIG, 5, 8 };
	const uint8_t byte = 0;

	(void)state;
	put(header, sizeof(header), 4);
	for (unsigned int i = 0; i < 8; i++)
		put(&byte, 1, 4);
	assert_int_equal(receive(), -EPROTO);
	assert_int_equal(fds.count, 0);
}

static void
fault_end_of_file(void **state)
{
	(void)state;
	close(theirs);
	theirs = -1;
	assert_int_equal(receive(), -ECONNRESET);
	assert_true(unit_logged("test.sock: a message: the backend closed the connection"));
}

static void
fault_end_of_file_at_any_byte(void **state)
{
	const uint8_t bytes[20] = { 1, 0, 0, 0, 5, 0, 0, 0, 8 };

	(void)state;
	for (size_t len = 1; len < sizeof(bytes); len++) {
		int pair[2];

		put(bytes, len, 2);
		close(theirs);
		assert_int_equal(receive(), -EPROTO);
		assert_int_equal(fds.count, 0);
		close(ours);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		ours = link_.fd = pair[0];
		theirs = pair[1];
	}
	assert_true(unit_logged("ended inside a message"));
}

static void
fault_hang_times_out(void **state)
{
	const uint8_t bytes[15] = { 1, 0, 0, 0, 5, 0, 0, 0, 8 };

	(void)state;
	assert_int_equal(receive(), -ETIMEDOUT);
	put(bytes, sizeof(bytes), 3);
	assert_int_equal(receive(), -ETIMEDOUT);
	assert_int_equal(fds.count, 0);
	assert_true(unit_logged("does not answer in time"));
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static void
signals_do_not_end_a_wait(void **state)
{
	const struct sigaction action = { .sa_handler = on_alarm }; /* no SA_RESTART */
	struct sigaction before;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	ualarm(2000, 2000);
	assert_int_equal(receive(), -ETIMEDOUT);
	ualarm(0, 0);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
}

static void
fault_any_bytes_are_survived(void **state)
{
	uint64_t random = 7;
	unsigned int accepted = 0;

	(void)state;
	for (unsigned int round = 0; round < 2000; round++) {
		uint8_t bytes[64];
		int pair[2];

		for (unsigned int i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)unit_random(&random);
		if (round % 2 == 0) { /* else hardly one gets past the first check */
			const uint32_t header[3] = { bytes[0] % 48, 5, bytes[1] % 64 };

			memcpy(bytes, header, sizeof(header));
		}
		put(bytes, unit_random(&random) % sizeof(bytes) + 1, unit_random(&random) % 4);
		shutdown(theirs, SHUT_WR);
		if (receive_reply(bytes[0], 20, round % 3 == 0) == 0)
			accepted++;
		else
			assert_int_equal(fds.count, 0);
		vhost_user_fds_close(&fds);
		close(ours);
		close(theirs);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		ours = link_.fd = pair[0];
		theirs = pair[1];
	}
	assert_true(accepted < 2000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sent_as_the_document_lays_it_out),
		CASE(descriptors_travel_and_are_closed_on_exec),
		CASE(a_full_socket_is_waited_for),
		CASE(sending_to_nobody_raises_no_signal),
		CASE(received_in_pieces),
		CASE(every_own_reply_has_one_length),
		CASE(config_replies_are_as_long_as_the_request_or_empty),
		CASE(setters_have_no_reply_but_an_acknowledgement),
		CASE(requests_have_names),
		CASE(fault_reply_to_another_request),
		CASE(fault_request_instead_of_a_reply),
		CASE(fault_version),
		CASE(fault_oversized),
		CASE(fault_largest_payload_still_fits),
		CASE(fault_extra_descriptors_are_closed),
		CASE(fault_more_descriptors_than_any_message_has),
		CASE(fault_descriptors_spread_over_the_payload),
		CASE(fault_end_of_file),
		CASE(fault_end_of_file_at_any_byte),
		CASE(fault_hang_times_out),
		CASE(signals_do_not_end_a_wait),
		CASE(fault_any_bytes_are_survived),
	};

	return cmocka_run_group_tests_name("vhost_user_msg", tests, NULL, NULL);
}
