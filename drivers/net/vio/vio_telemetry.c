/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_telemetry.c - /vio/list, /vio/info, /vio/features, /vio/queue, /vio/paths: what runs on a
 * port, and why.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_telemetry.h>

#include "rxtx/rxtx.h"
#include "vio.h"
#include "vio_compat.h"

/**
 * The port that @p params names, NULL where it is none of this driver's.
 * @param queue  number behind the port's, 0 where there is none; NULL: there must be none
 */
static struct rte_eth_dev *
find_port(const char *params, uint16_t *queue)
{
	char *end = NULL;
	unsigned long id, second = 0;

	if (params == NULL || params[0] < '0' || params[0] > '9')
		return NULL;
	id = strtoul(params, &end, 10);
	if (queue != NULL && end[0] == ',' && end[1] >= '0' && end[1] <= '9')
		second = strtoul(end + 1, &end, 10);
	if (*end != '\0' || second > UINT16_MAX || id >= RTE_MAX_ETHPORTS ||
	    !rte_eth_dev_is_valid_port(id) || !vio_is_port(&rte_eth_devices[id]))
		return NULL;
	if (queue != NULL)
		*queue = second;
	return &rte_eth_devices[id];
}

static int
handle_list(const char *cmd __rte_unused, const char *params __rte_unused, struct rte_tel_data *d)
{
	uint16_t id;

	rte_tel_data_start_array(d, RTE_TEL_INT_VAL);
	RTE_ETH_FOREACH_DEV(id)
		if (vio_is_port(&rte_eth_devices[id]))
			rte_tel_data_add_array_int(d, id);
	return 0;
}

static void
add_features(struct rte_tel_data *d, const char *key, uint64_t features)
{
	char names[512];

	virtio_features_string(features, names, sizeof(names));
	rte_tel_data_add_dict_string(d, key, names);
}

static int
handle_info(const char *cmd __rte_unused, const char *params, struct rte_tel_data *d)
{
	const struct rte_eth_dev *dev = find_port(params, NULL);
	const struct vio_port *port;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	if (dev == NULL)
		return -EINVAL;
	port = vio_port(dev);
	rte_ether_format_addr(mac, sizeof(mac), &port->config.mac);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "name", port->name);
	rte_tel_data_add_dict_string(d, "transport", port->device.transport->ops->name);
	rte_tel_data_add_dict_string(d, "state", vio_port_state(port));
	rte_tel_data_add_dict_string(d, "mac", mac);
	rte_tel_data_add_dict_int(d, "max_queue_pairs", port->usable_pairs);
	rte_tel_data_add_dict_int(d, "queue_pairs", port->pairs);
	rte_tel_data_add_dict_int(d, "max_mtu", port->config.max_mtu);
	add_features(d, "offered", port->device.offered);
	add_features(d, "accepted", port->device.accepted);
	return 0;
}

/** What became of a feature, in the words of vio-info. */
static const char *
verdict(const struct vio_port *port, unsigned int bit)
{
	static const char *const words[] = {
		[VIRTIO_FEATURE_ACCEPTED] = "accepted",
		[VIRTIO_FEATURE_NOT_OFFERED] = "not-offered",
		[VIRTIO_FEATURE_NOT_WANTED] = "not-used",
		[VIRTIO_FEATURE_NEEDS] = "needs",
		[VIRTIO_FEATURE_UNKNOWN] = "unknown",
		[VIRTIO_FEATURE_ABSENT] = NULL,
	};
	const struct virtio_device *device = &port->device;

	if ((device->offered & ~device->transport->allowed) >> bit & 1)
		return "transport";
	return words[virtio_feature_verdict(bit, device->offered, port->wanted, device->accepted)];
}

static void
add_hex(struct rte_tel_data *d, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	rte_tel_data_add_dict_string(d, key, text);
}

/** Each feature that the device offers or the driver wants, and what became of it. */
static int
handle_features(const char *cmd __rte_unused, const char *params, struct rte_tel_data *d)
{
	const struct rte_eth_dev *dev = find_port(params, NULL);
	const struct vio_port *port;
	struct rte_tel_data *bits;
	char name[16];

	if (dev == NULL)
		return -EINVAL;
	bits = rte_tel_data_alloc();
	if (bits == NULL)
		return -ENOMEM;
	port = vio_port(dev);
	rte_tel_data_start_dict(bits);
	for (unsigned int bit = 0; bit < 64; bit++) {
		const struct virtio_feature *f = virtio_feature_by_bit(bit);
		const char *word = verdict(port, bit);

		snprintf(name, sizeof(name), "bit%u", bit);
		if (word != NULL)
			rte_tel_data_add_dict_string(bits, f != NULL ? f->name : name, word);
	}
	rte_tel_data_start_dict(d);
	add_hex(d, "offered", port->device.offered);
	add_hex(d, "wanted", port->wanted);
	add_hex(d, "accepted", port->device.accepted);
	rte_tel_data_add_dict_container(d, "features", bits, 0);
	return 0;
}

