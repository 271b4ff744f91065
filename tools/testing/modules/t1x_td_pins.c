// SPDX-License-Identifier: GPL-2.0-only
/*
 * The books: what the device has pinned, and what it does about unmap notices.
 *
 * The backend counts pins without knowing whose they are, so a driver has to know
 * which ones are its own.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "t1x_td.h"

/* How long a notice waits for pins in flight; a backend's mistake must not hang. */
#define T1X_TD_PATIENCE		(5 * HZ)

/* A page that the device holds. */
struct t1x_td_pin {
	struct page *page;
	unsigned int count;
	unsigned int offset;	/* of the IOVA in its page: a backend may go by it */
	bool writable;		/* some pin asked for IOMMU_WRITE */
	bool stale;		/* unpinned behind the books: hands off */
};

/* A pin from before the backend is asked until it is in the books. */
struct t1x_td_flight {
	struct list_head entry;
	unsigned long first, last;	/* IOVA pages */
};

static unsigned long t1x_td_index(u64 iova)
{
	return iova >> PAGE_SHIFT;
}

static u64 t1x_td_iova(unsigned long index, const struct t1x_td_pin *pin)
{
	return ((u64)index << PAGE_SHIFT) + pin->offset;
}

static void t1x_td_take_off(struct t1x_td *td, struct t1x_td_flight *flight, u64 iova,
			    u32 npages)
{
	flight->first = t1x_td_index(iova);
	flight->last = flight->first + npages - 1;
	spin_lock(&td->flights_lock);
	list_add(&flight->entry, &td->flights);
	spin_unlock(&td->flights_lock);
}

static void t1x_td_land(struct t1x_td *td, struct t1x_td_flight *flight)
{
	spin_lock(&td->flights_lock);
	list_del(&flight->entry);
	spin_unlock(&td->flights_lock);
	wake_up_all(&td->landed);
}

static bool t1x_td_in_flight(struct t1x_td *td, unsigned long first, unsigned long last)
{
	struct t1x_td_flight *flight;
	bool found = false;

	spin_lock(&td->flights_lock);
	list_for_each_entry(flight, &td->flights, entry)
		found |= flight->first <= last && first <= flight->last;
	spin_unlock(&td->flights_lock);
	return found;
}

/* The pin of a page, if it was pinned at this very IOVA. */
static struct t1x_td_pin *t1x_td_find(struct t1x_td *td, u64 iova)
{
	struct t1x_td_pin *pin = xa_load(&td->pins, t1x_td_index(iova));

	lockdep_assert_held(&td->lock);
	return pin && pin->offset == offset_in_page(iova) ? pin : NULL;
}

static int t1x_td_write_down(struct t1x_td *td, u64 iova, struct page *page, bool writable)
{
	struct t1x_td_pin *pin = xa_load(&td->pins, t1x_td_index(iova));
	int ret;

	lockdep_assert_held(&td->lock);
	if (pin && (pin->page != page || pin->offset != offset_in_page(iova)))
		return -EIO;
	if (!pin) {
		pin = kzalloc(sizeof(*pin), GFP_KERNEL_ACCOUNT);
		if (!pin)
			return -ENOMEM;
		pin->page = page;
		pin->offset = offset_in_page(iova);
		ret = xa_err(xa_store(&td->pins, t1x_td_index(iova), pin, GFP_KERNEL_ACCOUNT));
		if (ret) {
			kfree(pin);
			return ret;
		}
	}
	pin->count++;
	pin->writable |= writable;
	td->stat.pinned++;
	return 0;
}

static void t1x_td_strike_out(struct t1x_td *td, u64 iova)
{
	struct t1x_td_pin *pin = t1x_td_find(td, iova);

	td->stat.pinned--;
	if (--pin->count)
		return;
	xa_erase(&td->pins, t1x_td_index(iova));
	kfree(pin);
}

static int t1x_td_write_down_all(struct t1x_td *td, u64 iova, u32 npages, u32 prot,
				 struct page **pages)
{
	u32 i;
	int ret;

	for (i = 0; i < npages; i++) {
		ret = t1x_td_write_down(td, iova + (u64)i * PAGE_SIZE, pages[i],
					prot & IOMMU_WRITE);
		if (ret) {
			while (i--)
				t1x_td_strike_out(td, iova + (u64)i * PAGE_SIZE);
			return ret;
		}
	}
	return npages;
}

static void t1x_td_give_back(struct t1x_td *td, u64 iova, u32 npages)
{
	u32 done, some;

	for (done = 0; done < npages; done += some) {
		some = min_t(u32, npages - done, VFIO_PIN_PAGES_MAX_ENTRIES);
		vfio_unpin_pages(&td->vdev, iova + (u64)done * PAGE_SIZE, some);
	}
}

