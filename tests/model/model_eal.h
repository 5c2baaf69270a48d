/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_eal.h - DPDK without devices, hugepages or privileges, and the driver's log to look at. */
#ifndef MODEL_EAL_H
#define MODEL_EAL_H

#include <stdbool.h>

/** Group set-up and teardown of cmocka. */
int model_eal_start(void **state);
int model_eal_stop(void **state);

/** Forget what was logged. */
void model_log_start(void);

/** Was a line with @p text logged since? Whatever the driver says is kept, nothing is printed. */
bool model_logged(const char *text);

#endif /* MODEL_EAL_H */
