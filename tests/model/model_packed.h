/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_packed.h - a packed ring from the device's side (2.8), and ways to misuse it.
 *
 * Descriptors are counted one by one and flags are put together bit by bit, as the standard tells
 * it: nothing here is shared with the driver's arithmetic.
 *
 * Both sides write to a packed ring. From the next used descriptor on up to the next available one
 * all are the device's, and stand as the driver wrote them; the others are the driver's. A buffer
 * that is completed ahead of older ones is shown in a descriptor of theirs, which the device has
 * read long since.
 */
#ifndef MODEL_PACKED_H
#define MODEL_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_ring.h>

struct model_queue;
struct model_ring;

extern const struct model_ring model_ring_packed;

/** Flags of descriptors (2.8.1). */
#define MODEL_PACKED_AVAIL (1u << 7)
#define MODEL_PACKED_USED (1u << 15)

/** Where a side is: its next descriptor, and its ring wrap counter (2.8.1). */
struct model_place {
	uint16_t index;
	bool wrap;
};

/** The device's state of a packed ring. */
struct model_packed {
	uint16_t size;
	struct vring_packed_desc *desc;         /**< mapped, as the two below */
	struct vring_packed_desc_event *driver;
	struct vring_packed_desc_event *device;
	struct model_place avail;               /**< next descriptor to look at */
	struct model_place used;                /**< next one to write */
	uint16_t owned;                         /**< from used on up to avail */
	struct vring_packed_desc *right;        /**< how these stand */
	bool *ids;                              /**< buffers that the device has */
	struct vring_packed_desc_event event;   /**< what stands in its event structure */
	uint16_t told;                          /**< the last event that it was notified of */
	bool driver_unknown;                    /**< it has scribbled over the driver's */
	bool hold;                              /**< see model_packed_reveal() */
	bool holding;
	struct model_place held;
	uint16_t held_flags;
	uint16_t used_bits;                     /**< reserved bits for flags of used ones (2.8.6) */
	/** The list that is being followed. */
	struct {
		struct vring_packed_desc *parts;
		unsigned int num_parts;
		unsigned int descs;
		const void *table;              /**< indirect table, NULL: none */
		uint32_t table_len;
	} walk;
	struct model_place *places;             /**< where used descriptors go */
	uint32_t looks;                         /**< at a ring that is watched, model_watch.h */
	uint32_t *since;                        /**< look that first saw a descriptor available */
};

/** The place that is @p n descriptors on. */
struct model_place model_place_ahead(struct model_place place, unsigned int n, uint16_t size);

/**
 * With model_packed::hold the device may not yet have written the flags of the first descriptor that
 * it shows when all others are there already (2.8: "reorder descriptor writes"). Now it has.
 */
void model_packed_reveal(struct model_queue *q);

/** Write this into the device's event structure, whether it may or not. */
void model_packed_event(struct model_queue *q, struct model_place at, uint16_t flags);

/**
 * Mark descriptors as used that are not: @p n from the @p ahead-th behind the next used one on, as in
 * the lap in which they are or, with @p wrong_lap, in the next. All else that they say stays.
 */
void model_packed_mark(struct model_queue *q, unsigned int ahead, unsigned int n, bool wrong_lap);

#endif /* MODEL_PACKED_H */
