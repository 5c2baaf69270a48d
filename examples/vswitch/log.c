/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* log.c - sentences for the user; see vswitch.h. */

#include <stdarg.h>
#include <stdio.h>

#include "vswitch.h"

void
vs_log(const char *format, ...)
{
	char text[VS_TEXT_MAX + 64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "vswitch: %s\n", text);
}

int
vs_fail(struct vs_error *error, int ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return ret;
}
