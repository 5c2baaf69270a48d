/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fake_clock.c - see fake_clock.h. */
#include "fake_clock.h"

#include "unit.h"

int64_t fake_clock_ns;

int
__wrap_clock_gettime(clockid_t id, struct timespec *now)
{
	assert_int_equal(id, CLOCK_MONOTONIC);
	now->tv_sec = fake_clock_ns / 1000000000;
	now->tv_nsec = fake_clock_ns % 1000000000;
	return 0;
}

int
__wrap_nanosleep(const struct timespec *want, struct timespec *rest)
{
	(void)rest;
	fake_clock_ns += (int64_t)want->tv_sec * 1000000000 + want->tv_nsec;
	return 0;
}
