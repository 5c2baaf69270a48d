/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_memory.c - see model_memory.h. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_memzone.h>
#include <ethdev_driver.h>

#include "model_book.h"
#include "model_memory.h"

#define REGIONS_MAX 600
#define BLOCKS_MAX 1200

/** What an allocation holds before the driver writes to it. */
#define GARBAGE 0xa5

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static struct model_region regions[REGIONS_MAX];
static unsigned int num_regions;

/** An allocation of the driver; a ring has a memzone to it. */
static struct block {
	void *start;
	int socket; /**< that it was asked for on */
	struct rte_memzone mz;
} blocks[BLOCKS_MAX];
static unsigned int fail_in;

void
model_memory_add(const char *name, void *start, size_t len, struct model_pool *pool)
{
	pthread_mutex_lock(&memory_lock);
	if (num_regions == REGIONS_MAX)
		abort();
	regions[num_regions++] = (struct model_region){ name, start, len, pool };
	pthread_mutex_unlock(&memory_lock);
}

void
model_memory_remove(const void *start)
{
	pthread_mutex_lock(&memory_lock);
	for (unsigned int i = 0; i < num_regions; i++)
		if (regions[i].start == start) {
			regions[i] = regions[--num_regions];
			break;
		}
	pthread_mutex_unlock(&memory_lock);
}

char *
model_memory_find(uint64_t addr, uint64_t len, bool iova, const struct model_region **region)
{
	const uint64_t shift = iova ? MODEL_IOVA_SHIFT : 0;
	char *found = NULL;

	pthread_mutex_lock(&memory_lock);
	for (unsigned int i = 0; i < num_regions && found == NULL; i++) {
		const uint64_t start = (uintptr_t)regions[i].start + shift;

		if (addr < start || addr - start > regions[i].len ||
		    len > regions[i].len - (addr - start))
			continue;
		found = regions[i].start + (addr - start);
		if (region != NULL)
			*region = &regions[i];
	}
	pthread_mutex_unlock(&memory_lock);
	return found;
}

unsigned int
model_memory_blocks(void)
{
	unsigned int count = 0;

	pthread_mutex_lock(&memory_lock);
	for (unsigned int i = 0; i < BLOCKS_MAX; i++)
		count += blocks[i].start != NULL;
	pthread_mutex_unlock(&memory_lock);
	return count;
}

unsigned int
model_memory_blocks_on(int socket)
{
	unsigned int count = 0;

	pthread_mutex_lock(&memory_lock);
	for (unsigned int i = 0; i < BLOCKS_MAX; i++)
		count += blocks[i].start != NULL && blocks[i].socket == socket;
	pthread_mutex_unlock(&memory_lock);
	return count;
}

void
model_memory_fail(unsigned int n)
{
	fail_in = n;
}

static struct block *
block_alloc(size_t size, size_t align, int fill, int socket)
{
	struct block *block = NULL;
	void *start;

	if (fail_in != 0 && --fail_in == 0)
		return NULL;
	if (align < sizeof(void *))
		align = RTE_CACHE_LINE_SIZE;
	if (posix_memalign(&start, align, size) != 0)
		abort();
	memset(start, fill, size);
	pthread_mutex_lock(&memory_lock);
	for (unsigned int i = 0; i < BLOCKS_MAX && block == NULL; i++)
		if (blocks[i].start == NULL)
			block = &blocks[i];
	if (block == NULL)
		abort();
	*block = (struct block){ .start = start, .socket = socket };
	pthread_mutex_unlock(&memory_lock);
	return block;
}

/** Forget the block at @p start; false where it is none of the model's. */
static bool
block_free(const void *start)
{
	bool found = false;

	pthread_mutex_lock(&memory_lock);
	for (unsigned int i = 0; i < BLOCKS_MAX && !found; i++)
		if (start != NULL && blocks[i].start == start) {
			free(blocks[i].start);
			blocks[i].start = NULL;
			found = true;
		}
	pthread_mutex_unlock(&memory_lock);
	return found;
}

/* What the linker puts in place of EAL's and ethdev's functions, in the driver's code. */
void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket);
void __wrap_rte_free(void *ptr);
void __real_rte_free(void *ptr);
const struct rte_memzone *__wrap_rte_eth_dma_zone_reserve(const struct rte_eth_dev *dev,
		const char *name, uint16_t queue, size_t size, unsigned int align, int socket);
int __wrap_rte_memzone_free(const struct rte_memzone *mz);
int __real_rte_memzone_free(const struct rte_memzone *mz);

void *
__wrap_rte_zmalloc_socket(const char *type __rte_unused, size_t size, unsigned int align,
			  int socket)
{
	struct block *block = block_alloc(size, align, 0, socket);

	return block == NULL ? NULL : block->start;
}

void
__wrap_rte_free(void *ptr)
{
	if (!block_free(ptr))
		__real_rte_free(ptr);
}

const struct rte_memzone *
__wrap_rte_eth_dma_zone_reserve(const struct rte_eth_dev *dev __rte_unused, const char *name,
				uint16_t queue, size_t size, unsigned int align, int socket)
{
	struct block *block = block_alloc(size, align, GARBAGE, socket);

	if (block == NULL)
		return NULL;
	block->mz.addr = block->start;
	block->mz.iova = (uintptr_t)block->start + MODEL_IOVA_SHIFT;
	block->mz.len = size;
	snprintf(block->mz.name, sizeof(block->mz.name), "%s_%u", name, queue);
	model_memory_add("ring", block->start, size, NULL);
	return &block->mz;
}

int
__wrap_rte_memzone_free(const struct rte_memzone *mz)
{
	if (mz == NULL)
		return -EINVAL;
	model_memory_remove(mz->addr);
	return block_free(mz->addr) ? 0 : __real_rte_memzone_free(mz);
}
