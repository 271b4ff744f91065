/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects of the kernel, of those that a BIND has in its hands: is one kept for each time?
 *
 *	struct slabcount before = slabcount_take();
 *	... SLABCOUNT_TIMES times ...
 *	slabcount_expect_no_more(&before);
 */
#ifndef SELFTESTS_SLABCOUNT_H
#define SELFTESTS_SLABCOUNT_H

#include "../ktap.h"
#include "text.h"

/* So often is done what might keep one; half as many objects more are too many. */
#define SLABCOUNT_TIMES	(ktap_scale(1) > 1 ? 48 : 240)

#define SLABCOUNT_KINDS	5

struct slabcount {
	long objects[SLABCOUNT_KINDS];
};

/* Some have another name in later kernels. */
static const char * const slabcount_kinds[SLABCOUNT_KINDS][2] = {
	{ "mm_struct" }, { "task_struct" }, { "cred_jar", "cred" }, { "filp" }, { "pid" },
};

/* -ENOENT if there are none of this name. */
static inline long slabcount_of(const char *kind)
{
	char path[64];
	uint64_t nr;
	int ret;

	/* Those that are free and kept at hand, or in KASAN's quarantine, count else. */
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", kind);
	__text_write(path, "1");
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/objects", kind);
	ret = __text_read_u64(path, &nr);
	return ret ?: (long)nr;
}

/*
 * Skips the test on a kernel that does not count.  One that shares a cache among several
 * kinds does not count these; with KASAN there is no such.
 */
static inline struct slabcount slabcount_take(void)
{
	struct slabcount count;

	for (size_t i = 0; i < SLABCOUNT_KINDS; i++) {
		count.objects[i] = slabcount_of(slabcount_kinds[i][0]);
		if (count.objects[i] < 0 && slabcount_kinds[i][1])
			count.objects[i] = slabcount_of(slabcount_kinds[i][1]);
		SKIP_IF(!i && count.objects[i] < 0, "this kernel does not count objects");
		if (count.objects[i] < 0)
			EXPECT_EQ(ktap_scale(1), 1);
	}
	return count;
}

/* Some are freed a little later, and some are of others. */
static inline void slabcount_expect_no_more(const struct slabcount *before)
{
	double end = ktap_now() + ktap_scale(5);
	struct slabcount now;
	long most;
	bool more;

	do {
		more = false;
		now = slabcount_take();
		for (size_t i = 0; i < SLABCOUNT_KINDS; i++)
			more |= now.objects[i] > before->objects[i] + SLABCOUNT_TIMES / 2;
	} while (more && ktap_now() < end && !usleep(50000));
	for (size_t i = 0; i < SLABCOUNT_KINDS; i++) {
		most = before->objects[i] + SLABCOUNT_TIMES / 2;
		if (!EXPECT_LE(now.objects[i], most))
			NOTE("%s: %ld, before %ld", slabcount_kinds[i][0], now.objects[i],
			     before->objects[i]);
	}
}

#endif /* SELFTESTS_SLABCOUNT_H */
