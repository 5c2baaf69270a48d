/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_conf.c - requirements of the standard for network devices, and those that are the same for
 * rings of both layouts, by their numbers. Each of them is also checked by the model in every other
 * test; here each stands alone, with what would break it brought about on purpose.
 */

#include <stdlib.h>

#include "model_cases.h"
#include "model_memory.h"
#include "model_sender.h"
#include "model_traffic.h"
#include "virtio_spec.h"

#define F(bit) VIRTIO_FEATURE(bit)
#define EVENT_IDX F(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT F(VIRTIO_RING_F_INDIRECT_DESC)
#define MRG F(VIRTIO_NET_F_MRG_RXBUF)

static const uint64_t layouts[] = { 0, F(VIRTIO_F_RING_PACKED) };

/** The layout of a case. */
static uint64_t
layout(void **state)
{
	return *(const uint64_t *)*state;
}

static void
send_and_return(struct model_sender *s, unsigned int bursts)
{
	struct model_queue *q = model_txq(&s->port->device, 0);

	while (bursts-- != 0) {
		model_sender_burst(s, 5);
		model_net_tx_done(q, q->num_pending, false, false);
	}
}

/** The first notification comes behind DRIVER_OK, and there is one: buffers are posted already. */
static void
conf_04_kick_after_driver_ok(void **state)
{
	for (unsigned int event_idx = 0; event_idx < 2; event_idx++) {
		struct model_port *port = model_port_any(layout(state) |
							 (event_idx ? EVENT_IDX : 0), 64, false);

		assert_int_equal(model_rxq(&port->device, 0)->num_kicks, 1);
		assert_int_equal(model_txq(&port->device, 0)->num_kicks, 0);
		model_port_destroy(port);
	}
}

