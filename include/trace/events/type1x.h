/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of the backend: events/vfio_type1x/ in tracefs.
 *
 * Every event begins with the id of the address space, which is that of its
 * directory in debugfs and of "type1x-id" in fdinfo.  Spans of IOVA are first and
 * last byte.  Events with a ret are at the end of what they tell of, also of what
 * failed.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio_type1x
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE type1x

#if !defined(_TRACE_TYPE1X_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_TYPE1X_H

#include <linux/iommu.h>
#include <linux/tracepoint.h>

#include <uapi/linux/vfio_type1x.h>

TRACE_EVENT(t1x_map,
	TP_PROTO(unsigned long id, u64 start, u64 last, unsigned long vaddr, int prot, int ret),
	TP_ARGS(id, start, last, vaddr, prot, ret),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u64, start)
		__field(u64, last)
		__field(unsigned long, vaddr)
		__field(int, prot)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->start = start;
		__entry->last = last;
		__entry->vaddr = vaddr;
		__entry->prot = prot;
		__entry->ret = ret;
	),
	TP_printk("id=%lu iova=%#llx-%#llx vaddr=%#lx prot=%s ret=%d",
		  __entry->id, __entry->start, __entry->last, __entry->vaddr,
		  __print_flags(__entry->prot, "|", { IOMMU_READ, "read" },
				{ IOMMU_WRITE, "write" }),
		  __entry->ret)
);

TRACE_EVENT(t1x_unmap,
	TP_PROTO(unsigned long id, u64 start, u64 last, u64 unmapped, int ret),
	TP_ARGS(id, start, last, unmapped, ret),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u64, start)
		__field(u64, last)
		__field(u64, unmapped)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->start = start;
		__entry->last = last;
		__entry->unmapped = unmapped;
		__entry->ret = ret;
	),
	TP_printk("id=%lu iova=%#llx-%#llx unmapped=%#llx ret=%d",
		  __entry->id, __entry->start, __entry->last, __entry->unmapped, __entry->ret)
);

/* Frames that one call has pinned, in as many runs as they make. */
TRACE_EVENT(t1x_pin,
	TP_PROTO(unsigned long id, u64 iova, unsigned long npages, unsigned int nr_runs),
	TP_ARGS(id, iova, npages, nr_runs),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u64, iova)
		__field(unsigned long, npages)
		__field(unsigned int, nr_runs)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->iova = iova;
		__entry->npages = npages;
		__entry->nr_runs = nr_runs;
	),
	TP_printk("id=%lu iova=%#llx npages=%lu runs=%u",
		  __entry->id, __entry->iova, __entry->npages, __entry->nr_runs)
);

/* A group joins, or leaves; nr_domains is what there is afterwards. */
DECLARE_EVENT_CLASS(t1x_group,
	TP_PROTO(unsigned long id, int group, unsigned int nr_domains, int ret),
	TP_ARGS(id, group, nr_domains, ret),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(int, group)
		__field(unsigned int, nr_domains)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->group = group;
		__entry->nr_domains = nr_domains;
		__entry->ret = ret;
	),
	TP_printk("id=%lu group=%d domains=%u ret=%d",
		  __entry->id, __entry->group, __entry->nr_domains, __entry->ret)
);

DEFINE_EVENT(t1x_group, t1x_attach,
	TP_PROTO(unsigned long id, int group, unsigned int nr_domains, int ret),
	TP_ARGS(id, group, nr_domains, ret)
);

DEFINE_EVENT(t1x_group, t1x_detach,
	TP_PROTO(unsigned long id, int group, unsigned int nr_domains, int ret),
	TP_ARGS(id, group, nr_domains, ret)
);

TRACE_EVENT(t1x_dirty_start,
	TP_PROTO(unsigned long id, u64 start, u64 last, int ret),
	TP_ARGS(id, start, last, ret),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u64, start)
		__field(u64, last)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->start = start;
		__entry->last = last;
		__entry->ret = ret;
	),
	TP_printk("id=%lu iova=%#llx-%#llx ret=%d",
		  __entry->id, __entry->start, __entry->last, __entry->ret)
);

TRACE_EVENT(t1x_dirty_stop,
	TP_PROTO(unsigned long id, int ret),
	TP_ARGS(id, ret),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->ret = ret;
	),
	TP_printk("id=%lu ret=%d", __entry->id, __entry->ret)
);

