/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_user_msg.c - one message of the vhost-user protocol out, one in, each whole or not at all
 * and within its time.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "log.h"
#include "vhost_user_msg.h"

/* What the document says of a request, as far as this frontend sends it. */
struct request {
	const char *name;
	uint8_t reply_size;  /* of its own reply, 0: it has none */
	uint8_t reply_fds;   /* most descriptors beside that */
};

#define REQUEST(id, ...) [VHOST_USER_##id] = { #id, __VA_ARGS__ }

static const struct request requests[] = {
	REQUEST(GET_FEATURES, sizeof(uint64_t), 0),
	REQUEST(SET_FEATURES, 0, 0),
	REQUEST(SET_OWNER, 0, 0),
	REQUEST(SET_MEM_TABLE, 0, 0),
	REQUEST(SET_VRING_NUM, 0, 0),
	REQUEST(SET_VRING_ADDR, 0, 0),
	REQUEST(SET_VRING_BASE, 0, 0),
	REQUEST(GET_VRING_BASE, sizeof(struct vhost_vring_state), 0),
	REQUEST(SET_VRING_KICK, 0, 0),
	REQUEST(SET_VRING_CALL, 0, 0),
	REQUEST(GET_PROTOCOL_FEATURES, sizeof(uint64_t), 0),
	REQUEST(SET_PROTOCOL_FEATURES, 0, 0),
	REQUEST(GET_QUEUE_NUM, sizeof(uint64_t), 0),
	REQUEST(SET_VRING_ENABLE, 0, 0),
	REQUEST(SEND_RARP, 0, 0),
	REQUEST(NET_SET_MTU, 0, 0),
	REQUEST(SET_BACKEND_REQ_FD, 0, 0),
	REQUEST(GET_CONFIG, VHOST_USER_CONFIG_HEAD, 0), /* and as much data as was asked for */
	REQUEST(GET_INFLIGHT_FD, sizeof(struct vhost_user_inflight), 1),
	REQUEST(SET_INFLIGHT_FD, 0, 0),
	REQUEST(GET_MAX_MEM_SLOTS, sizeof(uint64_t), 0),
	REQUEST(ADD_MEM_REG, 0, 0),
	REQUEST(REM_MEM_REG, 0, 0),
	REQUEST(SET_STATUS, 0, 0),
	REQUEST(GET_STATUS, sizeof(uint64_t), 0),
};

static const struct request *
find_request(uint32_t request)
{
	static const struct request unknown = { "unknown request", 0, 0 };

	if (request >= sizeof(requests) / sizeof(requests[0]) || requests[request].name == NULL)
		return &unknown;
	return &requests[request];
}

const char *
vhost_user_request_name(uint32_t request)
{
	return find_request(request)->name;
}

bool
vhost_user_has_reply(uint32_t request)
{
	return find_request(request)->reply_size != 0;
}

void
vhost_user_fds_close(struct vhost_user_fds *fds)
{
	for (unsigned int i = 0; i < fds->count; i++)
		close(fds->fd[i]);
	fds->count = 0;
}

/* Wait until @p sock is ready for @p events, or in error: the next call on it then says which. */
static int
wait_for(int sock, short events, const struct virtio_deadline *deadline)
{
	struct pollfd pfd = { .fd = sock, .events = events };

	for (;;) {
		int64_t left_ms = (deadline->end_ns - virtio_monotonic_ns() + 999999) / 1000000;
		int n;

		if (left_ms < 0)
			left_ms = 0;
		n = poll(&pfd, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/* Descriptors as ancillary data of @p mh; @p space is zeroed and large enough. */
static void
attach_fds(struct msghdr *mh, const struct vhost_user_fds *fds, void *space)
{
	size_t bytes = fds->count * sizeof(int);
	struct cmsghdr *cmsg;

	mh->msg_control = space;
	mh->msg_controllen = CMSG_SPACE(bytes);
	cmsg = CMSG_FIRSTHDR(mh);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(cmsg), fds->fd, bytes);
}

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(VHOST_USER_MAX_FDS * sizeof(int))];
};

