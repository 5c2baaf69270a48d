/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The loop mode: rounds of A and B on two cores, and the search for the rate without loss. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "bench.h"
#include "lanes.h"
#include "layout.h"
#include "loop.h"
#include "report.h"

/* What the rounds of one side gave. */
struct loop_samples {
	double *rate;
	double *offered;
	double *zero_loss;
	size_t count;
	struct stats_hist latency;
};

struct loop {
	const struct bench_config *config;
	const struct bench_point *point;
	struct port port[2];
	struct loop_samples samples[2];
	double *ratio;
	size_t ratios;
	struct lanes_result last;
};

static void
add_result(struct loop_side *out, const struct lanes_result *r)
{
	out->sent += r->sent;
	out->received += r->received;
	out->dropped += r->dropped;
	report_add_check(&out->check, &r->check);
}

static int
run_once(struct loop *l, enum bench_direction direction, unsigned int side, double rate,
	struct loop_side *out)
{
	int ret = lanes_run(l->config, l->point, &l->port[side], direction, rate,
		l->config->seconds, &l->last);

	if (ret == 0 || ret == -EINTR)
		add_result(out, &l->last);
	return ret;
}

static bool
without_loss(const struct lanes_result *r, double tolerance)
{
	double all = (double)(r->sent + r->dropped);

	return r->received > 0 && (double)(r->lost + r->dropped) <= tolerance * all;
}

/*
 * RFC 2544, section 26.1: the highest rate at which every frame that was offered arrives, by
 * bisection below the rate that goes through when a full ring slows the sender down. Cores of a
 * shared machine go away now and then, so a rate is given up only when every attempt lost frames.
 */
static int
search(struct loop *l, enum bench_direction direction, unsigned int side, struct loop_side *out,
	double *found)
{
	double high, low = 0, rate, top;
	unsigned int attempt;
	bool clean;
	int ret;

	ret = run_once(l, direction, side, 0, out);
	top = high = l->last.rate;
	*found = 0;
	while (ret == 0 && high - low > l->config->resolution * top) {
		rate = (low + high) / 2;
		clean = false;
		for (attempt = 0; attempt < l->config->attempts && !clean && ret == 0; attempt++) {
			bench_progress("%s: %.2f million packets a second, attempt %u",
				l->port[side].name, rate / 1e6, attempt + 1);
			ret = run_once(l, direction, side, rate, out);
			clean = without_loss(&l->last, l->config->tolerance);
		}
		if (clean) {
			/* What really went through: a sender that was away offered less. */
			*found = RTE_MAX(*found, l->last.rate);
			low = rate;
		} else {
			high = rate;
		}
	}
	return ret;
}

static int
take_turn(struct loop *l, enum bench_direction direction, unsigned int side,
	struct loop_side *out, double *value)
{
	struct loop_samples *s = &l->samples[side];
	int ret;

	if (l->config->zero_loss) {
		ret = search(l, direction, side, out, value);
		s->zero_loss[s->count] = *value;
	} else {
		ret = run_once(l, direction, side, l->config->rate, out);
		*value = l->last.rate;
	}
	if (ret != 0)
		return ret;
	s->rate[s->count] = l->last.rate;
	s->offered[s->count] = l->last.offered;
	s->count++;
	stats_hist_merge(&s->latency, &l->last.latency);
	return 0;
}

static int
take_rounds(struct loop *l, enum bench_direction direction, struct loop_result *result)
{
	unsigned int sides = l->config->sides;
	unsigned int round, turn, side;
	double value[2] = { 0, 0 };
	int ret = 0;

	for (round = 0; round < l->config->rounds && ret == 0; round++) {
		for (turn = 0; turn < sides && ret == 0; turn++) {
			side = (turn + round) % sides;
			bench_progress("%s %s: round %u of %u",
				l->point->path != NULL ? l->point->path->name : "-",
				l->port[side].name, round + 1, l->config->rounds);
			ret = take_turn(l, direction, side, &result->side[side], &value[side]);
		}
		if (ret == 0 && sides == 2 && value[1] > 0)
			l->ratio[l->ratios++] = value[0] / value[1];
	}
	return ret;
}

