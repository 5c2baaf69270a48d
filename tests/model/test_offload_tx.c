/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_offload_tx.c - transmit paths with offloads against the device model: the header that each
 * packet is sent with, the tag that is put in, and what becomes of wishes that nobody can fulfil.
 */

#include <stdlib.h>

#include "model_cases.h"
#include "model_packet.h"
#include "model_port.h"

#define F(name) VIRTIO_FEATURE(VIRTIO_NET_F_ ## name)
#define RING(name) VIRTIO_FEATURE(VIRTIO_ ## name)
#define TX(name) RTE_ETH_TX_OFFLOAD_ ## name

#define CKSUM (TX(UDP_CKSUM) | TX(TCP_CKSUM))
#define TSO (F(HOST_TSO4) | F(HOST_TSO6))
#define CWR 0x80

#define ROUNDS 400
#define BURST 12
#define QUEUE_MAX 256

/** What is asked for, and what the device has of it. */
static const struct wish {
	const char *name;
	uint64_t offloads;
	uint64_t features;
} wishes[] = {
	{ "vlan", TX(VLAN_INSERT), 0 },
	{ "cksum", CKSUM, F(CSUM) },
	{ "tso", CKSUM | TX(TCP_TSO), F(CSUM) | TSO },
	{ "tso4", CKSUM | TX(TCP_TSO), F(CSUM) | F(HOST_TSO4) | F(HOST_ECN) },
	{ "tso6", CKSUM | TX(TCP_TSO), F(CSUM) | F(HOST_TSO6) },
	{ "ecn", CKSUM | TX(TCP_TSO), F(CSUM) | TSO | F(HOST_ECN) },
	{ "uso", CKSUM | TX(UDP_TSO), F(CSUM) | F(HOST_USO) },
	{ "all", CKSUM | TX(TCP_TSO) | TX(UDP_TSO) | TX(VLAN_INSERT),
	  F(CSUM) | TSO | F(HOST_ECN) | F(HOST_USO) },
	{ "none_of_it", CKSUM, 0 },
	{ "hash", CKSUM | TX(TCP_TSO) | TX(VLAN_INSERT),
	  F(CSUM) | TSO | F(HOST_ECN) | F(HASH_REPORT) | F(CTRL_VQ) },
};

/** How the device's ring works; one of each is tried. */
static const struct {
	uint64_t features;
	bool iova;
	uint16_t size, packed_size;
	bool shuffle;
} rings[] = {
	{ 0, false, 64, 37, false },
	{ RING(RING_F_EVENT_IDX), true, 32, 50, true },
	{ RING(F_IN_ORDER), false, 256, 100, false },
	{ RING(RING_F_INDIRECT_DESC), true, 8, 8, false },
	{ RING(RING_F_INDIRECT_DESC), false, 64, 64, false },
};

/** The ring, of these, of large_packets(). */
#define LARGE_RING 4
/** Segments of 64 KiB in mbufs of 2 KiB, with the headers before them. */
#define LARGE_SEGS 33
/** Seven times as many descriptors as the ring has. */
#define LARGE_PACKETS 14

struct variant {
	const struct wish *wish;
	bool packed;
};

/** What a packet is like as an mbuf. */
enum form { FORM_PLAIN, FORM_SEGMENTS, FORM_NO_HEADROOM, FORM_LITTLE_HEADROOM, FORM_SHARED, FORMS };

/** A packet on its way, as it has to arrive. */
struct expected {
	uint8_t *bytes;
	uint32_t len;
	struct virtio_net_hdr hdr;
	struct rte_mbuf *held; /**< the application has it too */
};

/** The application. */
struct sender {
	struct model_port *port;
	struct model_pool *pool;
	uint64_t features;                   /**< that were negotiated */
	struct expected expected[QUEUE_MAX]; /**< a ring of them */
	unsigned int first, count;
	struct rte_mbuf *left[BURST];        /**< the device's ring was full */
	struct expected left_expected[BURST];
	unsigned int num_left;
	uint64_t random;
	uint64_t number;
	uint64_t arrived, bad;
};

