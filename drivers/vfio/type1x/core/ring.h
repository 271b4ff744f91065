/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings: queues of records between a producer, who trusts nobody, and a consumer.
 *
 * Indices have 32 bits and count records for ever.  As nr_records is a power of two,
 * slot = index % nr_records goes on across the wrap.  A ring of 8, 14 written, 11 read:
 *
 *	index	fffffff9  fffffffa | fffffffb  fffffffc  fffffffd | fffffffe  ffffffff
 *	slot	       1         2 |        3         4         5 |        6         7
 *		    read      read |    ready     ready     ready |     free      free
 *				    tail                           head
 *
 * used = head - tail = 3; five records later head is 0x00000003, and the ring is full.
 * Indices begin 16 before the wrap, so that every consumer meets it.
 *
 * In a full ring new records are lost: the first of a storm tell more than the last.
 * Each is given how many were written (sequence) and lost before it: from sequence 7,
 * lost 0, to sequence 8, lost 3, three are missing.
 *
 * Notices are records that repeat themselves: one stands for those that come before it
 * is read.  One for which there is no room is lost, once: the last record stands for it.
 *
 * A consumer who has his index mapped writes whatever he likes, at any time.  The
 * producer has copies of its own, reads that index once per record, and believes it
 * only from tail to head; else it is as if he had not written:
 *
 *	0xfffffffd	tail + 2	believed: 1 used
 *	0xfffffffe	head		believed: 0 used
 *	0xfffffff9	back again	not: 3 used
 *	0x00000000	beyond head	not: 3 used
 *
 * So all that he can do is lose records, or have one overwritten that he gave back.
 *
 * Two pairs of barriers; the consumer's half is here or in the user's program:
 *
 *	      write record
 *	  A   t1x_ring_publish(): release head --> t1x_ring_reader_run(): acquire head
 *	                                           read record
 *	  B   t1x_ring_claim(): acquire tail  <--  t1x_ring_reader_done(): release tail
 *
 * Producers call one at a time, readers of one ring as well.  Pure code, as all here.
 */
#ifndef T1X_CORE_RING_H
#define T1X_CORE_RING_H

#include <linux/compiler.h>
#include <linux/types.h>

#define T1X_RING_FIRST	0xfffffff0U	/* index of the first record */

/**
 * struct t1x_ring - what the producer knows
 * @producer: where @head is published; the consumer reads it
 * @consumer: where the consumer publishes the index of the next record to read
 * @nr_records: slots, a power of two, at most 2^31
 * @head: index of the next record to write
 * @tail: index of the next record to read, as far as the consumer is believed
 * @notice: index of the record that stands for further notices, if it @has_notice
 * @has_notice: there was one
 * @sequence: records written so far
 * @lost: records lost so far
 */
struct t1x_ring {
	u32 *producer;
	const u32 *consumer;
	u32 nr_records;
	u32 head;
	u32 tail;
	u32 notice;
	bool has_notice;
	u64 sequence;
	u64 lost;
};

/**
 * struct t1x_ring_slot - where a record goes, and what is to be in it
 * @at: slot
 * @sequence: records written before it
 * @lost: records lost before it
 */
struct t1x_ring_slot {
	u32 at;
	u64 sequence;
	u64 lost;
};

/**
 * struct t1x_ring_reader - a consumer in the kernel
 * @producer: where the producer publishes its index
 * @consumer: index of the next record to read; nobody else writes it
 * @nr_records: slots, as in &struct t1x_ring
 */
struct t1x_ring_reader {
	const u32 *producer;
	u32 *consumer;
	u32 nr_records;
};

void t1x_ring_init(struct t1x_ring *ring, u32 *producer, u32 *consumer, u32 nr_records);
bool t1x_ring_claim(struct t1x_ring *ring, struct t1x_ring_slot *slot);
bool t1x_ring_claim_notice(struct t1x_ring *ring, struct t1x_ring_slot *slot);
void t1x_ring_publish(struct t1x_ring *ring);
u32 t1x_ring_reader_run(const struct t1x_ring_reader *reader, u32 *slot);
void t1x_ring_reader_done(const struct t1x_ring_reader *reader, u32 nr);

/**
 * t1x_ring_lose() - count records that did not get as far as the ring
 * @ring: ring, as for t1x_ring_claim()
 * @nr: how many, at least
 */
static inline void t1x_ring_lose(struct t1x_ring *ring, u64 nr)
{
	ring->lost += nr;
}

/**
 * t1x_ring_reader_is_empty() - has a reader nothing to read?
 * @reader: reader; others may use it at the same time
 *
 * Return: false if there is a record; t1x_ring_reader_run() gives it.
 */
static inline bool t1x_ring_reader_is_empty(const struct t1x_ring_reader *reader)
{
	return READ_ONCE(*reader->consumer) == READ_ONCE(*reader->producer);
}

#endif /* T1X_CORE_RING_H */
