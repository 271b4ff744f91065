// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each container that is wanted has a tap. All of them are read until they end, or the user
 * has enough.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faults.h"
#include "json.h"
#include "notes.h"
#include "proc.h"
#include "record.h"
#include "root.h"
#include "term.h"

#define FAULTS_TOO_FEW	3 /* exit status */

static volatile sig_atomic_t faults_has_enough;

/* What goes on between two records. */
struct faults {
	const struct faults_options *options;
	struct term term;
	struct tap *taps;
	const struct tap *last; /* whose record was printed last */
	int64_t printed;
	double deadline; /* seconds of CLOCK_MONOTONIC */
	int64_t clock;
};

static void faults_signal(int number __attribute__((unused)))
{
	faults_has_enough = 1;
}

/* They come while nothing is to be read, and at no other time; old: how it was before. */
static void faults_block(sigset_t *old)
{
	struct sigaction action = { .sa_handler = faults_signal };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, old);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static double faults_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static bool faults_has(const struct tap *list, int64_t pid, int fd, int64_t id)
{
	for (; list; list = list->next)
		if ((id != FACTS_UNKNOWN && list->id == id) ||
		    (list->pid == pid && list->fd == fd) ||
		    proc_is_same_file(list->pid, list->fd, pid, fd))
			return true;
	return false;
}

static void faults_add(struct tap **list, const struct process *process, int fd, int64_t id)
{
	if (faults_has(*list, process->pid, fd, id))
		return;
	while (*list)
		list = &(*list)->next;
	*list = tap_new(process->pid, fd, id, process->comm);
}

/* Of descriptors that may be this container or another one, each is looked at. */
static void faults_add_container(struct tap **list, const struct process *process,
				 const struct container *container)
{
	size_t i;

	if (container->is_certain && container->nr_fds)
		faults_add(list, process, container->fds[0], container->facts.id);
	for (i = 0; !container->is_certain && i < container->nr_fds; i++)
		faults_add(list, process, container->fds[i], FACTS_UNKNOWN);
}

static bool faults_wants(const struct faults_options *options, const struct container *container)
{
	const struct facts *facts = &container->facts;

	if (options->id != FACTS_UNKNOWN)
		return facts->id == options->id && container->is_certain;
	/* A backend that has no id has no faults, either. */
	return options->target.pid != FACTS_UNKNOWN || !facts->driver[0] ||
	       facts->id != FACTS_UNKNOWN;
}

static struct tap *faults_taps(const struct faults_options *options,
			       const struct snapshot *snapshot)
{
	const struct process *process;
	const struct container *container;
	struct tap *list = NULL;

	for (process = snapshot->processes; process; process = process->next)
		for (container = process->containers; container; container = container->next)
			if (faults_wants(options, container))
				faults_add_container(&list, process, container);
	return list;
}

static bool faults_is_asked(const struct faults_options *options)
{
	return options->target.pid != FACTS_UNKNOWN || options->id != FACTS_UNKNOWN;
}

/* Say why there is nothing to listen to. */
static void faults_nothing(const struct faults_options *options, const struct snapshot *snapshot)
{
	if (!faults_is_asked(options))
		warnx("no process is known to have a container that reports faults");
	else if (options->id != FACTS_UNKNOWN)
		warnx("container %" PRId64 ": no process is known to have a descriptor of it",
		      options->id);
	else if (!snapshot->processes)
		show_nothing(&options->target);
	else
		warnx("process %" PRId64 ": has no descriptor of its container",
		      options->target.pid);
}

/* Silence does not mean that nothing is wrong. */
static void faults_warn_silent(const struct tap *tap)
{
	if (tap->is_complete)
		return;
	warnx("process %" PRId64 ", descriptor %d: %s", tap->pid, tap->fd,
	      tap->sources ? "not all of its IOMMUs report faults"
			   : "none of its IOMMUs reports faults");
}

/* Those that do not open are said why, unless nobody has asked for them. */
static void faults_open(const struct faults_options *options, struct tap **list)
{
	bool is_asked = faults_is_asked(options);
	struct tap *tap;
	const char *why;
	int error;

	while ((tap = *list)) {
		why = tap_open(tap, &error);
		if (why && (is_asked || (error != EINVAL && error != ENOTTY)))
			warnx("process %" PRId64 ", descriptor %d: %s", tap->pid, tap->fd, why);
		if (!why) {
			faults_warn_silent(tap);
			list = &tap->next;
			continue;
		}
		*list = tap->next;
		tap->next = NULL;
		tap_free_all(&tap);
	}
}

static struct tap *faults_find(const struct faults_options *options)
{
	struct snapshot snapshot;
	struct tap *taps;
	bool is_said;

