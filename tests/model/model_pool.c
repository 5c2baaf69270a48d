/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_pool.c - see model_pool.h. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "model_book.h"
#include "model_memory.h"
#include "model_pool.h"
#include "unit.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#endif

/** What a buffer begins with in the pool, and how much of it is looked at again. */
#define STALE_BYTE 0x5a
#define STALE_LEN 256u

/** Flags that no path sets; none that says whose the buffer is. */
#define STALE_FLAGS (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_IP_CKSUM_BAD | \
		     RTE_MBUF_F_TX_TCP_SEG)

/** An mbuf. */
struct object {
	bool inside;
	bool writable;         /**< a device may write to it */
	unsigned int readable; /**< how often a device may read it */
};

struct model_pool {
	TAILQ_ENTRY(model_pool) next;
	struct rte_mempool *mp;
	char *memory;
	size_t memory_len;
	char *first;          /**< mbuf */
	size_t step;          /**< from one mbuf to the next */
	unsigned int size;
	bool filled;          /**< rte_pktmbuf_init() is through */
	struct object *objects;
	void **stack;         /**< what is inside */
	unsigned int count;
	unsigned int limit;   /**< how many of these are not to be had */
	uint64_t random;
	pthread_mutex_t lock;
};

static TAILQ_HEAD(, model_pool) pools = TAILQ_HEAD_INITIALIZER(pools);

/** Which mbuf @p ptr is; size where it is none. */
static unsigned int
object_of(const struct model_pool *pool, const void *ptr)
{
	const size_t offset = (const char *)ptr - pool->first;

	if ((const char *)ptr < pool->first || offset % pool->step != 0 ||
	    offset / pool->step >= pool->size)
		return pool->size;
	return offset / pool->step;
}

/** An mbuf as whoever frees it has to leave it. */
static void
check_returned(const struct model_pool *pool, const struct rte_mbuf *m)
{
	const char *name = pool->mp->name;

	if (rte_mbuf_refcnt_read(m) != 1)
		model_breach(MODEL_HOUSE, "%s: an mbuf came back with refcnt %u", name,
			     rte_mbuf_refcnt_read(m));
	if (m->next != NULL || m->nb_segs != 1)
		model_breach(MODEL_HOUSE, "%s: an mbuf came back as a chain (next %p, nb_segs %u)",
			     name, (void *)m->next, m->nb_segs);
	if (!RTE_MBUF_DIRECT(m))
		model_breach(MODEL_HOUSE, "%s: an mbuf came back with a foreign buffer", name);
	if (m->pool != pool->mp)
		model_breach(MODEL_HOUSE, "%s: an mbuf came back to the wrong pool", name);
}

/** Garbage in every field that rte_mbuf_raw_alloc() does not promise. */
static void
make_stale(struct rte_mbuf *m)
{
	m->data_off = 0x5a5a;
	m->port = 0x5a5a;
	m->ol_flags = STALE_FLAGS;
	m->packet_type = 0x5a5a5a5a;
	m->pkt_len = 0x5a5a5a5a;
	m->data_len = 0x5a5a;
	m->vlan_tci = 0x5a5a;
	m->vlan_tci_outer = 0x5a5a;
	m->hash.rss = 0x5a5a5a5a;
	m->tx_offload = UINT64_C(0x5a5a5a5a5a5a5a5a);
	memset(m->buf_addr, STALE_BYTE, RTE_MIN((uint32_t)m->buf_len, STALE_LEN));
}

static void
check_untouched(const struct model_pool *pool, const struct rte_mbuf *m)
{
	const uint32_t len = RTE_MIN((uint32_t)m->buf_len, STALE_LEN);
	const char *buf = m->buf_addr;
	bool same = m->data_off == 0x5a5a && m->port == 0x5a5a && m->ol_flags == STALE_FLAGS &&
		    m->pkt_len == 0x5a5a5a5a && m->data_len == 0x5a5a && m->next == NULL &&
		    m->nb_segs == 1 && rte_mbuf_refcnt_read(m) == 1 && m->pool == pool->mp;

	/* The first byte is right, and each of the others is as the one before it. */
	same = same && (len == 0 || (buf[0] == STALE_BYTE && memcmp(buf, buf + 1, len - 1) == 0));
	if (!same)
		model_breach(MODEL_HOUSE, "%s: an mbuf was written to while it was free",
			     pool->mp->name);
}

