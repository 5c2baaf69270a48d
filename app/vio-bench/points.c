/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The named paths, and the points that the sweeps span. */

#include <string.h>

#include <rte_common.h>

#include "options.h"

/*
 * vectorized=0 names the scalar path of a driver that takes vectors by default; for the stock
 * driver it changes nothing. Paths without the key leave the choice to the driver.
 */
const struct bench_path options_paths[] = {
	{ "split", "mrg_rxbuf=0,in_order=0,vectorized=0", "split ring, scalar" },
	{ "split-default", "mrg_rxbuf=0,in_order=0", "split ring, the driver's own choice" },
	{ "split-vec", "mrg_rxbuf=0,in_order=0,vectorized=1", "split ring, vectors asked for" },
	{ "split-mrg", "mrg_rxbuf=1,in_order=0", "split ring, mergeable, own choice" },
	{ "split-mrg-scalar", "mrg_rxbuf=1,in_order=0,vectorized=0", "split, mergeable, scalar" },
	{ "split-inorder", "mrg_rxbuf=0,in_order=1", "split ring, in-order" },
	{ "split-mrg-inorder", "mrg_rxbuf=1,in_order=1", "split ring, mergeable, in-order" },
	{ "packed", "packed_vq=1,mrg_rxbuf=0,in_order=0,vectorized=0", "packed ring, scalar" },
	{ "packed-default", "packed_vq=1,mrg_rxbuf=0,in_order=0", "packed ring, own choice" },
	{ "packed-mrg", "packed_vq=1,mrg_rxbuf=1,in_order=0", "packed, mergeable, own choice" },
	{ "packed-mrg-scalar", "packed_vq=1,mrg_rxbuf=1,in_order=0,vectorized=0",
		"packed, mergeable, scalar" },
	{ "packed-inorder", "packed_vq=1,mrg_rxbuf=0,in_order=1", "packed ring, in-order" },
	{ "packed-mrg-inorder", "packed_vq=1,mrg_rxbuf=1,in_order=1",
		"packed, mergeable, in-order" },
	{ "packed-vec", "packed_vq=1,mrg_rxbuf=0,in_order=1,vectorized=1",
		"packed, in-order, vectors asked for" },
	{ NULL, NULL, NULL },
};

const struct bench_path *
options_find_path(const char *name)
{
	const struct bench_path *path;

	for (path = options_paths; path->name != NULL; path++)
		if (strcmp(path->name, name) == 0)
			return path;
	return NULL;
}

unsigned int
options_points(const struct bench_config *c)
{
	return c->path_count * c->ring_size.count * c->segments.count * c->frame_len.count *
		c->burst.count;
}

static uint32_t
take_digit(unsigned int *number, const struct bench_sweep *sweep)
{
	uint32_t value = sweep->value[*number % sweep->count];

	*number /= sweep->count;
	return value;
}

struct bench_point
options_point(const struct bench_config *c, unsigned int number)
{
	struct bench_point p;

	p.burst = (uint16_t)take_digit(&number, &c->burst);
	p.frame_len = take_digit(&number, &c->frame_len);
	p.segments = (uint16_t)take_digit(&number, &c->segments);
	p.ring_size = (uint16_t)take_digit(&number, &c->ring_size);
	p.path = c->path[number];
	if (c->segment_len != 0)
		p.frame_len = c->segment_len * p.segments;
	return p;
}

unsigned int
options_window(const struct bench_config *c, const struct bench_point *p)
{
	return c->window != 0 ? c->window : RTE_MAX(1u, 32u / p->burst);
}

unsigned int
options_windows(const struct bench_config *c, const struct bench_point *p)
{
	unsigned int bursts = c->bursts != 0 ? c->bursts : RTE_MAX(1u, 1024u / p->burst);

	return RTE_MAX(1u, bursts / options_window(c, p));
}
