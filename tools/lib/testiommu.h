/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The software IOMMU of t1x_test_iommu.ko and the PCI devices behind it, which do the
 * DMA that they are told to.
 *
 *	ti = testiommu_load("");
 *	group = testiommu_group(0);
 *	... attach it to a container, choose the IOMMU type, map ...
 *	testiommu_write(ti, 0, iova, "hello", 5);
 *	... leave the container ...
 *	testiommu_unload(ti);
 */
#ifndef T1X_LIB_TESTIOMMU_H
#define T1X_LIB_TESTIOMMU_H

#include "../testing/modules/t1x_test_iommu.h"
#include "check.h"
#include "vfio.h"

#define TESTIOMMU_MODULE	"t1x_test_iommu"

/*
 * Load the module, whose file is in /t/, with these parameters, and give its devices to
 * vfio-pci.  Returns its control device.  -EBUSY where the kernel takes only one IOMMU
 * driver, and has one.
 */
int __testiommu_load(const char *parameters);

/* Remove the devices, close the control device, unload.  -EBUSY if VFIO uses one. */
int __testiommu_unload(int ti);
int __testiommu_tear_down(int ti);

/* What __vfio_device_open() wants to know. */
void testiommu_bdf(int device, char bdf[VFIO_BDF_LEN]);

/* File descriptor of a device's group. */
int __testiommu_group(int device);

/* The device does DMA.  -EIO if the IOMMU has not let it; its fault was reported then. */
int __testiommu_read(int ti, int device, uint64_t iova, void *buf, size_t size);
int __testiommu_write(int ti, int device, uint64_t iova, const void *buf, size_t size);

/* The same with everything that can be said about it. */
int __testiommu_dma(int ti, struct t1x_ti_dma *dma);
int __testiommu_fault(int ti, struct t1x_ti_fault *fault);

/* Faults of the device, and the oldest answer to one. */
int __testiommu_report(int ti, const struct t1x_ti_report *report);
int __testiommu_response(int ti, int device, struct t1x_ti_response *response);

/* NULL: as it was loaded. */
int __testiommu_behave(int ti, const struct t1x_ti_behaviour *behaviour);
int __testiommu_leaf(int ti, int device, uint64_t iova, struct t1x_ti_leaf *leaf);
int __testiommu_stat(int ti, struct t1x_ti_stat *stat);

/*
 * Bind the device to the memory of a process, 0 for this one.  -EOPNOTSUPP where the
 * kernel does not share address spaces.  @bind is filled; its id ends the bond.
 */
int __testiommu_bind(int ti, int device, pid_t pid, struct t1x_ti_bind *bind);
int __testiommu_unbind(int ti, uint32_t id);

/* With the PASID of a bond the device uses addresses of the process. */
int __testiommu_pasid_read(int ti, int device, uint32_t pasid, const void *addr, void *buf,
			   size_t size);
int __testiommu_pasid_write(int ti, int device, uint32_t pasid, void *addr, const void *buf,
			    size_t size);

#define testiommu_load(parameters)	must(__testiommu_load(parameters))
#define testiommu_unload(ti)		must(__testiommu_unload(ti))
#define testiommu_group(device)		must(__testiommu_group(device))
#define testiommu_read(...)		must(__testiommu_read(__VA_ARGS__))
#define testiommu_write(...)		must(__testiommu_write(__VA_ARGS__))
#define testiommu_fault(ti, fault)	must(__testiommu_fault(ti, fault))
#define testiommu_report(ti, report)	must(__testiommu_report(ti, report))
#define testiommu_behave(ti, behaviour)	must(__testiommu_behave(ti, behaviour))
#define testiommu_leaf(ti, device, iova) ({			\
	struct t1x_ti_leaf _leaf;				\
								\
	must(__testiommu_leaf(ti, device, iova, &_leaf));	\
	_leaf;							\
})
#define testiommu_unbind(ti, id)	must(__testiommu_unbind(ti, id))
#define testiommu_bind(ti, device, pid) ({			\
	struct t1x_ti_bind _bind;				\
								\
	must(__testiommu_bind(ti, device, pid, &_bind));	\
	_bind;							\
})
#define testiommu_stat(ti) ({			\
	struct t1x_ti_stat _stat;		\
						\
	must(__testiommu_stat(ti, &_stat));	\
	_stat;					\
})

#endif /* T1X_LIB_TESTIOMMU_H */
