/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Spoiling frames. */

#include "fault.h"
#include "frames.h"

static void
corrupt(struct rte_mbuf *m)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(m);

	rte_pktmbuf_mtod(last, uint8_t *)[last->data_len - 1] ^= 0x10;
}

bool
fault_frames(enum bench_fault fault, struct rte_mbuf **frames, unsigned int count,
	uint16_t stream, uint64_t first)
{
	if (count < 3)
		return false;
	switch (fault) {
	case FAULT_CORRUPT:
		corrupt(frames[1]);
		return true;
	case FAULT_TRUNCATE:
		return rte_pktmbuf_trim(frames[1], 1) == 0;
	case FAULT_DUPLICATE:
		frame_write(frames[2], stream, first + 1);
		return true;
	case FAULT_REORDER:
		frame_write(frames[1], stream, first + 2);
		frame_write(frames[2], stream, first + 1);
		return true;
	default:
		return false;
	}
}
