/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two backends that are compared, and containers on one or the other.
 *
 * The stock backend is reached by VFIO_TYPE1v2_IOMMU while ours has prefer=N,
 * ours by the type that only it answers.  Every container is asked who it is,
 * so that no figure is credited to the wrong one.
 */
#ifndef T1X_BENCH_BACKEND_H
#define T1X_BENCH_BACKEND_H

#include "vfio.h"

enum backend {
	BACKEND_STOCK,
	BACKEND_OURS,
	BACKEND_NR,
};

const char *backend_name(enum backend backend);

/* Take a device's group, and make the backends answer as said above. */
int backend_setup(void);
void backend_restore(void);

/* Compare stock with itself: what differs then is noise. */
void backend_use_stock_only(void);

/* A container of that backend that holds the group; must be closed. */
int backend_open(enum backend backend);
void backend_close(int container);

#endif /* T1X_BENCH_BACKEND_H */
