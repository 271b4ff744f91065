#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All that happened in vfio-type1x, a line for each event, in order.  By perf record
# and perf script.
#
# usage: events.perf.sh [COMMAND [ARGUMENT]...]
#
# Records the whole system while COMMAND runs, or until Ctrl-C.
set -eu

file=$(mktemp)
trap 'rm -f "$file"' EXIT
# Ctrl-C is for the recording; what was recorded is still to be shown.
trap : INT

# No build ids: the events do not point into programs.  After Ctrl-C perf says so
# by its status.
perf record -q -B -a -e 'vfio_type1x:*' -o "$file" "$@" >&2 || [ $? = 130 ]
perf script -i "$file" -F trace:comm,pid,time,event,trace
