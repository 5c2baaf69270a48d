/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fuzz_tx.c - transmit queues of every path whose device does what the input says. Every mbuf is
 * freed once.
 */

#include "fuzz.h"
#include "fuzz_port.h"
#include "model_victim.h"

static void
send_some(struct model_victim *v, struct fuzz_input *in, uint16_t nb)
{
	uint8_t kinds[MODEL_BURST];

	for (uint16_t i = 0; i < nb; i++)
		kinds[i] = fuzz_u8(in) % MODEL_KINDS;
	model_victim_send(v, kinds, nb);
	model_raw_get(&v->raw, NULL, NULL);
}

/** All that was sent is back, or comes back now. */
static void
restart(struct model_victim *v)
{
	model_port_stop(v->port);
	FUZZ_CHECK(model_victim_all_back(v));
	FUZZ_CHECK(model_house_in_order());
	model_victim_start(v);
}

static void
step(struct model_victim *v, struct fuzz_input *in)
{
	static const enum fuzz_deed deeds[] = {
		FUZZ_OTHER, FUZZ_OTHER, FUZZ_SHOW, FUZZ_SHOW, FUZZ_LIE, FUZZ_WILD, FUZZ_REWRITE,
		FUZZ_OTHER,
	};
	const uint8_t op = fuzz_u8(in);

	if (deeds[op % RTE_DIM(deeds)] != FUZZ_OTHER)
		fuzz_device(&v->raw, in, deeds[op % RTE_DIM(deeds)], op, false);
	else if (op % RTE_DIM(deeds) < 2)
		send_some(v, in, op / 16);
	else if (op >= 0xf0)
		restart(v);
	else
		rte_eth_tx_done_cleanup(v->port->id, 0, op / 8);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	const struct model_tx_path *path = &model_tx_paths[fuzz_u8(&in) % model_num_tx_paths];
	const uint8_t how = fuzz_u8(&in);
	struct model_port_config config = {
		.features = fuzz_ring_features(how) |
			    (how & 8 ? VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC) : 0),
		.iova = how & 1, .rx_size = 8, .mbufs = 32,
		.tx_size = path->packed ? FUZZ_RING_PACKED : FUZZ_RING,
		.tx_free_thresh = how & 0x20 ? 4 : 0,
	};
	struct model_victim v;

	if (model_simd_missing(path->simd) != NULL)
		return 0;
	model_config_tx_path(&config, path);
	model_victim_init(&v, path, fuzz_port_start(&config), 5);
	while (in.left != 0)
		step(&v, &in);
	restart(&v);
	model_port_stop(v.port);
	model_victim_fini(&v);
	fuzz_port_end(v.port);
	return 0;
}
