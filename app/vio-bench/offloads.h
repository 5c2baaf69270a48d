/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The offloads that a run asks for: their names, asking a port, frames that use them. */

#ifndef VIO_BENCH_OFFLOADS_H
#define VIO_BENCH_OFFLOADS_H

#include <stddef.h>
#include <stdint.h>

#include <rte_ethdev.h>

/** A direction's: ethdev's name of one, rte_eth_dev_rx_offload_name() or its twin. */
typedef const char *(*offload_namer)(uint64_t offload);

/**
 * Read "NAME,NAME...", meant for both sides, or "NAMES;NAMES", for A and for B.
 *
 * @param option  For messages: "rx-offloads".
 * @param out     Bits of A and of B, as in struct rte_eth_rxmode, struct rte_eth_txmode.
 * @return        0, or -EINVAL after an error line.
 */
int
offloads_parse(const char *option, const char *text, offload_namer name, uint64_t out[2]);

/** Names, with commas between them; "none" for no bit. Returns out. */
const char *
offloads_names(char *out, size_t size, uint64_t offloads, offload_namer name);

/**
 * Ask a port for them.
 *
 * @param port  For messages: the port's name.
 * @return      0, or -ENOTSUP after an error line that names what the driver does not offer.
 */
int
offloads_ask(const char *port, const struct rte_eth_dev_info *info, uint64_t rx, uint64_t tx,
	struct rte_eth_conf *conf);

/** Flags of each frame sent over a port with these offloads: a wish for a checksum, or 0. */
uint64_t
offloads_frame_flags(uint64_t tx);

#endif /* VIO_BENCH_OFFLOADS_H */
