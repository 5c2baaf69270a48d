/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* control.c - see control.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

static int
make_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	strcpy(address->sun_path, path);
	return 0;
}

/** Make the place free if nobody listens there. */
static int
clear_path(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, ret;

	if (lstat(address->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	ret = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	      errno == EAGAIN ? -EADDRINUSE : 0;
	close(fd);
	if (ret == 0 && unlink(address->sun_path) != 0 && errno != ENOENT)
		ret = -errno;
	return ret;
}

int
control_open(struct control *control, const char *path, control_answer_t answer, void *arg)
{
	struct sockaddr_un address;
	mode_t mask;
	int ret = make_address(path, &address);

	memset(control, 0, sizeof(*control));
	control->fd = -1;
	control->path = path;
	control->answer = answer;
	control->arg = arg;
	for (unsigned int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control->client[i].fd = -1;
	if (ret == 0)
		ret = clear_path(&address);
	if (ret != 0)
		return ret;
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->fd < 0)
		return -errno;
	mask = umask(0177);
	ret = bind(control->fd, (const struct sockaddr *)&address, sizeof(address));
	if (ret != 0)
		ret = -errno;
	umask(mask);
	if (ret == 0 && listen(control->fd, CONTROL_CLIENTS_MAX) != 0) {
		ret = -errno;
		unlink(path);
	}
	if (ret != 0) {
		close(control->fd);
		control->fd = -1;
	}
	return ret;
}

static void
send_away(struct control_client *client)
{
	close(client->fd);
	free(client->out);
	memset(client, 0, sizeof(*client));
	client->fd = -1;
}

unsigned int
control_poll(const struct control *control, struct pollfd fds[CONTROL_FDS])
{
	unsigned int count = 0;
	bool room = false;

	for (unsigned int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct control_client *client = &control->client[i];

		if (client->fd < 0)
			room = true;
		else
			fds[count++] = (struct pollfd){
				.fd = client->fd,
				.events = client->out != NULL ? POLLOUT : POLLIN,
			};
	}
	/* Without room they wait in the queue of listen(2). */
	if (room && control->fd >= 0)
		fds[count++] = (struct pollfd){ .fd = control->fd, .events = POLLIN };
	return count;
}

static void
accept_client(struct control *control, uint32_t now_ms)
{
	for (unsigned int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->client[i];

		if (client->fd >= 0)
			continue;
		client->fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		client->since_ms = now_ms;
		return;
	}
}

/** Answer the first line, if it is complete. @return false: send the client away */
static bool
answer_line(struct control *control, struct control_client *client)
{
	char *end = memchr(client->in, '\n', client->in_used);
	size_t length;

	if (end == NULL)
		return client->in_used < sizeof(client->in);
	*end = '\0';
	/* A zero byte would hide the rest of the line. */
	length = end - client->in;
	if (strlen(client->in) != length)
		return false;
	client->out = control->answer(control->arg, client->in);
	if (client->out == NULL)
		return false;
	client->out_size = strlen(client->out) + 1;
	client->out[client->out_size - 1] = '\n';
	client->out_sent = 0;
	client->in_used -= length + 1;
	memmove(client->in, end + 1, client->in_used);
	return true;
}

/** @return false: send the client away */
static bool
serve_input(struct control *control, struct control_client *client)
{
	const ssize_t n = recv(client->fd, client->in + client->in_used,
			       sizeof(client->in) - client->in_used, 0);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	client->in_used += n;
	return answer_line(control, client);
}

/** @return false: send the client away */
static bool
serve_output(struct control *control, struct control_client *client)
{
	const ssize_t n = send(client->fd, client->out + client->out_sent,
			       client->out_size - client->out_sent, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	client->out_sent += n;
	if (client->out_sent < client->out_size)
		return true;
	free(client->out);
	client->out = NULL;
	/* The next line may have come with this one. */
	return answer_line(control, client);
}

void
control_serve(struct control *control, const struct pollfd *fds, unsigned int count,
	      uint32_t now_ms)
{
	for (unsigned int i = 0; i < count; i++) {
		if (fds[i].revents == 0)
			continue;
		if (fds[i].fd == control->fd) {
			accept_client(control, now_ms);
			continue;
		}
		for (unsigned int j = 0; j < CONTROL_CLIENTS_MAX; j++) {
			struct control_client *client = &control->client[j];

			if (client->fd != fds[i].fd)
				continue;
			client->since_ms = now_ms;
			if (!(client->out != NULL ? serve_output(control, client) :
						    serve_input(control, client)))
				send_away(client);
			break;
		}
	}
	for (unsigned int j = 0; j < CONTROL_CLIENTS_MAX; j++)
		if (control->client[j].fd >= 0 &&
		    now_ms - control->client[j].since_ms > CONTROL_IDLE_MS)
			send_away(&control->client[j]);
}

void
control_close(struct control *control)
{
	if (control->fd < 0)
		return;
	for (unsigned int j = 0; j < CONTROL_CLIENTS_MAX; j++)
		if (control->client[j].fd >= 0)
			send_away(&control->client[j]);
	close(control->fd);
	unlink(control->path);
	control->fd = -1;
}
