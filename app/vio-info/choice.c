/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* choice.c - negotiation without a device, and the driver's table of paths read by eye. */
#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "features.h"
#include "vio_features.h"

#include "path_table.h" /* made from drivers/net/vio/rxtx/paths.c */

/* EAL's --force-max-simd-bitwidth where it is not given. */
#define EAL_SIMD_BITS 256

/* What has to be asked for: by a device argument, or by an application. */
static const struct {
	uint64_t features;
	bool backend;        /* of a vdev only */
	const char *how;
} requests[] = {
	{ VIO_FEATURES_PACKED, true, "used with packed_vq=1" },
	{ VIO_OFFLOAD_FEATURES, false, "used with offloads" },
	{ VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VLAN), false, "used with a VLAN filter" },
	{ VIRTIO_FEATURE(VIRTIO_NET_F_RSS), false, "used with RTE_ETH_MQ_RX_RSS" },
	{ VIRTIO_FEATURE(VIRTIO_NET_F_NOTF_COAL) | VIRTIO_FEATURE(VIRTIO_NET_F_VQ_NOTF_COAL),
	  false, "used with rx_max_usecs or rx_max_packets" },
	{ VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_ANNOUNCE), false, "used where STATUS is offered too" },
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

void
choice_make(struct choice *c, const struct view *view)
{
	const bool backend = view->source == VIEW_BACKEND;

	memset(c, 0, sizeof(*c));
	c->served = backend ? VIO_FEATURES_SERVED : 0;
	c->told = view->offered;
	c->offered = c->told | c->served;
	c->allowed = view->allowed;
	for (size_t i = 0; i < REQUESTS; i++)
		if (backend || !requests[i].backend)
			c->on_request |= requests[i].features;
	/* The device asks for an announcement in its status field. */
	if (c->offered & VIRTIO_FEATURE(VIRTIO_NET_F_STATUS))
		c->on_request &= ~VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_ANNOUNCE);
	c->impossible = view->impossible & VIO_FEATURES;
	c->wanted = VIO_FEATURES & ~c->on_request & ~c->impossible;
	c->complete = view->source != VIEW_KERNEL;
	c->works = virtio_features_negotiate(c->offered & c->allowed, c->wanted,
					     VIO_FEATURES_REQUIRED, &c->accepted) == 0;
	c->missing = VIO_FEATURES_REQUIRED & ~c->accepted;
}

enum choice_verdict
choice_verdict(const struct choice *c, unsigned int bit)
{
	const struct virtio_feature *f = virtio_feature_by_bit(bit);
	const uint64_t mask = VIRTIO_FEATURE(bit);

	if (c->offered & ~c->allowed & mask)
		return CHOICE_TRANSPORT;
	if (c->impossible & mask)
		return CHOICE_IMPOSSIBLE;
	switch (virtio_feature_verdict(bit, c->offered, c->wanted, c->accepted)) {
	case VIRTIO_FEATURE_ACCEPTED:
		return c->served & mask ? CHOICE_SERVED : CHOICE_ACCEPTED;
	case VIRTIO_FEATURE_NOT_OFFERED:
		return c->complete ? CHOICE_NOT_OFFERED : CHOICE_NOT_TOLD;
	case VIRTIO_FEATURE_NOT_WANTED:
		if (c->on_request & mask)
			return CHOICE_ON_REQUEST;
		return f->kind == VIRTIO_FEATURE_LEGACY ? CHOICE_LEGACY : CHOICE_NOT_USED;
	case VIRTIO_FEATURE_NEEDS:
		return CHOICE_NEEDS;
	case VIRTIO_FEATURE_UNKNOWN:
		return CHOICE_UNKNOWN;
	default:
		return CHOICE_NOTHING;
	}
}

const char *
choice_word(enum choice_verdict verdict)
{
	static const char *const words[] = {
		[CHOICE_NOTHING] = "nothing",
		[CHOICE_ACCEPTED] = "accepted",
		[CHOICE_SERVED] = "served",
		[CHOICE_NOT_OFFERED] = "not-offered",
		[CHOICE_NOT_TOLD] = "not-told",
		[CHOICE_NOT_USED] = "not-used",
		[CHOICE_ON_REQUEST] = "on-request",
		[CHOICE_NEEDS] = "needs",
		[CHOICE_IMPOSSIBLE] = "impossible",
		[CHOICE_TRANSPORT] = "transport",
		[CHOICE_LEGACY] = "legacy",
		[CHOICE_UNKNOWN] = "unknown",
	};

	return words[verdict];
}

