# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Panels of bars as SVG (gnuplot), for the benchmarks that run programs over the driver."""
import statistics
from collections import namedtuple

from plot import block, gnuplot

COLOURS = ("#1f6fb2", "#c8731c", "#5a8f3c", "#8a8a8a")
WIDTH = 420  # of a panel

Panel = namedtuple("Panel", "title unit groups series")
"""groups: names below the bars; series: name -> for each group the values of all turns, or none."""


def bar(values):
    """Median, lowest and highest; missing without values."""
    return (statistics.median(values), min(values), max(values)) if values else (None,) * 3


def panel_script(number, panel):
    """gnuplot's commands for one panel: medians, and whiskers from the lowest to the highest."""
    rows = []
    for at, group in enumerate(panel.groups):
        cells = [cell for turns in panel.series.values() for cell in bar(turns[at])]
        rows.append((f'"{group}"', *cells))
    plots = []
    for at, name in enumerate(panel.series):
        column = 2 + 3 * at
        labels = ":xtic(1)" if at == 0 else ""
        plots.append(f"$data{number} using {column}:{column + 1}:{column + 2}{labels} "
                     f'title "{name}" lc rgb "{COLOURS[at % len(COLOURS)]}"')
    return (block(f"data{number}", rows) + f'set title "{panel.title}"\n'
            f'set ylabel "{panel.unit}"\nplot {", ".join(plots)}\n')


def draw(path, title, panels):
    """Writes the panels side by side."""
    script = (f'set terminal svg noenhanced size {WIDTH * len(panels)},400 font "sans,12" '
              f'background "white"\nset output "{path}"\nset datafile missing "NaN"\n'
              "set key outside bottom center horizontal reverse Left\n"
              'set grid ytics lc rgb "#dddddd"\nset border 3\nset tics nomirror\n'
              "set yrange [0:*]\nset style data histograms\n"
              "set style histogram errorbars gap 1 lw 1\nset style fill solid 0.9 border -1\n"
              "set xtics rotate by -35\nset boxwidth 0.9\n"
              f'set multiplot layout 1,{len(panels)} title "{title}"\n')
    gnuplot(script + "".join(panel_script(number, panel) for number, panel in enumerate(panels))
            + "unset multiplot\n")
