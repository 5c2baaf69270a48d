/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_packet.c - see model_packet.h. */

#include <string.h>

#include "model_packet.h"
#include "model_port.h"
#include "unit.h"

#define ETHER 14u
#define TAG 4u
#define IPV4 20u
#define IPV6 40u
#define TCP 20u
#define UDP 8u

enum { PROTO_TCP = 6, PROTO_UDP = 17, PROTO_DESTINATION_OPTIONS = 60 };

static void
put16(uint8_t *to, uint16_t value)
{
	to[0] = value >> 8;
	to[1] = value & 0xff;
}

/** Sum of 16 bit words in ones' complement (RFC 1071), going on from @p sum. */
static uint16_t
add(uint16_t sum, const uint8_t *bytes, uint32_t len)
{
	uint32_t total = sum;

	for (uint32_t i = 0; i < len; i++) {
		total += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
		total = (total & 0xffff) + (total >> 16);
	}
	return total;
}

static uint8_t
proto(const struct model_packet *p)
{
	return p->tcp ? PROTO_TCP : PROTO_UDP;
}

static uint8_t *
l4_of(struct model_packet *p)
{
	return p->bytes + p->l2 + p->l3;
}

uint16_t
model_packet_cksum_offset(const struct model_packet *p)
{
	return p->tcp ? 16 : 6;
}

uint16_t
model_packet_pseudo(const struct model_packet *p)
{
	const uint8_t *ip = p->bytes + p->l2;
	const uint32_t l4_len = p->len - p->l2 - p->l3;
	const uint8_t rest[] = { 0, 0, l4_len >> 8, l4_len & 0xff, 0, 0, 0, proto(p) };
	uint16_t sum = p->ipv6 ? add(0, ip + 8, 32) : add(0, ip + 12, 8);

	return add(sum, rest, sizeof(rest));
}

void
model_packet_set_cksum(struct model_packet *p, uint16_t sum)
{
	put16(l4_of(p) + model_packet_cksum_offset(p), sum);
}

void
model_packet_set_ip_cksum(struct model_packet *p, uint16_t sum)
{
	put16(p->bytes + p->l2 + 10, sum);
}

static void
make_ipv4(struct model_packet *p)
{
	uint8_t *ip = p->bytes + p->l2;

	p->l3 = IPV4 + p->extension;
	p->len += p->l2 + p->l3;
	memset(ip, 1, p->l3); /* options: no operation */
	ip[0] = 0x40 | p->l3 / 4;
	put16(ip + 2, p->len - p->l2);
	put16(ip + 6, 0); /* no fragment */
	ip[9] = proto(p);
	model_packet_set_ip_cksum(p, 0);
	model_packet_set_ip_cksum(p, ~add(0, ip, p->l3));
}

static void
make_ipv6(struct model_packet *p)
{
	uint8_t *ip = p->bytes + p->l2;

	p->l3 = IPV6 + p->extension;
	p->len += p->l2 + p->l3;
	memset(ip, 0x20 + (p->number & 15), p->l3);
	ip[0] = 0x60;
	put16(ip + 4, p->len - p->l2 - IPV6);
	ip[6] = p->extension != 0 ? PROTO_DESTINATION_OPTIONS : proto(p);
	if (p->extension == 0)
		return;
	ip[IPV6] = proto(p);
	ip[IPV6 + 1] = p->extension / 8 - 1;
	ip[IPV6 + 2] = 1; /* PadN */
	ip[IPV6 + 3] = p->extension - 4;
	memset(ip + IPV6 + 4, 0, p->extension - 4);
}

void
model_packet_make(struct model_packet *p)
{
	uint8_t *l4;
	uint16_t sum;

	p->l2 = ETHER + (p->tagged ? TAG : 0);
	p->l4 = p->tcp ? TCP + p->tcp_options : UDP;
	p->len = p->l4 + p->payload;
	assert_true(p->len + p->l2 + IPV6 + p->extension <= MODEL_PACKET_MAX);
	for (unsigned int i = 0; i < 12; i++)
		p->bytes[i] = 2 * i + 2;
	if (p->tagged) {
		put16(p->bytes + 12, 0x8100);
		put16(p->bytes + 14, 0x6000 | (p->number & 0xfff));
	}
	put16(p->bytes + p->l2 - 2, p->ipv6 ? 0x86dd : 0x0800);
	if (p->ipv6)
		make_ipv6(p);
	else
		make_ipv4(p);

	l4 = l4_of(p);
	model_content(l4, p->l4 + p->payload, p->number);
	if (p->tcp) {
		l4[12] = (p->l4 / 4) << 4;
		l4[13] = p->tcp_flags;
	} else {
		put16(l4 + 4, p->l4 + p->payload);
	}
	model_packet_set_cksum(p, 0);
	sum = ~add(model_packet_pseudo(p), l4, p->len - p->l2 - p->l3);
	model_packet_set_cksum(p, !p->tcp && sum == 0 ? 0xffff : sum);
}

struct rte_mbuf *
model_packet_mbuf(struct rte_mempool *mp, const struct model_packet *p, const uint16_t *cuts)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(mp);
	struct rte_mbuf *tail = head;

	assert_non_null(head);
	for (uint32_t at = 0; at < p->len;) {
		const uint32_t len = cuts != NULL && *cuts != 0 ? *cuts++ : p->len - at;

		assert_true(at + len <= p->len && len <= rte_pktmbuf_tailroom(tail));
		memcpy(rte_pktmbuf_mtod(tail, void *), p->bytes + at, len);
		tail->data_len = len;
		at += len;
		if (at == p->len)
			break;
		tail->next = rte_pktmbuf_alloc(mp);
		tail = tail->next;
		assert_non_null(tail);
		head->nb_segs++;
	}
	head->pkt_len = p->len;
	head->l2_len = p->l2;
	head->l3_len = p->l3;
	head->l4_len = p->l4;
	head->ol_flags = p->ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
	return head;
}

void
model_packet_cut(uint64_t *random, uint32_t len, uint32_t head, uint16_t *cuts)
{
	unsigned int most = unit_random(random) % (MODEL_CUTS - 1);
	uint32_t least = head;
	unsigned int n = 0;

	while (n < most && len > least + 1) {
		/* Often a single byte, and often an odd number of them. */
		cuts[n] = least + (unit_random(random) % 4 == 0 ? 0 :
				   unit_random(random) % ((len - least) / 2 + 1));
		len -= cuts[n++];
		least = 1;
	}
	cuts[n] = 0;
}

uint32_t
model_packet_read(const struct rte_mbuf *m, uint8_t *bytes)
{
	uint32_t at = 0;

	for (; m != NULL; m = m->next) {
		assert_true(at + m->data_len <= MODEL_PACKET_MAX);
		memcpy(bytes + at, rte_pktmbuf_mtod(m, const void *), m->data_len);
		at += m->data_len;
	}
	return at;
}

void
model_packet_complete(uint8_t *bytes, uint32_t len, const struct virtio_net_hdr *hdr)
{
	uint16_t sum;

	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return;
	assert_true((uint32_t)hdr->csum_start + hdr->csum_offset + 2 <= len);
	sum = ~add(0, bytes + hdr->csum_start, len - hdr->csum_start);
	put16(bytes + hdr->csum_start + hdr->csum_offset, sum);
}
