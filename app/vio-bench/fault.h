/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Faults made on purpose: the proof that --verify can fail. */

#ifndef VIO_BENCH_FAULT_H
#define VIO_BENCH_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "options.h"

/**
 * Spoil one of several numbered frames. Losing a frame and leaking its mbuf are the receiver's.
 *
 * @param frames  Frames that carry the numbers first, first + 1, ...
 * @return        False when there are too few frames, or the fault is not made in a frame.
 */
bool
fault_frames(enum bench_fault fault, struct rte_mbuf **frames, unsigned int count,
	uint16_t stream, uint64_t first);

#endif /* VIO_BENCH_FAULT_H */
