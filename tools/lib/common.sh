# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by every script of the project; to be sourced:
#
#	. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
#
# Sets	T1X_ROOT	top directory of the tree
#	T1X_OUT		generated files, in the tree and ignored by git
#	T1X_CACHE	downloads and builds worth keeping; may come from outside
#
# Everything meant for people goes to stderr, so that a script's stdout can
# carry its answer.

[[ -z ${T1X_COMMON_LOADED:-} ]] || return 0
T1X_COMMON_LOADED=1

T1X_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export T1X_OUT=$T1X_ROOT/out
export T1X_CACHE=${T1X_CACHE:-${HOME:-/root}/.cache/vfio-type1x}
T1X_APT_LOCK=/run/lock/vfio-type1x-apt.lock
T1X_APT_STAMP=/run/lock/vfio-type1x-apt.updated

# Children inherit the start, so that times of one run share one zero.
export T1X_START_US=${T1X_START_US:-${EPOCHREALTIME//[.,]/}}

# elapsed - seconds since the run began, one decimal
elapsed() {
	local us=$((${EPOCHREALTIME//[.,]/} - T1X_START_US))

	printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

# stage TEXT - headline of a step
stage() {
	printf '== [%6ss] %s\n' "$(elapsed)" "$*" >&2
}

# progress TEXT - what is going on within a step
progress() {
	printf '   [%6ss] %s\n' "$(elapsed)" "$*" >&2
}

warn() {
	printf '%s: warning: %s\n' "${0##*/}" "$*" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# usage_from_header FILE - print the comment block at the top of a script
usage_from_header() {
	sed -n '/^#\( \|$\)/!q; /^# \(SPDX\|shellcheck \)/d; s/^# \{0,1\}//p' <(tail -n +2 "$1") >&2
}

# pkg_installed PKG
pkg_installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# pkg_candidate PKG - version that apt would install, nothing if unknown
pkg_candidate() {
	apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# apt_locked COMMAND... - run apt with nobody of ours beside it
apt_locked() {
	mkdir -p "${T1X_APT_LOCK%/*}"
	(
		flock 9
		DEBIAN_FRONTEND=noninteractive "$@"
	) 9>"$T1X_APT_LOCK"
}

# Whoever gets the lock second finds the work done.
_apt_update_once() {
	if [[ -e $T1X_APT_STAMP ]] &&
	   (($(stat -c %Y "$T1X_APT_STAMP") * 1000000 >= T1X_START_US)); then
		return 0
	fi
	progress "apt-get update"
	apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update >&2 || return 1
	touch "$T1X_APT_STAMP"
}

# apt_update - refresh the package lists, at most once per run
apt_update() {
	apt_locked _apt_update_once
}

# What apt prints is of interest only if it fails.
_apt_install() {
	local pkg missing=() out

	for pkg; do
		pkg_installed "$pkg" || missing+=("$pkg")
	done
	((${#missing[@]})) || return 0
	progress "installing: ${missing[*]}"
	out=$(apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
		-o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install "${missing[@]}" \
		2>&1 </dev/null) || { echo "$out" >&2; return 1; }
}

# need PKG... - make sure that Debian packages are installed
need() {
	local pkg missing=()

	for pkg; do
		pkg_installed "$pkg" || missing+=("$pkg")
	done
	((${#missing[@]})) || return 0
	[[ $(id -u) == 0 ]] ||
		die "these packages are missing; install them or run as root: ${missing[*]}"

	# Lists that are absent or know nothing of a package, or that point to
	# files which the mirror has since replaced, are what update mends.
	for pkg in "${missing[@]}"; do
		if [[ -z $(pkg_candidate "$pkg") ]]; then
			apt_update || die "apt-get update failed"
			break
		fi
	done
	apt_locked _apt_install "${missing[@]}" && return 0
	apt_update || die "apt-get update failed"
	apt_locked _apt_install "${missing[@]}" || die "cannot install: ${missing[*]}"
}

# with_lock NAME COMMAND... - run a command or function under a cache lock
with_lock() {
	local name=$1

	shift
	mkdir -p "$T1X_CACHE"
	(
		flock 8
		"$@"
	) 8>"$T1X_CACHE/$name.lock"
}
