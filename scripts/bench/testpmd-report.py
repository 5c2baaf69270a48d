#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Usage: testpmd-report.py RATES [--json FILE] [--plot FILE]

The table of scripts/bench/testpmd.sh from its guest's lines "DRIVER PACKETS NANOSECONDS PATH".
"""
import argparse
import json
import statistics

from bars import Panel, draw
from machine import facts


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("rates")
    parser.add_argument("--json")
    parser.add_argument("--plot")
    arguments = parser.parse_args()
    rates = {"vio": [], "stock": []}
    paths = {}
    with open(arguments.rates, encoding="utf-8") as lines:
        for line in lines:
            driver, packets, nanoseconds, path = line.rstrip("\n").split(" ", 3)
            rates[driver].append(int(packets) / int(nanoseconds) * 1e3)
            paths[driver] = path
    ratios = [ours / theirs for ours, theirs in zip(rates["vio"], rates["stock"])]
    names = {"vio": "net_vio", "stock": "net_virtio"}
    print("Forwarding between two virtio-net PCI devices in a VM, 64-byte frames, both directions")
    print(f"{'driver':<12}{'Mpps':>8}   {'turns':<40}receive path")
    for driver, name in names.items():
        turns = " ".join(f"{rate:.3f}" for rate in rates[driver])
        print(f"{name:<12}{statistics.median(rates[driver]):>8.3f}   {turns:<40}{paths[driver]}")
    print(f"{'ratio':<12}{statistics.median(ratios):>8.3f}   "
          f"{' '.join(f'{ratio:.3f}' for ratio in ratios)}")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({**facts(), "mpps": rates, "ratio": statistics.median(ratios),
                       "paths": paths}, file, indent=1)
    if arguments.plot:
        draw(arguments.plot, "Forwarding in a VM", [Panel(
            "two virtio-net PCI devices, 64-byte frames", "million packets a second", [""],
            {name: [rates[driver]] for driver, name in names.items()})])


if __name__ == "__main__":
    main()
