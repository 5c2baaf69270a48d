/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_ops.c - is the matrix of features (doc/guides/nics/features/vio.ini) what the driver does, and
 * does whatever is not there say so?
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "ctrl_cases.h"

/** What a device can offer that a driver has a use for. */
#define EVERYTHING (CTRL_FEATURES | F(MQ) | F(RSS) | F(HASH_REPORT) | F(MTU) | F(SPEED_DUPLEX) | \
		    F(CSUM) | F(GUEST_CSUM) | F(GUEST_TSO4) | F(GUEST_TSO6) | F(GUEST_ECN) | \
		    F(HOST_TSO4) | F(HOST_TSO6) | F(HOST_ECN) | F(HOST_USO) | F(MRG_RXBUF) | \
		    F(CTRL_GUEST_OFFLOADS) | VIRTIO_FEATURE(VIRTIO_F_RING_RESET))

/** A port of a device that can do everything. */
struct subject {
	struct model_port *port;
	const struct rte_eth_dev *dev;
	const struct eth_dev_ops *ops;
	struct rte_eth_dev_info info;
};

/** Does the driver have a feature of the matrix? */
typedef bool (*feature_check)(const struct subject *s);

#define OPS(name, condition) \
static bool \
has_ ## name(const struct subject *s) \
{ \
	return condition; \
}
#define OP(name) (s->ops->name != NULL)
#define RX(flag) ((s->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_ ## flag) != 0)
#define TX(flag) ((s->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_ ## flag) != 0)
#define FLAG(flag) ((*s->info.dev_flags & RTE_ETH_DEV_ ## flag) != 0)
#define CAPA(flag) ((s->info.dev_capa & RTE_ETH_DEV_CAPA_ ## flag) != 0)

OPS(speed_capa, s->info.speed_capa != 0)
OPS(link, OP(link_update))
OPS(link_event, FLAG(INTR_LSC))
OPS(removal_event, FLAG(INTR_RMV))
OPS(rx_interrupt, OP(rx_queue_intr_enable) && OP(rx_queue_intr_disable))
OPS(lock_free, TX(MT_LOCKFREE))
OPS(fast_free, TX(MBUF_FAST_FREE))
OPS(done_cleanup, OP(tx_done_cleanup))
OPS(queue_start, OP(rx_queue_start) && OP(rx_queue_stop) && OP(tx_queue_start) &&
		 OP(tx_queue_stop))
OPS(runtime_rx, CAPA(RUNTIME_RX_QUEUE_SETUP))
OPS(runtime_tx, CAPA(RUNTIME_TX_QUEUE_SETUP))
OPS(shared_rx, CAPA(RXQ_SHARE))
OPS(burst_mode, OP(rx_burst_mode_get) && OP(tx_burst_mode_get))
OPS(monitor, OP(get_monitor_addr))
OPS(mtu, OP(mtu_set) && s->info.max_mtu > s->info.min_mtu)
OPS(buffer_split, RX(BUFFER_SPLIT))
OPS(scattered_rx, RX(SCATTER))
OPS(lro, RX(TCP_LRO))
OPS(tso, TX(TCP_TSO))
OPS(promiscuous, OP(promiscuous_enable) && OP(promiscuous_disable))
OPS(allmulticast, OP(allmulticast_enable) && OP(allmulticast_disable))
OPS(unicast_filter, OP(mac_addr_set) && OP(mac_addr_add) && OP(mac_addr_remove) &&
		    s->info.max_mac_addrs > 1)
