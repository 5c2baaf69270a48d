#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Makes path_table.h for vio-info out of the driver's table of paths, rxtx/paths.c.

vio-info is built without DPDK, the table is not; and there is to be one table. A row is
RX_PATH("name", WIDTH_X, CONSTANTS, callbacks) or TX_PATH(...), at times between #ifdef and #endif.
"""
import re
import sys

WIDTHS = {"WIDTH_SCALAR": 0, "WIDTH_SSE": 128, "WIDTH_AVX2": 256, "WIDTH_AVX512": 512}
# Constants that say which file a callback is from, or that are open to all packets of a port that
# asked for no offload: they choose nothing here.
NEUTRAL = re.compile(r"VIO_(RX|TX)_(SSE|AVX2|AVX512|SIMPLE)$")
NAMED = {"VIO_RX_MRG": "PATH_MRG", "VIO_RX_PACKED": "PATH_PACKED", "VIO_TX_PACKED": "PATH_PACKED"}
ROW = re.compile(r'\b(RX|TX)_PATH\(\s*"([^"]+)",\s*(\w+),\s*([^,]+?),\s*(\w+)\s*\)')
HEAD = """\
/* Made by path-table.py from drivers/net/vio/rxtx/paths.c. */
#define PATH_MRG 1u
#define PATH_PACKED 2u
#define PATH_ASKED_FOR 4u /* some constant that neither device nor CPU decides */

struct path_row {
	const char *name;
	unsigned int width; /* bits of the registers, 0: general ones */
	unsigned int constants;
};
"""


def constants(text):
    """The constants of a row in the terms of the made file."""
    names = {NAMED.get(word, "PATH_ASKED_FOR") for word in re.split(r"[\s|]+", text)
             if word != "0" and not NEUTRAL.match(word)}
    return " | ".join(sorted(names)) or "0"


def table(source, direction):
    """Lines of the made file for one direction."""
    lines, rows = [], 0
    start = source.index(f"{direction.lower()}_paths[] = {{")
    body = source[start:source.index("};", start)]
    # Preprocessor lines and rows in the order in which they stand.
    for match in re.finditer(r"^#.*$|" + ROW.pattern, body, re.MULTILINE):
        if match[0].startswith("#"):
            lines.append(match[0])
            continue
        _, name, width, flags, _ = match.groups()
        lines.append(f'\t{{ "{name}", {WIDTHS[width]}, {constants(flags)} }},')
        rows += 1
    if rows != body.count(f"{direction}_PATH("):
        sys.exit(f"path-table.py: {direction}: not every row was understood")
    return ["", f"static const struct path_row {direction.lower()}_rows[] = {{", *lines, "};"]


def main():
    """Entry point: paths.c, the file to make."""
    with open(sys.argv[1], encoding="utf-8") as file:
        source = file.read()
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("\n".join([HEAD, *table(source, "RX"), *table(source, "TX")]) + "\n")


if __name__ == "__main__":
    main()
