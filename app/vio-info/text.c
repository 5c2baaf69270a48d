/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* text.c - aligned lines: a label, what there is to say, and below the features as a table. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "features.h"
#include "kinds.h"
#include "options.h"
#include "text.h"

#define LABEL "  %-14s"

#define SPEED_UNKNOWN 0x80000000u /* and above: 5.1.4.2 */

enum colour { PLAIN, BOLD, GREEN, YELLOW, RED, DIM };

static bool colours;

static const char *
on(enum colour c)
{
	static const char *const codes[] = {
		[PLAIN] = "", [BOLD] = "\033[1m", [GREEN] = "\033[32m", [YELLOW] = "\033[33m",
		[RED] = "\033[31m", [DIM] = "\033[2m",
	};

	return colours ? codes[c] : "";
}

static const char *
off(void)
{
	return colours ? "\033[0m" : "";
}

void
text_colour(bool wanted)
{
	colours = wanted;
}

static void __attribute__((format(printf, 2, 3)))
line(const char *label, const char *fmt, ...)
{
	va_list ap;

	printf(LABEL, label);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void
remarks(const struct remarks *r)
{
	for (unsigned int i = 0; i < r->count; i++)
		printf(LABEL "%s%s%s\n", i == 0 ? "remarks" : "", on(YELLOW), r->text[i], off());
}

static void
region(const char **label, const char *name, const struct virtio_pci_region *r,
       const char *more)
{
	if (!r->present)
		return;
	line(*label, "%-21s at 0x%02x: BAR %u, offset 0x%04" PRIx32 ", %" PRIu32 " bytes%s", name,
	     r->cap_pos, r->bar, r->offset, r->length, more);
	*label = "";
}

static void
layout(const struct function *f)
{
	const struct virtio_pci_layout *l = &f->layout;
	const char *label = "capabilities";
	char multiplier[32];

	snprintf(multiplier, sizeof(multiplier), ", multiplier %" PRIu32, l->notify_multiplier);
	region(&label, "common configuration", &l->common, "");
	region(&label, "notification", &l->notify, multiplier);
	region(&label, "ISR status", &l->isr, "");
	region(&label, "device configuration", &l->device, "");
	if (l->pci_cfg.present) {
		line(label, "%-21s at 0x%02x", "configuration access", l->pci_cfg.cap_pos);
		label = "";
	}
	if (l->has_sriov) {
		line(label, "SR-IOV");
		label = "";
	}
	if (label[0] != '\0')
		line(label, "%s", f->walk == -EACCES ? "not readable" : "none of virtio's");
	if (l->has_msix)
		line("MSI-X", "%u vectors, %s", l->msix_size, l->msix_enabled ? "on" : "off");
	else if (f->walk != -EACCES)
		line("MSI-X", "none");
}

static void
interface(const struct function *f)
{
	const struct function_net *net = &f->net;
	char speed[32] = "";

	if (f->virtio[0] == '\0' || f->virtio_id != KIND_NETWORK)
		return;
	if (f->virtio_driver[0] == '\0') {
		line("interface", "none: virtio_net is not loaded");
	} else if (net->name[0] == '\0') {
		line("interface", "not to be seen from here (another network namespace?)");
	} else {
		if (net->speed > 0)
			snprintf(speed, sizeof(speed), ", %ld Mbit/s", net->speed);
		line("interface", "%s%s%s, %s%s%s, %s, MTU %ld%s", on(BOLD), net->name, off(),
		     net->up ? "up" : "down", net->master[0] != '\0' ? ", belongs to " : "",
		     net->master, net->mac, net->mtu, speed);
	}
}

static void
device_status(uint8_t status)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} bits[] = {
		{ VIRTIO_CONFIG_S_ACKNOWLEDGE, "ACKNOWLEDGE" },
		{ VIRTIO_CONFIG_S_DRIVER, "DRIVER" },
		{ VIRTIO_CONFIG_S_FEATURES_OK, "FEATURES_OK" },
		{ VIRTIO_CONFIG_S_DRIVER_OK, "DRIVER_OK" },
		{ VIRTIO_CONFIG_S_NEEDS_RESET, "DEVICE_NEEDS_RESET" },
		{ VIRTIO_CONFIG_S_FAILED, "FAILED" },
	};
	char names[128] = "";

	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (status & bits[i].bit) {
			strcat(names, " ");
			strcat(names, bits[i].name);
		}
	line("status", "0x%02x%s", status, status == 0 ? " (reset)" : names);
}

