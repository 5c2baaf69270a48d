/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* The vswitch's VLAN rules: lists, who carries what, tags put on and taken off. */

#include "unit.h"

#include <stdlib.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "vlan.h"

static struct vlan_rules rules;
static struct vlan_table table;

static void
test_access(void **state)
{
	(void)state;
	vlan_rules_access(&rules, 10);
	assert_int_equal(vlan_ingress(&rules, false, 0), 10);
	/* Priority only: of the port's VLAN (802.1Q, 6.9.1). */
	assert_int_equal(vlan_ingress(&rules, true, 5 << 13), 10);
	/* Not even its own: a guest does not choose. */
	assert_int_equal(vlan_ingress(&rules, true, 10), VLAN_NONE);
	assert_int_equal(vlan_ingress(&rules, true, 11), VLAN_NONE);
	assert_int_equal(vlan_ingress(&rules, true, 4095), VLAN_NONE);
}

static void
test_trunk(void **state)
{
	(void)state;
	assert_int_equal(vlan_rules_trunk(&rules, "10-12,20", VLAN_NONE), 0);
	assert_int_equal(vlan_ingress(&rules, false, 0), VLAN_NONE);
	assert_int_equal(vlan_ingress(&rules, true, 0), VLAN_NONE);
	for (unsigned int vlan = 1; vlan < VLAN_COUNT; vlan++) {
		const bool in = (vlan >= 10 && vlan <= 12) || vlan == 20;

		assert_int_equal(vlan_ingress(&rules, true, 7 << 13 | vlan), in ? vlan : VLAN_NONE);
	}
}

static void
test_trunk_native(void **state)
{
	(void)state;
	assert_int_equal(vlan_rules_trunk(&rules, "10", 7), 0);
	assert_int_equal(vlan_ingress(&rules, false, 0), 7);
	assert_int_equal(vlan_ingress(&rules, true, 0), 7);
	assert_int_equal(vlan_ingress(&rules, true, 7), 7);
	assert_int_equal(vlan_ingress(&rules, true, 10), 10);
	assert_int_equal(vlan_ingress(&rules, true, 8), VLAN_NONE);
}

static void
test_trunk_all(void **state)
{
	(void)state;
	assert_int_equal(vlan_rules_trunk(&rules, "all", VLAN_NONE), 0);
	for (unsigned int vlan = VLAN_FIRST; vlan <= VLAN_LAST; vlan++)
		assert_int_equal(vlan_ingress(&rules, true, vlan), vlan);
	assert_int_equal(vlan_ingress(&rules, true, 4095), VLAN_NONE);
}

