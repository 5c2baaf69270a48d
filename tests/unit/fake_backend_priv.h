/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_backend_priv.h - between the thread of the fake backend and what it does with messages. */
#ifndef FAKE_BACKEND_PRIV_H
#define FAKE_BACKEND_PRIV_H

#include "fake_backend.h"

/** Descriptors of one message, many more than any has. */
#define FAKE_BACKEND_FDS 16

/** One connection, while it is served. */
struct fake_session {
	struct fake_backend *fb;
	int fd;
	struct fake_message msg; /**< the last one; its num_fds are to be closed afterwards */
	int fds[FAKE_BACKEND_FDS];
};

/**
 * Do what the last message asks; called with the lock held.
 * @return false: the connection is over
 */
bool fake_backend_handle(struct fake_session *s);

#endif /* FAKE_BACKEND_PRIV_H */
