/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* handmade_packed.c - see handmade_packed.h. */

#include "features.h"
#include "handmade_packed.h"

struct hp_ring hp_ring[2];

void
hp_begin(uint64_t features)
{
	hm_begin(features | F(VIRTIO_F_RING_PACKED));
	for (unsigned int q = 0; q < 2; q++) {
		char *memory = hm_memory->ring[q];

		hp_ring[q] = (struct hp_ring){
			.desc = (void *)memory,
			.driver = (void *)(memory + 1024),
			.device = (void *)(memory + 2048),
			.avail = { 0, true },
			.used = { 0, true },
		};
	}
}

int
hp_queue(unsigned int q, uint16_t size, unsigned int desc_shift, unsigned int driver_shift,
	 unsigned int device_shift)
{
	const struct virtio_queue_setup setup = {
		.size = size,
		.vector = VIRTIO_NO_VECTOR,
		.desc = (uintptr_t)hp_ring[q].desc + desc_shift,
		.driver = (uintptr_t)hp_ring[q].driver + driver_shift,
		.device = (uintptr_t)hp_ring[q].device + device_shift,
	};

	return hm_device.base.ops->queue_setup(&hm_device.base, q, &setup);
}

void
hp_live(uint64_t features)
{
	hp_begin(features);
	assert_int_equal(hp_queue(HM_RX, HP_SIZE, 0, 0, 0), 0);
	assert_int_equal(hp_queue(HM_TX, HP_SIZE, 0, 0, 0), 0);
	hm_status(ACK | DRIVER | FEATURES_OK | DRIVER_OK);
	model_assert_clean();
}

uint16_t
hp_avail_flags(struct model_place place)
{
	return place.wrap ? HP_AVAIL : HP_USED;
}

bool
hp_is_used(unsigned int q)
{
	const struct model_place at = hp_ring[q].used;
	const uint16_t flags = hp_ring[q].desc[at.index].flags & (HP_AVAIL | HP_USED);

	return flags == (at.wrap ? HP_AVAIL | HP_USED : 0);
}

void
hp_put(unsigned int q, const void *addr, uint32_t len, uint16_t id, uint16_t flags)
{
	const struct model_place at = hp_ring[q].avail;

	hp_ring[q].desc[at.index] = (struct vring_packed_desc){
		(uintptr_t)addr, len, id, flags | hp_avail_flags(at) };
	hp_ring[q].avail = model_place_ahead(at, 1, HP_SIZE);
}

void
hp_kick(unsigned int q)
{
	struct virtio_notifier n;

	hm_device.base.ops->queue_notifier(&hm_device.base, q, &n);
	n.kick(&n, hp_ring[q].avail.index | hp_ring[q].avail.wrap << 15);
}

void
hp_rx_buffer(uint16_t id)
{
	hp_put(HM_RX, hm_memory->buf[id % 16], 2048, id, HP_WRITE);
}

void
hp_tx_packet(uint16_t id, uint32_t len)
{
	hp_put(HM_TX, hm_memory->buf[id % 16], 12 + len, id, 0);
}
