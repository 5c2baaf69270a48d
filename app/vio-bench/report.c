/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The readable side of the report; report_json.c has the other. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "offloads.h"
#include "report.h"
#include "report_json.h"

static const struct bench_config *config;
static bool text_wanted;
static bool heading_done;

static const char *
direction_name(enum bench_direction direction)
{
	return direction == DIR_RX ? "rx" : direction == DIR_TX ? "tx" : "forward";
}

static const char *
path_name(const struct bench_point *point)
{
	return point->path != NULL ? point->path->name : "-";
}

/* The offloads of each side that has some. */
static void
print_offloads(const struct bench_config *c)
{
	char rx[512], tx[512];
	unsigned int i;

	for (i = 0; i < c->sides; i++) {
		if (c->rx_offloads[i] == 0 && c->tx_offloads[i] == 0)
			continue;
		printf("%s asks for rx offloads %s, tx offloads %s\n",
			c->sides == 1 ? "the port" : i == 0 ? "A" : "B",
			offloads_names(rx, sizeof(rx), c->rx_offloads[i],
				rte_eth_dev_rx_offload_name),
			offloads_names(tx, sizeof(tx), c->tx_offloads[i],
				rte_eth_dev_tx_offload_name));
	}
}

int
report_begin(const struct bench_config *cfg, const struct machine_facts *f)
{
	config = cfg;
	text_wanted = cfg->json == NULL || strcmp(cfg->json, "-") != 0;
	if (text_wanted) {
		printf("%s, TSC %.3f GHz (core about %.2f GHz), vectors %s, EAL limit %u bits\n",
			f->cpu, (double)f->tsc_hz / 1e9, f->core_ratio * (double)f->tsc_hz / 1e9,
			f->vectors, f->simd_bits);
		printf("%s, %s, time stamps cost %.1f cycles (subtracted)\n", f->dpdk,
			f->hugepages ? "hugepages" : "no hugepages", f->timer_overhead);
		if (f->plugin[0] != '\0')
			printf("plugin %s\n", f->plugin);
		print_offloads(cfg);
	}
	return cfg->json != NULL ? report_json_begin(cfg, f) : 0;
}

void
report_add_check(struct check_result *out, const struct frame_check *check)
{
	out->lost += check->lost;
	out->duplicated += check->duplicated;
	out->reordered += check->reordered;
	out->corrupt += check->corrupt;
	out->bad_mbuf += check->bad_mbuf;
	if (out->first[0] == '\0')
		snprintf(out->first, sizeof(out->first), "%s", check->first);
}

bool
report_check_failed(const struct check_result *c)
{
	return c->lost != 0 || c->duplicated != 0 || c->reordered != 0 || c->corrupt != 0 ||
		c->bad_mbuf != 0 || c->leaked != 0;
}

static void
print_check(const char *driver, const struct check_result *c)
{
	if (!report_check_failed(c))
		return;
	printf("  ! %s: %" PRIu64 " lost, %" PRIu64 " twice, %" PRIu64 " out of order, %" PRIu64
		" corrupt, %" PRIu64 " in broken mbufs, %u mbufs leaked\n", driver, c->lost,
		c->duplicated, c->reordered, c->corrupt, c->bad_mbuf, c->leaked);
	if (c->first[0] != '\0')
		printf("  ! first: %s\n", c->first);
}

static void
print_drivers(const char *a, const char *b, unsigned int sides, const char *unit)
{
	if (sides == 2)
		printf("A = %s, B = %s, %s: median [p10..p90], %u rounds\n", a, b, unit,
			config->rounds);
	else
		printf("%s, %s: median [p10..p90]\n", a, unit);
	if (config->verify)
		printf("--verify touches every byte, so caches are colder than without it\n");
}

static void
print_driver_heading(const struct driver_result *r)
{
	printf("\n");
	print_drivers(r->side[0].driver, r->side[1].driver, r->sides,
		"TSC cycles per packet");
	printf("%-18s %-3s %5s %5s %4s %5s  %-24s", "path", "dir", "burst", "len", "segs", "ring",
		r->sides == 2 ? "A" : "cycles");
	if (r->sides == 2)
		printf(" %-24s %-20s", "B", "A/B");
	printf(" %s\n", "burst mode");
}

static void
print_cycles(const struct driver_side *s)
{
	char text[64];

	if (s->starved)
		snprintf(text, sizeof(text), "delivers nothing");
	else
		snprintf(text, sizeof(text), "%6.1f [%.1f..%.1f]", s->cycles.p50, s->cycles.p10,
			s->cycles.p90);
	printf(" %-24s", text);
}

