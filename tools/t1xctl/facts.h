/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel tells about a container, in lines of "key:\tvalue".
 */
#ifndef T1XCTL_FACTS_H
#define T1XCTL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACTS_TEXT	64
#define FACTS_FILE	16384

/* A number that was not told. */
#define FACTS_UNKNOWN	(-1)

struct facts {
	char driver[FACTS_TEXT]; /* empty if unknown, as all texts */
	char version[FACTS_TEXT];
	char type[FACTS_TEXT];
	char tracking[FACTS_TEXT];
	int64_t id;
	int64_t groups;
	int64_t emulated_groups;
	int64_t domains;
	int64_t bonds;
	int64_t mappings;
	int64_t entry_limit;
	int64_t entries_left;
	int64_t mapped;
	int64_t locked;
	int64_t leaves_4k;
	int64_t leaves_2m;
	int64_t leaves_1g;
	int64_t maps;
	int64_t unmaps;
	int64_t dirty;
	int64_t faults;
	int64_t faults_lost;
	int64_t pid; /* who chose the backend; debugfs only */
};

/* An alarm is a count of what should not happen. */
enum facts_kind { FACTS_STRING, FACTS_COUNT, FACTS_ALARM, FACTS_BYTES };

/* One line: what the kernel calls it, what JSON does, and what people read. */
struct facts_field {
	const char *key;
	const char *name;
	const char *label; /* NULL: not for people */
	size_t offset;
	enum facts_kind kind;
	bool is_basic; /* said to be unknown if it is */
};

extern const struct facts_field facts_fields[];
extern const size_t facts_nr_fields;

void facts_parse(struct facts *facts, const char *text);
const char *facts_string(const struct facts *facts, const struct facts_field *field);
int64_t facts_value(const struct facts *facts, const struct facts_field *field);

#endif /* T1XCTL_FACTS_H */
