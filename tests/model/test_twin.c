/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_twin.c - each vector path beside its scalar twin: two ports whose devices do the same,
 * faults included. After every burst both have delivered the same, in mbufs that are the same in
 * every field, have counted the same, and have shown their devices the same.
 */

#include "model_cases.h"
#include "model_sender.h"
#include "model_traffic.h"

#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)

/** Two ports. */
struct twins {
	struct model_port *port[2];
	struct model_queue *q[2];
	uint64_t random;
};

static uint8_t frame[65536];

static void
twins_end(struct twins *tw)
{
	for (unsigned int i = 0; i < 2; i++)
		model_port_destroy(tw->port[i]);
}

/** Every counter of both. */
static void
assert_same_counters(const struct twins *tw)
{
	struct rte_eth_xstat values[2][128];
	struct rte_eth_xstat_name names[128];
	const int n = rte_eth_xstats_get(tw->port[0]->id, values[0], 128);

	assert_in_range(n, 1, 128);
	assert_int_equal(rte_eth_xstats_get(tw->port[1]->id, values[1], 128), n);
	assert_int_equal(rte_eth_xstats_get_names(tw->port[0]->id, names, 128), n);
	for (int i = 0; i < n; i++)
		if (values[0][i].value != values[1][i].value)
			fail_msg("%s: %lu and %lu", names[i].name,
				 (unsigned long)values[0][i].value,
				 (unsigned long)values[1][i].value);
}

/** What both devices were shown. */
static void
assert_same_ring(const struct twins *tw)
{
	assert_int_equal(tw->q[0]->num_taken, tw->q[1]->num_taken);
	assert_int_equal(tw->q[0]->num_pending, tw->q[1]->num_pending);
	assert_int_equal(tw->q[0]->num_kicks, tw->q[1]->num_kicks);
	for (unsigned int i = 0; i < tw->q[0]->num_pending; i++) {
		const struct model_chain *a = tw->q[0]->pending[i];
		const struct model_chain *b = tw->q[1]->pending[i];

		assert_int_equal(a->id, b->id);
		assert_int_equal(a->first, b->first);
		assert_int_equal(a->descs, b->descs);
		assert_int_equal(a->writable, b->writable);
		assert_int_equal(a->readable, b->readable);
		assert_int_equal(a->num_parts, b->num_parts);
		if (a->readable != 0)
			assert_memory_equal(a->copy + a->data, b->copy + b->data, a->readable);
	}
}

#define SAME(field) assert_int_equal(a->field, b->field)

/** Two packets, field by field, those included that no path sets. */
static void
assert_same_packet(const struct twins *tw, const struct rte_mbuf *a, const struct rte_mbuf *b)
{
	assert_int_equal(a->port, tw->port[0]->id);
	assert_int_equal(b->port, tw->port[1]->id);
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		SAME(data_off);
		SAME(refcnt);
		SAME(nb_segs);
		SAME(ol_flags);
		SAME(packet_type);
		SAME(pkt_len);
		SAME(data_len);
		SAME(vlan_tci);
		SAME(hash.rss);
		SAME(hash.fdir.hi);
		SAME(vlan_tci_outer);
		SAME(buf_len);
		SAME(tx_offload);
		SAME(priv_size);
		SAME(timesync);
		for (unsigned int i = 0; i < RTE_DIM(a->dynfield1); i++)
			SAME(dynfield1[i]);
		assert_ptr_equal(a->pool, model_pool_mp(tw->port[0]->pool));
		assert_ptr_equal(b->pool, model_pool_mp(tw->port[1]->pool));
		assert_memory_equal(rte_pktmbuf_mtod(a, void *), rte_pktmbuf_mtod(b, void *),
				    a->data_len);
	}
	assert_null(a);
	assert_null(b);
}

