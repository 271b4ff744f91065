/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of another process that can be looked at when that process has it no more: a
 * pipe keeps it.
 *
 *	witness_open(&witness);				before the other process begins
 *	peer_call(peer, witness_take, &witness);	takes the page at witness.addr
 *	witness_look(&witness, buf);
 */
#ifndef SELFTESTS_WITNESS_H
#define SELFTESTS_WITNESS_H

#include <fcntl.h>
#include <sys/uio.h>

#include "check.h"

struct witness {
	void *addr;
	int pipe[2], copy[2];
};

static inline void witness_open(struct witness *witness)
{
	must_sys(pipe(witness->pipe));
	must_sys(pipe(witness->copy));
}

/* In the other process: the page itself, not a copy of it, goes into the pipe. */
static inline long witness_take(void *arg)
{
	const struct witness *witness = arg;
	struct iovec page = { .iov_base = witness->addr, .iov_len = PAGE };

	return vmsplice(witness->pipe[1], &page, 1, 0) != (ssize_t)PAGE;
}

/* What it has now. */
static inline void witness_look(const struct witness *witness, void *buf)
{
	must_be(tee(witness->pipe[0], witness->copy[1], PAGE, 0) == (ssize_t)PAGE);
	must_be(read(witness->copy[0], buf, PAGE) == (ssize_t)PAGE);
}

static inline void witness_close(struct witness *witness)
{
	for (int i = 0; i < 2; i++) {
		close(witness->pipe[i]);
		close(witness->copy[i]);
	}
}

#endif /* SELFTESTS_WITNESS_H */
