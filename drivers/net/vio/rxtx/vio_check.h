/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_check.h - whether bursts look at what the device says before they believe it. They do. What
 * that costs is measured against a second plugin that does not (-Dchecks=ids or none,
 * scripts/bench/hardening.py): with it a device can make the process read and write anywhere. It is
 * not installed, serves no PCI device, and its driver has another name.
 */
#ifndef VIO_CHECK_H
#define VIO_CHECK_H

#ifndef VIO_UNCHECKED
#define VIO_UNCHECKED 0
#endif

/** Used indexes, lengths and counts are checked. */
#define VIO_CHECKED (VIO_UNCHECKED < 1)

/**
 * Ids are compared with the expected ones. That is not for the hostile alone: it is how a device is
 * noticed that completes out of order, as it may without IN_ORDER. Blocks of packets compare lengths
 * along with ids.
 */
#define VIO_CHECKED_IDS (VIO_UNCHECKED < 2)

#endif /* VIO_CHECK_H */
