/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * handmade_packed.h - handmade.h for packed rings, of a size that is no power of two.
 */
#ifndef HANDMADE_PACKED_H
#define HANDMADE_PACKED_H

#include "handmade.h"

#define HP_SIZE 6

#define HP_NEXT VRING_DESC_F_NEXT
#define HP_WRITE VRING_DESC_F_WRITE
#define HP_INDIRECT VRING_DESC_F_INDIRECT
#define HP_AVAIL MODEL_PACKED_AVAIL
#define HP_USED MODEL_PACKED_USED

/** One side of a ring, as the driver knows it. */
struct hp_ring {
	struct vring_packed_desc *desc;
	struct vring_packed_desc_event *driver;
	struct vring_packed_desc_event *device;
	struct model_place avail; /**< next descriptor to make available */
	struct model_place used;  /**< next one to look at */
};

extern struct hp_ring hp_ring[2];

/** A fresh device with RING_PACKED, up to FEATURES_OK. */
void hp_begin(uint64_t features);

/** A fresh device, up to DRIVER_OK, with both queues. */
void hp_live(uint64_t features);

/** Set up a queue of @p size; its parts so many bytes beside where they are. */
int hp_queue(unsigned int q, uint16_t size, unsigned int desc_shift, unsigned int driver_shift,
	     unsigned int device_shift);

/** Flags that make a descriptor available there. */
uint16_t hp_avail_flags(struct model_place place);

/** Is the next descriptor that the driver looks at a used one? */
bool hp_is_used(unsigned int q);

/** The next descriptor, available; other flags than AVAIL and USED are given. */
void hp_put(unsigned int q, const void *addr, uint32_t len, uint16_t id, uint16_t flags);

/** Notify the device of what was put. */
void hp_kick(unsigned int q);

/** A receive buffer with that id, available. */
void hp_rx_buffer(uint16_t id);

/** A packet of @p len bytes behind an empty header, available. */
void hp_tx_packet(uint16_t id, uint32_t len);

#endif /* HANDMADE_PACKED_H */
