/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* bind.c - from one driver of the kernel to another by driver_override, and when not. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bind.h"
#include "holders.h"
#include "host.h"
#include "kinds.h"

#define DEVICE "/sys/bus/pci/devices/%s"
#define DRIVER "/sys/bus/pci/drivers/%s"
#define KERNEL_DRIVER "virtio-pci"

/* Columns of /proc/net/route and /proc/net/ipv6_route. */
#define ROUTE_UP 0x1u
#define IPV6_ANY "00000000000000000000000000000000"

static bool __attribute__((format(printf, 2, 3)))
refuse(struct bind_refusal *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return false;
}

bool
bind_target_known(const char *target)
{
	return strcmp(target, "uio_pci_generic") == 0 || strcmp(target, "vfio-pci") == 0 ||
	       strcmp(target, BIND_KERNEL) == 0;
}

static const char *
driver_of(const char *target)
{
	return strcmp(target, BIND_KERNEL) == 0 ? KERNEL_DRIVER : target;
}

/* Is a line of one of the two files about a default route over @p iface? */
static bool
is_default_route(const char *line, const char *iface, bool ipv6)
{
	char name[IFNAMSIZ], dest[40], mask[40];
	unsigned int flags;

	if (ipv6)
		return sscanf(line, "%39s %39s %*s %*s %*s %*s %*s %*s %x %15s", dest, mask, &flags,
			      name) == 4 &&
		       strcmp(dest, IPV6_ANY) == 0 && strcmp(mask, "00") == 0 &&
		       strcmp(name, iface) == 0 && (flags & ROUTE_UP) != 0;
	return sscanf(line, "%15s %39s %*s %x %*s %*s %*s %39s", name, dest, &flags, mask) == 4 &&
	       strcmp(dest, "00000000") == 0 && strcmp(mask, "00000000") == 0 &&
	       strcmp(name, iface) == 0 && (flags & ROUTE_UP) != 0;
}

static bool
carries_default_route(const char *iface, bool ipv6)
{
	char path[PATH_MAX], line[512];
	bool found = false;
	FILE *file;

	host_path(path, sizeof(path), ipv6 ? "/proc/net/ipv6_route" : "/proc/net/route");
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = is_default_route(line, iface, ipv6);
	fclose(file);
	return found;
}

/* The kernel's network interface, if it is the kernel that has the function. */
static bool
interface_idle(const struct function *f, struct bind_refusal *why)
{
	const struct function_net *net = &f->net;

	if (f->virtio_driver[0] == '\0')
		return true;
	if (net->name[0] == '\0')
		return refuse(why, "its network interface is not to be seen from here: if it is in "
			      "another network namespace, move it back first");
	if (carries_default_route(net->name, false) || carries_default_route(net->name, true))
		return refuse(why, "its network interface %s carries the default route: this "
			      "machine would lose its connection", net->name);
	if (net->master[0] != '\0')
		return refuse(why, "its network interface %s belongs to %s: ip link set %s "
			      "nomaster", net->name, net->master, net->name);
	if (net->up)
		return refuse(why, "its network interface %s is up: if nothing needs it, ip link "
			      "set %s down", net->name, net->name);
	return true;
}

static bool
nobody_holds(const struct function *f, struct bind_refusal *why)
{
	char who[128];
	int count;

	if (!function_is_lent(f))
		return true;
	count = holders_of(f, who, sizeof(who));
	if (count > 0)
		return refuse(why, "%s has it open: end that first", who);
	if (count < 0)
		return refuse(why, "whether a program has it open cannot be seen: run vio-info as "
			      "root");
	return true;
}

