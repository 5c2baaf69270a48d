/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* The language of the vswitch's control socket and of its command line. */

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "options.h"

static struct command c;
static char error[COMMAND_ERROR_MAX];

static void
test_show(void **state)
{
	static const struct {
		const char *line;
		enum command_verb verb;
	} good[] = {
		{ "ports", COMMAND_PORTS },   { "  ports \r", COMMAND_PORTS },
		{ "stats", COMMAND_STATS },   { "workers", COMMAND_WORKERS },
		{ "vlan", COMMAND_VLANS },    { "fdb", COMMAND_FDB },
		{ "\tflush", COMMAND_FLUSH },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(command_parse(&c, good[i].line, error), 0);
		assert_int_equal(c.verb, good[i].verb);
		assert_string_equal(c.port, "");
		assert_int_equal(c.vlan, -1);
	}
	assert_int_equal(command_parse(&c, "stats net_vhost0", error), 0);
	assert_string_equal(c.port, "net_vhost0");
}

static void
test_filter(void **state)
{
	(void)state;
	assert_int_equal(command_parse(&c, "fdb vlan 7 port p", error), 0);
	assert_int_equal(c.verb, COMMAND_FDB);
	assert_int_equal(c.vlan, 7);
	assert_string_equal(c.port, "p");
	assert_int_equal(command_parse(&c, "flush port p", error), 0);
	assert_int_equal(c.verb, COMMAND_FLUSH);
	assert_int_equal(c.vlan, -1);
}

static void
test_rules(void **state)
{
	(void)state;
	assert_int_equal(command_parse(&c, "vlan p access 10", error), 0);
	assert_int_equal(c.verb, COMMAND_SET_VLAN);
	assert_string_equal(c.port, "p");
	assert_false(c.rules.trunk);
	assert_int_equal(c.rules.native, 10);
	assert_int_equal(command_parse(&c, "vlan p trunk 1-5,10 native 3", error), 0);
	assert_true(c.rules.trunk);
	assert_int_equal(c.rules.native, 3);
	assert_true(vlan_carried(&c.rules, 10));
	assert_false(vlan_carried(&c.rules, 6));
	assert_int_equal(command_parse(&c, "vlan p trunk all", error), 0);
	assert_int_equal(c.rules.native, VLAN_NONE);
}

static void
test_add_del(void **state)
{
	(void)state;
	assert_int_equal(command_parse(&c, "add-port net_vhost0,iface=/tmp/a,queues=2", error), 0);
	assert_int_equal(c.verb, COMMAND_ADD_PORT);
	assert_string_equal(c.devargs, "net_vhost0,iface=/tmp/a,queues=2");
	assert_false(c.rules.trunk);
	assert_int_equal(c.rules.native, COMMAND_VLAN_DEFAULT);
	assert_int_equal(command_parse(&c, "add-port net_null0 trunk 5", error), 0);
	assert_true(c.rules.trunk);
	assert_int_equal(command_parse(&c, "del-port net_null0", error), 0);
	assert_int_equal(c.verb, COMMAND_DEL_PORT);
	assert_string_equal(c.port, "net_null0");
}

/* Each is refused with a sentence that has the word. */
static void
test_refused(void **state)
{
	static const struct {
		const char *line;
		const char *word;
	} bad[] = {
		{ "", "no command" },
		{ " \t ", "no command" },
		{ "port", "'port'" },
		{ "ports now", "'now'" },
		{ "stats a b", "'b'" },
		{ "fdb net_vhost0", "'net_vhost0'" },
		{ "fdb vlan", "VLAN is missing" },
		{ "fdb vlan 0", "'0'" },
		{ "fdb vlan 4095", "'4095'" },
		{ "fdb vlan 1x", "'1x'" },
		{ "fdb vlan -1", "'-1'" },
		{ "flush port", "PORT is missing" },
		{ "vlan p", "access VLAN" },
		{ "vlan p hybrid 3", "access VLAN" },
		{ "vlan p access", "VLAN is missing" },
		{ "vlan p access 1 2", "'2'" },
		{ "vlan p trunk", "LIST is missing" },
		{ "vlan p trunk 1,,2", "'1,,2'" },
		{ "vlan p trunk 1 native", "VLAN is missing" },
		{ "vlan p trunk 1 native 5000", "'5000'" },
		{ "add-port", "DEVARGS is missing" },
		{ "del-port", "PORT is missing" },
		{ "del-port a b", "'b'" },
		{ "ports\x01", "control" },
		{ "a b c d e f g h i j k l m n o p q", "words" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(error, 0, sizeof(error));
		assert_int_equal(command_parse(&c, bad[i].line, error), -EINVAL);
		if (strstr(error, bad[i].word) == NULL)
			fail_msg("'%s' is refused with '%s'", bad[i].line, error);
	}
}

/* Lengths at the borders of what fits. */
static void
test_long(void **state)
{
	char line[COMMAND_LINE_MAX + 64];
	const size_t head = strlen("add-port ");

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "add-port ", head);
	line[head + COMMAND_DEVARGS_MAX - 1] = '\0';
	assert_int_equal(command_parse(&c, line, error), 0);
	assert_int_equal(strlen(c.devargs), COMMAND_DEVARGS_MAX - 1);
	line[head + COMMAND_DEVARGS_MAX - 1] = 'x';
	line[head + COMMAND_DEVARGS_MAX] = '\0';
	assert_int_equal(command_parse(&c, line, error), -EINVAL);
	assert_non_null(strstr(error, "DEVARGS"));
	memset(line, 'x', sizeof(line));
	line[COMMAND_LINE_MAX] = '\0';
	assert_int_equal(command_parse(&c, line, error), -EINVAL);
	line[COMMAND_LINE_MAX - 1] = '\0';
	assert_int_equal(command_parse(&c, line, error), -EINVAL);
	assert_non_null(strstr(error, "is no command"));
}

