/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container as one process has it.
 */
#ifndef T1XCTL_CONTAINER_H
#define T1XCTL_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"

struct container {
	struct container *next;
	int *fds; /* ascending; several after dup(), none if it was closed */
	size_t nr_fds;
	bool is_certain; /* is it all of these, rather than one of them? */
	struct facts facts;
};

struct container *container_new(const struct facts *facts);
void container_add_fd(struct container *container, int fd);
bool container_has_fd(const struct container *container, int fd);
void container_insert(struct container **list, struct container *container);
struct container *container_pop(struct container **list);
void container_free_all(struct container **list);
void container_fds_text(const struct container *container, char *text, size_t size);

#endif /* T1XCTL_CONTAINER_H */
