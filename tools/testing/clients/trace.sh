# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # log, work and backend are the client's
# shellcheck disable=SC2034 # bad is, too
#
# Looks into what vfiotrace wrote of a client in the guest.  Sourced by clients.
#
# expected/NAME.trace has lines of the trace in their order; others may come
# between.  One goes on where a line begins with a tab.  They are literal but for
#
#	@hex@ @n@ @any@		a number, a decimal number, anything
#	@NAME=hex@ @NAME=n@	the same, which is then the value of ...
#	@NAME@			... where it is the same again

# trace_extract NAME - out of the log: $work/NAME.trace, without what is not always
# there (thread ids, and the labels that fdinfo gives), and $work/NAME.kernel
trace_extract() {
	local kind

	for kind in trace kernel; do
		tr -d '\r' <"$log" | sed -n "s/^# $1\.$kind| //p" |
			sed -E 's/^\[pid [0-9]+\] //
				s|(</dev/vfio/vfio):[^>]*>|\1>|g
				s|(<anon_inode:\[vfio-device\]):[^>]*>|\1>|g' >"$work/$1.$kind"
	done
	[[ -s $work/$1.trace ]] || die "no trace of $1 in $log"
}

# trace_group NAME - a name in the line as a group of the regular expression; one that
# is in the line twice refers to itself
trace_group() {
	local i

	case ${1#*=} in
	hex)	echo '(0|0x[0-9a-f]+)' ;;
	n)	echo '([0-9]+)' ;;
	any)	echo '(.*)' ;;
	*)	for i in "${!names[@]}"; do
			[[ ${names[i]} != "$1" ]] || { echo "(\\$((i + 1)))"; return; }
		done
		echo "(${trace_value[$1]?$1 has no value})" ;;
	esac
}

# trace_regex LINE - of expected/NAME.trace; sets $regex, and $names of its groups
trace_regex() {
	local left=$1 part

	regex='' names=()
	while [[ $left == *@*@* ]]; do
		# shellcheck disable=SC2001 # a character class and "&" are wanted
		part=$(sed 's/[][\\.*^$+?(){}|]/\\&/g' <<<"${left%%@*}")
		left=${left#*@}
		regex+=$part
		part=${left%%@*}
		left=${left#*@}
		regex+=$(trace_group "$part")
		names+=("${part%%=*}")
	done
	# shellcheck disable=SC2001
	regex="^$regex$(sed 's/[][\\.*^$+?(){}|]/\\&/g' <<<"$left")\$"
}

# trace_expected NAME - lines in one piece
trace_expected() {
	sed '/^#/d; /^$/d' "$CLIENTS_DIR/expected/$1.trace" |
		sed ':more; N; $!b more; s/,\n\t/, /g; s/\n\t//g'
}

# trace_in_order NAME - what is expected is there
trace_in_order() {
	local line got found count=0 regex names i
	local -A trace_value=()

	exec {fd}<"$work/$1.trace"
	while IFS= read -r line; do
		trace_regex "$line"
		found=''
		while [[ ! $found ]] && IFS= read -r got <&"$fd"; do
			[[ ! $got =~ $regex ]] || found=yes
		done
		[[ $found ]] || { progress "$1: not there, or not in this place: $line"; break; }
		for i in "${!names[@]}"; do
			trace_value[${names[i]}]=${BASH_REMATCH[i + 1]}
		done
		count=$((count + 1))
	done < <(trace_expected "$1")
	exec {fd}<&-
	[[ $found ]] || return 1
	progress "$1: $count of $(wc -l <"$work/$1.trace") lines as and where expected"
}

# trace_is_clean NAME - every line has a request by its name, which belongs to that
# kind of file, flags by name, and a result
trace_is_clean() {
	local call result='= (-1 E[A-Z0-9]+ \([^()]+\)|[0-9]+(<[^<>]+>)?)$'

	call='^ioctl\([0-9]+<(/dev/vfio/vfio>, VFIO_(GET|CHECK|SET|IOMMU|TYPE1X)_'
	call+='|/dev/vfio/[0-9]+>, VFIO_GROUP_|anon_inode:\[vfio-device\]>, VFIO_DEVICE_)'
	! grep -vE "$call.* $result" "$work/$1.trace" &&
		! grep -E 'flags=[^ ,}]*0x|= \?' "$work/$1.trace"
}

# trace_numbers - the ioctls of the headers: name, and number from 0x3b64 = 15204 on
trace_numbers() {
	need gcc linux-libc-dev
	gcc -E -dM -x c - <<<'#include <linux/vfio.h>' |
		sed -nE 's/^#define (VFIO_[A-Z_]+) _IO\(VFIO_TYPE, VFIO_BASE \+ ([0-9]+)\)$/\1 \2/p'
}

# trace_is_complete NAME - the kernel has seen the same calls, and no other
trace_is_complete() {
	[[ -s $work/$1.kernel ]] || { progress "$1: nothing seen by the kernel"; return 1; }
	sed -E 's/^ioctl\(([0-9]+)<[^>]*>, ([A-Z0-9_a-z]+)[,)].*/\1 \2/' "$work/$1.trace" |
		awk 'NR == FNR { number[$1] = 15204 + $2; next }
		     { printf "%x %x\n", $1, number[$2] }' <(trace_numbers) - |
		diff <(sort "$work/$1.kernel") <(sort) &&
		progress "$1: the kernel has seen the same $(wc -l <"$work/$1.kernel") calls"
}

# trace_has NAME TEXT... - literally, each in some line
trace_has() {
	local name=$1 text

	shift
	for text; do
		grep -qF -- "$text" "$work/$name.trace" ||
			{ progress "$name: not there: $text"; return 1; }
	done
}

# trace_capabilities NAME - what the backend tells of itself
trace_capabilities() {
	local driver='id=VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER,'

	trace_has "$1" 'nr_iovas=2, iova_ranges=[{start=0, end=0xfedfffff}, {start=0xfef00000, ' \
		'pgsize_bitmap=0x1000, max_dirty_bitmap_size=268435456}' 'avail=65535}' || return
	if [[ $backend == stock ]]; then
		! grep -F "$driver" "$work/$1.trace"
		return
	fi
	trace_has "$1" 'flags=VFIO_IOMMU_DIRTY_CAP_PEEK|VFIO_IOMMU_DIRTY_CAP_CLEAR|' \
		"{header={$driver version=1, " 'flags=0, name="vfio-iommu-type1x", release="'
}

# trace_has_no_gap NAME - temporary mappings of qemu-io lie one below the other
trace_has_no_gap() {
	local line last='' count=0

	while IFS= read -r line; do
		if [[ $line =~ iova=(0x[0-9a-f]+),\ size=0x40000\}\)\ =\ 0$ ]]; then
			[[ ! $last ]] || ((BASH_REMATCH[1] == last - 0x40000)) ||
				{ progress "$1: calls are missing before: $line"; return 1; }
			last=${BASH_REMATCH[1]} count=$((count + 1))
		else
			last=''
		fi
	done <"$work/$1.trace"
	progress "$1: $count mappings without a gap"
	((count >= 20))
}

# trace_check NAME CHECK... - one line for each; sets $bad
trace_check() {
	local name=$1 check

	shift
	trace_extract "$name"
	for check; do
		"trace_$check" "$name" || { progress "$name: check failed: ${check//_/ }"; bad=1; }
	done
}
