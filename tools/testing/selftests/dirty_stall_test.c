// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bitmap that has no memory yet: its reader sleeps, and comes or does not come
 * back, while devices write, others read, and mappings go.  No page is forgotten.
 */
#include "child.h"
#include "proc.h"
#include "testbox.h"
#include "uffd.h"
#include "view.h"

/* Pages in a page of the bitmap, and in what the kernel makes of it at a time. */
#define PAGE_BITS	(PAGE * 8)
#define WINDOW_BITS	(4 * PAGE_BITS)

/* A mapping in the first window, and two in the last one. */
#define NEAR		5
#define NEAR_PAGES	3000
#define FAR		(2 * WINDOW_BITS + 100)
#define FAR_PAGES	(2 * PAGE_BITS)
#define CONSTANT	(FAR + FAR_PAGES) /* read-only */
#define CONSTANT_PAGES	50
#define MAPPED		(NEAR_PAGES + FAR_PAGES + CONSTANT_PAGES)

struct stall {
	struct testbox box;
	struct testdev *dev;
	char *memory;
	struct view view;
	struct uffd uffd; /* the reader's buffer */
	pthread_t thread;
	int result;
};

static void map_pages(struct stall *stall, size_t page, size_t pages, uint32_t flags)
{
	iommu_map(stall->box.container, stall->memory + page * PAGE, VIEW_IOVA(page), pages * PAGE,
		  flags);
}

static void write_page(struct stall *stall, size_t page)
{
	EXPECT_EQ(__testdev_write(stall->dev, VIEW_IOVA(page), "x", 1), 0);
	view_draw(&stall->view, page, 1);
}

static void *run_get(void *arg)
{
	struct stall *stall = arg;
	struct dirty_bits bits = stall->view.bits;

	bits.words = (uint64_t *)stall->uffd.addr;
	stall->result = __dirty_get(stall->box.container, &bits);
	return NULL;
}

/* @pages are in view, and reached by a reader whose buffer is empty. */
static void stall_open(struct stall *stall, size_t pages)
{
	backend_need_ours("one lock is held while bitmaps are written");
	testbox_open(&stall->box, VFIO_TYPE1v2_IOMMU, 1);
	stall->dev = &stall->box.devs[0];
	stall->memory = mem_untouched(pages * PAGE);
	view_open(&stall->view, stall->box.container, pages);
	stall->uffd.fd = -1;
	dirty_start(stall->box.container);
}

static void stall_close(struct stall *stall)
{
	uffd_close(&stall->uffd);
	testbox_close(&stall->box);
	view_close(&stall->view);
	EXPECT_TRUE(proc_locked_becomes(0));
}

/* Who sleeps at @page of the bitmap is never going to have it. */
static void expect_fault(struct stall *stall, size_t page)
{
	must_sys(mprotect(stall->uffd.addr + page * PAGE, PAGE, PROT_NONE));
	close(stall->uffd.fd);
	stall->uffd.fd = -1;
	thread_wait(stall->thread);
	EXPECT_EQ(stall->result, -EFAULT);
}

/* The reader sleeps at the first byte. */
FIXTURE(first_window) {
	struct stall s;
};

#define FEW		8
#define DIRTY		3

FIXTURE_SETUP(first_window)
{
	struct stall *s = &self->s;

	stall_open(s, FEW);
	map_pages(s, 0, FEW, IOMMU_RW);
	write_page(s, DIRTY);
	uffd_open(&s->uffd, PAGE);
	s->thread = thread_begin(run_get, s);
	uffd_wait(&s->uffd, ktap_scale(5) * 1000);
}

FIXTURE_TEARDOWN(first_window)
{
	stall_close(&self->s);
}

/* The bit is not with the one who fails, but with the one who unmaps. */
TEST_F(first_window, unmapped_meanwhile)
{
	view_expect_unmap(&self->s.view, FEW);
	expect_fault(&self->s, 0);
}

/* Two may be told of it; that one of them fails does not concern the other. */
TEST_F(first_window, read_meanwhile)
{
	view_expect(&self->s.view, __dirty_peek);
	view_expect(&self->s.view, __dirty_get);
	expect_fault(&self->s, 0);
}

TEST_F(first_window, read_afterwards)
{
	struct stall *s = &self->s;

	write_page(s, DIRTY + 1);
	expect_fault(s, 0);
	view_expect(&s->view, __dirty_get);
	view_forget(&s->view);
	view_expect(&s->view, __dirty_get);
}

/* What he is not told of is still to come. */
TEST_F(first_window, written_meanwhile)
{
	struct stall *s = &self->s;

	view_forget(&s->view);
	write_page(s, DIRTY + 2);
	uffd_fill(&s->uffd, 0, PAGE);
	thread_wait(s->thread);
	EXPECT_EQ(s->result, 0);
	EXPECT_EQ(*(uint8_t *)s->uffd.addr, 1 << DIRTY);
	view_expect(&s->view, __dirty_get);
}

/* A new mapping in the old one's place has nothing to do with it. */
TEST_F(first_window, mapped_anew_meanwhile)
{
	struct stall *s = &self->s;

	view_expect_unmap(&s->view, FEW);
	map_pages(s, 0, FEW, IOMMU_RW);
	view_forget(&s->view);
	write_page(s, DIRTY + 1);
	uffd_fill(&s->uffd, 0, PAGE);
	thread_wait(s->thread);
	EXPECT_EQ(s->result, 0);
	view_expect(&s->view, __dirty_get);
}