OPS(multicast_filter, OP(set_mc_addr_list))
OPS(rss_hash, s->info.flow_type_rss_offloads != 0)
OPS(rss_key, OP(rss_hash_update) && OP(rss_hash_conf_get) && s->info.hash_key_size != 0)
OPS(rss_reta, OP(reta_update) && OP(reta_query) && s->info.reta_size != 0)
OPS(vmdq, s->info.max_vmdq_pools != 0)
OPS(dcb, OP(get_dcb_info))
OPS(vlan_filter, OP(vlan_filter_set) && OP(vlan_offload_set) && RX(VLAN_FILTER))
OPS(flow_control, OP(flow_ctrl_get) || OP(flow_ctrl_set))
OPS(rate_limit, OP(set_queue_rate_limit))
OPS(congestion, OP(cman_info_get))
OPS(inline_crypto, RX(SECURITY) || TX(SECURITY))
OPS(crc, RX(KEEP_CRC))
OPS(vlan_offload, RX(VLAN_STRIP) || TX(VLAN_INSERT))
OPS(qinq, RX(QINQ_STRIP) || TX(QINQ_INSERT))
OPS(fec, OP(fec_get) || OP(fec_set))
OPS(reassembly, OP(ip_reassembly_capability_get))
OPS(l3_checksum, RX(IPV4_CKSUM) || TX(IPV4_CKSUM))
OPS(l4_checksum, RX(UDP_CKSUM) || RX(TCP_CKSUM) || TX(UDP_CKSUM) || TX(TCP_CKSUM))
OPS(timestamp, RX(TIMESTAMP))
OPS(macsec, RX(MACSEC_STRIP) || TX(MACSEC_INSERT))
OPS(inner_l3, RX(OUTER_IPV4_CKSUM) || TX(OUTER_IPV4_CKSUM))
OPS(inner_l4, RX(OUTER_UDP_CKSUM) || TX(OUTER_UDP_CKSUM))
OPS(timesync, OP(timesync_enable))
OPS(rx_status, s->dev->rx_descriptor_status != NULL && s->dev->rx_queue_count != NULL)
OPS(tx_status, s->dev->tx_descriptor_status != NULL)
OPS(stats, OP(stats_get) && OP(stats_reset))
OPS(xstats, OP(xstats_get) && OP(xstats_get_names) && OP(xstats_reset))
OPS(fw_version, OP(fw_version_get))
OPS(eeprom, OP(get_eeprom) || OP(set_eeprom))
OPS(module_eeprom, OP(get_module_eeprom))
OPS(regs, OP(get_reg))
OPS(led, OP(dev_led_on))

/** Types of packets that the driver tells. */
static bool
has_ptypes(const struct subject *s)
{
	return rte_eth_dev_get_supported_ptypes(s->port->id, RTE_PTYPE_ALL_MASK, NULL, 0) > 0;
}

/** Are there counters of queue 0? */
static bool
has_queue_stats(const struct subject *s)
{
	struct rte_eth_xstat_name names[256];
	int n = rte_eth_xstats_get_names(s->port->id, names, RTE_DIM(names));

	for (int i = 0; i < n && n <= (int)RTE_DIM(names); i++)
		if (strcmp(names[i].name, "rx_q0_kicks") == 0)
			return true;
	return false;
}

/**
 * All features that DPDK's matrix has, in its words. No check: the driver's code does not tell (the
 * documentation, the system).
 */
static const struct feature {
	const char *name;
	feature_check has;
} features[] = {
	{ "Speed capabilities", has_speed_capa }, { "Link status", has_link },
	{ "Link status event", has_link_event }, { "Removal event", has_removal_event },
	{ "Queue status event", NULL }, { "Rx interrupt", has_rx_interrupt },
	{ "Lock-free Tx queue", has_lock_free }, { "Fast mbuf free", has_fast_free },
	{ "Free Tx mbuf on demand", has_done_cleanup }, { "Queue start/stop", has_queue_start },
	{ "Runtime Rx queue setup", has_runtime_rx }, { "Runtime Tx queue setup", has_runtime_tx },
	{ "Shared Rx queue", has_shared_rx }, { "Burst mode info", has_burst_mode },
	{ "Power mgmt address monitor", has_monitor }, { "MTU update", has_mtu },
	{ "Buffer split on Rx", has_buffer_split }, { "Scattered Rx", has_scattered_rx },
	{ "LRO", has_lro }, { "TSO", has_tso }, { "Promiscuous mode", has_promiscuous },
	{ "Allmulticast mode", has_allmulticast }, { "Unicast MAC filter", has_unicast_filter },
	{ "Multicast MAC filter", has_multicast_filter }, { "RSS hash", has_rss_hash },
	{ "RSS key update", has_rss_key }, { "RSS reta update", has_rss_reta },
	{ "Inner RSS", NULL }, { "VMDq", has_vmdq }, { "SR-IOV", NULL }, { "DCB", has_dcb },
	{ "VLAN filter", has_vlan_filter }, { "Flow control", has_flow_control },
	{ "Rate limitation", has_rate_limit }, { "Congestion management", has_congestion },
	{ "Traffic manager", NULL }, { "Inline crypto", has_inline_crypto },
	{ "Inline protocol", has_inline_crypto }, { "CRC offload", has_crc },
	{ "VLAN offload", has_vlan_offload }, { "QinQ offload", has_qinq }, { "FEC", has_fec },
	{ "IP reassembly", has_reassembly }, { "L3 checksum offload", has_l3_checksum },
	{ "L4 checksum offload", has_l4_checksum }, { "Timestamp offload", has_timestamp },
	{ "MACsec offload", has_macsec }, { "Inner L3 checksum", has_inner_l3 },
	{ "Inner L4 checksum", has_inner_l4 }, { "Packet type parsing", has_ptypes },
	{ "Timesync", has_timesync }, { "Rx descriptor status", has_rx_status },
	{ "Tx descriptor status", has_tx_status }, { "Basic stats", has_stats },
	{ "Extended stats", has_xstats }, { "Stats per queue", has_queue_stats },
	{ "FW version", has_fw_version }, { "EEPROM dump", has_eeprom },
	{ "Module EEPROM dump", has_module_eeprom }, { "Registers dump", has_regs },
	{ "LED", has_led }, { "Multiprocess aware", NULL }, { "FreeBSD", NULL }, { "Linux", NULL },
	{ "Windows", NULL }, { "ARMv7", NULL }, { "ARMv8", NULL }, { "LoongArch64", NULL },
	{ "Power8", NULL }, { "rv64", NULL }, { "x86-32", NULL }, { "x86-64", NULL },
	{ "Usage doc", NULL }, { "Design doc", NULL }, { "Perf doc", NULL },
};

