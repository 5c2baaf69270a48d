/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_split.h - a split ring from the device's side (2.7), and ways to misuse it.
 *
 * A device that scribbled over descriptors or the available ring goes on with what it remembers of
 * them: a driver need not write again what it wrote once, and nobody else may.
 */
#ifndef MODEL_SPLIT_H
#define MODEL_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "vring_split.h"

struct model_queue;
struct model_ring;

extern const struct model_ring model_ring_split;

/** The device's state of a split ring. */
struct model_split {
	struct vring_split ring;  /**< mapped */
	uint16_t avail;           /**< next available entry to look at */
	uint16_t used;            /**< next used entry to write */
	uint16_t next_desc;       /**< IN_ORDER: descriptor that the next chain begins with */
	uint16_t outstanding;     /**< descriptors of buffers that are not shown as used */
	uint16_t flags;           /**< what stands in used->flags */
	uint16_t event;           /**< what stands in avail_event */
	bool *busy;               /**< descriptors that the device has */
	struct vring_desc *known; /**< what the device remembers of the descriptors */
	uint16_t *known_avail;    /**< and of the available ring */
	/** The chain that is being followed. */
	struct {
		uint16_t *ids;            /**< descriptors of the ring */
		unsigned int num_ids;
		struct vring_desc *parts;
		unsigned int num_parts;
		const void *table;        /**< indirect table, NULL: none */
		uint32_t table_len;
	} walk;
};

/** Show another used index, without entries. */
void model_split_jump(struct model_queue *q, uint16_t used_idx);

/** Write @p value into used->flags whether it may or not (EVENT_IDX: the driver ignores it). */
void model_split_flags(struct model_queue *q, uint16_t value);

/** Write @p value into avail_event (without EVENT_IDX the driver ignores it). */
void model_split_event(struct model_queue *q, uint16_t value);

#endif /* MODEL_SPLIT_H */
