/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* The vswitch's control socket and clients that are slow, greedy, rude, or gone. */

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

#define LONG_ANSWER (4 << 20)

static struct control control;
static char folder[64];
static char path[96];
static char last_line[COMMAND_LINE_MAX];
static unsigned int lines;

/** Says the line again; "long" gets a long answer, "none" none. */
static char *
echo(void *arg, const char *line)
{
	char *text;

	assert_ptr_equal(arg, &lines);
	lines++;
	strcpy(last_line, line);
	if (strcmp(line, "none") == 0)
		return NULL;
	if (strcmp(line, "long") != 0)
		return strdup(line);
	text = malloc(LONG_ANSWER + 1);
	assert_non_null(text);
	memset(text, 'x', LONG_ANSWER);
	text[LONG_ANSWER] = '\0';
	return text;
}

static int
start(void **state)
{
	(void)state;
	lines = 0;
	strcpy(folder, "/tmp/vio-vswitch.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/control", folder);
	assert_int_equal(control_open(&control, path, echo, &lines), 0);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	control_close(&control);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

/** All that is there to do now. */
static void
serve(uint32_t now_ms)
{
	struct pollfd fds[CONTROL_FDS];
	unsigned int count;

	for (;;) {
		count = control_poll(&control, fds);
		if (poll(fds, count, 20) <= 0)
			break;
		control_serve(&control, fds, count, now_ms);
	}
	control_serve(&control, fds, 0, now_ms);
}

static int
client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/** What a client gets now; -1: nothing yet, 0: it was sent away. */
static int
hear(int fd, char *text, size_t size)
{
	ssize_t n = recv(fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return n;
}

static void
assert_gone(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
	close(fd);
}

static void
test_lines(void **state)
{
	char text[64];
	int fd = client();

	(void)state;
	say(fd, "fir");
	serve(0);
	assert_int_equal(hear(fd, text, sizeof(text)), -1);
	/* The rest, another one, and the beginning of a third. */
	say(fd, "st\nsecond\nthi");
	serve(0);
	assert_int_equal(hear(fd, text, sizeof(text)), strlen("first\nsecond\n"));
	assert_string_equal(text, "first\nsecond\n");
	say(fd, "rd\n");
	serve(0);
	hear(fd, text, sizeof(text));
	assert_string_equal(text, "third\n");
	close(fd);
	serve(0);
	assert_int_equal(lines, 3);
}

static void
test_mode(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_too_long(void **state)
{
	char text[COMMAND_LINE_MAX + 1];
	int fd = client();

	(void)state;
	memset(text, 'x', COMMAND_LINE_MAX);
	text[COMMAND_LINE_MAX] = '\0';
	say(fd, text);
	serve(0);
	assert_gone(fd);
	assert_int_equal(lines, 0);
}

static void
test_zero_byte(void **state)
{
	int fd = client();

	(void)state;
	assert_int_equal(send(fd, "ports\0x\n", 8, 0), 8);
	serve(0);
	assert_gone(fd);
	assert_int_equal(lines, 0);
}

static void
test_no_answer(void **state)
{
	int fd = client();

	(void)state;
	say(fd, "none\n");
	serve(0);
	assert_gone(fd);
}

/* One that does not read what it asked for keeps nobody waiting, and is sent away in the end. */
static void
test_slow_reader(void **state)
{
	char text[64];
	int slow = client();
	int other;

	(void)state;
	say(slow, "long\n");
	serve(0);
	other = client();
	say(other, "hello\n");
	serve(1);
	hear(other, text, sizeof(text));
	assert_string_equal(text, "hello\n");
	serve(CONTROL_IDLE_MS + 1);
	say(other, "again\n");
	serve(CONTROL_IDLE_MS + 1);
	hear(other, text, sizeof(text));
	assert_string_equal(text, "again\n");
	close(other);
	close(slow);
	serve(CONTROL_IDLE_MS + 1);
	for (unsigned int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		assert_int_equal(control.client[i].fd, -1);
}

/* A long answer arrives whole, however small the pieces. */
static void
test_long_answer(void **state)
{
	char *text = malloc(LONG_ANSWER);
	size_t total = 0;
	int fd = client();

	(void)state;
	assert_non_null(text);
	say(fd, "long\n");
	while (total < LONG_ANSWER + 1) {
		int n;

		serve(0);
		n = hear(fd, text, LONG_ANSWER);
		assert_true(n > 0);
		total += n;
	}
	assert_int_equal(total, LONG_ANSWER + 1);
	free(text);
	close(fd);
}

/* It goes while its answer is under way. */
static void
test_reader_gone(void **state)
{
	char text[64];
	int fd = client();

	(void)state;
	say(fd, "long\n");
	serve(0);
	close(fd);
	serve(0);
	fd = client();
	say(fd, "hello\n");
	serve(0);
	hear(fd, text, sizeof(text));
	assert_string_equal(text, "hello\n");
	close(fd);
}

/* More clients than there is room for wait for their turn; idle ones have to go. */
static void
test_crowd(void **state)
{
	int fd[CONTROL_CLIENTS_MAX];
	char text[64];
	int late;

	(void)state;
	for (unsigned int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		fd[i] = client();
	serve(0);
	late = client();
	say(late, "late\n");
	serve(CONTROL_IDLE_MS);
	assert_int_equal(hear(late, text, sizeof(text)), -1);
	serve(CONTROL_IDLE_MS + 1);
	serve(CONTROL_IDLE_MS + 1);
	hear(late, text, sizeof(text));
	assert_string_equal(text, "late\n");
	for (unsigned int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		assert_gone(fd[i]);
	close(late);
}

static void
test_second_switch(void **state)
{
	struct control second;

	(void)state;
	assert_int_equal(control_open(&second, path, echo, &lines), -EADDRINUSE);
	/* It did not harm the first one. */
	close(client());
}

/* A socket that a killed switch left is replaced. */
static void
test_left_over(void **state)
{
	(void)state;
	close(control.fd);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(control_open(&control, path, echo, &lines), 0);
	close(client());
}

static void
test_no_socket(void **state)
{
	struct control second;
	char other[128];

	(void)state;
	snprintf(other, sizeof(other), "%s/file", folder);
	close(open(other, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(control_open(&second, other, echo, &lines), -EEXIST);
	assert_int_equal(unlink(other), 0);
	snprintf(other, sizeof(other), "%s/none/control", folder);
	assert_int_equal(control_open(&second, other, echo, &lines), -ENOENT);
	memset(other, 'x', sizeof(other) - 1);
	other[sizeof(other) - 1] = '\0';
	assert_int_equal(control_open(&second, other, echo, &lines), -ENAMETOOLONG);
	control_close(&second);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_lines),
		CASE(test_mode),
		CASE(test_too_long),
		CASE(test_zero_byte),
		CASE(test_no_answer),
		CASE(test_slow_reader),
		CASE(test_long_answer),
		CASE(test_reader_gone),
		CASE(test_crowd),
		CASE(test_second_switch),
		CASE(test_left_over),
		CASE(test_no_socket),
	};

	return cmocka_run_group_tests_name("vswitch_control", tests, NULL, NULL);
}