/*
 * The reader has got all of the first window when he falls asleep: at the first
 * page of the bitmap that tells of the mapping far away.
 */
#define LAST_PAGE	(CONSTANT / PAGE_BITS)
#define LATE_PAGE	(FAR / PAGE_BITS)

FIXTURE(later_window) {
	struct stall s;
	volatile int *stage;
};

FIXTURE_SETUP(later_window)
{
	static const size_t written[] = { NEAR, NEAR + 1, NEAR + 9, FAR, FAR + 64, CONSTANT - 1 };
	struct stall *s = &self->s;
	size_t i;

	stall_open(s, CONSTANT + CONSTANT_PAGES);
	self->stage = child_shared(PAGE);
	map_pages(s, NEAR, NEAR_PAGES, IOMMU_RW);
	map_pages(s, FAR, FAR_PAGES, IOMMU_RW);
	map_pages(s, CONSTANT, CONSTANT_PAGES, IOMMU_R);
	for (i = 0; i < ARRAY_SIZE(written); i++)
		write_page(s, written[i]);
}

FIXTURE_TEARDOWN(later_window)
{
	stall_close(&self->s);
}

/*
 * The kernel asks for all of the buffer before it begins.  While it waits for the
 * end of it, take away what it has got already.
 */
static void begin_get(struct stall *s)
{
	const size_t last = LAST_PAGE * PAGE, late = LATE_PAGE * PAGE;

	uffd_open(&s->uffd, last + PAGE);
	uffd_fill(&s->uffd, 0, last);
	s->thread = thread_begin(run_get, s);
	EXPECT_EQ(uffd_wait(&s->uffd, ktap_scale(5) * 1000), last);
	must_sys(madvise(s->uffd.addr + late, PAGE, MADV_DONTNEED));
	uffd_fill(&s->uffd, last, PAGE);
	EXPECT_EQ(uffd_wait(&s->uffd, ktap_scale(5) * 1000), late);
	EXPECT_EQ(memcmp(s->uffd.addr, s->view.expected.words, PAGE), 0);
}

/*
 * What the user had got already is reported again, and with it perhaps the rest of
 * those mappings; the other bits are as they were.  And that is all.
 */
static void expect_all_again(struct stall *s)
{
	const uint64_t *expected = s->view.expected.words, *words = s->view.bits.words;
	size_t i, lost = 0, late = LATE_PAGE * PAGE;

	dirty_wipe(&s->view.bits);
	EXPECT_EQ(__dirty_get(s->box.container, &s->view.bits), 0);
	EXPECT_TRUE(dirty_is_guarded(&s->view.bits));
	for (i = 0; i < late / sizeof(*words); i++)
		lost += (expected[i] & ~words[i]) != 0;
	EXPECT_EQ(lost, 0);
	EXPECT_EQ(memcmp(words + i, expected + i, s->view.bits.bytes - late), 0);
	EXPECT_LE(dirty_count(&s->view.bits), NEAR_PAGES + dirty_count(&s->view.expected));
	view_forget(&s->view);
	view_expect(&s->view, __dirty_get);
}

TEST_F(later_window, faults)
{
	begin_get(&self->s);
	expect_fault(&self->s, LATE_PAGE);
	expect_all_again(&self->s);
}

TEST_F(later_window, killed)
{
	pid_t child = child_begin();

	if (!child) {
		begin_get(&self->s);
		child_post(self->stage, 1);
		pause();
	}
	ASSERT_TRUE(child_await(self->stage, 1));
	child_kill(child);
	expect_all_again(&self->s);
}

/* Those who unmap meanwhile get the last of it; of the rest nothing is lost. */
TEST_F(later_window, unmapped_meanwhile)
{
	struct stall *s = &self->s;
	struct dirty_bits far;
	uint64_t unmapped = 0;

	begin_get(s);
	dirty_open(&far, VIEW_IOVA(FAR), FAR_PAGES);
	EXPECT_EQ(__dirty_unmap(s->box.container, &far, &unmapped), 0);
	EXPECT_EQ(unmapped, FAR_PAGES * PAGE);
	EXPECT_EQ(dirty_count(&far), 3);
	EXPECT_TRUE(dirty_is_set(&far, VIEW_IOVA(FAR + 64)));
	dirty_close(&far);
	expect_fault(s, LATE_PAGE);
	view_forget(&s->view);
	view_draw(&s->view, NEAR, 2);
	view_draw(&s->view, NEAR + 1000, 1);
	expect_all_again(s);
}

/* He comes back: what was written behind his back is for the next reader. */
TEST_F(later_window, succeeds)
{
	struct stall *s = &self->s;
	size_t size = s->view.bits.bytes;

	begin_get(s);
	memcpy(s->view.bits.words, s->view.expected.words, size);
	view_forget(&s->view);
	write_page(s, NEAR);
	write_page(s, NEAR + 2000);
	write_page(s, FAR + 1);
	uffd_fill(&s->uffd, LATE_PAGE * PAGE, PAGE);
	thread_wait(s->thread);
	EXPECT_EQ(s->result, 0);
	EXPECT_EQ(memcmp(s->uffd.addr, s->view.bits.words, size), 0);
	view_expect(&s->view, __dirty_get);
	view_forget(&s->view);
	view_expect(&s->view, __dirty_get);
	EXPECT_EQ(iommu_unmap_all(s->box.container), MAPPED * PAGE);
}

KTAP_MAIN()
