/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* json.c - the same facts as text.c, by jansson. Keys that do not apply are null or not there. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "choice.h"
#include "features.h"
#include "json.h"
#include "kinds.h"

static json_t *list;

/* A string, null where it is empty; bytes that are no ASCII become '?'. */
static json_t *
text(const char *s)
{
	char clean[REMARK_LEN];
	size_t i;

	if (s == NULL || s[0] == '\0')
		return json_null();
	for (i = 0; s[i] != '\0' && i < sizeof(clean) - 1; i++)
		clean[i] = s[i] >= ' ' && s[i] <= '~' ? s[i] : '?';
	clean[i] = '\0';
	return json_string(clean);
}

/* 64 bits: a number would lose some in readers that know doubles only. */
static json_t *
hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

static json_t *
remarks(const struct remarks *r)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < r->count; i++)
		json_array_append_new(array, text(r->text[i]));
	return array;
}

static void
add_region(json_t *to, const char *name, const struct virtio_pci_region *r)
{
	if (r->present)
		json_object_set_new(to, name, json_pack("{s:i,s:i,s:I,s:I}", "at", r->cap_pos,
			"bar", r->bar, "offset", (json_int_t)r->offset,
			"length", (json_int_t)r->length));
}

static json_t *
layout(const struct virtio_pci_layout *l)
{
	json_t *caps = json_object();

	add_region(caps, "common", &l->common);
	add_region(caps, "notify", &l->notify);
	add_region(caps, "isr", &l->isr);
	add_region(caps, "device", &l->device);
	if (l->notify.present)
		json_object_set_new(json_object_get(caps, "notify"), "multiplier",
				    json_integer(l->notify_multiplier));
	if (l->pci_cfg.present)
		json_object_set_new(caps, "pci_cfg", json_pack("{s:i}", "at", l->pci_cfg.cap_pos));
	if (l->has_sriov)
		json_object_set_new(caps, "sriov", json_true());
	return caps;
}

static json_t *
net_config(const struct view *v)
{
	const struct view_net *n = &v->net;
	json_t *config = json_object();

	if (view_has(v, VIRTIO_NET_F_MAC))
		json_object_set_new(config, "mac", json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x",
			n->mac[0], n->mac[1], n->mac[2], n->mac[3], n->mac[4], n->mac[5]));
	if (view_has(v, VIRTIO_NET_F_STATUS))
		json_object_set_new(config, "link_up",
				    json_boolean(n->status & VIRTIO_NET_S_LINK_UP));
	if (view_has(v, VIRTIO_NET_F_MQ) || view_has(v, VIRTIO_NET_F_RSS))
		json_object_set_new(config, "queue_pairs", json_integer(n->pairs));
	if (view_has(v, VIRTIO_NET_F_MTU))
		json_object_set_new(config, "mtu", json_integer(n->mtu));
	if (view_has(v, VIRTIO_NET_F_SPEED_DUPLEX)) {
		json_object_set_new(config, "speed_mbps", n->speed > INT32_MAX ? json_null() :
				    json_integer(n->speed));
		json_object_set_new(config, "duplex", n->duplex > 1 ? json_null() :
				    json_string(n->duplex ? "full" : "half"));
	}
	if (view_has(v, VIRTIO_NET_F_RSS)) {
		json_object_set_new(config, "rss_key_size", json_integer(n->rss_key_size));
		json_object_set_new(config, "rss_table_length", json_integer(n->rss_table_length));
	}
	if (view_has(v, VIRTIO_NET_F_RSS) || view_has(v, VIRTIO_NET_F_HASH_REPORT))
		json_object_set_new(config, "hash_types", hex(n->hash_types));
	return config;
}

static json_t *
feature_rows(const struct choice *c)
{
	json_t *rows = json_array();
	char reason[160];

	for (unsigned int bit = 0; bit < 64; bit++) {
		const struct virtio_feature *f = virtio_feature_by_bit(bit);
		enum choice_verdict verdict = choice_verdict(c, bit);

		if (verdict == CHOICE_NOTHING)
			continue;
		choice_reason(c, bit, reason, sizeof(reason));
		json_array_append_new(rows, json_pack("{s:i,s:o,s:b,s:s,s:s,s:o}", "bit", (int)bit,
			"name", text(f != NULL ? f->name : NULL),
			"offered", (int)(c->told >> bit & 1),
			"verdict", choice_word(verdict), "reason", reason,
			"section", text(f != NULL ? f->section : NULL)));
	}
	return rows;
}

static json_t *
path(const struct choice_path *p)
{
	return json_pack("{s:o,s:o}", "name", text(p->name), "not", text(p->not));
}

