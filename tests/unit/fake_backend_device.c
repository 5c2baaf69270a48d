/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_backend_device.c - what the fake backend does with a message, well or ill. */
#include "fake_backend_priv.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BIT(n) (UINT64_C(1) << (n))
#define PROTOCOL_BIT BIT(VHOST_USER_F_PROTOCOL_FEATURES)

/* Called with the lock held, from the thread: no assertion of cmocka works there. */
#define REQUIRE(fb, condition) do { \
	if (!(condition) && (fb)->violation[0] == '\0') \
		snprintf((fb)->violation, sizeof((fb)->violation), "%s (message %u)", #condition, \
			 (fb)->num_messages); \
} while (0)

/* Is it time for the fault that was asked for? */
static enum fake_fault
due_fault(struct fake_backend *fb, uint32_t request)
{
	enum fake_fault fault = fb->fault;

	if (fault == FAULT_NONE || request != fb->fault_request)
		return FAULT_NONE;
	if (fb->fault_skip != 0) {
		fb->fault_skip--;
		return FAULT_NONE;
	}
	fb->fault = FAULT_NONE;
	return fault;
}

static bool
send_bytes(int fd, const void *bytes, size_t len, const int *fds, unsigned int num_fds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(FAKE_BACKEND_FDS * sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (num_fds != 0) {
		struct cmsghdr *c;

		mh.msg_control = control.space;
		mh.msg_controllen = CMSG_SPACE(num_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(num_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, num_fds * sizeof(int));
	}
	return sendmsg(fd, &mh, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Send a reply, the way the fault wants it. False: the connection is over. */
static bool
send_reply(struct fake_session *s, const void *payload, uint32_t size, int fd,
	   enum fake_fault fault)
{
	static uint8_t wire[sizeof(struct vhost_user_header) + 65536];
	struct vhost_user_header h = {
		.request = s->msg.request,
		.flags = VHOST_USER_VERSION | VHOST_USER_REPLY,
		.size = size,
	};
	int fds[FAKE_BACKEND_FDS];
	unsigned int num_fds = fd >= 0 && fault != FAULT_MISSING_FD;
	size_t len;

	for (unsigned int i = 0; i < FAKE_BACKEND_FDS; i++)
		fds[i] = num_fds != 0 ? fd : STDERR_FILENO;
	if (fault == FAULT_SHORT)
		h.size -= 4;
	else if (fault == FAULT_LONG)
		h.size += 8;
	else if (fault == FAULT_OVERSIZED)
		h.size = 65536;
	else if (fault == FAULT_OTHER_REQUEST)
		h.request++;
	else if (fault == FAULT_NO_REPLY_FLAG)
		h.flags &= ~VHOST_USER_REPLY;
	else if (fault == FAULT_VERSION)
		h.flags ^= 3;
	else if (fault == FAULT_EXTRA_FD)
		num_fds++;
	else if (fault == FAULT_MANY_FDS)
		num_fds = FAKE_BACKEND_FDS;
	memset(wire, 0, sizeof(wire));
	memcpy(wire, &h, sizeof(h));
	memcpy(wire + sizeof(h), payload, size);
	len = sizeof(h) + h.size;
	if (fault == FAULT_EOF_HEADER)
		len = 5;
	else if (fault == FAULT_EOF_PAYLOAD || fault == FAULT_HANG_PAYLOAD)
		len = sizeof(h) + 3;
	if (!send_bytes(s->fd, wire, len, fds, num_fds))
		return false;
	return fault != FAULT_EOF_HEADER && fault != FAULT_EOF_PAYLOAD;
}

/* Answer with a number, which is what most answers are. */
static bool
reply_u64(struct fake_session *s, uint64_t value, enum fake_fault fault)
{
	if (fault == FAULT_VALUE)
		value = s->fb->fault_value;
	return send_reply(s, &value, sizeof(value), -1, fault);
}

static bool
reply_base(struct fake_session *s, enum fake_fault fault)
{
	struct fake_backend *fb = s->fb;
	struct vhost_vring_state state = s->msg.payload.state;
	struct fake_vring *vring = &fb->vrings[state.index % FAKE_BACKEND_QUEUES];

	state.num = fault == FAULT_VALUE ? (uint32_t)fb->fault_value : vring->base + 3;
	if (vring->kick_fd >= 0)
		close(vring->kick_fd);
	if (vring->call_fd >= 0)
		close(vring->call_fd);
	vring->kick_fd = -1;
	vring->call_fd = -1;
	if (fault == FAULT_INDEX)
		state.index++;
	return send_reply(s, &state, sizeof(state), -1, fault);
}

static bool
reply_config(struct fake_session *s, enum fake_fault fault)
{
	struct vhost_user_config config = s->msg.payload.config;

	REQUIRE(s->fb, s->msg.size == VHOST_USER_CONFIG_HEAD + config.size);
	if (fault == FAULT_VALUE)
		config.offset += (uint32_t)s->fb->fault_value;
	if ((uint64_t)config.offset + config.size > sizeof(s->fb->config) && fault != FAULT_VALUE)
		return send_reply(s, &config, 0, -1, fault);
	if (fault != FAULT_VALUE)
		memcpy(config.data, s->fb->config + config.offset, config.size);
	return send_reply(s, &config, (uint32_t)VHOST_USER_CONFIG_HEAD + config.size, -1, fault);
}

static bool
reply_inflight(struct fake_session *s, enum fake_fault fault)
{
	struct vhost_user_inflight inflight = s->msg.payload.inflight;
	int fd = s->fb->inflight_size != 0 ? memfd_create("inflight", MFD_CLOEXEC) : -1;
	bool alive;

	inflight.mmap_size = s->fb->inflight_size;
	if (fault == FAULT_GEOMETRY)
		inflight.num_queues++;
	alive = send_reply(s, &inflight, sizeof(inflight), fd, fault);
	if (fd >= 0)
		close(fd);
	return alive;
}

static bool
answer_get(struct fake_session *s, enum fake_fault fault)
{
	struct fake_backend *fb = s->fb;

	switch (s->msg.request) {
	case VHOST_USER_GET_FEATURES:
		return reply_u64(s, fb->features, fault);
	case VHOST_USER_GET_PROTOCOL_FEATURES:
		REQUIRE(fb, fb->features & PROTOCOL_BIT);
		return reply_u64(s, fb->protocol, fault);
	case VHOST_USER_GET_QUEUE_NUM:
		REQUIRE(fb, fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_MQ));
		return reply_u64(s, fb->queue_pairs, fault);
	case VHOST_USER_GET_MAX_MEM_SLOTS:
		REQUIRE(fb, fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS));
		return reply_u64(s, fb->slots, fault);
	case VHOST_USER_GET_STATUS:
		REQUIRE(fb, fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_STATUS));
		return reply_u64(s, fb->status, fault);
	case VHOST_USER_GET_VRING_BASE:
		return reply_base(s, fault);
	case VHOST_USER_GET_CONFIG:
		REQUIRE(fb, fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_CONFIG));
		return reply_config(s, fault);
	default:
		REQUIRE(fb, fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD));
		return reply_inflight(s, fault);
	}
}

