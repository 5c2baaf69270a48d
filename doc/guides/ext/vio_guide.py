# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What the guide takes out of the sources, so that it says what they say.

Directives that make tables: vio-paths (rx or tx), vio-features, vio-results (a heading of
doc/bench/results.md). Objects that tests/doc/check_guide.py compares with the sources: message,
devarg, xstat, telemetry, trace-point.
"""
import importlib.util
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx import addnodes

REPO = Path(__file__).resolve().parents[3]
PATHS = REPO / "drivers/net/vio/rxtx/paths.c"
PATH_TABLE = REPO / "app/vio-info/path-table.py"
FEATURES = REPO / "lib/virtio/features.c"
WANTED = REPO / "lib/virtio/vio_features.h"
RESULTS = REPO / "doc/bench/results.md"


def list_table(header, rows, widths="auto"):
    """Lines of a list-table."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [header, *rows]:
        for number, cell in enumerate(row):
            lines.append(f"   {'* -' if number == 0 else '  -'} {cell}".rstrip())
    return [*lines, ""]


def path_rows(direction):
    """The table of paths as vio-info reads it: (name, register width, constants), fastest first."""
    spec = importlib.util.spec_from_file_location("path_table", PATH_TABLE)
    parser = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(parser)
    source = PATHS.read_text()
    start = source.index(f"{direction}_paths[] = {{")
    body = source[start:source.index("};", start)]
    rows = [(match[2], parser.WIDTHS[match[3]], set(re.findall(r"VIO_[RT]X_(\w+)", match[4])))
            for match in re.finditer(parser.ROW, body)]
    if not rows or len(rows) != body.count(f"{direction.upper()}_PATH("):
        raise ValueError(f"{PATHS}: not every row of {direction}_paths was understood")
    return rows


def paths_table(direction):
    """Callbacks of one direction: name, layout, what they are for, registers."""
    lines = []
    for name, width, constants in path_rows(direction):
        carries = []
        if direction == "rx":
            carries.append("mergeable buffers" if "MRG" in constants else "one buffer a packet")
        elif "SIMPLE" in constants:
            carries.append("one segment a packet")
        else:
            carries.append("packets of any number of segments")
        if "OFFLOAD" in constants:
            carries.append("offloads")
        lines.append([f"``{name}``", "packed" if "PACKED" in constants else "split",
                      ", ".join(carries), f"{width} bit" if width else "general"])
    return list_table(["callback", "ring", "serves", "registers"], lines)


def feature_rows():
    """Rows of the library's table of features: (name, kind, section, since, summary)."""
    source = FEATURES.read_text()
    body = source[source.index("table[] = {"):]
    body = body[:body.index("\n};")]
    rows = []
    for match in re.finditer(
            r'\t(?:(NET)\((\w+), "([^"]+)", [^"]*"([^"]+)"\)'
            r'|(RING)\((\w+), (\w+), "([^"]+)", "([^"]+)",\s*"([^"]+)"\)'
            r'|(DEVICE)\((\w+), "([^"]+)", "([^"]+)", "([^"]+)"\)'
            r'|\{ VIRTIO_(\w+), VIRTIO_FEATURE_LEGACY, "(\w+)", "([^"]+)", "([^"]+)", 0, 0,\s*'
            r'"([^"]+)" \}),', body):
        if match[1]:
            rows.append((f"NET_F_{match[2]}", "5.1.3", match[3], match[4]))
        elif match[5]:
            rows.append((f"{match[6]}_{match[7]}", match[8], match[9], match[10]))
        elif match[11]:
            rows.append((f"F_{match[12]}", match[13], match[14], match[15]))
        else:
            rows.append((match[16], match[18], match[19], match[20]))
    if len(rows) != len(re.findall(r"^\t(?:NET|RING|DEVICE|\{)", body, re.MULTILINE)):
        raise ValueError(f"{FEATURES}: not every row was understood")
    return rows


def features_table():
    """Features that the driver can use, in the words of the one table."""
    wanted = set(re.findall(r"VIRTIO_FEATURE\(VIRTIO_(\w+)\)", WANTED.read_text()))
    rows = [row for row in feature_rows() if row[0] in wanted]
    if {row[0] for row in rows} != wanted:
        raise ValueError(f"{WANTED}: names a feature that {FEATURES.name} does not know")
    return list_table(["feature", "section", "since", "what it means"],
                      [[f"``VIRTIO_{name}``", section, since, summary]
                       for name, section, since, summary in rows])


def results_table(heading):
    """The first table below a heading of the measured results, without the column of burst modes."""
    text = RESULTS.read_text()
    part = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    lines = [line for line in part[1].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    header, rows = cells[0], cells[2:]
    columns = [n for n, name in enumerate(header) if name != "burst modes"]
    return list_table([header[n] for n in columns], [[row[n] for n in columns] for row in rows])


class SourceTable(Directive):
    """A directive whose body is made by a function of its one argument."""

    optional_arguments = 1
    final_argument_whitespace = True
    make = None
    sources = ()

    def run(self):
        env = self.state.document.settings.env
        for path in self.sources:
            env.note_dependency(str(path))
        try:
            lines = type(self).make(*self.arguments)
        except (ValueError, TypeError) as wrong:
            raise self.error(str(wrong))
        box = nodes.container()
        self.state.nested_parse(StringList(lines, source=self.name), self.content_offset, box)
        return box.children


class PathsTable(SourceTable):
    """vio-paths:: rx|tx"""
    make = staticmethod(paths_table)
    sources = (PATHS, PATH_TABLE)


class FeaturesTable(SourceTable):
    """vio-features::"""
    make = staticmethod(features_table)
    sources = (FEATURES, WANTED)


class ResultsTable(SourceTable):
    """vio-results:: HEADING"""
    make = staticmethod(results_table)
    sources = (RESULTS,)


def parse_message(_env, text, signature):
    """LEVEL, text of a message: the level stands before it, small."""
    level, text = text.split(None, 1)
    signature += addnodes.desc_annotation(level, level + " ")
    signature += addnodes.desc_name(text, text)
    return text


def setup(app):
    """Called by Sphinx."""
    app.add_directive("vio-paths", PathsTable)
    app.add_directive("vio-features", FeaturesTable)
    app.add_directive("vio-results", ResultsTable)
    app.add_object_type("message", "message", "single: %s", parse_message, "log message")
    app.add_object_type("devarg", "devarg", "single: %s (device argument)")
    app.add_object_type("xstat", "xstat", "single: %s (statistic)")
    app.add_object_type("telemetry", "telemetry", "single: %s (telemetry)")
    app.add_object_type("trace-point", "trace-point", "single: %s (trace point)")
    return {"version": "1", "parallel_read_safe": True}
