// SPDX-License-Identifier: GPL-2.0-only
/*
 * Export: how the dirty bits of many mappings become one bitmap in user memory.
 *
 * The user's bitmap is made window by window, a window being some KiB of it.
 * Under t1x_ioas.lock the bits of all mappings there are put into a buffer, to
 * wherever their IOVA has them (core/bits.h); then it is copied out without the
 * lock.  As windows begin at whole bytes (core/cut.h), and every mapping that has a bit
 * in a byte has it in the same window, user memory is never read, and no byte outside
 * the range is touched.  Where no mapping is for long, nothing is written at all.
 *
 * Only when the user has a window are its bits cleared, those that he has and no
 * others.  A page that is written to again in between is not lost: he will copy it
 * after that.  A fault, or an UNMAP by another thread, finds all bits in place.
 *
 * What remains is a user who loses his bitmap between two windows.  So that it is
 * an affair of those who unmap it at that very moment, it is faulted in beforehand;
 * then all pages of the windows before are marked, since nobody knows any more
 * which they were.
 */
#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/pagemap.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <trace/events/type1x.h>

#include "core/bits.h"
#include "core/cut.h"
#include "private.h"

/* Bytes of bitmap made under the lock at once; enough for 512 MiB of IOVA. */
#define T1X_EXPORT_WINDOW	SZ_16K

static_assert(PAGE_SHIFT == T1X_CUT_PAGE_SHIFT);

/**
 * struct t1x_export - a bitmap in the making
 * @ioas: address space
 * @span: IOVAs that it is for
 * @bitmap: where it is to go, in user memory
 * @maps: mappings of the caller that it is about, or NULL for all that there are
 * @at: the first of @maps that is not behind us
 * @peek: the user will be told again of what he is told now
 * @clear: clear the bits that the user has got
 * @cleared: that has been done for a window
 * @buf: the window
 * @size: its size in bytes
 * @used: leading bytes of it up to the last one that has a mapping
 * @stained: it has bits that can be cleared
 * @nr_dirty: dirty pages in it; counted while they are marked, if that is all
 * @must_count: it is not all
 * @nr_reported: dirty pages that the user has got
 */
struct t1x_export {
	struct t1x_ioas *ioas;
	struct t1x_span span;
	char __user *bitmap;
	struct list_head *maps;
	struct t1x_mapping *at;
	bool peek;
	bool clear;
	bool cleared;
	unsigned long *buf;
	size_t size;
	size_t used;
	bool stained;
	unsigned long nr_dirty;
	bool must_count;
	unsigned long nr_reported;
};

/* The first mapping at or after an IOVA, or NULL. */
static struct t1x_mapping *t1x_export_seek(struct t1x_export *exp, u64 iova)
{
	const struct t1x_span rest = { .start = iova, .last = exp->span.last };
	struct t1x_mapping *map;

	if (!exp->maps) {
		map = t1x_mapping_first(exp->ioas, &rest);
		while (map && !t1x_ioas_is_public(map))
			map = t1x_mapping_next(map, &rest);
		return map;
	}
	while (!list_entry_is_head(exp->at, exp->maps, link)) {
		if (exp->at->node.last >= iova)
			return exp->at;
		exp->at = list_next_entry(exp->at, link);
	}
	return NULL;
}

/* The mapping after one, or NULL at the end of a window; cheaper than to seek it. */
static struct t1x_mapping *t1x_export_next(const struct t1x_export *exp, struct t1x_mapping *map,
					   const struct t1x_span *win)
{
	if (!exp->maps)
		return t1x_mapping_next(map, win);
	map = list_next_entry(map, link);
	if (list_entry_is_head(map, exp->maps, link) || map->node.start > win->last)
		return NULL;
	return map;
}

/*
 * Is it the kind that there are most of: one page, mapped for a device that may
 * have written to anything?  As it is READY, and tracked, it has a bitmap (private.h);
 * so nobody asks, and all else is in one cache line.
 */
static bool t1x_export_is_dirty_page(const struct t1x_mapping *map)
{
	return map->node.last - map->node.start < PAGE_SIZE && map->state == T1X_MAPPING_READY &&
	       map->backed && !map->has_raw && !map->stained && map->prot & IOMMU_WRITE;
}

/*
 * Mark mappings of that kind, from @map on, in a window.  There may be tens of
 * thousands of them, which is why this loop does nothing but that.  Returns the
 * first that is of another kind, or NULL at the end of the window; *last becomes the
 * end of the one before it, if any.
 */
static struct t1x_mapping *t1x_export_mark_pages(struct t1x_export *exp, struct t1x_mapping *map,
						 struct t1x_span win, u64 *last)
{
	unsigned long *buf = exp->buf, nr = 0;

	while (map && t1x_export_is_dirty_page(map)) {
		u64 page = (map->node.start - win.start) >> PAGE_SHIFT;

		buf[BIT_WORD(page)] |= BIT_MASK(page);
		nr++;
		*last = map->node.last;
		map = t1x_mapping_next(map, &win);
	}
	exp->nr_dirty += nr;
	return map;
}

