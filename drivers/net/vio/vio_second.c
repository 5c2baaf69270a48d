/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_second.c - see vio_second.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_string_fns.h>

#include "pci.h"
#include "rxtx/rxtx.h"
#include "vio_second.h"
#include "vio_user.h"

/** The request for eventfds, and how long a primary may take to answer it, in seconds. */
#define KICKS_NAME "vio_kicks"
#define KICKS_WAIT 10

struct kicks_request {
	char port[RTE_ETH_NAME_MAX_LEN];
	uint16_t first; /**< virtqueue */
};

struct kicks_reply {
	int32_t result;
	uint16_t count; /**< of the eventfds that come with it: those of @p first and on */
};

_Static_assert(sizeof(struct kicks_request) <= RTE_MP_MAX_PARAM_LEN, "fits a message");

/** What this process has of a port; the rest is shared. */
struct second {
	const struct virtio_pci_modern *pci; /**< NULL: a vdev */
	int *fds;                            /**< a vdev's kick eventfds, by virtqueue */
	uint16_t num_fds;
};

bool vio_second_here;
static struct second seconds[RTE_MAX_ETHPORTS];

/* Bursts: what the primary chose last, in this process's tables. */

static uint16_t
recv_here(void *rxq, struct rte_mbuf **pkts, uint16_t nb)
{
	const struct vio_port *port = ((struct vio_rxq *)rxq)->vq.port;

	if (port->args.size_bins)
		return vio_recv_counted(rxq, pkts, nb);
	return vio_rx_chosen(port)(rxq, pkts, nb);
}

static uint16_t
xmit_here(void *txq, struct rte_mbuf **pkts, uint16_t nb)
{
	const struct vio_port *port = ((struct vio_txq *)txq)->vq.port;

	if (port->args.size_bins)
		return vio_xmit_counted(txq, pkts, nb);
	return vio_tx_chosen(port)(txq, pkts, nb);
}

static uint16_t
prepare_here(void *txq, struct rte_mbuf **pkts, uint16_t nb)
{
	const struct vio_vq *vq = &((struct vio_txq *)txq)->vq;

	return vio_tx_needs_offloads(&rte_eth_devices[vq->port_id]) ?
	       vio_tx_prepare(txq, pkts, nb) : nb;
}

static void
let_poll(struct rte_eth_dev *dev)
{
	vio_second_here = true;
	vio_burst_set(dev, recv_here, xmit_here);
	dev->tx_pkt_prepare = prepare_here;
	dev->rx_queue_count = vio_rx_queue_count;
	dev->rx_descriptor_status = vio_rx_descriptor_status;
	dev->tx_descriptor_status = vio_tx_descriptor_status;
}

void
vio_second_kick(const struct vio_vq *vq, uint16_t next)
{
	const struct second *s = &seconds[vq->port_id];
	struct virtio_notifier n = vq->notifier;

	if (s->pci != NULL)
		virtio_pci_modern_notifier_here(s->pci, &n);
	else
		virtio_vhost_notifier(&n, s->fds[vq->index], vq->index);
	n.kick(&n, next);
}

void
vio_second_attach_pci(struct rte_eth_dev *dev, const struct virtio_transport *t)
{
	if (t->legacy) {
		VIO_LOG(init, NOTICE, "%s: a legacy device: this process may look at it, not "
			"poll it", dev->data->name);
		return;
	}
	seconds[dev->data->port_id].pci = (const struct virtio_pci_modern *)t; /* see pci.h */
	let_poll(dev);
}

/** Ask for the eventfds from virtqueue @p s->num_fds on. */
static int
ask_for_kicks(struct rte_eth_dev *dev, struct second *s, uint16_t total)
{
	const struct timespec wait = { .tv_sec = KICKS_WAIT };
	struct rte_mp_msg msg = { .name = KICKS_NAME, .len_param = sizeof(struct kicks_request) };
	struct kicks_request *request = (void *)msg.param;
	struct rte_mp_reply replies = { 0 };
	const struct kicks_reply *reply;
	int ret = -EPROTO;

	strlcpy(request->port, dev->data->name, sizeof(request->port));
	request->first = s->num_fds;
	if (rte_mp_request_sync(&msg, &replies, &wait) != 0)
		return -rte_errno;
	reply = replies.nb_received == 1 ? (const void *)replies.msgs[0].param : NULL;
	if (reply == NULL) {
		ret = -ETIMEDOUT;
	} else if (reply->result != 0) {
		ret = reply->result;
	} else if (reply->count != 0 && reply->count == replies.msgs[0].num_fds &&
		   reply->count <= total - s->num_fds) {
		memcpy(s->fds + s->num_fds, replies.msgs[0].fds, reply->count * sizeof(int));
		s->num_fds += reply->count;
		ret = 0;
	}
	free(replies.msgs);
	return ret;
}

void
vio_second_attach_user(struct rte_eth_dev *dev)
{
	struct second *s = &seconds[dev->data->port_id];
	const uint16_t total = 2 * vio_port(dev)->args.queues;
	int ret = 0;

	s->fds = calloc(total, sizeof(*s->fds));
	if (s->fds == NULL)
		ret = -ENOMEM;
	while (ret == 0 && s->num_fds < total)
		ret = ask_for_kicks(dev, s, total);
	if (ret == 0) {
		let_poll(dev);
		return;
	}
	VIO_LOG(init, NOTICE, "%s: this process may look at it, not poll it: no eventfds from the "
		"primary: %s", dev->data->name, strerror(-ret));
	vio_second_detach(dev);
}

bool
vio_second_detach(struct rte_eth_dev *dev)
{
	struct second *s = &seconds[dev->data->port_id];
	const bool pci = s->pci != NULL;

	vio_burst_set(dev, vio_recv_stopped, vio_xmit_stopped);
	for (uint16_t i = 0; i < s->num_fds; i++)
		close(s->fds[i]);
	free(s->fds);
	*s = (struct second){ 0 };
	return pci;
}

/** In the primary, in EAL's thread for messages. */
static int
serve_kicks(const struct rte_mp_msg *msg, const void *peer)
{
	const struct kicks_request *request = (const void *)msg->param;
	struct rte_mp_msg answer = { .name = KICKS_NAME, .len_param = sizeof(struct kicks_reply) };
	struct kicks_reply *reply = (void *)answer.param;
	struct rte_eth_dev *dev = NULL;

	reply->result = -ENODEV;
	if (msg->len_param == sizeof(*request) &&
	    strnlen(request->port, sizeof(request->port)) < sizeof(request->port))
		dev = rte_eth_dev_allocated(request->port);
	if (dev != NULL && vio_is_port(dev) && vio_port(dev)->serves_ctrl) {
		struct vio_user_port *user = container_of(vio_port(dev), struct vio_user_port,
							  port);
		const uint16_t total = 2 * user->port.args.queues;

		reply->result = 0;
		while (reply->count < RTE_MP_MAX_FD_NUM && request->first + reply->count < total) {
			int fd = user->backend->queue_fd(user, request->first + reply->count, true);

			if (fd < 0) {
				reply->result = fd;
				reply->count = 0;
				break;
			}
			answer.fds[reply->count++] = fd;
		}
		answer.num_fds = reply->count;
	}
	return rte_mp_reply(&answer, peer);
}

int
vio_second_serve(void)
{
	if (rte_mp_action_register(KICKS_NAME, serve_kicks) == 0 || rte_errno == EEXIST ||
	    rte_errno == ENOTSUP)
		return 0;
	VIO_LOG(init, ERR, "other processes cannot be served: %s", strerror(rte_errno));
	return -rte_errno;
}
