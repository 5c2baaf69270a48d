/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* vio-bench's command line: sweeps, limits, and the devargs that it composes. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"
#include "port.h"

#define WORDS_MAX 16

static struct bench_config config;
static char line[512];

/* Words separated by blanks; the mode is part of them. */
static int
parse(const char *text)
{
	char *argv[WORDS_MAX + 1] = { NULL };
	char *rest = line;
	int argc = 0;

	assert_true(strlen(text) < sizeof(line) - 10);
	strcpy(line, "vio-bench ");
	strcat(line, text);
	while (argc < WORDS_MAX && (argv[argc] = strsep(&rest, " ")) != NULL)
		argc++;
	return options_parse(&config, argc, argv);
}

static void
test_defaults(void **state)
{
	struct bench_point p;

	(void)state;
	assert_int_equal(parse("driver"), 0);
	assert_int_equal(config.mode, MODE_DRIVER);
	assert_string_equal(config.vdev[0], "net_vio_user");
	assert_int_equal(config.sides, 1);
	assert_int_equal(config.directions, DIR_RX | DIR_TX);
	assert_int_equal(options_points(&config), 1);
	p = options_point(&config, 0);
	assert_int_equal(p.burst, 32);
	assert_int_equal(p.frame_len, 64);
	assert_int_equal(p.ring_size, 256);
	assert_int_equal(p.segments, 1);
	assert_null(p.path);
	assert_int_equal(options_window(&config, &p), 1);
	assert_int_equal(options_windows(&config, &p), 32);
}

/* However short a burst is, a window holds 32 packets and a group a thousand. */
static void
test_windows(void **state)
{
	struct bench_point p;
	unsigned int i;

	(void)state;
	assert_int_equal(parse("driver --burst 1,4,32,256"), 0);
	for (i = 0; i < options_points(&config); i++) {
		p = options_point(&config, i);
		assert_true(options_window(&config, &p) * p.burst >= 32);
		assert_int_equal(options_window(&config, &p) * options_windows(&config, &p) *
			p.burst, 1024);
	}
	assert_int_equal(parse("driver --burst 4 --window 2 --bursts 100"), 0);
	p = options_point(&config, 0);
	assert_int_equal(options_window(&config, &p), 2);
	assert_int_equal(options_windows(&config, &p), 50);
}

static void
test_sweeps_multiply(void **state)
{
	struct bench_point p;
	unsigned int i, seen = 0;

	(void)state;
	assert_int_equal(parse("driver --sweep burst=1,8,32 --sweep path=split,packed-vec "
		"--sweep segments=1,3 --seg-len 256"), 0);
	assert_int_equal(options_points(&config), 12);
	for (i = 0; i < 12; i++) {
		p = options_point(&config, i);
		assert_int_equal(p.frame_len, 256 * p.segments);
		assert_non_null(p.path);
		seen |= 1u << ((p.burst == 1 ? 0 : p.burst == 8 ? 1 : 2) +
			3 * (p.segments == 3) + 6 * (strcmp(p.path->name, "split") != 0));
	}
	assert_int_equal(seen, 0xfff);
}

static void
test_refused(void **state)
{
	static const char * const wrong[] = {
		"", "nonsense", "driver loop", "driver --burst 0", "driver --burst 257",
		"driver --burst x", "driver --burst 1,,2", "driver --burst 1.5",
		"driver --frame-len 59", "driver --sweep colour=1", "driver --path nosuch",
		"driver --dir forward", "driver --dir up", "driver --vs-simd 256",
		"driver --simd 100", "driver --path-args a=1", "driver --path-args ;a=1",
		"driver --fault corrupt", "driver --fault nosuch --verify", "driver --nosuch",
		"driver --segments 2 --seg-len 20", "driver --segments 3 --seg-len 4000",
		"driver --segments 5", "driver --rx-offloads NOSUCH", "driver --tx-offloads UNKNOWN",
		"driver --tx-offloads ,", "driver --rx-offloads ;VLAN_STRIP",
		"loop --latency --tx-offloads UDP_CKSUM", "loop --latency --segments 2", "loop --seconds 0",
		"loop --rate -1", "driver --seg-len 13",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parse(wrong[i]) != -EINVAL)
			fail_msg("'%s' was not refused", wrong[i]);
}

