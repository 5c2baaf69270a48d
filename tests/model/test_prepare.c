/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_prepare.c - rte_eth_tx_prepare(): checksums that the device will complete, or that software
 * computes because it will not; and the packets that it refuses, with the reason.
 */

#include <rte_errno.h>

#include "model_cases.h"
#include "model_packet.h"
#include "model_port.h"

#define F(name) VIRTIO_FEATURE(VIRTIO_NET_F_ ## name)
#define TX(name) RTE_ETH_TX_OFFLOAD_ ## name
#define MBUF(name) RTE_MBUF_F_TX_ ## name

static struct model_packet packet;
static uint8_t got[MODEL_PACKET_MAX];

/** A port and a pool to make packets of. */
struct sender {
	struct model_port *port;
	struct model_pool *pool;
	uint64_t random;
};

static void
sender_start(struct sender *s, uint64_t features, uint64_t offloads)
{
	s->random = 1;
	s->port = model_port_create(&(struct model_port_config){
		.features = features, .tx_offloads = offloads | TX(MULTI_SEGS), .rx_size = 8 });
	s->pool = model_pool_create("prepare", &(struct model_pool_config){
		.size = 64, .data_room = 2048 + RTE_PKTMBUF_HEADROOM });
	model_port_start(s->port);
	assert_int_equal(s->port->device.base.features & features, features);
}

static void
sender_end(struct sender *s)
{
	model_port_stop(s->port);
	assert_int_equal(model_pool_out(s->pool), 0);
	model_pool_free(s->pool);
	model_port_destroy(s->port);
}

/** A packet of any form. */
static void
random_packet(struct sender *s, uint32_t max)
{
	const uint64_t r = unit_random(&s->random);

	packet = (struct model_packet){
		.ipv6 = r & 1, .tcp = r & 2, .tagged = r & 4, .tcp_options = r & 8 ? 12 : 0,
		.extension = r & 16 ? 8 * (1 + (r >> 8) % 5) : 0, .number = r,
		.payload = (r >> 16) % max,
	};
	model_packet_make(&packet);
}

/** It with wrong checksums, in mbufs cut at random, and the wish for right ones. */
static struct rte_mbuf *
wrong_packet(struct sender *s)
{
	uint16_t cuts[MODEL_CUTS];
	static struct model_packet wrong;
	struct rte_mbuf *m;

	wrong = packet;
	model_packet_set_cksum(&wrong, unit_random(&s->random));
	if (!wrong.ipv6)
		model_packet_set_ip_cksum(&wrong, unit_random(&s->random));
	model_packet_cut(&s->random, wrong.len, wrong.l2 + wrong.l3 + wrong.l4, cuts);
	m = model_packet_mbuf(model_pool_mp(s->pool), &wrong, cuts);
	m->ol_flags |= wrong.tcp ? MBUF(TCP_CKSUM) : MBUF(UDP_CKSUM);
	m->ol_flags |= wrong.ipv6 ? 0 : MBUF(IP_CKSUM);
	return m;
}

/** Prepare it, and compare it with the one that was made. */
static void
prepare_and_compare(struct sender *s, struct rte_mbuf *m)
{
	assert_int_equal(rte_eth_tx_prepare(s->port->id, 0, &m, 1), 1);
	assert_int_equal(model_packet_read(m, got), m->pkt_len);
	assert_memory_equal(got, packet.bytes, packet.len);
	rte_pktmbuf_free(m);
}

/** Whole checksums, over as many segments as there are, of odd lengths as well. */
static void
software_sums(void **state)
{
	struct sender s;

	(void)state;
	sender_start(&s, 0, TX(UDP_CKSUM) | TX(TCP_CKSUM));
	for (unsigned int i = 0; i < 5000; i++) {
		struct rte_mbuf *m;

		random_packet(&s, 1700);
		m = wrong_packet(&s);
		prepare_and_compare(&s, m);
	}
	sender_end(&s);
}

/** The same, and nothing is asked of the device any more. */
static void
software_leaves_nothing_to_do(void **state)
{
	struct rte_mbuf *m;
	struct sender s;

	(void)state;
	sender_start(&s, 0, TX(UDP_CKSUM) | TX(TCP_CKSUM));
	random_packet(&s, 100);
	m = wrong_packet(&s);
	assert_int_equal(rte_eth_tx_prepare(s.port->id, 0, &m, 1), 1);
	assert_int_equal(m->ol_flags & MBUF(L4_MASK), 0);
	/* Once more: it stays as it is. */
	prepare_and_compare(&s, m);
	sender_end(&s);
}

