/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* log.c - sentences for the user; see netbridge.h. */

#include <stdarg.h>
#include <stdio.h>

#include "netbridge.h"

void
nb_log(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "netbridge: %s\n", text);
}
