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

#include "faults.h"
#include "list.h"
#include "root.h"
#include "show.h"
#include "text.h"
#include "top.h"

#define STATUS_USAGE	2
#define LEAST_SECONDS	0.1
#define MOST_SECONDS	86400.0

static const char usage[] =
	"usage: t1xctl [--json] [--root DIR] list\n"
	"       t1xctl [--json] [--root DIR] show PID[:FD]\n"
	"       t1xctl [--json] [--root DIR] [-d SECONDS] [-n COUNT] top\n"
	"       t1xctl [--json] [-t SECONDS] [-n COUNT] faults [PID[:FD] | --id ID | -]\n";

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },	   { "root", required_argument, NULL, 'r' },
	{ "delay", required_argument, NULL, 'd' }, { "count", required_argument, NULL, 'n' },
	{ "id", required_argument, NULL, 'i' },	   { "timeout", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },	   { 0 },
};

static int __attribute__((noreturn)) wrong_usage(void)
{
	fputs(usage, stderr);
	exit(STATUS_USAGE);
}

static double parse_seconds(char option, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS))
		errx(STATUS_USAGE, "-%c %s: not a number of seconds, at least %.1f", option, text,
		     LEAST_SECONDS);
	return seconds;
}

static int64_t parse_count(const char *text)
{
	int64_t count;

	if (!text_number(text, &count) || !count)
		errx(STATUS_USAGE, "-n %s: not a number, at least 1", text);
	return count;
}

static int64_t parse_id(const char *text)
{
	int64_t id;

	if (!text_number(text, &id))
		errx(STATUS_USAGE, "-i %s: not a number", text);
	return id;
}

static void parse_target(struct show_target *target, const char *text)
{
	if (!show_parse(target, text))
		errx(STATUS_USAGE, "%s: neither PID nor PID:FD", text);
}

/* No argument, "-", or a target; the id is one as well. */
static int run_faults(struct faults_options *faults, int argc, char **argv)
{
	faults->target.pid = FACTS_UNKNOWN;
	if (argc > 1 || (argc && faults->id != FACTS_UNKNOWN))
		wrong_usage();
	if (argc && !strcmp(argv[0], "-"))
		faults->is_input = true;
	else if (argc)
		parse_target(&faults->target, argv[0]);
	return faults_run(faults);
}

/* given: letters of the options that there are; what no command has was refused before. */
static int run(struct top_options *top, struct faults_options *faults, const char *given, int argc,
	       char **argv)
{
	bool has_delay = strchr(given, 'd'), has_count = strchr(given, 'n');
	bool has_other = strpbrk(given, "it");
	struct show_target target;

	if (!argc)
		wrong_usage();
	if (!strcmp(argv[0], "top") && argc == 1 && !has_other)
		return top_run(top);
	if (!strcmp(argv[0], "faults") && !has_delay)
		return run_faults(faults, argc - 1, argv + 1);
	if (has_delay || has_count || has_other)
		wrong_usage();
	if (!strcmp(argv[0], "list") && argc == 1)
		return list_run(top->is_json);
	if (strcmp(argv[0], "show") || argc != 2)
		wrong_usage();
	parse_target(&target, argv[1]);
	return show_run(top->is_json, &target);
}

static void parse_option(struct top_options *top, struct faults_options *faults, int option)
{
	if (option == 'j')
		top->is_json = faults->is_json = true;
	else if (option == 'r')
		root_set(optarg);
	else if (option == 'd')
		top->delay = parse_seconds('d', optarg);
	else if (option == 'n')
		top->rounds = faults->count = parse_count(optarg);
	else if (option == 'i')
		faults->id = parse_id(optarg);
	else if (option == 't')
		faults->timeout = parse_seconds('t', optarg);
	else
		wrong_usage();
}

int main(int argc, char **argv)
{
	struct faults_options faults = { .id = FACTS_UNKNOWN };
	struct top_options top = { .delay = 2 };
	char given[256] = "";
	int option, status;

	setlocale(LC_CTYPE, "");
	while ((option = getopt_long(argc, argv, "jr:d:n:i:t:h", options, NULL)) != -1) {
		if (option == 'h')
			return fputs(usage, stdout) < 0;
		parse_option(&top, &faults, option);
		if (!strchr(given, option))
			given[strlen(given)] = option;
	}
	status = run(&top, &faults, given, argc - optind, argv + optind);
	if (fflush(stdout) || ferror(stdout))
		err(1, "standard output");
	return status;
}
