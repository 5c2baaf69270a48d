/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_queue_state.c - single queues of a running port: stopped, started, set up anew (RING_RESET,
 * 2.6.1), and offloads that one queue has and another has not. On rings of both layouts.
 */

#include <errno.h>

#include <rte_power_intrinsics.h>

#include "ctrl_cases.h"
#include "model_sender.h"
#include "model_traffic.h"
#include "rxtx/variants.h"

#define RING_RESET VIRTIO_FEATURE(VIRTIO_F_RING_RESET)
#define RX(name) RTE_ETH_RX_OFFLOAD_ ## name
#define TX(name) RTE_ETH_TX_OFFLOAD_ ## name
#define SMALL 16
#define LARGE 64
#define VLAN 42

/** A port of one pair. */
static struct model_port *
start_one(void **state, uint64_t features)
{
	return ctrl_start(&(struct model_port_config){ .features = features, .rx_size = SMALL,
		.tx_size = SMALL, .tx_offloads = TX(MULTI_SEGS), .mbufs = 256 }, state);
}

static void
some_frames(struct model_port *port)
{
	struct model_traffic t;

	model_traffic_init(&t, port);
	for (unsigned int i = 0; i < 5; i++) {
		for (unsigned int k = 0; k < 7; k++)
			assert_true(model_traffic_put(&t, 60 + k));
		model_traffic_finish(&t, 8);
	}
	model_traffic_fini(&t);
}

/** What is stopped is forgotten by the device, has no mbuf, and moves nothing; then it works again. */
static void
stopped_receive_queue(void **state)
{
	struct model_port *port = start_one(state, RING_RESET);
	struct rte_mbuf *pkts[SMALL];

	for (unsigned int i = 0; i < 3; i++) {
		some_frames(port);
		assert_int_equal(rte_eth_dev_rx_queue_stop(port->id, 0), 0);
		assert_false(model_rxq(&port->device, 0)->enabled);
		assert_true(model_txq(&port->device, 0)->enabled);
		assert_int_equal(model_pool_out(port->pool), 0);
		assert_int_equal(model_port_rx(port, pkts, SMALL), 0);
		assert_int_equal(rte_eth_dev_rx_queue_start(port->id, 0), 0);
		model_device_look(&port->device);
		assert_true(model_rxq(&port->device, 0)->enabled);
		assert_int_equal(model_pool_out(port->pool), SMALL);
	}
	some_frames(port);
	model_port_destroy(port);
}

