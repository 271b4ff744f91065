# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Runs in the guest: which backend does a client use?  Sourced by busybox sh.

# refs MODULE - its reference count, 0 if it is not there
refs() {
	cat "/sys/module/$1/refcnt" 2>/dev/null || echo 0
}

# A container holds a reference on the module of its backend.
backend_in_use() {
	case $(refs vfio_iommu_type1):$(refs vfio_iommu_type1x) in
	0:0)	echo none ;;
	*:0)	echo stock ;;
	0:*)	echo type1x ;;
	*)	echo both ;;
	esac
}

# backend_settled - the same, once it has stayed so for a moment: before it is chosen,
# each backend is held for as long as it is asked what it can do
backend_settled() {
	first=$(backend_in_use)
	usleep 20000
	[ "$(backend_in_use)" = "$first" ] && echo "$first" || echo none
}

# watch EXPECTED COMMAND... - run it and fail unless that backend, and no other,
# was in use meanwhile
watch() {
	expected=$1
	shift
	[ "$(backend_in_use)" = none ] || { echo "a backend is in use already"; return 1; }
	"$@" &
	client=$!
	seen=none
	while [ "$seen" = none ] && [ -d /proc/$client ]; do
		seen=$(backend_settled)
	done
	wait $client
	result=$?
	echo "# backend in use by ${1##*/}: $seen"
	if [ "$seen" != "$expected" ]; then
		echo "# expected: $expected"
		return 1
	fi
	return $result
}
