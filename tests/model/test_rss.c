/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_rss.c - hash types, key and table of RSS: what a device is told of them and when; devices that
 * have less of it, or nothing. Line 43 of the list of requirements.
 */

#include <errno.h>
#include <string.h>

#include "ctrl_cases.h"
#include "model_memory.h"

#define PAIRS 4
#define FEATURES (CTRL_FEATURES | F(MQ) | F(RSS))
#define ALL_FLOWS (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP)
#define GROUPS (VIO_RSS_TABLE_MAX / RTE_ETH_RETA_GROUP_SIZE)

/** A port of four queues with RSS. */
static const struct model_port_config rss_config = {
	.features = FEATURES, .pairs = PAIRS, .mq_mode = RTE_ETH_MQ_RX_RSS,
	.rss.rss_hf = ALL_FLOWS,
};

static unsigned int
configs_sent(struct model_port *port)
{
	return model_ctrl_count(&port->device, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_RSS_CONFIG);
}

static struct rte_eth_dev_info
info_of(const struct model_port *port)
{
	struct rte_eth_dev_info info;

	assert_int_equal(rte_eth_dev_info_get(port->id, &info), 0);
	return info;
}

/** All @p size entries to queue @p first, the next one, ... of @p num. */
static int
set_table(struct model_port *port, uint16_t size, uint16_t first, uint16_t num)
{
	struct rte_eth_rss_reta_entry64 reta[GROUPS];

	for (unsigned int i = 0; i < GROUPS; i++) {
		reta[i].mask = UINT64_MAX;
		for (unsigned int k = 0; k < RTE_ETH_RETA_GROUP_SIZE; k++)
			reta[i].reta[k] = first + k % num;
	}
	return rte_eth_dev_rss_reta_update(port->id, reta, size);
}

/** What the device is told at the start, before anything is asked for in particular. */
static void
told_at_the_start(void **state)
{
	struct model_port *port = ctrl_start(&rss_config, state);
	const struct model_rss *rss = &port->device.ctrl.rss;
	uint8_t same[VIO_RSS_KEY];

	assert_true(rss->on);
	assert_int_equal(rss->types, 0x1ff);
	assert_int_equal(rss->mask, 127);
	assert_int_equal(rss->key_len, VIO_RSS_KEY);
	assert_int_equal(rss->max_tx, PAIRS);
	for (unsigned int i = 0; i < 128; i++)
		assert_int_equal(rss->table[i], i % PAIRS);
	/* Both directions of a flow hash alike: the key repeats every 16 bits. */
	for (unsigned int i = 0; i < VIO_RSS_KEY; i++)
		same[i] = rss->key[i % 2];
	assert_memory_equal(rss->key, same, VIO_RSS_KEY);
	assert_int_not_equal(rss->key[0], rss->key[1]);
	assert_int_equal(info_of(port).reta_size, 128);
	assert_int_equal(info_of(port).hash_key_size, 40);
	assert_int_equal(info_of(port).flow_type_rss_offloads, ALL_FLOWS);
	assert_int_equal(model_ctrl_count(&port->device, VIRTIO_NET_CTRL_MQ,
					  VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET), 0);
	model_port_destroy(port);
}

/** Types of ethdev and types of the device. */
static void
conf_43_hash_types(void **state)
{
	static const struct {
		uint64_t flows;
		uint32_t types;
	} pairs[] = {
		{ RTE_ETH_RSS_IPV4, 0x1 }, { RTE_ETH_RSS_FRAG_IPV4, 0x1 },
		{ RTE_ETH_RSS_NONFRAG_IPV4_OTHER, 0x1 }, { RTE_ETH_RSS_NONFRAG_IPV4_TCP, 0x2 },
		{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, 0x4 }, { RTE_ETH_RSS_IPV6, 0x8 },
		{ RTE_ETH_RSS_FRAG_IPV6, 0x8 }, { RTE_ETH_RSS_NONFRAG_IPV6_OTHER, 0x8 },
		{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, 0x10 }, { RTE_ETH_RSS_NONFRAG_IPV6_UDP, 0x20 },
		{ RTE_ETH_RSS_IPV6_EX, 0x40 }, { RTE_ETH_RSS_IPV6_TCP_EX, 0x80 },
		{ RTE_ETH_RSS_IPV6_UDP_EX, 0x100 }, { RTE_ETH_RSS_UDP, 0x124 },
	};
	struct model_port *port = ctrl_start(&rss_config, state);

	for (unsigned int i = 0; i < RTE_DIM(pairs); i++) {
		struct rte_eth_rss_conf conf = { .rss_hf = pairs[i].flows };

		assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), 0);
		assert_int_equal(port->device.ctrl.rss.types, pairs[i].types);
		assert_int_equal(rte_eth_dev_rss_hash_conf_get(port->id, &conf), 0);
		assert_int_equal(conf.rss_hf & pairs[i].flows, pairs[i].flows);
	}
	model_port_destroy(port);
}

