/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* bridge.c - see bridge.h. */

#include <errno.h>
#include <poll.h>
#include <time.h>

#include <linux/if_tun.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_pause.h>

#include "bridge.h"
#include "header.h"

/** Rounds without a packet before a thread that may sleep does. */
#define IDLE_ROUNDS 256

/** Counters are read by another thread. */
static void
count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/** Have mbufs for the longest packet. @return false: there are none */
static bool
fill_spares(struct bridge *b)
{
	if (b->missing == 0)
		return true;
	if (rte_pktmbuf_alloc_bulk(b->pool, b->spare, b->missing) != 0)
		return false;
	for (unsigned int i = 0; i < b->missing; i++)
		b->iov[1 + i] = (struct iovec){
			.iov_base = rte_pktmbuf_mtod(b->spare[i], void *),
			.iov_len = rte_pktmbuf_tailroom(b->spare[i]),
		};
	b->missing = 0;
	return true;
}

/** The first of spare[] become a packet of @p len bytes, which was read into them. */
static struct rte_mbuf *
take_spares(struct bridge *b, uint32_t len)
{
	struct rte_mbuf *first = b->spare[0];
	struct rte_mbuf *last = NULL;
	unsigned int n = 0;

	first->pkt_len = len;
	while (len > 0) {
		struct rte_mbuf *m = b->spare[n++];

		m->data_len = RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(m));
		len -= m->data_len;
		if (last != NULL)
			last->next = m;
		last = m;
	}
	first->nb_segs = n;
	b->missing = n;
	return first;
}

/**
 * Read a packet from the interface.
 * @param m  the packet; NULL: there was one, which was dropped
 * @return false: there is none
 */
static bool
read_packet(struct bridge *b, struct rte_mbuf **m)
{
	ssize_t len;
	int ret;

	*m = NULL;
	if (!fill_spares(b)) {
		count(&b->counters.no_mbufs, 1);
		return false;
	}
	len = readv(b->tap->fd[b->queue], b->iov, RTE_DIM(b->iov));
	if (len < 0)
		return false;
	len -= sizeof(b->hdr);
	/* What is cut off is not told; one that fills all room may be. */
	if (len < RTE_ETHER_HDR_LEN || len > UINT16_MAX + NB_OVERHEAD ||
	    (b->hdr.gso_type == VIRTIO_NET_HDR_GSO_NONE && len > b->max_frame)) {
		count(&b->counters.drop_length, 1);
		return true;
	}
	*m = take_spares(b, len);
	ret = header_to_mbuf(&b->hdr, *m, b->offloads);
	if (ret == 0)
		return true;
	count(ret == -ENOTSUP ? &b->counters.drop_unsendable : &b->counters.drop_header, 1);
	rte_pktmbuf_free(*m);
	*m = NULL;
	return true;
}

/**
 * The port will not send this packet. One that it is to cut, it will never: a device that promises
 * to cut TCP may mean one version of IP only. The stack sends it again, cut.
 */
static void
drop_unsendable(struct bridge *b, struct rte_mbuf *m)
{
	if (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG)
		tap_withdraw(b->tap, m->ol_flags & RTE_MBUF_F_TX_IPV6 ? TUN_F_TSO6 :
				     TUN_F_TSO4 | TUN_F_TSO_ECN);
	count(&b->counters.drop_unsendable, 1);
	rte_pktmbuf_free(m);
}

/** Have the port look at what was read. @return packets that it will send; others are gone */
static uint16_t
prepare(struct bridge *b, uint16_t n)
{
	uint16_t done = 0;

	while (done < n) {
		done += rte_eth_tx_prepare(b->port, b->queue, b->pending + done, n - done);
		if (done == n)
			break;
		drop_unsendable(b, b->pending[done]);
		n--;
		memmove(b->pending + done, b->pending + done + 1,
			(n - done) * sizeof(b->pending[0]));
	}
	return n;
}

static unsigned int
read_burst(struct bridge *b)
{
	uint16_t n = 0;
	unsigned int seen = 0;
	struct rte_mbuf *m;

	while (seen < BRIDGE_BURST && read_packet(b, &m)) {
		seen++;
		if (m != NULL)
			b->pending[n++] = m;
	}
	b->pending_first = 0;
	b->pending_end = prepare(b, n);
	return seen;
}