/** A sum of 0 is sent as 0xffff in UDP, where 0 means that there is none (RFC 768), not in TCP. */
static void
software_sum_of_zero(void **state)
{
	struct sender s;

	(void)state;
	sender_start(&s, 0, TX(UDP_CKSUM) | TX(TCP_CKSUM));
	for (unsigned int i = 0; i < 4; i++) {
		const uint16_t none = 0;
		uint16_t sum;
		uint8_t *at;

		packet = (struct model_packet){ .ipv6 = i & 1, .tcp = i & 2, .payload = 32 };
		model_packet_make(&packet);
		/* The last two bytes take up what the checksum was; then it comes to 0. */
		at = packet.bytes + packet.len - 2;
		memcpy(at, &none, sizeof(none));
		model_packet_set_cksum(&packet, 0);
		sum = model_packet_pseudo(&packet);
		model_packet_set_cksum(&packet, sum);
		model_packet_complete(packet.bytes, packet.len, &(struct virtio_net_hdr){
			.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = packet.l2 + packet.l3,
			.csum_offset = model_packet_cksum_offset(&packet) });
		memcpy(at, packet.bytes + packet.l2 + packet.l3 +
		       model_packet_cksum_offset(&packet), sizeof(sum));
		model_packet_set_cksum(&packet, packet.tcp ? 0 : 0xffff);
		prepare_and_compare(&s, wrong_packet(&s));
	}
	sender_end(&s);
}

/** A short frame is padded, with anything: that is no part of the packet (RFC 894). */
static void
software_leaves_padding_out(void **state)
{
	struct sender s;

	(void)state;
	sender_start(&s, 0, TX(UDP_CKSUM) | TX(TCP_CKSUM));
	for (unsigned int i = 0; i < 4; i++) {
		struct rte_mbuf *m;
		char *padding;

		packet = (struct model_packet){ .ipv6 = i & 1, .tcp = i & 2, .payload = 1 };
		model_packet_make(&packet);
		m = wrong_packet(&s);
		padding = rte_pktmbuf_append(m, 17);
		assert_non_null(padding);
		memset(padding, 0xa5, 17);
		prepare_and_compare(&s, m);
	}
	sender_end(&s);
}

/** What stands in the packet for a device to complete: pseudo header sums; IPv4's is done here. */
static void
pseudo_sums(void **state)
{
	struct sender s;

	(void)state;
	sender_start(&s, F(CSUM) | F(HOST_TSO4) | F(HOST_TSO6) | F(HOST_USO),
		     TX(UDP_CKSUM) | TX(TCP_CKSUM) | TX(TCP_TSO) | TX(UDP_TSO));
	for (unsigned int i = 0; i < 2000; i++) {
		struct rte_mbuf *m;

		random_packet(&s, 1700);
		m = wrong_packet(&s);
		if (i & 1) {
			m->ol_flags |= packet.tcp ? MBUF(TCP_SEG) : MBUF(UDP_SEG);
			m->tso_segsz = 1000;
		}
		/* Some applications leave out what segmentation implies. */
		if (i & 2)
			m->ol_flags &= i & 1 ? ~MBUF(L4_MASK) : ~UINT64_C(0);
		model_packet_set_cksum(&packet, model_packet_pseudo(&packet));
		prepare_and_compare(&s, m);
	}
	sender_end(&s);
}

/** Not asked for: not touched, whatever stands there. */
static void
no_wish(void **state)
{
	struct sender s;

	(void)state;
	sender_start(&s, 0, TX(UDP_CKSUM) | TX(TCP_CKSUM));
	for (unsigned int i = 0; i < 100; i++) {
		struct rte_mbuf *m;

		random_packet(&s, 500);
		model_packet_set_cksum(&packet, 0x1234);
		m = model_packet_mbuf(model_pool_mp(s.pool), &packet, NULL);
		m->ol_flags = i & 1 ? 0 : m->ol_flags;
		prepare_and_compare(&s, m);
	}
	sender_end(&s);
}

/** A packet that is refused: what is wrong with it. */
struct refused {
	uint64_t flags;      /**< beside those of a TCP packet over IPv4 */
	uint64_t without;    /**< and those that it lacks */
	uint16_t l2, l3, l4; /**< lengths of headers, 0: right */
	uint16_t segsz;
	uint16_t data_len;   /**< of the first segment, 0: all of it */
	int error;
	bool soft;           /**< only where the device has no CSUM */
};

