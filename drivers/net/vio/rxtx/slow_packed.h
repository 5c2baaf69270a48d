/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* slow_packed.h - what slow.c asks of slow_packed.c. */
#ifndef VIO_SLOW_PACKED_H
#define VIO_SLOW_PACKED_H

#include <stdint.h>

struct vio_txq;

/** vio_tx_shuffle() of a packed ring. */
void vio_tx_packed_shuffle(struct vio_txq *q);

/** vio_tx_complete_shuffled() of a packed ring. */
void vio_tx_packed_complete_shuffled(struct vio_txq *q);

/** Free the packet @p id, that is out, once shuffled. */
void vio_tx_packed_free(struct vio_txq *q, uint16_t id);

/** Make the table at @p addr available, packet vio_tx_next_id(). @param old as in vio_tx_send() */
void vio_tx_packed_table(struct vio_txq *q, uint16_t id, uint64_t addr, uint32_t len,
			 uint16_t old);

#endif /* VIO_SLOW_PACKED_H */
