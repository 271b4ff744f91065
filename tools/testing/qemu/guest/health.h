/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program may have done to the guest: to its kernel's log, to pinned and locked
 * memory, and by processes left behind.
 *
 * In C, as a process of the shell's costs a quarter of a second on the debug kernel, and
 * a look at the guest is dozens of them.  All that is said here begins with "# ", which
 * KTAP readers take as a comment.
 */
#ifndef T1X_HEALTH_H
#define T1X_HEALTH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the sessions are noted that were begun for a program, one number a line. */
#define HEALTH_SESSIONS "/tmp/t1x.sessions"

/* vmstat does not say how many pages are pinned. */
#define HEALTH_UNKNOWN	INT64_MIN

struct health_processes {
	size_t count;
	pid_t pids[256];
};

/* A line after "# t1x: ". */
void __attribute__((format(printf, 1, 2))) health_say(const char *format, ...);

/* The whole of a small file, "" where there is none; to be freed. */
char *health_read(const char *path);

/* Number of the next record of the kernel's log; leaves one that says who asked. */
uint64_t health_mark(void);

/*
 * false, with the lines from the first splat on, if there is one in the log since @mark;
 * lines that match the extended regular expression @expected, if any, do not count
 */
bool health_log(uint64_t mark, const char *expected);

/* Pages that are pinned, or HEALTH_UNKNOWN. */
int64_t health_pinned(void);

/* Every page pinned since is released again, within 5 s. */
bool health_pins(int64_t before);

/* Nobody is charged with locked memory, which is so while no program runs. */
bool health_locked(void);

/* What still lives in @session, and in those that were noted after it. */
void health_in_session(pid_t session, struct health_processes *found);

/* Kills that, and returns false if there was any. */
bool health_reap(pid_t session);

/* Where the threads are that are not ready, and what else sleeps in the kernel. */
void health_show_stuck(const struct health_processes *stuck);

#endif
