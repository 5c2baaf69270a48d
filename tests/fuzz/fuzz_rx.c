/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fuzz_rx.c - receive queues of every path whose device does what the input says: used entries,
 * flags, headers, stops in between. Packets are as DPDK wants them, and no mbuf is lost.
 */

#include "fuzz.h"
#include "fuzz_port.h"

/** A port and its device. */
struct victim {
	struct model_port *port;
	struct model_raw raw;
	uint8_t hdr[20];  /**< that is put into each buffer */
	bool mergeable;
};

static void
fill_buffer(void *arg, const struct model_raw_buffer *buffer)
{
	struct victim *v = arg;
	char *va = model_memory_find(buffer->addr, sizeof(v->hdr), v->port->device.iova, NULL);

	if (va != NULL) /* a packed ring's device may have overwritten where it is */
		memcpy(va, v->hdr, sizeof(v->hdr));
}

static void
take(struct victim *v, uint16_t nb)
{
	struct rte_mbuf *pkts[MODEL_BURST];
	const uint16_t n = rte_eth_rx_burst(v->port->id, 0, pkts, nb);

	for (uint16_t i = 0; i < n; i++) {
		const char *reason;

		FUZZ_CHECK(rte_mbuf_check(pkts[i], 1, &reason) == 0);
		FUZZ_CHECK(v->mergeable || pkts[i]->nb_segs == 1);
	}
	rte_pktmbuf_free_bulk(pkts, n);
	model_raw_get(&v->raw, fill_buffer, v);
}

static void
step(struct victim *v, struct fuzz_input *in)
{
	static const enum fuzz_deed deeds[] = {
		FUZZ_SHOW, FUZZ_SHOW, FUZZ_SHOW, FUZZ_LIE, FUZZ_WILD, FUZZ_REWRITE, FUZZ_OTHER,
		FUZZ_OTHER,
	};
	const uint8_t op = fuzz_u8(in);

	if (deeds[op % RTE_DIM(deeds)] != FUZZ_OTHER) {
		fuzz_device(&v->raw, in, deeds[op % RTE_DIM(deeds)], op, true);
	} else if (op % RTE_DIM(deeds) == 6) {
		fuzz_bytes(in, v->hdr, sizeof(v->hdr));
	} else if (op >= 0xf0) {
		fuzz_port_restart(v->port);
		model_raw_restart(&v->raw);
		model_raw_get(&v->raw, fill_buffer, v);
	}
	take(v, op / 8 + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	const struct model_rx_path *path = &model_rx_paths[fuzz_u8(&in) % model_num_rx_paths];
	const uint8_t how = fuzz_u8(&in);
	struct model_port_config config = {
		.features = fuzz_ring_features(how), .iova = how & 1, .tx_size = 8,
		.rx_size = path->packed ? FUZZ_RING_PACKED : FUZZ_RING, .mbufs = 4 * FUZZ_RING,
		.data_room = path->mergeable ? 300 : 2048,
	};
	struct victim v = { .mergeable = path->mergeable, .hdr[10] = 1 };

	if (model_simd_missing(path->simd) != NULL)
		return 0;
	model_config_rx_path(&config, path);
	if (how & 0x10) {
		config.features |= NET(GUEST_CSUM) | NET(GUEST_TSO4) | NET(GUEST_TSO6);
		config.rx_offloads = RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_LRO |
				     RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	}
	v.port = fuzz_port_start(&config);
	model_raw_init(&v.raw, model_rxq(&v.port->device, 0), 5);
	model_raw_get(&v.raw, fill_buffer, &v);
	while (in.left != 0)
		step(&v, &in);
	fuzz_port_restart(v.port);
	model_raw_fini(&v.raw);
	fuzz_port_end(v.port);
	return 0;
}
