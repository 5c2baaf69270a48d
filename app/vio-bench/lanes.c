/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/*
 * The two cores of the loop mode. The device's core is the main lcore and keeps the time; the
 * driver's core follows the phase. Senders stop first, receivers go on until nothing is on its way.
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "bench.h"
#include "fault.h"
#include "lanes.h"

#define WARMUP_SECONDS 0.1
#define DRAIN_SECONDS 5  /* A core of a busy machine may be away for long. */
#define DRAIN_TURNS 10000
#define WATCH_SECONDS 30
#define FAULT_AFTER 1000  /* Packets before the fault that was ordered. */
#define LATE_BURSTS 4     /* A sender further behind than this forgives the debt. */

enum phase {
	PHASE_RUN,
	PHASE_DRAIN,
	PHASE_STOP,
};

/* Counters that the other core reads are written once a burst, with count_add(). */
struct sender {
	double per_cycle;      /* Frames a TSC cycle, 0 when not paced. */
	uint64_t start;        /* TSC of the schedule's beginning. */
	int64_t scheduled;     /* Frames offered since start. */
	uint64_t sequence;
	unsigned int ready;    /* Frames laid out and not sent. */
	bool fault_done;       /* The fault that was ordered has been made, */
	bool fault_sent;       /* in frames that the ring took. */
	uint64_t offered;
	uint64_t sent;
	uint64_t refused;
	struct rte_mbuf *frame[OPTIONS_BURST_MAX * OPTIONS_SEGMENTS_MAX];
} __rte_cache_aligned;

struct receiver {
	uint64_t received;
	bool fault_done;
	struct frame_check check;
	struct stats_hist latency;
} __rte_cache_aligned;

struct lanes {
	const struct bench_config *config;
	const struct bench_point *point;
	struct port *port;
	enum bench_direction direction;
	enum phase phase;
	struct sender sender;
	struct receiver receiver;
	uint64_t forward_dropped __rte_cache_aligned;
	uint64_t polls;        /* Turns of the driver's core. */
	int sender_stopped;
};

/* Two cores' worth of counters, histogram and window are too much for a stack. */
static struct lanes lanes;

static inline void
count_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static inline uint64_t
count_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static inline enum phase
phase_read(void)
{
	return (enum phase)__atomic_load_n(&lanes.phase, __ATOMIC_ACQUIRE);
}

static inline void
phase_set(enum phase phase)
{
	__atomic_store_n(&lanes.phase, phase, __ATOMIC_RELEASE);
}

/* How many frames the schedule wants now. */
static inline uint16_t
sender_due(struct sender *s, uint16_t burst)
{
	int64_t due;
	uint64_t now;

	if (s->per_cycle == 0)
		return burst;
	now = rte_rdtsc();
	due = (int64_t)((double)(now - s->start) * s->per_cycle) - s->scheduled;
	if (due <= 0)
		return 0;
	if (due > LATE_BURSTS * burst) {
		/* The core was away. A flood afterwards would be the sender's fault. */
		s->start = now;
		s->scheduled = 0;
		due = 1;
	}
	due = RTE_MIN(due, (int64_t)burst);
	s->scheduled += due;
	return (uint16_t)due;
}

/* Number, stamp and, once, spoil the frames that are sent next. */
static inline void
sender_fill(struct sender *s, struct rte_mbuf **frames, uint16_t count)
{
	const struct bench_config *config = lanes.config;
	uint64_t now;
	uint16_t i;

	if (config->verify)
		for (i = 0; i < count; i++)
			frame_write(frames[i], (uint16_t)lanes.direction, s->sequence + i);
	if (config->fault != FAULT_NONE && !s->fault_done && s->sent > FAULT_AFTER)
		s->fault_done = fault_frames(config->fault, frames, count,
			(uint16_t)lanes.direction, s->sequence);
	if (config->latency) {
		now = rte_rdtsc();
		for (i = 0; i < count; i++)
			frame_stamp(frames[i], now);
	}
}

static inline void
receiver_take(struct receiver *r, struct rte_mbuf **frames, uint16_t count)
{
	const struct bench_config *config = lanes.config;
	uint16_t first = 0, keep = 0;
	uint64_t now, stamp;
	uint16_t i;

	if (count == 0)
		return;
	if (config->fault != FAULT_NONE && !r->fault_done && r->received > FAULT_AFTER) {
		r->fault_done = true;
		first = config->fault == FAULT_DROP;
		keep = config->fault == FAULT_LEAK;
	}
	if (config->latency && phase_read() == PHASE_RUN) {
		now = rte_rdtsc();
		for (i = 0; i < count; i++) {
			stamp = frame_read_stamp(frames[i]);
			stats_hist_add(&r->latency, now > stamp ? now - stamp : 0);
		}
	}
	if (config->verify)
		for (i = first; i < count; i++)
			frame_verify(&r->check, frames[i], lanes.point->frame_len);
	rte_pktmbuf_free_bulk(frames, count - keep);
	count_add(&r->received, count - first);
}

