// SPDX-License-Identifier: GPL-2.0-only
/*
 * The door that vfio core knocks at: its ops, and who may come in.
 *
 * vfio core passes container ioctls on without a lock and without a reference.
 * While one runs, another thread may take the last group out of the container,
 * which calls release(), and even unload the module.  Therefore
 *
 * - vfio core gets a cookie, not a pointer.  Cookies are never used twice; each
 *   entry looks its cookie up and takes a reference, or finds nothing.
 * - an address space holds a reference to the module for as long as it lasts, so
 *   that rmmod says "in use" instead of waiting for a user's memory.
 */
#include <linux/atomic.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/vfio.h>
#include <linux/xarray.h>

#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/*
 * What vfio core holds as a pointer is the index with this added: no address
 * that could be dereferenced, should another backend ever be handed it.
 */
#define T1X_CONTAINER_TAG	(1UL << (BITS_PER_LONG - 1))

static DEFINE_XARRAY(t1x_container_cookies);
static atomic_long_t t1x_container_last_index;

static unsigned long t1x_container_index(void *cookie)
{
	return (unsigned long)cookie & ~T1X_CONTAINER_TAG;
}

/* Borrow the address space behind a cookie; NULL if it was released. */
static struct t1x_ioas *t1x_container_get(void *cookie)
{
	struct t1x_ioas *ioas;

	rcu_read_lock();
	ioas = xa_load(&t1x_container_cookies, t1x_container_index(cookie));
	if (ioas && !refcount_inc_not_zero(&ioas->users))
		ioas = NULL;
	rcu_read_unlock();
	return ioas;
}

static void *t1x_container_open(unsigned long type)
{
	struct t1x_ioas *ioas;
	unsigned long index;
	int ret;

	if (!t1x_ioctl_claims(type))
		return ERR_PTR(-EINVAL);

	ioas = t1x_ioas_alloc(type != VFIO_TYPE1_IOMMU, type == VFIO_TYPE1_NESTING_IOMMU);
	if (IS_ERR(ioas))
		return ioas;

	index = atomic_long_inc_return(&t1x_container_last_index);
	ret = xa_insert(&t1x_container_cookies, index, ioas, GFP_KERNEL_ACCOUNT);
	if (ret) {
		t1x_ioas_put(ioas);
		return ERR_PTR(ret);
	}
	return (void *)(index | T1X_CONTAINER_TAG);
}

static void t1x_container_release(void *cookie)
{
	struct t1x_ioas *ioas;

	ioas = xa_erase(&t1x_container_cookies, t1x_container_index(cookie));
	t1x_ioas_kill(ioas);
	t1x_ioas_put(ioas);
}

static int t1x_container_attach_group(void *cookie, struct iommu_group *group,
				      enum vfio_group_type type)
{
	struct t1x_ioas *ioas = t1x_container_get(cookie);
	int ret;

	if (!ioas)
		return -EINVAL;
	switch (type) {
	case VFIO_IOMMU:
		ret = t1x_group_attach(ioas, group);
		break;
	case VFIO_EMULATED_IOMMU:
		ret = t1x_group_attach_emulated(ioas, group);
		break;
	default:
		ret = -EINVAL;
	}
	t1x_ioas_put(ioas);
	return ret;
}

static void t1x_container_detach_group(void *cookie, struct iommu_group *group)
{
	struct t1x_ioas *ioas = t1x_container_get(cookie);

	if (!ioas)
		return;
	t1x_group_detach(ioas, group);
	t1x_ioas_put(ioas);
}

static long t1x_container_ioctl(void *cookie, unsigned int cmd, unsigned long arg)
{
	struct t1x_ioas *ioas;
	long ret;

	/*
	 * vfio core asks about extensions before there is a backend, too.  Anything
	 * else without a cookie has read the backend before the last group left, and
	 * the cookie after that.
	 */
	if (!cookie)
		return cmd == VFIO_CHECK_EXTENSION ? t1x_ioctl_check_extension(NULL, arg) : -EINVAL;

	ioas = t1x_container_get(cookie);
	if (!ioas)
		return -EINVAL;
	ret = t1x_ioctl(ioas, cmd, arg);
	t1x_ioas_put(ioas);
	return ret;
}

