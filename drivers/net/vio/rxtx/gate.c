/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* gate.c - closing a queue's gate, see vio_gate.h. */

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_log.h>

#include "vio_gate.h"

#define GATE_POLL_US 50
#define GATE_TIMEOUT_US 2000000

static bool has_membarrier;

/* Secondary processes poll queues too: they are reached because each of them registers. */
RTE_INIT(vio_gate_register)
{
	has_membarrier = syscall(SYS_membarrier,
				 MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

static void
barrier_everywhere(void)
{
	if (has_membarrier &&
	    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0)
		return;
	/* Not to be had (a sandbox): a store leaves its CPU's buffer within microseconds. */
	rte_delay_us_sleep(10000);
}

int
vio_gate_close(struct vio_gate *gate)
{
	unsigned int waited = 0;

	__atomic_store_n(&gate->run, VIO_GATE_CLOSED, __ATOMIC_SEQ_CST);
	barrier_everywhere();
	while (__atomic_load_n(&gate->busy, __ATOMIC_ACQUIRE) != 0) {
		if (waited >= GATE_TIMEOUT_US)
			return -EBUSY;
		rte_delay_us_sleep(GATE_POLL_US);
		waited += GATE_POLL_US;
	}
	return 0;
}