static void
fill_side(struct loop_side *out, struct loop_samples *s, const struct port *p, bool zero_loss)
{
	static const double percentiles[] = { 50, 99, 99.9 };
	double per_us = (double)rte_get_tsc_hz() / 1e6;
	unsigned int i;

	snprintf(out->driver, sizeof(out->driver), "%s", p->driver);
	snprintf(out->rx_mode, sizeof(out->rx_mode), "%s", p->rx_mode);
	snprintf(out->tx_mode, sizeof(out->tx_mode), "%s", p->tx_mode);
	out->rate = stats_summarize(s->rate, s->count);
	out->offered = stats_summarize(s->offered, s->count);
	if (zero_loss)
		out->zero_loss = stats_summarize(s->zero_loss, s->count);
	for (i = 0; i < RTE_DIM(percentiles); i++)
		out->latency_us[i] = (double)stats_hist_percentile(&s->latency,
			percentiles[i]) / per_us;
	out->latency_max_us = (double)s->latency.max / per_us;
}

static int
measure(struct loop *l, enum bench_direction direction, struct loop_result *result)
{
	unsigned int side;
	int ret = 0;

	memset(result, 0, sizeof(*result));
	result->point = *l->point;
	result->direction = direction;
	result->sides = l->config->sides;
	memset(l->port, 0, sizeof(l->port));
	l->ratios = 0;
	for (side = 0; side < l->config->sides && ret == 0; side++) {
		l->samples[side].count = 0;
		stats_hist_reset(&l->samples[side].latency);
		ret = port_open(&l->port[side], l->config, l->point, side,
			2u * l->point->burst);
		if (ret == 0 && l->config->layout)
			layout_report(&l->port[side]);
	}
	if (ret == 0)
		ret = take_rounds(l, direction, result);
	for (side = 0; side < l->config->sides; side++) {
		fill_side(&result->side[side], &l->samples[side], &l->port[side],
			l->config->zero_loss);
		result->side[side].check.leaked = port_close(&l->port[side]);
	}
	result->ratio = stats_summarize(l->ratio, l->ratios);
	return ret;
}

static int
judge(const struct loop_result *r)
{
	unsigned int i;

	for (i = 0; i < r->sides; i++)
		if (report_check_failed(&r->side[i].check))
			return BENCH_WRONG;
	return r->side[0].received == 0 ? BENCH_WRONG : BENCH_OK;
}

static int
run_point(struct loop *l)
{
	static const enum bench_direction order[] = { DIR_RX, DIR_TX, DIR_FORWARD };
	unsigned int directions = l->config->directions;
	struct loop_result result;
	int status = BENCH_OK;
	unsigned int i;

	if (l->point->segments > 1)
		directions &= DIR_TX;
	for (i = 0; i < RTE_DIM(order); i++) {
		if (!(directions & order[i]))
			continue;
		if (measure(l, order[i], &result) != 0)
			return bench_stopped() ? BENCH_INTERRUPTED : BENCH_CANNOT;
		report_loop(&result);
		status = RTE_MAX(status, judge(&result));
	}
	return status;
}

static bool
allocate(struct loop *l, size_t rounds)
{
	bool good = true;
	unsigned int side;

	for (side = 0; side < 2; side++) {
		l->samples[side].rate = calloc(rounds, sizeof(double));
		l->samples[side].offered = calloc(rounds, sizeof(double));
		l->samples[side].zero_loss = calloc(rounds, sizeof(double));
		good = good && l->samples[side].rate != NULL &&
			l->samples[side].offered != NULL && l->samples[side].zero_loss != NULL;
	}
	l->ratio = calloc(rounds, sizeof(double));
	return good && l->ratio != NULL;
}

static void
release(struct loop *l)
{
	unsigned int side;

	for (side = 0; side < 2; side++) {
		free(l->samples[side].rate);
		free(l->samples[side].offered);
		free(l->samples[side].zero_loss);
	}
	free(l->ratio);
}

int
loop_run(const struct bench_config *config)
{
	static struct loop loop;
	struct bench_point point;
	int status = BENCH_OK;
	unsigned int i;

	loop.config = config;
	if (!allocate(&loop, config->rounds)) {
		bench_error("no memory for %u rounds", config->rounds);
		release(&loop);
		return BENCH_CANNOT;
	}
	/* A point that this driver cannot do does not keep the others from being measured. */
	for (i = 0; i < options_points(config) && status != BENCH_INTERRUPTED; i++) {
		point = options_point(config, i);
		loop.point = &point;
		status = RTE_MAX(status, run_point(&loop));
	}
	release(&loop);
	return status;
}
