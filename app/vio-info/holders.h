/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* holders.h - which processes have a lent PCI function open. */
#ifndef INFO_HOLDERS_H
#define INFO_HOLDERS_H

#include <stddef.h>

struct function;

/**
 * Look through the processes that this one can see for open or mapped files of @p f: its uio
 * device, its VFIO group, its BARs.
 * @param who  gets "NAME (pid N)" of the first one found
 * @return number of processes found; -EACCES where a process could not be looked at
 */
int holders_of(const struct function *f, char *who, size_t size);

#endif /* INFO_HOLDERS_H */
