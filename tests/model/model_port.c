/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_port.c - see model_port.h. */

#include <stdlib.h>
#include <string.h>

#include <rte_cpuflags.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_malloc.h>
#include <rte_vect.h>

#include "model_memory.h"
#include "model_port.h"
#include "model_watch.h"

#define EVENT_WAIT_MS 2000

/* Like a PCI device: there from the beginning, reset by its status register. */
static const struct vio_bus model_bus = { .present = NULL };
static const struct vio_bus model_watched_bus = { .watched = true };

const struct model_rx_path model_rx_paths[] = {
	{ "recv_pkts", "virtio_recv_pkts,", false, false, 0 },
	{ "recv_mergeable_pkts", "virtio_recv_mergeable_pkts,", true, false, 0 },
	{ "recv_pkts_packed", "virtio_recv_pkts_packed,", false, true, 0 },
	{ "recv_mergeable_pkts_packed", "virtio_recv_mergeable_pkts_packed,", true, true, 0 },
#if defined(RTE_ARCH_X86)
	{ "recv_pkts_vec_sse", "virtio_recv_pkts_vec (SSE)", false, false, 128 },
	{ "recv_mergeable_pkts_vec_sse", "virtio_recv_mergeable_pkts_vec (SSE)", true, false,
	  128 },
	{ "recv_pkts_vec_avx2", "virtio_recv_pkts_vec (AVX2)", false, false, 256 },
	{ "recv_mergeable_pkts_vec_avx2", "virtio_recv_mergeable_pkts_vec (AVX2)", true, false,
	  256 },
	{ "recv_pkts_packed_vec_avx2", "virtio_recv_pkts_packed_vec (AVX2)", false, true, 256 },
	{ "recv_mergeable_pkts_packed_vec_avx2", "virtio_recv_mergeable_pkts_packed_vec (AVX2)",
	  true, true, 256 },
	{ "recv_pkts_vec_avx512", "virtio_recv_pkts_vec (AVX-512)", false, false, 512 },
	{ "recv_mergeable_pkts_vec_avx512", "virtio_recv_mergeable_pkts_vec (AVX-512)", true,
	  false, 512 },
	{ "recv_pkts_packed_vec_avx512", "virtio_recv_pkts_packed_vec (AVX-512)", false, true,
	  512 },
	{ "recv_mergeable_pkts_packed_vec_avx512",
	  "virtio_recv_mergeable_pkts_packed_vec (AVX-512)", true, true, 512 },
#endif
};
const unsigned int model_num_rx_paths = RTE_DIM(model_rx_paths);

#define TX_SIMPLE(name, mode, packed, simd) \
	{ name, mode, true, false, packed, simd }, \
	{ name "_fast_free", mode, true, true, packed, simd }

const struct model_tx_path model_tx_paths[] = {
	{ "xmit_pkts", "virtio_xmit_pkts,", false, false, false, 0 },
	{ "xmit_pkts_packed", "virtio_xmit_pkts_packed,", false, false, true, 0 },
	TX_SIMPLE("xmit_pkts_simple", "virtio_xmit_pkts_simple,", false, 0),
	TX_SIMPLE("xmit_pkts_packed_simple", "virtio_xmit_pkts_packed_simple,", true, 0),
#if defined(RTE_ARCH_X86)
	TX_SIMPLE("xmit_pkts_simple_avx2", "virtio_xmit_pkts_simple (AVX2)", false, 256),
	TX_SIMPLE("xmit_pkts_packed_simple_avx2", "virtio_xmit_pkts_packed_simple (AVX2)", true,
		  256),
	TX_SIMPLE("xmit_pkts_simple_avx512", "virtio_xmit_pkts_simple (AVX-512)", false, 512),
	TX_SIMPLE("xmit_pkts_packed_simple_avx512", "virtio_xmit_pkts_packed_simple (AVX-512)",
		  true, 512),
#endif
};
const unsigned int model_num_tx_paths = RTE_DIM(model_tx_paths);

const uint16_t *
model_ring_sizes(bool packed)
{
	static const uint16_t split_sizes[] = { 8, 16, 32, 64, 128, 256, 512, 1024, 0 };
	static const uint16_t packed_sizes[] = { 8, 12, 37, 100, 255, 256, 1000, 0 };

	return packed ? packed_sizes : split_sizes;
}

