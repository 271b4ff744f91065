// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page requests: each group reaches the file that answers, and the device gets one answer
 * to it, whatever program, container and device do.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "child.h"
#include "fdinfo.h"
#include "pagebox.h"
#include "proc.h"
#include "testdev.h"

#define RESPONSE	sizeof(struct vfio_type1x_fault_response)
#define ROOM		16

FIXTURE(prq) {
	struct faultbox box;
	int ti;
	int container;
	int fd; /* answers */
	struct vfio_type1x_fault records[64];
};

FIXTURE_SETUP(prq)
{
	backend_need_ours("has no page requests");
	faultbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
	self->fd = fault_open(self->container, NONBLOCK | RESPOND, ROOM, 0xc0ffee);
}

FIXTURE_TEARDOWN(prq)
{
	faultbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

static uint32_t sources(int container)
{
	struct iommu_info info;

	iommu_info(container, &info);
	return info.fault.sources;
}

static uint64_t nr_unanswered(int fd)
{
	struct fdinfo info;

	fdinfo_read(&info, fd);
	return fdinfo_number(&info, "type1x-fault-unanswered");
}

static int lists_unanswered(int fd)
{
	struct fdinfo info;

	fdinfo_read(&info, fd);
	return !!strstr(info.text, "type1x-fault-unanswered");
}

/* One file for a container, and no trace of one that was refused. */
TEST_F(prq, open)
{
	const uint32_t bit = 1u << VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST;
	int next = dup(0), plain;

	close(next);
	EXPECT_EQ(fcntl(self->fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
	EXPECT_EQ(__fault_open(self->container, RESPOND, 0, 0), -EBUSY);
	EXPECT_EQ(dup(0), next);
	plain = fault_open(self->container, 0, 0, 0);
	EXPECT_EQ(fcntl(plain, F_GETFL) & O_ACCMODE, O_RDONLY);
	EXPECT_EQ(pagebox_respond(plain, 0, 0, SUCCESS), -EBADF);
	EXPECT_FALSE(lists_unanswered(plain));
	EXPECT_EQ(nr_unanswered(self->fd), 0);
	EXPECT_EQ(sources(self->container) & bit, bit);
	close(self->fd);
	EXPECT_EQ(sources(self->container) & bit, 0);
	self->fd = fault_open(self->container, RESPOND, 0, 0);
	EXPECT_EQ(sources(self->container) & bit, bit);
	vfio_group_detach(self->box.box.groups[0]);
	EXPECT_EQ(__fault_open(self->container, RESPOND, 0, 0), -EINVAL);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* To the byte. */
TEST_F(prq, contents)
{
	struct t1x_ti_report report = {
		.addr = IOVA_NOWHERE + PAGE,
		.type = T1X_TI_PAGE_REQUEST,
		.perm = 1 | 2 | 4 | 8,
		.flags = T1X_TI_LAST,
		.grpid = 77,
	};
	struct vfio_type1x_fault expected = {
		.iova = report.addr,
		.cookie = 0xc0ffee,
		.source = VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST,
		.reason = VFIO_TYPE1X_FAULT_REASON_UNKNOWN,
		.flags = VFIO_TYPE1X_FAULT_FLAG_READ | VFIO_TYPE1X_FAULT_FLAG_WRITE |
			 VFIO_TYPE1X_FAULT_FLAG_EXEC | VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED |
			 VFIO_TYPE1X_FAULT_FLAG_IOVA | VFIO_TYPE1X_FAULT_FLAG_REQUESTER |
			 VFIO_TYPE1X_FAULT_FLAG_LAST,
		.requester = faultbox_requester(0),
		.group = 77,
	};
	int plain = fault_open(self->container, NONBLOCK, 0, 0);
	uint64_t before = now();

	EXPECT_EQ(__testiommu_report(self->ti, &report), 0);
	ASSERT_EQ(fault_read(self->fd, self->records, 9), 1);
	EXPECT_LE(before, self->records[0].time);
	EXPECT_LE(self->records[0].time, now());
	expected.time = self->records[0].time;
	EXPECT_EQ(memcmp(&self->records[0], &expected, sizeof(expected)), 0);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 77), NO_ANSWER);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 77, FAILURE), 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 77), FAILURE);

	/* Faults come to it as well, in their order; requests to nobody else. */
	faultbox_fault(&self->box, 0);
	pagebox_request(self->ti, 0, 78);
	EXPECT_EQ(fault_read(self->fd, self->records, 9), 2);
	EXPECT_EQ(self->records[0].source, VFIO_TYPE1X_FAULT_SOURCE_DOMAIN);
	EXPECT_EQ(self->records[1].group, 78);
	EXPECT_EQ(self->records[1].sequence, 2);
	EXPECT_EQ(fault_read(plain, self->records, 9), 1);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 78, INVALID), 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 78), INVALID);
}