/** Reset before anything is freed: the pool notices an mbuf that the device still has. */
static void
conf_05_reset_before_reclaim(void **state)
{
	struct model_port *port = model_port_any(layout(state), 64, false);
	const unsigned int resets = port->device.num_resets;
	struct model_sender s;

	model_sender_init(&s, port, MODEL_KINDS_ALL);
	model_sender_burst(&s, 20);
	assert_int_not_equal(model_txq(&port->device, 0)->num_pending, 0);
	model_port_stop(port);
	assert_true(port->device.num_resets > resets);
	assert_int_equal(model_pool_out(port->pool), 0);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** With a translating platform all addresses are IOVAs, headers and rings included. */
static void
conf_07_translated_addresses(void **state)
{
	struct model_port *port = model_port_any(layout(state) | F(VIRTIO_F_ACCESS_PLATFORM) | MRG |
						 INDIRECT, 16, true);
	struct model_traffic t;
	struct model_sender s;

	assert_true(port->device.queues[0].setup.desc >= MODEL_IOVA_SHIFT);
	model_traffic_init(&t, port);
	model_sender_init(&s, port, MODEL_KINDS_ALL);
	for (unsigned int i = 0; i < 50; i++) {
		model_traffic_put(&t, 3000);
		model_traffic_finish(&t, 4);
		send_and_return(&s, 1);
	}
	model_port_stop(port);
	model_traffic_fini(&t);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** Receive buffers are one writable part, sent ones only readable parts. */
static void
conf_20_readable_before_writable(void **state)
{
	struct model_port *port = model_port_any(layout(state) | MRG | INDIRECT, 16, false);
	struct model_queue *rxq = model_rxq(&port->device, 0);
	struct model_queue *txq = model_txq(&port->device, 0);
	struct model_sender s;

	model_sender_init(&s, port, MODEL_KINDS_ALL);
	for (unsigned int i = 0; i < rxq->num_pending; i++) {
		assert_int_equal(rxq->pending[i]->readable, 0);
		assert_int_equal(rxq->pending[i]->num_parts, 1);
	}
	for (unsigned int n = 0; n < 60; n++) {
		model_sender_burst(&s, 3);
		for (unsigned int i = 0; i < txq->num_pending; i++)
			assert_int_equal(txq->pending[i]->writable, 0);
		model_net_tx_done(txq, txq->num_pending / 2, true, false);
	}
	model_port_stop(port);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** What the device left behind the used length is not part of a packet. */
static void
conf_25_nothing_beyond_used_len(void **state)
{
	static const struct virtio_net_hdr_mrg_rxbuf hdr = { .num_buffers = 1 };
	struct model_port *port = model_port_any(layout(state), 64, false);
	struct model_queue *q = model_rxq(&port->device, 0);
	uint8_t frame[1500];

	memset(frame, 0xab, sizeof(frame));
	for (uint32_t len = 1; len < 200; len++) {
		struct rte_mbuf *m;

		/* It writes all of the frame, and says less. */
		assert_true(model_net_rx_raw(q, &hdr, frame, sizeof(frame), MODEL_HDR_SIZE + len));
		model_queue_show(q, 1, false);
		assert_int_equal(model_port_rx(port, &m, 1), 1);
		assert_int_equal(m->pkt_len, len);
		assert_int_equal(m->data_len, len);
		rte_pktmbuf_free(m);
	}
	model_port_destroy(port);
}

/** The same for refills of a receive ring, of which several bursts make one. */
static void
refill_kicks(void **state)
{
	for (unsigned int event_idx = 0; event_idx < 2; event_idx++) {
		struct model_port *port = model_port_any(layout(state) |
							 (event_idx ? EVENT_IDX : 0), 64, false);
		struct model_queue *q = model_rxq(&port->device, 0);
		struct model_traffic t;

		model_traffic_init(&t, port);
		for (unsigned int i = 0; i < 1000; i++) {
			model_queue_notify(q, i % 3);
			model_traffic_put(&t, 60);
			model_traffic_finish(&t, 1);
		}
		/* The look after each burst compared them one by one. */
		assert_int_equal(q->num_kicks, q->num_needed);
		assert_in_range(q->num_kicks, 10, 500);
		model_traffic_fini(&t);
		model_port_destroy(port);
	}
}

/** The device's address is used where it has one; nothing is ever written to its configuration. */
static void
conf_35_mac_is_the_devices(void **state)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };

	for (unsigned int given = 0; given < 2; given++) {
		struct model_port_config config = {
			.features = layout(state) | F(VIRTIO_NET_F_MAC) };
		struct rte_ether_addr addr;
		struct model_port *port;

		if (given)
			memcpy(config.mac, mac, sizeof(mac));
		port = model_port_create(&config);
		assert_int_equal(rte_eth_macaddr_get(port->id, &addr), 0);
		/* Zeros are no address: one is made up. */
		assert_true(rte_is_valid_assigned_ether_addr(&addr));
		assert_int_equal(memcmp(addr.addr_bytes, mac, sizeof(mac)) == 0, given);
		model_port_start(port);
		rte_eth_promiscuous_enable(port->id);
		model_port_destroy(port);
	}
}

/** The header of a sent packet is zeros, in headroom that was full of something else. */
static void
conf_36_header_is_empty(void **state)
{
	static const struct virtio_net_hdr_mrg_rxbuf empty;
	struct model_port *port = model_port_any(layout(state), 64, false);
	struct model_sender s;

	model_sender_init(&s, port, MODEL_KINDS_ALL);
	for (unsigned int kind = 0; kind < MODEL_KINDS; kind++)
		for (unsigned int i = 0; i < 9; i++) {
			struct rte_mbuf *m = model_sender_make(&s, kind);
			struct model_sent sent;

			/* What the application wants is not what was negotiated. */
			if (rte_mbuf_refcnt_read(m) == 1)
				m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
			assert_int_equal(model_port_tx(port, &m, 1), 1);
			assert_true(model_net_sent(&port->device, &sent));
			assert_memory_equal(&sent.hdr, &empty, sizeof(empty));
			free(sent.bytes);
			model_net_tx_done(model_txq(&port->device, 0), 1, false, false);
		}
	model_port_stop(port);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** Receive buffers without merging hold a whole frame and its header, or nothing starts. */
static void
conf_37_receive_buffer_length(void **state)
{
	for (unsigned int room = 1500; room < 1540; room++) {
		const bool fits = room >= 1500 + VIO_FRAME_OVERHEAD;
		struct model_port *port = model_port_create(&(struct model_port_config){
			.rx_size = 16, .data_room = room, .features = layout(state) });

		model_log_start();
		assert_int_equal(rte_eth_dev_start(port->id), fits ? 0 : -EINVAL);
		model_device_look(&port->device);
		if (fits)
			assert_true(model_rxq(&port->device, 0)->pending[0]->writable >= 1526);
		else
			assert_true(model_logged("use larger mbufs or a smaller MTU"));
		model_port_destroy(port);
	}
}

/** With merging each buffer has room for a header, however small the mbufs are. */
static void
conf_37_merged_buffer_length(void **state)
{
	for (unsigned int room = 64; room < 80; room++) {
		struct model_port *port = model_port_create(&(struct model_port_config){
			.rx_size = 64, .data_room = room, .features = layout(state) | MRG });
		struct model_traffic t;

		model_traffic_init(&t, port);
		model_port_start(port);
		for (uint32_t len = 1; len < 600; len += 7) {
			assert_true(model_traffic_put(&t, len));
			model_traffic_finish(&t, 4);
		}
		model_traffic_fini(&t);
		model_port_destroy(port);
	}
}

#define CASE(name) \
	for (unsigned int i = 0; i < RTE_DIM(layouts); i++) \
		model_case(name, &layouts[i], NULL, "%s%s", #name, i == 0 ? "" : "_packed")

int
main(void)
{
	CASE(conf_04_kick_after_driver_ok);
	CASE(conf_05_reset_before_reclaim);
	CASE(conf_07_translated_addresses);
	CASE(conf_20_readable_before_writable);
	CASE(conf_25_nothing_beyond_used_len);
	model_case(refill_kicks, &layouts[0], NULL, "conf_26_refill_kicks");
	model_case(refill_kicks, &layouts[1], NULL, "conf_34_refill_kicks");
	CASE(conf_35_mac_is_the_devices);
	CASE(conf_36_header_is_empty);
	CASE(conf_37_receive_buffer_length);
	CASE(conf_37_merged_buffer_length);
	return model_cases_run("conf");
}
