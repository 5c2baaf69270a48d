/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* bind.h - gives a network function to another driver of the kernel, where nobody loses by it. */
#ifndef INFO_BIND_H
#define INFO_BIND_H

#include "function.h"

/** Why a function must not be taken from who has it. */
struct bind_refusal {
	char text[512];
};

/** What --bind calls the driver that makes a network interface. */
#define BIND_KERNEL "kernel"

/** Is @p target a driver that functions are bound to? */
bool bind_target_known(const char *target);

/**
 * May @p f be given to @p target? Refused: anything but a network card; an interface that is up,
 * that belongs to a bridge or bond, that carries a default route, or that is out of sight in another
 * network namespace; a device that a program has open; a driver that is not there; vfio-pci without
 * an IOMMU.
 */
bool bind_allowed(const struct function *f, const char *target, struct bind_refusal *why);

/** A remark for who binds @p f to @p target; "" where there is none. */
void bind_advice(const struct functions *all, const struct function *f, const char *target,
		 char *text, size_t size);

/**
 * Give @p f to @p target. Where that driver does not take it, the one before gets it back.
 * @return 0, -EALREADY where it has it already, another negative errno with the reason in @p why
 */
int bind_do(struct function *f, const char *target, struct bind_refusal *why);

#endif /* INFO_BIND_H */
