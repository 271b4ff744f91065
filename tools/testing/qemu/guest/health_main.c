// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the scripts of the guest ask about its health; and run-tests, by that name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health.h"
#include "run_tests.h"

#define USAGE								\
	"usage: health mark              where the kernel's log ends\n"	\
	"       health log MARK [REGEX]  has it a splat since, but for such lines?\n"	\
	"       health pinned            pages that are pinned\n"	\
	"       health pins PINNED       are all pinned since released?\n"	\
	"       health locked            is nobody charged with locked memory?\n"	\
	"       health living SESSION    what lives in that session, and those begun since\n"	\
	"       health reap SESSION      kill that; was there nothing?\n"	\
	"       health stuck SESSION     where it is stuck\n"

static bool ask(const char *question, const char *subject, const char *regex)
{
	struct health_processes found;

	if (!strcmp(question, "log"))
		return health_log(strtoull(subject, NULL, 10), regex);
	if (!strcmp(question, "pins"))
		return health_pins(strtoll(subject, NULL, 10));
	if (!strcmp(question, "reap"))
		return health_reap(atoi(subject));
	health_in_session(atoi(subject), &found);
	if (!strcmp(question, "stuck"))
		health_show_stuck(&found);
	else
		for (size_t i = 0; i < found.count; i++)
			printf("%d\n", found.pids[i]);
	return true;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	if (!strcmp(name ? name + 1 : argv[0], "run-tests"))
		return run_tests(argc, argv);
	if (argc == 2 && !strcmp(argv[1], "mark"))
		printf("%llu\n", (unsigned long long)health_mark());
	else if (argc == 2 && !strcmp(argv[1], "pinned"))
		printf("%lld\n", (long long)health_pinned());
	else if (argc == 2 && !strcmp(argv[1], "locked"))
		return !health_locked();
	else if (argc > 2 && strstr("log pins reap living stuck", argv[1]))
		return !ask(argv[1], argv[2], argv[3]);
	else
		fputs(USAGE, stderr);
	return 0;
}
