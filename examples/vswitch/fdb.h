/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fdb.h - the forwarding database: which port a MAC address of a VLAN is behind.
 *
 * An rte_hash finds the position of an address, an array says the rest by position. Workers look up
 * without a lock, through a small cache of positions of their own; they learn under a lock that
 * they never wait for. Addresses leave only in the control thread (fdb_age(), fdb_flush()), and a
 * position is given to another address only after every worker has let go of it.
 *
 * What guests send decides what is learned, so everything is bounded: the table, the share of one
 * port, and the time that an address takes (jhash with a random seed, no chains).
 */
#ifndef VS_FDB_H
#define VS_FDB_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_hash.h>
#include <rte_spinlock.h>

/** Ports have numbers below this, those of ethdev. */
#define VS_PORTS_MAX RTE_MAX_ETHPORTS

#define FDB_CACHE_BITS 12

/** No position. */
#define FDB_NONE UINT32_MAX

/** A MAC address (its bytes as a little-endian number) and its VLAN; 0 is none. */
typedef uint64_t fdb_key_t;

#define FDB_MAC_MASK UINT64_C(0xffffffffffff)

/** What is known of an address. Shared by all threads: fields are read and written atomically. */
struct fdb_entry {
	fdb_key_t key; /**< 0: nobody's position */
	uint32_t seen; /**< when a frame last came from it, in ms of the switch's clock */
	uint16_t port;
	uint16_t reserved;
};

/** Where a worker last found addresses. A position is worth nothing until its key was compared. */
struct fdb_cache {
	uint32_t position[1 << FDB_CACHE_BITS];
};

/** Wishes for a table. */
struct fdb_config {
	uint32_t capacity;   /**< addresses altogether */
	uint32_t port_share; /**< addresses behind one port */
	uint32_t age_ms;     /**< an address not seen for so long is forgotten; 0: never */
	/** Returns when no worker uses what it has looked up before; NULL where there are none. */
	void (*quiesce)(void *arg);
	void *quiesce_arg;
};

/** The table. */
struct fdb {
	struct fdb_entry *entries; /**< by position */
	struct rte_hash *hash;
	uint32_t positions;
	struct fdb_config config;
	rte_spinlock_t lock; /**< for changes of the hash and the counts */
	uint32_t used;
	uint32_t share[VS_PORTS_MAX];
	uint64_t moved;   /**< addresses that came to another port */
	uint64_t refused; /**< times an address was not learned for lack of room */
};

/** What became of an address, see fdb_learn(). */
enum fdb_learned {
	FDB_KNOWN,   /**< it was there */
	FDB_NEW,     /**< it is there now */
	FDB_MOVED,   /**< it was behind another port */
	FDB_FULL,    /**< no room, altogether or for this port */
	FDB_BUSY,    /**< somebody else changes the table; the next frame will do */
};

/** Which addresses are meant; see fdb_flush(). */
struct fdb_filter {
	int port; /**< -1: any */
	int vlan; /**< -1: any */
};

/** Called for each address; entry is a copy. */
typedef void (*fdb_visit_t)(const struct fdb_entry *entry, void *arg);

static inline fdb_key_t
fdb_key(uint64_t mac, uint16_t vlan)
{
	return (mac & FDB_MAC_MASK) | (uint64_t)vlan << 48;
}

static inline uint16_t
fdb_key_vlan(fdb_key_t key)
{
	return (uint16_t)(key >> 48);
}

/** Make a table in memory of EAL. @return NULL: rte_errno says why */
struct fdb *fdb_create(const struct fdb_config *config);

/** NULL is fine. */
void fdb_destroy(struct fdb *fdb);

/** Slow way to a position: the hash. Any thread that quiesce() waits for. */
uint32_t fdb_find(const struct fdb *fdb, fdb_key_t key);

/**
 * Find many, RTE_HASH_LOOKUP_BULK_MAX at most, and remember them in the cache.
 * @param position for each key its position or FDB_NONE
 */
void fdb_find_missing(const struct fdb *fdb, struct fdb_cache *cache, const fdb_key_t *const *keys,
		      uint32_t n, uint32_t *position);

/** A frame with this source came from @p port. Any thread. */
enum fdb_learned fdb_learn(struct fdb *fdb, fdb_key_t key, uint16_t port, uint32_t now_ms);

/** Forget what was not seen for too long. Control thread. @return how many */
uint32_t fdb_age(struct fdb *fdb, uint32_t now_ms);

/** Forget what the filter takes. Control thread. @return how many */
uint32_t fdb_flush(struct fdb *fdb, const struct fdb_filter *filter);

/** Show what the filter takes. Control thread. */
void fdb_each(const struct fdb *fdb, const struct fdb_filter *filter, fdb_visit_t visit, void *arg);

static inline uint32_t
fdb_cache_slot(fdb_key_t key)
{
	return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - FDB_CACHE_BITS));
}

/** The position of a key if the cache has it, else FDB_NONE. */
static __rte_always_inline uint32_t
fdb_find_cached(const struct fdb *fdb, const struct fdb_cache *cache, fdb_key_t key)
{
	const uint32_t position = cache->position[fdb_cache_slot(key)];

	/* Acquire: the port is of this key or of none, see fdb.c on positions that change hands. */
	if (likely(__atomic_load_n(&fdb->entries[position].key, __ATOMIC_ACQUIRE) == key))
		return position;
	return FDB_NONE;
}

/** The port that the address at a position is behind. */
static __rte_always_inline uint16_t
fdb_port(const struct fdb *fdb, uint32_t position)
{
	return __atomic_load_n(&fdb->entries[position].port, __ATOMIC_RELAXED);
}

/**
 * A frame came from the address at a position.
 * @return false if there is more to do: fdb_learn()
 */
static __rte_always_inline bool
fdb_refresh(struct fdb *fdb, uint32_t position, uint16_t port, uint32_t now_ms)
{
	struct fdb_entry *entry = &fdb->entries[position];

	if (unlikely(__atomic_load_n(&entry->port, __ATOMIC_RELAXED) != port))
		return false;
	/* Written once a tick, so that the line is not torn between workers. */
	if (__atomic_load_n(&entry->seen, __ATOMIC_RELAXED) != now_ms)
		__atomic_store_n(&entry->seen, now_ms, __ATOMIC_RELAXED);
	return true;
}

#endif /* VS_FDB_H */
