/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fake_transport.h - a virtio device in a structure: it does what it is told, writes down in which
 * order, and misbehaves on request.
 */
#ifndef FAKE_TRANSPORT_H
#define FAKE_TRANSPORT_H

#include "unit.h"

#include "transport.h"

#define FAKE_OPS_MAX 32768
#define FAKE_QUEUES 8
#define FAKE_CONFIG_LEN 300

/** "Never", for the counters of struct fake_transport. */
#define FAKE_NEVER UINT32_MAX

enum fake_op_type {
	FAKE_GET_STATUS,
	FAKE_SET_STATUS,
	FAKE_GET_FEATURES,
	FAKE_SET_FEATURES,
	FAKE_READ_CONFIG,
	FAKE_WRITE_CONFIG,
	FAKE_GET_GENERATION,
	FAKE_QUEUE_MAX_SIZE,
	FAKE_OP_TYPES,
};

/** One operation that the device saw. */
struct fake_op {
	enum fake_op_type type;
	uint64_t value; /**< written or read; an offset for configuration */
};

struct fake_transport {
	struct virtio_transport base;

	/* the device */
	uint64_t offered;
	uint64_t accepted;
	uint8_t status;
	uint8_t config[FAKE_CONFIG_LEN];
	uint32_t generation;
	uint16_t queue_size[FAKE_QUEUES];

	/* its ways */
	uint32_t reset_polls;         /**< status reads until a reset ends, or FAKE_NEVER */
	bool refuse_features_ok;
	bool needs_reset_after_ok;    /**< raises NEEDS_RESET when it sees FEATURES_OK */
	bool needs_reset_on_live;     /**< raises NEEDS_RESET when it sees DRIVER_OK */
	bool all_ones;                /**< unplugged */
	uint32_t unplug_after;        /**< operations until it is unplugged; 0: never */
	uint32_t config_changes;      /**< this many config reads find a change, or FAKE_NEVER */
	uint64_t offered_after_reset; /**< replaces offered at the next reset, unless 0 */
	int error[FAKE_OP_TYPES];     /**< what an operation of this type returns, unless 0 */

	/* what it saw */
	struct fake_op ops[FAKE_OPS_MAX];
	unsigned int num_ops;
	uint32_t resetting;
};

/** A device with VERSION_1, everything allowed, eight queues of 256 and well-behaved. */
void fake_transport_init(struct fake_transport *fake);

/** Index of the @p n-th operation of @p type (from 0), or -1. */
int fake_find(const struct fake_transport *fake, enum fake_op_type type, unsigned int n);

/** How many operations of @p type were seen. */
unsigned int fake_count(const struct fake_transport *fake, enum fake_op_type type);

#endif /* FAKE_TRANSPORT_H */
