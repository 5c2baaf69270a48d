/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_user_msg.h - messages of the vhost-user protocol, and their way over a socket.
 *
 * After "Vhost-user Protocol" (docs/interop/vhost-user.rst of QEMU, cited by its headings). Numbers
 * are in host byte order. What arrives was written by the backend and is checked here against what
 * the request allows: length, version, flags, number of descriptors. Its meaning the caller checks.
 */
#ifndef VIRTIO_VHOST_USER_MSG_H
#define VIRTIO_VHOST_USER_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/vhost_types.h>

#include "deadline.h"

/** The bit among the virtio features that says: protocol features exist ("Communication"). */
#define VHOST_USER_F_PROTOCOL_FEATURES 30

/** "Protocol features", those that matter to a network frontend. */
enum {
	VHOST_USER_PROTOCOL_F_MQ = 0,
	VHOST_USER_PROTOCOL_F_RARP = 2,
	VHOST_USER_PROTOCOL_F_REPLY_ACK = 3,
	VHOST_USER_PROTOCOL_F_MTU = 4,
	VHOST_USER_PROTOCOL_F_BACKEND_REQ = 5,
	VHOST_USER_PROTOCOL_F_CONFIG = 9,
	VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD = 12,
	VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS = 15,
	VHOST_USER_PROTOCOL_F_STATUS = 16,
};

/** "Front-end message types", those that this frontend sends. */
enum vhost_user_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_SEND_RARP = 19,
	VHOST_USER_NET_SET_MTU = 20,
	VHOST_USER_SET_BACKEND_REQ_FD = 21,
	VHOST_USER_GET_CONFIG = 24,
	VHOST_USER_GET_INFLIGHT_FD = 31,
	VHOST_USER_SET_INFLIGHT_FD = 32,
	VHOST_USER_GET_MAX_MEM_SLOTS = 36,
	VHOST_USER_ADD_MEM_REG = 37,
	VHOST_USER_REM_MEM_REG = 38,
	VHOST_USER_SET_STATUS = 39,
	VHOST_USER_GET_STATUS = 40,
};

/** "Back-end message types": the one that this frontend understands. */
#define VHOST_USER_BACKEND_CONFIG_CHANGE_MSG 2

/* vhost_user_header::flags, "Header" */
#define VHOST_USER_VERSION 1u
#define VHOST_USER_VERSION_MASK 3u
#define VHOST_USER_REPLY (1u << 2)
#define VHOST_USER_NEED_REPLY (1u << 3)

/** Regions that one SET_MEM_TABLE carries, and with it descriptors of one message. */
#define VHOST_USER_MAX_REGIONS 8
#define VHOST_USER_MAX_FDS VHOST_USER_MAX_REGIONS

/** Largest piece of configuration space in one message. */
#define VHOST_USER_CONFIG_MAX 256

/** "Header" */
struct vhost_user_header {
	uint32_t request;
	uint32_t flags;
	uint32_t size; /**< of the payload, bytes */
};

/** A region of "Memory regions description". */
struct vhost_user_region {
	uint64_t guest_addr;
	uint64_t size;
	uint64_t user_addr;
	uint64_t mmap_offset;
};

/** "Memory regions description" */
struct vhost_user_memory {
	uint32_t num_regions;
	uint32_t padding;
	struct vhost_user_region regions[VHOST_USER_MAX_REGIONS];
};

/** "Single memory region description" */
struct vhost_user_memory_single {
	uint64_t padding;
	struct vhost_user_region region;
};

/** "Virtio device config space" */
struct vhost_user_config {
	uint32_t offset;
	uint32_t size;
	uint32_t flags;
	uint8_t data[VHOST_USER_CONFIG_MAX];
};

/** Bytes of struct vhost_user_config before the data. */
#define VHOST_USER_CONFIG_HEAD offsetof(struct vhost_user_config, data)

/** "Inflight description". Travels with the four bytes of padding that C puts at its end. */
struct vhost_user_inflight {
	uint64_t mmap_size;
	uint64_t mmap_offset;
	uint16_t num_queues;
	uint16_t queue_size;
	uint32_t padding;
};

