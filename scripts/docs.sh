#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/docs.sh [--external] [--out DIR]
#
# Builds the guide (DIR/guide/index.html) and the reference of lib/virtio (DIR/api/index.html).
# A warning, a reference that leads nowhere or a declaration without a comment is a failure.
#   --external   follow the links to other sites too, which needs a network
#   --out DIR    where to (default: build/doc)
# Installs Debian packages that are missing, as root.
set -euo pipefail

repo=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
out=$repo/build/doc
external=

usage() {
	sed -n '5,11s/^# \{0,1\}//p' "$0"
	exit "$1"
}

while [ $# -gt 0 ]; do
	case $1 in
	--external) external=1 ;;
	--out)
		[ $# -gt 1 ] || usage 2 >&2
		out=$2
		shift
		;;
	-h | --help) usage 0 ;;
	*) usage 2 >&2 ;;
	esac
	shift
done

"$repo/scripts/deps.sh" doc
mkdir -p "$out"
out=$(cd "$out" && pwd)
export PYTHONDONTWRITEBYTECODE=1

sphinx() {
	/usr/bin/python3 -m sphinx -q -W --keep-going -d "$out/doctrees" -b "$1" \
		"$repo/doc/guides" "$2"
}

sphinx html "$out/guide"
[ -z "$external" ] || sphinx linkcheck "$out/linkcheck"

# One run a version: what an older one left behind would be found by its links.
rm -rf "$out/api"
(cd "$repo" && OUT=$out/api doxygen doc/api/Doxyfile)

echo "guide:     $out/guide/index.html"
echo "reference: $out/api/index.html"
