// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of containers are in order of their lowest descriptor; those without one come
 * last, by id.
 */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"

/**
 * container_new() - a container without descriptors
 * @facts: what is known of it
 *
 * Return: the container, for container_insert().
 */
struct container *container_new(const struct facts *facts)
{
	struct container *container = calloc(1, sizeof(*container));

	if (!container)
		err(1, "calloc");
	container->facts = *facts;
	container->is_certain = true;
	return container;
}

/**
 * container_add_fd() - note one more descriptor
 * @container: the container; in no list, or the number is higher than those it has
 * @fd: the number
 */
void container_add_fd(struct container *container, int fd)
{
	size_t i = container->nr_fds;

	if (container_has_fd(container, fd))
		return;
	container->fds = reallocarray(container->fds, i + 1, sizeof(*container->fds));
	if (!container->fds)
		err(1, "reallocarray");
	for (; i && container->fds[i - 1] > fd; i--)
		container->fds[i] = container->fds[i - 1];
	container->fds[i] = fd;
	container->nr_fds++;
}

/**
 * container_has_fd() - is this a descriptor of it, or may it be one?
 * @container: the container
 * @fd: the number
 *
 * Return: what the name says.
 */
bool container_has_fd(const struct container *container, int fd)
{
	size_t i;

	for (i = 0; i < container->nr_fds; i++)
		if (container->fds[i] == fd)
			return true;
	return false;
}

static bool container_is_before(const struct container *a, const struct container *b)
{
	int fd_a = a->nr_fds ? a->fds[0] : INT_MAX, fd_b = b->nr_fds ? b->fds[0] : INT_MAX;

	return fd_a < fd_b || (fd_a == fd_b && a->facts.id < b->facts.id);
}

/**
 * container_insert() - put a container into a list
 * @list: the list
 * @container: belongs to the list from now on
 */
void container_insert(struct container **list, struct container *container)
{
	while (*list && !container_is_before(container, *list))
		list = &(*list)->next;
	container->next = *list;
	*list = container;
}

/**
 * container_pop() - take the first container out of a list
 * @list: the list
 *
 * Return: the container, NULL if there is none.
 */
struct container *container_pop(struct container **list)
{
	struct container *container = *list;

	if (container) {
		*list = container->next;
		container->next = NULL;
	}
	return container;
}

/**
 * container_free_all() - free the containers of a list
 * @list: the list, empty afterwards
 */
void container_free_all(struct container **list)
{
	struct container *container;

	while ((container = container_pop(list))) {
		free(container->fds);
		free(container);
	}
}

/**
 * container_fds_text() - descriptors for people: "7,9", "7,9?" if it is one of them, "-"
 * @container: the container
 * @text: result; what does not fit is left out
 * @size: room there
 */
void container_fds_text(const struct container *container, char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");
	size_t i;

	if (!out)
		err(1, "fmemopen");
	if (!container->nr_fds)
		fputs("-", out);
	for (i = 0; i < container->nr_fds; i++)
		fprintf(out, "%s%d", i ? "," : "", container->fds[i]);
	if (!container->is_certain)
		fputs("?", out);
	fclose(out);
	text[size - 1] = 0;
}
