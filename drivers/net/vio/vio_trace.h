/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_trace.h - trace points of the driver, pmd.net.vio.*: what happens to a port, and the two
 * things a burst may do that cost more than the burst. Turned on by EAL's --trace=pmd.net.vio.* and
 * kept in the folder of --trace-dir. A trace point that is off costs a load and a branch, and those
 * that a burst can come to are in functions that are called seldom: none is in the body of a burst.
 */
#ifndef VIO_TRACE_H
#define VIO_TRACE_H

#include <stdint.h>

#include <rte_trace_point.h>

/** Features were agreed on: once at probe, and with each start. */
RTE_TRACE_POINT(
	vio_trace_negotiate,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint64_t offered, uint64_t wanted,
			     uint64_t accepted, int ret),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u64(offered);
	rte_trace_point_emit_u64(wanted);
	rte_trace_point_emit_u64(accepted);
	rte_trace_point_emit_int(ret);
)

/** The application started the port. @p live  it works; else it waits for its backend */
RTE_TRACE_POINT(
	vio_trace_start,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t pairs, uint8_t live, int ret),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(pairs);
	rte_trace_point_emit_u8(live);
	rte_trace_point_emit_int(ret);
)

/** The application stopped the port. */
RTE_TRACE_POINT(
	vio_trace_stop,
	RTE_TRACE_POINT_ARGS(uint16_t port_id),
	rte_trace_point_emit_u16(port_id);
)

/** The device was reset and its queues were drained. @p ret  -ETIMEDOUT, -EBUSY: given up */
RTE_TRACE_POINT(
	vio_trace_reset,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, int ret),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_int(ret);
)

/** A backend came, ret 0, or one came that is of no use. */
RTE_TRACE_POINT(
	vio_trace_connect,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, int ret),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_int(ret);
)

/** The backend went away. */
RTE_TRACE_POINT(
	vio_trace_disconnect,
	RTE_TRACE_POINT_ARGS(uint16_t port_id),
	rte_trace_point_emit_u16(port_id);
)

/** A queue was stopped because the device broke a rule. @p fault  enum vio_fault */
RTE_TRACE_POINT(
	vio_trace_fault,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t virtqueue, uint8_t fault),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(virtqueue);
	rte_trace_point_emit_u8(fault);
)

/** The mempool of a receive queue could not give @p missing mbufs. */
RTE_TRACE_POINT(
	vio_trace_refill_failure,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id, uint16_t missing),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
	rte_trace_point_emit_u16(missing);
)

/** The device was notified. @p next  position of what the driver makes available next */
RTE_TRACE_POINT(
	vio_trace_kick,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t virtqueue, uint16_t next),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(virtqueue);
	rte_trace_point_emit_u16(next);
)

#endif /* VIO_TRACE_H */
