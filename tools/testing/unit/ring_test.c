// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/ring against its model: by hand, exhaustively over all that a consumer can
 * say in a small ring, at random, and with as many slots as an index allows.
 */
#include "ring_model.h"
#include "unit.h"

#define FIRST		0xfffffff0U
#define MOST_EXHAUSTED	8	/* slots */
#define RANDOM_STEPS	20000
#define MOST_SLOTS	(1U << 31)

static const u32 sizes[] = { 1, 2, 4, 8, 16, 32, 64 };

/* Where indices wrap, change sign, and where they do neither. */
static const u32 starts[] = { FIRST, 0xfffffffe, 0xffffffff, 0, 1, 0x7ffffffe, 0x80000000, 12345 };

/* The picture in ring.h, and the table of what a user may write. */
static void example_of_the_header_holds(void)
{
	static const struct {
		u32 writes, believed;
	} user[] = {
		{ 0xfffffffd, 0xfffffffd },
		{ 0xfffffffe, 0xfffffffe },
		{ 0xfffffff9, 0xfffffffb },
		{ 0x00000000, 0xfffffffb },
	};
	u32 producer, consumer, slot;
	struct t1x_ring_reader reader = { &producer, &consumer, 8 };
	struct t1x_ring_slot claimed;
	struct t1x_ring ring;

	t1x_ring_init(&ring, &producer, &consumer, 8);
	UNIT_CHECK(producer == FIRST && consumer == FIRST && T1X_RING_FIRST == FIRST);
	for (unsigned int i = 0; i < 14; i++) {
		UNIT_CHECK(t1x_ring_claim(&ring, &claimed) && claimed.sequence == i);
		t1x_ring_publish(&ring);
		if (i < 11)
			t1x_ring_reader_done(&reader, 1);
	}
	UNIT_CHECK(producer == 0xfffffffe && consumer == 0xfffffffb);
	UNIT_CHECK(t1x_ring_reader_run(&reader, &slot) == 3 && slot == 3);
	for (size_t i = 0; i < UNIT_COUNT(user); i++) {
		struct t1x_ring copy = ring;

		consumer = user[i].writes;
		UNIT_CHECK(t1x_ring_claim(&copy, &claimed));
		UNIT_CHECK(claimed.at == 6 && claimed.sequence == 14 && claimed.lost == 0);
		UNIT_CHECK(copy.tail == user[i].believed && copy.head == 0xfffffffe);
	}

	consumer = 0xfffffffb;
	for (unsigned int i = 0; i < 5; i++) {
		UNIT_CHECK(t1x_ring_claim(&ring, &claimed) && claimed.at == (6 + i) % 8);
		t1x_ring_publish(&ring);
	}
	UNIT_CHECK(producer == 0x00000003);
	UNIT_CHECK(!t1x_ring_claim(&ring, &claimed) && ring.lost == 1);
}

/* A ring of @nr_records at @start of which @read records of @sent were read. */
static void pair_prepare(struct ring_pair *pair, u32 nr_records, u32 start, u32 read, u32 sent)
{
	ring_pair_init(pair, nr_records);
	ring_pair_start_at(pair, start);
	for (u32 i = 0; i < sent; i++) {
		UNIT_AGREE(ring_pair_send(pair));
		if (i < read)
			UNIT_AGREE(ring_pair_read(pair, 1));
	}
}

/* Reads all there is, in pieces of up to @most; at most as often as could be needed. */
static void pair_drain(struct ring_pair *pair, u32 most)
{
	for (unsigned int i = 0; i < RING_MODEL_SLOTS && pair->read < pair->head; i++)
		UNIT_AGREE(ring_pair_read(pair, most));
	UNIT_CHECK(pair->read == pair->head);
}

/*
 * Every index around the ring, in every state of it: the producer's next two records
 * and, when the consumer has come to reason, all that is left.
 */
static void scribble_all(u32 nr_records, u32 start, u32 read, u32 sent)
{
	u32 span = sent + 3 * nr_records;

	for (u32 i = 0; i <= 2 * span; i++) {
		struct ring_pair pair;

		pair_prepare(&pair, nr_records, start, read, sent);
		ring_pair_scribble(&pair, start + i - span);
		UNIT_AGREE(ring_pair_send(&pair));
		ring_pair_scribble(&pair, start + i / 2);
		UNIT_AGREE(ring_pair_send(&pair));
		ring_pair_mend(&pair);
		pair_drain(&pair, -1U);
		UNIT_AGREE(ring_pair_send(&pair));
		ring_pair_fini(&pair);
	}
}

