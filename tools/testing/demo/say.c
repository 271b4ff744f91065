// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "say.h"

static int say_failed;

static void say_line(char mark, const char *label, const char *format, va_list args)
{
	printf("demo:%c %s|", mark, label);
	vprintf(format, args);
	printf("\n");
	fflush(stdout);
}

void say(const char *label, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line('-', label, format, args);
	va_end(args);
}

void say_check(const char *label, bool held, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(held ? '+' : '!', label, format, args);
	va_end(args);
	say_failed += !held;
}

int say_failures(void)
{
	return say_failed;
}
