// SPDX-License-Identifier: GPL-2.0-only
/*
 * Container ioctls: copy in once, validate the copy, call, copy out.
 *
 * The only file that touches the memory of an ioctl's argument.  Which check
 * comes before which is part of the contract, see Documentation/uapi.rst.
 */
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include <trace/events/type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/*
 * Copy in a struct of 64-bit words.  MAP and UNMAP of one page are little more than
 * this, their locks, and the IOMMU: word by word it is a few instructions.
 */
static int t1x_ioctl_copy_words(void *to, const void __user *from, size_t nbytes)
{
	const u64 __user *word = from;
	u64 *dst = to;
	size_t i;

	if (!user_read_access_begin(from, nbytes))
		return -EFAULT;
	for (i = 0; i < nbytes / sizeof(u64); i++)
		unsafe_get_user(dst[i], word + i, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/**
 * t1x_ioctl_claims() - may this IOMMU type be ours?
 * @type: argument of SET_IOMMU or CHECK_EXTENSION
 *
 * Return: true if it is, as the parameter prefer stands.
 */
bool t1x_ioctl_claims(unsigned long type)
{
	switch (type) {
	case VFIO_TYPE1X_IOMMU:
		return true;
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
		return READ_ONCE(t1x_prefer);
	case VFIO_TYPE1_NESTING_IOMMU:
		return READ_ONCE(t1x_prefer) && iommu_can_nest();
	default:
		return false;
	}
}

/**
 * t1x_ioctl_check_extension() - VFIO_CHECK_EXTENSION
 * @ioas: address space, or NULL if the container has no backend yet
 * @arg: extension
 *
 * Return: 1 if it is supported, else 0.
 */
long t1x_ioctl_check_extension(struct t1x_ioas *ioas, unsigned long arg)
{
	switch (arg) {
	case VFIO_TYPE1X_IOMMU:
		return 1;
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
		return ioas || t1x_ioctl_claims(arg);
	case VFIO_TYPE1_NESTING_IOMMU:
		return iommu_can_nest() && (ioas || t1x_ioctl_claims(arg));
	case VFIO_UNMAP_ALL:
		return ioas || t1x_ioctl_claims(VFIO_TYPE1v2_IOMMU);
	case VFIO_UPDATE_VADDR:
		return ioas && !READ_ONCE(ioas->nr_emulated);
	case VFIO_DMA_CC_IOMMU:
		return ioas && t1x_ioas_enforces_cc(ioas);
	default:
		return 0;
	}
}

/* The chain as far as it fits, with offsets from the start of the struct. */
static int t1x_ioctl_put_caps(struct vfio_iommu_type1_info *info, struct vfio_info_cap *caps,
			      void __user *arg)
{
	info->flags |= VFIO_IOMMU_INFO_CAPS;
	if (info->argsz < sizeof(*info) + caps->size) {
		info->argsz = sizeof(*info) + caps->size;
		return 0;
	}

	if (copy_to_user(arg + sizeof(*info), caps->buf, caps->size))
		return -EFAULT;
	info->cap_offset = sizeof(*info);
	return 0;
}

static long t1x_ioctl_get_info(struct t1x_ioas *ioas, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_iommu_type1_info, iova_pgsizes);
	struct vfio_iommu_type1_info info = {};
	struct vfio_info_cap caps = {};
	size_t room;
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	room = min_t(size_t, info.argsz, sizeof(info));

	ret = t1x_ioas_lock(ioas);
	if (ret)
		return ret;
	info.flags = VFIO_IOMMU_INFO_PGSIZES;
	info.iova_pgsizes = ioas->pgsize_bitmap;
	ret = t1x_caps_build(ioas, &caps);
	mutex_unlock(&ioas->lock);

	if (!ret)
		ret = t1x_ioctl_put_caps(&info, &caps, arg);
	if (!ret && copy_to_user(arg, &info, room))
		ret = -EFAULT;
	kfree(caps.buf);
	return ret;
}

/* The bond that comes after the struct, if one is said to. */
static int t1x_ioctl_map_bond(const struct vfio_iommu_type1_dma_map *map, void __user *arg,
			      u32 *bond)
{
	const size_t minsz = sizeof(*map);
	struct vfio_type1x_dma_map full;

	if (!(map->flags & VFIO_DMA_MAP_FLAG_BOND))
		return 0;
	if (map->argsz < sizeof(full) || map->flags & VFIO_DMA_MAP_FLAG_VADDR)
		return -EINVAL;
	if (t1x_ioctl_copy_words(&full.bond, arg + minsz, sizeof(full) - minsz))
		return -EFAULT;
	if (full.reserved)
		return -EINVAL;
	*bond = full.bond;
	return full.bond ? 0 : -ENOENT;
}

static long t1x_ioctl_map(struct t1x_ioas *ioas, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_iommu_type1_dma_map, size);
	const u32 rw = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	struct vfio_iommu_type1_dma_map map;
	struct t1x_span iovas, vaddrs;
	bool set_vaddr;
	int prot = 0;
	u32 bond = 0;
	int ret;

	if (t1x_ioctl_copy_words(&map, arg, minsz))
		return -EFAULT;
	if (map.argsz < minsz || map.flags & ~(rw | VFIO_DMA_MAP_FLAG_VADDR |
						 VFIO_DMA_MAP_FLAG_BOND))
		return -EINVAL;
	ret = t1x_ioctl_map_bond(&map, arg, &bond);
	if (ret)
		return ret;
	if (!map.size)
		return -EINVAL;
	if (!t1x_span_init(&iovas, map.iova, map.size) ||
	    !t1x_span_init(&vaddrs, map.vaddr, map.size))
		return -EOVERFLOW;

	set_vaddr = map.flags & VFIO_DMA_MAP_FLAG_VADDR;
	if (set_vaddr == !!(map.flags & rw))
		return -EINVAL;
	if ((map.size | map.iova | map.vaddr) & (t1x_ioas_min_pgsize(ioas) - 1))
		return -EINVAL;
	if (set_vaddr)
		return t1x_vaddr_resume(ioas, &iovas, map.vaddr);

	if (map.flags & VFIO_DMA_MAP_FLAG_READ)
		prot |= IOMMU_READ;
	if (map.flags & VFIO_DMA_MAP_FLAG_WRITE)
		prot |= IOMMU_WRITE;
	ret = t1x_request_map(ioas, &iovas, map.vaddr, prot, bond);
	trace_t1x_map(ioas->stats.id, iovas.start, iovas.last, map.vaddr, prot, ret);
	return ret;
}

