#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Has spin go through every state of the models beside this file: right ones have no error, and those
# that lack a barrier, or a rule, have the error that this leads to. With VIO_LONG packed rings are of
# three descriptors instead of two. Prints TAP.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

size=2
[ -z "${VIO_LONG:-}" ] || size=3

# name, model, what it ends with (right, stale: something unwritten is read, asleep: a lost wake-up),
# options
checks='
spin_split_flags                             split  right
spin_split_flags_no_barrier_A                split  stale  -DNO_RELEASE
spin_split_flags_no_barrier_C                split  asleep -DNO_DRIVER_BARRIER
spin_split_flags_device_has_no_barrier_C     split  asleep -DNO_DEVICE_BARRIER
spin_split_event_idx                         split  right  -DEVENT_IDX
spin_split_event_idx_no_barrier_A            split  stale  -DEVENT_IDX -DNO_RELEASE
spin_split_event_idx_no_barrier_C            split  asleep -DEVENT_IDX -DNO_DRIVER_BARRIER
spin_split_event_idx_device_has_no_barrier_C split  asleep -DEVENT_IDX -DNO_DEVICE_BARRIER
spin_sleep_flags                             sleep  right
spin_sleep_flags_no_barrier_D                sleep  asleep -DNO_DRIVER_BARRIER
spin_sleep_flags_device_has_no_barrier_D     sleep  asleep -DNO_DEVICE_BARRIER
spin_sleep_flags_no_second_look              sleep  asleep -DNO_SECOND_LOOK
spin_sleep_event_idx                         sleep  right  -DEVENT_IDX
spin_sleep_event_idx_no_barrier_D            sleep  asleep -DEVENT_IDX -DNO_DRIVER_BARRIER
spin_sleep_event_idx_device_has_no_barrier_D sleep  asleep -DEVENT_IDX -DNO_DEVICE_BARRIER
spin_sleep_event_idx_no_second_look          sleep  asleep -DEVENT_IDX -DNO_SECOND_LOOK
spin_packed                                  packed right
spin_packed_no_barrier_A                     packed stale  -DNO_RELEASE
spin_packed_first_descriptor_not_last        packed stale  -DFIRST_FIRST
spin_packed_no_barrier_C                     packed asleep -DNO_DRIVER_BARRIER
spin_packed_device_has_no_barrier_C          packed asleep -DNO_DEVICE_BARRIER
spin_packed_never_tells_what_was_passed      packed right  -DSTRICT
spin_packed_lazy_device                      packed right  -DLAZY
spin_packed_lazy_device_is_not_told          packed asleep -DLAZY -DSTRICT
spin_packed_lazy_device_is_told_once         packed asleep -DLAZY -DREMEMBERS
'

if ! command -v spin >/dev/null; then
	echo "1..1"
	echo "ok 1 - spin # SKIP spin is not installed"
	exit 0
fi

# What a model ends with ($wanted is expected); everything is printed where it is none of the three.
verdict() {
	local model=$1 optimization=-O0
	shift
	[ "$wanted" != right ] || optimization=-O1
	[ "$model" != packed ] || set -- -DSIZE="$size" "$@"
	cd "$work"
	spin "$@" -a "$here/$model.pml" > out
	"${CC:-gcc}" "$optimization" -w -DSAFETY -DVECTORSZ=1024 -DMEMLIM=1024 -DCOLLAPSE -o pan pan.c
	./pan -m1500000 > out || :
	if grep -q 'max search depth too small\|out of memory\|not completed' out &&
			grep -q 'errors: 0' out; then
		cat out
	elif grep -q 'errors: 0$' out; then
		echo right
	elif grep -q 'assertion violated .*says\|assertion violated .*ring' out; then
		echo stale
	elif grep -q 'invalid end state (' out; then
		echo asleep
	else
		cat out
	fi
}

mapfile -t lines < <(sed '/^$/d' <<< "$checks")
echo "1..${#lines[@]}"
n=0
status=0
for line in "${lines[@]}"; do
	read -r name model wanted options <<< "$line"
	# shellcheck disable=SC2086 # several options
	got=$(verdict "$model" $options)
	n=$((n + 1))
	if [ "$got" = "$wanted" ]; then
		echo "ok $n - $name"
	else
		status=1
		echo "not ok $n - $name"
		echo "# $wanted was expected: $got" | sed '2,$s/^/# /'
	fi
done
exit $status
