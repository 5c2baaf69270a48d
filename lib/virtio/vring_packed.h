/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vring_packed.h - the packed virtqueue as memory: layout, positions and wrap counters, making
 * descriptors available, recognising used ones, notification suppression (2.8).
 *
 * A position is the index of a descriptor and the wrap counter of the lap in which it is passed, in
 * one word: index | wrap << 15, as it also goes over the wire (2.8.21.3.1, notifications). Positions
 * of a ring with 32768 descriptors just fit. Nothing here remembers anything; see vring_split.h.
 *
 * Barriers come in pairs, each half naming the other:
 *   A  driver: descriptors before the flags of the first one  |  device: flags before the descriptor
 *   B  device: id and length before the flags                 |  driver: flags before id and length
 *   C  driver: flags before reading the device's event structure
 *                                    |  device: its event structure before re-reading flags
 *   D  driver: its event structure before re-reading flags
 *                                    |  device: flags before reading the driver's event structure
 */
#ifndef VIRTIO_VRING_PACKED_H
#define VIRTIO_VRING_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_ring.h>

#include "vring_split.h"

_Static_assert(sizeof(struct vring_packed_desc) == 16, "2.8.13");
_Static_assert(offsetof(struct vring_packed_desc, id) == 12 &&
	       offsetof(struct vring_packed_desc, flags) == 14, "2.8.13");
_Static_assert(sizeof(struct vring_packed_desc_event) == 4, "2.8.14");

#define VRING_PACKED_AVAIL (1u << VRING_PACKED_DESC_F_AVAIL)
#define VRING_PACKED_USED  (1u << VRING_PACKED_DESC_F_USED)

/** The wrap counter in a position. */
#define VRING_PACKED_WRAP 0x8000u

/** Where both sides begin: descriptor 0, wrap counters 1 (2.8.1). */
#define VRING_PACKED_START ((uint16_t)VRING_PACKED_WRAP)

/**
 * No event that a device asks for: where its index is one (rings of 32768), an event at this position
 * is at worst taken for one that the device has heard of.
 */
#define VRING_PACKED_NO_EVENT 0x7fffu

/** Largest ring (2.8.10.1); any size from 1 on is allowed, powers of two or not. */
#define VRING_PACKED_SIZE_MAX 32768

/** The parts of a packed virtqueue, mapped. */
struct vring_packed {
	struct vring_packed_desc *desc;         /**< the ring itself */
	struct vring_packed_desc_event *driver; /**< used buffer notifications: the driver's wish */
	struct vring_packed_desc_event *device; /**< available buffer notifications: the device's */
	uint16_t size;                          /**< descriptors, 1 to 32768 */
};

/** The event structures lie behind the descriptors, each on a line of its own. */
#define VRING_PACKED_ALIGN 128

/** Offset of the driver event suppression structure. */
static inline size_t
vring_packed_driver_offset(uint16_t size)
{
	size_t end = sizeof(struct vring_packed_desc) * size;

	return (end + VRING_PACKED_ALIGN - 1) & ~(size_t)(VRING_PACKED_ALIGN - 1);
}

/** Offset of the device event suppression structure. */
static inline size_t
vring_packed_device_offset(uint16_t size)
{
	return vring_packed_driver_offset(size) + VRING_PACKED_ALIGN;
}

/** Bytes that the whole queue takes. */
static inline size_t
vring_packed_bytes(uint16_t size)
{
	return vring_packed_device_offset(size) + VRING_PACKED_ALIGN;
}

/** Place a queue in zeroed memory @p mem of vring_packed_bytes(), 16 bytes aligned (2.8.10.1). */
static inline void
vring_packed_init(struct vring_packed *vr, void *mem, uint16_t size)
{
	vr->size = size;
	vr->desc = mem;
	vr->driver = (void *)((char *)mem + vring_packed_driver_offset(size));
	vr->device = (void *)((char *)mem + vring_packed_device_offset(size));
}

/** The descriptor that a position is about. */
static inline uint16_t
vring_packed_index(uint16_t pos)
{
	return pos & (VRING_PACKED_WRAP - 1);
}

/** The position @p n, at most @p size, behind @p pos. */
static inline uint16_t
vring_packed_ahead(uint16_t pos, uint16_t n, uint16_t size)
{
	uint32_t index = (uint32_t)vring_packed_index(pos) + n;
	uint16_t wrap = pos & VRING_PACKED_WRAP;

	if (index >= size) {
		index -= size;
		wrap ^= VRING_PACKED_WRAP;
	}
	return (uint16_t)(index | wrap);
}

/** Descriptors from @p pos on up to @p end, which is less than two laps ahead: 0 to @p size. */
static inline uint16_t
vring_packed_distance(uint16_t pos, uint16_t end, uint16_t size)
{
	uint16_t laps = (pos ^ end) & VRING_PACKED_WRAP ? size : 0;

	return (uint16_t)(vring_packed_index(end) + laps - vring_packed_index(pos));
}

/** How far behind the start of an odd lap a position is; two laps are the whole circle. */
static inline uint32_t
vring_packed_place(uint16_t pos, uint16_t size)
{
	return (uint32_t)vring_packed_index(pos) + (pos & VRING_PACKED_WRAP ? 0 : size);
}

