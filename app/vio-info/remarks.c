/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* remarks.c - collects sentences. */
#include <stdarg.h>
#include <stdio.h>

#include "log.h"
#include "remarks.h"

static struct remarks *sink;

static void
add(struct remarks *to, const char *fmt, va_list ap)
{
	if (to->count < REMARKS_MAX)
		vsnprintf(to->text[to->count++], REMARK_LEN, fmt, ap);
}

void
remark(struct remarks *to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(to, fmt, ap);
	va_end(ap);
}

static void
library_line(enum virtio_log_level level, const char *fmt, va_list ap)
{
	if (level <= VIRTIO_LOG_NOTICE)
		add(sink, fmt, ap);
}

void
remarks_collect(struct remarks *to)
{
	sink = to;
	virtio_log_set(to != NULL ? library_line : NULL);
}
