#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What it costs that nothing a device says is believed: cycles a packet with the checks and without.

Builds two more plugins: one that takes used indexes, lengths and counts as they come (-Dchecks=ids),
and one that does not even compare ids (none), as only a promise of the device would allow. Lets
vio-bench run each in turn with the driver, in one process, and prints a table for
doc/guides/performance.rst. These plugins are for this and nothing else: their driver is called
net_vio_unchecked, and they are not installed.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PLUGIN = "drivers/net/vio/librte_net_vio.so"

# What a row is called, and vio-bench's options for it.
RUNS = (
    ("split, rx", "--path split --dir rx"),
    ("split, rx, vector", "--path split-vec --dir rx"),
    ("split, rx, mergeable", "--path split-mrg --dir rx"),
    ("split, rx, mergeable, burst 1", "--path split-mrg --dir rx --burst 1"),
    ("split, rx, in order", "--path split-inorder --dir rx"),
    ("split, tx, any packet", "--path split --dir tx --multi-segs"),
    ("split, tx, simple", "--path split-default --dir tx --fast-free"),
    ("split, tx, simple, burst 1", "--path split-default --dir tx --fast-free --burst 1"),
    ("split, tx, 3 segments", "--path split-mrg --dir tx --segments 3 --seg-len 256"),
    ("split, tx, in order", "--path split-inorder --dir tx"),
    ("packed, rx", "--path packed --dir rx"),
    ("packed, rx, vector", "--path packed-vec --dir rx"),
    ("packed, rx, mergeable", "--path packed-mrg --dir rx"),
    ("packed, rx, mergeable, burst 1", "--path packed-mrg --dir rx --burst 1"),
    ("packed, tx, any packet", "--path packed --dir tx --multi-segs"),
    ("packed, tx, simple, in order", "--path packed-vec --dir tx --fast-free"),
    ("packed, tx, 3 segments", "--path packed-mrg --dir tx --segments 3 --seg-len 256"),
)


def build(folder, *options):
    """Builds the plugin and vio-bench in a folder."""
    if not (folder / "build.ninja").exists():
        subprocess.run(["meson", "setup", folder, REPO, *options], check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", folder, PLUGIN, "app/vio-bench/vio-bench"], check=True,
                   stdout=subprocess.DEVNULL)


def measure(checked, unchecked, options, more):
    """One row of vio-bench: the driver with its checks is A."""
    done = subprocess.run([
        checked / "app/vio-bench/vio-bench", "-d", unchecked / PLUGIN, "--", "driver",
        "--plugin", checked / PLUGIN, "--vdev", "net_vio_user", "--vs", "net_vio_unchecked",
        *options.split(), *more, "--no-progress", "--json", "-"], check=True, text=True,
        stdout=subprocess.PIPE)
    return json.loads(done.stdout)["driver"][0]


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="What else is given goes to vio-bench: --groups 1200")
    parser.add_argument("--build", type=Path, default=REPO / "build", metavar="DIR")
    arguments, more = parser.parse_known_args()
    build(arguments.build)
    others = [arguments.build.with_name(f"{arguments.build.name}-checks-{kept}")
              for kept in ("ids", "none")]
    for folder in others:
        build(folder, f"-Dchecks={folder.name.rpartition('-')[2]}", "-Dtests=false")
    print(".. csv-table::\n   :header: \"path\", \"cycles\", \"by ids alone\", \"ratio\", "
          "\"p10 to p90\", \"no check\", \"ratio\", \"p10 to p90\"\n")
    for title, options in RUNS:
        cells = []
        for folder in others:
            row = measure(arguments.build, folder, options, more)
            cycles = [f"{row[side]['cycles_per_packet']['median']:.1f}" for side in "ab"]
            ratio = row["ratio"]
            cells += cycles[len(cells) > 0:] + [
                f"{ratio['median']:.3f}", f'"{ratio["p10"]:.2f} to {ratio["p90"]:.2f}"']
        print(f'   "{title}", ' + ", ".join(cells), flush=True)


if __name__ == "__main__":
    sys.exit(main())
