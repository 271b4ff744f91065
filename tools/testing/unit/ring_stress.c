// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/ring with a producer and a consumer who run at the same time, under the
 * thread sanitizer: records are ordinary memory, so that it objects if one of the
 * four barriers is missing.
 *
 * Both go as fast as they can but for what a case is about, and until that has
 * happened often enough, however long the machine takes for it.
 */
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <linux/compiler.h>

#include <asm/barrier.h>

#include "ring.h"
#include "unit.h"

#define NR_RECORDS	64
#define RECORD_WORDS	14	/* 128 bytes with what the ring says */
#define ENOUGH		100000	/* records to read */
#define PAUSE_EVERY	500	/* records, for a consumer who is slow */
#define SCRIBBLES	300000

struct record {
	u64 sequence;
	u64 lost;
	u64 words[RECORD_WORDS];
};

/**
 * struct stress - what the threads of a case share
 * @ring: the producer's
 * @producer: index
 * @consumer: index
 * @records: storage
 * @sent: records sent so far
 * @is_over: the producer may stop
 * @is_patient: the producer waits for room
 * @next: sequence number that the consumer expects
 * @total: sequence + lost must not be less than this
 */
struct stress {
	struct t1x_ring ring;
	u32 producer;
	u32 consumer;
	struct record records[NR_RECORDS];
	u64 sent;
	bool is_over;
	bool is_patient;
	u64 next;
	u64 total;
};

typedef void (*consume_step)(struct stress *stress);

/* Contents that no mixture of two records has. */
static u64 word_of(u64 sequence, size_t at)
{
	return (sequence + 1) * 0x9e3779b97f4a7c15 + at;
}

/* A claim or scribble that goes wrong ends the program: only one thread may report. */
static void stress_send(struct stress *stress)
{
	struct t1x_ring_slot slot;

	WRITE_ONCE(stress->sent, stress->sent + 1);
	if (t1x_ring_claim(&stress->ring, &slot)) {
		struct record *record = &stress->records[slot.at];

		assert(slot.at < NR_RECORDS);
		record->sequence = slot.sequence;
		record->lost = slot.lost;
		for (size_t i = 0; i < RECORD_WORDS; i++)
			record->words[i] = word_of(slot.sequence, i);
		t1x_ring_publish(&stress->ring);
	}
	assert(stress->ring.head - stress->ring.tail <= NR_RECORDS);
	assert(stress->ring.sequence + stress->ring.lost == stress->sent);
}

static void *stress_produce(void *data)
{
	struct stress *stress = data;

	while (!READ_ONCE(stress->is_over)) {
		if (stress->is_patient &&
		    stress->ring.head - READ_ONCE(stress->consumer) == NR_RECORDS)
			sched_yield();
		else
			stress_send(stress);
	}
	return NULL;
}

static void stress_check(struct stress *stress, const struct record *record)
{
	bool is_whole = true;

	for (size_t i = 0; i < RECORD_WORDS; i++)
		is_whole &= record->words[i] == word_of(record->sequence, i);
	UNIT_CHECK(is_whole);
	UNIT_CHECK(record->sequence == stress->next);
	UNIT_CHECK(record->sequence + record->lost >= stress->total);
	stress->total = record->sequence + record->lost + 1;
	stress->next++;
}

/* As read(2) of a fault fd does: records are copied, then given back. */
static void consume_copies(struct stress *stress)
{
	struct t1x_ring_reader reader = { &stress->producer, &stress->consumer, NR_RECORDS };
	struct record copies[NR_RECORDS];
	u32 slot, nr = t1x_ring_reader_run(&reader, &slot);

	if (!nr)
		sched_yield();
	assert(slot + nr <= NR_RECORDS);
	memcpy(copies, &stress->records[slot], nr * sizeof(*copies));
	t1x_ring_reader_done(&reader, nr);
	for (u32 i = 0; i < nr; i++)
		stress_check(stress, &copies[i]);
}

/* As a program does that has the ring mapped: looked at in place. */
static void consume_in_place(struct stress *stress)
{
	u32 tail = stress->consumer;

	/* Pairs with the release in t1x_ring_publish(). */
	if (tail == smp_load_acquire(&stress->producer)) {
		sched_yield();
		return;
	}
	stress_check(stress, &stress->records[tail % NR_RECORDS]);
	/* Pairs with the acquire in t1x_ring_ask(). */
	smp_store_release(&stress->consumer, tail + 1);
}

