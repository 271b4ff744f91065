// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bonds in mode PASID: devices use the addresses of a process, and whatever it has there.
 * Where the kernel has no such thing, or some device, that nobody is told otherwise.
 */
#include "debugfs.h"
#include "pasidbox.h"
#include "slabcount.h"
#include "testdev.h"

#define IOVA		0x40000000ull
#define PASID		VFIO_SVM_WANT_PASID
#define PINNED		VFIO_SVM_WANT_PINNED
#define ENDED		VFIO_TYPE1X_FAULT_REASON_BOND_ENDED
#define REVOKED		VFIO_TYPE1X_FAULT_REASON_REVOKED

FIXTURE(pasid) {
	struct pasidbox box;
	int ti;
	int container;
	char *memory;
};

FIXTURE_SETUP(pasid)
{
	pasidbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
	self->memory = self->box.memory;
}

FIXTURE_TEARDOWN(pasid)
{
	pasidbox_close(&self->box);
}

#define bind_own(self, flags)	pasidbox_bind(&(self)->box, flags, 0)
#define bind_peer(self, flags)	pasidbox_bind(&(self)->box, (flags) | VFIO_SVM_PID, \
					      (self)->box.svm.pid)
#define reaches(self, ...)	pasidbox_reaches(&(self)->box, __VA_ARGS__)
#define has(self, nr)		pasidbox_has(&(self)->box, nr)
#define told(self, ...)		svmbox_told(&(self)->box.svm, __VA_ARGS__)

static int try_bind(struct pasid_self *self, uint32_t flags)
{
	struct vfio_type1x_svm_bind bind;
	int ret;

	bind = pasidbox_try_bind(&self->box, flags, 0, &ret);
	if (ret)
		EXPECT_EQ(bind.bond, ~0u);
	return ret;
}

static long is_filled(void *memory)
{
	return mem_differs(memory, SVM_SIZE, SVM_SEED_OWN);
}

static long unmap_page(void *addr)
{
	return munmap(addr, PAGE);
}

static long run_another(void *unused)
{
	return execl("/bin/busybox", "sleep", "60", NULL) + (long)unused;
}

/* Memory that nobody has touched, nothing of which is pinned or paid for. */
TEST_F(pasid, own)
{
	struct vfio_type1x_svm_bind bond = bind_own(self, 0);

	EXPECT_EQ(bond.mode, VFIO_SVM_MODE_PASID);
	EXPECT_GT(bond.pasid, 0);
	EXPECT_LT(bond.pasid, 256);
	EXPECT_EQ(bond.bond, 1);
	EXPECT_TRUE(has(self, PASIDBOX_DEVICES));
	for (int i = 0; i < PASIDBOX_DEVICES; i++) {
		EXPECT_TRUE(sva_works(self->ti, i, bond.pasid, self->memory, SVM_SIZE));
		EXPECT_TRUE(sva_works(self->ti, i, bond.pasid, self->memory + 5000, 9000));
	}
	EXPECT_EQ(proc_locked(), 0);
	svm_unbind(self->container, bond.bond);
	for (int i = 0; i < PASIDBOX_DEVICES; i++)
		EXPECT_FALSE(reaches(self, i, bond.pasid));
	EXPECT_TRUE(has(self, 0));
	EXPECT_EQ(__svm_unbind(self->container, bond.bond), -ENOENT);
	EXPECT_TRUE(svmbox_told_nothing(&self->box.svm));
}

/* Neither processes that have ended nor what was asked in vain leaves anything. */
TEST_F_TIMEOUT(pasid, nothing_is_kept, 40)
{
	struct slabcount before = slabcount_take();

	for (int round = 0; round < SLABCOUNT_TIMES; round++) {
		struct peer *peer = peer_begin();
		struct vfio_type1x_svm_bind bond;
		int ret;

		bond = pasidbox_try_bind(&self->box, PASID | VFIO_SVM_PID, peer->pid, &ret);
		ASSERT_EQ(ret, 0);
		EXPECT_EQ(try_bind(self, PASID | PINNED), -EINVAL);
		svm_unbind(self->container, bond.bond);
		peer_end(peer);
	}
	EXPECT_TRUE(has(self, 0));
	slabcount_expect_no_more(&before);
}