static int t1x_container_pin_pages(void *cookie, struct iommu_group *group, dma_addr_t iova,
				   int npages, int prot, struct page **pages)
{
	struct t1x_ioas *ioas;
	int ret;

	if (npages <= 0 || !pages)
		return -EINVAL;
	ioas = t1x_container_get(cookie);
	if (!ioas)
		return -EINVAL;
	ret = ioas->v2 ? t1x_emulated_pin(ioas, iova, npages, prot, pages) : -EACCES;
	if (ret > 0)
		t1x_group_note_pinning(ioas, group);
	t1x_ioas_put(ioas);
	return ret;
}

static void t1x_container_unpin_pages(void *cookie, dma_addr_t iova, int npages)
{
	struct t1x_ioas *ioas = t1x_container_get(cookie);

	if (!ioas)
		return;
	if (npages > 0)
		t1x_emulated_unpin(ioas, iova, npages);
	t1x_ioas_put(ioas);
}

static void t1x_container_register_device(void *cookie, struct vfio_device *device)
{
	struct t1x_ioas *ioas = t1x_container_get(cookie);

	if (!ioas)
		return;
	t1x_notice_add_device(ioas, device);
	t1x_ioas_put(ioas);
}

static void t1x_container_unregister_device(void *cookie, struct vfio_device *device)
{
	struct t1x_ioas *ioas = t1x_container_get(cookie);

	if (!ioas)
		return;
	t1x_notice_del_device(ioas, device);
	t1x_ioas_put(ioas);
}

static int t1x_container_dma_rw(void *cookie, dma_addr_t iova, void *data, size_t count, bool write)
{
	struct t1x_ioas *ioas = t1x_container_get(cookie);
	int ret;

	if (!ioas)
		return -EINVAL;
	ret = t1x_emulated_rw(ioas, iova, data, count, write);
	t1x_ioas_put(ioas);
	return ret;
}

static struct iommu_domain *t1x_container_group_domain(void *cookie, struct iommu_group *group)
{
	struct t1x_ioas *ioas = t1x_container_get(cookie);
	struct iommu_domain *domain;

	if (!ioas)
		return ERR_PTR(-EINVAL);
	domain = t1x_group_domain(ioas, group);
	t1x_ioas_put(ioas);
	return domain;
}

/**
 * t1x_container_drain() - wait until no caller is in our text
 *
 * For module exit.  Whoever sleeps in an ioctl holds an address space and thereby
 * the module, so that exit would not run.  What remains are threads that can be
 * preempted but do not sleep, which is what Tasks RCU waits for: first one in
 * vfio core that has dropped the module but not yet cleared the container's
 * pointer to us, then those that have read the pointer before it was cleared and
 * are on their way in, or have dropped the address space and are on their way out.
 */
void t1x_container_drain(void)
{
	synchronize_rcu_tasks();
	synchronize_rcu_tasks();
}

const struct vfio_iommu_driver_ops t1x_container_ops = {
	.name = T1X_NAME,
	.owner = THIS_MODULE,
	.open = t1x_container_open,
	.release = t1x_container_release,
	.ioctl = t1x_container_ioctl,
	.attach_group = t1x_container_attach_group,
	.detach_group = t1x_container_detach_group,
	.pin_pages = t1x_container_pin_pages,
	.unpin_pages = t1x_container_unpin_pages,
	.register_device = t1x_container_register_device,
	.unregister_device = t1x_container_unregister_device,
	.dma_rw = t1x_container_dma_rw,
	.group_iommu_domain = t1x_container_group_domain,
};