static void any_index_is_exhaustively_harmless(void)
{
	for (u32 nr_records = 1; nr_records <= MOST_EXHAUSTED; nr_records *= 2)
		for (size_t i = 0; i < UNIT_COUNT(starts); i++)
			for (u32 read = 0; read <= nr_records; read++)
				for (u32 sent = read; sent <= read + nr_records; sent++)
					scribble_all(nr_records, starts[i], read, sent);
}

/* What an index that wraps at 2^31 or is taken for a signed number would believe. */
static void far_indices_are_not_believed(void)
{
	for (size_t i = 0; i < UNIT_COUNT(starts); i++) {
		for (unsigned int bit = 4; bit < 32; bit++) {
			struct ring_pair pair;

			pair_prepare(&pair, 8, starts[i], 5, 9);
			ring_pair_scribble(&pair, starts[i] + 5 + (1U << bit));
			UNIT_AGREE(ring_pair_send(&pair));
			UNIT_CHECK(pair.tail == 5);
			ring_pair_scribble(&pair, starts[i] + 5 - (1U << bit));
			UNIT_AGREE(ring_pair_send(&pair));
			UNIT_CHECK(pair.tail == 5);
			ring_pair_fini(&pair);
		}
	}
}

/* The first of a storm stay, the rest is counted, and then it goes on. */
static void storms_are_counted_and_end(void)
{
	for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
		u32 nr_records = sizes[i];
		struct ring_pair pair;

		pair_prepare(&pair, nr_records, FIRST, 0, nr_records + 1000);
		UNIT_CHECK(pair.head == nr_records && pair.lost == 1000);
		pair_drain(&pair, 3);
		UNIT_AGREE(ring_pair_send(&pair));
		UNIT_CHECK(pair.head == nr_records + 1);
		UNIT_CHECK(pair.slots[(FIRST + nr_records) % nr_records].lost == 1000);
		ring_pair_fini(&pair);
	}
}

/* One stands for all until it is read, whatever comes behind it. */
static void notices_do_not_fill_a_ring(void)
{
	for (size_t i = 0; i < UNIT_COUNT(starts); i++) {
		struct ring_pair pair;

		pair_prepare(&pair, 8, starts[i], 2, 4);
		for (unsigned int nr = 0; nr < 100; nr++)
			UNIT_AGREE(ring_pair_notify(&pair));
		UNIT_CHECK(pair.head == 5 && pair.lost == 0);
		UNIT_AGREE(ring_pair_send(&pair));
		UNIT_AGREE(ring_pair_notify(&pair));
		UNIT_AGREE(ring_pair_read(&pair, 2));
		UNIT_AGREE(ring_pair_notify(&pair));
		UNIT_CHECK(pair.head == 6);
		/* Now it is read. */
		UNIT_AGREE(ring_pair_read(&pair, 1));
		UNIT_AGREE(ring_pair_notify(&pair));
		UNIT_CHECK(pair.head == 7 && pair.lost == 0);
		ring_pair_fini(&pair);
	}
}

/* What finds no room is lost once, until all that was there has been read. */
static void notices_are_lost_once(void)
{
	for (size_t i = 0; i < UNIT_COUNT(starts); i++) {
		struct ring_pair pair;

		pair_prepare(&pair, 8, starts[i], 0, 8);
		for (unsigned int nr = 0; nr < 100; nr++)
			UNIT_AGREE(ring_pair_notify(&pair));
		UNIT_CHECK(pair.head == 8 && pair.lost == 1);
		UNIT_AGREE(ring_pair_send(&pair));
		UNIT_CHECK(pair.lost == 2);
		UNIT_AGREE(ring_pair_read(&pair, 1));
		UNIT_AGREE(ring_pair_notify(&pair));
		UNIT_CHECK(pair.head == 8 && pair.lost == 2);
		pair_drain(&pair, -1U);
		UNIT_AGREE(ring_pair_notify(&pair));
		UNIT_CHECK(pair.head == 9 && pair.lost == 2);
		ring_pair_fini(&pair);
	}
}

