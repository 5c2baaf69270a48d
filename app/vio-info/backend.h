/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* backend.h - a vhost-user backend, asked over its socket as a frontend would. */
#ifndef INFO_BACKEND_H
#define INFO_BACKEND_H

#include <stdint.h>

#include "remarks.h"
#include "view.h"

struct backend {
	const char *path;
	uint64_t offered;           /**< virtio features as the backend has them */
	uint64_t protocol_offered;  /**< protocol features */
	uint64_t protocol;          /**< and those that vio uses */
	unsigned int pairs;         /**< queue pairs */
	unsigned int regions;       /**< memory regions that it takes */
	struct view view;
	struct remarks remarks;
};

/**
 * Connect to @p path, ask, hang up. To the backend this is a frontend that leaves before it starts
 * any queue.
 * @return 0 or a negative errno, said in the remarks
 */
int backend_ask(struct backend *b, const char *path);

/** Name of a vhost-user protocol feature, NULL for one that the protocol does not define. */
const char *backend_protocol_name(unsigned int bit);

#endif /* INFO_BACKEND_H */
