/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_user_mem.c - which memory the backend maps: in one table (SET_MEM_TABLE), or region by
 * region where it offers that (CONFIGURE_MEM_SLOTS), and the changes while it runs.
 */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "vhost_user_priv.h"

static bool
has_slots(const struct virtio_vhost_user *vu)
{
	return vhost_user_has(vu, VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS);
}

static bool
any_running(const struct virtio_vhost_user *vu)
{
	for (unsigned int q = 0; q < vu->base.num_queues; q++)
		if (vu->queues[q].running)
			return true;
	return false;
}

static int
check_count(const struct virtio_vhost_user *vu, unsigned int count)
{
	if (count <= vu->max_regions)
		return 0;
	virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: the backend takes %u memory regions, there are "
		   "%u: start the application with --single-file-segments, or on larger hugepages",
		   vu->addr.sun_path, vu->max_regions, count);
	return -E2BIG;
}

static struct vhost_user_region
wire_region(const struct virtio_mem_region *region)
{
	return (struct vhost_user_region){
		.guest_addr = region->guest_addr,
		.size = region->size,
		.user_addr = region->user_addr,
		.mmap_offset = region->offset,
	};
}

/* "VHOST_USER_SET_MEM_TABLE": the backend changes from one table to the other at once. */
static int
send_table(struct virtio_vhost_user *vu, const struct virtio_mem_table *table)
{
	struct vhost_user_msg msg = {
		.header = {
			.request = VHOST_USER_SET_MEM_TABLE,
			.size = (uint32_t)(offsetof(struct vhost_user_memory, regions) +
					   table->count * sizeof(struct vhost_user_region)),
		},
		.payload.memory.num_regions = table->count,
	};
	struct vhost_user_fds fds = { .count = table->count };
	int rc;

	/* a table of slots never comes here, so this many are checked already */
	for (unsigned int i = 0; i < table->count && i < VHOST_USER_MAX_REGIONS; i++) {
		msg.payload.memory.regions[i] = wire_region(&table->entries[i].region);
		fds.fd[i] = table->entries[i].region.fd;
	}
	rc = vhost_user_call(vu, &msg, &fds, NULL);
	/* memory may be taken away after this, so the backend must have seen it */
	return rc == 0 && vu->memory_live ? vhost_user_sync(vu) : rc;
}

static int
send_region(struct virtio_vhost_user *vu, uint32_t request, const struct virtio_mem_region *region)
{
	const struct vhost_user_fds fds = { .fd = { region->fd }, .count = 1 };
	struct vhost_user_msg msg = {
		.header = { .request = request, .size = sizeof(msg.payload.memory_single) },
		.payload.memory_single.region = wire_region(region),
	};

	/* "VHOST_USER_REM_MEM_REG": without a descriptor */
	return vhost_user_call(vu, &msg, request == VHOST_USER_ADD_MEM_REG ? &fds : NULL, NULL);
}

/*
 * Can the backend keep region @p have? Without running queues only where it is one of those wanted.
 * With them as long as part of it is wanted and nothing else is at its addresses: to take away and
 * give back a part would leave the queues without memory in between.
 */
static bool
can_keep(const struct virtio_mem_entry *have, const struct virtio_mem_table *want, bool running)
{
	bool used = false;

	for (unsigned int i = 0; i < want->count; i++) {
		struct virtio_mem_entry part = want->entries[i];
		const struct virtio_mem_region *h = &have->region;
		uint64_t end = part.region.guest_addr + part.region.size;
		uint64_t skip;

		if (!virtio_mem_overlap(h, &part.region))
			continue;
		if (!running)
			return virtio_mem_covers(have, &part) && virtio_mem_covers(&part, have);
		/* the common part, as the wanted region has it */
		skip = h->guest_addr > part.region.guest_addr ?
		       h->guest_addr - part.region.guest_addr : 0;
		if (end > h->guest_addr + h->size)
			end = h->guest_addr + h->size;
		if (part.region.guest_addr + skip >= end)
			return false; /* they overlap in user addresses alone */
		part.region.guest_addr += skip;
		part.region.user_addr += skip;
		part.region.offset += skip;
		part.region.size = end - part.region.guest_addr;
		if (!virtio_mem_covers(have, &part))
			return false;
		used = true;
	}
	return used;
}

/* What of @p want is in no region of @p kept. @p missing is empty. */
static int
find_missing(const struct virtio_mem_table *want, const struct virtio_mem_table *kept,
	     struct virtio_mem_table *missing)
{
	int rc = virtio_mem_copy(missing, want);

	for (unsigned int i = 0; i < kept->count && rc == 0; i++) {
		const struct virtio_mem_region *r = &kept->entries[i].region;

		rc = virtio_mem_remove(missing, r->user_addr, r->size);
		if (rc == -ENOENT)
			rc = 0;
	}
	return rc;
}

/* Regions that the backend has and may keep, then how many there will be. */
static int
plan_slots(struct virtio_vhost_user *vu, const struct virtio_mem_table *want,
	   struct virtio_mem_table *kept, struct virtio_mem_table *missing)
{
	bool running = any_running(vu);
	int rc = virtio_mem_copy(kept, &vu->sent);

