/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_watch.c - see model_watch.h. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "model_book.h"
#include "model_watch.h"
#include "unit.h"

/** Largest ring to watch. */
#define BYTES_MAX 16384

#if defined(__x86_64__)
/** Flag of the CPU: trap after one instruction. */
#define SINGLE_STEP 0x100

static struct {
	struct model_queue *q;
	const char *ring;           /**< from its first part to the end of its last */
	size_t len;
	char *pages;                /**< that it lies in */
	size_t pages_len;
	char before[BYTES_MAX];     /**< the ring when the device looked last */
	unsigned int stores;
	unsigned int sleep_before;  /**< this one of them, 0: never */
	uint64_t taken;             /**< buffers, when it fell asleep */
	uint64_t kicks;             /**< and notifications */
	struct sigaction old_segv;
	struct sigaction old_trap;
} watch;

bool
model_watch_possible(void)
{
	return true;
}

static void
protect(int prot)
{
	if (mprotect(watch.pages, watch.pages_len, prot) != 0)
		abort();
}

/** Were all bytes that have changed in one word of eight? */
static bool
one_word_changed(void)
{
	size_t first = 0;
	size_t last = watch.len;

	while (first < last && watch.ring[first] == watch.before[first])
		first++;
	while (last > first && watch.ring[last - 1] == watch.before[last - 1])
		last--;
	return first == last ||
	       ((uintptr_t)watch.ring + first) / 8 == ((uintptr_t)watch.ring + last - 1) / 8;
}

/** One store was made. */
static void
look(void)
{
	const uint64_t taken = watch.q->num_taken;

	watch.stores++;
	model_queue_peek(watch.q);
	if (watch.q->num_taken != taken && !one_word_changed())
		model_breach(MODEL_HOUSE, "queue %u: a wide store showed something",
			     watch.q->index);
	memcpy(watch.before, watch.ring, watch.len);
}

/** Nothing is to be done until the driver says so; and what it has done so far was seen. */
static void
fall_asleep(void)
{
	watch.q->ring->notify(watch.q, MODEL_NOTIFY_ALWAYS);
	watch.taken = watch.q->num_taken;
	watch.kicks = watch.q->num_kicks;
	memcpy(watch.before, watch.ring, watch.len);
}

static void
on_segv(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	const char *addr = info->si_addr;

	if (addr < watch.pages || addr >= watch.pages + watch.pages_len) {
		/* Not ours: once more, as if nobody had watched. */
		sigaction(sig, &watch.old_segv, NULL);
		return;
	}
	protect(PROT_READ | PROT_WRITE);
	/* Whatever the driver has read before this store, it has read too early. */
	if (watch.stores + 1 == watch.sleep_before)
		fall_asleep();
	u->uc_mcontext.gregs[REG_EFL] |= SINGLE_STEP;
}

static void
on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)sig;
	(void)info;
	u->uc_mcontext.gregs[REG_EFL] &= ~SINGLE_STEP;
	look();
	protect(PROT_READ);
}

/** From the first byte to the last of the ring's parts. */
static void
find_ring(const struct model_queue *q)
{
	const char *end;

	if (q->ring == &model_ring_packed) {
		watch.ring = (const char *)q->packed.desc;
		end = (const char *)(q->packed.device + 1);
	} else {
		watch.ring = (const char *)q->split.ring.desc;
		end = (const char *)&q->split.ring.used->ring[q->setup.size];
	}
	assert_true(end > watch.ring && end - watch.ring <= BYTES_MAX);
	watch.len = end - watch.ring;
}

void
model_watch_start(struct model_queue *q)
{
	const uintptr_t page = sysconf(_SC_PAGESIZE);
	struct sigaction action = { .sa_flags = SA_SIGINFO };

	assert_null(watch.q);
	find_ring(q);
	watch.q = q;
	watch.stores = 0;
	if (watch.sleep_before != 0)
		q->ring->notify(q, MODEL_NOTIFY_NEVER);
	memcpy(watch.before, watch.ring, watch.len);
	watch.pages = (char *)((uintptr_t)watch.ring & ~(page - 1));
	watch.pages_len = (watch.ring + watch.len - watch.pages + page - 1) & ~(page - 1);
	q->watched = true;
	action.sa_sigaction = on_segv;
	assert_int_equal(sigaction(SIGSEGV, &action, &watch.old_segv), 0);
	action.sa_sigaction = on_trap;
	assert_int_equal(sigaction(SIGTRAP, &action, &watch.old_trap), 0);
	protect(PROT_READ);
}

unsigned int
model_watch_stop(void)
{
	protect(PROT_READ | PROT_WRITE);
	sigaction(SIGSEGV, &watch.old_segv, NULL);
	sigaction(SIGTRAP, &watch.old_trap, NULL);
	watch.q->watched = false;
	watch.q = NULL;
	return watch.stores;
}

void
model_watch_sleep_before(unsigned int store)
{
	watch.sleep_before = store;
}

bool
model_watch_awake(struct model_queue *q)
{
	const bool slept = watch.sleep_before != 0 && watch.stores >= watch.sleep_before;

	watch.sleep_before = 0;
	model_queue_peek(q);
	return !slept || q->num_taken == watch.taken || q->num_kicks != watch.kicks;
}

#else /* !x86-64 */

bool
model_watch_possible(void)
{
	return false;
}

void
model_watch_start(struct model_queue *q)
{
	(void)q;
	abort();
}

unsigned int
model_watch_stop(void)
{
	abort();
}

void
model_watch_sleep_before(unsigned int store)
{
	(void)store;
}

bool
model_watch_awake(struct model_queue *q)
{
	(void)q;
	return true;
}
#endif