static void
put_one(struct model_pool *pool, void *ptr)
{
	const unsigned int n = object_of(pool, ptr);
	struct object *object = &pool->objects[n];

	if (n == pool->size) {
		model_breach(MODEL_HOUSE, "%s: %p came back, which is none of its mbufs",
			     pool->mp->name, ptr);
		return;
	}
	if (object->inside) {
		model_breach(MODEL_HOUSE, "%s: an mbuf was freed twice", pool->mp->name);
		return;
	}
	if (object->writable || object->readable != 0)
		model_breach(5, "%s: an mbuf was freed while the device has it",
			     pool->mp->name);
	if (pool->filled) {
		check_returned(pool, ptr);
		make_stale(ptr);
		ASAN_POISON_MEMORY_REGION(ptr, pool->mp->elt_size);
	}
	object->inside = true;
	pool->stack[pool->count++] = ptr;
}

static int
ops_enqueue(struct rte_mempool *mp, void *const *ptrs, unsigned int n)
{
	struct model_pool *pool = mp->pool_config;

	pthread_mutex_lock(&pool->lock);
	/* Objects are handed over by ascending address when the pool is filled. */
	if (pool->first == NULL && n != 0)
		pool->first = ptrs[0];
	for (unsigned int i = 0; i < n; i++)
		put_one(pool, ptrs[i]);
	pthread_mutex_unlock(&pool->lock);
	return 0;
}

static int
ops_dequeue(struct rte_mempool *mp, void **ptrs, unsigned int n)
{
	struct model_pool *pool = mp->pool_config;

	pthread_mutex_lock(&pool->lock);
	if (pool->count < pool->limit || n > pool->count - pool->limit) {
		pthread_mutex_unlock(&pool->lock);
		return -ENOBUFS;
	}
	for (unsigned int i = 0; i < n; i++) {
		const unsigned int pick = unit_random(&pool->random) % pool->count;

		ptrs[i] = pool->stack[pick];
		pool->stack[pick] = pool->stack[--pool->count];
		pool->objects[object_of(pool, ptrs[i])].inside = false;
		ASAN_UNPOISON_MEMORY_REGION(ptrs[i], mp->elt_size);
		check_untouched(pool, ptrs[i]);
	}
	pthread_mutex_unlock(&pool->lock);
	return 0;
}

static unsigned int
ops_count(const struct rte_mempool *mp)
{
	const struct model_pool *pool = mp->pool_config;

	return pool->count;
}

static int
ops_alloc(struct rte_mempool *mp __rte_unused)
{
	return 0;
}

static void
ops_free(struct rte_mempool *mp __rte_unused)
{
}

/** One mbuf after the other: the memory is contiguous, whatever EAL thinks of its pages. */
static int
ops_populate(struct rte_mempool *mp, unsigned int max, void *va, rte_iova_t iova, size_t len,
	     rte_mempool_populate_obj_cb_t *add, void *arg)
{
	const size_t step = mp->header_size + mp->elt_size + mp->trailer_size;
	unsigned int n;

	for (n = 0; n < max && (n + 1) * step <= len; n++) {
		void *object = (char *)va + n * step + mp->header_size;

		add(mp, arg, object, iova + n * step + mp->header_size);
		ops_enqueue(mp, &object, 1);
	}
	return n;
}

static const struct rte_mempool_ops model_ops = {
	.name = "model",
	.alloc = ops_alloc,
	.free = ops_free,
	.enqueue = ops_enqueue,
	.dequeue = ops_dequeue,
	.get_count = ops_count,
	.populate = ops_populate,
};
RTE_MEMPOOL_REGISTER_OPS(model_ops);

/** The pool is filled, and every mbuf initialised: from now on its rules count. */
static void
pool_filled(struct model_pool *pool)
{
	rte_mempool_obj_iter(pool->mp, rte_pktmbuf_init, NULL);
	pool->filled = true;
	for (unsigned int i = 0; i < pool->size; i++) {
		make_stale(pool->stack[i]);
		ASAN_POISON_MEMORY_REGION(pool->stack[i], pool->mp->elt_size);
	}
	model_memory_add(pool->mp->name, pool->memory, pool->memory_len, pool);
}

