/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_pci_ports.c - see vio_pci_ports.h.
 *
 * The right to use port instructions is a thread's, and threads are there before a device is found.
 * So each thread asks for it when it first needs it; a process that has no such device never has it.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if defined(RTE_ARCH_X86)
#include <sys/io.h>
#endif

#include <linux/pci_regs.h>

#include <rte_atomic.h>
#include <rte_branch_prediction.h>

#include "vio_log.h"
#include "vio_pci_ports.h"

/** Of a line of sysfs's "resource": the BAR is one of ports (the kernel's IORESOURCE_IO). */
#define RESOURCE_IO 0x100

#if defined(RTE_ARCH_X86)

/** May this thread use port instructions? */
static bool
allowed(void)
{
	static __thread bool yes;
	static bool said;

	if (likely(yes))
		return true;
	yes = iopl(3) == 0;
	if (!yes && !__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		VIO_LOG(init, ERR, "no right to use I/O ports: %s; it takes CAP_SYS_RAWIO and a "
			"kernel that is not locked down, or vfio-pci", strerror(errno));
	return yes;
}

static uint32_t
port_read(uint16_t port, unsigned int width)
{
	uint32_t value;

	rte_compiler_barrier();
	value = width == 4 ? inl(port) : width == 2 ? inw(port) : inb(port);
	rte_compiler_barrier();
	return value;
}

static void
port_write(uint16_t port, unsigned int width, uint32_t value)
{
	/* The CPU finishes earlier stores before an OUT; the compiler is to do so too. */
	rte_compiler_barrier();
	if (width == 4)
		outl(value, port);
	else if (width == 2)
		outw(value, port);
	else
		outb(value, port);
	rte_compiler_barrier();
}

#else

static bool
allowed(void)
{
	return false; /* there are no such instructions */
}

static uint32_t
port_read(uint16_t port __rte_unused, unsigned int width __rte_unused)
{
	return UINT32_MAX;
}

static void
port_write(uint16_t port __rte_unused, unsigned int width __rte_unused,
	   uint32_t value __rte_unused)
{
}

#endif

static uint32_t
bare_read(void *ctx, uint32_t offset, unsigned int width)
{
	const struct vio_pci_ports *ports = ctx;

	return allowed() ? port_read(ports->base + offset, width) : UINT32_MAX;
}

static void
bare_write(void *ctx, uint32_t offset, unsigned int width, uint32_t value)
{
	const struct vio_pci_ports *ports = ctx;

	if (allowed())
		port_write(ports->base + offset, width, value);
}

/** Does the bus use port instructions for this device? */
static bool
needs_right(const struct vio_pci_ports *ports)
{
#if defined(RTE_ARCH_X86)
	return ports->io.dev->kdrv != RTE_PCI_KDRV_VFIO;
#else
	RTE_SET_USED(ports);
	return false;
#endif
}

static uint32_t
bus_read(void *ctx, uint32_t offset, unsigned int width)
{
	struct vio_pci_ports *ports = ctx;
	uint32_t value = UINT32_MAX; /* where the kernel cannot read it, for one */
	uint16_t half = UINT16_MAX;
	uint8_t byte = UINT8_MAX;
	void *to = width == 4 ? (void *)&value : width == 2 ? (void *)&half : (void *)&byte;

	if (!needs_right(ports) || allowed())
		rte_pci_ioport_read(&ports->io, to, width, offset);
	return width == 4 ? value : width == 2 ? half : byte;
}

static void
bus_write(void *ctx, uint32_t offset, unsigned int width, uint32_t value)
{
	struct vio_pci_ports *ports = ctx;
	uint16_t half = value;
	uint8_t byte = value;
	const void *from = width == 4 ? (void *)&value : width == 2 ? (void *)&half :
								      (void *)&byte;

	rte_io_wmb();
	if (!needs_right(ports) || allowed())
		rte_pci_ioport_write(&ports->io, from, width, offset);
}

/** A file that sysfs has for a device. */
static int
sysfs_path(const struct rte_pci_device *pci_dev, const char *name, char *path, size_t size)
{
	int len = snprintf(path, size, "%s/" PCI_PRI_FMT "/%s", rte_pci_get_sysfs_path(),
			   pci_dev->addr.domain, pci_dev->addr.bus, pci_dev->addr.devid,
			   pci_dev->addr.function, name);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

/** Where BAR 0 is, and how long. @return 0, -ENOTSUP: it is none of ports, another negative errno */
static int
find_ports(const struct rte_pci_device *pci_dev, uint16_t *base, uint32_t *len)
{
	uint64_t start = 0, end = 0, flags = 0;
	char path[256];
	FILE *file;
	int ret = sysfs_path(pci_dev, "resource", path, sizeof(path));

	if (ret != 0)
		return ret;
	file = fopen(path, "r");
	if (file == NULL)
		return -errno;
	if (fscanf(file, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3 ||
	    (flags & RESOURCE_IO) == 0 || end < start)
		ret = -ENOTSUP;
	fclose(file);
	*base = start;
	*len = end - start + 1;
	return ret;
}

bool
vio_pci_ports_bare(const struct rte_pci_device *pci_dev)
{
	char path[256], driver[256];
	ssize_t len;

	if (pci_dev->kdrv == RTE_PCI_KDRV_NONE)
		return true;
	if (pci_dev->kdrv != RTE_PCI_KDRV_UNKNOWN ||
	    sysfs_path(pci_dev, "driver", path, sizeof(path)) != 0)
		return false;
	len = readlink(path, driver, sizeof(driver) - 1);
	driver[RTE_MAX(len, 0)] = '\0';
	return len > 0 && strcmp(basename(driver), "pci-stub") == 0;
}

bool
vio_pci_ports_usable(const struct rte_pci_device *pci_dev)
{
	uint16_t base;
	uint32_t len;

	if (find_ports(pci_dev, &base, &len) == 0 && allowed())
		return true;
	VIO_LOG(init, NOTICE, "%s: held by pci-stub, and without I/O ports that may be used, left "
		"alone; bind it to vfio-pci or uio_pci_generic to use it", pci_dev->device.name);
	return false;
}

static int
bare_cfg_read(void *ctx, void *buf, uint32_t len, uint32_t offset)
{
	const struct vio_pci_ports *ports = ctx;
	ssize_t ret = pread(ports->cfg_fd, buf, len, offset);

	return ret < 0 ? -errno : ret;
}

/** Have a bare device answer at its ports and reach memory. */
static int
bare_open(struct vio_pci_ports *ports, const struct rte_pci_device *pci_dev,
	  struct virtio_pci_host *host)
{
	uint16_t command;
	char path[256];
	int ret = sysfs_path(pci_dev, "config", path, sizeof(path));

	if (ret != 0)
		return ret;
	ports->cfg_fd = open(path, O_RDWR | O_CLOEXEC);
	if (ports->cfg_fd < 0)
		return -errno;
	ports->bare = true;
	if (pread(ports->cfg_fd, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		return -EIO;
	ports->command = command;
	command |= PCI_COMMAND_IO | PCI_COMMAND_MASTER;
	if (pwrite(ports->cfg_fd, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		return -EIO;
	host->ctx = ports;
	host->cfg_read = bare_cfg_read;
	return 0;
}

int
vio_pci_ports_open(struct vio_pci_ports *ports, struct rte_pci_device *pci_dev,
		   struct virtio_pci_host *host, struct virtio_pci_ports *to)
{
	const bool bare = vio_pci_ports_bare(pci_dev);
	int ret;

	*ports = (struct vio_pci_ports){ .cfg_fd = -1 };
	to->ctx = ports;
	to->read = bare ? bare_read : bus_read;
	to->write = bare ? bare_write : bus_write;
	ret = find_ports(pci_dev, &ports->base, &to->len);
	if (ret == 0 && bare) {
		ret = bare_open(ports, pci_dev, host);
	} else if (ret == 0) {
		ret = rte_pci_ioport_map(pci_dev, 0, &ports->io);
		ports->mapped = ret == 0;
		if (ret > 0 || ret == -1) /* which is no errno there */
			ret = -EIO;
	}
	if (ret != 0) {
		VIO_LOG(init, ERR, "%s: the I/O ports of its legacy interface cannot be used: %s",
			pci_dev->device.name, strerror(-ret));
		vio_pci_ports_close(ports);
	}
	return ret;
}

void
vio_pci_ports_close(struct vio_pci_ports *ports)
{
	if (ports->mapped)
		rte_pci_ioport_unmap(&ports->io);
	if (ports->bare) {
		/* It was reset, and from now on it reaches no memory, unless it did before. */
		if (pwrite(ports->cfg_fd, &ports->command, sizeof(ports->command),
			   PCI_COMMAND) != sizeof(ports->command))
			VIO_LOG(init, DEBUG, "a device is gone before its ports were closed");
		close(ports->cfg_fd);
	}
	*ports = (struct vio_pci_ports){ .cfg_fd = -1 };
}
