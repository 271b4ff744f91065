// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces that devices share with processes, by a PASID: what the kernel and the
 * software IOMMU make of it while VFIO owns the devices.  Bonds are made by the module of
 * the software IOMMU, so there is no question here of who may have one.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "child.h"
#include "mem.h"
#include "proc.h"
#include "release.h"
#include "softbox.h"
#include "svadma.h"

#define IOVA	0x40000000ull
#define SIZE	(16 * PAGE)
#define ROUNDS	300

/* Memory that was not touched, and a bond of device 0 to this process. */
FIXTURE(sva) {
	struct softbox box;
	int ti;
	char *memory;
	struct t1x_ti_bind bond;
};

FIXTURE_SETUP(sva)
{
	/* Whatever kernel is older refuses, which is not worth loading the module for. */
	SKIP_IF(release_is_before(7, 2), "this kernel shares no address spaces");
	softbox_load(&self->box, "pasid_bits=8");
	self->ti = self->box.ti;
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	self->memory = mem_untouched(SIZE);
	self->bond = testiommu_bind(self->ti, 0, 0);
}

FIXTURE_TEARDOWN(sva)
{
	EXPECT_EQ(__testiommu_unbind(self->ti, self->bond.id), 0);
	softbox_close(&self->box);
	softbox_unload(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

static int sva_poke(int ti, uint32_t pasid, char *addr)
{
	return __testiommu_pasid_write(ti, 0, pasid, addr, "x", 1);
}

static int sva_peek(int ti, uint32_t pasid, const char *addr)
{
	char byte;

	return __testiommu_pasid_read(ti, 0, pasid, addr, &byte, 1);
}

TEST_F(sva, own)
{
	EXPECT_GT(self->bond.pasid, 0);
	EXPECT_LT(self->bond.pasid, 256);
	/* Nothing of it is there before the device asks for it. */
	EXPECT_TRUE(sva_works(self->ti, 0, self->bond.pasid, self->memory, SIZE));
	EXPECT_TRUE(sva_works(self->ti, 0, self->bond.pasid, self->memory + 5000, 10000));
	EXPECT_EQ(proc_locked(), 0);
}

/* To each its own: the same number is one thing with a PASID and another without. */
TEST_F(sva, beside_mappings)
{
	char *there = mmap((void *)IOVA, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	char byte = 0;

	ASSERT_EQ(there, (char *)IOVA);
	self->memory[0] = 'm';
	there[0] = 'p';
	iommu_map(self->box.container, self->memory, IOVA, PAGE, IOMMU_RW);
	testiommu_read(self->ti, 0, IOVA, &byte, 1);
	EXPECT_EQ(byte, 'm');
	must(__testiommu_pasid_read(self->ti, 0, self->bond.pasid, there, &byte, 1));
	EXPECT_EQ(byte, 'p');
	EXPECT_EQ(iommu_unmap_all(self->box.container), PAGE);
	EXPECT_EQ(__testiommu_read(self->ti, 0, IOVA, &byte, 1), -EIO);
	EXPECT_EQ(sva_poke(self->ti, self->bond.pasid, there), 0);
	EXPECT_EQ(there[0], 'x');
}

/* What the process may not, the device may not. */
TEST_F(sva, permission)
{
	struct t1x_ti_dma dma = {
		.iova = (uintptr_t)self->memory + 2 * PAGE - 100,
		.buf = (uintptr_t)self->memory,
		.len = 200,
		.write = 1,
		.pasid = self->bond.pasid,
	};

	memset(self->memory, 1, SIZE);
	ASSERT_EQ(mprotect(self->memory + 2 * PAGE, PAGE, PROT_READ), 0);
	ASSERT_EQ(mprotect(self->memory + 3 * PAGE, PAGE, PROT_NONE), 0);
	ASSERT_EQ(munmap(self->memory + 4 * PAGE, PAGE), 0);
	EXPECT_EQ(__testiommu_dma(self->ti, &dma), -EIO);
	EXPECT_EQ(dma.done, 100);
	EXPECT_EQ(sva_peek(self->ti, self->bond.pasid, self->memory + 2 * PAGE), 0);
	EXPECT_EQ(sva_peek(self->ti, self->bond.pasid, self->memory + 3 * PAGE), -EIO);
	EXPECT_EQ(sva_peek(self->ti, self->bond.pasid, self->memory + 4 * PAGE), -EIO);
	EXPECT_EQ(sva_poke(self->ti, self->bond.pasid, (char *)-PAGE), -EIO);
	EXPECT_EQ(self->memory[2 * PAGE], 1);
	ASSERT_EQ(mprotect(self->memory + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE), 0);
	EXPECT_EQ(sva_poke(self->ti, self->bond.pasid, self->memory + 2 * PAGE), 0);
	EXPECT_EQ(self->memory[2 * PAGE], 'x');
}

TEST_F(sva, nobody_bound)
{
	struct t1x_ti_bind bond;

	EXPECT_EQ(sva_peek(self->ti, self->bond.pasid + 1, self->memory), -EIO);
	/* The other device is not bound. */
	EXPECT_EQ(__testiommu_pasid_write(self->ti, 1, self->bond.pasid, self->memory, "x", 1),
		  -EIO);
	EXPECT_EQ(__testiommu_bind(self->ti, 9, 0, &bond), -ENODEV);
	EXPECT_EQ(__testiommu_bind(self->ti, 0, -1, &bond), -EINVAL);
	EXPECT_EQ(__testiommu_bind(self->ti, 0, 4000000, &bond), -ESRCH);
	EXPECT_EQ(__testiommu_unbind(self->ti, 0), -EINVAL);
	EXPECT_EQ(__testiommu_unbind(self->ti, self->bond.id + 1), -ENOENT);
}

/* A PASID belongs to an address space, not to a bond or a device. */
TEST_F(sva, again)
{
	struct t1x_ti_bind same = testiommu_bind(self->ti, 0, 0);
	struct t1x_ti_bind other = testiommu_bind(self->ti, 1, 0);

	EXPECT_EQ(same.pasid, self->bond.pasid);
	EXPECT_EQ(other.pasid, self->bond.pasid);
	EXPECT_NE(same.id, self->bond.id);
	testiommu_unbind(self->ti, same.id);
	EXPECT_EQ(__testiommu_unbind(self->ti, same.id), -ENOENT);
	EXPECT_TRUE(sva_works(self->ti, 0, self->bond.pasid, self->memory, PAGE));
	EXPECT_TRUE(sva_works(self->ti, 1, self->bond.pasid, self->memory, PAGE));
	testiommu_unbind(self->ti, other.id);
	EXPECT_EQ(__testiommu_pasid_read(self->ti, 1, other.pasid, self->memory, self->memory, 1),
		  -EIO);
	testiommu_unbind(self->ti, self->bond.id);
	EXPECT_EQ(sva_peek(self->ti, self->bond.pasid, self->memory), -EIO);
	self->bond = testiommu_bind(self->ti, 0, 0);
	EXPECT_TRUE(sva_works(self->ti, 0, self->bond.pasid, self->memory, PAGE));
}

struct sva_shared {
	volatile int flag;
	bool good;
};

/* In the child, whose memory has the same address as the parent's. */
static void sva_child(struct sva_shared *shared, char *memory)
{
	memset(memory, 'c', SIZE);
	child_post(&shared->flag, 1);
	shared->good = child_await(&shared->flag, 2) && memory[0] == 'x' && memory[1] == 'c' &&
		       memory[PAGE] == 'x';
	child_post(&shared->flag, 3);
	pause();
}

TEST_F(sva, of_another_process)
{
	struct sva_shared *shared = child_shared(PAGE);
	struct t1x_ti_bind bond;
	char byte = 0;
	pid_t child;

	memset(self->memory, 'p', SIZE);
	child = child_begin();
	if (!child) {
		sva_child(shared, self->memory);
		child_end();
	}
	ASSERT_TRUE(child_await(&shared->flag, 1));
	bond = testiommu_bind(self->ti, 0, child);
	EXPECT_NE(bond.pasid, self->bond.pasid);
	must(__testiommu_pasid_read(self->ti, 0, bond.pasid, self->memory, &byte, 1));
	EXPECT_EQ(byte, 'c');
	EXPECT_EQ(sva_poke(self->ti, bond.pasid, self->memory), 0);
	EXPECT_EQ(sva_poke(self->ti, bond.pasid, self->memory + PAGE), 0);
	EXPECT_EQ(self->memory[0], 'p');
	child_post(&shared->flag, 2);
	EXPECT_TRUE(child_await(&shared->flag, 3));
	EXPECT_TRUE(shared->good);

	/* The bond stays when the process is gone, and leads nowhere. */
	child_kill(child);
	EXPECT_EQ(sva_peek(self->ti, bond.pasid, self->memory), -EIO);
	EXPECT_EQ(sva_poke(self->ti, bond.pasid, self->memory), -EIO);
	EXPECT_TRUE(sva_works(self->ti, 0, self->bond.pasid, self->memory, PAGE));
	testiommu_unbind(self->ti, bond.id);
	munmap(shared, PAGE);
}

/* A child gets copies of what the device changes, and is not bound. */
TEST_F(sva, not_of_children)
{
	struct sva_shared *shared = child_shared(PAGE);
	pid_t child;

	memset(self->memory, 'p', SIZE);
	child = child_begin();
	if (!child) {
		shared->good = child_await(&shared->flag, 1) && self->memory[0] == 'p';
		child_end();
	}
	EXPECT_EQ(sva_poke(self->ti, self->bond.pasid, self->memory), 0);
	EXPECT_EQ(self->memory[0], 'x');
	child_post(&shared->flag, 1);
	child_wait(child);
	EXPECT_TRUE(shared->good);
	munmap(shared, PAGE);
}

/* A bond belongs to the file that it was made through, and goes with it. */
TEST_F(sva, file)
{
	int other = open(T1X_TI_PATH, O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, other);
	EXPECT_EQ(__testiommu_unbind(other, self->bond.id), -ENOENT);
	testiommu_unbind(self->ti, self->bond.id);
	self->bond = testiommu_bind(other, 0, 0);
	EXPECT_TRUE(sva_works(self->ti, 0, self->bond.pasid, self->memory, PAGE));
	close(other);
	EXPECT_EQ(sva_peek(self->ti, self->bond.pasid, self->memory), -EIO);
	self->bond = testiommu_bind(self->ti, 0, 0);
}

/* Neither is the device removed, nor given to a container, as long as it is bound. */
TEST_F(sva, tear_down)
{
	int container, group;

	testiommu_unbind(self->ti, self->bond.id);
	softbox_close(&self->box);
	self->bond = testiommu_bind(self->ti, 0, 0);
	EXPECT_EQ(__testiommu_tear_down(self->ti), -EBUSY);
	container = vfio_container_open();
	group = testiommu_group(0);
	EXPECT_EQ(__vfio_group_attach(group, container), -EBUSY);
	EXPECT_TRUE(sva_works(self->ti, 0, self->bond.pasid, self->memory, PAGE));
	close(group);
	close(container);
}

struct sva_race {
	int ti;
	uint32_t pasid;
	char *memory;
	volatile int stop;
	unsigned long moved;
	unsigned long blocked;
	unsigned long wrong;
};

static void *sva_race_dma(void *arg)
{
	struct sva_race *race = arg;
	char data[2 * PAGE];

	memset(data, 'd', sizeof(data));
	while (!race->stop) {
		int ret = __testiommu_pasid_write(race->ti, 0, race->pasid, race->memory, data,
						  sizeof(data));

		if (!ret)
			race->moved++;
		else if (ret == -EIO)
			race->blocked++;
		else
			race->wrong++;
	}
	return NULL;
}

/* DMA against the end of bonds, and of the memory. */
TEST_F(sva, race)
{
	struct sva_race race = {
		.ti = self->ti,
		.pasid = self->bond.pasid,
		.memory = self->memory,
	};
	pthread_t thread = thread_begin(sva_race_dma, &race);
	int i;

	for (i = 0; i < ROUNDS; i++) {
		testiommu_unbind(self->ti, self->bond.id);
		self->bond = testiommu_bind(self->ti, 0, 0);
		if (self->bond.pasid != race.pasid)
			break;
		madvise(self->memory, 2 * PAGE, MADV_DONTNEED);
		mprotect(self->memory, PAGE, i % 4 ? PROT_READ | PROT_WRITE : PROT_NONE);
		usleep(i % 8 * 200);
	}
	race.stop = 1;
	thread_wait(thread);
	EXPECT_EQ(i, ROUNDS);
	EXPECT_GT(race.moved, 0);
	EXPECT_EQ(race.wrong, 0);
	printf("# %lu moved, %lu blocked\n", race.moved, race.blocked);
}

FIXTURE(bare) {
	struct softbox box;
};

FIXTURE_VARIANT(bare) {
	const char *parameters;
	int error; /* where the kernel does share */
};

FIXTURE_VARIANT_ADD(bare, no_pasids) {
	.parameters = "",
	.error = -ENOSPC,
};

FIXTURE_VARIANT_ADD(bare, pasids) {
	.parameters = "pasid_bits=8",
	.error = 0,
};

FIXTURE_SETUP(bare)
{
	softbox_load(&self->box, variant->parameters);
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
}

FIXTURE_TEARDOWN(bare)
{
	softbox_close(&self->box);
	softbox_unload(&self->box);
}

/* A device without PASIDs, or a kernel that does not share: nothing is left behind. */
TEST_F(bare, refused)
{
	int error = release_is_before(7, 2) ? -EOPNOTSUPP : variant->error;
	struct t1x_ti_bind bond;

	EXPECT_EQ(__testiommu_bind(self->box.ti, 0, 0, &bond), error);
	if (!error)
		testiommu_unbind(self->box.ti, bond.id);
	EXPECT_EQ(__testiommu_pasid_write(self->box.ti, 0, 1, &bond, "x", 1), -EIO);
}

KTAP_MAIN()
