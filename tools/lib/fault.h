/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of the devices of a container, as records read from a file. */
#ifndef T1X_LIB_FAULT_H
#define T1X_LIB_FAULT_H

#include <linux/vfio_type1x.h>

#include "check.h"

/* VFIO_TYPE1X_FAULT_FD as it is, and with a structure made of the arguments. */
int __fault_fd(int container, struct vfio_type1x_fault_fd *request);
int __fault_open(int container, uint32_t flags, uint32_t nr_records, uint64_t cookie);

/* Up to so many records: how many, 0 at the end of the file, or -errno. */
long __fault_read(int fd, struct vfio_type1x_fault *records, size_t nr_records);

/* Answer so many page requests: how many were taken, or -errno. */
long __fault_respond(int fd, const struct vfio_type1x_fault_response *responses, size_t nr);

/* Of poll(): which of the events are there after so long. */
int fault_poll(int fd, int timeout_ms);

#define fault_open(...)	must(__fault_open(__VA_ARGS__))
#define fault_read(...)	must(__fault_read(__VA_ARGS__))

#endif /* T1X_LIB_FAULT_H */
