/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_conf_net.c - requirements of the standard for the configuration of network devices and for
 * headers with offloads, by their numbers, and devices that say what cannot be in both.
 */

#include <stdlib.h>

#include <rte_ip.h>
#include <rte_tcp.h>

#include "ctrl_cases.h"
#include "model_memory.h"
#include "model_sender.h"
#include "model_traffic.h"
#include "virtio_spec.h"

#define TCP_FRAME 300
#define L2 RTE_ETHER_HDR_LEN
#define L3 ((uint16_t)sizeof(struct rte_ipv4_hdr))
#define L4 ((uint16_t)sizeof(struct rte_tcp_hdr))

/** An Ethernet frame with TCP in it. */
static void
tcp_frame(uint8_t *frame, uint8_t tcp_flags)
{
	struct rte_ether_hdr *eth = (void *)frame;
	struct rte_ipv4_hdr *ip = (void *)(frame + L2);
	struct rte_tcp_hdr *tcp = (void *)(frame + L2 + L3);

	model_content(frame, TCP_FRAME, 1);
	memset(frame, 2, 2 * RTE_ETHER_ADDR_LEN);
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45, .total_length = rte_cpu_to_be_16(TCP_FRAME - L2),
		.time_to_live = 64, .next_proto_id = IPPROTO_TCP,
		.src_addr = RTE_BE32(0x0a000001), .dst_addr = RTE_BE32(0x0a000002) };
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	*tcp = (struct rte_tcp_hdr){ .src_port = 1, .dst_port = 2, .data_off = 0x50,
				     .tcp_flags = tcp_flags };
}

/** What the device says now is read again. */
static void
read_again(struct model_port *port, struct rte_eth_dev_info *info)
{
	assert_int_equal(rte_eth_dev_reset(port->id), 0);
	assert_int_equal(rte_eth_dev_info_get(port->id, info), 0);
	model_port_setup(port);
	model_port_start(port);
}

/** Some frames each way. */
static void
check_traffic(struct model_port *port)
{
	struct model_traffic t;
	struct model_sender s;

	model_traffic_init(&t, port);
	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	for (unsigned int i = 0; i < 8; i++) {
		struct model_queue *q = model_txq(&port->device, 0);

		assert_true(model_traffic_put(&t, 60 + i));
		assert_int_equal(model_sender_burst(&s, 2), 2);
		model_net_tx_done(q, q->num_pending, false, false);
	}
	model_traffic_finish(&t, 4);
	model_sender_collect(&s);
	model_traffic_fini(&t);
	assert_true(rte_eth_tx_done_cleanup(port->id, 0, 0) >= 0);
	model_sender_fini(&s);
}

static void
conf_03_fields_without_their_feature(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){ 0 }, state);
	struct rte_eth_dev_info info, honest;
	struct rte_eth_link link;

	assert_int_equal(rte_eth_dev_info_get(port->id, &honest), 0);
	port->device.config.mtu = 70;
	port->device.config.max_virtqueue_pairs = 4;
	port->device.config.status = 0;
	port->device.config.speed = 1000;
	port->device.config.duplex = 0;
	read_again(port, &info);
	assert_int_equal(info.max_mtu, honest.max_mtu);
	assert_int_equal(info.max_rx_queues, 1);
	assert_int_equal(info.max_tx_queues, 1);
	assert_int_equal(info.reta_size, 0);
	assert_int_equal(rte_eth_link_get_nowait(port->id, &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
	assert_int_equal(link.link_speed, RTE_ETH_SPEED_NUM_UNKNOWN);
	assert_int_equal(link.link_duplex, RTE_ETH_LINK_FULL_DUPLEX);
	check_traffic(port);
	model_port_destroy(port);
}

/** The promise changes nothing: on any ring, bursts work as with any device. */
static void
conf_07_order_platform(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = VIRTIO_FEATURE(VIRTIO_F_ORDER_PLATFORM) }, state);

	assert_true(model_device_has(&port->device, VIRTIO_F_ORDER_PLATFORM));
	check_traffic(port);
	model_port_destroy(port);
}

