// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/vtd on made-up register pages: what emulated hardware, with its single record,
 * cannot show.
 */
#include "unit.h"
#include "vtd_model.h"

#define OFFSET		0x220
#define MOST		256	/* records */
#define RANDOM_STEPS	20000

static const u32 sizes[] = { 1, 2, 3, 4, 8, 17, 255, MOST };

static bool begin(const struct vtd_unit *unit, struct t1x_vtd_scan *scan)
{
	return t1x_vtd_scan_begin(scan, unit->regs, unit->size, unit->cap);
}

/* All that is pending is what was sent, in that order, and nothing else. */
static void expect(struct vtd_unit *unit, const struct vtd_fault *sent, u32 nr, bool overflow)
{
	struct t1x_vtd_scan scan;
	u64 raw[2];

	UNIT_CHECK(begin(unit, &scan) == (nr || overflow));
	UNIT_CHECK(scan.overflow == overflow);
	for (u32 i = 0; i < nr; i++) {
		UNIT_CHECK(t1x_vtd_scan_next(&scan, raw));
		UNIT_AGREE(vtd_fault_differs(&sent[i], raw));
	}
	UNIT_CHECK(!t1x_vtd_scan_next(&scan, raw));
	UNIT_CHECK(!t1x_vtd_scan_next(&scan, raw));
	if (nr)
		UNIT_CHECK(scan.index == unit->next);
}

static void send(struct vtd_unit *unit, struct vtd_fault *sent, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		vtd_fault_draw(&sent[i]);
		vtd_unit_fault(unit, &sent[i]);
	}
}

/* The bits of a record, written down here once more. */
static void a_known_record_is_right(void)
{
	/* A read of page 0x12345678 by 3f:1e.5, PASID 0xabcde, to execute, privileged. */
	const u64 raw[2] = { 0x0000000012345fff, 0xcabcde71e0003ff5 };
	struct vfio_type1x_fault fault;

	t1x_vtd_decode(raw, &fault);
	UNIT_CHECK(fault.iova == 0x12345000);
	UNIT_CHECK(fault.requester == 0x3ff5);
	UNIT_CHECK(fault.pasid == 0xabcde);
	UNIT_CHECK(fault.raw_reason == 0x71);
	UNIT_CHECK(fault.reason == VFIO_TYPE1X_FAULT_REASON_UNMAPPED);
	UNIT_CHECK(fault.flags ==
		   (VFIO_TYPE1X_FAULT_FLAG_READ | VFIO_TYPE1X_FAULT_FLAG_EXEC |
		    VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED | VFIO_TYPE1X_FAULT_FLAG_IOVA |
		    VFIO_TYPE1X_FAULT_FLAG_REQUESTER | VFIO_TYPE1X_FAULT_FLAG_PASID));
	UNIT_CHECK(fault.raw[0] == raw[0] && fault.raw[1] == raw[1]);
}

/* Every reason with every kind of request. */
static void all_reasons_are_right(void)
{
	for (u32 i = 0; i < 256 * 4 * 2; i++) {
		struct vtd_unit unit;
		struct vtd_fault sent;

		vtd_fault_draw(&sent);
		sent.reason = i;
		sent.request = i >> 8 & 3;
		sent.has_pasid = i >> 10 & 1;
		vtd_unit_init(&unit, OFFSET, 1);
		vtd_unit_fault(&unit, &sent);
		expect(&unit, &sent, 1, false);
		vtd_unit_fini(&unit);
	}
}

static void no_fault_is_no_fault(void)
{
	struct vtd_unit unit;
	struct vtd_fault sent;

	vtd_unit_init(&unit, OFFSET, 4);
	expect(&unit, NULL, 0, false);
	/* Errors of the invalidation queue, and of page requests, are none of ours. */
	vtd_unit_set_status(&unit, 0xf0);
	expect(&unit, NULL, 0, false);
	vtd_unit_set_status(&unit, 0);
	send(&unit, &sent, 1);
	expect(&unit, &sent, 1, false);
	vtd_unit_clear(&unit);
	expect(&unit, NULL, 0, false);
	vtd_unit_fini(&unit);
}

/* From each record on, around the end, as many as there are, and with one too many. */
static void wraps_and_overflows_exhaustively(void)
{
	for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
		u32 nr = sizes[i], step = nr > 17 ? 31 : 1;

		for (u32 start = 0; start < nr; start += step) {
			for (u32 count = 0; count <= nr + 2; count += step) {
				struct vtd_fault sent[MOST + 2];
				struct vtd_unit unit;

				vtd_unit_init(&unit, OFFSET, nr);
				unit.next = start;
				send(&unit, sent, count);
				expect(&unit, sent, count < nr ? count : nr, count > nr);
				vtd_unit_fini(&unit);
			}
		}
	}
}

