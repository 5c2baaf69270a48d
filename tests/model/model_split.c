/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_split.c - see model_split.h. */

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

#define SCRIBBLE 0xdb

static bool
has(const struct model_queue *q, unsigned int bit)
{
	return model_device_has(q->device, bit);
}

/** One of the three parts of a ring: aligned (2.7), and memory of the port. */
static void *
map(struct model_queue *q, const char *name, uint64_t addr, size_t len, unsigned int align)
{
	void *va = model_memory_find(addr, len, q->device->iova, NULL);

	if (addr % align != 0)
		model_breach(19, "queue %u: %s ring at 0x%" PRIx64 " is not aligned to %u",
			     q->index, name, addr, align);
	if (va == NULL) {
		model_breach(7, "queue %u: %s ring at 0x%" PRIx64 " is not the port's memory",
			     q->index, name, addr);
		q->enabled = false;
	}
	return va;
}

static void
split_start(struct model_queue *q)
{
	struct model_split *s = &q->split;
	const uint16_t size = q->setup.size;

	*s = (struct model_split){
		.ring.size = size,
		.ring.desc = map(q, "descriptor", q->setup.desc, 16 * (size_t)size, 16),
		.ring.avail = map(q, "available", q->setup.driver, 6 + 2 * (size_t)size, 2),
		.ring.used = map(q, "used", q->setup.device, 6 + 8 * (size_t)size, 4),
		.busy = calloc(size, sizeof(*s->busy)),
		.known = calloc(size, sizeof(*s->known)),
		.known_avail = calloc(size, sizeof(*s->known_avail)),
		.walk.ids = calloc(size, sizeof(*s->walk.ids)),
		.walk.parts = calloc(size, sizeof(*s->walk.parts)),
	};
	assert_true(s->busy != NULL && s->known != NULL && s->known_avail != NULL);
	assert_true(s->walk.ids != NULL && s->walk.parts != NULL);
	if (!q->enabled)
		return;
	if (s->ring.used->flags != 0)
		model_breach(26, "queue %u: used flags begin as 0x%x", q->index,
			     s->ring.used->flags);
	if (s->ring.used->idx != 0)
		model_breach(26, "queue %u: the used index begins at %u", q->index,
			     s->ring.used->idx);
	s->event = *vring_split_avail_event(s->ring.used, size);
}

static void
split_stop(struct model_queue *q)
{
	free(q->split.busy);
	free(q->split.known);
	free(q->split.known_avail);
	free(q->split.walk.ids);
	free(q->split.walk.parts);
	q->split = (struct model_split){ 0 };
}

/** A descriptor of the ring as it counts: as it stands there, or as the device remembers it. */
static struct vring_desc
read_desc(struct model_queue *q, uint16_t id)
{
	struct model_split *s = &q->split;
	struct vring_desc desc = s->ring.desc[id];

	if (q->scribbled) {
		/* What a driver writes once at the start, and what it writes each time. */
		if (desc.len == SCRIBBLE * 0x01010101u)
			desc.len = s->known[id].len;
		if (desc.flags == SCRIBBLE * 0x0101u)
			desc.flags = s->known[id].flags;
		if (desc.next == SCRIBBLE * 0x0101u)
			desc.next = s->known[id].next;
	}
	s->known[id] = desc;
	return desc;
}

static void
take_busy(struct model_queue *q, struct model_chain *chain, uint16_t id)
{
	struct model_split *s = &q->split;

	if (s->busy[id])
		model_breach(5, "queue %u: descriptor %u made available that the device has",
			     q->index, id);
	if (has(q, VIRTIO_F_IN_ORDER) && id != s->next_desc)
		model_breach(21, "queue %u: IN_ORDER, descriptor %u used after %u", q->index, id,
			     s->next_desc);
	s->next_desc = (id + 1) & (s->ring.size - 1);
	s->busy[id] = true;
	s->outstanding++;
	chain->descs++;
	if (!q->scribbled)
		model_chain_freeze(chain, &s->ring.desc[id], sizeof(struct vring_desc));
}

