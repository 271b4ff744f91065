/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Children and threads of a test.
 *
 *	pid_t child = child_begin();
 *	if (!child) {
 *		... EXPECT and ASSERT count for the test ...
 *		child_end();
 *	}
 *	child_wait(child);
 */
#ifndef SELFTESTS_CHILD_H
#define SELFTESTS_CHILD_H

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include "../ktap.h"
#include "check.h"

static inline pid_t child_begin(void)
{
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static inline void __attribute__((noreturn)) child_end(void)
{
	fflush(stdout);
	_exit(0);
}

static inline void child_wait(pid_t pid)
{
	int status = -1;

	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

/* SIGKILL; milliseconds until the child was gone. */
static inline long child_kill(pid_t pid)
{
	double begin = ktap_now();
	int status = 0;

	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status));
	return ktap_ms_since(begin);
}

/* Memory that parent and child see alike. */
static inline void *child_shared(size_t size)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(addr, MAP_FAILED);
	return addr;
}

/* A flag in such memory: wait until it reaches a value; false after a while. */
static inline bool child_await(volatile int *flag, int value)
{
	double end = ktap_now() + ktap_scale(15);

	while (__atomic_load_n(flag, __ATOMIC_ACQUIRE) < value) {
		if (ktap_now() > end)
			return false;
		usleep(1000);
	}
	return true;
}

static inline void child_post(volatile int *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

static inline pthread_t thread_begin(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	ASSERT_EQ(pthread_create(&thread, NULL, run, arg), 0);
	return thread;
}

#define thread_wait(thread)	ASSERT_EQ(pthread_join(thread, NULL), 0)

#endif /* SELFTESTS_CHILD_H */
