# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
# shellcheck shell=bash
#
# For run.sh and coverage.sh, which source it: fuzz_build TARGET... builds with clang for libFuzzer,
# ASan, UBSan and llvm-cov.

fuzz_build() {
	# Programs that the set-up of a build folder tries leave no profiles about.
	export LLVM_PROFILE_FILE=/dev/null
	if [ ! -e build-fuzz/build.ninja ]; then
		CC=clang CC_LD='' meson setup build-fuzz -Dfuzz=true \
			-Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 \
			-Dwerror=false -Dc_args="-g1 -fsanitize=fuzzer-no-link \
			-fno-sanitize-recover=undefined -fprofile-instr-generate \
			-fcoverage-mapping -DVIO_CTRL_TIMEOUT_MS=2" \
			-Dc_link_args=-fprofile-instr-generate >/dev/null
	fi
	ninja -C build-fuzz "$@" >/dev/null
}
