/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_EXPORT_H
#define COMPAT_LINUX_EXPORT_H

#include_next <linux/export.h>

#include <compat_config.h>

/*
 * The namespace of what our modules export to each other, and one of the kernel's. Its
 * name is given to EXPORT_SYMBOL_NS_GPL() and MODULE_IMPORT_NS() as a bare word, of which
 * older kernels make a string by themselves, even of what is a string already; newer ones
 * take it as it is.
 */
#ifndef COMPAT_HAVE_SYMBOL_NAMESPACE_WORD
#define VFIO_TYPE1X	"VFIO_TYPE1X"
#define IOMMUFD_INTERNAL	"IOMMUFD_INTERNAL"
#endif

#endif
