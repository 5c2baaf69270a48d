/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_queue.c - see model_queue.h. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model_book.h"
#include "model_device.h"
#include "model_memory.h"
#include "model_pool.h"
#include "model_queue.h"
#include "unit.h"

struct model_chain *
model_chain_new(unsigned int parts, unsigned int frozen)
{
	struct model_chain *chain = calloc(1, sizeof(*chain));

	assert_non_null(chain);
	chain->parts = calloc(parts + 1, sizeof(*chain->parts));
	chain->frozen = calloc(frozen + 1, sizeof(*chain->frozen));
	assert_non_null(chain->parts);
	assert_non_null(chain->frozen);
	return chain;
}

void
model_chain_free(struct model_chain *chain)
{
	free(chain->parts);
	free(chain->frozen);
	free(chain->copy);
	free(chain);
}

void
model_chain_freeze(struct model_chain *chain, const void *va, uint32_t len)
{
	chain->copy = realloc(chain->copy, chain->copy_len + len);
	assert_non_null(chain->copy);
	memcpy(chain->copy + chain->copy_len, va, len);
	chain->frozen[chain->num_frozen++] = (struct model_frozen){ va, len, chain->copy_len };
	chain->copy_len += len;
}

void
model_chain_part(struct model_queue *q, struct model_chain *chain, uint64_t addr, uint32_t len,
		 bool write)
{
	const struct model_region *region = NULL;
	struct model_part *part = &chain->parts[chain->num_parts];

	part->va = model_memory_find(addr, len, q->device->iova, &region);
	part->len = len;
	part->write = write;
	if (part->va == NULL) {
		model_breach(7, "queue %u: %u bytes at 0x%" PRIx64 " are not the port's memory",
			     q->index, len, addr);
		return;
	}
	if (len == 0)
		model_breach(MODEL_HOUSE, "queue %u: a descriptor of no bytes", q->index);
	if (!write && chain->writable != 0)
		model_breach(20, "queue %u: a readable part behind a writable one", q->index);
	part->pool = region->pool;
	if (part->pool != NULL)
		part->object = model_pool_expose(part->pool, part->va, len, write);
	chain->num_parts++;
	if (write) {
		chain->writable += len;
		return;
	}
	if (chain->readable == 0) {
		chain->num_ring = chain->num_frozen;
		chain->data = chain->copy_len;
	}
	chain->readable += len;
	model_chain_freeze(chain, part->va, len);
}

/** What a part that only the device writes is filled with until the device uses it. */
static uint8_t
filling(const struct model_chain *chain)
{
	return chain->seq * 7 + 1;
}

void
model_queue_add(struct model_queue *q, struct model_chain *chain)
{
	if (chain->readable == 0)
		chain->num_ring = chain->num_frozen;
	chain->seq = q->num_taken++;
	for (unsigned int i = 0; i < chain->num_parts; i++)
		if (chain->parts[i].write)
			memset(chain->parts[i].va, filling(chain), chain->parts[i].len);
	q->pending[q->num_pending++] = chain;
	model_device_added(q, chain);
}

/** Frozen ranges @p from up to @p to: has the driver changed any? */
static void
check_frozen(const struct model_queue *q, const struct model_chain *chain, unsigned int from,
	     unsigned int to, const char *what)
{
	for (unsigned int i = from; i < to; i++) {
		const struct model_frozen *frozen = &chain->frozen[i];

		if (memcmp(frozen->va, chain->copy + frozen->copy, frozen->len) != 0)
			model_breach(5, "queue %u: %s of an available buffer changed", q->index,
				     what);
	}
}

/** Nothing that the device was given to read has changed. */
static void
check_unchanged(const struct model_queue *q, const struct model_chain *chain)
{
	if (!q->scribbled)
		check_frozen(q, chain, 0, chain->num_ring, "a descriptor");
	check_frozen(q, chain, chain->num_ring, chain->num_frozen, "the content");
}

struct model_chain *
model_queue_use(struct model_queue *q, unsigned int i)
{
	struct model_chain *chain;

	assert_true(i < q->num_pending);
	chain = q->pending[i];
	for (unsigned int p = 0; p < chain->num_parts; p++) {
		const struct model_part *part = &chain->parts[p];

		if (!part->write || part->len == 0)
			continue;
		if ((uint8_t)part->va[0] != filling(chain) ||
		    memcmp(part->va, part->va + 1, part->len - 1) != 0)
			model_breach(5, "queue %u: the driver wrote to a buffer that is the "
				     "device's", q->index);
	}
	return chain;
}

void
model_chain_write(struct model_chain *chain, uint32_t at, const void *bytes, uint32_t len)
{
	for (unsigned int i = 0; i < chain->num_parts && len != 0; i++) {
		const struct model_part *part = &chain->parts[i];
		uint32_t n;

		if (!part->write)
			continue;
		if (at >= part->len) {
			at -= part->len;
			continue;
		}
		n = part->len - at < len ? part->len - at : len;
		memcpy(part->va + at, bytes, n);
		bytes = (const char *)bytes + n;
		len -= n;
		at = 0;
	}
	assert_int_equal(len, 0);
}

