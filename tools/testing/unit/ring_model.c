// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of core/ring.c: record by record.
 */
#include <assert.h>
#include <stdlib.h>

#include "ring_model.h"

/**
 * ring_pair_init() - make an empty ring and its model
 * @pair: result
 * @nr_records: slots, at most RING_MODEL_SLOTS
 */
void ring_pair_init(struct ring_pair *pair, u32 nr_records)
{
	assert(nr_records && nr_records <= RING_MODEL_SLOTS);
	*pair = (struct ring_pair){
		.producer = malloc(sizeof(u32)),
		.consumer = malloc(sizeof(u32)),
		.slots = calloc(nr_records, sizeof(*pair->slots)),
		.first = 0xfffffff0,
	};
	assert(pair->producer && pair->consumer && pair->slots);
	t1x_ring_init(&pair->ring, pair->producer, pair->consumer, nr_records);
	pair->reader = (struct t1x_ring_reader){
		.producer = pair->producer,
		.consumer = pair->consumer,
		.nr_records = nr_records,
	};
}

/**
 * ring_pair_start_at() - as if the ring had always begun at another index
 * @pair: a ring that nothing has happened to
 * @first: index of its first record
 */
void ring_pair_start_at(struct ring_pair *pair, u32 first)
{
	assert(!pair->sent);
	pair->first = first;
	pair->ring.head = first;
	pair->ring.tail = first;
	*pair->producer = first;
	*pair->consumer = first;
}

/**
 * ring_pair_fini() - free a ring
 * @pair: made by ring_pair_init()
 */
void ring_pair_fini(struct ring_pair *pair)
{
	free(pair->producer);
	free(pair->consumer);
	free(pair->slots);
}

static u32 ring_pair_index(const struct ring_pair *pair, u64 record)
{
	return pair->first + record;
}

static u32 ring_pair_slot(const struct ring_pair *pair, u64 record)
{
	return (pair->first + record) % pair->reader.nr_records;
}

/* The producer believes an index if there is a record that it can mean. */
static void ring_pair_ask(struct ring_pair *pair)
{
	for (u64 record = pair->tail; record <= pair->head; record++) {
		if (ring_pair_index(pair, record) == *pair->consumer) {
			pair->tail = record;
			return;
		}
	}
}

static const char *ring_pair_compare(const struct ring_pair *pair)
{
	const struct t1x_ring *ring = &pair->ring;

	if (ring->head != ring_pair_index(pair, pair->head))
		return "another head";
	if (ring->tail != ring_pair_index(pair, pair->tail))
		return "another tail is believed";
	if (*pair->producer != ring->head)
		return "the consumer is told another head";
	if (ring->sequence != pair->head || ring->lost != pair->lost)
		return "other counts";
	if (ring->sequence + ring->lost != pair->sent)
		return "written and lost are not what was sent";
	return NULL;
}

typedef bool ring_claim(struct t1x_ring *ring, struct t1x_ring_slot *slot);

/* What both ways of claiming say; @expect is whether there is a slot. */
static const char *ring_pair_claim(struct ring_pair *pair, ring_claim *claim, bool expect,
				   struct t1x_ring_slot *slot)
{
	const u32 consumer = *pair->consumer;

	*slot = (struct t1x_ring_slot){ .at = -1U };
	if (claim(&pair->ring, slot) != expect)
		return expect ? "no slot, but there is one" : "a slot, but there is none";
	if (*pair->consumer != consumer)
		return "the consumer's index is written";
	if (!expect)
		return slot->at == -1U ? NULL : "a slot is given and denied";
	if (slot->at != ring_pair_slot(pair, pair->head))
		return "another slot";
	if (slot->sequence != pair->head || slot->lost != pair->lost)
		return "other numbers for the record";
	return NULL;
}

/* A record that is claimed, or else lost, in both. */
static const char *ring_pair_put(struct ring_pair *pair, ring_claim *claim)
{
	bool has_room = pair->head - pair->tail < pair->reader.nr_records;
	struct t1x_ring_slot slot;
	const char *problem;

	problem = ring_pair_claim(pair, claim, has_room, &slot);
	if (problem)
		return problem;
	pair->sent++;
	if (has_room) {
		pair->slots[slot.at] = (struct ring_record){ slot.sequence, slot.lost };
		t1x_ring_publish(&pair->ring);
		pair->head++;
	} else {
		pair->lost++;
	}
	return ring_pair_compare(pair);
}

