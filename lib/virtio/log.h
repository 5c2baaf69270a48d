/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* log.h - where the library's sentences go. Silent until the embedding program sets a sink. */
#ifndef VIRTIO_LOG_H
#define VIRTIO_LOG_H

#include <stdarg.h>

enum virtio_log_level {
	VIRTIO_LOG_ERR,
	VIRTIO_LOG_WARNING,
	VIRTIO_LOG_NOTICE,
	VIRTIO_LOG_INFO,
	VIRTIO_LOG_DEBUG,
};

/** Receives one line without a newline at its end. */
typedef void (*virtio_log_fn)(enum virtio_log_level level, const char *fmt, va_list ap);

/** Set the sink of the process; NULL silences the library. */
void virtio_log_set(virtio_log_fn fn);

/** Write one line. @p fmt carries no newline. */
void virtio_log(enum virtio_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* VIRTIO_LOG_H */
