/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated devices of t1x_test_device.ko: they do what they are told.
 *
 *	group = testdev_group(0);
 *	... attach it to a container, choose the IOMMU type ...
 *	testdev_open(&dev, group, 0);
 *	testdev_pin(&dev, iova, 1, TESTDEV_RW);
 */
#ifndef T1X_LIB_TESTDEV_H
#define T1X_LIB_TESTDEV_H

#include "../testing/modules/t1x_test_device.h"
#include "check.h"

#define TESTDEV_MODULE		"t1x_test_device"

/* What the device wants to do with a page; the IOMMU's own flags. */
#define TESTDEV_R		1
#define TESTDEV_W		2
#define TESTDEV_RW		(TESTDEV_R | TESTDEV_W)

struct testdev {
	int fd;
	uint32_t flags; /* of each operation: T1X_TD_IN_KTHREAD or 0 */
};

/* File descriptor of the group of the device number @index; -ENODEV without one. */
int __testdev_group(int index);

int __testdev_open(struct testdev *dev, int group, int index);

/*
 * Let the module's driver have a PCI device, which then is one like the others but
 * behind an IOMMU; or let vfio-pci have it again.
 */
int __testdev_take_pci(const char *bdf);
int __testdev_return_pci(const char *bdf);
int __testdev_open_pci(struct testdev *dev, int group, const char *bdf);
void testdev_close(struct testdev *dev);

/* The number of pages, all or none. */
int __testdev_pin(const struct testdev *dev, uint64_t iova, uint32_t npages, uint32_t prot);
int __testdev_unpin(const struct testdev *dev, uint64_t iova, uint32_t npages);

/* Past the device's own books. */
int __testdev_unpin_raw(const struct testdev *dev, uint64_t iova, uint32_t npages);

/* A byte of a pinned page. */
int __testdev_peek(const struct testdev *dev, uint64_t iova, uint32_t offset);
int __testdev_poke(const struct testdev *dev, uint64_t iova, uint32_t offset, uint8_t value);

/* Copy from IOVA, and to it, without pinning. */
int __testdev_read(const struct testdev *dev, uint64_t iova, void *buf, uint64_t len);
int __testdev_write(const struct testdev *dev, uint64_t iova, const void *buf, uint64_t len);

/* Does the backend say which domain is the device's? T1X_TD_NO_GROUP: which is nobody's? */
int __testdev_domain(const struct testdev *dev, int container, uint32_t flags);

/* T1X_TD_RELEASE and so on. */
int __testdev_policy(const struct testdev *dev, uint32_t policy, uint32_t arg);
int __testdev_stat(const struct testdev *dev, struct t1x_td_stat *stat);

#define testdev_group(index)	must(__testdev_group(index))
#define testdev_open(...)	must(__testdev_open(__VA_ARGS__))
#define testdev_take_pci(bdf)	must(__testdev_take_pci(bdf))
#define testdev_return_pci(bdf)	must(__testdev_return_pci(bdf))
#define testdev_open_pci(...)	must(__testdev_open_pci(__VA_ARGS__))
#define testdev_pin(...)	must(__testdev_pin(__VA_ARGS__))
#define testdev_unpin(...)	must(__testdev_unpin(__VA_ARGS__))
#define testdev_peek(...)	must(__testdev_peek(__VA_ARGS__))
#define testdev_poke(...)	must(__testdev_poke(__VA_ARGS__))
#define testdev_read(...)	must(__testdev_read(__VA_ARGS__))
#define testdev_write(...)	must(__testdev_write(__VA_ARGS__))
#define testdev_policy(...)	must(__testdev_policy(__VA_ARGS__))
#define testdev_stat(dev) ({			\
	struct t1x_td_stat _stat;		\
						\
	must(__testdev_stat(dev, &_stat));	\
	_stat;					\
})

/* Pages that the device holds, each pin counted; unmap notices that it got. */
#define testdev_pinned(dev)	(testdev_stat(dev).pinned)
#define testdev_notices(dev)	(testdev_stat(dev).notices)

#endif /* T1X_LIB_TESTDEV_H */
