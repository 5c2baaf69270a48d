/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* report.c - see report.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "ports.h"
#include "report.h"
#include "workers.h"

static_assert(COMMAND_ERROR_MAX <= VS_TEXT_MAX, "a parser's sentence is an error's");

static const char *const drop_names[VS_DROP_COUNT] = {
	[VS_DROP_RUNT] = "runt",
	[VS_DROP_TOO_LONG] = "too_long",
	[VS_DROP_BAD_SOURCE] = "bad_source",
	[VS_DROP_VLAN] = "vlan",
	[VS_DROP_RESERVED] = "reserved",
	[VS_DROP_SAME_PORT] = "same_port",
	[VS_DROP_NO_PORT] = "no_port",
	[VS_DROP_TX_FULL] = "tx_full",
	[VS_DROP_NO_MBUF] = "no_mbuf",
};

static json_t *
vlan_json(const struct vlan_rules *rules)
{
	char list[VLAN_LIST_MAX];

	vlan_list_text(rules, list);
	return json_pack("{s:s, s:s, s:i}", "mode", rules->trunk ? "trunk" : "access", "list", list,
			 "native", rules->native);
}

static json_t *
port_json(const struct vs_switch *sw, uint16_t id)
{
	const struct vs_port *port = &sw->port[id];
	struct rte_eth_link link;
	const bool up = rte_eth_link_get_nowait(id, &link) == 0 && link.link_status;

	return json_pack("{s:s, s:s, s:s, s:b, s:i, s:i, s:o, s:i, s:I}", "port", port->name,
			 "driver", port->driver, "link", up ? "up" : "down", "online",
			 port->online, "rx_queues", port->rx_queues, "tx_queues", port->tx_queues,
			 "vlan", vlan_json(&port->rules), "addresses", sw->fdb->share[id], "resets",
			 (json_int_t)port->resets);
}

static json_t *
counters_json(const struct vs_switch *sw, uint16_t id)
{
	json_t *drops = json_object();
	struct vs_counters sum;

	workers_counters(sw, id, &sum);
	for (unsigned int why = 0; why < VS_DROP_COUNT; why++)
		json_object_set_new(drops, drop_names[why],
				    json_integer((json_int_t)sum.drop[why]));
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "port", sw->port[id].name,
			 "rx_packets", (json_int_t)sum.rx_packets, "rx_bytes",
			 (json_int_t)sum.rx_bytes, "tx_packets", (json_int_t)sum.tx_packets,
			 "tx_bytes", (json_int_t)sum.tx_bytes, "flooded", (json_int_t)sum.flooded,
			 "drops", drops);
}

/** Each port that is meant: -1 is all. */
static json_t *
each_port(const struct vs_switch *sw, int only,
	  json_t *(*make)(const struct vs_switch *sw, uint16_t id))
{
	json_t *list = json_array();

	for (uint16_t id = 0; id < VS_PORTS_MAX; id++)
		if (sw->port[id].present && (only < 0 || only == id))
			json_array_append_new(list, make(sw, id));
	return list;
}

/** What address_json() needs. */
struct addresses {
	const struct vs_switch *sw;
	json_t *list;
};

static void
address_json(const struct fdb_entry *entry, void *arg)
{
	const struct addresses *to = arg;
	const uint32_t age = to->sw->clock_ms - entry->seen;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", (unsigned int)entry->key & 0xff,
		 (unsigned int)(entry->key >> 8) & 0xff, (unsigned int)(entry->key >> 16) & 0xff,
		 (unsigned int)(entry->key >> 24) & 0xff, (unsigned int)(entry->key >> 32) & 0xff,
		 (unsigned int)(entry->key >> 40) & 0xff);
	json_array_append_new(to->list,
			      json_pack("{s:s, s:i, s:s, s:f}", "mac", mac, "vlan",
					fdb_key_vlan(entry->key), "port",
					to->sw->port[entry->port].name, "age", age / 1e3));
}

static json_t *
fdb_json(const struct vs_switch *sw, const struct fdb_filter *filter)
{
	struct addresses to = { .sw = sw, .list = json_array() };

	fdb_each(sw->fdb, filter, address_json, &to);
	return json_pack("{s:o, s:i, s:i, s:i, s:I, s:I}", "fdb", to.list, "used", sw->fdb->used,
			 "size", sw->fdb->config.capacity, "age_limit", sw->config.age_s, "moved",
			 (json_int_t)sw->fdb->moved, "refused", (json_int_t)sw->fdb->refused);
}

