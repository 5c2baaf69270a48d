/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * forward.c - see forward.h.
 *
 * A burst goes through four steps as a whole. classify() drops what no bridge passes on and cuts
 * the rest into runs of frames that go the same way: in traffic of few hosts a burst is one run, at
 * worst each frame is one. resolve() finds the positions of each run's addresses, the unknown ones
 * by one bulk lookup; learn() looks at the sources; dispatch() puts runs into the output of their
 * ports. Then each output goes out as one burst. Nothing waits for another burst, and a port that
 * takes no more loses its frames: a guest that stands still costs the others nothing.
 *
 * Frames are not copied. A flooded frame is one buffer with several mbufs (rte_pktmbuf_clone()),
 * but for ports where the tag differs, which get a copy to write to.
 */
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_pause.h>
#include <rte_prefetch.h>

#include "forward.h"

/* 01:80:c2:00:00:0x, and a mask for its last half byte, as little-endian numbers. */
#define RESERVED_MAC UINT64_C(0x000000c28001)
#define RESERVED_MASK UINT64_C(0xf0ffffffffff)
#define GROUP_BIT UINT64_C(1)

/** What tells where a frame goes. */
struct way {
	uint64_t to;   /**< destination; above it the first bytes of the source */
	uint64_t from; /**< source; above it what follows: a tag's or another EtherType */
	uint16_t tci;  /**< 0 without a tag */
	bool tagged;
};

/** Frames in a row that go the same way. */
struct run {
	uint16_t first; /**< in struct burst's frame[] */
	uint16_t count;
	uint16_t vlan;
	bool tagged;
	uint32_t bytes;
};

/** A burst between the steps. */
struct burst {
	uint32_t runs;
	uint32_t frames;
	struct rte_mbuf *frame[VS_BURST];
	struct run run[VS_BURST];
	fdb_key_t key[2 * VS_BURST]; /* of each run: destination, source */
	uint32_t position[2 * VS_BURST];
};

static_assert(2 * VS_BURST <= RTE_HASH_LOOKUP_BULK_MAX, "a burst's keys are one bulk lookup");

static inline uint64_t
load_le64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return rte_le_to_cpu_64(value);
}

static void
drop(struct vs_worker *w, struct rte_mbuf *m, uint16_t port, enum vs_drop why)
{
	w->counters[port].drop[why]++;
	if (w->bin_count == VS_BURST) {
		rte_pktmbuf_free_bulk(w->bin, w->bin_count);
		w->bin_count = 0;
	}
	w->bin[w->bin_count++] = m;
}

/** A frame that nobody else has, for writing; a copy where it has to be. Takes the frame. */
static struct rte_mbuf *
own(const struct vs_worker *w, struct rte_mbuf *m)
{
	struct rte_mbuf *copy;

	if (RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1)
		return m;
	copy = rte_pktmbuf_copy(m, w->sw->pool, 0, UINT32_MAX);
	rte_pktmbuf_free(m);
	return copy;
}

/** A tag that has a priority only gets the VLAN too: behind a trunk it has to be there. */
static __rte_noinline struct rte_mbuf *
name_vlan(const struct vs_worker *w, struct rte_mbuf *m, uint16_t vlan)
{
	m = own(w, m);
	if (m != NULL)
		*rte_pktmbuf_mtod_offset(m, rte_be16_t *, RTE_ETHER_HDR_LEN) |=
			rte_cpu_to_be_16(vlan);
	return m;
}

/** Read where a frame goes. @return negative, or why it goes nowhere */
static __rte_always_inline int
read_way(const struct vs_switch *sw, const struct rte_mbuf *m, struct way *way)
{
	const uint8_t *header = rte_pktmbuf_mtod(m, const uint8_t *);

	/* A driver fills a segment before it begins another: what is not in the first is not there.
	 */
	if (unlikely(rte_pktmbuf_data_len(m) < RTE_ETHER_HDR_LEN))
		return VS_DROP_RUNT;
	if (unlikely(rte_pktmbuf_pkt_len(m) > sw->max_frame))
		return VS_DROP_TOO_LONG;
	way->to = load_le64(header);
	way->from = load_le64(header + RTE_ETHER_ADDR_LEN);
	way->tci = 0;
	way->tagged = (uint16_t)(way->from >> 48) == rte_cpu_to_be_16(RTE_ETHER_TYPE_VLAN);
	if (unlikely(way->tagged)) {
		if (rte_pktmbuf_data_len(m) < RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)
			return VS_DROP_RUNT;
		memcpy(&way->tci, header + RTE_ETHER_HDR_LEN, sizeof(way->tci));
		way->tci = rte_be_to_cpu_16(way->tci);
	}
	return -1;
}