/** Types that the device does not have are not there to be asked for. */
static void
conf_43_supported_types_only(void **state)
{
	struct model_port_config config = rss_config;
	struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP };
	struct model_port *port;

	config.hash_types = 0xfffff803; /* IPv4, TCPv4, and bits that mean nothing */
	config.rss.rss_hf = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP;
	port = ctrl_start(&config, state);
	assert_int_equal(port->device.ctrl.rss.types, 3);
	assert_int_equal(info_of(port).flow_type_rss_offloads,
			 RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 |
			 RTE_ETH_RSS_NONFRAG_IPV4_OTHER | RTE_ETH_RSS_NONFRAG_IPV4_TCP);
	assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), -EINVAL);
	assert_int_equal(port->device.ctrl.rss.types, 3);
	model_port_destroy(port);
}

/** A table of a power of two, and none that is too large for device or ethdev. */
static void
conf_43_table_sizes(void **state)
{
	static const uint16_t sizes[][2] = {
		{ 128, 128 }, { 129, 128 }, { 255, 128 }, { 256, 256 }, { 512, 512 },
		{ 1000, 512 }, { 32768, 512 }, { 65535, 512 },
	};

	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		struct model_port_config config = rss_config;
		struct model_port *port;

		config.rss_table = sizes[i][0];
		port = ctrl_start(&config, state);
		assert_int_equal(info_of(port).reta_size, sizes[i][1]);
		assert_int_equal(port->device.ctrl.rss.mask, sizes[i][1] - 1);
		assert_int_equal(set_table(port, sizes[i][1], 1, 3), 0);
		assert_int_equal(port->device.ctrl.rss.table[sizes[i][1] - 1], 1);
		model_port_destroy(port);
	}
}

static void
table_updates(void **state)
{
	struct model_port *port = ctrl_start(&rss_config, state);
	const struct model_rss *rss = &port->device.ctrl.rss;
	struct rte_eth_rss_reta_entry64 reta[2] = { { .mask = 1 << 5 },
						    { .mask = UINT64_C(1) << 63 } };
	unsigned int sent;

	reta[0].reta[5] = 3;
	reta[1].reta[63] = 2;
	assert_int_equal(rte_eth_dev_rss_reta_update(port->id, reta, 128), 0);
	for (unsigned int i = 0; i < 128; i++)
		assert_int_equal(rss->table[i], i == 5 ? 3 : i == 127 ? 2 : i % PAIRS);
	memset(reta, 0xff, sizeof(reta));
	assert_int_equal(rte_eth_dev_rss_reta_query(port->id, reta, 128), 0);
	for (unsigned int i = 0; i < 128; i++)
		assert_int_equal(reta[i / 64].reta[i % 64], rss->table[i]);
	/* Another size, and a queue that does not exist: refused, nothing sent. */
	sent = configs_sent(port);
	assert_int_not_equal(set_table(port, 64, 0, 1), 0);
	assert_int_not_equal(rte_eth_dev_rss_reta_query(port->id, reta, 64), 0);
	assert_int_not_equal(set_table(port, 128, PAIRS, 1), 0);
	assert_int_equal(configs_sent(port), sent);
	model_port_destroy(port);
}

