/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * model_book.h - where the device model writes down which rule a driver broke.
 *
 * A rule has the number of its line in the list of driver requirements that tests are named after
 * (conf_NN_...), or MODEL_HOUSE where it is DPDK's or the driver's own (mbufs, mempools, one
 * notification a burst). The model never stops a driver: it writes down and goes on, so that a test
 * of a broken driver can ask afterwards which rules were seen to be broken.
 */
#ifndef MODEL_BOOK_H
#define MODEL_BOOK_H

/** Rules that are not the standard's. */
#define MODEL_HOUSE 0

/** Rules are numbered below this. */
#define MODEL_RULES 64

/** Forget everything. */
void model_book_open(void);

/** Rule @p rule was broken; the text says by what. From any thread. */
void model_breach(unsigned int rule, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** How often was any rule broken since model_book_open()? */
unsigned int model_breaches(void);

/** How often was @p rule broken? */
unsigned int model_breaches_of(unsigned int rule);

/** What was written down first, "" where nothing was. */
const char *model_first_breach(void);

/** Fail the running test where a rule was broken. */
#define model_assert_clean() do { \
	if (model_breaches() != 0) \
		fail_msg("%u breaches, first: %s", model_breaches(), model_first_breach()); \
} while (0)

#endif /* MODEL_BOOK_H */
