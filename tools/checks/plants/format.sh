# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "statement on the line of its if" "info.c:.*clang-format" <<'END'
sed -i 's/^{/{\n\tif (!info) return -EINVAL;/' tools/lib/info.c
END
