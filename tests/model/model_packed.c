/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_packed.c - see model_packed.h. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "features.h"
#include "model_book.h"
#include "model_device.h"
#include "model_memory.h"
#include "model_queue.h"
#include "unit.h"
#include "virtio_spec.h"

#define AVAIL MODEL_PACKED_AVAIL
#define USED MODEL_PACKED_USED
#define SCRIBBLE 0xdb

/** What event suppression structures say (2.8.10). */
enum { ENABLE, DISABLE, DESC, RESERVED };

static bool
has(const struct model_queue *q, unsigned int bit)
{
	return model_device_has(q->device, bit);
}

struct model_place
model_place_ahead(struct model_place place, unsigned int n, uint16_t size)
{
	const uint32_t index = place.index + n;

	place.index = index % size;
	place.wrap = place.wrap != (index / size) % 2;
	return place;
}

/** Are these the flags of a descriptor that is available there (2.8.1)? */
static bool
is_available(uint16_t flags, struct model_place place)
{
	return ((flags & AVAIL) != 0) == place.wrap && ((flags & USED) != 0) != place.wrap;
}

static uint16_t
used_flags(struct model_place place)
{
	return place.wrap ? AVAIL | USED : 0;
}

/** One of the three parts of a ring: aligned (2.8.10.1), and memory of the port. */
static void *
map(struct model_queue *q, const char *name, uint64_t addr, size_t len, unsigned int align)
{
	void *va = model_memory_find(addr, len, q->device->iova, NULL);

	if (addr % align != 0)
		model_breach(29, "queue %u: %s at 0x%" PRIx64 " is not aligned to %u", q->index,
			     name, addr, align);
	if (va == NULL) {
		model_breach(7, "queue %u: %s at 0x%" PRIx64 " is not the port's memory",
			     q->index, name, addr);
		q->enabled = false;
	}
	return va;
}

/** The ring begins as zeros (2.8.13), but for what is available already. */
static void
check_fresh(struct model_queue *q)
{
	static const struct vring_packed_desc zero;
	const struct model_packed *s = &q->packed;
	uint16_t i = 0;

	while (i < s->size && is_available(s->desc[i].flags, s->avail))
		i++;
	for (; i < s->size; i++)
		if (memcmp(&s->desc[i], &zero, sizeof(zero)) != 0) {
			model_breach(30, "queue %u: descriptor %u does not begin as zeros",
				     q->index, i);
			break;
		}
	if (s->device->flags != 0)
		model_breach(MODEL_HOUSE, "queue %u: the device's event flags begin as 0x%x",
			     q->index, s->device->flags);
}

static void
packed_start(struct model_queue *q)
{
	struct model_packed *s = &q->packed;
	const uint16_t size = q->setup.size;

	*s = (struct model_packed){
		.size = size,
		.desc = map(q, "descriptor ring", q->setup.desc, 16 * (size_t)size, 16),
		.driver = map(q, "driver event structure", q->setup.driver, 4, 4),
		.device = map(q, "device event structure", q->setup.device, 4, 4),
		.avail = { 0, true },
		.used = { 0, true },
		.told = 1u << 15, /* none: place 0 of the first lap */
		.right = calloc(size, sizeof(*s->right)),
		.ids = calloc(UINT16_MAX + 1, sizeof(*s->ids)),
		.walk.parts = calloc(size, sizeof(*s->walk.parts)),
		.places = calloc(size, sizeof(*s->places)),
		.since = calloc(size, sizeof(*s->since)),
	};
	assert_true(s->right != NULL && s->ids != NULL);
	assert_true(s->walk.parts != NULL && s->places != NULL && s->since != NULL);
	if (!q->enabled)
		return;
	check_fresh(q);
	s->event = *s->device;
}

static void
packed_stop(struct model_queue *q)
{
	free(q->packed.right);
	free(q->packed.ids);
	free(q->packed.walk.parts);
	free(q->packed.places);
	free(q->packed.since);
	q->packed = (struct model_packed){ 0 };
}

/** Are @p n descriptors from @p index on as they were made available? */
static bool
unchanged(const struct model_packed *s, unsigned int index, unsigned int n)
{
	return memcmp(&s->desc[index], &s->right[index], n * sizeof(*s->desc)) == 0;
}

