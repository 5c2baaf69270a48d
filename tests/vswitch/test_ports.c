/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* Ports of the vswitch come, go and change VLANs, and commands are answered. */

#include "unit.h"

#include <stdlib.h>

#include <jansson.h>
#include <rte_ethdev.h>

#include "model_eal.h"
#include "ports.h"
#include "report.h"
#include "switch_fixture.h"

/* A port that left: its addresses are forgotten, and it gets nothing. */
static void
test_remove_and_add(void **state)
{
	const struct bytes f = frame(0xb, 0xa, -1, 60, 1);
	struct vlan_rules rules;
	struct vs_error error;

	(void)state;
	inject(0, frame(0xa, 0xff, -1, 60, 1));
	drain();
	assert_int_equal(w->poll->count, PORTS);
	assert_int_equal(port_remove(sw, port[0], &error), 0);
	assert_int_equal(w->poll->count, PORTS - 1);
	assert_int_equal(port_by_name(sw, "net_ring0"), -1);
	inject(1, f);
	expect(2, f);
	expect(3, f);
	vlan_rules_access(&rules, 1);
	assert_int_equal(port_add(sw, "net_ring0", &rules, &error), 0);
	port[0] = port_by_name(sw, "net_ring0");
	assert_int_equal(counters(0).rx_packets, 0);
	inject(1, f);
	expect(0, f);
	drain();
}

static void
test_add_refused(void **state)
{
	const uint32_t promised = sw->mbufs_promised;
	struct vlan_rules rules;
	struct vs_error error;

	(void)state;
	vlan_rules_access(&rules, 1);
	assert_true(port_add(sw, "net_nonesuch0", &rules, &error) < 0);
	assert_non_null(strstr(error.text, "net_nonesuch0"));
	assert_int_equal(port_add(sw, "net_ring0", &rules, &error), -EEXIST);
	assert_non_null(strstr(error.text, "already"));
	sw->mbufs_promised = MBUFS - 10;
	assert_int_equal(port_add(sw, "net_ring9", &rules, &error), -ENOBUFS);
	assert_non_null(strstr(error.text, "--mbufs"));
	assert_int_equal(rte_eth_dev_count_avail(), PORTS);
	assert_int_equal(port_by_name(sw, "net_ring9"), -1);
	sw->mbufs_promised = promised;
}

/* What was learned in the old VLAN is not known in it any more. */
static void
test_change_vlan(void **state)
{
	(void)state;
	inject(0, frame(0xa, 0xff, -1, 60, 1));
	drain();
	set_vlan(0, "access 2");
	inject(1, frame(0xb, 0xa, -1, 60, 1));
	expect_nothing(0);
	expect(2, frame(0xb, 0xa, -1, 60, 1));
	drain();
	set_vlan(0, "trunk 1,2");
	inject(1, frame(0xb, 0xa, -1, 60, 1));
	expect(0, frame(0xb, 0xa, 1, 64, 1));
	drain();
}

static json_t *
ask(const char *line)
{
	char *text = report_answer(sw, line);
	json_t *answer;

	assert_non_null(text);
	assert_null(strchr(text, '\n'));
	answer = json_loads(text, 0, NULL);
	assert_non_null(answer);
	free(text);
	return answer;
}

static void
test_report(void **state)
{
	json_t *answer;
	const char *mac, *name;
	int vlan, packets;

	(void)state;
	inject(1, frame(0xa, 0xff, -1, 60, 1));
	drain();
	answer = ask("fdb");
	assert_int_equal(json_unpack(answer, "{s:[{s:s, s:i, s:s}]}", "fdb", "mac", &mac, "vlan",
				     &vlan, "port", &name),
			 0);
	assert_string_equal(mac, "02:00:00:00:00:0a");
	assert_string_equal(name, "net_ring1");
	assert_int_equal(vlan, 1);
	json_decref(answer);
	answer = ask("stats net_ring1");
	assert_int_equal(json_unpack(answer, "{s:[{s:s, s:i}]}", "stats", "port", &name,
				     "rx_packets", &packets),
			 0);
	assert_int_equal(packets, 1);
	json_decref(answer);
	answer = ask("ports");
	assert_int_equal(json_array_size(json_object_get(answer, "ports")), PORTS);
	json_decref(answer);
	answer = ask("vlan");
	assert_int_equal(json_array_size(json_object_get(answer, "vlans")), 1);
	json_decref(answer);
	answer = ask("workers");
	assert_int_equal(json_array_size(json_object_get(answer, "workers")), 1);
	json_decref(answer);
	answer = ask("flush");
	assert_int_equal(json_object_size(answer), 0);
	json_decref(answer);
	assert_int_equal(sw->fdb->used, 0);
}

static void
test_report_errors(void **state)
{
	static const char *const wrong[] = { "nonsense", "stats nobody", "del-port nobody",
					     "vlan nobody access 1", "fdb port nobody",
					     "add-port \xff\xfe", "stats \xff" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		json_t *answer = ask(wrong[i]);

		assert_true(json_string_length(json_object_get(answer, "error")) > 10);
		json_decref(answer);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, switch_start, switch_stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_remove_and_add),
		CASE(test_add_refused),
		CASE(test_change_vlan),
		CASE(test_report),
		CASE(test_report_errors),
	};

	return cmocka_run_group_tests_name("vswitch_ports", tests, model_eal_start, model_eal_stop);
}