/** Rules that hold for the flags of any descriptor; @p inner: of an indirect table. */
static void
check_flags(const struct model_queue *q, const struct vring_desc *desc, bool inner)
{
	if (desc->flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT))
		model_breach(22, "queue %u: descriptor flags 0x%x", q->index, desc->flags);
	if (!(desc->flags & VRING_DESC_F_INDIRECT))
		return;
	if (!has(q, VIRTIO_RING_F_INDIRECT_DESC))
		model_breach(22, "queue %u: INDIRECT was not negotiated", q->index);
	if (inner)
		model_breach(22, "queue %u: a table within a table", q->index);
	if (desc->flags & VRING_DESC_F_NEXT)
		model_breach(22, "queue %u: INDIRECT together with NEXT", q->index);
}

/** Follow an indirect table (2.7.5.3). */
static void
walk_table(struct model_queue *q, const struct vring_desc *outer)
{
	struct model_split *s = &q->split;
	const unsigned int size = outer->len / sizeof(struct vring_desc);
	const struct vring_desc *table = (const void *)model_memory_find(outer->addr, outer->len,
									  q->device->iova, NULL);
	unsigned int at = 0;

	if (table == NULL || size == 0 || outer->len % sizeof(struct vring_desc) != 0) {
		model_breach(22, "queue %u: an indirect table of %u bytes at 0x%llx", q->index,
			     outer->len, (unsigned long long)outer->addr);
		return;
	}
	s->walk.table = table;
	s->walk.table_len = outer->len;
	for (;;) {
		const struct vring_desc desc = table[at];

		check_flags(q, &desc, true);
		s->walk.parts[s->walk.num_parts++] = desc;
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return;
		if (has(q, VIRTIO_F_IN_ORDER) && desc.next != at + 1)
			model_breach(22, "queue %u: IN_ORDER, but the table goes from %u to %u",
				     q->index, at, desc.next);
		if (desc.next >= size || s->walk.num_parts == s->ring.size) {
			model_breach(22, "queue %u: an indirect table that does not end",
				     q->index);
			return;
		}
		at = desc.next;
	}
}

/** Follow a chain from its head (2.7.5). */
static void
walk_chain(struct model_queue *q, uint16_t head)
{
	struct model_split *s = &q->split;
	uint16_t id = head;

	s->walk.num_ids = s->walk.num_parts = 0;
	s->walk.table = NULL;
	for (;;) {
		const struct vring_desc desc = read_desc(q, id);

		s->walk.ids[s->walk.num_ids++] = id;
		check_flags(q, &desc, false);
		if (desc.flags & VRING_DESC_F_INDIRECT) {
			walk_table(q, &desc);
			return;
		}
		s->walk.parts[s->walk.num_parts++] = desc;
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return;
		if (has(q, VIRTIO_F_IN_ORDER) && desc.next != ((id + 1) & (s->ring.size - 1)))
			model_breach(21, "queue %u: IN_ORDER, but a chain goes from %u to %u",
				     q->index, id, desc.next);
		if (desc.next >= s->ring.size || s->walk.num_ids == s->ring.size) {
			model_breach(21, "queue %u: a chain that does not end", q->index);
			return;
		}
		id = desc.next;
	}
}

/** Put the buffer together that begins with descriptor @p head. */
static void
take_chain(struct model_queue *q, uint16_t head)
{
	struct model_split *s = &q->split;
	struct model_chain *chain;
	uint64_t total = 0;

	walk_chain(q, head);
	chain = model_chain_new(s->walk.num_parts, s->walk.num_ids + 1 + s->walk.num_parts);
	chain->id = chain->first = head;
	for (unsigned int i = 0; i < s->walk.num_ids; i++)
		take_busy(q, chain, s->walk.ids[i]);
	if (s->walk.table != NULL)
		model_chain_freeze(chain, s->walk.table, s->walk.table_len);
	for (unsigned int i = 0; i < s->walk.num_parts; i++) {
		const struct vring_desc *part = &s->walk.parts[i];

		model_chain_part(q, chain, part->addr, part->len,
				 part->flags & VRING_DESC_F_WRITE);
		total += part->len;
	}
	if (total > UINT32_MAX)
		model_breach(21, "queue %u: a chain of %" PRIu64 " bytes", q->index, total);
	model_queue_add(q, chain);
}

