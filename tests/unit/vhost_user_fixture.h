/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_user_fixture.h - a vhost-user transport and a fake backend at the two ends of a socket in a
 * folder of its own; the end of each test counts descriptors and looks for breaches.
 */
#ifndef VHOST_USER_FIXTURE_H
#define VHOST_USER_FIXTURE_H

#include "fake_backend.h"

#include "device.h"
#include "vhost_user.h"

/** How long a request may take, in milliseconds: one that hangs, and one that does not. */
#define FIXTURE_SHORT_MS 60
#define FIXTURE_LONG_MS 30000

extern struct fake_backend fb;
extern struct virtio_vhost_user vu;
extern struct virtio_device dev;

/** Path of the socket. */
extern char fixture_path[108];

/** Parameters that the next fixture_create() uses: client, 1 pair, 256 entries. */
extern struct virtio_vhost_user_params fixture_params;

int fixture_setup(void **state);
int fixture_teardown(void **state);

/** Memory of the test: fixture_region(i) is the i-th MiB of it, each second one its own file. */
struct virtio_mem_region fixture_region(unsigned int i);

/** Create the transport with fixture_params and share region 0. */
void fixture_create(void);

/** Run the fake backend: it listens where the transport is a client. */
void fixture_run_backend(void);

/** Connect, trying until the other side is there. */
void fixture_connect(void);

/** All of that, then a handshake that has to succeed. */
void fixture_connected(void);

/** Negotiate over the device layer what both have, then set up @p queues queues. */
void fixture_set_up(uint16_t queues);

/** fixture_set_up() and DRIVER_OK. */
void fixture_live(uint16_t queues);

/** A fitting set-up of queue @p q with @p size entries. */
struct virtio_queue_setup fixture_queue(uint16_t q, uint16_t size);

#define FIXTURE_CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif /* VHOST_USER_FIXTURE_H */
