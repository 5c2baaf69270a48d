/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_victim.c - see model_victim.h. */

#include "model_victim.h"

unsigned int
model_victim_kinds(const struct model_tx_path *path)
{
	return path->fast_free ? MODEL_KINDS_FAST_FREE :
	       path->simple ? MODEL_KINDS_SINGLE : MODEL_KINDS_ALL;
}

void
model_victim_init(struct model_victim *v, const struct model_tx_path *path,
		  struct model_port *port, uint64_t random)
{
	v->path = path;
	v->port = port;
	model_raw_init(&v->raw, model_txq(&port->device, 0), random);
	model_sender_init(&v->s, port, model_victim_kinds(path));
}

void
model_victim_send(struct model_victim *v, const uint8_t *kinds, uint16_t nb)
{
	struct rte_mbuf *pkts[MODEL_BURST];
	uint16_t sent;

	for (uint16_t i = 0; i < nb; i++)
		pkts[i] = model_sender_make(&v->s, v->s.kinds & MODEL_KIND(kinds[i]) ?
						   kinds[i] : MODEL_PLAIN);
	sent = rte_eth_tx_burst(v->port->id, 0, pkts, nb);
	assert_true(sent <= nb);
	rte_pktmbuf_free_bulk(pkts + sent, nb - sent);
}

bool
model_victim_all_back(struct model_victim *v)
{
	for (unsigned int i = 0; i < v->s.num_kept; i++)
		rte_pktmbuf_free(v->s.kept[i].m);
	v->s.num_kept = 0;
	return model_sender_out(&v->s) == 0 && model_sender_external(&v->s) == 0;
}

void
model_victim_start(struct model_victim *v)
{
	model_port_start(v->port);
	model_raw_restart(&v->raw);
}

void
model_victim_fini(struct model_victim *v)
{
	model_sender_fini(&v->s);
	model_raw_fini(&v->raw);
}

bool
model_house_in_order(void)
{
	const bool good = model_breaches_of(MODEL_HOUSE) == 0;

	if (!good)
		print_message("%s\n", model_first_breach());
	model_book_open();
	return good;
}

static void *
rewrite(void *arg)
{
	struct model_rewriter *r = arg;
	uint64_t random = 3;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED))
		model_raw_rewrite(r->raw, unit_random(&random));
	return NULL;
}

void
model_rewriter_start(struct model_rewriter *r, struct model_raw *raw)
{
	*r = (struct model_rewriter){ .raw = raw };
	assert_int_equal(pthread_create(&r->thread, NULL, rewrite, r), 0);
}

void
model_rewriter_stop(struct model_rewriter *r)
{
	__atomic_store_n(&r->stop, true, __ATOMIC_RELAXED);
	pthread_join(r->thread, NULL);
}
