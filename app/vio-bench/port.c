/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Life of a measured port: devargs, pools, hotplug, queues, and the count of mbufs at its end. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_kvargs.h>
#include <rte_malloc.h>
#include <rte_vect.h>
#include <rte_version.h>

#include "bench.h"
#include "offloads.h"
#include "port.h"

#define KEYS_MAX 32
#define KEY_TEXT_MAX 128
#define WATCH_SECONDS 30
#define READY_MS 5000
#define FRAME_OVERHEAD 64

/* Keys without a value: shown to the handler by rte_kvargs_process() before DPDK 24.11. */
#if RTE_VERSION < RTE_VERSION_NUM(24, 11, 0, 0)
#define rte_kvargs_process_opt rte_kvargs_process
#endif

/* Sockets outlive ports. */
static struct device devices[2];

struct key_table {
	unsigned int count;
	struct {
		char key[KEY_TEXT_MAX];
		char value[KEY_TEXT_MAX];
	} pair[KEYS_MAX];
};

static int
put_key(const char *key, const char *value, void *opaque)
{
	struct key_table *table = opaque;
	unsigned int i;

	for (i = 0; i < table->count && strcmp(table->pair[i].key, key) != 0; i++)
		;
	if (i == KEYS_MAX)
		return -1;
	snprintf(table->pair[i].key, KEY_TEXT_MAX, "%s", key);
	snprintf(table->pair[i].value, KEY_TEXT_MAX, "%s", value != NULL ? value : "");
	if (i == table->count)
		table->count++;
	return 0;
}

/* Devargs given twice are an error to a driver, or worse, ignored: later ones replace here. */
static int
put_keys(struct key_table *table, const char *args)
{
	struct rte_kvargs *list;
	int ret;

	if (args == NULL || *args == '\0')
		return 0;
	list = rte_kvargs_parse(args, NULL);
	if (list == NULL) {
		bench_error("these are no devargs: '%s'", args);
		return -EINVAL;
	}
	ret = rte_kvargs_count(list, "path") + rte_kvargs_count(list, "queue_size");
	if (ret != 0)
		bench_error("path and queue_size (--ring-size) are not to be given: '%s'", args);
	else
		ret = rte_kvargs_process_opt(list, NULL, put_key, table);
	rte_kvargs_free(list);
	return ret == 0 ? 0 : -EINVAL;
}

int
port_compose_args(char *out, const struct bench_config *config, const struct bench_point *point,
	unsigned int side, const char *path, bool *server)
{
	const char *own = strchr(config->vdev[side], ',');
	struct key_table table = { 0 };
	char size[16];
	char mac[32];
	unsigned int i;
	size_t used = 0;

	/* Without one some drivers take a random address and complain. The user's wins. */
	snprintf(mac, sizeof(mac), "02:76:69:6f:00:%02x", 0x10 + side);
	if (put_key("mac", mac, &table) != 0 ||
			put_keys(&table, point->path != NULL ? point->path->args : NULL) != 0 ||
			put_keys(&table, config->args) != 0 ||
			put_keys(&table, config->side_args[side]) != 0 ||
			put_keys(&table, own != NULL ? own + 1 : NULL) != 0)
		return -EINVAL;
	snprintf(size, sizeof(size), "%u", point->ring_size);
	if (put_key("queue_size", size, &table) != 0 || put_key("path", path, &table) != 0) {
		bench_error("more than %u devargs", KEYS_MAX);
		return -EINVAL;
	}
	*server = false;
	for (i = 0; i < table.count; i++) {
		if (strcmp(table.pair[i].key, "server") == 0)
			*server = strcmp(table.pair[i].value, "1") == 0;
		used += snprintf(out + used, PORT_ARGS_MAX - used, "%s%s=%s", i > 0 ? "," : "",
			table.pair[i].key, table.pair[i].value);
		if (used >= PORT_ARGS_MAX) {
			bench_error("the devargs are too long");
			return -EINVAL;
		}
	}
	return 0;
}

/* net_x_user of side B becomes net_x_user1: a vdev's name needs a number, and a unique one. */
static void
compose_name(struct port *p, const char *vdev, unsigned int side)
{
	size_t length = strcspn(vdev, ",");
	size_t digits = length;

	while (digits > 0 && isdigit((unsigned char)vdev[digits - 1]))
		digits--;
	snprintf(p->driver, sizeof(p->driver), "%.*s", (int)digits, vdev);
	if (digits < length)
		snprintf(p->name, sizeof(p->name), "%.*s", (int)length, vdev);
	else
		snprintf(p->name, sizeof(p->name), "%.*s%u", (int)length, vdev, side);
}

