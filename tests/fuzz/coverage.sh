#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: tests/fuzz/coverage.sh
#
# Which lines of the library and of the burst callbacks are reached by the kept inputs of the fuzzing
# targets, by the tests of tests/unit and tests/model, and by all of them. In the build folder that
# tests/fuzz/run.sh makes.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/../.."
build=build-fuzz
targets=(caps vhost_user config ctrl rx tx)
profiles=$build/profiles

# shellcheck source=tests/fuzz/build.sh
. tests/fuzz/build.sh
fuzz_build build.ninja
mapfile -t tests < <(meson introspect --tests $build | python3 -c '
import json, sys
for test in json.load(sys.stdin):
	if "/tests/unit/" in test["cmd"][0] or "/tests/model/" in test["cmd"][0]:
		print(test["cmd"][0])')
fuzz_build "${targets[@]/#/tests/fuzz/fuzz_}" "${tests[@]#"$PWD/$build/"}"

rm -rf "$profiles"
mkdir -p "$profiles/kept" "$profiles/tests"
objects=()
for name in "${targets[@]}"; do
	program=$build/tests/fuzz/fuzz_$name
	LLVM_PROFILE_FILE=$PWD/$profiles/kept/$name.profraw "$program" -runs=0 \
		"tests/fuzz/corpus/$name" > /dev/null 2>&1
	objects+=(-object "$program")
done
for program in "${tests[@]}"; do
	# A test that fails here fails in scripts/test.sh, too; its lines count.
	LLVM_PROFILE_FILE=$PWD/$profiles/tests/${program##*/}.profraw CMOCKA_MESSAGE_OUTPUT=TAP \
		"$program" > "$profiles/${program##*/}.log" 2>&1 < /dev/null ||
		echo "${program##*/} ended with status $?" >&2
	objects+=(-object "$program")
done

report() { # title profiles...
	local title=$1
	shift
	llvm-profdata-14 merge -o $build/all.profdata "$@"
	echo "$title"
	llvm-cov-14 export -summary-only -instr-profile=$build/all.profdata "${objects[@]:1}" |
		python3 tests/fuzz/coverage.py
}
report "kept inputs" "$profiles"/kept/*
report "tests" "$profiles"/tests/*
report "both" "$profiles"/kept/* "$profiles"/tests/*
