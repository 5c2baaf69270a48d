/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vfio.c - the BARs of a function that is bound to vfio-pci. An idle one is asleep there and can
 * only be reached through VFIO, which lets one user in at a time and resets the device for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "function.h"
#include "registers.h"

#define CONTAINER 0
#define GROUP 1
#define DEVICE 2

static int
failed(struct function *f, const char *what)
{
	int rc = -errno;

	remark(&f->remarks, "VFIO: %s: %s%s", what, strerror(-rc),
	       rc == -EBUSY ? "; somebody has the group open" :
	       rc == -EACCES || rc == -EPERM ? "; run vio-info as root" : "");
	return rc;
}

static int
open_group(struct function *f, int fd[3])
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];

	fd[CONTAINER] = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (fd[CONTAINER] < 0)
		return failed(f, "/dev/vfio/vfio");
	snprintf(path, sizeof(path), "/dev/vfio/%s", f->group);
	fd[GROUP] = open(path, O_RDWR | O_CLOEXEC);
	if (fd[GROUP] < 0)
		return failed(f, path);
	if (ioctl(fd[GROUP], VFIO_GROUP_GET_STATUS, &status) != 0)
		return failed(f, "state of the group");
	if ((status.flags & VFIO_GROUP_FLAGS_VIABLE) == 0) {
		remark(&f->remarks, "VFIO: not every function of IOMMU group %s is bound to "
		       "vfio-pci or to nothing", f->group);
		return -EBUSY;
	}
	return 0;
}

static int
open_device(struct function *f, int fd[3])
{
	if (ioctl(fd[GROUP], VFIO_GROUP_SET_CONTAINER, &fd[CONTAINER]) != 0)
		return failed(f, "container");
	if (ioctl(fd[CONTAINER], VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU) != 0)
		return failed(f, "IOMMU of type 1 (modprobe vfio_iommu_type1)");
	fd[DEVICE] = ioctl(fd[GROUP], VFIO_GROUP_GET_DEVICE_FD, f->bdf);
	if (fd[DEVICE] < 0)
		return failed(f, f->bdf);
	return 0;
}

/* VFIO shows a device with its memory decoding off until its user turns it on. */
static int
turn_memory_on(struct function *f, int device)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint16_t command;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) != 0)
		return failed(f, "configuration space");
	if (pread(device, &command, sizeof(command), (off_t)info.offset + PCI_COMMAND) !=
	    sizeof(command))
		return failed(f, "command register");
	command |= PCI_COMMAND_MEMORY; /* little endian, bit 1 */
	if (pwrite(device, &command, sizeof(command), (off_t)info.offset + PCI_COMMAND) !=
	    sizeof(command))
		return failed(f, "command register");
	return 0;
}

int
registers_map_vfio(struct function *f, struct registers_bars *bars)
{
	int rc = open_group(f, bars->fd);

	if (rc == 0)
		rc = open_device(f, bars->fd);
	if (rc == 0)
		rc = turn_memory_on(f, bars->fd[DEVICE]);
	for (unsigned int i = 0; rc == 0 && i < VIRTIO_PCI_NUM_BARS; i++) {
		struct vfio_region_info info = { .argsz = sizeof(info), .index = i };

		if (ioctl(bars->fd[DEVICE], VFIO_DEVICE_GET_REGION_INFO, &info) != 0)
			return failed(f, "BAR");
		if (f->bar_len[i] == 0 || (info.flags & VFIO_REGION_INFO_FLAG_MMAP) == 0)
			continue;
		bars->addr[i] = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED,
				     bars->fd[DEVICE], (off_t)info.offset);
		if (bars->addr[i] == MAP_FAILED)
			return failed(f, "mapping a BAR");
		bars->len[i] = info.size;
	}
	return rc;
}
