/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* command.c - see command.h. */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define WORDS_MAX 16

/** A line in words. */
struct words {
	char text[COMMAND_LINE_MAX];
	const char *word[WORDS_MAX];
	unsigned int count;
	unsigned int at; /**< the next one to be read */
	char *error;
};

static int fail(const struct words *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int
fail(const struct words *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->error, COMMAND_ERROR_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

static int
split(struct words *w, const char *line)
{
	char *rest = w->text;
	char *word;

	w->count = 0;
	w->at = 0;
	if (strlen(line) >= sizeof(w->text))
		return fail(w, "a command has less than %u characters", COMMAND_LINE_MAX);
	for (const char *c = line; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c) && !isspace((unsigned char)*c))
			return fail(w, "a command has no control characters");
	strcpy(w->text, line);
	while ((word = strsep(&rest, " \t\r\n")) != NULL) {
		if (*word == '\0')
			continue;
		if (w->count == WORDS_MAX)
			return fail(w, "a command has no more than %u words", WORDS_MAX);
		w->word[w->count++] = word;
	}
	return 0;
}

static bool
more(const struct words *w)
{
	return w->at < w->count;
}

/** Is this the next word? Then it is read. */
static bool
next_is(struct words *w, const char *word)
{
	if (!more(w) || strcmp(w->word[w->at], word) != 0)
		return false;
	w->at++;
	return true;
}

/** Read a word that has to be there. @param what  its name in the usage */
static int
next(struct words *w, const char *what, const char **word)
{
	if (!more(w))
		return fail(w, "%s: %s is missing behind '%s'", w->word[0], what,
			    w->word[w->count - 1]);
	*word = w->word[w->at++];
	return 0;
}

static int
next_text(struct words *w, const char *what, char *text, size_t size)
{
	const char *word = NULL;
	int ret = next(w, what, &word);

	if (ret != 0)
		return ret;
	if (strlen(word) >= size)
		return fail(w, "%s: %s has less than %zu characters", w->word[0], what, size);
	strcpy(text, word);
	return 0;
}

static int
next_vlan(struct words *w, int *vlan)
{
	unsigned long value;
	const char *word = NULL;
	char *end;
	int ret = next(w, "VLAN", &word);

	if (ret != 0)
		return ret;
	value = strtoul(word, &end, 10);
	if (!isdigit((unsigned char)*word) || *end != '\0' || !vlan_valid(value))
		return fail(w, "'%s' is no VLAN: a number from %u to %u", word, VLAN_FIRST,
			    VLAN_LAST);
	*vlan = (int)value;
	return 0;
}

static int
end(const struct words *w)
{
	return more(w) ? fail(w, "%s: '%s' is not understood here", w->word[0], w->word[w->at]) : 0;
}

/** [port PORT] [vlan VLAN] */
static int
parse_filter(struct words *w, struct command *c)
{
	int ret = 0;

	while (ret == 0 && more(w)) {
		if (next_is(w, "port"))
			ret = next_text(w, "PORT", c->port, sizeof(c->port));
		else if (next_is(w, "vlan"))
			ret = next_vlan(w, &c->vlan);
		else
			break;
	}
	return ret;
}

/** access VLAN | trunk LIST [native VLAN] */
static int
parse_rules(struct words *w, struct command *c)
{
	const char *list = NULL;
	int native = VLAN_NONE;
	int vlan, ret;

	if (next_is(w, "access")) {
		ret = next_vlan(w, &vlan);
		if (ret == 0)
			vlan_rules_access(&c->rules, vlan);
		return ret;
	}
	if (!next_is(w, "trunk"))
		return fail(w,
			    "%s: what comes behind the port is access VLAN, or trunk LIST [native "
			    "VLAN]",
			    w->word[0]);
	ret = next(w, "LIST", &list);
	if (ret == 0 && next_is(w, "native"))
		ret = next_vlan(w, &native);
	if (ret == 0 && vlan_rules_trunk(&c->rules, list, native) != 0)
		ret = fail(w,
			   "'%s' is no list of VLANs: numbers from %u to %u as in 1-5,10, or all",
			   list, VLAN_FIRST, VLAN_LAST);
	return ret;
}

static int
parse_add_port(struct words *w, struct command *c)
{
	int ret = next_text(w, "DEVARGS", c->devargs, sizeof(c->devargs));

	vlan_rules_access(&c->rules, COMMAND_VLAN_DEFAULT);
	return ret == 0 && more(w) ? parse_rules(w, c) : ret;
}

static int
parse_del_port(struct words *w, struct command *c)
{
	return next_text(w, "PORT", c->port, sizeof(c->port));
}

static int
parse_stats(struct words *w, struct command *c)
{
	return more(w) ? next_text(w, "PORT", c->port, sizeof(c->port)) : 0;
}

static int
parse_vlan(struct words *w, struct command *c)
{
	int ret;

	if (!more(w))
		return 0;
	c->verb = COMMAND_SET_VLAN;
	ret = next_text(w, "PORT", c->port, sizeof(c->port));
	return ret == 0 ? parse_rules(w, c) : ret;
}

static const struct {
	const char *word;
	enum command_verb verb;
	int (*parse)(struct words *w, struct command *c); /**< NULL: nothing follows */
} verbs[] = {
	{ "ports", COMMAND_PORTS, NULL },
	{ "fdb", COMMAND_FDB, parse_filter },
	{ "flush", COMMAND_FLUSH, parse_filter },
	{ "stats", COMMAND_STATS, parse_stats },
	{ "workers", COMMAND_WORKERS, NULL },
	{ "vlan", COMMAND_VLANS, parse_vlan },
	{ "add-port", COMMAND_ADD_PORT, parse_add_port },
	{ "del-port", COMMAND_DEL_PORT, parse_del_port },
};

int
command_parse(struct command *c, const char *line, char error[COMMAND_ERROR_MAX])
{
	struct words w = { .error = error };
	int ret;

	memset(c, 0, sizeof(*c));
	c->vlan = -1;
	ret = split(&w, line);
	if (ret != 0)
		return ret;
	if (w.count == 0)
		return fail(&w, "there is no command in the line");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!next_is(&w, verbs[i].word))
			continue;
		c->verb = verbs[i].verb;
		ret = verbs[i].parse != NULL ? verbs[i].parse(&w, c) : 0;
		return ret == 0 ? end(&w) : ret;
	}
	return fail(&w, "'%.64s' is no command; vswitchctl --help has them", w.word[0]);
}