bool
bind_allowed(const struct function *f, const char *target, struct bind_refusal *why)
{
	const char *driver = driver_of(target);

	why->text[0] = '\0';
	if (f->virtio_id != KIND_NETWORK)
		return refuse(why, "it is no network card but a %s; vio-info binds network cards "
			      "only", kind_name(f->virtio_id) != NULL ? kind_name(f->virtio_id) :
			      "device of an unknown kind");
	if (strcmp(f->driver, driver) == 0)
		return true; /* nothing will be done */
	if (!interface_idle(f, why) || !nobody_holds(f, why))
		return false;
	if (!host_exists(DRIVER, driver))
		return refuse(why, "the kernel's driver %s is not loaded: modprobe %s", driver,
			      strcmp(driver, KERNEL_DRIVER) == 0 ? "virtio_pci" : driver);
	if (strcmp(driver, "vfio-pci") == 0 && f->group[0] == '\0')
		return refuse(why, "it is behind no IOMMU, which vfio-pci needs: turn the IOMMU on "
			      "(intel_iommu=on), or use uio_pci_generic");
	return true;
}

/* Another function of the same IOMMU group that keeps VFIO from being used. */
static const struct function *
group_obstacle(const struct functions *all, const struct function *f)
{
	for (unsigned int i = 0; i < all->count; i++) {
		const struct function *other = &all->item[i];

		if (other != f && strcmp(other->group, f->group) == 0 &&
		    other->driver[0] != '\0' && strcmp(other->driver, "vfio-pci") != 0)
			return other;
	}
	return NULL;
}

void
bind_advice(const struct functions *all, const struct function *f, const char *target,
	    char *text, size_t size)
{
	const struct function *other;

	text[0] = '\0';
	if (strcmp(target, "vfio-pci") == 0) {
		other = group_obstacle(all, f);
		if (other != NULL)
			snprintf(text, size, "%s of the same IOMMU group %s is bound to %s: VFIO "
				 "works when that is bound to vfio-pci too, or to nothing",
				 other->bdf, f->group, other->driver);
	} else if (strcmp(target, "uio_pci_generic") == 0 && f->group[0] != '\0') {
		snprintf(text, size, "this machine has an IOMMU: vfio-pci is safer, and the only "
			 "way for a device that offers ACCESS_PLATFORM");
	}
}

/* Unbind, choose, bind. */
static int
move_to(struct function *f, const char *override)
{
	int rc = 0;

	if (f->driver[0] != '\0')
		rc = host_write(f->bdf, DEVICE "/driver/unbind", f->bdf);
	if (rc == 0)
		rc = host_write(override, DEVICE "/driver_override", f->bdf);
	if (rc == 0)
		rc = host_write(f->bdf, "/sys/bus/pci/drivers_probe");
	function_read_driver(f);
	return rc;
}

/* As it was: the driver, and no override for one that needs none. */
static void
give_back(struct function *f, const char *before)
{
	const bool none = strcmp(before, KERNEL_DRIVER) == 0 || before[0] == '\0';

	if (strcmp(f->driver, before) != 0)
		move_to(f, none ? "\n" : before);
	else
		host_write(none ? "\n" : before, DEVICE "/driver_override", f->bdf);
}

int
bind_do(struct function *f, const char *target, struct bind_refusal *why)
{
	const bool to_kernel = strcmp(target, BIND_KERNEL) == 0;
	const char *driver = driver_of(target);
	char before[sizeof(f->driver)];
	int rc;

	if (strcmp(f->driver, driver) == 0)
		return -EALREADY;
	snprintf(before, sizeof(before), "%s", f->driver);
	/* An empty line ends an override: who bids for the function gets it. */
	rc = move_to(f, to_kernel ? "\n" : driver);
	if (rc == 0 && strcmp(f->driver, driver) == 0)
		return 0;
	refuse(why, "%s did not take it%s%s%s", driver, rc != 0 ? ": " : " (see dmesg)",
	       rc != 0 ? strerror(-rc) : "", rc == -EACCES ? "; run vio-info as root" : "");
	give_back(f, before);
	if (strcmp(f->driver, before) != 0)
		snprintf(why->text + strlen(why->text), sizeof(why->text) - strlen(why->text),
			 "; it is bound to %s now", f->driver[0] != '\0' ? f->driver : "nothing");
	return rc != 0 ? rc : -EIO;
}