/* What it is for: the device gets its page, and tries again. */
TEST_F(prq, demand_paging)
{
	const uint64_t iova = IOVA + 64 * PAGE;
	char data[64] = "";

	mem_fill(self->box.memory, sizeof(data), 5);
	EXPECT_EQ(__testiommu_read(self->ti, 0, iova, data, sizeof(data)), -EIO);
	EXPECT_EQ(fault_read(self->fd, self->records, 9), 1);
	pagebox_report(self->ti, 0, 3, T1X_TI_LAST, iova);
	EXPECT_EQ(fault_read(self->fd, self->records, 9), 1);
	EXPECT_EQ(self->records[0].iova, iova);
	iommu_map(self->container, self->box.memory, self->records[0].iova, PAGE, IOMMU_RW);
	EXPECT_EQ(pagebox_respond(self->fd, 0, self->records[0].group, SUCCESS), 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 3), SUCCESS);
	testiommu_read(self->ti, 0, iova, data, sizeof(data));
	EXPECT_LT(mem_differs(data, sizeof(data), 5), 0);
}

/* All pages of a group, in their order, and one answer. */
TEST_F(prq, group_of_pages)
{
	for (uint64_t page = 0; page < 3; page++)
		EXPECT_EQ(pagebox_report(self->ti, 0, 9, 0, IOVA_NOWHERE + page * PAGE), 0);
	EXPECT_EQ(nr_unanswered(self->fd), 0);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 9, SUCCESS), -ENOENT);
	EXPECT_EQ(pagebox_report(self->ti, 0, 9, T1X_TI_LAST, IOVA_NOWHERE + 3 * PAGE), 0);
	EXPECT_EQ(nr_unanswered(self->fd), 1);
	ASSERT_EQ(fault_read(self->fd, self->records, 9), 4);
	for (uint64_t page = 0; page < 4; page++) {
		EXPECT_EQ(self->records[page].iova, IOVA_NOWHERE + page * PAGE);
		EXPECT_EQ(self->records[page].group, 9);
		EXPECT_EQ(!!(self->records[page].flags & VFIO_TYPE1X_FAULT_FLAG_LAST), page == 3);
	}
	EXPECT_EQ(pagebox_respond(self->fd, 0, 9, SUCCESS), 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 9), SUCCESS);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 9), NO_ANSWER);
}

/* Where they come: of a domain without PASIDs, some kernels have none. */
TEST_F(prq, pasid)
{
	struct t1x_ti_report report = {
		.type = T1X_TI_PAGE_REQUEST,
		.flags = T1X_TI_LAST | T1X_TI_PASID,
		.pasid = 5,
		.grpid = 1,
	};
	struct vfio_type1x_fault_response response = pagebox_response(0, 1, SUCCESS);

	for (int i = 0; i < 2; i++) {
		if (__testiommu_report(self->ti, &report)) {
			EXPECT_EQ(pagebox_answer(self->ti, 0, 1), INVALID);
			SKIP_IF(true, "this kernel looks for another listener");
		}
		EXPECT_EQ(fault_read(self->fd, self->records, 9), 1);
		EXPECT_EQ(self->records[0].pasid, 5);
		EXPECT_TRUE(self->records[0].flags & VFIO_TYPE1X_FAULT_FLAG_PASID);
		response.flags = 0;
		response.pasid = 0;
		EXPECT_EQ(__fault_respond(self->fd, &response, 1), -ENOENT);
		response.flags = VFIO_TYPE1X_FAULT_FLAG_PASID;
		EXPECT_EQ(__fault_respond(self->fd, &response, 1), -ENOENT);
		response.pasid = 5;
		EXPECT_EQ(__fault_respond(self->fd, &response, 1), 1);
		EXPECT_EQ(pagebox_answer(self->ti, 0, 1), SUCCESS);
		report.flags |= T1X_TI_NEEDS_PASID;
	}
}

