/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_sender.h - an application that sends packets of every kind that an mbuf can be, and
 * compares what arrives at the device.
 */
#ifndef MODEL_SENDER_H
#define MODEL_SENDER_H

#include <stdint.h>

#include "model_port.h"

/** Kinds of packets; each is a bit of model_sender::kinds. */
enum model_kind {
	MODEL_PLAIN,       /**< one segment, nobody else's, headroom */
	MODEL_SEGMENTS,    /**< several of these */
	MODEL_NO_HEADROOM, /**< the first one has less than a header before it */
	MODEL_SHARED,      /**< the application keeps a reference */
	MODEL_CLONE,       /**< an indirect mbuf; sometimes the direct one is kept */
	MODEL_EXTERNAL,    /**< the buffer is no mempool's */
	MODEL_OTHER_POOL,  /**< plain, from another pool */
	MODEL_MIXED,       /**< several segments of all these kinds */
	MODEL_KINDS,
};

#define MODEL_KIND(kind) (1u << (kind))
#define MODEL_KINDS_PLAIN MODEL_KIND(MODEL_PLAIN)
/** What may be sent where RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE was asked for. */
#define MODEL_KINDS_FAST_FREE (MODEL_KIND(MODEL_PLAIN) | MODEL_KIND(MODEL_NO_HEADROOM))
/** What may be sent where RTE_ETH_TX_OFFLOAD_MULTI_SEGS was not. */
#define MODEL_KINDS_SINGLE (MODEL_KIND(MODEL_PLAIN) | MODEL_KIND(MODEL_NO_HEADROOM) | \
			    MODEL_KIND(MODEL_SHARED) | MODEL_KIND(MODEL_CLONE) | \
			    MODEL_KIND(MODEL_EXTERNAL) | MODEL_KIND(MODEL_OTHER_POOL))
#define MODEL_KINDS_ALL (MODEL_KIND(MODEL_KINDS) - 1)


struct model_external;

/** A packet on its way to the device. */
struct model_note {
	uint64_t number;
	uint32_t len;
};

/** A packet that the application still holds after it was sent. */
struct model_kept {
	struct rte_mbuf *m;
	uint64_t number;
};

/** The application. */
struct model_sender {
	struct model_port *port;
	unsigned int kinds;        /**< that it sends */
	unsigned int max_segs;
	uint32_t max_seg_len;
	uint64_t random;
	struct model_pool *pool;
	struct model_pool *other;
	struct model_pool *clones;
	struct model_external *external;
	uint64_t next;             /**< number of the next packet */
	struct model_note *expected; /**< packets that the driver took, a ring of them */
	unsigned int first;
	unsigned int count;
	uint64_t arrived;
	uint64_t bytes;
	struct model_kept *kept;
	unsigned int num_kept;
};

void model_sender_init(struct model_sender *s, struct model_port *port, unsigned int kinds);

/** Check that all mbufs are back, but for those that the application gives up now. */
void model_sender_fini(struct model_sender *s);

/** The next packet, of @p kind. */
struct rte_mbuf *model_sender_make(struct model_sender *s, enum model_kind kind);

/** Send a burst of @p nb random packets; what is not taken is freed. @return packets taken */
uint16_t model_sender_burst(struct model_sender *s, uint16_t nb);

/** Send these, which model_sender_make() made. What is not taken is the caller's. */
uint16_t model_sender_send(struct model_sender *s, struct rte_mbuf **pkts, uint16_t nb);

/** Everything that has arrived at the device is what was sent, in that order. */
void model_sender_collect(struct model_sender *s);

/** Mbufs of the sender's pools that are not in their pools. */
unsigned int model_sender_out(struct model_sender *s);

/** External buffers whose free callback was not called yet. */
unsigned int model_sender_external(const struct model_sender *s);

/** Give up what the application holds. */
void model_sender_drop_kept(struct model_sender *s);

#endif /* MODEL_SENDER_H */
