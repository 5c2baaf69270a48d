/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * bins.c - packets counted by size and by kind of address, around the callbacks of a port whose device
 * arguments ask for that. Other ports have nothing of this in their way.
 */

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "../vio.h"
#include "rxtx.h"

/**
 * Packets that are looked at before they are sent: afterwards they may be another's. A longer burst
 * becomes several, each with a notification of its own.
 */
#define BINS_BURST 512

_Static_assert(offsetof(struct vio_bins, size_above_1518) == 7 * sizeof(uint64_t),
	       "bins are counted by number");

/** Which of the first eight counters a packet of @p len bytes is for. */
static unsigned int
size_bin(uint32_t len)
{
	if (len < 65)
		return len == 64;
	if (len < 1024)
		return 27 - __builtin_clz(len);
	return len < 1519 ? 6 : 7;
}

/** 0: one station's, 1: multicast, 2: broadcast. */
static unsigned int
address_kind(const struct rte_mbuf *m)
{
	const struct rte_ether_addr *to = rte_pktmbuf_mtod(m, const struct rte_ether_addr *);

	/* A first segment may be shorter than an address. */
	if (m->data_len < sizeof(*to) || !rte_is_multicast_ether_addr(to))
		return 0;
	return rte_is_broadcast_ether_addr(to) ? 2 : 1;
}

static void
count(struct vio_bins *bins, unsigned int size, unsigned int kind)
{
	(&bins->size_below_64)[size]++;
	bins->multicast += kind == 1;
	bins->broadcast += kind == 2;
}

uint16_t
vio_recv_counted(void *rxq, struct rte_mbuf **pkts, uint16_t nb)
{
	const struct vio_rxq *q = rxq;
	const uint16_t n = vio_rx_chosen(q->vq.port)(rxq, pkts, nb);

	for (uint16_t i = 0; i < n; i++)
		count(q->vq.bins, size_bin(pkts[i]->pkt_len), address_kind(pkts[i]));
	return n;
}

uint16_t
vio_xmit_counted(void *txq, struct rte_mbuf **pkts, uint16_t nb)
{
	const struct vio_txq *q = txq;
	uint8_t sizes[BINS_BURST], kinds[BINS_BURST];
	uint16_t done = 0;

	while (done < nb) {
		const uint16_t n = RTE_MIN(nb - done, BINS_BURST);
		uint16_t sent;

		for (uint16_t i = 0; i < n; i++) {
			sizes[i] = size_bin(pkts[done + i]->pkt_len);
			kinds[i] = address_kind(pkts[done + i]);
		}
		sent = vio_tx_chosen(q->vq.port)(txq, pkts + done, n);
		for (uint16_t i = 0; i < sent; i++)
			count(q->vq.bins, sizes[i], kinds[i]);
		done += sent;
		if (sent < n)
			break;
	}
	return done;
}