static struct model_packet packet;

static void
sender_start(struct sender *s, const struct variant *v, unsigned int ring)
{
	struct model_port_config config = {
		.features = v->wish->features | rings[ring].features |
			    (v->packed ? RING(F_RING_PACKED) : 0),
		.iova = rings[ring].iova, .rx_size = 8,
		.tx_size = v->packed ? rings[ring].packed_size : rings[ring].size,
		.tx_offloads = v->wish->offloads | TX(MULTI_SEGS),
	};
	struct rte_eth_burst_mode mode;

	if (v->wish->features & F(HASH_REPORT)) {
		config.rx_offloads = RTE_ETH_RX_OFFLOAD_RSS_HASH;
		config.mq_mode = RTE_ETH_MQ_RX_RSS;
	}
	*s = (struct sender){ .random = ring + 1 };
	s->port = model_port_create(&config);
	s->pool = model_pool_create("offload", &(struct model_pool_config){
		.size = 1024, .data_room = 2048 + RTE_PKTMBUF_HEADROOM });
	model_port_start(s->port);
	s->features = s->port->device.base.features;
	assert_int_equal(s->features & v->wish->features, v->wish->features);
	assert_int_equal(rte_eth_tx_burst_mode_get(s->port->id, 0, &mode), 0);
	assert_int_equal(strncmp(mode.info, v->packed ? "virtio_xmit_pkts_packed_offload," :
				 "virtio_xmit_pkts_offload,", 25), 0);
}

/** All mbufs come back once, and the user is told of each packet that was not sent. */
static void
sender_end(struct sender *s)
{
	struct rte_eth_stats stats;

	assert_int_equal(s->count, 0);
	assert_int_equal(rte_eth_stats_get(s->port->id, &stats), 0);
	assert_int_equal(stats.opackets, s->arrived);
	assert_int_equal(stats.oerrors, s->bad);
	assert_int_equal(model_xstat(s->port, "tx_q0_bad_packet"), s->bad);
	model_port_stop(s->port);
	assert_int_equal(model_pool_out(s->pool), 0);
	model_pool_free(s->pool);
	model_port_destroy(s->port);
}

static bool
has(const struct sender *s, unsigned int bit)
{
	return (s->features & VIRTIO_FEATURE(bit)) != 0;
}

/** The packet as it arrives: with the tag of @p m. */
static void
expect_bytes(const struct rte_mbuf *m, struct expected *e)
{
	e->len = packet.len;
	e->bytes = malloc(packet.len + 4);
	assert_non_null(e->bytes);
	memcpy(e->bytes, packet.bytes, packet.len);
	if (!(m->ol_flags & RTE_MBUF_F_TX_VLAN))
		return;
	memmove(e->bytes + 16, e->bytes + 12, packet.len - 12);
	e->bytes[12] = 0x81;
	e->bytes[13] = 0x00;
	e->bytes[14] = m->vlan_tci >> 8;
	e->bytes[15] = m->vlan_tci & 0xff;
	e->len += 4;
	if (e->hdr.csum_start != 0)
		e->hdr.csum_start += 4;
	if (e->hdr.hdr_len != 0)
		e->hdr.hdr_len += 4;
}

