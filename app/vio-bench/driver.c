/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/*
 * The driver mode: rounds of A and B at every point of the sweeps.
 *
 * Where in memory a port's rings and mbufs happen to lie can make one of two equal ports several
 * per cent quicker. So each point is measured with ports that are created anew a few times, the
 * order of creation swapped every time, and the samples of all of them go into one result.
 */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "driver.h"
#include "layout.h"
#include "report.h"
#include "sampler.h"

/* Samples of both sides, and the ratio of each round. */
struct samples {
	double *cycles[2];
	size_t count[2];
	double *ratio;
	size_t ratios;
};

/* Two ports that are compared at one point. */
struct match {
	const struct bench_config *config;
	const struct bench_point *point;
	double overhead;
	unsigned int rounds;           /* Of one set of ports. */
	unsigned int groups;           /* Of one turn. */
	struct port port[2];
	struct sampler sampler[2];
	struct samples current;        /* The try that is going on. */
	struct samples quickest;       /* The best try with these ports. */
	struct samples all;            /* What went into the result. */
	bool layout_done;              /* --layout has been served at this point. */
};

static void
samples_free(struct samples *s)
{
	free(s->cycles[0]);
	free(s->cycles[1]);
	free(s->ratio);
}

static int
samples_alloc(struct samples *s, size_t groups, size_t rounds)
{
	s->cycles[0] = calloc(groups, sizeof(double));
	s->cycles[1] = calloc(groups, sizeof(double));
	s->ratio = calloc(rounds, sizeof(double));
	return s->cycles[0] != NULL && s->cycles[1] != NULL && s->ratio != NULL ? 0 : -ENOMEM;
}

static void
samples_clear(struct samples *s)
{
	s->count[0] = 0;
	s->count[1] = 0;
	s->ratios = 0;
}

static void
samples_append(struct samples *to, const struct samples *from)
{
	unsigned int side;

	for (side = 0; side < 2; side++) {
		memcpy(to->cycles[side] + to->count[side], from->cycles[side],
			from->count[side] * sizeof(double));
		to->count[side] += from->count[side];
	}
	memcpy(to->ratio + to->ratios, from->ratio, from->ratios * sizeof(double));
	to->ratios += from->ratios;
}

/* Sum of both medians; sorts. */
static double
samples_cost(struct samples *s)
{
	return stats_summarize(s->cycles[0], s->count[0]).p50 +
		stats_summarize(s->cycles[1], s->count[1]).p50;
}

/* Groups of one side in one turn; returns their median, or a negative number. */
static double
take_turn(struct match *m, unsigned int side)
{
	double *samples = m->current.cycles[side] + m->current.count[side];
	struct sampler *s = &m->sampler[side];
	size_t count = 0;
	unsigned int i;
	double value;

	for (i = 0; i < m->config->warmup && !sampler_starved(s) && !bench_stopped(); i++)
		sampler_group(s);
	for (i = 0; i < m->groups && !sampler_starved(s) && !bench_stopped(); i++) {
		value = sampler_group(s);
		if (value >= 0)
			samples[count++] = value;
	}
	if (count == 0)
		return -1;
	m->current.count[side] += count;
	return stats_summarize(samples, count).p50;
}

static void
take_try(struct match *m)
{
	unsigned int sides = m->config->sides;
	unsigned int round, turn, side;
	double median[2];

	samples_clear(&m->current);
	for (round = 0; round < m->rounds && !bench_stopped(); round++) {
		median[0] = median[1] = -1;
		/* A B, B A, A B: a drift of the machine falls on both. */
		for (turn = 0; turn < sides; turn++) {
			side = (turn + round) % sides;
			median[side] = take_turn(m, side);
		}
		if (sides == 2 && median[0] >= 0 && median[1] > 0 && !bench_stopped())
			m->current.ratio[m->current.ratios++] = median[0] / median[1];
	}
}

/* With the ports as they are, as often as asked for; the quickest try stays. */
static void
take_tries(struct match *m)
{
	struct samples swap;
	unsigned int i;

	samples_clear(&m->quickest);
	for (i = 0; i < m->config->tries && !bench_stopped(); i++) {
		take_try(m);
		if (i > 0 && samples_cost(&m->current) >= samples_cost(&m->quickest))
			continue;
		swap = m->quickest;
		m->quickest = m->current;
		m->current = swap;
	}
}

static void
fill_side(struct driver_side *out, const struct port *p, const struct sampler *s)
{
	snprintf(out->driver, sizeof(out->driver), "%s", p->driver);
	snprintf(out->mode, sizeof(out->mode), "%s",
		s->direction == DIR_RX ? p->rx_mode : p->tx_mode);
	out->fast_free = p->fast_free && s->direction == DIR_TX;
	out->features = p->features;
	out->starved |= sampler_starved(s);
	out->packets += s->packets;
	out->short_bursts += s->short_bursts;
	report_add_check(&out->check, &s->check);
}

static int
run_direction(struct match *m, enum bench_direction direction, struct driver_result *result)
{
	unsigned int side;
	int ret = 0;

	memset(m->sampler, 0, sizeof(m->sampler));
	for (side = 0; side < m->config->sides && ret == 0; side++)
		ret = sampler_init(&m->sampler[side], m->config, m->point, &m->port[side],
			direction, m->overhead);
	if (ret == 0)
		take_tries(m);
	for (side = 0; side < m->config->sides; side++) {
		sampler_finish(&m->sampler[side]);
		if (ret == 0)
			fill_side(&result->side[side], &m->port[side], &m->sampler[side]);
	}
	return ret;
}

