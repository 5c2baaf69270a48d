/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* Headers of a TAP and fields of mbufs, both of which may say anything. */

#include "unit.h"

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "header.h"
#include "model_eal.h"

#define BOTH_CKSUM (RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM)
#define ALL (BOTH_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO)

#define L2 14
#define PAYLOAD 201 /* odd */

static struct rte_mempool *pool;

enum kind { TCP4, UDP4, TCP6, UDP6, TCP6_OPTIONS };

static const uint16_t l4_at[] = { 34, 34, 54, 54, 62 };

static bool
is_tcp(enum kind kind)
{
	return kind != UDP4 && kind != UDP6;
}

static bool
is_ipv4(enum kind kind)
{
	return kind == TCP4 || kind == UDP4;
}

static uint16_t
cksum_at(enum kind kind)
{
	return is_tcp(kind) ? 16 : 6;
}

static uint16_t
headers_end(enum kind kind)
{
	return l4_at[kind] + (is_tcp(kind) ? 20 : 8);
}

/** Bytes of a packet; returns how many. Its layer 4 checksum is the pseudo header's sum. */
static uint32_t
build(uint8_t *p, enum kind kind)
{
	const uint16_t l4_len = headers_end(kind) - l4_at[kind] + PAYLOAD;
	struct rte_ipv6_hdr ip6 = { 0 };
	uint16_t sum;

	memset(p, 0, headers_end(kind));
	for (unsigned int i = 0; i < PAYLOAD; i++)
		p[headers_end(kind) + i] = 0xf0 + 7 * i;
	p[12] = is_ipv4(kind) ? 0x08 : 0x86;
	p[13] = is_ipv4(kind) ? 0x00 : 0xdd;
	if (is_ipv4(kind)) {
		struct rte_ipv4_hdr *ip = (void *)(p + L2);

		ip->version_ihl = 0x45;
		ip->total_length = rte_cpu_to_be_16(20 + l4_len);
		ip->next_proto_id = is_tcp(kind) ? IPPROTO_TCP : IPPROTO_UDP;
		ip->src_addr = RTE_BE32(0xc6336401);
		ip->dst_addr = RTE_BE32(0xc6336402);
		sum = rte_ipv4_phdr_cksum(ip, 0);
	} else {
		ip6.vtc_flow = RTE_BE32(6U << 28);
		ip6.proto = is_tcp(kind) ? IPPROTO_TCP : IPPROTO_UDP;
		ip6.payload_len = rte_cpu_to_be_16(l4_len);
		*((uint8_t *)&ip6.src_addr + 15) = 1; /* an array, or a structure of one */
		*((uint8_t *)&ip6.dst_addr + 15) = 2;
		sum = rte_ipv6_phdr_cksum(&ip6, 0);
		if (kind == TCP6_OPTIONS) {
			/* A hop-by-hop header of 8 bytes: next header, 0, and PadN of 4. */
			p[L2 + 40] = ip6.proto;
			p[L2 + 42] = 1;
			p[L2 + 43] = 4;
			ip6.proto = IPPROTO_HOPOPTS;
			ip6.payload_len = rte_cpu_to_be_16(l4_len + 8);
		}
		memcpy(p + L2, &ip6, sizeof(ip6));
	}
	if (is_tcp(kind))
		p[l4_at[kind] + 12] = 5 << 4;
	memcpy(p + l4_at[kind] + cksum_at(kind), &sum, sizeof(sum));
	return headers_end(kind) + PAYLOAD;
}

/** In segments of @p first bytes, then of 1, then of the rest. */
static struct rte_mbuf *
packet(const uint8_t *bytes, uint32_t len, uint32_t first)
{
	const uint32_t sizes[] = { RTE_MIN(first, len), 1, len };
	struct rte_mbuf *head = NULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes) && len > 0; i++) {
		const uint16_t size = RTE_MIN(sizes[i], len);
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		assert_non_null(m);
		memcpy(rte_pktmbuf_append(m, size), bytes, size);
		bytes += size;
		len -= size;
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
	}
	return head;
}

static struct rte_mbuf *
whole(enum kind kind)
{
	uint8_t bytes[512];

	return packet(bytes, build(bytes, kind), 512);
}

static struct virtio_net_hdr
wish(enum kind kind)
{
	return (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = l4_at[kind],
		.csum_offset = cksum_at(kind),
	};
}

static struct virtio_net_hdr
long_wish(enum kind kind)
{
	struct virtio_net_hdr hdr = wish(kind);

	hdr.gso_type = is_ipv4(kind) ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	hdr.gso_size = 100;
	hdr.hdr_len = headers_end(kind);
	return hdr;
}

