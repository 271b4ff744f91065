/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a snapshot does not show, and why.
 */
#ifndef T1XCTL_NOTES_H
#define T1XCTL_NOTES_H

#include "snapshot.h"

void notes_unreadable(const struct snapshot *snapshot);
void notes_print(const struct snapshot *snapshot);

#endif /* T1XCTL_NOTES_H */
