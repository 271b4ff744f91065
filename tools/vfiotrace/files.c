// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list with one entry per process and file descriptor. A descriptor that was
 * closed is not noticed; its entry is reused when the number is.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "proc.h"

static struct files_entry *files;

/**
 * files_get() - what is known of a file
 * @tgid: process that has it
 * @fd: its number there
 * @kind: what it is now; if it was something else, nothing is known of it
 *
 * Return: the entry, a new one for a new file. It lives until files_forget().
 */
struct files_entry *files_get(pid_t tgid, int fd, enum decode_kind kind)
{
	struct files_entry *entry = files;

	while (entry && (entry->tgid != tgid || entry->fd != fd))
		entry = entry->next;
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			err(1, "calloc");
		entry->next = files;
		files = entry;
	}
	if (entry->kind != kind) {
		entry->state = (struct decode_state){ 0 };
		entry->label[0] = 0;
	}
	entry->tgid = tgid;
	entry->fd = fd;
	entry->kind = kind;
	return entry;
}

/**
 * files_new_label() - ask fdinfo what the file is
 * @entry: the file
 * @tid: a thread that has it
 *
 * That is the backend of a container, where the kernel can be made to tell it, and
 * the place of a device in sysfs, which newer kernels tell.
 *
 * Return: is it news? Then @entry->label has it.
 */
bool files_new_label(struct files_entry *entry, pid_t tid)
{
	bool is_container = entry->kind == DECODE_CONTAINER;
	const char *key = is_container ? "vfio-driver" : "vfio-device-syspath";
	char value[FILES_LABEL_MAX];
	const char *slash;

	if (!is_container && entry->kind != DECODE_DEVICE)
		return false;
	if (!proc_fd_info(tid, entry->fd, key, value, sizeof(value)))
		value[0] = 0;
	slash = strrchr(value, '/');
	if (slash)
		memmove(value, slash + 1, strlen(slash));
	if (!strcmp(entry->label, value))
		return false;
	memcpy(entry->label, value, sizeof(value));
	return entry->label[0];
}

/**
 * files_forget() - forget the files of a process
 * @tgid: the process; it has ended or become another program
 */
void files_forget(pid_t tgid)
{
	struct files_entry **link = &files;

	while (*link) {
		struct files_entry *entry = *link;

		if (entry->tgid == tgid) {
			*link = entry->next;
			free(entry);
		} else {
			link = &entry->next;
		}
	}
}
