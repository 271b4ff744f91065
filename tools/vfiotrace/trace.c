// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ptrace engine: from attaching to the end of the last tracee.
 *
 * Tracees are seized, not attached to, so that they are not sent a SIGSTOP, and
 * stops by job control stay what they are. All threads of a process are traced.
 * Children are, too, if that was asked for; else they are let go at their first
 * stop, which the kernel reports only of those that clone() makes without
 * SIGCHLD.
 *
 * Signals for ourselves are blocked but while we wait for tracees, so that nothing
 * ever happens at a bad moment.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"
#include "trace.h"
#include "tracee.h"

#define STATUS_CANNOT_EXECUTE	126
#define STATUS_NOT_FOUND	127
#define SYSCALL_STOP		(SIGTRAP | 0x80)

static struct {
	uintptr_t options;
	bool follow;
	bool is_leaving; /* let go of every tracee when it stops */
	pid_t command;	 /* our child; 0 if there is none, or none any more */
	int status;	 /* its end, as wait() tells it */
	size_t seized;
	sigset_t handled;
	sigset_t before; /* blocked when we were started */
} trace;

static const int trace_signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

/* A tracee that was killed meanwhile is no error: wait() will tell. */
static void trace_ptrace(enum __ptrace_request request, pid_t tid, uintptr_t data)
{
	if (ptrace(request, tid, NULL, data) && errno != ESRCH)
		err(1, "ptrace request %#x of %d", (unsigned int)request, tid);
}

static void trace_set_up(bool follow)
{
	trace.follow = follow;
	trace.options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE;
	if (follow)
		trace.options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;

	sigemptyset(&trace.handled);
	for (size_t i = 0; i < sizeof(trace_signals) / sizeof(trace_signals[0]); i++)
		sigaddset(&trace.handled, trace_signals[i]);
	sigprocmask(SIG_BLOCK, &trace.handled, &trace.before);
}

/*
 * What a signal does to us; the first one of a kind that ends us is obeyed gently.
 * Whatever the tracees do then makes wait() return, so that it matters not whether
 * the signal came before wait() or within.
 */
static void trace_on_signal(int signal)
{
	int error = errno;

	if (trace.command) {
		/* The terminal has sent these two to the command as well. */
		if (signal != SIGINT && signal != SIGQUIT)
			kill(trace.command, signal);
	} else if (trace.is_leaving) {
		_exit(0);
	} else {
		trace.is_leaving = true;
		for (struct tracee *tracee = tracees; tracee; tracee = tracee->next)
			ptrace(PTRACE_INTERRUPT, tracee->tid, NULL, NULL);
	}
	errno = error;
}

/* Only after the command was forked, which has the signals that we were started with. */
static void trace_listen(void)
{
	struct sigaction action = { .sa_handler = trace_on_signal, .sa_flags = SA_RESTART }, old;

	action.sa_mask = trace.handled;
	for (size_t i = 0; i < sizeof(trace_signals) / sizeof(trace_signals[0]); i++) {
		int signal = trace_signals[i];

		/* nohup asks for that. Shells ignore SIGINT for whatever is in the background. */
		sigaction(signal, NULL, &old);
		if (signal != SIGHUP || old.sa_handler != SIG_IGN)
			sigaction(signal, &action, NULL);
	}
	/* If it was ignored, children would vanish without a trace. */
	signal(SIGCHLD, SIG_DFL);
}

/*
 * Let it run, or let it go; @signal is what it was about to get. Who has begun a call
 * that we show is let go at the end of it.
 */
static void trace_resume(struct tracee *tracee, int signal)
{
	if (!trace.is_leaving || tracee->syscall.is_going_on) {
		trace_ptrace(PTRACE_SYSCALL, tracee->tid, signal);
		return;
	}
	trace_ptrace(PTRACE_DETACH, tracee->tid, signal);
	tracee_remove(tracee);
}

/* A child, or a thread, of a tracee has come to us with its first stop. */
static struct tracee *trace_adopt(pid_t tid)
{
	pid_t tgid = proc_tgid(tid);

	if (!trace.follow && !tracee_has_process(tgid)) {
		trace_ptrace(PTRACE_DETACH, tid, 0);
		return NULL;
	}
	return tracee_add(tid, tgid);
}

static void trace_syscall_stop(struct tracee *tracee)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof(info), &info) > 0)
		syscall_stop(&tracee->syscall, tracee->tid, tracee->tgid, &info);
	else if (errno != ESRCH)
		err(1, "PTRACE_GET_SYSCALL_INFO, which needs Linux 5.3");
	trace_resume(tracee, 0);
}

/*
 * A child, or a thread, that is traced since it was made. We may hear of the end of its
 * parent before we hear of itself, and must not take that for the end of all.
 */
static void trace_expect(struct tracee *parent)
{
	unsigned long tid = 0;
	pid_t tgid;

	trace_ptrace(PTRACE_GETEVENTMSG, parent->tid, (uintptr_t)&tid);
	tgid = proc_tgid(tid);
	if (tgid && !tracee_find(tid) && (trace.follow || tracee_has_process(tgid)))
		tracee_add(tid, tgid);
}