/** One burst on both. @return packets of each */
static uint16_t
both_receive(struct twins *tw, uint16_t nb)
{
	struct rte_mbuf *pkts[2][MODEL_BURST];
	uint16_t n = 0;

	for (unsigned int i = 0; i < 2; i++) {
		const uint16_t got = model_port_rx(tw->port[i], pkts[i], nb);

		if (i == 1)
			assert_int_equal(got, n);
		n = got;
	}
	for (uint16_t i = 0; i < n; i++)
		assert_same_packet(tw, pkts[0][i], pkts[1][i]);
	for (unsigned int i = 0; i < 2; i++)
		rte_pktmbuf_free_bulk(pkts[i], n);
	assert_same_counters(tw);
	assert_same_ring(tw);
	return n;
}

/** A frame with a length or a header that is not true, for both. */
static void
both_bad_frame(struct twins *tw, unsigned int kind)
{
	static const uint32_t lens[] = { 0, 5, 12, 72, 72, 72, 100000, UINT32_MAX };
	static const uint16_t nums[] = { 1, 1, 1, 0, 2, 65535, 1, 1 };
	const struct virtio_net_hdr_mrg_rxbuf hdr = { .num_buffers = nums[kind] };

	for (unsigned int i = 0; i < 2; i++)
		model_net_rx_raw(tw->q[i], &hdr, frame, 60, lens[kind]);
}

/** Frames for both, most of them good ones. */
static void
both_frames(struct twins *tw, uint32_t max, bool shuffle, bool mergeable)
{
	const struct model_rx_way way = { .shuffle = shuffle, .odd = mergeable, .most = 6 };
	unsigned int n = unit_random(&tw->random) % 40;

	while (n-- != 0) {
		const uint64_t r = unit_random(&tw->random);
		const uint32_t len = (r & 1) ? 60 : 1 + (r >> 8) % max;

		if (r % 61 == 0) {
			both_bad_frame(tw, (r >> 8) % 8);
			continue;
		}
		model_content(frame, len, r);
		for (unsigned int i = 0; i < 2; i++)
			model_net_rx(tw->q[i], frame, len, &way);
	}
	assert_int_equal(tw->q[0]->num_ready, tw->q[1]->num_ready);
	n = unit_random(&tw->random) % 4 == 0 ? unit_random(&tw->random) % 8 : UINT_MAX;
	n = RTE_MIN(n, tw->q[0]->num_ready);
	for (unsigned int i = 0; i < 2; i++)
		model_queue_show(tw->q[i], model_queue_whole(tw->q[i], n), false);
}

/** Small rings and large ones. */
static uint16_t
ring_size(unsigned int variant, bool packed)
{
	if (packed)
		return variant & 8 ? 8 + 7 * (variant & 3) : 250;
	return variant & 8 ? 8 << (variant & 3) : 256;
}

static void
both_restart(struct twins *tw)
{
	for (unsigned int i = 0; i < 2; i++) {
		model_port_stop(tw->port[i]);
		assert_int_equal(model_pool_out(tw->port[i]->pool), 0);
		model_port_start(tw->port[i]);
	}
}

static void
rx_twins(void **state)
{
	const struct model_rx_path *path = *state;

	for (unsigned int variant = 0; variant < 16; variant++) {
		struct model_port_config config = {
			.features = (variant & 1 ? EVENT_IDX : 0) | (variant & 4 ? IN_ORDER : 0),
			.iova = variant & 2, .rx_size = ring_size(variant, path->packed),
			.data_room = path->mergeable ? 300 : 2048,
		};
		struct twins tw = { .random = variant };
		unsigned int delivered = 0;

		for (unsigned int i = 0; i < 2; i++) {
			config.name = i == 0 ? "net_twin0" : "net_twin1";
			model_config_rx_path(&config, path);
			if (i == 0)
				config.simd = 0;
			tw.port[i] = model_port_create(&config);
			tw.q[i] = model_rxq(&tw.port[i]->device, 0);
			model_port_start(tw.port[i]);
		}
		model_assert_rx_path(tw.port[1], path);
		for (unsigned int i = 0; i < 600; i++) {
			/* In order, out of order, in order again; now and then no mbufs. */
			const bool shuffle = i > 300 && i < 400 && !(variant & 4);

			if (i == 400)
				both_restart(&tw);
			for (unsigned int k = 0; k < 2 && i % 50 == 0; k++)
				model_pool_limit(tw.port[k]->pool, i % 100 == 0 ? UINT32_MAX : 3);
			both_frames(&tw, path->mergeable ? 600 : 2000, shuffle, path->mergeable);
			delivered += both_receive(&tw, 1 + unit_random(&tw.random) % 64);
		}
		assert_true(delivered > 1000);
		assert_true(model_xstat(tw.port[0], "rx_q0_bad_length") != 0);
		twins_end(&tw);
	}
}

