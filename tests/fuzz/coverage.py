#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Lines reached of the library and of the burst callbacks, from a summary of llvm-cov; for coverage.sh."""
import json
import sys

FOLDERS = "lib/virtio", "drivers/net/vio/rxtx"


def main():
    """Entry point."""
    lines = {}
    for file in json.load(sys.stdin)["data"][0]["files"]:
        _, folder, name = max((file["filename"].rpartition(f"{folder}/") for folder in FOLDERS),
                              key=lambda parts: len(parts[1]))
        if folder:
            lines[folder + name] = file["summary"]["lines"]
    sums = {}
    for name, line in sorted(lines.items()):
        if not line["count"]:
            continue
        print(f"  {name:36} {line['count']:5} lines, {line['percent']:.1f} %")
        part = name.rpartition("/")[0] + (", AVX-512" if "avx512" in name else "")
        total = sums.setdefault(part, [0, 0])
        total[0] += line["count"]
        total[1] += line["covered"]
    for part, (count, covered) in sums.items():
        print(f"  {part}: {count} lines, {100 * covered / count:.1f} % reached")


if __name__ == "__main__":
    main()
