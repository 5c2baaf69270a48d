/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fake_clock.h - time that passes only while the code under test sleeps. The linker puts it in the
 * place of the system's (--wrap), so that time-outs of seconds are tested in microseconds.
 */
#ifndef FAKE_CLOCK_H
#define FAKE_CLOCK_H

#include <stdint.h>
#include <time.h>

/** Nanoseconds slept since the program began. */
extern int64_t fake_clock_ns;

int __wrap_clock_gettime(clockid_t id, struct timespec *now);
int __wrap_nanosleep(const struct timespec *want, struct timespec *rest);

#endif /* FAKE_CLOCK_H */
