// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints of include/trace/events/type1x.h, made here.
 */
#define CREATE_TRACE_POINTS
#include <trace/events/type1x.h>
