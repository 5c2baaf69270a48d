/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * holders.c - who has a PCI function open. uio_pci_generic lets any number of processes in, and a
 * BAR mapped from sysfs does not even show in the list of open files: mappings are searched too.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "function.h"
#include "holders.h"
#include "host.h"

/* What is looked for, and what was found. */
struct search {
	const struct function *f;
	char uio[32];        /* "/dev/uio0", or "" */
	char group[64];      /* "/dev/vfio/7", or "" */
	char resource[64];   /* part of the path of each BAR */
	char pid[32];        /* the process that is looked at */
	int count;
	bool blind;          /* a process could not be looked at */
	char *who;
	size_t size;
};

/* Does the file at @p path belong to the function? */
static bool
is_ours(const struct search *s, const char *path)
{
	return (s->uio[0] != '\0' && strcmp(path, s->uio) == 0) ||
	       (s->group[0] != '\0' && strcmp(path, s->group) == 0) ||
	       strstr(path, s->resource) != NULL;
}

static bool
look_at_fd(const char *name, void *ctx)
{
	struct search *s = ctx;
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	host_path(path, sizeof(path), "/proc/%s/fd/%s", s->pid, name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0) {
		s->blind |= errno == EACCES;
		return false;
	}
	target[n] = '\0';
	return is_ours(s, target);
}

/* Lines of /proc/PID/maps end with the path. */
static bool
look_at_maps(struct search *s)
{
	char path[PATH_MAX], line[PATH_MAX + 128];
	bool found = false;
	FILE *file;

	host_path(path, sizeof(path), "/proc/%s/maps", s->pid);
	file = fopen(path, "re");
	if (file == NULL) {
		s->blind |= errno == EACCES;
		return false;
	}
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		char *at = strchr(line, '/');

		line[strcspn(line, "\n")] = '\0';
		found = at != NULL && is_ours(s, at);
	}
	fclose(file);
	return found;
}

static bool
look_at_process(const char *name, void *ctx)
{
	struct search *s = ctx;
	char path[PATH_MAX], comm[64];

	if (!isdigit((unsigned char)name[0]) || strtol(name, NULL, 10) == getpid())
		return false;
	snprintf(s->pid, sizeof(s->pid), "%s", name);
	host_path(path, sizeof(path), "/proc/%s/fd", name);
	if (access(path, R_OK) != 0)
		s->blind |= errno == EACCES;
	if (!host_entries(look_at_fd, s, "", "/proc/%s/fd", name) && !look_at_maps(s))
		return false;
	host_read(comm, sizeof(comm), "/proc/%s/comm", name);
	if (s->count++ == 0)
		snprintf(s->who, s->size, "%s (pid %s)", comm[0] != '\0' ? comm : "a process",
			 name);
	return false;
}

static bool
take_uio(const char *name, void *ctx)
{
	struct search *s = ctx;

	snprintf(s->uio, sizeof(s->uio), "/dev/%.20s", name);
	return true;
}

int
holders_of(const struct function *f, char *who, size_t size)
{
	struct search s = { .f = f, .who = who, .size = size };

	if (size > 0)
		who[0] = '\0';
	host_entries(take_uio, &s, "uio", "/sys/bus/pci/devices/%s/uio", f->bdf);
	if (f->group[0] != '\0' && strcmp(f->driver, "vfio-pci") == 0)
		snprintf(s.group, sizeof(s.group), "/dev/vfio/%s", f->group);
	snprintf(s.resource, sizeof(s.resource), "/%s/resource", f->bdf);
	host_entries(look_at_process, &s, "", "/proc");
	return s.count == 0 && s.blind ? -EACCES : s.count;
}
