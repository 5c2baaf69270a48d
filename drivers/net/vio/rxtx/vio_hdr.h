/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_hdr.h - the header of a packet (5.1.6), in paths that look at more of it than num_buffers: to
 * and from the fields of an mbuf. Only ports that asked for offloads have such paths, and those
 * whose headers have an unusual size.
 */
#ifndef VIO_HDR_H
#define VIO_HDR_H

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "../vio_queue.h"
#include "vio_mbuf.h"
#include "virtio_spec.h"

_Static_assert(sizeof(struct virtio_net_hdr_v1) == VIO_HDR_SIZE, "5.1.6");
_Static_assert(sizeof(struct virtio_net_hdr_v1_hash) == VIO_HDR_SIZE_MAX, "5.1.6, HASH_REPORT");

/**
 * A received packet whose header has a partial checksum or says that it was put together.
 * @return false: it makes no sense, the packet is to be dropped
 */
bool vio_rx_hdr_parse(struct vio_rxq *q, struct rte_mbuf *m, const struct virtio_net_hdr_v1 *hdr);

/** Turn the header of @p m, which was received and is complete, into its fields. @return as above */
static __rte_always_inline bool
vio_rx_hdr_read(struct vio_rxq *q, struct rte_mbuf *m)
{
	const char *at = (const char *)m + q->hdr_offset;
	struct virtio_net_hdr_v1_hash hdr;

	/* One copy: the device may rewrite it at any time. */
	memcpy(&hdr.hdr, at, sizeof(hdr.hdr));
	hdr.hdr.flags &= q->hdr_flags;
	hdr.hdr.gso_type &= q->hdr_gso;
	if (unlikely((hdr.hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || hdr.hdr.gso_type != 0)) {
		if (!vio_rx_hdr_parse(q, m, &hdr.hdr))
			return false;
	} else if (hdr.hdr.flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	}
	if (q->hdr_size != VIO_HDR_SIZE_MAX)
		return true;
	memcpy(&hdr.hash_value, at + VIO_HDR_SIZE, sizeof(hdr) - VIO_HDR_SIZE);
	if (hdr.hash_report != VIRTIO_NET_HASH_REPORT_NONE) {
		m->hash.rss = rte_le_to_cpu_32(hdr.hash_value);
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	}
	return true;
}

/** Take the VLAN tags of received packets off. */
static __rte_always_inline void
vio_rx_strip(struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		if (likely(pkts[i]->data_len >= RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN))
			rte_vlan_strip(pkts[i]);
}

/** What a packet can ask a device for. */
#define VIO_TX_WISHES (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)

/** Does it ask for TCP's checksum, else UDP's? */
static __rte_always_inline bool
vio_tx_hdr_is_tcp(uint64_t flags)
{
	return (flags & RTE_MBUF_F_TX_TCP_SEG) ||
	       (flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM;
}

/** Where the checksum is, in a TCP and in a UDP header. */
static __rte_always_inline uint16_t
vio_tx_hdr_csum_offset(bool tcp)
{
	return tcp ? 16 : 6;
}

/** A wish that the device does not fulfil, or nobody can. */
static __rte_always_inline bool
vio_tx_hdr_impossible(const struct vio_txq *q, const struct rte_mbuf *m)
{
	const uint64_t flags = m->ol_flags;
	const uint32_t l4 = m->l2_len + m->l3_len;

	if (likely((flags & VIO_TX_WISHES) == 0))
		return false;
	/* csum_start and csum_offset are to be within the packet, whatever it says (5.1.6.2.1). */
	if ((q->offloads & VIO_TXQ_CSUM) &&
	    unlikely(l4 + vio_tx_hdr_csum_offset(vio_tx_hdr_is_tcp(flags)) + 2 > m->pkt_len))
		return true;
	if (likely((flags & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)) == 0))
		return false;
	/* gso_size is not to be 0 (5.1.6.2.1), and headers are not longer than the packet. */
	if (unlikely(m->tso_segsz == 0 || l4 + m->l4_len > m->pkt_len))
		return true;
	if (flags & RTE_MBUF_F_TX_UDP_SEG)
		return !(q->offloads & VIO_TXQ_USO);
	return !(q->offloads & (flags & RTE_MBUF_F_TX_IPV6 ? VIO_TXQ_TSO6 : VIO_TXQ_TSO4));
}

/** gso_type of a TCP packet to be segmented; with ECN where its CWR bit is set (5.1.6.2). */
static __rte_always_inline uint8_t
vio_tx_hdr_tso(const struct vio_txq *q, const struct rte_mbuf *m, uint16_t l4)
{
	const uint16_t flags_at = l4 + 13; /* of a TCP header */
	uint8_t type = m->ol_flags & RTE_MBUF_F_TX_IPV6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
							  VIRTIO_NET_HDR_GSO_TCPV4;

	if ((q->offloads & VIO_TXQ_ECN) && flags_at < m->data_len &&
	    (*rte_pktmbuf_mtod_offset(m, const uint8_t *, flags_at) & 0x80))
		type |= VIRTIO_NET_HDR_GSO_ECN;
	return type;
}

/** Write the header of a packet at @p to; num_buffers is 0 (5.1.6.2.1). */
static __rte_always_inline void
vio_tx_hdr_write(const struct vio_txq *q, const struct rte_mbuf *m, void *to)
{
	const uint64_t wish = m->ol_flags & VIO_TX_WISHES;
	const uint16_t l4 = m->l2_len + m->l3_len;
	struct virtio_net_hdr_v1_hash hdr = { 0 };
	bool tcp;

	/* The checksum of SCTP is none that a virtio device knows. */
	if (wish == 0 || unlikely(!(q->offloads & VIO_TXQ_CSUM) ||
				  wish == RTE_MBUF_F_TX_SCTP_CKSUM)) {
		memcpy(to, &hdr, q->hdr_size);
		return;
	}
	tcp = vio_tx_hdr_is_tcp(wish);
	hdr.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr.hdr.csum_start = l4;
	hdr.hdr.csum_offset = vio_tx_hdr_csum_offset(tcp);
	if (wish & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)) {
		hdr.hdr.gso_type = tcp ? vio_tx_hdr_tso(q, m, l4) : VIRTIO_NET_HDR_GSO_UDP_L4;
		hdr.hdr.gso_size = m->tso_segsz;
		hdr.hdr.hdr_len = l4 + m->l4_len;
	}
	memcpy(to, &hdr, q->hdr_size);
}

#endif /* VIO_HDR_H */