/** What is the device's has not changed since the driver made it available. */
static void
check_owned(const struct model_queue *q)
{
	const struct model_packed *s = &q->packed;
	const unsigned int end = s->used.index + s->owned;
	const unsigned int behind = end > s->size ? end - s->size : 0;

	if (!unchanged(s, s->used.index, s->owned - behind) || !unchanged(s, 0, behind))
		model_breach(30, "queue %u: of %u descriptors from %u on one changed after it was "
			     "made available", q->index, s->owned, s->used.index);
}

/** What the driver says of used buffer notifications (2.8.10). */
static void
check_driver_event(const struct model_queue *q)
{
	const struct model_packed *s = &q->packed;
	const uint16_t flags = s->driver->flags;

	if (flags >= RESERVED)
		model_breach(24, "queue %u: driver event flags 0x%x", q->index, flags);
	else if (flags == DESC && !has(q, VIRTIO_RING_F_EVENT_IDX))
		model_breach(24, "queue %u: no EVENT_IDX, and driver event flags 0x%x", q->index,
			     flags);
	else if (flags == DESC && (s->driver->off_wrap & 0x7fff) >= s->size)
		model_breach(24, "queue %u: driver event at 0x%x in a ring of %u", q->index,
			     s->driver->off_wrap, s->size);
}

/** Flags of a descriptor in a list of the ring, the @p i-th of it (2.8.6, 2.8.7). */
static void
check_flags(const struct model_queue *q, uint16_t flags, unsigned int i)
{
	if (flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT | AVAIL | USED))
		model_breach(32, "queue %u: descriptor flags 0x%x", q->index, flags);
	if (!(flags & VRING_DESC_F_INDIRECT))
		return;
	if (!has(q, VIRTIO_RING_F_INDIRECT_DESC))
		model_breach(32, "queue %u: INDIRECT was not negotiated", q->index);
	if (i != 0 || (flags & VRING_DESC_F_NEXT))
		model_breach(32, "queue %u: INDIRECT in a list", q->index);
	if (flags & VRING_DESC_F_WRITE)
		model_breach(32, "queue %u: INDIRECT together with WRITE", q->index);
}

static void
add_part(struct model_queue *q, const struct vring_packed_desc *part)
{
	struct model_packed *s = &q->packed;

	if (s->walk.num_parts == s->size)
		model_breach(31, "queue %u: a list of more descriptors than the ring has",
			     q->index);
	else
		s->walk.parts[s->walk.num_parts++] = *part;
}

/** Read an indirect table (2.8.7). */
static void
walk_table(struct model_queue *q, const struct vring_packed_desc *outer)
{
	struct model_packed *s = &q->packed;
	const unsigned int size = outer->len / sizeof(*outer);
	const struct vring_packed_desc *table =
		(const void *)model_memory_find(outer->addr, outer->len, q->device->iova, NULL);

	if (table == NULL || size == 0 || outer->len % sizeof(*outer) != 0) {
		model_breach(32, "queue %u: an indirect table of %u bytes at 0x%llx", q->index,
			     outer->len, (unsigned long long)outer->addr);
		return;
	}
	s->walk.table = table;
	s->walk.table_len = outer->len;
	for (unsigned int i = 0; i < size; i++) {
		if (table[i].flags & ~VRING_DESC_F_WRITE)
			model_breach(32, "queue %u: flags 0x%x in an indirect table", q->index,
				     table[i].flags);
		add_part(q, &table[i]);
	}
}

/**
 * Follow the list that begins with the next descriptor, which is available (2.8.6).
 * @return false where the list cannot be taken
 */
static bool
walk_list(struct model_queue *q, uint16_t *id)
{
	struct model_packed *s = &q->packed;
	struct model_place at = s->avail;

	s->walk.descs = s->walk.num_parts = 0;
	s->walk.table = NULL;
	for (;; at = model_place_ahead(at, 1, s->size)) {
		struct vring_packed_desc *desc = &s->right[at.index];

		if (s->walk.descs + s->owned == s->size) {
			model_breach(31, "queue %u: a list at %u that has no room in the ring",
				     q->index, s->avail.index);
			return false;
		}
		/* Barrier A, device's half, at the first: pairs with vring_packed_show(). */
		if (!is_available(__atomic_load_n(&s->desc[at.index].flags, __ATOMIC_ACQUIRE),
				  at)) {
			model_breach(31, "queue %u: a list at %u was made available before its "
				     "descriptor %u", q->index, s->avail.index, at.index);
			return false;
		}
		*desc = s->desc[at.index];
		*id = desc->id;
		check_flags(q, desc->flags, s->walk.descs++);
		if (desc->flags & VRING_DESC_F_INDIRECT)
			walk_table(q, desc);
		else
			add_part(q, desc);
		if (!(desc->flags & VRING_DESC_F_NEXT))
			return true;
	}
}