/* A bitmap was read: by GET_BITMAP, or by UNMAP with one. */
TRACE_EVENT(t1x_dirty_get,
	TP_PROTO(unsigned long id, u64 start, u64 last, unsigned long nr_dirty, bool peek,
		 int ret),
	TP_ARGS(id, start, last, nr_dirty, peek, ret),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u64, start)
		__field(u64, last)
		__field(unsigned long, nr_dirty)
		__field(bool, peek)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->start = start;
		__entry->last = last;
		__entry->nr_dirty = nr_dirty;
		__entry->peek = peek;
		__entry->ret = ret;
	),
	TP_printk("id=%lu iova=%#llx-%#llx dirty=%lu%s ret=%d",
		  __entry->id, __entry->start, __entry->last, __entry->nr_dirty,
		  __entry->peek ? " peek" : "", __entry->ret)
);

/* Emulated devices were told to let go of a mapping. */
TRACE_EVENT(t1x_notice,
	TP_PROTO(unsigned long id, u64 start, u64 last),
	TP_ARGS(id, start, last),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u64, start)
		__field(u64, last)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->start = start;
		__entry->last = last;
	),
	TP_printk("id=%lu iova=%#llx-%#llx", __entry->id, __entry->start, __entry->last)
);

/* A process was bound, or not: its pid in the initial namespace. */
TRACE_EVENT(t1x_bond,
	TP_PROTO(unsigned long id, u32 bond, pid_t pid, int ret),
	TP_ARGS(id, bond, pid, ret),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u32, bond)
		__field(pid_t, pid)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->bond = bond;
		__entry->pid = pid;
		__entry->ret = ret;
	),
	TP_printk("id=%lu bond=%u pid=%d ret=%d", __entry->id, __entry->bond, __entry->pid,
		  __entry->ret)
);

TRACE_EVENT(t1x_unbond,
	TP_PROTO(unsigned long id, u32 bond, int ret),
	TP_ARGS(id, bond, ret),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u32, bond)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->bond = bond;
		__entry->ret = ret;
	),
	TP_printk("id=%lu bond=%u ret=%d", __entry->id, __entry->bond, __entry->ret)
);

/* A mapping has lost its memory, because the process or the program wanted so. */
TRACE_EVENT(t1x_revoke,
	TP_PROTO(unsigned long id, u32 bond, u64 start, u64 last),
	TP_ARGS(id, bond, start, last),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u32, bond)
		__field(u64, start)
		__field(u64, last)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->bond = bond;
		__entry->start = start;
		__entry->last = last;
	),
	TP_printk("id=%lu bond=%u iova=%#llx-%#llx", __entry->id, __entry->bond,
		  __entry->start, __entry->last)
);

/* A device was stopped; so many consumers were told of it. */
TRACE_EVENT(t1x_fault,
	TP_PROTO(unsigned long id, const struct vfio_type1x_fault *fault, unsigned int nr_told),
	TP_ARGS(id, fault, nr_told),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(u64, iova)
		__field(u32, requester)
		__field(u32, pasid)
		__field(u32, flags)
		__field(u32, raw_reason)
		__field(u16, source)
		__field(u16, reason)
		__field(unsigned int, nr_told)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->iova = fault->iova;
		__entry->requester = fault->requester;
		__entry->pasid = fault->pasid;
		__entry->flags = fault->flags;
		__entry->raw_reason = fault->raw_reason;
		__entry->source = fault->source;
		__entry->reason = fault->reason;
		__entry->nr_told = nr_told;
	),
	TP_printk("id=%lu source=%u reason=%u/%#x flags=%s iova=%#llx device=%#x pasid=%u told=%u",
		  __entry->id, __entry->source, __entry->reason, __entry->raw_reason,
		  __print_flags(__entry->flags, "|",
				{ VFIO_TYPE1X_FAULT_FLAG_READ, "read" },
				{ VFIO_TYPE1X_FAULT_FLAG_WRITE, "write" },
				{ VFIO_TYPE1X_FAULT_FLAG_EXEC, "exec" },
				{ VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED, "privileged" },
				{ VFIO_TYPE1X_FAULT_FLAG_IOVA, "iova" },
				{ VFIO_TYPE1X_FAULT_FLAG_REQUESTER, "requester" },
				{ VFIO_TYPE1X_FAULT_FLAG_PASID, "pasid" },
				{ VFIO_TYPE1X_FAULT_FLAG_ALIAS, "alias" },
				{ VFIO_TYPE1X_FAULT_FLAG_LAST, "last" }),
		  __entry->iova, __entry->requester, __entry->pasid, __entry->nr_told)
);

#endif /* _TRACE_TYPE1X_H */

#include <trace/define_trace.h>