static void
conf_17_change_and_packets_together(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){ .rx_size = 64,
		.features = F(STATUS) }, state);
	struct model_traffic t;
	struct rte_eth_link link;

	model_traffic_init(&t, port);
	for (unsigned int i = 0; i < 200; i++) {
		for (unsigned int k = 0; k < 8; k++)
			assert_true(model_traffic_put(&t, 60 + k));
		model_queue_show(model_rxq(&port->device, 0), 8, false);
		port->device.config.status = i & 1 ? VIRTIO_NET_S_LINK_UP : 0;
		assert_int_equal(rte_eth_link_get_nowait(port->id, &link), 0);
		assert_int_equal(link.link_status, i & 1);
		/* What was received before the link went down was received. */
		model_traffic_finish(&t, 8);
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

static void
conf_35_mtu_of_the_device(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){ .data_room = 1600,
		.features = F(MTU) }, state);
	struct rte_eth_dev_info info;

	/* Buffers do not hold the device's 9000 bytes: no promise is made. */
	assert_false(model_device_has(&port->device, VIRTIO_NET_F_MTU));
	assert_int_not_equal(rte_eth_dev_set_mtu(port->id, 9001), 0);
	port->device.config.mtu = 1500;
	read_again(port, &info);
	assert_int_equal(info.max_mtu, 1500);
	assert_true(model_device_has(&port->device, VIRTIO_NET_F_MTU));
	assert_int_not_equal(rte_eth_dev_set_mtu(port->id, 1501), 0);
	assert_int_equal(rte_eth_dev_set_mtu(port->id, 1500), 0);
	check_traffic(port);
	model_port_destroy(port);
}

static void
conf_35_unknown_speed_and_duplex(void **state)
{
	static const uint32_t speeds[] = { 0x7fffffff, 0x80000000, UINT32_MAX, 25000 };
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = F(SPEED_DUPLEX) }, state);

	for (unsigned int i = 0; i < RTE_DIM(speeds); i++) {
		struct rte_eth_dev_info info;
		struct rte_eth_link link;

		port->device.config.speed = speeds[i];
		port->device.config.duplex = i;
		read_again(port, &info);
		assert_int_equal(rte_eth_link_get_nowait(port->id, &link), 0);
		assert_int_equal(link.link_speed, speeds[i] > INT32_MAX ?
				 RTE_ETH_SPEED_NUM_UNKNOWN : speeds[i]);
		assert_int_equal(link.link_duplex, i == 0 ? RTE_ETH_LINK_HALF_DUPLEX :
							    RTE_ETH_LINK_FULL_DUPLEX);
	}
	model_port_destroy(port);
}

/** A port that is asked for all it can do. */
static struct model_port *
offload_port(uint64_t features, void **state)
{
	struct model_port_config config = {
		.features = features, .rx_size = 64, .tx_size = 64,
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_TCP_CKSUM,
	};

	if (features & F(HOST_TSO4))
		config.tx_offloads |= RTE_ETH_TX_OFFLOAD_TCP_TSO;
	if (features & F(GUEST_CSUM))
		config.rx_offloads |= RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
	if (features & F(GUEST_TSO4))
		config.rx_offloads |= RTE_ETH_RX_OFFLOAD_TCP_LRO;
	return ctrl_start(&config, state);
}