union vhost_user_payload {
	uint64_t u64;
	struct vhost_vring_state state;
	struct vhost_vring_addr addr;
	struct vhost_user_memory memory;
	struct vhost_user_memory_single memory_single;
	struct vhost_user_config config;
	struct vhost_user_inflight inflight;
};

/**
 * One message. On the wire the payload follows the header without the gap that alignment puts
 * between them here.
 */
struct vhost_user_msg {
	struct vhost_user_header header;
	union vhost_user_payload payload;
};

#define VHOST_USER_ASSERT_SIZE(type, value) \
	_Static_assert(sizeof(struct type) == (value), #type)

VHOST_USER_ASSERT_SIZE(vhost_user_header, 12);
VHOST_USER_ASSERT_SIZE(vhost_user_region, 32);
VHOST_USER_ASSERT_SIZE(vhost_user_memory, 264);
VHOST_USER_ASSERT_SIZE(vhost_user_memory_single, 40);
VHOST_USER_ASSERT_SIZE(vhost_user_config, 268);
VHOST_USER_ASSERT_SIZE(vhost_user_inflight, 24);
VHOST_USER_ASSERT_SIZE(vhost_vring_state, 8);
VHOST_USER_ASSERT_SIZE(vhost_vring_addr, 40);
_Static_assert(VHOST_USER_CONFIG_HEAD == 12, "vhost_user_config.data");
_Static_assert(offsetof(struct vhost_user_memory, regions) == 8, "vhost_user_memory.regions");
_Static_assert(offsetof(struct vhost_vring_addr, used_user_addr) == 16, "used before available");

/** File descriptors beside a message. */
struct vhost_user_fds {
	int fd[VHOST_USER_MAX_FDS];
	unsigned int count;
};

/** A socket and what log lines call it. */
struct vhost_user_link {
	int fd;           /**< a stream socket of the Unix domain, blocking or not */
	const char *name; /**< of the connection: the path of the socket */
};

/** Name of a request for people: "SET_MEM_TABLE". Never NULL. */
const char *vhost_user_request_name(uint32_t request);

/** True where the document gives @p request a reply of its own. */
bool vhost_user_has_reply(uint32_t request);

/** Close all of @p fds and forget them. */
void vhost_user_fds_close(struct vhost_user_fds *fds);

/**
 * Send one message whole. Descriptors stay the caller's.
 *
 * @param fds  to be sent along; NULL for none
 * @return 0, -ETIMEDOUT, -EPIPE or -ECONNRESET where the peer is gone, another negative errno of
 *         sendmsg(). But for 0, part of the message may have been sent: close the connection. The
 *         log has one line about it.
 */
int vhost_user_send(const struct vhost_user_link *link, const struct vhost_user_msg *msg,
		    const struct vhost_user_fds *fds, const struct virtio_deadline *deadline);

/**
 * Receive one message whole, whatever it is.
 *
 * @param what  what is waited for, in words for the log
 * @param fds  filled with the descriptors that came along, the caller's from then on; empty on
 *             failure
 * @return 0; -ETIMEDOUT; -ECONNRESET for the end of the stream between messages, -EPROTO for one in
 *         the middle of a message, a version other than 1, a payload larger than any allowed, or
 *         too many descriptors; another negative errno of recvmsg(). But for 0 the stream is
 *         useless: close the connection. All is said in one line of the log.
 */
int vhost_user_recv(const struct vhost_user_link *link, const char *what,
		    struct vhost_user_msg *msg, struct vhost_user_fds *fds,
		    const struct virtio_deadline *deadline);

/**
 * Receive the reply to @p request, its length and descriptors exactly as asked for.
 *
 * @param request_size  payload bytes of the request: GET_CONFIG is answered with as many, or none
 * @param acknowledge   the reply is an acknowledgement (REPLY_ACK): one number
 * @return as vhost_user_recv(), -EPROTO also for anything but that reply
 */
int vhost_user_recv_reply(const struct vhost_user_link *link, uint32_t request,
			  uint32_t request_size, bool acknowledge,
			  struct vhost_user_msg *msg, struct vhost_user_fds *fds,
			  const struct virtio_deadline *deadline);

#endif /* VIRTIO_VHOST_USER_MSG_H */
