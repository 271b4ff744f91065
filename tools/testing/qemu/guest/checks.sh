# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the guest's init and run-tests have in common: running a program with a
# time limit, and the checks of the kernel's health.  Sourced by busybox sh.
#
# $tty, of init, is the line that all of it goes to.
#
# Everything said here begins with "# ", which KTAP readers take as a comment.

# Lines of the kernel log that fail a run.  Log lines of an IOMMU that reports
# a fault, and driver warnings without a splat, are not among them.
SPLATS='WARNING: |BUG: |BUG at |kernel BUG|Oops|general protection|Call Trace'
SPLATS="$SPLATS|KASAN|KFENCE|UBSAN|kmemleak: [0-9]+ new|INFO: task|INFO: rcu"
SPLATS="$SPLATS|self-detected stall|detected stalls|soft lockup|hard LOCKUP"
SPLATS="$SPLATS|possible circular|possible recursive|inconsistent lock state"
SPLATS="$SPLATS|suspicious RCU|held lock freed|lock held when returning"
SPLATS="$SPLATS|bad unlock balance|invalid wait context|sleeping function"
SPLATS="$SPLATS|refcount_t|use-after-free|double free|[Ll]eaked|corruption"
SPLATS="$SPLATS|Bad page|bad page state|nobody cared|ODEBUG|scheduling while"
SPLATS="$SPLATS|unable to handle|stack-protector|Kernel panic|rss-counter"

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

# mark - put a unique line into the kernel log and print it
mark() {
	tag="t1x-mark-$$-$(cut -c 1-8 /proc/sys/kernel/random/uuid)"
	echo "$tag" >/dev/kmsg
	echo "$tag"
}

# log_since MARK - the kernel log after that mark
log_since() {
	dmesg | awk -v m="$1" 'seen; index($0, m) { seen = 1 }'
}

# scan_log MARK EXPECTED - fail if the log since MARK has a splat; lines that
# match the regular expression EXPECTED do not count
scan_log() {
	log_since "$1" >/tmp/t1x.log
	if [ -n "$2" ]; then
		grep -vE -- "$2" /tmp/t1x.log >/tmp/t1x.log.left
		mv /tmp/t1x.log.left /tmp/t1x.log
	fi
	first=$(grep -nE -- "$SPLATS" /tmp/t1x.log | head -n 1)
	[ -n "$first" ] || return 0
	say "kernel log: ${first#*:}"
	tail -n "+${first%%:*}" /tmp/t1x.log | head -n 80 | sed 's/^/# | /'
	return 1
}

# Taints that only a splat, an oops, a bad page or a lockup sets.
taint_bits() {
	echo $(($(cat /proc/sys/kernel/tainted) & (1 << 5 | 1 << 7 | 1 << 9 | 1 << 14)))
}

# pins_balance VMSTAT - pins taken and not released, out of a vmstat listing
pins_balance() {
	awk '$1 == "nr_foll_pin_acquired" { a = $2; n++ }
	     $1 == "nr_foll_pin_released" { r = $2; n++ }
	     END { if (n == 2) print a - r; else print "unknown" }' "$1"
}

# pins_now - counters of all processors folded in first
pins_now() {
	cat /proc/sys/vm/stat_refresh >/dev/null 2>&1
	cat /proc/vmstat >/tmp/t1x.vmstat
	pins_balance /tmp/t1x.vmstat
}

# check_pins BEFORE - every page pinned since is released again, within 5 s
check_pins() {
	[ "$1" != unknown ] || { say "pins: no counters in vmstat"; return 1; }
	tries=0
	while after=$(pins_now); [ "$after" != "$1" ]; do
		tries=$((tries + 1))
		if [ $tries -gt 25 ]; then
			say "pins: $((after - $1)) pages pinned and never released"
			return 1
		fi
		usleep 200000
	done
}

# check_locked - nothing is charged with locked memory while no program runs
check_locked() {
	grep -l '^VmLck:[^0]*[1-9]' /proc/[0-9]*/status >/tmp/t1x.locked 2>/dev/null
	[ -s /tmp/t1x.locked ] || return 0
	while read -r file; do
		say "locked memory: $(grep -E '^(Name|VmLck)' "$file" | tr '\n\t' '  ')"
	done </tmp/t1x.locked
	return 1
}

# processes_since SESSION - what still runs in the sessions that run_limited
# began, from that one on: a program under run-tests has a session of its own
processes_since() {
	wanted=$(sed -n "/^$1\$/,\$p" /tmp/t1x.sessions | tr '\n' ' ')
	cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^\([0-9]*\) (.*) /\1 /' |
	awk -v wanted="$wanted" '
		BEGIN { n = split(wanted, w, " "); while (n) in_session[w[n--]] }
		$5 in in_session { print $1, $2 }' |
	while read -r pid state; do
		# A dead first thread is no dead process.
		[ "$state" != Z ] || set -- /proc/"$pid"/task/[0-9]*
		[ "$state" = Z ] && [ $# -lt 2 ] || echo "$pid"
	done
}

# reap_session SESSION - fail if a finished program left processes behind
reap_session() {
	left=$(processes_since "$1")
	[ -n "$left" ] || return 0
	for pid in $left; do
		say "left behind: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
		kill -9 "$pid" 2>/dev/null
	done
	return 1
}

# show_stuck PID... - where their threads are
show_stuck() {
	for pid; do
		for task in "/proc/$pid/task"/*; do
			say "stuck: ${task##*/} $(cat "$task/comm")" \
			    "$(grep '^State' "$task/status")"
			sed 's/^/# | /' "$task/stack"
		done
	done
	echo w >/proc/sysrq-trigger
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
	# shellcheck disable=SC2046 # a list of numbers
	show_stuck $(processes_since "$2")
	tries=0
	while left=$(processes_since "$2"); [ -n "$left" ]; do
		# shellcheck disable=SC2086
		kill -9 $left 2>/dev/null
		tries=$((tries + 1))
		if [ $tries -gt 50 ]; then
			say "cannot be killed"
			# shellcheck disable=SC2086
			show_stuck $left
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
