#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors

# Proof that lib/virtio knows nothing of DPDK: each source and each header compiles by itself with
# gcc and clang where no header of DPDK can be found, none names one, and no object needs a symbol
# of DPDK. The last line says whether it holds.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
lib=$root/lib/virtio
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -Wno-missing-field-initializers
	-Wno-unused-function)
failed=0

fail()
{
	printf 'FAIL %s\n' "$*"
	failed=$((failed + 1))
}

shopt -s nullglob
sources=("$lib"/*.c)
headers=("$lib"/*.h)
if [ "${#sources[@]}" -eq 0 ] || [ "${#headers[@]}" -eq 0 ]; then
	fail "nothing found in $lib"
fi

# 1. No file names a header of DPDK.
if grep -nE '#[[:space:]]*include[[:space:]]*[<"]rte_' "${sources[@]}" "${headers[@]}"; then
	fail 'a header of DPDK is included'
fi

# Some installations put DPDK's headers where every compiler looks: hide them behind an error.
mkdir "$work/trap"
for header in rte_config.h rte_common.h rte_build_config.h rte_mbuf.h rte_log.h; do
	echo '#error "a header of DPDK was reached"' >"$work/trap/$header"
done

compilers=()
for cc in gcc clang; do
	if command -v "$cc" >/dev/null; then
		compilers+=("$cc")
	fi
done
if [ "${#compilers[@]}" -eq 0 ]; then
	fail 'no compiler found'
fi

for cc in "${compilers[@]}"; do
	# 2. The trap is one: otherwise the rest would prove nothing.
	if echo '#include <rte_mbuf.h>' | "$cc" -isystem "$work/trap" -fsyntax-only -x c - 2>/dev/null; then
		fail "$cc: DPDK's headers are still found"
	fi

	# 3. Each source, then each header alone.
	for file in "${sources[@]}"; do
		object=$work/$cc-$(basename "$file" .c).o
		"$cc" "${flags[@]}" -isystem "$work/trap" -c "$file" -o "$object" ||
			fail "$cc: $(basename "$file")"
	done
	for file in "${headers[@]}"; do
		printf '#include "%s"\n' "$file" |
			"$cc" "${flags[@]}" -isystem "$work/trap" -fsyntax-only -x c - ||
			fail "$cc: $(basename "$file")"
	done

	# 4. What the archive of it all needs from others: libc, and nothing of DPDK.
	ar rcs "$work/$cc.a" "$work/$cc"-*.o
	if nm -A "$work/$cc.a" | grep -E ' (__)?rte_'; then
		fail "$cc: symbols of DPDK"
	fi
done

printf '%d sources, %d headers, %s: ' "${#sources[@]}" "${#headers[@]}" "${compilers[*]:-none}"
if [ "$failed" -ne 0 ]; then
	echo "lib/virtio needs DPDK or does not build: FAIL"
	exit 1
fi
echo "lib/virtio builds without DPDK: PASS"