/** Prepare and send a TCP packet. @return whether it got through, and how */
static bool
send_tcp(struct model_port *port, struct model_pool *pool, uint64_t flags, uint8_t tcp_flags,
	 struct model_sent *sent)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(model_pool_mp(pool));
	uint16_t n;

	assert_non_null(m);
	m->data_len = m->pkt_len = TCP_FRAME;
	tcp_frame(rte_pktmbuf_mtod(m, uint8_t *), tcp_flags);
	m->l2_len = L2;
	m->l3_len = L3;
	m->l4_len = L4;
	m->tso_segsz = 100;
	m->ol_flags = flags;
	n = rte_eth_tx_prepare(port->id, 0, &m, 1);
	if (n == 1)
		n = model_port_tx(port, &m, 1);
	if (n == 0) {
		rte_pktmbuf_free(m);
		return false;
	}
	if (!model_net_sent(&port->device, sent))
		return false; /* taken and dropped */
	model_net_tx_done(model_txq(&port->device, 0), 1, false, false);
	assert_true(rte_eth_tx_done_cleanup(port->id, 0, 0) >= 0);
	free(sent->bytes);
	sent->bytes = NULL;
	return true;
}

#define WISH_CKSUM (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM)
#define WISH_TSO (WISH_CKSUM | RTE_MBUF_F_TX_TCP_SEG)
#define CWR 0x80

static void
conf_36_checksum_fields(void **state)
{
	const struct model_pool_config config = { .size = 64,
						  .data_room = 1024 + RTE_PKTMBUF_HEADROOM };
	struct model_pool *pool = model_pool_create("model_csum", &config);

	for (unsigned int with = 0; with < 2; with++) {
		struct model_port *port = offload_port(with ? F(CSUM) : 0, state);
		struct model_sent sent;

		assert_true(send_tcp(port, pool, WISH_CKSUM, 0, &sent));
		assert_int_equal(sent.hdr.hdr.flags, with ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0);
		assert_int_equal(sent.hdr.hdr.csum_start, with ? L2 + L3 : 0);
		assert_int_equal(sent.hdr.hdr.csum_offset, with ? 16 : 0);
		assert_int_equal(sent.hdr.hdr.gso_type, VIRTIO_NET_HDR_GSO_NONE);
		/* Nothing is left of it where nothing was asked for. */
		assert_true(send_tcp(port, pool, 0, 0, &sent));
		assert_int_equal(sent.hdr.hdr.flags, 0);
		model_port_destroy(port);
	}
	model_pool_free(pool);
}

