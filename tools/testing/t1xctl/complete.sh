# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2317 # cases are called by name
# shellcheck disable=SC2154 # what run sets
#
# Completion for bash; to be sourced by run. Each complete_* is a test.

# completes LINE WORD... - with the words, in any order, if Tab is pressed at its end
completes() {
	local line=$1 got

	shift
	got=$(PATH=$work:$PATH bash --norc -c '
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2}
		# Words as bash would part them: blanks, and each = and : for itself.
		read -ra COMP_WORDS <<<"$(sed "s/[=:]/ & /g" <<<"$2")"
		[[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_t1xctl t1xctl
		printf "%s\n" "${COMPREPLY[@]}"
	' - "$source/t1xctl.bash-completion" "$line" | sort | xargs)
	[[ $got == "$*" ]] || { echo "$line: $got, expected: $*"; return 1; }
}

# a t1xctl that looks at $tree
make_command() {
	printf '#!/bin/bash\nset -euo pipefail\nexec %q -r %q "$@"\n' "$tool" "$tree" \
		>"$work/t1xctl"
	chmod +x "$work/t1xctl"
}

complete_words() {
	make_command
	completes 't1xctl ' faults list show top
	completes 't1xctl l' list
	completes 't1xctl --json s' show
	completes 't1xctl -d 5 ' faults list show top
	completes 't1xctl -d ' ''
	completes 't1xctl -t ' ''
	completes 't1xctl -t 5 f' faults
	completes 't1xctl --j' --json
	completes 't1xctl -' --count --delay --help --id --json --root --timeout \
		-d -h -i -j -n -r -t
	completes 't1xctl list ' ''
	completes "t1xctl -r $work/tre" "$work/tree"
	completes "t1xctl --root=$work/tre" "$work/tree"
	completes "t1xctl --root=$work/tree l" list
}

complete_processes() {
	with_hooks
	make_command
	process 4321 'a 1'
	our_container 4321 12 1
	our_container 4321 13 1
	process 55 b
	container 55 3
	debugfs 9 x
	completes 't1xctl show ' 4321 4321:12 4321:13 55 55:3
	completes 't1xctl show 43' 4321 4321:12 4321:13
	completes 't1xctl show 4321:' 12 13
	completes 't1xctl show 4321:1' 12 13
	completes 't1xctl show --json 5' 55 55:3
	completes 't1xctl faults 4321:' 12 13
	completes 't1xctl -n 5 faults 5' 55 55:3
	completes 't1xctl faults -i ' 1 9
	completes 't1xctl --id ' 1 9
	completes 't1xctl --id=9' 9
}

# bash itself calls it
complete_is_registered() {
	bash -n "$source/t1xctl.bash-completion" || return
	[[ $(bash --norc -c '. "$1"; complete -p t1xctl' - "$source/t1xctl.bash-completion") == \
		'complete -F _t1xctl t1xctl' ]]
}

# options of the completion, the program and the manual page are the same ones
complete_options() {
	local options

	options=$(grep -oE '\{ "[a-z]+", [a-z_]+, NULL, ... ' "$source/main.c" |
		sed 's/.*"\(.*\)".*\(.\). $/--\1\n-\2/' | sort)
	[[ $(wc -l <<<"$options") == 14 ]] || return
	diff <(echo "$options") <(grep -oE "'-j --json .*'" "$source/t1xctl.bash-completion" |
		tr -d "'" | tr ' ' '\n' | sort) || return
	diff <(echo "$options") <(sed -n '/^\.SH OPTIONS/,/^\.SH OUTPUT/p' "$source/t1xctl.1" |
		sed 's/\\-/-/g' | sed -n 's/^\.BR \(-[a-z]\) .* \(--[a-z]*\).*/\1\n\2/p' | sort)
}