static void
keys(void **state)
{
	struct model_port *port = ctrl_start(&rss_config, state);
	const struct model_rss *rss = &port->device.ctrl.rss;
	uint8_t key[VIO_RSS_KEY + 1], got[VIO_RSS_KEY] = { 0 };
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = VIO_RSS_KEY,
					 .rss_hf = RTE_ETH_RSS_IPV4 };

	for (unsigned int i = 0; i < sizeof(key); i++)
		key[i] = 3 * i + 1;
	assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), 0);
	assert_memory_equal(rss->key, key, VIO_RSS_KEY);
	/* Without a key the one of before stays. */
	conf = (struct rte_eth_rss_conf){ .rss_hf = RTE_ETH_RSS_IPV6 };
	assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), 0);
	assert_memory_equal(rss->key, key, VIO_RSS_KEY);
	assert_int_equal(rss->types, 0x8);
	conf = (struct rte_eth_rss_conf){ .rss_key = got, .rss_key_len = VIO_RSS_KEY };
	assert_int_equal(rte_eth_dev_rss_hash_conf_get(port->id, &conf), 0);
	assert_memory_equal(got, key, VIO_RSS_KEY);
	assert_int_equal(conf.rss_key_len, VIO_RSS_KEY);
	/* Keys of other lengths. */
	for (unsigned int len = 1; len <= VIO_RSS_KEY + 1; len += 13) {
		conf = (struct rte_eth_rss_conf){ .rss_key = key, .rss_key_len = len,
						  .rss_hf = RTE_ETH_RSS_IPV4 };
		if (len != VIO_RSS_KEY)
			assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), -EINVAL);
	}
	assert_int_equal(rss->types, 0x8);
	model_port_destroy(port);
}

/** Key and types from the configuration, and all of it again after a stop. */
static void
all_is_told_again(void **state)
{
	struct model_port_config config = rss_config;
	uint8_t key[VIO_RSS_KEY];
	struct model_port *port;

	memset(key, 0x5c, sizeof(key));
	config.rss = (struct rte_eth_rss_conf){ .rss_key = key, .rss_key_len = sizeof(key),
						.rss_hf = RTE_ETH_RSS_TCP };
	port = ctrl_start(&config, state);
	assert_memory_equal(port->device.ctrl.rss.key, key, sizeof(key));
	assert_int_equal(set_table(port, 128, 1, 2), 0);
	for (unsigned int i = 0; i < 3; i++) {
		model_port_stop(port);
		assert_false(port->device.ctrl.rss.on);
		/* A change in between is for the next start. */
		assert_int_equal(set_table(port, 128, i, 2), 0);
		model_port_start(port);
		assert_int_equal(configs_sent(port), 1);
		assert_int_equal(port->device.ctrl.rss.types, 0x92);
		assert_memory_equal(port->device.ctrl.rss.key, key, sizeof(key));
		assert_int_equal(port->device.ctrl.rss.table[127], i + 1);
	}
	/* Configured with fewer queues, the table would lead into the void. */
	model_port_stop(port);
	port->config.rx_queues = 2;
	model_port_setup(port);
	model_port_start(port);
	for (unsigned int i = 0; i < 128; i++)
		assert_int_equal(port->device.ctrl.rss.table[i], i % 2);
	assert_int_equal(port->device.ctrl.rss.max_tx, PAIRS);
	model_port_destroy(port);
}

/** Every split of queues over the two directions; the device has them all as pairs. */
static void
conf_43_enabled_queues_only(void **state)
{
	for (unsigned int rx = 1; rx <= PAIRS; rx++)
		for (unsigned int tx = 1; tx <= PAIRS; tx++) {
			struct model_port_config config = rss_config;
			struct model_port *port;

			config.rx_queues = rx;
			config.tx_queues = tx;
			port = ctrl_start(&config, state);
			for (unsigned int i = 0; i < 128; i++)
				assert_int_equal(port->device.ctrl.rss.table[i], i % rx);
			assert_int_equal(port->device.ctrl.pairs, RTE_MAX(rx, tx));
			model_port_destroy(port);
			assert_int_equal(model_memory_blocks(), 0);
		}
}

