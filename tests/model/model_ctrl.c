/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_ctrl.c - see model_ctrl.h. Rules 39 to 45 are checked here, and 42 in model_net.c too. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "features.h"
#include "model_book.h"
#include "model_device.h"
#include "unit.h"

#define F(bit) VIRTIO_FEATURE(VIRTIO_NET_F_ ## bit)
#define GUEST_OFFLOADS (F(GUEST_CSUM) | F(GUEST_TSO4) | F(GUEST_TSO6) | F(GUEST_ECN) | \
			F(GUEST_UFO) | F(GUEST_USO4) | F(GUEST_USO6))

static bool
has(const struct model_device *device, unsigned int bit)
{
	return model_device_has(device, bit);
}

/** Little endian numbers, wherever they stand. */
static uint16_t
le16(const uint8_t *bytes)
{
	return bytes[0] | bytes[1] << 8;
}

static uint32_t
le32(const uint8_t *bytes)
{
	return le16(bytes) | (uint32_t)le16(bytes + 2) << 16;
}

bool
model_ctrl_is(const struct model_queue *q)
{
	const struct model_device *device = q->device;
	const bool several = has(device, VIRTIO_NET_F_MQ) || has(device, VIRTIO_NET_F_RSS);

	return has(device, VIRTIO_NET_F_CTRL_VQ) &&
	       q->index == (several ? 2 * device->config.max_virtqueue_pairs : 2);
}

static void
forget_commands(struct model_ctrl *ctrl)
{
	for (unsigned int i = 0; i < ctrl->num_commands; i++)
		free(ctrl->commands[i].data);
	free(ctrl->commands);
}

void
model_ctrl_reset(struct model_device *device)
{
	struct model_ctrl *ctrl = &device->ctrl;

	forget_commands(ctrl);
	*ctrl = (struct model_ctrl){
		.answer = ctrl->answer,
		.only_class = ctrl->only_class,
		.any_class = ctrl->any_class,
		.announce_deaf = ctrl->announce_deaf,
		.pairs = 1,
	};
}

void
model_ctrl_fini(struct model_device *device)
{
	forget_commands(&device->ctrl);
	device->ctrl.commands = NULL;
	device->ctrl.num_commands = 0;
}

/** 5.1.6.5.1 */
static bool
run_rx(struct model_device *device, uint8_t cmd, const uint8_t *data, uint32_t len)
{
	const unsigned int needs = cmd <= VIRTIO_NET_CTRL_RX_ALLMULTI ? VIRTIO_NET_F_CTRL_RX :
									VIRTIO_NET_F_CTRL_RX_EXTRA;

	if (!has(device, needs))
		model_breach(39, "receive mode %u without its feature", cmd);
	else if (cmd >= MODEL_RX_MODES || len != 1 || data[0] > 1)
		model_breach(39, "receive mode %u with %u bytes", cmd, len);
	else {
		device->ctrl.modes[cmd] = data[0];
		return true;
	}
	return false;
}

/** A table of addresses from *data on, all of one kind; *data goes behind it. */
static bool
run_mac_table(uint8_t macs[][6], uint32_t *num, bool multicast, const uint8_t **data,
	      uint32_t *len)
{
	bool right = true;
	uint32_t count;

	if (*len < 4 || (*len - 4) / 6 < le32(*data)) {
		model_breach(40, "a table of addresses is cut short");
		return false;
	}
	count = le32(*data);
	*data += 4;
	*len -= 4;
	for (uint32_t i = 0; i < count; i++, *data += 6, *len -= 6) {
		if (((*data)[0] & 1) != multicast) {
			model_breach(40, "an address of the other kind in the %s table",
				     multicast ? "multicast" : "unicast");
			right = false;
		}
		if (i < MODEL_MACS)
			memcpy(macs[i], *data, 6);
	}
	*num = count;
	return right && count <= MODEL_MACS;
}

