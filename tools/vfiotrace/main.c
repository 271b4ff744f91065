// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfiotrace - show the VFIO ioctls of a command or of a running process
 *
 * See vfiotrace.1.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"
#include "syscall.h"
#include "trace.h"

#define STATUS_USAGE	2
#define STATUS_SIGNAL	128

static const char usage[] =
	"usage: vfiotrace [-f] [-o FILE] [-e KIND[,KIND...]] COMMAND [ARGUMENT...]\n"
	"       vfiotrace [-f] [-o FILE] [-e KIND[,KIND...]] -p PID\n"
	"KIND is container, group, device or migration.\n";

static unsigned int parse_kinds(char *list)
{
	static const struct print_name kinds[] = {
		{ DECODE_CONTAINER, "container" },
		{ DECODE_GROUP, "group" },
		{ DECODE_DEVICE, "device" },
		{ DECODE_MIGRATION, "migration" },
		{ 0, NULL },
	};
	unsigned int set = 0;
	char *name;

	while ((name = strsep(&list, ","))) {
		const struct print_name *kind = kinds;

		while (kind->name && strcmp(kind->name, name))
			kind++;
		if (!kind->name)
			errx(STATUS_USAGE, "-e %s: neither container, group, device nor migration",
			     name);
		set |= 1U << kind->value;
	}
	return set;
}

static pid_t parse_pid(const char *text)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || *end || pid <= 0 || pid > INT_MAX)
		errx(STATUS_USAGE, "-p %s: not a process id", text);
	return pid;
}

/* End as the command did, so that whoever started us sees the same. */
static int __attribute__((noreturn)) end_as(int status)
{
	const struct rlimit no_core = { 0 };
	sigset_t set;

	if (!WIFSIGNALED(status))
		exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(WTERMSIG(status));
	exit(STATUS_SIGNAL + WTERMSIG(status));
}

static FILE *open_output(const char *name)
{
	FILE *file = fopen(name, "we");

	if (!file)
		err(1, "%s", name);
	return file;
}

static int __attribute__((noreturn)) wrong_usage(void)
{
	fputs(usage, stderr);
	exit(STATUS_USAGE);
}

int main(int argc, char **argv)
{
	bool follow = false;
	pid_t pid = 0;
	int option;

	syscall_show.file = stderr;
	syscall_show.kinds = ~(1U << DECODE_NOTHING);
	/* What follows the command belongs to the command. */
	while ((option = getopt(argc, argv, "+fo:e:p:h")) != -1) {
		if (option == 'f')
			follow = true;
		else if (option == 'o')
			syscall_show.file = open_output(optarg);
		else if (option == 'e')
			syscall_show.kinds = parse_kinds(optarg);
		else if (option == 'p')
			pid = parse_pid(optarg);
		else if (option == 'h')
			return fputs(usage, stdout) < 0;
		else
			wrong_usage();
	}
	if (!pid == (optind == argc))
		wrong_usage();
	if (!proc_is_ours())
		errx(1, "/proc is not that of this pid namespace");
	end_as(pid ? trace_process(pid, follow) : trace_command(argv + optind, follow));
}
