/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_offload_rx.c - receive paths with offloads against the device model: what a header says comes
 * out in the fields of the mbuf, and a header that makes no sense costs one packet and no more.
 */

#include <stdlib.h>

#include "model_cases.h"
#include "model_packet.h"
#include "model_port.h"

#define F(name) VIRTIO_FEATURE(VIRTIO_NET_F_ ## name)
#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define RX(name) RTE_ETH_RX_OFFLOAD_ ## name

#define GUEST_TSO (F(GUEST_TSO4) | F(GUEST_TSO6) | F(GUEST_ECN))
/* HASH_REPORT is configured through the control queue (5.1.3.1). */
#define HASH (F(HASH_REPORT) | F(CTRL_VQ))

#define PACKETS 1500
#define QUEUE_MAX 1024

/* Names as rte_eth_rx_burst_mode_get() has them. There is none of SSE: it is scalar there. */
static const struct model_rx_path offload_paths[] = {
	{ "recv_pkts_offload", "virtio_recv_pkts_offload,", false, false, 0 },
	{ "recv_mergeable_pkts_offload", "virtio_recv_mergeable_pkts_offload,", true, false, 0 },
	{ "recv_pkts_packed_offload", "virtio_recv_pkts_packed_offload,", false, true, 0 },
	{ "recv_mergeable_pkts_packed_offload", "virtio_recv_mergeable_pkts_packed_offload,", true,
	  true, 0 },
#if defined(RTE_ARCH_X86)
#define VECTOR(name, width, simd, mergeable, packed) \
	{ "recv_" name "_vec_" #simd, "virtio_recv_" name "_vec (" width ")", mergeable, packed, simd }
#define VECTORS(width, simd) \
	VECTOR("pkts_offload", width, simd, false, false), \
	VECTOR("mergeable_pkts_offload", width, simd, true, false), \
	VECTOR("pkts_packed_offload", width, simd, false, true), \
	VECTOR("mergeable_pkts_packed_offload", width, simd, true, true)
	VECTORS("AVX2", 256),
	VECTORS("AVX-512", 512),
#endif
};

/** What is asked for. */
static const struct wish {
	const char *name;
	uint64_t offloads;
	uint64_t features; /**< that the device offers for that */
} wishes[] = {
	{ "cksum", RX(UDP_CKSUM) | RX(TCP_CKSUM), F(GUEST_CSUM) },
	{ "lro", RX(TCP_LRO), F(GUEST_CSUM) | GUEST_TSO },
	{ "hash", RX(RSS_HASH), HASH },
	{ "strip", RX(VLAN_STRIP), 0 },
	{ "all", RX(UDP_CKSUM) | RX(TCP_CKSUM) | RX(TCP_LRO) | RX(RSS_HASH) | RX(VLAN_STRIP),
	  F(GUEST_CSUM) | GUEST_TSO | HASH },
};

struct variant {
	const struct model_rx_path *path;
	const struct wish *wish;
};

/** A frame on its way, and what has to come of it. */
struct expected {
	uint8_t *bytes;
	uint32_t len;
	uint64_t ol_flags;
	uint32_t rss;
	uint16_t tso_segsz;
	uint16_t vlan_tci;
};

/** A port and its device's traffic. */
struct traffic {
	struct model_port *port;
	const struct wish *wish;
	struct expected expected[QUEUE_MAX]; /**< a ring of them */
	unsigned int first, count;
	uint64_t random;
	uint64_t number;
	uint64_t delivered, dropped;
	bool shuffle;                        /**< buffers are used in any order */
};

/** What a device says of a frame. */
enum kind {
	KIND_NOTHING,
	KIND_VALID,      /**< its checksums are right */
	KIND_PARTIAL,    /**< TCP's or UDP's is to be completed */
	KIND_INNER,      /**< one that no flag of an mbuf can speak of is */
	KIND_LARGE,      /**< several packets put together */
	KIND_TOO_FAR,    /**< a checksum behind the end */
	KIND_NO_SIZE,    /**< put together of packets without a size */
	KIND_NOT_ASKED,  /**< a type of segmentation that was not negotiated */
	KINDS,
};

static struct model_packet packet;

static struct traffic *
traffic_start(const struct variant *v, uint64_t features, bool iova, uint16_t size)
{
	struct model_port_config config = {
		.features = v->wish->features | features, .iova = iova, .rx_size = size,
		.tx_size = 8, .rx_offloads = v->wish->offloads,
		.mq_mode = v->wish->offloads & RX(RSS_HASH) ? RTE_ETH_MQ_RX_RSS : 0,
		.data_room = v->path->mergeable ? 512 : 2048, .seed = size,
	};
	struct traffic *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	model_config_rx_path(&config, v->path);
	t->port = model_port_create(&config);
	t->wish = v->wish;
	t->random = size + iova;
	model_port_start(t->port);
	model_assert_rx_path(t->port, v->path);
	return t;
}

static struct expected *
oldest(struct traffic *t)
{
	return t->count == 0 ? NULL : &t->expected[t->first];
}

static void
forget_oldest(struct traffic *t)
{
	free(oldest(t)->bytes);
	t->first = (t->first + 1) % QUEUE_MAX;
	t->count--;
}

static void
traffic_end(struct traffic *t)
{
	struct rte_eth_stats stats;

	assert_int_equal(t->count, 0);
	assert_int_equal(rte_eth_stats_get(t->port->id, &stats), 0);
	assert_int_equal(stats.ipackets, t->delivered);
	assert_int_equal(stats.ierrors, t->dropped);
	assert_int_equal(model_xstat(t->port, "rx_q0_bad_header"), t->dropped);
	assert_int_equal(model_xstat(t->port, "rx_q0_faults"), 0);
	model_port_destroy(t->port);
	free(t);
}

static bool
has(const struct traffic *t, unsigned int bit)
{
	return model_device_has(&t->port->device, bit);
}

/** @param first  bytes in the packet's first buffer: the driver looks at no other one for a tag */
static void
expect_strip(const struct traffic *t, struct expected *e, uint32_t first)
{
	const struct vio_rxq *q = t->port->dev->data->rx_queues[0];

	if (!packet.tagged || !q->strip || first < 18)
		return;
	e->vlan_tci = e->bytes[14] << 8 | e->bytes[15];
	e->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	memmove(e->bytes + 12, e->bytes + 16, e->len - 16);
	e->len -= 4;
}

/**
 * Put the packet into buffers behind @p hdr. @return false: there are not enough
 * @param expected  what has to come of it before a tag is taken off; NULL: nothing
 */
static bool
put(struct traffic *t, const struct virtio_net_hdr_v1_hash *hdr, const uint8_t *bytes, uint32_t len,
    struct expected *expected)
{
	struct model_queue *q = model_rxq(&t->port->device, 0);
	struct model_rx_way way = {
		.odd = true, .most = 6, .hdr = hdr, .shuffle = t->shuffle,
	};

	const unsigned int n = model_net_rx(q, bytes, len, &way);

	if (n == 0)
		return false;
	t->number++;
	if (expected == NULL) {
		t->dropped++;
		return true;
	}
	assert_true(t->count < QUEUE_MAX);
	expect_strip(t, expected, q->ready[q->num_ready - n].len -
		     model_net_hdr_size(&t->port->device));
	t->expected[(t->first + t->count++) % QUEUE_MAX] = *expected;
	return true;
}

/** The frame as it has to arrive, with what the header says of its checksum. */
static void
expect_cksum(const struct traffic *t, enum kind kind, const struct virtio_net_hdr_v1_hash *hdr,
	     struct expected *e)
{
	struct virtio_net_hdr plain = { .flags = 0 };

	e->bytes = malloc(packet.len);
	assert_non_null(e->bytes);
	memcpy(e->bytes, packet.bytes, packet.len);
	e->len = packet.len;
	if (!has(t, VIRTIO_NET_F_GUEST_CSUM) || kind == KIND_NOTHING)
		return;
	if (kind == KIND_VALID) {
		e->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	} else if (kind == KIND_INNER) {
		plain.flags = hdr->hdr.flags;
		plain.csum_start = hdr->hdr.csum_start;
		plain.csum_offset = hdr->hdr.csum_offset;
		model_packet_complete(e->bytes, e->len, &plain);
	} else {
		e->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
	}
}

/** A packet of random form. */
static void
random_packet(struct traffic *t, enum kind kind)
{
	const uint64_t r = unit_random(&t->random);
	const bool large = kind == KIND_LARGE && has(t, VIRTIO_NET_F_MRG_RXBUF);

	packet = (struct model_packet){
		.ipv6 = r & 1, .tcp = kind == KIND_LARGE || (r & 2), .tagged = r & 4,
		.extension = r & 8 ? 8 * (1 + (r >> 8) % 5) : 0, .number = t->number,
		.payload = 1 + (r >> 16) % (large ? 5000 : 600),
	};
	model_packet_make(&packet);
	if (kind == KIND_PARTIAL || kind == KIND_LARGE)
		model_packet_set_cksum(&packet, model_packet_pseudo(&packet));
}

static void
say_checksum(struct traffic *t, enum kind kind, struct virtio_net_hdr_v1 *hdr)
{
	uint32_t past;

	hdr->flags = kind == KIND_VALID ? VIRTIO_NET_HDR_F_DATA_VALID :
					  VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (kind == KIND_VALID)
		return;
	hdr->csum_start = packet.l2 + packet.l3;
	hdr->csum_offset = model_packet_cksum_offset(&packet);
	if (kind == KIND_INNER) {
		/* In the payload, anywhere, up to its last two bytes. */
		past = packet.l2 + packet.l3 + 2;
		hdr->csum_start = past + unit_random(&t->random) % (packet.len - past - 1);
		past = packet.len - hdr->csum_start - 1;
		hdr->csum_offset = unit_random(&t->random) % past;
	} else if (kind == KIND_TOO_FAR) {
		hdr->csum_start = packet.len - 1 - unit_random(&t->random) % (packet.len / 2);
		past = packet.len - hdr->csum_start - 1;
		hdr->csum_offset = unit_random(&t->random) % 2 ? past :
				   past + unit_random(&t->random) % (UINT16_MAX - past);
	}
}

/** Send a frame and tell whatever that kind is. @return false: there is no room */
static bool
send_kind(struct traffic *t, enum kind kind)
{
	struct virtio_net_hdr_v1_hash hdr = { .hash_report = 0 };
	const bool lro = has(t, VIRTIO_NET_F_GUEST_TSO4);
	struct expected e = { .bytes = NULL };
	bool drop;

	random_packet(t, kind);
	if (kind != KIND_NOTHING)
		say_checksum(t, kind, &hdr.hdr);
	drop = kind == KIND_TOO_FAR && has(t, VIRTIO_NET_F_GUEST_CSUM);
	if (kind == KIND_LARGE || kind == KIND_NO_SIZE) {
		hdr.hdr.gso_type = (packet.ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4) |
				   (unit_random(&t->random) & 1 ? VIRTIO_NET_HDR_GSO_ECN : 0);
		hdr.hdr.gso_size = kind == KIND_LARGE ? 536 + t->number % 1000 : 0;
		hdr.hdr.hdr_len = unit_random(&t->random); /* of no use to anybody here */
		e.tso_segsz = lro ? hdr.hdr.gso_size : 0;
		e.ol_flags = lro ? RTE_MBUF_F_RX_LRO : 0;
		drop |= kind == KIND_NO_SIZE && lro;
	}
	if (kind == KIND_NOT_ASKED) {
		hdr.hdr.gso_type = unit_random(&t->random) & 1 ? VIRTIO_NET_HDR_GSO_UDP_L4 : 2;
		hdr.hdr.gso_size = 1000;
		drop |= lro;
	}
	if (has(t, VIRTIO_NET_F_HASH_REPORT) && unit_random(&t->random) % 4 != 0) {
		hdr.hash_report = 1 + unit_random(&t->random) % 9;
		hdr.hash_value = unit_random(&t->random);
		e.rss = hdr.hash_value;
		e.ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	}
	if (drop)
		return put(t, &hdr, packet.bytes, packet.len, NULL);
	expect_cksum(t, kind, &hdr, &e);
	if (put(t, &hdr, packet.bytes, packet.len, &e))
		return true;
	free(e.bytes);
	return false;
}

static void
check(struct traffic *t, const struct rte_mbuf *m)
{
	const struct expected *e = oldest(t);
	static uint8_t got[MODEL_PACKET_MAX];

	assert_non_null(e);
	assert_int_equal(m->ol_flags, e->ol_flags);
	assert_int_equal(m->pkt_len, e->len);
	assert_int_equal(model_packet_read(m, got), e->len);
	assert_memory_equal(got, e->bytes, e->len);
	assert_int_equal(m->hash.rss, e->rss);
	assert_int_equal(m->vlan_tci, e->vlan_tci);
	assert_int_equal(m->packet_type, 0);
	if (e->ol_flags & RTE_MBUF_F_RX_LRO)
		assert_int_equal(m->tso_segsz, e->tso_segsz);
	forget_oldest(t);
	t->delivered++;
}

/** The device shows all that it has done, and the port delivers it in bursts of @p nb. */
static void
receive(struct traffic *t, uint16_t nb)
{
	struct model_queue *q = model_rxq(&t->port->device, 0);
	struct rte_mbuf *pkts[MODEL_BURST];
	uint16_t n;

	model_queue_show(q, q->num_ready, false);
	do {
		n = model_port_rx(t->port, pkts, nb);
		for (uint16_t i = 0; i < n; i++)
			check(t, pkts[i]);
		rte_pktmbuf_free_bulk(pkts, n);
		model_assert_clean();
	} while (n != 0);
}

/** Frames of all kinds, often several of a kind in a row: blocks are for these. */
static void
random_headers(struct traffic *t, uint64_t packets)
{
	static const uint16_t bursts[] = { 1, 4, 7, 8, 16, 32, 33, 256 };
	const uint64_t end = t->number + packets;

	while (t->number < end) {
		for (unsigned int i = unit_random(&t->random) % 6; i != 0; i--) {
			const enum kind kind = unit_random(&t->random) % KINDS;
			unsigned int n = unit_random(&t->random) & 1 ? 16 : 1;

			while (n-- != 0 && send_kind(t, kind))
				;
		}
		receive(t, bursts[unit_random(&t->random) % RTE_DIM(bursts)]);
	}
	assert_true(t->delivered > packets / 2);
}

static void
every_header(void **state)
{
	const struct variant *v = *state;

	for (unsigned int i = 0; i < 4; i++) {
		struct traffic *t = traffic_start(v, i & 1 ? EVENT_IDX : 0, i & 2,
						  v->path->packed ? 100 : 128);

		/* LRO is for buffers that are merged (5.1.6.3.1). */
		assert_int_equal(has(t, VIRTIO_NET_F_GUEST_TSO4),
				 (v->wish->features & F(GUEST_TSO4)) && v->path->mergeable);
		random_headers(t, PACKETS);
		t->shuffle = true;
		random_headers(t, PACKETS / 4);
		if ((v->wish->features & F(GUEST_CSUM)) != 0)
			assert_true(t->dropped > PACKETS / 20);
		else
			assert_int_equal(t->dropped, 0);
		traffic_end(t);
	}
}

/** Stripping switched on a running port, which changes its path, with frames in its ring. */
static void
strip_switched(void **state)
{
	const struct variant *v = *state;
	struct traffic *t = traffic_start(v, 0, false, v->path->packed ? 100 : 128);

	for (unsigned int i = 0; i < 40; i++) {
		assert_int_equal(rte_eth_dev_set_vlan_offload(t->port->id, i & 1 ?
				 RTE_ETH_VLAN_STRIP_OFFLOAD : 0), 0);
		for (unsigned int k = 0; k < 20; k++)
			send_kind(t, KIND_NOTHING);
		receive(t, 32);
	}
	assert_true(t->delivered >= 700);
	traffic_end(t);
}

/** Headers that a device must not write: each costs its packet, and the next one is in order. */
static void
hostile_headers(void **state)
{
	static const struct virtio_net_hdr_v1 hostile[] = {
		{ .flags = 1, .csum_start = 0xffff },
		{ .flags = 1, .csum_start = 0xffff, .csum_offset = 0xffff },
		{ .flags = 1, .csum_offset = 0xffff },
		{ .flags = 1, .csum_start = 34, .csum_offset = 0xfffe },
		{ .flags = 1, .csum_start = 99 },                    /* its last byte alone */
		{ .flags = 1, .csum_start = 34, .csum_offset = 65 },
		{ .flags = 1, .csum_start = 100 },
		{ .flags = 3, .csum_start = 100 },
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 },            /* gso_size 0 */
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN },
		{ .gso_type = VIRTIO_NET_HDR_GSO_UDP, .gso_size = 10 },
		{ .gso_type = VIRTIO_NET_HDR_GSO_UDP_L4, .gso_size = 10 },
		{ .gso_type = 0x7f, .gso_size = 10 },
		{ .gso_type = 0x41, .gso_size = 10 },
	};
	struct traffic *t = traffic_start(*state, 0, false, 64);
	const bool lro = has(t, VIRTIO_NET_F_GUEST_TSO4);

	for (unsigned int i = 0; i < RTE_DIM(hostile); i++) {
		struct virtio_net_hdr_v1_hash hdr = { .hdr = hostile[i] };
		struct expected e = { .bytes = NULL };

		packet = (struct model_packet){ .payload = 58, .number = i };
		model_packet_make(&packet);
		assert_int_equal(packet.len, 100);
		if (lro || hostile[i].flags != 0) {
			assert_true(put(t, &hdr, packet.bytes, packet.len, NULL));
		} else {
			expect_cksum(t, KIND_NOTHING, &hdr, &e);
			assert_true(put(t, &hdr, packet.bytes, packet.len, &e));
		}
		if (i % 3 == 0)
			for (unsigned int k = 0; k < 8; k++)
				assert_true(send_kind(t, KIND_VALID));
		receive(t, 32);
	}
	assert_int_equal(t->dropped, lro ? 14 : 8);
	traffic_end(t);
}

