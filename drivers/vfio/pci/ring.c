// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of the backend's fault queues, for that of a region: pure code, which this
 * module has a copy of rather than an interface to.
 */
#include "../type1x/core/ring.c"
