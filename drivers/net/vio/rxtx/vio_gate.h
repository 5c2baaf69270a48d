/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_gate.h - how a control thread takes a queue away from the thread that polls it.
 *
 * A backend that goes away or a device that is reset under a running port needs the rings made anew
 * while bursts go on. A lock or a fence in every burst would cost more than the rest of a small one,
 * so the control thread pays for both (membarrier(2)): a burst stores `busy`, then looks at `run`;
 * the control thread stores `run`, makes every running thread pass a full barrier, then looks at
 * `busy`. Whichever order the two meet in, either the burst sees the closed gate, or the control
 * thread sees the burst.
 *
 * `run` holds the variant of the callback that may work on the queue: a thread that fetched another
 * callback's address just before a change finds that it is not meant any more.
 */
#ifndef VIO_GATE_H
#define VIO_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

/** A closed gate. */
#define VIO_GATE_CLOSED 0

/** The value of a gate that is open for the variant with these constants. */
#define VIO_GATE_VARIANT(flags) ((uint16_t)(0x8000 | (flags)))

/** Lies in the hot part of its queue. */
struct vio_gate {
	uint16_t run;  /**< written by control threads: VIO_GATE_CLOSED or a variant */
	uint16_t busy; /**< written by the polling thread: inside of a burst */
};

/** Begin a burst; where the answer is false there is nothing to end. */
static __rte_always_inline bool
vio_gate_enter(struct vio_gate *gate, const uint16_t variant)
{
	__atomic_store_n(&gate->busy, 1, __ATOMIC_RELAXED);
	/* Order on the CPU is up to vio_gate_close(); the compiler's is needed here. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (likely(__atomic_load_n(&gate->run, __ATOMIC_ACQUIRE) == variant))
		return true;
	__atomic_store_n(&gate->busy, 0, __ATOMIC_RELEASE);
	return false;
}

/** End a burst. */
static __rte_always_inline void
vio_gate_leave(struct vio_gate *gate)
{
	__atomic_store_n(&gate->busy, 0, __ATOMIC_RELEASE);
}

/** Let bursts of one variant in: everything written before is seen by them. */
static inline void
vio_gate_open(struct vio_gate *gate, uint16_t variant)
{
	__atomic_store_n(&gate->run, variant, __ATOMIC_RELEASE);
}

/**
 * Keep bursts out, and wait until none is inside.
 * @return 0, or -EBUSY where a burst did not end in two seconds (its thread hangs or was killed)
 */
int vio_gate_close(struct vio_gate *gate);

#endif /* VIO_GATE_H */
