# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the guest's init and scripts have in common: time, running a program with a
# limit of it, and leaving.  Sourced by busybox sh.
#
# $tty, of init, is the line that all of it goes to.
#
# Everything said here begins with "# ", which KTAP readers take as a comment.

say() {
	echo "# t1x: $*"
}

# now_ms - milliseconds since boot
now_ms() {
	read -r up _ </proc/uptime
	frac=${up#*.}
	echo $((${up%.*} * 1000 + ${frac#0} * 10))
}

# seconds_since MS - with one decimal
seconds_since() {
	ms=$(($(now_ms) - $1))
	echo "$((ms / 1000)).$((ms / 100 % 10))"
}

# Taints that only a splat, an oops, a bad page or a lockup sets.
taint_bits() {
	echo $(($(cat /proc/sys/kernel/tainted) & (1 << 5 | 1 << 7 | 1 << 9 | 1 << 14)))
}

# guard LIMIT SESSION - kill a program that runs longer; runs beside it
guard() {
	nap=
	trap '[ -z "$nap" ] || kill "$nap"; exit 0' TERM
	# Told to go just before it knows the number, it leaves the nap behind: who reads
	# what the program prints must not wait for that.
	sleep "$1" >/dev/null 2>&1 & nap=$!
	wait "$nap"
	nap=
	: >"/tmp/t1x.timeout.$2"
	say "time limit of $1 s passed"
	health stuck "$2"
	tries=0
	while left=$(health living "$2"); [ -n "$left" ]; do
		# shellcheck disable=SC2086
		kill -9 $left 2>/dev/null
		tries=$((tries + 1))
		if [ $tries -gt 50 ]; then
			say "cannot be killed"
			health stuck "$2"
			finish 124
		fi
		usleep 200000
	done
}

# run_limited LIMIT COMMAND... - returns its status, 124 if it ran too long;
# sets $session
run_limited() {
	limit=$1
	shift
	setsid "$@" </dev/null &
	session=$!
	echo $session >>/tmp/t1x.sessions
	guard "$limit" "$session" &
	guard=$!
	wait "$session"
	status=$?
	kill "$guard" 2>/dev/null
	wait "$guard" 2>/dev/null
	[ ! -e "/tmp/t1x.timeout.$session" ] || return 124
	return $status
}

# finish STATUS - leave QEMU, whose exit status then is 33 for 0, and for
# others an odd number that is neither that nor one of QEMU's own.
finish() {
	case $1 in
	0)	code=33 ;;
	4)	code=41 ;;
	124)	code=37 ;;
	*)	code=35 ;;
	esac
	# Setting terminal attributes waits until everything is written out.
	# shellcheck disable=SC2154 # init's
	stty -F "/dev/$tty" echo 2>/dev/null
	stty -F /dev/console -echo echo 2>/dev/null
	if [ -x /lib/t1x/leave ]; then
		/lib/t1x/leave $code
	else
		# isa-debug-exit makes 2n + 1 of it.
		# shellcheck disable=SC2059 # the format is the octal code
		printf "\\0$(printf %o $((code / 2)))" |
			dd of=/dev/port bs=1 seek=244 count=1 2>/dev/null
	fi
	# Not reached under such a QEMU.
	poweroff -f
}