/* The kernel takes some for others, as it compares PASIDs sometimes; none is forgotten. */
TEST_F(prq, pasids_mixed_up)
{
	static const uint32_t flags[] = { T1X_TI_NEEDS_PASID, T1X_TI_PASID, 0 };
	struct t1x_ti_report report = { .type = T1X_TI_PAGE_REQUEST, .grpid = 1 };

	for (uint32_t i = 0; i < 9; i++) {
		report.flags = T1X_TI_LAST | flags[i % 3] | flags[i / 3];
		report.pasid = i;
		__testiommu_report(self->ti, &report);
	}
	if (fault_read(self->fd, self->records, 64) > 4)
		for (int i = 8; i > 4; i--) {
			struct vfio_type1x_fault_response response = {
				.requester = self->records[i].requester,
				.pasid = self->records[i].pasid,
				.group = 1,
				.flags = self->records[i].flags & VFIO_TYPE1X_FAULT_FLAG_PASID,
			};

			EXPECT_EQ(__fault_respond(self->fd, &response, 1), 1);
		}
}

/* What makes no sense changes nothing. */
TEST_F(prq, bad_responses)
{
	const struct vfio_type1x_fault_response good = pagebox_response(0, 4, SUCCESS);
	struct vfio_type1x_fault_response bad;

	pagebox_request(self->ti, 0, 4);
	for (bad = good, bad.code = 3; bad.code; bad.code <<= 1)
		EXPECT_EQ(__fault_respond(self->fd, &bad, 1), -EINVAL);
	for (bad = good, bad.flags = 1; bad.flags; bad.flags <<= 1)
		EXPECT_EQ(__fault_respond(self->fd, &bad, 1),
			  bad.flags == VFIO_TYPE1X_FAULT_FLAG_PASID ? -ENOENT : -EINVAL);
	bad = good;
	bad.pasid = 1;
	EXPECT_EQ(__fault_respond(self->fd, &bad, 1), -EINVAL);
	for (int i = 0; i < 3; i++) {
		bad = good;
		bad.reserved[i] = 1u << 10 * i;
		EXPECT_EQ(__fault_respond(self->fd, &bad, 1), -EINVAL);
	}
	/* So many that some are looked for in the same place. */
	for (uint32_t i = 1; i < 256; i++) {
		bad = good;
		bad.requester ^= i;
		EXPECT_EQ(__fault_respond(self->fd, &bad, 1), -ENOENT);
		bad = good;
		bad.group ^= i;
		EXPECT_EQ(__fault_respond(self->fd, &bad, 1), -ENOENT);
	}
	EXPECT_EQ(__fault_respond(self->fd, NULL, 1), -EFAULT);
	for (size_t size = 0; size < RESPONSE; size += 31) {
		EXPECT_EQ(write(self->fd, &good, size), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(nr_unanswered(self->fd), 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 4), NO_ANSWER);
	EXPECT_EQ(__fault_respond(self->fd, &good, 1), 1);
	EXPECT_EQ(__fault_respond(self->fd, &good, 1), -ENOENT);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 4), SUCCESS);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 4), NO_ANSWER);
}

