/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* netbridge.h - what all parts of netbridge share. */
#ifndef NETBRIDGE_H
#define NETBRIDGE_H

#include <rte_ether.h>

#define NB_QUEUES_MAX 16
#define NB_MTU_MAX 9000
/** Bytes of a frame beyond its MTU: Ethernet's header and a VLAN tag. */
#define NB_OVERHEAD (RTE_ETHER_HDR_LEN + 4)

/** What of the packets' treatment is left to the other side, as the user wishes. */
enum nb_offload {
	NB_TX_CSUM = 1 << 0, /**< the port completes checksums of what the interface sends */
	NB_TSO = 1 << 1,     /**< the port cuts long TCP packets */
	NB_RX_CSUM = 1 << 2, /**< the port says which checksums need no look */
	NB_LRO = 1 << 3,     /**< the port puts TCP packets together */
};

/** A sentence for the user, on standard error. */
__rte_format_printf(1, 2) void
nb_log(const char *format, ...);

#endif /* NETBRIDGE_H */
