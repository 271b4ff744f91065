// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* "# " makes it a diagnostic line where a test program prints KTAP. */
void check_failed(const char *file, int line, const char *text, long error)
{
	printf("# %s:%d: %s failed%s%s\n", file, line, text, error ? ": " : "",
	       error ? strerror(error) : "");
	fflush(stdout);
	_exit(1);
}
