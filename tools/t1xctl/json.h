/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots as JSON.
 */
#ifndef T1XCTL_JSON_H
#define T1XCTL_JSON_H

#include <jansson.h>

#include "rates.h"
#include "tap.h"

json_t *json_process(const struct process *process);
json_t *json_snapshot(const struct snapshot *snapshot);
json_t *json_rates(const struct rates *rates);
json_t *json_fault(const struct tap *tap, const struct vfio_type1x_fault *fault, int64_t clock);
void json_print(json_t *value, bool is_line);

#endif /* T1XCTL_JSON_H */
