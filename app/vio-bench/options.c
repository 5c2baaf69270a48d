/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The command line: options, their limits, the sweeps that they span. */

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "bench.h"
#include "frames.h"
#include "offloads.h"
#include "options.h"
#include "usage.h"

enum option_id {
	OPT_DIR = 256, OPT_VDEV, OPT_VS, OPT_ARGS, OPT_PATH, OPT_PATH_ARGS, OPT_LIST_PATHS,
	OPT_SIMD, OPT_VS_SIMD, OPT_BURST, OPT_FRAME_LEN, OPT_SEGMENTS, OPT_SEG_LEN, OPT_RING_SIZE,
	OPT_SWEEP, OPT_GROUPS, OPT_BURSTS, OPT_WINDOW, OPT_WARMUP, OPT_ROUNDS, OPT_TRIES,
	OPT_INSTANCES, OPT_CACHE,
	OPT_FAST_FREE, OPT_MULTI_SEGS, OPT_RX_OFFLOADS, OPT_TX_OFFLOADS, OPT_TX_FREE, OPT_RX_FREE,
	OPT_SECONDS, OPT_LATENCY, OPT_ZERO_LOSS, OPT_RATE, OPT_TOLERANCE, OPT_RESOLUTION,
	OPT_ATTEMPTS, OPT_VERIFY, OPT_FAULT, OPT_JSON, OPT_PROGRESS, OPT_NO_PROGRESS, OPT_LAYOUT,
	OPT_HUGE, OPT_NO_HUGE, OPT_MEMORY, OPT_PLUGIN, OPT_VERBOSE, OPT_HELP,
};

static const struct option long_options[] = {
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "vdev", required_argument, NULL, OPT_VDEV },
	{ "vs", required_argument, NULL, OPT_VS },
	{ "args", required_argument, NULL, OPT_ARGS },
	{ "path", required_argument, NULL, OPT_PATH },
	{ "path-args", required_argument, NULL, OPT_PATH_ARGS },
	{ "list-paths", no_argument, NULL, OPT_LIST_PATHS },
	{ "simd", required_argument, NULL, OPT_SIMD },
	{ "vs-simd", required_argument, NULL, OPT_VS_SIMD },
	{ "burst", required_argument, NULL, OPT_BURST },
	{ "frame-len", required_argument, NULL, OPT_FRAME_LEN },
	{ "segments", required_argument, NULL, OPT_SEGMENTS },
	{ "seg-len", required_argument, NULL, OPT_SEG_LEN },
	{ "ring-size", required_argument, NULL, OPT_RING_SIZE },
	{ "sweep", required_argument, NULL, OPT_SWEEP },
	{ "groups", required_argument, NULL, OPT_GROUPS },
	{ "bursts", required_argument, NULL, OPT_BURSTS },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "warmup", required_argument, NULL, OPT_WARMUP },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "instances", required_argument, NULL, OPT_INSTANCES },
	{ "tries", required_argument, NULL, OPT_TRIES },
	{ "mempool-cache", required_argument, NULL, OPT_CACHE },
	{ "fast-free", no_argument, NULL, OPT_FAST_FREE },
	{ "multi-segs", no_argument, NULL, OPT_MULTI_SEGS },
	{ "rx-offloads", required_argument, NULL, OPT_RX_OFFLOADS },
	{ "tx-offloads", required_argument, NULL, OPT_TX_OFFLOADS },
	{ "tx-free-thresh", required_argument, NULL, OPT_TX_FREE },
	{ "rx-free-thresh", required_argument, NULL, OPT_RX_FREE },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "latency", no_argument, NULL, OPT_LATENCY },
	{ "zero-loss", no_argument, NULL, OPT_ZERO_LOSS },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "loss-tolerance", required_argument, NULL, OPT_TOLERANCE },
	{ "resolution", required_argument, NULL, OPT_RESOLUTION },
	{ "attempts", required_argument, NULL, OPT_ATTEMPTS },
	{ "verify", no_argument, NULL, OPT_VERIFY },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "progress", no_argument, NULL, OPT_PROGRESS },
	{ "no-progress", no_argument, NULL, OPT_NO_PROGRESS },
	{ "layout", no_argument, NULL, OPT_LAYOUT },
	{ "huge", no_argument, NULL, OPT_HUGE },
	{ "no-huge", no_argument, NULL, OPT_NO_HUGE },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "plugin", required_argument, NULL, OPT_PLUGIN },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	const char *name;
	enum bench_fault fault;
} fault_names[] = {
	{ "corrupt", FAULT_CORRUPT }, { "truncate", FAULT_TRUNCATE },
	{ "duplicate", FAULT_DUPLICATE }, { "reorder", FAULT_REORDER },
	{ "drop", FAULT_DROP }, { "leak", FAULT_LEAK },
};

