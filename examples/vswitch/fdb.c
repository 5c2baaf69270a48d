/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fdb.c - see fdb.h.
 *
 * The life of a position: fdb_learn() gets it from the hash, fills port and time, and last stores
 * the key; a reader that comes before that sees key 0 and takes the address for unknown. forget()
 * clears the key, takes the key out of the hash, waits for the workers, and only then gives the
 * position back to the hash. So a worker that has compared the key may read the port until its
 * burst is done.
 */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_jhash.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "fdb.h"

/* Addresses that are taken out between two waits for the workers. */
#define FORGET_BATCH 256

struct fdb *
fdb_create(const struct fdb_config *config)
{
	const struct rte_hash_parameters params = {
		.name = "vswitch_fdb",
		/* Twice the room: its buckets are never so full that a key finds no place. */
		.entries = RTE_MAX(2 * config->capacity, 64U),
		.key_len = sizeof(fdb_key_t),
		.hash_func = rte_jhash,
		.hash_func_init_val = (uint32_t)rte_rand(),
		.socket_id = SOCKET_ID_ANY,
		.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF,
	};
	struct fdb *fdb = rte_zmalloc("fdb", sizeof(*fdb), RTE_CACHE_LINE_SIZE);

	if (fdb == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	fdb->config = *config;
	rte_spinlock_init(&fdb->lock);
	fdb->hash = rte_hash_create(&params);
	if (fdb->hash == NULL)
		goto fail;
	fdb->positions = (uint32_t)rte_hash_max_key_id(fdb->hash) + 1;
	fdb->entries = rte_zmalloc("fdb_entries", fdb->positions * sizeof(*fdb->entries),
				   RTE_CACHE_LINE_SIZE);
	if (fdb->entries == NULL) {
		rte_errno = ENOMEM;
		goto fail;
	}
	return fdb;
fail:
	rte_hash_free(fdb->hash);
	rte_free(fdb);
	return NULL;
}

void
fdb_destroy(struct fdb *fdb)
{
	if (fdb == NULL)
		return;
	rte_hash_free(fdb->hash);
	rte_free(fdb->entries);
	rte_free(fdb);
}

uint32_t
fdb_find(const struct fdb *fdb, fdb_key_t key)
{
	const int32_t position = rte_hash_lookup(fdb->hash, &key);

	if (position < 0 ||
	    __atomic_load_n(&fdb->entries[position].key, __ATOMIC_ACQUIRE) != key)
		return FDB_NONE;
	return (uint32_t)position;
}

void
fdb_find_missing(const struct fdb *fdb, struct fdb_cache *cache, const fdb_key_t *const *keys,
		 uint32_t n, uint32_t *position)
{
	int32_t found[RTE_HASH_LOOKUP_BULK_MAX];
	const void *list[RTE_HASH_LOOKUP_BULK_MAX];

	for (uint32_t i = 0; i < n; i++)
		list[i] = keys[i];
	if (rte_hash_lookup_bulk(fdb->hash, list, n, found) != 0)
		memset(found, 0xff, sizeof(found));
	for (uint32_t i = 0; i < n; i++) {
		const fdb_key_t key = *keys[i];

		position[i] = FDB_NONE;
		if (found[i] < 0 || __atomic_load_n(&fdb->entries[found[i]].key,
						    __ATOMIC_ACQUIRE) != key)
			continue;
		position[i] = (uint32_t)found[i];
		cache->position[fdb_cache_slot(key)] = position[i];
	}
}

/** A known address under the lock. */
static enum fdb_learned
learn_known(struct fdb *fdb, uint32_t position, uint16_t port, uint32_t now_ms)
{
	struct fdb_entry *entry = &fdb->entries[position];
	const uint16_t before = entry->port;

	if (before != port) {
		if (fdb->share[port] >= fdb->config.port_share) {
			fdb->refused++;
			return FDB_FULL;
		}
		fdb->share[before]--;
		fdb->share[port]++;
		fdb->moved++;
		__atomic_store_n(&entry->port, port, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&entry->seen, now_ms, __ATOMIC_RELAXED);
	return before != port ? FDB_MOVED : FDB_KNOWN;
}

/** An unknown one. */
static enum fdb_learned
learn_new(struct fdb *fdb, fdb_key_t key, uint16_t port, uint32_t now_ms)
{
	struct fdb_entry *entry;
	int32_t position;

	if (fdb->used >= fdb->config.capacity || fdb->share[port] >= fdb->config.port_share) {
		fdb->refused++;
		return FDB_FULL;
	}
	position = rte_hash_add_key(fdb->hash, &key);
	if (position < 0) {
		fdb->refused++;
		return FDB_FULL;
	}
	entry = &fdb->entries[position];
	__atomic_store_n(&entry->port, port, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->seen, now_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->key, key, __ATOMIC_RELEASE);
	fdb->used++;
	fdb->share[port]++;
	return FDB_NEW;
}

enum fdb_learned
fdb_learn(struct fdb *fdb, fdb_key_t key, uint16_t port, uint32_t now_ms)
{
	enum fdb_learned what;
	uint32_t position;

	if (!rte_spinlock_trylock(&fdb->lock))
		return FDB_BUSY;
	position = fdb_find(fdb, key);
	what = position != FDB_NONE ? learn_known(fdb, position, port, now_ms) :
				      learn_new(fdb, key, port, now_ms);
	rte_spinlock_unlock(&fdb->lock);
	return what;
}

static bool
takes(const struct fdb_filter *filter, const struct fdb_entry *entry)
{
	return entry->key != 0 && (filter->port < 0 || filter->port == entry->port) &&
	       (filter->vlan < 0 || filter->vlan == fdb_key_vlan(entry->key));
}

static bool
too_old(const struct fdb *fdb, const struct fdb_entry *entry, uint32_t now_ms)
{
	const uint32_t seen = __atomic_load_n(&entry->seen, __ATOMIC_RELAXED);

	/* As a difference: the clock may wrap, and a worker may have a newer one. */
	return entry->key != 0 && (int32_t)(now_ms - seen) >= (int32_t)fdb->config.age_ms;
}

/** Give positions back that workers may still look at. */
static void
free_positions(struct fdb *fdb, const int32_t *position, uint32_t n)
{
	if (n == 0)
		return;
	/* Not under the lock: a worker that wants it would never be quiet. */
	if (fdb->config.quiesce != NULL)
		fdb->config.quiesce(fdb->config.quiesce_arg);
	rte_spinlock_lock(&fdb->lock);
	for (uint32_t i = 0; i < n; i++)
		rte_hash_free_key_with_position(fdb->hash, position[i]);
	rte_spinlock_unlock(&fdb->lock);
}

/** Forget what the filter takes, or, without one, what is too old. */
static uint32_t
forget(struct fdb *fdb, const struct fdb_filter *filter, uint32_t now_ms)
{
	int32_t gone[FORGET_BATCH];
	uint32_t count = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < fdb->positions; i++) {
		struct fdb_entry *entry = &fdb->entries[i];

		if (filter != NULL ? !takes(filter, entry) : !too_old(fdb, entry, now_ms))
			continue;
		rte_spinlock_lock(&fdb->lock);
		/* Once more: a worker may have moved or seen it in between. */
		if (filter != NULL ? takes(filter, entry) : too_old(fdb, entry, now_ms)) {
			const fdb_key_t key = entry->key;

			__atomic_store_n(&entry->key, 0, __ATOMIC_RELEASE);
			fdb->used--;
			fdb->share[entry->port]--;
			gone[n++] = rte_hash_del_key(fdb->hash, &key);
		}
		rte_spinlock_unlock(&fdb->lock);
		if (n == FORGET_BATCH) {
			free_positions(fdb, gone, n);
			count += n;
			n = 0;
		}
	}
	free_positions(fdb, gone, n);
	return count + n;
}

uint32_t
fdb_age(struct fdb *fdb, uint32_t now_ms)
{
	return fdb->config.age_ms != 0 ? forget(fdb, NULL, now_ms) : 0;
}

uint32_t
fdb_flush(struct fdb *fdb, const struct fdb_filter *filter)
{
	return forget(fdb, filter, 0);
}

void
fdb_each(const struct fdb *fdb, const struct fdb_filter *filter, fdb_visit_t visit, void *arg)
{
	for (uint32_t i = 0; i < fdb->positions; i++) {
		const struct fdb_entry entry = {
			.key = __atomic_load_n(&fdb->entries[i].key, __ATOMIC_ACQUIRE),
			.seen = __atomic_load_n(&fdb->entries[i].seen, __ATOMIC_RELAXED),
			.port = __atomic_load_n(&fdb->entries[i].port, __ATOMIC_RELAXED),
		};

		if (takes(filter, &entry))
			visit(&entry, arg);
	}
}
