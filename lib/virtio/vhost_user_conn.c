/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_user_conn.c - the connection to a vhost-user backend: how it begins, what is agreed on
 * first, requests over it, how its end is noticed.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "vhost_user_priv.h"

#define BIT(n) (UINT64_C(1) << (n))

/* Protocol features that this frontend uses; BACKEND_REQ and CONFIG are looked at one by one. */
#define WANTED_PROTOCOL \
	(BIT(VHOST_USER_PROTOCOL_F_MQ) | BIT(VHOST_USER_PROTOCOL_F_RARP) | \
	 BIT(VHOST_USER_PROTOCOL_F_REPLY_ACK) | BIT(VHOST_USER_PROTOCOL_F_MTU) | \
	 BIT(VHOST_USER_PROTOCOL_F_CONFIG) | BIT(VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD) | \
	 BIT(VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS) | BIT(VHOST_USER_PROTOCOL_F_STATUS))

int
vhost_user_lost(struct virtio_vhost_user *vu, int rc)
{
	vu->base.gone = true;
	/* poll() tells the owner, who alone closes: the number must not be another file's yet */
	if (vu->conn_fd >= 0)
		shutdown(vu->conn_fd, SHUT_RDWR);
	return rc == -ETIMEDOUT || rc == -EPROTO ? rc : -ENODEV;
}

static struct vhost_user_link
link_of(const struct virtio_vhost_user *vu)
{
	return (struct vhost_user_link){ vu->conn_fd, vu->addr.sun_path };
}

/* Wait for the answer to what was sent; @p msg is the request and becomes the reply. */
static int
await_answer(struct virtio_vhost_user *vu, struct vhost_user_msg *msg, bool acknowledge,
	     struct vhost_user_fds *reply_fds, const struct virtio_deadline *deadline)
{
	const struct vhost_user_link link = link_of(vu);
	uint32_t request = msg->header.request;
	struct vhost_user_fds none;
	int rc;

	rc = vhost_user_recv_reply(&link, request, msg->header.size, acknowledge, msg,
				   reply_fds != NULL ? reply_fds : &none, deadline);
	if (rc != 0)
		return vhost_user_lost(vu, rc);
	if (!acknowledge || msg->payload.u64 == 0)
		return 0;
	virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: the backend refuses %s (%" PRIu64 ")", link.name,
		   vhost_user_request_name(request), msg->payload.u64);
	return -EIO;
}

int
vhost_user_call(struct virtio_vhost_user *vu, struct vhost_user_msg *msg,
		const struct vhost_user_fds *fds, struct vhost_user_fds *reply_fds)
{
	const struct virtio_deadline deadline = virtio_deadline_in_ms(vu->timeout_ms);
	const struct vhost_user_link link = link_of(vu);
	bool reply = vhost_user_has_reply(msg->header.request);
	bool acknowledge = !reply && vhost_user_has(vu, VHOST_USER_PROTOCOL_F_REPLY_ACK);
	int rc;

	if (reply_fds != NULL)
		reply_fds->count = 0;
	if (vu->base.gone)
		return -ENODEV;
	msg->header.flags = VHOST_USER_VERSION | (acknowledge ? VHOST_USER_NEED_REPLY : 0);
	rc = vhost_user_send(&link, msg, fds, &deadline);
	if (rc != 0)
		return vhost_user_lost(vu, rc);
	if (!reply && !acknowledge)
		return 0;
	return await_answer(vu, msg, acknowledge, reply_fds, &deadline);
}

int
vhost_user_set_u64(struct virtio_vhost_user *vu, uint32_t request, uint64_t value)
{
	struct vhost_user_msg msg = {
		.header = { .request = request, .size = sizeof(value) },
		.payload.u64 = value,
	};

	return vhost_user_call(vu, &msg, NULL, NULL);
}

int
vhost_user_get_u64(struct virtio_vhost_user *vu, uint32_t request, uint64_t *value)
{
	struct vhost_user_msg msg = { .header.request = request };
	int rc = vhost_user_call(vu, &msg, NULL, NULL);

	*value = rc == 0 ? msg.payload.u64 : 0;
	return rc;
}

int
vhost_user_set_state(struct virtio_vhost_user *vu, uint32_t request, uint16_t q, uint32_t num)
{
	struct vhost_user_msg msg = {
		.header = { .request = request, .size = sizeof(msg.payload.state) },
		.payload.state = { .index = q, .num = num },
	};

	return vhost_user_call(vu, &msg, NULL, NULL);
}

int
vhost_user_set_fd(struct virtio_vhost_user *vu, uint32_t request, uint64_t value, int fd)
{
	const struct vhost_user_fds fds = { .fd = { fd }, .count = 1 };
	struct vhost_user_msg msg = {
		.header = { .request = request, .size = sizeof(value) },
		.payload.u64 = value,
	};

	return vhost_user_call(vu, &msg, &fds, NULL);
}

int
vhost_user_sync(struct virtio_vhost_user *vu)
{
	uint64_t features;

	if (vhost_user_has(vu, VHOST_USER_PROTOCOL_F_REPLY_ACK))
		return 0;
	/* messages are processed in order: whoever answers this one has seen those before it */
	return vhost_user_get_u64(vu, VHOST_USER_GET_FEATURES, &features);
}

