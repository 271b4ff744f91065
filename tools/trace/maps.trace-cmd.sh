#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Who maps what, and when: every MAP and UNMAP that came to vfio-type1x, also those
# that failed.  By trace-cmd.
#
# usage: maps.trace-cmd.sh [COMMAND [ARGUMENT]...]
#
# Records the whole system while COMMAND runs, or until Ctrl-C.
set -eu

file=$(mktemp)
trap 'rm -f "$file"' EXIT
# Ctrl-C is for the recording; what was recorded is still to be shown.
trap : INT

trace-cmd record -q -o "$file" -e vfio_type1x:t1x_map -e vfio_type1x:t1x_unmap "$@" >&2
trace-cmd report -i "$file"
