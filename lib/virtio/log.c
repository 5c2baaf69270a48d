/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* log.c - hands the library's sentences to the sink of the embedding program. */
#include <stddef.h>

#include "log.h"

static virtio_log_fn sink;

void
virtio_log_set(virtio_log_fn fn)
{
	__atomic_store_n(&sink, fn, __ATOMIC_RELEASE);
}

void
virtio_log(enum virtio_log_level level, const char *fmt, ...)
{
	virtio_log_fn fn = __atomic_load_n(&sink, __ATOMIC_ACQUIRE);
	va_list ap;

	if (fn == NULL)
		return;
	va_start(ap, fmt);
	fn(level, fmt, ap);
	va_end(ap);
}
