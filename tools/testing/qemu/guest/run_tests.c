// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run several test programs in one boot and say which of them hurt the kernel.
 *
 * After each program the kernel log, the pin counters and processes left behind
 * are looked at, so that damage is put down to its cause.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "health.h"
#include "run_tests.h"

#define USAGE								\
	"usage: run-tests [-t SECONDS] PROGRAM[:ARGUMENT]...\n"		\
	"\n"								\
	"  -t   time limit of each program (default 60)\n"		\
	"\n"								\
	"A program whose arguments have colons is written \"PROGRAM ARGUMENT ...\", as\n" \
	"one word of this command line.\n"				\
	"\n"								\
	"Returns 0 if every program passed, 4 if some were skipped and none passed, 1\n" \
	"otherwise.\n"

#define MAX_WORDS	32
#define SKIPPED		4
#define TIMED_OUT	124

struct cases {
	int ok, not_ok, skipped, planned;
};

struct program {
	const char *name;
	pid_t pid;
	int output; /* what it prints, to be read without waiting */
	int exited; /* readable when it has ended */
	struct cases cases;
	char line[512]; /* the beginning of what it prints now */
	size_t length;
};

static struct cases total;
static int limit = 60;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void count_line(struct cases *cases, const char *line)
{
	int planned;

	if (!strncmp(line, "not ok ", 7))
		cases->not_ok++;
	else if (!strncmp(line, "ok ", 3) && strstr(line, "# SKIP"))
		cases->skipped++;
	else if (!strncmp(line, "ok ", 3))
		cases->ok++;
	else if (cases->planned < 0 && sscanf(line, "1..%d", &planned) == 1)
		cases->planned = planned;
}

/* Passes on what there is: how much, 0 at the end of it, -1 if there is nothing now. */
static ssize_t pass_on(struct program *program)
{
	char buffer[4096];
	ssize_t got = read(program->output, buffer, sizeof(buffer));

	for (ssize_t i = 0; i < got; i++) {
		if (buffer[i] != '\n') {
			if (program->length + 1 < sizeof(program->line))
				program->line[program->length++] = buffer[i];
			continue;
		}
		program->line[program->length] = '\0';
		program->length = 0;
		count_line(&program->cases, program->line);
	}
	if (got > 0) {
		fwrite(buffer, 1, got, stdout);
		fflush(stdout);
	}
	return got;
}

static void note_session(pid_t session)
{
	FILE *file = fopen(HEALTH_SESSIONS, "a");

	if (!file)
		return;
	fprintf(file, "%d\n", session);
	fclose(file);
}

/* "PROGRAM:ARGUMENT..." or "PROGRAM ARGUMENT..." */
static void split(char *text, char **words)
{
	const char *between = strchr(text, ' ') ? " " : ":";
	int count = 0;

	for (char *word = strtok(text, between); word; word = strtok(NULL, between))
		if (count + 1 < MAX_WORDS)
			words[count++] = word;
	words[count] = NULL;
}

static void __attribute__((noreturn)) become(char **words, int output)
{
	int null = open("/dev/null", O_RDONLY);

	setsid();
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execvp(words[0], words);
	perror(words[0]);
	_exit(127);
}

static void start(struct program *program)
{
	char *copy = strdup(program->name), *words[MAX_WORDS];
	int ends[2];

	split(copy, words);
	printf("# ---");
	for (char **word = words; *word; word++)
		printf(" %s", *word);
	printf("\n");
	fflush(stdout);
	/* Nothing of ours is inherited, or it would live as long as what is left behind. */
	if (pipe2(ends, O_CLOEXEC) || fcntl(ends[0], F_SETFL, O_NONBLOCK) || !words[0])
		abort();
	program->output = ends[0];
	program->pid = fork();
	if (!program->pid)
		become(words, ends[1]);
	close(ends[1]);
	program->exited = syscall(SYS_pidfd_open, program->pid, 0);
	if (program->pid < 0 || program->exited < 0)
		abort();
	note_session(program->pid);
	free(copy);
}

/* false if the time is over before the program is; what it prints is passed on */
static bool attend(struct program *program, double end)
{
	struct pollfd fds[] = {
		{ .fd = program->exited, .events = POLLIN },
		{ .fd = program->output, .events = POLLIN },
	};
	double left;

	while ((left = end - now()) > 0) {
		poll(fds, 2, left * 1000 + 1);
		if (fds[1].revents && !pass_on(program))
			fds[1].fd = -1;
		if (!fds[0].revents)
			continue;
		while (pass_on(program) > 0)
			;
		return true;
	}
	return false;
}