/** What the driver says of used buffer notifications (2.7.7). */
static void
check_suppression(const struct model_queue *q)
{
	const uint16_t flags = q->split.ring.avail->flags;

	if (flags > 1)
		model_breach(24, "queue %u: available flags 0x%x", q->index, flags);
	if (flags != 0 && has(q, VIRTIO_RING_F_EVENT_IDX))
		model_breach(24, "queue %u: EVENT_IDX, and available flags 0x%x", q->index,
			     flags);
}

static void
split_take(struct model_queue *q, bool *wanted)
{
	struct model_split *s = &q->split;
	const uint16_t old = s->avail;
	/* Barrier A, device's half: pairs with vring_split_publish(). */
	const uint16_t now = __atomic_load_n(&s->ring.avail->idx, __ATOMIC_ACQUIRE);

	if (!q->scribbled)
		check_suppression(q);
	if ((uint16_t)(now - old) > s->ring.size - s->outstanding) {
		model_breach(23, "queue %u: available index %u after %u, with %u of %u "
			     "descriptors in use", q->index, now, old, s->outstanding,
			     s->ring.size);
		*wanted = q->kicks != 0; /* one breach is enough */
		return;
	}
	for (; s->avail != now; s->avail++) {
		const uint16_t at = s->avail & (s->ring.size - 1);
		uint16_t head = s->ring.avail->ring[at];

		if (q->scribbled && head == SCRIBBLE * 0x0101u)
			head = s->known_avail[at];
		s->known_avail[at] = head;
		if (head >= s->ring.size) {
			model_breach(21, "queue %u: available entry %u of %u", q->index, head,
				     s->ring.size);
			continue;
		}
		take_chain(q, head);
	}
	if (has(q, VIRTIO_RING_F_EVENT_IDX))
		*wanted = vring_need_event(s->event, now, old);
	else
		*wanted = now != old && !(s->flags & VRING_USED_F_NO_NOTIFY);
}

/** Would the driver be notified of what was shown since @p old (2.7.7)? */
static void
interrupt(struct model_queue *q, uint16_t old)
{
	struct model_split *s = &q->split;

	if (has(q, VIRTIO_RING_F_EVENT_IDX))
		q->num_interrupts += vring_need_event(
			*vring_split_used_event(s->ring.avail, s->ring.size), s->used, old);
	else
		q->num_interrupts += !(s->ring.avail->flags & VRING_AVAIL_F_NO_INTERRUPT);
}

static void
release(struct model_queue *q, const struct model_chain *chain)
{
	struct model_split *s = &q->split;
	uint16_t id = chain->id;

	for (uint16_t i = 0; i < chain->descs; i++) {
		s->busy[id] = false;
		id = s->known[id].next & (s->ring.size - 1);
	}
	s->outstanding -= chain->descs;
}

static void
split_show(struct model_queue *q, unsigned int n, bool batch)
{
	struct model_split *s = &q->split;
	const uint16_t old = s->used;
	const uint16_t mask = s->ring.size - 1;

	for (unsigned int i = 0; i < n; i++) {
		const struct model_used *used = &q->ready[i];

		release(q, used->chain);
		if (batch && i != n - 1)
			continue;
		/* A batch is one entry where its first would stand, with its last one's id. */
		s->ring.used->ring[(batch ? s->used : s->used + i) & mask] =
			(struct vring_used_elem){ used->chain->id, used->len };
	}
	s->used += n;
	/* Barrier B, device's half: pairs with vring_split_load_used(). */
	__atomic_store_n(&s->ring.used->idx, s->used, __ATOMIC_RELEASE);
	interrupt(q, old);
}

