/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fuzz_vhost_user.c - what a vhost-user backend says: single replies, and all that a frontend asks
 * from its handshake to a live device. No file descriptor may be left over.
 */

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deadline.h"
#include "device.h"
#include "fuzz.h"
#include "unit.h"
#include "vhost_user.h"
#include "vhost_user_msg.h"

/** Memory to share. */
static int memory_fd;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	memory_fd = memfd_create("fuzz", MFD_CLOEXEC);
	return memory_fd < 0;
}

/** The lowest descriptor that is free: the same before and after. */
static int
next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/** Write the input to the socket, up to three descriptors with its first byte, and end. */
static void
say(int fd, const uint8_t *data, size_t size, unsigned int num_fds)
{
	char control[CMSG_SPACE(3 * sizeof(int))] = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	const int fds[3] = { 0, 1, 2 };

	if (num_fds != 0) {
		struct cmsghdr *head;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(num_fds * sizeof(int));
		head = CMSG_FIRSTHDR(&msg);
		*head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(num_fds * sizeof(int)),
					  .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(head), fds, num_fds * sizeof(int));
	}
	if (size != 0)
		FUZZ_CHECK(sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0);
	shutdown(fd, SHUT_WR);
}

/** Turn an input into messages that mostly are what somebody asked for. @return bytes of them */
static size_t
compose(struct fuzz_input *in, uint8_t *to, size_t room)
{
	size_t len = 0;

	while (in->left != 0 && room - len > 12 + 12 + UINT8_MAX) {
		const uint8_t request = fuzz_u8(in), how = fuzz_u8(in);
		uint32_t header[3] = { request & 63, 5, 8 };

		if (how & 1)
			header[2] = sizeof(struct vhost_user_inflight);
		if (how & 2)
			header[2] = VHOST_USER_CONFIG_HEAD + fuzz_u8(in);
		if ((how & 0xc0) == 0xc0)
			header[how % 3] = fuzz_u32(in);
		memcpy(to + len, header, sizeof(header));
		len += sizeof(header);
		if (header[2] > 12 + UINT8_MAX)
			continue;
		if (how & 4) /* an acknowledgement, or no number at all */
			memset(to + len, 0, header[2]);
		else
			fuzz_bytes(in, to + len, header[2]);
		len += header[2];
	}
	return len;
}

/** Replies, one behind the other. */
static void
receive(int fd, struct fuzz_input *questions)
{
	const struct vhost_user_link link = { fd, "fuzz" };
	struct vhost_user_msg msg;
	struct vhost_user_fds fds;

	for (;;) {
		const struct virtio_deadline deadline = virtio_deadline_in_ms(1000);
		const uint8_t question = fuzz_u8(questions);
		const uint8_t len = fuzz_u8(questions);
		int rc;

		if (question == 0xff)
			rc = vhost_user_recv(&link, "anything", &msg, &fds, &deadline);
		else
			rc = vhost_user_recv_reply(&link, question & 63, len, question & 64, &msg,
						   &fds, &deadline);
		if (rc != 0) {
			FUZZ_CHECK(fds.count == 0);
			return;
		}
		FUZZ_CHECK(msg.header.size <= sizeof(msg.payload));
		vhost_user_fds_close(&fds);
	}
}

/** A frontend's life, until the backend's words end. */
static void
live(int fd)
{
	const struct virtio_vhost_user_params params = {
		.path = "/nowhere", .pairs = 2, .queue_size = 256, .timeout_ms = 1000,
	};
	struct virtio_vhost_user vu;
	struct virtio_device dev;
	uint16_t base;
	uint8_t mac[6];

	const struct virtio_mem_region region = {
		.guest_addr = 0x10000, .user_addr = 0x10000, .size = 0x10000, .fd = memory_fd,
	};

	FUZZ_CHECK(virtio_vhost_user_create(&vu, &params) == 0);
	FUZZ_CHECK(virtio_vhost_user_set_memory(&vu, &region, 1) == 0);
	virtio_device_init(&dev, &vu.base);
	/* As virtio_vhost_user_connect() leaves it. */
	vu.conn_fd = fd;
	vu.base.gone = false;
	if (virtio_vhost_user_handshake(&vu) == 0 &&
	    virtio_device_negotiate(&dev, UINT64_MAX, 0) == 0) {
		virtio_device_read_config(&dev, 0, mac, sizeof(mac));
		for (uint16_t q = 0; q < 4; q++) {
			const struct virtio_queue_setup setup = {
				.size = 64, .vector = VIRTIO_NO_VECTOR, .desc = 0x10000,
				.driver = 0x10400, .device = 0x10800,
			};

			if (vu.base.ops->queue_setup(&vu.base, q, &setup) != 0)
				break;
		}
		if (virtio_device_driver_ok(&dev) == 0) {
			virtio_vhost_user_backend_events(&vu);
			virtio_device_reset(&dev);
			virtio_vhost_user_stopped_base(&vu, 0, &base);
		}
	}
	virtio_vhost_user_check(&vu);
	virtio_vhost_user_disconnect(&vu);
	vu.base.ops->close(&vu.base);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	const int before = next_fd();
	const uint8_t how = fuzz_u8(&in);
	static uint8_t composed[16384];
	uint8_t questions[16];
	struct fuzz_input asked = { questions, sizeof(questions) };
	int pair[2];

	unit_log_start();
	fuzz_bytes(&in, questions, sizeof(questions));
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	if (how & 8)
		in = (struct fuzz_input){ composed, compose(&in, composed, sizeof(composed)) };
	say(pair[1], in.at, in.left < 65536 ? in.left : 65536, how & 3);
	if (how & 4) {
		live(pair[0]); /* closes it */
	} else {
		receive(pair[0], &asked);
		close(pair[0]);
	}
	close(pair[1]);
	FUZZ_CHECK(next_fd() == before);
	return 0;
}
