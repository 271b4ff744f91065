// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of a container in /proc/PID/fdinfo and in debugfs are the same ones. Lines
 * that are not known belong to somebody else or to a newer kernel module.
 */
#include <stdio.h>
#include <string.h>

#include "facts.h"
#include "text.h"

#define FIELD(key, name, label, member, kind, is_basic) \
	{ key, name, label, offsetof(struct facts, member), kind, is_basic }

/* In the order in which people read them. */
const struct facts_field facts_fields[] = {
	FIELD("vfio-driver", "backend", "backend", driver, FACTS_STRING, true),
	FIELD("type1x-version", "version", "version", version, FACTS_STRING, false),
	FIELD("type1x-id", "id", "id", id, FACTS_COUNT, false),
	FIELD("type1x-type", "type", "type", type, FACTS_STRING, false),
	FIELD("type1x-groups", "iommu_groups", "groups behind an IOMMU", groups, FACTS_COUNT,
	      false),
	FIELD("type1x-emulated-groups", "emulated_groups", "emulated groups", emulated_groups,
	      FACTS_COUNT, false),
	FIELD("type1x-domains", "domains", "domains", domains, FACTS_COUNT, false),
	FIELD("type1x-bonds", "bonds", "bonds", bonds, FACTS_COUNT, false),
	FIELD("type1x-mappings", "mappings", "mappings", mappings, FACTS_COUNT, false),
	FIELD("type1x-entry-limit", "entry_limit", "mappings at most", entry_limit, FACTS_COUNT,
	      false),
	FIELD("type1x-entries-left", "entries_left", "mappings left", entries_left, FACTS_COUNT,
	      false),
	FIELD("type1x-mapped-bytes", "mapped_bytes", "mapped", mapped, FACTS_BYTES, true),
	FIELD("type1x-locked-bytes", "locked_bytes", "locked", locked, FACTS_BYTES, true),
	FIELD("type1x-leaf-bytes-4k", "leaf_bytes_4k", "in 4K leaves", leaves_4k, FACTS_BYTES,
	      false),
	FIELD("type1x-leaf-bytes-2m", "leaf_bytes_2m", "in 2M leaves", leaves_2m, FACTS_BYTES,
	      false),
	FIELD("type1x-leaf-bytes-1g", "leaf_bytes_1g", "in 1G leaves", leaves_1g, FACTS_BYTES,
	      false),
	FIELD("type1x-dirty-tracking", "dirty_tracking", "dirty tracking", tracking, FACTS_STRING,
	      false),
	FIELD("type1x-maps", "maps", "maps so far", maps, FACTS_COUNT, false),
	FIELD("type1x-unmaps", "unmaps", "unmaps so far", unmaps, FACTS_COUNT, false),
	FIELD("type1x-dirty-reported", "dirty_reported", "dirty pages so far", dirty, FACTS_COUNT,
	      false),
	FIELD("type1x-faults", "faults", "faults so far", faults, FACTS_ALARM, false),
	FIELD("type1x-faults-lost", "faults_lost", "faults lost", faults_lost, FACTS_ALARM, false),
	FIELD("pid", NULL, NULL, pid, FACTS_COUNT, false),
};

const size_t facts_nr_fields = sizeof(facts_fields) / sizeof(facts_fields[0]);

/**
 * facts_string() - a fact that is text
 * @facts: the facts
 * @field: which one
 *
 * Return: the text, empty if unknown.
 */
const char *facts_string(const struct facts *facts, const struct facts_field *field)
{
	return (const char *)facts + field->offset;
}

/**
 * facts_value() - a fact that is a number
 * @facts: the facts
 * @field: which one
 *
 * Return: the number, FACTS_UNKNOWN if it is not known.
 */
int64_t facts_value(const struct facts *facts, const struct facts_field *field)
{
	return *(const int64_t *)((const char *)facts + field->offset);
}

/* The first line with a key counts, if its value is what it should be. */
static void facts_set(struct facts *facts, const struct facts_field *field, const char *value)
{
	void *fact = (char *)facts + field->offset;
	char *string = fact;

	if (field->kind != FACTS_STRING) {
		if (facts_value(facts, field) == FACTS_UNKNOWN)
			text_number(value, fact);
		return;
	}
	if (*string)
		return;
	snprintf(string, FACTS_TEXT, "%s", value);
	for (; *string; string++)
		if (*string < ' ' || *string > '~')
			*string = '?';
}

static void facts_line(struct facts *facts, char *line)
{
	char *value = strchr(line, ':');
	size_t i;

	if (!value)
		return;
	*value++ = 0;
	value += strspn(value, " \t");
	for (i = 0; i < facts_nr_fields; i++)
		if (!strcmp(facts_fields[i].key, line))
			facts_set(facts, &facts_fields[i], value);
}

/**
 * facts_parse() - facts from lines
 * @facts: result
 * @text: the lines; one that does not end is not used, as its value may go on
 */
void facts_parse(struct facts *facts, const char *text)
{
	char line[FACTS_TEXT * 4];
	size_t i;

	*facts = (struct facts){ 0 };
	for (i = 0; i < facts_nr_fields; i++)
		if (facts_fields[i].kind != FACTS_STRING)
			*(int64_t *)((char *)facts + facts_fields[i].offset) = FACTS_UNKNOWN;

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (!text[length])
			break;
		if (length < sizeof(line)) {
			memcpy(line, text, length);
			line[length] = 0;
			facts_line(facts, line);
		}
		text += length + 1;
	}
}
