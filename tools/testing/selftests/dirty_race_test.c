// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration: devices write while the program reads bitmaps and copies the pages
 * that they report.  When the devices have stopped and what is left has been
 * copied, the copy is the same as the original.
 *
 * Some pages are never written to, and must never be reported.
 */
#include "child.h"
#include "proc.h"
#include "testbox.h"
#include "view.h"

#define THREADS		3
#define SECONDS		2
#define PAGES		1200
#define NEVER		11 /* every eleventh page is left alone */
#define MAX_MAPPINGS	32

/* One more page, so far away that the kernel makes the bitmap in several steps. */
#define FAR		300000
#define FAR_BYTES	(FAR / 8 / PAGE * PAGE + PAGE)

struct span {
	size_t page, pages;
};

struct writer {
	struct dirty_race_self *race;
	struct testdev dev;
	bool pins; /* instead of telling the kernel to write */
	size_t order[PAGES];
	size_t num; /* pages in @order */
	unsigned int seed;
	uint64_t value; /* written last */
	long writes, retries;
};

FIXTURE(dirty_race) {
	struct testbox box;
	int container;
	char *memory;
	struct span mappings[MAX_MAPPINGS];
	int num_mappings;
	bool mapped[PAGES];

	struct dirty_bits bits;
	struct dirty_bits cut; /* the same, but for its buffer, which ends early */
	uint64_t copy[PAGES];  /* of the first word of each page */
	bool reported[PAGES];  /* in this round */
	long failed;	       /* readings that had to */

	struct dirty_bits wide; /* up to the page far away; its end comes and goes */
	uint64_t *wide_words;	/* the same memory, always there */

	struct writer writers[THREADS];
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	int writing; /* threads that have not done with this round */
	bool stop;
};

FIXTURE_VARIANT(dirty_race) {
	void (*turn)(struct dirty_race_self *self, unsigned int number);
	const char *only_ours; /* why */
	bool flickers;	       /* may report too much */
};

/* Stock's bits are exact only in mappings that begin with a word. */
static size_t next_place(size_t page)
{
	return backend_is_stock() ? (page + 63) / 64 * 64 : page;
}

static void lay_out(struct dirty_race_self *self)
{
	size_t page = next_place(3), pages = 1;

	while (page + pages <= PAGES && self->num_mappings < MAX_MAPPINGS) {
		self->mappings[self->num_mappings++] = (struct span){ page, pages };
		memset(&self->mapped[page], true, pages);
		page = next_place(page + pages + self->num_mappings % 3);
		pages = pages * 7 % 97 + 1;
	}
}

static int map_again(struct dirty_race_self *self, const struct span *span)
{
	return __iommu_map(self->container, self->memory + span->page * PAGE, VIEW_IOVA(span->page),
			   span->pages * PAGE, IOMMU_RW);
}

static void add_writer(struct dirty_race_self *self, int index, uint32_t flags, bool pins)
{
	struct writer *writer = &self->writers[index];
	size_t page;

	*writer = (struct writer){
		.race = self,
		.dev = self->box.devs[index % 2],
		.pins = pins,
		.seed = index + 1,
	};
	writer->dev.flags = flags;
	for (page = 0; page < PAGES; page++)
		if (self->mapped[page] && page % NEVER && page % THREADS == (size_t)index)
			writer->order[writer->num++] = page;
}

/* Words of which only as many can be written to as half of the pages need. */
static uint64_t *cut_words(void)
{
	char *end = (char *)mem_untouched(2 * PAGE) + PAGE;

	must_sys(mprotect(end, PAGE, PROT_NONE));
	return (uint64_t *)(end - dirty_bytes(PAGES / 2));
}

