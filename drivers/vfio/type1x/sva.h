/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces that the kernel shares with devices, by a PASID (sva.c).
 */
#ifndef T1X_SVA_H
#define T1X_SVA_H

struct device;
struct iommu_group;
struct t1x_bond;
struct t1x_ioas;

int t1x_sva_check(struct t1x_ioas *ioas, struct device *dev);
int t1x_sva_share(struct t1x_ioas *ioas, struct t1x_bond *bond, struct device *dev);
void t1x_sva_unshare(struct t1x_ioas *ioas, const struct t1x_bond *bond);
void t1x_sva_leave(struct t1x_ioas *ioas, const struct iommu_group *group);

#endif /* T1X_SVA_H */