const char *
model_simd_missing(uint16_t simd)
{
#if defined(RTE_ARCH_X86)
	if (simd == 128 && rte_cpu_get_flag_enabled(RTE_CPUFLAG_SSE4_1) <= 0)
		return "the CPU has no SSE4.1";
	if (simd == 256 && rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) <= 0)
		return "the CPU has no AVX2";
	if (simd == 512 && (rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512F) <= 0 ||
			    rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512BW) <= 0 ||
			    rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512VL) <= 0))
		return "the CPU has no AVX-512";
#else
	(void)simd; /* there are no such paths */
#endif
	return NULL;
}

static void
set_feature(struct model_port_config *config, unsigned int bit, bool on)
{
	if (on)
		config->features |= VIRTIO_FEATURE(bit);
	else
		config->features &= ~VIRTIO_FEATURE(bit);
}

void
model_config_rx_path(struct model_port_config *config, const struct model_rx_path *path)
{
	config->simd = path->simd;
	set_feature(config, VIRTIO_NET_F_MRG_RXBUF, path->mergeable);
	set_feature(config, VIRTIO_F_RING_PACKED, path->packed);
}

void
model_assert_rx_path(const struct model_port *port, const struct model_rx_path *path)
{
	struct rte_eth_burst_mode mode;

	assert_int_equal(rte_eth_rx_burst_mode_get(port->id, 0, &mode), 0);
	if (strncmp(mode.info, path->mode, strlen(path->mode)) != 0)
		fail_msg("the receive path is %s, not %s", mode.info, path->mode);
	assert_int_equal(model_device_has(&port->device, VIRTIO_F_RING_PACKED), path->packed);
}

void
model_config_tx_path(struct model_port_config *config, const struct model_tx_path *path)
{
	config->simd = path->simd;
	set_feature(config, VIRTIO_F_RING_PACKED, path->packed);
	config->tx_offloads = (path->simple ? 0 : RTE_ETH_TX_OFFLOAD_MULTI_SEGS) |
			      (path->fast_free ? RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE : 0);
}

void
model_assert_tx_path(const struct model_port *port, const struct model_tx_path *path)
{
	struct rte_eth_burst_mode mode;

	assert_int_equal(rte_eth_tx_burst_mode_get(port->id, 0, &mode), 0);
	if (strncmp(mode.info, path->mode, strlen(path->mode)) != 0)
		fail_msg("the transmit path is %s, not %s", mode.info, path->mode);
	assert_int_equal(model_device_has(&port->device, VIRTIO_F_RING_PACKED), path->packed);
}

static int
reset_event(uint16_t port_id __rte_unused, enum rte_eth_event_type type __rte_unused, void *arg,
	    void *ret __rte_unused)
{
	struct model_port *port = arg;

	__atomic_fetch_add(&port->resets, 1, __ATOMIC_RELAXED);
	return 0;
}

void
model_port_wait_resets(const struct model_port *port, unsigned int count)
{
	for (unsigned int us = 0; us < EVENT_WAIT_MS * 1000; us += 50) {
		if (__atomic_load_n(&port->resets, __ATOMIC_RELAXED) >= count)
			break;
		rte_delay_us_sleep(50);
	}
	assert_int_equal(__atomic_load_n(&port->resets, __ATOMIC_RELAXED), count);
}

/** Ports that were created and not destroyed: a case that failed leaves its own. */
static struct model_port *alive[8];

static void
set_alive(struct model_port *from, struct model_port *to)
{
	for (unsigned int i = 0; i < RTE_DIM(alive); i++)
		if (alive[i] == from) {
			alive[i] = to;
			return;
		}
	fail_msg("too many ports");
}

static void
take_down(struct model_port *port)
{
	set_alive(port, NULL);
	if (port->dev->data->dev_started)
		rte_eth_dev_stop(port->id);
	/* -EAGAIN: it runs just now, in the interrupt thread. */
	while (rte_eth_dev_callback_unregister(port->id, RTE_ETH_EVENT_INTR_RESET, reset_event,
					       port) == -EAGAIN)
		rte_pause();
	rte_eth_dev_close(port->id);
	model_device_fini(&port->device);
}

