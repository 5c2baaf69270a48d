/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_net.c - see model_net.h. */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "features.h"
#include "model_book.h"
#include "model_device.h"
#include "model_net.h"
#include "unit.h"

/** Least length of receive buffers that are not merged, header included (5.1.6.3.1). */
#define RX_LEAST 1526
#define RX_LEAST_GUEST_TSO 65601

#define F(bit) VIRTIO_FEATURE(bit)
#define GUEST_TSO (F(VIRTIO_NET_F_GUEST_TSO4) | F(VIRTIO_NET_F_GUEST_TSO6) | \
		   F(VIRTIO_NET_F_GUEST_UFO) | F(VIRTIO_NET_F_GUEST_USO4) | \
		   F(VIRTIO_NET_F_GUEST_USO6))

uint32_t
model_net_hdr_size(const struct model_device *device)
{
	return model_device_has(device, VIRTIO_NET_F_HASH_REPORT) ? 20 : 12;
}

void
model_net_check_rx(const struct model_queue *q, const struct model_chain *chain)
{
	const struct model_device *device = q->device;
	uint32_t least = model_net_hdr_size(device);

	if (!model_device_has(device, VIRTIO_NET_F_MRG_RXBUF))
		least += ((device->base.features & GUEST_TSO) ? RX_LEAST_GUEST_TSO : RX_LEAST) - 12;
	if (chain->writable < least)
		model_breach(37, "queue %u: a receive buffer of %u bytes, %u are the least",
			     q->index, chain->writable, least);
	if (chain->readable != 0)
		model_breach(37, "queue %u: a receive buffer with readable parts", q->index);
}

/** Which feature allows a gso_type; 0: there is no such type. */
static uint64_t
gso_feature(uint8_t type)
{
	switch (type) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return F(VIRTIO_NET_F_HOST_TSO4);
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return F(VIRTIO_NET_F_HOST_TSO6);
	case VIRTIO_NET_HDR_GSO_UDP:
		return F(VIRTIO_NET_F_HOST_UFO);
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		return F(VIRTIO_NET_F_HOST_USO);
	default:
		return 0;
	}
}

