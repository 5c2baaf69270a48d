/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_monitor.c - see vio_monitor.h. EAL's interrupt thread is not used for this: a backend that
 * answers slowly would hold up the interrupts of every other device.
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "vio_compat.h"
#include "vio_log.h"
#include "vio_monitor.h"

/** Watches there are at the most: two of each port. */
#define MONITOR_MAX (2 * RTE_MAX_ETHPORTS)

static TAILQ_HEAD(, vio_watch) watches = TAILQ_HEAD_INITIALIZER(watches);
static pthread_mutex_t monitor_lock = PTHREAD_MUTEX_INITIALIZER;
static int monitor_wake_fd = -1;

static int64_t
now_ms(void)
{
	return rte_get_timer_cycles() / (rte_get_timer_hz() / 1000);
}

/** Collect descriptors to wait for. @return milliseconds until the first watch is due, -1: never */
static int
collect(struct pollfd *fds, struct vio_watch **who, unsigned int *count)
{
	int64_t now = now_ms();
	int64_t first = -1;
	struct vio_watch *watch;
	unsigned int n = 0;

	fds[n++] = (struct pollfd){ .fd = monitor_wake_fd, .events = POLLIN };
	TAILQ_FOREACH(watch, &watches, next) {
		if (n > MONITOR_MAX)
			break;
		who[n] = watch;
		fds[n++] = (struct pollfd){ .fd = watch->fd(watch), .events = POLLIN };
		if (watch->due_ms >= 0) {
			int64_t left = RTE_MAX(watch->due_ms - now, 0);

			first = first < 0 ? left : RTE_MIN(first, left);
		}
	}
	*count = n;
	return first;
}

/** Run what is ready or due; events are collected, for after the lock. */
static unsigned int
run_watches(const struct pollfd *fds, struct vio_watch *const *who, unsigned int count,
	    struct vio_watch *events)
{
	unsigned int n = 0;
	struct vio_watch *watch;

	TAILQ_FOREACH(watch, &watches, next) {
		bool ready = false;
		int wait;

		/* The list may have changed while nobody held the lock. */
		for (unsigned int i = 1; i < count; i++)
			if (who[i] == watch && fds[i].fd >= 0 && fds[i].fd == watch->fd(watch))
				ready = fds[i].revents != 0;
		if (!ready && (watch->due_ms < 0 || watch->due_ms > now_ms()))
			continue;
		wait = watch->run(watch, ready);
		watch->due_ms = wait < 0 ? -1 : now_ms() + wait;
		if (watch->event_pending) {
			watch->event_pending = false;
			events[n++] = *watch;
		}
	}
	return n;
}

static vio_thread_end
monitor_main(void *arg __rte_unused)
{
	static struct pollfd fds[MONITOR_MAX + 1];
	static struct vio_watch *who[MONITOR_MAX + 1];
	static struct vio_watch events[MONITOR_MAX];

	for (;;) {
		unsigned int count, pending;
		uint64_t woken;
		int timeout;

		pthread_mutex_lock(&monitor_lock);
		timeout = collect(fds, who, &count);
		pthread_mutex_unlock(&monitor_lock);
		if (poll(fds, count, timeout) < 0 && errno != EINTR)
			rte_delay_us_sleep(1000 * VIO_MONITOR_RETRY_MS);
		if ((fds[0].revents & POLLIN) &&
		    read(monitor_wake_fd, &woken, sizeof(woken)) < 0)
			VIO_LOG(driver, DEBUG, "monitor: woken by nobody");
		pthread_mutex_lock(&monitor_lock);
		pending = run_watches(fds, who, count, events);
		pthread_mutex_unlock(&monitor_lock);
		/* An application's callback may close the port, which waits for the lock. */
		for (unsigned int i = 0; i < pending; i++)
			events[i].event(events[i].port_id);
	}
	return 0;
}

static int
monitor_start(void)
{
	int ret;

	if (monitor_wake_fd >= 0)
		return 0;
	monitor_wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (monitor_wake_fd < 0)
		return -errno;
	ret = vio_thread_create("vio-monitor", monitor_main);
	if (ret != 0) {
		close(monitor_wake_fd);
		monitor_wake_fd = -1;
		VIO_LOG(init, ERR, "no thread to watch backends: %s", strerror(-ret));
	}
	return ret;
}

int
vio_monitor_add(struct vio_watch *watch)
{
	int ret;

	pthread_mutex_lock(&monitor_lock);
	ret = monitor_start();
	if (ret == 0) {
		watch->due_ms = now_ms();
		TAILQ_INSERT_TAIL(&watches, watch, next);
	}
	pthread_mutex_unlock(&monitor_lock);
	if (ret == 0)
		vio_monitor_wake();
	return ret;
}

void
vio_monitor_remove(struct vio_watch *watch)
{
	pthread_mutex_lock(&monitor_lock);
	TAILQ_REMOVE(&watches, watch, next);
	pthread_mutex_unlock(&monitor_lock);
	vio_monitor_wake();
}

void
vio_monitor_wake(void)
{
	uint64_t one = 1;

	if (monitor_wake_fd >= 0 && write(monitor_wake_fd, &one, sizeof(one)) < 0)
		VIO_LOG(driver, DEBUG, "monitor: awake already");
}
