/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * packed.pml - publishing and notifying over a packed ring (2.8.6, 2.8.14, 2.8.21), every order of
 * every step of both sides: lib/virtio/vring_packed.h on the one, the standard's device on the other.
 *
 * A place counts descriptors over two laps, the first of which has wrap counter 1. What a
 * descriptor says is its place, and whether another one follows in its list. As in split.pml, memory
 * takes stores in any order that is not forbidden, and a device that sleeps for good while there is
 * something to be seen is an invalid end.
 *
 * NO_RELEASE           the flags of the first descriptor are written without barrier A
 * FIRST_FIRST          they are not written last
 * NO_DRIVER_BARRIER    the driver's half of barrier C is missing
 * NO_DEVICE_BARRIER    the device's
 * LAZY                 a device that, having asked to hear of an event, takes what is there already,
 *                      less than a lap, and sleeps without moving the event (QEMU)
 * STRICT               a driver that never notifies of an event that it passed before
 * REMEMBERS            a driver that does not forget what it notified of when the device was busy since
 */

#ifndef SIZE
#define SIZE 2		/* or 3 */
#endif
#define LAPS (2 * SIZE)
#define AHEAD(p, n) (((p) + (n)) % LAPS)
#define FROM(a, b) (((b) + LAPS - (a)) % LAPS)	/* from a up to b */

#define NEXT 16
#define AVAIL(p) ((p) < SIZE -> 1 : 2)		/* flags AVAIL, !USED: 1; !AVAIL, USED: 2 */
#define USED(p) ((p) < SIZE -> 3 : 0)

#define ENABLE 100
#define DISABLE 101
#define NOTHING 102

byte says[SIZE], flags[SIZE], event = ENABLE;
bool kicked, stopped;

/* Stores of the driver, and one of the device, that memory does not have yet. */
bool says_waits[SIZE], flags_wait[SIZE], event_waits;
byte says_later[SIZE], flags_later[SIZE], event_later;
byte released = NOTHING;	/* descriptor whose flags wait for all other stores */

#define LAST (SIZE - 1)
#define SAYS_WAIT (says_waits[0] || says_waits[1] || says_waits[LAST])
#define FLAGS_WAIT (flags_wait[0] || flags_wait[1] || flags_wait[LAST])
#define OTHER_WAITS(i, j) ((i) != (j) && flags_wait[j])
#define OTHERS_WAIT(i) (SAYS_WAIT || OTHER_WAITS(i, 0) || OTHER_WAITS(i, 1) || OTHER_WAITS(i, LAST))

#define FLUSH(i) \
	:: atomic { says_waits[i] -> says[i] = says_later[i]; says_waits[i] = false } \
	:: atomic { flags_wait[i] && (released != i || !OTHERS_WAIT(i)) -> \
			flags[i] = flags_later[i]; flags_wait[i] = false; \
			if :: released == i -> released = NOTHING :: else fi }

proctype memory()
{
end:	do
	FLUSH(0)
	FLUSH(1)
#if SIZE > 2
	FLUSH(2)
#endif
	:: atomic { event_waits -> event = event_later; event_waits = false }
	od
}

inline mark(p)
{
	flags_later[(p) % SIZE] = AVAIL(p);
	flags_wait[(p) % SIZE] = true
}

proctype driver()
{
	byte avail, clean, old, at, seen, ahead, told;
	bool list;

	do
	/* Used ones are taken back; nothing is said of when. */
	:: atomic { clean != avail && flags[clean % SIZE] == USED(clean) -> clean = AHEAD(clean, 1) }
	:: FROM(clean, avail) < SIZE ->
		old = avail;
		if :: list = false :: list = true fi;
		do
		:: atomic { FROM(clean, avail) < SIZE ->
				at = avail;
				if
				:: list && avail != old ->
					at = AHEAD(avail, LAPS - 1);	/* which now has a successor */
					says_later[at % SIZE] = at + NEXT;
					says_waits[at % SIZE] = true;
					at = avail
				:: else
				fi;
				says_later[at % SIZE] = at;
				says_waits[at % SIZE] = true;
#ifdef FIRST_FIRST
				mark(at);
#else
				if
				:: at != old -> mark(at)
				:: else
				fi;
#endif
				avail = AHEAD(avail, 1) }
		:: avail != old -> break
		od;
#ifndef FIRST_FIRST
		atomic {
			mark(old);
#ifndef NO_RELEASE
			released = old % SIZE
#endif
		};
#endif
#ifndef NO_DRIVER_BARRIER
		(!SAYS_WAIT && !FLAGS_WAIT);
#endif
		atomic {	/* vring_packed_must_kick() */
			seen = event;
			if
			:: seen == DISABLE ->
#ifndef REMEMBERS
				told = NOTHING
#endif
			:: seen == ENABLE -> kicked = true
			:: else ->
				ahead = FROM(old, seen);
				if
				:: ahead >= FROM(old, avail) &&
#ifdef STRICT
				   true
#else
				   (ahead < SIZE || seen == told)
#endif
				   -> skip
				:: else -> told = seen; kicked = true
				fi
			fi;
			seen = 0; ahead = 0; at = 0
		}
	:: stopped = true; break
	od
}

inline wish(w)
{
	atomic { event_later = w; event_waits = true }
}

/* Take one buffer: a list is known by its first descriptor. */
inline take()
{
	atomic {
		assert(says[next % SIZE] % NEXT == next);
		do
		:: says[next % SIZE] >= NEXT ->
			next = AHEAD(next, 1);
			n++;
			assert(says[next % SIZE] % NEXT == next)
		:: else -> break
		od;
		next = AHEAD(next, 1);
		n++
	}
}

/* All that it has go back, one by one. */
inline give_back()
{
	do
	:: atomic { used != next ->
			says[used % SIZE] = 99;
			flags[used % SIZE] = USED(used);
			used = AHEAD(used, 1) }
	:: used == next -> break
	od
}

#define SEES (flags[next % SIZE] == AVAIL(next) && FROM(used, next) < SIZE)

proctype device()
{
	byte next, used, n;
	bool there;

	do
	:: there = SEES;
		if
		:: there ->
			if
			:: wish(DISABLE)	/* it is busy now */
			:: skip
			fi;
			take();
			n = 0;
			give_back()
		:: else ->
			if
			:: wish(next)
			:: wish(ENABLE)
			fi;
#ifndef NO_DEVICE_BARRIER
			!event_waits;
#endif
#ifdef LAZY
			do
			:: there = SEES;
				if
				:: there && n < SIZE -> take()
				:: else -> break
				fi
			od;
			n = 0;
			give_back();
			there = false;
#else
			there = SEES;
#endif
			if
			:: there
			:: else ->	/* sleeps */
				if
				:: atomic { kicked -> kicked = false }
				:: stopped && !SAYS_WAIT && !FLAGS_WAIT && !SEES -> break
				fi
			fi
		fi
	od
}

init
{
	/* Zeros, as the driver leaves the memory to the device. */
	atomic {
		says[0] = 99;
		says[1] = 99;
		says[LAST] = 99;
		run memory();
		run driver();
		run device()
	}
}
