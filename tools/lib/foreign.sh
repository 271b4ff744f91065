# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Packages of arm64 on a machine of another architecture; sourced after
# common.sh.
#
# They are unpacked, never installed.  apt gets lists, a status and a cache of
# its own, so that the machine's list of architectures stays as it is; mirrors,
# keys and proxies are the machine's.

FOREIGN_APT=$T1X_CACHE/apt-arm64
export FOREIGN_CROSS=aarch64-linux-gnu-

# is_foreign SERIES - of kernels-arm64.list
is_foreign() {
	[[ $1 == *-arm64 ]]
}

# foreign_need - what compiles and links for arm64
foreign_need() {
	need gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu libc6-dev-arm64-cross
}

_foreign_configure() {
	mkdir -p "$FOREIGN_APT"/lists/partial "$FOREIGN_APT"/cache/archives/partial
	: >"$FOREIGN_APT/status"
	cat >"$FOREIGN_APT/apt.conf" <<-END
	APT::Architecture "arm64";
	#clear APT::Architectures;
	APT::Architectures { "arm64"; };
	APT::Sandbox::User "root";
	Acquire::Languages "none";
	Dir::State::lists "$FOREIGN_APT/lists";
	Dir::State::status "$FOREIGN_APT/status";
	Dir::Cache "$FOREIGN_APT/cache";
	END
}

# foreign_run COMMAND... - with apt's tools looking at arm64
foreign_run() {
	[[ -e $FOREIGN_APT/apt.conf ]] || _foreign_configure
	APT_CONFIG=$FOREIGN_APT/apt.conf "$@"
}

# foreign_update - refresh the lists
foreign_update() {
	progress "apt-get update for arm64"
	foreign_run apt-get -qq -o Acquire::Retries=3 update >&2 || return 1
	touch "$FOREIGN_APT/updated"
}

# foreign_is_old - has the machine newer lists than these?
foreign_is_old() {
	[[ ! -e $FOREIGN_APT/updated || /var/lib/apt/lists -nt $FOREIGN_APT/updated ]]
}