/** Each header at random: a packet comes whole, but for one checksum, or it is dropped. */
static void
random_bits(void **state)
{
	struct traffic *t = traffic_start(*state, 0, false, 64);
	struct model_queue *q = model_rxq(&t->port->device, 0);
	static uint8_t got[MODEL_PACKET_MAX];
	struct rte_mbuf *m;

	for (unsigned int i = 0; i < 3000; i++) {
		uint64_t r[3] = { unit_random(&t->random), unit_random(&t->random),
				  unit_random(&t->random) };
		struct model_rx_way way = { .odd = true, .most = 3 };
		struct virtio_net_hdr_v1_hash hdr;
		unsigned int differ = 0;

		memcpy(&hdr, r, sizeof(hdr));
		if (i & 1) {
			hdr.hdr.csum_start %= 128;
			hdr.hdr.csum_offset %= 128;
			hdr.hdr.gso_type &= 5;
		}
		way.hdr = &hdr;
		packet = (struct model_packet){ .payload = r[2] % 64, .tcp = r[2] & 64,
						.ipv6 = r[2] & 128, .number = i };
		model_packet_make(&packet);
		assert_true(model_net_rx(q, packet.bytes, packet.len, &way) != 0);
		model_queue_show(q, q->num_ready, false);
		if (model_port_rx(t->port, &m, 1) == 0) {
			t->dropped++;
			continue;
		}
		t->delivered++;
		assert_int_equal(m->pkt_len, packet.len);
		model_packet_read(m, got);
		for (uint32_t k = 0; k < packet.len; k++)
			differ += got[k] != packet.bytes[k] &&
				  k - hdr.hdr.csum_start - hdr.hdr.csum_offset > 1;
		assert_int_equal(differ, 0);
		rte_pktmbuf_free(m);
		model_assert_clean();
	}
	assert_true(t->dropped > 500 && t->delivered > 500);
	traffic_end(t);
}

int
main(void)
{
	static struct variant variants[RTE_DIM(offload_paths)][RTE_DIM(wishes)];

	for (unsigned int i = 0; i < RTE_DIM(offload_paths); i++) {
		const struct model_rx_path *path = &offload_paths[i];
		const char *missing = model_simd_missing(path->simd);

		for (unsigned int k = 0; k < RTE_DIM(wishes); k++) {
			variants[i][k] = (struct variant){ path, &wishes[k] };
			model_case(every_header, &variants[i][k], missing, "%s_%s_headers",
				   path->name, wishes[k].name);
		}
		model_case(strip_switched, &variants[i][RTE_DIM(wishes) - 1], missing,
			   "%s_strip_switched", path->name);
		model_case(hostile_headers, &variants[i][1], missing,
			   "fault_%s_header_fields_outside_of_the_packet", path->name);
		model_case(random_bits, &variants[i][1], missing, "fault_%s_random_headers",
			   path->name);
	}
	return model_cases_run("offload_rx");
}