/** 5.1.6.5.2 */
static bool
run_mac(struct model_device *device, uint8_t cmd, const uint8_t *data, uint32_t len)
{
	struct model_ctrl *ctrl = &device->ctrl;

	if (!has(device, VIRTIO_NET_F_CTRL_RX)) {
		model_breach(40, "address command %u without CTRL_RX", cmd);
		return false;
	}
	if (cmd == VIRTIO_NET_CTRL_MAC_ADDR_SET) {
		if (!has(device, VIRTIO_NET_F_CTRL_MAC_ADDR) || len != 6 || (data[0] & 1)) {
			model_breach(40, "an address set with %u bytes", len);
			return false;
		}
		memcpy(ctrl->mac, data, 6);
		ctrl->mac_set = true;
		return true;
	}
	if (cmd != VIRTIO_NET_CTRL_MAC_TABLE_SET) {
		model_breach(40, "address command %u", cmd);
		return false;
	}
	if (!run_mac_table(ctrl->uc, &ctrl->num_uc, false, &data, &len) ||
	    !run_mac_table(ctrl->mc, &ctrl->num_mc, true, &data, &len))
		return false;
	if (len != 0)
		model_breach(40, "%u bytes behind the tables", len);
	return len == 0;
}

/** 5.1.6.5.3 */
static bool
run_vlan(struct model_device *device, uint8_t cmd, const uint8_t *data, uint32_t len)
{
	uint64_t bit;
	uint16_t id;

	if (!has(device, VIRTIO_NET_F_CTRL_VLAN) || cmd > VIRTIO_NET_CTRL_VLAN_DEL || len != 2 ||
	    le16(data) > 4095) {
		model_breach(MODEL_HOUSE, "VLAN command %u with %u bytes", cmd, len);
		return false;
	}
	id = le16(data);
	bit = UINT64_C(1) << (id % 64);
	if (cmd == VIRTIO_NET_CTRL_VLAN_ADD)
		device->ctrl.vlans[id / 64] |= bit;
	else
		device->ctrl.vlans[id / 64] &= ~bit;
	return true;
}

/** 5.1.6.5.4 */
static bool
run_announce(struct model_device *device, uint8_t cmd, uint32_t len)
{
	if (!has(device, VIRTIO_NET_F_GUEST_ANNOUNCE) || cmd != VIRTIO_NET_CTRL_ANNOUNCE_ACK ||
	    len != 0) {
		model_breach(41, "announcement command %u with %u bytes", cmd, len);
		return false;
	}
	if (!device->ctrl.announce_deaf)
		device->config.status &= ~VIRTIO_NET_S_ANNOUNCE;
	return true;
}

/** Are both queues of the first @p pairs pairs configured? */
static bool
pairs_there(const struct model_device *device, uint16_t pairs)
{
	for (unsigned int q = 0; q < 2u * pairs; q++)
		if (!device->queues[q].enabled) {
			model_breach(42, "%u pairs on, but queue %u is not configured", pairs, q);
			return false;
		}
	return true;
}

/** 5.1.6.5.6 */
static bool
run_pairs(struct model_device *device, const uint8_t *data, uint32_t len)
{
	if (!has(device, VIRTIO_NET_F_MQ) || len != 2) {
		model_breach(42, "queue pairs set with %u bytes", len);
		return false;
	}
	if (le16(data) < 1 || le16(data) > device->config.max_virtqueue_pairs) {
		model_breach(42, "%u queue pairs of %u", le16(data),
			     device->config.max_virtqueue_pairs);
		return false;
	}
	if (!pairs_there(device, le16(data)))
		return false;
	device->ctrl.pairs = le16(data);
	device->ctrl.rss.on = false;
	return true;
}