/* A struct vfio_bitmap of a 32-bit program, whose pointer and padding differ. */
struct t1x_ioctl_compat_bitmap {
	compat_u64 pgsize;
	compat_u64 size;
	compat_uptr_t data;
};

/* The bitmap that follows a struct, if argsz leaves @room for it. */
static int t1x_ioctl_copy_bitmap(struct vfio_bitmap *bitmap, void __user *arg, size_t room)
{
	struct t1x_ioctl_compat_bitmap compat;

	if (!in_compat_syscall()) {
		if (room < sizeof(*bitmap))
			return -EINVAL;
		return copy_from_user(bitmap, arg, sizeof(*bitmap)) ? -EFAULT : 0;
	}
	if (room < sizeof(compat))
		return -EINVAL;
	if (copy_from_user(&compat, arg, sizeof(compat)))
		return -EFAULT;
	bitmap->pgsize = compat.pgsize;
	bitmap->size = compat.size;
	bitmap->data = compat_ptr(compat.data);
	return 0;
}

/* Could this bitmap hold a bit per page of the range? */
static int t1x_ioctl_check_bitmap(const struct vfio_bitmap *bitmap, u64 nbytes)
{
	u64 npages, need;

	if (!access_ok((void __user *)bitmap->data, bitmap->size))
		return -EINVAL;
	if (!is_power_of_2(bitmap->pgsize))
		return -EINVAL;
	npages = nbytes >> ilog2(bitmap->pgsize);
	need = DIV_ROUND_UP_ULL(npages, BITS_PER_TYPE(u64)) * sizeof(u64);
	if (!npages || bitmap->size > T1X_MAX_DIRTY_BITMAP || bitmap->size < need)
		return -EINVAL;
	return 0;
}

/* What UNMAP with GET_DIRTY_BITMAP brings along; it comes after the struct. */
static int t1x_ioctl_unmap_bitmap(const struct vfio_iommu_type1_dma_unmap *unmap,
				  void __user *arg, struct vfio_bitmap *bitmap)
{
	const size_t minsz = offsetofend(struct vfio_iommu_type1_dma_unmap, size);
	int ret;

	if (unmap->flags & ~VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
		return -EINVAL;
	ret = t1x_ioctl_copy_bitmap(bitmap, arg + minsz, unmap->argsz - minsz);
	return ret ?: t1x_ioctl_check_bitmap(bitmap, unmap->size);
}

/* The IOVAs that an UNMAP is about. */
static int t1x_ioctl_unmap_span(struct t1x_ioas *ioas,
				const struct vfio_iommu_type1_dma_unmap *unmap,
				struct t1x_span *span)
{
	u64 mask = t1x_ioas_min_pgsize(ioas) - 1;

	if (unmap->iova & mask)
		return -EINVAL;
	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		*span = T1X_SPAN_ALL;
		return unmap->iova || unmap->size ? -EINVAL : 0;
	}
	if (!unmap->size || unmap->size & mask)
		return -EINVAL;
	return t1x_span_init(span, unmap->iova, unmap->size) ? 0 : -EOVERFLOW;
}

