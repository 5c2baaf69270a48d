#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The runs of scripts/bench.sh, and the ratios that they are to reach.

As a program: prints one run a line, "NAME<TAB>OPTIONS OF VIO-BENCH".

Usage: matrix.py [--quick] [--avx512] [--no-loop]
"""

import argparse
from typing import NamedTuple


class Goal(NamedTuple):
    """One line of the table of goals."""

    run: str      # name of the run, and of its JSON file
    title: str
    options: str
    bound: float  # A/B must not exceed this
    aim: str      # cycles a packet that one would like to see on the machine of the goals


GOALS = (
    Goal("goal-split-rx-plain", "split, rx plain scalar",
         "--path split --dir rx", 0.40, "12"),
    Goal("goal-split-rx-mrg", "split, rx mergeable, default choice",
         "--path split-mrg --dir rx", 0.30, "9"),
    Goal("goal-split-rx-vec", "split, rx vector, non-mergeable",
         "--path split-vec --dir rx", 0.75, "7"),
    Goal("goal-split-tx-any", "split, tx any packet (no FAST_FREE)",
         "--path split --dir tx --multi-segs", 0.40, "12"),
    Goal("goal-split-tx-simple", "split, tx simple, vector, FAST_FREE; B plain",
         "--path split-default --path-args vectorized=1;vectorized=0 --dir tx --fast-free",
         0.20, "5"),
    Goal("goal-split-tx-3seg", "split, tx, 3 segments of 256 B",
         "--path split-mrg --dir tx --segments 3 --seg-len 256", 0.60, "30"),
    Goal("goal-split-rx-burst1", "split, rx mergeable, burst 1",
         "--path split-mrg --dir rx --burst 1", 0.60, "40"),
    Goal("goal-split-tx-burst1", "split, tx, burst 1",
         "--path split-mrg --dir tx --burst 1", 0.60, "25"),
    Goal("goal-packed-rx-plain", "packed, rx plain",
         "--path packed --dir rx", 0.50, "11"),
    Goal("goal-packed-rx-mrg", "packed, rx mergeable, default choice",
         "--path packed-mrg --dir rx", 0.35, "9"),
    Goal("goal-packed-rx-vec", "packed, rx in-order, vector",
         "--path packed-vec --dir rx", 0.55, "8"),
    Goal("goal-packed-tx-any", "packed, tx any packet",
         "--path packed --dir tx --multi-segs", 0.45, "12"),
    Goal("goal-packed-tx-vec", "packed, tx in-order, vector, FAST_FREE",
         "--path packed-vec --dir tx --fast-free", 0.35, "6"),
    Goal("goal-packed-rx-burst1", "packed, rx, burst 1",
         "--path packed-mrg --dir rx --burst 1", 0.60, "30"),
    Goal("goal-packed-tx-burst1", "packed, tx, burst 1",
         "--path packed-mrg --dir tx --burst 1", 0.60, "30"),
)

# On a CPU with AVX-512: ours at the width a user gets, the stock driver at its best; both at 512.
AVX512 = (
    Goal("goal-packed-rx-vec-256", "packed, rx in-order, AVX2; B AVX-512",
         "--path packed-vec --dir rx --simd 256 --vs-simd 512", 0.55, "8"),
    Goal("goal-packed-tx-vec-256", "packed, tx in-order, AVX2, FAST_FREE; B AVX-512",
         "--path packed-vec --dir tx --fast-free --simd 256 --vs-simd 512", 0.35, "6"),
    Goal("goal-packed-rx-vec-512", "packed, rx in-order, AVX-512; B AVX-512",
         "--path packed-vec --dir rx --simd 512 --vs-simd 512", 0.55, "8"),
    Goal("goal-packed-tx-vec-512", "packed, tx in-order, AVX-512, FAST_FREE; B AVX-512",
         "--path packed-vec --dir tx --fast-free --simd 512 --vs-simd 512", 0.35, "6"),
    Goal("goal-split-rx-vec-512", "split, rx vector, non-mergeable, AVX-512",
         "--path split-vec --dir rx --simd 512 --vs-simd 512", 0.75, "7"),
    Goal("goal-split-rx-mrg-512", "split, rx mergeable, default choice, AVX-512",
         "--path split-mrg --dir rx --simd 512 --vs-simd 512", 0.30, "9"),
)

SWEEP_PATHS = ("split-mrg", "packed-mrg")
BURSTS = "1,2,4,8,16,32,64,128,256"
LENGTHS = "64,128,256,512,1024,1518,4096"
SEGMENTS = "1,2,3,4,6,7"
RINGS = "64,128,256,512,1024,4096"
LOOP_PATHS = "split,split-vec,split-mrg,split-inorder,packed,packed-mrg,packed-inorder,packed-vec"


def goals(avx512):
    """The goals that this CPU can show."""
    return GOALS + (AVX512 if avx512 else ())


def runs(quick, avx512, loop):
    """(name, options) of every run, in order."""
    effort = "--groups 240 --rounds 24" if quick else "--groups 1200 --rounds 120 --tries 5"
    for goal in goals(avx512):
        yield goal.run, f"driver {effort} {goal.options}"
    yield "paths", f"driver {effort} --path all"
    sweeps = [("burst", BURSTS), ("ring-size", RINGS), ("frame-len", LENGTHS)]
    for key, values in sweeps[:1] if quick else sweeps:
        yield f"sweep-{key}", f"driver {effort} --path {','.join(SWEEP_PATHS)} --sweep {key}={values}"
    if not quick:
        yield "sweep-segments", (f"driver {effort} --path {','.join(SWEEP_PATHS)} --dir tx "
                                 f"--sweep segments={SEGMENTS} --seg-len 256")
    yield "floor", "floor --burst 1,8,32,256"
    if not loop:
        return
    turns = "--seconds 0.5 --rounds 3" if quick else "--seconds 2 --rounds 9"
    paths = "split-mrg,packed-mrg" if quick else LOOP_PATHS
    yield "loop", f"loop {turns} --path {paths}"
    yield "latency", f"loop {turns} --path {paths} --dir forward --latency --rate 500000"
    if not quick:
        yield "zero-loss", "loop --seconds 1 --rounds 3 --attempts 5 --path split-mrg,packed-mrg --zero-loss"


def main():
    """Print the runs."""
    parser = argparse.ArgumentParser(description="the runs of bench.sh")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--avx512", action="store_true")
    parser.add_argument("--no-loop", action="store_true")
    options = parser.parse_args()
    for name, line in runs(options.quick, options.avx512, not options.no_loop):
        print(f"{name}\t{line}")


if __name__ == "__main__":
    main()
