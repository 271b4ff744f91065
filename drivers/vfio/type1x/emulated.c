// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulated devices: drivers that reach user memory by the CPU, through IOVA.
 *
 * They pin the pages that they are going to use for long, and copy where they
 * need a page only once.  Neither waits for a mapping that is being made or taken
 * down: a device is only told of a mapping once it is there, and it may hold a
 * lock of its own for which the UNMAP waits in its notice.
 *
 *	pin, copy				UNMAP
 *
 *	lock
 *	mapping READY? count as a guest		lock
 *	unlock					mapping is LEAVING: no new guests
 *	GUP, or copy				unlock
 *	lock					wait until no guest is left
 *	note the pins, set dirty bits		tell the devices of the mapping
 *	no longer a guest			nobody holds a page? unmap
 *	unlock					else give up: EBUSY
 */
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmu_context.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "pin.h"
#include "private.h"

/* While a device is a guest of a mapping, this stays in its tree. */
static void t1x_guest_enter(struct t1x_mapping *map)
{
	map->nr_guests++;
}

static void t1x_guest_leave(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	lockdep_assert_held(&ioas->lock);

	if (!--map->nr_guests &&
	    (map->state == T1X_MAPPING_LEAVING || t1x_mapping_is_revoked(map)))
		t1x_ioas_note_idle(ioas);
}

/**
 * struct t1x_visit - a part of a mapping that a device works on
 * @map: the mapping, which the device is a guest of
 * @payer: whose memory it is; alive, and does not go while the device works on it
 * @page: first page
 * @npages: number of pages
 * @vaddr: user address of the first page
 */
struct t1x_visit {
	struct t1x_mapping *map;
	struct t1x_payer *payer;
	unsigned long page;
	unsigned long npages;
	unsigned long vaddr;
};

/* Look up the mapping at an IOVA, for as many of the pages as it has. */
static int t1x_visit_find(struct t1x_ioas *ioas, u64 iova, unsigned long npages, int prot,
			  struct t1x_visit *visit)
{
	const struct t1x_span at = { .start = iova, .last = iova };
	struct t1x_mapping *map;

	lockdep_assert_held(&ioas->lock);

	if (ioas->nr_vaddr_invalid)
		return -EBUSY;
	map = t1x_mapping_first(ioas, &at);
	if (!map || map->state == T1X_MAPPING_FILLING)
		return -EINVAL;
	if (map->state == T1X_MAPPING_LEAVING)
		return -EBUSY;
	if ((map->prot & prot) != prot)
		return -EPERM;
	if (t1x_mapping_is_revoked(map))
		return -EFAULT;
	visit->map = map;
	visit->page = (iova - map->node.start) >> PAGE_SHIFT;
	visit->npages = min(npages, t1x_mapping_npages(map) - visit->page);
	visit->vaddr = map->vaddr + (visit->page << PAGE_SHIFT);
	return 0;
}

/* Keep the memory, and who pays for it, for as long as the lock is dropped. */
static int t1x_visit_begin(struct t1x_visit *visit)
{
	visit->payer = visit->map->payer;
	if (!mmget_not_zero(visit->payer->mm))
		return -ENODEV;
	visit->payer->nr_uses++;
	return 0;
}

static void t1x_visit_end(struct t1x_ioas *ioas, struct t1x_visit *visit)
{
	mmput_async(visit->payer->mm);
	t1x_payer_put(ioas, visit->payer);
}

/**
 * struct t1x_pin_call - a call to pin pages, of perhaps several mappings
 * @ioas: address space
 * @iova: first page
 * @prot: what the device is going to do with the pages
 * @pages: where to put them
 * @npages: number of pages
 * @done: leading pages that are pinned
 * @entered: leading pages of whose mappings the device is a guest
 *
 * It remains one until the call ends: before that its driver cannot know that it
 * has to unpin.
 */
struct t1x_pin_call {
	struct t1x_ioas *ioas;
	u64 iova;
	int prot;
	struct page **pages;
	unsigned long npages;
	unsigned long done;
	unsigned long entered;
};

/* Charge pages that no device holds yet, and note that one does; lock held. */
static int t1x_pin_call_note(struct t1x_ioas *ioas, const struct t1x_visit *visit,
			     struct page **pages)
{
	struct t1x_mapping *map = visit->map;
	unsigned long charged = 0, due;
	int ret = 0;

	lockdep_assert_held(&ioas->lock);

	for (;;) {
		due = map->prepaid ? 0 : t1x_pins_charge_for(map, visit->page, pages,
							     visit->npages);
		if (due <= charged)
			break;
		mutex_unlock(&ioas->lock);
		ret = t1x_payer_charge(visit->payer, due - charged);
		mutex_lock(&ioas->lock);
		if (ret)
			break;
		charged = due;
	}
	ret = ret ?: t1x_pins_add(map, visit->page, pages, visit->npages);
	if (ret)
		due = 0;
	else
		t1x_dirty_mark(map, visit->page, visit->npages);
	if (due != charged) {
		/* Short of memory, it waits for locks that are taken outside ours. */
		mutex_unlock(&ioas->lock);
		t1x_payer_adjust(visit->payer, (long)(due - charged));
		mutex_lock(&ioas->lock);
	}
	return ret;
}