static int
parse_number(const char *option, const char *text, double low, double high, double *value)
{
	char *end;

	errno = 0;
	*value = strtod(text, &end);
	if (errno != 0 || end == text || *end != '\0' || !(*value >= low && *value <= high)) {
		bench_error("--%s takes a number from %g to %g, not '%s'", option, low, high, text);
		return -EINVAL;
	}
	return 0;
}

static int
parse_unsigned(const char *option, const char *text, uint32_t low, uint32_t high, uint32_t *value)
{
	double number;

	if (parse_number(option, text, low, high, &number) != 0)
		return -EINVAL;
	*value = (uint32_t)number;
	if (*value != number) {
		bench_error("--%s takes a whole number, not '%s'", option, text);
		return -EINVAL;
	}
	return 0;
}

static int
parse_list(const char *option, const char *text, uint32_t low, uint32_t high,
	struct bench_sweep *sweep)
{
	char copy[256];
	char *rest = copy;
	char *item;

	if (strlen(text) >= sizeof(copy)) {
		bench_error("--%s: the list is too long", option);
		return -EINVAL;
	}
	strcpy(copy, text);
	sweep->count = 0;
	while ((item = strsep(&rest, ",")) != NULL) {
		if (sweep->count == OPTIONS_SWEEP_MAX) {
			bench_error("--%s: more than %u values", option, OPTIONS_SWEEP_MAX);
			return -EINVAL;
		}
		if (parse_unsigned(option, item, low, high, &sweep->value[sweep->count]) != 0)
			return -EINVAL;
		sweep->count++;
	}
	return 0;
}

static int
parse_paths(struct bench_config *config, const char *text)
{
	char copy[512];
	char *rest = copy;
	char *item;
	const struct bench_path *path;

	if (strcmp(text, "all") == 0) {
		config->path_count = 0;
		for (path = options_paths; path->name != NULL; path++)
			config->path[config->path_count++] = path;
		return 0;
	}
	snprintf(copy, sizeof(copy), "%s", text);
	config->path_count = 0;
	while ((item = strsep(&rest, ",")) != NULL) {
		path = options_find_path(item);
		if (path == NULL) {
			bench_error("no path is called '%s'; --list-paths shows them", item);
			return -EINVAL;
		}
		if (config->path_count == OPTIONS_SWEEP_MAX) {
			bench_error("--path: more than %u paths", OPTIONS_SWEEP_MAX);
			return -EINVAL;
		}
		config->path[config->path_count++] = path;
	}
	return 0;
}

/* "burst=1,4,8": the same lists as the options of those names. */
static int
parse_sweep(struct bench_config *config, const char *text)
{
	static const char * const keys[] = { "burst", "frame-len", "segments", "ring-size" };
	static const uint32_t low[] = { 1, FRAME_MIN, 1, 8 };
	static const uint32_t high[] = {
		OPTIONS_BURST_MAX, FRAME_MAX, OPTIONS_SEGMENTS_MAX, OPTIONS_RING_MAX
	};
	struct bench_sweep *sweeps[] = {
		&config->burst, &config->frame_len, &config->segments, &config->ring_size
	};
	size_t length;
	unsigned int i;

	if (strncmp(text, "path=", 5) == 0)
		return parse_paths(config, text + 5);
	for (i = 0; i < RTE_DIM(keys); i++) {
		length = strlen(keys[i]);
		if (strncmp(text, keys[i], length) == 0 && text[length] == '=')
			return parse_list(keys[i], text + length + 1, low[i], high[i], sweeps[i]);
	}
	bench_error("--sweep takes burst=, frame-len=, segments=, ring-size= or path= and a list, "
		"not '%s'", text);
	return -EINVAL;
}

