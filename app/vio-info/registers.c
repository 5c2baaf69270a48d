/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* registers.c - maps the BARs of a function that nobody drives, and asks the device. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "function.h"
#include "holders.h"
#include "host.h"
#include "registers.h"

/* What virtio_pci_host's operations get. */
struct access {
	struct function *f;
	struct registers_bars *bars;
};

static int
cfg_read(void *ctx, void *buf, uint32_t len, uint32_t offset)
{
	return function_cfg_read(((struct access *)ctx)->f, buf, len, offset);
}

static int
bar(void *ctx, unsigned int bar, void **addr, uint64_t *len)
{
	const struct registers_bars *bars = ((struct access *)ctx)->bars;

	if (bar >= VIRTIO_PCI_NUM_BARS || bars->len[bar] == 0)
		return -ENOENT;
	*addr = bars->addr[bar];
	*len = bars->len[bar];
	return 0;
}

/* Only BARs that a structure is in: others may have side effects, or be huge. */
static bool
bar_wanted(const struct virtio_pci_layout *layout, unsigned int i)
{
	return (layout->common.present && layout->common.bar == i) ||
	       (layout->notify.present && layout->notify.bar == i) ||
	       (layout->isr.present && layout->isr.bar == i) ||
	       (layout->device.present && layout->device.bar == i);
}

static int
map_sysfs(struct function *f, struct registers_bars *bars)
{
	char path[PATH_MAX];

	if (!function_memory_on(f)) {
		remark(&f->remarks, "the function does not decode memory accesses, its registers "
		       "cannot be read: bind it to uio_pci_generic, which turns that on");
		return -EIO;
	}
	for (unsigned int i = 0; i < VIRTIO_PCI_NUM_BARS; i++) {
		int fd, rc = 0;

		if (f->bar_len[i] == 0 || !bar_wanted(&f->layout, i))
			continue;
		host_path(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%u", f->bdf, i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0) {
			bars->addr[i] = mmap(NULL, f->bar_len[i], PROT_READ | PROT_WRITE,
					     MAP_SHARED, fd, 0);
			rc = bars->addr[i] == MAP_FAILED ? -errno : 0;
			close(fd);
		} else {
			rc = -errno;
		}
		if (rc != 0) {
			remark(&f->remarks, "BAR %u cannot be mapped: %s%s", i, strerror(-rc),
			       rc == -EACCES ? "; run vio-info as root" :
			       rc == -EPERM ? "; is the kernel locked down?" : "");
			return rc;
		}
		bars->len[i] = f->bar_len[i];
	}
	return 0;
}

void
registers_unmap(struct registers_bars *bars)
{
	for (unsigned int i = 0; i < VIRTIO_PCI_NUM_BARS; i++)
		if (bars->len[i] != 0)
			munmap(bars->addr[i], bars->len[i]);
	for (unsigned int i = 3; i > 0; i--)
		if (bars->fd[i - 1] >= 0)
			close(bars->fd[i - 1]);
}

/* May the device be asked? */
static int
check_free(struct function *f)
{
	char who[128];
	int count;

	if (f->driver[0] != '\0' && !function_is_lent(f)) {
		remark(&f->remarks, "the kernel's %s drives the device: its registers are left "
		       "alone", f->driver);
		return -EBUSY;
	}
	count = holders_of(f, who, sizeof(who));
	if (count > 0) {
		remark(&f->remarks, "%s has the device open: its registers are left alone", who);
		return -EBUSY;
	}
	if (count < 0) {
		remark(&f->remarks, "whether a process has the device open cannot be seen: run "
		       "vio-info as root");
		return count;
	}
	return 0;
}

static int
ask(struct function *f, struct registers_bars *bars)
{
	struct access access = { f, bars };
	const struct virtio_pci_host host = { .ctx = &access, .cfg_read = cfg_read, .bar = bar };
	struct virtio_pci_modern device;
	int rc = virtio_pci_modern_open(&device, &host);

	if (rc == 0) {
		f->view = (struct view){ .source = VIEW_DEVICE };
		rc = view_read(&f->view, &device.base, UINT64_MAX);
		device.base.ops->close(&device.base);
	}
	if (rc != 0)
		remark(&f->remarks, "the registers could not be read: %s", strerror(-rc));
	return rc;
}

int
registers_read(struct function *f)
{
	struct registers_bars bars = { .fd = { -1, -1, -1 } };
	const unsigned int said = f->remarks.count;
	int rc;

	if (f->walk != 0)
		return f->walk; /* the remarks tell why */
	rc = check_free(f);
	if (rc == 0)
		rc = strcmp(f->driver, "vfio-pci") == 0 && !host_is_fake() ?
		     registers_map_vfio(f, &bars) : map_sysfs(f, &bars);
	if (rc == 0) {
		/* The second walk would say what the first one said. */
		struct remarks again = { 0 };

		remarks_collect(&again);
		rc = ask(f, &bars);
		remarks_collect(NULL);
		for (unsigned int i = said; i < again.count; i++)
			remark(&f->remarks, "%s", again.text[i]);
	}
	registers_unmap(&bars);
	return rc;
}
