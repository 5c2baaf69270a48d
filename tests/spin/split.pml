/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * split.pml - publishing and notifying over a split ring (2.7.13, 2.7.7, 2.7.10), every order of
 * every step of both sides: lib/virtio/vring_split.h on the one, the standard's device on the other.
 *
 * Stores go to a buffer from which memory takes them in any order, but for what a release or a full
 * barrier forbids. Loads are done where they stand. Indices count modulo two laps, as those of a
 * ring of 32768 do. The driver may stop at any time; the device may only sleep for good when it has
 * seen everything: else the end is an invalid one, a lost wake-up.
 *
 * EVENT_IDX            the device asks with avail_event, else with flags
 * NO_RELEASE           the index is published without barrier A
 * NO_DRIVER_BARRIER    the driver's half of barrier C is missing
 * NO_DEVICE_BARRIER    the device's
 */

#define SIZE 2
#define LAPS (2 * SIZE)
#define AHEAD(i, n) (((i) + (n)) % LAPS)
#define FROM(a, b) (((b) + LAPS - (a)) % LAPS)	/* from a up to b */

byte ring[SIZE], idx, used, event;
bool no_notify, kicked, stopped;

/* Stores of the driver, and one of the device, that memory does not have yet. */
bool ring_waits[SIZE], idx_waits, wish_waits;
byte ring_later[SIZE], idx_later, event_later;
bool no_notify_later;

#define ENTRIES_WAIT (ring_waits[0] || ring_waits[1])

proctype memory()
{
end:	do
	:: atomic { ring_waits[0] -> ring[0] = ring_later[0]; ring_waits[0] = false }
	:: atomic { ring_waits[1] -> ring[1] = ring_later[1]; ring_waits[1] = false }
#ifdef NO_RELEASE
	:: atomic { idx_waits -> idx = idx_later; idx_waits = false }
#else
	:: atomic { idx_waits && !ENTRIES_WAIT -> idx = idx_later; idx_waits = false }
#endif
	:: atomic { wish_waits ->
			event = event_later;
			no_notify = no_notify_later;
			wish_waits = false }
	od
}

proctype driver()
{
	byte avail, old, seen;

	do
	:: FROM(used, avail) < SIZE ->
		old = avail;
		do
		:: atomic { FROM(used, avail) < SIZE ->
				ring_later[avail % SIZE] = avail;
				ring_waits[avail % SIZE] = true;
				avail = AHEAD(avail, 1) }
		:: avail != old -> break
		od;
		atomic { idx_later = avail; idx_waits = true };
#ifndef NO_DRIVER_BARRIER
		(!ENTRIES_WAIT && !idx_waits);
#endif
#ifdef EVENT_IDX
		seen = event;
		if	/* vring_need_event() */
		:: FROM(AHEAD(seen, 1), avail) < FROM(old, avail) -> kicked = true
		:: else
		fi
#else
		if
		:: !no_notify -> kicked = true
		:: else
		fi
#endif
	:: stopped = true; break
	od
}

/* A store of the device's wish. */
inline wish(at, silence)
{
	atomic { event_later = at; no_notify_later = silence; wish_waits = true }
}

proctype device()
{
	byte last, seen;

	do
	:: seen = idx;
		if
		:: seen != last ->
#ifndef EVENT_IDX
			wish(last, true);	/* it is busy now */
#endif
			do
			:: atomic { last != seen ->
					assert(ring[last % SIZE] == last);
					last = AHEAD(last, 1) }
			:: last == seen -> break
			od;
			used = last
		:: else ->
			wish(last, false);
#ifndef NO_DEVICE_BARRIER
			!wish_waits;
#endif
			seen = idx;
			if
			:: seen != last
			:: else ->	/* sleeps */
				if
				:: atomic { kicked -> kicked = false }
				:: stopped && !idx_waits && idx == last -> break
				fi
			fi
		fi
	od
}

init
{
	/* As the driver leaves the memory to the device; any lap may be the first. */
	atomic {
		ring[0] = 99;
		ring[1] = 99;
		run memory();
		run driver();
		run device()
	}
}