/**
 * ring_pair_send() - send one record, in both
 * @pair: ring and model
 *
 * Return: NULL if they agree, else what differs.
 */
const char *ring_pair_send(struct ring_pair *pair)
{
	ring_pair_ask(pair);
	return ring_pair_put(pair, t1x_ring_claim);
}

/**
 * ring_pair_notify() - send a notice, in both
 * @pair: ring and model
 *
 * Return: NULL if they agree, else what differs.
 */
const char *ring_pair_notify(struct ring_pair *pair)
{
	struct t1x_ring_slot slot;
	const char *problem;

	ring_pair_ask(pair);
	if (pair->noticed > pair->tail) {
		problem = ring_pair_claim(pair, t1x_ring_claim_notice, false, &slot);
		return problem ? problem : ring_pair_compare(pair);
	}
	problem = ring_pair_put(pair, t1x_ring_claim_notice);
	pair->noticed = pair->head;
	return problem;
}

/**
 * ring_pair_abandon() - claim a slot and do without it
 * @pair: ring with room, and model
 *
 * Return: NULL if they agree that nothing has happened, else what differs.
 */
const char *ring_pair_abandon(struct ring_pair *pair)
{
	struct t1x_ring_slot slot;
	const char *problem;

	ring_pair_ask(pair);
	if (pair->head - pair->tail == pair->reader.nr_records)
		return ring_pair_compare(pair);
	problem = ring_pair_claim(pair, t1x_ring_claim, true, &slot);
	return problem ? problem : ring_pair_compare(pair);
}

/**
 * ring_pair_lose() - records get lost before they reach the ring
 * @pair: ring and model
 * @nr: how many
 *
 * Return: NULL if they agree, else what differs.
 */
const char *ring_pair_lose(struct ring_pair *pair, u64 nr)
{
	pair->sent += nr;
	pair->lost += nr;
	t1x_ring_lose(&pair->ring, nr);
	return ring_pair_compare(pair);
}

/**
 * ring_pair_read() - read what is there
 * @pair: ring and model; the consumer's word is the reader's
 * @most: records to read at most; 0 looks and leaves them
 *
 * Return: NULL if they agree, else what differs.
 */
const char *ring_pair_read(struct ring_pair *pair, u32 most)
{
	u32 ready = pair->head - pair->read, slot = -1U, nr;
	u32 to_end = pair->reader.nr_records - ring_pair_slot(pair, pair->read);
	u32 expect = ready < to_end ? ready : to_end;

	if (t1x_ring_reader_is_empty(&pair->reader) != !ready)
		return ready ? "empty in spite of records" : "not empty without a record";
	nr = t1x_ring_reader_run(&pair->reader, &slot);
	if (nr != expect)
		return nr < expect ? "fewer records in one piece" : "more records in one piece";
	if (slot != ring_pair_slot(pair, pair->read))
		return "the reader begins elsewhere";

	nr = nr < most ? nr : most;
	for (u32 i = 0; i < nr; i++) {
		const struct ring_record *record = &pair->slots[slot + i];

		if (record->sequence != pair->read + i)
			return "a gap in the sequence";
		if (record->sequence + record->lost >= pair->sent)
			return "a record that was never sent";
	}
	t1x_ring_reader_done(&pair->reader, nr);
	pair->read += nr;
	if (*pair->consumer != ring_pair_index(pair, pair->read))
		return "the producer is told another tail";
	return ring_pair_compare(pair);
}

/**
 * ring_pair_scribble() - the consumer writes whatever he likes
 * @pair: ring and model
 * @index: what he writes
 */
void ring_pair_scribble(struct ring_pair *pair, u32 index)
{
	*pair->consumer = index;
}

/**
 * ring_pair_mend() - the consumer comes to reason
 * @pair: ring and model
 *
 * What the producer believes is as far as he is now, if it was further.
 */
void ring_pair_mend(struct ring_pair *pair)
{
	if (pair->read < pair->tail)
		pair->read = pair->tail;
	*pair->consumer = ring_pair_index(pair, pair->read);
}