/* Pin pages that nobody holds; the lock is dropped meanwhile. */
static int t1x_pin_call_fetch(struct t1x_pin_call *call, struct t1x_visit *visit)
{
	struct page **pages = call->pages + call->done;
	struct t1x_ioas *ioas = call->ioas;
	int ret = t1x_visit_begin(visit);

	if (ret)
		return ret;
	mutex_unlock(&ioas->lock);
	ret = t1x_pin_pages(visit->payer->mm, visit->vaddr, pages, visit->npages,
			    visit->map->prot & IOMMU_WRITE);
	mutex_lock(&ioas->lock);
	if (!ret) {
		ret = t1x_pin_call_note(ioas, visit, pages);
		if (ret)
			t1x_pin_drop(pages, visit->npages);
	}
	t1x_visit_end(ioas, visit);
	return ret;
}

/* Pin the next pages, of one mapping, that are held already, or of which none is. */
static int t1x_pin_call_step(struct t1x_pin_call *call)
{
	const u64 iova = call->iova + ((u64)call->done << PAGE_SHIFT);
	struct t1x_visit visit;
	long nr;
	int ret;

	if (iova < call->iova)
		return -EOVERFLOW;
	ret = t1x_visit_find(call->ioas, iova, call->npages - call->done, call->prot, &visit);
	if (ret)
		return ret;
	if (call->entered == call->done) {
		t1x_guest_enter(visit.map);
		call->entered += visit.npages;
	}

	/* What is held takes neither memory nor time. */
	nr = t1x_pins_get(visit.map, visit.page, call->pages + call->done, visit.npages);
	if (!nr) {
		visit.npages = t1x_pins_gap(visit.map, visit.page, visit.npages);
		ret = t1x_pin_call_fetch(call, &visit);
		nr = ret ?: visit.npages;
	}
	if (nr < 0)
		return nr;
	call->done += nr;
	return 0;
}

/* No longer a guest; the mappings are the same as when it came. */
static void t1x_pin_call_end(struct t1x_pin_call *call)
{
	struct t1x_ioas *ioas = call->ioas;
	unsigned long page = 0;

	while (page < call->entered) {
		const u64 iova = call->iova + ((u64)page << PAGE_SHIFT);
		const struct t1x_span at = { .start = iova, .last = iova };
		struct t1x_mapping *map = t1x_mapping_first(ioas, &at);

		page += ((map->node.last - iova) >> PAGE_SHIFT) + 1;
		t1x_guest_leave(ioas, map);
	}
}

/**
 * t1x_emulated_pin() - a device is going to use pages
 * @ioas: address space
 * @iova: first page; the offset in it does not matter
 * @npages: number of pages, at least 1
 * @prot: IOMMU_READ and IOMMU_WRITE, what the device is going to do with them
 * @pages: filled
 *
 * Pages that are held already are held once more, and are the same as before.
 *
 * Return: @npages; or with nothing pinned -EINVAL if nothing is mapped there, it
 * has no struct page, or no device would hear of an UNMAP; -EPERM if the mapping
 * does not allow @prot, -EBUSY if it is being unmapped or user addresses are
 * suspended, -EOVERFLOW if the range wraps, -ENODEV if the process that mapped is
 * gone, -EFAULT, -ENOMEM also for RLIMIT_MEMLOCK, -EINTR if killed.
 */
int t1x_emulated_pin(struct t1x_ioas *ioas, u64 iova, unsigned int npages, int prot,
		     struct page **pages)
{
	struct t1x_pin_call call = {
		.ioas = ioas,
		.iova = iova & PAGE_MASK,
		.prot = prot,
		.pages = pages,
		.npages = npages,
	};
	int ret;

	ret = t1x_ioas_lock(ioas);
	if (ret)
		return ret;
	if (list_empty(&ioas->devices) && !ioas->nr_vaddr_invalid)
		ret = -EINVAL;
	while (!ret && call.done < npages)
		ret = t1x_pin_call_step(&call);
	if (ret && call.done) {
		mutex_unlock(&ioas->lock);
		t1x_emulated_unpin(ioas, call.iova, call.done);
		mutex_lock(&ioas->lock);
	}
	t1x_pin_call_end(&call);
	mutex_unlock(&ioas->lock);
	return ret ?: npages;
}

