/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_trace.c - the names of the trace points. */

#include <rte_trace_point_register.h>

#include "rxtx/vio_check.h"
#include "vio_trace.h"

#if !VIO_CHECKED /* beside the driver proper, which has these names */
#undef RTE_TRACE_POINT_REGISTER
#define RTE_TRACE_POINT_REGISTER(trace, ...) rte_trace_point_t __##trace;
#endif

RTE_TRACE_POINT_REGISTER(vio_trace_negotiate, pmd.net.vio.negotiate)
RTE_TRACE_POINT_REGISTER(vio_trace_start, pmd.net.vio.start)
RTE_TRACE_POINT_REGISTER(vio_trace_stop, pmd.net.vio.stop)
RTE_TRACE_POINT_REGISTER(vio_trace_reset, pmd.net.vio.reset)
RTE_TRACE_POINT_REGISTER(vio_trace_connect, pmd.net.vio.connect)
RTE_TRACE_POINT_REGISTER(vio_trace_disconnect, pmd.net.vio.disconnect)
RTE_TRACE_POINT_REGISTER(vio_trace_fault, pmd.net.vio.fault)
RTE_TRACE_POINT_REGISTER(vio_trace_refill_failure, pmd.net.vio.refill_failure)
RTE_TRACE_POINT_REGISTER(vio_trace_kick, pmd.net.vio.kick)