static void
conf_36_segmentation_as_negotiated(void **state)
{
	const struct model_pool_config config = { .size = 64,
						  .data_room = 1024 + RTE_PKTMBUF_HEADROOM };
	struct model_pool *pool = model_pool_create("model_tso", &config);

	for (unsigned int i = 0; i < 8; i++) {
		const bool csum = i & 1, tso = i & 2, ecn = i & 4;
		struct model_port *port = offload_port((csum ? F(CSUM) : 0) |
			(tso ? F(HOST_TSO4) | F(HOST_TSO6) : 0) | (ecn ? F(HOST_ECN) : 0), state);
		struct model_sent sent;

		/* The model writes down what was not negotiated. */
		assert_int_equal(send_tcp(port, pool, WISH_TSO, CWR, &sent), csum && tso);
		if (csum && tso) {
			assert_int_equal(sent.hdr.hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
			assert_int_equal(sent.hdr.hdr.gso_type, VIRTIO_NET_HDR_GSO_TCPV4 |
					 (ecn ? VIRTIO_NET_HDR_GSO_ECN : 0));
			assert_int_equal(sent.hdr.hdr.gso_size, 100);
			assert_int_equal(sent.hdr.hdr.hdr_len, L2 + L3 + L4);
		}
		model_port_destroy(port);
	}
	model_pool_free(pool);
}

/** Without merging a buffer would have to hold 64 KiB: such packets are not asked for. */
static void
conf_37_large_packets_need_merging(void **state)
{
	for (unsigned int mergeable = 0; mergeable < 2; mergeable++) {
		struct model_port *port = offload_port(F(GUEST_CSUM) | F(GUEST_TSO4) |
			F(GUEST_TSO6) | (mergeable ? F(MRG_RXBUF) : 0), state);

		assert_int_equal(model_device_has(&port->device, VIRTIO_NET_F_GUEST_TSO4),
				 mergeable);
		model_port_destroy(port);
	}
}

/** Receive a TCP packet with that header. @return NULL: it was dropped */
static struct rte_mbuf *
receive_tcp(struct model_port *port, const struct virtio_net_hdr *fields)
{
	struct model_queue *q = model_rxq(&port->device, 0);
	const struct virtio_net_hdr_mrg_rxbuf hdr = { .hdr = *fields, .num_buffers = 1 };
	struct rte_mbuf *m = NULL;
	uint8_t frame[TCP_FRAME];

	tcp_frame(frame, 0);
	assert_true(model_net_rx_raw(q, &hdr, frame, TCP_FRAME, TCP_FRAME + MODEL_HDR_SIZE));
	model_queue_show(q, 1, false);
	if (model_port_rx(port, &m, 1) == 0)
		return NULL;
	assert_int_equal(m->pkt_len, TCP_FRAME);
	return m;
}

static uint64_t
cksum_of(struct model_port *port, const struct virtio_net_hdr *fields)
{
	struct rte_mbuf *m = receive_tcp(port, fields);
	uint64_t flags;

	assert_non_null(m);
	flags = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	rte_pktmbuf_free(m);
	return flags;
}

static void
conf_38_checksum_needs_a_flag(void **state)
{
	/* Were they believed, they would lie outside of the packet. */
	const struct virtio_net_hdr none = { .csum_start = 5000, .csum_offset = 5000 };
	const struct virtio_net_hdr valid = { .flags = VIRTIO_NET_HDR_F_DATA_VALID,
					      .csum_start = 5000 };
	const struct virtio_net_hdr needs = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					      .csum_start = L2 + L3, .csum_offset = 16 };
	struct model_port *port = offload_port(F(GUEST_CSUM), state);

	assert_int_equal(cksum_of(port, &none), RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN);
	assert_int_equal(cksum_of(port, &valid), RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	assert_int_equal(cksum_of(port, &needs), RTE_MBUF_F_RX_L4_CKSUM_NONE);
	model_port_destroy(port);
	/* Not negotiated: no bit means anything. */
	port = offload_port(0, state);
	assert_int_equal(cksum_of(port, &valid), RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN);
	assert_int_equal(cksum_of(port, &needs), RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN);
	model_port_destroy(port);
}

#define LRO (F(GUEST_CSUM) | F(GUEST_TSO4) | F(MRG_RXBUF))

static void
conf_38_hdr_len_is_a_hint(void **state)
{
	static const uint16_t lens[] = { 0, 1, L2 + L3 + L4, TCP_FRAME + 1, UINT16_MAX };
	struct model_port *port = offload_port(LRO, state);

	for (unsigned int i = 0; i < RTE_DIM(lens); i++) {
		struct rte_mbuf *m = receive_tcp(port, &(struct virtio_net_hdr){
			.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = L2 + L3,
			.csum_offset = 16, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
			.gso_size = 100, .hdr_len = lens[i] });

		assert_non_null(m);
		assert_int_equal(m->tso_segsz, 100);
		rte_pktmbuf_free(m);
	}
	model_port_destroy(port);
}

/** Bit 51, and what it would bring. */
static void
conf_46_tunnel_hashes_are_not_negotiated(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES | F(HASH_REPORT) | F(HASH_TUNNEL) | F(RSS),
		.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_offloads = RTE_ETH_RX_OFFLOAD_RSS_HASH }, state);
	const struct model_ctrl *ctrl = &port->device.ctrl;

	assert_true(model_device_has(&port->device, VIRTIO_NET_F_HASH_REPORT));
	assert_false(model_device_has(&port->device, VIRTIO_NET_F_HASH_TUNNEL));
	for (unsigned int i = 0; i < ctrl->num_commands; i++)
		assert_in_range(ctrl->commands[i].class, 0, 6); /* 7 is that of tunnels */
	model_port_destroy(port);
}

