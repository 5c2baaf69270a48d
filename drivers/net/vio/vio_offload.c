/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_offload.c - see vio_offload.h. What bursts do about offloads is in rxtx/vio_hdr.h. */

#include <errno.h>

#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_net.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "vio.h"
#include "vio_offload.h"
#include "virtio_spec.h"

#define F(name) VIRTIO_FEATURE(VIRTIO_NET_F_ ## name)

/** An offload, and the features that it is made of. */
struct offload {
	uint64_t offload;
	uint64_t any;     /**< one of these has to be offered; 0: software does it */
	uint64_t ask;     /**< what is asked for: these and those of any */
	const char *name;
	const char *without; /**< what it means when none is there */
};

#define RX(name) RTE_ETH_RX_OFFLOAD_ ## name
#define TX(name) RTE_ETH_TX_OFFLOAD_ ## name

static const struct offload rx_offloads[] = {
	{ RX(SCATTER), 0, 0, "SCATTER", NULL },
	{ RX(VLAN_STRIP), 0, 0, "VLAN_STRIP", NULL },
	{ RX(UDP_CKSUM), F(GUEST_CSUM), 0, "UDP_CKSUM", "checksums are not looked at" },
	{ RX(TCP_CKSUM), F(GUEST_CSUM), 0, "TCP_CKSUM", "checksums are not looked at" },
	{ RX(TCP_LRO), F(GUEST_TSO4) | F(GUEST_TSO6), F(GUEST_CSUM) | F(GUEST_ECN),
	  "TCP_LRO", "packets come as they are on the wire" },
	{ RX(RSS_HASH), F(HASH_REPORT), 0, "RSS_HASH", "packets come without a hash" },
};

static const struct offload tx_offloads[] = {
	{ TX(MULTI_SEGS), 0, 0, "MULTI_SEGS", NULL },
	{ TX(MBUF_FAST_FREE), 0, 0, "MBUF_FAST_FREE", NULL },
	{ TX(VLAN_INSERT), 0, 0, "VLAN_INSERT", NULL },
	/* Without CSUM rte_eth_tx_prepare() computes them: no feature is a must. */
	{ TX(UDP_CKSUM), 0, F(CSUM), "UDP_CKSUM", NULL },
	{ TX(TCP_CKSUM), 0, F(CSUM), "TCP_CKSUM", NULL },
	{ TX(TCP_TSO), F(HOST_TSO4) | F(HOST_TSO6), F(CSUM) | F(HOST_ECN),
	  "TCP_TSO", "such packets are not sent" },
	{ TX(UDP_TSO), F(HOST_USO), F(CSUM), "UDP_TSO", "such packets are not sent" },
};

static uint64_t
capa(const struct vio_port *port, const struct offload *offloads, size_t count)
{
	/* Features that the device arguments leave out count as well. */
	const uint64_t offered = port->device.offered;
	uint64_t result = 0;

	for (size_t i = 0; i < count; i++)
		/* A backend that is not there yet may offer anything. */
		if (offloads[i].any == 0 || offered == 0 || (offloads[i].any & offered) != 0)
			result |= offloads[i].offload;
	return result;
}

uint64_t
vio_rx_offload_capa(const struct vio_port *port)
{
	return capa(port, rx_offloads, RTE_DIM(rx_offloads));
}

uint64_t
vio_tx_offload_capa(const struct vio_port *port)
{
	return capa(port, tx_offloads, RTE_DIM(tx_offloads));
}

uint64_t
vio_rx_queue_offload_capa(const struct vio_port *port __rte_unused)
{
	return RX(VLAN_STRIP);
}

uint64_t
vio_tx_queue_offload_capa(const struct vio_port *port)
{
	return vio_tx_offload_capa(port);
}

uint64_t
vio_rx_offloads(const struct rte_eth_dev *dev)
{
	uint64_t result = dev->data->dev_conf.rxmode.offloads & ~RX(VLAN_STRIP);

	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct vio_rxq *q = dev->data->rx_queues[i];

		if (q != NULL && q->strip)
			result |= RX(VLAN_STRIP);
	}
	return result;
}

