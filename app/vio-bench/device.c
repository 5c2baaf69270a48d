/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* The librte_vhost side: registration, its callbacks, and bursts of any size. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_spinlock.h>
#include <rte_vhost.h>

#include "bench.h"
#include "device.h"

#define DEVICE_MAX 8
#define DEVICE_BURST 32  /* librte_vhost takes at most this many frames in a call. */
#define RINGS_READY ((1u << DEVICE_RXQ) | (1u << DEVICE_TXQ))

static struct device *devices[DEVICE_MAX];
static rte_spinlock_t devices_lock = RTE_SPINLOCK_INITIALIZER;

/* librte_vhost knows its callers' devices by socket path only. Called with devices_lock held. */
static struct device *
find_device(int vid)
{
	char path[PATH_MAX];
	unsigned int i;

	if (rte_vhost_get_ifname(vid, path, sizeof(path)) != 0)
		return NULL;
	for (i = 0; i < DEVICE_MAX; i++)
		if (devices[i] != NULL && strcmp(devices[i]->path, path) == 0)
			return devices[i];
	return NULL;
}

static int
on_new_device(int vid)
{
	struct device *d;

	/* The device polls: no notification is wanted from the driver. */
	rte_vhost_enable_guest_notification(vid, DEVICE_RXQ, 0);
	rte_vhost_enable_guest_notification(vid, DEVICE_TXQ, 0);
	rte_spinlock_lock(&devices_lock);
	d = find_device(vid);
	if (d != NULL)
		__atomic_store_n(&d->vid, vid, __ATOMIC_RELEASE);
	rte_spinlock_unlock(&devices_lock);
	return d != NULL ? 0 : -1;
}

static void
on_destroy_device(int vid)
{
	struct device *d;

	rte_spinlock_lock(&devices_lock);
	d = find_device(vid);
	if (d != NULL) {
		__atomic_store_n(&d->rings, 0, __ATOMIC_RELEASE);
		__atomic_store_n(&d->vid, -1, __ATOMIC_RELEASE);
	}
	rte_spinlock_unlock(&devices_lock);
}

static int
on_ring_state(int vid, uint16_t queue, int enable)
{
	struct device *d;

	if (queue > DEVICE_TXQ)
		return 0;
	rte_spinlock_lock(&devices_lock);
	d = find_device(vid);
	if (d != NULL && enable)
		__atomic_fetch_or(&d->rings, 1u << queue, __ATOMIC_RELEASE);
	else if (d != NULL)
		__atomic_fetch_and(&d->rings, ~(1u << queue), __ATOMIC_RELEASE);
	rte_spinlock_unlock(&devices_lock);
	return 0;
}

static const struct rte_vhost_device_ops device_ops = {
	.new_device = on_new_device,
	.destroy_device = on_destroy_device,
	.vring_state_changed = on_ring_state,
};

static int
table_add(struct device *d)
{
	int ret = -ENOSPC;
	unsigned int i;

	rte_spinlock_lock(&devices_lock);
	for (i = 0; i < DEVICE_MAX && ret != 0; i++) {
		if (devices[i] == NULL) {
			devices[i] = d;
			ret = 0;
		}
	}
	rte_spinlock_unlock(&devices_lock);
	return ret;
}

static void
table_remove(const struct device *d)
{
	unsigned int i;

	rte_spinlock_lock(&devices_lock);
	for (i = 0; i < DEVICE_MAX; i++)
		if (devices[i] == d)
			devices[i] = NULL;
	rte_spinlock_unlock(&devices_lock);
}

int
device_open(struct device *d, const char *path, bool client)
{
	uint64_t flags = RTE_VHOST_USER_NET_COMPLIANT_OL_FLAGS;

	memset(d, 0, sizeof(*d));
	d->vid = -1;
	d->client = client;
	snprintf(d->path, sizeof(d->path), "%s", path);
	if (client)
		flags |= RTE_VHOST_USER_CLIENT;
	if (table_add(d) != 0) {
		bench_error("no more than %u devices at a time", DEVICE_MAX);
		return -ENOSPC;
	}
	if (rte_vhost_driver_register(path, flags) != 0) {
		bench_error("librte_vhost refuses the socket %s", path);
		table_remove(d);
		return -EIO;
	}
	d->registered = true;
	if (rte_vhost_driver_callback_register(path, &device_ops) != 0 ||
			rte_vhost_driver_start(path) != 0) {
		bench_error("librte_vhost cannot open the socket %s: does it exist already, or is "
			"its folder missing?", path);
		device_close(d);
		return -EIO;
	}
	return 0;
}

int
device_wait_ready(struct device *d, unsigned int timeout_ms)
{
	unsigned int waited;

	for (waited = 0; waited < timeout_ms; waited++) {
		if (__atomic_load_n(&d->vid, __ATOMIC_ACQUIRE) >= 0 &&
				__atomic_load_n(&d->rings, __ATOMIC_ACQUIRE) == RINGS_READY)
			return 0;
		if (bench_stopped())
			return -EINTR;
		rte_delay_us_sleep(1000);
	}
	if (d->vid < 0)
		bench_error("the driver did not connect to %s within %u ms although its port was "
			"started: did its start fail silently?", d->path, timeout_ms);
	else
		bench_error("the driver enabled only queues %#x of %#x within %u ms", d->rings,
			RINGS_READY, timeout_ms);
	return -ETIMEDOUT;
}

int
device_wait_gone(struct device *d, unsigned int timeout_ms)
{
	unsigned int waited;

	for (waited = 0; waited < timeout_ms; waited++) {
		if (__atomic_load_n(&d->vid, __ATOMIC_ACQUIRE) < 0)
			return 0;
		rte_delay_us_sleep(1000);
	}
	bench_error("librte_vhost still sees the driver at %s, %u ms after its port was removed",
		d->path, timeout_ms);
	return -ETIMEDOUT;
}

uint16_t
device_enqueue(const struct device *d, struct rte_mbuf **frames, uint16_t count)
{
	uint16_t done = 0;
	uint16_t part, took;

	while (done < count) {
		part = RTE_MIN(count - done, DEVICE_BURST);
		took = rte_vhost_enqueue_burst(d->vid, DEVICE_RXQ, frames + done, part);
		done += took;
		if (took < part)
			break;
	}
	return done;
}

uint16_t
device_dequeue(const struct device *d, struct rte_mbuf **frames, uint16_t count)
{
	uint16_t done = 0;
	uint16_t part, took;

	while (done < count) {
		part = RTE_MIN(count - done, DEVICE_BURST);
		took = rte_vhost_dequeue_burst(d->vid, DEVICE_TXQ, d->pool, frames + done, part);
		done += took;
		if (took < part)
			break;
	}
	return done;
}

uint64_t
device_features(const struct device *d)
{
	uint64_t features = 0;

	if (d->vid >= 0 && rte_vhost_get_negotiated_features(d->vid, &features) != 0)
		return 0;
	return features;
}

void
device_close(struct device *d)
{
	if (!d->registered)
		return;
	/* Ends the connection, and with it the callbacks, before it returns. */
	if (rte_vhost_driver_unregister(d->path) != 0)
		bench_error("librte_vhost does not know the socket %s any more", d->path);
	d->registered = false;
	table_remove(d);
}
