/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slow model of core/ring.c: records have numbers of 64 bits that never wrap, and
 * every slot remembers which record is in it.  What an index of 32 bits means is
 * found by trying all records that it could mean.
 *
 * Each step does one thing both ways and returns NULL if they agree, else what
 * differs.
 */
#ifndef T1X_TESTING_RING_MODEL_H
#define T1X_TESTING_RING_MODEL_H

#include "ring.h"

#define RING_MODEL_SLOTS	64	/* the largest ring with a model */

/**
 * struct ring_record - what is in a slot
 * @sequence: as the ring said
 * @lost: as the ring said
 */
struct ring_record {
	u64 sequence;
	u64 lost;
};

/**
 * struct ring_pair - a ring and its model
 * @ring: what the code works on
 * @reader: the reader that goes with it
 * @producer: the producer's word; no array, so that the address sanitizer sees
 *	      whoever looks beside it
 * @consumer: the consumer's word
 * @slots: storage of the ring
 * @first: index of record 0
 * @head: records written
 * @tail: records read, as the producer should believe
 * @read: records read by the reader
 * @lost: records lost
 * @sent: records sent
 * @noticed: records up to the one that stands for notices, 0 if none does
 */
struct ring_pair {
	struct t1x_ring ring;
	struct t1x_ring_reader reader;
	u32 *producer;
	u32 *consumer;
	struct ring_record *slots;
	u32 first;
	u64 head;
	u64 tail;
	u64 read;
	u64 lost;
	u64 sent;
	u64 noticed;
};

void ring_pair_init(struct ring_pair *pair, u32 nr_records);
void ring_pair_start_at(struct ring_pair *pair, u32 first);
void ring_pair_fini(struct ring_pair *pair);

const char *ring_pair_send(struct ring_pair *pair);
const char *ring_pair_notify(struct ring_pair *pair);
const char *ring_pair_abandon(struct ring_pair *pair);
const char *ring_pair_lose(struct ring_pair *pair, u64 nr);
const char *ring_pair_read(struct ring_pair *pair, u32 most);
void ring_pair_scribble(struct ring_pair *pair, u32 index);
void ring_pair_mend(struct ring_pair *pair);

#endif /* T1X_TESTING_RING_MODEL_H */