struct model_pool *
model_pool_create(const char *name, const struct model_pool_config *config)
{
	struct rte_pktmbuf_pool_private priv = {
		.mbuf_data_room_size = config->data_room,
		.mbuf_priv_size = config->priv_size,
	};
	const unsigned int elt = sizeof(struct rte_mbuf) + config->priv_size + config->data_room;
	struct model_pool *pool = calloc(1, sizeof(*pool));
	struct rte_mempool_objsz sizes;
	void *memory = NULL;

	assert_non_null(pool);
	pthread_mutex_init(&pool->lock, NULL);
	pool->size = config->size;
	pool->objects = calloc(pool->size + 1, sizeof(*pool->objects));
	pool->stack = calloc(pool->size, sizeof(*pool->stack));
	pool->mp = rte_mempool_create_empty(name, pool->size, elt, config->cache, sizeof(priv),
					    SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_SPREAD);
	if (pool->objects == NULL || pool->stack == NULL || pool->mp == NULL)
		fail_msg("mempool %s: %s", name, rte_strerror(rte_errno));
	assert_int_equal(rte_mempool_set_ops_byname(pool->mp, "model", pool), 0);
	rte_pktmbuf_pool_init(pool->mp, &priv);

	pool->step = rte_mempool_calc_obj_size(elt, pool->mp->flags, &sizes);
	pool->memory_len = RTE_ALIGN_CEIL(pool->step * pool->size, 4096);
	assert_int_equal(posix_memalign(&memory, 4096, pool->memory_len), 0);
	pool->memory = memory;
	assert_int_equal(rte_mempool_populate_iova(pool->mp, pool->memory,
						   (uintptr_t)pool->memory + MODEL_IOVA_SHIFT,
						   pool->memory_len, NULL, NULL), pool->size);
	pool_filled(pool);
	TAILQ_INSERT_TAIL(&pools, pool, next);
	return pool;
}

void
model_pool_cleanup(void)
{
	while (!TAILQ_EMPTY(&pools))
		model_pool_free(TAILQ_FIRST(&pools));
}

void
model_pool_free(struct model_pool *pool)
{
	if (pool == NULL)
		return;
	TAILQ_REMOVE(&pools, pool, next);
	model_memory_remove(pool->memory);
	ASAN_UNPOISON_MEMORY_REGION(pool->memory, pool->memory_len);
	rte_mempool_free(pool->mp);
	pthread_mutex_destroy(&pool->lock);
	free(pool->memory);
	free(pool->objects);
	free(pool->stack);
	free(pool);
}

struct rte_mempool *
model_pool_mp(const struct model_pool *pool)
{
	return pool->mp;
}

unsigned int
model_pool_out(struct model_pool *pool)
{
	struct rte_mempool_cache *cache = rte_mempool_default_cache(pool->mp, rte_lcore_id());
	unsigned int out;

	if (cache != NULL)
		rte_mempool_cache_flush(cache, pool->mp);
	pthread_mutex_lock(&pool->lock);
	out = pool->size - pool->count;
	pthread_mutex_unlock(&pool->lock);
	return out;
}

void
model_pool_limit(struct model_pool *pool, unsigned int left)
{
	pthread_mutex_lock(&pool->lock);
	pool->limit = left < pool->count ? pool->count - left : 0;
	pthread_mutex_unlock(&pool->lock);
}

unsigned int
model_pool_expose(struct model_pool *pool, const char *va, uint32_t len, bool write)
{
	const unsigned int n = va < pool->first ? pool->size : (va - pool->first) / pool->step;
	struct object *object = &pool->objects[n];
	const char *start = pool->first + n * pool->step + pool->mp->elt_size -
			    rte_pktmbuf_data_room_size(pool->mp);

	pthread_mutex_lock(&pool->lock);
	if (n == pool->size || va < start ||
	    va + len > start + rte_pktmbuf_data_room_size(pool->mp))
		model_breach(7, "%s: %u bytes posted that are not within one buffer",
			     pool->mp->name, len);
	else if (object->inside)
		model_breach(5, "%s: the buffer of a free mbuf was posted", pool->mp->name);
	else if (object->writable || (write && object->readable != 0))
		model_breach(5, "%s: a buffer was posted that the device has already",
			     pool->mp->name);
	object->writable |= write;
	object->readable += !write;
	pthread_mutex_unlock(&pool->lock);
	return n;
}

void
model_pool_withdraw(struct model_pool *pool, unsigned int n, bool write)
{
	pthread_mutex_lock(&pool->lock);
	if (write)
		pool->objects[n].writable = false;
	else
		pool->objects[n].readable--;
	pthread_mutex_unlock(&pool->lock);
}
