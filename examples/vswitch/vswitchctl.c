/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vswitchctl: asks a vswitch over its control socket and prints the answer as tables or JSON. */

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "command.h"
#include "table.h"

#define EXIT_USAGE 2
#define SOCKET_DEFAULT "/run/vswitch.sock"
#define SOCKET_VARIABLE "VSWITCH_SOCKET"
#define ANSWER_SECONDS 60

static const char usage[] =
"vswitchctl: ask a vswitch, and tell it what to do\n"
"\n"
"  vswitchctl [--json] [--socket PATH] COMMAND\n"
"\n";

static const char usage_end[] =
"\n"
"PORT is the name of a device, as in 'ports'. --json prints the answer as JSON.\n"
"The socket is that of --socket, else of $" SOCKET_VARIABLE ", else " SOCKET_DEFAULT ".\n"
"Exit status: 0 done, 1 the switch refused or is not there, 2 bad options.\n";

static int
connect_to(const char *path)
{
	const struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "vswitchctl: %s: too long for a socket's path\n", path);
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		fprintf(stderr, "vswitchctl: %s: %s; is vswitch running, with this --socket?\n",
			path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/** Send a line, read the answer. @return NULL: stderr says why */
static json_t *
ask(const char *path, const char *line)
{
	int fd = connect_to(path);
	json_error_t error;
	json_t *answer = NULL;

	if (fd < 0)
		return NULL;
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line)) {
		answer = json_loadfd(fd, JSON_DISABLE_EOF_CHECK, &error);
		if (answer == NULL)
			fprintf(stderr, "vswitchctl: %s: no answer (%s)\n", path, error.text);
	} else {
		fprintf(stderr, "vswitchctl: %s: %s\n", path, strerror(errno));
	}
	close(fd);
	return answer;
}

/** The words of a command as a line. @return false: they are none */
static bool
join(char line[COMMAND_LINE_MAX], int count, char **words)
{
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		used += snprintf(line + used, COMMAND_LINE_MAX - used, "%s ", words[i]);
		if (used >= COMMAND_LINE_MAX) {
			fprintf(stderr, "vswitchctl: the command is too long\n");
			return false;
		}
	}
	line[used - 1] = '\n';
	if (strchr(line, '\n') != line + used - 1) {
		fprintf(stderr, "vswitchctl: a command is one line\n");
		return false;
	}
	return true;
}

static int
print(const json_t *answer, bool json)
{
	const json_t *error = json_object_get(answer, "error");

	if (error != NULL) {
		fprintf(stderr, "vswitchctl: %s\n", json_string_value(error));
		return EXIT_FAILURE;
	}
	if (json) {
		json_dumpf(answer, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		table_print(answer);
	}
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	static const struct option list[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = getenv(SOCKET_VARIABLE);
	char line[COMMAND_LINE_MAX];
	bool json = false;
	json_t *answer;
	int option, status;

	while ((option = getopt_long(argc, argv, "hjs:", list, NULL)) != -1) {
		switch (option) {
		case 'h':
			printf("%s%s%s", usage, command_help, usage_end);
			return EXIT_SUCCESS;
		case 'j':
			json = true;
			break;
		case 's':
			path = optarg;
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		fprintf(stderr, "vswitchctl: a command is missing; vswitchctl --help has them\n");
		return EXIT_USAGE;
	}
	if (!join(line, argc - optind, argv + optind))
		return EXIT_USAGE;
	answer = ask(path != NULL ? path : SOCKET_DEFAULT, line);
	if (answer == NULL)
		return EXIT_FAILURE;
	status = print(answer, json);
	json_decref(answer);
	return status;
}
