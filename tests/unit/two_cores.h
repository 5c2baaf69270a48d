/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* two_cores.h - two threads that wait for each other, each on a core of its own. */
#ifndef TWO_CORES_H
#define TWO_CORES_H

#include <stdint.h>

/** One look more at what the other thread is to write; it may need this core to do it. */
void look_again(unsigned int *looks);

/** Until the other thread has written @p value. */
void wait_for(const uint32_t *word, uint32_t value);

/** Keep the calling thread on the @p n-th of the cores that it may use: a race needs two. */
void stay_on_core(int n);

#endif /* TWO_CORES_H */