static bool
mac_usable(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return (mac[0] & 1) == 0 && memcmp(mac, zero, sizeof(zero)) != 0;
}

static void
net_config(const struct view *v)
{
	const struct view_net *n = &v->net;

	if (view_has(v, VIRTIO_NET_F_MAC))
		line("MAC", "%02x:%02x:%02x:%02x:%02x:%02x%s", n->mac[0], n->mac[1], n->mac[2],
		     n->mac[3], n->mac[4], n->mac[5],
		     mac_usable(n->mac) ? "" : " (not usable: vio makes one up)");
	if (view_has(v, VIRTIO_NET_F_STATUS))
		line("link", "%s", n->status & VIRTIO_NET_S_LINK_UP ? "up" : "down");
	if (view_has(v, VIRTIO_NET_F_MQ) || view_has(v, VIRTIO_NET_F_RSS))
		line("queue pairs", "%u%s", n->pairs,
		     v->impossible & VIRTIO_FEATURE(VIRTIO_NET_F_MQ) ?
		     " (impossible: vio uses one)" : "");
	if (view_has(v, VIRTIO_NET_F_MTU))
		line("MTU", "%u%s", n->mtu, v->impossible & VIRTIO_FEATURE(VIRTIO_NET_F_MTU) ?
		     " (impossible: vio ignores it)" : "");
	if (view_has(v, VIRTIO_NET_F_SPEED_DUPLEX) && n->speed < SPEED_UNKNOWN)
		line("speed", "%" PRIu32 " Mbit/s, %s duplex", n->speed,
		     n->duplex == 0 ? "half" : n->duplex == 1 ? "full" : "unknown");
	else if (view_has(v, VIRTIO_NET_F_SPEED_DUPLEX))
		line("speed", "unknown");
	if (view_has(v, VIRTIO_NET_F_RSS))
		line("RSS", "key of %u bytes, table of %u entries", n->rss_key_size,
		     n->rss_table_length);
	if (view_has(v, VIRTIO_NET_F_RSS) || view_has(v, VIRTIO_NET_F_HASH_REPORT))
		line("hash types", "0x%" PRIx32, n->hash_types);
}

/* Runs of queues of one size: "5: 0-3 of 256, 4 of 64 descriptors". */
static void
queues(const struct view *v)
{
	if (v->queue_count == 0)
		return;
	printf(LABEL "%u:", "queues", v->num_queues);
	for (unsigned int q = 0; q < v->queue_count;) {
		unsigned int last = q;

		while (last + 1 < v->queue_count && v->queue_size[last + 1] == v->queue_size[q])
			last++;
		if (last == q)
			printf("%s %u of %u", q == 0 ? "" : ",", q, v->queue_size[q]);
		else
			printf("%s %u-%u of %u", q == 0 ? "" : ",", q, last, v->queue_size[q]);
		q = last + 1;
	}
	puts(" descriptors");
}

static enum colour
verdict_colour(enum choice_verdict verdict)
{
	switch (verdict) {
	case CHOICE_ACCEPTED:
	case CHOICE_SERVED:
		return GREEN;
	case CHOICE_NEEDS:
	case CHOICE_IMPOSSIBLE:
	case CHOICE_TRANSPORT:
	case CHOICE_UNKNOWN:
		return YELLOW;
	case CHOICE_NOT_OFFERED:
	case CHOICE_NOT_TOLD:
		return PLAIN;
	default:
		return DIM;
	}
}

static void
feature_rows(const struct choice *c)
{
	char reason[160];
	int width = 0;

	for (unsigned int bit = 0; bit < 64; bit++) {
		choice_reason(c, bit, reason, sizeof(reason));
		width = (int)strlen(reason) > width ? (int)strlen(reason) : width;
	}
	for (unsigned int bit = 0; bit < 64; bit++) {
		const struct virtio_feature *f = virtio_feature_by_bit(bit);
		enum choice_verdict verdict = choice_verdict(c, bit);

		if (verdict == CHOICE_NOTHING)
			continue;
		choice_reason(c, bit, reason, sizeof(reason));
		printf("    %2u  %-19s  %s%-*s%s", bit, f != NULL ? f->name : "?",
		       on(verdict_colour(verdict)), f != NULL ? width : 0, reason, off());
		if (f != NULL)
			printf("  %s", f->summary);
		putchar('\n');
	}
}

