/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/*
 * The floor mode: what is left of a burst when everything is taken away that is not memory work.
 *
 * Receive reads the used entries, takes mbufs out of an array, puts new ones from the mempool's
 * cache in their place, writes packet lengths and descriptors. Transmit writes descriptors, keeps
 * the mbufs and returns older ones. No check, no barrier, no publication, no virtio header.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "bench.h"
#include "floor.h"
#include "report.h"
#include "timer.h"

#define FLOOR_HEADER 12  /* Length of the virtio-net header that a used length includes. */

/* Shaped like the parts of a split ring, in the order that a driver walks them. */
struct floor_used {
	uint32_t id;
	uint32_t len;
};

struct floor_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct floor {
	struct rte_mempool *pool;
	unsigned int size;        /* Slots of the ring, a multiple of the burst. */
	unsigned int at;          /* Next slot. */
	struct floor_used *used;
	struct floor_desc *desc;
	struct rte_mbuf **slot;   /* The mbuf that each slot holds. */
};

/* An mbuf's data is at a fixed place behind it: its line need not be read for the address. */
static inline uint64_t
data_address(const struct rte_mbuf *m)
{
	return (uintptr_t)m + sizeof(*m) + RTE_PKTMBUF_HEADROOM - FLOOR_HEADER;
}

static __rte_noinline void
floor_rx(struct floor *f, struct rte_mbuf **packets, unsigned int count)
{
	const struct floor_used *used = f->used + f->at;
	struct floor_desc *desc = f->desc + f->at;
	struct rte_mbuf **slot = f->slot + f->at;
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct rte_mbuf *m = slot[i];
		uint32_t length = used[i].len - FLOOR_HEADER;

		m->pkt_len = length;
		m->data_len = (uint16_t)length;
		packets[i] = m;
	}
	if (rte_mempool_get_bulk(f->pool, (void **)slot, count) != 0)
		return;
	for (i = 0; i < count; i++)
		desc[i].addr = data_address(slot[i]);
	f->at = f->at + count == f->size ? 0 : f->at + count;
}

static __rte_noinline void
floor_tx(struct floor *f, struct rte_mbuf **packets, unsigned int count)
{
	struct floor_desc *desc = f->desc + f->at;
	struct rte_mbuf **slot = f->slot + f->at;
	unsigned int i;

	rte_mempool_put_bulk(f->pool, (void **)slot, count);
	for (i = 0; i < count; i++) {
		struct rte_mbuf *m = packets[i];

		desc[i].addr = data_address(m);
		desc[i].len = m->data_len + FLOOR_HEADER;
		slot[i] = m;
	}
	f->at = f->at + count == f->size ? 0 : f->at + count;
}

static void
floor_close(struct floor *f)
{
	if (f->pool != NULL && f->slot != NULL && f->slot[0] != NULL)
		rte_mempool_put_bulk(f->pool, (void **)f->slot, f->size);
	rte_mempool_free(f->pool);
	free(f->used);
	free(f->desc);
	free(f->slot);
	memset(f, 0, sizeof(*f));
}

static int
floor_open(struct floor *f, const struct bench_config *config, unsigned int size,
	unsigned int burst)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->size = size;
	f->pool = rte_pktmbuf_pool_create("floor", size + 2 * burst + 2 * config->mempool_cache,
		config->mempool_cache, 0, RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
	f->used = aligned_alloc(64, RTE_ALIGN(size * sizeof(*f->used), 64));
	f->desc = aligned_alloc(64, RTE_ALIGN(size * sizeof(*f->desc), 64));
	f->slot = aligned_alloc(64, RTE_ALIGN(size * sizeof(*f->slot), 64));
	if (f->slot != NULL)
		f->slot[0] = NULL;
	if (f->pool == NULL || f->used == NULL || f->desc == NULL || f->slot == NULL ||
			rte_mempool_get_bulk(f->pool, (void **)f->slot, size) != 0) {
		bench_error("no memory for a ring of %u: raise --memory", size);
		floor_close(f);
		return -ENOMEM;
	}
	for (i = 0; i < size; i++) {
		f->used[i] = (struct floor_used){ i, 64 + FLOOR_HEADER };
		f->desc[i] = (struct floor_desc){ 0 };
		f->slot[i]->data_len = 64;
	}
	return 0;
}

static double
floor_group(struct floor *f, enum bench_direction direction, unsigned int burst,
	unsigned int bursts, double overhead)
{
	struct rte_mbuf *packets[OPTIONS_BURST_MAX];
	uint64_t cycles = 0;
	uint64_t begin, end;
	unsigned int i, j;

	for (i = 0; i < bursts; i++) {
		if (direction == DIR_TX) {
			if (rte_mempool_get_bulk(f->pool, (void **)packets, burst) != 0)
				return 0;
			for (j = 0; j < burst; j++)
				packets[j]->data_len = 64;
			begin = timer_begin();
			floor_tx(f, packets, burst);
			end = timer_end();
		} else {
			begin = timer_begin();
			floor_rx(f, packets, burst);
			end = timer_end();
			rte_mempool_put_bulk(f->pool, (void **)packets, burst);
		}
		cycles += end - begin;
	}
	return ((double)cycles - bursts * overhead) / ((double)bursts * burst);
}

static int
floor_measure(const struct bench_config *config, enum bench_direction direction, const char *name,
	unsigned int burst, unsigned int size, double overhead)
{
	struct floor_result result = { .name = name };
	unsigned int bursts = RTE_MAX(1u, 1024u / burst);
	double *samples = calloc(config->groups, sizeof(*samples));
	struct floor f;
	unsigned int i, count = 0;

	if (samples == NULL || floor_open(&f, config, size, burst) != 0) {
		free(samples);
		return BENCH_CANNOT;
	}
	for (i = 0; i < config->warmup; i++)
		floor_group(&f, direction, burst, bursts, overhead);
	while (count < config->groups && !bench_stopped())
		samples[count++] = floor_group(&f, direction, burst, bursts, overhead);
	result.burst = (uint16_t)burst;
	result.ring_size = (uint16_t)size;
	result.cycles = stats_summarize(samples, count);
	if (!bench_stopped())
		report_floor(&result);
	floor_close(&f);
	free(samples);
	return bench_stopped() ? BENCH_INTERRUPTED : BENCH_OK;
}

int
floor_run(const struct bench_config *config, double overhead)
{
	int status = BENCH_OK;
	unsigned int i, j, burst, ring;

	for (i = 0; i < config->ring_size.count; i++) {
		for (j = 0; j < config->burst.count && status == BENCH_OK; j++) {
			burst = config->burst.value[j];
			ring = config->ring_size.value[i] / burst * burst;
			status = floor_measure(config, DIR_RX, "rx, the same lines each time",
				burst, burst, overhead);
			if (status == BENCH_OK)
				status = floor_measure(config, DIR_TX,
					"tx, the same lines each time", burst, burst, overhead);
			if (status == BENCH_OK && ring > burst)
				status = floor_measure(config, DIR_RX, "rx, round the ring", burst,
					ring, overhead);
			if (status == BENCH_OK && ring > burst)
				status = floor_measure(config, DIR_TX, "tx, round the ring", burst,
					ring, overhead);
		}
	}
	return status;
}