/* An administrator has to say that it may be. */
TEST_F(pasid, forbidden)
{
	struct vfio_type1x_svm_bind bond;

	backend_set("allow_pasid", "N");
	EXPECT_EQ(try_bind(self, PASID), -EOPNOTSUPP);
	bond = bind_own(self, 0);
	EXPECT_EQ(bond.mode, VFIO_SVM_MODE_PINNED);
	EXPECT_TRUE(has(self, 0));
	/* What was bound before stays so. */
	backend_set("allow_pasid", "Y");
	bond = bind_own(self, PASID);
	backend_set("allow_pasid", "N");
	EXPECT_TRUE(reaches(self, 0, bond.pasid));
	svm_unbind(self->container, bond.bond);
	EXPECT_TRUE(has(self, 0));
}

TEST_F(pasid, of_another_process)
{
	struct vfio_type1x_svm_bind theirs = bind_peer(self, PASID), ours = bind_own(self, PASID);
	char data[SVM_SIZE];

	EXPECT_EQ(theirs.mode, VFIO_SVM_MODE_PASID);
	EXPECT_NE(theirs.pasid, ours.pasid);
	mem_fill(self->memory, SVM_SIZE, SVM_SEED_PEER);
	/* The device writes what the peer then reads, and the other way round. */
	mem_fill(data, SVM_SIZE, SVM_SEED_OWN);
	EXPECT_EQ(__testiommu_pasid_write(self->ti, 0, theirs.pasid, self->memory, data, SVM_SIZE),
		  0);
	EXPECT_EQ(peer_call(self->box.svm.peer, is_filled, self->memory), -1);
	EXPECT_EQ(mem_differs(self->memory, SVM_SIZE, SVM_SEED_PEER), -1);
	EXPECT_EQ(peer_call(self->box.svm.peer, svmbox_fill_peer, self->memory), 0);
	EXPECT_EQ(__testiommu_pasid_read(self->ti, 1, theirs.pasid, self->memory, data, SVM_SIZE),
		  0);
	EXPECT_EQ(mem_differs(data, SVM_SIZE, SVM_SEED_PEER), -1);
	EXPECT_TRUE(sva_works(self->ti, 0, ours.pasid, self->memory, SVM_SIZE));
	EXPECT_EQ(svm_locked(self->box.svm.pid), 0);
	svm_unbind(self->container, theirs.bond);
	EXPECT_FALSE(reaches(self, 0, theirs.pasid));
	EXPECT_TRUE(reaches(self, 0, ours.pasid));
	svm_unbind(self->container, ours.bond);
}

/* The process does with its memory what it likes, and the device sees it. */
TEST_F(pasid, follows)
{
	struct vfio_type1x_svm_bind bond = bind_peer(self, PASID);
	char byte = 1;

	EXPECT_EQ(peer_call(self->box.svm.peer, svmbox_fill_peer, self->memory), 0);
	EXPECT_TRUE(reaches(self, 0, bond.pasid));
	EXPECT_EQ(peer_call(self->box.svm.peer, unmap_page, self->memory), 0);
	EXPECT_FALSE(reaches(self, 0, bond.pasid));
	EXPECT_EQ(__testiommu_pasid_read(self->ti, 0, bond.pasid, self->memory + PAGE, &byte, 1),
		  0);
	EXPECT_TRUE(svmbox_told_nothing(&self->box.svm));
	svm_unbind(self->container, bond.bond);
}

TEST_F(pasid, process_ends)
{
	struct vfio_type1x_svm_bind bond = bind_peer(self, PASID), same = bind_peer(self, PINNED);
	struct vfio_type1x_fault records[4];

	EXPECT_TRUE(reaches(self, 1, bond.pasid));
	child_kill(self->box.svm.pid);
	self->box.svm.peer = NULL;
	EXPECT_FALSE(reaches(self, 0, bond.pasid));
	EXPECT_FALSE(reaches(self, 1, bond.pasid));
	/* One record for each bond, and nothing of it is left although nobody unbinds. */
	EXPECT_TRUE(has(self, 0));
	EXPECT_EQ(fault_read(self->box.svm.faults, records, 4), 2);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(records[i].reason, ENDED);
		EXPECT_TRUE(records[i].bond == bond.bond || records[i].bond == same.bond);
	}
	EXPECT_NE(records[0].bond, records[1].bond);
	EXPECT_EQ(__svm_map(self->container, bond.bond, self->memory, IOVA, PAGE, IOMMU_RW),
		  -ESRCH);
	svm_unbind(self->container, bond.bond);
	EXPECT_EQ(__svm_unbind(self->container, bond.bond), -ENOENT);
	EXPECT_TRUE(svmbox_told_nothing(&self->box.svm));
}

