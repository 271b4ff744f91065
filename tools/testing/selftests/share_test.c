// SPDX-License-Identifier: GPL-2.0-only
/* One container, two processes: each maps its own memory, and pays for it. */
#include <sys/socket.h>

#include "box.h"
#include "child.h"
#include "snapshot.h"

#define A_IOVA		0x100000ull	/* the parent's */
#define B_IOVA		0x200000ull	/* the child's */
#define A_SIZE		(8 * PAGE)
#define B_SIZE		(16 * PAGE)

FIXTURE(share) {
	struct box box;
	int container;
	char *memory;
	volatile int *stage;
	struct snapshot before;
};

BACKEND_VARIANTS(share);

FIXTURE_SETUP(share)
{
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->stage = child_shared(PAGE);
	self->memory = mem_untouched(A_SIZE);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(share)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_UNCHANGED(self->container, self->before);
	box_close(&self->box);
}

/* Each sees the other's entries, and is charged for its own. */
TEST_F(share, own_memory)
{
	struct vfio_device *edu = box_edu(&self->box, 0);
	pid_t child;

	iommu_map(self->container, self->memory, A_IOVA, A_SIZE, IOMMU_RW);
	mem_fill(self->memory, A_SIZE, 1);
	child = child_begin();
	if (!child) {
		char *own = mem_untouched(B_SIZE);

		EXPECT_EQ(proc_locked(), 0);
		EXPECT_EQ(__iommu_map(self->container, own, A_IOVA, PAGE, IOMMU_RW), -EEXIST);
		EXPECT_EQ(__iommu_map(self->container, own, B_IOVA, B_SIZE, IOMMU_RW), 0);
		EXPECT_EQ(proc_locked(), B_SIZE);
		/* From the parent's memory to the child's. */
		edu_copy(edu, A_IOVA, B_IOVA + PAGE, EDU_MAX_TRANSFER);
		EXPECT_EQ(mem_differs(own + PAGE, EDU_MAX_TRANSFER, 1), -1);
		child_post(self->stage, 1);
		EXPECT_TRUE(child_await(self->stage, 2));
		/* The parent has unmapped it. */
		EXPECT_TRUE(proc_locked_becomes(0));
		EXPECT_TRUE(box_write_is_blocked(edu, own, B_IOVA));
		child_end();
	}
	EXPECT_TRUE(child_await(self->stage, 1));
	EXPECT_EQ(proc_locked(), A_SIZE);
	EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT - 2);
	EXPECT_EQ(iommu_unmap(self->container, B_IOVA, B_SIZE), B_SIZE);
	EXPECT_EQ(proc_locked(), A_SIZE);
	child_post(self->stage, 2);
	child_wait(child);
	EXPECT_TRUE(box_dma_works(edu, self->memory, A_IOVA));
}

/* The child is gone, its pages are not: the mapping is there until unmapped. */
TEST_F(share, child_exits_first)
{
	struct vfio_device *edu = box_edu(&self->box, 0);
	pid_t child;

	iommu_map(self->container, self->memory, A_IOVA, A_SIZE, IOMMU_RW);
	child = child_begin();
	if (!child) {
		char *own = mem_untouched(B_SIZE);

		mem_fill(own, B_SIZE, 2);
		iommu_map(self->container, own, B_IOVA, B_SIZE, IOMMU_RW);
		child_end();
	}
	child_wait(child);
	EXPECT_TRUE(is_mapped(self->container, B_IOVA, B_SIZE));
	edu_copy(edu, B_IOVA + 3 * PAGE, A_IOVA, EDU_MAX_TRANSFER);
	EXPECT_EQ(memcmp(self->memory, (uint64_t[]){ 0 }, 8) != 0, true);
	EXPECT_EQ(proc_locked(), A_SIZE);
	EXPECT_EQ(iommu_unmap(self->container, B_IOVA, B_SIZE), B_SIZE);
	EXPECT_EQ(proc_locked(), A_SIZE);
}

TEST_F(share, child_is_killed)
{
	pid_t child = child_begin();

	if (!child) {
		iommu_map(self->container, mem_untouched(B_SIZE), B_IOVA, B_SIZE, IOMMU_RW);
		child_post(self->stage, 1);
		pause();
	}
	EXPECT_TRUE(child_await(self->stage, 1));
	child_kill(child);
	EXPECT_TRUE(is_mapped(self->container, B_IOVA, B_SIZE));
	EXPECT_EQ(iommu_unmap_all(self->container), B_SIZE);
}

/* The limit of one process does not care what the other has locked. */
TEST_F(share, limits_are_separate)
{
	pid_t child;

	iommu_map(self->container, self->memory, A_IOVA, A_SIZE, IOMMU_RW);
	child = child_begin();
	if (!child) {
		char *own = mem_untouched(B_SIZE + PAGE);

		proc_unprivileged(B_SIZE);
		EXPECT_EQ(__iommu_map(self->container, own, B_IOVA, B_SIZE + PAGE, IOMMU_RW),
			  -ENOMEM);
		EXPECT_EQ(__iommu_map(self->container, own, B_IOVA, B_SIZE, IOMMU_RW), 0);
		/* Who unmaps does not matter, who mapped does. */
		EXPECT_EQ(iommu_unmap(self->container, A_IOVA, A_SIZE), A_SIZE);
		EXPECT_EQ(proc_locked(), B_SIZE);
		child_end();
	}
	child_wait(child);
	EXPECT_TRUE(proc_locked_becomes(0));
}

static void send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = { 0 }, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	ASSERT_EQ(sendmsg(socket, &message, 0), 1);
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	ASSERT_EQ(recvmsg(socket, &message, 0), 1);
	ASSERT_NE(CMSG_FIRSTHDR(&message), NULL);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* As a secondary process of DPDK gets it; and it keeps the container alive. */
TEST_F(share, container_by_socket)
{
	int sockets[2];
	pid_t child;

	must_sys(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = child_begin();
	if (!child) {
		char *own = mem_untouched(B_SIZE);
		int container;

		box_close(&self->box);
		container = receive_fd(sockets[1]);
		EXPECT_EQ(__iommu_map(container, own, B_IOVA, B_SIZE, IOMMU_RW), 0);
		EXPECT_EQ(proc_locked(), B_SIZE);
		EXPECT_EQ(iommu_unmap(container, B_IOVA, B_SIZE), B_SIZE);
		EXPECT_EQ(proc_locked(), 0);
		child_end();
	}
	send_fd(sockets[0], self->container);
	child_wait(child);
}

KTAP_MAIN()
