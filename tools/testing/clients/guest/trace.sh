# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Runs in the guest: a client under vfiotrace, and beside it what the kernel
# itself sees of its ioctls.  Sourced by busybox sh.

tracing=/sys/kernel/tracing
ioctls=$tracing/events/syscalls/sys_enter_ioctl

# kernel_begin - note every ioctl of VFIO, whoever makes it
kernel_begin() {
	echo 'cmd >= 0x3b00 && cmd <= 0x3bff' >$ioctls/filter &&
		echo >$tracing/trace && echo 1 >$ioctls/enable
}

# kernel_end - print what was noted, "FD REQUEST" each, both in hex
kernel_end() {
	echo 0 >$ioctls/enable
	sed -n 's/.*ioctl(fd: \([^,]*\), cmd: \([^,]*\),.*/\1 \2/p' $tracing/trace
}

# traced NAME COMMAND... - /tmp/NAME.trace becomes the trace, /tmp/NAME.kernel
# what the kernel says
traced() {
	name=$1
	shift
	kernel_begin || return
	/t/vfiotrace -f -o "/tmp/$name.trace" "$@"
	status=$?
	kernel_end >"/tmp/$name.kernel"
	return $status
}

# to_host NAME - both, for the host to look into
to_host() {
	for kind in trace kernel; do
		[ ! -e "/tmp/$1.$kind" ] || sed "s/^/$1.$kind| /" "/tmp/$1.$kind"
	done
}

# is_let_go PID - it is traced no more, and was not stopped when it was let go
is_let_go() {
	for state in /proc/"$1"/task/*/status; do
		grep -q '^TracerPid:[[:space:]]*0$' "$state" &&
			! grep -q '^State:[[:space:]]*[Tt]' "$state" || return
	done
}
