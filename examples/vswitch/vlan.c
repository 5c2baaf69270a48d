/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vlan.c - see vlan.h. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "vlan.h"

static void
carry(struct vlan_rules *rules, unsigned long first, unsigned long last)
{
	for (unsigned long vlan = first; vlan <= last; vlan++)
		rules->carried[vlan / 64] |= UINT64_C(1) << (vlan % 64);
}

void
vlan_rules_access(struct vlan_rules *rules, uint16_t vlan)
{
	memset(rules, 0, sizeof(*rules));
	rules->native = vlan;
	carry(rules, vlan, vlan);
}

/** A number at the start of a text; 0 where none is. */
static unsigned long
number(const char **text)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)**text))
		return 0;
	value = strtoul(*text, &end, 10);
	*text = end;
	return value;
}

static int
carry_list(struct vlan_rules *rules, const char *list)
{
	unsigned long first, last;

	if (strcmp(list, "all") == 0) {
		carry(rules, VLAN_FIRST, VLAN_LAST);
		return 0;
	}
	for (;; list++) {
		first = last = number(&list);
		if (*list == '-') {
			list++;
			last = number(&list);
		}
		if (!vlan_valid(first) || !vlan_valid(last) || last < first)
			return -EINVAL;
		carry(rules, first, last);
		if (*list == '\0')
			return 0;
		if (*list != ',')
			return -EINVAL;
	}
}

int
vlan_rules_trunk(struct vlan_rules *rules, const char *list, uint16_t native)
{
	memset(rules, 0, sizeof(*rules));
	rules->trunk = true;
	rules->native = native;
	if (native != VLAN_NONE)
		carry(rules, native, native);
	return carry_list(rules, list);
}

void
vlan_list_text(const struct vlan_rules *rules, char text[VLAN_LIST_MAX])
{
	const size_t room = VLAN_LIST_MAX - sizeof(",...");
	size_t used = 0;

	text[0] = '\0';
	for (uint16_t first = VLAN_FIRST, last; first <= VLAN_LAST; first = last + 1) {
		char item[16];

		last = first;
		if (!vlan_carried(rules, first))
			continue;
		while (last < VLAN_LAST && vlan_carried(rules, last + 1))
			last++;
		snprintf(item, sizeof(item), last > first ? "%s%u-%u" : "%s%u",
			 used > 0 ? "," : "", first, last);
		if (used + strlen(item) >= room) {
			strcpy(text + used, ",...");
			return;
		}
		strcpy(text + used, item);
		used += strlen(item);
	}
}

void
vlan_join(struct vlan_table *table, const struct vlan_rules *rules, uint16_t port)
{
	for (uint16_t vlan = VLAN_FIRST; vlan <= VLAN_LAST; vlan++)
		if (vlan_carried(rules, vlan))
			__atomic_or_fetch(&table->members[vlan], UINT64_C(1) << port,
					  __ATOMIC_RELEASE);
}

void
vlan_leave(struct vlan_table *table, const struct vlan_rules *rules, uint16_t port)
{
	for (uint16_t vlan = VLAN_FIRST; vlan <= VLAN_LAST; vlan++)
		if (vlan_carried(rules, vlan))
			__atomic_and_fetch(&table->members[vlan], ~(UINT64_C(1) << port),
					   __ATOMIC_RELEASE);
}

int
vlan_retag(struct rte_mbuf *m, bool tag, uint16_t vlan)
{
	struct rte_mbuf *same = m;
	int ret;

	if (tag) {
		m->vlan_tci = vlan;
		ret = rte_vlan_insert(&same);
	} else {
		ret = rte_vlan_strip(m);
	}
	/* The tag is where the frame says; no port has to put or take one. */
	m->ol_flags &= ~(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_TX_VLAN);
	return ret;
}
