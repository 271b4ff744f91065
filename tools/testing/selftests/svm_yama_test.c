// SPDX-License-Identifier: GPL-2.0-only
/*
 * Yama's scope 3: nobody attaches to anybody, and so nobody is bound but by himself.  It
 * cannot be undone, so this is the last program of a boot, with T1X_YAMA=3 in the
 * environment.
 */
#include "svmcred.h"

FIXTURE(yama) {
	struct box box;
	int container;
};

FIXTURE_SETUP(yama)
{
	const char *wanted = getenv("T1X_YAMA");

	SKIP_IF(!wanted || strcmp(wanted, "3"), "would change the machine until it is booted");
	SKIP_IF(access(YAMA, F_OK), "kernel without Yama");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	backend_need_ours("binds no process");
}

FIXTURE_TEARDOWN(yama)
{
	box_close(&self->box);
}

TEST_F(yama, nobody)
{
	const struct who root = WHO(0), user = WHO(USER), capable = WHO(USER, .ptrace = true);
	struct peer *peer = peer_begin();
	int mem = svm_mem_fd(peer->pid, O_RDWR);

	EXPECT_EQ(who_binds(self->container, &root, VFIO_SVM_PID, peer->pid), 0);
	text_write(YAMA, "3");
	EXPECT_EQ(who_binds(self->container, &root, VFIO_SVM_PID, peer->pid), -EPERM);
	EXPECT_BIND(self, &root, &user, -EPERM);
	EXPECT_BIND(self, &user, &user, -EPERM);
	EXPECT_BIND(self, &capable, &user, -EPERM);
	svm_unbind(self->container, svm_bind(self->container, 0, 0));
	svm_unbind(self->container, svm_bind(self->container, VFIO_SVM_PID, getpid()));
	svm_unbind(self->container,
		   svm_bind(self->container, VFIO_SVM_MEM_FD, svm_mem_fd(getpid(), O_RDWR)));
	EXPECT_EQ(__svm_mem_fd(peer->pid, O_RDWR), -EACCES);
	/* What was opened before was allowed before. */
	EXPECT_EQ(who_binds(self->container, &user, VFIO_SVM_MEM_FD, mem), 0);
	peer_end(peer);
}

KTAP_MAIN()
