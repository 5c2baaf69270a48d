/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vring_split.h - the split virtqueue as memory: layout, index arithmetic, publishing, reclaiming,
 * notification suppression (2.7).
 *
 * Nothing here remembers anything: which slot is posted, with what length, is private state of the
 * queue's owner and never stands in memory that the device can write.
 *
 * Barriers come in pairs, each half naming the other:
 *   A  driver: descriptors and ring entries before avail->idx  |  device: avail->idx before these
 *   B  device: used entries before used->idx                   |  driver: used->idx before these
 *   C  driver: avail->idx before reading the device's suppression words
 *                                    |  device: its suppression words before re-reading avail->idx
 *   D  driver: its used_event or flags before re-reading used->idx
 *                                    |  device: used->idx before reading the driver's words
 */
#ifndef VIRTIO_VRING_SPLIT_H
#define VIRTIO_VRING_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/virtio_ring.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "rings are little endian (2.7); a big-endian host would need conversions here"
#endif

_Static_assert(sizeof(struct vring_desc) == 16, "2.7.5");
_Static_assert(sizeof(struct vring_used_elem) == 8, "2.7.8");
_Static_assert(offsetof(struct vring_avail, ring) == 4, "2.7.6");
_Static_assert(offsetof(struct vring_used, ring) == 4, "2.7.8");

/** The parts of a split virtqueue, mapped. */
struct vring_split {
	struct vring_desc *desc; /**< descriptor table */
	struct vring_avail *avail; /**< written by the driver */
	struct vring_used *used; /**< written by the device */
	uint16_t size; /**< a power of two, 1 to 32768 */
};

/** Alignment of the used ring: the legacy layout wants a page, ours keeps writers' lines apart. */
#define VRING_SPLIT_ALIGN_LEGACY 4096
#define VRING_SPLIT_ALIGN 128

/** True where @p size is one that a split ring can have (2.7). */
static inline bool
vring_split_size_ok(uint32_t size)
{
	return size != 0 && size <= 32768 && (size & (size - 1)) == 0;
}

/** Offset of the available ring. It follows the table: its own alignment is 2. */
static inline size_t
vring_split_avail_offset(uint16_t size)
{
	return sizeof(struct vring_desc) * size;
}

/** Offset of the used ring, @p align (a power of two) aligned; 2.7.2 for the legacy layout. */
static inline size_t
vring_split_used_offset(uint16_t size, size_t align)
{
	/* flags, idx, ring[size], used_event */
	size_t end = vring_split_avail_offset(size) + sizeof(uint16_t) * (3 + (size_t)size);

	return (end + align - 1) & ~(align - 1);
}

/** Bytes that the whole queue takes, a multiple of @p align. */
static inline size_t
vring_split_bytes(uint16_t size, size_t align)
{
	size_t end = vring_split_used_offset(size, align) +
		     sizeof(uint16_t) * 3 + sizeof(struct vring_used_elem) * (size_t)size;

	return (end + align - 1) & ~(align - 1);
}

/** Place a queue in zeroed memory @p mem of vring_split_bytes(). */
static inline void
vring_split_init(struct vring_split *vr, void *mem, uint16_t size, size_t align)
{
	vr->size = size;
	vr->desc = mem;
	vr->avail = (struct vring_avail *)((char *)mem + vring_split_avail_offset(size));
	vr->used = (struct vring_used *)((char *)mem + vring_split_used_offset(size, align));
}

/** The word in which the driver asks for a used buffer notification (EVENT_IDX). */
static inline uint16_t *
vring_split_used_event(struct vring_avail *avail, uint16_t size)
{
	return &avail->ring[size];
}

/** The word in which the device asks for an available buffer notification (EVENT_IDX). */
static inline uint16_t *
vring_split_avail_event(struct vring_used *used, uint16_t size)
{
	return (uint16_t *)&used->ring[size];
}

/** Barrier B, driver's half: entries below the returned index may be read (2.7.8). */
static inline uint16_t
vring_split_load_used(const struct vring_used *used)
{
	return __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
}

/** Barrier A, driver's half: everything written before is seen with the new index (2.7.13.3). */
static inline void
vring_split_publish(struct vring_avail *avail, uint16_t idx)
{
	__atomic_store_n(&avail->idx, idx, __ATOMIC_RELEASE);
}

/**
 * A full barrier. On x86 a locked operation on the stack: as strong as MFENCE for ordinary memory
 * and several times cheaper.
 */
static inline void
vring_full_barrier(void)
{
#if defined(__x86_64__)
	__asm__ volatile("lock addl $0, -128(%%rsp)" ::: "memory", "cc");
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/**
 * Does the device want to hear of the buffers just published (2.7.10, 2.7.13.4)?
 * Barrier C, driver's half, is inside.
 *
 * @param event_idx  VIRTIO_F_EVENT_IDX was negotiated: a constant at the call
 * @param old        available index at the last call
 * @param now        available index just published
 */
static inline __attribute__((always_inline)) bool
vring_split_must_kick(struct vring_used *used, uint16_t size, bool event_idx,
		      uint16_t old, uint16_t now)
{
	vring_full_barrier();
	if (event_idx) {
		uint16_t event = __atomic_load_n(vring_split_avail_event(used, size),
						 __ATOMIC_RELAXED);

		/* 2.7.10.1: flags bit 0 is ignored when EVENT_IDX was negotiated. */
		return vring_need_event(event, now, old);
	}
	return (__atomic_load_n(&used->flags, __ATOMIC_RELAXED) & VRING_USED_F_NO_NOTIFY) == 0;
}

/**
 * Ask the device for no used buffer notifications, before it starts (2.7.7).
 * With EVENT_IDX the event stands just behind the present index, where the device comes past once
 * in 65536 buffers; flags must then stay 0.
 */
static inline void
vring_split_silence(struct vring_split *vr, bool event_idx, uint16_t used_idx)
{
	if (event_idx) {
		__atomic_store_n(&vr->avail->flags, 0, __ATOMIC_RELAXED);
		__atomic_store_n(vring_split_used_event(vr->avail, vr->size),
				 (uint16_t)(used_idx - 1), __ATOMIC_RELAXED);
	} else {
		__atomic_store_n(&vr->avail->flags, VRING_AVAIL_F_NO_INTERRUPT, __ATOMIC_RELAXED);
	}
}

/**
 * Ask the device for a notification with the used entry at @p used_idx, the next one (2.7.7).
 * Barrier D, driver's half, is inside: used entries are to be looked for afterwards, because the
 * device may have put some there before it could see the wish.
 */
static inline void
vring_split_listen(struct vring_split *vr, bool event_idx, uint16_t used_idx)
{
	if (event_idx)
		__atomic_store_n(vring_split_used_event(vr->avail, vr->size), used_idx,
				 __ATOMIC_RELAXED);
	else
		__atomic_store_n(&vr->avail->flags, 0, __ATOMIC_RELAXED);
	vring_full_barrier();
}

#endif /* VIRTIO_VRING_SPLIT_H */
