/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* offload.c - received packets with a partial checksum, or put together by the device. */

#include <rte_net.h>

#include "../vio.h"
#include "../vio_offload.h"
#include "vio_hdr.h"

/** Does the header speak of the checksum of a TCP, UDP or SCTP packet, as its headers do? */
static bool
is_known_l4(const struct rte_mbuf *m, const struct virtio_net_hdr_v1 *hdr)
{
	struct rte_net_hdr_lens lens;
	const uint32_t l4 = rte_net_get_ptype(m, &lens, RTE_PTYPE_ALL_MASK) & RTE_PTYPE_L4_MASK;

	return (l4 == RTE_PTYPE_L4_TCP || l4 == RTE_PTYPE_L4_UDP || l4 == RTE_PTYPE_L4_SCTP) &&
	       lens.l2_len + lens.l3_len == hdr->csum_start;
}

/** Write two bytes of a packet, which may be the last of one buffer and the first of the next. */
static void
write_cksum(struct rte_mbuf *m, uint32_t at, uint16_t sum)
{
	const uint8_t *bytes = (const uint8_t *)&sum;

	for (unsigned int i = 0; i < sizeof(sum); i++, at++) {
		for (; at >= m->data_len; m = m->next)
			at -= m->data_len;
		*rte_pktmbuf_mtod_offset(m, uint8_t *, at) = bytes[i];
	}
}

/** A checksum that no flag of an mbuf can speak of is completed here. */
static void
complete_cksum(struct rte_mbuf *m, const struct virtio_net_hdr_v1 *hdr)
{
	const uint16_t sum = vio_cksum_sum(m, hdr->csum_start, m->pkt_len - hdr->csum_start);

	write_cksum(m, (uint32_t)hdr->csum_start + hdr->csum_offset, ~sum);
}

bool
vio_rx_hdr_parse(struct vio_rxq *q, struct rte_mbuf *m, const struct virtio_net_hdr_v1 *hdr)
{
	const uint8_t gso = hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;

	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		/* 5.1.6.4.2: both come from outside, and the place is written to. */
		if ((uint32_t)hdr->csum_start + hdr->csum_offset + sizeof(uint16_t) > m->pkt_len)
			return false;
		if (is_known_l4(m, hdr))
			m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
		else
			complete_cksum(m, hdr);
	} else if (hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	}
	if (gso == VIRTIO_NET_HDR_GSO_NONE)
		return true;
	if ((gso != VIRTIO_NET_HDR_GSO_TCPV4 || !(q->lro & VIO_RXQ_TSO4)) &&
	    (gso != VIRTIO_NET_HDR_GSO_TCPV6 || !(q->lro & VIO_RXQ_TSO6)))
		return false;
	if (hdr->gso_size == 0)
		return false;
	m->tso_segsz = hdr->gso_size;
	m->ol_flags |= RTE_MBUF_F_RX_LRO;
	return true;
}