static long t1x_ioctl_unmap(struct t1x_ioas *ioas, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_iommu_type1_dma_unmap, size);
	const u32 known = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL |
			  VFIO_DMA_UNMAP_FLAG_VADDR;
	struct vfio_iommu_type1_dma_unmap __user *uptr = arg;
	struct vfio_iommu_type1_dma_unmap unmap;
	struct vfio_bitmap bitmap;
	struct t1x_span span;
	unsigned int flags;
	int ret = 0;
	bool dirty;
	u64 size;

	if (t1x_ioctl_copy_words(&unmap, arg, minsz))
		return -EFAULT;
	if (unmap.argsz < minsz || unmap.flags & ~known)
		return -EINVAL;
	dirty = unmap.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	if (dirty)
		ret = t1x_ioctl_unmap_bitmap(&unmap, arg, &bitmap);
	else if (unmap.flags & VFIO_DMA_UNMAP_FLAG_VADDR && READ_ONCE(ioas->nr_emulated))
		ret = -EBUSY;
	ret = ret ?: t1x_ioctl_unmap_span(ioas, &unmap, &span);
	if (ret)
		return ret;
	/* Asked again, with the lock, before anything is done. */
	if (dirty && (!READ_ONCE(ioas->tracking) || bitmap.pgsize != PAGE_SIZE))
		return -EINVAL;
	/* Later there is no way back: can the answer be written at all? */
	if (put_user(unmap.size, &uptr->size))
		return -EFAULT;

	flags = unmap.flags & VFIO_DMA_UNMAP_FLAG_ALL ? T1X_COLLECT_ALL : 0;
	if (unmap.flags & VFIO_DMA_UNMAP_FLAG_VADDR) {
		ret = t1x_vaddr_suspend(ioas, &span, flags, &size);
	} else {
		ret = t1x_request_unmap(ioas, &span, flags, dirty ? &bitmap : NULL, &size);
		trace_t1x_unmap(ioas->stats.id, span.start, span.last, ret ? 0 : size, ret);
	}
	if (ret)
		return ret;

	/* What has been written to see whether that works is mostly right. */
	return size == unmap.size ? 0 : put_user(size, &uptr->size);
}

/* The pages that a bitmap is about. */
static int t1x_ioctl_dirty_span(u64 iova, u64 size, const struct vfio_bitmap *bitmap,
				struct t1x_span *span)
{
	int ret;

	if (!size)
		return -EINVAL;
	if (!t1x_span_init(span, iova, size))
		return -EOVERFLOW;
	ret = t1x_ioctl_check_bitmap(bitmap, size);
	if (ret)
		return ret;
	if (bitmap->pgsize != PAGE_SIZE || (iova | size) & ~PAGE_MASK)
		return -EINVAL;
	return 0;
}

static int t1x_ioctl_dirty_start(struct t1x_ioas *ioas, void __user *arg, size_t room)
{
	struct vfio_iommu_type1_dirty_range range;
	struct t1x_span span;

	if (room < sizeof(range))
		return -EINVAL;
	if (copy_from_user(&range, arg, sizeof(range)))
		return -EFAULT;
	if (!range.size || (range.iova | range.size) & ~PAGE_MASK)
		return -EINVAL;
	if (!t1x_span_init(&span, range.iova, range.size))
		return -EOVERFLOW;
	return t1x_track_start(ioas, &span);
}

static int t1x_ioctl_dirty_get(struct t1x_ioas *ioas, void __user *arg, size_t room, bool peek)
{
	const size_t minsz = offsetof(struct vfio_iommu_type1_dirty_bitmap_get, bitmap);
	struct vfio_iommu_type1_dirty_bitmap_get get;
	struct t1x_span span;
	int ret;

	if (room < minsz)
		return -EINVAL;
	ret = t1x_ioctl_copy_bitmap(&get.bitmap, arg + minsz, room - minsz);
	if (ret)
		return ret;
	if (copy_from_user(&get, arg, minsz))
		return -EFAULT;
	ret = t1x_ioctl_dirty_span(get.iova, get.size, &get.bitmap, &span);
	return ret ?: t1x_export_get(ioas, &span, get.bitmap.data, peek);
}