/** 5.1.6.5.7.1.1: what is wrong with a configuration of RSS? NULL: nothing. */
static const char *
check_rss(const struct model_device *device, const struct model_rss *rss)
{
	const struct virtio_spec_net_config *config = &device->config;

	if (rss->types & ~config->supported_hash_types)
		return "a hash type that is not supported";
	if (rss->mask & (rss->mask + 1))
		return "a table whose size is no power of two";
	if (rss->mask >= config->rss_max_indirection_table_length)
		return "a table that is too long";
	if (rss->key_len > config->rss_max_key_size)
		return "a key that is too long";
	if (rss->max_tx < 1 || rss->max_tx > config->max_virtqueue_pairs)
		return "max_tx_vq";
	for (unsigned int i = 0; i <= rss->mask; i++)
		if (rss->table[i] >= config->max_virtqueue_pairs ||
		    !device->queues[2 * rss->table[i]].enabled)
			return "a queue in the table that is not enabled";
	if (rss->unclassified >= config->max_virtqueue_pairs ||
	    !device->queues[2 * rss->unclassified].enabled)
		return "an unclassified queue that is not enabled";
	return NULL;
}

/** 5.1.6.5.7.1 */
static bool
run_rss(struct model_device *device, const uint8_t *data, uint32_t len)
{
	struct model_rss rss = { .on = true };
	const char *wrong = "a command that is cut short";
	uint32_t table;

	if (!has(device, VIRTIO_NET_F_RSS)) {
		model_breach(43, "RSS without its feature");
		return false;
	}
	if (len >= 8) {
		rss.types = le32(data);
		rss.mask = le16(data + 4);
		rss.unclassified = le16(data + 6);
	}
	table = 2 * (rss.mask + 1u);
	if (rss.mask < MODEL_RSS_TABLE && len >= 8 + table + 3 &&
	    len == 8 + table + 3 + data[8 + table + 2]) {
		for (unsigned int i = 0; i <= rss.mask; i++)
			rss.table[i] = le16(data + 8 + 2 * i);
		rss.max_tx = le16(data + 8 + table);
		rss.key_len = data[8 + table + 2];
		memcpy(rss.key, data + 8 + table + 3, rss.key_len);
		wrong = check_rss(device, &rss);
	}
	if (wrong != NULL) {
		model_breach(43, "RSS: %s", wrong);
		return false;
	}
	if (!pairs_there(device, rss.max_tx))
		return false;
	device->ctrl.rss = rss;
	device->ctrl.pairs = rss.max_tx;
	return true;
}

/** 5.1.6.5.6.4 */
static bool
run_hash(struct model_device *device, const uint8_t *data, uint32_t len)
{
	static const uint8_t zeros[8];
	struct model_rss rss = { .on = false };

	if (!has(device, VIRTIO_NET_F_HASH_REPORT) || len < 13 || len != 13u + data[12] ||
	    memcmp(data + 4, zeros, sizeof(zeros)) != 0 ||
	    data[12] > device->config.rss_max_key_size ||
	    (le32(data) & ~device->config.supported_hash_types) != 0) {
		model_breach(43, "hashes configured with %u bytes", len);
		return false;
	}
	rss.types = le32(data);
	rss.key_len = data[12];
	memcpy(rss.key, data + 13, rss.key_len);
	device->ctrl.rss = rss;
	return true;
}

/** 5.1.6.5.8 */
static bool
run_offloads(struct model_device *device, uint8_t cmd, const uint8_t *data, uint32_t len)
{
	uint64_t offloads;

	if (!has(device, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) || cmd != 0 || len != 8) {
		model_breach(44, "offload command %u with %u bytes", cmd, len);
		return false;
	}
	offloads = le32(data) | (uint64_t)le32(data + 4) << 32;
	if (offloads & ~(device->base.features & GUEST_OFFLOADS)) {
		model_breach(44, "offloads 0x%" PRIx64 " that were not negotiated", offloads);
		return false;
	}
	device->ctrl.offloads = offloads;
	return true;
}

