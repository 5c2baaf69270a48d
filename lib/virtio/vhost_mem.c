/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vhost_mem.c - tables of the memory that is shared with a vhost backend. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "vhost.h"

void
virtio_mem_clear(struct virtio_mem_table *table)
{
	free(table->entries);
	*table = (struct virtio_mem_table){ 0 };
}

static int
reserve(struct virtio_mem_table *table, unsigned int count)
{
	struct virtio_mem_entry *entries;
	unsigned int room = table->room != 0 ? table->room : 16;

	while (room < count)
		room *= 2;
	if (room == table->room)
		return 0;
	entries = reallocarray(table->entries, room, sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	table->entries = entries;
	table->room = room;
	return 0;
}

int
virtio_mem_copy(struct virtio_mem_table *to, const struct virtio_mem_table *from)
{
	int rc = reserve(to, from->count);

	if (rc != 0)
		return rc;
	if (from->count != 0)
		memcpy(to->entries, from->entries, from->count * sizeof(*from->entries));
	to->count = from->count;
	return 0;
}

static bool
wraps(uint64_t start, uint64_t size)
{
	return start + size < start;
}

static bool
ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

bool
virtio_mem_overlap(const struct virtio_mem_region *a, const struct virtio_mem_region *b)
{
	return ranges_overlap(a->guest_addr, a->size, b->guest_addr, b->size) ||
	       ranges_overlap(a->user_addr, a->size, b->user_addr, b->size);
}

static int
bad_region(const struct virtio_mem_region *region, const char *why)
{
	virtio_log(VIRTIO_LOG_ERR, "vhost: memory at 0x%" PRIx64 ", 0x%" PRIx64
		   " bytes, cannot be shared: %s", region->user_addr, region->size, why);
	return -EINVAL;
}

int
virtio_mem_add(struct virtio_mem_table *table, const struct virtio_mem_region *region, bool by_file)
{
	struct virtio_mem_entry entry = { .region = *region };
	unsigned int at = table->count;
	struct stat st;
	int rc;

	if (region->size == 0 || wraps(region->guest_addr, region->size) ||
	    wraps(region->user_addr, region->size) || wraps(region->offset, region->size))
		return bad_region(region, "the range is empty or wraps");
	if (by_file) {
		if (fstat(region->fd, &st) != 0)
			return bad_region(region, "there is no file behind it");
		entry.dev = st.st_dev;
		entry.ino = st.st_ino;
	}
	for (unsigned int i = 0; i < table->count; i++)
		if (virtio_mem_overlap(&table->entries[i].region, region))
			return bad_region(region, "it overlaps other shared memory");
	rc = reserve(table, table->count + 1);
	if (rc != 0)
		return rc;
	while (at > 0 && table->entries[at - 1].region.guest_addr > region->guest_addr) {
		table->entries[at] = table->entries[at - 1];
		at--;
	}
	table->entries[at] = entry;
	table->count++;
	return 0;
}

int
virtio_mem_set(struct virtio_mem_table *table, const struct virtio_mem_region *regions,
	       unsigned int count, bool by_file)
{
	struct virtio_mem_table fresh = { 0 };
	int rc = 0;

	for (unsigned int i = 0; i < count && rc == 0; i++)
		rc = virtio_mem_add(&fresh, &regions[i], by_file);
	if (rc != 0) {
		virtio_mem_clear(&fresh);
		return rc;
	}
	virtio_mem_clear(table);
	*table = fresh;
	return 0;
}

/* The piece of @p entry from @p skip on, @p size bytes long. */
static struct virtio_mem_entry
piece(const struct virtio_mem_entry *entry, uint64_t skip, uint64_t size)
{
	struct virtio_mem_entry part = *entry;

	part.region.guest_addr += skip;
	part.region.user_addr += skip;
	part.region.offset += skip;
	part.region.size = size;
	return part;
}

int
virtio_mem_remove(struct virtio_mem_table *table, uint64_t user_addr, uint64_t size)
{
	struct virtio_mem_table rest = { 0 };
	bool found = false;

	if (size == 0 || wraps(user_addr, size))
		return -ENOENT;
	/* a hole in the middle of one entry makes two: one entry more in all at most */
	if (reserve(&rest, table->count + 1) != 0)
		return -ENOMEM;
	for (unsigned int i = 0; i < table->count; i++) {
		const struct virtio_mem_entry *entry = &table->entries[i];
		uint64_t start = entry->region.user_addr;
		uint64_t end = start + entry->region.size;

		if (!ranges_overlap(start, entry->region.size, user_addr, size)) {
			rest.entries[rest.count++] = *entry;
			continue;
		}
		found = true;
		if (start < user_addr)
			rest.entries[rest.count++] = piece(entry, 0, user_addr - start);
		if (end > user_addr + size)
			rest.entries[rest.count++] = piece(entry, user_addr + size - start,
							   end - (user_addr + size));
	}
	virtio_mem_clear(found ? table : &rest);
	if (!found)
		return -ENOENT;
	*table = rest;
	return 0;
}

static bool
touch(const struct virtio_mem_entry *a, const struct virtio_mem_entry *b, bool by_file)
{
	const struct virtio_mem_region *x = &a->region;
	const struct virtio_mem_region *y = &b->region;

	if (x->guest_addr + x->size != y->guest_addr || x->user_addr + x->size != y->user_addr)
		return false;
	return !by_file || (a->dev == b->dev && a->ino == b->ino &&
			    x->offset + x->size == y->offset);
}

int
virtio_mem_merge(const struct virtio_mem_table *table, bool by_file, struct virtio_mem_table *out)
{
	if (reserve(out, table->count) != 0)
		return -ENOMEM;
	for (unsigned int i = 0; i < table->count; i++) {
		const struct virtio_mem_entry *entry = &table->entries[i];

		if (out->count != 0 && touch(&out->entries[out->count - 1], entry, by_file))
			out->entries[out->count - 1].region.size += entry->region.size;
		else
			out->entries[out->count++] = *entry;
	}
	return 0;
}

bool
virtio_mem_covers(const struct virtio_mem_entry *whole, const struct virtio_mem_entry *part)
{
	const struct virtio_mem_region *w = &whole->region;
	const struct virtio_mem_region *p = &part->region;
	uint64_t skip = p->guest_addr - w->guest_addr;

	return p->guest_addr >= w->guest_addr && skip <= w->size && p->size <= w->size - skip &&
	       p->user_addr - w->user_addr == skip && p->offset - w->offset == skip &&
	       whole->dev == part->dev && whole->ino == part->ino;
}