uint64_t
vio_tx_offloads(const struct rte_eth_dev *dev)
{
	const uint64_t port = dev->data->dev_conf.txmode.offloads;
	uint64_t any = 0;
	uint64_t all = dev->data->nb_tx_queues != 0 ? UINT64_MAX : 0;

	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		const struct vio_txq *q = dev->data->tx_queues[i];

		any |= q != NULL ? q->asked : 0;
		all &= q != NULL ? q->asked : 0;
	}
	/* There is one callback: a promise counts if all gave it. */
	return port | (any & ~TX(MBUF_FAST_FREE)) | (all & TX(MBUF_FAST_FREE));
}

int
vio_tx_queue_offloads_check(const struct rte_eth_dev *dev, uint16_t queue_id, uint64_t asked)
{
	const struct vio_port *port = vio_port(dev);
	const uint64_t missing = asked & ~port->tx_offloads & ~TX(MBUF_FAST_FREE);

	if (!port->live || missing == 0)
		return 0;
	VIO_PORT_LOG(port, queue, ERR, "transmit queue %u: the port was started without offload "
		     "%s; stop it to set the queue up with it", queue_id,
		     rte_eth_dev_tx_offload_name(missing & -missing));
	return -ENOTSUP;
}

static uint64_t
features(uint64_t asked, const struct offload *offloads, size_t count)
{
	uint64_t result = 0;

	for (size_t i = 0; i < count; i++)
		if (asked & offloads[i].offload)
			result |= offloads[i].any | offloads[i].ask;
	return result;
}

uint64_t
vio_offload_features(const struct rte_eth_dev *dev)
{
	const struct vio_port *port = vio_port(dev);
	uint64_t result = features(vio_rx_offloads(dev), rx_offloads, RTE_DIM(rx_offloads)) |
			  features(vio_tx_offloads(dev), tx_offloads, RTE_DIM(tx_offloads));
	bool mergeable = port->args.mrg_rxbuf && (port->device.offered == 0 ||
			 (port->device.offered & F(MRG_RXBUF)) != 0);

	/* 5.1.6.3.1: one buffer would have to hold 65550 bytes, which no mbuf does. */
	if (!mergeable)
		result &= ~(F(GUEST_TSO4) | F(GUEST_TSO6) | F(GUEST_ECN));
	return result;
}

bool
vio_rx_needs_offloads(const struct rte_eth_dev *dev)
{
	const uint64_t asked = vio_rx_offloads(dev) & ~(RX(SCATTER) | RX(VLAN_FILTER));

	return asked != 0 &&
	       ((asked & RX(VLAN_STRIP)) != 0 ||
		vio_has(vio_port(dev), VIRTIO_NET_F_GUEST_CSUM) ||
		vio_has(vio_port(dev), VIRTIO_NET_F_HASH_REPORT));
}

bool
vio_tx_needs_offloads(const struct rte_eth_dev *dev)
{
	return (vio_port(dev)->tx_offloads &
		~(TX(MULTI_SEGS) | TX(MBUF_FAST_FREE))) != 0 ||
	       vio_has(vio_port(dev), VIRTIO_NET_F_HASH_REPORT);
}

static void
log_missing(const struct vio_port *port, uint64_t asked, const struct offload *offloads,
	    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((asked & offloads[i].offload) != 0 && offloads[i].any != 0 &&
		    (offloads[i].any & port->device.accepted) == 0)
			VIO_PORT_LOG(port, driver, NOTICE, "offload %s was asked for, but the "
				     "device does not do it with these buffers and features: %s",
				     offloads[i].name, offloads[i].without);
}

void
vio_offload_log(const struct rte_eth_dev *dev)
{
	const struct vio_port *port = vio_port(dev);

	log_missing(port, vio_rx_offloads(dev), rx_offloads, RTE_DIM(rx_offloads));
	log_missing(port, port->tx_offloads, tx_offloads, RTE_DIM(tx_offloads));
	if ((port->tx_offloads & (TX(UDP_CKSUM) | TX(TCP_CKSUM))) != 0 &&
	    !vio_has(port, VIRTIO_NET_F_CSUM))
		VIO_PORT_LOG(port, driver, NOTICE, "the device computes no checksums: "
			     "rte_eth_tx_prepare() does it for packets that ask for one");
}

void
vio_offload_configure(struct rte_eth_dev *dev)
{
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		struct vio_rxq *q = dev->data->rx_queues[i];

		if (q != NULL)
			q->strip = (dev->data->dev_conf.rxmode.offloads & RX(VLAN_STRIP)) != 0;
	}
}