/* Empty the window, of which a mapping that fills it leaves only what is behind the end. */
static void t1x_export_begin(struct t1x_export *exp, const struct t1x_span *win,
			     const struct t1x_mapping *map)
{
	size_t nwords = DIV_ROUND_UP(t1x_cut_nbytes(win), sizeof(u64));

	exp->stained = false;
	exp->nr_dirty = 0;
	exp->must_count = false;
	if (map->node.start <= win->start && map->node.last >= win->last &&
	    t1x_dirty_is_all(exp->ioas, map))
		exp->buf[nwords - 1] = 0;
	else
		memset64((u64 *)exp->buf, 0, nwords);
}

/* OR into the window the bits of one mapping there. */
static void t1x_export_peek(struct t1x_export *exp, const struct t1x_span *win,
			    const struct t1x_mapping *map)
{
	const struct t1x_span whole = t1x_mapping_span(map);

	if (t1x_dirty_is_all(exp->ioas, map))
		exp->nr_dirty += t1x_cut(&whole, win).npages;
	else
		exp->must_count = true;
	exp->stained |= t1x_dirty_peek(exp->ioas, map, win, exp->buf);
}

/* OR into the window the bits of all mappings there, the first of which is @map. */
static void t1x_export_fill(struct t1x_export *exp, const struct t1x_span *win,
			    struct t1x_mapping *map)
{
	const bool unscoped = t1x_ioas_assumes_all_dirty(exp->ioas) && !exp->maps;
	struct t1x_span done = { .start = win->start };

	t1x_export_begin(exp, win, map);
	while (map) {
		if (unscoped)
			map = t1x_export_mark_pages(exp, map, *win, &done.last);
		if (!map)
			break;
		if (exp->maps || t1x_ioas_is_public(map))
			t1x_export_peek(exp, win, map);
		done.last = map->node.last;
		map = t1x_export_next(exp, map, win);
	}
	done.last = min(done.last, win->last);
	exp->used = t1x_cut_nbytes(&done);
	if (exp->must_count)
		exp->nr_dirty = bitmap_weight(exp->buf, exp->used * BITS_PER_BYTE);
}

/* Make the next window that is not empty: 1, or 0 at the end, or an errno. */
static int t1x_export_make(struct t1x_export *exp, struct t1x_span *win, u64 iova)
{
	struct t1x_mapping *map;
	int ret = t1x_ioas_lock(exp->ioas);

	if (ret)
		return ret;
	if (!exp->ioas->tracking || !t1x_span_contains(&exp->ioas->tracked, &exp->span)) {
		ret = -EINVAL;
		goto out_unlock;
	}
	map = t1x_export_seek(exp, iova);
	if (!map)
		goto out_unlock;

	*win = t1x_cut_window(&exp->span, iova, map->node.start, exp->size);
	t1x_export_fill(exp, win, map);
	ret = 1;
out_unlock:
	mutex_unlock(&exp->ioas->lock);
	return ret;
}

/* The user has got this window: what it says is no news any more. */
static void t1x_export_clear_window(struct t1x_export *exp, const struct t1x_span *win)
{
	struct t1x_ioas *ioas = exp->ioas;
	struct t1x_mapping *map;

	if (!exp->clear || !exp->stained)
		return;
	mutex_lock(&ioas->lock);
	for (map = t1x_mapping_first(ioas, win); map; map = t1x_mapping_next(map, win))
		t1x_dirty_clear(map, win, exp->buf);
	mutex_unlock(&ioas->lock);
	exp->cleared = true;
}

/* The user will not believe what he has got so far: all below @end may be dirty. */
static void t1x_export_revoke(struct t1x_export *exp, u64 end)
{
	struct t1x_span done = { .start = exp->span.start, .last = end - 1 };
	struct t1x_ioas *ioas = exp->ioas;
	struct t1x_mapping *map;

	if (!exp->cleared)
		return;
	mutex_lock(&ioas->lock);
	for (map = t1x_mapping_first(ioas, &done); map; map = t1x_mapping_next(map, &done))
		t1x_dirty_mark_span(map, &done);
	mutex_unlock(&ioas->lock);
}

/*
 * Copy the window to the user, a word at a time.  The bitmap being one of words,
 * that is what a loop in user space would do; string instructions that copy bytes
 * are slower where a CPU is emulated, and not much faster where it is not.  Unrolled,
 * it takes an eighth less of a GET_BITMAP for 256 MiB.
 */
static bool t1x_export_copy(const struct t1x_export *exp, char __user *to)
{
	u64 __user *word = (u64 __user *)to;
	size_t i, nwords = exp->used / sizeof(u64);

	if (!user_write_access_begin(word, nwords * sizeof(u64)))
		return false;
#pragma GCC unroll 8
	for (i = 0; i < nwords; i++)
		unsafe_put_user(exp->buf[i], word + i, fault);
	user_write_access_end();
	return !copy_to_user(word + nwords, exp->buf + nwords, exp->used % sizeof(u64));
fault:
	user_write_access_end();
	return false;
}