static int
parse_directions(struct bench_config *config, const char *text)
{
	char copy[64];
	char *rest = copy;
	char *item;

	snprintf(copy, sizeof(copy), "%s", text);
	config->directions = 0;
	while ((item = strsep(&rest, ",")) != NULL) {
		if (strcmp(item, "rx") == 0)
			config->directions |= DIR_RX;
		else if (strcmp(item, "tx") == 0)
			config->directions |= DIR_TX;
		else if (strcmp(item, "both") == 0)
			config->directions |= DIR_RX | DIR_TX;
		else if (strcmp(item, "forward") == 0)
			config->directions |= DIR_FORWARD;
		else if (strcmp(item, "all") == 0)
			config->directions |= DIR_RX | DIR_TX | DIR_FORWARD;
		else {
			bench_error("--dir takes rx, tx, both, forward or all, not '%s'", item);
			return -EINVAL;
		}
	}
	return 0;
}

/* "A;B": either may be empty. The text is cut in place. */
static int
parse_path_args(struct bench_config *config, char *text)
{
	char *b = strchr(text, ';');

	if (b == NULL) {
		bench_error("--path-args takes 'devargs of A;devargs of B', with the semicolon");
		return -EINVAL;
	}
	*b++ = '\0';
	config->side_args[0] = *text != '\0' ? text : NULL;
	config->side_args[1] = *b != '\0' ? b : NULL;
	return 0;
}

static int
parse_fault(struct bench_config *config, const char *text)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(fault_names); i++) {
		if (strcmp(fault_names[i].name, text) == 0) {
			config->fault = fault_names[i].fault;
			return 0;
		}
	}
	bench_error("--fault takes corrupt, truncate, duplicate, reorder, drop or leak, not '%s'",
		text);
	return -EINVAL;
}

static int
parse_simd(const char *option, const char *text, uint16_t *simd)
{
	uint32_t value;

	if (parse_unsigned(option, text, 64, 512, &value) != 0)
		return -EINVAL;
	if (!rte_is_power_of_2(value)) {
		bench_error("--%s takes 64, 128, 256 or 512, not '%s'", option, text);
		return -EINVAL;
	}
	*simd = (uint16_t)value;
	return 0;
}

static void
print_paths(void)
{
	const struct bench_path *path;

	for (path = options_paths; path->name != NULL; path++)
		printf("%-20s %-52s %s\n", path->name, path->args, path->text);
}

/* What is measured: drivers, devargs, sweeps. 1: not one of these. */
static int
parse_subject(struct bench_config *c, int id, char *text)
{
	switch (id) {
	case OPT_DIR:
		return parse_directions(c, text);
	case OPT_VDEV:
		c->vdev[0] = text;
		return 0;
	case OPT_VS:
		c->vdev[1] = text;
		c->sides = 2;
		return 0;
	case OPT_ARGS:
		c->args = text;
		return 0;
	case OPT_PATH:
		return parse_paths(c, text);
	case OPT_PATH_ARGS:
		return parse_path_args(c, text);
	case OPT_SIMD:
		return parse_simd("simd", text, &c->simd[0]);
	case OPT_VS_SIMD:
		return parse_simd("vs-simd", text, &c->simd[1]);
	case OPT_BURST:
		return parse_list("burst", text, 1, OPTIONS_BURST_MAX, &c->burst);
	case OPT_FRAME_LEN:
		return parse_list("frame-len", text, FRAME_MIN, FRAME_MAX, &c->frame_len);
	case OPT_SEGMENTS:
		return parse_list("segments", text, 1, OPTIONS_SEGMENTS_MAX, &c->segments);
	case OPT_SEG_LEN:
		return parse_unsigned("seg-len", text, 14, FRAME_MAX, &c->segment_len);
	case OPT_RING_SIZE:
		return parse_list("ring-size", text, 8, OPTIONS_RING_MAX, &c->ring_size);
	case OPT_SWEEP:
		return parse_sweep(c, text);
	default:
		return 1;
	}
}

