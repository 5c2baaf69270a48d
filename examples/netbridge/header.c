/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* header.c - see header.h. */

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_net.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "header.h"

#define LAYERS (RTE_PTYPE_L2_MASK | RTE_PTYPE_L3_MASK | RTE_PTYPE_L4_MASK)

/** "Congestion window reduced" (RFC 3168), which the first of the cut packets alone is to have. */
#define TCP_CWR 0x80

/** A TCP or UDP packet, all headers of which are in the first segment. */
struct headers {
	bool ipv4; /**< else IPv6 */
	bool tcp;  /**< else UDP */
	uint16_t l2_len;
	uint16_t l3_len; /**< with IPv6's extension headers */
	uint16_t l4_len;
};

static bool
find_headers(const struct rte_mbuf *m, struct headers *h)
{
	struct rte_net_hdr_lens lens = { 0 };
	const uint32_t type = rte_net_get_ptype(m, &lens, LAYERS);
	const uint32_t l4 = type & RTE_PTYPE_L4_MASK;

	if (l4 != RTE_PTYPE_L4_TCP && l4 != RTE_PTYPE_L4_UDP)
		return false;
	h->ipv4 = RTE_ETH_IS_IPV4_HDR(type);
	h->tcp = l4 == RTE_PTYPE_L4_TCP;
	h->l2_len = lens.l2_len;
	h->l3_len = lens.l3_len;
	h->l4_len = h->tcp ? lens.l4_len : sizeof(struct rte_udp_hdr);
	if (h->l4_len < (h->tcp ? sizeof(struct rte_tcp_hdr) : sizeof(struct rte_udp_hdr)) ||
	    h->l3_len < (h->ipv4 ? sizeof(struct rte_ipv4_hdr) : sizeof(struct rte_ipv6_hdr)))
		return false;
	return (uint32_t)h->l2_len + h->l3_len + h->l4_len <= m->data_len;
}

static uint16_t
l4_offset(const struct headers *h)
{
	return h->l2_len + h->l3_len;
}

/** Where the checksum stands in the header of layer 4. */
static uint16_t
cksum_offset(const struct headers *h)
{
	return h->tcp ? offsetof(struct rte_tcp_hdr, cksum) :
			offsetof(struct rte_udp_hdr, dgram_cksum);
}

/**
 * Sum up a packet from @p off on in ones' complement. Not rte_raw_cksum_mbuf(): in DPDK 22.11 that
 * loses carries of a segment behind an odd number of bytes.
 */
