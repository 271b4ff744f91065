/* SPDX-License-Identifier: GPL-2.0-only */
/* Bonds of a container to the memory of processes. */
#ifndef T1X_LIB_SVM_H
#define T1X_LIB_SVM_H

#include <linux/vfio_type1x.h>
#include <sys/types.h>

#include "check.h"

/* VFIO_IOMMU_SVM_BIND as it is, and with a structure made of the arguments: the id. */
int __svm_bind_raw(int container, struct vfio_type1x_svm_bind *bind);
int __svm_bind(int container, uint32_t flags, int target);
int __svm_unbind(int container, uint32_t bond);

/* The same by a device: VFIO_DEVICE_BIND_TASK, VFIO_DEVICE_UNBIND_TASK. */
int __svm_device_bind_raw(int device, struct vfio_type1x_svm_bind *bind);
int __svm_device_bind(int device, uint32_t flags, int target);
int __svm_device_unbind(int device, uint32_t bond);

/* MAP_DMA of memory of the process that was bound. */
int __svm_map(int container, uint32_t bond, const void *vaddr, uint64_t iova, uint64_t size,
	      uint32_t flags);

/* A pidfd, and a /proc/PID/mem that is open with these flags; -errno. */
int __svm_pidfd(pid_t pid);
int __svm_mem_fd(pid_t pid, int flags);

/* Bytes of locked memory of a process. */
uint64_t svm_locked(pid_t pid);
/* Wait until they are that many; what is given back may take a moment. */
bool svm_locked_becomes(pid_t pid, uint64_t bytes);

#define svm_bind(...)			must(__svm_bind(__VA_ARGS__))
#define svm_unbind(...)			must(__svm_unbind(__VA_ARGS__))
#define svm_device_bind(...)	must(__svm_device_bind(__VA_ARGS__))
#define svm_device_unbind(...)	must(__svm_device_unbind(__VA_ARGS__))
#define svm_map(...)			must(__svm_map(__VA_ARGS__))
#define svm_pidfd(pid)			must(__svm_pidfd(pid))
#define svm_mem_fd(pid, flags)		must(__svm_mem_fd(pid, flags))

#endif /* T1X_LIB_SVM_H */
