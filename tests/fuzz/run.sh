#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: tests/fuzz/run.sh [-t SECONDS] [-k] [TARGET]...
#
# Fuzzes each target (default: all) for so long (default: 600) with libFuzzer of clang, ASan and UBSan,
# beginning with what is kept in corpus/ and what earlier runs found, and prints the line coverage
# of what it tests. With -k the inputs that add coverage are kept. Findings are left in build-fuzz/.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/../.."
build=build-fuzz
seconds=600
keep=
while getopts t:k option; do
	case $option in
	t) seconds=$OPTARG ;;
	k) keep=1 ;;
	*) sed -n '5,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- caps vhost_user config ctrl rx tx

# Files whose lines a target is to reach.
sources_of() {
	local rxtx=drivers/net/vio/rxtx
	case $1 in
	caps) echo lib/virtio/pci_caps.c ;;
	vhost_user) echo lib/virtio/vhost_user*.c lib/virtio/device.c ;;
	config) echo drivers/net/vio/vio_config.c lib/virtio/device.c lib/virtio/features.c ;;
	ctrl) echo drivers/net/vio/vio_ctrl*.c ;;
	rx) echo $rxtx/rx_*.[ch] $rxtx/slow*.c $rxtx/offload.c ;;
	tx) echo $rxtx/tx_*.h $rxtx/slow*.c $rxtx/owned.c ;;
	esac
}

# shellcheck source=tests/fuzz/build.sh
. tests/fuzz/build.sh
fuzz_build "${@/#/tests/fuzz/fuzz_}"

for name in "$@"; do
	program=$build/tests/fuzz/fuzz_$name
	found=$build/corpus-$name
	kept=tests/fuzz/corpus/$name
	profile=$build/$name.profraw
	mkdir -p "$found" "$kept"
	"$program" -max_total_time="$seconds" -max_len=1024 -timeout=60 -rss_limit_mb=3000 \
		-artifact_prefix=$build/ -print_final_stats=1 "$found" "$kept" \
		> $build/"$name".log 2>&1 || {
		tail -40 $build/"$name".log
		echo "$name: a finding, see $build/$name.log" >&2
		exit 1
	}
	if [ -n "$keep" ]; then
		rm -rf "$found.new"
		mkdir "$found.new"
		# By lines reached, not by how often: a few hundred inputs, not thousands.
		"$program" -merge=1 -use_counters=0 -artifact_prefix=$build/ \
			"$found.new" "$kept" "$found" > /dev/null 2>&1
		rm -rf "$kept"
		mv "$found.new" "$kept"
	fi
	LLVM_PROFILE_FILE=$PWD/$profile "$program" -runs=0 -artifact_prefix=$build/ \
		"$found" "$kept" > /dev/null 2>&1
	llvm-profdata-14 merge -o "$profile.data" "$profile"
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' $build/"$name".log)
	echo "$name: $runs runs in $seconds s," \
		"$(find "$kept" -type f | wc -l) inputs kept; lines:"
	# shellcheck disable=SC2046 # several files
	llvm-cov-14 report "$program" -instr-profile="$profile.data" $(sources_of "$name") |
		awk '/^[^ -]/ && !/^Filename/ && $8 > 0 {
			printf "  %-20s %5d lines, %s reached\n", $1, $8, $10 }'
done