/* Until more has been sent than fits, so that some of it was lost. */
static void pause_until_overflow(struct stress *stress)
{
	u64 until = READ_ONCE(stress->sent) + NR_RECORDS + 2;

	while (READ_ONCE(stress->sent) < until)
		sched_yield();
}

static void stress_init(struct stress *stress)
{
	memset(stress, 0, sizeof(*stress));
	t1x_ring_init(&stress->ring, &stress->producer, &stress->consumer, NR_RECORDS);
}

static pthread_t stress_begin(struct stress *stress)
{
	pthread_t thread;
	int error;

	stress->is_over = false;
	error = pthread_create(&thread, NULL, stress_produce, stress);
	assert(!error);
	return thread;
}

static void stress_end(struct stress *stress, pthread_t thread)
{
	WRITE_ONCE(stress->is_over, true);
	pthread_join(thread, NULL);
}

/* Return: how often the consumer was slow. */
static u64 stress_run(struct stress *stress, consume_step consume, bool is_slow)
{
	u64 enough = stress->next + ENOUGH, pauses = 0, pause_at = 0;
	pthread_t thread = stress_begin(stress);

	while (stress->next < enough) {
		consume(stress);
		if (is_slow && stress->next >= pause_at) {
			pause_until_overflow(stress);
			pause_at = stress->next + PAUSE_EVERY;
			pauses++;
		}
	}
	stress_end(stress, thread);
	while (stress->consumer != stress->producer)
		consume(stress);
	UNIT_CHECK(stress->next == stress->ring.sequence);
	UNIT_CHECK(stress->next + stress->ring.lost == stress->sent);
	return pauses;
}

static void nothing_is_lost_if_there_is_room(void)
{
	static const consume_step steps[] = { consume_copies, consume_in_place };
	static struct stress stress;

	for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
		stress_init(&stress);
		stress.is_patient = true;
		stress_run(&stress, steps[i], false);
		UNIT_CHECK(stress.next == stress.sent && !stress.ring.lost);
	}
}

static void received_and_lost_is_sent(void)
{
	static const consume_step steps[] = { consume_copies, consume_in_place };
	static struct stress stress;

	for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
		u64 pauses;

		stress_init(&stress);
		pauses = stress_run(&stress, steps[i], true);
		UNIT_CHECK(pauses > 10 && stress.ring.lost >= pauses);
	}
}

/* Near misses, which are believed now and then, and anything. */
static u32 scribble(struct stress *stress)
{
	u32 near = READ_ONCE(stress->producer) - (u32)unit_random_below(2 * NR_RECORDS);

	return unit_random_below(4) ? near + NR_RECORDS / 2 : (u32)unit_random();
}

/*
 * A busy machine may run one thread after the other, so that the producer meets a full
 * ring only: what counts is that scribbles were believed.
 */
static bool was_believed(struct stress *stress)
{
	return READ_ONCE(stress->sent) >= ENOUGH && READ_ONCE(stress->producer) > NR_RECORDS;
}

/* The producer's own asserts are the test; then the consumer comes to reason. */
static void hostile_consumer_harms_nobody(void)
{
	static struct stress stress;
	pthread_t thread;

	stress_init(&stress);
	thread = stress_begin(&stress);
	for (unsigned int i = 0; i < SCRIBBLES || !was_believed(&stress); i++)
		WRITE_ONCE(stress.consumer, scribble(&stress));
	stress_end(&stress, thread);
	UNIT_CHECK(stress.ring.sequence > NR_RECORDS);

	stress.consumer = stress.producer;
	stress.next = stress.ring.sequence;
	stress.total = stress.sent;
	stress_run(&stress, consume_in_place, true);
}

int main(void)
{
	/* clang-format off */
	static const struct unit_case cases[] = {
		UNIT_CASE(nothing_is_lost_if_there_is_room),
		UNIT_CASE(received_and_lost_is_sent),
		UNIT_CASE(hostile_consumer_harms_nobody),
	};
	/* clang-format on */

	return unit_main(cases, UNIT_COUNT(cases));
}
