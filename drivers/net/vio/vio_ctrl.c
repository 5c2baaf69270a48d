/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_ctrl.c - see vio_ctrl.h. */

#include <errno.h>

#include <rte_byteorder.h>

#include "vio.h"
#include "virtio_spec.h"

/** Features that CTRL_GUEST_OFFLOADS_SET switches (5.1.6.5.8.1). */
#define GUEST_OFFLOADS \
	(VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO4) | \
	 VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO6) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_ECN) | \
	 VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_UFO) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_USO4) | \
	 VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_USO6))

#define COALESCING \
	(VIRTIO_FEATURE(VIRTIO_NET_F_NOTF_COAL) | VIRTIO_FEATURE(VIRTIO_NET_F_VQ_NOTF_COAL))

int
vio_ctrl_rx_mode(struct vio_port *port, uint8_t mode, bool on)
{
	const uint8_t value = on;
	unsigned int needs = mode <= VIRTIO_NET_CTRL_RX_ALLMULTI ? VIRTIO_NET_F_CTRL_RX :
								   VIRTIO_NET_F_CTRL_RX_EXTRA;

	if (!vio_has(port, needs))
		return -ENOTSUP;
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_RX, mode, &value, sizeof(value));
}

int
vio_ctrl_mac_tables(struct vio_port *port, const void *tables, uint32_t len)
{
	if (!vio_has(port, VIRTIO_NET_F_CTRL_RX))
		return -ENOTSUP;
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, tables,
				len);
}

int
vio_ctrl_mac_addr(struct vio_port *port, const struct rte_ether_addr *mac)
{
	/* 5.1.6.5.2.2: the whole class needs CTRL_RX, this command its own feature too. */
	if (!vio_has(port, VIRTIO_NET_F_CTRL_RX) || !vio_has(port, VIRTIO_NET_F_CTRL_MAC_ADDR))
		return -ENOTSUP;
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, mac,
				sizeof(*mac));
}

int
vio_ctrl_vlan(struct vio_port *port, uint16_t vlan_id, bool on)
{
	const rte_le16_t value = rte_cpu_to_le_16(vlan_id);

	if (!vio_has(port, VIRTIO_NET_F_CTRL_VLAN))
		return -ENOTSUP;
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_VLAN, on ? VIRTIO_NET_CTRL_VLAN_ADD :
				VIRTIO_NET_CTRL_VLAN_DEL, &value, sizeof(value));
}

int
vio_ctrl_announce_ack(struct vio_port *port)
{
	if (!vio_has(port, VIRTIO_NET_F_GUEST_ANNOUNCE))
		return -ENOTSUP;
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK,
				NULL, 0);
}

int
vio_ctrl_set_pairs(struct vio_port *port, uint16_t pairs)
{
	const rte_le16_t value = rte_cpu_to_le_16(pairs);

	if (port->serves_ctrl)
		return port->bus->set_pairs(port, pairs);
	if (!vio_has(port, VIRTIO_NET_F_MQ))
		return -ENOTSUP;
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET,
				&value, sizeof(value));
}

int
vio_ctrl_guest_offloads(struct vio_port *port, uint64_t offloads)
{
	const rte_le64_t value = rte_cpu_to_le_64(offloads);

	if (!vio_has(port, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))
		return -ENOTSUP;
	if (offloads & ~(port->device.accepted & GUEST_OFFLOADS))
		return -EINVAL;
	return vio_ctrl_command(port, VIRTIO_NET_CTRL_GUEST_OFFLOADS,
				VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, &value, sizeof(value));
}

/** Queue by queue: enabled receive queues only (5.1.6.5.9.5). */
static int
coalesce_queues(struct vio_port *port, const struct virtio_net_ctrl_coal *coal)
{
	int ret = 0;

	for (uint16_t i = 0; ret == 0 && i < port->data->nb_rx_queues; i++) {
		const struct virtio_net_ctrl_coal_vq value = {
			.vqn = rte_cpu_to_le_16(2 * i),
			.coal = *coal,
		};

		ret = vio_ctrl_command(port, VIRTIO_NET_CTRL_NOTF_COAL,
				       VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET, &value, sizeof(value));
	}
	return ret;
}

int
vio_ctrl_coalesce(struct vio_port *port)
{
	const struct virtio_net_ctrl_coal coal = {
		.max_packets = rte_cpu_to_le_32(port->args.rx_max_packets),
		.max_usecs = rte_cpu_to_le_32(port->args.rx_max_usecs),
	};

	if (port->args.rx_max_packets == 0 && port->args.rx_max_usecs == 0)
		return 0;
	if (vio_has(port, VIRTIO_NET_F_NOTF_COAL))
		return vio_ctrl_command(port, VIRTIO_NET_CTRL_NOTF_COAL,
					VIRTIO_NET_CTRL_NOTF_COAL_RX_SET, &coal, sizeof(coal));
	if (vio_has(port, VIRTIO_NET_F_VQ_NOTF_COAL))
		return coalesce_queues(port, &coal);
	VIO_PORT_LOG(port, ctrl, NOTICE, "the device does not coalesce notifications; "
		     "rx_max_usecs and rx_max_packets have no effect");
	return -ENOTSUP;
}

uint64_t
vio_ctrl_features(const struct rte_eth_dev *dev, uint64_t wanted)
{
	const struct vio_port *port = vio_port(dev);
	const struct rte_eth_rxmode *rxmode = &dev->data->dev_conf.rxmode;

	if (!(rxmode->offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER))
		wanted &= ~VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VLAN);
	if (!vio_rss_wanted(dev))
		wanted &= ~VIRTIO_FEATURE(VIRTIO_NET_F_RSS);
	if (port->args.rx_max_packets == 0 && port->args.rx_max_usecs == 0)
		wanted &= ~COALESCING;
	/* The wish is a bit of the status field, and somebody has to look at that. */
	if (!port->bus->watched ||
	    !(port->device.offered & VIRTIO_FEATURE(VIRTIO_NET_F_STATUS)))
		wanted &= ~VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_ANNOUNCE);
	return wanted;
}

int
vio_ctrl_restore(struct rte_eth_dev *dev)
{
	struct vio_port *port = vio_port(dev);
	int ret = vio_rss_steer(dev);

	if (ret == 0)
		ret = vio_filter_restore(dev);
	if (ret == 0) {
		ret = vio_ctrl_coalesce(port);
		/* When to be notified is a wish: a device that refuses it works all the same. */
		if (ret == -EIO || ret == -ENOTSUP)
			ret = 0;
	}
	return ret;
}