/** Begin a run with a frame that goes another way than the one before. @return as read_way() */
static __rte_always_inline int
begin_run(const struct vs_port *port, const struct way *way, struct burst *b)
{
	struct run *run = &b->run[b->runs];
	uint16_t vlan;

	if (unlikely((way->from & GROUP_BIT) != 0 || (way->from & FDB_MAC_MASK) == 0))
		return VS_DROP_BAD_SOURCE;
	if (unlikely((way->to & RESERVED_MASK) == RESERVED_MAC))
		return VS_DROP_RESERVED;
	vlan = vlan_ingress(&port->rules, way->tagged, way->tci);
	if (unlikely(vlan == VLAN_NONE))
		return VS_DROP_VLAN;
	run->first = b->frames;
	run->count = 0;
	run->bytes = 0;
	run->vlan = vlan;
	run->tagged = way->tagged;
	b->key[2 * b->runs] = fdb_key(way->to, vlan);
	b->key[2 * b->runs + 1] = fdb_key(way->from, vlan);
	b->runs++;
	return -1;
}

static __rte_always_inline void
classify(struct vs_worker *w, uint16_t in, struct rte_mbuf **frames, uint16_t n, struct burst *b)
{
	const struct vs_port *port = &w->sw->port[in];
	struct run nobody = { 0 };
	struct run *run = &nobody;
	struct way last = { 0 }; /* a frame has a source that is not 0 */
	uint64_t bytes = 0;

	b->runs = 0;
	b->frames = 0;
	/* librte_vhost has just copied the frames; elsewhere a device wrote them. */
	if (!port->vhost)
		for (uint16_t i = 0; i < n; i++)
			rte_prefetch0(rte_pktmbuf_mtod(frames[i], const void *));
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = frames[i];
		const uint32_t length = rte_pktmbuf_pkt_len(m);
		struct way way;
		int why = read_way(w->sw, m, &way);

		bytes += length;
		if (unlikely(why < 0 && ((way.to ^ last.to) | (way.from ^ last.from) |
					 (uint64_t)(way.tci ^ last.tci)) != 0)) {
			why = begin_run(port, &way, b);
			if (why < 0) {
				run = &b->run[b->runs - 1];
				last = way;
			}
		}
		if (unlikely(why < 0 && way.tagged && (way.tci & VLAN_ID_MASK) == VLAN_NONE)) {
			m = name_vlan(w, m, run->vlan);
			if (m == NULL) {
				w->counters[in].drop[VS_DROP_NO_MBUF]++;
				continue;
			}
		}
		if (unlikely(why >= 0)) {
			drop(w, m, in, why);
			continue;
		}
		b->frame[b->frames++] = m;
		run->count++;
		run->bytes += length;
	}
	w->counters[in].rx_packets += n;
	w->counters[in].rx_bytes += bytes;
}

/** The rare part of resolve(). */
static __rte_noinline void
resolve_missing(struct vs_worker *w, struct burst *b, const uint8_t *missing, uint32_t n)
{
	const fdb_key_t *key[2 * VS_BURST] = { NULL };
	uint32_t position[2 * VS_BURST];

	for (uint32_t i = 0; i < n; i++)
		key[i] = &b->key[missing[i]];
	fdb_find_missing(w->sw->fdb, &w->cache, key, n, position);
	for (uint32_t i = 0; i < n; i++)
		b->position[missing[i]] = position[i];
}