static void
compose(unsigned int side, const char *expected)
{
	struct bench_point p = options_point(&config, 0);
	char args[PORT_ARGS_MAX];
	bool server;

	assert_int_equal(port_compose_args(args, &config, &p, side, "/s", &server), 0);
	assert_string_equal(args, expected);
	assert_int_equal(server, strstr(expected, "server=1") != NULL);
}

/* Each source of devargs wins over those before, and no key is given twice. */
static void
test_devargs(void **state)
{
	struct bench_point p;
	char args[PORT_ARGS_MAX];
	bool server;

	(void)state;
	assert_int_equal(parse("driver --vs net_virtio_user,in_order=0 --path split-vec "
		"--args in_order=1,speed=10 --path-args vectorized=0;mrg_rxbuf=1 "
		"--ring-size 64"), 0);
	compose(0, "mac=02:76:69:6f:00:10,mrg_rxbuf=0,in_order=1,vectorized=0,speed=10,"
		"queue_size=64,path=/s");
	compose(1, "mac=02:76:69:6f:00:11,mrg_rxbuf=1,in_order=0,vectorized=1,speed=10,"
		"queue_size=64,path=/s");
	assert_int_equal(parse("driver --vdev net_x,server=1,mac=00:00:00:00:00:01"), 0);
	compose(0, "mac=00:00:00:00:00:01,server=1,queue_size=256,path=/s");
	/* A key without a value is not lost. */
	assert_int_equal(parse("driver --vdev net_x,quick"), 0);
	compose(0, "mac=02:76:69:6f:00:10,quick=,queue_size=256,path=/s");
	assert_int_equal(parse("driver --args queue_size=7"), 0);
	p = options_point(&config, 0);
	assert_int_equal(port_compose_args(args, &config, &p, 0, "/s", &server), -EINVAL);
	assert_int_equal(parse("driver --vdev net_x,path=/tmp/x"), 0);
	assert_int_equal(port_compose_args(args, &config, &p, 0, "/s", &server), -EINVAL);
}

/* By ethdev's names, for both or for each. */
static void
test_offloads(void **state)
{
	(void)state;
	assert_int_equal(parse("driver"), 0);
	assert_int_equal(config.rx_offloads[0] | config.tx_offloads[0], 0);
	assert_int_equal(parse("driver --rx-offloads VLAN_STRIP,TCP_CKSUM"), 0);
	assert_int_equal(config.rx_offloads[0], RTE_ETH_RX_OFFLOAD_VLAN_STRIP |
		RTE_ETH_RX_OFFLOAD_TCP_CKSUM);
	assert_int_equal(config.rx_offloads[1], config.rx_offloads[0]);
	assert_int_equal(parse("driver --vs net_x --tx-offloads ;UDP_CKSUM --rx-offloads TCP_LRO;"), 0);
	assert_int_equal(config.tx_offloads[0], 0);
	assert_int_equal(config.tx_offloads[1], RTE_ETH_TX_OFFLOAD_UDP_CKSUM);
	assert_int_equal(config.rx_offloads[0], RTE_ETH_RX_OFFLOAD_TCP_LRO);
	assert_int_equal(config.rx_offloads[1], 0);
}

static void
test_named_paths(void **state)
{
	const struct bench_path *path;

	(void)state;
	assert_int_equal(parse("driver --path all"), 0);
	for (path = options_paths; path->name != NULL; path++)
		assert_ptr_equal(options_find_path(path->name), path);
	assert_int_equal(config.path_count, path - options_paths);
	assert_null(options_find_path("nosuch"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_sweeps_multiply),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_devargs),
		cmocka_unit_test(test_offloads),
		cmocka_unit_test(test_named_paths),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