/** Send what is pending: what the port does not take now, it gets later. */
static unsigned int
send_pending(struct bridge *b)
{
	const uint16_t n = b->pending_end - b->pending_first;
	struct rte_mbuf **pkts = b->pending + b->pending_first;
	uint64_t bytes[BRIDGE_BURST];
	bool cut[BRIDGE_BURST];
	uint16_t sent;

	/* What was sent is not ours any more. */
	for (uint16_t i = 0; i < n; i++) {
		bytes[i] = pkts[i]->pkt_len;
		cut[i] = (pkts[i]->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
	}
	sent = rte_eth_tx_burst(b->port, b->queue, pkts, n);
	for (uint16_t i = 0; i < sent; i++) {
		count(&b->counters.to_port_bytes, bytes[i]);
		count(&b->counters.to_port_cut, cut[i]);
	}
	count(&b->counters.to_port, sent);
	count(&b->counters.port_full, sent < n);
	b->pending_first += sent;
	return sent;
}

static unsigned int
tap_to_port(struct bridge *b)
{
	unsigned int seen = 0;

	/* While the port has no room, packets wait in the interface, whose stack knows of it. */
	if (b->pending_first == b->pending_end)
		seen = read_burst(b);
	if (b->pending_first < b->pending_end)
		seen += send_pending(b);
	return seen;
}

static void
write_packet(struct bridge *b, struct rte_mbuf *m)
{
	struct iovec iov[1 + BRIDGE_SEGMENTS_MAX];
	struct virtio_net_hdr hdr;
	unsigned int n = 1;

	if (m->nb_segs > BRIDGE_SEGMENTS_MAX || header_from_mbuf(&hdr, m) != 0) {
		count(&b->counters.drop_received, 1);
		return;
	}
	iov[0] = (struct iovec){ .iov_base = &hdr, .iov_len = sizeof(hdr) };
	for (const struct rte_mbuf *s = m; s != NULL && n < RTE_DIM(iov); s = s->next)
		iov[n++] = (struct iovec){
			.iov_base = rte_pktmbuf_mtod(s, void *), .iov_len = s->data_len,
		};
	if (writev(b->tap->fd[b->queue], iov, n) < 0) {
		count(&b->counters.drop_tap, 1);
		return;
	}
	count(&b->counters.to_tap, 1);
	count(&b->counters.to_tap_bytes, m->pkt_len);
	count(&b->counters.to_tap_joined, (m->ol_flags & RTE_MBUF_F_RX_LRO) != 0);
}

static unsigned int
port_to_tap(struct bridge *b)
{
	struct rte_mbuf *pkts[BRIDGE_BURST];
	const uint16_t n = rte_eth_rx_burst(b->port, b->queue, pkts, RTE_DIM(pkts));

	for (uint16_t i = 0; i < n; i++)
		write_packet(b, pkts[i]);
	if (n > 0)
		rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

/** Nothing came: sleep, if that is wished, until the interface has a packet or time is over. */
static void
idle(struct bridge *b)
{
	struct pollfd fd = { .fd = b->tap->fd[b->queue], .events = POLLIN };
	const struct timespec time = { .tv_nsec = b->idle_us * 1000L };

	if (b->idle_us == 0 || ++b->idle_rounds < IDLE_ROUNDS) {
		rte_pause();
		return;
	}
	/* What waits for the port is none that the interface would wake us for. */
	ppoll(&fd, b->pending_first == b->pending_end, &time, NULL);
}

int
bridge_run(void *arg)
{
	struct bridge *b = arg;

	b->missing = BRIDGE_SEGMENTS;
	b->iov[0] = (struct iovec){ .iov_base = &b->hdr, .iov_len = sizeof(b->hdr) };
	while (__atomic_load_n(b->stop, __ATOMIC_RELAXED) == 0) {
		const unsigned int to_tap = port_to_tap(b);

		if (to_tap + tap_to_port(b) == 0)
			idle(b);
		else
			b->idle_rounds = 0;
	}
	return 0;
}

void
bridge_clear(struct bridge *b)
{
	for (unsigned int i = b->missing; i < BRIDGE_SEGMENTS; i++)
		rte_pktmbuf_free(b->spare[i]);
	b->missing = BRIDGE_SEGMENTS;
	rte_pktmbuf_free_bulk(b->pending + b->pending_first, b->pending_end - b->pending_first);
	b->pending_first = b->pending_end = 0;
}
