/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* table.c - see table.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define COLUMNS_MAX 10
#define CELL_MAX 160

/** A table: the first row is the header. */
struct table {
	unsigned int columns;
	unsigned int rows;
	unsigned int right; /**< columns of numbers, a bit each */
	char (*cell)[COLUMNS_MAX][CELL_MAX];
};

static void
add_row(struct table *t)
{
	void *more = realloc(t->cell, (t->rows + 1) * sizeof(*t->cell));

	if (more == NULL) {
		fprintf(stderr, "vswitchctl: no memory\n");
		exit(EXIT_FAILURE);
	}
	t->cell = more;
	memset(t->cell[t->rows++], 0, sizeof(*t->cell));
}

static void
add_header(struct table *t, const char *const *names)
{
	add_row(t);
	for (t->columns = 0; names[t->columns] != NULL; t->columns++)
		snprintf(t->cell[0][t->columns], CELL_MAX, "%s", names[t->columns]);
}

static char *
cell(struct table *t, unsigned int column)
{
	return t->cell[t->rows - 1][column];
}

static void
set_text(struct table *t, unsigned int column, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(cell(t, column), CELL_MAX, "%s", text != NULL ? text : "-");
}

static void
set_number(struct table *t, unsigned int column, const json_t *object, const char *key)
{
	t->right |= 1U << column;
	snprintf(cell(t, column), CELL_MAX, "%lld",
		 (long long)json_integer_value(json_object_get(object, key)));
}

/** Print and free. */
static void
finish(struct table *t)
{
	int width[COLUMNS_MAX] = { 0 };

	for (unsigned int r = 0; r < t->rows; r++)
		for (unsigned int c = 0; c < t->columns; c++)
			if ((int)strlen(t->cell[r][c]) > width[c])
				width[c] = (int)strlen(t->cell[r][c]);
	for (unsigned int r = 0; r < t->rows; r++) {
		for (unsigned int c = 0; c < t->columns; c++) {
			const char *gap = c + 1 < t->columns ? "  " : "\n";

			if (t->right >> c & 1)
				printf("%*s%s", width[c], t->cell[r][c], gap);
			else if (c + 1 < t->columns)
				printf("%-*s%s", width[c], t->cell[r][c], gap);
			else
				printf("%s%s", t->cell[r][c], gap);
		}
	}
	free(t->cell);
}

static void
print_ports(const json_t *ports)
{
	static const char *const names[] = { "port", "driver",	  "link",   "queues",
					     "vlan", "addresses", "resets", NULL };
	struct table t = { 0 };
	const json_t *port;
	size_t i;

	add_header(&t, names);
	json_array_foreach(ports, i, port) {
		const json_t *vlan = json_object_get(port, "vlan");
		const int native = (int)json_integer_value(json_object_get(vlan, "native"));
		const char *mode = json_string_value(json_object_get(vlan, "mode"));
		int used;

		add_row(&t);
		set_text(&t, 0, port, "port");
		set_text(&t, 1, port, "driver");
		set_text(&t, 2, port, "link");
		if (!json_is_true(json_object_get(port, "online")))
			snprintf(cell(&t, 2), CELL_MAX, "offline");
		snprintf(cell(&t, 3), CELL_MAX, "%d+%d",
			 (int)json_integer_value(json_object_get(port, "rx_queues")),
			 (int)json_integer_value(json_object_get(port, "tx_queues")));
		used = snprintf(cell(&t, 4), CELL_MAX, "%s %s", mode,
				json_string_value(json_object_get(vlan, "list")));
		if (native != 0 && strcmp(mode, "trunk") == 0 && used < CELL_MAX)
			snprintf(cell(&t, 4) + used, CELL_MAX - used, " native %d", native);
		set_number(&t, 5, port, "addresses");
		set_number(&t, 6, port, "resets");
	}
	finish(&t);
}

/** "vlan 3, runt 1": what is not 0. */
static void
set_drops(struct table *t, unsigned int column, json_t *drops)
{
	char *text = cell(t, column);
	const char *why;
	json_t *count;
	int used = 0;

	snprintf(text, CELL_MAX, "-");
	json_object_foreach(drops, why, count) {
		if (json_integer_value(count) == 0 || used >= CELL_MAX)
			continue;
		used += snprintf(text + used, CELL_MAX - used, "%s%s %lld", used > 0 ? ", " : "",
				 why, (long long)json_integer_value(count));
	}
}