static uint16_t
sum_from(const struct rte_mbuf *m, uint32_t off)
{
	uint32_t sum = 0;
	bool odd = false;

	for (; m != NULL; m = m->next) {
		uint32_t len;
		uint16_t part;

		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		len = m->data_len - off;
		part = rte_raw_cksum(rte_pktmbuf_mtod_offset(m, const void *, off), len);
		sum += odd ? rte_bswap16(part) : part;
		odd ^= len & 1;
		off = 0;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/** Complete a checksum; the caller has seen that its place is within the packet. */
static void
complete(const struct virtio_net_hdr *hdr, struct rte_mbuf *m)
{
	uint16_t sum = ~sum_from(m, hdr->csum_start);
	uint8_t bytes[sizeof(sum)];
	uint32_t at = (uint32_t)hdr->csum_start + hdr->csum_offset;

	/* 0 is UDP's word for no checksum (RFC 768), and for all others the same as 0xffff. */
	if (sum == 0)
		sum = UINT16_MAX;
	memcpy(bytes, &sum, sizeof(sum));
	/* They may be the last of one segment and the first of the next. */
	for (unsigned int i = 0; i < sizeof(sum); i++, at++) {
		for (; at >= m->data_len; m = m->next)
			at -= m->data_len;
		*rte_pktmbuf_mtod_offset(m, uint8_t *, at) = bytes[i];
	}
}

/** Have the port cut a TCP packet. */
static int
ask_tso(const struct virtio_net_hdr *hdr, struct rte_mbuf *m, const struct headers *h,
	uint64_t offloads)
{
	const uint8_t type = hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;

	if (!h->tcp || hdr->gso_size == 0 ||
	    type != (h->ipv4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6))
		return -EINVAL;
	if (!(offloads & RTE_ETH_TX_OFFLOAD_TCP_TSO))
		return -ENOTSUP;
	m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	/* The one of the whole packet is right; a port that computes one writes it into each. */
	if (h->ipv4 && (offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM))
		m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
	m->tso_segsz = hdr->gso_size;
	return 0;
}

int
header_to_mbuf(const struct virtio_net_hdr *hdr, struct rte_mbuf *m, uint64_t offloads)
{
	const bool cut = hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE;
	struct headers h;
	uint64_t needs;

	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return cut ? -EINVAL : 0; /* 5.1.6.2.1: one is not without the other */
	if ((uint32_t)hdr->csum_start + hdr->csum_offset + sizeof(uint16_t) > m->pkt_len)
		return -EINVAL;
	if (!find_headers(m, &h) || l4_offset(&h) != hdr->csum_start ||
	    cksum_offset(&h) != hdr->csum_offset) {
		if (cut)
			return -EINVAL;
		complete(hdr, m);
		return 0;
	}
	needs = h.tcp ? RTE_ETH_TX_OFFLOAD_TCP_CKSUM : RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	if (!cut && !(offloads & needs)) {
		complete(hdr, m);
		return 0;
	}
	m->l2_len = h.l2_len;
	m->l3_len = h.l3_len;
	m->l4_len = h.l4_len;
	m->ol_flags |= h.ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;
	m->ol_flags |= h.tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
	return cut ? ask_tso(hdr, m, &h, offloads) : 0;
}

/** Sum of the pseudo header, with the length as it is now. */
static uint16_t
pseudo_sum(const struct rte_mbuf *m, const struct headers *h)
{
	const void *ip = rte_pktmbuf_mtod_offset(m, const void *, h->l2_len);
	const uint16_t extensions = h->l3_len - sizeof(struct rte_ipv6_hdr);
	struct rte_ipv6_hdr ip6;

	if (h->ipv4)
		return rte_ipv4_phdr_cksum(ip, 0);
	/* As if the extension headers were not there (RFC 8200, 8.1). */
	memcpy(&ip6, ip, sizeof(ip6));
	ip6.proto = h->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	ip6.payload_len = rte_cpu_to_be_16(rte_be_to_cpu_16(ip6.payload_len) - extensions);
	return rte_ipv6_phdr_cksum(&ip6, 0);
}

int
header_from_mbuf(struct virtio_net_hdr *hdr, struct rte_mbuf *m)
{
	const uint64_t sum = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	const bool joined = (m->ol_flags & RTE_MBUF_F_RX_LRO) != 0;
	const struct rte_tcp_hdr *tcp;
	struct headers h;
	uint16_t pseudo;

	memset(hdr, 0, sizeof(*hdr));
	/* A wrong one is for the kernel to see, and count; but what of a joined packet is wrong? */
	if (sum == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		return joined ? -EINVAL : 0;
	if (!joined && sum != RTE_MBUF_F_RX_L4_CKSUM_NONE) {
		if (sum == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
			hdr->flags = VIRTIO_NET_HDR_F_DATA_VALID;
		return 0;
	}
	if (!find_headers(m, &h) || (joined && (!h.tcp || m->tso_segsz == 0)))
		return -EINVAL;
	hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr->csum_start = l4_offset(&h);
	hdr->csum_offset = cksum_offset(&h);
	pseudo = pseudo_sum(m, &h);
	memcpy(rte_pktmbuf_mtod_offset(m, void *, hdr->csum_start + hdr->csum_offset), &pseudo,
	       sizeof(pseudo));
	if (!joined)
		return 0;
	tcp = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *, hdr->csum_start);
	hdr->gso_type = h.ipv4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	if (tcp->tcp_flags & TCP_CWR)
		hdr->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	hdr->gso_size = m->tso_segsz;
	hdr->hdr_len = hdr->csum_start + h.l4_len;
	return 0;
}
