/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* model_eal.c - see model_eal.h. */

#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_log.h>

#include "model_eal.h"
#include "unit.h"

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[65536];
static size_t log_len;
static FILE *log_stream;
static char runtime_dir[64];

static ssize_t
log_write(void *cookie __rte_unused, const char *text, size_t len)
{
	pthread_mutex_lock(&log_lock);
	if (len >= sizeof(log_text))
		len = sizeof(log_text) - 1;
	if (len >= sizeof(log_text) - log_len)
		log_len = 0; /* long enough ago */
	memcpy(log_text + log_len, text, len);
	log_len += len;
	log_text[log_len] = '\0';
	pthread_mutex_unlock(&log_lock);
	return len;
}

void
model_log_start(void)
{
	pthread_mutex_lock(&log_lock);
	log_len = 0;
	log_text[0] = '\0';
	pthread_mutex_unlock(&log_lock);
}

bool
model_logged(const char *text)
{
	bool found;

	pthread_mutex_lock(&log_lock);
	found = strstr(log_text, text) != NULL;
	pthread_mutex_unlock(&log_lock);
	return found;
}

/** One lcore on all CPUs: the test is not alone on its machine. */
static void
lcore_map(char *text, size_t len)
{
	size_t used = snprintf(text, len, "0@(");
	cpu_set_t cpus;

	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (int cpu = 0; cpu < RTE_MAX_LCORE; cpu++)
		if (CPU_ISSET(cpu, &cpus) && used < len)
			used += snprintf(text + used, len - used, "%d,", cpu);
	assert_true(used < len);
	text[used - 1] = ')';
}

static int
remove_one(const char *path, const struct stat *st __rte_unused, int type __rte_unused,
	   struct FTW *ftw __rte_unused)
{
	return remove(path);
}

static void
remove_runtime_dir(void)
{
	nftw(runtime_dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
model_eal_start(void **state __rte_unused)
{
	static const cookie_io_functions_t io = { .write = log_write };
	static char line[1024] = "model --no-pci --no-huge --no-shconf --no-telemetry -m 96 "
				 "--iova-mode=va --log-level=lib.eal:error --lcores ";
	char *args[16];
	int n = 0;

	lcore_map(line + strlen(line), sizeof(line) - strlen(line));
	for (char *arg = strtok(line, " "); arg != NULL; arg = strtok(NULL, " "))
		args[n++] = arg;
	args[n] = NULL;
	/* Of its own, and not for long: EAL makes a folder in it that nobody looks into. */
	snprintf(runtime_dir, sizeof(runtime_dir), "/tmp/vio-model.XXXXXX");
	assert_non_null(mkdtemp(runtime_dir));
	setenv("RUNTIME_DIRECTORY", runtime_dir, 1);
	log_stream = fopencookie(NULL, "w", io);
	assert_non_null(log_stream);
	setvbuf(log_stream, NULL, _IOLBF, 4096);
	assert_int_equal(rte_openlog_stream(log_stream), 0);
	n -= rte_eal_init(n, args) + 1;
	remove_runtime_dir();
	assert_int_equal(n, 0);
	return 0;
}

int
model_eal_stop(void **state __rte_unused)
{
	rte_eal_cleanup();
	rte_openlog_stream(NULL);
	fclose(log_stream);
	return 0;
}