/** Ask for a checksum or segments. @return false: no device does that, or not this one */
static bool
ask(struct sender *s, struct rte_mbuf *m, struct virtio_net_hdr *hdr)
{
	const uint64_t r = unit_random(&s->random) % 16;
	bool possible;

	if (r < 4)
		return true;
	if (has(s, VIRTIO_NET_F_CSUM)) {
		hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr->csum_start = packet.l2 + packet.l3;
		hdr->csum_offset = packet.tcp ? 16 : 6;
	}
	if (r < 8) {
		m->ol_flags |= packet.tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
		if (r != 7 || !has(s, VIRTIO_NET_F_CSUM))
			return true;
		/* The checksum's second byte is the last of the packet, or behind it. */
		m->l3_len = RTE_MIN(packet.len - hdr->csum_offset - 1 - m->l2_len -
				    (s->number & 1), 511u);
		hdr->csum_start = m->l2_len + m->l3_len;
		return (uint32_t)hdr->csum_start + hdr->csum_offset + 2 <= packet.len;
	}
	m->tso_segsz = r == 15 ? 0 : 100 + r;
	if (r == 14)
		m->l4_len = UINT8_MAX;
	possible = r != 15 && (uint32_t)m->l2_len + m->l3_len + m->l4_len <= packet.len;
	hdr->gso_size = m->tso_segsz;
	hdr->hdr_len = packet.l2 + packet.l3 + m->l4_len;
	if (!packet.tcp) {
		m->ol_flags |= RTE_MBUF_F_TX_UDP_SEG;
		hdr->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
		return possible && has(s, VIRTIO_NET_F_HOST_USO);
	}
	m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | (r & 1 ? RTE_MBUF_F_TX_TCP_CKSUM : 0);
	hdr->gso_type = packet.ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	if ((packet.tcp_flags & CWR) && has(s, VIRTIO_NET_F_HOST_ECN))
		hdr->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	return possible && has(s, packet.ipv6 ? VIRTIO_NET_F_HOST_TSO6 : VIRTIO_NET_F_HOST_TSO4);
}

/** The packet as an mbuf of that form. */
static struct rte_mbuf *
make_form(struct sender *s, enum form form)
{
	uint16_t cuts[MODEL_CUTS] = { 0 };
	struct rte_mbuf *m;

	if (form == FORM_SEGMENTS) {
		model_packet_cut(&s->random, packet.len, packet.l2 + packet.l3 + packet.l4, cuts);
		/* Not more descriptors than the shortest ring has. */
		cuts[4] = 0;
	}
	m = model_packet_mbuf(model_pool_mp(s->pool), &packet, cuts);
	if (form == FORM_NO_HEADROOM || form == FORM_LITTLE_HEADROOM) {
		memmove((char *)m->buf_addr + (form == FORM_NO_HEADROOM ? 3 : 12),
			rte_pktmbuf_mtod(m, char *), m->data_len);
		m->data_off = form == FORM_NO_HEADROOM ? 3 : 12;
	}
	return m;
}

/** A random packet. @return its mbuf; @p expected without bytes: it is not to arrive */
static struct rte_mbuf *
make(struct sender *s, enum form form, struct expected *expected)
{
	const uint64_t r = unit_random(&s->random);
	struct rte_mbuf *m;
	bool possible;

	packet = (struct model_packet){
		.ipv6 = r & 1, .tcp = r & 2, .tagged = r & 4, .extension = r & 8 ? 8 : 0,
		.tcp_options = r & 16 ? 12 : 0, .tcp_flags = r & 32 ? 0xff : 0x7f,
		.payload = 1 + (r >> 8) % 1200, .number = s->number++,
	};
	model_packet_make(&packet);
	*expected = (struct expected){ .bytes = NULL };
	m = make_form(s, form);
	possible = ask(s, m, &expected->hdr);
	if ((s->port->config.tx_offloads & TX(VLAN_INSERT)) && (r >> 32) % 4 == 0) {
		m->ol_flags |= RTE_MBUF_F_TX_VLAN;
		m->vlan_tci = r >> 40;
		/* Not in front of what others hold, nor where there is no room. */
		possible = possible && form != FORM_SHARED && form != FORM_NO_HEADROOM;
	}
	if (possible)
		expect_bytes(m, expected);
	if (form == FORM_SHARED) {
		rte_mbuf_refcnt_update(m, 1);
		expected->held = m;
	}
	return m;
}

