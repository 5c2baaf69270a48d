#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/bench.sh [--quick] [--no-loop] [--a VDEV] [--b VDEV] [--build DIR] [--out DIR]
#
# Measures the driver against DPDK's own, without a VM: runs vio-bench over the whole matrix of
# scripts/bench/matrix.py and writes a Markdown page, SVG plots and the JSON data.
#   --quick      a minute or two: fewer samples, one sweep
#   --no-loop    leave out what needs two cores
#   --a VDEV     driver A (default: net_vio_user)
#   --b VDEV     driver B (default: net_virtio_user)
#   --build DIR  meson's build folder (default: build)
#   --out DIR    where the results go (default: doc/bench)
# Hugepages that are missing are set aside for the run and given back, when it runs as root.
set -euo pipefail

HUGEPAGES_NEEDED=128 # of 2 MB; vio-bench takes 256 MB
NR_HUGEPAGES=/proc/sys/vm/nr_hugepages

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
repo=$(dirname "$here")
build=$repo/build
out=$repo/doc/bench
a=net_vio_user
b=net_virtio_user
quick=
loop=1
hugepages_before=
work=
bench_pid=

usage() {
	sed -n '5,15s/^# \{0,1\}//p' "$0"
	exit "$1"
}

die() {
	echo "bench.sh: $*" >&2
	exit 1
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	trap '' INT TERM HUP
	if [ -n "$bench_pid" ]; then
		kill "$bench_pid" 2>/dev/null || :
		wait "$bench_pid" 2>/dev/null || :
	fi
	[ -z "$hugepages_before" ] || echo "$hugepages_before" > "$NR_HUGEPAGES"
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=--quick ;;
	--no-loop) loop= ;;
	--a | --b | --build | --out)
		[ $# -gt 1 ] || usage 2 >&2
		declare "${1#--}=$2"
		shift
		;;
	-h | --help) usage 0 ;;
	*) usage 2 >&2 ;;
	esac
	shift
done

bench=$build/app/vio-bench/vio-bench
[ -x "$bench" ] || die "$bench is not there: meson setup $build && ninja -C $build"
command -v gnuplot >/dev/null || "$here/deps.sh" doc

# Hugepages for the time of the run.
free_hugepages() {
	cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages 2>/dev/null || echo 0
}
missing=$((HUGEPAGES_NEEDED - $(free_hugepages)))
if [ "$missing" -gt 0 ] && [ -w "$NR_HUGEPAGES" ]; then
	hugepages_before=$(< "$NR_HUGEPAGES")
	echo $((hugepages_before + missing)) > "$NR_HUGEPAGES"
fi
if [ "$(free_hugepages)" -lt "$HUGEPAGES_NEEDED" ]; then
	echo "bench.sh: too few hugepages; measuring on normal pages" >&2
fi

matrix=()
[ -z "$quick" ] || matrix+=("$quick")
! grep -qw avx512f /proc/cpuinfo || matrix+=(--avx512)
if [ -z "$loop" ] || [ "$(nproc)" -lt 2 ]; then
	matrix+=(--no-loop)
fi

work=$(mktemp -d)
mkdir "$work/data"
python3 "$here/bench/matrix.py" "${matrix[@]}" > "$work/runs"
total=$(wc -l < "$work/runs")
number=0
failed=()
while IFS=$'\t' read -r -u 3 name line; do
	number=$((number + 1))
	read -ra options <<< "$line"
	[ "${options[0]}" = floor ] || options+=(--vdev "$a" --vs "$b")
	printf 'bench: [%4d s] %d of %d: %s\n' "$SECONDS" "$number" "$total" "$name" >&2
	# In the background, so that a signal to this script is seen at once.
	"$bench" "${options[@]}" --no-progress --json "$work/data/$name.json" > "$work/$name.txt" &
	bench_pid=$!
	status=0
	wait "$bench_pid" || status=$?
	bench_pid=
	case $status in
	0) ;;
	1 | 3)
		failed+=("$name")
		cat "$work/$name.txt" >&2
		;;
	*) die "vio-bench ${options[*]}: exit status $status" ;;
	esac
done 3< "$work/runs"

python3 "$here/bench/plot.py" "$work/data" "$work/out"
mkdir -p "$out/data"
cp "$work"/out/* "$out"
cp "$work"/data/*.json "$out/data"
echo "bench: results in $out/results.md" >&2
[ ${#failed[@]} -eq 0 ] || die "packets were harmed, nothing moved, or a path could not be had, in: ${failed[*]}"
