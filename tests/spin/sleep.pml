/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * sleep.pml - a thread that polls a receive queue and sleeps when there is nothing (2.7.7), every
 * order of every step of both sides: drivers/net/vio/vio_intr.c with lib/virtio/vring_split.h on
 * the one, the standard's device on the other.
 *
 * Stores go to a buffer from which memory takes them in any order, but for what a full barrier
 * forbids. Loads are done where they stand. Indices count modulo two laps of two buffers. The
 * device may stop at any time; the thread may only sleep for good when it has seen everything: else
 * the end is an invalid one, a lost wake-up. In a packed ring a descriptor's flags stand for the
 * used index and the event structure for the driver's words: the same accesses in the same order.
 *
 * EVENT_IDX            the driver asks with used_event, else with flags
 * NO_DRIVER_BARRIER    the driver's half of barrier D is missing
 * NO_DEVICE_BARRIER    the device's
 * NO_SECOND_LOOK       the driver does not look once more when it has asked
 */

#define SIZE 2
#define LAPS (2 * SIZE)
#define AHEAD(i, n) (((i) + (n)) % LAPS)
#define FROM(a, b) (((b) + LAPS - (a)) % LAPS)	/* from a up to b */

byte used, event = LAPS - 1;
bool no_notify = true;	/* as rings begin */
byte at;		/* where the thread looks next: buffers before it are the device's again */
bool eventfd, stopped;

/* A store of each side that memory does not have yet. */
bool used_waits, wish_waits;
byte used_later, event_later;
bool no_notify_later;

proctype memory()
{
end:	do
	:: atomic { used_waits -> used = used_later; used_waits = false }
	:: atomic { wish_waits ->
			event = event_later;
			no_notify = no_notify_later;
			wish_waits = false }
	od
}

proctype device()
{
	byte next, old;

	do
	:: FROM(at, next) < SIZE ->
		old = next;
		do
		:: atomic { FROM(at, next) < SIZE -> next = AHEAD(next, 1) }
		:: next != old -> break
		od;
		atomic { used_later = next; used_waits = true };
#ifndef NO_DEVICE_BARRIER
		!used_waits;
#endif
#ifdef EVENT_IDX
		if	/* vring_need_event() */
		:: atomic { FROM(AHEAD(event, 1), next) < FROM(old, next) -> eventfd = true }
		:: else
		fi
#else
		if
		:: !no_notify -> eventfd = true
		:: else
		fi
#endif
	:: stopped = true; break
	od
}

/* A store of the driver's wish. */
inline wish(where, silence)
{
	atomic { event_later = where; no_notify_later = silence; wish_waits = true }
}

proctype thread()
{
	byte seen;

	do
	:: seen = used;
		if
		:: seen != at -> at = seen
		:: else ->
			wish(at, false);	/* vio_rx_queue_intr_enable() */
#ifndef NO_DRIVER_BARRIER
			!wish_waits;
#endif
#ifndef NO_SECOND_LOOK
			seen = used;
			if
			:: seen != at -> eventfd = true
			:: else
			fi;
#endif
			if	/* sleeps */
			:: atomic { eventfd -> eventfd = false };
				wish(AHEAD(at, LAPS - 1), true)	/* vio_rx_queue_intr_disable() */
			:: stopped && !used_waits && used == at -> break
			fi
		fi
	od
}

init
{
	atomic {
		run memory();
		run device();
		run thread()
	}
}