/** The extended statistics whose names begin with @p prefix, without it. */
static void
add_counters(struct rte_tel_data *d, struct rte_eth_dev *dev, const char *prefix)
{
	const unsigned int n = vio_xstats_get_names(dev, NULL, 0);
	struct rte_eth_xstat_name *names = rte_malloc(NULL, n * sizeof(*names), 0);
	struct rte_eth_xstat *values = rte_malloc(NULL, n * sizeof(*values), 0);
	const size_t len = strlen(prefix);

	if (names != NULL && values != NULL && vio_xstats_get_names(dev, names, n) == (int)n &&
	    vio_xstats_get(dev, values, n) == (int)n)
		for (unsigned int i = 0; i < n; i++)
			if (strncmp(names[i].name, prefix, len) == 0)
				rte_tel_data_add_dict_uint(d, names[i].name + len, values[i].value);
	rte_free(names);
	rte_free(values);
}

/** What receive and transmit queues have in common. */
static void
add_vq(struct rte_tel_data *d, const struct vio_vq *vq, const struct vio_gate *gate, uint8_t fault)
{
	const bool open = __atomic_load_n(&gate->run, __ATOMIC_RELAXED) != VIO_GATE_CLOSED;

	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_int(d, "virtqueue", vq->index);
	rte_tel_data_add_dict_string(d, "state", fault != VIO_FAULT_NONE ? "faulty" :
				     open ? "running" : "stopped");
	rte_tel_data_add_dict_string(d, "layout", vq->packed ? "packed" : "split");
	rte_tel_data_add_dict_int(d, "descriptors", vq->size);
}

static struct rte_tel_data *
rx_queue(struct rte_eth_dev *dev, uint16_t queue)
{
	const struct vio_rxq *q = dev->data->rx_queues[queue];
	struct rte_tel_data *d = q == NULL ? NULL : rte_tel_data_alloc();
	char prefix[16];

	if (d == NULL)
		return NULL;
	add_vq(d, &q->vq, &q->gate, q->fault);
	rte_tel_data_add_dict_int(d, "used", q->used_idx);
	rte_tel_data_add_dict_int(d, "available", q->avail_idx);
	rte_tel_data_add_dict_int(d, "free_thresh", q->free_thresh);
	rte_tel_data_add_dict_string(d, "order", q->shuffled ? "any" : "ring");
	rte_tel_data_add_dict_string(d, "mempool", q->mp->name);
	snprintf(prefix, sizeof(prefix), "rx_q%u_", queue);
	add_counters(d, dev, prefix);
	return d;
}

static struct rte_tel_data *
tx_queue(struct rte_eth_dev *dev, uint16_t queue)
{
	const struct vio_txq *q = dev->data->tx_queues[queue];
	struct rte_tel_data *d = q == NULL ? NULL : rte_tel_data_alloc();
	char prefix[16];

	if (d == NULL)
		return NULL;
	add_vq(d, &q->vq, &q->gate, q->fault);
	rte_tel_data_add_dict_int(d, "used", q->used_idx);
	rte_tel_data_add_dict_int(d, "available", q->avail_idx);
	rte_tel_data_add_dict_int(d, "free_thresh", q->free_thresh);
	rte_tel_data_add_dict_string(d, "order", q->shuffled ? "any" : "ring");
	snprintf(prefix, sizeof(prefix), "tx_q%u_", queue);
	add_counters(d, dev, prefix);
	return d;
}

/** Both queues of one number; one that was not set up is left out. */
static int
handle_queue(const char *cmd __rte_unused, const char *params, struct rte_tel_data *d)
{
	struct rte_tel_data *rx = NULL, *tx = NULL;
	struct rte_eth_dev *dev;
	uint16_t queue;

	dev = find_port(params, &queue);
	if (dev == NULL)
		return -EINVAL;
	if (queue < dev->data->nb_rx_queues)
		rx = rx_queue(dev, queue);
	if (queue < dev->data->nb_tx_queues)
		tx = tx_queue(dev, queue);
	if (rx == NULL && tx == NULL)
		return -EINVAL;
	rte_tel_data_start_dict(d);
	if (rx != NULL)
		rte_tel_data_add_dict_container(d, "rx", rx, 0);
	if (tx != NULL)
		rte_tel_data_add_dict_container(d, "tx", tx, 0);
	return 0;
}

static int
handle_paths(const char *cmd __rte_unused, const char *params, struct rte_tel_data *d)
{
	struct rte_eth_dev *dev = find_port(params, NULL);
	struct rte_eth_burst_mode rx, tx;

	if (dev == NULL || vio_rx_burst_mode_get(dev, 0, &rx) != 0 ||
	    vio_tx_burst_mode_get(dev, 0, &tx) != 0)
		return -EINVAL;
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "rx", rx.info);
	rte_tel_data_add_dict_string(d, "rx_why", vio_port(dev)->rx_reason);
	rte_tel_data_add_dict_string(d, "tx", tx.info);
	rte_tel_data_add_dict_string(d, "tx_why", vio_port(dev)->tx_reason);
	return 0;
}

RTE_INIT(vio_telemetry_register)
{
	rte_telemetry_register_cmd("/vio/list", handle_list, "Ports of the vio driver.");
	rte_telemetry_register_cmd("/vio/info", handle_info,
				   "State and features of a port. Parameter: port id");
	rte_telemetry_register_cmd("/vio/features", handle_features, "What became of each feature "
				   "of a port. Parameter: port id");
	rte_telemetry_register_cmd("/vio/queue", handle_queue, "State and counters of a queue "
				   "pair. Parameters: port id[,queue id]");
	rte_telemetry_register_cmd("/vio/paths", handle_paths, "Burst callbacks of a port, and "
				   "why no faster ones. Parameter: port id");
}
