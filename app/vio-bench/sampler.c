/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The timed bursts, and everything about them that is not timed. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "fault.h"
#include "sampler.h"
#include "timer.h"

#define STARVED_GROUPS 3
#define DRAIN_TRIES 64

unsigned int
sampler_frames(const struct bench_config *config, const struct bench_point *point)
{
	return options_window(config, point) * point->burst;
}

static void
release(struct sampler *s)
{
	if (s->ready != NULL)
		rte_pktmbuf_free_bulk(s->ready, s->ready_count);
	free(s->ready);
	free(s->moved);
	s->ready = NULL;
	s->moved = NULL;
}

int
sampler_init(struct sampler *s, const struct bench_config *config, const struct bench_point *point,
	struct port *port, enum bench_direction direction, double overhead)
{
	unsigned int i;

	memset(s, 0, sizeof(*s));
	s->config = config;
	s->point = point;
	s->port = port;
	s->direction = direction;
	s->overhead = overhead;
	s->window = options_window(config, point);
	s->windows = options_windows(config, point);
	s->capacity = sampler_frames(config, point);
	s->ready = calloc(s->capacity * point->segments, sizeof(*s->ready));
	s->moved = calloc(s->capacity, sizeof(*s->moved));
	if (s->ready == NULL || s->moved == NULL) {
		bench_error("no memory for %u frames", s->capacity);
		release(s);
		return -ENOMEM;
	}
	frame_check_init(&s->check, direction, direction == DIR_RX ? port->id : UINT16_MAX, 0);
	if (direction == DIR_TX)
		return 0;
	/* librte_vhost copies, so the device sends the same mbufs again and again. */
	if (rte_pktmbuf_alloc_bulk(port->device_pool, s->ready, s->capacity) != 0) {
		bench_error("the device's pool has no %u mbufs", s->capacity);
		release(s);
		return -ENOMEM;
	}
	s->ready_count = s->capacity;
	for (i = 0; i < s->capacity; i++) {
		frame_shape(&s->ready[i], 1, point->frame_len);
		frame_write(s->ready[i], (uint16_t)direction, 0);
	}
	return 0;
}

/* Give the frames their numbers, and spoil one, once, when packets flow. */
static void
number_frames(struct sampler *s, struct rte_mbuf **frames, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (s->direction == DIR_RX)
			frame_shape(&frames[i], 1, s->point->frame_len);
		frame_write(frames[i], (uint16_t)s->direction, s->sequence + i);
	}
	if (s->config->fault != FAULT_NONE && !s->fault_done && s->packets > s->capacity)
		s->fault_done = fault_frames(s->config->fault, frames, count,
			(uint16_t)s->direction, s->sequence);
}

/* Look at the frames that came out and give them back. */
static void
consume(struct sampler *s, unsigned int count)
{
	bool fault_now = !s->fault_done && count > 0 && s->packets > s->capacity;
	unsigned int i = 0;

	if (fault_now && s->config->fault == FAULT_DROP) {
		s->fault_done = true;
		i = 1;
	}
	if (s->config->verify)
		for (; i < count; i++)
			frame_verify(&s->check, s->moved[i], s->point->frame_len);
	if (fault_now && s->config->fault == FAULT_LEAK) {
		s->fault_done = true;
		count--;
	}
	rte_pktmbuf_free_bulk(s->moved, count);
}

static void
rx_window(struct sampler *s)
{
	unsigned int wanted = s->capacity - s->outstanding;
	unsigned int got = 0;
	uint16_t port = s->port->id;
	uint16_t burst = s->point->burst;
	uint64_t begin, end;
	unsigned int i, sent;

	if (s->config->verify)
		number_frames(s, s->ready, wanted);
	sent = device_enqueue(s->port->device, s->ready, (uint16_t)wanted);
	s->sequence += sent;
	s->outstanding += sent;

	begin = timer_begin();
	for (i = 0; i < s->window; i++)
		got += rte_eth_rx_burst(port, 0, s->moved + got, burst);
	end = timer_end();

	s->cycles += end - begin;
	s->moved_in_group += got;
	s->outstanding -= got;
	s->short_bursts += got < s->capacity;
	consume(s, got);
}

/* Frames from the driver's pool until a window is full, laid out as an application would. */
static bool
tx_prepare(struct sampler *s)
{
	unsigned int missing = s->capacity - s->ready_count;
	uint16_t segments = s->point->segments;
	struct rte_mbuf **fresh = s->ready + s->ready_count;
	unsigned int i;

	if (missing == 0)
		return true;
	if (rte_pktmbuf_alloc_bulk(s->port->tx_pool, fresh, missing * segments) != 0)
		return false;
	for (i = 0; i < missing; i++) {
		/* Chains were allocated side by side; only their heads stay in the array. */
		frame_shape(fresh + i * segments, segments, s->point->frame_len);
		fresh[i] = fresh[i * segments];
		frame_ask(fresh[i], s->port->frame_flags);
		if (!s->config->verify)
			frame_write_header(fresh[i]);
	}
	if (s->config->verify)
		number_frames(s, fresh, missing);
	s->sequence += missing;
	s->ready_count = s->capacity;
	return true;
}

static void
tx_window(struct sampler *s)
{
	uint16_t port = s->port->id;
	uint16_t burst = s->point->burst;
	unsigned int sent = 0;
	uint64_t begin, end;
	unsigned int i, got;

	if (!tx_prepare(s))
		return;

	begin = timer_begin();
	for (i = 0; i < s->window; i++)
		sent += rte_eth_tx_burst(port, 0, s->ready + sent, burst);
	end = timer_end();

	s->cycles += end - begin;
	s->moved_in_group += sent;
	s->outstanding += sent;
	s->short_bursts += sent < s->capacity;
	s->ready_count -= sent;
	memmove(s->ready, s->ready + sent, s->ready_count * sizeof(*s->ready));
	got = device_dequeue(s->port->device, s->moved,
		(uint16_t)RTE_MIN(s->outstanding, s->capacity));
	s->outstanding -= got;
	consume(s, got);
}

double
sampler_group(struct sampler *s)
{
	unsigned int i;
	double cycles;

	s->cycles = 0;
	s->moved_in_group = 0;
	for (i = 0; i < s->windows; i++) {
		if (s->direction == DIR_RX)
			rx_window(s);
		else
			tx_window(s);
	}
	s->packets += s->moved_in_group;
	if (s->moved_in_group == 0) {
		s->empty_groups++;
		return -1;
	}
	s->empty_groups = 0;
	cycles = (double)s->cycles - s->windows * s->overhead;
	return RTE_MAX(0.0, cycles) / (double)s->moved_in_group;
}

bool
sampler_starved(const struct sampler *s)
{
	return s->empty_groups >= STARVED_GROUPS;
}

void
sampler_finish(struct sampler *s)
{
	unsigned int tries, got;

	if (s->ready == NULL)
		return;
	for (tries = 0; tries < DRAIN_TRIES && s->outstanding > 0; tries++) {
		if (s->direction == DIR_RX)
			got = rte_eth_rx_burst(s->port->id, 0, s->moved,
				(uint16_t)RTE_MIN(s->capacity, 32u));
		else
			got = device_dequeue(s->port->device, s->moved,
				(uint16_t)RTE_MIN(s->outstanding, s->capacity));
		s->outstanding -= RTE_MIN(got, s->outstanding);
		consume(s, got);
	}
	/* A driver that needs longer bursts than were asked for has not lost anything. */
	if (!sampler_starved(s))
		s->check.lost += s->outstanding;
	release(s);
}
