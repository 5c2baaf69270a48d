/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vhost_kernel_dev.c - vhost-net devices with their TAP queues, and the memory they may access. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/vhost.h>

#include "log.h"
#include "vhost_kernel_priv.h"
#include "vhost_tap.h"

#define VHOST_NET_PATH "/dev/vhost-net"
#define MAX_REGIONS_PATH "/sys/module/vhost/parameters/max_mem_regions"

int
vhost_kernel_ask(const struct virtio_vhost_kernel_pair *pair, unsigned long request,
		 const char *name, void *arg)
{
	int rc = virtio_tap_ioctl(pair->vhost_fd, request, arg);

	if (rc != 0)
		virtio_log(VIRTIO_LOG_ERR, "vhost-net: %s failed: %s", name,
			   rc == -ENOTTY ? "this is no vhost-net device" : strerror(-rc));
	return rc;
}

static int
open_vhost(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	fd = -errno;
	virtio_log(VIRTIO_LOG_ERR, "vhost-net: cannot open %s: %s", path,
		   fd == -ENOENT || fd == -ENXIO ? "is the kernel module vhost_net loaded?" :
						   strerror(-fd));
	return fd;
}

static unsigned int
read_max_regions(void)
{
	unsigned int max = VIRTIO_VHOST_KERNEL_REGIONS;
	FILE *f = fopen(MAX_REGIONS_PATH, "re");

	if (f == NULL)
		return max;
	if (fscanf(f, "%u", &max) != 1)
		max = VIRTIO_VHOST_KERNEL_REGIONS;
	fclose(f);
	return max;
}

static int
open_pair(struct virtio_vhost_kernel *vk, struct virtio_vhost_kernel_pair *pair,
	  const char *vhost_path, const char *tap_path)
{
	int fd = open_vhost(vhost_path);

	if (fd < 0)
		return fd;
	pair->vhost_fd = fd;
	fd = virtio_tap_open(tap_path, vk->ifname, vk->pairs > 1);
	if (fd < 0)
		return fd;
	pair->tap_fd = fd;
	pair->attached = true;
	return VHOST_KERNEL_ASK(pair, VHOST_SET_OWNER, NULL);
}

int
vhost_kernel_open_pairs(struct virtio_vhost_kernel *vk, const char *vhost_path,
			const char *tap_path)
{
	if (vhost_path == NULL)
		vhost_path = VHOST_NET_PATH;
	if (tap_path != NULL)
		vk->ifname[0] = '\0';
	for (uint16_t i = 0; i < vk->pairs; i++) {
		int rc = open_pair(vk, &vk->pair[i], vhost_path, tap_path);

		if (rc != 0)
			return rc;
	}
	vk->max_regions = read_max_regions();
	vk->tap_features = virtio_tap_features(vk->pair[0].tap_fd);
	return VHOST_KERNEL_ASK(&vk->pair[0], VHOST_GET_FEATURES, &vk->vhost_features);
}

void
vhost_kernel_close_pairs(struct virtio_vhost_kernel *vk)
{
	for (unsigned int i = 0; i < VIRTIO_VHOST_MAX_PAIRS; i++) {
		struct virtio_vhost_kernel_pair *pair = &vk->pair[i];

		if (pair->vhost_fd >= 0)
			close(pair->vhost_fd); /* stops its queues, so first */
		if (pair->tap_fd >= 0)
			close(pair->tap_fd);
		pair->vhost_fd = -1;
		pair->tap_fd = -1;
	}
}

/* The table of @p table's regions for the kernel; free() it. */
static struct vhost_memory *
kernel_table(const struct virtio_mem_table *table)
{
	struct vhost_memory *memory;

	memory = calloc(1, sizeof(*memory) + table->count * sizeof(memory->regions[0]));
	if (memory == NULL)
		return NULL;
	memory->nregions = table->count;
	for (unsigned int i = 0; i < table->count; i++) {
		const struct virtio_mem_region *region = &table->entries[i].region;

		memory->regions[i] = (struct vhost_memory_region){
			.guest_phys_addr = region->guest_addr,
			.memory_size = region->size,
			.userspace_addr = region->user_addr,
		};
	}
	return memory;
}

int
vhost_kernel_push_memory(struct virtio_vhost_kernel *vk)
{
	struct virtio_mem_table merged = { 0 };
	struct vhost_memory *memory = NULL;
	int rc = virtio_mem_merge(&vk->memory, false, &merged);

	if (rc == 0 && merged.count > vk->max_regions) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-net: it takes %u memory regions, there are %u: "
			   "start the application on larger hugepages, or raise max_mem_regions of "
			   "the module vhost", vk->max_regions, merged.count);
		rc = -E2BIG;
	}
	if (rc == 0) {
		memory = kernel_table(&merged);
		rc = memory == NULL ? -ENOMEM : 0;
	}
	for (uint16_t i = 0; i < vk->pairs && rc == 0; i++)
		rc = VHOST_KERNEL_ASK(&vk->pair[i], VHOST_SET_MEM_TABLE, memory);
	vk->memory_live |= rc == 0;
	free(memory);
	virtio_mem_clear(&merged);
	return rc;
}

/* Make @p table the owner's and tell the kernel, or refuse; takes over what @p table holds. */
static int
change_memory(struct virtio_vhost_kernel *vk, struct virtio_mem_table *table)
{
	struct virtio_mem_table before = vk->memory;
	int rc;

	vk->memory = *table;
	rc = vhost_kernel_push_memory(vk);
	if (rc == 0) {
		virtio_mem_clear(&before);
		return 0;
	}
	vk->memory = before;
	virtio_mem_clear(table);
	if (vk->memory_live)
		(void)vhost_kernel_push_memory(vk); /* some of the devices may have changed */
	return rc;
}

int
virtio_vhost_kernel_set_memory(struct virtio_vhost_kernel *vk,
			       const struct virtio_mem_region *regions, unsigned int count)
{
	struct virtio_mem_table table = { 0 };
	int rc = virtio_mem_set(&table, regions, count, false);

	if (rc != 0)
		return rc;
	pthread_mutex_lock(&vk->lock);
	rc = change_memory(vk, &table);
	pthread_mutex_unlock(&vk->lock);
	return rc;
}

int
virtio_vhost_kernel_add_memory(struct virtio_vhost_kernel *vk,
			       const struct virtio_mem_region *region)
{
	struct virtio_mem_table table = { 0 };
	int rc;

	pthread_mutex_lock(&vk->lock);
	rc = virtio_mem_copy(&table, &vk->memory);
	if (rc == 0)
		rc = virtio_mem_add(&table, region, false);
	if (rc == 0)
		rc = change_memory(vk, &table);
	else
		virtio_mem_clear(&table);
	pthread_mutex_unlock(&vk->lock);
	return rc;
}

int
virtio_vhost_kernel_remove_memory(struct virtio_vhost_kernel *vk, uint64_t user_addr, uint64_t size)
{
	int rc;

	pthread_mutex_lock(&vk->lock);
	rc = virtio_mem_remove(&vk->memory, user_addr, size);
	if (rc == 0)
		rc = vhost_kernel_push_memory(vk);
	pthread_mutex_unlock(&vk->lock);
	return rc;
}
