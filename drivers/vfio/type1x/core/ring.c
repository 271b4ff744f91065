// SPDX-License-Identifier: GPL-2.0-only
/*
 * Indices of a ring, taken and given; see ring.h for the terms.
 */
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include <asm/barrier.h>

#include "ring.h"

static u32 t1x_ring_slot_of(u32 index, u32 nr_records)
{
	return index & (nr_records - 1);
}

/**
 * t1x_ring_init() - make an empty ring, which nobody has yet
 * @ring: result
 * @producer: word that the consumer reads; from here on only written
 * @consumer: word that the consumer writes; from here on only read
 * @nr_records: slots, a power of two, at most 2^31
 */
void t1x_ring_init(struct t1x_ring *ring, u32 *producer, u32 *consumer, u32 nr_records)
{
	*ring = (struct t1x_ring){
		.producer = producer,
		.consumer = consumer,
		.nr_records = nr_records,
		.head = T1X_RING_FIRST,
		.tail = T1X_RING_FIRST,
	};
	WRITE_ONCE(*producer, T1X_RING_FIRST);
	WRITE_ONCE(*consumer, T1X_RING_FIRST);
}

/* Believe the consumer or not: what lies before tail is a huge distance from it. */
static void t1x_ring_ask(struct t1x_ring *ring)
{
	/* Pairs with the release in t1x_ring_reader_done() or in the user's program. */
	u32 claimed = smp_load_acquire(ring->consumer);

	if (claimed - ring->tail <= ring->head - ring->tail)
		ring->tail = claimed;
}

/**
 * t1x_ring_claim() - a slot for one record
 * @ring: ring
 * @slot: result, untouched if there is none
 *
 * Return: false if the ring is full; the record is counted as lost.  Before
 * t1x_ring_publish() nothing else has happened.
 */
bool t1x_ring_claim(struct t1x_ring *ring, struct t1x_ring_slot *slot)
{
	t1x_ring_ask(ring);
	if (ring->head - ring->tail == ring->nr_records) {
		t1x_ring_lose(ring, 1);
		return false;
	}
	slot->at = t1x_ring_slot_of(ring->head, ring->nr_records);
	slot->sequence = ring->sequence;
	slot->lost = ring->lost;
	return true;
}

/**
 * t1x_ring_claim_notice() - a slot for a notice
 * @ring: ring
 * @slot: result, untouched if there is none
 *
 * Return: false if it is not to be written: another one, not read yet, stands for it; or
 * the ring is full, and it is counted as lost unless one before it was.  If there is a
 * slot it has to be published.
 */
bool t1x_ring_claim_notice(struct t1x_ring *ring, struct t1x_ring_slot *slot)
{
	t1x_ring_ask(ring);
	if (ring->has_notice && ring->notice - ring->tail < ring->head - ring->tail)
		return false;
	ring->has_notice = true;
	ring->notice = ring->head;
	if (t1x_ring_claim(ring, slot))
		return true;
	ring->notice--;
	return false;
}

/**
 * t1x_ring_publish() - let the consumer have the record
 * @ring: ring whose last t1x_ring_claim() gave a slot, which is filled by now
 */
void t1x_ring_publish(struct t1x_ring *ring)
{
	ring->head++;
	ring->sequence++;
	/* Pairs with the acquire in t1x_ring_reader_run() or in the user's program. */
	smp_store_release(ring->producer, ring->head);
}

/**
 * t1x_ring_reader_run() - complete records that are behind each other
 * @reader: reader
 * @slot: result: slot of the first
 *
 * Return: how many, none beyond the last slot.  They stay until t1x_ring_reader_done().
 */
u32 t1x_ring_reader_run(const struct t1x_ring_reader *reader, u32 *slot)
{
	u32 tail = *reader->consumer;
	/* Pairs with the release in t1x_ring_publish(). */
	u32 head = smp_load_acquire(reader->producer);

	*slot = t1x_ring_slot_of(tail, reader->nr_records);
	return min(head - tail, reader->nr_records - *slot);
}

/**
 * t1x_ring_reader_done() - give slots back to the producer
 * @reader: reader
 * @nr: records that have been read, at most what t1x_ring_reader_run() returned
 */
void t1x_ring_reader_done(const struct t1x_ring_reader *reader, u32 nr)
{
	/* Pairs with the acquire in t1x_ring_ask(). */
	smp_store_release(reader->consumer, *reader->consumer + nr);
}
