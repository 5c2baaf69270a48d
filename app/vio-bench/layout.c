/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Memory placement: what librte_vhost mapped, what the heap says, where the kernel put it. */

#include <errno.h>
#include <inttypes.h>
#include <numa.h>
#include <numaif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_mempool.h>
#include <rte_vhost.h>

#include "bench.h"
#include "layout.h"
#include "report.h"

/* Where a page really is, not where it was asked to be. */
static void
describe_node(char *out, size_t size, const void *address)
{
	uintptr_t mask = ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
	void *page = (void *)((uintptr_t)address & mask);
	int node = -1;

	if (numa_available() < 0)
		snprintf(out, size, "NUMA node unknown (no NUMA support)");
	else if (numa_move_pages(0, 1, &page, NULL, &node, 0) != 0 || node < 0)
		snprintf(out, size, "NUMA node unknown");
	else
		snprintf(out, size, "NUMA node %d", node);
}

static void
report_ring(const struct port *p, uint16_t queue, const char *what)
{
	struct rte_vhost_vring ring;
	char node[64];
	char text[256];

	if (rte_vhost_get_vhost_vring(p->device->vid, queue, &ring) != 0) {
		report_layout(p->name, what, "librte_vhost does not tell");
		return;
	}
	describe_node(node, sizeof(node), ring.desc);
	snprintf(text, sizeof(text), "%u descriptors; descriptors, driver area, device area at "
		"%p +%td +%td; %s", ring.size, (void *)ring.desc,
		(const char *)ring.avail - (const char *)ring.desc,
		(const char *)ring.used - (const char *)ring.desc, node);
	report_layout(p->name, what, text);
}

static void
report_pool(const struct port *p, struct rte_mempool *pool, const char *what)
{
	struct rte_mempool_memhdr *chunk = STAILQ_FIRST(&pool->mem_list);
	char node[64] = "not populated";
	char text[256];

	if (chunk != NULL)
		describe_node(node, sizeof(node), chunk->addr);
	snprintf(text, sizeof(text), "%u mbufs of %u bytes in %u chunks at %p; %s", pool->size,
		pool->header_size + pool->elt_size + pool->trailer_size, pool->nb_mem_chunks,
		chunk != NULL ? chunk->addr : NULL, node);
	report_layout(p->name, what, text);
}

static void
report_regions(const struct port *p)
{
	struct rte_vhost_memory *table;
	uint64_t total = 0;
	char text[128];
	uint32_t i;

	if (rte_vhost_get_mem_table(p->device->vid, &table) != 0)
		return;
	for (i = 0; i < table->nregions; i++)
		total += table->regions[i].size;
	snprintf(text, sizeof(text), "%u regions, %" PRIu64 " MB", table->nregions, total >> 20);
	report_layout(p->name, "memory shared with the device", text);
	free(table);
}

/* What the driver itself says about its structures, line by line. */
static void
report_private(const struct port *p)
{
	char *text = NULL, *line, *rest;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (stream == NULL)
		return;
	if (rte_eth_dev_priv_dump(p->id, stream) != 0) {
		fclose(stream);
		report_layout(p->name, "driver's own account", "none offered");
	} else {
		fclose(stream);
		for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
			if (*line != '\0')
				report_layout(p->name, "driver's own account", line);
	}
	free(text);
}

void
layout_report(const struct port *p)
{
	char text[160];

	report_ring(p, DEVICE_RXQ, "receive ring");
	report_ring(p, DEVICE_TXQ, "transmit ring");
	snprintf(text, sizeof(text), "%zu bytes by configure, %zu by the receive queue, %zu by the "
		"transmit queue", p->heap[0], p->heap[1], p->heap[2]);
	report_layout(p->name, "DPDK heap taken, rings included", text);
	report_pool(p, p->rx_pool, "mbufs to receive into");
	report_pool(p, p->tx_pool, "mbufs to be sent");
	report_pool(p, p->device_pool, "device's mbufs");
	report_regions(p);
	report_private(p);
}
