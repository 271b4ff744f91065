// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list of threads. There are few of them, and they come and go seldom.
 */
#include <err.h>
#include <stdlib.h>

#include "tracee.h"

struct tracee *tracees;

/**
 * tracee_find() - look a thread up
 * @tid: the thread
 *
 * Return: the entry; NULL if it is not traced.
 */
struct tracee *tracee_find(pid_t tid)
{
	struct tracee *tracee = tracees;

	while (tracee && tracee->tid != tid)
		tracee = tracee->next;
	return tracee;
}

/**
 * tracee_stopped() - look for a thread that has stopped
 *
 * Return: one whose stop was noted and not dealt with; NULL if there is none.
 */
struct tracee *tracee_stopped(void)
{
	struct tracee *tracee = tracees;

	while (tracee && !tracee->has_stopped)
		tracee = tracee->next;
	return tracee;
}

/**
 * tracee_has_process() - is any thread of a process traced?
 * @tgid: the process
 *
 * Return: what the name says.
 */
bool tracee_has_process(pid_t tgid)
{
	struct tracee *tracee = tracees;

	while (tracee && tracee->tgid != tgid)
		tracee = tracee->next;
	return tracee;
}

/**
 * tracee_add() - note a thread
 * @tid: the thread
 * @tgid: its process
 *
 * From the second on, lines say whose they are.
 *
 * Return: the entry.
 */
struct tracee *tracee_add(pid_t tid, pid_t tgid)
{
	struct tracee *tracee = calloc(1, sizeof(*tracee));

	if (!tracee)
		err(1, "calloc");
	tracee->tid = tid;
	tracee->tgid = tgid;
	tracee->next = tracees;
	if (tracees)
		syscall_show.with_tid = true;
	tracees = tracee;
	return tracee;
}

/**
 * tracee_remove() - forget a thread; a call that goes on is shown as it is
 * @tracee: the thread
 */
void tracee_remove(struct tracee *tracee)
{
	struct tracee **link = &tracees;

	while (*link != tracee)
		link = &(*link)->next;
	*link = tracee->next;
	syscall_abandon(&tracee->syscall);
	if (!tracee_has_process(tracee->tgid))
		files_forget(tracee->tgid);
	free(tracee);
}

/**
 * tracee_become() - a thread has executed another program
 * @tracee: the entry of the id that it has now, which is that of its process
 * @old_tid: the id that it had until then
 *
 * All other threads of the process are gone or about to be reaped.
 */
void tracee_become(struct tracee *tracee, pid_t old_tid)
{
	struct tracee *old = old_tid == tracee->tid ? NULL : tracee_find(old_tid);

	for (struct tracee *other = tracees; other; other = other->next)
		if (other->tgid == tracee->tgid)
			syscall_abandon(&other->syscall);
	files_forget(tracee->tgid);
	if (old)
		tracee_remove(old);
}