/** No types: RSS is off, and the device steers by itself if it can. */
static void
no_types_is_no_rss(void **state)
{
	for (unsigned int mq = 0; mq < 2; mq++) {
		struct model_port_config config = rss_config;
		struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_UDP };
		struct model_port *port;

		config.rss.rss_hf = 0;
		config.features = mq ? FEATURES : FEATURES & ~F(MQ);
		port = ctrl_start(&config, state);
		assert_int_equal(port->device.ctrl.pairs, PAIRS);
		assert_int_equal(port->device.ctrl.rss.on, !mq);
		assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), 0);
		assert_true(port->device.ctrl.rss.on);
		assert_int_equal(port->device.ctrl.rss.types, 0x124);
		conf.rss_hf = 0;
		assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), 0);
		assert_int_equal(port->device.ctrl.rss.on, !mq);
		assert_int_equal(port->device.ctrl.pairs, PAIRS);
		model_port_destroy(port);
	}
}

/** RSS was not asked for: it is left alone, unless nothing else turns on several pairs. */
static void
not_asked_for(void **state)
{
	for (unsigned int mq = 0; mq < 2; mq++) {
		struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_UDP };
		struct model_port_config config = rss_config;
		struct model_port *port;

		config.mq_mode = RTE_ETH_MQ_RX_NONE;
		config.rss.rss_hf = 0;
		config.features = mq ? FEATURES : FEATURES & ~F(MQ);
		port = ctrl_start(&config, state);
		assert_int_equal(model_device_has(&port->device, VIRTIO_NET_F_RSS), !mq);
		assert_int_equal(port->device.ctrl.pairs, PAIRS);
		assert_int_equal(port->device.ctrl.rss.types, 0);
		assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), -ENOTSUP);
		assert_int_equal(rte_eth_dev_rss_hash_conf_get(port->id, &conf), -ENOTSUP);
		assert_true(model_logged("RSS was not asked for"));
		model_port_destroy(port);
	}
}

/** The mode is accepted where the device has no RSS, with a word about who steers. */
static void
device_without_rss(void **state)
{
	struct model_port_config config = rss_config;
	struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_UDP };
	struct model_port *port;

	config.features = CTRL_FEATURES | F(MQ);
	port = ctrl_start(&config, state);
	assert_true(model_logged("the device spreads packets over its queues by itself"));
	assert_int_equal(port->device.ctrl.pairs, PAIRS);
	assert_int_equal(info_of(port).reta_size, 0);
	assert_int_equal(info_of(port).hash_key_size, 0);
	model_log_start();
	assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), -ENOTSUP);
	assert_true(model_logged("the device does not offer RSS"));
	assert_int_equal(rte_eth_dev_rss_hash_conf_get(port->id, &conf), -ENOTSUP);
	assert_int_not_equal(set_table(port, 128, 0, 1), 0);
	assert_int_equal(configs_sent(port), 0);
	model_port_destroy(port);
}

/** Limits that no device can have: RSS is left alone, and said so. */
static void
fault_rss_limits(void **state)
{
	static const struct {
		uint8_t key;
		uint16_t table;
		uint32_t types;
	} bad[] = {
		{ 39, 128, 0x1ff }, { 1, 128, 0x1ff }, { 40, 127, 0x1ff }, { 40, 1, 0x1ff },
		{ 40, 128, 0x200 }, { 255, 65535, 0xfffffe00 },
	};

	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		struct model_port_config config = rss_config;
		struct model_port *port;

		config.rss_key = bad[i].key;
		config.rss_table = bad[i].table;
		config.hash_types = bad[i].types;
		port = ctrl_start(&config, state);
		assert_true(model_logged("which no device can have; ignoring them"));
		assert_false(model_device_has(&port->device, VIRTIO_NET_F_RSS));
		assert_int_equal(info_of(port).reta_size, 0);
		assert_int_equal(port->device.ctrl.pairs, PAIRS);
		model_port_destroy(port);
	}
}

