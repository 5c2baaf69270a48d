/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_telemetry.c - /vio/list, /vio/info, /vio/paths: what runs on a port, and why. */

#include <errno.h>
#include <stdlib.h>

#include <rte_telemetry.h>

#include "rxtx/rxtx.h"
#include "vio.h"

/** The port that @p params names, NULL where it is none of this driver's. */
static struct rte_eth_dev *
find_port(const char *params)
{
	char *end = NULL;
	unsigned long id;

	if (params == NULL || params[0] < '0' || params[0] > '9')
		return NULL;
	id = strtoul(params, &end, 10);
	if (*end != '\0' || id >= RTE_MAX_ETHPORTS || !rte_eth_dev_is_valid_port(id) ||
	    !vio_is_port(&rte_eth_devices[id]))
		return NULL;
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
	const struct rte_eth_dev *dev = find_port(params);
	const struct vio_port *port;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	if (dev == NULL)
		return -EINVAL;
	port = vio_port(dev);
	rte_ether_format_addr(mac, sizeof(mac), &port->config.mac);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "name", port->name);
	rte_tel_data_add_dict_string(d, "transport", port->device.transport->ops->name);
	rte_tel_data_add_dict_string(d, "state", port->live ? "live" :
				     port->started ? "waiting for a backend" : "stopped");
	rte_tel_data_add_dict_string(d, "mac", mac);
	rte_tel_data_add_dict_int(d, "max_queue_pairs", port->usable_pairs);
	rte_tel_data_add_dict_int(d, "queue_pairs", port->pairs);
	rte_tel_data_add_dict_int(d, "max_mtu", port->config.max_mtu);
	add_features(d, "offered", port->device.offered);
	add_features(d, "accepted", port->device.accepted);
	return 0;
}

static int
handle_paths(const char *cmd __rte_unused, const char *params, struct rte_tel_data *d)
{
	struct rte_eth_dev *dev = find_port(params);
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
	rte_telemetry_register_cmd("/vio/paths", handle_paths, "Burst callbacks of a port, and "
				   "why no faster ones. Parameter: port id");
}
