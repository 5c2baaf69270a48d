/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_raw.h - a device without rules: it reads and writes the memory of a ring as it likes, behind
 * the back of the model, which is not asked to look.
 */
#ifndef MODEL_RAW_H
#define MODEL_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "model_queue.h"

/** A buffer that the driver made available. */
struct model_raw_buffer {
	uint16_t id;
	uint16_t descs; /**< that it takes */
	uint64_t addr;  /**< of its first part */
};

/** What is said of a used one. */
struct model_raw_used {
	uint32_t id; /**< packed rings take the lower half */
	uint32_t len;
};

/** The device's view of one ring. */
struct model_raw {
	struct model_queue *q;
	uint16_t size;
	uint64_t random;
	struct model_raw_buffer *buffers; /**< available and not used, the oldest first */
	unsigned int num_buffers;
	uint16_t seen_idx, used_idx;      /**< split rings */
	struct model_place seen, used;    /**< packed rings */
};

void model_raw_init(struct model_raw *raw, struct model_queue *q, uint64_t random);
void model_raw_fini(struct model_raw *raw);

/** The queue was started anew. */
void model_raw_restart(struct model_raw *raw);

/**
 * Take what was made available, and call @p got with each of them.
 * @return buffers available
 */
unsigned int model_raw_get(struct model_raw *raw,
			   void (*got)(void *arg, const struct model_raw_buffer *buffer),
			   void *arg);

/** Show @p n used ones, in the place of the oldest buffers. */
void model_raw_show(struct model_raw *raw, const struct model_raw_used *used, unsigned int n);

/** Show anything: another index, or flags of descriptors as they come. */
void model_raw_wild(struct model_raw *raw);

/** From another thread: write something into used entries that are there, or come. */
void model_raw_rewrite(struct model_raw *raw, uint64_t bits);

#endif /* MODEL_RAW_H */