/** The header of a frame of @p len bytes that the driver sends (5.1.6.2.1). */
static void
check_tx_header(const struct model_queue *q, const struct virtio_net_hdr_mrg_rxbuf *hdr,
		uint32_t len)
{
	const struct virtio_net_hdr *h = &hdr->hdr;
	const uint64_t features = q->device->base.features;
	const uint8_t gso = h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;

	if (hdr->num_buffers != 0)
		model_breach(36, "queue %u: num_buffers %u sent", q->index, hdr->num_buffers);
	if (h->flags != 0 && !(features & F(VIRTIO_NET_F_CSUM)))
		model_breach(36, "queue %u: flags 0x%x sent without CSUM", q->index, h->flags);
	if (h->flags & ~VIRTIO_NET_HDR_F_NEEDS_CSUM)
		model_breach(36, "queue %u: flags 0x%x sent", q->index, h->flags);
	if ((h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) &&
	    (uint32_t)h->csum_start + h->csum_offset + 2 > len)
		model_breach(36, "queue %u: checksum at %u + %u in %u bytes", q->index,
			     h->csum_start, h->csum_offset, len);
	if ((h->gso_type & VIRTIO_NET_HDR_GSO_ECN) && !(features & F(VIRTIO_NET_F_HOST_ECN)))
		model_breach(36, "queue %u: ECN bit sent without HOST_ECN", q->index);
	if (gso == VIRTIO_NET_HDR_GSO_NONE)
		return;
	if (!(features & gso_feature(gso)))
		model_breach(36, "queue %u: gso_type 0x%x was not negotiated", q->index,
			     h->gso_type);
	if (!(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || h->gso_size == 0)
		model_breach(36, "queue %u: gso_type 0x%x with flags 0x%x and gso_size %u",
			     q->index, h->gso_type, h->flags, h->gso_size);
}

void
model_net_take_tx(struct model_queue *q, const struct model_chain *chain)
{
	struct model_device *device = q->device;
	const uint32_t hdr = model_net_hdr_size(device);
	struct model_sent *sent;

	if (q->index / 2 >= device->ctrl.pairs)
		model_breach(42, "queue %u: sent on, but %u pairs are on", q->index,
			     device->ctrl.pairs);
	if (chain->writable != 0)
		model_breach(36, "queue %u: writable parts in a sent buffer", q->index);
	if (chain->readable < hdr) {
		model_breach(36, "queue %u: %u bytes sent, the header has %u", q->index,
			     chain->readable, hdr);
		return;
	}
	if (device->num_sent == device->max_sent) {
		device->max_sent = 2 * device->max_sent + 64;
		device->sent = realloc(device->sent, device->max_sent * sizeof(*device->sent));
		assert_non_null(device->sent);
	}
	sent = &device->sent[device->num_sent++];
	sent->len = chain->readable - hdr;
	sent->bytes = malloc(sent->len + 1);
	assert_non_null(sent->bytes);
	memcpy(sent->bytes, chain->copy + chain->data + hdr, sent->len);
	memcpy(&sent->hdr, chain->copy + chain->data, sizeof(sent->hdr));
	check_tx_header(q, &sent->hdr, sent->len);
}

bool
model_net_sent(struct model_device *device, struct model_sent *sent)
{
	bool found;

	pthread_mutex_lock(&device->lock);
	found = device->num_sent != 0;
	if (found) {
		*sent = device->sent[0];
		device->num_sent--;
		memmove(device->sent, device->sent + 1,
			device->num_sent * sizeof(*device->sent));
	}
	pthread_mutex_unlock(&device->lock);
	return found;
}

unsigned int
model_net_rx_need(const struct model_queue *q, uint32_t len)
{
	const uint32_t total = len + model_net_hdr_size(q->device);
	uint32_t room;

	if (q->num_pending == 0)
		return 0;
	room = q->pending[0]->writable;
	if (!model_device_has(q->device, VIRTIO_NET_F_MRG_RXBUF))
		return total <= room ? 1 : 0;
	return (total + room - 1) / room;
}

/** Lengths of the parts that a frame with its header is cut into. @return how many */
static unsigned int
cut(struct model_queue *q, uint32_t total, const struct model_rx_way *way, uint32_t *parts)
{
	const uint32_t room = q->pending[0]->writable;
	const uint32_t first = model_net_hdr_size(q->device) + 1;
	unsigned int n = (total + room - 1) / room;

	if (way->odd && way->most > n)
		n += unit_random(&q->random) % (way->most - n + 1);
	n = RTE_MIN(n, total - first + 1);
	for (unsigned int i = 0; i < n; i++) {
		const unsigned int behind = n - i - 1;
		uint32_t least = i == 0 ? first : 1;
		uint32_t most = RTE_MIN(room, total - behind);

		/* Those behind have to hold the rest. */
		if (total > (uint64_t)behind * room && total - behind * room > least)
			least = total - behind * room;
		parts[i] = way->odd && behind != 0 ?
			   least + unit_random(&q->random) % (most - least + 1) : most;
		total -= parts[i];
	}
	assert_int_equal(total, 0);
	return n;
}

unsigned int
model_net_rx(struct model_queue *q, const uint8_t *frame, uint32_t len,
	     const struct model_rx_way *way)
{
	const uint32_t hdr_len = model_net_hdr_size(q->device);
	struct virtio_net_hdr_v1_hash hdr = { .hash_value = 0 };
	uint32_t parts[UINT8_MAX + 1];
	unsigned int n = model_net_rx_need(q, len);

	assert_true(n <= UINT8_MAX);
	if (n == 0 || q->num_pending < n)
		return 0;
	if (model_device_has(q->device, VIRTIO_NET_F_MRG_RXBUF))
		n = cut(q, len + hdr_len, way, parts);
	else
		parts[0] = len + hdr_len;
	if (q->num_pending < n)
		return 0;
	if (way->hdr != NULL)
		hdr = *way->hdr;
	else
		memset(&hdr.hdr, way->hdr_bits, offsetof(struct virtio_net_hdr_v1, num_buffers));
	hdr.hdr.num_buffers = n;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int pick = way->shuffle ? unit_random(&q->random) % q->num_pending : 0;
		struct model_chain *chain = model_queue_use(q, pick);
		uint32_t skip = i == 0 ? hdr_len : 0;

		if (i == 0)
			model_chain_write(chain, 0, &hdr, hdr_len);
		model_chain_write(chain, skip, frame, parts[i] - skip);
		frame += parts[i] - skip;
		model_queue_finish(q, pick, parts[i]);
		q->ready[q->num_ready - 1].more = i + 1 < n;
	}
	return n;
}

bool
model_net_rx_raw(struct model_queue *q, const struct virtio_net_hdr_mrg_rxbuf *hdr,
		 const uint8_t *frame, uint32_t len, uint32_t used_len)
{
	struct model_chain *chain;

	if (q->num_pending == 0)
		return false;
	chain = model_queue_use(q, 0);
	model_chain_write(chain, 0, hdr, sizeof(*hdr));
	model_chain_write(chain, sizeof(*hdr), frame, len);
	model_queue_finish(q, 0, used_len);
	return true;
}

void
model_net_tx_done(struct model_queue *q, unsigned int n, bool shuffle, bool batch)
{
	for (unsigned int i = 0; i < n; i++)
		model_queue_finish(q, shuffle ? unit_random(&q->random) % q->num_pending : 0, 0);
	model_queue_show(q, n, batch);
}