/** Since which look are those available that the device has not come to? */
static void
note_available(struct model_queue *q)
{
	struct model_packed *s = &q->packed;
	struct model_place at = s->avail;

	s->looks++;
	for (unsigned int n = s->owned; n < s->size; n++, at = model_place_ahead(at, 1, s->size)) {
		if (!is_available(s->desc[at.index].flags, at))
			s->since[at.index] = 0;
		else if (s->since[at.index] == 0)
			s->since[at.index] = s->looks;
	}
}

/** The first descriptor of the list that was followed came last (2.8.19), looked at or not. */
static void
check_first_last(const struct model_queue *q)
{
	const struct model_packed *s = &q->packed;

	for (unsigned int i = 1; i < s->walk.descs; i++)
		if (s->since[model_place_ahead(s->avail, i, s->size).index] >
		    s->since[s->avail.index])
			model_breach(31, "queue %u: descriptor %u was made available before the "
				     "rest of its list", q->index, s->avail.index);
}

/** Put the buffer together whose list comes next. @return descriptors of the ring, 0: none */
static unsigned int
take_list(struct model_queue *q)
{
	struct model_packed *s = &q->packed;
	struct model_chain *chain;
	uint64_t total = 0;
	uint16_t id;

	if (!walk_list(q, &id))
		return 0;
	if (q->watched)
		check_first_last(q);
	if (s->ids[id])
		model_breach(30, "queue %u: buffer id %u made available that the device has",
			     q->index, id);
	s->ids[id] = true;
	chain = model_chain_new(s->walk.num_parts, 1 + s->walk.num_parts);
	chain->id = id;
	chain->first = s->avail.index;
	chain->descs = s->walk.descs;
	if (s->walk.table != NULL)
		model_chain_freeze(chain, s->walk.table, s->walk.table_len);
	for (unsigned int i = 0; i < s->walk.num_parts; i++) {
		const struct vring_packed_desc *part = &s->walk.parts[i];

		model_chain_part(q, chain, part->addr, part->len, part->flags & VRING_DESC_F_WRITE);
		total += part->len;
	}
	if (total > UINT32_MAX)
		model_breach(31, "queue %u: a list of %" PRIu64 " bytes", q->index, total);
	s->owned += chain->descs;
	s->avail = model_place_ahead(s->avail, chain->descs, s->size);
	model_queue_add(q, chain);
	return chain->descs;
}

/** An event that no ring of the tests can have. */
#define HEARD_OF_NONE 0x7fff

/** Is the event's descriptor one of @p n from @p at on (2.8.10)? */
static bool
reached(const struct model_packed *s, uint16_t off_wrap, struct model_place at, unsigned int n)
{
	for (; n != 0; n--, at = model_place_ahead(at, 1, s->size))
		if (at.index == (off_wrap & 0x7fff) && at.wrap == off_wrap >> 15)
			return true;
	return false;
}

/**
 * Had the driver to notify the device of @p n descriptors from @p from on? It also does so, once,
 * where the event was passed before it was written, and forgets of which it did when the device wants
 * no notification: see vring_packed_must_kick().
 */
static bool
is_wanted(struct model_queue *q, struct model_place from, unsigned int n)
{
	struct model_packed *s = &q->packed;
	const uint16_t event = s->event.off_wrap;

	switch (s->event.flags & 3) {
	case ENABLE:
		return n != 0;
	case DISABLE:
		if (n != 0 && has(q, VIRTIO_RING_F_EVENT_IDX))
			s->told = HEARD_OF_NONE;
		return false;
	case DESC:
		if (!has(q, VIRTIO_RING_F_EVENT_IDX) || (event & 0x7fff) >= s->size)
			break;
		if (n == 0 || (!reached(s, event, from, n) &&
			       (reached(s, event, from, s->size) || event == s->told)))
			return false;
		s->told = event;
		return true;
	}
	return q->kicks != 0; /* what it says is nonsense, so either will do */
}

static void
packed_take(struct model_queue *q, bool *wanted)
{
	struct model_packed *s = &q->packed;
	const struct model_place from = s->avail;
	unsigned int taken = 0;

	if (!q->scribbled)
		check_owned(q);
	if (!s->driver_unknown)
		check_driver_event(q);
	if (q->watched)
		note_available(q);
	while (s->owned < s->size &&
	       is_available(__atomic_load_n(&s->desc[s->avail.index].flags, __ATOMIC_ACQUIRE),
			    s->avail)) {
		const unsigned int descs = take_list(q);

		if (descs == 0) {
			*wanted = q->kicks != 0; /* one breach is enough */
			return;
		}
		taken += descs;
	}
	*wanted = is_wanted(q, from, taken);
}

