/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_self_ctrl.c - does the model see it when a driver sends a command that it must not send? */

#include <limits.h>
#include <stdlib.h>

#include "features.h"
#include "handmade.h"
#include "model_cases.h"

#define NET(bit) F(VIRTIO_NET_F_ ## bit)
#define CTRL NET(CTRL_VQ)

/** Nothing is wrong. */
#define FINE UINT_MAX

/** A command, and the rule that it breaks, or FINE. */
struct command {
	uint64_t features;
	unsigned int rule;
	uint32_t len;
	uint8_t bytes[64];
};

#define RX VIRTIO_NET_CTRL_RX
#define MAC VIRTIO_NET_CTRL_MAC
#define VLAN VIRTIO_NET_CTRL_VLAN
#define ANNOUNCE VIRTIO_NET_CTRL_ANNOUNCE
#define MQ VIRTIO_NET_CTRL_MQ
#define OFFLOADS VIRTIO_NET_CTRL_GUEST_OFFLOADS
#define COAL VIRTIO_NET_CTRL_NOTF_COAL

/** An RSS command with a table of four entries and a key of one byte, or what is made of it. */
#define RSS(types, mask, unclassified, entry, pairs, key) \
	{ MQ, 1, types, 0, 0, 0, mask, 0, unclassified, 0, 0, 0, entry, 0, 0, 0, 0, 0, pairs, 0, \
	  key, 0x55 }
#define RSS_LEN 22

