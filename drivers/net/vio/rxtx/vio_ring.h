/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_ring.h - positions in a ring, for bodies that serve both layouts.
 *
 * A queue's used_idx and avail_idx are positions. In a split ring they count freely, modulo 65536, as
 * the indices of 2.7 do. In a packed ring they are an index and a wrap counter, see vring_packed.h. A
 * body is given the layout as a constant among its flags; elsewhere vio_vq::packed tells.
 */
#ifndef VIO_RING_H
#define VIO_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "vring_packed.h"
#include "vring_split.h"

/** The descriptor, and slot, of a position. @p mask is the ring's size - 1. */
static __rte_always_inline uint16_t
vio_ring_index(uint16_t pos, uint16_t mask, const bool packed)
{
	return packed ? vring_packed_index(pos) : pos & mask;
}

/** The position @p n, at most a lap, behind @p pos. */
static __rte_always_inline uint16_t
vio_ring_ahead(uint16_t pos, uint16_t n, uint16_t mask, const bool packed)
{
	return packed ? vring_packed_ahead(pos, n, mask + 1) : pos + n;
}

/** From @p pos up to @p end. */
static __rte_always_inline uint16_t
vio_ring_distance(uint16_t pos, uint16_t end, uint16_t mask, const bool packed)
{
	return packed ? vring_packed_distance(pos, end, mask + 1) : end - pos;
}

#endif /* VIO_RING_H */
