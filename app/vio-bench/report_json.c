/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Results as JSON, written once at the end so that a reader never sees half a document. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bench.h"
#include "offloads.h"
#include "report_json.h"

#define JSON_DIGITS 6

static json_t *root;
static const char *file_name;
static FILE *file;

static void
append(const char *list, json_t *value)
{
	json_t *array = json_object_get(root, list);

	if (array == NULL) {
		array = json_array();
		json_object_set_new(root, list, array);
	}
	json_array_append_new(array, value);
}

static json_t *
from_summary(const struct stats_summary *s)
{
	if (s->n == 0)
		return json_null();
	return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f}", "samples", (json_int_t)s->n,
		"min", s->min, "p10", s->p10, "median", s->p50, "p90", s->p90, "max", s->max);
}

static json_t *
from_point(const struct bench_point *p, enum bench_direction direction)
{
	return json_pack("{s:s?, s:s, s:i, s:i, s:i, s:i}",
		"path", p->path != NULL ? p->path->name : NULL,
		"direction", direction == DIR_RX ? "rx" : direction == DIR_TX ? "tx" : "forward",
		"burst", p->burst, "frame_len", (int)p->frame_len, "segments", p->segments,
		"ring_size", p->ring_size);
}

/* What A and B were asked for. */
static json_t *
from_offloads(const uint64_t offloads[2], unsigned int sides, offload_namer name)
{
	json_t *array = json_array();
	char names[512];
	unsigned int i;

	for (i = 0; i < sides; i++)
		json_array_append_new(array, json_string(offloads_names(names, sizeof(names),
			offloads[i], name)));
	return array;
}

static json_t *
from_check(const struct check_result *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "lost", (json_int_t)c->lost,
		"duplicated", (json_int_t)c->duplicated, "reordered", (json_int_t)c->reordered,
		"corrupt", (json_int_t)c->corrupt, "bad_mbuf", (json_int_t)c->bad_mbuf,
		"leaked", (json_int_t)c->leaked, "first", c->first);
}

int
report_json_begin(const struct bench_config *c, const struct machine_facts *f)
{
	file_name = c->json;
	file = strcmp(c->json, "-") == 0 ? stdout : fopen(c->json, "w");
	if (file == NULL) {
		bench_error("--json %s: %s", c->json, strerror(errno));
		return -EIO;
	}
	root = json_pack("{s:s, s:i, s:s, s:{s:s, s:s, s:s, s:i, s:I, s:f, s:f, s:b, s:s}, "
		"s:{s:i, s:i, s:i, s:i, s:i, s:b, s:b, s:i, s:o, s:o}}",
		"program", "vio-bench", "version", REPORT_JSON_VERSION,
		"mode", c->mode == MODE_DRIVER ? "driver" : c->mode == MODE_LOOP ? "loop" : "floor",
		"machine", "cpu", f->cpu, "dpdk", f->dpdk, "vectors", f->vectors,
		"simd_bits", f->simd_bits, "tsc_hz", (json_int_t)f->tsc_hz,
		"core_cycles_per_tsc_cycle", f->core_ratio,
		"timer_overhead", f->timer_overhead, "hugepages", f->hugepages,
		"plugin", f->plugin,
		"config", "groups", (int)c->groups, "rounds", (int)c->rounds,
		"tries", (int)c->tries, "instances", (int)c->instances,
		"warmup", (int)c->warmup, "fast_free", c->fast_free, "verify", c->verify,
		"mempool_cache", (int)c->mempool_cache,
		"rx_offloads", from_offloads(c->rx_offloads, c->sides, rte_eth_dev_rx_offload_name),
		"tx_offloads", from_offloads(c->tx_offloads, c->sides,
			rte_eth_dev_tx_offload_name));
	if (root == NULL) {
		bench_error("no memory for the JSON report");
		return -ENOMEM;
	}
	return 0;
}

static json_t *
from_driver_side(const struct driver_side *s)
{
	return json_pack("{s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:o, s:o}", "driver", s->driver,
		"mode", s->mode, "starved", s->starved, "fast_free", s->fast_free,
		"features", (json_int_t)s->features, "packets", (json_int_t)s->packets,
		"short_bursts", (json_int_t)s->short_bursts,
		"cycles_per_packet", from_summary(&s->cycles), "check", from_check(&s->check));
}

void
report_json_driver(const struct driver_result *r)
{
	json_t *row = from_point(&r->point, r->direction);

	json_object_set_new(row, "a", from_driver_side(&r->side[0]));
	if (r->sides == 2) {
		json_object_set_new(row, "b", from_driver_side(&r->side[1]));
		json_object_set_new(row, "ratio", from_summary(&r->ratio));
	}
	append("driver", row);
}

static json_t *
from_loop_side(const struct loop_side *s)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:{s:f, s:f, s:f, s:f}, s:o, s:o, s:o, "
		"s:o}", "driver", s->driver, "rx_mode", s->rx_mode, "tx_mode", s->tx_mode,
		"sent", (json_int_t)s->sent, "received", (json_int_t)s->received,
		"dropped", (json_int_t)s->dropped,
		"latency_us", "p50", s->latency_us[0], "p99", s->latency_us[1],
		"p99_9", s->latency_us[2], "max", s->latency_max_us,
		"packets_per_second", from_summary(&s->rate), "offered", from_summary(&s->offered),
		"zero_loss", from_summary(&s->zero_loss), "check", from_check(&s->check));
}

void
report_json_loop(const struct loop_result *r)
{
	json_t *row = from_point(&r->point, r->direction);

	json_object_set_new(row, "a", from_loop_side(&r->side[0]));
	if (r->sides == 2) {
		json_object_set_new(row, "b", from_loop_side(&r->side[1]));
		json_object_set_new(row, "ratio", from_summary(&r->ratio));
	}
	append("loop", row);
}

void
report_json_floor(const struct floor_result *r)
{
	append("floor", json_pack("{s:s, s:i, s:i, s:o}", "name", r->name, "burst", r->burst,
		"ring_size", r->ring_size, "cycles_per_packet", from_summary(&r->cycles)));
}

void
report_json_layout(const char *port, const char *what, const char *text)
{
	append("layout", json_pack("{s:s, s:s, s:s}", "port", port, "what", what, "text", text));
}

int
report_json_end(bool interrupted)
{
	int ret;

	json_object_set_new(root, "interrupted", json_boolean(interrupted));
	ret = json_dumpf(root, file, JSON_INDENT(1) | JSON_REAL_PRECISION(JSON_DIGITS));
	if (ret == 0 && (fputc('\n', file) == EOF || fflush(file) != 0))
		ret = -1;
	if (file != stdout && fclose(file) != 0)
		ret = -1;
	json_decref(root);
	root = NULL;
	if (ret != 0) {
		bench_error("--json %s: could not be written", file_name);
		return -EIO;
	}
	return 0;
}
