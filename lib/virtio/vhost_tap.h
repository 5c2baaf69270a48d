/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_tap.h - queues of TAP and macvtap devices, as backends of vhost-net
 * (Documentation/networking/tuntap.rst of Linux). Internal to the library.
 */
#ifndef VIRTIO_VHOST_TAP_H
#define VIRTIO_VHOST_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>

/** ioctl() that goes on after signals. @return 0 or a negative errno */
int virtio_tap_ioctl(int fd, unsigned long request, void *arg);

/**
 * Open one queue.
 *
 * @param path    "/dev/tapN" of a macvtap; NULL for a TAP
 * @param ifname  of the TAP, "" where the kernel is to choose; updated with what it became
 * @param multi   the device has several queues
 * @return the descriptor or a negative errno, logged
 */
int virtio_tap_open(const char *path, char ifname[IFNAMSIZ], bool multi);

/** Virtio features that the device and its kernel can serve: checksums and segmentation. */
uint64_t virtio_tap_features(int fd);

/** Make the device fit the accepted virtio @p features: packet header, offloads. */
int virtio_tap_set_features(int fd, uint64_t features);

/** Let a queue of a device with several take part in it, or not. */
int virtio_tap_attach(int fd, bool on);

#endif /* VIRTIO_VHOST_TAP_H */