/** Positions of all keys. */
static __rte_always_inline void
resolve(struct vs_worker *w, struct burst *b)
{
	uint8_t missing[2 * VS_BURST];
	uint32_t n = 0;

	for (uint32_t i = 0; i < 2 * b->runs; i++) {
		const fdb_key_t key = b->key[i];

		b->position[i] = fdb_find_cached(w->sw->fdb, &w->cache, key);
		/* A group has no position. */
		if (unlikely(b->position[i] == FDB_NONE) && (key & GROUP_BIT) == 0)
			missing[n++] = i;
	}
	if (unlikely(n > 0))
		resolve_missing(w, b, missing, n);
}

static __rte_always_inline void
learn(struct vs_worker *w, uint16_t in, const struct burst *b, uint32_t now_ms)
{
	struct fdb *fdb = w->sw->fdb;

	for (uint32_t i = 0; i < b->runs; i++) {
		const uint32_t position = b->position[2 * i + 1];

		if (unlikely(position == FDB_NONE || !fdb_refresh(fdb, position, in, now_ms)))
			fdb_learn(fdb, b->key[2 * i + 1], in, now_ms);
	}
}

static __rte_always_inline struct vs_out *
touch(struct vs_worker *w, uint16_t port)
{
	struct vs_out *out = &w->out[port];

	if (out->count == 0)
		w->touched_port[w->touched++] = port;
	return out;
}

static void
put(struct vs_worker *w, uint16_t port, struct rte_mbuf *m)
{
	struct vs_out *out = touch(w, port);

	/* Never more than a burst: each frame of one goes to a port once. */
	out->frames[out->count++] = m;
	out->bytes += rte_pktmbuf_pkt_len(m);
}

static __rte_always_inline void
put_run(struct vs_worker *w, uint16_t port, struct rte_mbuf **frames, const struct run *run)
{
	struct vs_out *out = touch(w, port);
	struct rte_mbuf **to = &out->frames[out->count];

	for (uint32_t i = 0; i < run->count; i++)
		to[i] = frames[i];
	out->count += run->count;
	out->bytes += run->bytes;
}

/** A frame for a port that wants it with a tag, or without. Takes the frame. */
static void
put_changed(struct vs_worker *w, uint16_t port, struct rte_mbuf *m, uint16_t vlan, bool tag)
{
	m = own(w, m);
	if (m == NULL) {
		w->counters[port].drop[VS_DROP_NO_MBUF]++;
		return;
	}
	if (vlan_retag(m, tag, vlan) != 0) {
		drop(w, m, port, VS_DROP_NO_MBUF);
		return;
	}
	put(w, port, m);
}

/** A frame to all ports of a set, which is not empty. Takes the frame. */
static void
flood_one(struct vs_worker *w, struct rte_mbuf *m, uint64_t to, const struct run *run)
{
	while (to != 0) {
		const uint16_t port = __builtin_ctzll(to);
		const bool tag = w->sw->port[port].native != run->vlan;
		struct rte_mbuf *mine = m;

		to &= to - 1;
		if (to != 0)
			mine = rte_pktmbuf_clone(m, w->sw->pool);
		if (unlikely(mine == NULL))
			w->counters[port].drop[VS_DROP_NO_MBUF]++;
		else if (tag != run->tagged)
			put_changed(w, port, mine, run->vlan, tag);
		else
			put(w, port, mine);
	}
}

/** To all ports of the VLAN but one. */
static __rte_noinline void
flood(struct vs_worker *w, uint16_t in, struct rte_mbuf **frames, const struct run *run)
{
	const uint64_t to = vlan_members(&w->sw->vlans, run->vlan) & ~(UINT64_C(1) << in);

	for (uint32_t i = 0; i < run->count; i++) {
		if (to != 0)
			flood_one(w, frames[i], to, run);
		else
			drop(w, frames[i], in, VS_DROP_NO_PORT);
	}
	if (to != 0)
		w->counters[in].flooded += run->count;
}

static __rte_noinline void
drop_run(struct vs_worker *w, uint16_t in, struct rte_mbuf **frames, const struct run *run,
	 enum vs_drop why)
{
	for (uint32_t i = 0; i < run->count; i++)
		drop(w, frames[i], in, why);
}