static const struct command commands[] = {
	/* receive modes */
	{ CTRL | NET(CTRL_RX), FINE, 3, { RX, 0, 1 } },
	{ CTRL | NET(CTRL_RX), FINE, 3, { RX, 1, 0 } },
	{ CTRL, 39, 3, { RX, 0, 1 } },
	{ CTRL | NET(CTRL_RX_EXTRA), 39, 3, { RX, 1, 1 } },
	{ CTRL | NET(CTRL_RX), 39, 3, { RX, 2, 1 } },
	{ CTRL | NET(CTRL_RX_EXTRA), FINE, 3, { RX, 5, 1 } },
	{ CTRL | NET(CTRL_RX_EXTRA), 39, 3, { RX, 6, 1 } },
	{ CTRL | NET(CTRL_RX), 39, 3, { RX, 0, 2 } },
	{ CTRL | NET(CTRL_RX), 39, 2, { RX, 0 } },
	{ CTRL | NET(CTRL_RX), 39, 4, { RX, 0, 1, 0 } },
	/* addresses */
	{ CTRL | NET(CTRL_RX), FINE, 10, { MAC, 0 } },
	{ CTRL, 40, 10, { MAC, 0 } },
	{ CTRL | NET(CTRL_MAC_ADDR), 40, 8, { MAC, 1, 2 } },
	{ CTRL | NET(CTRL_RX), 40, 8, { MAC, 1, 2 } },
	{ CTRL | NET(CTRL_RX) | NET(CTRL_MAC_ADDR), FINE, 8, { MAC, 1, 2 } },
	{ CTRL | NET(CTRL_RX) | NET(CTRL_MAC_ADDR), 40, 8, { MAC, 1, 1 } },
	{ CTRL | NET(CTRL_RX) | NET(CTRL_MAC_ADDR), 40, 7, { MAC, 1, 2 } },
	{ CTRL | NET(CTRL_RX), 40, 10, { MAC, 2 } },
	{ CTRL | NET(CTRL_RX), FINE, 16, { MAC, 0, 1, 0, 0, 0, 2 } },
	{ CTRL | NET(CTRL_RX), 40, 16, { MAC, 0, 1, 0, 0, 0, 1 } },
	{ CTRL | NET(CTRL_RX), FINE, 16, { MAC, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1 } },
	{ CTRL | NET(CTRL_RX), 40, 16, { MAC, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2 } },
	{ CTRL | NET(CTRL_RX), 40, 16, { MAC, 0, 2, 0, 0, 0, 2 } },
	{ CTRL | NET(CTRL_RX), 40, 6, { MAC, 0 } },
	{ CTRL | NET(CTRL_RX), 40, 11, { MAC, 0 } },
	/* VLANs */
	{ CTRL | NET(CTRL_VLAN), FINE, 4, { VLAN, 0, 0xff, 0x0f } },
	{ CTRL, MODEL_HOUSE, 4, { VLAN, 0, 1, 0 } },
	{ CTRL | NET(CTRL_VLAN), MODEL_HOUSE, 4, { VLAN, 0, 0, 0x10 } },
	{ CTRL | NET(CTRL_VLAN), MODEL_HOUSE, 3, { VLAN, 1, 1 } },
	/* announcements */
	{ CTRL | NET(GUEST_ANNOUNCE), FINE, 2, { ANNOUNCE, 0 } },
	{ CTRL, 41, 2, { ANNOUNCE, 0 } },
	{ CTRL | NET(GUEST_ANNOUNCE), 41, 3, { ANNOUNCE, 0 } },
	/* queue pairs: the hand-made driver has one */
	{ CTRL | NET(MQ), FINE, 4, { MQ, 0, 1, 0 } },
	{ CTRL, 42, 4, { MQ, 0, 1, 0 } },
	{ CTRL | NET(MQ), 42, 4, { MQ, 0, 0, 0 } },
	{ CTRL | NET(MQ), 42, 4, { MQ, 0, 2, 0 } },
	{ CTRL | NET(MQ), 42, 4, { MQ, 0, 5, 0 } },
	/* RSS */
	{ CTRL | NET(RSS), FINE, RSS_LEN, RSS(0x07, 3, 0, 0, 1, 1) },
	{ CTRL | NET(MQ), 43, RSS_LEN, RSS(0x07, 3, 0, 0, 1, 1) },
	{ CTRL | NET(RSS), 43, RSS_LEN, RSS(0x0f, 3, 0, 0, 1, 1) },
	{ CTRL | NET(RSS), 43, RSS_LEN - 2, RSS(0x07, 2, 0, 0, 1, 1) },
	{ CTRL | NET(RSS), 43, RSS_LEN, RSS(0x07, 3, 1, 0, 1, 1) },
	{ CTRL | NET(RSS), 43, RSS_LEN, RSS(0x07, 3, 0, 1, 1, 1) },
	{ CTRL | NET(RSS), 43, RSS_LEN, RSS(0x07, 3, 0, 9, 1, 1) },
	{ CTRL | NET(RSS), 43, RSS_LEN, RSS(0x07, 3, 0, 0, 0, 1) },
	{ CTRL | NET(RSS), 42, RSS_LEN, RSS(0x07, 3, 0, 0, 2, 1) },
	{ CTRL | NET(RSS), 43, RSS_LEN, RSS(0x07, 3, 0, 0, 1, 2) },
	{ CTRL | NET(RSS), 43, RSS_LEN + 1, RSS(0x07, 3, 0, 0, 1, 1) },
	{ CTRL | NET(RSS), 43, 62, RSS(0x07, 3, 0, 0, 1, 41) },
	{ CTRL | NET(RSS), 43, 5, { MQ, 1 } },
	{ CTRL | NET(RSS), MODEL_HOUSE, RSS_LEN, { MQ, 3 } },
	{ CTRL | NET(HASH_REPORT), FINE, 16, { MQ, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
	{ CTRL | NET(RSS), 43, 16, { MQ, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
	{ CTRL | NET(HASH_REPORT), 43, 16, { MQ, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
	{ CTRL | NET(HASH_REPORT), 43, 16, { MQ, 2, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 } },
	{ CTRL | NET(HASH_REPORT), 43, 16, { MQ, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 } },
	{ CTRL | NET(HASH_REPORT), 43, 57, { MQ, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 42 } },
	/* offloads */
	{ CTRL | NET(CTRL_GUEST_OFFLOADS), FINE, 10, { OFFLOADS, 0 } },
	{ CTRL, 44, 10, { OFFLOADS, 0 } },
	{ CTRL | NET(CTRL_GUEST_OFFLOADS), 44, 10, { OFFLOADS, 0, 2 } },
	{ CTRL | NET(CTRL_GUEST_OFFLOADS) | NET(GUEST_CSUM), FINE, 10, { OFFLOADS, 0, 2 } },
	{ CTRL | NET(CTRL_GUEST_OFFLOADS) | NET(GUEST_CSUM), 44, 10, { OFFLOADS, 0, 3 } },
	{ CTRL | NET(CTRL_GUEST_OFFLOADS) | NET(CSUM), 44, 10, { OFFLOADS, 0, 1 } },
	{ CTRL | NET(CTRL_GUEST_OFFLOADS), 44, 6, { OFFLOADS, 0 } },
	/* coalescing */
	{ CTRL | NET(NOTF_COAL), FINE, 10, { COAL, 1 } },
	{ CTRL | NET(VQ_NOTF_COAL), 45, 10, { COAL, 1 } },
	{ CTRL | NET(VQ_NOTF_COAL), FINE, 14, { COAL, 2, 1 } },
	{ CTRL | NET(NOTF_COAL), 45, 14, { COAL, 2, 1 } },
	{ CTRL | NET(VQ_NOTF_COAL), 45, 14, { COAL, 2, 2 } },
	{ CTRL | NET(VQ_NOTF_COAL), 45, 10, { COAL, 2 } },
	/* what is no command */
	{ CTRL, MODEL_HOUSE, 2, { 99, 0 } },
	{ CTRL, MODEL_HOUSE, 1, { RX } },
};

static void
sees_commands(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];
		uint8_t ack;

		hm_live(c->features);
		hm_device.config.max_virtqueue_pairs = 2;
		hm_device.config.rss_max_key_size = 40;
		hm_device.config.rss_max_indirection_table_length = 128;
		hm_device.config.supported_hash_types = 7;
		ack = model_ctrl_run(&hm_device, c->bytes, c->len);
		if (c->rule == FINE) {
			model_assert_clean();
			assert_int_equal(ack, VIRTIO_NET_OK);
		} else {
			if (model_breaches_of(c->rule) != 1 || model_breaches() != 1)
				fail_msg("command %u: not rule %u, but %s", i, c->rule,
					 model_first_breach());
			assert_int_equal(ack, VIRTIO_NET_ERR);
		}
	}
}

/** A packet on a queue of a pair that is not on. */
static void
sees_42_sent_too_early(void **state)
{
	(void)state;
	hm_live(CTRL);
	hm_device.ctrl.pairs = 0;
	hm_tx_packet(0, 60);
	hm_kick(HM_TX);
	hm_look();
	hm_assert_breach(42);
}

int
main(void)
{
	int failed;

	model_case(sees_commands, NULL, NULL, "self_sees_commands");
	model_case(sees_42_sent_too_early, NULL, NULL, "self_sees_42_sent_too_early");
	failed = model_cases_run("self_ctrl");
	hm_end();
	return failed;
}
