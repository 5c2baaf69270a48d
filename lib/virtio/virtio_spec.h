/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * virtio_spec.h - what the VIRTIO standard (1.3) fixes: the kernel's UAPI headers, and what Debian
 * 12's (Linux 6.1) lack. Sizes and offsets that the code relies on are asserted at the end, for
 * the kernel's structures too. Multi-byte fields are little endian, as on the wire.
 */
#ifndef VIRTIO_SPEC_H
#define VIRTIO_SPEC_H

#include <stddef.h>

#include <linux/pci_regs.h>
#include <linux/types.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

/* Reserved feature bits, chapter 6. */
#ifndef VIRTIO_F_NOTIFICATION_DATA
#define VIRTIO_F_NOTIFICATION_DATA 38
#endif
#ifndef VIRTIO_F_NOTIF_CONFIG_DATA
#define VIRTIO_F_NOTIF_CONFIG_DATA 39
#endif
#ifndef VIRTIO_F_RING_RESET
#define VIRTIO_F_RING_RESET 40
#endif
#ifndef VIRTIO_F_ADMIN_VQ
#define VIRTIO_F_ADMIN_VQ 41
#endif

/** Bit 30: a probe for drivers that accept whatever is offered; never to be accepted (6.3). */
#define VIRTIO_F_UNUSED 30

/* Feature bits of the network device, 5.1.3. */
#ifndef VIRTIO_NET_F_DEVICE_STATS
#define VIRTIO_NET_F_DEVICE_STATS 50
#endif
#ifndef VIRTIO_NET_F_HASH_TUNNEL
#define VIRTIO_NET_F_HASH_TUNNEL 51
#endif
#ifndef VIRTIO_NET_F_VQ_NOTF_COAL
#define VIRTIO_NET_F_VQ_NOTF_COAL 52
#endif
#ifndef VIRTIO_NET_F_NOTF_COAL
#define VIRTIO_NET_F_NOTF_COAL 53
#endif
#ifndef VIRTIO_NET_F_GUEST_USO4
#define VIRTIO_NET_F_GUEST_USO4 54
#endif
#ifndef VIRTIO_NET_F_GUEST_USO6
#define VIRTIO_NET_F_GUEST_USO6 55
#endif
#ifndef VIRTIO_NET_F_HOST_USO
#define VIRTIO_NET_F_HOST_USO 56
#endif
#ifndef VIRTIO_NET_F_GUEST_HDRLEN
#define VIRTIO_NET_F_GUEST_HDRLEN 59
#endif

/** gso_type of UDP segmentation, 5.1.6.2. */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* Coalescing of one virtqueue (5.1.6.5.7), in the class VIRTIO_NET_CTRL_NOTF_COAL. */
#ifndef VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET
#define VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET 2
#define VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET 3

/** Parameters of notification coalescing. */
struct virtio_net_ctrl_coal {
	__le32 max_packets; /**< packets until a notification */
	__le32 max_usecs;   /**< microseconds until one */
};

/** Parameters of one virtqueue. */
struct virtio_net_ctrl_coal_vq {
	__le16 vqn;                       /**< virtqueue */
	__le16 reserved;                  /**< 0 */
	struct virtio_net_ctrl_coal coal; /**< its parameters */
};
#endif

/** Capability type of vendor-specific data, 4.1.4.8. */
#ifndef VIRTIO_PCI_CAP_VENDOR_CFG
#define VIRTIO_PCI_CAP_VENDOR_CFG 9
#endif

/**
 * The common configuration structure in full (4.1.4.3). The kernel's struct virtio_pci_common_cfg
 * is its first 56 bytes, that every device has; the rest exists with the features named.
 */
struct virtio_spec_common_cfg {
	struct virtio_pci_common_cfg base; /**< what every device has */
	__le16 queue_notify_data; /**< read-only, VIRTIO_F_NOTIF_CONFIG_DATA */
	__le16 queue_reset;       /**< VIRTIO_F_RING_RESET */
	__le16 admin_queue_index; /**< read-only, VIRTIO_F_ADMIN_VQ */
	__le16 admin_queue_num;   /**< read-only, VIRTIO_F_ADMIN_VQ */
};

/** Configuration of the network device in full (5.1.4); the kernel's ends before the last field. */
struct virtio_spec_net_config {
	__u8 mac[6];   /**< VIRTIO_NET_F_MAC */
	__le16 status; /**< VIRTIO_NET_F_STATUS */
	__le16 max_virtqueue_pairs; /**< VIRTIO_NET_F_MQ or RSS */
	__le16 mtu;    /**< VIRTIO_NET_F_MTU */
	__le32 speed;  /**< Mbit/s; above 0x7fffffff: unknown */
	__u8 duplex;   /**< 0 half, 1 full, else unknown */
	__u8 rss_max_key_size; /**< bytes */
	__le16 rss_max_indirection_table_length; /**< entries */
	__le32 supported_hash_types; /**< VIRTIO_NET_RSS_HASH_TYPE_* */
	__le32 supported_tunnel_types; /**< VIRTIO_NET_F_HASH_TUNNEL */
};