static void
needs(const struct choice *c, unsigned int bit, char *buf, size_t size)
{
	const struct virtio_feature *f = virtio_feature_by_bit(bit);
	const uint64_t all = f->needs_all & ~c->accepted;
	char names[128];

	virtio_features_string(all != 0 ? all : f->needs_any, names, sizeof(names));
	if (all == 0 && f->needs_any != 0)
		snprintf(buf, size, "needs one of %s", names);
	else if (all != 0)
		snprintf(buf, size, "needs %s", names);
	else /* wanted, offered, nothing missing: the interfaces exclude it */
		snprintf(buf, size, "needs VERSION_1");
}

void
choice_reason(const struct choice *c, unsigned int bit, char *buf, size_t size)
{
	static const char *const sentences[] = {
		[CHOICE_NOTHING] = "",
		[CHOICE_ACCEPTED] = "used",
		[CHOICE_SERVED] = "used, served by the port",
		[CHOICE_NOT_OFFERED] = "wanted, not offered",
		[CHOICE_NOT_TOLD] = "wanted, the kernel does not use it",
		[CHOICE_NOT_USED] = "not used by vio",
		[CHOICE_ON_REQUEST] = "used where asked for",
		[CHOICE_NEEDS] = "needs",
		[CHOICE_IMPOSSIBLE] = "ignored, its value is impossible",
		[CHOICE_TRANSPORT] = "not over this transport",
		[CHOICE_LEGACY] = "legacy interface only",
		[CHOICE_UNKNOWN] = "unknown, ignored",
	};
	enum choice_verdict verdict = choice_verdict(c, bit);

	if (verdict == CHOICE_NEEDS) {
		needs(c, bit, buf, size);
		return;
	}
	snprintf(buf, size, "%s", sentences[verdict]);
	for (size_t i = 0; verdict == CHOICE_ON_REQUEST && i < REQUESTS; i++)
		if ((requests[i].features >> bit) & 1)
			snprintf(buf, size, "%s", requests[i].how);
}

static bool
cpu_has(unsigned int width)
{
	switch (width) {
	case 0:
		return true;
#ifdef __x86_64__
	case 128:
		return __builtin_cpu_supports("sse4.1");
	case 256:
		return __builtin_cpu_supports("avx2");
	case 512:
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		       __builtin_cpu_supports("avx512vl");
#endif
	default:
		return false;
	}
}

/* First row that suits; rows with constants that somebody would have to ask for do not. */
static void
choose(const struct path_row *rows, size_t count, uint32_t constants, struct choice_path *path)
{
	size_t used = 0;

	path->name = NULL;
	path->not[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const char *why = NULL;

		if (rows[i].constants != constants)
			continue;
		if (!cpu_has(rows[i].width))
			why = "the CPU does not have it";
		else if (rows[i].width > EAL_SIMD_BITS)
			why = "needs EAL's --force-max-simd-bitwidth=512";
		if (why == NULL) {
			path->name = rows[i].name;
			return;
		}
		used += (size_t)snprintf(path->not + used, sizeof(path->not) - used, "%s%s: %s",
					 used == 0 ? "" : "; ", rows[i].name, why);
		if (used >= sizeof(path->not))
			used = sizeof(path->not) - 1;
	}
}

void
choice_paths(const struct choice *c, struct choice_path *rx, struct choice_path *tx)
{
	uint32_t packed = (c->accepted >> VIRTIO_F_RING_PACKED) & 1 ? PATH_PACKED : 0;
	uint32_t mergeable = (c->accepted >> VIRTIO_NET_F_MRG_RXBUF) & 1 ? PATH_MRG : 0;

	choose(rx_rows, sizeof(rx_rows) / sizeof(rx_rows[0]), packed | mergeable, rx);
	choose(tx_rows, sizeof(tx_rows) / sizeof(tx_rows[0]), packed, tx);
}