static const struct refused refused[] = {
	{ .flags = MBUF(SCTP_CKSUM), .without = MBUF(L4_MASK), .error = ENOTSUP },
	{ .flags = MBUF(OUTER_IP_CKSUM), .error = ENOTSUP },
	{ .flags = MBUF(TUNNEL_VXLAN), .error = ENOTSUP },
	{ .flags = MBUF(QINQ), .error = ENOTSUP },
	{ .flags = MBUF(SEC_OFFLOAD), .error = ENOTSUP },
	{ .flags = MBUF(UDP_SEG), .segsz = 100, .error = ENOTSUP },
	{ .flags = MBUF(TCP_SEG) | MBUF(IPV6), .without = MBUF(IPV4), .segsz = 100,
	  .error = ENOTSUP },
	{ .without = MBUF(IPV4), .error = EINVAL },
	{ .l2 = 120, .error = EINVAL },               /* headers beyond the packet */
	{ .l3 = 511, .error = EINVAL },
	{ .l3 = 19, .error = EINVAL },                /* no IPv4 header is that short */
	{ .flags = MBUF(IPV6), .without = MBUF(IPV4), .l3 = 39, .error = EINVAL },
	{ .data_len = 53, .error = EINVAL },          /* headers over two segments */
	{ .data_len = 1, .error = EINVAL },
	{ .flags = MBUF(TCP_SEG), .segsz = 0, .error = EINVAL },
	{ .flags = MBUF(TCP_SEG), .segsz = 100, .l4 = 19, .error = EINVAL },
	{ .flags = MBUF(TCP_SEG), .segsz = 100, .l4 = 255, .error = EINVAL },
	{ .l2 = 20, .l3 = 40, .error = EINVAL, .soft = true }, /* a length that is not there */
};

static struct rte_mbuf *
make_refused(struct sender *s, const struct refused *r)
{
	const uint16_t cuts[] = { r->data_len, 0 };
	struct rte_mbuf *m;

	packet = (struct model_packet){ .tcp = true, .payload = 46 };
	model_packet_make(&packet);
	m = model_packet_mbuf(model_pool_mp(s->pool), &packet, cuts);
	m->ol_flags = (m->ol_flags | MBUF(TCP_CKSUM)) & ~r->without;
	m->ol_flags |= r->flags;
	m->l2_len = r->l2 != 0 ? r->l2 : m->l2_len;
	m->l3_len = r->l3 != 0 ? r->l3 : m->l3_len;
	m->l4_len = r->l4 != 0 ? r->l4 : m->l4_len;
	m->tso_segsz = r->segsz;
	return m;
}

/** The packets before it are prepared, it is named by the count, and why is told. */
static void
refusals(void **state)
{
	const bool soft = *state != NULL;
	struct rte_mbuf *pkts[3];
	struct sender s;

	sender_start(&s, soft ? 0 : F(CSUM) | F(HOST_TSO4), TX(UDP_CKSUM) | TX(TCP_CKSUM) |
		     (soft ? 0 : TX(TCP_TSO)));
	for (unsigned int i = 0; i < RTE_DIM(refused); i++) {
		const struct refused *r = &refused[i];
		static struct model_packet before;

		if (r->soft && !soft)
			continue;
		pkts[1] = make_refused(&s, r);
		before = packet;
		random_packet(&s, 100);
		pkts[0] = wrong_packet(&s);
		pkts[2] = rte_pktmbuf_alloc(model_pool_mp(s.pool));
		rte_errno = 0;
		assert_int_equal(rte_eth_tx_prepare(s.port->id, 0, pkts, 3), 1);
		/* Segmentation is not to be had there at all. */
		assert_int_equal(rte_errno, soft && (r->flags & MBUF(TCP_SEG)) ? ENOTSUP :
				 r->error);
		model_packet_read(pkts[1], got);
		assert_memory_equal(got, before.bytes, before.len);
		rte_pktmbuf_free_bulk(pkts, 3);
	}
	sender_end(&s);
}

int
main(void)
{
	static const bool soft = true;

	model_case(software_sums, NULL, NULL, "prepare_software_sums");
	model_case(software_leaves_nothing_to_do, NULL, NULL, "prepare_software_leaves_nothing_to_do");
	model_case(software_sum_of_zero, NULL, NULL, "prepare_software_sum_of_zero");
	model_case(software_leaves_padding_out, NULL, NULL, "prepare_software_leaves_padding_out");
	model_case(pseudo_sums, NULL, NULL, "prepare_pseudo_sums");
	model_case(no_wish, NULL, NULL, "prepare_no_wish");
	model_case(refusals, NULL, NULL, "prepare_refusals");
	model_case(refusals, &soft, NULL, "prepare_refusals_without_csum");
	return model_cases_run("prepare");
}