static json_t *
workers_json(const struct vs_switch *sw)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < sw->workers; i++) {
		const struct vs_poll *poll = sw->worker[i]->poll;
		json_t *queues = json_array();

		for (uint32_t j = 0; j < poll->count; j++)
			json_array_append_new(queues, json_pack("{s:s, s:i}", "port",
								sw->port[poll->source[j].port].name,
								"queue", poll->source[j].queue));
		json_array_append_new(list, json_pack("{s:i, s:i, s:o}", "worker", i, "lcore",
						      sw->worker[i]->lcore, "queues", queues));
	}
	return list;
}

static json_t *
vlans_json(const struct vs_switch *sw)
{
	json_t *list = json_array();

	for (uint16_t vlan = VLAN_FIRST; vlan <= VLAN_LAST; vlan++) {
		json_t *tagged, *untagged;
		uint64_t set = vlan_members(&sw->vlans, vlan);

		if (set == 0)
			continue;
		tagged = json_array();
		untagged = json_array();
		for (; set != 0; set &= set - 1) {
			const struct vs_port *port = &sw->port[__builtin_ctzll(set)];

			json_array_append_new(port->rules.native == vlan ? untagged : tagged,
					      json_string(port->name));
		}
		json_array_append_new(list, json_pack("{s:i, s:o, s:o}", "vlan", vlan, "untagged",
						      untagged, "tagged", tagged));
	}
	return list;
}

/** The number of the port that a command names; -1 where it names none. */
static int
find_port(const struct vs_switch *sw, const struct command *c, int *id, struct vs_error *error)
{
	*id = -1;
	if (c->port[0] == '\0')
		return 0;
	*id = port_by_name(sw, c->port);
	if (*id < 0)
		return vs_fail(error, -ENODEV, "there is no port '%s'; vswitchctl ports shows them",
			       c->port);
	return 0;
}

int
report_change(struct vs_switch *sw, const struct command *c, struct vs_error *error)
{
	struct fdb_filter filter = { .vlan = c->vlan };
	int ret = find_port(sw, c, &filter.port, error);

	if (ret != 0)
		return ret;
	switch (c->verb) {
	case COMMAND_FLUSH:
		fdb_flush(sw->fdb, &filter);
		return 0;
	case COMMAND_SET_VLAN:
		return port_set_vlan(sw, filter.port, &c->rules, error);
	case COMMAND_ADD_PORT:
		return port_add(sw, c->devargs, &c->rules, error);
	case COMMAND_DEL_PORT:
		return port_remove(sw, filter.port, error);
	default:
		return vs_fail(error, -EINVAL, "this command changes nothing");
	}
}

/** @return NULL: see error */
static json_t *
carry_out(struct vs_switch *sw, const struct command *c, struct vs_error *error)
{
	struct fdb_filter filter = { .vlan = c->vlan };

	if (find_port(sw, c, &filter.port, error) != 0)
		return NULL;
	switch (c->verb) {
	case COMMAND_PORTS:
		return json_pack("{s:o}", "ports", each_port(sw, -1, port_json));
	case COMMAND_STATS:
		return json_pack("{s:o}", "stats", each_port(sw, filter.port, counters_json));
	case COMMAND_FDB:
		return fdb_json(sw, &filter);
	case COMMAND_WORKERS:
		return json_pack("{s:o}", "workers", workers_json(sw));
	case COMMAND_VLANS:
		return json_pack("{s:o}", "vlans", vlans_json(sw));
	default:
		return report_change(sw, c, error) == 0 ? json_object() : NULL;
	}
}

char *
report_answer(struct vs_switch *sw, const char *line)
{
	struct vs_error error = { .text = "no memory" };
	json_t *answer = NULL;
	struct command c;
	char *text;

	if (command_parse(&c, line, error.text) == 0)
		answer = carry_out(sw, &c, &error);
	if (answer == NULL)
		answer = json_pack("{s:s}", "error", error.text);
	text = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	/* Text that is not UTF-8 cannot be said in JSON. */
	return text != NULL ? text : strdup("{\"error\":\"this is not UTF-8, or memory is out\"}");
}