static void trace_stopped(struct tracee *tracee)
{
	int signal = WSTOPSIG(tracee->status), event = tracee->status >> 16;
	unsigned long old_tid = 0;

	tracee->has_stopped = false;
	if (signal == SYSCALL_STOP) {
		trace_syscall_stop(tracee);
		return;
	}
	switch (event) {
	case 0:
		trace_resume(tracee, signal);
		return;
	case PTRACE_EVENT_STOP:
		/* Stopped by job control: it stays so until a SIGCONT. */
		if (signal != SIGTRAP && !trace.is_leaving) {
			trace_ptrace(PTRACE_LISTEN, tracee->tid, 0);
			return;
		}
		break;
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		trace_expect(tracee);
		break;
	case PTRACE_EVENT_EXEC:
		trace_ptrace(PTRACE_GETEVENTMSG, tracee->tid, (uintptr_t)&old_tid);
		tracee_become(tracee, old_tid);
		break;
	}
	trace_resume(tracee, 0);
}

/* A stop is only noted: see trace_loop(). An end may come on top of that. */
static void trace_changed(pid_t tid, int status)
{
	struct tracee *tracee = tracee_find(tid);

	if (WIFSTOPPED(status)) {
		if (!tracee)
			tracee = trace_adopt(tid);
		if (tracee) {
			tracee->has_stopped = true;
			tracee->status = status;
		}
		return;
	}
	if (tid == trace.command) {
		trace.status = status;
		trace.command = 0;
	}
	if (tracee)
		tracee_remove(tracee);
}

static pid_t trace_wait(int *status)
{
	pid_t tid;

	sigprocmask(SIG_UNBLOCK, &trace.handled, NULL);
	tid = waitpid(-1, status, __WALL);
	sigprocmask(SIG_BLOCK, &trace.handled, NULL);
	return tid;
}

/*
 * Until there is nobody left to trace. wait() looks at the tracees in a fixed order,
 * and one that makes a system call after the other can be stopped again each time it
 * is asked for. So none goes on before all that have stopped are known.
 */
static void trace_loop(void)
{
	struct tracee *tracee;
	int status;
	pid_t tid;

	while (tracees && (tid = trace_wait(&status)) > 0) {
		do
			trace_changed(tid, status);
		while ((tid = waitpid(-1, &status, __WALL | WNOHANG)) > 0);
		while ((tracee = tracee_stopped()))
			trace_stopped(tracee);
	}
}

/* In the child: wait until we are seized, which closes the other end of the pipe. */
static void __attribute__((noreturn)) trace_execute(char **argv, int go)
{
	char byte;

	while (read(go, &byte, 1) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &trace.before, NULL);
	execvp(argv[0], argv);
	warn("%s", argv[0]);
	_exit(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE);
}

/**
 * trace_command() - run a command and trace it
 * @argv: the command and its arguments
 * @follow: trace its children, too
 *
 * Return: how it ended, as wait() tells it.
 */
int trace_command(char **argv, bool follow)
{
	pid_t child;
	int go[2];

	trace_set_up(follow);
	if (pipe2(go, O_CLOEXEC))
		err(1, "pipe2");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child) {
		close(go[1]);
		trace_execute(argv, go[0]);
	}
	close(go[0]);
	trace.command = child;
	trace_listen();

	/* It stops when it executes the command, and from then on at system calls. */
	if (ptrace(PTRACE_SEIZE, child, NULL, trace.options)) {
		int error = errno;

		kill(child, SIGKILL);
		errx(1, "PTRACE_SEIZE: %s", strerror(error));
	}
	tracee_add(child, child);
	close(go[1]);
	trace_loop();
	return trace.status;
}

static void trace_seize(pid_t tid)
{
	if (tracee_find(tid))
		return;
	if (ptrace(PTRACE_SEIZE, tid, NULL, trace.options)) {
		int error = errno;

		/* Threads end at any time. One that a thread of ours has made is ours already. */
		if (error != ESRCH && proc_tracer(tid) != getpid())
			errx(1, "PTRACE_SEIZE of %d: %s", tid, strerror(error));
		return;
	}
	tracee_add(tid, proc_tgid(tid));
	trace.seized++;
	trace_ptrace(PTRACE_INTERRUPT, tid, 0);
}

/**
 * trace_process() - trace a process that runs already
 * @pid: the process
 * @follow: trace children that it makes from now on, too
 *
 * Threads that are made while we look come by themselves or are found in the next
 * round; the last round finds none.
 *
 * Return: 0 after its end, or when a signal made us let it go.
 */
int trace_process(pid_t pid, bool follow)
{
	trace_set_up(follow);
	trace_listen();
	do {
		trace.seized = 0;
		if (!proc_threads(pid, trace_seize) && !tracees)
			errx(1, "%d: no such process", pid);
	} while (trace.seized);
	trace_loop();
	return 0;
}
