/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* table.h - a switch's answers as tables. */

#ifndef VS_TABLE_H
#define VS_TABLE_H

#include <jansson.h>

/** Print an answer that is no error. One without anything to show prints nothing. */
void table_print(const json_t *answer);

#endif /* VS_TABLE_H */
