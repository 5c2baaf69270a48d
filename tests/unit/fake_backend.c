/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_backend.c - the thread, its connections and what tests ask it: see fake_backend.h. */
#include "fake_backend_priv.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "virtio_spec.h"

#define BIT(n) (UINT64_C(1) << (n))
#define PROTOCOL_BIT BIT(VHOST_USER_F_PROTOCOL_FEATURES)

void
fake_backend_init(struct fake_backend *fb)
{
	memset(fb, 0, sizeof(*fb));
	fb->features = BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_RING_PACKED) |
		       BIT(VIRTIO_NET_F_MRG_RXBUF) | BIT(VIRTIO_NET_F_MTU) | BIT(VIRTIO_NET_F_MQ) |
		       BIT(VHOST_F_LOG_ALL) | PROTOCOL_BIT;
	fb->protocol = UINT64_MAX & ~BIT(VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS);
	fb->queue_pairs = 128;
	fb->slots = 32;
	for (unsigned int i = 0; i < sizeof(fb->config); i++)
		fb->config[i] = (uint8_t)(0x40 + i);
	fb->inflight_size = 4096;
	fb->listen_fd = -1;
	fb->channel_fd = -1;
	for (unsigned int q = 0; q < FAKE_BACKEND_QUEUES; q++) {
		fb->vrings[q].kick_fd = -1;
		fb->vrings[q].call_fd = -1;
	}
	pthread_mutex_init(&fb->lock, NULL);
	pthread_cond_init(&fb->changed, NULL);
}

/* Read exactly @p len bytes, unless it is to hang up or the frontend did. */
static bool
read_bytes(struct fake_session *s, void *buf, size_t len)
{
	size_t have = 0;

	while (have < len) {
		union {
			struct cmsghdr align;
			char space[CMSG_SPACE(FAKE_BACKEND_FDS * sizeof(int))];
		} control;
		struct iovec iov = { (uint8_t *)buf + have, len - have };
		struct msghdr mh = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.space,
			.msg_controllen = sizeof(control.space),
		};
		struct pollfd pfd[2] = { { s->fd, POLLIN, 0 }, { s->fb->wake_fd, POLLIN, 0 } };
		ssize_t n;

		if (poll(pfd, 2, -1) < 0 || pfd[1].revents != 0)
			return false;
		n = recvmsg(s->fd, &mh, MSG_CMSG_CLOEXEC);
		if (n <= 0)
			return false;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c != NULL; c = CMSG_NXTHDR(&mh, c)) {
			s->msg.num_fds = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(s->fds, CMSG_DATA(c), s->msg.num_fds * sizeof(int));
		}
		have += (size_t)n;
	}
	return true;
}

static bool
serve_one(struct fake_session *s)
{
	struct fake_backend *fb = s->fb;
	struct vhost_user_header h;
	bool alive = false;

	memset(&s->msg, 0, sizeof(s->msg));
	if (read_bytes(s, &h, sizeof(h)) && h.size <= sizeof(s->msg.payload) &&
	    read_bytes(s, &s->msg.payload, h.size)) {
		s->msg.request = h.request;
		s->msg.flags = h.flags;
		s->msg.size = h.size;
		pthread_mutex_lock(&fb->lock);
		alive = fake_backend_handle(s);
		pthread_cond_broadcast(&fb->changed);
		pthread_mutex_unlock(&fb->lock);
	}
	for (unsigned int i = 0; i < s->msg.num_fds; i++)
		close(s->fds[i]);
	return alive;
}

/* A backend that restarted knows nothing. Called with the lock held. */
static void
lose_state(struct fake_backend *fb)
{
	for (unsigned int q = 0; q < FAKE_BACKEND_QUEUES; q++) {
		struct fake_vring *vring = &fb->vrings[q];

		if (vring->kick_fd >= 0)
			close(vring->kick_fd);
		if (vring->call_fd >= 0)
			close(vring->call_fd);
		*vring = (struct fake_vring){ .kick_fd = -1, .call_fd = -1 };
	}
	if (fb->channel_fd >= 0)
		close(fb->channel_fd);
	fb->channel_fd = -1;
	fb->num_regions = 0;
	fb->status = 0;
	fb->acked = 0;
	fb->acked_protocol = 0;
	fb->features_set = false;
}

static void
serve(struct fake_backend *fb, int fd)
{
	struct fake_session *s = calloc(1, sizeof(*s));
	uint64_t count;

	s->fb = fb;
	s->fd = fd;
	pthread_mutex_lock(&fb->lock);
	fb->connections++;
	fb->conn_fd = fd;
	pthread_cond_broadcast(&fb->changed);
	pthread_mutex_unlock(&fb->lock);
	while (serve_one(s))
		;
	close(fd);
	free(s);
	pthread_mutex_lock(&fb->lock);
	lose_state(fb);
	fb->ended++;
	if (fb->hang_up && !fb->stop) {
		fb->hang_up = false;
		(void)!read(fb->wake_fd, &count, sizeof(count));
	}
	pthread_cond_broadcast(&fb->changed);
	pthread_mutex_unlock(&fb->lock);
}