/** Without VERSION_1, and over an interface that is no legacy one. */
static void
conf_47_legacy_framing_is_refused(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES }, state);

	model_port_stop(port);
	port->device.offered &= ~VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
	model_log_start();
	assert_int_equal(rte_eth_dev_start(port->id), -ENOTSUP);
	assert_true(model_logged("VERSION_1"));
	assert_false(model_device_live(&port->device));
	port->device.offered |= VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
	model_port_start(port);
	model_port_destroy(port);
}

/** Headers that cannot be: the packet is dropped, counted, and the next one comes. */
static void
fault_header_impossible(void **state)
{
	const uint8_t csum = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	const struct virtio_net_hdr bad[] = {
		{ .flags = csum, .csum_start = TCP_FRAME },
		{ .flags = csum, .csum_start = TCP_FRAME - 1 },
		{ .flags = csum, .csum_start = L2 + L3, .csum_offset = TCP_FRAME - L2 - L3 - 1 },
		{ .flags = csum, .csum_start = UINT16_MAX, .csum_offset = UINT16_MAX },
		{ .flags = csum, .csum_start = UINT16_MAX, .csum_offset = 3 },
		{ .flags = csum, .csum_offset = UINT16_MAX },
		{ .flags = csum, .csum_start = L2 + L3, .csum_offset = 16,
		  .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 }, /* gso_size 0 */
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV6, .gso_size = 100 }, /* not negotiated */
		{ .gso_type = VIRTIO_NET_HDR_GSO_UDP, .gso_size = 100 },
		{ .gso_type = 2, .gso_size = 100 },
		{ .gso_type = 0x7f, .gso_size = 100 },
	};
	const uint64_t features[] = { LRO, F(GUEST_CSUM) };
	const unsigned int numbers[] = { RTE_DIM(bad), 6 };

	for (unsigned int f = 0; f < RTE_DIM(features); f++) {
		struct model_port *port = offload_port(features[f], state);

		for (unsigned int i = 0; i < numbers[f]; i++) {
			assert_null(receive_tcp(port, &bad[i]));
			assert_int_equal(model_xstat(port, "rx_q0_bad_header"), i + 1);
			assert_int_equal(cksum_of(port, &(struct virtio_net_hdr){ 0 }),
					 RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN);
		}
		model_port_destroy(port);
	}
}

/** Flags and types that nobody knows, with headers that are looked at. */
static void
fault_header_unknown_flags(void **state)
{
	struct model_port *port = offload_port(LRO, state);

	for (unsigned int flags = 4; flags < 256; flags += 4)
		assert_int_equal(cksum_of(port, &(struct virtio_net_hdr){ .flags = flags }),
				 RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN);
	model_port_destroy(port);
}

/** What hash was computed is not looked at, whatever the device says it was. */
static void
fault_header_hash_report_out_of_range(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES | F(HASH_REPORT),
		.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_offloads = RTE_ETH_RX_OFFLOAD_RSS_HASH }, state);
	struct model_queue *q = model_rxq(&port->device, 0);
	static const uint16_t reports[] = { 0, 1, 9, 10, 0x8000, UINT16_MAX };

	assert_true(model_device_has(&port->device, VIRTIO_NET_F_HASH_REPORT));
	for (unsigned int i = 0; i < RTE_DIM(reports); i++) {
		static const struct virtio_net_hdr_mrg_rxbuf hdr = { .num_buffers = 1 };
		/* Behind those 12 bytes: hash_value, hash_report, padding_reserved, the frame. */
		uint8_t rest[8 + 60] = { 0x78, 0x56, 0x34, 0x12, reports[i] & 0xff,
					 reports[i] >> 8 };
		struct rte_mbuf *m;

		assert_true(model_net_rx_raw(q, &hdr, rest, sizeof(rest), 20 + 60));
		model_queue_show(q, 1, false);
		assert_int_equal(model_port_rx(port, &m, 1), 1);
		assert_int_equal(m->pkt_len, 60);
		assert_int_equal(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH,
				 reports[i] != 0 ? RTE_MBUF_F_RX_RSS_HASH : 0);
		if (reports[i] != 0)
			assert_int_equal(m->hash.rss, 0x12345678);
		rte_pktmbuf_free(m);
	}
	model_port_destroy(port);
}

