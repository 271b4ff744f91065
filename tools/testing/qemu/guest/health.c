// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "health.h"

#define TRIES		25
#define BETWEEN_TRIES	200000
#define LINES_SHOWN	80
#define RECORD		8192

/*
 * Lines of the kernel log that fail a run.  Log lines of an IOMMU that reports
 * a fault, and driver warnings without a splat, are not among them.
 */
#define SPLATS                                                                                     \
	"WARNING: |BUG: |BUG at |kernel BUG|Oops|general protection|Call Trace|"                   \
	"KASAN|KFENCE|UBSAN|kmemleak: [0-9]+ new|INFO: task|INFO: rcu|"                            \
	"self-detected stall|detected stalls|soft lockup|hard LOCKUP|"                             \
	"possible circular|possible recursive|inconsistent lock state|"                            \
	"suspicious RCU|held lock freed|lock held when returning|"                                 \
	"bad unlock balance|invalid wait context|sleeping function|"                               \
	"refcount_t|use-after-free|double free|[Ll]eaked|corruption|"                              \
	"Bad page|bad page state|nobody cared|ODEBUG|scheduling while|"                            \
	"unable to handle|stack-protector|Kernel panic|rss-counter"

void health_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# t1x: ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

char *health_read(const char *path)
{
	size_t size = 0, room = 4096;
	char *text = malloc(room);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	while (fd >= 0 && text && (got = read(fd, text + size, room - size - 1)) > 0) {
		size += got;
		if (size + 1 == room)
			text = realloc(text, room *= 2);
	}
	if (!text)
		abort();
	if (fd >= 0)
		close(fd);
	/* words of a command line end with one */
	for (size_t i = 0; i < size; i++)
		text[i] = text[i] ? text[i] : ' ';
	text[size] = '\0';
	return text;
}

/* "PRIORITY,NUMBER,MICROSECONDS,...;TEXT", and lines that belong to it with a blank */
static ssize_t read_record(int fd, char *record, uint64_t *number)
{
	ssize_t size;

	do {
		size = read(fd, record, RECORD - 1);
	} while (size < 0 && (errno == EPIPE || errno == EINTR));
	if (size <= 0)
		return -1;
	record[size] = '\0';
	*number = strtoull(strchr(record, ',') + 1, NULL, 10);
	return size;
}

uint64_t health_mark(void)
{
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	char record[RECORD], tag[32];
	uint64_t number = 0;

	lseek(fd, 0, SEEK_END);
	snprintf(tag, sizeof(tag), "t1x-mark-%d\n", getpid());
	if (write(fd, tag, strlen(tag)) < 0)
		health_say("kernel log: no mark can be left (%m)");
	while (read_record(fd, record, &number) >= 0 && !strstr(record, "t1x-mark-"))
		;
	close(fd);
	return number + 1;
}

/* The next line of the log in dmesg's form, NULL after the last one. */
static const char *next_line(int fd, uint64_t mark)
{
	static char record[RECORD], line[RECORD + 32];
	uint64_t number, when;
	char *text;

	do {
		if (read_record(fd, record, &number) < 0)
			return NULL;
	} while (number < mark);
	when = strtoull(strchr(strchr(record, ',') + 1, ',') + 1, NULL, 10);
	text = strchr(record, ';');
	text = text ? text + 1 : record;
	text[strcspn(text, "\n")] = '\0';
	snprintf(line, sizeof(line), "[%5llu.%06llu] %s", (unsigned long long)when / 1000000,
		 (unsigned long long)when % 1000000, text);
	return line;
}

static regex_t compile(const char *expression)
{
	regex_t regex;

	if (regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB)) {
		fprintf(stderr, "no regular expression: %s\n", expression);
		exit(2);
	}
	return regex;
}

bool health_log(uint64_t mark, const char *expected)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), shown = 0;
	regex_t bad = compile(SPLATS), fine;
	const char *line;

	if (expected && *expected)
		fine = compile(expected);
	while ((line = next_line(fd, mark))) {
		if (expected && *expected && !regexec(&fine, line, 0, NULL, 0))
			continue;
		if (!shown && regexec(&bad, line, 0, NULL, 0))
			continue;
		if (!shown)
			health_say("kernel log: %s", line);
		if (shown++ < LINES_SHOWN)
			printf("# | %s\n", line);
	}
	close(fd);
	regfree(&bad);
	if (expected && *expected)
		regfree(&fine);
	return !shown;
}

/* The number behind @name at the beginning of a line, -1 if there is none. */
static int64_t find_number(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (; text; text = strchr(text, '\n'), text += !!text)
		if (!strncmp(text, name, len) && isspace(text[len]))
			return strtoll(text + len, NULL, 10);
	return -1;
}

int64_t health_pinned(void)
{
	int64_t acquired, released;
	char *vmstat;

	/* what the processors have not told yet */
	free(health_read("/proc/sys/vm/stat_refresh"));
	vmstat = health_read("/proc/vmstat");
	acquired = find_number(vmstat, "nr_foll_pin_acquired");
	released = find_number(vmstat, "nr_foll_pin_released");
	free(vmstat);
	return acquired < 0 || released < 0 ? HEALTH_UNKNOWN : acquired - released;
}