/* A copy to user space that fails takes nothing out. */
static void records_stay_until_they_are_done(void)
{
	struct ring_pair pair;

	pair_prepare(&pair, 16, 5, 0, 16);
	for (unsigned int i = 0; i < 3; i++)
		UNIT_AGREE(ring_pair_read(&pair, 0));
	UNIT_AGREE(ring_pair_send(&pair));
	UNIT_CHECK(pair.lost == 1);

	/* Slots 5 to 15, then 0 to 4. */
	UNIT_AGREE(ring_pair_read(&pair, -1U));
	UNIT_CHECK(pair.read == 11);
	UNIT_AGREE(ring_pair_read(&pair, -1U));
	UNIT_CHECK(pair.read == 16);
	ring_pair_fini(&pair);
}

static void pair_step(struct ring_pair *pair)
{
	switch (unit_random_below(9)) {
	case 0:
		UNIT_AGREE(ring_pair_abandon(pair));
		break;
	case 8:
		UNIT_AGREE(ring_pair_notify(pair));
		break;
	case 1:
		UNIT_AGREE(ring_pair_lose(pair, unit_random_below(5)));
		break;
	case 2:
	case 3:
		UNIT_AGREE(ring_pair_read(pair, unit_random_below(pair->reader.nr_records + 2)));
		break;
	case 4:
		/* Rarely: it must be a ring that has something in it most of the time. */
		if (!unit_random_below(20)) {
			ring_pair_scribble(pair, pair->ring.head + 20 - unit_random_below(100));
			UNIT_AGREE(ring_pair_notify(pair));
			UNIT_AGREE(ring_pair_send(pair));
			ring_pair_mend(pair);
		}
		break;
	default:
		UNIT_AGREE(ring_pair_send(pair));
		break;
	}
}

static void all_agree_on_random_steps(void)
{
	for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
		for (size_t j = 0; j < UNIT_COUNT(starts); j++) {
			struct ring_pair pair;

			ring_pair_init(&pair, sizes[i]);
			ring_pair_start_at(&pair, starts[j]);
			for (unsigned int step = 0; step < RANDOM_STEPS; step++)
				pair_step(&pair);
			UNIT_CHECK(pair.head > 1000);
			ring_pair_fini(&pair);
		}
	}
}

/* No storage, indices only: the difference of two of them is all 32 bits but one. */
static void largest_ring_is_right(void)
{
	u32 producer, consumer, slot;
	struct t1x_ring_reader reader = { &producer, &consumer, MOST_SLOTS };
	struct t1x_ring_slot claimed;
	struct t1x_ring ring;

	t1x_ring_init(&ring, &producer, &consumer, MOST_SLOTS);
	ring.head += MOST_SLOTS - 1;
	UNIT_CHECK(t1x_ring_claim(&ring, &claimed) && claimed.at == (FIRST - 1) % MOST_SLOTS);
	t1x_ring_publish(&ring);
	UNIT_CHECK(!t1x_ring_claim(&ring, &claimed));
	UNIT_CHECK(t1x_ring_reader_run(&reader, &slot) == 16 && slot == FIRST % MOST_SLOTS);
	t1x_ring_reader_done(&reader, 16);
	UNIT_CHECK(t1x_ring_reader_run(&reader, &slot) == MOST_SLOTS - 16 && slot == 0);
	t1x_ring_reader_done(&reader, MOST_SLOTS - 16);
	UNIT_CHECK(t1x_ring_reader_is_empty(&reader));
	UNIT_CHECK(t1x_ring_claim(&ring, &claimed) && ring.tail == ring.head);
}

int main(void)
{
	/* clang-format off */
	static const struct unit_case cases[] = {
		UNIT_CASE(example_of_the_header_holds),
		UNIT_CASE(any_index_is_exhaustively_harmless),
		UNIT_CASE(far_indices_are_not_believed),
		UNIT_CASE(storms_are_counted_and_end),
		UNIT_CASE(notices_do_not_fill_a_ring),
		UNIT_CASE(notices_are_lost_once),
		UNIT_CASE(records_stay_until_they_are_done),
		UNIT_CASE(all_agree_on_random_steps),
		UNIT_CASE(largest_ring_is_right),
	};
	/* clang-format on */

	return unit_main(cases, UNIT_COUNT(cases));
}