/** 5.1.6.5.9 */
static bool
run_coal(struct model_device *device, uint8_t cmd, const uint8_t *data, uint32_t len)
{
	struct model_ctrl *ctrl = &device->ctrl;

	if (cmd <= VIRTIO_NET_CTRL_NOTF_COAL_RX_SET) {
		if (!has(device, VIRTIO_NET_F_NOTF_COAL) || len != 8) {
			model_breach(45, "coalescing command %u with %u bytes", cmd, len);
			return false;
		}
		if (cmd == VIRTIO_NET_CTRL_NOTF_COAL_RX_SET)
			ctrl->coal_rx = (struct model_coal){ le32(data), le32(data + 4) };
		return true;
	}
	if (!has(device, VIRTIO_NET_F_VQ_NOTF_COAL) || cmd != VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET ||
	    len != 12) {
		model_breach(45, "coalescing command %u with %u bytes", cmd, len);
		return false;
	}
	if (le16(data) >= 2 * ctrl->pairs || !device->queues[le16(data)].enabled) {
		model_breach(45, "coalescing of queue %u, which is not enabled", le16(data));
		return false;
	}
	ctrl->coal[le16(data)] = (struct model_coal){ le32(data + 4), le32(data + 8) };
	return true;
}

static bool
run_class(struct model_device *device, uint8_t class, uint8_t cmd, const uint8_t *data,
	  uint32_t len)
{
	switch (class) {
	case VIRTIO_NET_CTRL_RX:
		return run_rx(device, cmd, data, len);
	case VIRTIO_NET_CTRL_MAC:
		return run_mac(device, cmd, data, len);
	case VIRTIO_NET_CTRL_VLAN:
		return run_vlan(device, cmd, data, len);
	case VIRTIO_NET_CTRL_ANNOUNCE:
		return run_announce(device, cmd, len);
	case VIRTIO_NET_CTRL_MQ:
		if (cmd == VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET)
			return run_pairs(device, data, len);
		if (cmd == VIRTIO_NET_CTRL_MQ_RSS_CONFIG)
			return run_rss(device, data, len);
		if (cmd == VIRTIO_NET_CTRL_MQ_HASH_CONFIG)
			return run_hash(device, data, len);
		break;
	case VIRTIO_NET_CTRL_GUEST_OFFLOADS:
		return run_offloads(device, cmd, data, len);
	case VIRTIO_NET_CTRL_NOTF_COAL:
		return run_coal(device, cmd, data, len);
	}
	model_breach(MODEL_HOUSE, "control command %u.%u", class, cmd);
	return false;
}

uint8_t
model_ctrl_run(struct model_device *device, const uint8_t *bytes, uint32_t len)
{
	struct model_ctrl *ctrl = &device->ctrl;
	struct model_command *command;

	if (len < 2) {
		model_breach(MODEL_HOUSE, "a control command of %u bytes", len);
		return VIRTIO_NET_ERR;
	}
	ctrl->commands = realloc(ctrl->commands,
				 (ctrl->num_commands + 1) * sizeof(*ctrl->commands));
	assert_non_null(ctrl->commands);
	command = &ctrl->commands[ctrl->num_commands++];
	*command = (struct model_command){ bytes[0], bytes[1], len - 2, malloc(len) };
	assert_non_null(command->data);
	memcpy(command->data, bytes + 2, len - 2);
	return run_class(device, bytes[0], bytes[1], command->data, len - 2) ? VIRTIO_NET_OK :
									       VIRTIO_NET_ERR;
}

/** How is the command at the head of the queue to be answered? */
static enum model_answer
answer_to(const struct model_ctrl *ctrl, const struct model_chain *chain)
{
	if (ctrl->any_class || (chain->readable != 0 && chain->copy[chain->data] == ctrl->only_class))
		return ctrl->answer;
	return MODEL_ANSWER_TRUE;
}