/* The device as sender. The mbufs are used again: librte_vhost copies. */
static inline void
device_send(struct sender *s)
{
	uint16_t due = sender_due(s, lanes.point->burst);
	uint16_t sent, i;

	if (due == 0)
		return;
	if (lanes.config->fault == FAULT_TRUNCATE)
		for (i = 0; i < due; i++)
			frame_shape(&s->frame[i], 1, lanes.point->frame_len);
	sender_fill(s, s->frame, due);
	sent = device_enqueue(lanes.port->device, s->frame, due);
	s->sequence += sent;
	/* Frames that the ring refused are made anew, without the fault. */
	if (sent < due && s->fault_done)
		s->fault_done = s->fault_sent;
	s->fault_sent = s->fault_done;
	count_add(&s->offered, due);
	count_add(&s->sent, sent);
	/* Unpaced, a full ring only slows the sender down: the same frames come again. */
	if (s->per_cycle != 0)
		count_add(&s->refused, due - sent);
}

static inline void
driver_send(struct sender *s)
{
	uint16_t segments = lanes.point->segments;
	uint16_t due = sender_due(s, lanes.point->burst);
	struct rte_mbuf **fresh = s->frame + s->ready;
	uint16_t missing, sent, i;

	missing = due > s->ready ? due - s->ready : 0;
	if (missing > 0) {
		if (rte_pktmbuf_alloc_bulk(lanes.port->tx_pool, fresh, missing * segments) != 0)
			return;
		for (i = 0; i < missing; i++) {
			frame_shape(fresh + i * segments, segments, lanes.point->frame_len);
			fresh[i] = fresh[i * segments];
			frame_ask(fresh[i], lanes.port->frame_flags);
			frame_write_header(fresh[i]);
		}
		sender_fill(s, fresh, missing);
		s->sequence += missing;
		s->ready += missing;
	}
	if (due == 0)
		return;
	sent = rte_eth_tx_burst(lanes.port->id, 0, s->frame, due);
	count_add(&s->offered, due);
	count_add(&s->sent, sent);
	s->ready -= sent;
	if (s->per_cycle != 0) {
		rte_pktmbuf_free_bulk(s->frame + sent, s->ready);
		count_add(&s->refused, s->ready);
		s->ready = 0;
	} else if (sent > 0 && s->ready > 0) {
		memmove(s->frame, s->frame + sent, s->ready * sizeof(s->frame[0]));
	}
}

static inline void
driver_forward(struct rte_mbuf **frames)
{
	uint16_t count = rte_eth_rx_burst(lanes.port->id, 0, frames, lanes.point->burst);
	uint16_t sent;

	if (count == 0)
		return;
	sent = rte_eth_tx_burst(lanes.port->id, 0, frames, count);
	if (sent < count) {
		rte_pktmbuf_free_bulk(frames + sent, count - sent);
		count_add(&lanes.forward_dropped, count - sent);
	}
}

static int
driver_lane(void *unused)
{
	struct rte_mbuf *frames[OPTIONS_BURST_MAX];
	uint16_t burst = lanes.point->burst;
	enum phase phase;

	(void)unused;
	while ((phase = phase_read()) != PHASE_STOP) {
		count_add(&lanes.polls, 1);
		switch (lanes.direction) {
		case DIR_RX:
			receiver_take(&lanes.receiver, frames,
				rte_eth_rx_burst(lanes.port->id, 0, frames, burst));
			break;
		case DIR_TX:
			if (phase == PHASE_RUN)
				driver_send(&lanes.sender);
			else
				__atomic_store_n(&lanes.sender_stopped, 1, __ATOMIC_RELEASE);
			break;
		case DIR_FORWARD:
			driver_forward(frames);
			break;
		}
	}
	/* What was laid out and never sent. */
	if (lanes.direction == DIR_TX)
		rte_pktmbuf_free_bulk(lanes.sender.frame, lanes.sender.ready);
	return 0;
}

/* One turn of the device's core. */
static inline void
device_turn(bool sending)
{
	struct rte_mbuf *frames[OPTIONS_BURST_MAX];

	if (lanes.direction != DIR_TX && sending)
		device_send(&lanes.sender);
	if (lanes.direction != DIR_RX)
		receiver_take(&lanes.receiver, frames,
			device_dequeue(lanes.port->device, frames, lanes.point->burst));
}