/** The features that vio.ini says there are: their places in features[]. */
static void
read_matrix(bool *listed)
{
	FILE *file = fopen(VIO_INI, "r");
	unsigned int last = 0;
	char line[128];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *value = strchr(line, '=');
		char *end = value;
		unsigned int i = 0;

		if (line[0] == ';' || line[0] == '[' || line[0] == '\n')
			continue;
		assert_non_null(value);
		while (end > line && isspace(end[-1]))
			end--;
		*end = '\0';
		while (i < RTE_DIM(features) && strcmp(features[i].name, line) != 0)
			i++;
		if (i == RTE_DIM(features))
			fail_msg("DPDK's matrix has no feature '%s'", line);
		if (i < last || listed[i])
			fail_msg("'%s' is listed out of turn", line);
		value += 1 + strspn(value + 1, " ");
		if (strcmp(value, "Y\n") != 0 && strcmp(value, "P\n") != 0)
			fail_msg("'%s' is neither Y nor P", line);
		listed[i] = true;
		last = i;
	}
	fclose(file);
}

static struct subject
make_subject(void)
{
	struct subject s;

	s.port = model_port_create(&(struct model_port_config){ .pairs = 2, .watched = true,
		.features = EVERYTHING, .speed = 10000 });
	s.dev = s.port->dev;
	s.ops = s.dev->dev_ops;
	assert_int_equal(rte_eth_dev_info_get(s.port->id, &s.info), 0);
	return s;
}

static void
matrix_says_what_there_is(void **state)
{
	bool listed[RTE_DIM(features)] = { false };
	struct subject s = make_subject();

	(void)state;
	read_matrix(listed);
	for (unsigned int i = 0; i < RTE_DIM(features); i++) {
		if (features[i].has == NULL)
			continue;
		if (listed[i] && !features[i].has(&s))
			fail_msg("'%s' is listed, but the driver does not have it",
				 features[i].name);
		if (!listed[i] && features[i].has(&s))
			fail_msg("the driver has '%s', but it is not listed", features[i].name);
	}
	model_port_destroy(s.port);
}

/** What there is not answers -ENOTSUP, and nothing has happened. */
static void
what_there_is_not_says_so(void **state)
{
	struct subject s = make_subject();
	const uint16_t id = s.port->id;
	struct rte_eth_fc_conf fc = { 0 };
	struct rte_eth_pfc_conf pfc = { 0 };
	struct rte_eth_udp_tunnel tunnel = { .prot_type = RTE_ETH_TUNNEL_TYPE_VXLAN };
	struct rte_eth_dcb_info dcb;
	struct rte_dev_eeprom_info eeprom = { .data = &dcb };
	struct rte_eth_dev_module_info module;
	char fw[32];

	(void)state;
	model_port_start(s.port);
	assert_int_equal(rte_eth_dev_flow_ctrl_get(id, &fc), -ENOTSUP);
	assert_int_equal(rte_eth_dev_flow_ctrl_set(id, &fc), -ENOTSUP);
	assert_int_equal(rte_eth_dev_priority_flow_ctrl_set(id, &pfc), -ENOTSUP);
	assert_int_equal(rte_eth_dev_udp_tunnel_port_add(id, &tunnel), -ENOTSUP);
	assert_int_equal(rte_eth_dev_uc_all_hash_table_set(id, 1), -ENOTSUP);
	assert_int_equal(rte_eth_dev_get_dcb_info(id, &dcb), -ENOTSUP);
	assert_int_equal(rte_eth_dev_get_eeprom_length(id), -ENOTSUP);
	assert_int_equal(rte_eth_dev_get_eeprom(id, &eeprom), -ENOTSUP);
	assert_int_equal(rte_eth_dev_get_module_info(id, &module), -ENOTSUP);
	assert_int_equal(rte_eth_dev_fw_version_get(id, fw, sizeof(fw)), -ENOTSUP);
	assert_int_equal(rte_eth_led_on(id), -ENOTSUP);
	assert_int_equal(rte_eth_led_off(id), -ENOTSUP);
	assert_int_equal(rte_eth_timesync_enable(id), -ENOTSUP);
	assert_int_equal(rte_eth_set_queue_rate_limit(id, 0, 100), -ENOTSUP);
	assert_int_equal(rte_eth_dev_set_vlan_ether_type(id, RTE_ETH_VLAN_TYPE_OUTER, 0x88a8),
			 -ENOTSUP);
	assert_int_equal(rte_eth_dev_set_vlan_pvid(id, 1, 1), -ENOTSUP);
	assert_int_equal(rte_eth_dev_set_tx_queue_stats_mapping(id, 0, 0), -ENOTSUP);
	assert_int_equal(rte_eth_dev_set_rx_queue_stats_mapping(id, 0, 0), -ENOTSUP);
	assert_true(model_device_live(&s.port->device));
	model_port_destroy(s.port);
}

