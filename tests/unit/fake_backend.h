/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fake_backend.h - a vhost-user backend in a thread: it answers, writes down what it was told,
 * looks for breaches of the protocol by the frontend, and breaches it itself on request.
 *
 * Its messages are read and written by code of its own, not by the codec under test.
 */
#ifndef FAKE_BACKEND_H
#define FAKE_BACKEND_H

#include "unit.h"

#include <pthread.h>
#include <sys/stat.h>

#include "vhost_user_msg.h"

#define FAKE_BACKEND_MESSAGES 8192
#define FAKE_BACKEND_QUEUES 256
#define FAKE_BACKEND_REGIONS 600
#define FAKE_BACKEND_CONFIG 64

/** What it does instead of answering properly. */
enum fake_fault {
	FAULT_NONE,
	FAULT_SHORT,          /**< a whole reply with fewer bytes of payload */
	FAULT_LONG,           /**< a whole reply with more of them */
	FAULT_OVERSIZED,      /**< a reply that says it has 64 KiB, and has */
	FAULT_OTHER_REQUEST,  /**< a reply to something else */
	FAULT_NO_REPLY_FLAG,
	FAULT_VERSION,
	FAULT_EXTRA_FD,       /**< a descriptor that does not belong there */
	FAULT_MANY_FDS,       /**< 16 of them */
	FAULT_MISSING_FD,
	FAULT_EOF,            /**< hangs up instead */
	FAULT_EOF_HEADER,     /**< hangs up in the header */
	FAULT_EOF_PAYLOAD,    /**< hangs up in the payload */
	FAULT_NACK,           /**< refuses what asks for an acknowledgement */
	FAULT_HANG,           /**< goes on reading, never answers */
	FAULT_HANG_PAYLOAD,   /**< stops in the middle of a reply */
	FAULT_VALUE,          /**< answers fault_value */
	FAULT_INDEX,          /**< answers for another queue */
	FAULT_GEOMETRY,       /**< inflight memory for other queues */
};

/** A message that it received. */
struct fake_message {
	uint32_t request;
	uint32_t flags;
	uint32_t size;
	unsigned int num_fds;
	union vhost_user_payload payload;
};

/** A queue as it was told of. */
struct fake_vring {
	uint32_t num;
	uint32_t base;
	struct vhost_vring_addr addr;
	int kick_fd; /**< -1: none */
	int call_fd;
	bool enabled;
};

struct fake_region {
	struct vhost_user_region region;
	dev_t dev;
	ino_t ino;
};

struct fake_backend {
	/* what it offers; to be set before it runs */
	uint64_t features;
	uint64_t protocol;
	uint64_t queue_pairs;
	uint64_t slots;
	uint8_t config[FAKE_BACKEND_CONFIG];
	uint64_t inflight_size;   /**< 0: it tracks nothing */

	/* its ways: see fake_backend_fault() */
	enum fake_fault fault;
	uint32_t fault_request;
	unsigned int fault_skip;
	uint64_t fault_value;

	/* what it knows; look at it between requests, or under the lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct fake_message messages[FAKE_BACKEND_MESSAGES];
	unsigned int num_messages;
	unsigned int connections;
	unsigned int ended;       /**< connections that are over */
	uint64_t acked;
	uint64_t acked_protocol;
	uint8_t status;
	bool features_set;
	struct fake_region regions[FAKE_BACKEND_REGIONS];
	unsigned int num_regions;
	struct fake_vring vrings[FAKE_BACKEND_QUEUES];
	int conn_fd;              /**< of the connection that was made last */
	int channel_fd;           /**< to the frontend; -1: none */
	ino_t inflight_ino;       /**< of the memory handed back by SET_INFLIGHT_FD */
	char violation[256];      /**< the first breach of the protocol by the frontend, or "" */

	char path[108];
	bool dials;
	bool stop;
	bool hang_up;
	int listen_fd;
	int wake_fd;
	pthread_t thread;
};

/** A backend that offers and does everything. */
void fake_backend_init(struct fake_backend *fb);

/** Run it: it listens on @p path, or calls there. */
void fake_backend_start(struct fake_backend *fb, const char *path, bool dials);

/** Do @p fault at the answer to @p request, the first @p skip ones excepted, then behave. */
void fake_backend_fault(struct fake_backend *fb, enum fake_fault fault, uint32_t request,
			unsigned int skip);

/** Hang up, and wait until it is done. One that dials calls again, at once. */
void fake_backend_hang_up(struct fake_backend *fb);

/** End it and wait for it; its socket is removed. */
void fake_backend_stop(struct fake_backend *fb);

/** How many messages of @p request it saw. */
unsigned int fake_backend_count(struct fake_backend *fb, uint32_t request);

/** Position among all messages of the @p n-th @p request (from 0), or -1. */
int fake_backend_find(struct fake_backend *fb, uint32_t request, unsigned int n);

/** Forget the messages so far. */
void fake_backend_forget(struct fake_backend *fb);

/** Wait until it saw @p count messages of @p request: for those that nobody acknowledges. */
void fake_backend_wait(struct fake_backend *fb, uint32_t request, unsigned int count);

/** Wait until the @p count-th connection was made. */
void fake_backend_wait_connections(struct fake_backend *fb, unsigned int count);

/** Number of open descriptors of this process. */
unsigned int fake_backend_open_fds(void);

#endif /* FAKE_BACKEND_H */