static bool
any_ring_runs(const struct fake_backend *fb)
{
	for (unsigned int q = 0; q < FAKE_BACKEND_QUEUES; q++)
		if (fb->vrings[q].kick_fd >= 0)
			return true;
	return false;
}

static void
add_region(struct fake_backend *fb, const struct vhost_user_region *region, int fd)
{
	struct stat st;

	REQUIRE(fb, fb->num_regions < FAKE_BACKEND_REGIONS);
	REQUIRE(fb, fstat(fd, &st) == 0);
	for (unsigned int i = 0; i < fb->num_regions; i++) {
		const struct vhost_user_region *other = &fb->regions[i].region;

		REQUIRE(fb, region->user_addr + region->size <= other->user_addr ||
			    other->user_addr + other->size <= region->user_addr);
	}
	if (fb->num_regions < FAKE_BACKEND_REGIONS)
		fb->regions[fb->num_regions++] = (struct fake_region){
			*region, st.st_dev, st.st_ino
		};
}

static void
set_table(struct fake_session *s)
{
	struct fake_backend *fb = s->fb;
	const struct vhost_user_memory *memory = &s->msg.payload.memory;

	REQUIRE(fb, memory->num_regions <= VHOST_USER_MAX_REGIONS);
	REQUIRE(fb, memory->num_regions == s->msg.num_fds);
	REQUIRE(fb, s->msg.size == 8 + 32 * memory->num_regions);
	fb->num_regions = 0;
	for (unsigned int i = 0; i < s->msg.num_fds; i++)
		add_region(fb, &memory->regions[i], s->fds[i]);
}

static void
remove_region(struct fake_session *s)
{
	struct fake_backend *fb = s->fb;
	const struct vhost_user_region *region = &s->msg.payload.memory_single.region;
	bool found = false;

	REQUIRE(fb, s->msg.num_fds == 0);
	for (unsigned int i = 0; i < fb->num_regions; i++) {
		const struct vhost_user_region *have = &fb->regions[i].region;

		if (have->user_addr != region->user_addr || have->size != region->size ||
		    have->guest_addr != region->guest_addr)
			continue;
		found = true;
		fb->regions[i] = fb->regions[--fb->num_regions];
		break;
	}
	REQUIRE(fb, found);
}

/* Keep the one descriptor of the message. */
static void
keep_fd(struct fake_session *s, int *fd)
{
	REQUIRE(s->fb, s->msg.num_fds == 1);
	if (*fd >= 0)
		close(*fd);
	*fd = s->fds[0];
	s->msg.num_fds = 0;
}

