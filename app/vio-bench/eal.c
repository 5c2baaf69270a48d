/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */
/* EAL's command line: cores, memory, plugin. */

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "bench.h"
#include "eal.h"

#define ARGS_MAX 64
#define HUGEPAGES "/sys/kernel/mm/hugepages/hugepages-%ukB/free_hugepages"

struct args {
	int count;
	char *value[ARGS_MAX + 1];
	char text[16][PATH_MAX];
	unsigned int texts;
};

static void
args_add(struct args *a, const char *value)
{
	if (a->count < ARGS_MAX)
		a->value[a->count++] = (char *)(uintptr_t)value;
}

__attribute__((format(printf, 2, 3))) static void
args_format(struct args *a, const char *format, ...)
{
	va_list list;
	char *text = a->text[a->texts++];

	va_start(list, format);
	vsnprintf(text, PATH_MAX, format, list);
	va_end(list);
	args_add(a, text);
}

/* Did the user give an option that begins like this? */
static bool
user_gave(int count, char **user, const char *option)
{
	int i;

	for (i = 0; i < count; i++)
		if (strncmp(user[i], option, strlen(option)) == 0)
			return true;
	return false;
}

static unsigned long
free_hugepages_mb(void)
{
	static const unsigned int sizes_kb[] = { 2048, 1048576 };
	unsigned long pages, best = 0;
	char path[128];
	unsigned int i;
	FILE *file;

	for (i = 0; i < RTE_DIM(sizes_kb); i++) {
		snprintf(path, sizeof(path), HUGEPAGES, sizes_kb[i]);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		if (fscanf(file, "%lu", &pages) == 1)
			best = RTE_MAX(best, pages * (sizes_kb[i] / 1024));
		fclose(file);
	}
	return best;
}

static int
choose_memory(const struct bench_config *c, struct args *a, bool *huge)
{
	unsigned long available = free_hugepages_mb();

	*huge = c->huge != 0 && available >= c->memory_mb;
	if (c->huge == 1 && !*huge) {
		bench_error("--huge needs %u MB of free hugepages and there are %lu MB: "
			"echo %u > /proc/sys/vm/nr_hugepages, or use --no-huge",
			c->memory_mb, available, c->memory_mb / 2);
		return -ENOMEM;
	}
	if (c->huge == -1 && !*huge)
		bench_note("running on normal pages, which cost TLB misses: %lu MB of hugepages "
			"are free and %u MB are needed", available, c->memory_mb);
	if (*huge) {
		/* Memory without names in any file system, one file for each kind of page. */
		args_add(a, "--in-memory");
		args_add(a, "--single-file-segments");
	} else {
		/* EAL takes one memfd for all of it, and does not take --in-memory with it. */
		args_add(a, "--no-huge");
		args_add(a, "--no-shconf");
		args_format(a, "--file-prefix=vio-bench-%d", getpid());
	}
	args_add(a, "-m");
	args_format(a, "%u", c->memory_mb);
	return 0;
}

/*
 * The timed core is the last one that the process may use: interrupts go to the first ones more
 * often. The loop mode puts the device on another one.
 */
static int
choose_cores(const struct bench_config *c, struct args *a)
{
	int last = -1, before = -1;
	cpu_set_t set;
	int cpu;

	if (sched_getaffinity(0, sizeof(set), &set) != 0) {
		bench_error("sched_getaffinity: %s", strerror(errno));
		return -errno;
	}
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &set)) {
			before = last;
			last = cpu;
		}
	}
	if (c->mode == MODE_LOOP && before < 0) {
		bench_error("the loop mode needs two cores and this process may use one");
		return -ENODEV;
	}
	args_add(a, "--lcores");
	if (c->mode == MODE_LOOP)
		args_format(a, "0@%d,1@%d", before, last);
	else
		args_format(a, "0@%d", last);
	return 0;
}

static int
choose_plugin(const struct bench_config *c, struct args *a, struct eal_facts *facts)
{
	char self[PATH_MAX - 64];
	char path[PATH_MAX];
	char *slash;
	ssize_t length;

	facts->plugin[0] = '\0';
	if (c->plugin != NULL) {
		if (realpath(c->plugin, facts->plugin) == NULL) {
			bench_error("--plugin %s: %s", c->plugin, strerror(errno));
			return -ENOENT;
		}
	} else {
		length = readlink("/proc/self/exe", self, sizeof(self) - 1);
		if (length < 0)
			return 0;
		self[length] = '\0';
		slash = strrchr(self, '/');
		if (slash == NULL)
			return 0;
		*slash = '\0';
		snprintf(path, sizeof(path), "%s/../../drivers/net/vio/librte_net_vio.so", self);
		/* Not built, or installed where EAL looks by itself. */
		if (realpath(path, facts->plugin) == NULL) {
			facts->plugin[0] = '\0';
			return 0;
		}
	}
	args_add(a, "-d");
	args_add(a, facts->plugin);
	return 0;
}

int
eal_start(const struct bench_config *config, char *program, int count, char **user,
	struct eal_facts *facts)
{
	static struct args a;
	int i, ret;

	args_add(&a, program);
	args_add(&a, "--no-pci");
	args_add(&a, "--iova-mode=va");
	args_add(&a, "--no-telemetry");
	if (!config->verbose) {
		args_add(&a, "--log-level=lib.eal:error");
		args_add(&a, "--log-level=lib.vhost.*:error");
		args_add(&a, "--log-level=pmd.net.*:warning");
	}
	ret = choose_memory(config, &a, &facts->hugepages);
	if (ret == 0 && !user_gave(count, user, "-l") && !user_gave(count, user, "--lcores") &&
			!user_gave(count, user, "-c") && !user_gave(count, user, "-S"))
		ret = choose_cores(config, &a);
	if (ret == 0)
		ret = choose_plugin(config, &a, facts);
	if (ret != 0)
		return ret;
	if (a.count + count > ARGS_MAX) {
		bench_error("too many EAL options");
		return -E2BIG;
	}
	for (i = 0; i < count; i++)
		args_add(&a, user[i]);
	bench_watch_begin(60, "starting EAL");
	ret = rte_eal_init(a.count, a.value);
	bench_watch_end();
	if (ret < 0) {
		bench_error("EAL does not start: %s%s", rte_strerror(rte_errno),
			facts->plugin[0] != '\0' ? " (it refuses a plugin in a folder that "
			"everybody may write to)" : "");
		return -rte_errno;
	}
	if (!facts->hugepages && !user_gave(count, user, "--file-prefix"))
		bench_folder_also(rte_eal_get_runtime_dir());
	return 0;
}