static int
open_ports(struct match *m, unsigned int instance)
{
	unsigned int frames = sampler_frames(m->config, m->point);
	unsigned int sides = m->config->sides;
	unsigned int i, side;
	int ret = 0;

	memset(m->port, 0, sizeof(m->port));
	for (i = 0; i < sides && ret == 0; i++) {
		side = (i + instance) % sides;
		ret = port_open(&m->port[side], m->config, m->point, side, frames);
	}
	if (ret != 0 || !m->config->layout || m->layout_done)
		return ret;
	for (side = 0; side < sides; side++)
		layout_report(&m->port[side]);
	m->layout_done = true;
	return 0;
}

/*
 * The port that is created first often lies better. With A first in one set of ports and B first in
 * the next, the geometric mean of a round in each is free of that.
 */
static void
pair_ratios(const struct match *m, struct samples *s)
{
	unsigned int pairs = m->config->instances / 2;
	const double *first, *second;
	unsigned int i, round;

	if (pairs == 0 || s->ratios != (size_t)2 * pairs * m->rounds)
		return;
	for (i = 0; i < pairs; i++) {
		first = s->ratio + (size_t)2 * i * m->rounds;
		second = first + m->rounds;
		for (round = 0; round < m->rounds; round++)
			s->ratio[(size_t)i * m->rounds + round] =
				sqrt(first[round] * second[round]);
	}
	s->ratios = (size_t)pairs * m->rounds;
}

/* All of one direction: its ports are created as often as asked for. */
static int
measure(struct match *m, enum bench_direction direction, struct driver_result *result)
{
	unsigned int instance, side;
	int ret = 0;

	memset(result, 0, sizeof(*result));
	result->point = *m->point;
	result->direction = direction;
	result->sides = m->config->sides;
	samples_clear(&m->all);
	for (instance = 0; instance < m->config->instances && ret == 0; instance++) {
		bench_progress("%s %s, burst %u, %u bytes, ring %u: ports %u of %u",
			m->point->path != NULL ? m->point->path->name : "-",
			direction == DIR_RX ? "rx" : "tx", m->point->burst, m->point->frame_len,
			m->point->ring_size, instance + 1, m->config->instances);
		ret = open_ports(m, instance);
		if (ret == 0)
			ret = run_direction(m, direction, result);
		samples_append(&m->all, &m->quickest);
		for (side = 0; side < m->config->sides; side++)
			result->side[side].check.leaked += port_close(&m->port[side]);
		if (bench_stopped())
			return -EINTR;
	}
	for (side = 0; side < m->config->sides; side++)
		result->side[side].cycles = stats_summarize(m->all.cycles[side],
			m->all.count[side]);
	pair_ratios(m, &m->all);
	result->ratio = stats_summarize(m->all.ratio, m->all.ratios);
	return ret;
}

static int
judge(const struct driver_result *r)
{
	unsigned int i;

	for (i = 0; i < r->sides; i++)
		if (report_check_failed(&r->side[i].check))
			return BENCH_WRONG;
	/* What driver B cannot do is a finding; what A cannot do is a failure. */
	return r->side[0].starved ? BENCH_WRONG : BENCH_OK;
}

static int
run_point(struct match *m)
{
	static const enum bench_direction order[] = { DIR_RX, DIR_TX };
	struct driver_result result;
	unsigned int directions = m->config->directions;
	int status = BENCH_OK;
	unsigned int i;

	/* Segments are a matter of transmission. */
	if (m->point->segments > 1)
		directions &= DIR_TX;
	for (i = 0; i < RTE_DIM(order); i++) {
		if (!(directions & order[i]))
			continue;
		if (measure(m, order[i], &result) != 0)
			return bench_stopped() ? BENCH_INTERRUPTED : BENCH_CANNOT;
		report_driver(&result);
		status = RTE_MAX(status, judge(&result));
	}
	return status;
}

int
driver_run(const struct bench_config *config, double overhead)
{
	struct match m = { .config = config, .overhead = overhead };
	size_t groups, rounds;
	struct bench_point point;
	int status = BENCH_OK;
	unsigned int i;

	m.rounds = RTE_MAX(1u, config->rounds / config->instances);
	m.groups = RTE_MAX(1u, config->groups / (m.rounds * config->instances));
	rounds = (size_t)m.rounds * config->instances;
	groups = rounds * m.groups;
	if (samples_alloc(&m.current, groups, rounds) != 0 ||
			samples_alloc(&m.quickest, groups, rounds) != 0 ||
			samples_alloc(&m.all, groups, rounds) != 0) {
		bench_error("no memory for %zu groups", groups);
		status = BENCH_CANNOT;
		goto out;
	}
	/* A point that this driver cannot do does not keep the others from being measured. */
	for (i = 0; i < options_points(config) && status != BENCH_INTERRUPTED; i++) {
		point = options_point(config, i);
		m.point = &point;
		m.layout_done = false;
		status = RTE_MAX(status, run_point(&m));
	}
out:
	samples_free(&m.current);
	samples_free(&m.quickest);
	samples_free(&m.all);
	return status;
}
