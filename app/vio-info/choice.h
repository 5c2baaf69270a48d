/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* choice.h - what vio would make of a device: features, and the burst callbacks that follow. */
#ifndef INFO_CHOICE_H
#define INFO_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

/** What becomes of one feature. */
enum choice_verdict {
	CHOICE_NOTHING,      /**< neither offered nor wanted */
	CHOICE_ACCEPTED,
	CHOICE_SERVED,       /**< accepted, and served by the port in the device's place */
	CHOICE_NOT_OFFERED,
	CHOICE_NOT_TOLD,     /**< wanted, but the source tells of accepted features alone */
	CHOICE_NOT_USED,     /**< by vio */
	CHOICE_ON_REQUEST,   /**< used where a device argument asks for it */
	CHOICE_NEEDS,        /**< another feature, that is not there */
	CHOICE_IMPOSSIBLE,   /**< offered with a configuration that cannot be */
	CHOICE_TRANSPORT,    /**< cannot be had over this transport */
	CHOICE_LEGACY,       /**< means something over the legacy interface only */
	CHOICE_UNKNOWN,      /**< to the standard */
};

/** The whole table. */
struct choice {
	uint64_t told;       /**< by the source: features that the device offers */
	uint64_t offered;    /**< these, and what the port serves */
	uint64_t served;
	uint64_t allowed;
	uint64_t wanted;
	uint64_t on_request;
	uint64_t impossible;
	uint64_t accepted;
	bool complete;       /**< offered is all that the device offers */
	uint64_t missing;    /**< what vio cannot do without */
	bool works;          /**< nothing is missing */
};

/** Negotiate with what is known, as vio does without device arguments. */
void choice_make(struct choice *c, const struct view *view);

enum choice_verdict choice_verdict(const struct choice *c, unsigned int bit);

/** One word for a verdict, for programs. */
const char *choice_word(enum choice_verdict verdict);

/** The same for people, with what is missing where something is. */
void choice_reason(const struct choice *c, unsigned int bit, char *buf, size_t size);

/** A burst callback, and why none of those before it in the driver's table. */
struct choice_path {
	const char *name;    /**< NULL: none suits */
	char not[256];       /**< "" where it is the first one */
};

/**
 * The paths that a port takes with the features of @p c on this machine's CPU, with EAL's own limit
 * of register width and without offloads.
 */
void choice_paths(const struct choice *c, struct choice_path *rx, struct choice_path *tx);

#endif /* INFO_CHOICE_H */
