/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* handmade.c - see handmade.h. */

#include <stdlib.h>

#include "features.h"
#include "handmade.h"
#include "model_memory.h"

struct model_device hm_device;
struct hm_memory *hm_memory;
struct vring_split hm_ring[2];

void
hm_status(uint8_t status)
{
	hm_device.base.ops->set_status(&hm_device.base, status);
}

int
hm_queue(unsigned int q, uint64_t desc_shift)
{
	const struct virtio_queue_setup setup = {
		.size = HM_SIZE,
		.vector = VIRTIO_NO_VECTOR,
		.desc = (uintptr_t)hm_ring[q].desc + desc_shift,
		.driver = (uintptr_t)hm_ring[q].avail,
		.device = (uintptr_t)hm_ring[q].used,
	};

	return hm_device.base.ops->queue_setup(&hm_device.base, q, &setup);
}

void
hm_begin(uint64_t features)
{
	hm_end();
	model_book_open();
	hm_memory = aligned_alloc(4096, (sizeof(*hm_memory) + 4095) & ~4095ul);
	assert_non_null(hm_memory);
	memset(hm_memory, 0, sizeof(*hm_memory));
	model_memory_add("self", hm_memory, sizeof(*hm_memory), NULL);
	model_device_init(&hm_device);
	hm_device.offered |= features;
	hm_status(0);
	hm_status(ACK);
	hm_status(ACK | DRIVER);
	hm_device.base.ops->set_features(&hm_device.base, features | F(VIRTIO_F_VERSION_1));
	hm_status(ACK | DRIVER | FEATURES_OK);
	for (unsigned int q = 0; q < 2; q++)
		vring_split_init(&hm_ring[q], hm_memory->ring[q], HM_SIZE, VRING_SPLIT_ALIGN);
}

void
hm_live(uint64_t features)
{
	hm_begin(features);
	assert_int_equal(hm_queue(HM_RX, 0), 0);
	assert_int_equal(hm_queue(HM_TX, 0), 0);
	hm_status(ACK | DRIVER | FEATURES_OK | DRIVER_OK);
	model_assert_clean();
}

void
hm_end(void)
{
	if (hm_memory == NULL)
		return;
	model_device_fini(&hm_device);
	model_memory_remove(hm_memory);
	free(hm_memory);
	hm_memory = NULL;
}

void
hm_desc(unsigned int q, uint16_t id, const void *addr, uint32_t len, uint16_t flags, uint16_t next)
{
	hm_ring[q].desc[id] = (struct vring_desc){ (uintptr_t)addr, len, flags, next };
}

void
hm_avail(unsigned int q, uint16_t head)
{
	hm_ring[q].avail->ring[hm_ring[q].avail->idx % HM_SIZE] = head;
	hm_ring[q].avail->idx++;
}

void
hm_kick(unsigned int q)
{
	struct virtio_notifier n;

	hm_device.base.ops->queue_notifier(&hm_device.base, q, &n);
	n.kick(&n, hm_ring[q].avail->idx);
}

void
hm_look(void)
{
	model_device_look(&hm_device);
}

void
hm_assert_breach(unsigned int rule)
{
	if (model_breaches_of(rule) == 0)
		fail_msg("rule %u: not seen; first: %s", rule, model_first_breach());
	for (unsigned int i = 1; i < MODEL_RULES; i++)
		if (i != rule && model_breaches_of(i) != 0)
			fail_msg("rule %u: seen too: %s", i, model_first_breach());
}

void
hm_rx_buffer(uint16_t id)
{
	hm_desc(HM_RX, id, hm_memory->buf[id], 2048, VRING_DESC_F_WRITE, 0);
	hm_avail(HM_RX, id);
}

void
hm_tx_packet(uint16_t id, uint32_t len)
{
	hm_desc(HM_TX, id, hm_memory->buf[id], 12 + len, 0, 0);
	hm_avail(HM_TX, id);
}