static void open_wide(struct dirty_race_self *self)
{
	int fd = must_sys(memfd_create("bitmap", MFD_CLOEXEC));
	void *alias;

	must_sys(ftruncate(fd, FAR_BYTES));
	self->wide_words = mmap(NULL, FAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	alias = mmap(NULL, FAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(self->wide_words, MAP_FAILED);
	ASSERT_NE(alias, MAP_FAILED);
	self->wide = (struct dirty_bits){
		.iova = VIEW_BASE,
		.pages = FAR + 1,
		.bytes = FAR_BYTES,
		.words = alias,
	};
	iommu_map(self->container, self->memory, VIEW_IOVA(FAR), PAGE, IOMMU_RW);
	close(fd);
}

static void *run_flicker(void *arg)
{
	struct dirty_race_self *self = arg;
	char *end = (char *)self->wide.words + FAR_BYTES - PAGE;

	while (!self->stop) {
		must_sys(mprotect(end, PAGE, PROT_NONE));
		sched_yield();
		must_sys(mprotect(end, PAGE, PROT_READ | PROT_WRITE));
		usleep(100);
	}
	return NULL;
}

FIXTURE_SETUP(dirty_race)
{
	int i;

	if (variant->only_ours)
		backend_need_ours(variant->only_ours);
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	self->container = self->box.container;
	self->memory = mem_untouched(PAGES * PAGE);
	memset(self->memory, 0, PAGES * PAGE);
	lay_out(self);
	for (i = 0; i < self->num_mappings; i++)
		ASSERT_EQ(map_again(self, &self->mappings[i]), 0);
	dirty_open(&self->bits, VIEW_BASE, PAGES);
	self->cut = self->bits;
	self->cut.words = cut_words();
	open_wide(self);
	add_writer(self, 0, 0, false);
	add_writer(self, 1, T1X_TD_IN_KTHREAD, false);
	add_writer(self, 2, 0, true);
	dirty_start(self->container);
}

FIXTURE_TEARDOWN(dirty_race)
{
	testbox_close(&self->box);
	EXPECT_TRUE(proc_locked_becomes(0));
}

/* Through a page that is pinned for it; it may be taken away at any time. */
static int poke_page(struct writer *writer, uint64_t iova)
{
	int ret = __testdev_pin(&writer->dev, iova, 1, TESTDEV_RW);

	if (ret < 0)
		return ret;
	ret = __testdev_poke(&writer->dev, iova, 0, writer->value & 0xff);
	__testdev_unpin(&writer->dev, iova, 1);
	return ret == -ENOENT ? -EBUSY : ret;
}

/* Until it works: the page may be unmapped for a while, or be about to go. */
static void write_page(struct writer *writer, size_t page)
{
	double end = ktap_now() + ktap_scale(10);
	int ret;

	writer->value++;
	do {
		if (writer->pins)
			ret = poke_page(writer, VIEW_IOVA(page));
		else
			ret = __testdev_write(&writer->dev, VIEW_IOVA(page), &writer->value,
					      sizeof(writer->value));
		writer->retries += ret != 0;
	} while ((ret == -EINVAL || ret == -EBUSY) && ktap_now() < end);
	EXPECT_EQ(ret, 0);
	writer->writes++;
}

static void shuffle(struct writer *writer)
{
	size_t i;

	for (i = writer->num - 1; i > 0; i--) {
		size_t j = rand_r(&writer->seed) % (i + 1), page = writer->order[i];

		writer->order[i] = writer->order[j];
		writer->order[j] = page;
	}
}

static void *run_writer(void *arg)
{
	struct writer *writer = arg;
	struct dirty_race_self *race = writer->race;
	size_t i;

	while (pthread_barrier_wait(&race->barrier), !race->stop) {
		shuffle(writer);
		for (i = 0; i < writer->num; i++)
			write_page(writer, writer->order[i]);
		__atomic_sub_fetch(&race->writing, 1, __ATOMIC_SEQ_CST);
		pthread_barrier_wait(&race->barrier);
	}
	return NULL;
}

static uint64_t *word_of(struct dirty_race_self *self, size_t page)
{
	return (uint64_t *)(self->memory + page * PAGE);
}

static struct dirty_bits *look_at(struct dirty_race_self *self, const struct span *span)
{
	self->bits.iova = VIEW_IOVA(span->page);
	self->bits.pages = span->pages;
	self->bits.bytes = dirty_bytes(span->pages);
	dirty_wipe(&self->bits);
	return &self->bits;
}

static void copy_pages(struct dirty_race_self *self)
{
	size_t first = (self->bits.iova - VIEW_BASE) / PAGE, i;

	for (i = 0; i < self->bits.pages; i++) {
		if (!dirty_is_set(&self->bits, self->bits.iova + i * PAGE))
			continue;
		self->reported[first + i] = true;
		self->copy[first + i] = __atomic_load_n(word_of(self, first + i), __ATOMIC_SEQ_CST);
	}
}

static const struct span whole = { 0, PAGES };

static void turn_get(struct dirty_race_self *self, unsigned int number)
{
	const struct span *span = &self->mappings[number % self->num_mappings];

	if (number % 4 == 0)
		span = &whole;
	EXPECT_EQ(__dirty_get(self->container, look_at(self, span)), 0);
	copy_pages(self);
}

static void turn_get_fails(struct dirty_race_self *self, unsigned int number)
{
	EXPECT_EQ(__dirty_get(self->container, &self->cut), -EFAULT);
	self->failed++;
	if (number % 3 == 0)
		turn_get(self, number);
}

/* The end of the buffer may vanish when its beginning has been written to. */
static void turn_flicker(struct dirty_race_self *self, unsigned int number)
{
	struct dirty_bits *bits = look_at(self, &whole);
	int ret;

	(void)number;
	memset(self->wide_words, 0, FAR_BYTES);
	ret = __dirty_get(self->container, &self->wide);
	EXPECT_TRUE(ret == 0 || ret == -EFAULT);
	memcpy(bits->words, self->wide_words, bits->bytes);
	/* Bits that came through all the same prove that it was underway. */
	self->failed += ret && dirty_count(bits);
	if (!ret)
		copy_pages(self);
}

/* First what is going to be copied becomes clean, and then it is copied. */
static void turn_peek_and_clear(struct dirty_race_self *self, unsigned int number)
{
	struct dirty_bits *bits = look_at(self, &whole);

	(void)number;
	EXPECT_EQ(__dirty_peek(self->container, bits), 0);
	EXPECT_EQ(__dirty_clear(self->container, bits), 0);
	copy_pages(self);
}

static void turn_unmap(struct dirty_race_self *self, unsigned int number)
{
	const struct span *span = &self->mappings[number % self->num_mappings];
	uint64_t unmapped = 0;

	EXPECT_EQ(__dirty_unmap(self->container, look_at(self, span), &unmapped), 0);
	EXPECT_EQ(unmapped, span->pages * PAGE);
	copy_pages(self);
	EXPECT_EQ(map_again(self, span), 0);
	if (number % 5 == 0)
		turn_get(self, number);
}

static void turn_unmap_fails(struct dirty_race_self *self, unsigned int number)
{
	EXPECT_EQ(__dirty_unmap(self->container, &self->cut, NULL), -EFAULT);
	self->failed++;
	if (number % 3 == 0)
		turn_unmap(self, number);
	else
		turn_get(self, number);
}

FIXTURE_VARIANT_ADD(dirty_race, get) { .turn = turn_get };

FIXTURE_VARIANT_ADD(dirty_race, get_fails) {
	.turn = turn_get_fails,
	.only_ours = "loses bits when a copy fails",
};

FIXTURE_VARIANT_ADD(dirty_race, get_flickers) {
	.turn = turn_flicker,
	.only_ours = "loses bits when a copy fails",
	.flickers = true,
};

FIXTURE_VARIANT_ADD(dirty_race, peek_and_clear) {
	.turn = turn_peek_and_clear,
	.only_ours = "reads and clears in one",
};

FIXTURE_VARIANT_ADD(dirty_race, unmap) {
	.turn = turn_unmap,
	.only_ours = "has a BUG() for pages that are pinned during UNMAP",
};

FIXTURE_VARIANT_ADD(dirty_race, unmap_fails) {
	.turn = turn_unmap_fails,
	.only_ours = "leaves half of an UNMAP done",
};

/* Nobody writes any more. */
static void check_round(struct dirty_race_self *self, const struct dirty_race_variant *variant)
{
	size_t page;

	turn_get(self, 0);
	for (page = 0; page < PAGES; page++) {
		if (!EXPECT_EQ(self->copy[page], *word_of(self, page)))
			NOTE("page %zu", page);
		if (!variant->flickers)
			EXPECT_EQ(self->reported[page], self->mapped[page] && page % NEVER);
		self->reported[page] = false;
	}
	turn_get(self, 0);
	EXPECT_EQ(dirty_count(&self->bits), 0);
}

static unsigned int run_round(struct dirty_race_self *self,
			      const struct dirty_race_variant *variant, unsigned int number)
{
	self->writing = THREADS;
	pthread_barrier_wait(&self->barrier);
	while (__atomic_load_n(&self->writing, __ATOMIC_SEQ_CST))
		variant->turn(self, number++);
	pthread_barrier_wait(&self->barrier);
	check_round(self, variant);
	return number;
}

TEST_F_TIMEOUT(dirty_race, nothing_is_lost, 60)
{
	double end = ktap_now() + SECONDS;
	unsigned int number = 0, rounds = 0;
	long writes = 0, retries = 0;
	pthread_t flicker = 0;
	size_t page, mapped = 0;
	int i;

	pthread_barrier_init(&self->barrier, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++)
		self->threads[i] = thread_begin(run_writer, &self->writers[i]);
	if (variant->flickers)
		flicker = thread_begin(run_flicker, self);
	for (; ktap_now() < end && !ktap->failures; rounds++)
		number = run_round(self, variant, number);
	self->stop = true;
	pthread_barrier_wait(&self->barrier);
	if (flicker)
		thread_wait(flicker);
	for (i = 0; i < THREADS; i++) {
		thread_wait(self->threads[i]);
		writes += self->writers[i].writes;
		retries += self->writers[i].retries;
	}
	NOTE("%u rounds, %ld writes (%ld tries more), %u turns, %ld failed as they should", rounds,
	     writes, retries, number, self->failed);
	/* Were they at it at the same time? */
	EXPECT_GT(number, rounds * 2);
	for (page = 0; page < PAGES; page++)
		mapped += self->mapped[page];
	EXPECT_EQ(iommu_unmap_all(self->container), (mapped + 1) * PAGE);
}

KTAP_MAIN()