/* Several at once, as far as they go. */
TEST_F(prq, many_responses)
{
	struct vfio_type1x_fault_response *responses = mem_reserve(2 * PAGE, PAGE);
	struct vfio_type1x_fault_response *last = responses + PAGE / RESPONSE - 2;

	ASSERT_EQ(mprotect(responses, PAGE, PROT_READ | PROT_WRITE), 0);
	for (uint32_t group = 0; group < 6; group++)
		pagebox_request(self->ti, 0, group);
	for (uint32_t group = 0; group < 3; group++)
		responses[group] = pagebox_response(0, group, SUCCESS);
	responses[1].code = 9;
	EXPECT_EQ(__fault_respond(self->fd, responses, 3), 1);
	responses[1].code = INVALID;
	responses[2].group = 7;
	EXPECT_EQ(__fault_respond(self->fd, responses + 1, 2), 1);
	/* Half a response is none. */
	last[0] = pagebox_response(0, 5, SUCCESS);
	last[1] = pagebox_response(0, 4, SUCCESS);
	EXPECT_EQ(write(self->fd, last, 3 * RESPONSE / 2), (long)RESPONSE);
	EXPECT_EQ(__fault_respond(self->fd, last + 1, 2), 1);
	EXPECT_EQ(__fault_respond(self->fd, last + 2, 1), -EFAULT);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 0), SUCCESS);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 1), INVALID);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 5), SUCCESS);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 4), SUCCESS);
	EXPECT_EQ(nr_unanswered(self->fd), 2);
}

/* A device may use a number twice: as many answers as requests. */
TEST_F(prq, same_number)
{
	for (int i = 0; i < 3; i++)
		pagebox_request(self->ti, 0, 6);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 6, SUCCESS), 1);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 6, INVALID), 1);
	EXPECT_EQ(nr_unanswered(self->fd), 1);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 6, FAILURE), 1);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 6, SUCCESS), -ENOENT);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 6), SUCCESS);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 6), INVALID);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 6), FAILURE);
}

/* Nobody answers: the device is told at once. */
TEST_F(prq, nobody)
{
	int plain = fault_open(self->container, NONBLOCK, 0, 0);

	close(self->fd);
	pagebox_request(self->ti, 0, 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 1), INVALID);
	EXPECT_EQ(__fault_read(plain, self->records, 1), -EAGAIN);
	self->fd = fault_open(self->container, NONBLOCK | RESPOND, 0, 0);
	pagebox_request(self->ti, 0, 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 1), NO_ANSWER);
	EXPECT_EQ(fault_read(self->fd, self->records, 9), 1);
	EXPECT_EQ(self->records[0].sequence, 0);
}

/* All that the device has been told: so often INVALID, in any order. */
static int nr_refused(int ti, int device)
{
	struct t1x_ti_response response;
	int nr = 0;

	for (; !__testiommu_response(ti, device, &response); nr++)
		EXPECT_EQ(response.code, INVALID);
	return nr;
}

/* Closed by the last one who has it, or by his death. */
TEST_F(prq, closed)
{
	pid_t child;

	for (uint32_t group = 0; group < 5; group++)
		pagebox_request(self->ti, 0, group);
	EXPECT_EQ(fault_read(self->fd, self->records, 2), 2);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 4, SUCCESS), 1);
	child = child_begin();
	if (!child) {
		pause();
		child_end();
	}
	close(self->fd);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 4), SUCCESS);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 0), NO_ANSWER);
	EXPECT_EQ(__fault_open(self->container, RESPOND, 0, 0), -EBUSY);
	EXPECT_LT(child_kill(child), 3000 * ktap_scale(1));
	EXPECT_EQ(nr_refused(self->ti, 0), 4);
	self->fd = fault_open(self->container, RESPOND, 0, 0);
}

/* A device that leaves has its answers, the other one still waits for them. */
TEST_F(prq, device_leaves)
{
	int group = testiommu_group(1);

	pagebox_request(self->ti, 1, 1);
	EXPECT_EQ(pagebox_answer(self->ti, 1, 1), INVALID);
	/* It joins while the file is open. */
	vfio_group_attach(group, self->container);
	pagebox_request(self->ti, 0, 1);
	pagebox_request(self->ti, 1, 1);
	EXPECT_EQ(pagebox_report(self->ti, 1, 2, 0, IOVA_NOWHERE), 0);
	EXPECT_EQ(fault_read(self->fd, self->records, 2), 2);
	EXPECT_EQ(self->records[1].requester, faultbox_requester(1));
	vfio_group_detach(group);
	EXPECT_EQ(pagebox_answer(self->ti, 1, 1), INVALID);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 1), NO_ANSWER);
	EXPECT_EQ(pagebox_respond(self->fd, 1, 1, SUCCESS), -ENOENT);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 1, SUCCESS), 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 1), SUCCESS);
	close(group);
}

