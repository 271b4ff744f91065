// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces of symbols are bare words: in 6.1 and 6.12, strings since 6.13. */
#include <linux/module.h>

MODULE_IMPORT_NS(PROBE);
