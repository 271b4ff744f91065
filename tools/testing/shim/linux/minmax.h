/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * min() and max() for core/ in user space, as strict as a kernel build: two
 * operands of different types do not compile here either.
 */
#ifndef T1X_SHIM_LINUX_MINMAX_H
#define T1X_SHIM_LINUX_MINMAX_H

#define shim_pick(a, op, b) ({						\
	__auto_type shim_a = (a);					\
	__auto_type shim_b = (b);					\
	_Static_assert(__builtin_types_compatible_p(__typeof__(shim_a),	\
						    __typeof__(shim_b)), \
		       "operands of different types");			\
	shim_a op shim_b ? shim_a : shim_b; })

#define min(a, b)		shim_pick(a, <, b)
#define max(a, b)		shim_pick(a, >, b)
#define min_t(type, a, b)	shim_pick((type)(a), <, (type)(b))
#define max_t(type, a, b)	shim_pick((type)(a), >, (type)(b))

#endif /* T1X_SHIM_LINUX_MINMAX_H */
