/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vlan.h - which VLAN a frame belongs to, which ports see it, and with or without a tag (IEEE
 * 802.1Q).
 *
 * An access port carries one VLAN, untagged. A trunk carries many, tagged, and one, its native
 * VLAN, untagged. Each frame in the switch is in exactly one VLAN, and leaves only by ports that
 * carry it.
 */
#ifndef VS_VLAN_H
#define VS_VLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

struct rte_mbuf;

#define VLAN_COUNT 4096
#define VLAN_FIRST 1
#define VLAN_LAST 4094 /* 4095 is reserved (802.1Q, table 9-2) */
#define VLAN_NONE 0    /* in a tag: priority only */

#define VLAN_ID_MASK 0xfff

/** Longest text of vlan_list_text(), with its end. */
#define VLAN_LIST_MAX 512

/** What a port does with VLANs. */
struct vlan_rules {
	bool trunk;
	uint16_t native;         /**< of untagged frames; VLAN_NONE: they are dropped */
	uint64_t carried[VLAN_COUNT / 64];
};

/** The ports that carry each VLAN and are there, a bit each. Workers read, the control thread
 * writes. */
struct vlan_table {
	uint64_t members[VLAN_COUNT];
};

static inline bool
vlan_valid(unsigned long vlan)
{
	return vlan >= VLAN_FIRST && vlan <= VLAN_LAST;
}

static inline bool
vlan_carried(const struct vlan_rules *rules, uint16_t vlan)
{
	return rules->carried[vlan / 64] >> (vlan % 64) & 1;
}

/** An access port's rules. */
void vlan_rules_access(struct vlan_rules *rules, uint16_t vlan);

/**
 * A trunk's rules. The native VLAN is carried too.
 * @param list  like "1-5,10" or "all"
 * @param native  VLAN_NONE: untagged frames are dropped
 * @return -EINVAL: not a list of VLANs from 1 to 4094
 */
int vlan_rules_trunk(struct vlan_rules *rules, const char *list, uint16_t native);

/** The VLANs that a port carries as a list, cut off with "..." where it is too long. */
void vlan_list_text(const struct vlan_rules *rules, char text[VLAN_LIST_MAX]);

/** A port comes to the VLANs that it carries, or leaves them. Control thread. */
void vlan_join(struct vlan_table *table, const struct vlan_rules *rules, uint16_t port);
void vlan_leave(struct vlan_table *table, const struct vlan_rules *rules, uint16_t port);

/**
 * The VLAN of a frame that comes in.
 * @param tci  tag control information, in the CPU's byte order; ignored without a tag
 * @return VLAN_NONE: the port does not carry it, drop it
 */
static __rte_always_inline uint16_t
vlan_ingress(const struct vlan_rules *rules, bool tagged, uint16_t tci)
{
	const uint16_t vlan = tci & VLAN_ID_MASK;

	if (likely(!tagged || vlan == VLAN_NONE))
		return rules->native;
	return rules->trunk && vlan_carried(rules, vlan) ? vlan : VLAN_NONE;
}

/** The ports that a VLAN's frames may go to. */
static __rte_always_inline uint64_t
vlan_members(const struct vlan_table *table, uint16_t vlan)
{
	return __atomic_load_n(&table->members[vlan], __ATOMIC_RELAXED);
}

/**
 * Give a frame a tag, or take its tag away.
 * @param m     writable, nobody else's; a tagged frame has 18 bytes in its first segment
 * @param vlan  of a new tag
 * @return negative: there is no room for a tag, the frame is as before
 */
int vlan_retag(struct rte_mbuf *m, bool tag, uint16_t vlan);

#endif /* VS_VLAN_H */
