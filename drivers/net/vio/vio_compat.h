/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_compat.h - everything that differs between DPDK releases, and nothing else. 22.11 is the base.
 */
#ifndef VIO_COMPAT_H
#define VIO_COMPAT_H

#include <rte_version.h>

#if RTE_VERSION < RTE_VERSION_NUM(22, 11, 0, 0)
#error "vio needs DPDK 22.11 or later"
#endif

/* rte_tel_data_add_dict_u64() until 23.03, which has the old name for a while too. */
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define rte_tel_data_add_dict_uint rte_tel_data_add_dict_u64
#endif

#endif /* VIO_COMPAT_H */