static void
path(const char *label, const struct choice_path *p)
{
	if (p->name == NULL)
		line(label, "none suits");
	else
		line(label, "%s", p->name);
	for (const char *not = p->not; not[0] != '\0';) {
		int len = (int)strcspn(not, ";");

		line("", "not %.*s", len, not);
		not += len + (int)strspn(not + len, "; ");
	}
}

static void
features(const struct view *v)
{
	struct choice_path rx, tx;
	struct choice c;
	char names[512];

	choice_make(&c, v);
	line("features", "0x%" PRIx64 ": %d %s, vio uses %d", c.told,
	     __builtin_popcountll(c.told), c.complete ? "offered" :
	     "accepted by the kernel (the device may offer more)",
	     __builtin_popcountll(c.accepted & c.told));
	feature_rows(&c);
	if (!c.works) {
		virtio_features_string(c.missing, names, sizeof(names));
		printf(LABEL "%sdoes not work here: %s is missing%s\n", "vio", on(RED), names,
		       off());
		return;
	}
	virtio_features_string(c.accepted, names, sizeof(names));
	line("vio", "%swould negotiate%s %s", on(GREEN), off(), names);
	choice_paths(&c, &rx, &tx);
	path("rx path", &rx);
	path("tx path", &tx);
}

static void
view(const struct view *v)
{
	if (v->has_status && v->source == VIEW_DEVICE)
		device_status(v->status);
	net_config(v);
	queues(v);
	if (v->source != VIEW_NOTHING)
		features(v);
}

void
text_function(const struct function *f, bool registers)
{
	const char *kind = kind_name(f->virtio_id);

	printf("%s%s%s  %s, %s (1af4:%04x)\n", on(BOLD), f->bdf, off(),
	       kind != NULL ? kind : "unknown kind",
	       f->walk == -ENOENT ? "legacy" : f->transitional ? "transitional" : "modern",
	       f->device);
	line("driver", "%s%s", f->driver[0] != '\0' ? f->driver : "none",
	     function_is_lent(f) ? " (lends it to programs)" :
	     f->driver[0] != '\0' ? " (the kernel uses it)" : "");
	interface(f);
	line("IOMMU group", "%s", f->group[0] != '\0' ? f->group : "none");
	if (f->numa_node >= 0)
		line("NUMA node", "%ld", f->numa_node);
	else
		line("NUMA node", "none");
	layout(f);
	if (f->virtio_id == KIND_NETWORK)
		view(&f->view);
	if (f->virtio_id == KIND_NETWORK && f->view.source == VIEW_NOTHING && !registers &&
	    f->walk == 0 && (function_is_lent(f) || f->driver[0] == '\0'))
		line("features", "not read; --registers asks the device");
	remarks(&f->remarks);
}

static void
protocol(const struct backend *b)
{
	const char *label = "protocol";

	if (b->protocol_offered == 0)
		line(label, "no protocol features");
	for (unsigned int bit = 0; bit < 64; bit++) {
		const char *name = backend_protocol_name(bit);
		bool used = (b->protocol >> bit) & 1;

		if (((b->protocol_offered >> bit) & 1) == 0)
			continue;
		line(label, "%2u  %-20s %s%s%s", bit, name != NULL ? name : "?",
		     on(used ? GREEN : DIM), used ? "used" : "not used by vio", off());
		label = "";
	}
}

void
text_backend(const struct backend *b)
{
	printf("%s%s%s  vhost-user backend\n", on(BOLD), b->path, off());
	if (b->view.source != VIEW_NOTHING) {
		protocol(b);
		line("queue pairs", "%u", b->pairs);
		line("memory", "%u regions at most%s", b->regions, b->regions <= 8 ?
		     ": use --single-file-segments" : "");
		view(&b->view);
	}
	remarks(&b->remarks);
}
