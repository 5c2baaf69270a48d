/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * handmade.h - a driver of a few lines for the device model: it does what it is told, right or
 * wrong, so that tests can see whether the model sees it. One receive and one transmit queue, one
 * pair of hands.
 */
#ifndef HANDMADE_H
#define HANDMADE_H

#include "model_book.h"
#include "model_device.h"
#include "model_net.h"
#include "unit.h"

#define HM_SIZE 8
#define HM_RX 0
#define HM_TX 1

#define F(bit) VIRTIO_FEATURE(bit)
#define EVENT_IDX F(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER F(VIRTIO_F_IN_ORDER)
#define INDIRECT F(VIRTIO_RING_F_INDIRECT_DESC)

enum {
	ACK = VIRTIO_CONFIG_S_ACKNOWLEDGE,
	DRIVER = VIRTIO_CONFIG_S_DRIVER,
	FEATURES_OK = VIRTIO_CONFIG_S_FEATURES_OK,
	DRIVER_OK = VIRTIO_CONFIG_S_DRIVER_OK,
	FAILED = VIRTIO_CONFIG_S_FAILED,
};

/** Its memory, that the device can reach: two rings, buffers, an indirect table. */
struct hm_memory {
	char ring[2][4096] __attribute__((aligned(4096)));
	char buf[16][2048];
	struct vring_desc table[16];
};

extern struct model_device hm_device;
extern struct hm_memory *hm_memory;
extern struct vring_split hm_ring[2];

/** A fresh device, up to FEATURES_OK. */
void hm_begin(uint64_t features);

/** A fresh device, up to DRIVER_OK, with both queues. */
void hm_live(uint64_t features);

/** Give up the device of before. */
void hm_end(void);

/** Write the device status. */
void hm_status(uint8_t status);

/** Set up a queue; its descriptors @p desc_shift bytes beside where they are. */
int hm_queue(unsigned int q, uint64_t desc_shift);

/** Write a descriptor. */
void hm_desc(unsigned int q, uint16_t id, const void *addr, uint32_t len, uint16_t flags,
	     uint16_t next);

/** Make a chain available. */
void hm_avail(unsigned int q, uint16_t head);

/** Notify the device. */
void hm_kick(unsigned int q);

/** A receive buffer at descriptor @p id, available. */
void hm_rx_buffer(uint16_t id);

/** A packet of @p len bytes behind an empty header at descriptor @p id, available. */
void hm_tx_packet(uint16_t id, uint32_t len);

/** The device looks. */
void hm_look(void);

/** The model has seen that @p rule was broken, and no other one of the standard. */
void hm_assert_breach(unsigned int rule);

#endif /* HANDMADE_H */
