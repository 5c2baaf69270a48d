#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/releases.sh [--suite NAME] [--headers DIR] [TEST...]
#
# Builds vio with the DPDK of another release of Debian, where a warning is an error, and runs the
# tests there that need no virtual machine.
#   --suite NAME   the release (default: trixie, Debian 13, which has DPDK 24.11)
#   --headers DIR  headers of that DPDK's driver API, instead of those in its Debian source package
#   TEST...        names of tests, as scripts/test.sh has them (default: see TESTS)
# The Debian is made by debootstrap and kept in .cache/releases/NAME, with the build. Nothing of it is
# mounted when no test runs: the folder may be removed at any time. Root only. Exit status 3: the
# archive does not have the source package.
set -euo pipefail

TESTS=(build.gcc 'unit.*' 'driver.*' 'model.*' 'bench.*' 'netbridge.*' 'vswitch.*' 'info.*'
	'native.*')
PATH_INSIDE=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

repo=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
suite=trixie
headers=
inside=
# shellcheck source=scripts/lib/apt.sh
. "$repo/scripts/lib/apt.sh"

usage() {
	sed -n '5,14s/^# \{0,1\}//p' "$0"
	exit "$1"
}

die() {
	echo "releases.sh: $*" >&2
	exit 1
}

# Ends what runs in the namespaces: in good order, else by taking them away.
# shellcheck disable=SC2317 # called by the trap
cleanup() {
	local first i
	[ -n "$inside" ] || return 0
	first=$(cat "/proc/$inside/task/$inside/children" 2>/dev/null) || :
	# shellcheck disable=SC2086 # none or one
	[ -z "$first" ] || kill -TERM $first 2>/dev/null || :
	for ((i = 0; i < 300; i++)); do
		kill -0 "$inside" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL "$inside" 2>/dev/null || :
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# in_namespaces OPTION... -- COMMAND...: in namespaces of its own, in which all ends together.
in_namespaces() {
	local options=() status=0
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	unshare --mount --pid --fork --kill-child "${options[@]}" "$@" < /dev/null &
	inside=$!
	wait "$inside" || status=$?
	inside=
	return "$status"
}

# enter [OPTION...] -- COMMAND...: in the other Debian.
enter() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	in_namespaces "${options[@]}" -- "$repo/scripts/releases/enter.sh" "$debian" \
		/usr/bin/env -i "PATH=$PATH_INSIDE" HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# The archive that this machine's apt uses.
mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -oEm1 'https?://[^ ]+/debian/?( |$)' | tr -d ' ' ||
		echo http://deb.debian.org/debian
}

make_debian() {
	local archive log=$debian.log
	archive=$(mirror)
	echo "releases.sh: fetching Debian's $suite (once)" >&2
	rm -rf "$debian.new"
	# A namespace for debootstrap too: it mounts /proc, and may be ended before it unmounts it.
	# shellcheck disable=SC2016 # the inner shell's
	in_namespaces -- sh -c 'mount --make-rprivate / && exec debootstrap --variant=minbase \
		--keyring="$1" "$2" "$3" "$4"' sh "$DEBIAN_KEYRING" "$suite" "$debian.new" "$archive" \
		> "$log" 2>&1 || { tail -n 20 "$log" >&2; die "debootstrap failed (see above)."; }
	rm -f "$debian.new"/etc/apt/sources.list
	cat > "$debian.new/etc/apt/sources.list.d/debian.sources" <<-EOF
		Types: deb
		URIs: $archive
		Suites: $suite $suite-updates
		Components: main
		Signed-By: $DEBIAN_KEYRING

		Types: deb
		URIs: ${archive%/}-security
		Suites: $suite-security
		Components: main
		Signed-By: $DEBIAN_KEYRING
	EOF
	# No service of a package is started.
	printf '#!/bin/sh\nexit 101\n' > "$debian.new/usr/sbin/policy-rc.d"
	chmod 755 "$debian.new/usr/sbin/policy-rc.d"
	mv "$debian.new" "$debian"
}

# The checkout as it stands; what was built of the last one is brought up to date.
copy_sources() {
	mkdir -p "$debian/vio"
	find "$debian/vio" -mindepth 1 -maxdepth 1 ! -name build ! -name .cache \
		-exec rm -rf {} +
	tar -C "$repo" --exclude-vcs --exclude='./build*' --exclude=./.cache \
		--exclude=__pycache__ -cf - . | tar -C "$debian/vio" --no-same-owner -xf -
}

while [ $# -gt 0 ]; do
	case $1 in
	--suite)
		[ $# -gt 1 ] || usage 2 >&2
		suite=$2
		shift
		;;
	--headers)
		[ $# -gt 1 ] || usage 2 >&2
		headers=$2
		shift
		;;
	-h | --help) usage 0 ;;
	-*) usage 2 >&2 ;;
	*) break ;;
	esac
	shift
done
[[ $suite =~ ^[a-z]+$ ]] || die "$suite is no release of Debian."
[ "$(id -u)" = 0 ] || die "needs root, to set up a Debian."
[ $# -gt 0 ] || set -- "${TESTS[@]}"

"$repo/scripts/deps.sh" releases
mkdir -p "$repo/.cache/releases"
debian=$(readlink -f "$repo/.cache/releases")/$suite
exec 9> "$debian.lock"
flock 9
[ -d "$debian" ] || make_debian
copy_sources
enter -- /vio/scripts/deps.sh build test native compiler-cache
enter -- pkg-config --modversion libdpdk > "$debian.version"
echo "releases.sh: Debian's $suite has DPDK $(cat "$debian.version")" >&2
if [ -n "$headers" ]; then
	mkdir "$debian/vio/headers"
	cp "$headers"/*.h "$debian/vio/headers"
	enter -- meson setup -Ddpdk_driver_headers=/vio/headers --reconfigure /vio/build /vio > /dev/null
else
	enter -- /vio/scripts/dpdk-headers.sh > /dev/null || exit 3
fi
# A network of their own: with nothing but lo, down at first as in any new one.
# shellcheck disable=SC2016 # the inner shell's
enter --net --ipc -- sh -c 'ip link set lo up && cd /vio && exec python3 -B tests/run.py "$@"' \
	sh "$@"
