/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_packet.h - IP packets byte by byte, with checksums that are summed up here and nowhere else:
 * neither DPDK's functions nor the driver's have a part in what they are compared with.
 */
#ifndef MODEL_PACKET_H
#define MODEL_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "virtio_spec.h"

/** Longest frame. */
#define MODEL_PACKET_MAX 16384u

/** Room for the lengths of a packet's segments, with the 0 behind them. */
#define MODEL_CUTS 16

/** A TCP or UDP packet. */
struct model_packet {
	/* what it is to be */
	bool ipv6;
	bool tcp;
	bool tagged;         /**< with a VLAN tag in the frame */
	uint16_t extension;  /**< bytes of IPv4 options (40 at most), or of an IPv6 extension header */
	uint8_t tcp_options; /**< bytes of them, 40 at most */
	uint8_t tcp_flags;
	uint32_t payload;    /**< bytes */
	uint64_t number;     /**< of its content */

	/* what model_packet_make() makes of that */
	uint8_t bytes[MODEL_PACKET_MAX];
	uint32_t len;
	uint16_t l2, l3, l4; /**< bytes of the headers */
};

/** Make it, all checksums right. */
void model_packet_make(struct model_packet *p);

/** Put @p sum into the place of the layer 4 checksum. */
void model_packet_set_cksum(struct model_packet *p, uint16_t sum);

/** What stands in that place where a device is to complete the checksum (5.1.6.2.1). */
uint16_t model_packet_pseudo(const struct model_packet *p);

/** Where the checksum stands: from the beginning of layer 4 on. */
uint16_t model_packet_cksum_offset(const struct model_packet *p);

/** Put @p sum into the place of the header checksum of IPv4. */
void model_packet_set_ip_cksum(struct model_packet *p, uint16_t sum);

/**
 * It in mbufs of @p mp, with lengths of headers and RTE_MBUF_F_TX_IPV4 or _IPV6 set.
 * @param cuts  lengths of the segments but the last one, ended by 0
 */
struct rte_mbuf *model_packet_mbuf(struct rte_mempool *mp, const struct model_packet *p,
				   const uint16_t *cuts);

/** Random @p cuts of a packet whose first segment holds @p head bytes at least. */
void model_packet_cut(uint64_t *random, uint32_t len, uint32_t head, uint16_t *cuts);

/** Copy the content of @p m. @return its bytes */
uint32_t model_packet_read(const struct rte_mbuf *m, uint8_t *bytes);

/** Do with a frame what its header asks a device for: complete the checksum (5.1.6.2). */
void model_packet_complete(uint8_t *bytes, uint32_t len, const struct virtio_net_hdr *hdr);

#endif /* MODEL_PACKET_H */