static void
split_notify(struct model_queue *q, enum model_notify when)
{
	struct model_split *s = &q->split;

	const uint16_t garbage = when == MODEL_NOTIFY_NONSENSE ? unit_random(&q->random) : 0;

	if (!has(q, VIRTIO_RING_F_EVENT_IDX)) {
		bool off = when == MODEL_NOTIFY_NEVER ||
			   (when != MODEL_NOTIFY_ALWAYS && (unit_random(&q->random) & 1));

		model_split_flags(q, (garbage & ~VRING_USED_F_NO_NOTIFY) |
				     (off ? VRING_USED_F_NO_NOTIFY : 0));
		return;
	}
	if (when == MODEL_NOTIFY_NONSENSE)
		model_split_flags(q, garbage);
	switch (when) {
	case MODEL_NOTIFY_ALWAYS:
		model_split_event(q, s->avail);
		break;
	case MODEL_NOTIFY_NEVER:
		model_split_event(q, s->avail - 1);
		break;
	case MODEL_NOTIFY_SOMETIMES:
	case MODEL_NOTIFY_NONSENSE:
		model_split_event(q, s->avail + unit_random(&q->random) % s->ring.size);
		break;
	}
}

static uint16_t
split_next(const struct model_queue *q)
{
	return __atomic_load_n(&q->split.ring.avail->idx, __ATOMIC_RELAXED);
}

void
model_split_flags(struct model_queue *q, uint16_t value)
{
	q->split.flags = value;
	__atomic_store_n(&q->split.ring.used->flags, value, __ATOMIC_RELAXED);
}

void
model_split_event(struct model_queue *q, uint16_t value)
{
	q->split.event = value;
	__atomic_store_n(vring_split_avail_event(q->split.ring.used, q->split.ring.size), value,
			 __ATOMIC_RELAXED);
}

void
model_split_jump(struct model_queue *q, uint16_t used_idx)
{
	q->split.used = used_idx;
	__atomic_store_n(&q->split.ring.used->idx, used_idx, __ATOMIC_RELEASE);
}

static void
split_forge(struct model_queue *q, uint32_t id, uint32_t len)
{
	struct model_split *s = &q->split;

	s->ring.used->ring[s->used & (s->ring.size - 1)] = (struct vring_used_elem){ id, len };
	model_split_jump(q, s->used + 1);
}

static void
split_scribble(struct model_queue *q, enum model_area area)
{
	struct model_split *s = &q->split;

	/* Remember what the driver wrote once, and may not write again. */
	for (uint16_t i = 0; i < s->ring.size && !q->scribbled; i++) {
		s->known[i] = s->ring.desc[i];
		s->known_avail[i] = s->ring.avail->ring[i];
	}
	q->scribbled = true;
	if (area == MODEL_AREA_DESC) {
		memset(s->ring.desc, SCRIBBLE, s->ring.size * sizeof(*s->ring.desc));
	} else {
		memset(s->ring.avail->ring, SCRIBBLE, s->ring.size * sizeof(uint16_t));
		s->ring.avail->flags = SCRIBBLE;
	}
}

static bool
split_busy(const struct model_queue *q, uint32_t id)
{
	return id < q->split.ring.size && q->split.busy[id];
}

static uint16_t
split_desc(const struct model_queue *q, const struct model_chain *chain, unsigned int k)
{
	uint16_t id = chain->id;

	while (k-- != 0)
		id = q->split.known[id].next;
	return id;
}

const struct model_ring model_ring_split = {
	.name = "split",
	.kick_rule = 26,
	.start = split_start,
	.stop = split_stop,
	.take = split_take,
	.show = split_show,
	.notify = split_notify,
	.next = split_next,
	.forge = split_forge,
	.scribble = split_scribble,
	.busy = split_busy,
	.desc = split_desc,
};
