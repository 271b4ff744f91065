// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests for the harness of the guest tests to run: "unit/run ktap" knows what it has to
 * say about them.
 */
#include "../ktap.h"

static int *nr_setups; /* of all tests; they are processes */

FIXTURE(sample) {
	int setups;
};

FIXTURE_SETUP(sample)
{
	self->setups = ++*nr_setups;
}

FIXTURE_TEARDOWN(sample)
{
}

TEST_F(sample, late_twice)
{
	EXPECT_TIMELY(self->setups, >=, 3);
}

TEST_F(sample, late_always)
{
	EXPECT_TIMELY(self->setups, <, 3);
}

TEST_F(sample, late_and_wrong)
{
	EXPECT_TIMELY(self->setups, <, 3);
	EXPECT_EQ(self->setups, 0);
}

TEST_F(sample, wrong_the_second_time)
{
	EXPECT_TIMELY(self->setups, !=, 8);
	EXPECT_NE(self->setups, 9);
}

TEST_F(sample, fine)
{
	EXPECT_TIMELY(self->setups, ==, 10);
}

int main(int argc, char **argv)
{
	nr_setups = mmap(NULL, sizeof(*nr_setups), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return nr_setups == MAP_FAILED ? 1 : ktap_main(argc, argv);
}
