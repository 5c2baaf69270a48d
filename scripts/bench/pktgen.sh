#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/bench/pktgen.sh [--rounds N] [--seconds S] [--sizes BYTES,...]
#                                [--build DIR] [--json FILE] [--plot FILE] [SETUP...]
#
# The kernel's packet generator against testpmd on vhost-net, inside of a VM, whose kernel has both.
# SETUP is one of these; without one both are measured:
#   tap       pktgen sends into a TAP; testpmd forwards from its vhost-net port to another TAP
#   macvtap   pktgen sends into a cable (veth) with a macvtap at its other end; testpmd sends back
# The ports are net_vio_user and, in turn and in one boot, DPDK's net_virtio_user (TAP only). Prints
# what was offered, what came out at the other end, and how busy the guest's CPUs were (pktgen and
# testpmd keep one each). Installs what is missing (as root), builds what is not built.
#   --rounds N      turns of each driver (default 3)
#   --seconds S     length of a turn (default 5)
#   --sizes BYTES   of frames without check sequence (default 60,508,1514)
#   --build DIR     meson's build folder (default: build)
#   --json FILE     results as JSON too
#   --plot FILE     results as bars (SVG) too
# Guests as generators of each other: scripts/bench/guests.sh.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
repo=$(dirname "$(dirname "$here")")

if [[ " $* " == *" -h "* || " $* " == *" --help "* ]]; then
	sed -n '5,22s/^# \{0,1\}//p' "$0"
	exit 0
fi
build=$repo/build
for ((i = 1; i < $#; i++)); do
	[ "${!i}" != --build ] || { next=$((i + 1)); build=$(readlink -m "${!next}"); }
done
"$repo/scripts/deps.sh" build vm plot
[ -e "$build/build.ninja" ] || meson setup "$build" "$repo" >&2
ninja -C "$build" drivers/net/vio/librte_net_vio.so >&2
exec /usr/bin/python3 -B "$here/pktgen.py" "$@" --build "$build"
