/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* Messages, signals, the watch over calls that may hang, and the folder for sockets. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define FOLDER_SOCKETS 16

static volatile sig_atomic_t stop_requested;
static const char *volatile watched;
static char folder[64];
static char also[256];
static bool progress_enabled;
static bool progress_shown;

static void
print_line(const char *prefix, const char *format, va_list args)
{
	bench_progress_clear();
	fputs(prefix, stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void
bench_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line("vio-bench: ", format, args);
	va_end(args);
}

void
bench_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line("vio-bench: note: ", format, args);
	va_end(args);
}

void
bench_progress_enable(bool enable)
{
	progress_enabled = enable;
}

void
bench_progress(const char *format, ...)
{
	va_list args;

	if (!progress_enabled)
		return;
	fputs("\r\033[K", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fflush(stderr);
	progress_shown = true;
}

void
bench_progress_clear(void)
{
	if (!progress_shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	progress_shown = false;
}

bool
bench_stopped(void)
{
	return stop_requested != 0;
}

/* A second Ctrl-C does not wait for the end of the group. */
static void
on_stop(int signal_number)
{
	(void)signal_number;
	if (stop_requested) {
		bench_folder_remove();
		_exit(BENCH_INTERRUPTED);
	}
	stop_requested = 1;
}

static void
write_text(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(BENCH_CANNOT);
}

static void
on_alarm(int signal_number)
{
	(void)signal_number;
	write_text("\nvio-bench: ");
	write_text(watched != NULL ? watched : "a call");
	write_text(" did not end in time: the driver or librte_vhost waits for something that "
		"never comes; giving up\n");
	bench_folder_remove();
	_exit(BENCH_CANNOT);
}

/* A driver crashed: leave nothing behind, and end as one does then. */
static void
on_crash(int signal_number)
{
	bench_folder_remove();
	raise(signal_number);
}

void
bench_signals(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	struct sigaction crash = { .sa_handler = on_crash, .sa_flags = SA_RESETHAND };
	/* A driver in the middle of a message must not see it fail. */
	struct sigaction stop = { .sa_handler = on_stop, .sa_flags = SA_RESTART };
	struct sigaction alarm_action = { .sa_handler = on_alarm };
	size_t i;

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	/* Nobody reads the results any more. */
	sigaction(SIGPIPE, &stop, NULL);
	sigaction(SIGALRM, &alarm_action, NULL);
	for (i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &crash, NULL);
}

void
bench_watch_begin(unsigned int seconds, const char *what)
{
	watched = what;
	alarm(seconds);
}

void
bench_watch_end(void)
{
	alarm(0);
	watched = NULL;
}

const char *
bench_folder(void)
{
	if (folder[0] != '\0')
		return folder;
	snprintf(folder, sizeof(folder), "/tmp/vio-bench.%d.XXXXXX", (int)getpid());
	if (mkdtemp(folder) == NULL) {
		bench_error("no folder for sockets under /tmp: %s", strerror(errno));
		folder[0] = '\0';
		return NULL;
	}
	atexit(bench_folder_remove);
	return folder;
}

void
bench_folder_also(const char *path)
{
	snprintf(also, sizeof(also), "%s", path);
	atexit(bench_folder_remove);
}

/* The sockets have one-letter names, so that no folder has to be read in a signal handler. */
void
bench_folder_remove(void)
{
	char name[2] = "a";
	int fd, i;

	if (also[0] != '\0')
		rmdir(also);
	if (folder[0] == '\0')
		return;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; fd >= 0 && i < FOLDER_SOCKETS; i++, name[0]++)
		unlinkat(fd, name, 0);
	if (fd >= 0)
		close(fd);
	rmdir(folder);
	folder[0] = '\0';
}
