/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another process, that does what it is told.
 *
 *	struct peer *peer = peer_begin();
 *	EXPECT_EQ(peer_call(peer, unmap_it, address), 0);	runs there
 *	peer_end(peer);						SIGKILL
 */
#ifndef SELFTESTS_PEER_H
#define SELFTESTS_PEER_H

#include "child.h"

struct peer {
	pid_t pid;
	int asked;
	int done;
	long (*call)(void *arg);
	void *arg;
	long result;
};

static inline void __attribute__((noreturn)) peer_serve(struct peer *peer)
{
	for (int turn = 1;; turn++) {
		while (__atomic_load_n(&peer->asked, __ATOMIC_ACQUIRE) < turn)
			usleep(200);
		peer->result = peer->call(peer->arg);
		child_post(&peer->done, turn);
	}
}

/* It begins as a copy of this process. */
static inline struct peer *peer_begin(void)
{
	struct peer *peer = child_shared(sizeof(*peer));
	pid_t pid = child_begin();

	if (!pid)
		peer_serve(peer);
	peer->pid = pid;
	return peer;
}

/* Let it begin something that does not return, or not soon. */
static inline void peer_start(struct peer *peer, long (*call)(void *arg), void *arg)
{
	peer->call = call;
	peer->arg = arg;
	child_post(&peer->asked, peer->asked + 1);
}

static inline long peer_call(struct peer *peer, long (*call)(void *arg), void *arg)
{
	peer_start(peer, call, arg);
	ASSERT_TRUE(child_await(&peer->done, peer->asked));
	return peer->result;
}

static inline void peer_end(struct peer *peer)
{
	child_kill(peer->pid);
	munmap(peer, sizeof(*peer));
}

#endif /* SELFTESTS_PEER_H */
