/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_book.c - see model_book.h. */

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model_book.h"

static pthread_mutex_t book_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int book_count[MODEL_RULES];
static unsigned int book_total;
static char book_first[256];

void
model_book_open(void)
{
	pthread_mutex_lock(&book_lock);
	memset(book_count, 0, sizeof(book_count));
	book_total = 0;
	book_first[0] = '\0';
	pthread_mutex_unlock(&book_lock);
}

void
model_breach(unsigned int rule, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&book_lock);
	book_count[rule]++;
	if (book_total++ == 0) {
		int len = snprintf(book_first, sizeof(book_first), "[rule %u] ", rule);

		va_start(ap, fmt);
		vsnprintf(book_first + len, sizeof(book_first) - len, fmt, ap);
		va_end(ap);
	}
	pthread_mutex_unlock(&book_lock);
}

unsigned int
model_breaches(void)
{
	unsigned int total;

	pthread_mutex_lock(&book_lock);
	total = book_total;
	pthread_mutex_unlock(&book_lock);
	return total;
}

unsigned int
model_breaches_of(unsigned int rule)
{
	unsigned int count;

	pthread_mutex_lock(&book_lock);
	count = book_count[rule];
	pthread_mutex_unlock(&book_lock);
	return count;
}

const char *
model_first_breach(void)
{
	return book_first;
}
