/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_raw.c - see model_raw.h. */

#include <stdlib.h>
#include <string.h>

#include "model_raw.h"
#include "unit.h"

#define AVAIL MODEL_PACKED_AVAIL
#define USED MODEL_PACKED_USED

static const uint32_t odd_lens[] = { 0, 1, 11, 12, 13, 312, 313, 2060, 2061, 0xffff, UINT32_MAX };

static bool
is_packed(const struct model_raw *raw)
{
	return raw->q->ring == &model_ring_packed;
}

void
model_raw_init(struct model_raw *raw, struct model_queue *q, uint64_t random)
{
	*raw = (struct model_raw){ .q = q, .size = q->setup.size, .random = random };
	raw->buffers = calloc(raw->size, sizeof(*raw->buffers));
	assert_non_null(raw->buffers);
	model_raw_restart(raw);
}

void
model_raw_fini(struct model_raw *raw)
{
	free(raw->buffers);
}

void
model_raw_restart(struct model_raw *raw)
{
	assert_int_equal(raw->q->setup.size, raw->size);
	raw->num_buffers = 0;
	raw->seen_idx = raw->used_idx = 0;
	raw->seen = raw->used = (struct model_place){ 0, true };
}

static bool
get_split(struct model_raw *raw, struct model_raw_buffer *buffer)
{
	const struct vring_split *ring = &raw->q->split.ring;
	uint16_t desc;

	if (raw->seen_idx == __atomic_load_n(&ring->avail->idx, __ATOMIC_ACQUIRE))
		return false;
	desc = ring->avail->ring[raw->seen_idx++ & (raw->size - 1)];
	assert_true(desc < raw->size);
	*buffer = (struct model_raw_buffer){ desc, 1, ring->desc[desc].addr };
	return true;
}

static bool
get_packed(struct model_raw *raw, struct model_raw_buffer *buffer)
{
	const struct vring_packed_desc *desc = &raw->q->packed.desc[raw->seen.index];
	const uint16_t flags = __atomic_load_n(&desc->flags, __ATOMIC_ACQUIRE);

	if ((flags & (AVAIL | USED)) != (raw->seen.wrap ? AVAIL : USED))
		return false;
	*buffer = (struct model_raw_buffer){ .addr = desc->addr };
	do {
		desc = &raw->q->packed.desc[raw->seen.index];
		raw->seen = model_place_ahead(raw->seen, 1, raw->size);
	} while (++buffer->descs < raw->size && (desc->flags & VRING_DESC_F_NEXT));
	buffer->id = desc->id;
	return true;
}

/** The oldest @p n are used, or lost. */
static void
forget(struct model_raw *raw, unsigned int n)
{
	raw->num_buffers -= n;
	memmove(raw->buffers, raw->buffers + n, raw->num_buffers * sizeof(*raw->buffers));
}

unsigned int
model_raw_get(struct model_raw *raw,
	      void (*got)(void *arg, const struct model_raw_buffer *buffer), void *arg)
{
	struct model_raw_buffer buffer;

	while (is_packed(raw) ? get_packed(raw, &buffer) : get_split(raw, &buffer)) {
		/* More than the ring has: the driver was told of others than these. */
		if (raw->num_buffers == raw->size)
			forget(raw, 1);
		raw->buffers[raw->num_buffers++] = buffer;
		if (got != NULL)
			got(arg, &buffer);
	}
	return raw->num_buffers;
}

