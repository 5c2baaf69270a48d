#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Turn vio-bench's JSON files into one Markdown page and SVG plots (gnuplot).

Usage: plot.py DATA_DIR OUT_DIR

Writes OUT_DIR/results.md and OUT_DIR/*.svg. Fails when a file is missing or a plot is not drawn.
"""

import json
import pathlib
import subprocess
import sys

import matrix

A_COLOUR, B_COLOUR = "#1f6fb2", "#c8731c"
STYLE = ('set terminal svg noenhanced size {width},{height} font "sans,12" background "white"\n'
         'set output "{file}"\nset key outside top center horizontal reverse Left\nset grid ytics lc rgb "#dddddd"\n'
         'set border 3\nset tics nomirror\nset yrange [0:*]\n')


def load(folder):
    """Every JSON file of the folder, by its name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def number(value, digits=1):
    """A number for a table, or a dash."""
    return "–" if value is None else f"{value:.{digits}f}"


def spread(summary, digits=1, scale=1.0):
    """median [p10..p90]"""
    if summary is None:
        return "–"
    median, low, high = (summary[key] / scale for key in ("median", "p10", "p90"))
    return f"{median:.{digits}f} [{low:.{digits}f}..{high:.{digits}f}]"


def cycles(side):
    """Cycles per packet of one side of a row."""
    return "delivers nothing" if side["starved"] else spread(side["cycles_per_packet"])


def median(side):
    """The median of one side, or None when it moved nothing."""
    summary = side["cycles_per_packet"]
    return None if summary is None else summary["median"]


def modes(row):
    """Burst modes of both sides."""
    return " / ".join(row[s]["mode"] + ("+FAST_FREE" if row[s]["fast_free"] else "")
                      for s in "ab" if s in row)


def table(head, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def gnuplot(script):
    """Draw, or die with gnuplot's words."""
    done = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr.strip():
        sys.exit(f"plot.py: gnuplot: {done.stderr.strip()}")


def block(name, rows):
    """A gnuplot data block; None becomes a missing value."""
    lines = [" ".join("NaN" if cell is None else str(cell) for cell in row) for row in rows]
    return f"${name} << EOD\n" + "\n".join(lines) + "\nEOD\n"


def bars(path, title, unit, rows, names):
    """Two bars for each of (label, a, a_low, a_high, b, b_low, b_high)."""
    script = STYLE.format(width=max(640, 80 + 62 * len(rows)), height=420, file=path)
    script += block("data", [(f'"{row[0]}"', *row[1:]) for row in rows])
    script += (f'set title "{title}"\nset ylabel "{unit}"\nset style data histograms\n'
               'set style histogram errorbars gap 1 lw 1\nset style fill solid 0.9 border -1\n'
               'set xtics rotate by -35\nset boxwidth 0.9\n'
               f'plot $data using 2:3:4:xtic(1) title "{names[0]}" lc rgb "{A_COLOUR}", '
               f'$data using 5:6:7 title "{names[1]}" lc rgb "{B_COLOUR}"\n')
    gnuplot(script)


def lines_plot(path, title, xlabel, series, log2):
    """Lines of (name, colour, dash, [(x, median, low, high)])."""
    script = STYLE.format(width=720, height=420, file=path)
    script += "".join(block(f"s{i}", rows) for i, (_, _, _, rows) in enumerate(series))
    script += (f'set title "{title}"\nset xlabel "{xlabel}"\n'
               'set ylabel "TSC cycles per packet"\nset datafile missing "NaN"\n')
    if log2:
        script += "set logscale x 2\n"
    script += "plot " + ", ".join(
        f'$s{i} using 1:2:3:4 with yerrorlines title "{name}" lc rgb "{colour}" dt {dash} pt 7 ps 0.5'
        for i, (name, colour, dash, _) in enumerate(series)) + "\n"
    gnuplot(script)


def names_of(results):
    """Names of driver A and B, from the first row that has both."""
    for result in results.values():
        for row in result.get("driver", []) + result.get("loop", []):
            return row["a"]["driver"], row["b"]["driver"]
    sys.exit("plot.py: no comparison among the results")


def machine_text(results):
    """The facts that the numbers belong to."""
    facts = next(iter(results.values()))["machine"]
    settings = next(r["config"] for r in results.values() if r["mode"] == "driver")
    return (f"{facts['cpu']}, TSC {facts['tsc_hz'] / 1e9:.3f} GHz (core about "
            f"{facts['core_cycles_per_tsc_cycle'] * facts['tsc_hz'] / 1e9:.2f} GHz), "
            f"{facts['vectors']}, vectors up to {facts['simd_bits']} bits, {facts['dpdk']}, "
            f"{'hugepages' if facts['hugepages'] else 'no hugepages'}.\n"
            f"{settings['groups']} groups of 1024 packets a side in {settings['rounds']} rounds, "
            f"ports created {settings['instances']} times, "
            f"the quickest of {settings['tries']} tries. "
            "Cycles are TSC cycles per packet, median [p10..p90]; a ratio is the median of the "
            "rounds' ratios.\n")


def goal_section(results):
    """The table of goals: measured ratio against bound."""
    rows = []
    avx512 = any(goal.run in results for goal in matrix.AVX512)
    for goal in matrix.goals(avx512):
        if not results.get(goal.run, {}).get("driver"):
            rows.append((goal.title, "cannot", "", "", f"≤ {goal.bound:.2f}", "no", goal.aim, ""))
            continue
        row = results[goal.run]["driver"][0]
        ratio = row.get("ratio")
        met = "–" if ratio is None else "yes" if ratio["median"] <= goal.bound else "no"
        rows.append((goal.title, cycles(row["a"]), cycles(row["b"]), spread(ratio, 3),
                     f"≤ {goal.bound:.2f}", met, goal.aim, modes(row)))
    return "## Goals\n\n" + table(("path", "A", "B", "A/B", "bound", "met", "aim", "burst modes"),
                                  rows)


def path_section(results, out, names):
    """Every named path, both directions."""
    data = results["paths"]["driver"]
    rows = [(r["path"], r["direction"], cycles(r["a"]), cycles(r["b"]), spread(r["ratio"], 3),
             modes(r)) for r in data]
    text = ("## Paths\n\nBurst 32, 64 bytes, 256 descriptors, the same features on both sides.\n\n"
            + table(("path", "", "A", "B", "A/B", "burst modes"), rows))
    for direction in ("rx", "tx"):
        picked = [r for r in data if r["direction"] == direction]
        bars(out / f"paths-{direction}.svg", f"{direction}, burst 32, 64 bytes",
             "TSC cycles per packet",
             [(r["path"], *(r[s]["cycles_per_packet"][k] if r[s]["cycles_per_packet"] else None
                            for s in "ab" for k in ("median", "p10", "p90"))) for r in picked],
             names)
        text += f"\n![{direction} of every path](paths-{direction}.svg)\n"
    return text


def sweep_section(results, out, names):
    """One plot for each sweep and path, and the numbers."""
    axes = {"burst": ("burst", "packets in a burst", True),
            "ring-size": ("ring_size", "descriptors", True),
            "frame-len": ("frame_len", "bytes of a frame", True),
            "segments": ("segments", "segments of 256 bytes", False)}
    text = "## Sweeps\n"
    for key, (field, label, log2) in axes.items():
        if f"sweep-{key}" not in results:
            continue
        data = results[f"sweep-{key}"]["driver"]
        for path in dict.fromkeys(r["path"] for r in data):
            series = []
            for direction, dash in (("rx", 1), ("tx", 2)):
                picked = [r for r in data if r["path"] == path and r["direction"] == direction]
                for side, colour in (("a", A_COLOUR), ("b", B_COLOUR)):
                    points = [(r[field], *(r[side]["cycles_per_packet"][k] for k in
                                           ("median", "p10", "p90")))
                              for r in picked if r[side]["cycles_per_packet"]]
                    if points:
                        series.append((f"{names['ab'.index(side)]} {direction}", colour, dash,
                                       points))
            file = f"{key}-{path}.svg"
            lines_plot(out / file, f"{path}", label, series, log2)
            text += f"\n![{label}, {path}]({file})\n"
        rows = [(r["path"], r["direction"], r[field], number(median(r["a"])),
                 number(median(r["b"])), spread(r["ratio"], 3)) for r in data]
        text += "\n" + table(("path", "", label, "A", "B", "A/B"), rows)
    return text


def loop_section(results, out, names):
    """Two cores: rates, latency, rate without loss."""
    if "loop" not in results:
        return ""
    data = results["loop"]["loop"]
    text = "## Two cores\n\nMillion packets a second; the device's core is often the limit.\n\n"
    text += table(("path", "", "A", "B", "A/B"),
                  [(r["path"], r["direction"],
                    spread(r["a"]["packets_per_second"], 2, 1e6),
                    spread(r["b"]["packets_per_second"], 2, 1e6), spread(r["ratio"], 3))
                   for r in data])
    bars(out / "loop.svg", "driver and device on two cores", "million packets a second",
         [(f"{r['path']} {r['direction']}",
           *(r[s]["packets_per_second"][k] / 1e6 for s in "ab" for k in ("median", "p10", "p90")))
          for r in data], names)
    text += "\n![two cores](loop.svg)\n"
    if "latency" in results:
        rows = [(r["path"], names["ab".index(s)], f"{r[s]['offered']['median'] / 1e6:.2f}",
                 *(number(r[s]["latency_us"][k], 2) for k in ("p50", "p99", "p99_9", "max")))
                for r in results["latency"]["loop"] for s in "ab"]
        text += "\nLatency of forwarding, device to driver to device, µs:\n\n"
        text += table(("path", "driver", "M packets/s", "p50", "p99", "p99.9", "max"), rows)
    if "zero-loss" in results:
        rows = [(r["path"], r["direction"], spread(r["a"]["zero_loss"], 2, 1e6),
                 spread(r["b"]["zero_loss"], 2, 1e6), spread(r["ratio"], 3))
                for r in results["zero-loss"]["loop"]]
        text += "\nHighest rate without loss (RFC 2544), million packets a second:\n\n"
        text += table(("path", "", "A", "B", "A/B"), rows)
    return text


def floor_section(results):
    """The floor."""
    rows = [(r["name"], r["burst"], r["ring_size"], spread(r["cycles_per_packet"], 2))
            for r in results["floor"]["floor"]]
    return ("## Floor\n\nThe least memory work of a burst, as straight loops.\n\n"
            + table(("loop", "burst", "ring", "cycles"), rows))


def main():
    """Write the page and the plots."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    data, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    results = load(data)
    names = names_of(results)
    out.mkdir(parents=True, exist_ok=True)
    sections = [f"# {names[0]} against {names[1]}\n",
                "Made by `scripts/bench.sh`; do not edit.\n\n"
                f"A is {names[0]}, B is {names[1]}. " + machine_text(results),
                goal_section(results), path_section(results, out, names),
                sweep_section(results, out, names), loop_section(results, out, names),
                floor_section(results)]
    (out / "results.md").write_text("\n".join(part for part in sections if part))


if __name__ == "__main__":
    main()
