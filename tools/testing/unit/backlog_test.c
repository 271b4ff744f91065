// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/backlog with several made-up VT-d units, and more faults than there is room for.
 */
#include <string.h>

#include "backlog.h"
#include "unit.h"
#include "vtd_model.h"

#define OFFSET		0x220
#define MOST		256	/* records of a unit */
#define NR_UNITS	5
#define RANDOM_STEPS	20000

/* A unit, and what its driver and the backlog know of it. */
struct unit {
	struct vtd_unit hardware;
	u64 phys;
};

/* What is expected of the backlog: the records themselves, one behind the other. */
struct waiting {
	struct {
		struct vtd_fault fault;
		u64 phys;
		u64 time;
		bool is_loss;
	} entries[T1X_BACKLOG_ROOM];
	u32 nr;
	bool has_lost;
};

/* Too large for a stack, and zeroed by begin(). */
static struct t1x_backlog backlog;
static struct waiting waiting;
static u64 now;

static void begin(void)
{
	memset(&backlog, 0, sizeof(backlog));
	memset(&waiting, 0, sizeof(waiting));
	now = 0;
}

static void unit_init(struct unit *unit, u64 number, u32 nr_records)
{
	vtd_unit_init(&unit->hardware, OFFSET, nr_records);
	unit->phys = 0xfed90000 + number * 0x1000;
}

static void expect(const struct unit *unit, const struct vtd_fault *fault)
{
	u32 i = waiting.nr;

	if (i == T1X_BACKLOG_ROOM) {
		waiting.has_lost = true;
		return;
	}
	if (fault)
		waiting.entries[i].fault = *fault;
	waiting.entries[i].phys = unit->phys;
	waiting.entries[i].time = now;
	waiting.entries[i].is_loss = !fault;
	waiting.nr++;
}

/* Faults of one interrupt, up to those that the unit has no records for. */
static void send(struct unit *unit, u32 count)
{
	bool overflows = count > unit->hardware.nr;
	struct vtd_fault fault;

	now++;
	for (u32 i = 0; i < count; i++) {
		vtd_fault_draw(&fault);
		vtd_unit_fault(&unit->hardware, &fault);
		if (i < unit->hardware.nr)
			expect(unit, &fault);
	}
	if (overflows)
		expect(unit, NULL);
}

static bool interrupt(const struct unit *unit)
{
	const struct t1x_backlog_source source = {
		.phys = unit->phys,
		.regs = unit->hardware.regs,
		.size = unit->hardware.size,
		.cap = unit->hardware.cap,
	};

	return t1x_backlog_read(&backlog, &source, now);
}

/* An interrupt, and what the driver does then. */
static void handle(struct unit *unit, u32 count)
{
	send(unit, count);
	UNIT_CHECK(interrupt(unit) == !!count);
	vtd_unit_clear(&unit->hardware);
}

/* The oldest entries are those that are expected. */
static void deliver(u32 count)
{
	struct t1x_backlog_entry entry;

	for (u32 i = 0; i < count; i++) {
		UNIT_CHECK(t1x_backlog_take(&backlog, &entry));
		UNIT_CHECK(entry.unit == waiting.entries[i].phys);
		UNIT_CHECK(entry.time == waiting.entries[i].time);
		UNIT_CHECK(t1x_backlog_entry_is_loss(&entry) == waiting.entries[i].is_loss);
		if (!waiting.entries[i].is_loss)
			UNIT_AGREE(vtd_fault_differs(&waiting.entries[i].fault, entry.raw));
	}
	waiting.nr -= count;
	memmove(waiting.entries, waiting.entries + count, waiting.nr * sizeof(waiting.entries[0]));
	UNIT_CHECK(t1x_backlog_take_loss(&backlog) == waiting.has_lost);
	waiting.has_lost = false;
}

static void deliver_all(void)
{
	struct t1x_backlog_entry entry;

	deliver(waiting.nr);
	UNIT_CHECK(!t1x_backlog_take(&backlog, &entry));
	UNIT_CHECK(!t1x_backlog_take_loss(&backlog));
}

static void what_is_first_comes_out_first(void)
{
	struct unit units[NR_UNITS];

	begin();
	deliver_all();
	for (u32 i = 0; i < NR_UNITS; i++)
		unit_init(&units[i], i, 4);
	for (u32 round = 0; round < 10; round++) {
		for (u32 i = 0; i < NR_UNITS; i++)
			handle(&units[(i * 3 + round) % NR_UNITS], i);
		deliver_all();
	}
	for (u32 i = 0; i < NR_UNITS; i++)
		vtd_unit_fini(&units[i].hardware);
}