static __rte_noinline void
put_run_changed(struct vs_worker *w, uint16_t port, struct rte_mbuf **frames,
		const struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++)
		put_changed(w, port, frames[i], run->vlan, !run->tagged);
}

static __rte_always_inline void
dispatch(struct vs_worker *w, uint16_t in, struct burst *b)
{
	const struct vs_switch *sw = w->sw;

	for (uint32_t i = 0; i < b->runs; i++) {
		const uint32_t position = b->position[2 * i];
		const struct run *run = &b->run[i];
		struct rte_mbuf **frames = &b->frame[run->first];
		uint16_t port;

		if (unlikely(run->count == 0))
			continue; /* name_vlan() found no mbuf */
		if (unlikely(position == FDB_NONE)) {
			flood(w, in, frames, run);
			continue;
		}
		port = fdb_port(sw->fdb, position);
		if (unlikely(port == in))
			drop_run(w, in, frames, run, VS_DROP_SAME_PORT);
		else if (unlikely(!(vlan_members(&sw->vlans, run->vlan) >> port & 1)))
			drop_run(w, in, frames, run, VS_DROP_NO_PORT);
		else if (unlikely((sw->port[port].native != run->vlan) != run->tagged))
			put_run_changed(w, port, frames, run);
		else
			put_run(w, port, frames, run);
	}
}

static __rte_always_inline void
send_out(struct vs_worker *w, uint16_t number)
{
	struct vs_port *port = &w->sw->port[number];
	struct vs_counters *counters = &w->counters[number];
	struct vs_out *out = &w->out[number];
	const uint16_t queue = __atomic_load_n(&port->tx_queue[w->number], __ATOMIC_RELAXED);
	uint32_t bytes = out->bytes;
	uint16_t sent;

	if (port->tx_locked)
		rte_spinlock_lock(&port->tx[queue].lock);
	sent = rte_eth_tx_burst(number, queue, out->frames, out->count);
	if (port->tx_locked)
		rte_spinlock_unlock(&port->tx[queue].lock);
	if (unlikely(sent < out->count)) {
		for (uint32_t i = sent; i < out->count; i++)
			bytes -= rte_pktmbuf_pkt_len(out->frames[i]);
		rte_pktmbuf_free_bulk(&out->frames[sent], out->count - sent);
		counters->drop[VS_DROP_TX_FULL] += out->count - sent;
	}
	counters->tx_packets += sent;
	counters->tx_bytes += bytes;
	out->count = 0;
	out->bytes = 0;
}

void
forward_burst(struct vs_worker *w, uint16_t in, struct rte_mbuf **frames, uint16_t n)
{
	struct burst b;

	classify(w, in, frames, n, &b);
	resolve(w, &b);
	learn(w, in, &b, __atomic_load_n(&w->sw->clock_ms, __ATOMIC_RELAXED));
	dispatch(w, in, &b);
	for (uint32_t i = 0; i < w->touched; i++)
		send_out(w, w->touched_port[i]);
	w->touched = 0;
	if (unlikely(w->bin_count > 0)) {
		rte_pktmbuf_free_bulk(w->bin, w->bin_count);
		w->bin_count = 0;
	}
}

int
forward_loop(void *arg)
{
	struct vs_worker *w = arg;
	struct rte_rcu_qsbr *rcu = w->sw->rcu;
	struct rte_mbuf *frames[VS_BURST];

	rte_rcu_qsbr_thread_online(rcu, w->number);
	while (!__atomic_load_n(&w->sw->stop, __ATOMIC_RELAXED)) {
		const struct vs_poll *poll = __atomic_load_n(&w->poll, __ATOMIC_ACQUIRE);
		uint32_t moved = 0;

		for (uint32_t i = 0; i < poll->count; i++) {
			const struct vs_source *source = &poll->source[i];
			const uint16_t n = rte_eth_rx_burst(source->port, source->queue, frames,
							    VS_BURST);

			if (n == 0)
				continue;
			forward_burst(w, source->port, frames, n);
			moved += n;
		}
		rte_rcu_qsbr_quiescent(rcu, w->number);
		if (moved == 0)
			rte_pause();
	}
	rte_rcu_qsbr_thread_offline(rcu, w->number);
	return 0;
}
