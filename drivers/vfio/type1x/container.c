// SPDX-License-Identifier: GPL-2.0-only
/*
 * The door that vfio core knocks at: its ops, and who may come in.
 *
 * vfio core passes container ioctls on without a lock and without a reference.
 * While one runs, another thread may take the last group out of the container,
 * which calls release(), and even unload the module.  Therefore
 *
 * - vfio core gets a cookie, not a pointer.  Each entry looks its cookie up and
 *   takes a reference, or finds nothing (cookie.c).
 * - an address space holds a reference to the module for as long as it lasts, so
 *   that rmmod says "in use" instead of waiting for a user's memory.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/vfio.h>

#include <linux/vfio_type1x.h>
#include <trace/events/type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "private.h"

static void *t1x_container_open(unsigned long type)
{
	struct t1x_ioas *ioas;
	void *cookie;

	if (!t1x_ioctl_claims(type))
		return ERR_PTR(-EINVAL);

	ioas = t1x_ioas_alloc(type != VFIO_TYPE1_IOMMU, type == VFIO_TYPE1_NESTING_IOMMU);
	if (IS_ERR(ioas))
		return ioas;

	ioas->stats.opener = task_tgid_nr(current);
	cookie = t1x_cookie_make(ioas);
	if (IS_ERR(cookie))
		t1x_ioas_put(ioas);
	else
		t1x_debugfs_add(ioas);
	return cookie;
}

static void t1x_container_release(void *cookie)
{
	struct t1x_ioas *ioas;

	ioas = t1x_cookie_retire(cookie);
	t1x_debugfs_remove(ioas);
	t1x_ioas_kill(ioas);
	t1x_bond_end_all(ioas);
	t1x_ioas_put(ioas);
}

static int t1x_container_attach_group(void *cookie, struct iommu_group *group,
				      enum vfio_group_type type)
{
	struct t1x_ioas *ioas = t1x_cookie_borrow(cookie);
	int ret;

	if (!ioas)
		return -EINVAL;
	switch (type) {
	case VFIO_IOMMU:
		ret = t1x_attach_group(ioas, group);
		break;
	case VFIO_EMULATED_IOMMU:
		ret = t1x_group_attach_emulated(ioas, group);
		break;
	default:
		ret = -EINVAL;
	}
	trace_t1x_attach(ioas->stats.id, iommu_group_id(group),
			 READ_ONCE(ioas->stats.nr_domains), ret);
	t1x_ioas_put(ioas);
	return ret;
}

static void t1x_container_detach_group(void *cookie, struct iommu_group *group)
{
	struct t1x_ioas *ioas = t1x_cookie_borrow(cookie);

	if (!ioas)
		return;
	t1x_group_detach(ioas, group);
	trace_t1x_detach(ioas->stats.id, iommu_group_id(group),
			 READ_ONCE(ioas->stats.nr_domains), 0);
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

	ioas = t1x_cookie_borrow(cookie);
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
	ioas = t1x_cookie_borrow(cookie);
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
	struct t1x_ioas *ioas = t1x_cookie_borrow(cookie);

	if (!ioas)
		return;
	if (npages > 0)
		t1x_emulated_unpin(ioas, iova, npages);
	t1x_ioas_put(ioas);
}

static void t1x_container_register_device(void *cookie, struct vfio_device *device)
{
	struct t1x_ioas *ioas = t1x_cookie_borrow(cookie);

	if (!ioas)
		return;
	t1x_notice_add_device(ioas, device);
	t1x_ioas_put(ioas);
}

static void t1x_container_unregister_device(void *cookie, struct vfio_device *device)
{
	struct t1x_ioas *ioas = t1x_cookie_borrow(cookie);

	if (!ioas)
		return;
	t1x_notice_del_device(ioas, device);
	t1x_ioas_put(ioas);
}

static int t1x_container_dma_rw(void *cookie, dma_addr_t iova, void *data, size_t count, bool write)
{
	struct t1x_ioas *ioas = t1x_cookie_borrow(cookie);
	int ret;

	if (!ioas)
		return -EINVAL;
	ret = t1x_emulated_rw(ioas, iova, data, count, write);
	t1x_ioas_put(ioas);
	return ret;
}

static struct iommu_domain *t1x_container_group_domain(void *cookie, struct iommu_group *group)
{
	struct t1x_ioas *ioas = group ? t1x_cookie_borrow(cookie) : NULL;
	struct iommu_domain *domain;

	if (!ioas)
		return ERR_PTR(-EINVAL);
	domain = t1x_group_domain(ioas, group);
	t1x_ioas_put(ioas);
	return domain;
}

/**
 * t1x_container_show_fdinfo() - print what there is to know of a container
 * @ops: backend that the container uses
 * @iommu_data: its instance there
 * @m: where to
 *
 * Waits for nothing, and may be called with preemption off; the names of the lines
 * and their units are in Documentation/fdinfo.rst.
 *
 * Return: false if the backend is another one, and nothing was printed.
 */
bool t1x_container_show_fdinfo(const struct vfio_iommu_driver_ops *ops, void *iommu_data,
			       struct seq_file *m)
{
	struct t1x_ioas *ioas;

	if (ops != &t1x_container_ops)
		return false;
	rcu_read_lock();
	ioas = t1x_cookie_peek(iommu_data);
	if (ioas)
		t1x_stats_show(ioas, m);
	rcu_read_unlock();
	return true;
}
EXPORT_SYMBOL_NS_GPL(t1x_container_show_fdinfo, VFIO_TYPE1X);

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
