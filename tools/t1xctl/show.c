// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "notes.h"
#include "proc.h"
#include "root.h"
#include "show.h"
#include "term.h"
#include "text.h"

#define SHOW_LABEL	26 /* columns */

/**
 * show_parse() - PID or PID:FD
 * @target: result
 * @text: what the user has typed
 *
 * Return: is it one of these?
 */
bool show_parse(struct show_target *target, const char *text)
{
	char pid[TEXT_NUMBER];
	size_t length = strcspn(text, ":");

	target->fd = FACTS_UNKNOWN;
	if (length >= sizeof(pid))
		return false;
	memcpy(pid, text, length);
	pid[length] = 0;
	if (!text_number(pid, &target->pid) || !target->pid)
		return false;
	return !text[length] || text_number(text + length + 1, &target->fd);
}

static void show_label(const char *indent, const char *label)
{
	printf("%s%-*s ", indent, SHOW_LABEL - (int)strlen(indent), label);
}

/* Words in as many lines as they need, under each other. */
static void show_word(const struct term *term, size_t *column, const char *word)
{
	size_t width = text_columns(word);

	if (*column > SHOW_LABEL + 1 && *column + 1 + width > term->columns) {
		printf("\n%*s", SHOW_LABEL + 1, "");
		*column = SHOW_LABEL + 1;
	} else if (*column > SHOW_LABEL + 1) {
		putchar(' ');
		++*column;
	}
	fputs(word, stdout);
	*column += width;
}

/* A group and, in parentheses, the devices that sysfs has in it. */
static void show_group(const struct term *term, size_t *column, const char *name)
{
	char device[PROCESS_PLACE], word[sizeof(device) + 2];
	struct dirent *entry, **entries = NULL;
	char path[PATH_MAX];
	int i, nr = -1;

	show_word(term, column, name);
	if (root_path(path, "/sys/kernel/iommu_groups/%s/devices", name))
		nr = scandir(path, &entries, NULL, alphasort);
	for (i = 0; i < nr; i++) {
		entry = entries[i];
		if (entry->d_name[0] != '.') {
			text_printable(device, sizeof(device), entry->d_name);
			snprintf(word, sizeof(word), "(%s)", device);
			show_word(term, column, word);
		}
		free(entry);
	}
	free(entries);
}

static void show_process(const struct term *term, const struct process *process)
{
	const struct process_device *device;
	const struct process_group *group;
	char text[PROCESS_PLACE * 2], place[PROCESS_PLACE];
	size_t column = SHOW_LABEL + 1;

	text_printable(text, sizeof(text), *process->comm ? process->comm : "-");
	printf("%sprocess %" PRId64 " (%s)%s\n", term_on(term, TERM_HEAD), process->pid, text,
	       term_off(term, TERM_HEAD));

	show_label("  ", "groups");
	for (group = process->groups; group; group = group->next)
		show_group(term, &column, group->name);
	puts(process->groups ? "" : "-");

	show_label("  ", "device descriptors");
	column = SHOW_LABEL + 1;
	for (device = process->devices; device; device = device->next) {
		text_printable(place, sizeof(place), device->place);
		snprintf(text, sizeof(text), *place ? "%d (%s)" : "%d%s", device->fd, place);
		show_word(term, &column, text);
	}
	puts(process->devices ? "" : "-");
}

static void show_number(const struct term *term, int64_t value, enum facts_kind kind)
{
	enum term_look look = kind == FACTS_ALARM && value ? TERM_BAD : TERM_PLAIN;
	char text[TEXT_NUMBER];

	if (kind != FACTS_BYTES) {
		printf("%s%" PRId64 "%s\n", term_on(term, look), value, term_off(term, look));
		return;
	}
	text_bytes(text, value);
	if (value < 1024)
		puts(text);
	else
		printf("%s (%" PRId64 ")\n", text, value);
}

static void show_fact(const struct term *term, const struct facts *facts,
		      const struct facts_field *field)
{
	bool is_string = field->kind == FACTS_STRING;
	const char *string = is_string ? facts_string(facts, field) : "";
	int64_t value = is_string ? FACTS_UNKNOWN : facts_value(facts, field);
	bool is_known = *string || value != FACTS_UNKNOWN;

	if (!field->label || (!is_known && !field->is_basic))
		return;
	show_label("    ", field->label);
	if (!is_known)
		puts("-");
	else if (is_string)
		puts(string);
	else
		show_number(term, value, field->kind);
}

static void show_container(const struct term *term, const struct container *container)
{
	char text[256];
	size_t i;

	container_fds_text(container, text, sizeof(text));
	printf("\n  %scontainer, fd %s%s\n", term_on(term, TERM_HEAD), text,
	       term_off(term, TERM_HEAD));
	for (i = 0; i < facts_nr_fields; i++)
		show_fact(term, &container->facts, &facts_fields[i]);
}

/**
 * show_select() - leave the process in a snapshot, if it has what is wanted, and no other
 * @snapshot: the snapshot
 * @target: what is wanted
 */
void show_select(struct snapshot *snapshot, const struct show_target *target)
{
	struct process *process, *wanted = NULL;
	struct container *all, *container;

	while ((process = snapshot->processes)) {
		snapshot->processes = process->next;
		process->next = NULL;
		if (process->pid == target->pid)
			wanted = process;
		else
			process_free(process);
	}
	if (!wanted)
		return;
	snapshot->processes = wanted;
	all = wanted->containers;
	wanted->containers = NULL;
	while ((container = container_pop(&all))) {
		bool is_wanted = target->fd == FACTS_UNKNOWN ||
				 container_has_fd(container, target->fd);
		struct container *rest = NULL;

		container_insert(is_wanted ? &wanted->containers : &rest, container);
		container_free_all(&rest);
	}
	if (!wanted->containers)
		snapshot_drop(snapshot);
}

/**
 * show_nothing() - say why there is nothing to show
 * @target: what was wanted
 */
void show_nothing(const struct show_target *target)
{
	struct process *process;
	int error;

	process = proc_process(target->pid, &error);
	if (process)
		process_free(process);
	if (error)
		warnx("process %" PRId64 ": %s", target->pid,
		      error == ENOENT ? "no such process" : strerror(error));
	else if (target->fd != FACTS_UNKNOWN)
		warnx("process %" PRId64 ": descriptor %" PRId64 " is no container", target->pid,
		      target->fd);
	else
		warnx("process %" PRId64 ": has no container", target->pid);
}

static void show_print(const struct process *process)
{
	const struct container *container = process->containers;
	struct term term = term_get();

	show_process(&term, process);
	for (; container; container = container->next)
		show_container(&term, container);
}

/**
 * show_run() - show a process
 * @is_json: as JSON, rather than for people
 * @target: which one
 *
 * Return: exit status.
 */
int show_run(bool is_json, const struct show_target *target)
{
	struct snapshot snapshot;

	snapshot_take(&snapshot);
	show_select(&snapshot, target);
	if (!snapshot.processes) {
		show_nothing(target);
		return 1;
	}
	if (is_json)
		json_print(json_process(snapshot.processes), false);
	else
		show_print(snapshot.processes);
	fflush(stdout);
	/* Of others nothing was asked. */
	snapshot.unreadable = 0;
	notes_print(&snapshot);
	snapshot_drop(&snapshot);
	return 0;
}