static struct rte_mempool *
create_pool(const char *what, unsigned int count, uint32_t room,
	const struct bench_config *config)
{
	static unsigned int serial;  /* A pool that leaked keeps its name. */
	struct rte_mempool *pool;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "%s_%u", what, serial++);
	room = RTE_MAX(room + RTE_PKTMBUF_HEADROOM, (uint32_t)RTE_MBUF_DEFAULT_BUF_SIZE);
	pool = rte_pktmbuf_pool_create(name, count, config->mempool_cache, 0, room,
		(int)rte_socket_id());
	if (pool == NULL)
		bench_error("no memory for %u mbufs of %u bytes (%s): raise --memory", count, room,
			rte_strerror(rte_errno));
	return pool;
}

static int
create_pools(struct port *p, const struct bench_config *config, const struct bench_point *point,
	unsigned int frames)
{
	/* An lcore's cache may hold half as much again as its size. */
	unsigned int spare = 2 * 2 * config->mempool_cache + 512;
	unsigned int shared = 2 * point->ring_size + 4 * frames + spare;
	/* The last of equal segments takes the rest. */
	uint32_t part = point->frame_len - point->frame_len / point->segments *
		(point->segments - 1u);
	uint32_t room = RTE_MBUF_DEFAULT_DATAROOM;

	/* Without mergeable buffers a frame has to fit one mbuf, with tags that never come. */
	if (strstr(p->args, "mrg_rxbuf=0") != NULL)
		room = point->frame_len + FRAME_OVERHEAD;
	p->rx_pool = create_pool("rx", point->frame_len / RTE_MBUF_DEFAULT_DATAROOM * frames +
		shared, room, config);
	p->tx_pool = create_pool("tx", (point->ring_size + 2 * frames) * point->segments + spare,
		part, config);
	p->device_pool = create_pool("device", shared, point->frame_len, config);
	return p->rx_pool != NULL && p->tx_pool != NULL && p->device_pool != NULL ? 0 : -ENOMEM;
}

static size_t
heap_used(void)
{
	struct rte_malloc_socket_stats stats;

	if (rte_malloc_get_socket_stats((int)rte_socket_id(), &stats) != 0)
		return 0;
	return stats.heap_allocsz_bytes;
}

static int
setup_queues(struct port *p, const struct bench_config *config, const struct bench_point *point,
	const struct rte_eth_dev_info *info, uint64_t tx_offloads)
{
	struct rte_eth_rxconf rx = info->default_rxconf;
	struct rte_eth_txconf tx = info->default_txconf;
	unsigned int socket = rte_socket_id();
	size_t before = heap_used();
	int ret;

	if (config->rx_free_thresh >= 0)
		rx.rx_free_thresh = (uint16_t)config->rx_free_thresh;
	if (config->tx_free_thresh >= 0)
		tx.tx_free_thresh = (uint16_t)config->tx_free_thresh;
	tx.offloads = tx_offloads;
	ret = rte_eth_rx_queue_setup(p->id, 0, point->ring_size, socket, &rx, p->rx_pool);
	if (ret != 0) {
		bench_error("%s: receive queue of %u descriptors: %s", p->name, point->ring_size,
			rte_strerror(-ret));
		return ret;
	}
	p->heap[1] = heap_used() - before;
	before = heap_used();
	ret = rte_eth_tx_queue_setup(p->id, 0, point->ring_size, socket, &tx);
	if (ret != 0)
		bench_error("%s: transmit queue of %u descriptors: %s", p->name, point->ring_size,
			rte_strerror(-ret));
	p->heap[2] = heap_used() - before;
	return ret;
}

static int
configure(struct port *p, const struct bench_config *config, const struct bench_point *point,
	unsigned int side)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	size_t before = heap_used();
	int ret;

	ret = rte_eth_dev_info_get(p->id, &info);
	if (ret != 0) {
		bench_error("%s: no device information: %s", p->name, rte_strerror(-ret));
		return ret;
	}
	ret = offloads_ask(p->name, &info, config->rx_offloads[side], config->tx_offloads[side],
		&conf);
	if (ret != 0)
		return ret;
	p->frame_flags = offloads_frame_flags(config->tx_offloads[side]);
	if (point->segments > 1 || config->multi_segs)
		conf.txmode.offloads |= info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	p->fast_free = config->fast_free &&
		(info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
	if (p->fast_free)
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (point->frame_len > RTE_ETHER_MTU + RTE_ETHER_HDR_LEN)
		conf.rxmode.mtu = point->frame_len - RTE_ETHER_HDR_LEN;
	if (point->frame_len > RTE_MBUF_DEFAULT_DATAROOM)
		conf.rxmode.offloads |= info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	ret = rte_eth_dev_configure(p->id, 1, 1, &conf);
	if (ret != 0) {
		bench_error("%s: cannot be configured: %s", p->name, rte_strerror(-ret));
		return ret;
	}
	p->heap[0] = heap_used() - before;
	return setup_queues(p, config, point, &info, conf.txmode.offloads);
}