static void
take_vring(struct fake_session *s)
{
	struct fake_backend *fb = s->fb;
	const union vhost_user_payload *p = &s->msg.payload;
	struct fake_vring *vring = &fb->vrings[p->state.index % FAKE_BACKEND_QUEUES];

	REQUIRE(fb, p->state.index < FAKE_BACKEND_QUEUES);
	switch (s->msg.request) {
	case VHOST_USER_SET_VRING_NUM:
		REQUIRE(fb, fb->features_set);
		vring->num = p->state.num;
		break;
	case VHOST_USER_SET_VRING_BASE:
		vring->base = p->state.num;
		break;
	case VHOST_USER_SET_VRING_ADDR:
		REQUIRE(fb, fb->num_regions != 0);
		REQUIRE(fb, vring->num != 0);
		vring->addr = p->addr;
		break;
	case VHOST_USER_SET_VRING_CALL:
		keep_fd(s, &vring->call_fd);
		break;
	case VHOST_USER_SET_VRING_KICK:
		REQUIRE(fb, vring->call_fd >= 0);
		REQUIRE(fb, vring->addr.desc_user_addr != 0);
		keep_fd(s, &vring->kick_fd);
		break;
	default:
		REQUIRE(fb, fb->acked & PROTOCOL_BIT);
		REQUIRE(fb, vring->kick_fd >= 0);
		vring->enabled = p->state.num == 1;
		break;
	}
}

static void
take_set(struct fake_session *s)
{
	struct fake_backend *fb = s->fb;
	const union vhost_user_payload *p = &s->msg.payload;
	struct stat st;

	switch (s->msg.request) {
	case VHOST_USER_SET_FEATURES:
		REQUIRE(fb, (p->u64 & ~fb->features) == 0);
		REQUIRE(fb, (p->u64 & PROTOCOL_BIT) == (fb->features & PROTOCOL_BIT));
		REQUIRE(fb, !any_ring_runs(fb));
		fb->acked = p->u64;
		fb->features_set = true;
		break;
	case VHOST_USER_SET_PROTOCOL_FEATURES:
		REQUIRE(fb, (p->u64 & ~fb->protocol) == 0);
		REQUIRE(fb, (s->msg.flags & VHOST_USER_NEED_REPLY) == 0);
		fb->acked_protocol = p->u64;
		break;
	case VHOST_USER_SET_OWNER:
		break;
	case VHOST_USER_SET_MEM_TABLE:
		REQUIRE(fb, fb->features_set);
		set_table(s);
		break;
	case VHOST_USER_ADD_MEM_REG:
		REQUIRE(fb, s->msg.num_fds == 1);
		if (s->msg.num_fds == 1)
			add_region(fb, &p->memory_single.region, s->fds[0]);
		REQUIRE(fb, fb->num_regions <= fb->slots);
		break;
	case VHOST_USER_REM_MEM_REG:
		remove_region(s);
		break;
	case VHOST_USER_SET_STATUS:
		REQUIRE(fb, fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_STATUS));
		REQUIRE(fb, p->u64 != 0 || !any_ring_runs(fb));
		fb->status = (uint8_t)p->u64;
		break;
	case VHOST_USER_NET_SET_MTU:
		REQUIRE(fb, fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_MTU));
		break;
	case VHOST_USER_SEND_RARP:
		REQUIRE(fb, fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_RARP));
		break;
	case VHOST_USER_SET_BACKEND_REQ_FD:
		REQUIRE(fb, fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_BACKEND_REQ));
		keep_fd(s, &fb->channel_fd);
		break;
	case VHOST_USER_SET_INFLIGHT_FD:
		REQUIRE(fb, s->msg.num_fds == 1 && fstat(s->fds[0], &st) == 0);
		fb->inflight_ino = s->msg.num_fds == 1 ? st.st_ino : 0;
		break;
	default:
		take_vring(s);
		break;
	}
}

static bool
is_get(uint32_t request)
{
	switch (request) {
	case VHOST_USER_GET_FEATURES:
	case VHOST_USER_GET_PROTOCOL_FEATURES:
	case VHOST_USER_GET_QUEUE_NUM:
	case VHOST_USER_GET_MAX_MEM_SLOTS:
	case VHOST_USER_GET_STATUS:
	case VHOST_USER_GET_VRING_BASE:
	case VHOST_USER_GET_CONFIG:
	case VHOST_USER_GET_INFLIGHT_FD:
		return true;
	default:
		return false;
	}
}

bool
fake_backend_handle(struct fake_session *s)
{
	struct fake_backend *fb = s->fb;
	uint32_t request = s->msg.request;
	bool wants_ack = (s->msg.flags & VHOST_USER_NEED_REPLY) != 0;
	enum fake_fault fault = due_fault(fb, request);

	REQUIRE(fb, (s->msg.flags & ~VHOST_USER_NEED_REPLY) == VHOST_USER_VERSION);
	REQUIRE(fb, !wants_ack || (fb->acked_protocol & BIT(VHOST_USER_PROTOCOL_F_REPLY_ACK)));
	if (fb->num_messages < FAKE_BACKEND_MESSAGES)
		fb->messages[fb->num_messages++] = s->msg;
	else
		REQUIRE(fb, fb->num_messages < FAKE_BACKEND_MESSAGES);
	if (fault == FAULT_EOF)
		return false;
	if (fault == FAULT_HANG)
		return true;
	if (is_get(request))
		return answer_get(s, fault);
	if (fault != FAULT_NACK)
		take_set(s);
	return !wants_ack || reply_u64(s, fault == FAULT_NACK, fault);
}
