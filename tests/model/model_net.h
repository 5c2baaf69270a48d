/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_net.h - what a virtio network device does with the buffers of its queues (5.1.6).
 */
#ifndef MODEL_NET_H
#define MODEL_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "model_device.h"

/** Bytes of a header without hash report (5.1.6). */
#define MODEL_HDR_SIZE 12u

/** How a frame is put into receive buffers. */
struct model_rx_way {
	bool shuffle;     /**< any buffers, instead of the oldest ones */
	bool odd;         /**< MRG_RXBUF: cut anywhere, instead of filling buffers (5.1.6.3.2) */
	uint8_t most;     /**< MRG_RXBUF and odd: at most so many buffers */
	uint8_t hdr_bits; /**< write these into flags, gso_type and so on of the header */
	/** This is the header, but for num_buffers; NULL: see hdr_bits. */
	const struct virtio_net_hdr_v1_hash *hdr;
};

/** Bytes of the header that was negotiated (5.1.6). */
uint32_t model_net_hdr_size(const struct model_device *device);

/** How many buffers were used when nothing is odd: a frame of @p len in buffers as now posted. */
unsigned int model_net_rx_need(const struct model_queue *q, uint32_t len);

/**
 * Put a frame into buffers and be done with these; they are not shown yet.
 * @return buffers, 0: there are not enough
 */
unsigned int model_net_rx(struct model_queue *q, const uint8_t *frame, uint32_t len,
			  const struct model_rx_way *way);

/**
 * A header of the device's invention: puts @p frame with @p hdr before it into the oldest buffer
 * alone, and says that @p used_len bytes were written.
 * @return false where there is no buffer
 */
bool model_net_rx_raw(struct model_queue *q, const struct virtio_net_hdr_mrg_rxbuf *hdr,
		      const uint8_t *frame, uint32_t len, uint32_t used_len);

/** The oldest frame that was sent and not fetched before; false: none. Free its bytes. */
bool model_net_sent(struct model_device *device, struct model_sent *sent);

/** Finish @p n sent buffers, the oldest ones or any, and show them. */
void model_net_tx_done(struct model_queue *q, unsigned int n, bool shuffle, bool batch);

/** For the device: rules of a receive buffer. */
void model_net_check_rx(const struct model_queue *q, const struct model_chain *chain);
/** For the device: rules of a frame that is sent; it is kept for model_net_sent(). */
void model_net_take_tx(struct model_queue *q, const struct model_chain *chain);

#endif /* MODEL_NET_H */