static int
send_message(int sock, const struct vhost_user_msg *msg, const struct vhost_user_fds *fds,
	     const struct virtio_deadline *deadline)
{
	uint8_t wire[sizeof(struct vhost_user_msg)];
	size_t len = sizeof(msg->header) + msg->header.size;
	union control control = { .space = { 0 } };
	struct iovec iov;
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (msg->header.size > sizeof(msg->payload))
		return -EINVAL;
	memcpy(wire, &msg->header, sizeof(msg->header));
	memcpy(wire + sizeof(msg->header), &msg->payload, msg->header.size);
	if (fds != NULL && fds->count != 0)
		attach_fds(&mh, fds, control.space);
	iov = (struct iovec){ .iov_base = wire, .iov_len = len };
	while (iov.iov_len != 0) {
		ssize_t n = sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
		int rc;

		if (n >= 0) {
			iov.iov_base = (uint8_t *)iov.iov_base + n;
			iov.iov_len -= (size_t)n;
			mh.msg_control = NULL; /* they went with the first byte */
			mh.msg_controllen = 0;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		rc = wait_for(sock, POLLOUT, deadline);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
vhost_user_send(const struct vhost_user_link *link, const struct vhost_user_msg *msg,
		const struct vhost_user_fds *fds, const struct virtio_deadline *deadline)
{
	int rc = send_message(link->fd, msg, fds, deadline);

	if (rc != 0)
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: sending %s failed: %s", link->name,
			   vhost_user_request_name(msg->header.request), strerror(-rc));
	return rc;
}

/* Take the descriptors out of what was received. False where there were more than fit. */
static bool
detach_fds(struct msghdr *mh, struct vhost_user_fds *fds)
{
	bool fit = (mh->msg_flags & MSG_CTRUNC) == 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		unsigned int count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		for (unsigned int i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (fds->count < VHOST_USER_MAX_FDS) {
				fds->fd[fds->count++] = fd;
			} else {
				close(fd);
				fit = false;
			}
		}
	}
	return fit;
}

/*
 * Receive exactly @p len bytes. Descriptors are collected wherever in the message they are.
 * -ECONNRESET for an end before the first byte, -EPROTO for one later.
 */
static int
receive(int sock, void *buf, size_t len, struct vhost_user_fds *fds,
	const struct virtio_deadline *deadline)
{
	size_t have = 0;

	while (have < len) {
		union control control;
		struct iovec iov = { (uint8_t *)buf + have, len - have };
		struct msghdr mh = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.space,
			.msg_controllen = sizeof(control.space),
		};
		ssize_t n = recvmsg(sock, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		int rc;

		if (n > 0) {
			if (!detach_fds(&mh, fds))
				return -E2BIG;
			have += (size_t)n;
			continue;
		}
		if (n == 0)
			return have == 0 ? -ECONNRESET : -EPROTO;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		rc = wait_for(sock, POLLIN, deadline);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
receive_message(const struct vhost_user_link *link, struct vhost_user_msg *msg,
		struct vhost_user_fds *fds, const struct virtio_deadline *deadline)
{
	const struct vhost_user_header *h = &msg->header;
	int rc;

	rc = receive(link->fd, &msg->header, sizeof(msg->header), fds, deadline);
	if (rc != 0)
		return rc;
	if ((h->flags & VHOST_USER_VERSION_MASK) != VHOST_USER_VERSION) {
		virtio_log(VIRTIO_LOG_ERR,
			   "vhost-user %s: a message of protocol version %u, not %u", link->name,
			   h->flags & VHOST_USER_VERSION_MASK, VHOST_USER_VERSION);
		return -EBADMSG;
	}
	if (h->size > sizeof(msg->payload)) {
		virtio_log(VIRTIO_LOG_ERR,
			   "vhost-user %s: a message with %u bytes of payload (%s), at most %zu fit",
			   link->name, h->size, vhost_user_request_name(h->request),
			   sizeof(msg->payload));
		return -EBADMSG;
	}
	rc = receive(link->fd, &msg->payload, h->size, fds, deadline);
	return rc == -ECONNRESET ? -EPROTO : rc;
}

/* Say what went wrong, unless it was said, and make it one of the documented errors. */
static int
receive_failed(const struct vhost_user_link *link, const char *what, int rc)
{
	enum virtio_log_level level = VIRTIO_LOG_ERR;
	const char *why = strerror(-rc);

	switch (rc) {
	case -EBADMSG:
		return -EPROTO;
	case -E2BIG:
		why = "more file descriptors than a message may have";
		rc = -EPROTO;
		break;
	case -EPROTO:
		why = "the connection ended inside a message";
		break;
	case -ECONNRESET:
		why = "the backend closed the connection";
		level = VIRTIO_LOG_NOTICE;
		break;
	case -ETIMEDOUT:
		why = "the backend does not answer in time";
		break;
	default:
		break;
	}
	virtio_log(level, "vhost-user %s: %s: %s", link->name, what, why);
	return rc;
}

int
vhost_user_recv(const struct vhost_user_link *link, const char *what, struct vhost_user_msg *msg,
		struct vhost_user_fds *fds, const struct virtio_deadline *deadline)
{
	int rc;

	memset(msg, 0, sizeof(*msg));
	fds->count = 0;
	rc = receive_message(link, msg, fds, deadline);
	if (rc == 0)
		return 0;
	vhost_user_fds_close(fds);
	return receive_failed(link, what, rc);
}

/* Is @p msg what answers @p request? Says why not. */
static bool
reply_valid(const struct vhost_user_link *link, uint32_t request, uint32_t request_size,
	    bool acknowledge, const struct vhost_user_msg *msg, const struct vhost_user_fds *fds)
{
	const struct request *r = find_request(request);
	const struct vhost_user_header *h = &msg->header;
	uint32_t size = acknowledge ? sizeof(uint64_t) : r->reply_size;
	uint32_t max_fds = acknowledge ? 0 : r->reply_fds;

	if (h->request != request || (h->flags & VHOST_USER_REPLY) == 0) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: no reply to %s but a %s %s (%u)",
			   link->name, r->name,
			   h->flags & VHOST_USER_REPLY ? "reply to" : "request",
			   vhost_user_request_name(h->request), h->request);
		return false;
	}
	/* "VHOST_USER_GET_CONFIG": as long as the request, or without payload for an error */
	if (request == VHOST_USER_GET_CONFIG && !acknowledge)
		size = h->size == 0 ? 0 : request_size;
	if (h->size != size) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: a reply to %s of %u bytes, not %u",
			   link->name, r->name, h->size, size);
		return false;
	}
	if (fds->count > max_fds) {
		virtio_log(VIRTIO_LOG_ERR,
			   "vhost-user %s: a reply to %s with %u file descriptors, not %u",
			   link->name, r->name, fds->count, max_fds);
		return false;
	}
	return true;
}

int
vhost_user_recv_reply(const struct vhost_user_link *link, uint32_t request, uint32_t request_size,
		      bool acknowledge, struct vhost_user_msg *msg, struct vhost_user_fds *fds,
		      const struct virtio_deadline *deadline)
{
	int rc = vhost_user_recv(link, vhost_user_request_name(request), msg, fds, deadline);

	if (rc != 0)
		return rc;
	if (reply_valid(link, request, request_size, acknowledge, msg, fds))
		return 0;
	vhost_user_fds_close(fds);
	return -EPROTO;
}