static void
answer(struct model_queue *q)
{
	struct model_device *device = q->device;
	struct model_chain *chain = q->pending[0];
	const enum model_answer how = answer_to(&device->ctrl, chain);
	uint8_t ack = VIRTIO_NET_ERR;

	if (chain->writable != 1)
		model_breach(MODEL_HOUSE, "a control command with room for %u bytes of an answer",
			     chain->writable);
	if (how == MODEL_ANSWER_TRUE)
		ack = model_ctrl_run(device, chain->copy + chain->data, chain->readable);
	else if (how == MODEL_ANSWER_GARBAGE)
		ack = 0x7f;
	else if (how == MODEL_ANSWER_FORGED)
		ack = device->ctrl.forged_ack;
	else if (how == MODEL_ANSWER_NEEDS_RESET)
		device->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	else if (how == MODEL_ANSWER_GONE)
		model_device_unplug(device);
	if (how >= MODEL_ANSWER_NEVER)
		return;
	model_queue_use(q, 0);
	if (how == MODEL_ANSWER_EMPTY)
		ack = 0xff;
	model_chain_write(chain, 0, &ack, 1);
	if (how == MODEL_ANSWER_WRONG_ID) {
		q->ring->forge(q, chain->id + 1, 1);
		return;
	}
	if (how == MODEL_ANSWER_FORGED && device->ctrl.forged_id != 0) {
		q->ring->forge(q, chain->id ^ device->ctrl.forged_id, device->ctrl.forged_len);
		return;
	}
	model_queue_finish(q, 0, how == MODEL_ANSWER_FORGED ? device->ctrl.forged_len :
				 how == MODEL_ANSWER_EMPTY ? 0 : 1);
	model_queue_show(q, 1, false);
}

void
model_ctrl_look(struct model_queue *q)
{
	model_queue_look(q);
	if (q->num_pending > 1)
		model_breach(MODEL_HOUSE, "%u control commands at once", q->num_pending);
	if (q->num_pending != 0)
		answer(q);
}

unsigned int
model_ctrl_count(struct model_device *device, uint8_t class, uint8_t cmd)
{
	unsigned int n = 0;

	pthread_mutex_lock(&device->lock);
	for (unsigned int i = 0; i < device->ctrl.num_commands; i++)
		n += device->ctrl.commands[i].class == class && device->ctrl.commands[i].cmd == cmd;
	pthread_mutex_unlock(&device->lock);
	return n;
}

unsigned int
model_ctrl_total(struct model_device *device)
{
	unsigned int n;

	pthread_mutex_lock(&device->lock);
	n = device->ctrl.num_commands;
	pthread_mutex_unlock(&device->lock);
	return n;
}

static bool
in_table(const uint8_t table[][6], uint32_t num, const uint8_t mac[6])
{
	for (uint32_t i = 0; i < num; i++)
		if (memcmp(table[i], mac, 6) == 0)
			return true;
	return false;
}

bool
model_ctrl_takes(struct model_device *device, const uint8_t mac[6])
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct model_ctrl *ctrl = &device->ctrl;

	if (ctrl->modes[VIRTIO_NET_CTRL_RX_PROMISC] || memcmp(mac, broadcast, 6) == 0)
		return true;
	if (mac[0] & 1)
		return ctrl->modes[VIRTIO_NET_CTRL_RX_ALLMULTI] ||
		       in_table(ctrl->mc, ctrl->num_mc, mac);
	if (ctrl->modes[VIRTIO_NET_CTRL_RX_ALLUNI] || in_table(ctrl->uc, ctrl->num_uc, mac))
		return true;
	return memcmp(ctrl->mac_set ? ctrl->mac : device->config.mac, mac, 6) == 0;
}

bool
model_ctrl_takes_vlan(struct model_device *device, uint16_t vlan_id)
{
	if (!has(device, VIRTIO_NET_F_CTRL_VLAN))
		return true;
	return (device->ctrl.vlans[vlan_id / 64] >> (vlan_id % 64)) & 1;
}
