/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* ctrl_cases.h - what the tests of commands and filters share: ports of both layouts of rings. */
#ifndef CTRL_CASES_H
#define CTRL_CASES_H

#include "model_cases.h"
#include "model_port.h"

#define F(bit) VIRTIO_FEATURE(VIRTIO_NET_F_ ## bit)

/** A device with a control queue and all that it can do for one pair. */
#define CTRL_FEATURES (F(CTRL_VQ) | F(CTRL_RX) | F(CTRL_RX_EXTRA) | F(CTRL_VLAN) | \
		       F(CTRL_MAC_ADDR) | F(STATUS) | F(MAC))

/** What a case is run with: *state. */
struct ctrl_layout {
	const char *suffix;
	uint64_t features;
};

static const struct ctrl_layout ctrl_layouts[] = {
	{ "", 0 },
	{ "_event_idx", VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX) },
	{ "_packed", VIRTIO_FEATURE(VIRTIO_F_RING_PACKED) },
	{ "_packed_event_idx", VIRTIO_FEATURE(VIRTIO_F_RING_PACKED) |
			       VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX) },
};

/** The same case over both layouts. */
#define CTRL_CASE(run) do { \
	for (unsigned int l_ = 0; l_ < RTE_DIM(ctrl_layouts); l_++) \
		model_case(run, &ctrl_layouts[l_], NULL, "%s%s", #run, \
			   ctrl_layouts[l_].suffix); \
} while (0)

/** Features of the case's layout. */
static inline uint64_t
ctrl_layout(void **state)
{
	return ((const struct ctrl_layout *)*state)->features;
}

/** A started port; small rings where the configuration names none. */
static inline struct model_port *
ctrl_start(const struct model_port_config *config, void **state)
{
	struct model_port_config full = *config;
	struct model_port *port;

	full.features |= ctrl_layout(state);
	if (full.rx_size == 0)
		full.rx_size = full.tx_size = 16;
	if (full.mac[0] == 0 && full.mac[5] == 0)
		memcpy(full.mac, "\x52\x54\x00\x00\x00\x01", 6);
	port = model_port_create(&full);
	model_port_start(port);
	return port;
}

/** The command that came last. */
static inline const struct model_command *
ctrl_last(const struct model_port *port)
{
	const struct model_ctrl *ctrl = &port->device.ctrl;

	assert_int_not_equal(ctrl->num_commands, 0);
	return &ctrl->commands[ctrl->num_commands - 1];
}

/** An address: the first byte tells its kind. */
static inline struct rte_ether_addr
ctrl_mac(uint8_t first, unsigned int number)
{
	return (struct rte_ether_addr){ { first, 0, 0, 0, number >> 8, number & 0xff } };
}

#endif /* CTRL_CASES_H */
