/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small KTAP test harness with fixtures and variants.
 *
 * Used like the kernel's kselftest harness, so that its readers feel at home:
 *
 *	FIXTURE(box) { int fd; };
 *	FIXTURE_VARIANT(box) { unsigned long type; };
 *	FIXTURE_VARIANT_ADD(box, v2) { .type = 3 };
 *	FIXTURE_SETUP(box) { self->fd = open_box(variant->type); }
 *	FIXTURE_TEARDOWN(box) { close(self->fd); }
 *	TEST_F(box, is_open) { ASSERT_LE(0, self->fd); }
 *	KTAP_MAIN()
 *
 * What is peculiar to it:
 *
 *  - Every test runs in a process (and process group) of its own, under an
 *    alarm.  A test that neither ends nor dies of SIGKILL is reported as
 *    "stuck in the kernel" and left behind; the rest still runs.
 *  - A failed ASSERT or a SKIP leaves the test through the teardown, from
 *    helper functions too.  In other threads and in children that the test
 *    forked, it ends the process.
 *  - The state of a test is shared memory: an EXPECT that fails in a child
 *    fails the test.
 *  - A busy host takes the processors from the guest as it likes: things take long,
 *    and those who should race do not meet.  So a test in which only an EXPECT_TIMELY
 *    failed runs again, three times in all.
 *  - Failure output shows the expression, both values and errno.  Values
 *    that may be a negated errno are shown by name.
 *
 * Include it in one translation unit per program.
 */
#ifndef T1X_KTAP_H
#define T1X_KTAP_H

#include <errno.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KTAP_TIMEOUT_SECONDS	20
#define KTAP_MAX_REPORTS	20	/* a loop that fails must not flood the log */
#define KTAP_EXIT_ALL_SKIPPED	4
#define KTAP_TRIES		3	/* of a test that is late */

/* Lives in shared memory, see above. */
struct ktap_state {
	int failures;
	int late;
	int skipped;
	char reason[192];
};

struct ktap_variant {
	const char *name;
	const void *data;
	struct ktap_variant *next;
};

struct ktap_test {
	const char *name;
	void (*run)(void *self, const void *variant);
	unsigned int seconds;
	struct ktap_test *next;
};

struct ktap_fixture {
	const char *name;
	size_t size;
	void (*setup)(void *self, const void *variant);
	void (*teardown)(void *self, const void *variant);
	struct ktap_variant *variants;
	struct ktap_test *tests;
	struct ktap_fixture *next;
};

static struct ktap_fixture *ktap_fixtures;
static struct ktap_state *ktap;
static jmp_buf ktap_leave;
static pid_t ktap_leave_pid;
static volatile sig_atomic_t ktap_timed_out;

#define KTAP_APPEND(list, item) do {				\
	__typeof__(item) *_tail = &(list);			\
								\
	while (*_tail)						\
		_tail = &(*_tail)->next;			\
	*_tail = (item);					\
} while (0)

#define KTAP_INIT(name) static void __attribute__((constructor)) name(void)

/* Leave the test: to its teardown if this is its own thread, else the process ends. */
static inline void __attribute__((noreturn)) ktap_end(int status)
{
	if (getpid() == ktap_leave_pid && syscall(SYS_gettid) == ktap_leave_pid)
		longjmp(ktap_leave, 1);
	fflush(stdout);
	_exit(status);
}

static inline void ktap_skip(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

static inline void ktap_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ktap->reason, sizeof(ktap->reason), format, args);
	va_end(args);
	ktap->skipped = 1;
	ktap_end(0);
}

static inline void ktap_show(char *buf, size_t size, long long value)
{
	const char *name = value < 0 && value > -134 ? strerrorname_np(-value) : NULL;

	if (name)
		snprintf(buf, size, "-%s", name);
	else if (value >= 0 && value < 10)
		snprintf(buf, size, "%lld", value);
	else
		snprintf(buf, size, "%lld = 0x%llx", value, value);
}

struct ktap_place {
	const char *file;
	int line;
	const char *text;
	bool fatal;
	bool timely;
};

static inline bool ktap_check(bool ok, struct ktap_place place, long long left, long long right)
{
	int error = errno, before;
	char l[64], r[64];

	if (ok)
		return true;
	ktap_show(l, sizeof(l), left);
	ktap_show(r, sizeof(r), right);
	before = __atomic_fetch_add(place.timely ? &ktap->late : &ktap->failures, 1,
				    __ATOMIC_RELAXED);
	if (before < KTAP_MAX_REPORTS || place.fatal)
		printf("# %s:%d: expected %s (%s, %s) errno %d %s\n", place.file, place.line,
		       place.text, l, r, error, error ? strerror(error) : "");
	else if (before == KTAP_MAX_REPORTS)
		printf("# further failures of this test are only counted\n");
	if (place.fatal)
		ktap_end(1);
	errno = error;
	return false;
}

/* @text comes from the outer macros, where the arguments are not yet expanded. */
#define KTAP_COMPARE(is_fatal, left, op, right, text)					\
	KTAP_COMPARE_AS(is_fatal, false, left, op, right, text)

#define KTAP_COMPARE_AS(is_fatal, is_timely, left, op, right, text) ({			\
	long long _l = (long long)(intptr_t)(left);					\
	long long _r = (long long)(intptr_t)(right);					\
	struct ktap_place _place = {							\
		__FILE_NAME__, __LINE__, text, is_fatal, is_timely,			\
	};										\
											\
	ktap_check(_l op _r, _place, _l, _r);						\
})