static int t1x_ioctl_dirty_clear(struct t1x_ioas *ioas, void __user *arg, size_t room)
{
	struct vfio_iommu_type1_dirty_clear clear;
	struct vfio_bitmap bitmap;
	struct t1x_span span;
	unsigned long *mask;
	size_t nbytes;
	int ret;

	if (room < sizeof(clear))
		return -EINVAL;
	if (copy_from_user(&clear, arg, sizeof(clear)))
		return -EFAULT;
	bitmap.pgsize = clear.pgsize;
	bitmap.size = clear.bitmap_size;
	bitmap.data = u64_to_user_ptr(clear.bitmap);
	ret = t1x_ioctl_dirty_span(clear.iova, clear.size, &bitmap, &span);
	if (ret)
		return ret;

	/* All of it beforehand: a fault must find nothing cleared yet. */
	nbytes = BITS_TO_LONGS(clear.size >> PAGE_SHIFT) * sizeof(*mask);
	mask = kvmalloc(nbytes, GFP_KERNEL_ACCOUNT);
	if (!mask)
		return -ENOMEM;
	if (copy_from_user(mask, bitmap.data, nbytes))
		ret = -EFAULT;
	else
		ret = t1x_export_clear(ioas, &span, mask);
	kvfree(mask);
	return ret;
}

static long t1x_ioctl_dirty(struct t1x_ioas *ioas, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_iommu_type1_dirty_bitmap, flags);
	struct vfio_iommu_type1_dirty_bitmap dirty;
	struct t1x_span all = T1X_SPAN_ALL;
	size_t room;

	if (!ioas->v2)
		return -EACCES;
	if (copy_from_user(&dirty, arg, minsz))
		return -EFAULT;
	if (dirty.argsz < minsz)
		return -EINVAL;
	arg += minsz;
	room = dirty.argsz - minsz;

	switch (dirty.flags) {
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_START:
		return t1x_track_start(ioas, &all);
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_START | VFIO_IOMMU_DIRTY_PAGES_FLAG_RANGE:
		return t1x_ioctl_dirty_start(ioas, arg, room);
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP:
		return t1x_track_stop(ioas);
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP:
		return t1x_ioctl_dirty_get(ioas, arg, room, false);
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP | VFIO_IOMMU_DIRTY_PAGES_FLAG_PEEK:
		return t1x_ioctl_dirty_get(ioas, arg, room, true);
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR:
		return t1x_ioctl_dirty_clear(ioas, arg, room);
	default:
		return -EINVAL;
	}
}

static long t1x_ioctl_fault_fd(struct t1x_ioas *ioas, void __user *arg)
{
	struct vfio_type1x_fault_fd request;
	struct file *file;
	int fd;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	file = t1x_faultfd_open(ioas, &request);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd >= 0 && copy_to_user(arg, &request, sizeof(request))) {
		put_unused_fd(fd);
		fd = -EFAULT;
	}
	/* From here on the program has it, even before it knows the number. */
	if (fd >= 0)
		fd_install(fd, file);
	else
		fput(file);
	return fd;
}

/**
 * t1x_ioctl() - an ioctl on a container that is ours
 * @ioas: the container's address space
 * @cmd: ioctl number
 * @arg: its argument
 *
 * Return: as the ioctl defines it, -ENOTTY for an unknown one.
 */
long t1x_ioctl(struct t1x_ioas *ioas, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case VFIO_CHECK_EXTENSION:
		return t1x_ioctl_check_extension(ioas, arg);
	case VFIO_IOMMU_GET_INFO:
		return t1x_ioctl_get_info(ioas, (void __user *)arg);
	case VFIO_IOMMU_MAP_DMA:
		return t1x_ioctl_map(ioas, (void __user *)arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return t1x_ioctl_unmap(ioas, (void __user *)arg);
	case VFIO_IOMMU_DIRTY_PAGES:
		return t1x_ioctl_dirty(ioas, (void __user *)arg);
	case VFIO_TYPE1X_FAULT_FD:
		return t1x_ioctl_fault_fd(ioas, (void __user *)arg);
	case VFIO_IOMMU_SVM_BIND:
		return t1x_svm_bind(ioas, NULL, (void __user *)arg);
	case VFIO_IOMMU_SVM_UNBIND:
		return t1x_svm_unbind(ioas, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}
