# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Packages of which the machine's own suite has too old a version, from the
# backports of that suite; sourced after common.sh.
#
# apt gets sources and lists of its own for that, so that those of the machine stay as
# they are; mirror, keys and proxies are the machine's.

BACKPORTS_APT=$T1X_CACHE/apt-backports

# pkg_is_at_least VERSION PKG - is it installed, and not older?
pkg_is_at_least() {
	pkg_installed "$2" &&
		dpkg --compare-versions "$(dpkg-query -W -f '${Version}' "$2")" ge "$1"
}

# _backports_configure CODENAME - fails if the machine has no such suite
_backports_configure() {
	local uri

	# shellcheck disable=SC2016 # apt's variable
	uri=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $1" 'Origin: Debian' \
		'Created-By: Packages' | head -n 1)
	[[ $uri ]] || return 1
	mkdir -p "$BACKPORTS_APT"/{lists,parts}
	printf 'deb [signed-by=%s] %s %s main\n' \
		/usr/share/keyrings/debian-archive-keyring.gpg "$uri" "$1" \
		/usr/share/keyrings/debian-archive-keyring.gpg "$uri" "$1-backports" \
		>"$BACKPORTS_APT/sources.list"
	cat >"$BACKPORTS_APT/apt.conf" <<-END
	APT::Sandbox::User "root";
	Acquire::Languages "none";
	Acquire::Retries "3";
	Dir::Etc::sourcelist "$BACKPORTS_APT/sources.list";
	Dir::Etc::sourceparts "$BACKPORTS_APT/parts";
	Dir::State::lists "$BACKPORTS_APT/lists";
	END
}

# _backports_install CODENAME PKG... - whoever gets the lock second finds the work done
_backports_install() {
	local codename=$1 out

	shift
	_backports_configure "$codename" || return 1
	progress "installing from backports: $*"
	out=$(APT_CONFIG=$BACKPORTS_APT/apt.conf apt-get -qq update 2>&1 &&
		APT_CONFIG=$BACKPORTS_APT/apt.conf apt-get -qq -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -t "$codename-backports" \
		install "$@" 2>&1 </dev/null) || { echo "$out" >&2; return 1; }
}

# _backports_need VERSION PKG
_backports_need() {
	local codename candidate

	! pkg_is_at_least "$1" "$2" || return 0
	candidate=$(pkg_candidate "$2")
	if [[ $candidate ]] && dpkg --compare-versions "$candidate" ge "$1"; then
		_apt_install "$2"
		return
	fi
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	_backports_install "$codename" "$2"
}

# need_at_least VERSION PKG - the suite's own, with a warning, where there is no newer one
need_at_least() {
	! pkg_is_at_least "$1" "$2" || return 0
	if [[ $(id -u) == 0 ]]; then
		[[ $(pkg_candidate "$2") ]] || apt_update || die "apt-get update failed"
		! apt_locked _backports_need "$1" "$2" || return 0
	fi
	need "$2"
	pkg_is_at_least "$1" "$2" || warn "$2 is older than $1"
}