/* exec() is the end as well: the new program was not bound. */
TEST_F(pasid, another_program)
{
	struct vfio_type1x_svm_bind bond = bind_peer(self, 0);

	EXPECT_TRUE(reaches(self, 0, bond.pasid));
	peer_start(self->box.svm.peer, run_another, NULL);
	EXPECT_TRUE(told(self, ENDED, bond.bond, 0, 0));
	EXPECT_FALSE(reaches(self, 0, bond.pasid));
	EXPECT_TRUE(has(self, 0));
	svm_unbind(self->container, bond.bond);
}

/* He who says what he wants gets that, or nothing. */
TEST_F(pasid, modes)
{
	struct vfio_type1x_svm_bind pinned = bind_own(self, PINNED), bond = bind_own(self, PASID);
	char dir[DEBUGFS_PATH_LEN], shown[256];

	debugfs_find(dir);
	snprintf(shown, sizeof(shown),
		 "bond %u pid %d mode pinned mappings 0\nbond %u pid %d mode pasid mappings 0\n",
		 pinned.bond, getpid(), bond.bond, getpid());
	EXPECT_TRUE(debugfs_is(dir, "bonds", shown));
	EXPECT_EQ(pinned.mode, VFIO_SVM_MODE_PINNED);
	EXPECT_EQ(pinned.pasid, 0);
	EXPECT_EQ(bond.mode, VFIO_SVM_MODE_PASID);
	svm_unbind(self->container, bond.bond);
	EXPECT_FALSE(reaches(self, 0, bond.pasid));
	svm_map(self->container, pinned.bond, self->memory, IOVA, SVM_SIZE, IOMMU_RW);
	EXPECT_EQ(proc_locked(), SVM_SIZE);
	EXPECT_EQ(try_bind(self, PASID | PINNED), -EINVAL);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

/* A bond is a bond: what it is to may be mapped as well, with all that this brings. */
TEST_F(pasid, mapped_too)
{
	struct vfio_type1x_svm_bind bond = bind_peer(self, 0);
	char data[PAGE], more[PAGE];

	svm_map(self->container, bond.bond, self->memory, IOVA, SVM_SIZE, IOMMU_RW);
	EXPECT_EQ(svm_locked(self->box.svm.pid), SVM_SIZE);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(peer_call(self->box.svm.peer, svmbox_fill_peer, self->memory), 0);
	testiommu_read(self->ti, 0, IOVA, data, PAGE);
	EXPECT_EQ(mem_differs(data, PAGE, SVM_SEED_PEER), -1);
	EXPECT_EQ(__testiommu_pasid_read(self->ti, 0, bond.pasid, self->memory, more, PAGE), 0);
	EXPECT_EQ(memcmp(data, more, PAGE), 0);
	EXPECT_EQ(peer_call(self->box.svm.peer, unmap_page, self->memory + PAGE), 0);
	EXPECT_TRUE(told(self, REVOKED, bond.bond, IOVA, SVM_SIZE));
	EXPECT_EQ(__testiommu_read(self->ti, 0, IOVA, data, PAGE), -EIO);
	EXPECT_TRUE(reaches(self, 0, bond.pasid));
	svm_unbind(self->container, bond.bond);
	EXPECT_FALSE(reaches(self, 0, bond.pasid));
	EXPECT_TRUE(svm_locked_becomes(self->box.svm.pid, 0));
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

/* A PASID is the process's, and its devices keep it until the last bond ends. */
TEST_F(pasid, twice)
{
	struct vfio_type1x_svm_bind bond = bind_own(self, 0), same = bind_own(self, PASID);

	EXPECT_EQ(bond.pasid, same.pasid);
	EXPECT_NE(bond.bond, same.bond);
	svm_unbind(self->container, bond.bond);
	EXPECT_TRUE(sva_works(self->ti, 1, same.pasid, self->memory, PAGE));
	svm_unbind(self->container, same.bond);
	EXPECT_FALSE(reaches(self, 1, same.pasid));
	bond = bind_own(self, PASID);
	EXPECT_TRUE(sva_works(self->ti, 0, bond.pasid, self->memory, PAGE));
}

/* The bond is to the devices that were there when it was made. */
TEST_F(pasid, devices_come_and_go)
{
	struct vfio_type1x_svm_bind bond, later;

	pasidbox_drop(&self->box);
	bond = bind_own(self, PASID);
	EXPECT_TRUE(has(self, 1));
	pasidbox_add(&self->box);
	EXPECT_TRUE(reaches(self, 0, bond.pasid));
	EXPECT_FALSE(reaches(self, 1, bond.pasid));
	later = bind_own(self, PASID);
	EXPECT_TRUE(reaches(self, 1, later.pasid));
	svm_unbind(self->container, later.bond);
	EXPECT_FALSE(reaches(self, 1, bond.pasid));
	EXPECT_TRUE(reaches(self, 0, bond.pasid));
	svm_unbind(self->container, bond.bond);

	/* One that leaves has it no more, and may come again. */
	bond = bind_own(self, PASID);
	pasidbox_drop(&self->box);
	EXPECT_TRUE(has(self, 1));
	EXPECT_TRUE(reaches(self, 0, bond.pasid));
	pasidbox_add(&self->box);
	EXPECT_FALSE(reaches(self, 1, bond.pasid));
	svm_unbind(self->container, bond.bond);
	EXPECT_TRUE(has(self, 0));
}

TEST_F(pasid, closed)
{
	struct vfio_type1x_svm_bind bond;

	for (int i = 0; i < 5; i++)
		bond = bind_peer(self, PASID);
	bind_own(self, PASID);
	svm_map(self->container, bond.bond, self->memory, IOVA, PAGE, IOMMU_RW);
	close(self->box.svm.faults);
	softbox_close(&self->box.box);
	EXPECT_EQ(testiommu_stat(self->ti).pasids, 0);
	EXPECT_TRUE(svm_locked_becomes(self->box.svm.pid, 0));
	/* The devices are free for others. */
	softbox_open(&self->box.box, VFIO_TYPE1v2_IOMMU, PASIDBOX_DEVICES);
	self->box.container = self->box.box.container;
	bond = bind_own(self, PASID);
	EXPECT_TRUE(sva_works(self->ti, 0, bond.pasid, self->memory, PAGE));
}

/* A device behind another IOMMU, that has no PASIDs. */
TEST_F(pasid, not_by_all)
{
	struct vfio_type1x_svm_bind bond;
	int group = box_group_open(0);

	vfio_group_attach(group, self->container);
	EXPECT_EQ(try_bind(self, PASID), -EOPNOTSUPP);
	bond = bind_own(self, 0);
	EXPECT_EQ(bond.mode, VFIO_SVM_MODE_PINNED);
	EXPECT_EQ(bond.pasid, 0);
	EXPECT_TRUE(has(self, 0));
	vfio_group_detach(group);
	close(group);
	EXPECT_EQ(bind_own(self, 0).mode, VFIO_SVM_MODE_PASID);
}

/* The same with one that is emulated. */
TEST_F(pasid, not_by_emulated)
{
	int group = testdev_group(0);

	vfio_group_attach(group, self->container);
	EXPECT_EQ(try_bind(self, PASID), -EOPNOTSUPP);
	EXPECT_EQ(bind_own(self, 0).mode, VFIO_SVM_MODE_PINNED);
	vfio_group_detach(group);
	close(group);
	EXPECT_EQ(bind_own(self, 0).mode, VFIO_SVM_MODE_PASID);
}

/* The second device fails to get it: the first one has not got it either. */
TEST_F(pasid, all_or_nothing)
{
	static const struct {
		uint32_t refusal;
		int error;
	} ways[] = {
		{ EINVAL, -EOPNOTSUPP },
		{ ENOSPC, -EOPNOTSUPP },
		{ EBUSY, -EBUSY },
		{ ENOMEM, -ENOMEM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const struct t1x_ti_behaviour refuse = {
			.attach_errno = ways[i].refusal,
			.attach_devices = 1 << i % PASIDBOX_DEVICES,
		};

		testiommu_behave(self->ti, &refuse);
		EXPECT_EQ(try_bind(self, PASID), ways[i].error);
		EXPECT_EQ(testiommu_stat(self->ti).pasids, 0);
		if (ways[i].refusal == ENOMEM) {
			EXPECT_EQ(try_bind(self, 0), -ENOMEM);
			continue;
		}
		EXPECT_EQ(bind_own(self, 0).mode, VFIO_SVM_MODE_PINNED);
		EXPECT_EQ(testiommu_stat(self->ti).pasids, 0);
	}
	testiommu_behave(self->ti, NULL);
	EXPECT_EQ(bind_own(self, 0).mode, VFIO_SVM_MODE_PASID);
}

/* What fails later takes it back. */
TEST_F(pasid, taken_back)
{
	struct vfio_type1x_svm_bind *cut = mem_untouched(2 * PAGE);
	struct vfio_type1x_svm_bind bond = { .argsz = sizeof(bond), .flags = PASID };

	*cut = bond;
	ASSERT_EQ(mprotect(cut, PAGE, PROT_READ), 0);
	EXPECT_EQ(__svm_bind_raw(self->container, cut), -EFAULT);
	EXPECT_EQ(testiommu_stat(self->ti).pasids, 0);
	for (int i = 0; i < 64; i++)
		bond = bind_own(self, PINNED);
	EXPECT_EQ(try_bind(self, PASID), -ENOSPC);
	EXPECT_EQ(try_bind(self, 0), -ENOSPC);
	EXPECT_EQ(testiommu_stat(self->ti).pasids, 0);
	svm_unbind(self->container, bond.bond);
	bond = bind_peer(self, PASID);
	EXPECT_EQ(testiommu_stat(self->ti).pasids, PASIDBOX_DEVICES);
}

/* The kernel would let everybody have everything. */
TEST_F(pasid, not_allowed)
{
	pid_t child = child_begin();

	if (!child) {
		proc_unprivileged(PAGE);
		EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PID | PASID, self->box.svm.pid),
			  -EPERM);
		EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PID | PASID, getppid()), -EPERM);
		EXPECT_EQ(testiommu_stat(self->ti).pasids, 0);
		EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PID | PASID, 4000000), -ESRCH);
		EXPECT_LT(0, __svm_bind(self->container, PASID, 0));
		EXPECT_EQ(testiommu_stat(self->ti).pasids, PASIDBOX_DEVICES);
		child_end();
	}
	child_wait(child);
	EXPECT_TRUE(told(self, ENDED, 1, 0, 0));
	EXPECT_TRUE(has(self, 0));
}

