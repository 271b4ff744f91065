// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line has 80 columns at most, as long as the hardware has 20 bits for a PASID and 8 for
 * its own reasons, which is what there is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "record.h"

#define SECOND		1000000000ll
#define RECORD_SOURCE	6 /* columns */

const char record_titles[] =
	"TIME         REQUESTER    ACC  IOVA               REASON     RAW  SOURCE PASID";

static const char * const record_reasons[] = {
	[VFIO_TYPE1X_FAULT_REASON_UNKNOWN] = "unknown",
	[VFIO_TYPE1X_FAULT_REASON_UNMAPPED] = "unmapped",
	[VFIO_TYPE1X_FAULT_REASON_PERMISSION] = "permission",
	[VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE] = "addr-size",
	[VFIO_TYPE1X_FAULT_REASON_DEVICE] = "device",
	[VFIO_TYPE1X_FAULT_REASON_PASID] = "pasid",
	[VFIO_TYPE1X_FAULT_REASON_TABLE] = "table",
	[VFIO_TYPE1X_FAULT_REASON_OVERFLOW] = "overflow",
	[VFIO_TYPE1X_FAULT_REASON_OTHER] = "other",
	[VFIO_TYPE1X_FAULT_REASON_REVOKED] = "revoked",
	[VFIO_TYPE1X_FAULT_REASON_BOND_ENDED] = "bond-ended",
};

static const char * const record_sources[] = {
	[VFIO_TYPE1X_FAULT_SOURCE_VTD] = "vtd",
	[VFIO_TYPE1X_FAULT_SOURCE_DOMAIN] = "domain",
	[VFIO_TYPE1X_FAULT_SOURCE_DEVICE] = "device",
	[VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST] = "page",
	[VFIO_TYPE1X_FAULT_SOURCE_SVM] = "svm",
};

/**
 * record_clock() - how far two clocks are apart
 *
 * Return: nanoseconds to be added to CLOCK_MONOTONIC for time of day.
 */
int64_t record_clock(void)
{
	struct timespec day, monotonic;

	clock_gettime(CLOCK_REALTIME, &day);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	return (day.tv_sec - monotonic.tv_sec) * SECOND + day.tv_nsec - monotonic.tv_nsec;
}

/* A later kernel may know what is not known here. */
static void record_name(char *word, const char * const *names, size_t nr_names, unsigned int number)
{
	if (number < nr_names && names[number])
		strcpy(word, names[number]);
	else
		snprintf(word, RECORD_WORD, "%u", number);
}

/**
 * record_reason() - what is wrong
 * @word: result
 * @fault: the record
 */
void record_reason(char *word, const struct vfio_type1x_fault *fault)
{
	record_name(word, record_reasons, sizeof(record_reasons) / sizeof(record_reasons[0]),
		    fault->reason);
}

/**
 * record_source() - who has told of it
 * @word: result
 * @fault: the record
 */
void record_source(char *word, const struct vfio_type1x_fault *fault)
{
	record_name(word, record_sources, sizeof(record_sources) / sizeof(record_sources[0]),
		    fault->source);
}

/**
 * record_requester() - which device it was
 * @word: result, empty if that is not known
 * @fault: the record
 */
void record_requester(char *word, const struct vfio_type1x_fault *fault)
{
	word[0] = 0;
	if (fault->flags & VFIO_TYPE1X_FAULT_FLAG_REQUESTER)
		snprintf(word, RECORD_WORD, "%04x:%02x:%02x.%x", fault->requester >> 16,
			 fault->requester >> 8 & 0xff, fault->requester >> 3 & 0x1f,
			 fault->requester & 7);
}

static void record_access(char *word, const struct vfio_type1x_fault *fault)
{
	static const struct {
		uint32_t flag;
		char letter;
	} letters[] = {
		{ VFIO_TYPE1X_FAULT_FLAG_READ, 'r' },
		{ VFIO_TYPE1X_FAULT_FLAG_WRITE, 'w' },
		{ VFIO_TYPE1X_FAULT_FLAG_EXEC, 'x' },
		{ VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED, 'p' },
	};
	size_t i;

	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		*word++ = fault->flags & letters[i].flag ? letters[i].letter : '-';
	*word = 0;
}

static void record_hex(char *word, bool is_known, uint64_t number)
{
	if (is_known)
		snprintf(word, RECORD_WORD, "0x%" PRIx64, number);
	else
		strcpy(word, "-");
}

/* Return: nanoseconds of the second. */
static long record_time(struct tm *tm, const struct vfio_type1x_fault *fault, int64_t clock,
			struct tm *(*split)(const time_t *, struct tm *))
{
	int64_t moment = (int64_t)(fault->time + (uint64_t)clock);
	time_t seconds = moment / SECOND;
	long rest = moment % SECOND;

	if (rest < 0) {
		rest += SECOND;
		seconds--;
	}
	*tm = (struct tm){ 0 };
	split(&seconds, tm);
	return rest;
}

/**
 * record_timestamp() - when it was, for programs
 * @text: result, as ISO 8601 has it, in UTC
 * @fault: the record
 * @clock: of record_clock()
 */
void record_timestamp(char *text, const struct vfio_type1x_fault *fault, int64_t clock)
{
	struct tm tm;
	long rest = record_time(&tm, fault, clock, gmtime_r);
	size_t length = strftime(text, RECORD_WORD, "%FT%T", &tm);

	snprintf(text + length, RECORD_WORD - length, ".%09ldZ", rest);
}

/**
 * record_line() - all that is known
 * @line: result, under record_titles
 * @fault: the record
 * @clock: of record_clock()
 */
void record_line(char *line, const struct vfio_type1x_fault *fault, int64_t clock)
{
	char time[16], requester[RECORD_WORD], access[8], iova[RECORD_WORD], reason[RECORD_WORD];
	char raw[RECORD_WORD], source[RECORD_WORD];
	uint32_t flags = fault->flags;
	size_t length;
	struct tm tm;
	long rest = record_time(&tm, fault, clock, localtime_r);
	bool is_about = flags & VFIO_TYPE1X_FAULT_FLAG_ALIAS;

	strftime(time, sizeof(time), "%T", &tm);
	record_requester(requester, fault);
	record_access(access, fault);
	record_hex(iova, flags & VFIO_TYPE1X_FAULT_FLAG_IOVA, fault->iova);
	record_reason(reason, fault);
	record_hex(raw, fault->raw_reason, fault->raw_reason);
	record_source(source, fault);
	snprintf(line, RECORD_LINE, "%s.%03ld%c%-12s %s %-18s %-10s %-4s %s", time, rest / 1000000,
		 is_about ? '~' : ' ', *requester ? requester : "-", access, iova, reason, raw,
		 source);
	if (flags & VFIO_TYPE1X_FAULT_FLAG_PASID) {
		length = strlen(line);
		snprintf(line + length, RECORD_LINE - length, "%*s 0x%" PRIx32,
			 RECORD_SOURCE - (int)strlen(source), "", fault->pasid);
	}
}
