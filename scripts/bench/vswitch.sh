#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/bench/vswitch.sh [--rounds N] [--seconds S] [--size BYTES] [--packed]
#                                 [--realtime] [--build DIR] [--json FILE] [--plot FILE]
#                                 [SWITCH...]
#
# How many packets a second come from one net_vio_user port to another through examples/vswitch,
# through OVS-DPDK, and through dpdk-testpmd that forwards without looking (io), each with one
# worker core between the same two vhost-user ports. SWITCH is vswitch, ovs or testpmd; without one
# all are measured in turn. Installs what is missing (as root), builds what is not built, prints a
# table.
#   --rounds N    turns of each switch (default 5); the median is reported
#   --seconds S   length of a turn (default 3)
#   --size BYTES  of a frame without check sequence (default 64)
#   --packed      packed rings at the ports
#   --realtime    threads that poll at real-time priority while they are measured, for a machine
#                 that has other work; it stands still for the time
#   --build DIR   meson's build folder (default: build)
#   --json FILE   results as JSON too
#   --plot FILE   results as bars (SVG) too
# Hugepages that are missing are set aside for the run and given back. Two cores are kept busy; what
# else runs on them is in the figures.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
repo=$(dirname "$(dirname "$here")")

if [[ " $* " == *" -h "* || " $* " == *" --help "* ]]; then
	sed -n '5,25s/^# \{0,1\}//p' "$0"
	exit 0
fi
build=$repo/build
for ((i = 1; i < $#; i++)); do
	[ "${!i}" != --build ] || { next=$((i + 1)); build=$(readlink -m "${!next}"); }
done
"$repo/scripts/deps.sh" build native plot
[ -e "$build/build.ninja" ] || meson setup "$build" "$repo" >&2
ninja -C "$build" drivers/net/vio/librte_net_vio.so examples/vswitch/vswitch >&2
exec /usr/bin/python3 -B "$here/vswitch.py" "$@" --build "$build"
