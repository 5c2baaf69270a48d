/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * header.h - what is left to do about a packet, in the words of a TAP (struct virtio_net_hdr,
 * VIRTIO 1.3, 5.1.6, in the byte order of the machine) and in those of ethdev (fields of an mbuf).
 *
 * Both sides are untrusted: nothing is read or written outside of the packet, whatever they say.
 */
#ifndef NETBRIDGE_HEADER_H
#define NETBRIDGE_HEADER_H

#include <stdint.h>

#include <linux/virtio_net.h>
#include <rte_mbuf.h>

/**
 * For a packet that the TAP gave: ask the port for what @p hdr leaves open. A checksum that the
 * port cannot complete, or no flag of an mbuf speaks of, is completed here.
 *
 * @param m         the whole packet, without the header; flags and lengths of its offloads are set
 * @param offloads  RTE_ETH_TX_OFFLOAD_* that the port was configured with
 * @return 0; -EINVAL: the header does not fit the packet; -ENOTSUP: the port does not cut such
 *         packets. Then the packet is to be dropped.
 */
int header_to_mbuf(const struct virtio_net_hdr *hdr, struct rte_mbuf *m, uint64_t offloads);

/**
 * For a packet that the port gave: say in @p hdr what is left to do. Where that is a checksum, the
 * sum of the pseudo header is written into the packet.
 *
 * @return 0; -EINVAL: what the mbuf says does not fit the packet, which is to be dropped
 */
int header_from_mbuf(struct virtio_net_hdr *hdr, struct rte_mbuf *m);

#endif /* NETBRIDGE_HEADER_H */
