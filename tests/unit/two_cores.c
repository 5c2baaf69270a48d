/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* two_cores.c - see two_cores.h. */

#include <sched.h>

#include "two_cores.h"
#include "unit.h"

void
look_again(unsigned int *looks)
{
	if (++*looks % 256 == 0)
		sched_yield();
}

void
wait_for(const uint32_t *word, uint32_t value)
{
	unsigned int looks = 0;

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
		look_again(&looks);
}

void
stay_on_core(int n)
{
	cpu_set_t allowed, one;

	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || n-- != 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}