static void
print_stats(const json_t *stats)
{
	static const char *const names[] = { "port", "rx packets", "rx bytes", "tx packets",
					     "tx bytes", "flooded", "drops", NULL };
	struct table t = { 0 };
	const json_t *port;
	size_t i;

	add_header(&t, names);
	json_array_foreach(stats, i, port) {
		add_row(&t);
		set_text(&t, 0, port, "port");
		set_number(&t, 1, port, "rx_packets");
		set_number(&t, 2, port, "rx_bytes");
		set_number(&t, 3, port, "tx_packets");
		set_number(&t, 4, port, "tx_bytes");
		set_number(&t, 5, port, "flooded");
		set_drops(&t, 6, json_object_get(port, "drops"));
	}
	finish(&t);
}

static void
print_fdb(const json_t *answer)
{
	static const char *const names[] = { "mac", "vlan", "port", "age", NULL };
	const json_t *list = json_object_get(answer, "fdb");
	struct table t = { 0 };
	const json_t *entry;
	size_t i;

	add_header(&t, names);
	json_array_foreach(list, i, entry) {
		add_row(&t);
		set_text(&t, 0, entry, "mac");
		set_number(&t, 1, entry, "vlan");
		set_text(&t, 2, entry, "port");
		t.right |= 1U << 3;
		snprintf(cell(&t, 3), CELL_MAX, "%.1f s",
			 json_number_value(json_object_get(entry, "age")));
	}
	finish(&t);
	printf("%lld of %lld addresses; %lld moved, %lld found no room\n",
	       (long long)json_integer_value(json_object_get(answer, "used")),
	       (long long)json_integer_value(json_object_get(answer, "size")),
	       (long long)json_integer_value(json_object_get(answer, "moved")),
	       (long long)json_integer_value(json_object_get(answer, "refused")));
}

/** Names of a list, with a blank between. */
static void
set_list(struct table *t, unsigned int column, const json_t *list)
{
	char *text = cell(t, column);
	const json_t *name;
	int used = 0;
	size_t i;

	snprintf(text, CELL_MAX, "-");
	json_array_foreach(list, i, name) {
		if (used < CELL_MAX)
			used += snprintf(text + used, CELL_MAX - used, "%s%s", used > 0 ? " " : "",
					 json_string_value(name));
	}
}

static void
print_vlans(const json_t *vlans)
{
	static const char *const names[] = { "vlan", "untagged", "tagged", NULL };
	struct table t = { 0 };
	const json_t *vlan;
	size_t i;

	add_header(&t, names);
	json_array_foreach(vlans, i, vlan) {
		add_row(&t);
		set_number(&t, 0, vlan, "vlan");
		set_list(&t, 1, json_object_get(vlan, "untagged"));
		set_list(&t, 2, json_object_get(vlan, "tagged"));
	}
	finish(&t);
}

static void
print_workers(const json_t *workers)
{
	static const char *const names[] = { "worker", "lcore", "port", "queue", NULL };
	struct table t = { 0 };
	const json_t *worker, *queue;
	size_t i, j;

	add_header(&t, names);
	json_array_foreach(workers, i, worker) {
		const json_t *queues = json_object_get(worker, "queues");

		if (json_array_size(queues) == 0) {
			add_row(&t);
			set_number(&t, 0, worker, "worker");
			set_number(&t, 1, worker, "lcore");
			set_text(&t, 2, worker, "port");
		}
		json_array_foreach(queues, j, queue) {
			add_row(&t);
			set_number(&t, 0, worker, "worker");
			set_number(&t, 1, worker, "lcore");
			set_text(&t, 2, queue, "port");
			set_number(&t, 3, queue, "queue");
		}
	}
	finish(&t);
}

void
table_print(const json_t *answer)
{
	static const struct {
		const char *key;
		void (*print)(const json_t *list);
	} kinds[] = {
		{ "ports", print_ports },
		{ "stats", print_stats },
		{ "vlans", print_vlans },
		{ "workers", print_workers },
	};

	if (json_object_get(answer, "fdb") != NULL)
		print_fdb(answer);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_object_get(answer, kinds[i].key) != NULL)
			kinds[i].print(json_object_get(answer, kinds[i].key));
}