/* Unpin pages of one mapping; returns how many there were, 0 without a mapping. */
static unsigned int t1x_emulated_unpin_some(struct t1x_ioas *ioas, u64 iova, unsigned int npages)
{
	const struct t1x_span at = { .start = iova, .last = iova };
	struct t1x_pinned *chain;
	struct t1x_mapping *map;
	unsigned long page;
	bool prepaid;
	long ncharge;

	mutex_lock(&ioas->lock);
	map = t1x_mapping_first(ioas, &at);
	if (!map) {
		mutex_unlock(&ioas->lock);
		return 0;
	}
	page = (iova - map->node.start) >> PAGE_SHIFT;
	npages = min_t(unsigned long, npages, t1x_mapping_npages(map) - page);
	chain = t1x_pins_remove(map, page, npages);
	if (!chain) {
		mutex_unlock(&ioas->lock);
		return npages;
	}
	/* What is not prepaid does not change its payer. */
	prepaid = map->prepaid;
	t1x_guest_enter(map);
	mutex_unlock(&ioas->lock);

	ncharge = t1x_pins_release(chain, map->prot & IOMMU_WRITE);
	if (!prepaid)
		t1x_payer_adjust(map->payer, -ncharge);

	mutex_lock(&ioas->lock);
	t1x_guest_leave(ioas, map);
	mutex_unlock(&ioas->lock);
	return npages;
}

/**
 * t1x_emulated_unpin() - a device no longer uses pages
 * @ioas: address space
 * @iova: first page
 * @npages: number of pages; those that no device holds are passed over
 */
void t1x_emulated_unpin(struct t1x_ioas *ioas, u64 iova, unsigned int npages)
{
	unsigned int done = 0, nr;

	while (done < npages) {
		u64 next = iova + ((u64)done << PAGE_SHIFT);

		nr = next < iova ? 0 : t1x_emulated_unpin_some(ioas, next, npages - done);
		if (!nr) {
			pr_warn_ratelimited(T1X_NAME ": a device unpins where nothing is mapped\n");
			return;
		}
		done += nr;
	}
}

/* Copy by the CPU's own means, which need the mm to be the current one. */
static int t1x_emulated_copy_own(void __user *user, void *data, size_t count, bool write)
{
	if (write)
		return copy_to_user(user, data, count) ? -EFAULT : 0;
	return copy_from_user(data, user, count) ? -EFAULT : 0;
}

static int t1x_emulated_copy(struct mm_struct *mm, unsigned long vaddr, void *data, size_t count,
			     bool write)
{
	bool borrow = current->flags & PF_KTHREAD && !current->mm;
	int ret;

	if (borrow)
		kthread_use_mm(mm);
	else if (mm != current->mm)
		return -EFAULT;
	ret = t1x_emulated_copy_own((void __user *)vaddr, data, count, write);
	if (borrow)
		kthread_unuse_mm(mm);
	return ret;
}

/* Copy within one mapping; *count is what it has, afterwards. */
static int t1x_emulated_rw_some(struct t1x_ioas *ioas, u64 iova, void *data, size_t *count,
				bool write)
{
	const size_t offset = offset_in_page(iova);
	struct t1x_visit visit;
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ret;
	ret = t1x_visit_find(ioas, iova, DIV_ROUND_UP(offset + *count, PAGE_SIZE),
			     IOMMU_READ | (write ? IOMMU_WRITE : 0), &visit);
	if (!ret && t1x_visit_begin(&visit))
		ret = -EPERM;
	if (ret)
		goto out_unlock;
	t1x_guest_enter(visit.map);
	mutex_unlock(&ioas->lock);

	*count = min(*count, (visit.npages << PAGE_SHIFT) - offset);
	ret = t1x_emulated_copy(visit.payer->mm, visit.vaddr + offset, data, *count, write);

	mutex_lock(&ioas->lock);
	/* Not before: the page must not be taken for clean once it is written. */
	if (write)
		t1x_dirty_mark(visit.map, visit.page,
			       DIV_ROUND_UP(offset + *count, PAGE_SIZE));
	t1x_visit_end(ioas, &visit);
	t1x_guest_leave(ioas, visit.map);
out_unlock:
	mutex_unlock(&ioas->lock);
	return ret;
}

/**
 * t1x_emulated_rw() - a device copies
 * @ioas: address space
 * @iova: first byte
 * @data: kernel memory
 * @count: bytes, at least 1
 * @write: to @iova, else from there
 *
 * Return: 0; or, with the bytes before it copied, -EINVAL if something there is not
 * mapped, -EOVERFLOW where the range wraps, -EPERM if a mapping is not
 * readable or not writable or the process that made it is gone, -EBUSY if it is
 * being unmapped or user addresses are suspended, -EFAULT, also in a task that is
 * neither of that process nor a kernel thread, -EINTR if killed.
 */
int t1x_emulated_rw(struct t1x_ioas *ioas, u64 iova, void *data, size_t count, bool write)
{
	size_t done = 0;

	while (done < count) {
		size_t some = count - done;
		int ret;

		if (iova + done < iova)
			return -EOVERFLOW;
		ret = t1x_emulated_rw_some(ioas, iova + done, data + done, &some, write);
		if (ret)
			return ret;
		done += some;
	}
	return 0;
}