/* The file outlives the container. */
TEST_F(prq, container_ends)
{
	pagebox_request(self->ti, 0, 1);
	pagebox_request(self->ti, 0, 2);
	EXPECT_EQ(fault_poll(self->fd, 0), POLLIN);
	softbox_close(&self->box.box);
	EXPECT_EQ(nr_refused(self->ti, 0), 2);
	EXPECT_EQ(nr_unanswered(self->fd), 0);
	EXPECT_EQ(fault_poll(self->fd, 0), POLLIN | POLLHUP);
	EXPECT_EQ(fault_read(self->fd, self->records, 9), 2);
	EXPECT_EQ(fault_read(self->fd, self->records, 9), 0);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 1, SUCCESS), -ENOENT);
	EXPECT_EQ(__module_unload(OURS), -EAGAIN);
}

/* What does not fit is answered, and counted. */
TEST_F(prq, full_queue)
{
	for (uint32_t group = 0; group < ROOM; group++)
		pagebox_request(self->ti, 0, group);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 0), NO_ANSWER);
	for (int i = 0; i < 2; i++) {
		pagebox_request(self->ti, 0, 100);
		EXPECT_EQ(pagebox_answer(self->ti, 0, 100), INVALID);
		/* The second time there is room for the record, but not for the ticket. */
		if (!i)
			EXPECT_EQ(fault_read(self->fd, self->records, 64), ROOM);
	}
	EXPECT_EQ(__fault_read(self->fd, self->records, 64), -EAGAIN);
	EXPECT_EQ(nr_unanswered(self->fd), ROOM);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 7, SUCCESS), 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 7), SUCCESS);
	pagebox_request(self->ti, 0, 100);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 100), NO_ANSWER);
	EXPECT_EQ(fault_read(self->fd, self->records, 64), 1);
	EXPECT_EQ(self->records[0].sequence, ROOM);
	EXPECT_EQ(self->records[0].lost, 2);
}

/* A group of which a page was lost is not waited for. */
TEST_F(prq, torn_group)
{
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, ROOM - 2);
	for (uint32_t page = 0; page < 3; page++)
		pagebox_report(self->ti, 0, 8, 0, IOVA_NOWHERE);
	/* Some kernels keep it to themselves up to here. */
	if (fault_poll(self->fd, 0) & POLLIN)
		while (__fault_read(self->fd, self->records, 1) > 0 &&
		       self->records[0].source != VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST)
			;
	if (self->records[0].source != VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST)
		faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, ROOM - 2);
	pagebox_report(self->ti, 0, 8, T1X_TI_LAST, IOVA_NOWHERE);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 8), INVALID);
	EXPECT_EQ(nr_unanswered(self->fd), 0);
	while (__fault_read(self->fd, self->records, 64) > 0)
		;
	/* The next one of that number is whole. */
	pagebox_request(self->ti, 0, 8);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 8), NO_ANSWER);
	EXPECT_EQ(fault_read(self->fd, self->records, 9), 1);
	EXPECT_EQ(self->records[0].lost, 2);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 8, SUCCESS), 1);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 8), SUCCESS);
}

TEST_F(prq, poll)
{
	struct pollfd poller = { .fd = self->fd, .events = POLLIN | POLLOUT };

	ASSERT_EQ(poll(&poller, 1, 0), 1);
	EXPECT_EQ(poller.revents, POLLOUT);
	pagebox_request(self->ti, 0, 1);
	ASSERT_EQ(poll(&poller, 1, 10000), 1);
	EXPECT_EQ(poller.revents, POLLIN | POLLOUT);
}