/** The device does not have the buffer any more: it may be freed from now on. */
static void
withdraw(const struct model_chain *chain)
{
	for (unsigned int i = 0; i < chain->num_parts; i++)
		if (chain->parts[i].pool != NULL)
			model_pool_withdraw(chain->parts[i].pool, chain->parts[i].object,
					    chain->parts[i].write);
}

static void
forget(struct model_chain *chain)
{
	withdraw(chain);
	model_chain_free(chain);
}

void
model_queue_finish(struct model_queue *q, unsigned int i, uint32_t len)
{
	struct model_chain *chain;

	assert_true(i < q->num_pending);
	chain = q->pending[i];
	memmove(&q->pending[i], &q->pending[i + 1],
		(q->num_pending - i - 1) * sizeof(*q->pending));
	q->num_pending--;
	q->ready[q->num_ready++] = (struct model_used){ .chain = chain, .len = len };
}

void
model_queue_show(struct model_queue *q, unsigned int n, bool batch)
{
	assert_true(n <= q->num_ready);
	if (n == 0)
		return;
	for (unsigned int i = 0; i < n; i++) {
		check_unchanged(q, q->ready[i].chain);
		/* A batch says nothing of the lengths of all but its last: they are used whole. */
		if (batch && i != n - 1)
			assert_int_equal(q->ready[i].len, q->ready[i].chain->writable);
		withdraw(q->ready[i].chain);
	}
	q->ring->show(q, n, batch);
	for (unsigned int i = 0; i < n; i++)
		model_chain_free(q->ready[i].chain);
	q->num_shown += n;
	q->num_ready -= n;
	memmove(q->ready, q->ready + n, q->num_ready * sizeof(*q->ready));
}

unsigned int
model_queue_whole(const struct model_queue *q, unsigned int n)
{
	assert_true(n <= q->num_ready);
	while (q->ring->whole_requests && n != 0 && q->ready[n - 1].more)
		n--;
	return n;
}

void
model_queue_notify(struct model_queue *q, enum model_notify when)
{
	q->when = when;
	if (q->enabled)
		q->ring->notify(q, when);
}

/** What was available has not changed; take what is new. @return had the driver to notify? */
static bool
take(struct model_queue *q)
{
	bool wanted = false;

	for (unsigned int i = 0; i < q->num_pending && !q->scribbled; i++)
		check_frozen(q, q->pending[i], 0, q->pending[i]->num_ring, "a descriptor");
	q->ring->take(q, &wanted);
	return wanted;
}

void
model_queue_peek(struct model_queue *q)
{
	take(q);
}

void
model_queue_look(struct model_queue *q)
{
	unsigned int kicks;
	bool wanted;

	if (!q->enabled)
		return;
	wanted = take(q);
	q->num_needed += wanted;
	kicks = __atomic_exchange_n(&q->kicks, 0, __ATOMIC_RELAXED);
	if (!q->device->concurrent) {
		if (wanted && kicks == 0)
			model_breach(q->ring->kick_rule, "queue %u: the device was not notified",
				     q->index);
		if (!wanted && kicks != 0)
			model_breach(q->ring->kick_rule, "queue %u: the device was notified and did "
				     "not want to be", q->index);
		if (kicks > 1)
			model_breach(MODEL_HOUSE, "queue %u: %u notifications at once", q->index,
				     kicks);
	}
	q->ring->notify(q, q->when);
}

int
model_queue_start(struct model_queue *q, const struct virtio_queue_setup *setup)
{
	struct model_device *device = q->device;

	q->setup = *setup;
	q->pending = calloc(setup->size, sizeof(*q->pending));
	q->ready = calloc(setup->size, sizeof(*q->ready));
	assert_non_null(q->pending);
	assert_non_null(q->ready);
	q->num_pending = q->num_ready = q->kicks = 0;
	q->num_taken = q->num_shown = q->num_kicks = q->num_needed = q->num_interrupts = 0;
	q->scribbled = q->watched = q->was_reset = false;
	q->random = device->seed + q->index;
	q->ring = model_device_has(device, VIRTIO_F_RING_PACKED) ? &model_ring_packed :
								     &model_ring_split;
	q->enabled = true;
	q->ring->start(q);
	return q->enabled ? 0 : -EINVAL;
}

void
model_queue_stop(struct model_queue *q)
{
	for (unsigned int i = 0; i < q->num_pending; i++)
		forget(q->pending[i]);
	for (unsigned int i = 0; i < q->num_ready; i++)
		forget(q->ready[i].chain);
	q->num_pending = q->num_ready = q->kicks = 0;
	free(q->pending);
	free(q->ready);
	q->pending = NULL;
	q->ready = NULL;
	if (q->ring != NULL)
		q->ring->stop(q);
	q->enabled = q->was_reset = false;
}
