/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_memory.h - all memory that a modelled device may be told of, and by which addresses.
 *
 * The device addresses memory either by virtual addresses or by IOVAs, which are MODEL_IOVA_SHIFT
 * above: no address of one kind is ever one of the other, so a mix-up does not go unnoticed.
 *
 * The driver's own rings and queues come from here too (the linker redirects its allocations):
 * each is a block of its own with garbage in it where DPDK does not promise zeros, and the address
 * sanitizer sees where it ends.
 */
#ifndef MODEL_MEMORY_H
#define MODEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model_pool;

/** What IOVAs of the model differ by from virtual addresses: more bits than those have. */
#define MODEL_IOVA_SHIFT (UINT64_C(1) << 48)

/** A range of memory that a device can reach. */
struct model_region {
	const char *name;
	char *start;
	size_t len;
	struct model_pool *pool; /**< mbufs lie in it; NULL: something else does */
};

/** Let devices reach a range. */
void model_memory_add(const char *name, void *start, size_t len, struct model_pool *pool);

/** The range is about to be freed. */
void model_memory_remove(const void *start);

/**
 * The memory that a device means by @p addr.
 * @return NULL where the @p len bytes are not all in one range that devices can reach
 */
char *model_memory_find(uint64_t addr, uint64_t len, bool iova,
			const struct model_region **region);

/** Blocks that the driver holds at present: queues and rings. */
unsigned int model_memory_blocks(void);

/** Those of them that were asked for on a socket. */
unsigned int model_memory_blocks_on(int socket);

/** Let the @p n-th allocation of the driver from now on fail, 1 is the next; 0: none. */
void model_memory_fail(unsigned int n);

#endif /* MODEL_MEMORY_H */