static void
stopped_transmit_queue(void **state)
{
	struct model_port *port = start_one(state, RING_RESET);
	struct model_sender s;
	struct rte_mbuf *m;

	model_sender_init(&s, port, MODEL_KINDS_ALL);
	for (unsigned int i = 0; i < 3; i++) {
		/* What was sent stays with the device. */
		model_sender_burst(&s, SMALL / 2);
		assert_int_equal(rte_eth_dev_tx_queue_stop(port->id, 0), 0);
		assert_false(model_txq(&port->device, 0)->enabled);
		assert_true(model_rxq(&port->device, 0)->enabled);
		model_sender_drop_kept(&s);
		assert_int_equal(model_sender_out(&s), 0);
		m = model_sender_make(&s, MODEL_PLAIN);
		assert_int_equal(model_port_tx(port, &m, 1), 0);
		rte_pktmbuf_free(m);
		assert_int_equal(rte_eth_dev_tx_queue_start(port->id, 0), 0);
		assert_true(model_txq(&port->device, 0)->enabled);
	}
	model_sender_burst(&s, SMALL / 2);
	model_port_stop(port);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** Without RING_RESET the device goes on: what it receives meanwhile is there after the start. */
static void
stopped_without_ring_reset(void **state)
{
	struct model_port *port = start_one(state, 0);
	struct model_traffic t;

	model_traffic_init(&t, port);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(rte_eth_dev_rx_queue_stop(port->id, 0), 0);
		assert_true(model_rxq(&port->device, 0)->enabled);
		for (unsigned int k = 0; k < 7; k++)
			assert_true(model_traffic_put(&t, 100 + k));
		model_queue_show(model_rxq(&port->device, 0), 7, false);
		assert_int_equal(model_traffic_rx(&t, SMALL), 0);
		/* A queue that the device holds cannot be set up anew. */
		assert_int_equal(rte_eth_rx_queue_setup(port->id, 0, LARGE, 0, NULL,
							model_pool_mp(port->pool)), -EBUSY);
		assert_int_equal(rte_eth_dev_rx_queue_start(port->id, 0), 0);
		model_traffic_finish(&t, SMALL);
		assert_int_equal(t.count, 0);
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** A queue that was set up and not started has no ring: asking about it is answered. */
static void
check_without_ring(const struct model_port *port)
{
	struct rte_power_monitor_cond cond;

	assert_int_equal(rte_eth_rx_queue_count(port->id, 0), 0);
	for (uint16_t i = 0; i < SMALL; i++) {
		assert_int_equal(rte_eth_rx_descriptor_status(port->id, 0, i),
				 RTE_ETH_RX_DESC_UNAVAIL);
		assert_int_equal(rte_eth_tx_descriptor_status(port->id, 0, i),
				 RTE_ETH_TX_DESC_DONE);
	}
	assert_int_equal(rte_eth_get_monitor_addr(port->id, 0, &cond), -EINVAL);
	assert_int_equal(rte_eth_tx_done_cleanup(port->id, 0, 0), 0);
}

/** With another mempool and size while the port runs: the mbufs of the first pool are free. */
static void
set_up_anew(void **state)
{
	struct model_port *port = start_one(state, RING_RESET);
	struct model_pool *pools[] = { port->pool, model_pool_create("model_second",
		&(struct model_pool_config){ .size = 256,
					     .data_room = 2048 + RTE_PKTMBUF_HEADROOM }) };
	const uint16_t sizes[] = { SMALL, LARGE };

	for (unsigned int i = 1; i < 5; i++) {
		const uint16_t size = sizes[i % 2];

		some_frames(port);
		assert_int_equal(rte_eth_dev_rx_queue_stop(port->id, 0), 0);
		assert_int_equal(rte_eth_dev_tx_queue_stop(port->id, 0), 0);
		port->pool = pools[i % 2];
		assert_int_equal(rte_eth_rx_queue_setup(port->id, 0, size, 0, NULL,
							model_pool_mp(port->pool)), 0);
		assert_int_equal(rte_eth_tx_queue_setup(port->id, 0, size, 0, NULL), 0);
		check_without_ring(port);
		assert_int_equal(rte_eth_dev_rx_queue_start(port->id, 0), 0);
		assert_int_equal(rte_eth_dev_tx_queue_start(port->id, 0), 0);
		model_device_look(&port->device);
		assert_int_equal(model_rxq(&port->device, 0)->setup.size, size);
		assert_int_equal(model_txq(&port->device, 0)->setup.size, size);
		assert_int_equal(model_pool_out(port->pool), size);
		assert_int_equal(model_pool_out(pools[(i + 1) % 2]), 0);
	}
	some_frames(port);
	assert_ptr_equal(port->pool, pools[0]);
	model_port_destroy(port);
	model_pool_free(pools[1]);
}

/** Two pairs; the features are negotiated for what any queue asks for. */
static struct model_port *
two_pairs(void **state, uint64_t features)
{
	struct model_port_config config = { .features = features | CTRL_FEATURES | F(MQ) |
		ctrl_layout(state), .pairs = 2, .rx_size = SMALL, .tx_size = SMALL, .mbufs = 256 };

	memcpy(config.mac, "\x52\x54\x00\x00\x00\x01", 6);
	return model_port_create(&config);
}

static void
rx_setup(const struct model_port *port, uint16_t queue, uint64_t offloads)
{
	const struct rte_eth_rxconf conf = { .offloads = offloads };

	assert_int_equal(rte_eth_rx_queue_setup(port->id, queue, SMALL, 0, &conf,
						model_pool_mp(port->pool)), 0);
}

static void
tx_setup(const struct model_port *port, uint16_t queue, uint64_t offloads)
{
	const struct rte_eth_txconf conf = { .offloads = offloads };

	assert_int_equal(rte_eth_tx_queue_setup(port->id, queue, SMALL, 0, &conf), 0);
}

/** A tagged frame comes to a queue: is its tag taken off? */
static bool
strips(struct model_port *port, uint16_t queue)
{
	static const uint8_t tag[] = { 0x81, 0x00, 0, VLAN };
	const struct model_rx_way way = { .odd = false };
	struct model_queue *q = model_rxq(&port->device, queue);
	struct rte_eth_rxq_info info;
	uint8_t frame[100] = { 2 };
	struct rte_mbuf *m;
	bool stripped;

	memcpy(frame + 12, tag, sizeof(tag));
	assert_int_equal(model_net_rx(q, frame, sizeof(frame), &way), 1);
	model_queue_show(q, 1, false);
	assert_int_equal(rte_eth_rx_burst(port->id, queue, &m, 1), 1);
	model_device_look(&port->device);
	stripped = (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
	assert_int_equal(m->pkt_len, sizeof(frame) - (stripped ? sizeof(tag) : 0));
	assert_int_equal(m->vlan_tci, stripped ? VLAN : 0);
	rte_pktmbuf_free(m);
	assert_int_equal(rte_eth_rx_queue_info_get(port->id, queue, &info), 0);
	assert_int_equal((info.conf.offloads & RX(VLAN_STRIP)) != 0, stripped);
	return stripped;
}

static bool
rx_path_has_offloads(const struct model_port *port)
{
	struct rte_eth_burst_mode mode;

	assert_int_equal(rte_eth_rx_burst_mode_get(port->id, 0, &mode), 0);
	return strstr(mode.info, "_offload") != NULL;
}

/** One queue strips tags, as it was set up; later the other; a stop and a start change nothing. */
static void
strip_on_one_queue(void **state)
{
	struct model_port *port = two_pairs(state, 0);

	rx_setup(port, 1, RX(VLAN_STRIP));
	model_port_start(port);
	assert_true(!strips(port, 0) && strips(port, 1) && rx_path_has_offloads(port));
	assert_int_equal(rte_eth_dev_set_vlan_strip_on_queue(port->id, 0, 1), 0);
	assert_int_equal(rte_eth_dev_set_vlan_strip_on_queue(port->id, 1, 0), 0);
	assert_true(strips(port, 0) && !strips(port, 1));
	model_port_stop(port);
	model_port_start(port);
	assert_true(strips(port, 0) && !strips(port, 1));
	assert_int_equal(rte_eth_dev_set_vlan_strip_on_queue(port->id, 0, 0), 0);
	assert_true(!strips(port, 0) && !strips(port, 1) && !rx_path_has_offloads(port));
	/* All of them at once, then all but one. */
	assert_int_equal(rte_eth_dev_set_vlan_offload(port->id, RTE_ETH_VLAN_STRIP_OFFLOAD), 0);
	assert_true(strips(port, 0) && strips(port, 1));
	assert_int_equal(rte_eth_dev_set_vlan_strip_on_queue(port->id, 1, 0), 0);
	assert_true(strips(port, 0) && !strips(port, 1));
	/* Whatever is configured anew is as the configuration says. */
	model_port_stop(port);
	model_port_setup(port);
	model_port_start(port);
	assert_true(!strips(port, 0) && !strips(port, 1) && !rx_path_has_offloads(port));
	/* What the device does for all queues is nothing that one queue can have. */
	assert_int_equal(rte_eth_rx_queue_setup(port->id, 0, SMALL, 0,
		&(struct rte_eth_rxconf){ .offloads = RX(TCP_LRO) }, model_pool_mp(port->pool)),
		-EBUSY);
	model_port_stop(port);
	assert_int_equal(rte_eth_rx_queue_setup(port->id, 0, SMALL, 0,
		&(struct rte_eth_rxconf){ .offloads = RX(TCP_LRO) }, model_pool_mp(port->pool)),
		-EINVAL);
	model_port_destroy(port);
}

/** A queue of a running port is set up with stripping: the port gets a path that can. */
static void
strip_on_a_queue_set_up_anew(void **state)
{
	struct model_port *port = two_pairs(state, RING_RESET);

	model_port_start(port);
	assert_false(rx_path_has_offloads(port));
	for (unsigned int i = 0; i < 4; i++) {
		const bool strip = i % 2 == 0;

		assert_int_equal(rte_eth_dev_rx_queue_stop(port->id, 1), 0);
		rx_setup(port, 1, strip ? RX(VLAN_STRIP) : 0);
		assert_int_equal(rte_eth_dev_rx_queue_start(port->id, 1), 0);
		model_device_look(&port->device);
		assert_true(!strips(port, 0));
		assert_int_equal(strips(port, 1), strip);
		if (strip)
			assert_true(rx_path_has_offloads(port));
	}
	model_port_destroy(port);
}

/** Send a packet that asks for a checksum where @p ask: the flags of its header. */
static uint8_t
sent_flags(struct model_port *port, uint16_t queue, bool ask)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(model_pool_mp(port->pool));
	struct model_queue *q = model_txq(&port->device, queue);
	struct model_sent sent;

	assert_non_null(m);
	memset(rte_pktmbuf_append(m, 100), queue, 100);
	if (ask) {
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
		m->l2_len = 14;
		m->l3_len = 20;
	}
	assert_int_equal(rte_eth_tx_burst(port->id, queue, &m, 1), 1);
	model_device_look(&port->device);
	assert_true(model_net_sent(&port->device, &sent));
	assert_int_equal(sent.bytes[0], queue);
	free(sent.bytes);
	model_net_tx_done(q, 1, false, false);
	return sent.hdr.hdr.flags;
}

/** Checksums are one queue's offload: the feature is there, and the other queue sends as ever. */
static void
checksum_on_one_queue(void **state)
{
	struct model_port *port = two_pairs(state, F(CSUM));
	struct rte_eth_txq_info info;

	tx_setup(port, 1, TX(UDP_CKSUM));
	model_port_start(port);
	assert_true(model_device_has(&port->device, VIRTIO_NET_F_CSUM));
	assert_int_equal(sent_flags(port, 0, false), 0);
	assert_int_equal(sent_flags(port, 1, true), VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(rte_eth_tx_queue_info_get(port->id, 1, &info), 0);
	assert_int_equal(info.conf.offloads, TX(UDP_CKSUM));
	model_port_stop(port);
	/* Set up anew without it, nothing is negotiated. */
	tx_setup(port, 1, 0);
	model_port_start(port);
	assert_false(model_device_has(&port->device, VIRTIO_NET_F_CSUM));
	assert_int_equal(sent_flags(port, 1, false), 0);
	model_port_destroy(port);
}

/** A queue of a running port gets what was negotiated, and is refused what was not. */
static void
transmit_offloads_while_running(void **state)
{
	struct model_port *port = two_pairs(state, RING_RESET | F(CSUM) | F(HOST_TSO4));
	const struct rte_eth_txconf tso = { .offloads = TX(TCP_TSO) };

	tx_setup(port, 0, TX(UDP_CKSUM));
	model_port_start(port);
	assert_int_equal(rte_eth_dev_tx_queue_stop(port->id, 1), 0);
	tx_setup(port, 1, TX(UDP_CKSUM));
	assert_int_equal(rte_eth_dev_tx_queue_start(port->id, 1), 0);
	assert_int_equal(sent_flags(port, 1, true), VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(rte_eth_dev_tx_queue_stop(port->id, 1), 0);
	model_log_start();
	assert_int_equal(rte_eth_tx_queue_setup(port->id, 1, SMALL, 0, &tso), -ENOTSUP);
	assert_true(model_logged("was started without offload TCP_TSO"));
	assert_int_equal(sent_flags(port, 0, true), VIRTIO_NET_HDR_F_NEEDS_CSUM);
	tx_setup(port, 1, 0);
	assert_int_equal(rte_eth_dev_tx_queue_start(port->id, 1), 0);
	/* The path is the port's: it stays as long as the port runs. */
	assert_int_equal(sent_flags(port, 0, true), VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(sent_flags(port, 1, false), 0);
	model_port_destroy(port);
}

/** FAST_FREE is a promise that all queues have to give. */
static void
fast_free_of_all_queues(void **state)
{
	struct model_port *port = two_pairs(state, 0);
	const struct vio_port *vio = vio_port(port->dev);

	for (unsigned int queues = 0; queues < 4; queues++) {
		tx_setup(port, 0, queues & 1 ? TX(MBUF_FAST_FREE) : 0);
		tx_setup(port, 1, queues & 2 ? TX(MBUF_FAST_FREE) : 0);
		model_port_start(port);
		assert_true(vio->tx_variant & VIO_TX_SIMPLE);
		assert_int_equal((vio->tx_variant & VIO_TX_FAST_FREE) != 0, queues == 3);
		assert_int_equal(sent_flags(port, 0, false), 0);
		model_port_stop(port);
	}
	model_port_destroy(port);
}

int
main(void)
{
	CTRL_CASE(stopped_receive_queue);
	CTRL_CASE(stopped_transmit_queue);
	CTRL_CASE(stopped_without_ring_reset);
	CTRL_CASE(set_up_anew);
	CTRL_CASE(strip_on_one_queue);
	CTRL_CASE(strip_on_a_queue_set_up_anew);
	CTRL_CASE(checksum_on_one_queue);
	CTRL_CASE(transmit_offloads_while_running);
	CTRL_CASE(fast_free_of_all_queues);
	return model_cases_run("queue_state");
}