int
model_port_cleanup(void **state __rte_unused)
{
	for (unsigned int i = 0; i < RTE_DIM(alive); i++) {
		struct model_port *port = alive[i];

		if (port == NULL)
			continue;
		take_down(port);
		model_pool_free(port->pool);
		free(port);
	}
	model_pool_cleanup();
	return 0;
}

/** Zeros of a configuration become what they mean. */
static void
fill_in(struct model_port_config *config)
{
	if (config->name == NULL)
		config->name = "net_model0";
	if (config->rx_size == 0)
		config->rx_size = 256;
	if (config->tx_size == 0)
		config->tx_size = 256;
	if (config->pairs == 0)
		config->pairs = 1;
	if (config->rx_queues == 0)
		config->rx_queues = config->pairs;
	if (config->tx_queues == 0)
		config->tx_queues = config->pairs;
	if (config->data_room == 0)
		config->data_room = 2048;
	if (config->mbufs == 0)
		config->mbufs = 2 * config->pairs * config->rx_size + 2 * MODEL_BURST;
	if (config->seed == 0)
		config->seed = 1;
}

static void
make_device(struct model_device *device, const struct model_port_config *config)
{
	model_device_init(device);
	device->offered |= config->features;
	device->iova = config->iova;
	device->num_queues = 2 * config->pairs;
	if (config->features & VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ))
		device->num_queues++;
	device->base.num_queues = device->num_queues;
	device->max_size = config->max_size != 0 ? config->max_size :
			   RTE_MAX(1024, RTE_MAX(config->rx_size, config->tx_size));
	device->seed = config->seed;
	device->config.max_virtqueue_pairs = config->pairs;
	device->config.status = VIRTIO_NET_S_LINK_UP;
	device->config.mtu = 9000;
	device->config.speed = config->speed != 0 ? config->speed : UINT32_MAX;
	device->config.duplex = 1;
	device->config.rss_max_key_size = config->rss_key != 0 ? config->rss_key : 40;
	device->config.rss_max_indirection_table_length = config->rss_table != 0 ?
							  config->rss_table : 128;
	device->config.supported_hash_types = config->hash_types != 0 ? config->hash_types : 0x1ff;
	memcpy(device->config.mac, config->mac, sizeof(config->mac));
}

struct model_port *
model_port_create(const struct model_port_config *config)
{
	static unsigned int num_pools;
	struct model_port *port = calloc(1, sizeof(*port));
	static const struct rte_driver driver = { .name = "net_model" };
	static struct rte_device bus_device = { .name = "net_model", .driver = &driver };
	static const char *const no_args[] = { NULL };
	static const char *const some_args[] = { "rx_max_usecs", "rx_max_packets", "size_bins",
						 NULL };
	struct vio_devargs args = VIO_DEVARGS_DEFAULT;
	char pool_name[32];

	assert_non_null(port);
	port->config = *config;
	fill_in(&port->config);
	model_book_open();
	model_log_start();
	make_device(&port->device, &port->config);
	snprintf(pool_name, sizeof(pool_name), "model_rx%u", num_pools++);
	port->pool = model_pool_create(pool_name, &(struct model_pool_config){
		.size = port->config.mbufs, .cache = port->config.cache,
		.data_room = port->config.data_room + RTE_PKTMBUF_HEADROOM,
		.priv_size = port->config.priv_size });

	port->dev = rte_eth_dev_allocate(port->config.name);
	assert_non_null(port->dev);
	port->id = port->dev->data->port_id;
	port->dev->device = &bus_device;
	/* Not from the model's memory: ethdev frees it. */
	port->dev->data->dev_private = rte_zmalloc("model_port", sizeof(struct vio_port), 0);
	assert_non_null(port->dev->data->dev_private);
	assert_int_equal(vio_devargs_parse(port->config.args, port->config.args == NULL ? no_args :
					   some_args, &args), 0);
	args.packed_vq = true; /* as over PCI */
	args.vectorized = port->config.simd != 0;
	args.packed_vq = !port->config.split;
	if (port->config.simd != 0)
		assert_int_equal(rte_vect_set_max_simd_bitwidth(port->config.simd), 0);
	if (port->config.bus == NULL)
		port->config.bus = port->config.watched ? &model_watched_bus : &model_bus;
	vio_port_prepare(port->dev, &port->device.base, port->config.bus, &args,
			 !port->config.iova);
	assert_int_equal(vio_inspect(vio_port(port->dev)), 0);
	assert_int_equal(vio_port_init(port->dev), 0);
	rte_eth_dev_probing_finish(port->dev);
	set_alive(NULL, port);
	assert_int_equal(rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RESET,
						       reset_event, port), 0);
	model_port_setup(port);
	return port;
}

