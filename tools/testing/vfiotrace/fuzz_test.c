// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments of random bytes, for every request of every kind of file. Sanitizers
 * look for what is read that is not there; the alarm for what has no end.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"

#define FIRST_NUMBER	0x3b64
#define LAST_NUMBER	0x3b7a
#define MOST_BYTES	600
#define ROUNDS		60000
#define SECONDS		120
#define LONGEST_LINE	20000	/* 32 capabilities with 32 elements each fit in */

/* Random, but often near what a decoder expects: small numbers, zeroes, valid ids. */
static void fill(uint8_t *bytes, size_t size)
{
	unsigned int style = unit_random_below(4);

	for (size_t i = 0; i < size; i++) {
		bytes[i] = unit_random();
		if (style == 1 && i % 4)
			bytes[i] = 0;
		else if (style == 2 && i % 8)
			bytes[i] = 0;
		else if (style == 3)
			bytes[i] = unit_random_below(8) ? 0 : bytes[i] & 0x1f;
	}
}

static void set_word(uint8_t *bytes, size_t size, size_t offset, uint32_t value)
{
	if (offset + sizeof(value) <= size)
		memcpy(bytes + offset, &value, sizeof(value));
}

/* A chain that leads somewhere within the buffer, also backwards. */
static void plant_chain(uint8_t *bytes, size_t size)
{
	uint32_t at = unit_random_below(size + 8);

	set_word(bytes, size, 4, unit_random());
	set_word(bytes, size, 12, at);
	set_word(bytes, size, 16, at);
	while (unit_random_below(8)) {
		uint32_t next = unit_random_below(size + 8);

		set_word(bytes, size, at, unit_random_below(7) | unit_random_below(3) << 16);
		set_word(bytes, size, (uint64_t)at + 4, next);
		at = next;
	}
}

static void one_call(enum decode_kind kind, uint32_t number)
{
	uint8_t in[MOST_BYTES], out[MOST_BYTES], elsewhere[64];
	size_t size = unit_random_below(8) ? unit_random_below(MOST_BYTES) : 0;
	struct fake fake = {
		.kind = kind,
		.number = number,
		.in = in,
		.out = out,
		.size = size,
		.elsewhere = elsewhere,
		.elsewhere_size = sizeof(elsewhere),
		.result = unit_random_below(3) ? unit_random_below(9) : -unit_random_below(600),
		.has_not_ended = !unit_random_below(10),
		.is_32bit = unit_random() & 1,
		.state = { unit_random_below(9), unit_random() },
	};

	fake.is_packed = fake.is_32bit && unit_random() & 1;
	fill(in, size);
	fill(out, size);
	fill(elsewhere, sizeof(elsewhere));
	if (unit_random_below(4))
		set_word(in, size, 0, unit_random_below(2) ? size : unit_random_below(100));
	if (unit_random_below(2))
		plant_chain(out, size);
	UNIT_CHECK(strlen(fake_text(&fake)) < LONGEST_LINE);
}

static void any_bytes_are_survived(void)
{
	static const enum decode_kind kinds[] = {
		DECODE_CONTAINER,
		DECODE_GROUP,
		DECODE_DEVICE,
		DECODE_MIGRATION,
	};

	alarm(SECONDS);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t number = FIRST_NUMBER + unit_random_below(LAST_NUMBER - FIRST_NUMBER + 1);

		one_call(kinds[unit_random_below(UNIT_COUNT(kinds))], number);
	}
	alarm(0);
}

/* Every feature number, too: random flags would seldom be one. */
static void any_feature_is_survived(void)
{
	alarm(SECONDS);
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t in[128], out[128];
		struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_FEATURE), .in = in, .out = out,
				     .size = unit_random_below(sizeof(in)),
				     .result = unit_random_below(2) ? 0 : -EINVAL };

		fill(in, sizeof(in));
		fill(out, sizeof(out));
		set_word(in, sizeof(in), 0, unit_random_below(140));
		set_word(in, sizeof(in), 4, unit_random_below(14) | unit_random_below(8) << 16);
		UNIT_CHECK(strlen(fake_text(&fake)) < LONGEST_LINE);
	}
	alarm(0);
}

static const struct unit_case cases[] = {
	UNIT_CASE(any_bytes_are_survived),
	UNIT_CASE(any_feature_is_survived),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