bool health_pins(int64_t before)
{
	int64_t after = HEALTH_UNKNOWN;

	for (int tries = 0; before != HEALTH_UNKNOWN && tries < TRIES; tries++) {
		after = health_pinned();
		if (after == before)
			return true;
		usleep(BETWEEN_TRIES);
	}
	if (after == HEALTH_UNKNOWN)
		health_say("pins: no counters in vmstat");
	else
		health_say("pins: %lld pages pinned and never released",
			   (long long)(after - before));
	return false;
}

/* Calls @visit for every process that is no thread of the kernel's. */
static void each_process(void (*visit)(pid_t pid, pid_t session, char state, void *arg), void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64], state, *stat, *at;
	pid_t session;

	while (proc && (entry = readdir(proc))) {
		if (!isdigit(entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/stat", entry->d_name);
		stat = health_read(path);
		/* a name may have blanks, and parentheses */
		at = strrchr(stat, ')');
		if (at && sscanf(at + 1, " %c %*d %*d %d", &state, &session) == 2 && session)
			visit(atoi(entry->d_name), session, state, arg);
		free(stat);
	}
	if (proc)
		closedir(proc);
}

static void look_for_locked(pid_t pid, pid_t session, char state, void *clean)
{
	char path[64], *status;
	int64_t locked;

	(void)session;
	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = health_read(path);
	locked = find_number(status, "VmLck:");
	if (locked > 0) {
		*(bool *)clean = false;
		health_say("locked memory: %.*s VmLck: %lld kB", (int)strcspn(status, "\n"), status,
			   (long long)locked);
	}
	free(status);
}

bool health_locked(void)
{
	bool clean = true;

	each_process(look_for_locked, &clean);
	return clean;
}

struct wanted {
	const char *sessions;
	struct health_processes *found;
};

/* A dead first thread is no dead process. */
static bool is_dead(pid_t pid, char state)
{
	char path[64];
	int threads = 0;
	DIR *dir;

	if (state != 'Z')
		return false;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		threads += isdigit(entry->d_name[0]) != 0;
	if (dir)
		closedir(dir);
	return threads < 2;
}

static void look_for_session(pid_t pid, pid_t session, char state, void *arg)
{
	struct wanted *wanted = arg;
	struct health_processes *found = wanted->found;
	char line[32];

	snprintf(line, sizeof(line), "\n%d\n", session);
	if (strstr(wanted->sessions, line) && !is_dead(pid, state) &&
	    found->count < sizeof(found->pids) / sizeof(found->pids[0]))
		found->pids[found->count++] = pid;
}

void health_in_session(pid_t session, struct health_processes *found)
{
	char *noted = health_read(HEALTH_SESSIONS), line[32], *all;
	struct wanted wanted = { .found = found };

	found->count = 0;
	if (asprintf(&all, "\n%s", noted) < 0)
		abort();
	snprintf(line, sizeof(line), "\n%d\n", session);
	wanted.sessions = strstr(all, line);
	if (wanted.sessions)
		each_process(look_for_session, &wanted);
	free(all);
	free(noted);
}

bool health_reap(pid_t session)
{
	struct health_processes left;
	char path[64], *name;

	health_in_session(session, &left);
	for (size_t i = 0; i < left.count; i++) {
		snprintf(path, sizeof(path), "/proc/%d/cmdline", left.pids[i]);
		name = health_read(path);
		health_say("left behind: %d %s", left.pids[i], name);
		free(name);
		kill(left.pids[i], SIGKILL);
	}
	return !left.count;
}

static void show_lines(const char *text)
{
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		printf("# | %.*s\n", (int)len, text);
	}
}

static void show_task(pid_t pid, const char *task)
{
	char path[96], *status, *stack, *state;

	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/status", pid, task);
	status = health_read(path);
	state = strstr(status, "\nState:");
	state = state ? state + 1 : status;
	health_say("stuck: %s %.*s %.*s", task, (int)strcspn(status, "\n"), status,
		   (int)strcspn(state, "\n"), state);
	free(status);
	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/stack", pid, task);
	stack = health_read(path);
	show_lines(stack);
	free(stack);
}

void health_show_stuck(const struct health_processes *stuck)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
	char path[64];

	for (size_t i = 0; i < stuck->count; i++) {
		DIR *dir;

		snprintf(path, sizeof(path), "/proc/%d/task", stuck->pids[i]);
		dir = opendir(path);
		for (struct dirent *entry; dir && (entry = readdir(dir));)
			if (isdigit(entry->d_name[0]))
				show_task(stuck->pids[i], entry->d_name);
		if (dir)
			closedir(dir);
	}
	if (write(fd, "w", 1) < 0)
		health_say("no list of sleepers (%m)");
	close(fd);
}