/* Two programs: each hears of its device, and answers for it only. */
TEST_F(prq, owners)
{
	struct softbox other;
	int others;

	faultbox_other(&self->box, &other);
	others = fault_open(other.container, NONBLOCK | RESPOND, 0, 0);
	pagebox_request(self->ti, 0, 1);
	pagebox_request(self->ti, 1, 1);
	EXPECT_EQ(fault_read(self->fd, self->records, 9), 1);
	EXPECT_EQ(self->records[0].requester, faultbox_requester(0));
	EXPECT_EQ(fault_read(others, self->records, 9), 1);
	EXPECT_EQ(self->records[0].requester, faultbox_requester(1));
	EXPECT_EQ(pagebox_respond(self->fd, 1, 1, SUCCESS), -ENOENT);
	EXPECT_EQ(pagebox_respond(others, 0, 1, SUCCESS), -ENOENT);
	close(self->fd);
	EXPECT_EQ(pagebox_answer(self->ti, 0, 1), INVALID);
	EXPECT_EQ(pagebox_respond(others, 1, 1, SUCCESS), 1);
	EXPECT_EQ(pagebox_answer(self->ti, 1, 1), SUCCESS);
	softbox_close(&other);
}

/* Two IOMMU page tables in one container. */
TEST_F(prq, apart)
{
	const struct t1x_ti_behaviour apart = { .flags = T1X_TI_APART };
	int group = testiommu_group(1);

	testiommu_behave(self->ti, &apart);
	vfio_group_attach(group, self->container);
	for (int device = 0; device < 2; device++) {
		pagebox_request(self->ti, device, 1);
		EXPECT_EQ(pagebox_respond(self->fd, device, 1, SUCCESS), 1);
		EXPECT_EQ(pagebox_answer(self->ti, device, 1), SUCCESS);
	}
	vfio_group_detach(self->box.box.groups[0]);
	pagebox_request(self->ti, 1, 2);
	EXPECT_EQ(pagebox_respond(self->fd, 1, 2, SUCCESS), 1);
	vfio_group_attach(self->box.box.groups[0], self->container);
	pagebox_request(self->ti, 0, 2);
	EXPECT_EQ(pagebox_respond(self->fd, 0, 2, SUCCESS), 1);
	close(group);
}

FIXTURE(cannot) {
	struct faultbox box;
	int ti;
	int container;
};

FIXTURE_SETUP(cannot)
{
	backend_need_ours("has no page requests");
	faultbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
}

FIXTURE_TEARDOWN(cannot)
{
	faultbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

/* IOMMU drivers that refuse, or say yes and have no place for requests. */
TEST_F(cannot, iommu)
{
	static const uint32_t flags[] = { T1X_TI_NO_REQUESTS, T1X_TI_NO_QUEUE };
	struct t1x_ti_behaviour behaviour = { 0 };
	int fd, next = dup(0);

	close(next);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		behaviour.flags = flags[i];
		testiommu_behave(self->ti, &behaviour);
		fd = __fault_open(self->container, RESPOND, 0, 0);
		SKIP_IF(fd >= 0, "this kernel asks no IOMMU driver to enable them");
		EXPECT_EQ(fd, -EOPNOTSUPP);
		EXPECT_EQ(dup(0), next);
		close(next);
		pagebox_request(self->ti, 0, 1);
		EXPECT_EQ(pagebox_answer(self->ti, 0, 1), INVALID);
	}
	testiommu_behave(self->ti, NULL);
	EXPECT_LE(0, __fault_open(self->container, RESPOND, 0, 0));
}

/* Emulated devices have no IOMMU. One that comes later has. */
TEST_F(cannot, emulated)
{
	int group = testdev_group(0), fd;

	softbox_close(&self->box.box);
	self->container = vfio_container_open();
	vfio_group_attach(group, self->container);
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	EXPECT_EQ(__fault_open(self->container, RESPOND, 0, 0), -EOPNOTSUPP);
	self->box.box.container = self->container;
	self->box.box.groups[self->box.box.num_groups++] = testiommu_group(0);
	vfio_group_attach(self->box.box.groups[0], self->container);
	fd = fault_open(self->container, RESPOND, 0, 0);
	pagebox_request(self->ti, 0, 1);
	EXPECT_EQ(pagebox_respond(fd, 0, 1, SUCCESS), 1);
	close(group);
}

KTAP_MAIN()
