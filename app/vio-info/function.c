/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* function.c - finds virtio functions with libpci and reads what can be read without their BARs. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pci/pci.h>

#include "function.h"
#include "host.h"
#include "kinds.h"
#include "options.h"

#define DEVICES "/sys/bus/pci/devices/%s"

/* Bytes of configuration space that the kernel shows to who is not root. */
#define CFG_FOR_ALL 64

static void __attribute__((noreturn, format(printf, 1, 2)))
libpci_error(char *fmt, ...)
{
	va_list ap;

	fputs("vio-info: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(INFO_CANNOT);
}

/* A read that fails is reported by who asked for it. */
static void __attribute__((format(printf, 1, 2)))
libpci_warning(char *fmt, ...)
{
	(void)fmt;
}

int
function_cfg_read(void *ctx, void *buf, uint32_t len, uint32_t offset)
{
	struct function *f = ctx;

	return pci_read_block(f->pci, (int)offset, buf, (int)len) != 0 ? (int)len : 0;
}

static uint16_t
cfg_read16(struct function *f, uint32_t offset)
{
	uint8_t bytes[2] = { 0 };

	function_cfg_read(f, bytes, sizeof(bytes), offset);
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

bool
function_memory_on(struct function *f)
{
	return (cfg_read16(f, PCI_COMMAND) & PCI_COMMAND_MEMORY) != 0;
}

bool
function_is_lent(const struct function *f)
{
	return strcmp(f->driver, "uio_pci_generic") == 0 || strcmp(f->driver, "vfio-pci") == 0 ||
	       strcmp(f->driver, "igb_uio") == 0;
}

static bool
take_name(const char *name, void *ctx)
{
	snprintf(ctx, IFNAMSIZ, "%s", name);
	return true;
}

static bool
take_virtio(const char *name, void *ctx)
{
	struct function *f = ctx;

	snprintf(f->virtio, sizeof(f->virtio), "%s", name);
	return true;
}

static void
read_net(struct function *f)
{
	struct function_net *net = &f->net;

	net->speed = -1;
	if (!host_entries(take_name, net->name, "", DEVICES "/%s/net", f->bdf, f->virtio))
		return;
#define NET DEVICES "/%s/net/%s/"
#define NET_NAMES f->bdf, f->virtio, net->name
	net->up = (host_number(0, NET "flags", NET_NAMES) & IFF_UP) != 0;
	net->mtu = host_number(0, NET "mtu", NET_NAMES);
	net->speed = host_number(-1, NET "speed", NET_NAMES);
	host_link(net->master, sizeof(net->master), NET "master", NET_NAMES);
	host_read(net->mac, sizeof(net->mac), NET "address", NET_NAMES);
#undef NET_NAMES
#undef NET
}

void
function_read_driver(struct function *f)
{
	host_link(f->driver, sizeof(f->driver), DEVICES "/driver", f->bdf);
	f->virtio[0] = '\0';
	f->virtio_driver[0] = '\0';
	f->net = (struct function_net){ .speed = -1 };
	if (host_entries(take_virtio, f, "virtio", DEVICES, f->bdf)) {
		host_link(f->virtio_driver, sizeof(f->virtio_driver), DEVICES "/%s/driver", f->bdf,
			  f->virtio);
		read_net(f);
	}
}

/* What the kernel's driver accepted is on record in sysfs. */
static void
read_kernel_view(struct function *f)
{
	char bits[128];

	if (f->virtio[0] != '\0' &&
	    host_read(bits, sizeof(bits), DEVICES "/%s/features", f->bdf, f->virtio) == 0)
		view_parse_kernel(&f->view, bits);
}

/* Lengths of memory BARs as the kernel has them: a file of text, the BARs are left alone. */
static void
read_bars(struct function *f)
{
	for (unsigned int i = 0; i < VIRTIO_PCI_NUM_BARS; i++)
		if ((f->pci->base_addr[i] & PCI_BASE_ADDRESS_SPACE_IO) == 0)
			f->bar_len[i] = f->pci->size[i];
}

static void
walk_capabilities(struct function *f)
{
	const struct virtio_pci_host host = { .ctx = f, .cfg_read = function_cfg_read };
	uint8_t beyond;

	if (function_cfg_read(f, &beyond, sizeof(beyond), CFG_FOR_ALL) <= 0) {
		f->walk = -EACCES;
		remark(&f->remarks, "only root can read the PCI capabilities");
		return;
	}
	f->walk = virtio_pci_walk(&host, f->bar_len, &f->layout);
	if (f->walk == -ENOENT)
		remark(&f->remarks, "the function has the legacy interface only: vio drives it "
		       "through I/O ports, at which this program does not look");
	else if (f->walk == -ENODEV)
		remark(&f->remarks, "nothing answers at this address");
	else if (f->walk == -EIO)
		remark(&f->remarks, "configuration space ends in the midst of the capabilities");
}

static void
fill(struct function *f, struct pci_dev *pci)
{
	f->pci = pci;
	pci_fill_info(pci, PCI_FILL_IDENT | PCI_FILL_BASES | PCI_FILL_SIZES);
	snprintf(f->bdf, sizeof(f->bdf), "%04x:%02x:%02x.%x", (unsigned int)pci->domain, pci->bus,
		 pci->dev, pci->func);
	f->device = pci->device_id;
	f->numa_node = host_number(-1, DEVICES "/numa_node", f->bdf);
	host_link(f->group, sizeof(f->group), DEVICES "/iommu_group", f->bdf);
	remarks_collect(&f->remarks);
	read_bars(f);
	walk_capabilities(f);
	remarks_collect(NULL);
	function_read_driver(f);
	read_kernel_view(f);
}

static int
by_address(const void *a, const void *b)
{
	return strcmp(((const struct function *)a)->bdf, ((const struct function *)b)->bdf);
}

static int
add(struct functions *list, struct pci_dev *pci)
{
	struct function probe = { .pci = pci };
	struct function *item, *f;
	uint16_t subsystem;

	pci_fill_info(pci, PCI_FILL_IDENT);
	if (pci->vendor_id != VIRTIO_PCI_VENDOR)
		return 0;
	subsystem = cfg_read16(&probe, PCI_SUBSYSTEM_ID);
	if (!kind_of_pci(pci->device_id, subsystem, &probe.virtio_id, &probe.transitional))
		return 0;
	item = realloc(list->item, (list->count + 1) * sizeof(*item));
	if (item == NULL)
		return -ENOMEM;
	list->item = item;
	f = &item[list->count++];
	*f = probe;
	fill(f, pci);
	return 0;
}

int
functions_find(struct functions *list)
{
	char no_bus[] = "%s/devices is not there: this machine has no PCI bus";
	char parameter[] = "sysfs.path"; /* libpci's arguments are not const */
	char path[PATH_MAX];
	int rc = 0;

	memset(list, 0, sizeof(*list));
	list->access = pci_alloc();
	list->access->error = libpci_error;
	list->access->warning = libpci_warning;
	/* sysfs or nothing: other ways of libpci's go to the hardware by themselves */
	list->access->method = PCI_ACCESS_SYS_BUS_PCI;
	host_path(path, sizeof(path), "/sys/bus/pci");
	if (!host_exists("/sys/bus/pci/devices"))
		libpci_error(no_bus, path);
	pci_set_param(list->access, parameter, path);
	pci_init(list->access);
	pci_scan_bus(list->access);
	for (struct pci_dev *pci = list->access->devices; rc == 0 && pci != NULL; pci = pci->next)
		rc = add(list, pci);
	if (rc == 0 && list->count > 1)
		qsort(list->item, list->count, sizeof(*list->item), by_address);
	return rc;
}

void
functions_free(struct functions *list)
{
	free(list->item);
	pci_cleanup(list->access);
}

struct function *
functions_by_address(const struct functions *list, const char *bdf)
{
	char full[40];
	const char *colon = strchr(bdf, ':');

	snprintf(full, sizeof(full), "%s%s", colon != NULL && strchr(colon + 1, ':') != NULL ?
		 "" : "0000:", bdf);
	for (unsigned int i = 0; i < list->count; i++)
		if (strcasecmp(list->item[i].bdf, full) == 0)
			return &list->item[i];
	return NULL;
}
