/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* switch_fixture.c - see switch_fixture.h. */

#include "unit.h"

#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "forward.h"
#include "ports.h"
#include "report.h"
#include "switch_fixture.h"
#include "workers.h"

struct vs_switch *sw;
struct vs_worker *w;
uint16_t port[PORTS];

static struct vs_switch *
make_switch(void)
{
	const struct fdb_config fdb = { .capacity = 1024, .port_share = 512, .age_ms = 1000 };
	struct vs_switch *made = rte_zmalloc("vswitch", sizeof(*made), RTE_CACHE_LINE_SIZE);

	assert_non_null(made);
	made->config = (struct vs_config){ .mtu = VS_MTU_DEFAULT, .mbufs = MBUFS };
	made->max_frame = VS_MTU_DEFAULT + VS_OVERHEAD;
	made->events.wake = -1;
	made->fdb = fdb_create(&fdb);
	assert_non_null(made->fdb);
	made->pool = rte_pktmbuf_pool_create("vswitch", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					     SOCKET_ID_ANY);
	assert_non_null(made->pool);
	made->rcu = rte_zmalloc("rcu", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	assert_int_equal(rte_rcu_qsbr_init(made->rcu, 1), 0);
	w = rte_zmalloc("worker", sizeof(*w), RTE_CACHE_LINE_SIZE);
	assert_non_null(w);
	w->sw = made;
	w->poll = rte_zmalloc("poll", sizeof(*w->poll), 0);
	made->worker[0] = w;
	made->workers = 1;
	return made;
}

int
switch_start(void **state)
{
	struct vlan_rules rules;
	struct vs_error error;

	(void)state;
	sw = make_switch();
	vlan_rules_access(&rules, 1);
	for (unsigned int i = 0; i < PORTS; i++) {
		char name[32];
		int id;

		snprintf(name, sizeof(name), "net_ring%u", i);
		if (port_add(sw, name, &rules, &error) != 0)
			fail_msg("%s", error.text);
		id = port_by_name(sw, name);
		assert_true(id >= 0);
		port[i] = id;
	}
	return 0;
}

void
drain(void)
{
	struct rte_mbuf *m[VS_BURST];
	uint16_t n;

	for (unsigned int i = 0; i < PORTS; i++)
		while ((n = rte_eth_rx_burst(port[i], 0, m, VS_BURST)) > 0)
			rte_pktmbuf_free_bulk(m, n);
}

int
switch_stop(void **state)
{
	(void)state;
	drain();
	assert_int_equal(rte_mempool_avail_count(sw->pool), MBUFS);
	ports_close(sw);
	assert_int_equal(rte_eth_dev_count_avail(), 0);
	assert_int_equal(w->poll->count, 0);
	assert_int_equal(sw->mbufs_promised, 0);
	assert_int_equal(sw->fdb->used, 0);
	for (unsigned int vlan = 0; vlan < VLAN_COUNT; vlan++)
		assert_int_equal(sw->vlans.members[vlan], 0);
	rte_mempool_free(sw->pool);
	fdb_destroy(sw->fdb);
	rte_free(sw->rcu);
	rte_free(w->poll);
	rte_free(w);
	rte_free(sw);
	return 0;
}

struct bytes
frame(uint8_t from, uint8_t to, int tci, uint16_t len, uint8_t number)
{
	struct bytes f = { .len = len };
	uint16_t at = 14;

	memset(f.at, number, len);
	memcpy(f.at, (const uint8_t[]){ 2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 0x88, 0xb5 }, 14);
	if (to == 0xff)
		memset(f.at, 0xff, 6);
	if (tci >= 0) {
		memcpy(f.at + 12, (const uint8_t[]){ 0x81, 0, tci >> 8, tci & 0xff, 0x88, 0xb5 },
		       6);
		at = 18;
	}
	assert_true(len >= at);
	return f;
}

struct rte_mbuf *
make_mbuf(const struct bytes *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sw->pool);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, f->len), f->at, f->len);
	return m;
}

void
inject(unsigned int in, struct bytes f)
{
	struct rte_mbuf *m = make_mbuf(&f);

	forward_burst(w, port[in], &m, 1);
}

void
expect_nothing(unsigned int at)
{
	struct rte_mbuf *m;

	if (rte_eth_rx_burst(port[at], 0, &m, 1) != 0)
		fail_msg("port %u got %u bytes", at, rte_pktmbuf_pkt_len(m));
}

void
expect(unsigned int at, struct bytes f)
{
	uint8_t copy[FRAME_MAX];
	struct rte_mbuf *m;

	assert_int_equal(rte_eth_rx_burst(port[at], 0, &m, 1), 1);
	assert_int_equal(rte_pktmbuf_pkt_len(m), f.len);
	assert_memory_equal(rte_pktmbuf_read(m, 0, f.len, copy), f.at, f.len);
	assert_int_equal(m->ol_flags & (RTE_MBUF_F_TX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED), 0);
	rte_pktmbuf_free(m);
	expect_nothing(at);
}

struct vs_counters
counters(unsigned int of)
{
	struct vs_counters sum;

	workers_counters(sw, port[of], &sum);
	return sum;
}

void
set_vlan(unsigned int of, const char *words)
{
	struct vs_error error;
	struct command c;
	char line[128];

	snprintf(line, sizeof(line), "vlan net_ring%u %s", of, words);
	assert_int_equal(command_parse(&c, line, error.text), 0);
	assert_int_equal(report_change(sw, &c, &error), 0);
}
