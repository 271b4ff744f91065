// SPDX-License-Identifier: GPL-2.0-only
/// What a user can make us allocate is charged to the user: GFP_KERNEL_ACCOUNT.
/// Module life-time objects are allocated at module init, in functions marked so.
// Options: --no-includes

virtual report

@plain@
identifier alloc = {kmalloc, kzalloc, kcalloc, kmalloc_array, kvmalloc, kvzalloc, kvcalloc,
	kvmalloc_array, kmemdup, kmem_cache_alloc, kmem_cache_zalloc};
position p;
@@
alloc@p(..., GFP_KERNEL)

@script:python depends on report@
p << plain.p;
alloc << plain.alloc;
@@
coccilib.report.print_report(p[0], "%s() is not accounted: GFP_KERNEL_ACCOUNT" % alloc)