#define VIRTIO_SPEC_ASSERT_OFFSET(type, field, value) \
	_Static_assert(offsetof(struct type, field) == (value), #type "." #field)
#define VIRTIO_SPEC_ASSERT_SIZE(type, value) \
	_Static_assert(sizeof(struct type) == (value), #type)

/* 4.1.4: capabilities */
VIRTIO_SPEC_ASSERT_SIZE(virtio_pci_cap, 16);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_cap, cap_len, 2);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_cap, cfg_type, 3);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_cap, bar, 4);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_cap, offset, 8);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_cap, length, 12);
VIRTIO_SPEC_ASSERT_SIZE(virtio_pci_cap64, 24);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_cap64, offset_hi, 16);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_cap64, length_hi, 20);
VIRTIO_SPEC_ASSERT_SIZE(virtio_pci_notify_cap, 20);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_notify_cap, notify_off_multiplier, 16);
VIRTIO_SPEC_ASSERT_SIZE(virtio_pci_cfg_cap, 20);

/* 4.1.4.3: common configuration */
VIRTIO_SPEC_ASSERT_SIZE(virtio_pci_common_cfg, 56);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, device_feature, 4);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, guest_feature, 12);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, num_queues, 18);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, device_status, 20);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, config_generation, 21);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, queue_select, 22);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, queue_size, 24);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, queue_enable, 28);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, queue_desc_lo, 32);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, queue_avail_lo, 40);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_pci_common_cfg, queue_used_lo, 48);
VIRTIO_SPEC_ASSERT_SIZE(virtio_spec_common_cfg, 64);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_common_cfg, queue_notify_data, 56);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_common_cfg, queue_reset, 58);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_common_cfg, admin_queue_index, 60);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_common_cfg, admin_queue_num, 62);

/* 5.1.4: network device configuration */
VIRTIO_SPEC_ASSERT_SIZE(virtio_spec_net_config, 28);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_net_config, status, 6);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_net_config, max_virtqueue_pairs, 8);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_net_config, mtu, 10);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_net_config, speed, 12);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_net_config, duplex, 16);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_net_config, rss_max_key_size, 17);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_net_config, rss_max_indirection_table_length, 18);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_net_config, supported_hash_types, 20);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_spec_net_config, supported_tunnel_types, 24);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_net_config, supported_hash_types, 20);

/* 5.1.6: packet header; 10 bytes only over the legacy interface without MRG_RXBUF */
VIRTIO_SPEC_ASSERT_SIZE(virtio_net_hdr, 10);
VIRTIO_SPEC_ASSERT_SIZE(virtio_net_hdr_v1, 12);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_net_hdr_v1, gso_type, 1);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_net_hdr_v1, hdr_len, 2);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_net_hdr_v1, gso_size, 4);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_net_hdr_v1, csum_start, 6);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_net_hdr_v1, csum_offset, 8);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_net_hdr_v1, num_buffers, 10);
VIRTIO_SPEC_ASSERT_SIZE(virtio_net_hdr_v1_hash, 20);
VIRTIO_SPEC_ASSERT_OFFSET(virtio_net_hdr_v1_hash, hash_report, 16);
VIRTIO_SPEC_ASSERT_SIZE(virtio_net_ctrl_hdr, 2);
VIRTIO_SPEC_ASSERT_SIZE(virtio_net_ctrl_coal_vq, 12);

/* 2.7, 2.8: rings */
VIRTIO_SPEC_ASSERT_SIZE(vring_desc, 16);
VIRTIO_SPEC_ASSERT_OFFSET(vring_desc, len, 8);
VIRTIO_SPEC_ASSERT_OFFSET(vring_desc, flags, 12);
VIRTIO_SPEC_ASSERT_OFFSET(vring_desc, next, 14);
VIRTIO_SPEC_ASSERT_OFFSET(vring_avail, ring, 4);
VIRTIO_SPEC_ASSERT_SIZE(vring_used_elem, 8);
VIRTIO_SPEC_ASSERT_OFFSET(vring_used, ring, 4);
VIRTIO_SPEC_ASSERT_SIZE(vring_packed_desc, 16);
VIRTIO_SPEC_ASSERT_OFFSET(vring_packed_desc, id, 12);
VIRTIO_SPEC_ASSERT_OFFSET(vring_packed_desc, flags, 14);
VIRTIO_SPEC_ASSERT_SIZE(vring_packed_desc_event, 4);

#endif /* VIRTIO_SPEC_H */