/** The same packets on both, one completion order for both. */
static void
tx_twins(void **state)
{
	const struct model_tx_path *path = *state;

	for (unsigned int variant = 0; variant < 16; variant++) {
		struct model_port_config config = {
			.features = (variant & 1 ? EVENT_IDX : 0) | (variant & 4 ? IN_ORDER : 0),
			.iova = variant & 2, .tx_size = ring_size(variant, path->packed),
			.rx_size = 8,
		};
		struct twins tw = { .random = variant };
		struct model_sender s[2];

		for (unsigned int i = 0; i < 2; i++) {
			config.name = i == 0 ? "net_twin0" : "net_twin1";
			model_config_tx_path(&config, path);
			if (i == 0)
				config.simd = 0;
			tw.port[i] = model_port_create(&config);
			tw.q[i] = model_txq(&tw.port[i]->device, 0);
			model_port_start(tw.port[i]);
			model_sender_init(&s[i], tw.port[i], path->fast_free ?
					  MODEL_KINDS_FAST_FREE : MODEL_KINDS_SINGLE);
		}
		model_assert_tx_path(tw.port[1], path);
		for (unsigned int i = 0; i < 500; i++) {
			const uint16_t nb = 1 + unit_random(&tw.random) % 64;
			const uint64_t r = unit_random(&tw.random);
			uint16_t sent[2];

			for (unsigned int k = 0; k < 2; k++) {
				/* Simple packets for a while, any that the path takes behind. */
				s[k].kinds = i < 200 ? MODEL_KINDS_PLAIN :
					     path->fast_free ? MODEL_KINDS_FAST_FREE :
					     MODEL_KINDS_SINGLE;
				sent[k] = model_sender_burst(&s[k], nb);
			}
			assert_int_equal(sent[0], sent[1]);
			assert_same_ring(&tw);
			for (unsigned int k = 0; k < 2; k++)
				model_net_tx_done(tw.q[k], r % (tw.q[k]->num_pending + 1),
						  i > 350 && !(variant & 4), variant & 4);
			assert_same_counters(&tw);
			assert_int_equal(model_sender_out(&s[0]), model_sender_out(&s[1]));
		}
		for (unsigned int i = 0; i < 2; i++) {
			model_port_stop(tw.port[i]);
			model_sender_fini(&s[i]);
		}
		twins_end(&tw);
	}
}

int
main(void)
{
	for (unsigned int i = 0; i < model_num_rx_paths; i++)
		if (model_rx_paths[i].simd != 0)
			model_case(rx_twins, &model_rx_paths[i],
				   model_simd_missing(model_rx_paths[i].simd), "twin_%s",
				   model_rx_paths[i].name);
	for (unsigned int i = 0; i < model_num_tx_paths; i++)
		if (model_tx_paths[i].simd != 0)
			model_case(tx_twins, &model_tx_paths[i],
				   model_simd_missing(model_tx_paths[i].simd), "twin_%s",
				   model_tx_paths[i].name);
	return model_cases_run("twin");
}
