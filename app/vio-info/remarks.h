/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* remarks.h - sentences about one device, those of the protocol library among them. */
#ifndef INFO_REMARKS_H
#define INFO_REMARKS_H

#define REMARKS_MAX 32
#define REMARK_LEN 256

/** Sentences in the order they came; what is beyond REMARKS_MAX is dropped. */
struct remarks {
	unsigned int count;
	char text[REMARKS_MAX][REMARK_LEN];
};

/** Put one sentence in. */
void remark(struct remarks *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** What the protocol library says from here on goes to @p to; NULL: nowhere. */
void remarks_collect(struct remarks *to);

#endif /* INFO_REMARKS_H */