/* Whatever comes, the parser ends, and a refusal says something. */
static void
test_random(void **state)
{
	static const char *const words[] = { "vlan", "p",  "trunk", "access", "native",
					     "1-5,", "10", "port",  "fdb",    "add-port",
					     "all",  "\t", "4094",  "-",      "%s" };
	uint64_t seed = 9;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		char line[256] = "";

		for (unsigned int n = unit_random(&seed) % 8; n > 0; n--) {
			strcat(line, words[unit_random(&seed) % ARRAY_SIZE(words)]);
			strcat(line, unit_random(&seed) % 8 ? " " : "");
		}
		error[0] = '\0';
		if (command_parse(&c, line, error) != 0)
			assert_true(strlen(error) > 10);
	}
}

static struct options options;

static int
parse_options(const char *text)
{
	static char copy[512];
	char *argv[16] = { NULL };
	int argc = 0;

	snprintf(copy, sizeof(copy), "vswitch|%s", text);
	for (char *word = strtok(copy, "|"); word != NULL; word = strtok(NULL, "|"))
		argv[argc++] = word;
	return options_parse(&options, argc, argv);
}

static void
test_options(void **state)
{
	(void)state;
	assert_int_equal(parse_options(""), 0);
	assert_string_equal(options.config.socket, OPTIONS_SOCKET_DEFAULT);
	assert_int_equal(options.config.age_s, 300);
	assert_int_equal(options.config.port_macs, options.config.fdb_size / 4);
	assert_int_equal(options.config.mtu, 1500);
	assert_int_equal(options.commands, 0);
	assert_int_equal(
		parse_options("--age|0|--fdb-size|100|--port-macs|7|--mtu|9000|--socket|/s"), 0);
	assert_int_equal(options.config.age_s, 0);
	assert_int_equal(options.config.fdb_size, 100);
	assert_int_equal(options.config.port_macs, 7);
	assert_int_equal(options.config.mtu, 9000);
	assert_string_equal(options.config.socket, "/s");
	assert_int_equal(parse_options("--port|net_null0 access 5|--vlan|eth0 trunk all|--port|x"),
			 0);
	assert_int_equal(options.commands, 3);
	assert_int_equal(options.command[0].verb, COMMAND_ADD_PORT);
	assert_string_equal(options.command[0].devargs, "net_null0");
	assert_int_equal(options.command[0].rules.native, 5);
	assert_int_equal(options.command[1].verb, COMMAND_SET_VLAN);
	assert_string_equal(options.command[1].port, "eth0");
	assert_int_equal(parse_options("--help"), 0);
	assert_true(options.help);
}

static void
test_options_refused(void **state)
{
	static const char *const bad[] = {
		"--age|-1", "--age|1s", "--age|1000001", "--fdb-size|0", "--fdb-size|", "--mtu|67",
		"--mtu|9001", "--mbufs|1000", "--port|", "--port|x y", "--vlan| ", "--vlan|x",
		"--vlan|x access", "--colour|red", "--age", "more",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse_options(bad[i]) != -EINVAL)
			fail_msg("'%s' is taken", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_add_del),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_options_refused),
	};

	return cmocka_run_group_tests_name("vswitch_command", tests, NULL, NULL);
}