/* A file of a server that ended without removing it? */
static bool
is_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	bool stale;
	int fd;

	if (lstat(addr->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int
bind_path(int fd, const struct sockaddr_un *addr)
{
	const struct sockaddr *sa = (const struct sockaddr *)addr;

	if (bind(fd, sa, sizeof(*addr)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	if (!is_stale(addr))
		return -EADDRINUSE;
	if (unlink(addr->sun_path) != 0 || bind(fd, sa, sizeof(*addr)) != 0)
		return -errno;
	return 0;
}

static int
listen_locked(struct virtio_vhost_user *vu)
{
	struct stat st;
	int fd, rc;

	if (!vu->server)
		return -EINVAL;
	if (vu->listen_fd >= 0)
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = fd < 0 ? -errno : bind_path(fd, &vu->addr);
	if (rc == 0 && (listen(fd, 1) != 0 || lstat(vu->addr.sun_path, &st) != 0))
		rc = -errno;
	if (rc != 0) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: cannot listen: %s", vu->addr.sun_path,
			   strerror(-rc));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	vu->listen_fd = fd;
	vu->sock_dev = st.st_dev;
	vu->sock_ino = st.st_ino;
	return 0;
}

int
virtio_vhost_user_listen(struct virtio_vhost_user *vu)
{
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = listen_locked(vu);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

/* One attempt. The new descriptor or a negative errno. */
static int
dial(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	do {
		rc = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 ? 0 : -errno;
	} while (rc == -EINTR);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

static int
answer(int listen_fd)
{
	int fd;

	if (listen_fd < 0)
		return -EINVAL;
	do {
		fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd >= 0)
		return fd;
	return errno == ECONNABORTED ? -EAGAIN : -errno;
}

int
virtio_vhost_user_connect(struct virtio_vhost_user *vu)
{
	int rc = -EISCONN;

	pthread_mutex_lock(&vu->lock);
	if (vu->conn_fd < 0)
		rc = vu->server ? answer(vu->listen_fd) : dial(&vu->addr);
	if (rc >= 0) {
		vu->conn_fd = rc;
		vu->base.gone = false;
		rc = 0;
	} else if (rc != -EISCONN && rc != -EAGAIN && rc != -ENOENT && rc != -ECONNREFUSED) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: cannot connect: %s", vu->addr.sun_path,
			   strerror(-rc));
	}
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

/* Offer and choice of protocol features ("Protocol features"). */
static int
agree_on_protocol(struct virtio_vhost_user *vu)
{
	const uint64_t both = BIT(VHOST_USER_PROTOCOL_F_CONFIG) |
			      BIT(VHOST_USER_PROTOCOL_F_BACKEND_REQ);
	uint64_t chosen;
	int rc;

	vu->protocol_offered = 0;
	rc = vhost_user_get_u64(vu, VHOST_USER_GET_FEATURES, &vu->offered);
	if (rc != 0 || !vhost_user_has_protocol(vu))
		return rc;
	rc = vhost_user_get_u64(vu, VHOST_USER_GET_PROTOCOL_FEATURES, &vu->protocol_offered);
	if (rc != 0)
		return rc;
	chosen = vu->protocol_offered & WANTED_PROTOCOL;
	if ((vu->protocol_offered & both) == both)
		chosen |= both; /* that channel is good for changes of the configuration alone */
	rc = vhost_user_set_u64(vu, VHOST_USER_SET_PROTOCOL_FEATURES, chosen);
	vu->protocol = chosen;
	virtio_log(VIRTIO_LOG_DEBUG, "vhost-user %s: protocol features offered 0x%" PRIx64
		   ", used 0x%" PRIx64, vu->addr.sun_path, vu->protocol_offered, chosen);
	return rc;
}

/* "Multiple queue support": for network devices the number is one of pairs. */
static int
count_queues(struct virtio_vhost_user *vu)
{
	uint64_t pairs = 1;
	int rc = 0;

	if (vhost_user_has(vu, VHOST_USER_PROTOCOL_F_MQ))
		rc = vhost_user_get_u64(vu, VHOST_USER_GET_QUEUE_NUM, &pairs);
	if (rc != 0)
		return rc;
	vu->backend_pairs = (uint16_t)(pairs < UINT16_MAX ? pairs : UINT16_MAX);
	if (pairs >= vu->pairs)
		return 0;
	virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: the backend has %" PRIu64
		   " queue pairs, not %u: start the port or the backend with other queues",
		   vu->addr.sun_path, pairs, vu->pairs);
	return -ENOTSUP;
}

static int
count_regions(struct virtio_vhost_user *vu)
{
	uint64_t slots;
	int rc;

	vu->max_regions = VHOST_USER_MAX_REGIONS;
	if (!vhost_user_has(vu, VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS))
		return 0;
	rc = vhost_user_get_u64(vu, VHOST_USER_GET_MAX_MEM_SLOTS, &slots);
	if (rc != 0)
		return rc;
	vu->max_regions = (unsigned int)(slots < VIRTIO_VHOST_USER_MAX_SLOTS ?
					 slots : VIRTIO_VHOST_USER_MAX_SLOTS);
	return 0;
}

/* "Back-end communication" */
static int
open_channel(struct virtio_vhost_user *vu)
{
	int pair[2];
	int rc;

	if (!vhost_user_has(vu, VHOST_USER_PROTOCOL_F_BACKEND_REQ))
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
		rc = -errno;
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: no channel for the backend: %s",
			   vu->addr.sun_path, strerror(-rc));
		return rc;
	}
	const struct vhost_user_fds fds = { .fd = { pair[1] }, .count = 1 };
	struct vhost_user_msg msg = { .header.request = VHOST_USER_SET_BACKEND_REQ_FD };

	rc = vhost_user_call(vu, &msg, &fds, NULL);
	close(pair[1]);
	if (rc != 0)
		close(pair[0]);
	else
		vu->backend_fd = pair[0];
	return rc;
}

static int
handshake_locked(struct virtio_vhost_user *vu)
{
	struct vhost_user_msg owner = { .header.request = VHOST_USER_SET_OWNER };
	int rc;

	if (vu->conn_fd < 0 || vu->base.gone)
		return -ENODEV;
	if (vu->ready)
		return 0;
	vu->protocol = 0;
	rc = agree_on_protocol(vu);
	if (rc == 0)
		rc = vhost_user_call(vu, &owner, NULL, NULL);
	if (rc == 0)
		rc = count_queues(vu);
	if (rc == 0)
		rc = count_regions(vu);
	if (rc == 0)
		rc = vhost_user_check_memory(vu);
	if (rc == 0)
		rc = open_channel(vu);
	if (rc == 0)
		rc = vhost_user_sync(vu);
	if (rc != 0) {
		vhost_user_lost(vu, rc);
		return rc;
	}
	vu->ready = true;
	return 0;
}

int
virtio_vhost_user_handshake(struct virtio_vhost_user *vu)
{
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = handshake_locked(vu);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

int
virtio_vhost_user_check(struct virtio_vhost_user *vu)
{
	uint8_t byte;
	ssize_t n;
	int rc = 0;

	if (pthread_mutex_trylock(&vu->lock) != 0)
		return 0; /* a request is under way; it finds out by itself */
	if (vu->conn_fd < 0 || vu->base.gone) {
		rc = -ENODEV;
	} else {
		do {
			n = recv(vu->conn_fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);
		} while (n < 0 && errno == EINTR);
		if (n >= 0 || errno != EAGAIN) {
			virtio_log(VIRTIO_LOG_NOTICE, "vhost-user %s: %s", vu->addr.sun_path,
				   n > 0 ? "the backend speaks without being asked" :
					   "the backend closed the connection");
			rc = vhost_user_lost(vu, -ENODEV);
		}
	}
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
virtio_vhost_user_disconnect(struct virtio_vhost_user *vu)
{
	pthread_mutex_lock(&vu->lock);
	vu->base.gone = true;
	vu->ready = false;
	close_fd(&vu->conn_fd);
	close_fd(&vu->backend_fd);
	vhost_user_forget(vu);
	pthread_mutex_unlock(&vu->lock);
}

/* Answer a request of the backend: 0 is success. */
static int
answer_backend(const struct vhost_user_link *link, uint32_t request, uint64_t value,
	       const struct virtio_deadline *deadline)
{
	const struct vhost_user_msg reply = {
		.header = {
			.request = request,
			.flags = VHOST_USER_VERSION | VHOST_USER_REPLY,
			.size = sizeof(value),
		},
		.payload.u64 = value,
	};

	return vhost_user_send(link, &reply, NULL, deadline);
}

/* One message of the backend. 1: the configuration changed. */
static int
serve_backend(struct virtio_vhost_user *vu)
{
	const struct vhost_user_link link = { vu->backend_fd, vu->addr.sun_path };
	const struct virtio_deadline deadline = virtio_deadline_in_ms(vu->timeout_ms);
	struct vhost_user_fds fds;
	struct vhost_user_msg msg;
	bool known;
	int rc;

	rc = vhost_user_recv(&link, "requests of the backend", &msg, &fds, &deadline);
	if (rc != 0)
		return -ENODEV;
	vhost_user_fds_close(&fds);
	known = msg.header.request == VHOST_USER_BACKEND_CONFIG_CHANGE_MSG;
	if (msg.header.flags & VHOST_USER_NEED_REPLY)
		rc = answer_backend(&link, msg.header.request, known ? 0 : 1, &deadline);
	if (rc != 0)
		return -ENODEV;
	return known;
}

int
virtio_vhost_user_backend_events(struct virtio_vhost_user *vu)
{
	uint8_t byte;
	int rc = 0;

	pthread_mutex_lock(&vu->lock);
	if (vu->backend_fd < 0)
		rc = -ENODEV;
	else if (recv(vu->backend_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
		 (errno != EAGAIN && errno != EINTR))
		rc = serve_backend(vu);
	if (rc == 1)
		vu->config_generation++;
	pthread_mutex_unlock(&vu->lock);
	return rc;
}
