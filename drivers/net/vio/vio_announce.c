/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_announce.c - a port that tells the network where it is, when its device asks for it. */

#include <stdio.h>

#include <rte_arp.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>

#include "rxtx/rxtx.h"
#include "vio.h"
#include "virtio_spec.h"

/** Frames of a round that are sent together. */
#define ANNOUNCE_BURST 16

/** Mbufs for announcements: a round for each of a port's addresses. */
#define ANNOUNCE_MBUFS 255

/** Pauses behind the first round, behind the second, ... in milliseconds: as many rounds, and one. */
static const uint16_t pauses[] = { 100, 200, 400 };

#define ANNOUNCE_ROUNDS (RTE_DIM(pauses) + 1)

/** Attempts for all of them. */
#define ANNOUNCE_TRIES (3 * ANNOUNCE_ROUNDS)

/** Does the device ask for an announcement? */
static bool
asked(struct vio_port *port)
{
	rte_le16_t status = 0;

	if (!vio_has(port, VIRTIO_NET_F_GUEST_ANNOUNCE) || !vio_has(port, VIRTIO_NET_F_STATUS))
		return false;
	if (virtio_device_read_config(&port->device, offsetof(struct virtio_net_config, status),
				      &status, sizeof(status)) != 0)
		return false;
	return rte_le_to_cpu_16(status) & VIRTIO_NET_S_ANNOUNCE;
}

static struct rte_mempool *
announce_pool(struct vio_port *port)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	if (port->health.pool != NULL)
		return port->health.pool;
	snprintf(name, sizeof(name), "vio_announce%u", port->data->port_id);
	port->health.pool = rte_pktmbuf_pool_create(name, ANNOUNCE_MBUFS, 0, 0,
			RTE_PKTMBUF_HEADROOM + RTE_ETHER_MIN_LEN, port->data->numa_node);
	if (port->health.pool == NULL)
		VIO_PORT_LOG(port, driver, WARNING, "no memory to announce the port with");
	return port->health.pool;
}

void
vio_announce_free(struct vio_port *port)
{
	/* A device that did not finish its reset may still read from it. */
	if (!port->stuck)
		rte_mempool_free(port->health.pool);
	port->health.pool = NULL;
}

/** Frames for the addresses from @p *next on; @p *next goes on. */
static uint16_t
make_frames(struct vio_port *port, unsigned int *next, struct rte_mbuf **frames)
{
	struct rte_mempool *pool = announce_pool(port);
	uint16_t n = 0;

	for (; pool != NULL && *next < VIO_MAC_ADDRS && n < ANNOUNCE_BURST; (*next)++) {
		const struct rte_ether_addr *mac = &port->filter.macs[*next];

		if (rte_is_zero_ether_addr(mac) || rte_is_multicast_ether_addr(mac))
			continue;
		frames[n] = rte_net_make_rarp_packet(pool, mac);
		if (frames[n] == NULL)
			break;
		n++;
	}
	return n;
}

/** The queue to send on: the first that is running; NULL: there is none. */
static struct vio_txq *
sending_queue(const struct vio_port *port)
{
	for (uint16_t i = 0; i < port->data->nb_tx_queues; i++) {
		struct vio_txq *q = port->data->tx_queues[i];

		if (port->data->tx_queue_state[i] == RTE_ETH_QUEUE_STATE_STARTED &&
		    q->fault == VIO_FAULT_NONE)
			return q;
	}
	return NULL;
}

/** Send a round. @return false where nothing could be sent */
static bool
send_round(struct vio_port *port)
{
	struct rte_mbuf *frames[ANNOUNCE_BURST];
	struct vio_txq *q = sending_queue(port);
	unsigned int next = 0;
	bool sent = false;
	uint16_t n;

	if (q == NULL)
		return false;
	/* A poller that hangs inside of a burst keeps its queue. */
	if (vio_gate_close(&q->gate) == 0) {
		while (q->fault == VIO_FAULT_NONE && (n = make_frames(port, &next, frames)) != 0) {
			uint16_t taken = vio_tx_send_owned(q, frames, n);

			rte_pktmbuf_free_bulk(&frames[taken], n - taken);
			sent |= taken != 0;
			if (taken < n)
				break;
		}
	}
	vio_txq_open(q);
	return sent;
}

int
vio_announce_run(struct vio_port *port)
{
	struct vio_health *health = &port->health;
	const bool first = health->rounds == 0;
	bool sent;

	if (first) {
		const bool wish = asked(port);

		health->deaf = health->deaf && wish;
		if (!wish || health->deaf)
			return VIO_HEALTH_MS;
		health->rounds = ANNOUNCE_ROUNDS;
		health->tries = ANNOUNCE_TRIES;
		health->announcements++;
	}
	sent = send_round(port);
	if (!sent && first)
		VIO_PORT_LOG(port, driver, WARNING, "the device asks the port to announce itself, "
			     "but no transmit queue can do it now");
	/* 5.1.6.5.4.1: in any case; the bit goes before the answer comes. */
	if (first && (vio_ctrl_announce_ack(port) != 0 || asked(port))) {
		health->deaf = true;
		VIO_PORT_LOG(port, ctrl, WARNING, "the device goes on asking for an announcement");
	}
	/* A round that did not go out, the device being slow, is put off a few times. */
	health->rounds -= sent;
	health->tries--;
	if (health->rounds == 0 || health->tries == 0) {
		health->rounds = 0;
		return VIO_HEALTH_MS;
	}
	return pauses[sent ? ANNOUNCE_ROUNDS - 1 - health->rounds : 0];
}
