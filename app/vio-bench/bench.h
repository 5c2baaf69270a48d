/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* What every part of vio-bench shares: exit codes, messages, the wish to stop. */

#ifndef VIO_BENCH_BENCH_H
#define VIO_BENCH_BENCH_H

#include <stdbool.h>
#include <stdio.h>

/** Exit status of the program. */
enum bench_exit {
	BENCH_OK = 0,
	BENCH_WRONG = 1,        /**< --verify found a fault, an mbuf leaked, or nothing came. */
	BENCH_USAGE = 2,        /**< The command line makes no sense. */
	BENCH_CANNOT = 3,       /**< The machine or a driver does not let it run. */
	BENCH_INTERRUPTED = 130, /**< SIGINT or SIGTERM; what was measured until then is printed. */
};

/** One line on stderr: "vio-bench: ...". */
__attribute__((format(printf, 1, 2))) void
bench_error(const char *format, ...);

/** One line on stderr that is no error. */
__attribute__((format(printf, 1, 2))) void
bench_note(const char *format, ...);

/** Show where the run is, on one line that is written over; nothing when progress is off. */
__attribute__((format(printf, 1, 2))) void
bench_progress(const char *format, ...);

/** Take the progress line away. */
void
bench_progress_clear(void);

/** Choose whether bench_progress() writes. */
void
bench_progress_enable(bool enable);

/** True once SIGINT or SIGTERM came. */
bool
bench_stopped(void);

/**
 * End the program, with its temporary folder removed, unless bench_watch_end() comes in time.
 *
 * For calls into a driver that may wait for ever.
 *
 * @param seconds  Limit.
 * @param what     What is done, a string that stays valid: "creating port net_x0".
 */
void
bench_watch_begin(unsigned int seconds, const char *what);

/** The watched call came back. */
void
bench_watch_end(void);

/** Folder for sockets, made on first use, removed at exit; NULL after one error line. */
const char *
bench_folder(void);

/** An empty folder that EAL leaves behind: to be removed as well. */
void
bench_folder_also(const char *path);

/** Remove the folder and everything in it. Safe in a signal handler. */
void
bench_folder_remove(void);

/** Install the handlers of SIGINT, SIGTERM, SIGPIPE, of crashes, and of the watch. */
void
bench_signals(void);

#endif /* VIO_BENCH_BENCH_H */