static int t1x_export_windows(struct t1x_export *exp)
{
	u64 iova = exp->span.start;
	struct t1x_span win;
	int ret;

	for (;;) {
		size_t offset;

		ret = t1x_export_make(exp, &win, iova);
		if (ret <= 0)
			break;
		offset = t1x_cut(&win, &exp->span).bit / BITS_PER_BYTE;
		ret = t1x_export_copy(exp, exp->bitmap + offset) ? 0 : -EFAULT;
		if (ret)
			break;
		exp->nr_reported += exp->nr_dirty;
		t1x_export_clear_window(exp, &win);
		if (win.last == exp->span.last)
			break;
		iova = win.last + 1;
		cond_resched();
	}
	if (ret)
		t1x_export_revoke(exp, iova);
	return ret;
}

/*
 * A buffer for a window.  Kernels that zero what they allocate take longer for that
 * than we do for all the rest, so the last one used is kept.
 */
static unsigned long *t1x_export_buf_get(struct t1x_ioas *ioas)
{
	return xchg(&ioas->export_buf, NULL) ?: kmalloc(T1X_EXPORT_WINDOW, GFP_KERNEL_ACCOUNT);
}

static void t1x_export_buf_put(struct t1x_ioas *ioas, unsigned long *buf)
{
	kfree(xchg(&ioas->export_buf, buf));
}

static int t1x_export_run(struct t1x_export *exp)
{
	size_t nbytes = t1x_cut_nbytes(&exp->span);
	int ret;

	exp->size = min_t(size_t, ALIGN(nbytes, sizeof(long)), T1X_EXPORT_WINDOW);
	/* A fault in the first window leaves no trace, in a later one it does. */
	if (exp->clear && nbytes > exp->size && fault_in_writeable(exp->bitmap, nbytes))
		return -EFAULT;
	exp->buf = t1x_export_buf_get(exp->ioas);
	if (!exp->buf)
		return -ENOMEM;
	ret = t1x_export_windows(exp);
	t1x_export_buf_put(exp->ioas, exp->buf);
	if (!ret && !exp->peek)
		atomic_long_add(exp->nr_reported, &exp->ioas->stats.nr_reported);
	trace_t1x_dirty_get(exp->ioas->stats.id, exp->span.start, exp->span.last,
			    exp->nr_reported, exp->peek, ret);
	return ret;
}

/**
 * t1x_export_get() - VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP
 * @ioas: address space
 * @span: pages to report
 * @bitmap: user memory, a bit per page in whole bytes; bytes without a mapping are
 *	    left as they are, or zeroed
 * @peek: the next one shall report the same again
 *
 * Return: 0; -EINVAL if pages are not tracked there or a mapping would be cut in
 * two, -EFAULT if @bitmap cannot be written (no dirty page is forgotten), -ENOMEM,
 * -EINTR if killed.
 */
int t1x_export_get(struct t1x_ioas *ioas, const struct t1x_span *span, void __user *bitmap,
		   bool peek)
{
	struct t1x_export exp = {
		.ioas = ioas,
		.span = *span,
		.bitmap = bitmap,
		.peek = peek,
		.clear = !peek,
	};
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ret;
	ret = t1x_dirty_check(ioas, span);
	mutex_unlock(&ioas->lock);
	ret = ret ?: t1x_hwbits_harvest(ioas, span);
	return ret ?: t1x_export_run(&exp);
}

/**
 * t1x_export_leaving() - the last dirty bits of mappings that are being unmapped
 * @ioas: address space
 * @span: pages to report; t1x_dirty_check() has approved of it
 * @maps: mappings of the caller in @span, in order of IOVA
 * @bitmap: as for t1x_export_get()
 *
 * Their bits stay as they are: either the mappings go, or nothing has happened.
 *
 * Return: as t1x_export_get().
 */
int t1x_export_leaving(struct t1x_ioas *ioas, const struct t1x_span *span,
		       struct list_head *maps, void __user *bitmap)
{
	struct t1x_export exp = {
		.ioas = ioas,
		.span = *span,
		.bitmap = bitmap,
		.maps = maps,
		.at = list_first_entry(maps, struct t1x_mapping, link),
	};

	return t1x_export_run(&exp);
}

/**
 * t1x_export_clear() - VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR
 * @ioas: address space
 * @span: pages that @mask is about
 * @mask: a bit per page, set where the page is no longer to be dirty
 *
 * Return: 0; -EINVAL as t1x_export_get(), -EINTR if killed.
 */
int t1x_export_clear(struct t1x_ioas *ioas, const struct t1x_span *span,
		     const unsigned long *mask)
{
	struct t1x_mapping *map;
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ret;
	ret = t1x_dirty_check(ioas, span);
	for (map = ret ? NULL : t1x_mapping_first(ioas, span); map;
	     map = t1x_mapping_next(map, span))
		t1x_dirty_clear(map, span, mask);
	mutex_unlock(&ioas->lock);
	return ret;
}