/** AVAIL and USED of a descriptor that is made available at @p pos (2.8.1). */
static inline uint16_t
vring_packed_avail_flags(uint16_t pos)
{
	return pos & VRING_PACKED_WRAP ? VRING_PACKED_AVAIL : VRING_PACKED_USED;
}

/** AVAIL and USED of one that the device has used at @p pos. */
static inline uint16_t
vring_packed_used_flags(uint16_t pos)
{
	return pos & VRING_PACKED_WRAP ? VRING_PACKED_AVAIL | VRING_PACKED_USED : 0;
}

/**
 * Flags @p flags of an available descriptor such that the device does not see it yet: as they were
 * when it was used in the lap before.
 */
static inline uint16_t
vring_packed_hidden(uint16_t flags)
{
	return flags ^ VRING_PACKED_AVAIL;
}

/** Barrier A, driver's half: everything written before is seen with these flags (2.8.21.1). */
static inline void
vring_packed_show(struct vring_packed_desc *desc, uint16_t flags)
{
	__atomic_store_n(&desc->flags, flags, __ATOMIC_RELEASE);
}

/** What makes a descriptor a used one, in the word of vring_packed_load(). */
#define VRING_PACKED_USED_MASK ((VRING_PACKED_AVAIL | VRING_PACKED_USED) << 16)

/**
 * The id and the flags of a descriptor in one word, id | flags << 16: four aligned bytes, that are
 * read at once. Barrier B, driver's half: the length may be read then.
 */
static inline uint32_t
vring_packed_load(const struct vring_packed_desc *desc)
{
	return __atomic_load_n((const uint32_t *)(const void *)&desc->id, __ATOMIC_ACQUIRE);
}

/** Is @p word, of the descriptor at @p pos, that of a used one? */
static inline bool
vring_packed_is_used(uint32_t word, uint16_t pos)
{
	return (word & VRING_PACKED_USED_MASK) == (uint32_t)vring_packed_used_flags(pos) << 16;
}

/**
 * Does the device want to hear of the descriptors just made available (2.8.14, 2.8.21.3)?
 * Barrier C, driver's half, is inside.
 *
 * @param event_idx  VIRTIO_F_EVENT_IDX was negotiated: a constant at the call
 * @param old        position of the first of them
 * @param now        position behind the last
 * @param told       the event that the device was notified of last, VRING_PACKED_START at first;
 *                   only this function changes it
 */
static inline __attribute__((always_inline)) bool
vring_packed_must_kick(const struct vring_packed_desc_event *device, uint16_t size, bool event_idx,
		       uint16_t old, uint16_t now, uint16_t *told)
{
	uint32_t word;
	uint16_t event, ahead;

	vring_full_barrier();
	/* Both halves at once: an offset never goes with flags of another time. */
	word = __atomic_load_n((const uint32_t *)(const void *)device, __ATOMIC_RELAXED);
	switch ((word >> 16) & 3) {
	case VRING_PACKED_EVENT_FLAG_DISABLE:
		/* It is awake: what it asks for next is new to it, even two laps on (tests/spin). */
		if (event_idx)
			*told = VRING_PACKED_NO_EVENT;
		return false;
	case VRING_PACKED_EVENT_FLAG_DESC:
		event = (uint16_t)word;
		if (!event_idx || vring_packed_index(event) >= size)
			return true;
		ahead = (vring_packed_place(event, size) + 2u * size -
			 vring_packed_place(old, size)) % (2u * size);
		/*
		 * An event that was passed before is more than a lap ahead. Where the device has
		 * not heard of it, it was passed before it was written. Strictly the device is not
		 * to be notified then; but QEMU (7.2, say), having waited for its backend to take
		 * frames, writes an event, takes what is in the ring without moving it, and sleeps.
		 */
		if (ahead >= vring_packed_distance(old, now, size) &&
		    (ahead < size || event == *told))
			return false;
		*told = event;
		return true;
	default:
		return true; /* 3 is reserved: once too often is allowed (2.8.21.3) */
	}
}

/** Ask the device for no used buffer notifications, before it starts; with EVENT_IDX or without. */
static inline void
vring_packed_silence(struct vring_packed *vr)
{
	vr->driver->off_wrap = 0;
	__atomic_store_n(&vr->driver->flags, VRING_PACKED_EVENT_FLAG_DISABLE, __ATOMIC_RELAXED);
}

/**
 * Ask the device for a notification when it uses the descriptor at @p pos, the next one (2.8.14).
 * Barrier D, driver's half, is inside: used descriptors are to be looked for afterwards, because the
 * device may have used some before it could see the wish.
 */
static inline void
vring_packed_listen(struct vring_packed *vr, bool event_idx, uint16_t pos)
{
	const uint32_t flags = event_idx ? VRING_PACKED_EVENT_FLAG_DESC :
					   VRING_PACKED_EVENT_FLAG_ENABLE;

	/* Both halves at once: an offset never goes with flags of another time. */
	__atomic_store_n((uint32_t *)(void *)vr->driver, (event_idx ? pos : 0) | flags << 16,
			 __ATOMIC_RELAXED);
	vring_full_barrier();
}

#endif /* VIRTIO_VRING_PACKED_H */
