/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes of others: kprobes, as perf and trace-cmd set them.
 *
 *	probes_open("show_fd_locks");
 *	... EXPECT_GT(probes_hits(), 0);
 *	probes_close();
 */
#ifndef SELFTESTS_PROBES_H
#define SELFTESTS_PROBES_H

#include "text.h"

#define PROBES_TRACING	"/sys/kernel/tracing/"
#define PROBES_GROUP	"t1x_others"

/* At the entry of one more function. */
static inline void probes_open(const char *function)
{
	char text[128];

	snprintf(text, sizeof(text), "p:" PROBES_GROUP "/%s %s\n", function, function);
	text_write(PROBES_TRACING "kprobe_events", text);
	text_write(PROBES_TRACING "events/" PROBES_GROUP "/enable", "1");
}

/* How often any of them has hit. */
static inline unsigned long probes_hits(void)
{
	char text[4096], *line, *rest = text;
	unsigned long sum = 0, hits;

	must(__text_read(PROBES_TRACING "kprobe_profile", text, sizeof(text)));
	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "%*s %lu", &hits) == 1)
			sum += hits;
	}
	return sum;
}

/* All of them go; also after a test that failed, and if there are none. */
static inline void probes_close(void)
{
	__text_write(PROBES_TRACING "events/" PROBES_GROUP "/enable", "0");
	__text_write(PROBES_TRACING "kprobe_events", "-:" PROBES_GROUP "/\n");
}

#endif /* SELFTESTS_PROBES_H */