static void
add_choice(json_t *to, const struct view *v)
{
	struct choice_path rx, tx;
	struct choice c;
	char names[512];

	choice_make(&c, v);
	choice_paths(&c, &rx, &tx);
	virtio_features_string(c.accepted, names, sizeof(names));
	json_object_set_new(to, "features", feature_rows(&c));
	json_object_set_new(to, "offered", hex(v->offered));
	json_object_set_new(to, "offer_complete", json_boolean(c.complete));
	json_object_set_new(to, "accepted", hex(c.accepted));
	json_object_set_new(to, "accepted_names", text(names));
	json_object_set_new(to, "works", json_boolean(c.works));
	if (c.works) {
		json_object_set_new(to, "rx_path", path(&rx));
		json_object_set_new(to, "tx_path", path(&tx));
	}
}

static void
add_view(json_t *to, const struct view *v)
{
	static const char *const sources[] = {
		[VIEW_NOTHING] = NULL, [VIEW_KERNEL] = "kernel", [VIEW_DEVICE] = "device",
		[VIEW_BACKEND] = "backend",
	};
	json_t *sizes;

	json_object_set_new(to, "source", text(sources[v->source]));
	if (v->source == VIEW_NOTHING)
		return;
	if (v->source == VIEW_DEVICE) {
		sizes = json_array();
		json_object_set_new(to, "status", json_integer(v->status));
		json_object_set_new(to, "queues", json_integer(v->num_queues));
		for (unsigned int q = 0; q < v->queue_count; q++)
			json_array_append_new(sizes, json_integer(v->queue_size[q]));
		json_object_set_new(to, "queue_sizes", sizes);
	}
	if (v->source != VIEW_KERNEL)
		json_object_set_new(to, "config", net_config(v));
	add_choice(to, v);
}

static json_t *
interface(const struct function_net *net)
{
	if (net->name[0] == '\0')
		return json_null();
	return json_pack("{s:o,s:b,s:o,s:o,s:I,s:o}", "name", text(net->name), "up", (int)net->up,
			 "master", text(net->master), "mac", text(net->mac),
			 "mtu", (json_int_t)net->mtu,
			 "speed_mbps", net->speed > 0 ? json_integer(net->speed) : json_null());
}

void
json_begin(void)
{
	list = json_array();
}

void
json_function(const struct function *f)
{
	json_t *o = json_object();

	json_object_set_new(o, "address", text(f->bdf));
	json_object_set_new(o, "kind", text(kind_name(f->virtio_id)));
	json_object_set_new(o, "virtio_id", json_integer(f->virtio_id));
	json_object_set_new(o, "pci_device", json_sprintf("1af4:%04x", f->device));
	json_object_set_new(o, "interface_kind", json_string(f->walk == -ENOENT ? "legacy" :
		f->transitional ? "transitional" : "modern"));
	json_object_set_new(o, "driver", text(f->driver));
	json_object_set_new(o, "iommu_group", text(f->group));
	json_object_set_new(o, "numa_node", f->numa_node >= 0 ? json_integer(f->numa_node) :
			    json_null());
	json_object_set_new(o, "interface", interface(&f->net));
	json_object_set_new(o, "capabilities", layout(&f->layout));
	json_object_set_new(o, "msix", !f->layout.has_msix ? json_null() :
		json_pack("{s:i,s:b}", "vectors", f->layout.msix_size, "on",
			  (int)f->layout.msix_enabled));
	if (f->virtio_id == KIND_NETWORK)
		add_view(o, &f->view);
	json_object_set_new(o, "remarks", remarks(&f->remarks));
	json_array_append_new(list, o);
}

static int
dump(json_t *document)
{
	int rc = json_dumpf(document, stdout, JSON_INDENT(2)) == 0 ? 0 : -EIO;

	putchar('\n');
	json_decref(document);
	return fflush(stdout) == 0 ? rc : -EIO;
}

int
json_end(void)
{
	return dump(json_pack("{s:o}", "functions", list));
}

static json_t *
protocol(const struct backend *b)
{
	json_t *rows = json_array();

	for (unsigned int bit = 0; bit < 64; bit++)
		if ((b->protocol_offered >> bit) & 1)
			json_array_append_new(rows, json_pack("{s:i,s:o,s:b}", "bit", (int)bit,
				"name", text(backend_protocol_name(bit)),
				"used", (int)((b->protocol >> bit) & 1)));
	return rows;
}

int
json_backend(const struct backend *b)
{
	json_t *o = json_object();

	json_object_set_new(o, "path", text(b->path));
	if (b->view.source != VIEW_NOTHING) {
		json_object_set_new(o, "protocol", protocol(b));
		json_object_set_new(o, "queue_pairs", json_integer(b->pairs));
		json_object_set_new(o, "memory_regions", json_integer(b->regions));
	}
	add_view(o, &b->view);
	json_object_set_new(o, "remarks", remarks(&b->remarks));
	return dump(json_pack("{s:o}", "backend", o));
}
