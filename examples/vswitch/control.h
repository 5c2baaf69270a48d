/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * control.h - the control socket: a client sends a line, gets a line of JSON, and so on.
 *
 * It belongs to whoever started the switch (mode 0600). No client can hold up the others or the
 * switch: nothing blocks, and the number of clients, what they send and how long they take are
 * bounded.
 */
#ifndef VS_CONTROL_H
#define VS_CONTROL_H

#include <poll.h>

#include "command.h"

#define CONTROL_CLIENTS_MAX 8
/** A client that did nothing for so long is sent away. */
#define CONTROL_IDLE_MS 30000

/** Makes the answer to a line, to be freed. @return NULL: none, the client is sent away */
typedef char *(*control_answer_t)(void *arg, const char *line);

/** A client. */
struct control_client {
	int fd; /**< -1: none */
	uint32_t since_ms;
	size_t in_used;
	char in[COMMAND_LINE_MAX];
	char *out;
	size_t out_size;
	size_t out_sent;
};

/** The socket. */
struct control {
	int fd; /**< -1: not open */
	const char *path;
	control_answer_t answer;
	void *arg;
	struct control_client client[CONTROL_CLIENTS_MAX];
};

/** How many pollfds control_poll() may fill. */
#define CONTROL_FDS (CONTROL_CLIENTS_MAX + 1)

/**
 * Listen. A socket that nobody listens to any more is replaced.
 * @return -EADDRINUSE: somebody does; other negatives: as bind(2), and -EEXIST for a file
 */
int control_open(struct control *control, const char *path, control_answer_t answer, void *arg);

/** What to wait for. @return how many of @p fds */
unsigned int control_poll(const struct control *control, struct pollfd fds[CONTROL_FDS]);

/** Serve those that are ready. */
void control_serve(struct control *control, const struct pollfd *fds, unsigned int count,
		   uint32_t now_ms);

/** Send all away and remove the socket. */
void control_close(struct control *control);

#endif /* VS_CONTROL_H */