/** A longer key than any: ours is as long as it is. */
static void
fault_rss_long_key(void **state)
{
	struct model_port_config config = rss_config;
	struct model_port *port;

	config.rss_key = 255;
	port = ctrl_start(&config, state);
	assert_int_equal(port->device.ctrl.rss.key_len, VIO_RSS_KEY);
	assert_int_equal(info_of(port).hash_key_size, VIO_RSS_KEY);
	model_port_destroy(port);
}

/** The device refuses: what was before stays, there and here. */
static void
fault_ctrl_refused_rss(void **state)
{
	struct model_port *port = ctrl_start(&rss_config, state);
	struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_IPV4 };
	struct rte_eth_rss_reta_entry64 reta[2] = { { .mask = UINT64_MAX } };

	port->device.ctrl.answer = MODEL_ANSWER_ERR;
	port->device.ctrl.only_class = VIRTIO_NET_CTRL_MQ;
	assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), -EIO);
	assert_int_equal(set_table(port, 128, 3, 1), -EIO);
	port->device.ctrl.answer = MODEL_ANSWER_TRUE;
	assert_int_equal(rte_eth_dev_rss_hash_conf_get(port->id, &conf), 0);
	assert_int_equal(conf.rss_hf, ALL_FLOWS);
	assert_int_equal(rte_eth_dev_rss_reta_query(port->id, reta, 128), 0);
	assert_int_equal(reta[0].reta[1], 1);
	/* A start that is refused it fails. */
	model_port_stop(port);
	port->device.ctrl.answer = MODEL_ANSWER_ERR;
	assert_int_equal(rte_eth_dev_start(port->id), -EIO);
	assert_int_equal(port->device.status, 0);
	model_port_destroy(port);
}

/** Hashes to report, by a device that steers by itself: types and key count, there is no table. */
static void
conf_43_hashes_to_report(void **state)
{
	for (unsigned int rss = 0; rss < 2; rss++) {
		struct model_port_config config = rss_config;
		const struct model_rss *told;
		struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_UDP };
		struct model_port *port;

		config.features = CTRL_FEATURES | F(MQ) | F(HASH_REPORT) | (rss ? F(RSS) : 0);
		config.rx_offloads = RTE_ETH_RX_OFFLOAD_RSS_HASH;
		config.rss.rss_hf = RTE_ETH_RSS_TCP;
		port = ctrl_start(&config, state);
		told = &port->device.ctrl.rss;
		assert_true(model_device_has(&port->device, VIRTIO_NET_F_HASH_REPORT));
		assert_int_equal(told->on, rss);
		assert_int_equal(told->types, 0x92);
		assert_int_equal(told->key_len, VIO_RSS_KEY);
		assert_int_equal(port->device.ctrl.pairs, PAIRS);
		assert_int_equal(info_of(port).hash_key_size, VIO_RSS_KEY);
		assert_int_equal(info_of(port).reta_size, rss ? 128 : 0);
		assert_int_equal(rte_eth_dev_rss_hash_update(port->id, &conf), 0);
		assert_int_equal(told->types, 0x124);
		assert_int_equal(set_table(port, 128, 0, 1), rss ? 0 : -ENOTSUP);
		model_port_stop(port);
		model_port_start(port);
		assert_int_equal(told->types, 0x124);
		model_port_destroy(port);
	}
}

int
main(void)
{
	CTRL_CASE(conf_43_hashes_to_report);
	CTRL_CASE(told_at_the_start);
	CTRL_CASE(conf_43_hash_types);
	CTRL_CASE(conf_43_supported_types_only);
	CTRL_CASE(conf_43_table_sizes);
	CTRL_CASE(table_updates);
	CTRL_CASE(keys);
	CTRL_CASE(all_is_told_again);
	CTRL_CASE(conf_43_enabled_queues_only);
	CTRL_CASE(no_types_is_no_rss);
	CTRL_CASE(not_asked_for);
	CTRL_CASE(device_without_rss);
	CTRL_CASE(fault_rss_limits);
	CTRL_CASE(fault_rss_long_key);
	CTRL_CASE(fault_ctrl_refused_rss);
	return model_cases_run("rss");
}