void
model_port_setup(struct model_port *port)
{
	const struct model_port_config *config = &port->config;
	const struct rte_eth_conf conf = {
		.rxmode.offloads = config->rx_offloads,
		.rxmode.mq_mode = config->mq_mode,
		.rx_adv_conf.rss_conf = config->rss,
		.txmode.offloads = config->tx_offloads,
		.intr_conf.rxq = config->rx_interrupts,
		.intr_conf.lsc = config->link_events,
	};
	const struct rte_eth_rxconf rxconf = {
		.rx_free_thresh = config->rx_free_thresh,
		.offloads = config->rx_offloads,
	};
	const struct rte_eth_txconf txconf = {
		.tx_free_thresh = config->tx_free_thresh,
		.offloads = config->tx_offloads,
	};

	assert_int_equal(rte_eth_dev_configure(port->id, config->rx_queues, config->tx_queues,
					       &conf), 0);
	for (uint16_t i = 0; i < config->rx_queues; i++)
		assert_int_equal(rte_eth_rx_queue_setup(port->id, i, config->rx_size,
				config->queue_socket, &rxconf, model_pool_mp(port->pool)), 0);
	for (uint16_t i = 0; i < config->tx_queues; i++)
		assert_int_equal(rte_eth_tx_queue_setup(port->id, i, config->tx_size,
				config->queue_socket, &txconf), 0);
}

void
model_port_start(struct model_port *port)
{
	assert_int_equal(rte_eth_dev_start(port->id), 0);
	assert_true(model_device_live(&port->device));
	model_device_look(&port->device);
}

struct model_port *
model_port_any(uint64_t features, uint16_t size, bool iova)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = features, .rx_size = size, .tx_size = size, .iova = iova,
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });

	model_port_start(port);
	return port;
}

void
model_port_stop(struct model_port *port)
{
	assert_int_equal(rte_eth_dev_stop(port->id), 0);
}

void
model_port_destroy(struct model_port *port)
{
	take_down(port);
	assert_int_equal(model_pool_out(port->pool), 0);
	model_pool_free(port->pool);
	free(port);
	model_assert_clean();
}

uint16_t
model_port_rx(struct model_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t n;

	if (port->watched)
		model_watch_start(model_rxq(&port->device, 0));
	n = rte_eth_rx_burst(port->id, 0, pkts, nb);
	if (port->watched)
		port->stores += model_watch_stop();
	assert_true(n <= nb);
	model_device_look(&port->device);
	return n;
}

uint16_t
model_port_tx(struct model_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t n;

	if (port->watched)
		model_watch_start(model_txq(&port->device, 0));
	n = rte_eth_tx_burst(port->id, 0, pkts, nb);
	if (port->watched)
		port->stores += model_watch_stop();
	assert_true(n <= nb);
	model_device_look(&port->device);
	return n;
}

uint64_t
model_xstat(const struct model_port *port, const char *name)
{
	uint64_t id, value;

	assert_int_equal(rte_eth_xstats_get_id_by_name(port->id, name, &id), 0);
	assert_int_equal(rte_eth_xstats_get_by_id(port->id, &id, &value, 1), 1);
	return value;
}

void
model_content(uint8_t *bytes, uint32_t len, uint64_t number)
{
	uint64_t state = number;

	for (uint32_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t word = unit_random(&state);

		memcpy(bytes + i, &word, RTE_MIN(len - i, (uint32_t)sizeof(word)));
	}
}