FIXTURE(bare) {
	struct softbox box;
};

FIXTURE_VARIANT(bare) {
	const char *parameters;
	bool offered; /* where the kernel does share */
};

FIXTURE_VARIANT_ADD(bare, no_pasids) {
	.parameters = "",
	.offered = false,
};

FIXTURE_VARIANT_ADD(bare, pasids) {
	.parameters = "pasid_bits=8",
	.offered = true,
};

FIXTURE_SETUP(bare)
{
	backend_need_ours("binds no process");
	softbox_load(&self->box, variant->parameters);
	backend_set("allow_pasid", "Y");
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
}

FIXTURE_TEARDOWN(bare)
{
	softbox_close(&self->box);
	softbox_unload(&self->box);
}

/* A device without PASIDs, or a kernel that does not share. */
TEST_F(bare, refused)
{
	bool offered = variant->offered && !release_is_before(7, 2);
	struct vfio_type1x_svm_bind bond = { .argsz = sizeof(bond) };
	int ret = __svm_bind(self->box.container, PASID, 0);

	EXPECT_EQ(ret, offered ? 1 : -EOPNOTSUPP);
	/* Said before the process is looked for. */
	EXPECT_EQ(__svm_bind(self->box.container, PASID | VFIO_SVM_PID, 4000000),
		  offered ? -ESRCH : -EOPNOTSUPP);
	EXPECT_EQ(__svm_bind_raw(self->box.container, &bond), 0);
	EXPECT_EQ(bond.mode, offered ? VFIO_SVM_MODE_PASID : VFIO_SVM_MODE_PINNED);
	EXPECT_EQ(!!bond.pasid, offered);
	EXPECT_EQ(testiommu_stat(self->box.ti).pasids, offered);
}

KTAP_MAIN()
