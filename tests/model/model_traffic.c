/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_traffic.c - see model_traffic.h. */

#include <stdlib.h>
#include <string.h>

#include "model_traffic.h"

/** More frames than a ring of the tests has buffers. */
#define EXPECTED_MAX 4096
#define FRAME_MAX 65535


/** A frame on its way. */
struct model_expected {
	uint64_t number;
	uint32_t len;
	unsigned int segs;
	uint32_t *seg_len;
};

static uint8_t frame[FRAME_MAX];

void
model_traffic_init(struct model_traffic *t, struct model_port *port)
{
	*t = (struct model_traffic){ .port = port, .random = port->config.seed };
	t->expected = calloc(EXPECTED_MAX, sizeof(*t->expected));
	assert_non_null(t->expected);
}

void
model_traffic_fini(struct model_traffic *t)
{
	while (t->count != 0)
		model_traffic_lose(t);
	free(t->expected);
}

bool
model_traffic_put(struct model_traffic *t, uint32_t len)
{
	struct model_queue *q = model_rxq(&t->port->device, 0);
	struct model_expected *e = &t->expected[(t->first + t->count) % EXPECTED_MAX];
	const struct model_used *used;
	unsigned int n;

	assert_true(t->count < EXPECTED_MAX && len <= FRAME_MAX);
	model_content(frame, len, t->next);
	n = model_net_rx(q, frame, len, &t->way);
	if (n == 0)
		return false;
	used = &q->ready[q->num_ready - n];
	*e = (struct model_expected){ .number = t->next++, .len = len, .segs = n };
	e->seg_len = calloc(n, sizeof(*e->seg_len));
	assert_non_null(e->seg_len);
	for (unsigned int i = 0; i < n; i++)
		e->seg_len[i] = used[i].len - (i == 0 ? MODEL_HDR_SIZE : 0);
	t->count++;
	return true;
}

void
model_traffic_lose(struct model_traffic *t)
{
	assert_int_not_equal(t->count, 0);
	free(t->expected[t->first].seg_len);
	t->first = (t->first + 1) % EXPECTED_MAX;
	t->count--;
}

uint32_t
model_traffic_len(struct model_traffic *t, uint32_t max)
{
	switch (unit_random(&t->random) % 8) {
	case 0:
		return max;
	case 1:
		return 1;
	case 2:
	case 3:
		return RTE_MIN(max, 60u);
	default:
		return 1 + unit_random(&t->random) % max;
	}
}

static void
check_first(const struct model_traffic *t, const struct rte_mbuf *m,
	    const struct model_expected *e)
{
	assert_int_equal(m->pkt_len, e->len);
	assert_int_equal(m->nb_segs, e->segs);
	assert_int_equal(m->port, t->port->id);
	assert_int_equal(m->ol_flags, 0);
	assert_int_equal(m->packet_type, 0);
	assert_int_equal(m->vlan_tci, 0);
	assert_int_equal(m->hash.rss, 0);
	assert_int_equal(m->data_off, VIO_RX_DATA_OFF);
}

void
model_traffic_check(struct model_traffic *t, const struct rte_mbuf *m)
{
	const struct model_expected *e = &t->expected[t->first];
	uint32_t offset = 0;

	if (t->count == 0)
		fail_msg("a packet of %u bytes that was never sent", m->pkt_len);
	model_content(frame, e->len, e->number);
	check_first(t, m, e);
	for (unsigned int i = 0; i < e->segs; i++, m = m->next) {
		assert_non_null(m);
		assert_int_equal(rte_mbuf_refcnt_read(m), 1);
		assert_int_equal(m->data_len, e->seg_len[i]);
		assert_ptr_equal(m->pool, model_pool_mp(t->port->pool));
		if (i != 0) {
			assert_int_equal(m->data_off, VIO_RX_DATA_OFF - MODEL_HDR_SIZE);
			assert_int_equal(m->ol_flags, 0);
			assert_int_equal(m->nb_segs, 1);
		}
		if (memcmp(rte_pktmbuf_mtod(m, void *), frame + offset, m->data_len) != 0)
			fail_msg("frame %lu, segment %u: wrong content",
				 (unsigned long)e->number, i);
		offset += m->data_len;
	}
	assert_null(m);
	assert_int_equal(offset, e->len);
	model_traffic_lose(t);
	t->delivered++;
}

uint16_t
model_traffic_rx(struct model_traffic *t, uint16_t nb)
{
	struct rte_mbuf *pkts[MODEL_BURST];
	const uint16_t n = model_port_rx(t->port, pkts, nb);

	for (uint16_t i = 0; i < n; i++)
		model_traffic_check(t, pkts[i]);
	rte_pktmbuf_free_bulk(pkts, n);
	model_assert_clean();
	return n;
}

void
model_traffic_finish(struct model_traffic *t, uint16_t nb)
{
	struct model_queue *q = model_rxq(&t->port->device, 0);

	model_queue_show(q, q->num_ready, false);
	/* One burst that delivers nothing may be the one that follows the device's order. */
	for (unsigned int idle = 0; t->count != 0 && idle < 3;)
		idle = model_traffic_rx(t, nb) == 0 ? idle + 1 : 0;
	assert_int_equal(t->count, 0);
}
