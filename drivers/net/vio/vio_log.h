/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_log.h - log types of the driver: pmd.net.vio.init, .driver, .queue, .ctrl. */
#ifndef VIO_LOG_H
#define VIO_LOG_H

#include <rte_log.h>

extern int vio_logtype_init;
extern int vio_logtype_driver;
extern int vio_logtype_queue;
extern int vio_logtype_ctrl;

#define VIO_LOG(type, level, fmt, ...) \
	rte_log(RTE_LOG_ ## level, vio_logtype_ ## type, "VIO: " fmt "\n", ## __VA_ARGS__)

/** A line about one port: @p port is a struct vio_port. */
#define VIO_PORT_LOG(port, type, level, fmt, ...) \
	VIO_LOG(type, level, "%s: " fmt, (port)->name, ## __VA_ARGS__)

#endif /* VIO_LOG_H */
