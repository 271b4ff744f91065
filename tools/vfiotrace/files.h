/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is remembered of the VFIO files of tracees from call to call.
 */
#ifndef VFIOTRACE_FILES_H
#define VFIOTRACE_FILES_H

#include <sys/types.h>

#include "decode.h"

#define FILES_LABEL_MAX	128

struct files_entry {
	struct files_entry *next;
	pid_t tgid;
	int fd;
	enum decode_kind kind;
	struct decode_state state;
	char label[FILES_LABEL_MAX]; /* from fdinfo, as it was last shown */
};

struct files_entry *files_get(pid_t tgid, int fd, enum decode_kind kind);
bool files_new_label(struct files_entry *entry, pid_t tid);
void files_forget(pid_t tgid);

#endif /* VFIOTRACE_FILES_H */