/* How it is measured. 1: not one of these. */
static int
parse_method(struct bench_config *c, int id, const char *text)
{
	uint32_t value = 0;

	switch (id) {
	case OPT_GROUPS:
		return parse_unsigned("groups", text, 1, 1000000, &c->groups);
	case OPT_BURSTS:
		return parse_unsigned("bursts", text, 1, 1000000, &c->bursts);
	case OPT_WINDOW:
		return parse_unsigned("window", text, 1, OPTIONS_BURST_MAX, &c->window);
	case OPT_WARMUP:
		return parse_unsigned("warmup", text, 0, 1000000, &c->warmup);
	case OPT_ROUNDS:
		return parse_unsigned("rounds", text, 1, 10000, &c->rounds);
	case OPT_INSTANCES:
		return parse_unsigned("instances", text, 1, 1000, &c->instances);
	case OPT_TRIES:
		return parse_unsigned("tries", text, 1, 1000, &c->tries);
	case OPT_CACHE:
		return parse_unsigned("mempool-cache", text, 0, RTE_MEMPOOL_CACHE_MAX_SIZE,
			&c->mempool_cache);
	case OPT_FAST_FREE:
		c->fast_free = true;
		return 0;
	case OPT_MULTI_SEGS:
		c->multi_segs = true;
		return 0;
	case OPT_RX_OFFLOADS:
		return offloads_parse("rx-offloads", text, rte_eth_dev_rx_offload_name,
			c->rx_offloads);
	case OPT_TX_OFFLOADS:
		return offloads_parse("tx-offloads", text, rte_eth_dev_tx_offload_name,
			c->tx_offloads);
	case OPT_TX_FREE:
		if (parse_unsigned("tx-free-thresh", text, 0, UINT16_MAX, &value) != 0)
			return -EINVAL;
		c->tx_free_thresh = (int)value;
		return 0;
	case OPT_RX_FREE:
		if (parse_unsigned("rx-free-thresh", text, 0, UINT16_MAX, &value) != 0)
			return -EINVAL;
		c->rx_free_thresh = (int)value;
		return 0;
	case OPT_SECONDS:
		return parse_number("seconds", text, 0.01, 86400, &c->seconds);
	case OPT_LATENCY:
		c->latency = true;
		return 0;
	case OPT_ZERO_LOSS:
		c->zero_loss = true;
		return 0;
	case OPT_RATE:
		return parse_number("rate", text, 1, 1e9, &c->rate);
	case OPT_TOLERANCE:
		return parse_number("loss-tolerance", text, 0, 1, &c->tolerance);
	case OPT_RESOLUTION:
		return parse_number("resolution", text, 0.001, 0.5, &c->resolution);
	case OPT_ATTEMPTS:
		return parse_unsigned("attempts", text, 1, 1000, &c->attempts);
	default:
		return 1;
	}
}

/* Checks, output, environment. 1: help was printed. */
static int
parse_rest(struct bench_config *c, int id, const char *text)
{
	switch (id) {
	case OPT_VERIFY:
		c->verify = true;
		return 0;
	case OPT_FAULT:
		return parse_fault(c, text);
	case OPT_JSON:
		c->json = text;
		return 0;
	case OPT_PROGRESS:
	case OPT_NO_PROGRESS:
		c->progress = id == OPT_PROGRESS;
		return 0;
	case OPT_LAYOUT:
		c->layout = true;
		return 0;
	case OPT_HUGE:
	case OPT_NO_HUGE:
		c->huge = id == OPT_HUGE;
		return 0;
	case OPT_MEMORY:
		return parse_unsigned("memory", text, 32, 1U << 20, &c->memory_mb);
	case OPT_PLUGIN:
		c->plugin = text;
		return 0;
	case OPT_VERBOSE:
		c->verbose = true;
		return 0;
	case OPT_LIST_PATHS:
		print_paths();
		return 1;
	case OPT_HELP:
		fputs(usage_text, stdout);
		return 1;
	default:
		return -EINVAL;
	}
}

static int
parse_mode(struct bench_config *config, const char *word)
{
	if (strcmp(word, "driver") == 0)
		config->mode = MODE_DRIVER;
	else if (strcmp(word, "loop") == 0)
		config->mode = MODE_LOOP;
	else if (strcmp(word, "floor") == 0)
		config->mode = MODE_FLOOR;
	else {
		bench_error("'%s' is no mode: driver, loop or floor; --help tells more", word);
		return -EINVAL;
	}
	return 0;
}

