/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_user_memory.c - EAL's memory as regions for a vhost backend, and keeping up with memory that
 * is added or taken away at runtime.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "vio_user.h"

/** Regions as they are collected. */
struct collector {
	struct virtio_mem_region *regions;
	unsigned int count;
	unsigned int room;
};

static int
segment_region(const struct rte_memseg *ms, struct virtio_mem_region *region)
{
	size_t offset = 0;
	int fd = rte_memseg_get_fd_thread_unsafe(ms);

	if (fd >= 0 && rte_memseg_get_fd_offset_thread_unsafe(ms, &offset) != 0)
		fd = -1;
	/* A file is needed by vhost-user alone; the transport says so where it is missing. */
	*region = (struct virtio_mem_region){
		.guest_addr = (uintptr_t)ms->addr,
		.user_addr = (uintptr_t)ms->addr,
		.size = ms->len,
		.offset = offset,
		.fd = fd,
	};
	return 0;
}

/** Segments that touch, in memory and in their file, need no region each. */
static bool
extend(struct virtio_mem_region *last, const struct virtio_mem_region *region)
{
	if (last->fd != region->fd || last->user_addr + last->size != region->user_addr ||
	    last->offset + last->size != region->offset)
		return false;
	last->size += region->size;
	return true;
}

static int
collect(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	struct collector *c = arg;
	struct virtio_mem_region region;
	int ret;

	/* Memory that the application brought is not EAL's to share. */
	if (msl->external)
		return 0;
	ret = segment_region(ms, &region);
	if (ret != 0 || (c->count > 0 && extend(&c->regions[c->count - 1], &region)))
		return ret;
	if (c->count == c->room) {
		unsigned int room = c->room == 0 ? 64 : 2 * c->room;
		void *more = realloc(c->regions, room * sizeof(*c->regions));

		if (more == NULL)
			return -ENOMEM;
		c->regions = more;
		c->room = room;
	}
	c->regions[c->count++] = region;
	return 0;
}

/** Memory came or goes; called with EAL's memory lock held, so only *_thread_unsafe here. */
static void
memory_event(enum rte_mem_event event, const void *addr, size_t len, void *arg)
{
	struct vio_user_port *user = arg;
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	int ret = 0;

	if (msl == NULL || msl->external)
		return;
	if (event == RTE_MEM_EVENT_FREE)
		ret = user->backend->remove_memory(user, (uintptr_t)addr, len);
	if (ret == -ENOENT && user->mem_stale)
		ret = 0; /* it was never taken */
	for (size_t at = 0; event == RTE_MEM_EVENT_ALLOC && ret == 0 && at < len;
	     at += msl->page_sz) {
		const struct rte_memseg *ms =
			rte_mem_virt2memseg((const char *)addr + at, msl);
		struct virtio_mem_region region;

		ret = ms == NULL ? -EFAULT : segment_region(ms, &region);
		if (ret == 0)
			ret = user->backend->add_memory(user, &region);
	}
	if (ret == 0 || ret == -ENODEV) /* the next backend is told of all */
		return;
	user->mem_stale |= event == RTE_MEM_EVENT_ALLOC;
	VIO_PORT_LOG(&user->port, driver, ERR, "%zu bytes of memory at %p, just %s, could not be "
		     "told to the backend: %s; %s", len, addr,
		     event == RTE_MEM_EVENT_ALLOC ? "added" : "taken away", strerror(-ret),
		     user->port.live ? "packets in it will be lost" :
				       "the port will not start like this");
}

/** Give the backend all memory there is. */
static int
share_all(struct vio_user_port *user)
{
	struct collector c = { .count = 0 };
	int ret = rte_memseg_walk_thread_unsafe(collect, &c);

	if (ret == 0)
		ret = user->backend->set_memory(user, c.regions, c.count);
	free(c.regions);
	user->mem_stale = ret != 0;
	return ret;
}

int
vio_user_memory_share(struct vio_user_port *user)
{
	int ret;

	snprintf(user->mem_event, sizeof(user->mem_event), "vio_user_%u",
		 user->port.data->port_id);
	/* Registered first: what comes in between is in the table twice, never missing. */
	ret = rte_mem_event_callback_register(user->mem_event, memory_event, user);
	if (ret != 0 && rte_errno != ENOTSUP) { /* ENOTSUP: memory that never changes */
		user->mem_event[0] = '\0';
		return -rte_errno;
	}
	rte_mcfg_mem_read_lock();
	ret = share_all(user);
	rte_mcfg_mem_read_unlock();
	if (ret != 0)
		vio_user_memory_unshare(user);
	return ret;
}

int
vio_user_memory_refresh(struct vio_user_port *user)
{
	int ret = 0;

	rte_mcfg_mem_read_lock();
	if (user->mem_stale)
		ret = share_all(user);
	rte_mcfg_mem_read_unlock();
	return ret;
}

void
vio_user_memory_unshare(struct vio_user_port *user)
{
	if (user->mem_event[0] != '\0')
		rte_mem_event_callback_unregister(user->mem_event, user);
	user->mem_event[0] = '\0';
}