/** Configurations that would be silently something else are refused, with a word. */
static void
what_cannot_be_is_refused(void **state)
{
	static const struct {
		struct rte_eth_conf conf;
		const char *words;
	} bad[] = {
		{ { .txmode.mq_mode = RTE_ETH_MQ_TX_DCB }, "transmit multi-queue mode" },
		{ { .rxmode.mq_mode = RTE_ETH_MQ_RX_VMDQ_ONLY }, "receive multi-queue mode" },
		{ { .rxmode.mq_mode = RTE_ETH_MQ_RX_DCB_RSS }, "receive multi-queue mode" },
	};
	struct subject s = make_subject();

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		model_log_start();
		assert_int_equal(rte_eth_dev_configure(s.port->id, 2, 2, &bad[i].conf), -EINVAL);
		assert_true(model_logged(bad[i].words));
	}
	model_port_destroy(s.port);
}

/** Loopback modes are each driver's own, there is none here: DPDK's performance test asks for one. */
static void
loopback_is_answered(void **state)
{
	const struct rte_eth_conf conf = { .lpbk_mode = 1 };
	struct subject s = make_subject();

	(void)state;
	model_log_start();
	assert_int_equal(rte_eth_dev_configure(s.port->id, 2, 2, &conf), 0);
	assert_true(model_logged("no loopback mode"));
	model_port_destroy(s.port);
}

/** No packet type is told, and asking for them is no failure. */
static void
packet_types(void **state)
{
	struct subject s = make_subject();
	uint32_t types[4];

	(void)state;
	assert_int_equal(rte_eth_dev_get_supported_ptypes(s.port->id, RTE_PTYPE_ALL_MASK, types,
							  RTE_DIM(types)), 0);
	model_port_destroy(s.port);
}

/** The private state in words: what a port of all features would be looked at for. */
static void
private_dump(void **state)
{
	static const char *const words[] = {
		"vio port net_model0: live\n", " bytes of state at 0x", ", control queue at 0x",
		"  rx 1: 256 descriptors, split ring at 0x",
		"  tx 0: 256 descriptors, split ring at 0x", "256 out\n", "  receives: ",
		"  receives: 0 VLANs\n", "  RSS: hash types 0x",
	};
	const struct model_port_config config = { .pairs = 2, .features = EVERYTHING,
		.mq_mode = RTE_ETH_MQ_RX_RSS, .rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER,
		.rss.rss_hf = RTE_ETH_RSS_IP };
	struct model_port *port = model_port_create(&config);
	size_t len = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &len);

	(void)state;
	assert_non_null(file);
	model_port_start(port);
	assert_int_equal(rte_eth_dev_priv_dump(port->id, file), 0);
	model_port_stop(port);
	assert_int_equal(rte_eth_dev_priv_dump(port->id, file), 0);
	fclose(file);
	for (unsigned int i = 0; i < RTE_DIM(words); i++)
		if (strstr(text, words[i]) == NULL)
			fail_msg("'%s' is not in:\n%s", words[i], text);
	assert_non_null(strstr(text, "vio port net_model0: stopped\n"));
	free(text);
	model_port_destroy(port);
}

#define CASE(name) model_case(name, NULL, NULL, "ops_%s", #name)

int
main(void)
{
	CASE(matrix_says_what_there_is);
	CASE(what_there_is_not_says_so);
	CASE(what_cannot_be_is_refused);
	CASE(loopback_is_answered);
	CASE(packet_types);
	CASE(private_dump);
	return model_cases_run("ops");
}
