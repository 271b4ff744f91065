/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VFIO device with an emulated IOMMU that does what a test program tells it.
 *
 * t1x_td_main.c has the device and its ioctls, t1x_td_pins.c the books of what
 * the device has pinned, t1x_td_pci.c a device of that kind behind an IOMMU,
 * t1x_td_domain.c what the backend says of that IOMMU.
 *
 * Lock order, outermost first:
 *
 *	vfio core's and the backend's locks around dma_unmap() and close_device()
 *	  t1x_td.lock
 *	    the backend's locks inside unpin_pages()
 *	    t1x_td.flights_lock
 *
 * No lock of ours is held while pinning or copying: that may wait for memory of
 * the program for as long as the program likes.  A pin is in flight from before
 * that until it is in the books, and an unmap notice waits for the flights in its
 * range, as it would wait for the lock in a driver that holds one across the pin.
 */
#ifndef T1X_TD_H
#define T1X_TD_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "t1x_test_device.h"

/**
 * struct t1x_td - a device
 * @vdev: what vfio core knows of it; first, as vfio_alloc_device() wants it
 * @lock: protects @pins, @policy, @stat
 * @pins: struct t1x_td_pin by number of the IOVA page
 * @policy: what to do about unmap notices; counts down for T1X_TD_LAZY
 * @stat: what happened so far
 * @flights_lock: protects @flights
 * @flights: pins that are being made, struct t1x_td_flight
 * @landed: woken when a flight ends
 */
struct t1x_td {
	struct vfio_device vdev;
	struct mutex lock;	/* held across unpins, never across pins */
	struct xarray pins;
	struct t1x_td_policy policy;
	struct t1x_td_stat stat;
	spinlock_t flights_lock;	/* innermost */
	struct list_head flights;
	wait_queue_head_t landed;
};

#define T1X_TD_NAME		"t1x-test"

extern const struct vfio_device_ops t1x_td_ops;

int t1x_td_pci_init(void);
void t1x_td_pci_exit(void);
int t1x_td_domain(struct t1x_td *td, const struct t1x_td_domain *request);
int t1x_td_pin(struct t1x_td *td, u64 iova, u32 npages, u32 prot);
int t1x_td_unpin(struct t1x_td *td, u64 iova, u32 npages);
int t1x_td_unpin_raw(struct t1x_td *td, u64 iova, u32 npages);
int t1x_td_peek(struct t1x_td *td, u64 iova, u32 offset);
int t1x_td_poke(struct t1x_td *td, u64 iova, u32 offset, u32 value);
void t1x_td_unmapped(struct t1x_td *td, u64 iova, u64 size);
void t1x_td_forget(struct t1x_td *td);

#endif
