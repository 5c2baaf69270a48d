/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_monitor.h - the one thread that watches the backends of all vdev ports: they may come later
 * than the port, go, and come back.
 */
#ifndef VIO_MONITOR_H
#define VIO_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/** How often a backend that is not there is looked for, in milliseconds. */
#define VIO_MONITOR_RETRY_MS 50

/** How long a backend that was refused, or that failed, is left in peace, in milliseconds. */
#define VIO_MONITOR_REFUSED_MS 1000

/** Something that is watched; embedded in its owner. */
struct vio_watch {
	TAILQ_ENTRY(vio_watch) next;
	/**
	 * File descriptor to wait for, POLLIN and hang-up; -1: none, only time passes.
	 * Asked anew before each wait.
	 */
	int (*fd)(struct vio_watch *watch);
	/**
	 * Called when the descriptor has something, or @p ready is false: when the time is up.
	 * @return milliseconds until the next call even if nothing happens, -1: no such call
	 */
	int (*run)(struct vio_watch *watch, bool ready);
	/** Called after run() where it asked for it, with no lock of the monitor held. */
	void (*event)(uint16_t port_id);
	bool event_pending; /**< set by run() */
	uint16_t port_id;
	int64_t due_ms;     /**< private to the monitor */
};

/** Start watching; the thread is started with the first. 0 or a negative errno. */
int vio_monitor_add(struct vio_watch *watch);

/** Stop watching: returns when run() is not being called and will not be again. */
void vio_monitor_remove(struct vio_watch *watch);

/** The descriptor or what is waited for has changed: look again. */
void vio_monitor_wake(void);

#endif /* VIO_MONITOR_H */