/** Compare what arrived at the device. */
static void
collect(struct sender *s)
{
	struct model_sent sent;

	while (model_net_sent(&s->port->device, &sent)) {
		const struct expected *e = &s->expected[s->first];

		assert_int_not_equal(s->count, 0);
		assert_memory_equal(&sent.hdr.hdr, &e->hdr, sizeof(e->hdr));
		assert_int_equal(sent.len, e->len);
		assert_memory_equal(sent.bytes, e->bytes, e->len);
		free(sent.bytes);
		free(e->bytes);
		s->first = (s->first + 1) % QUEUE_MAX;
		s->count--;
		s->arrived++;
	}
	assert_int_equal(s->count, 0);
	model_assert_clean();
}

/** The driver took a packet. */
static void
taken(struct sender *s, const struct expected *e)
{
	if (e->bytes == NULL)
		s->bad++;
	else
		s->expected[(s->first + s->count++) % QUEUE_MAX] = *e;
}

/** Send what is left, and up to @p most packets in all: new ones of one form, or of all. */
static void
burst(struct sender *s, bool mixed, unsigned int most)
{
	const enum form form = unit_random(&s->random) % FORMS;
	struct expected expected[BURST];
	struct rte_mbuf *pkts[BURST];
	const unsigned int n = RTE_MAX(s->num_left, most);
	uint16_t sent;

	memcpy(pkts, s->left, s->num_left * sizeof(pkts[0]));
	memcpy(expected, s->left_expected, s->num_left * sizeof(expected[0]));
	for (unsigned int i = s->num_left; i < n; i++)
		pkts[i] = make(s, mixed ? unit_random(&s->random) % FORMS : form, &expected[i]);
	sent = model_port_tx(s->port, pkts, n);
	for (unsigned int i = 0; i < sent; i++)
		taken(s, &expected[i]);
	collect(s);
	for (unsigned int i = 0; i < sent; i++)
		rte_pktmbuf_free(expected[i].held);
	s->num_left = n - sent;
	memcpy(s->left, pkts + sent, s->num_left * sizeof(pkts[0]));
	memcpy(s->left_expected, expected + sent, s->num_left * sizeof(expected[0]));
}

/** Packets of all kinds in bursts; some find the ring full and are sent again as they came back. */
static void
every_header(void **state)
{
	const struct variant *v = *state;

	for (unsigned int ring = 0; ring < RTE_DIM(rings); ring++) {
		static struct sender s;
		struct model_queue *q;

		sender_start(&s, v, ring);
		q = model_txq(&s.port->device, 0);
		for (unsigned int i = 0; i < ROUNDS; i++) {
			burst(&s, i & 1, 1 + unit_random(&s.random) % BURST);
			/* It gets full now and then. */
			if (unit_random(&s.random) % (q->setup.size / 4) == 0)
				model_net_tx_done(q, unit_random(&s.random) % (q->num_pending + 1),
						  rings[ring].shuffle && i > ROUNDS / 2, false);
		}
		while (s.num_left != 0) {
			model_net_tx_done(q, q->num_pending, false, false);
			burst(&s, true, 0);
		}
		assert_true(model_xstat(s.port, "tx_q0_ring_full") > 10);
		assert_true(s.arrived > ROUNDS / 2);
		if (v->wish->features == 0)
			assert_true(s.bad > 50);
		sender_end(&s);
	}
}

/** A packet that is to be cut, of LARGE_SEGS segments. */
static struct rte_mbuf *
make_large(struct sender *s, struct expected *e)
{
	struct rte_mbuf *m;

	packet = (struct model_packet){ .tcp = true, .payload = 1200, .number = s->number++ };
	model_packet_make(&packet);
	*e = (struct expected){ .hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = packet.l2 + packet.l3 + packet.l4, .gso_size = 100,
		.csum_start = packet.l2 + packet.l3, .csum_offset = 16 } };
	m = make_form(s, FORM_PLAIN);
	m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	m->tso_segsz = 100;
	expect_bytes(m, e);
	while (m->nb_segs < LARGE_SEGS) {
		struct rte_mbuf *tail = rte_pktmbuf_alloc(model_pool_mp(s->pool));
		char *data;

		assert_non_null(tail);
		data = rte_pktmbuf_append(tail, 1 + m->nb_segs);
		memset(data, m->nb_segs, tail->data_len);
		e->bytes = realloc(e->bytes, e->len + tail->data_len);
		assert_non_null(e->bytes);
		memcpy(e->bytes + e->len, data, tail->data_len);
		e->len += tail->data_len;
		assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	}
	return m;
}