static void
test_list_refused(void **state)
{
	static const char *const wrong[] = { "", ",", "1,", ",1", "0", "4095", "1-", "-1", "5-4",
					     "1-4095", "a", "1a", "1 2", "all,1", "1--2", "+1",
					     "99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(vlan_rules_trunk(&rules, wrong[i], VLAN_NONE), -EINVAL);
}

static void
test_list_text(void **state)
{
	char text[VLAN_LIST_MAX];

	(void)state;
	vlan_rules_access(&rules, 4094);
	vlan_list_text(&rules, text);
	assert_string_equal(text, "4094");
	assert_int_equal(vlan_rules_trunk(&rules, "9,3-5,4,6,100-200", 1), 0);
	vlan_list_text(&rules, text);
	assert_string_equal(text, "1,3-6,9,100-200");
	assert_int_equal(vlan_rules_trunk(&rules, "all", VLAN_NONE), 0);
	vlan_list_text(&rules, text);
	assert_string_equal(text, "1-4094");
}

/* Every second VLAN is a list that no buffer here holds. */
static void
test_list_text_cut(void **state)
{
	char text[VLAN_LIST_MAX + 8];

	(void)state;
	memset(&rules, 0, sizeof(rules));
	for (unsigned int i = 0; i < ARRAY_SIZE(rules.carried); i++)
		rules.carried[i] = UINT64_C(0x5555555555555554);
	memset(text, 0x7e, sizeof(text));
	vlan_list_text(&rules, text);
	assert_true(strlen(text) < VLAN_LIST_MAX);
	assert_memory_equal(text, "2,4,6,8,", 8);
	assert_string_equal(text + strlen(text) - 4, ",...");
	assert_int_equal(text[VLAN_LIST_MAX], 0x7e);
}

static void
test_members(void **state)
{
	struct vlan_rules other;

	(void)state;
	memset(&table, 0, sizeof(table));
	vlan_rules_access(&rules, 10);
	assert_int_equal(vlan_rules_trunk(&other, "10-11", VLAN_NONE), 0);
	vlan_join(&table, &rules, 0);
	vlan_join(&table, &other, 31);
	assert_int_equal(vlan_members(&table, 10), 1 | UINT64_C(1) << 31);
	assert_int_equal(vlan_members(&table, 11), UINT64_C(1) << 31);
	assert_int_equal(vlan_members(&table, 9), 0);
	vlan_leave(&table, &other, 31);
	assert_int_equal(vlan_members(&table, 10), 1);
	assert_int_equal(vlan_members(&table, 11), 0);
}

/** An mbuf with nothing behind it but memory of its own, so that a sanitizer sees its ends. */
struct own_mbuf {
	struct rte_mbuf m;
	uint8_t *memory;
};

static void
make_mbuf(struct own_mbuf *own, uint16_t headroom, const uint8_t *data, uint16_t len)
{
	memset(own, 0, sizeof(*own));
	own->memory = malloc(headroom + len);
	assert_non_null(own->memory);
	memcpy(own->memory + headroom, data, len);
	own->m.buf_addr = own->memory;
	own->m.buf_len = headroom + len;
	own->m.data_off = headroom;
	own->m.data_len = len;
	own->m.pkt_len = len;
	own->m.nb_segs = 1;
	rte_mbuf_refcnt_set(&own->m, 1);
}

static const uint8_t untagged[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, 'd' };
static const uint8_t tagged[] = { 2, 0, 0,    0, 0,    1,    2,	   0,	 0,  0,
				  0, 2, 0x81, 0, 0x01, 0x23, 0x88, 0xb5, 'd' };

static void
test_retag(void **state)
{
	struct own_mbuf own;

	(void)state;
	make_mbuf(&own, RTE_VLAN_HLEN, untagged, sizeof(untagged));
	assert_int_equal(vlan_retag(&own.m, true, 0x123), 0);
	assert_int_equal(own.m.pkt_len, sizeof(tagged));
	assert_memory_equal(rte_pktmbuf_mtod(&own.m, void *), tagged, sizeof(tagged));
	assert_int_equal(own.m.ol_flags, 0);
	assert_int_equal(vlan_retag(&own.m, false, 0), 0);
	assert_int_equal(own.m.pkt_len, sizeof(untagged));
	assert_memory_equal(rte_pktmbuf_mtod(&own.m, void *), untagged, sizeof(untagged));
	assert_int_equal(own.m.ol_flags, 0);
	free(own.memory);
}

static void
test_retag_no_room(void **state)
{
	struct own_mbuf own;

	(void)state;
	make_mbuf(&own, RTE_VLAN_HLEN - 1, untagged, sizeof(untagged));
	assert_true(vlan_retag(&own.m, true, 1) < 0);
	assert_int_equal(own.m.pkt_len, sizeof(untagged));
	assert_memory_equal(rte_pktmbuf_mtod(&own.m, void *), untagged, sizeof(untagged));
	free(own.memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_trunk),
		cmocka_unit_test(test_trunk_native),
		cmocka_unit_test(test_trunk_all),
		cmocka_unit_test(test_list_refused),
		cmocka_unit_test(test_list_text),
		cmocka_unit_test(test_list_text_cut),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_retag),
		cmocka_unit_test(test_retag_no_room),
	};

	return cmocka_run_group_tests_name("vswitch_vlan", tests, NULL, NULL);
}
