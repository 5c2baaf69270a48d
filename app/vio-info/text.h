/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* text.h - what was found, for people. */
#ifndef INFO_TEXT_H
#define INFO_TEXT_H

#include <stdbool.h>

#include "backend.h"
#include "function.h"

/** Colours from here on? */
void text_colour(bool on);

/** One PCI function; @p registers: was the device to be asked? */
void text_function(const struct function *f, bool registers);

/** A vhost-user backend. */
void text_backend(const struct backend *b);

#endif /* INFO_TEXT_H */
