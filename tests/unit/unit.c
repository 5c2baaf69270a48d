/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* unit.c - helpers of all unit tests. */
#include "unit.h"

#include <stdio.h>

#include "log.h"

static char log_text[16384];
static size_t log_len;

static void
collect(enum virtio_log_level level, const char *fmt, va_list ap)
{
	size_t room = sizeof(log_text) - log_len;
	int n;

	(void)level;
	n = vsnprintf(log_text + log_len, room, fmt, ap);
	assert_true(n >= 0);
	assert_null(strchr(log_text + log_len, '\n'));
	if ((size_t)n + 2 > room) {
		log_len = 0; /* long enough ago */
		return;
	}
	log_len += (size_t)n;
	log_text[log_len++] = '\n';
	log_text[log_len] = '\0';
}

void
unit_log_start(void)
{
	log_len = 0;
	log_text[0] = '\0';
	virtio_log_set(collect);
}

bool
unit_logged(const char *text)
{
	return strstr(log_text, text) != NULL;
}

uint64_t
unit_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}
