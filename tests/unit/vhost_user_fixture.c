/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vhost_user_fixture.c - see vhost_user_fixture.h. */
#include "vhost_user_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)
#define USER_BASE UINT64_C(0x7f0000000000)

struct fake_backend fb;
struct virtio_vhost_user vu;
struct virtio_device dev;
char fixture_path[108];
struct virtio_vhost_user_params fixture_params;

static char folder[] = "/tmp/vio-unit-XXXXXX";
static unsigned int fds_before;
static int files[2];
static bool backend_runs;
static bool created;

int
fixture_setup(void **state)
{
	(void)state;
	unit_log_start();
	fds_before = fake_backend_open_fds();
	strcpy(folder, "/tmp/vio-unit-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(fixture_path, sizeof(fixture_path), "%s/sock", folder);
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		files[i] = memfd_create("memory", MFD_CLOEXEC);
		assert_true(files[i] >= 0);
	}
	fixture_params = (struct virtio_vhost_user_params){
		.path = fixture_path,
		.pairs = 1,
		.queue_size = 256,
		.timeout_ms = FIXTURE_LONG_MS,
	};
	fake_backend_init(&fb);
	backend_runs = false;
	created = false;
	return 0;
}

int
fixture_teardown(void **state)
{
	bool clean;

	(void)state;
	if (created)
		vu.base.ops->close(&vu.base);
	if (backend_runs)
		fake_backend_stop(&fb);
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++)
		close(files[i]);
	clean = access(fixture_path, F_OK) != 0;
	unlink(fixture_path);
	rmdir(folder);
	assert_string_equal(fb.violation, "");
	/* nothing is left: no descriptor, no socket */
	assert_int_equal(fake_backend_open_fds(), fds_before);
	assert_true(clean);
	return 0;
}

struct virtio_mem_region
fixture_region(unsigned int i)
{
	return (struct virtio_mem_region){
		.guest_addr = USER_BASE + i * MIB,
		.user_addr = USER_BASE + i * MIB,
		.size = MIB,
		.offset = i * MIB,
		.fd = files[i % ARRAY_SIZE(files)],
	};
}

void
fixture_create(void)
{
	const struct virtio_mem_region region = fixture_region(0);

	assert_int_equal(virtio_vhost_user_create(&vu, &fixture_params), 0);
	created = true;
	virtio_device_init(&dev, &vu.base);
	assert_int_equal(virtio_vhost_user_set_memory(&vu, &region, 1), 0);
	if (fixture_params.server)
		assert_int_equal(virtio_vhost_user_listen(&vu), 0);
}

void
fixture_run_backend(void)
{
	fake_backend_start(&fb, fixture_path, fixture_params.server);
	backend_runs = true;
}

void
fixture_connect(void)
{
	int rc;

	do {
		rc = virtio_vhost_user_connect(&vu);
		if (rc == -EAGAIN || rc == -ECONNREFUSED || rc == -ENOENT)
			poll(NULL, 0, 1);
	} while (rc == -EAGAIN || rc == -ECONNREFUSED || rc == -ENOENT);
	assert_int_equal(rc, 0);
}

void
fixture_connected(void)
{
	fixture_create();
	fixture_run_backend();
	fixture_connect();
	assert_int_equal(virtio_vhost_user_handshake(&vu), 0);
}

struct virtio_queue_setup
fixture_queue(uint16_t q, uint16_t size)
{
	uint64_t at = USER_BASE + q * UINT64_C(0x1000);

	return (struct virtio_queue_setup){
		.size = size,
		.vector = VIRTIO_NO_VECTOR,
		.desc = at,
		.driver = at + 0x400,
		.device = at + 0x800,
	};
}

void
fixture_set_up(uint16_t queues)
{
	assert_int_equal(virtio_device_negotiate(&dev, UINT64_MAX, 0), 0);
	for (uint16_t q = 0; q < queues; q++) {
		const struct virtio_queue_setup setup = fixture_queue(q, 64);

		assert_int_equal(vu.base.ops->queue_setup(&vu.base, q, &setup), 0);
	}
}

void
fixture_live(uint16_t queues)
{
	fixture_set_up(queues);
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
}