/* PPF says that there is one, but F of the first is clear: somebody was faster. */
static void a_record_without_f_is_none(void)
{
	struct t1x_vtd_scan scan;
	struct vtd_fault sent[3];
	struct vtd_unit unit;
	u64 raw[2];

	vtd_unit_init(&unit, OFFSET, 4);
	send(&unit, sent, 3);
	unit.regs[OFFSET + 16 + 15] &= 0x7f;
	UNIT_CHECK(begin(&unit, &scan));
	UNIT_CHECK(t1x_vtd_scan_next(&scan, raw));
	UNIT_AGREE(vtd_fault_differs(&sent[0], raw));
	UNIT_CHECK(!t1x_vtd_scan_next(&scan, raw));
	unit.regs[OFFSET + 15] &= 0x7f;
	UNIT_CHECK(begin(&unit, &scan) && !scan.overflow);
	UNIT_CHECK(!t1x_vtd_scan_next(&scan, raw));
	vtd_unit_fini(&unit);
}

/* An overflow without a record, and what a unit that is not there says. */
static void odd_states_are_harmless(void)
{
	struct t1x_vtd_scan scan;
	struct vtd_unit unit;
	u64 raw[2];

	vtd_unit_init(&unit, OFFSET, 4);
	vtd_unit_set_status(&unit, 1);
	expect(&unit, NULL, 0, true);
	vtd_unit_set_status(&unit, ~0u);
	UNIT_CHECK(!begin(&unit, &scan) && !scan.overflow);
	/* A first record that it does not have, with and without an overflow. */
	for (u32 first = 4; first < 256; first++) {
		vtd_unit_set_status(&unit, first << 8 | 2);
		UNIT_CHECK(!begin(&unit, &scan));
		vtd_unit_set_status(&unit, first << 8 | 3);
		UNIT_CHECK(begin(&unit, &scan) && scan.overflow);
		UNIT_CHECK(!t1x_vtd_scan_next(&scan, raw));
	}
	vtd_unit_fini(&unit);
}

/* Registers of which not all are mapped are not read: the sanitizer would tell. */
static void nothing_is_read_beyond_the_end(void)
{
	struct t1x_vtd_scan scan;
	struct vtd_unit unit;
	struct vtd_fault sent;

	for (u64 less = 1; less <= OFFSET + 64; less++) {
		vtd_unit_init(&unit, OFFSET, 4);
		send(&unit, &sent, 1);
		UNIT_CHECK(!t1x_vtd_scan_begin(&scan, unit.regs, unit.size - less, unit.cap));
		vtd_unit_fini(&unit);
	}
	/* The furthest that capabilities can say. */
	vtd_unit_init(&unit, 0x3ff0, MOST);
	send(&unit, &sent, 1);
	expect(&unit, &sent, 1, false);
	UNIT_CHECK(!t1x_vtd_scan_begin(&scan, unit.regs, 4096, unit.cap));
	vtd_unit_fini(&unit);
}

/* What came and went while the driver cleared shows in where the unit goes on. */
static void skipped_records_are_noticed(void)
{
	for (u32 skipped = 0; skipped < 4; skipped++) {
		struct vtd_fault sent[4];
		struct t1x_vtd_scan scan;
		struct vtd_unit unit;
		u32 next;

		vtd_unit_init(&unit, OFFSET, 4);
		UNIT_CHECK(!begin(&unit, &scan));
		UNIT_CHECK(!t1x_vtd_scan_has_skipped(&scan, 3));
		send(&unit, sent, 2);
		next = unit.next;
		vtd_unit_clear(&unit);
		send(&unit, sent, skipped);
		vtd_unit_clear(&unit);
		send(&unit, sent, 1);
		UNIT_CHECK(begin(&unit, &scan));
		UNIT_CHECK(t1x_vtd_scan_has_skipped(&scan, next) == !!skipped);
		vtd_unit_fini(&unit);
	}
}

/* For long: what was sent is received, unless the unit said that it was not. */
static void nothing_is_lost_at_random(void)
{
	for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
		struct vtd_fault sent[MOST + 4];
		struct vtd_unit unit;
		u32 nr = sizes[i];

		vtd_unit_init(&unit, OFFSET, nr);
		for (u32 step = 0; step < RANDOM_STEPS / nr; step++) {
			u32 count = unit_random_below(nr + 4);

			send(&unit, sent, count);
			expect(&unit, sent, count < nr ? count : nr, count > nr);
			vtd_unit_clear(&unit);
		}
		vtd_unit_fini(&unit);
	}
}

int main(void)
{
	/* clang-format off */
	static const struct unit_case cases[] = {
		UNIT_CASE(a_known_record_is_right),
		UNIT_CASE(all_reasons_are_right),
		UNIT_CASE(no_fault_is_no_fault),
		UNIT_CASE(wraps_and_overflows_exhaustively),
		UNIT_CASE(a_record_without_f_is_none),
		UNIT_CASE(odd_states_are_harmless),
		UNIT_CASE(nothing_is_read_beyond_the_end),
		UNIT_CASE(skipped_records_are_noticed),
		UNIT_CASE(nothing_is_lost_at_random),
	};
	/* clang-format on */

	return unit_main(cases, UNIT_COUNT(cases));
}
