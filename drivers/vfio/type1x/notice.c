// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notices: emulated devices are told of an UNMAP, and must let go of what they hold.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/vfio.h>

#include <trace/events/type1x.h>

#include "private.h"

/* How often devices are told of an UNMAP before it fails, which takes a second. */
#define T1X_NOTICE_MAX	10

/**
 * t1x_notice_add_device() - a device was opened
 * @ioas: address space
 * @device: device; of interest if it wants to hear of UNMAPs
 */
void t1x_notice_add_device(struct t1x_ioas *ioas, struct vfio_device *device)
{
	if (!device->ops->dma_unmap)
		return;
	mutex_lock(&ioas->devices_mutex);
	mutex_lock(&ioas->lock);
	list_add_tail(&device->iommu_entry, &ioas->devices);
	mutex_unlock(&ioas->lock);
	mutex_unlock(&ioas->devices_mutex);
}

/**
 * t1x_notice_del_device() - a device is being closed
 * @ioas: address space
 * @device: device; will not be told of anything any more
 */
void t1x_notice_del_device(struct t1x_ioas *ioas, struct vfio_device *device)
{
	if (!device->ops->dma_unmap)
		return;
	mutex_lock(&ioas->devices_mutex);
	mutex_lock(&ioas->lock);
	list_del(&device->iommu_entry);
	mutex_unlock(&ioas->lock);
	mutex_unlock(&ioas->devices_mutex);
}

/* Is a page of the mappings held? */
static bool t1x_notice_is_due(struct t1x_ioas *ioas, const struct t1x_mapping *map)
{
	bool holds;

	mutex_lock(&ioas->lock);
	holds = !RB_EMPTY_ROOT(&map->pins.rb_root);
	mutex_unlock(&ioas->lock);
	return holds;
}

static void t1x_notice_report(const struct t1x_ioas *ioas, const struct t1x_mapping *map)
{
	pr_warn_ratelimited(T1X_NAME ": container %lu: a device does not unpin %#lx-%#lx\n",
			    ioas->stats.id, map->node.start, map->node.last);
}

/*
 * Tell all devices of a mapping until none holds a page of it.  One that has pinned
 * just now may not know it yet, and gets a little more time with each notice.
 */
static int t1x_notice_give(struct t1x_ioas *ioas, const struct t1x_mapping *map)
{
	const u64 size = map->node.last - map->node.start + 1;
	struct vfio_device *device;
	unsigned int notices = 0;

	lockdep_assert_held(&ioas->devices_mutex);

	while (t1x_notice_is_due(ioas, map)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (notices == T1X_NOTICE_MAX) {
			t1x_notice_report(ioas, map);
			return -EBUSY;
		}
		if (notices)
			schedule_timeout_killable(msecs_to_jiffies(1 << notices));
		list_for_each_entry(device, &ioas->devices, iommu_entry)
			device->ops->dma_unmap(device, map->node.start, size);
		trace_t1x_notice(ioas->stats.id, map->node.start, map->node.last);
		notices++;
	}
	return 0;
}

/**
 * t1x_notice_evict() - let emulated devices get out of mappings
 * @ioas: address space, no lock held
 * @maps: mappings of the caller that no device can begin to use, LEAVING or revoked, by
 *	  &t1x_mapping.link
 *
 * Return: 0 if no device has to do with them any more; -EBUSY if one does not
 * unpin, -EINTR if the task was killed, -EINVAL if the address space is dying.
 */
int t1x_notice_evict(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct t1x_mapping *map;
	int ret = 0;

	/* First those who are about to pin, then those who are about to unpin. */
	list_for_each_entry(map, maps, link) {
		ret = t1x_ioas_wait_guests(ioas, map);
		if (ret)
			return ret;
	}

	if (mutex_lock_killable(&ioas->devices_mutex))
		return -EINTR;
	list_for_each_entry(map, maps, link) {
		ret = t1x_notice_give(ioas, map);
		if (ret)
			break;
	}
	mutex_unlock(&ioas->devices_mutex);

	list_for_each_entry(map, maps, link)
		ret = ret ?: t1x_ioas_wait_guests(ioas, map);
	return ret;
}
