/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_pool.h - mempools that look at what they are given back.
 *
 * An mbuf comes back once, to the pool that it is from, with nobody else holding it, in the state
 * that DPDK wants (refcnt 1, one segment, no next, no foreign buffer), and not while a device may
 * still reach its buffer. Inside of the pool nothing of it is written or, under the address
 * sanitizer, read. Mbufs are handed out in random order, full of garbage.
 */
#ifndef MODEL_POOL_H
#define MODEL_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

struct model_pool;

/** How a pool is to be. */
struct model_pool_config {
	unsigned int size;      /**< mbufs */
	unsigned int cache;     /**< of the mempool, 0: each get and put is seen at once */
	uint16_t data_room;     /**< bytes of a buffer, headroom included */
	uint16_t priv_size;     /**< between the mbuf and its buffer */
};

struct model_pool *model_pool_create(const char *name, const struct model_pool_config *config);
void model_pool_free(struct model_pool *pool);

/** Free pools that a failed case left behind. */
void model_pool_cleanup(void);

struct rte_mempool *model_pool_mp(const struct model_pool *pool);

/** Mbufs that are outside of the pool; the calling thread's mempool cache is flushed first. */
unsigned int model_pool_out(struct model_pool *pool);

/** Put mbufs aside, until @p left are there to be had; UINT32_MAX: give them all back. */
void model_pool_limit(struct model_pool *pool, unsigned int left);

/**
 * A device was given the @p len bytes at @p va, which lie in the pool.
 * @return which mbuf they are part of, for model_pool_withdraw()
 */
unsigned int model_pool_expose(struct model_pool *pool, const char *va, uint32_t len, bool write);

/** The device has returned them. */
void model_pool_withdraw(struct model_pool *pool, unsigned int object, bool write);

#endif /* MODEL_POOL_H */