	if (options->is_input) {
		taps = tap_new(FACTS_UNKNOWN, FACTS_UNKNOWN, FACTS_UNKNOWN, "");
		tap_open_input(taps);
		return taps;
	}
	snapshot_take(&snapshot);
	if (options->target.pid != FACTS_UNKNOWN)
		show_select(&snapshot, &options->target);
	else
		notes_unreadable(&snapshot);
	taps = faults_taps(options, &snapshot);
	if (taps && !root_is_live())
		errx(1, "a copy of /proc has no faults");
	is_said = taps && faults_is_asked(options);
	faults_open(options, &taps);
	if (!taps && !is_said)
		faults_nothing(options, &snapshot);
	snapshot_drop(&snapshot);
	return taps;
}

/* Whose faults follow, where there are several. */
static void faults_whose(struct faults *faults, const struct tap *tap)
{
	char comm[PROCESS_PLACE];

	if (faults->taps->next && faults->last != tap) {
		text_printable(comm, sizeof(comm), *tap->comm ? tap->comm : "-");
		printf("==> process %" PRId64 " (%s), fd %d <==\n", tap->pid, comm, tap->fd);
	}
	faults->last = tap;
}

static void faults_print(struct faults *faults, struct tap *tap,
			 const struct vfio_type1x_fault *fault)
{
	const struct term *term = &faults->term;
	char line[RECORD_LINE];

	faults->printed++;
	if (faults->options->is_json) {
		json_print(json_fault(tap, fault, faults->clock), true);
		return;
	}
	faults_whose(faults, tap);
	if (fault->lost > tap->lost)
		printf("%slost: %" PRIu64 ", %" PRIu64 " in all%s\n", term_on(term, TERM_BAD),
		       (uint64_t)(fault->lost - tap->lost), (uint64_t)fault->lost,
		       term_off(term, TERM_BAD));
	tap->lost = fault->lost;
	record_line(line, fault, faults->clock);
	puts(line);
}

static bool faults_is_done(const struct faults *faults)
{
	const struct faults_options *options = faults->options;

	return options->count && faults->printed >= options->count;
}

static void faults_read(struct faults *faults, struct tap *tap)
{
	size_t i;

	if (!tap_fill(tap)) {
		tap_close(tap);
		if (tap->pid != FACTS_UNKNOWN)
			warnx("process %" PRId64 ", descriptor %d: the container has ended",
			      tap->pid, tap->fd);
		return;
	}
	faults->clock = record_clock();
	for (i = 0; i < tap_nr_records(tap) && !faults_is_done(faults); i++)
		faults_print(faults, tap, tap_record(tap, i));
	tap_drain(tap);
}

/* Return: has the time not run out? */
static bool faults_wait(const struct faults *faults, struct pollfd *polls, size_t nr,
			const sigset_t *signals)
{
	double left = faults->deadline - faults_now();
	struct timespec timeout = { left, (left - (time_t)left) * 1e9 };
	bool is_limited = faults->options->timeout;

	if (is_limited && left <= 0)
		return false;
	if (ppoll(polls, nr, is_limited ? &timeout : NULL, signals) < 0) {
		if (errno != EINTR)
			err(1, "poll");
		while (nr)
			polls[--nr].revents = 0;
	}
	return true;
}

/* One look at all of them. Return: is there any that goes on? */
static bool faults_round(struct faults *faults, const sigset_t *signals)
{
	struct pollfd *polls = NULL;
	struct tap *tap;
	size_t nr = 0, i = 0;
	bool is_on;

	for (tap = faults->taps; tap; tap = tap->next) {
		polls = reallocarray(polls, nr + 1, sizeof(*polls));
		if (!polls)
			err(1, "reallocarray");
		polls[nr++] = (struct pollfd){ .fd = tap->file, .events = POLLIN };
		i += tap->file >= 0;
	}
	is_on = i && faults_wait(faults, polls, nr, signals);
	i = 0;
	for (tap = faults->taps; is_on && tap; tap = tap->next)
		if (polls[i++].revents && !faults_is_done(faults))
			faults_read(faults, tap);
	free(polls);
	return is_on;
}

/**
 * faults_run() - print faults as they happen
 * @options: whose, how, and how many
 *
 * Return: exit status.
 */
int faults_run(const struct faults_options *options)
{
	struct faults faults = { .options = options, .term = term_get() };
	const struct term *term = &faults.term;
	sigset_t signals;

	faults_block(&signals);
	faults.deadline = faults_now() + options->timeout;
	faults.taps = faults_find(options);
	if (!faults.taps)
		return 1;
	if (!options->is_json)
		printf("%s%s%s\n", term_on(term, TERM_HEAD), record_titles,
		       term_off(term, TERM_HEAD));
	while (!faults_has_enough && !faults_is_done(&faults)) {
		if (fflush(stdout) || ferror(stdout))
			break;
		if (!faults_round(&faults, &signals))
			break;
	}
	tap_free_all(&faults.taps);
	return options->count && !faults_has_enough && !faults_is_done(&faults) ? FAULTS_TOO_FEW
										: 0;
}