static void
print_driver(const struct driver_result *r)
{
	char text[64] = "";
	unsigned int i;

	if (!heading_done)
		print_driver_heading(r);
	heading_done = true;
	printf("%-18s %-3s %5u %5u %4u %5u ", path_name(&r->point), direction_name(r->direction),
		r->point.burst, r->point.frame_len, r->point.segments, r->point.ring_size);
	for (i = 0; i < r->sides; i++)
		print_cycles(&r->side[i]);
	if (r->sides == 2) {
		if (r->ratio.n > 0)
			snprintf(text, sizeof(text), "%.3f [%.3f..%.3f]", r->ratio.p50,
				r->ratio.p10, r->ratio.p90);
		printf(" %-20s", text);
	}
	printf(" %s%s", r->side[0].mode, r->side[0].fast_free ? "+FAST_FREE" : "");
	if (r->sides == 2)
		printf(" / %s%s", r->side[1].mode, r->side[1].fast_free ? "+FAST_FREE" : "");
	printf("\n");
	for (i = 0; i < r->sides; i++)
		print_check(r->side[i].driver, &r->side[i].check);
	fflush(stdout);
}

void
report_driver(const struct driver_result *r)
{
	bench_progress_clear();
	if (text_wanted)
		print_driver(r);
	if (config->json != NULL)
		report_json_driver(r);
}

static void
print_loop_heading(const struct loop_result *r)
{
	printf("\n");
	print_drivers(r->side[0].driver, r->side[1].driver, r->sides, "million packets a second");
	printf("%-18s %-8s %5s %5s %5s  %-3s %-24s %-11s", "path", "dir", "burst", "len", "ring",
		"", config->zero_loss ? "without loss" : "rate", "lost");
	if (config->latency)
		printf(" %-36s", "latency us p50/p99/p99.9/max");
	printf(" %s\n", "burst mode rx, tx");
}

static void
print_loop_side(const struct loop_result *r, unsigned int i)
{
	const struct loop_side *s = &r->side[i];
	const struct stats_summary *rate = config->zero_loss ? &s->zero_loss : &s->rate;
	uint64_t total = s->sent + s->dropped;
	char text[64];

	printf("%-18s %-8s %5u %5u %5u  %-3s", path_name(&r->point), direction_name(r->direction),
		r->point.burst, r->point.frame_len, r->point.ring_size,
		r->sides == 1 ? "" : i == 0 ? "A" : "B");
	snprintf(text, sizeof(text), "%6.2f [%.2f..%.2f]", rate->p50 / 1e6, rate->p10 / 1e6,
		rate->p90 / 1e6);
	printf(" %-24s", text);
	snprintf(text, sizeof(text), "%.4f %%",
		total > 0 ? 100.0 * (double)(total - s->received) / (double)total : 0.0);
	printf(" %-11s", text);
	if (config->latency) {
		snprintf(text, sizeof(text), "%.2f/%.2f/%.2f/%.1f", s->latency_us[0],
			s->latency_us[1], s->latency_us[2], s->latency_max_us);
		printf(" %-36s", text);
	}
	printf(" %s, %s\n", s->rx_mode, s->tx_mode);
	print_check(s->driver, &s->check);
}

void
report_loop(const struct loop_result *r)
{
	unsigned int i;

	bench_progress_clear();
	if (config->json != NULL)
		report_json_loop(r);
	if (!text_wanted)
		return;
	if (!heading_done)
		print_loop_heading(r);
	heading_done = true;
	for (i = 0; i < r->sides; i++)
		print_loop_side(r, i);
	if (r->ratio.n > 0)
		printf("%51s A/B %.3f [%.3f..%.3f]\n", "", r->ratio.p50, r->ratio.p10,
			r->ratio.p90);
	fflush(stdout);
}

void
report_floor(const struct floor_result *r)
{
	if (config->json != NULL)
		report_json_floor(r);
	if (!text_wanted)
		return;
	if (!heading_done)
		printf("\nThe least memory work of a burst, TSC cycles per packet: "
			"median [p10..p90]\n");
	heading_done = true;
	printf("%-34s burst %3u ring %5u %6.2f [%.2f..%.2f]\n", r->name, r->burst, r->ring_size,
		r->cycles.p50, r->cycles.p10, r->cycles.p90);
	fflush(stdout);
}

void
report_layout(const char *port, const char *what, const char *text)
{
	bench_progress_clear();
	if (config->json != NULL)
		report_json_layout(port, what, text);
	if (text_wanted)
		printf("%s: %s: %s\n", port, what, text);
}

int
report_end(bool interrupted)
{
	bench_progress_clear();
	if (interrupted && text_wanted)
		printf("interrupted: what is above is complete, the rest was not measured\n");
	fflush(stdout);
	return config->json != NULL ? report_json_end(interrupted) : 0;
}