static void
show_split(struct model_raw *raw, const struct model_raw_used *used, unsigned int n)
{
	struct vring_used *ring = raw->q->split.ring.used;

	for (unsigned int i = 0; i < n; i++) {
		struct vring_used_elem *elem = &ring->ring[raw->used_idx++ & (raw->size - 1)];

		__atomic_store_n(&elem->id, used[i].id, __ATOMIC_RELAXED);
		__atomic_store_n(&elem->len, used[i].len, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&ring->idx, raw->used_idx, __ATOMIC_RELEASE);
}

static void
show_packed(struct model_raw *raw, const struct model_raw_used *used, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct vring_packed_desc *desc = &raw->q->packed.desc[raw->used.index];
		const uint64_t r = unit_random(&raw->random);
		uint16_t flags = raw->used.wrap ? AVAIL | USED : 0;

		if (r & 1)
			__atomic_store_n(&desc->addr, r, __ATOMIC_RELAXED);
		__atomic_store_n(&desc->id, (uint16_t)used[i].id, __ATOMIC_RELAXED);
		__atomic_store_n(&desc->len, used[i].len, __ATOMIC_RELAXED);
		if (r & 2) /* all but those two mean nothing */
			flags |= r >> 32 & ~(AVAIL | USED);
		__atomic_store_n(&desc->flags, flags, __ATOMIC_RELEASE);
		raw->used = model_place_ahead(raw->used, raw->buffers[i].descs, raw->size);
	}
}

void
model_raw_show(struct model_raw *raw, const struct model_raw_used *used, unsigned int n)
{
	assert_true(n <= raw->num_buffers);
	if (is_packed(raw))
		show_packed(raw, used, n);
	else
		show_split(raw, used, n);
	forget(raw, n);
}

void
model_raw_wild(struct model_raw *raw)
{
	const uint64_t r = unit_random(&raw->random);
	struct model_place at = raw->used;

	if (!is_packed(raw)) {
		raw->used_idx += r;
		__atomic_store_n(&raw->q->split.ring.used->idx, raw->used_idx, __ATOMIC_RELEASE);
		return;
	}
	for (unsigned int n = r % (2u * raw->size); n != 0; n--) {
		struct vring_packed_desc *desc = &raw->q->packed.desc[at.index];
		const bool wrap = r & 1 << 20 ? unit_random(&raw->random) & 1 : at.wrap;

		/* As if used, with what the driver wrote there: in this lap, or any. */
		__atomic_store_n(&desc->flags, (desc->flags & ~(AVAIL | USED)) |
					       (wrap ? AVAIL | USED : 0), __ATOMIC_RELEASE);
		at = model_place_ahead(at, 1, raw->size);
	}
	raw->q->packed.device->off_wrap = r >> 32;
	raw->q->packed.device->flags = r >> 48;
}

static void
rewrite_split(struct vring_used_elem *elem, const uint32_t *ids, uint32_t len)
{
	for (unsigned int i = 0; i < 3; i++)
		__atomic_store_n(&elem->id, ids[i], __ATOMIC_RELAXED);
	__atomic_store_n(&elem->len, len, __ATOMIC_RELAXED);
	__atomic_store_n(&elem->len, 72, __ATOMIC_RELAXED);
}

static void
rewrite_packed(struct vring_packed_desc *desc, const uint32_t *ids, uint32_t len, uint64_t bits)
{
	__atomic_store_n(&desc->addr, bits, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < 3; i++)
		__atomic_store_n(&desc->id, (uint16_t)ids[i], __ATOMIC_RELAXED);
	__atomic_store_n(&desc->len, len, __ATOMIC_RELAXED);
	__atomic_store_n(&desc->len, 72, __ATOMIC_RELAXED);
	/* Used in either lap. Not available: buffers are filled that are, see model_raw_get(). */
	if ((bits >> 48) % 64 == 0)
		__atomic_store_n(&desc->flags, bits >> 60 & 1 ? AVAIL | USED : 0, __ATOMIC_RELAXED);
}

void
model_raw_rewrite(struct model_raw *raw, uint64_t bits)
{
	const uint32_t at = bits % raw->size;
	const uint32_t ids[] = { bits >> 32, (bits >> 8) % raw->size, at };
	const uint32_t len = odd_lens[(bits >> 16) % ARRAY_SIZE(odd_lens)];

	if (is_packed(raw))
		rewrite_packed(&raw->q->packed.desc[at], ids, len, bits);
	else
		rewrite_split(&raw->q->split.ring.used->ring[at], ids, len);
}