static void
read_modes(struct port *p)
{
	struct rte_eth_burst_mode mode;

	snprintf(p->rx_mode, sizeof(p->rx_mode), "-");
	snprintf(p->tx_mode, sizeof(p->tx_mode), "-");
	if (rte_eth_rx_burst_mode_get(p->id, 0, &mode) == 0)
		snprintf(p->rx_mode, sizeof(p->rx_mode), "%.*s", PORT_MODE_MAX - 1, mode.info);
	if (rte_eth_tx_burst_mode_get(p->id, 0, &mode) == 0)
		snprintf(p->tx_mode, sizeof(p->tx_mode), "%.*s", PORT_MODE_MAX - 1, mode.info);
}

static int
create_vdev(struct port *p)
{
	int ret;

	bench_watch_begin(WATCH_SECONDS, "creating the port");
	ret = rte_eal_hotplug_add("vdev", p->name, p->args);
	bench_watch_end();
	if (ret != 0) {
		bench_error("cannot create %s,%s: %s; is there a driver of this name (--plugin), "
			"and does it know these devargs?", p->name, p->args, rte_strerror(-ret));
		return ret;
	}
	p->created = true;
	ret = rte_eth_dev_get_port_by_name(p->name, &p->id);
	if (ret != 0)
		bench_error("%s is no network port", p->name);
	return ret;
}

static int
start(struct port *p)
{
	int ret;

	bench_watch_begin(WATCH_SECONDS, "starting the port");
	ret = rte_eth_dev_start(p->id);
	bench_watch_end();
	if (ret != 0) {
		bench_error("%s does not start: %s", p->name, rte_strerror(-ret));
		return ret;
	}
	p->started = true;
	ret = device_wait_ready(p->device, READY_MS);
	if (ret != 0)
		return ret;
	p->features = device_features(p->device);
	read_modes(p);
	return 0;
}

static int
set_simd(const struct bench_config *config, unsigned int side)
{
	int ret;

	if (config->simd[side] == 0)
		return 0;
	ret = rte_vect_set_max_simd_bitwidth(config->simd[side]);
	if (ret != 0)
		bench_error("--simd and --vs-simd cannot be mixed with EAL's "
			"--force-max-simd-bitwidth");
	return ret;
}

/* The side's socket; the one of the port before serves again unless the roles changed. */
static int
get_device(struct port *p, unsigned int side, const char *path, bool client)
{
	p->device = &devices[side];
	if (p->device->registered && p->device->client == client)
		return 0;
	device_close(p->device);
	return device_open(p->device, path, client);
}

void
port_shutdown(void)
{
	device_close(&devices[0]);
	device_close(&devices[1]);
}

int
port_open(struct port *p, const struct bench_config *config, const struct bench_point *point,
	unsigned int side, unsigned int frames)
{
	const char *folder = bench_folder();
	char path[PATH_MAX];
	bool server;
	int ret;

	memset(p, 0, sizeof(*p));
	if (folder == NULL)
		return -EIO;
	snprintf(path, sizeof(path), "%s/%c", folder, 'a' + (int)side);
	compose_name(p, config->vdev[side], side);
	ret = port_compose_args(p->args, config, point, side, path, &server);
	if (ret == 0)
		ret = set_simd(config, side);
	if (ret == 0)
		ret = create_pools(p, config, point, frames);
	if (ret == 0)
		ret = get_device(p, side, path, server);
	if (ret == 0) {
		p->device->pool = p->device_pool;
		ret = create_vdev(p);
	}
	if (ret == 0)
		ret = configure(p, config, point, side);
	if (ret == 0)
		ret = start(p);
	if (ret != 0)
		port_close(p);
	return ret;
}

static unsigned int
free_pool(struct rte_mempool *pool)
{
	unsigned int missing;

	if (pool == NULL)
		return 0;
	missing = pool->size - rte_mempool_avail_count(pool);
	/* Memory that something still points into must stay. */
	if (missing == 0)
		rte_mempool_free(pool);
	return missing;
}

unsigned int
port_close(struct port *p)
{
	unsigned int missing;
	int ret;

	bench_watch_begin(WATCH_SECONDS, "closing the port");
	if (p->started) {
		ret = rte_eth_dev_stop(p->id);
		if (ret != 0)
			bench_error("%s does not stop: %s", p->name, rte_strerror(-ret));
	}
	if (p->created) {
		ret = rte_eal_hotplug_remove("vdev", p->name);
		if (ret != 0)
			bench_error("%s cannot be removed: %s", p->name, rte_strerror(-ret));
	}
	if (p->device != NULL)
		device_wait_gone(p->device, READY_MS);
	bench_watch_end();
	missing = free_pool(p->rx_pool) + free_pool(p->tx_pool) + free_pool(p->device_pool);
	memset(p, 0, sizeof(*p));
	return missing;
}
