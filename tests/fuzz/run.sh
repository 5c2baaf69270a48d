#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: tests/fuzz/run.sh [-t SECONDS] [-k] [TARGET]...
#
# Fuzzes each target (default: all) for so long (default: 600) with libFuzzer of clang and ASan,
# beginning with what is kept in corpus/, and prints the line coverage of what it tests. With -k the
# inputs that add coverage are kept. Findings are left in build-fuzz/.
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
	case $1 in
	caps) echo lib/virtio/pci_caps.c ;;
	vhost_user) echo lib/virtio/vhost_user*.c lib/virtio/device.c ;;
	config) echo drivers/net/vio/vio_config.c lib/virtio/device.c lib/virtio/features.c ;;
	ctrl) echo drivers/net/vio/vio_ctrl*.c ;;
	rx) echo drivers/net/vio/rxtx/rx_*.[ch] drivers/net/vio/rxtx/slow*.c drivers/net/vio/rxtx/offload.c ;;
	tx) echo drivers/net/vio/rxtx/tx_*.h drivers/net/vio/rxtx/slow*.c drivers/net/vio/rxtx/owned.c ;;
	esac
}

if [ ! -e $build/build.ninja ]; then
	CC=clang CC_LD='' meson setup $build -Dfuzz=true -Db_sanitize=address \
		-Db_lundef=false -Doptimization=1 -Dwerror=false -Dc_args="-g1 \
		-fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping \
		-DVIO_CTRL_TIMEOUT_MS=2" -Dc_link_args=-fprofile-instr-generate >/dev/null
fi
targets=("${@/#/tests/fuzz/fuzz_}")
ninja -C $build "${targets[@]}" >/dev/null

for name in "$@"; do
	found=$build/corpus-$name
	kept=tests/fuzz/corpus/$name
	mkdir -p "$found" "$kept"
	profile=$PWD/$build/$name.profraw
	LLVM_PROFILE_FILE=/dev/null $build/tests/fuzz/fuzz_"$name" -max_total_time="$seconds" \
		-max_len=1024 -timeout=20 -rss_limit_mb=3000 -artifact_prefix=$build/ \
		-print_final_stats=1 "$found" "$kept" > $build/"$name".log 2>&1 || {
		tail -40 $build/"$name".log
		echo "$name: a finding, see $build/$name.log" >&2
		exit 1
	}
	if [ -n "$keep" ]; then
		rm -rf "$found.new"
		mkdir "$found.new"
		LLVM_PROFILE_FILE=/dev/null $build/tests/fuzz/fuzz_"$name" -merge=1 "$found.new" \
			"$kept" "$found" > /dev/null 2>&1
		rm -rf "$kept"
		mv "$found.new" "$kept"
	fi
	LLVM_PROFILE_FILE=$profile $build/tests/fuzz/fuzz_"$name" -runs=0 "$found" "$kept" \
		> /dev/null 2>&1
	llvm-profdata-14 merge -o "$profile.data" "$profile"
	# shellcheck disable=SC2046 # several files
	echo "$name: $(grep -o 'number_of_executed_units: [0-9]*' $build/"$name".log |
		grep -o '[0-9]*$') runs in $seconds s, $(find "$kept" -type f | wc -l) inputs kept; lines:"
	# shellcheck disable=SC2046
	llvm-cov-14 report $build/tests/fuzz/fuzz_"$name" -instr-profile="$profile.data" \
		$(sources_of "$name") | awk '/^[^ -]/ && !/^Filename/ && $8 > 0 {
			printf "  %-20s %5d lines, %s reached\n", $1, $8, $10 }'
done
