/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* host.c - reading and writing the small files of sysfs and procfs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

static const char *root = "";

void
host_set_root(const char *path)
{
	root = path;
}

bool
host_is_fake(void)
{
	return root[0] != '\0';
}

static void
print_path(char *buf, size_t size, const char *fmt, va_list ap)
{
	int n = snprintf(buf, size, "%s", root);

	if (n >= 0 && (size_t)n < size)
		vsnprintf(buf + n, size - (size_t)n, fmt, ap);
}

#define PATH_OF_ARGUMENTS(path, fmt) \
	do { \
		va_list ap; \
		va_start(ap, fmt); \
		print_path(path, sizeof(path), fmt, ap); \
		va_end(ap); \
	} while (0)

void
host_path(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_path(buf, size, fmt, ap);
	va_end(ap);
}

static int
read_line(char *buf, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0) {
		n = -errno;
		close(fd);
		return (int)n;
	}
	close(fd);
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int
host_read(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];

	PATH_OF_ARGUMENTS(path, fmt);
	return read_line(buf, size, path);
}

long
host_number(long otherwise, const char *fmt, ...)
{
	char path[PATH_MAX], text[32];
	char *end;
	long value;

	PATH_OF_ARGUMENTS(path, fmt);
	if (read_line(text, sizeof(text), path) != 0)
		return otherwise;
	value = strtol(text, &end, 0);
	return end == text ? otherwise : value;
}

void
host_link(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name;
	ssize_t n;

	PATH_OF_ARGUMENTS(path, fmt);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	name = strrchr(target, '/');
	snprintf(buf, size, "%s", name != NULL ? name + 1 : target);
}

bool
host_exists(const char *fmt, ...)
{
	char path[PATH_MAX];

	PATH_OF_ARGUMENTS(path, fmt);
	return access(path, F_OK) == 0;
}

int
host_write(const char *text, const char *fmt, ...)
{
	char path[PATH_MAX];
	size_t len = strlen(text);
	int fd, rc = 0;

	PATH_OF_ARGUMENTS(path, fmt);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		rc = errno != 0 ? -errno : -EIO;
	close(fd);
	return rc;
}

bool
host_entries(bool (*each)(const char *name, void *ctx), void *ctx, const char *prefix,
	     const char *fmt, ...)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	PATH_OF_ARGUMENTS(path, fmt);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' &&
		    strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			found = each(entry->d_name, ctx);
	closedir(dir);
	return found;
}
