/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_IOMMU_HANDLE_H
#define COMPAT_IOMMU_HANDLE_H

/*
 * The owner of a group's domain can give the IOMMU core a handle of his own with it, by
 * which page requests of the group's devices find him. Exported to whoever imports the
 * namespace IOMMUFD_INTERNAL, but declared in no public header. Older kernels have
 * neither the function nor the structure. "make abi-check" compares.
 */
struct iommu_attach_handle;
struct iommu_domain;
struct iommu_group;

int iommu_replace_group_handle(struct iommu_group *group, struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle);

#endif
