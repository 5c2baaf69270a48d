/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fuzz_tx.c - transmit queues of every path whose device does what the input says. Every mbuf is
 * freed once.
 */

#include "fuzz.h"
#include "fuzz_port.h"
#include "model_sender.h"

/** A port and its device. */
struct victim {
	const struct model_tx_path *path;
	struct model_port *port;
	struct model_raw raw;
	struct model_sender s;
};

static unsigned int
kinds_of(const struct model_tx_path *path)
{
	return path->fast_free ? MODEL_KINDS_FAST_FREE :
	       path->simple ? MODEL_KINDS_SINGLE : MODEL_KINDS_ALL;
}

static void
send_some(struct victim *v, struct fuzz_input *in, uint16_t nb)
{
	struct rte_mbuf *pkts[MODEL_BURST];
	uint16_t sent;

	for (uint16_t i = 0; i < nb; i++) {
		unsigned int kind = fuzz_u8(in) % MODEL_KINDS;

		if (!(kinds_of(v->path) & MODEL_KIND(kind)))
			kind = MODEL_PLAIN;
		pkts[i] = model_sender_make(&v->s, kind);
	}
	sent = rte_eth_tx_burst(v->port->id, 0, pkts, nb);
	FUZZ_CHECK(sent <= nb);
	rte_pktmbuf_free_bulk(pkts + sent, nb - sent);
	model_raw_get(&v->raw, NULL, NULL);
}

static void
show(struct victim *v, struct fuzz_input *in, unsigned int n, bool wrong)
{
	struct model_raw_used used[FUZZ_RING];

	n = RTE_MIN(n, RTE_MIN(v->raw.num_buffers, (unsigned int)FUZZ_RING));
	for (unsigned int k = 0; k < n; k++) {
		used[k] = (struct model_raw_used){ v->raw.buffers[k].id, k };
		if (wrong)
			used[k].id ^= fuzz_u32(in);
	}
	model_raw_show(&v->raw, used, n);
}

/** All that was sent is back, or comes back now. */
static void
restart(struct victim *v)
{
	model_port_stop(v->port);
	for (unsigned int i = 0; i < v->s.num_kept; i++)
		rte_pktmbuf_free(v->s.kept[i].m);
	v->s.num_kept = 0;
	FUZZ_CHECK(model_sender_out(&v->s) == 0);
	FUZZ_CHECK(model_sender_external(&v->s) == 0);
	FUZZ_CHECK(model_breaches_of(MODEL_HOUSE) == 0);
	model_book_open();
	model_port_start(v->port);
	model_raw_restart(&v->raw);
}

static void
step(struct victim *v, struct fuzz_input *in)
{
	const uint8_t op = fuzz_u8(in);

	switch (op % 8) {
	case 0:
	case 1:
		send_some(v, in, op / 16);
		break;
	case 2:
	case 3:
		show(v, in, op / 8, false);
		break;
	case 4:
		show(v, in, op / 64, true);
		break;
	case 5:
		v->raw.random = fuzz_u64(in);
		model_raw_wild(&v->raw);
		break;
	case 6:
		model_raw_rewrite(&v->raw, fuzz_u64(in));
		break;
	case 7:
		if (op >= 0xf0)
			restart(v);
		else
			rte_eth_tx_done_cleanup(v->port->id, 0, op / 8);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct victim v = { .path = &model_tx_paths[fuzz_u8(&in) % model_num_tx_paths] };
	const uint8_t how = fuzz_u8(&in);
	struct model_port_config config = {
		.features = fuzz_ring_features(how) |
			    (how & 8 ? VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC) : 0),
		.iova = how & 1, .rx_size = 8, .mbufs = 32,
		.tx_size = v.path->packed ? FUZZ_RING_PACKED : FUZZ_RING,
		.tx_free_thresh = how & 0x20 ? 4 : 0,
	};

	if (model_simd_missing(v.path->simd) != NULL)
		return 0;
	model_config_tx_path(&config, v.path);
	v.port = fuzz_port_start(&config);
	model_raw_init(&v.raw, model_txq(&v.port->device, 0), 5);
	model_sender_init(&v.s, v.port, kinds_of(v.path));
	while (in.left != 0)
		step(&v, &in);
	restart(&v);
	model_port_stop(v.port);
	model_sender_fini(&v.s);
	model_raw_fini(&v.raw);
	fuzz_port_end(v.port);
	return 0;
}
