/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_features.h - which features the driver vio can use: negotiated by the driver, foretold by
 * vio-info. Why a bit is good for something is in the table of features.c.
 */
#ifndef VIO_FEATURES_H
#define VIO_FEATURES_H

#include "features.h"
#include "virtio_spec.h"

/** Features that only receive or transmit offloads need: asked for where those are. */
#define VIO_OFFLOAD_FEATURES ( \
	VIRTIO_FEATURE(VIRTIO_NET_F_CSUM) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO4) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO6) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_ECN) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_USO4) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_USO6) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO4) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO6) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_HOST_ECN) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_HOST_USO) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_HASH_REPORT))

/** Features that the driver can use, before devargs and configuration take some away. */
#define VIO_FEATURES ( \
	VIO_OFFLOAD_FEATURES | \
	VIRTIO_FEATURE(VIRTIO_NET_F_MTU) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_MAC) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_STATUS) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_RX) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_RX_EXTRA) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VLAN) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_MAC_ADDR) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_ANNOUNCE) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_NOTF_COAL) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_VQ_NOTF_COAL) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_MQ) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_RSS) | \
	VIRTIO_FEATURE(VIRTIO_NET_F_SPEED_DUPLEX) | \
	VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC) | \
	VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX) | \
	VIRTIO_FEATURE(VIRTIO_F_IN_ORDER) | \
	VIRTIO_FEATURE(VIRTIO_F_VERSION_1) | \
	VIRTIO_FEATURE(VIRTIO_F_RING_PACKED) | \
	VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM) | \
	VIRTIO_FEATURE(VIRTIO_F_ORDER_PLATFORM) | \
	VIRTIO_FEATURE(VIRTIO_F_NOTIFICATION_DATA) | \
	VIRTIO_FEATURE(VIRTIO_F_RING_RESET) | \
	VIRTIO_FEATURE(VIRTIO_F_NOTIF_CONFIG_DATA))

/** Features without which it does not work. */
#define VIO_FEATURES_REQUIRED VIRTIO_FEATURE(VIRTIO_F_VERSION_1)

/**
 * The same over the legacy interface. Without ANY_LAYOUT a header is to be a descriptor of its own, in
 * received packets too (5.1.6.6), which no path of the driver does; QEMU offers it since 2013.
 */
#define VIO_FEATURES_REQUIRED_LEGACY VIRTIO_FEATURE(VIRTIO_F_ANY_LAYOUT)

/** Features of VIO_FEATURES that a vdev asks for with the devarg packed_vq=1 only. */
#define VIO_FEATURES_PACKED VIRTIO_FEATURE(VIRTIO_F_RING_PACKED)

/**
 * Features that a vdev offers to itself, whatever the backend has: control commands are served by
 * the port, not over a virtqueue, and MQ needs CTRL_VQ accepted (5.1.3.1).
 */
#define VIO_FEATURES_SERVED \
	(VIRTIO_FEATURE(VIRTIO_NET_F_MAC) | VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ))

#endif /* VIO_FEATURES_H */