#define EXPECT_EQ(l, r)	KTAP_COMPARE(false, l, ==, r, #l " == " #r)
#define EXPECT_NE(l, r)	KTAP_COMPARE(false, l, !=, r, #l " != " #r)
#define EXPECT_LT(l, r)	KTAP_COMPARE(false, l, <, r, #l " < " #r)
#define EXPECT_LE(l, r)	KTAP_COMPARE(false, l, <=, r, #l " <= " #r)
#define EXPECT_GT(l, r)	KTAP_COMPARE(false, l, >, r, #l " > " #r)
#define EXPECT_GE(l, r)	KTAP_COMPARE(false, l, >=, r, #l " >= " #r)
#define EXPECT_TRUE(v)	KTAP_COMPARE(false, !!(v), ==, true, #v)
#define EXPECT_FALSE(v)	KTAP_COMPARE(false, !!(v), ==, false, "!(" #v ")")

#define ASSERT_EQ(l, r)	KTAP_COMPARE(true, l, ==, r, #l " == " #r)
#define ASSERT_NE(l, r)	KTAP_COMPARE(true, l, !=, r, #l " != " #r)
#define ASSERT_LT(l, r)	KTAP_COMPARE(true, l, <, r, #l " < " #r)
#define ASSERT_LE(l, r)	KTAP_COMPARE(true, l, <=, r, #l " <= " #r)
#define ASSERT_GT(l, r)	KTAP_COMPARE(true, l, >, r, #l " > " #r)
#define ASSERT_GE(l, r)	KTAP_COMPARE(true, l, >=, r, #l " >= " #r)
#define ASSERT_TRUE(v)	KTAP_COMPARE(true, !!(v), ==, true, #v)
#define ASSERT_FALSE(v)	KTAP_COMPARE(true, !!(v), ==, false, "!(" #v ")")

/* How long something takes, or how much of it there is in a time. */
#define EXPECT_TIMELY(l, op, r) KTAP_COMPARE_AS(false, true, l, op, r, #l " " #op " " #r)

#define SKIP(...)		ktap_skip(__VA_ARGS__)
#define SKIP_IF(cond, ...) do {	\
	if (cond)		\
		SKIP(__VA_ARGS__); \
} while (0)

/* A line for the human reader of the log. */
#define NOTE(format, ...)	printf("# " format "\n", ##__VA_ARGS__)

#define FIXTURE(fx)									\
	struct fx##_self;								\
	static struct ktap_fixture fx##_fixture = { .name = #fx };			\
	KTAP_INIT(fx##_register) { KTAP_APPEND(ktap_fixtures, &fx##_fixture); }	\
	struct fx##_self

#define FIXTURE_VARIANT(fx)	struct fx##_variant

#define FIXTURE_VARIANT_ADD(fx, variant_name)						\
	static const struct fx##_variant fx##_##variant_name##_data;			\
	static struct ktap_variant fx##_##variant_name##_variant = {			\
		.name = #variant_name, .data = &fx##_##variant_name##_data,		\
	};										\
	KTAP_INIT(fx##_##variant_name##_register)					\
	{										\
		KTAP_APPEND(fx##_fixture.variants, &fx##_##variant_name##_variant);	\
	}										\
	static const struct fx##_variant fx##_##variant_name##_data =

/* The common shape of setup, teardown and test: typed function, untyped entry. */
#define KTAP_FUNCTION(fx, fn)								\
	struct fx##_variant;								\
	static void fn(struct fx##_self *self, const struct fx##_variant *variant);	\
	static void fn##_entry(void *self, const void *variant)				\
	{										\
		fn(self, variant);							\
	}

#define KTAP_SIGNATURE(fx, fn)								\
	static void fn(struct fx##_self *self __attribute__((unused)),			\
		       const struct fx##_variant *variant __attribute__((unused)))

#define FIXTURE_SETUP(fx)								\
	KTAP_FUNCTION(fx, fx##_setup)							\
	KTAP_INIT(fx##_setup_register)							\
	{										\
		fx##_fixture.size = sizeof(struct fx##_self);				\
		fx##_fixture.setup = fx##_setup_entry;					\
	}										\
	KTAP_SIGNATURE(fx, fx##_setup)

#define FIXTURE_TEARDOWN(fx)								\
	KTAP_FUNCTION(fx, fx##_teardown)						\
	KTAP_INIT(fx##_teardown_register) { fx##_fixture.teardown = fx##_teardown_entry; } \
	KTAP_SIGNATURE(fx, fx##_teardown)

#define TEST_F_TIMEOUT(fx, test_name, timeout)						\
	KTAP_FUNCTION(fx, fx##_##test_name)						\
	static struct ktap_test fx##_##test_name##_test = {				\
		.name = #test_name, .run = fx##_##test_name##_entry, .seconds = timeout, \
	};										\
	KTAP_INIT(fx##_##test_name##_register)						\
	{										\
		KTAP_APPEND(fx##_fixture.tests, &fx##_##test_name##_test);		\
	}										\
	KTAP_SIGNATURE(fx, fx##_##test_name)

#define TEST_F(fx, test_name)	TEST_F_TIMEOUT(fx, test_name, KTAP_TIMEOUT_SECONDS)

#include "ktap_run.h"

#endif /* T1X_KTAP_H */