/* With room for each number of records that is less than what comes. */
static void what_has_no_room_is_lost(void)
{
	for (u32 room = 0; room < 8; room++) {
		struct unit full, other;

		begin();
		unit_init(&full, 0, MOST);
		unit_init(&other, 1, 8);
		handle(&full, MOST);
		handle(&full, MOST - room);
		UNIT_CHECK(waiting.nr == T1X_BACKLOG_ROOM - room);
		handle(&other, 8);
		UNIT_CHECK(waiting.has_lost && waiting.nr == T1X_BACKLOG_ROOM);
		/* Once there is room again nothing is. */
		deliver(8);
		handle(&other, 8);
		UNIT_CHECK(!waiting.has_lost);
		deliver_all();
		vtd_unit_fini(&full.hardware);
		vtd_unit_fini(&other.hardware);
	}
}

/* The word that the unit lost some needs room, too. */
static void a_loss_that_has_no_room_is_one(void)
{
	struct unit full, other;

	begin();
	unit_init(&full, 0, MOST);
	unit_init(&other, 1, 1);
	handle(&full, MOST);
	handle(&full, MOST - 1);
	handle(&other, 2);
	UNIT_CHECK(waiting.has_lost && waiting.nr == T1X_BACKLOG_ROOM);
	deliver_all();
	vtd_unit_fini(&full.hardware);
	vtd_unit_fini(&other.hardware);
}

/* What came while the driver cleared is a loss of that unit; others go on where they were. */
static void what_nobody_saw_is_a_loss(void)
{
	struct unit units[2];

	begin();
	unit_init(&units[0], 0, 4);
	unit_init(&units[1], 1, 4);
	handle(&units[0], 3);
	handle(&units[1], 1);
	deliver_all();

	units[0].hardware.next = (units[0].hardware.next + 2) % 4;
	send(&units[0], 1);
	expect(&units[0], NULL);
	UNIT_CHECK(interrupt(&units[0]));
	vtd_unit_clear(&units[0].hardware);
	handle(&units[1], 1);
	deliver_all();
	handle(&units[0], 1);
	deliver_all();
	vtd_unit_fini(&units[0].hardware);
	vtd_unit_fini(&units[1].hardware);
}

/* Of units beyond those that can be remembered it is not known, and nothing is made up. */
static void very_many_units_work(void)
{
	struct unit units[T1X_BACKLOG_UNITS + 3];

	begin();
	for (u32 i = 0; i < UNIT_COUNT(units); i++)
		unit_init(&units[i], i, 4);
	for (u32 round = 0; round < 3; round++) {
		for (u32 i = 0; i < UNIT_COUNT(units); i++) {
			/* Each is somewhere else. */
			handle(&units[i], 1 + (i + round) % 3);
			deliver_all();
		}
	}
	for (u32 i = 0; i < UNIT_COUNT(units); i++) {
		bool is_known = i < T1X_BACKLOG_UNITS;

		units[i].hardware.next = (units[i].hardware.next + 1) % 4;
		send(&units[i], 1);
		if (is_known)
			expect(&units[i], NULL);
		UNIT_CHECK(interrupt(&units[i]));
		deliver_all();
		vtd_unit_fini(&units[i].hardware);
	}
}

static void nothing_is_lost_at_random(void)
{
	static const u32 sizes[NR_UNITS] = { 1, 2, 8, 100, MOST };
	struct unit units[NR_UNITS];

	begin();
	for (u32 i = 0; i < NR_UNITS; i++)
		unit_init(&units[i], i, sizes[i]);
	for (u32 step = 0; step < RANDOM_STEPS; step++) {
		struct unit *unit = &units[unit_random_below(NR_UNITS)];

		if (unit_random_below(2))
			handle(unit, unit_random_below(unit->hardware.nr + 2));
		else
			deliver(unit_random_below(waiting.nr + 1));
	}
	deliver_all();
	for (u32 i = 0; i < NR_UNITS; i++)
		vtd_unit_fini(&units[i].hardware);
}

int main(void)
{
	/* clang-format off */
	static const struct unit_case cases[] = {
		UNIT_CASE(what_is_first_comes_out_first),
		UNIT_CASE(what_has_no_room_is_lost),
		UNIT_CASE(a_loss_that_has_no_room_is_one),
		UNIT_CASE(what_nobody_saw_is_a_loss),
		UNIT_CASE(very_many_units_work),
		UNIT_CASE(nothing_is_lost_at_random),
	};
	/* clang-format on */

	return unit_main(cases, UNIT_COUNT(cases));
}
