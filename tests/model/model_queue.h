/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_queue.h - a virtqueue as its device sees it, whatever the layout of the ring.
 *
 * What the driver made available is copied into private memory when the device looks at it. From
 * then on until it was shown as used again, nothing of it may change: not the descriptors, not what
 * the device reads, and not what only the device may write, which it fills to see that.
 *
 * A ring layout is a struct model_ring: how available buffers are found, how used ones are shown,
 * how the two sides say whether they want to be notified, and how a device misuses all that.
 * model_split.c and model_packed.c are the two.
 */
#ifndef MODEL_QUEUE_H
#define MODEL_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "model_packed.h"
#include "model_split.h"
#include "transport.h"

struct model_device;
struct model_pool;

/** A part of a buffer: one descriptor's. */
struct model_part {
	char *va;
	uint32_t len;
	bool write;              /**< by the device */
	struct model_pool *pool; /**< that it is in, NULL: in none */
	unsigned int object;     /**< mbuf of that pool */
};

/** Memory that must not change as long as the device has the buffer. */
struct model_frozen {
	const char *va;
	uint32_t len;
	uint32_t copy; /**< where in the copy */
};

/** A buffer that was made available. */
struct model_chain {
	uint16_t id;            /**< what the ring calls it: head of the chain, or buffer id */
	uint16_t first;         /**< descriptor of the ring that it begins with */
	uint16_t descs;         /**< descriptors of the ring that it takes */
	uint64_t seq;           /**< its number since the queue was started */
	uint32_t readable;      /**< bytes for the device to read */
	uint32_t writable;      /**< bytes for it to write */
	unsigned int num_parts;
	struct model_part *parts;
	unsigned int num_frozen;
	unsigned int num_ring;  /**< the first of these are descriptors, the others are data */
	struct model_frozen *frozen;
	uint8_t *copy;
	uint32_t copy_len;
	uint32_t data;          /**< where the bytes that the device reads begin in the copy */
};

/** A buffer that the device is done with. */
struct model_used {
	struct model_chain *chain;
	uint32_t len;
	bool more; /**< the next one belongs to the same request: a frame in several buffers */
};

/** What a device must not write to. */
enum model_area {
	MODEL_AREA_DESC,   /**< descriptors that it does not use right now */
	MODEL_AREA_DRIVER, /**< available ring, or driver event suppression structure */
};

/** When a device wants to be notified. */
enum model_notify {
	MODEL_NOTIFY_ALWAYS,
	MODEL_NOTIFY_NEVER,
	MODEL_NOTIFY_SOMETIMES, /**< EVENT_IDX: some buffers later; else on and off */
	MODEL_NOTIFY_NONSENSE,  /**< what it must not say, beside or instead of that */
};

/** Layout of a ring. */
struct model_ring {
	const char *name;
	unsigned int kick_rule; /**< broken by a notification too many or too few */
	/** The driver said where the ring is. */
	void (*start)(struct model_queue *q);
	/** Forget the ring. */
	void (*stop)(struct model_queue *q);
	/**
	 * Take what was made available since the last look, with model_queue_add().
	 * @param wanted  whether the driver had to notify the device of it
	 */
	void (*take)(struct model_queue *q, bool *wanted);
	/** Show @p n buffers as used, the first ones that are ready; with one entry if @p batch. */
	void (*show)(struct model_queue *q, unsigned int n, bool batch);
	/** Say when to be notified. */
	void (*notify)(struct model_queue *q, enum model_notify when);
	/** What an available buffer notification has to carry (2.9). */
	uint16_t (*next)(const struct model_queue *q);
	/** A request is seen whole or not at all (2.8.9): nothing else may be shown. */
	bool whole_requests;

	/** Show something used with @p id and @p len that it likes. No buffer changes hands. */
	void (*forge)(struct model_queue *q, uint32_t id, uint32_t len);
	/** Write all over an area, and go on with what the device remembers of it. */
	void (*scribble)(struct model_queue *q, enum model_area area);
	/** Has the device a buffer with that id? */
	bool (*busy)(const struct model_queue *q, uint32_t id);
	/** The descriptor at @p k of those that a buffer takes. */
	uint16_t (*desc)(const struct model_queue *q, const struct model_chain *chain,
			 unsigned int k);
};

/** A virtqueue. */
struct model_queue {
	struct model_device *device;
	uint16_t index;
	bool enabled;
	bool was_reset;                /**< by itself, and not set up since */
	struct virtio_queue_setup setup;
	const struct model_ring *ring;
	struct model_split split;
	struct model_packed packed;

	struct model_chain **pending;  /**< available, in that order */
	unsigned int num_pending;
	struct model_used *ready;      /**< done with, not shown yet */
	unsigned int num_ready;
	enum model_notify when;
	bool scribbled;                /**< the device wrote where it must not */
	bool watched;                  /**< after each store, see model_watch.h */
	unsigned int kicks;            /**< since the last look */
	uint64_t random;

	/* counted since the queue was set up */
	uint64_t num_taken;
	uint64_t num_shown;
	uint64_t num_kicks;
	uint64_t num_needed;           /**< looks that found something that needed a kick */
	uint64_t num_interrupts;       /**< used buffer notifications, had they been sent */
};

/** The driver set up the queue. @return 0 or what queue_setup has to answer */
int model_queue_start(struct model_queue *q, const struct virtio_queue_setup *setup);

/** The device was reset: it forgets all buffers. */
void model_queue_stop(struct model_queue *q);

/** Look at the ring, take what is available, check every rule that can be checked by now. */
void model_queue_look(struct model_queue *q);

/** The first half of that: take what is available, whether the driver is done or not. */
void model_queue_peek(struct model_queue *q);

/** Begin to write to the buffer at @p i of the pending ones: did the driver leave it alone? */
struct model_chain *model_queue_use(struct model_queue *q, unsigned int i);

/** Done with the buffer at @p i of the pending ones; @p len bytes were written to it. */
void model_queue_finish(struct model_queue *q, unsigned int i, uint32_t len);

/** Show the driver the first @p n buffers that are done; @p batch as one entry (2.7.9, 2.8.8). */
void model_queue_show(struct model_queue *q, unsigned int n, bool batch);

/** How many of @p n buffers that are done may be shown: not a part of a request where that counts. */
unsigned int model_queue_whole(const struct model_queue *q, unsigned int n);

/** From the next look on. */
void model_queue_notify(struct model_queue *q, enum model_notify when);

/** Write to the part of a buffer that the device may write, @p at bytes from its beginning. */
void model_chain_write(struct model_chain *chain, uint32_t at, const void *bytes, uint32_t len);

/*
 * For rings: a buffer is put together. Descriptors and tables are frozen first, then parts are
 * added in order, then it is added to its queue.
 */
struct model_chain *model_chain_new(unsigned int parts, unsigned int frozen);
void model_chain_free(struct model_chain *chain);
void model_chain_freeze(struct model_chain *chain, const void *va, uint32_t len);
void model_chain_part(struct model_queue *q, struct model_chain *chain, uint64_t addr,
		      uint32_t len, bool write);
void model_queue_add(struct model_queue *q, struct model_chain *chain);

#endif /* MODEL_QUEUE_H */
