/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_compat.h - everything that differs between DPDK releases, and nothing else. 22.11 is the base.
 */
#ifndef VIO_COMPAT_H
#define VIO_COMPAT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_thread.h>
#include <rte_version.h>

#if RTE_VERSION < RTE_VERSION_NUM(22, 11, 0, 0)
#error "vio needs DPDK 22.11 or later"
#endif

/* rte_tel_data_add_dict_u64() until 23.03, which has the old name for a while too. */
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define rte_tel_data_add_dict_uint rte_tel_data_add_dict_u64
#endif

/* Keys without a value: shown to the handler by rte_kvargs_process() before 24.11. */
#if RTE_VERSION < RTE_VERSION_NUM(24, 11, 0, 0)
#define rte_kvargs_process_opt rte_kvargs_process
#endif

/* eth_dev_ops.dev_supported_ptypes_get: counted since 24.03, from 0; ended by UNKNOWN before. */
#if RTE_VERSION < RTE_VERSION_NUM(24, 3, 0, 0)
#define VIO_PTYPES_COUNT
#else
#define VIO_PTYPES_COUNT , size_t *count __rte_unused
#endif

/*
 * Control threads: rte_ctrl_thread_create(), with a thread of POSIX, before 23.11, and
 * rte_thread_create_control() since. A thread's function returns vio_thread_end.
 * vio_thread_create(NAME, FUNCTION): 0 or a negative errno.
 */
#if RTE_VERSION < RTE_VERSION_NUM(23, 11, 0, 0)
typedef void *vio_thread_end;

static inline int
vio_thread_create(const char *name, vio_thread_end (*run)(void *arg))
{
	pthread_t thread;

	return -abs(rte_ctrl_thread_create(&thread, name, NULL, run, NULL));
}
#else
typedef uint32_t vio_thread_end;

static inline int
vio_thread_create(const char *name, vio_thread_end (*run)(void *arg))
{
	rte_thread_t thread;

	return -abs(rte_thread_create_control(&thread, name, run, NULL));
}
#endif

#endif /* VIO_COMPAT_H */