static uint64_t
on_the_way(void)
{
	uint64_t gone = count_read(&lanes.receiver.received) + count_read(&lanes.forward_dropped);
	uint64_t sent = count_read(&lanes.sender.sent);

	return sent > gone ? sent - gone : 0;
}

static void
run_for(double seconds)
{
	uint64_t end = rte_rdtsc() + (uint64_t)(seconds * (double)rte_get_tsc_hz());

	while (rte_rdtsc() < end && !bench_stopped())
		device_turn(true);
}

static void
drain(void)
{
	uint64_t end = rte_rdtsc() + (uint64_t)(DRAIN_SECONDS * (double)rte_get_tsc_hz());
	bool stopped = lanes.direction != DIR_TX;
	uint64_t left = UINT64_MAX;
	uint64_t polls = 0, turns = 0;

	phase_set(PHASE_DRAIN);
	/* Lost is what many turns of the driver's core and then many of this one do not find. */
	while (rte_rdtsc() < end && (!stopped || left > 0) && turns < DRAIN_TURNS) {
		stopped = stopped || __atomic_load_n(&lanes.sender_stopped, __ATOMIC_ACQUIRE);
		device_turn(false);
		if (!stopped || on_the_way() != left) {
			left = on_the_way();
			polls = count_read(&lanes.polls);
			turns = 0;
		} else if (count_read(&lanes.polls) - polls > DRAIN_TURNS) {
			turns++;
		}
	}
}

static int
prepare(const struct bench_config *config, const struct bench_point *point, struct port *port,
	enum bench_direction direction, double rate)
{
	uint16_t i;

	memset(&lanes, 0, sizeof(lanes));
	lanes.config = config;
	lanes.point = point;
	lanes.port = port;
	lanes.direction = direction;
	lanes.sender.per_cycle = rate / (double)rte_get_tsc_hz();
	stats_hist_reset(&lanes.receiver.latency);
	frame_check_init(&lanes.receiver.check, (uint16_t)direction,
		direction == DIR_RX ? port->id : UINT16_MAX, 0);
	if (direction == DIR_TX)
		return 0;
	if (rte_pktmbuf_alloc_bulk(port->device_pool, lanes.sender.frame, point->burst) != 0) {
		bench_error("the device's pool has no %u mbufs", point->burst);
		return -ENOMEM;
	}
	for (i = 0; i < point->burst; i++) {
		frame_shape(&lanes.sender.frame[i], 1, point->frame_len);
		frame_write(lanes.sender.frame[i], (uint16_t)direction, 0);
	}
	return 0;
}

static void
collect(struct lanes_result *out)
{
	out->sent = lanes.sender.sent;
	out->received = lanes.receiver.received;
	out->dropped = lanes.sender.refused + lanes.forward_dropped;
	out->lost = on_the_way();
	out->check = lanes.receiver.check;
	/* Frames that a full ring refused leave gaps in the numbers; `lost` knows better. */
	out->check.lost = out->lost;
	out->latency = lanes.receiver.latency;
}

int
lanes_run(const struct bench_config *config, const struct bench_point *point, struct port *port,
	enum bench_direction direction, double rate, double seconds, struct lanes_result *out)
{
	unsigned int worker = rte_get_next_lcore(rte_lcore_id(), 1, 0);
	uint64_t received, offered, begin;
	double took;

	if (worker == RTE_MAX_LCORE) {
		bench_error("the loop mode needs two lcores (--lcores)");
		return -ENODEV;
	}
	if (prepare(config, point, port, direction, rate) != 0)
		return -ENOMEM;
	bench_watch_begin(WATCH_SECONDS + (unsigned int)seconds, "a loop over two cores");
	lanes.sender.start = rte_rdtsc();
	if (rte_eal_remote_launch(driver_lane, NULL, worker) != 0) {
		bench_error("lcore %u does not start", worker);
		bench_watch_end();
		return -EBUSY;
	}
	run_for(WARMUP_SECONDS);
	begin = rte_rdtsc();
	received = count_read(&lanes.receiver.received);
	offered = count_read(&lanes.sender.offered);
	run_for(seconds);
	took = (double)(rte_rdtsc() - begin) / (double)rte_get_tsc_hz();
	out->rate = (double)(count_read(&lanes.receiver.received) - received) / took;
	out->offered = (double)(count_read(&lanes.sender.offered) - offered) / took;
	drain();
	phase_set(PHASE_STOP);
	rte_eal_wait_lcore(worker);
	bench_watch_end();
	collect(out);
	if (direction != DIR_TX)
		rte_pktmbuf_free_bulk(lanes.sender.frame, point->burst);
	return bench_stopped() ? -EINTR : 0;
}