/** Packets that are to be cut have tables that are long enough: a ring holds many of them. */
static void
large_packets(void **state)
{
	static struct sender s;
	struct model_queue *q;

	sender_start(&s, *state, LARGE_RING);
	q = model_txq(&s.port->device, 0);
	for (unsigned int round = 0; round < 5; round++) {
		struct rte_mbuf *pkts[LARGE_PACKETS];
		struct expected expected[LARGE_PACKETS];

		for (unsigned int i = 0; i < LARGE_PACKETS; i++)
			pkts[i] = make_large(&s, &expected[i]);
		assert_int_equal(model_port_tx(s.port, pkts, LARGE_PACKETS), LARGE_PACKETS);
		for (unsigned int i = 0; i < LARGE_PACKETS; i++)
			taken(&s, &expected[i]);
		collect(&s);
		assert_int_equal(q->num_pending, LARGE_PACKETS);
		model_net_tx_done(q, q->num_pending, false, false);
	}
	sender_end(&s);
}

/** What rte_eth_tx_prepare() left to the device makes the packet what it is to be. */
static void
prepared(void **state)
{
	static struct model_packet right;
	static struct sender s;
	struct model_queue *q;

	sender_start(&s, *state, 0);
	q = model_txq(&s.port->device, 0);
	for (unsigned int i = 0; i < 500; i++) {
		const uint64_t r = unit_random(&s.random);
		struct model_sent sent;
		struct rte_mbuf *m;

		right = (struct model_packet){
			.ipv6 = r & 1, .tcp = r & 2, .tagged = r & 4,
			.extension = r & 8 ? 8 * (1 + (r >> 16) % 5) : 0,
			.payload = 1 + (r >> 32) % 1300, .number = i,
		};
		model_packet_make(&right);
		packet = right;
		model_packet_set_cksum(&packet, r >> 48);
		if (!packet.ipv6)
			model_packet_set_ip_cksum(&packet, r >> 44);
		m = make_form(&s, i & 1 ? FORM_SEGMENTS : FORM_PLAIN);
		m->ol_flags |= packet.tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
		m->ol_flags |= packet.ipv6 ? 0 : RTE_MBUF_F_TX_IP_CKSUM;
		assert_int_equal(rte_eth_tx_prepare(s.port->id, 0, &m, 1), 1);
		assert_int_equal(model_port_tx(s.port, &m, 1), 1);
		assert_true(model_net_sent(&s.port->device, &sent));
		model_packet_complete(sent.bytes, sent.len, &sent.hdr.hdr);
		assert_int_equal(sent.len, right.len);
		/* A device may send a sum of 0 as it is; these have none. */
		assert_memory_equal(sent.bytes, right.bytes, right.len);
		free(sent.bytes);
		model_net_tx_done(q, q->num_pending, false, false);
		s.arrived++;
	}
	sender_end(&s);
}

int
main(void)
{
	static struct variant variants[2][RTE_DIM(wishes)];

	for (unsigned int packed = 0; packed < 2; packed++) {
		const char *path = packed ? "xmit_pkts_packed_offload" : "xmit_pkts_offload";

		for (unsigned int i = 0; i < RTE_DIM(wishes); i++) {
			variants[packed][i] = (struct variant){ &wishes[i], packed };
			model_case(every_header, &variants[packed][i], NULL, "%s_%s_headers", path,
				   wishes[i].name);
		}
		model_case(prepared, &variants[packed][1], NULL, "%s_completes_what_was_prepared",
			   path);
		model_case(large_packets, &variants[packed][2], NULL,
			   "%s_holds_many_large_packets", path);
		model_case(prepared, &variants[packed][8], NULL, "%s_sends_what_was_completed",
			   path);
	}
	return model_cases_run("offload_tx");
}
