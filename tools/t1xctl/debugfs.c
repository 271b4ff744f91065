// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs has a directory for each container of our backend, also for one that no process
 * has open any more because a group of it is. Only root may look.
 */
#include <errno.h>

#include "debugfs.h"
#include "root.h"
#include "text.h"

#define DEBUGFS	"/sys/kernel/debug/vfio-type1x"

static void debugfs_read(struct container **list, int64_t id)
{
	char info[FACTS_FILE];
	struct facts facts;

	if (!root_read(info, sizeof(info), DEBUGFS "/%lld/info", (long long)id))
		return;
	facts_parse(&facts, info);
	/* Its name is the id, whatever else could be read. */
	facts.id = id;
	container_insert(list, container_new(&facts));
}

/**
 * debugfs_containers() - all there are
 * @error: result: 0, or why the directory cannot be read. ENOENT may mean that debugfs
 *	is not mounted.
 *
 * Return: list of containers by id, none of which has a descriptor.
 */
struct container *debugfs_containers(int *error)
{
	struct container *list = NULL;
	DIR *dir = root_directory(DEBUGFS);
	struct dirent *entry;
	int64_t id;

	*error = dir ? 0 : errno;
	if (!dir)
		return NULL;
	while ((entry = readdir(dir)))
		if (text_number(entry->d_name, &id))
			debugfs_read(&list, id);
	closedir(dir);
	return list;
}