/** Write a used descriptor, all but its flags (2.8.5). @return the flags */
static uint16_t
write_used(struct model_queue *q, struct model_place at, const struct model_used *used)
{
	struct model_packed *s = &q->packed;
	struct vring_packed_desc *desc = &s->desc[at.index];
	const uint64_t r = unit_random(&q->random);
	uint16_t flags = used_flags(at) | s->used_bits;

	if (r & 1)
		desc->addr = r; /* "unused" */
	/* Atomic: the driver may read id and flags at once. */
	__atomic_store_n(&desc->id, used->chain->id, __ATOMIC_RELAXED);
	desc->len = used->len;
	/* QEMU leaves the flag out that says that there is a length. */
	if (used->chain->writable != 0 && (r & 2))
		flags |= VRING_DESC_F_WRITE;
	return flags;
}

/** Barrier B, device's half: pairs with vring_packed_load(). */
static void
write_flags(struct model_queue *q, struct model_place at, uint16_t flags)
{
	struct vring_packed_desc *desc = &q->packed.desc[at.index];

#if defined(__SANITIZE_THREAD__)
	/* It knows only pairs of the same width. */
	__atomic_store_n((uint32_t *)(void *)&desc->id, desc->id | (uint32_t)flags << 16,
			 __ATOMIC_RELEASE);
#else
	__atomic_store_n(&desc->flags, flags, __ATOMIC_RELEASE);
#endif
}

/** Show the buffer at @p i of those that are ready. */
static void
show_one(struct model_queue *q, unsigned int i)
{
	struct model_packed *s = &q->packed;
	const uint16_t flags = write_used(q, s->places[i], &q->ready[i]);

	if (i == 0 && s->hold) {
		s->holding = true;
		s->held = s->places[0];
		s->held_flags = flags;
		return;
	}
	write_flags(q, s->places[i], flags);
}

/** Would the driver be notified of @p n used descriptors from @p from on (2.8.10)? */
static bool
interrupts(const struct model_queue *q, struct model_place from, unsigned int n)
{
	const struct model_packed *s = &q->packed;

	return s->driver->flags == ENABLE ||
	       (s->driver->flags == DESC && reached(s, s->driver->off_wrap, from, n));
}

static void
packed_show(struct model_queue *q, unsigned int n, bool batch)
{
	struct model_packed *s = &q->packed;
	const struct model_place from = s->used;
	unsigned int descs = 0;

	assert_false(s->holding);
	if (!q->scribbled)
		check_owned(q);
	for (unsigned int i = 0; i < n; i++) {
		const struct model_chain *chain = q->ready[i].chain;

		s->places[i] = s->used;
		s->used = model_place_ahead(s->used, chain->descs, s->size);
		descs += chain->descs;
		s->ids[chain->id] = false;
	}
	if (batch) {
		/* Where its first would stand, what is said of its last (2.8.8). */
		write_flags(q, from, write_used(q, from, &q->ready[n - 1]));
	} else if (s->hold || (unit_random(&q->random) & 1)) {
		/* Writes may be reordered (2.8). */
		for (unsigned int i = n; i-- != 0;)
			show_one(q, i);
	} else {
		/* In order, but for the first of each request, which comes last of it (2.8.9). */
		for (unsigned int i = 0, first = 0; i < n; i++) {
			if (i != first)
				show_one(q, i);
			if (i + 1 != n && q->ready[i].more)
				continue;
			show_one(q, first);
			first = i + 1;
		}
	}
	s->owned -= descs < s->owned ? descs : s->owned;
	q->num_interrupts += interrupts(q, from, descs);
}

void
model_packed_reveal(struct model_queue *q)
{
	struct model_packed *s = &q->packed;

	assert_true(s->holding);
	s->holding = false;
	write_flags(q, s->held, s->held_flags);
}

void
model_packed_event(struct model_queue *q, struct model_place at, uint16_t flags)
{
	struct model_packed *s = &q->packed;

	s->event.off_wrap = at.index | at.wrap << 15;
	s->event.flags = flags;
	__atomic_store_n(&s->device->off_wrap, s->event.off_wrap, __ATOMIC_RELAXED);
	__atomic_store_n(&s->device->flags, flags, __ATOMIC_RELEASE);
}