/** Numbers of the configuration that cannot be: said, and done without. */
static void
fault_config_impossible(void **state)
{
	static const uint16_t pairs[] = { 0, 0x8001, UINT16_MAX };
	static const uint16_t mtus[] = { 0, 67, UINT16_MAX };
	struct model_port *port = ctrl_start(&(struct model_port_config){
		.features = CTRL_FEATURES | F(MQ) | F(MTU) }, state);
	struct rte_eth_dev_info info;

	for (unsigned int i = 0; i < RTE_DIM(pairs); i++) {
		model_log_start();
		port->device.config.max_virtqueue_pairs = pairs[i];
		read_again(port, &info);
		assert_int_equal(info.max_rx_queues, 1);
		assert_false(model_device_has(&port->device, VIRTIO_NET_F_MQ));
		assert_true(model_logged("queue pairs"));
		check_traffic(port);
	}
	port->device.config.max_virtqueue_pairs = 1;
	for (unsigned int i = 0; i < RTE_DIM(mtus); i++) {
		model_log_start();
		port->device.config.mtu = mtus[i];
		read_again(port, &info);
		assert_true(info.max_mtu >= 1500);
		if (mtus[i] != UINT16_MAX) {
			assert_false(model_device_has(&port->device, VIRTIO_NET_F_MTU));
			assert_true(model_logged("which no port can have"));
		}
		check_traffic(port);
	}
	model_port_destroy(port);
}

/** NEEDS_RESET while bursts run: nothing is lost that was shown, and a start goes on. */
static void
fault_needs_reset_between_bursts(void **state)
{
	struct model_port *port = ctrl_start(&(struct model_port_config){ .rx_size = 64,
		.features = CTRL_FEATURES }, state);
	struct model_traffic t;
	struct rte_eth_link link;

	model_traffic_init(&t, port);
	for (unsigned int round = 1; round <= 20; round++) {
		for (unsigned int k = 0; k < 20; k++)
			assert_true(model_traffic_put(&t, 60 + k));
		model_queue_show(model_rxq(&port->device, 0), 20, false);
		assert_int_equal(model_traffic_rx(&t, 7), 7);
		pthread_mutex_lock(&port->device.lock);
		port->device.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		pthread_mutex_unlock(&port->device.lock);
		model_traffic_finish(&t, 7);
		assert_int_equal(rte_eth_link_get_nowait(port->id, &link), 0);
		assert_int_equal(link.link_status, RTE_ETH_LINK_DOWN);
		model_port_wait_resets(port, round);
		model_port_stop(port);
		model_port_start(port);
		check_traffic(port);
	}
	model_traffic_fini(&t);
	model_port_destroy(port);
}

int
main(void)
{
	CTRL_CASE(conf_03_fields_without_their_feature);
	CTRL_CASE(conf_07_order_platform);
	CTRL_CASE(conf_17_change_and_packets_together);
	CTRL_CASE(conf_35_mtu_of_the_device);
	CTRL_CASE(conf_35_unknown_speed_and_duplex);
	CTRL_CASE(conf_36_checksum_fields);
	CTRL_CASE(conf_36_segmentation_as_negotiated);
	CTRL_CASE(conf_37_large_packets_need_merging);
	CTRL_CASE(conf_38_checksum_needs_a_flag);
	CTRL_CASE(conf_38_hdr_len_is_a_hint);
	CTRL_CASE(conf_46_tunnel_hashes_are_not_negotiated);
	CTRL_CASE(conf_47_legacy_framing_is_refused);
	CTRL_CASE(fault_header_impossible);
	CTRL_CASE(fault_header_unknown_flags);
	CTRL_CASE(fault_header_hash_report_out_of_range);
	CTRL_CASE(fault_config_impossible);
	CTRL_CASE(fault_needs_reset_between_bursts);
	return model_cases_run("conf_net");
}
