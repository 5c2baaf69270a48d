/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_ctrl.h - the control virtqueue from the device's side (5.1.6.5): it carries out commands as
 * soon as it is notified of them, checks what the standard says of each, and keeps a list of them.
 */
#ifndef MODEL_CTRL_H
#define MODEL_CTRL_H

#include <stdbool.h>
#include <stdint.h>

struct model_device;
struct model_queue;

/** How the device answers. */
enum model_answer {
	MODEL_ANSWER_TRUE,        /**< OK where it could do it, else ERR */
	MODEL_ANSWER_ERR,         /**< ERR, and does nothing */
	MODEL_ANSWER_GARBAGE,     /**< neither OK nor ERR */
	MODEL_ANSWER_EMPTY,       /**< used, and no answer written */
	MODEL_ANSWER_WRONG_ID,    /**< another buffer is used than was made available */
	MODEL_ANSWER_FORGED,      /**< what model_ctrl::forged_* say */
	MODEL_ANSWER_NEVER,
	MODEL_ANSWER_NEEDS_RESET, /**< never; the status says DEVICE_NEEDS_RESET from then on */
	MODEL_ANSWER_GONE,        /**< never; the device is no more */
};

/** Largest RSS table of the model, and receive modes that there are. */
#define MODEL_RSS_TABLE 4096
#define MODEL_RX_MODES 6

/** Addresses of each of the two tables that are kept. */
#define MODEL_MACS 256

/** A command that came. */
struct model_command {
	uint8_t class;
	uint8_t cmd;
	uint32_t len;    /**< of its data */
	uint8_t *data;
};

/** RSS as it was configured last. */
struct model_rss {
	bool on;
	uint32_t types;
	uint16_t mask;
	uint16_t unclassified;
	uint16_t table[MODEL_RSS_TABLE];
	uint16_t max_tx;
	uint8_t key_len;
	uint8_t key[255];
};

/** Coalescing parameters. */
struct model_coal {
	uint32_t packets;
	uint32_t usecs;
};

/** What the device was told since its last reset. */
struct model_ctrl {
	/* set by tests; a reset changes nothing of it */
	enum model_answer answer;
	uint8_t only_class;      /**< with an answer but the true one: for commands of this class */
	bool any_class;          /**< for those of every class */
	uint32_t forged_id;      /**< what the id differs by from the right one */
	uint32_t forged_len;
	uint8_t forged_ack;
	bool announce_deaf;      /**< the wish for an announcement stays, acknowledged or not */
	/* the list of commands; a reset empties it */
	struct model_command *commands;
	unsigned int num_commands;
	/* the state */
	bool modes[MODEL_RX_MODES];
	uint8_t mac[6];
	bool mac_set;
	uint32_t num_uc;
	uint32_t num_mc;
	uint8_t uc[MODEL_MACS][6];
	uint8_t mc[MODEL_MACS][6];
	uint64_t vlans[64];
	uint16_t pairs;
	struct model_rss rss;
	uint64_t offloads;
	struct model_coal coal_rx;
	struct model_coal coal[9];
};

/** Is it the control queue? Where that is depends on features (5.1.2). */
bool model_ctrl_is(const struct model_queue *q);

/** The device is made, or was reset. */
void model_ctrl_reset(struct model_device *device);
void model_ctrl_fini(struct model_device *device);

/** The control queue was notified; answers. Under the device's lock. */
void model_ctrl_look(struct model_queue *q);

/**
 * Carry out a command: @p bytes are class, command and data.
 * @return what the device answers
 */
uint8_t model_ctrl_run(struct model_device *device, const uint8_t *bytes, uint32_t len);

/** How many commands of that kind came since the last reset? */
unsigned int model_ctrl_count(struct model_device *device, uint8_t class, uint8_t cmd);

/** How many of any kind? */
unsigned int model_ctrl_total(struct model_device *device);

/** Does the device deliver a frame to this address, as it was told? Untagged. */
bool model_ctrl_takes(struct model_device *device, const uint8_t mac[6]);

/** Does it deliver one with this VLAN? */
bool model_ctrl_takes_vlan(struct model_device *device, uint16_t vlan_id);

#endif /* MODEL_CTRL_H */