/** The sum over layer 4 and the pseudo header, whose sum is in @p built; 0xffff: it is right. */
static uint16_t
check_sum(struct rte_mbuf *m, enum kind kind)
{
	uint8_t built[512], got[512];
	const uint32_t len = build(built, kind);
	const uint8_t *bytes;
	uint16_t pseudo;
	uint32_t sum = 0;

	assert_int_equal(m->pkt_len, len);
	bytes = rte_pktmbuf_read(m, 0, len, got);
	memcpy(&pseudo, built + l4_at[kind] + cksum_at(kind), sizeof(pseudo));
	for (uint32_t i = l4_at[kind]; i < len; i += 2)
		sum += bytes[i] << 8 | (i + 1 < len ? bytes[i + 1] : 0);
	sum += rte_be_to_cpu_16(pseudo);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void
test_no_wish(void **state)
{
	const struct virtio_net_hdr hdr = { .csum_start = 0xffff, .csum_offset = 0xffff };
	struct rte_mbuf *m = whole(TCP4);

	(void)state;
	assert_int_equal(header_to_mbuf(&hdr, m, ALL), 0);
	assert_int_equal(m->ol_flags, 0);
	rte_pktmbuf_free(m);
}

static void
test_cksum_by_port(void **state)
{
	(void)state;
	for (enum kind kind = TCP4; kind <= TCP6_OPTIONS; kind++) {
		const struct virtio_net_hdr hdr = wish(kind);
		struct rte_mbuf *m = whole(kind);

		assert_int_equal(header_to_mbuf(&hdr, m, BOTH_CKSUM), 0);
		assert_int_equal(m->ol_flags,
				 (is_tcp(kind) ? RTE_MBUF_F_TX_TCP_CKSUM :
						 RTE_MBUF_F_TX_UDP_CKSUM) |
				 (is_ipv4(kind) ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6));
		assert_int_equal(m->l2_len, L2);
		assert_int_equal(m->l2_len + m->l3_len, l4_at[kind]);
		rte_pktmbuf_free(m);
	}
}

/* The port does it not, or no flag names it; wherever segments end. */
static void
test_cksum_by_us(void **state)
{
	(void)state;
	for (enum kind kind = TCP4; kind <= TCP6_OPTIONS; kind++) {
		const struct virtio_net_hdr hdr = wish(kind);
		uint8_t bytes[512];
		const uint32_t len = build(bytes, kind);

		for (uint32_t first = 1; first <= len; first++) {
			struct rte_mbuf *m = packet(bytes, len, first);

			/* All headers in the first segment: flags would do, but for the port. */
			assert_int_equal(header_to_mbuf(&hdr, m,
							first < headers_end(kind) ? ALL : 0), 0);
			assert_int_equal(m->ol_flags, 0);
			assert_int_equal(check_sum(m, kind), 0xffff);
			rte_pktmbuf_free(m);
		}
	}
}

static void
test_tso(void **state)
{
	(void)state;
	for (enum kind kind = TCP4; kind <= TCP6_OPTIONS; kind++) {
		struct virtio_net_hdr hdr = long_wish(kind);
		struct rte_mbuf *m = whole(kind);

		if (!is_tcp(kind)) {
			assert_int_equal(header_to_mbuf(&hdr, m, ALL), -EINVAL);
			rte_pktmbuf_free(m);
			continue;
		}
		hdr.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		assert_int_equal(header_to_mbuf(&hdr, m, BOTH_CKSUM), -ENOTSUP);
		rte_pktmbuf_free(m);
		m = whole(kind);
		assert_int_equal(header_to_mbuf(&hdr, m, ALL | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM), 0);
		assert_true(m->ol_flags & RTE_MBUF_F_TX_TCP_SEG);
		assert_int_equal((m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0, is_ipv4(kind));
		assert_int_equal(m->tso_segsz, 100);
		assert_int_equal(m->l4_len, 20);
		rte_pktmbuf_free(m);
	}
}

/* Headers that do not fit their packets. */
static void
test_hostile_header(void **state)
{
	struct {
		struct virtio_net_hdr hdr;
		int ret;
	} cases[] = {
		{ { .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 100 }, -EINVAL },
		{ wish(TCP4), -EINVAL }, { wish(TCP4), -EINVAL }, { wish(TCP4), -EINVAL },
		{ wish(TCP4), 0 },
		{ long_wish(TCP4), -EINVAL }, { long_wish(TCP4), -EINVAL },
		{ long_wish(TCP4), -EINVAL }, { long_wish(TCP4), -EINVAL },
	};
	uint8_t bytes[512];
	const uint32_t len = build(bytes, TCP4);

	(void)state;
	cases[1].hdr.csum_start = UINT16_MAX;
	cases[2].hdr.csum_offset = UINT16_MAX;
	cases[3].hdr.csum_start = len - 17; /* the last byte of the sum is outside */
	cases[4].hdr.csum_start = len - 18; /* and now inside */
	cases[5].hdr.gso_size = 0;
	cases[6].hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	cases[7].hdr.gso_type = 0x7f;
	cases[8].hdr.csum_start++;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rte_mbuf *m = packet(bytes, len, 512);

		assert_int_equal(header_to_mbuf(&cases[i].hdr, m, ALL), cases[i].ret);
		rte_pktmbuf_free(m);
	}
}

static void
test_received_cksum(void **state)
{
	struct virtio_net_hdr hdr;

	(void)state;
	for (enum kind kind = TCP4; kind <= TCP6_OPTIONS; kind++) {
		struct rte_mbuf *m = whole(kind);
		uint16_t *cksum = rte_pktmbuf_mtod_offset(m, void *, l4_at[kind] + cksum_at(kind));
		const uint16_t pseudo = *cksum;

		assert_int_equal(header_from_mbuf(&hdr, m), 0);
		assert_int_equal(hdr.flags, 0);
		m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
		assert_int_equal(header_from_mbuf(&hdr, m), 0);
		assert_int_equal(hdr.flags, VIRTIO_NET_HDR_F_DATA_VALID);
		m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_BAD;
		assert_int_equal(header_from_mbuf(&hdr, m), 0);
		assert_int_equal(hdr.flags, 0);
		/* ethdev does not say what stands there then. */
		*cksum = 0x1234;
		m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_NONE;
		assert_int_equal(header_from_mbuf(&hdr, m), 0);
		assert_int_equal(hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		assert_int_equal(hdr.csum_start, l4_at[kind]);
		assert_int_equal(hdr.csum_offset, cksum_at(kind));
		assert_int_equal(hdr.gso_type, VIRTIO_NET_HDR_GSO_NONE);
		assert_int_equal(*cksum, pseudo);
		rte_pktmbuf_free(m);
	}
}

static void
test_received_joined(void **state)
{
	struct virtio_net_hdr hdr;

	(void)state;
	for (enum kind kind = TCP4; kind <= TCP6_OPTIONS; kind++) {
		struct rte_mbuf *m = whole(kind);

		m->ol_flags = RTE_MBUF_F_RX_LRO | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
		assert_int_equal(header_from_mbuf(&hdr, m), -EINVAL); /* of what size? */
		m->tso_segsz = 100;
		assert_int_equal(header_from_mbuf(&hdr, m), is_tcp(kind) ? 0 : -EINVAL);
		if (is_tcp(kind)) {
			assert_int_equal(hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
			assert_int_equal(hdr.gso_type, is_ipv4(kind) ? VIRTIO_NET_HDR_GSO_TCPV4 :
				VIRTIO_NET_HDR_GSO_TCPV6);
			assert_int_equal(hdr.gso_size, 100);
			assert_int_equal(hdr.hdr_len, headers_end(kind));
			*rte_pktmbuf_mtod_offset(m, uint8_t *, l4_at[kind] + 13) = 0x80;
			assert_int_equal(header_from_mbuf(&hdr, m), 0);
			assert_true(hdr.gso_type & VIRTIO_NET_HDR_GSO_ECN);
		}
		m->ol_flags = RTE_MBUF_F_RX_LRO | RTE_MBUF_F_RX_L4_CKSUM_BAD;
		assert_int_equal(header_from_mbuf(&hdr, m), -EINVAL);
		rte_pktmbuf_free(m);
	}
}

/* A packet that is cut off anywhere, and whose bytes are anything: its flags, and its header. */
static void
test_hostile_packet(void **state)
{
	uint64_t random = 1;
	uint8_t bytes[512];
	struct virtio_net_hdr hdr;

	(void)state;
	for (unsigned int i = 0; i < 200000; i++) {
		const enum kind kind = unit_random(&random) % (TCP6_OPTIONS + 1);
		const uint32_t len = 1 + unit_random(&random) % build(bytes, kind);
		struct rte_mbuf *m;

		for (unsigned int j = unit_random(&random) % 4; j > 0; j--)
			bytes[12 + unit_random(&random) % 64] = unit_random(&random);
		m = packet(bytes, len, 1 + unit_random(&random) % len);
		m->ol_flags = unit_random(&random) &
			      (RTE_MBUF_F_RX_LRO | RTE_MBUF_F_RX_L4_CKSUM_MASK);
		m->tso_segsz = unit_random(&random) % 3;
		if (header_from_mbuf(&hdr, m) == 0 && (hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
			assert_true((uint32_t)hdr.csum_start + hdr.csum_offset + 2 <= m->data_len);
		hdr = long_wish(kind);
		hdr.flags = unit_random(&random);
		hdr.gso_type = i % 2 != 0 ? unit_random(&random) : hdr.gso_type;
		hdr.csum_start += i % 3 == 0 ? unit_random(&random) : 0;
		m->ol_flags = 0;
		if (header_to_mbuf(&hdr, m, i % 5 != 0 ? ALL : 0) == 0 && m->ol_flags != 0)
			assert_true((uint32_t)m->l2_len + m->l3_len + m->l4_len <= m->data_len);
		assert_int_equal(m->pkt_len, len);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static int
start(void **state)
{
	model_eal_start(state);
	pool = rte_pktmbuf_pool_create("headers", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool == NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_wish),
		cmocka_unit_test(test_cksum_by_port),
		cmocka_unit_test(test_cksum_by_us),
		cmocka_unit_test(test_tso),
		cmocka_unit_test(test_hostile_header),
		cmocka_unit_test(test_received_cksum),
		cmocka_unit_test(test_received_joined),
		cmocka_unit_test(test_hostile_packet),
	};

	return cmocka_run_group_tests(tests, start, model_eal_stop);
}
