/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* host.h - small files and links of sysfs and procfs, below a folder that tests can choose. */
#ifndef INFO_HOST_H
#define INFO_HOST_H

#include <stdbool.h>
#include <stddef.h>

/** Everything is looked for below @p root instead of "/"; before any other call. */
void host_set_root(const char *root);

/** Was host_set_root() called? Then nothing of this machine is meant. */
bool host_is_fake(void);

/** A path below the root, printed like printf() does; @p buf has room for @p size. */
void host_path(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** First line of a file without its newline; "" and a negative errno where it cannot be read. */
int host_read(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** Number in a file, @p otherwise where there is none. */
long host_number(long otherwise, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Last part of where a link leads; "" where it is none. */
void host_link(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

bool host_exists(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** Write text to a file that exists, in one piece. @return 0 or a negative errno */
int host_write(const char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * Call @p each with the name of each entry of a folder that begins with @p prefix, hidden ones
 * excepted, until it returns true. @return what it returned last, false where there is none
 */
bool host_entries(bool (*each)(const char *name, void *ctx), void *ctx, const char *prefix,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif /* INFO_HOST_H */
