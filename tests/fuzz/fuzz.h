/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * fuzz.h - an input of a fuzzer as a row of numbers: whatever it is, it can be read to its end, and
 * zeros come after that.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** What libFuzzer calls, and replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/** Gives back what LLVMFuzzerInitialize() took; not every target has one. */
void fuzz_end(void) __attribute__((weak));

struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/** The next @p len bytes. */
static inline void
fuzz_bytes(struct fuzz_input *in, void *to, size_t len)
{
	const size_t have = in->left < len ? in->left : len;

	memset(to, 0, len);
	memcpy(to, in->at, have);
	in->at += have;
	in->left -= have;
}

/** The next number of @p type. */
#define FUZZ_NUMBER(type, name) \
static inline type \
fuzz_ ## name(struct fuzz_input *in) \
{ \
	type n; \
	\
	fuzz_bytes(in, &n, sizeof(n)); \
	return n; \
}

FUZZ_NUMBER(uint8_t, u8)
FUZZ_NUMBER(uint16_t, u16)
FUZZ_NUMBER(uint32_t, u32)
FUZZ_NUMBER(uint64_t, u64)

/** What must be true of the code under test. */
#define FUZZ_CHECK(what) do { \
	if (!(what)) \
		__builtin_trap(); \
} while (0)

#endif /* FUZZ_H */
