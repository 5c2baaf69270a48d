/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * switch_fixture.h - a vswitch between net_ring ports: what goes out of such a port waits in its
 * ring until the test takes it. No worker runs; the test calls what a worker calls.
 */
#ifndef SWITCH_FIXTURE_H
#define SWITCH_FIXTURE_H

#include "vswitch.h"

#define PORTS 4
#define MBUFS 8191
#define FRAME_MAX 2048

/** A frame as bytes. */
struct bytes {
	uint16_t len;
	uint8_t at[FRAME_MAX];
};

extern struct vs_switch *sw;
extern struct vs_worker *w;
extern uint16_t port[PORTS]; /**< by the numbers that tests use */

/** Set-up of a case: a switch with ports net_ring0 to 3, all access 1. */
int switch_start(void **state);

/** Teardown: every mbuf has to be back, and nothing of the ports may be left. */
int switch_stop(void **state);

/** Throw away what waits in the rings. */
void drain(void);

/**
 * A frame from host to host; to 0xff: everybody.
 * @param tci     -1: no tag
 * @param number  what its content is filled with
 */
struct bytes frame(uint8_t from, uint8_t to, int tci, uint16_t len, uint8_t number);

/** The same in an mbuf of the switch's pool. */
struct rte_mbuf *make_mbuf(const struct bytes *f);

/** A frame comes into a port, alone. */
void inject(unsigned int in, struct bytes f);

/** Nothing has come out of a port. */
void expect_nothing(unsigned int at);

/** Just this frame has come out of a port. */
void expect(unsigned int at, struct bytes f);

/** A port's numbers. */
struct vs_counters counters(unsigned int of);

/** As "vlan net_ringN WORDS" does. */
void set_vlan(unsigned int of, const char *words);

#endif /* SWITCH_FIXTURE_H */
