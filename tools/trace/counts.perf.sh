#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How many events of each kind vfio-type1x had.  By perf stat, which costs the
# least of all: nothing is recorded.
#
# usage: counts.perf.sh [COMMAND [ARGUMENT]...]
#
# Counts the whole system while COMMAND runs, or until Ctrl-C.  For a line each
# second put "-I 1000" in front of COMMAND.
set -eu

exec perf stat -a -e 'vfio_type1x:*' "$@"