/* A frame has its Ethernet header, and its stamp when there is one, in the first segment. */
static int
check_points(const struct bench_config *c)
{
	uint32_t head = c->latency ? sizeof(struct frame_head) : sizeof(struct rte_ether_hdr);
	struct bench_point p;
	unsigned int i;

	for (i = 0; i < options_points(c); i++) {
		p = options_point(c, i);
		if (p.frame_len < FRAME_MIN || p.frame_len > FRAME_MAX) {
			bench_error("a frame has %u to %u bytes, not %u", FRAME_MIN, FRAME_MAX,
				p.frame_len);
			return -EINVAL;
		}
		if (p.frame_len / p.segments < head) {
			bench_error("%u bytes in %u segments: the first one needs %u bytes",
				p.frame_len, p.segments, head);
			return -EINVAL;
		}
	}
	return 0;
}

static int
check_config(struct bench_config *c)
{
	if (c->directions == 0)
		c->directions = c->mode == MODE_LOOP ? DIR_RX | DIR_TX | DIR_FORWARD :
			DIR_RX | DIR_TX;
	if (c->mode == MODE_DRIVER && (c->directions & DIR_FORWARD)) {
		bench_error("--dir forward is for the loop mode: it takes two cores");
		return -EINVAL;
	}
	if (c->sides == 1 && (c->side_args[1] != NULL || c->simd[1] != 0 ||
			c->rx_offloads[1] != c->rx_offloads[0] ||
			c->tx_offloads[1] != c->tx_offloads[0])) {
		bench_error("--path-args and offloads with a B side, and --vs-simd, need --vs");
		return -EINVAL;
	}
	/* The wish for a checksum has it written where the stamp would be. */
	if (c->latency && (offloads_frame_flags(c->tx_offloads[0]) != 0 ||
			   offloads_frame_flags(c->tx_offloads[1]) != 0)) {
		bench_error("--latency and --tx-offloads with checksums exclude each other");
		return -EINVAL;
	}
	if (c->fault != FAULT_NONE && c->fault != FAULT_LEAK && !c->verify) {
		bench_error("--fault needs --verify: nothing else would see the fault");
		return -EINVAL;
	}
	if (c->rounds == 0)
		c->rounds = c->mode == MODE_LOOP ? 3 : 60;
	if (c->mode == MODE_DRIVER && c->rounds > c->groups)
		c->rounds = c->groups;
	/* Sets of ports are compared in pairs, A first and B first. */
	if (c->sides == 2 && c->instances > 1)
		c->instances = RTE_ALIGN(c->instances, 2);
	return check_points(c);
}

static void
set_defaults(struct bench_config *c)
{
	memset(c, 0, sizeof(*c));
	c->vdev[0] = "net_vio_user";
	c->sides = 1;
	c->burst = (struct bench_sweep){ 1, { 32 } };
	c->frame_len = (struct bench_sweep){ 1, { 64 } };
	c->segments = (struct bench_sweep){ 1, { 1 } };
	c->ring_size = (struct bench_sweep){ 1, { 256 } };
	c->path_count = 1;
	c->groups = 600;
	c->warmup = 3;
	c->instances = 4;
	c->tries = 1;
	c->mempool_cache = 256;
	c->tx_free_thresh = -1;
	c->rx_free_thresh = -1;
	c->seconds = 2;
	c->resolution = 0.02;
	c->attempts = 3;
	c->progress = -1;
	c->huge = -1;
	c->memory_mb = 256;
}

int
options_parse(struct bench_config *config, int argc, char **argv)
{
	int id, ret;

	set_defaults(config);
	optind = 1;
	while ((id = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (id == '?')
			return -EINVAL;
		ret = parse_subject(config, id, optarg);
		if (ret == 1)
			ret = parse_method(config, id, optarg);
		if (ret == 1)
			ret = parse_rest(config, id, optarg);
		if (ret != 0)
			return ret;
	}
	if (optind + 1 != argc) {
		bench_error("name one mode: driver, loop or floor; --help shows the options");
		return -EINVAL;
	}
	if (parse_mode(config, argv[optind]) != 0)
		return -EINVAL;
	return check_config(config);
}