int
vio_vlan_offload_set(struct rte_eth_dev *dev, int mask)
{
	int ret = 0;

	if (mask & RTE_ETH_VLAN_FILTER_MASK)
		ret = vio_vlan_filter_switch(dev);
	if (ret != 0 || !(mask & RTE_ETH_VLAN_STRIP_MASK))
		return ret;
	vio_offload_configure(dev);
	/* Tags are looked at in paths with offloads only. */
	return vio_repath(dev);
}

void
vio_vlan_strip_queue_set(struct rte_eth_dev *dev, uint16_t queue_id, int on)
{
	struct vio_rxq *q = dev->data->rx_queues[queue_id];

	if (q == NULL)
		return;
	q->strip = on != 0;
	vio_repath(dev);
}

/** What a packet may ask for; anything else no virtio device does. */
#define TX_FLAGS (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_IP_CKSUM | \
		  RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG | \
		  RTE_MBUF_F_TX_VLAN)

/** Bytes of the headers that the packet names, 0: they are not all in its first segment. */
static uint32_t
headers_len(const struct rte_mbuf *m)
{
	const uint64_t l4 = m->ol_flags & RTE_MBUF_F_TX_L4_MASK;
	uint32_t len = m->l2_len + m->l3_len;

	if (m->ol_flags & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG))
		len += m->l4_len;
	else if (l4 == RTE_MBUF_F_TX_TCP_CKSUM)
		len += sizeof(struct rte_tcp_hdr);
	else if (l4 == RTE_MBUF_F_TX_UDP_CKSUM)
		len += sizeof(struct rte_udp_hdr);
	return len <= m->data_len ? len : 0;
}