/* The next connection, or -1 where it is to end. */
static int
next_connection(struct fake_backend *fb)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct pollfd pfd[2] = { { fb->listen_fd, POLLIN, 0 }, { fb->wake_fd, POLLIN, 0 } };
	int fd;

	if (!fb->dials) {
		if (poll(pfd, 2, -1) < 0 || pfd[1].revents != 0)
			return -1;
		return accept4(fb->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	}
	strcpy(addr.sun_path, fb->path);
	for (;;) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
			return fd;
		close(fd);
		if (poll(&pfd[1], 1, 5) != 0)
			return -1;
	}
}

static void *
run(void *arg)
{
	struct fake_backend *fb = arg;
	int fd;

	while ((fd = next_connection(fb)) >= 0)
		serve(fb, fd);
	return NULL;
}

void
fake_backend_start(struct fake_backend *fb, const char *path, bool dials)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(fb->path, sizeof(fb->path), "%s", path);
	strcpy(addr.sun_path, fb->path);
	fb->dials = dials;
	fb->stop = false;
	fb->wake_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(fb->wake_fd >= 0);
	if (!dials) {
		fb->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_true(fb->listen_fd >= 0);
		assert_int_equal(bind(fb->listen_fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
		assert_int_equal(listen(fb->listen_fd, 4), 0);
	}
	assert_int_equal(pthread_create(&fb->thread, NULL, run, fb), 0);
}

void
fake_backend_fault(struct fake_backend *fb, enum fake_fault fault, uint32_t request,
		   unsigned int skip)
{
	pthread_mutex_lock(&fb->lock);
	fb->fault = fault;
	fb->fault_request = request;
	fb->fault_skip = skip;
	pthread_mutex_unlock(&fb->lock);
}

void
fake_backend_hang_up(struct fake_backend *fb)
{
	uint64_t one = 1;
	unsigned int ended;

	pthread_mutex_lock(&fb->lock);
	assert_true(fb->connections > fb->ended);
	ended = fb->ended;
	fb->hang_up = true;
	assert_int_equal(write(fb->wake_fd, &one, sizeof(one)), sizeof(one));
	while (fb->ended == ended)
		pthread_cond_wait(&fb->changed, &fb->lock);
	pthread_mutex_unlock(&fb->lock);
}

void
fake_backend_stop(struct fake_backend *fb)
{
	uint64_t one = 1;

	pthread_mutex_lock(&fb->lock);
	fb->stop = true;
	assert_int_equal(write(fb->wake_fd, &one, sizeof(one)), sizeof(one));
	pthread_mutex_unlock(&fb->lock);
	pthread_join(fb->thread, NULL);
	close(fb->wake_fd);
	if (fb->listen_fd >= 0) {
		close(fb->listen_fd);
		unlink(fb->path);
	}
	fb->listen_fd = -1;
}

unsigned int
fake_backend_count(struct fake_backend *fb, uint32_t request)
{
	unsigned int count = 0;

	pthread_mutex_lock(&fb->lock);
	for (unsigned int i = 0; i < fb->num_messages; i++)
		count += fb->messages[i].request == request;
	pthread_mutex_unlock(&fb->lock);
	return count;
}

int
fake_backend_find(struct fake_backend *fb, uint32_t request, unsigned int n)
{
	int found = -1;

	pthread_mutex_lock(&fb->lock);
	for (unsigned int i = 0; i < fb->num_messages && found < 0; i++)
		if (fb->messages[i].request == request && n-- == 0)
			found = (int)i;
	pthread_mutex_unlock(&fb->lock);
	return found;
}

void
fake_backend_forget(struct fake_backend *fb)
{
	pthread_mutex_lock(&fb->lock);
	fb->num_messages = 0;
	pthread_mutex_unlock(&fb->lock);
}

void
fake_backend_wait(struct fake_backend *fb, uint32_t request, unsigned int count)
{
	pthread_mutex_lock(&fb->lock);
	for (;;) {
		unsigned int seen = 0;

		for (unsigned int i = 0; i < fb->num_messages; i++)
			seen += fb->messages[i].request == request;
		if (seen >= count)
			break;
		pthread_cond_wait(&fb->changed, &fb->lock);
	}
	pthread_mutex_unlock(&fb->lock);
}

void
fake_backend_wait_connections(struct fake_backend *fb, unsigned int count)
{
	pthread_mutex_lock(&fb->lock);
	while (fb->connections < count)
		pthread_cond_wait(&fb->changed, &fb->lock);
	pthread_mutex_unlock(&fb->lock);
}

unsigned int
fake_backend_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}
