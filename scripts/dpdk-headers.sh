#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/dpdk-headers.sh [DESTDIR]
#
# Puts DPDK's driver-side headers, which Debian's libdpdk-dev leaves out, into DESTDIR
# (default: .cache/dpdk-headers/VERSION in this repository) and prints that folder.
# They come out of Debian's source package of exactly the installed version, downloaded and
# checked by apt through a private set of sources; the machine's apt set-up is only read.
# A folder that already holds this version's headers is left as it is.
set -euo pipefail

# What the driver includes itself; headers that these need and that are not public are added.
WANTED=(ethdev_driver.h ethdev_pci.h ethdev_vdev.h bus_driver.h dev_driver.h
	bus_pci_driver.h bus_vdev_driver.h)
# The only folders of the source package that are unpacked (header files, no subfolders).
FOLDERS=(lib/ethdev lib/eal/include drivers/bus/pci drivers/bus/vdev)

repo=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
work=
# shellcheck source=scripts/lib/apt.sh
. "$repo/scripts/lib/apt.sh"

die() {
	echo "dpdk-headers.sh: $*" >&2
	echo "dpdk-headers.sh: alternatively point meson at the headers of your DPDK:" \
		"-Ddpdk_driver_headers=DIR" >&2
	exit 1
}

cleanup() {
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Debian's patches are not applied: a patch to one of our headers has to be looked at by someone.
check_patches() {
	local tar=$1 patch header
	mkdir "$work/debian"
	tar -C "$work/debian" -xf "$tar" --wildcards 'debian/patches/*' 2>/dev/null || return 0
	while read -r patch _; do
		[ -f "$work/debian/debian/patches/$patch" ] || continue
		for header in "${headers[@]}"; do
			if grep -qE "^\+\+\+ [^/]+/${header#"$work/src/"}([[:space:]]|$)" \
				"$work/debian/debian/patches/$patch"; then
				die "Debian's patch $patch changes $(basename "$header"); unpack the" \
					"patched source with 'apt-get source dpdk'."
			fi
		done
	done < <(grep -vE '^[[:space:]]*(#|$)' "$work/debian/debian/patches/series" 2>/dev/null)
}

find_header() {
	local d
	for d in "${FOLDERS[@]}"; do
		if [ -f "$work/src/$d/$1" ]; then
			echo "$work/src/$d/$1"
			return 0
		fi
	done
	return 1
}

is_public() {
	local flag
	for flag in "${cflags[@]}"; do
		[[ $flag != -I* || ! -f ${flag#-I}/$1 ]] || return 0
	done
	[ -f "/usr/include/$1" ]
}

# Fills headers[] with the wanted headers and what they include that is not public.
collect_headers() {
	local todo=("${WANTED[@]}") seen=' ' name path
	headers=()
	while [ ${#todo[@]} -gt 0 ]; do
		name=${todo[0]}
		todo=("${todo[@]:1}")
		[[ $seen != *" $name "* ]] || continue
		seen+="$name "
		path=$(find_header "$name") || continue
		headers+=("$path")
		while read -r name; do
			is_public "$name" || todo+=("$name")
		done < <(sed -nE 's/^[ \t]*#[ \t]*include[ \t]*[<"]([^/>"]+\.h)[>"].*/\1/p' "$path")
	done
	for name in "${WANTED[@]}"; do
		[[ " ${headers[*]##*/} " == *" $name "* ]] ||
			die "Debian's dpdk $version has no $name."
	done
}

check_compiles() {
	local cc=${CC:-cc} header
	for header in "$work"/out/*.h; do
		# shellcheck disable=SC2086 # CC may hold arguments
		printf '#include <stdio.h>\n#include <%s>\n' "$(basename "$header")" |
			$cc "${cflags[@]}" -DALLOW_EXPERIMENTAL_API -DALLOW_INTERNAL_API \
				-I"$work/out" -x c -fsyntax-only - >&2 ||
			die "$(basename "$header") of dpdk $version does not compile here."
	done
}

if [ $# -gt 1 ] || [[ ${1-} == -* ]]; then
	sed -n '5,11s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi

no_package="so there is no Debian source package to take the headers from."
command -v dpkg-query >/dev/null || die "this is not a Debian system, $no_package"
# shellcheck disable=SC1091
id=$(. /etc/os-release && echo "${ID-}")
# shellcheck disable=SC1091
codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
[ "$id" = debian ] || die "this is ${id:-an unknown system}, not Debian, $no_package"
# shellcheck disable=SC2016 # dpkg-query's own variables
version=$(dpkg-query -W -f '${source:Version}' libdpdk-dev 2>/dev/null) || version=
[ -n "$version" ] ||
	die "Debian's libdpdk-dev is not installed: run scripts/deps.sh build."

dest=$(readlink -m "${1:-$repo/.cache/dpdk-headers/$version}")
if [ "$(cat "$dest/.version" 2>/dev/null)" = "$version" ]; then
	echo "$dest"
	exit 0
fi

upstream=${version#*:}
upstream=${upstream%-*}
found=$(pkg-config --modversion libdpdk 2>/dev/null) ||
	die "pkg-config finds no libdpdk: run scripts/deps.sh build."
[ "$found" = "$upstream" ] || die "pkg-config finds DPDK $found, but the Debian package" \
	"is $version; the headers must be those of the DPDK that is built against."
read -ra cflags < <(pkg-config --cflags libdpdk)

echo "dpdk-headers.sh: fetching the driver headers of Debian's dpdk $version" >&2
# Under /tmp, so that apt's unprivileged download user can get there.
work=$(mktemp -d "${TMPDIR:-/tmp}/dpdk-headers.XXXXXX")
mkdir -p "$work"/{dl,src,out}
private_folder "$work"
[ "$(id -u)" != 0 ] || chown _apt "$work/dl" 2>/dev/null || :
debian_sources "$work" deb-src "$codename"
private_apt "$work" update >&2 ||
	die "apt could not read the list of Debian's source packages (see above)."
(cd "$work/dl" && private_apt "$work" source --download-only --only-source "dpdk=$version" >&2) ||
	die "apt could not download the source of dpdk $version; if Debian has a newer one by now," \
		"upgrade libdpdk-dev."

orig=("$work"/dl/dpdk_*.orig.tar.*[!c])
debian=("$work"/dl/dpdk_*.debian.tar.*)
[ -f "${orig[0]}" ] || die "the source package of dpdk $version has no .orig tarball."
globs=("${FOLDERS[@]/#/*/}")
tar -C "$work/src" -xf "${orig[0]}" --strip-components=1 --wildcards --no-wildcards-match-slash \
	"${globs[@]/%//*.h}"
collect_headers
[ ! -f "${debian[0]}" ] || check_patches "${debian[0]}"
cp "${headers[@]}" "$work/out/"
check_compiles

# Another build may be doing the same: files land by rename and the stamp comes last.
mkdir -p "$dest"
for header in "$work"/out/*.h; do
	cp "$header" "$dest/.$$.tmp"
	mv -f "$dest/.$$.tmp" "$dest/$(basename "$header")"
done
echo "$version" > "$dest/.$$.tmp"
mv -f "$dest/.$$.tmp" "$dest/.version"
echo "$dest"
