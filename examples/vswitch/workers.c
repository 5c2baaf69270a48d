/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* workers.c - see workers.h. */

#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "forward.h"
#include "workers.h"

static struct vs_poll *
new_poll(uint32_t count)
{
	return rte_zmalloc("vs_poll", sizeof(struct vs_poll) + count * sizeof(struct vs_source),
			   RTE_CACHE_LINE_SIZE);
}

static struct vs_worker *
new_worker(struct vs_switch *sw, unsigned int number, unsigned int lcore)
{
	const int socket = (int)rte_lcore_to_socket_id(lcore);
	struct vs_worker *w = rte_zmalloc_socket("vs_worker", sizeof(*w), RTE_CACHE_LINE_SIZE,
						 socket);

	if (w == NULL)
		return NULL;
	w->sw = sw;
	w->number = number;
	w->lcore = lcore;
	w->poll = new_poll(0);
	if (w->poll == NULL) {
		rte_free(w);
		return NULL;
	}
	return w;
}

static int
make_rcu(struct vs_switch *sw)
{
	const size_t size = rte_rcu_qsbr_get_memsize(VS_WORKERS_MAX);

	sw->rcu = rte_zmalloc("vs_rcu", size, RTE_CACHE_LINE_SIZE);
	if (sw->rcu == NULL)
		return -ENOMEM;
	return rte_rcu_qsbr_init(sw->rcu, VS_WORKERS_MAX);
}

int
workers_start(struct vs_switch *sw, struct vs_error *error)
{
	unsigned int lcore;

	if (make_rcu(sw) != 0)
		return vs_fail(error, -ENOMEM, "no memory: raise EAL's -m");
	RTE_LCORE_FOREACH_WORKER(lcore) {
		struct vs_worker *w;

		if (sw->workers == VS_WORKERS_MAX)
			break;
		w = new_worker(sw, sw->workers, lcore);
		if (w == NULL)
			return vs_fail(error, -ENOMEM, "no memory for a worker: raise EAL's -m");
		sw->worker[sw->workers++] = w;
		rte_rcu_qsbr_thread_register(sw->rcu, w->number);
		rte_eal_remote_launch(forward_loop, w, lcore);
	}
	if (sw->workers == 0)
		return vs_fail(
			error, -EINVAL,
			"there is no lcore for a worker: the first one is for "
			"control, each other one forwards; give EAL two or more, as in -l 0,1");
	return 0;
}

void
workers_stop(struct vs_switch *sw)
{
	__atomic_store_n(&sw->stop, 1, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < sw->workers; i++)
		rte_eal_wait_lcore(sw->worker[i]->lcore);
	for (unsigned int i = 0; i < sw->workers; i++) {
		rte_free(sw->worker[i]->poll);
		rte_free(sw->worker[i]);
		sw->worker[i] = NULL;
	}
	sw->workers = 0;
	rte_free(sw->rcu);
	sw->rcu = NULL;
}

void
vs_quiesce(struct vs_switch *sw)
{
	if (sw->workers > 0)
		rte_rcu_qsbr_synchronize(sw->rcu, RTE_QSBR_THRID_INVALID);
}

/** Replace lists: those that are not NULL. */
static void
publish(struct vs_switch *sw, struct vs_poll **lists)
{
	for (unsigned int i = 0; i < sw->workers; i++)
		if (lists[i] != NULL)
			lists[i] = __atomic_exchange_n(&sw->worker[i]->poll, lists[i],
						       __ATOMIC_ACQ_REL);
	vs_quiesce(sw);
	for (unsigned int i = 0; i < sw->workers; i++)
		rte_free(lists[i]);
}

static void
free_lists(const struct vs_switch *sw, struct vs_poll **lists)
{
	for (unsigned int i = 0; i < sw->workers; i++)
		rte_free(lists[i]);
}

/** The worker with the fewest queues when those of added[] have come. */
static unsigned int
idlest(const struct vs_switch *sw, const uint32_t *added)
{
	unsigned int best = 0;

	for (unsigned int i = 1; i < sw->workers; i++)
		if (sw->worker[i]->poll->count + added[i] <
		    sw->worker[best]->poll->count + added[best])
			best = i;
	return best;
}

int
workers_add_port(struct vs_switch *sw, uint16_t port, uint16_t queues)
{
	struct vs_poll *lists[VS_WORKERS_MAX] = { NULL };
	uint32_t added[VS_WORKERS_MAX] = { 0 };
	unsigned int of_queue[VS_QUEUES_MAX];

	for (uint16_t q = 0; q < queues; q++) {
		of_queue[q] = idlest(sw, added);
		added[of_queue[q]]++;
	}
	for (unsigned int i = 0; i < sw->workers; i++) {
		const struct vs_poll *old = sw->worker[i]->poll;

		if (added[i] == 0)
			continue;
		lists[i] = new_poll(old->count + added[i]);
		if (lists[i] == NULL) {
			free_lists(sw, lists);
			return -ENOMEM;
		}
		lists[i]->count = old->count;
		memcpy(lists[i]->source, old->source, old->count * sizeof(old->source[0]));
	}
	for (uint16_t q = 0; q < queues; q++) {
		struct vs_poll *list = lists[of_queue[q]];

		list->source[list->count++] = (struct vs_source){ .port = port, .queue = q };
	}
	publish(sw, lists);
	return 0;
}

int
workers_remove_port(struct vs_switch *sw, uint16_t port)
{
	struct vs_poll *lists[VS_WORKERS_MAX] = { NULL };

	for (unsigned int i = 0; i < sw->workers; i++) {
		const struct vs_poll *old = sw->worker[i]->poll;

		lists[i] = new_poll(old->count);
		if (lists[i] == NULL) {
			free_lists(sw, lists);
			return -ENOMEM;
		}
		for (uint32_t j = 0; j < old->count; j++)
			if (old->source[j].port != port)
				lists[i]->source[lists[i]->count++] = old->source[j];
	}
	publish(sw, lists);
	return 0;
}

void
workers_counters(const struct vs_switch *sw, uint16_t port, struct vs_counters *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned int i = 0; i < sw->workers; i++) {
		const struct vs_counters *c = &sw->worker[i]->counters[port];

		sum->rx_packets += __atomic_load_n(&c->rx_packets, __ATOMIC_RELAXED);
		sum->rx_bytes += __atomic_load_n(&c->rx_bytes, __ATOMIC_RELAXED);
		sum->tx_packets += __atomic_load_n(&c->tx_packets, __ATOMIC_RELAXED);
		sum->tx_bytes += __atomic_load_n(&c->tx_bytes, __ATOMIC_RELAXED);
		sum->flooded += __atomic_load_n(&c->flooded, __ATOMIC_RELAXED);
		for (unsigned int why = 0; why < VS_DROP_COUNT; why++)
			sum->drop[why] += __atomic_load_n(&c->drop[why], __ATOMIC_RELAXED);
	}
}

void
workers_clear_counters(struct vs_switch *sw, uint16_t port)
{
	for (unsigned int i = 0; i < sw->workers; i++)
		memset(&sw->worker[i]->counters[port], 0, sizeof(struct vs_counters));
}
