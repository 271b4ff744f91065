#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Events of vfio-type1x as they happen, among them how groups come and go and how
# dirty pages are read.  Pinning is left out: there is too much of it.  By perf trace.
#
# usage: live.perf.sh [COMMAND [ARGUMENT]...]
#
# Shows the whole system while COMMAND runs, or until Ctrl-C.
set -eu

exec perf trace -a --libtraceevent_print \
	-e vfio_type1x:t1x_map,vfio_type1x:t1x_unmap \
	-e vfio_type1x:t1x_attach,vfio_type1x:t1x_detach \
	-e vfio_type1x:t1x_dirty_start,vfio_type1x:t1x_dirty_get \
	-e vfio_type1x:t1x_dirty_stop,vfio_type1x:t1x_notice,vfio_type1x:t1x_fault \
	-e vfio_type1x:t1x_bond,vfio_type1x:t1x_unbond,vfio_type1x:t1x_revoke \
	"$@"