static int t1x_td_ask_for(struct t1x_td *td, u64 iova, u32 npages, u32 prot,
			  struct page **pages)
{
	int got, some;
	u32 done;

	for (done = 0; done < npages; done += some) {
		some = min_t(u32, npages - done, VFIO_PIN_PAGES_MAX_ENTRIES);
		got = vfio_pin_pages(&td->vdev, iova + (u64)done * PAGE_SIZE, some, prot,
				     pages + done);
		if (got != some) {
			t1x_td_give_back(td, iova, done + max(got, 0));
			return got < 0 ? got : -EIO;
		}
	}
	return npages;
}

/* A number of pages that vfio core or the backend has to refuse. */
static int t1x_td_pin_oddly(struct t1x_td *td, u64 iova, int npages, u32 prot)
{
	struct page *pages[1];
	int ret = vfio_pin_pages(&td->vdev, iova, npages, prot, pages);

	return ret > 0 ? -EIO : ret;
}

/**
 * t1x_td_pin() - pin pages and write them down, all or none
 * @td: the device
 * @iova: first page
 * @npages: pages
 * @prot: IOMMU_READ and IOMMU_WRITE
 *
 * Return: @npages, or a negative errno.
 */
int t1x_td_pin(struct t1x_td *td, u64 iova, u32 npages, u32 prot)
{
	struct t1x_td_flight flight;
	struct page **pages;
	int ret;

	if (!npages || npages > T1X_TD_MAX_PAGES)
		return t1x_td_pin_oddly(td, iova, npages, prot);
	pages = kvcalloc(npages, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;

	t1x_td_take_off(td, &flight, iova, npages);
	ret = t1x_td_ask_for(td, iova, npages, prot, pages);
	if (ret > 0) {
		guard(mutex)(&td->lock);
		ret = t1x_td_write_down_all(td, iova, npages, prot, pages);
		if (ret < 0)
			t1x_td_give_back(td, iova, npages);
	}
	t1x_td_land(td, &flight);
	kvfree(pages);
	return ret;
}

/**
 * t1x_td_unpin() - unpin pages that the device holds, all or none
 * @td: the device
 * @iova: first page
 * @npages: pages
 *
 * Return: 0 or a negative errno.
 */
int t1x_td_unpin(struct t1x_td *td, u64 iova, u32 npages)
{
	u32 i;

	if (!npages || npages > T1X_TD_MAX_PAGES)
		return -EINVAL;

	guard(mutex)(&td->lock);
	for (i = 0; i < npages; i++)
		if (!t1x_td_find(td, iova + (u64)i * PAGE_SIZE))
			return -ENOENT;
	t1x_td_give_back(td, iova, npages);
	for (i = 0; i < npages; i++)
		t1x_td_strike_out(td, iova + (u64)i * PAGE_SIZE);
	return 0;
}

/**
 * t1x_td_unpin_raw() - let the backend unpin whatever it is
 * @td: the device
 * @iova: first page
 * @npages: pages
 *
 * Return: 0 or a negative errno.
 */
int t1x_td_unpin_raw(struct t1x_td *td, u64 iova, u32 npages)
{
	struct t1x_td_pin *pin;
	u32 i;

	/* Other numbers would be a warning of vfio core, and no more. */
	if (!npages || npages > T1X_TD_MAX_PAGES)
		return -EINVAL;

	guard(mutex)(&td->lock);
	for (i = 0; i < npages; i++) {
		pin = xa_load(&td->pins, t1x_td_index(iova + (u64)i * PAGE_SIZE));
		if (pin)
			pin->stale = true;
	}
	t1x_td_give_back(td, iova, npages);
	return 0;
}

static struct t1x_td_pin *t1x_td_find_usable(struct t1x_td *td, u64 iova, u32 offset)
{
	struct t1x_td_pin *pin;

	if (offset >= PAGE_SIZE)
		return ERR_PTR(-EINVAL);
	pin = t1x_td_find(td, iova);
	if (!pin)
		return ERR_PTR(-ENOENT);
	return pin->stale ? ERR_PTR(-ESTALE) : pin;
}

/**
 * t1x_td_peek() - a byte of a page that the device holds
 * @td: the device
 * @iova: the page
 * @offset: byte in it
 *
 * Return: the byte, or a negative errno.
 */
int t1x_td_peek(struct t1x_td *td, u64 iova, u32 offset)
{
	struct t1x_td_pin *pin;
	u8 value, *bytes;

	guard(mutex)(&td->lock);
	pin = t1x_td_find_usable(td, iova, offset);
	if (IS_ERR(pin))
		return PTR_ERR(pin);
	bytes = kmap_local_page(pin->page);
	value = READ_ONCE(bytes[offset]);
	kunmap_local(bytes);
	return value;
}

/**
 * t1x_td_poke() - write a byte of a page that the device holds
 * @td: the device
 * @iova: the page
 * @offset: byte in it
 * @value: what to write
 *
 * Return: 0 or a negative errno.
 */
int t1x_td_poke(struct t1x_td *td, u64 iova, u32 offset, u32 value)
{
	struct t1x_td_pin *pin;
	u8 *bytes;

	if (value > U8_MAX)
		return -EINVAL;

	guard(mutex)(&td->lock);
	pin = t1x_td_find_usable(td, iova, offset);
	if (IS_ERR(pin))
		return PTR_ERR(pin);
	/* The page of one that is only to be read may be anybody's. */
	if (!pin->writable)
		return -EPERM;
	bytes = kmap_local_page(pin->page);
	WRITE_ONCE(bytes[offset], value);
	kunmap_local(bytes);
	return 0;
}

/* Unpin a page as often as it is pinned. */
static void t1x_td_drop(struct t1x_td *td, u64 iova, struct t1x_td_pin *pin)
{
	unsigned int left;

	for (left = pin->count; left; left--) {
		vfio_unpin_pages(&td->vdev, iova, 1);
		t1x_td_strike_out(td, iova);
	}
}

/* Unpin the next page of a range, and pin it again; false if there is none. */
static bool t1x_td_drop_next(struct t1x_td *td, unsigned long *index, unsigned long last,
			     bool repin)
{
	struct t1x_td_pin *pin;
	u32 prot = IOMMU_READ;
	u64 iova;
	int ret;

	scoped_guard(mutex, &td->lock) {
		pin = xa_find(&td->pins, index, last, XA_PRESENT);
		if (!pin)
			return false;
		if (pin->writable)
			prot |= IOMMU_WRITE;
		iova = t1x_td_iova(*index, pin);
		t1x_td_drop(td, iova, pin);
	}
	if (repin) {
		ret = t1x_td_pin(td, iova, 1, prot);
		guard(mutex)(&td->lock);
		td->stat.repin_errno = ret < 0 ? -ret : 0;
	}
	/* Not this page again, which may be pinned anew. */
	return (*index)++ < last;
}

/* Take note of a notice, and say what to do about it. */
static struct t1x_td_policy t1x_td_take_note(struct t1x_td *td, u64 iova, u64 size)
{
	struct t1x_td_policy now;

	guard(mutex)(&td->lock);
	td->stat.notices++;
	td->stat.last_iova = iova;
	td->stat.last_size = size;
	now = td->policy;
	if (now.policy == T1X_TD_LAZY && now.arg) {
		td->policy.arg--;
		now.policy = T1X_TD_HOLD;
	}
	return now;
}

/**
 * t1x_td_unmapped() - IOVAs are about to be unmapped
 * @td: the device
 * @iova: first byte
 * @size: bytes
 */
void t1x_td_unmapped(struct t1x_td *td, u64 iova, u64 size)
{
	struct t1x_td_policy now = t1x_td_take_note(td, iova, size);
	unsigned long index = t1x_td_index(iova), last = t1x_td_index(iova + size - 1);

	if (now.policy == T1X_TD_HOLD || now.policy == T1X_TD_LEAVE)
		return;
	if (now.policy == T1X_TD_SLOW)
		msleep(now.arg);
	wait_event_killable_timeout(td->landed, !t1x_td_in_flight(td, index, last),
				    T1X_TD_PATIENCE);
	while (t1x_td_drop_next(td, &index, last, now.policy == T1X_TD_REPIN))
		cond_resched();
}

/* A driver with a bug: what is not in the books is not unpinned. */
static void t1x_td_burn_books(struct t1x_td *td)
{
	struct t1x_td_pin *pin;
	unsigned long index;

	guard(mutex)(&td->lock);
	xa_for_each(&td->pins, index, pin) {
		xa_erase(&td->pins, index);
		kfree(pin);
	}
	td->stat.pinned = 0;
}

/**
 * t1x_td_forget() - unpin everything: the device is closed
 * @td: the device, of which nobody wants anything any more
 */
void t1x_td_forget(struct t1x_td *td)
{
	unsigned long index = 0;

	if (td->policy.policy == T1X_TD_LEAVE)
		t1x_td_burn_books(td);
	while (t1x_td_drop_next(td, &index, ULONG_MAX, false))
		cond_resched();
}
