// SPDX-License-Identifier: GPL-2.0-only
/*
 * t1xctl - who uses VFIO containers, and for what
 *
 * See t1xctl.1.
 */
#include <err.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "root.h"
#include "show.h"
#include "text.h"
#include "top.h"

#define STATUS_USAGE	2
#define LEAST_DELAY	0.1
#define MOST_DELAY	86400.0

static const char usage[] = "usage: t1xctl [--json] [--root DIR] list\n"
			    "       t1xctl [--json] [--root DIR] show PID[:FD]\n"
			    "       t1xctl [--json] [--root DIR] [-d SECONDS] [-n COUNT] top\n";

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },	   { "root", required_argument, NULL, 'r' },
	{ "delay", required_argument, NULL, 'd' }, { "count", required_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },	   { 0 },
};

static int __attribute__((noreturn)) wrong_usage(void)
{
	fputs(usage, stderr);
	exit(STATUS_USAGE);
}

static double parse_delay(const char *text)
{
	char *end;
	double delay = strtod(text, &end);

	if (end == text || *end || !(delay >= LEAST_DELAY && delay <= MOST_DELAY))
		errx(STATUS_USAGE, "-d %s: not a number of seconds, at least %.1f", text,
		     LEAST_DELAY);
	return delay;
}

static int64_t parse_rounds(const char *text)
{
	int64_t rounds;

	if (!text_number(text, &rounds) || !rounds)
		errx(STATUS_USAGE, "-n %s: not a number, at least 1", text);
	return rounds;
}

static int run(const struct top_options *top, bool has_top_options, int argc, char **argv)
{
	struct show_target target;

	if (!argc)
		wrong_usage();
	if (!strcmp(argv[0], "top") && argc == 1)
		return top_run(top);
	if (has_top_options)
		wrong_usage();
	if (!strcmp(argv[0], "list") && argc == 1)
		return list_run(top->is_json);
	if (strcmp(argv[0], "show") || argc != 2)
		wrong_usage();
	if (!show_parse(&target, argv[1]))
		errx(STATUS_USAGE, "%s: neither PID nor PID:FD", argv[1]);
	return show_run(top->is_json, &target);
}

int main(int argc, char **argv)
{
	struct top_options top = { .delay = 2 };
	bool has_top_options = false;
	int option, status;

	setlocale(LC_CTYPE, "");
	while ((option = getopt_long(argc, argv, "jr:d:n:h", options, NULL)) != -1) {
		has_top_options |= option == 'd' || option == 'n';
		if (option == 'j')
			top.is_json = true;
		else if (option == 'r')
			root_set(optarg);
		else if (option == 'd')
			top.delay = parse_delay(optarg);
		else if (option == 'n')
			top.rounds = parse_rounds(optarg);
		else if (option == 'h')
			return fputs(usage, stdout) < 0;
		else
			wrong_usage();
	}
	status = run(&top, has_top_options, argc - optind, argv + optind);
	if (fflush(stdout) || ferror(stdout))
		err(1, "standard output");
	return status;
}
