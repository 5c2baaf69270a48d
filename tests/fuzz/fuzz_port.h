/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* fuzz_port.h - ports of the driver whose device is driven by an input. */
#ifndef FUZZ_PORT_H
#define FUZZ_PORT_H

#include "fuzz.h"
#include "model_memory.h"
#include "model_port.h"
#include "model_raw.h"

/** Small rings: an input goes round them. */
#define FUZZ_RING 16
#define FUZZ_RING_PACKED 13

#define NET(bit) VIRTIO_FEATURE(VIRTIO_NET_F_ ## bit)

/** Features of rings, by bits of an input. */
static inline uint64_t
fuzz_ring_features(uint8_t how)
{
	return (how & 2 ? VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX) : 0) |
	       (how & 4 ? VIRTIO_FEATURE(VIRTIO_F_IN_ORDER) : 0);
}

/** A started port, as the tests of the model have them. */
struct model_port *fuzz_port_start(const struct model_port_config *config);

/** Stop, look whether everything is back, and start. */
void fuzz_port_restart(struct model_port *port);

/** Close it, whatever state it is in, and look again. */
void fuzz_port_end(struct model_port *port);

/** What a device does to a ring. */
enum fuzz_deed {
	FUZZ_OTHER,   /**< something of the target's own */
	FUZZ_SHOW,    /**< the oldest buffers come back */
	FUZZ_LIE,     /**< fewer, with ids, or lengths, that the input changes */
	FUZZ_WILD,    /**< see model_raw_wild() */
	FUZZ_REWRITE, /**< see model_raw_rewrite() */
};

/**
 * Do so.
 * @param op   the byte of the input that chose it: how many come back
 * @param rx   the lengths matter, and come from the input
 */
void fuzz_device(struct model_raw *raw, struct fuzz_input *in, enum fuzz_deed deed, uint8_t op,
		 bool rx);

#endif /* FUZZ_PORT_H */
