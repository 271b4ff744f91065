/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that has been killed and does not end before the test lets it: its memory is
 * there, and the kernel may take it back for want of memory.
 *
 *	dying_hold(pid);
 *	kill(pid, SIGKILL);
 *	dying_await(pid);
 *	...
 *	dying_let_go(pid);
 */
#ifndef SELFTESTS_DYING_H
#define SELFTESTS_DYING_H

#include <sys/ptrace.h>

#include "child.h"

/* It goes on as before, until it dies.  All of these by the same thread. */
static inline void dying_hold(pid_t pid)
{
	must_sys(ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT));
}

static inline void dying_await(pid_t pid)
{
	int status;

	ASSERT_EQ(waitpid(pid, &status, __WALL), pid);
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_EXIT << 8);
}

static inline void dying_let_go(pid_t pid)
{
	int status;

	must_sys(ptrace(PTRACE_DETACH, pid, NULL, 0));
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, SIGKILL);
}

/* What the OOM killer's reaper does, at once; 0 or -errno. */
static inline int __dying_reap(int pidfd)
{
	return syscall(SYS_process_mrelease, pidfd, 0) ? -errno : 0;
}

#endif /* SELFTESTS_DYING_H */