uint16_t
vio_cksum_sum(const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	uint32_t sum = 0;
	uint32_t done = 0;

	for (; len != 0 && off >= m->data_len; m = m->next)
		off -= m->data_len;
	while (done < len) {
		const uint32_t n = RTE_MIN(len - done, m->data_len - off);
		const uint16_t part = rte_raw_cksum(rte_pktmbuf_mtod_offset(m, void *, off), n);

		/* In words of the packet its bytes stand the other way round. */
		sum += done % 2 == 0 ? part : rte_bswap16(part);
		done += n;
		off = 0;
		m = m->next;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/** Bytes of layer 4 as the IP header says; what a sum is of does not include a frame's padding. */
static uint32_t
l4_len(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip4 = rte_pktmbuf_mtod_offset(m, void *, m->l2_len);
	const struct rte_ipv6_hdr *ip6 = (const void *)ip4;
	const uint32_t len = m->ol_flags & RTE_MBUF_F_TX_IPV4 ?
			     rte_be_to_cpu_16(ip4->total_length) :
			     sizeof(*ip6) + rte_be_to_cpu_16(ip6->payload_len);

	return len > m->l3_len ? len - m->l3_len : 0;
}

/** Is what the packet asks for possible on this port? 0, -EINVAL or -ENOTSUP. */
static int
check(const struct vio_port *port, const struct rte_mbuf *m)
{
	const uint64_t flags = m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
	const uint64_t l4 = flags & RTE_MBUF_F_TX_L4_MASK;
	const uint64_t seg = flags & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG);
	const unsigned int tso = flags & RTE_MBUF_F_TX_IPV6 ? VIRTIO_NET_F_HOST_TSO6 :
							       VIRTIO_NET_F_HOST_TSO4;

	if ((flags & ~TX_FLAGS) != 0 || l4 == RTE_MBUF_F_TX_SCTP_CKSUM)
		return -ENOTSUP;
	if ((seg & RTE_MBUF_F_TX_TCP_SEG) != 0 && !vio_has(port, tso))
		return -ENOTSUP;
	if ((seg & RTE_MBUF_F_TX_UDP_SEG) != 0 && !vio_has(port, VIRTIO_NET_F_HOST_USO))
		return -ENOTSUP;
	if (l4 == 0 && seg == 0 && !(flags & RTE_MBUF_F_TX_IP_CKSUM))
		return 0;
	if (!(flags & (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6)) || headers_len(m) == 0)
		return -EINVAL;
	if (m->l3_len < (flags & RTE_MBUF_F_TX_IPV4 ? sizeof(struct rte_ipv4_hdr) :
						      sizeof(struct rte_ipv6_hdr)))
		return -EINVAL;
	if (seg != 0 && (m->tso_segsz == 0 || m->l4_len < (seg == RTE_MBUF_F_TX_TCP_SEG ?
			sizeof(struct rte_tcp_hdr) : sizeof(struct rte_udp_hdr))))
		return -EINVAL;
	/* What software sums up has to be there. */
	if (l4 != 0 && !vio_has(port, VIRTIO_NET_F_CSUM) &&
	    (uint64_t)m->l2_len + m->l3_len + l4_len(m) > m->pkt_len)
		return -EINVAL;
	return 0;
}

/** Where the layer 4 checksum of a packet stands; NULL: it asks for none. */
static rte_be16_t *
l4_cksum(struct rte_mbuf *m)
{
	const uint32_t l4 = m->l2_len + m->l3_len;

	if ((m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0 ||
	    (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM)
		return &rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, l4)->cksum;
	if ((m->ol_flags & RTE_MBUF_F_TX_UDP_SEG) != 0 ||
	    (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM)
		return &rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, l4)->dgram_cksum;
	return NULL;
}

/** An IPv6 header as the one before layer 4 would be if there were no extension headers (RFC 8200, 8.1). */
static struct rte_ipv6_hdr
ipv6_before_l4(const struct rte_mbuf *m, const void *ip)
{
	const uint16_t extensions = m->l3_len - sizeof(struct rte_ipv6_hdr);
	const bool tcp = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0 ||
			 (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM;
	struct rte_ipv6_hdr hdr;

	memcpy(&hdr, ip, sizeof(hdr));
	hdr.proto = tcp ? IPPROTO_TCP : IPPROTO_UDP;
	hdr.payload_len = rte_cpu_to_be_16(rte_be_to_cpu_16(hdr.payload_len) - extensions);
	return hdr;
}

/** Make the checksums of one packet what the device expects, or complete. */
static void
fill_cksums(const struct vio_port *port, struct rte_mbuf *m)
{
	const bool ipv4 = (m->ol_flags & RTE_MBUF_F_TX_IPV4) != 0;
	const uint32_t l4_off = m->l2_len + m->l3_len;
	void *ip = rte_pktmbuf_mtod_offset(m, void *, m->l2_len);
	struct rte_ipv4_hdr *ip4 = ip;
	struct rte_ipv6_hdr ip6 = { 0 };
	rte_be16_t *cksum = l4_cksum(m);
	uint32_t sum;

	/* No virtio device does this one; it is in every packet of a segmented one (5.1.6.2). */
	if (ipv4 && (m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM)) {
		ip4->hdr_checksum = 0;
		ip4->hdr_checksum = ~rte_raw_cksum(ip4, m->l3_len);
	}
	if (cksum == NULL)
		return;
	if (!ipv4)
		ip6 = ipv6_before_l4(m, ip);
	if (vio_has(port, VIRTIO_NET_F_CSUM)) {
		/* 5.1.6.2.1: the sum of the pseudo header, with the length as it is now. */
		*cksum = ipv4 ? rte_ipv4_phdr_cksum(ip, 0) : rte_ipv6_phdr_cksum(&ip6, 0);
		return;
	}
	*cksum = 0;
	sum = vio_cksum_sum(m, l4_off, l4_len(m));
	sum += ipv4 ? rte_ipv4_phdr_cksum(ip, 0) : rte_ipv6_phdr_cksum(&ip6, 0);
	*cksum = ~((sum & 0xffff) + (sum >> 16));
	/* 0 means that there is no checksum (RFC 768). */
	if (*cksum == 0 && (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM)
		*cksum = UINT16_MAX;
	m->ol_flags &= ~RTE_MBUF_F_TX_L4_MASK;
}

uint16_t
vio_tx_prepare(void *txq, struct rte_mbuf **pkts, uint16_t nb)
{
	const struct vio_txq *q = txq;
	const struct vio_port *port = q->vq.port;

	for (uint16_t i = 0; i < nb; i++) {
		int ret;

		if ((pkts[i]->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) == 0)
			continue;
		ret = check(port, pkts[i]);
		if (ret != 0) {
			rte_errno = -ret;
			return i;
		}
		if (pkts[i]->ol_flags & (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6))
			fill_cksums(port, pkts[i]);
	}
	return nb;
}