/* What cannot be killed is not worth more time: the guest ends here. */
static void give_up(const struct health_processes *left)
{
	health_say("cannot be killed");
	health_show_stuck(left);
	fflush(stdout);
	execl("/bin/sh", "sh", "-c", ". /lib/t1x/guest.sh; finish 124", NULL);
	_exit(TIMED_OUT);
}

static void end_it(struct program *program)
{
	struct health_processes left;

	health_say("time limit of %d s passed", limit);
	health_in_session(program->pid, &left);
	health_show_stuck(&left);
	fflush(stdout);
	for (int tries = 0;; tries++) {
		health_in_session(program->pid, &left);
		if (!left.count)
			return;
		for (size_t i = 0; i < left.count; i++)
			kill(left.pids[i], SIGKILL);
		/* This also ends the one that nobody else waits for. */
		attend(program, now() + 0.2);
		if (tries > 50)
			give_up(&left);
	}
}

/* As a shell says it. */
static int status_of(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Its status, or TIMED_OUT. */
static int run_limited(struct program *program)
{
	bool over;
	int status;

	start(program);
	over = !attend(program, now() + limit);
	if (over)
		end_it(program);
	status = status_of(program->pid);
	return over ? TIMED_OUT : status;
}

/* What the program did to the guest. */
static bool is_healthy(struct program *program, uint64_t mark, int64_t pinned, const char *expected)
{
	bool healthy = health_reap(program->pid);

	healthy &= health_pins(pinned);
	healthy &= health_locked();
	healthy &= health_log(mark, expected);
	/* What it has left behind may have printed, too. */
	while (pass_on(program) > 0)
		;
	return healthy;
}

static int judge(struct cases *cases, int status)
{
	int seen = cases->ok + cases->not_ok + cases->skipped;

	total.ok += cases->ok;
	total.not_ok += cases->not_ok;
	total.skipped += cases->skipped;
	if (status && status != SKIPPED) {
		health_say("status %d", status);
		return 1;
	}
	if (cases->not_ok) {
		health_say("failed and returned %d", status);
		return 1;
	}
	if (cases->planned >= 0 && cases->planned != seen) {
		health_say("planned %d cases and reported %d", cases->planned, seen);
		return 1;
	}
	return status;
}

static int run_one(const char *name, const char *expected)
{
	struct program program = { .name = name, .cases.planned = -1 };
	int64_t pinned = health_pinned();
	uint64_t mark = health_mark();
	double begin = now();
	int status = run_limited(&program);
	bool healthy = is_healthy(&program, mark, pinned, expected);

	status = judge(&program.cases, status);
	if (!healthy)
		status = 1;
	health_say("%s %s (%d ok, %d not ok, %d skipped) %.1f s",
		   !status	       ? "PASS"
		   : status == SKIPPED ? "SKIP"
				       : "FAIL",
		   name, program.cases.ok, program.cases.not_ok, program.cases.skipped,
		   now() - begin);
	fflush(stdout);
	close(program.output);
	close(program.exited);
	return status;
}

/* The regular expression that t1x.expect= of the kernel's command line has. */
static char *expected_lines(void)
{
	char *line = health_read("/proc/cmdline"), *found = NULL;

	for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n"))
		if (!strncmp(word, "t1x.expect=", 11))
			found = strdup(word + 11);
	free(line);
	return found;
}

int run_tests(int argc, char **argv)
{
	int passed = 0, failed = 0, skipped = 0, opt;
	char *expected = expected_lines();

	while ((opt = getopt(argc, argv, "+t:")) != -1) {
		if (opt != 't') {
			fputs(USAGE, stderr);
			return 2;
		}
		limit = atoi(optarg);
	}
	for (; optind < argc; optind++) {
		int status = run_one(argv[optind], expected);

		passed += !status;
		skipped += status == SKIPPED;
		failed += status && status != SKIPPED;
	}
	health_say("cases: %d ok, %d not ok, %d skipped", total.ok, total.not_ok, total.skipped);
	health_say("programs: %d passed, %d failed, %d skipped", passed, failed, skipped);
	free(expected);
	if (failed)
		return 1;
	return skipped && !passed ? SKIPPED : 0;
}