static void
packed_notify(struct model_queue *q, enum model_notify when)
{
	const struct model_packed *s = &q->packed;
	const uint64_t r = unit_random(&q->random);
	const bool event_idx = has(q, VIRTIO_RING_F_EVENT_IDX);
	struct model_place told;

	switch (when) {
	case MODEL_NOTIFY_ALWAYS:
		/* Two ways to say the same. */
		model_packed_event(q, s->avail, event_idx && (r & 1) ? DESC : ENABLE);
		break;
	case MODEL_NOTIFY_NEVER:
		/* The one that it has heard of, if any, as long as that is behind. */
		told = (struct model_place){ s->told & 0x7fff, s->told >> 15 };
		model_packed_event(q, told, event_idx && (r & 1) && told.index < s->size &&
				   !reached(s, s->told, s->avail, s->size) ? DESC : DISABLE);
		break;
	case MODEL_NOTIFY_SOMETIMES:
		model_packed_event(q, model_place_ahead(s->avail, r / 8 % s->size, s->size),
				   event_idx && (r & 3) ? DESC : r & 4 ? ENABLE : DISABLE);
		break;
	case MODEL_NOTIFY_NONSENSE:
		/* Any place, any flags, the reserved ones too. */
		model_packed_event(q, (struct model_place){ r >> 8 & 0x7fff, r & 1 }, r >> 32);
		break;
	}
}

/** The next descriptor that is not available yet. */
static uint16_t
packed_next(const struct model_queue *q)
{
	const struct model_packed *s = &q->packed;
	struct model_place at = s->avail;

	for (unsigned int n = s->owned; n < s->size; n++) {
		if (!is_available(__atomic_load_n(&s->desc[at.index].flags, __ATOMIC_RELAXED), at))
			break;
		at = model_place_ahead(at, 1, s->size);
	}
	return at.index | at.wrap << 15;
}

static void
packed_forge(struct model_queue *q, uint32_t id, uint32_t len)
{
	struct model_packed *s = &q->packed;
	struct vring_packed_desc *desc = &s->desc[s->used.index];

	assert_true(id <= UINT16_MAX);
	q->scribbled = true;
	__atomic_store_n(&desc->id, id, __ATOMIC_RELAXED);
	desc->len = len;
	write_flags(q, s->used, used_flags(s->used));
	s->used = model_place_ahead(s->used, 1, s->size);
	s->owned -= s->owned != 0;
}

void
model_packed_mark(struct model_queue *q, unsigned int ahead, unsigned int n, bool wrong_lap)
{
	struct model_packed *s = &q->packed;
	struct model_place at = model_place_ahead(s->used, ahead, s->size);

	for (; n != 0; n--, at = model_place_ahead(at, 1, s->size)) {
		struct model_place lap = { at.index, at.wrap != wrong_lap };
		const uint16_t rest = s->desc[at.index].flags & ~(AVAIL | USED);

		write_flags(q, at, used_flags(lap) | rest);
		s->right[at.index] = s->desc[at.index];
	}
}

static void
packed_scribble(struct model_queue *q, enum model_area area)
{
	struct model_packed *s = &q->packed;

	if (area == MODEL_AREA_DRIVER) {
		s->driver_unknown = true;
		memset(s->driver, SCRIBBLE, sizeof(*s->driver));
		return;
	}
	for (uint16_t i = 0; i < s->size; i++) {
		struct vring_packed_desc *desc = &s->desc[i];
		const uint16_t flags = desc->flags & (AVAIL | USED);

		/* All but what says whose it is. */
		memset(desc, SCRIBBLE, sizeof(*desc));
		desc->flags = (desc->flags & ~(AVAIL | USED)) | flags;
		s->right[i] = *desc;
	}
}

static bool
packed_busy(const struct model_queue *q, uint32_t id)
{
	return id <= UINT16_MAX && q->packed.ids[id];
}

static uint16_t
packed_desc(const struct model_queue *q, const struct model_chain *chain, unsigned int k)
{
	return (chain->first + k) % q->packed.size;
}

const struct model_ring model_ring_packed = {
	.name = "packed",
	.kick_rule = 34,
	.start = packed_start,
	.stop = packed_stop,
	.take = packed_take,
	.show = packed_show,
	.notify = packed_notify,
	.next = packed_next,
	.whole_requests = true,
	.forge = packed_forge,
	.scribble = packed_scribble,
	.busy = packed_busy,
	.desc = packed_desc,
};
