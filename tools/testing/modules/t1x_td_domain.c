// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which domain translates for the device's group, in the backend's own words.
 *
 * No driver asks that any more, and vfio core has nothing left to ask with; but the
 * operation is still part of what a backend registers.  So this one goes by vfio core's
 * own structures, from the container's file on.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu.h>

#include <vfio/container.h>

#include "t1x_td.h"

/* Under group_lock a container keeps its backend. */
static int t1x_td_ask(struct vfio_container *container, struct iommu_group *group,
		      struct device *dev)
{
	struct iommu_domain *domain;

	guard(rwsem_read)(&container->group_lock);
	if (!container->iommu_driver)
		return -ENXIO;
	domain = container->iommu_driver->ops->group_iommu_domain(container->iommu_data, group);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	return domain && domain == iommu_get_domain_for_dev(dev);
}

/**
 * t1x_td_domain() - does the backend say which domain the device's group is attached to?
 * @td: device
 * @request: container, and whether there is to be a group
 *
 * Context: may sleep
 * Return: 1 if the domain is the one that translates for the device, 0 if not; -EBADF if
 * the file is no container, -ENXIO if that has no backend, else what the backend says.
 */
int t1x_td_domain(struct t1x_td *td, const struct t1x_td_domain *request)
{
	struct device *dev = td->vdev.dev;
	struct iommu_group *group;
	struct vfio_container *container;
	struct file *file;
	int ret = -EBADF;

	if (request->flags & ~T1X_TD_NO_GROUP)
		return -EINVAL;
	file = fget(request->container);
	if (!file)
		return -EBADF;
	group = iommu_group_get(dev);
	container = vfio_container_from_file(file);
	if (container)
		ret = t1x_td_ask(container,
				 request->flags & T1X_TD_NO_GROUP ? NULL : group, dev);
	iommu_group_put(group);
	fput(file);
	return ret;
}
