/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which backend the tests are run against.
 *
 * T1X_BACKEND=stock in the environment: the kernel's own, to check the tests
 * themselves.  A test of something that stock does not do says so in a SKIP.
 * Otherwise ours, and its absence is a failure.
 */
#ifndef SELFTESTS_BACKEND_H
#define SELFTESTS_BACKEND_H

#include "../ktap.h"
#include "iommu.h"
#include "module.h"
#include "vfio.h"

#define OURS		"vfio_iommu_type1x"
#define OURS_NAME	"vfio-iommu-type1x"
#define STOCK		"vfio_iommu_type1"

#define ENTRY_LIMIT	65535	/* default of dma_entry_limit */

static inline bool backend_is_stock(void)
{
	const char *name = getenv("T1X_BACKEND");

	return name && !strcmp(name, "stock");
}

static inline const char *backend_module(void)
{
	return backend_is_stock() ? STOCK : OURS;
}

static inline void backend_set(const char *parameter, const char *value)
{
	module_set(backend_module(), parameter, value);
}

/*
 * Parameters as loaded, whatever an earlier test that failed has left.  On a
 * machine that does not isolate interrupts, T1X_UNSAFE=Y in the environment
 * lets the tests run all the same.
 */
static inline void backend_reset(void)
{
	ASSERT_TRUE(module_is_loaded(backend_module()));
	if (module_is_loaded(OURS))
		module_set(OURS, "prefer", backend_is_stock() ? "N" : "Y");
	backend_set("allow_unsafe_interrupts", getenv("T1X_UNSAFE") ? "Y" : "N");
	backend_set("disable_hugepages", "N");
	backend_set("dma_entry_limit", "65535");
	if (!backend_is_stock()) {
		backend_set("private_domains", "N");
		backend_set("hw_dirty", "N");
		backend_set("allow_pasid", "N");
	}
}

static inline void backend_skip_type(unsigned long type)
{
	SKIP_IF(backend_is_stock() && type == VFIO_TYPE1X_IOMMU, "stock: has no private type");
}

/* The machine's IOMMU is an Arm SMMUv3, and not a VT-d. */
static inline bool backend_on_smmu(void)
{
	const char *name = getenv("T1X_IOMMU");

	return name && !strcmp(name, "smmuv3");
}

/* Where the addresses of interrupts begin, which cannot be mapped. */
static inline uint64_t backend_window(void)
{
	return backend_on_smmu() ? 0x8000000 : 0xfee00000;
}

#define BACKEND_WINDOW_SIZE	MIB(1)

/* For what only ours promises. */
static inline void backend_need_ours(const char *reason)
{
	SKIP_IF(backend_is_stock(), "stock: %s", reason);
}

/* Ours answers as the newest kernels do; older ones said EINVAL. */
static inline int backend_wrap_error(void)
{
	return backend_is_stock() ? -EINVAL : -EOVERFLOW;
}

/* The container must be on the backend under test. */
static inline void backend_verify(int container)
{
	struct iommu_info info;

	iommu_info(container, &info);
	ASSERT_EQ(info.has_driver, !backend_is_stock());
}

/* The types that a test is run with. */
#define BACKEND_VARIANTS(fx)						\
	BACKEND_STOCK_VARIANTS(fx);					\
	FIXTURE_VARIANT_ADD(fx, type1x) { .type = VFIO_TYPE1X_IOMMU }

/* Without the private type, where it costs much time and is the same as v2. */
#define BACKEND_STOCK_VARIANTS(fx)					\
	FIXTURE_VARIANT(fx) { unsigned long type; };			\
	FIXTURE_VARIANT_ADD(fx, v1) { .type = VFIO_TYPE1_IOMMU };	\
	FIXTURE_VARIANT_ADD(fx, v2) { .type = VFIO_TYPE1v2_IOMMU }

#endif /* SELFTESTS_BACKEND_H */
