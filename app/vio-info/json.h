/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* json.h - what was found, for programs. Text of devices and processes is made valid UTF-8. */
#ifndef INFO_JSON_H
#define INFO_JSON_H

#include "backend.h"
#include "function.h"

/** Begin the list of functions. */
void json_begin(void);

/** Add one function. */
void json_function(const struct function *f);

/** Print { "functions": [...] }. @return 0 or -EIO */
int json_end(void);

/** Print { "backend": {...} }. @return 0 or -EIO */
int json_backend(const struct backend *b);

#endif /* INFO_JSON_H */