	if (rc != 0)
		return rc;
	kept->count = 0;
	for (unsigned int i = 0; i < vu->sent.count; i++)
		if (can_keep(&vu->sent.entries[i], want, running))
			kept->entries[kept->count++] = vu->sent.entries[i];
	rc = find_missing(want, kept, missing);
	return rc != 0 ? rc : check_count(vu, kept->count + missing->count);
}

/* Take from the backend what is not in @p kept; vu->sent follows step by step. */
static int
remove_others(struct virtio_vhost_user *vu, const struct virtio_mem_table *kept)
{
	unsigned int i = 0;

	for (unsigned int k = 0; i < vu->sent.count;) {
		const struct virtio_mem_region region = vu->sent.entries[i].region;
		int rc;

		if (k < kept->count &&
		    kept->entries[k].region.guest_addr == region.guest_addr) {
			i++;
			k++;
			continue;
		}
		rc = send_region(vu, VHOST_USER_REM_MEM_REG, &region);
		if (rc != 0)
			return rc;
		vu->sent.count--;
		memmove(&vu->sent.entries[i], &vu->sent.entries[i + 1],
			(vu->sent.count - i) * sizeof(vu->sent.entries[0]));
	}
	return 0;
}

static int
add_missing(struct virtio_vhost_user *vu, const struct virtio_mem_table *missing)
{
	for (unsigned int i = 0; i < missing->count; i++) {
		const struct virtio_mem_region *region = &missing->entries[i].region;
		int rc = send_region(vu, VHOST_USER_ADD_MEM_REG, region);

		if (rc != 0)
			return rc;
		rc = virtio_mem_add(&vu->sent, region, true);
		if (rc != 0)
			return vhost_user_lost(vu, rc); /* it has what nobody knows of any more */
	}
	return 0;
}

static int
send_slots(struct virtio_vhost_user *vu, const struct virtio_mem_table *want)
{
	struct virtio_mem_table kept = { 0 }, missing = { 0 };
	int rc = plan_slots(vu, want, &kept, &missing);

	if (rc == 0)
		rc = remove_others(vu, &kept);
	if (rc == 0)
		rc = add_missing(vu, &missing);
	if (rc == 0 && vu->memory_live)
		rc = vhost_user_sync(vu);
	virtio_mem_clear(&kept);
	virtio_mem_clear(&missing);
	return rc;
}

int
vhost_user_check_memory(struct virtio_vhost_user *vu)
{
	struct virtio_mem_table merged = { 0 };
	int rc = virtio_mem_merge(&vu->memory, true, &merged);

	if (rc == 0)
		rc = check_count(vu, merged.count);
	virtio_mem_clear(&merged);
	return rc;
}

int
vhost_user_push_memory(struct virtio_vhost_user *vu)
{
	struct virtio_mem_table merged = { 0 };
	int rc = virtio_mem_merge(&vu->memory, true, &merged);

	if (rc == 0 && has_slots(vu)) {
		rc = send_slots(vu, &merged);
	} else if (rc == 0) {
		rc = check_count(vu, merged.count);
		if (rc == 0)
			rc = send_table(vu, &merged);
	}
	virtio_mem_clear(&merged);
	if (rc == 0)
		vu->memory_live = true;
	return rc;
}

/* Make @p table the owner's and tell the backend, or refuse; takes over what @p table holds. */
static int
change_memory(struct virtio_vhost_user *vu, struct virtio_mem_table *table)
{
	struct virtio_mem_table before = vu->memory;
	int rc = 0;

	vu->memory = *table;
	if (vhost_user_usable(vu))
		rc = vu->memory_live ? vhost_user_push_memory(vu) : vhost_user_check_memory(vu);
	if (rc != 0 && vhost_user_usable(vu)) {
		vu->memory = before;
		virtio_mem_clear(table);
		return rc;
	}
	virtio_mem_clear(&before);
	return rc; /* a lost connection leaves the change for the next one */
}

int
virtio_vhost_user_set_memory(struct virtio_vhost_user *vu, const struct virtio_mem_region *regions,
			     unsigned int count)
{
	struct virtio_mem_table table = { 0 };
	int rc = virtio_mem_set(&table, regions, count, true);

	if (rc != 0)
		return rc;
	pthread_mutex_lock(&vu->lock);
	rc = change_memory(vu, &table);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

int
virtio_vhost_user_add_memory(struct virtio_vhost_user *vu, const struct virtio_mem_region *region)
{
	struct virtio_mem_table table = { 0 };
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = virtio_mem_copy(&table, &vu->memory);
	if (rc == 0)
		rc = virtio_mem_add(&table, region, true);
	if (rc == 0)
		rc = change_memory(vu, &table);
	else
		virtio_mem_clear(&table);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

int
virtio_vhost_user_remove_memory(struct virtio_vhost_user *vu, uint64_t user_addr, uint64_t size)
{
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = virtio_mem_remove(&vu->memory, user_addr, size);
	if (rc == 0 && vhost_user_usable(vu) && vu->memory_live)
		rc = vhost_user_push_memory(vu);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}
