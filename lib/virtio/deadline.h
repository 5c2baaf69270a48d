/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* deadline.h - waiting for a register of a device, with an end. Internal to the library. */
#ifndef VIRTIO_DEADLINE_H
#define VIRTIO_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** Pause between two reads of a register that is waited for, in nanoseconds. */
#define VIRTIO_POLL_PAUSE_NS 100000

/** A point of CLOCK_MONOTONIC, in nanoseconds. */
struct virtio_deadline {
	int64_t end_ns;
};

static inline int64_t
virtio_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline struct virtio_deadline
virtio_deadline_in_ms(unsigned int ms)
{
	return (struct virtio_deadline){ virtio_monotonic_ns() + (int64_t)ms * 1000000 };
}

/**
 * Sleep a moment. A loop reads its register after the last pause once more, so that a process that
 * was not scheduled for long does not give up a device that answered meanwhile.
 *
 * @return false where the deadline had passed before the call
 */
static inline bool
virtio_deadline_pause(const struct virtio_deadline *deadline)
{
	const struct timespec pause = { .tv_nsec = VIRTIO_POLL_PAUSE_NS };

	if (virtio_monotonic_ns() >= deadline->end_ns)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

#endif /* VIRTIO_DEADLINE_H */
