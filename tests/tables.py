#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Tables of what is tested: doc/conformance.md and doc/faults.md.

Reads doc/conformance.toml and doc/faults.toml, which say what has to be tested and by which tests,
and the names of all tests there are: those of cmocka programs are asked of the programs in the build
folder. Without --write it checks: no line is without a test, no pattern without a match, no test that
bears a line's number is missing from it, and the tables in doc/ are what would be written. What came
of the tests is taken from BUILD/results.json, which tests/run.py leaves there; it is written into the
tables, and not compared.
"""
import argparse
import ast
import fnmatch
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

TESTS = Path(__file__).resolve().parent
DOC = TESTS.parent / "doc"
TABLES = ("conformance", "faults")


def cmocka_names(build):
    """Names of the cases of all cmocka programs of a build."""
    preload = build / "tests" / "list-cases.so"
    listing = subprocess.run(["meson", "introspect", "--tests", str(build)], check=True,
                             stdout=subprocess.PIPE)
    names = set()
    for test in json.loads(listing.stdout):
        program = Path(test["cmd"][0])
        if test["protocol"] != "tap" or not program.name.startswith("test_"):
            continue
        done = subprocess.run([str(program)], check=True, text=True, timeout=60,
                              stdout=subprocess.PIPE,
                              env={**os.environ, "LD_PRELOAD": str(preload)})
        names.update(line.split(" # SKIP")[0] for line in done.stdout.splitlines())
    return names


def script_names():
    """Names of tests in Python, and of those that the models of the protocol are."""
    names = set()
    for path in sorted(TESTS.glob("*/test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                names.add(node.name.removeprefix("test_"))
    checks = (TESTS / "spin" / "check.sh").read_text()
    names.update(re.findall(r"^(spin_\w+) ", checks, re.MULTILINE))
    return names


def matching(patterns, names):
    """Those of the names that a pattern takes."""
    return {name for pattern in patterns for name in fnmatch.filter(names, pattern)}


def check_lines(table, names):
    """What is wrong with a table's lines."""
    for number, _, text, patterns in table["lines"]:
        if not patterns:
            yield f"{number}: no test: {text}"
        for pattern in patterns:
            if not fnmatch.filter(names, pattern):
                yield f"{number}: there is no test {pattern}"
    for name in sorted(names):
        for number in re.findall(r"(?:conf|sees)_(\d\d)_", name):
            lines = [line for line in table["lines"] if line[0].startswith(number)]
            if table["prefix"] == "conf" and not any(name in matching(line[3], names)
                                                     for line in lines):
                yield f"{name} is in no line {number}"
    if table["prefix"] == "fault":
        yield from check_callbacks(table, names)
        known = matching([pattern for line in table["lines"] for pattern in line[3]], names)
        for name in sorted(names):
            if name.startswith("fault_") and name not in known:
                yield f"{name} is in no line"


CALLBACKS = re.compile(r"fault_((recv|xmit)\w*?(_packed)?\w*)_never_completes$")


def callbacks(names):
    """All burst callbacks that are tested: those of a direction and a ring layout by each other."""
    groups = {}
    for name in names:
        match = CALLBACKS.match(name)
        if match:
            kind = (match[2], "_packed" in match[1], "mergeable" in match[1])
            groups.setdefault(kind, set()).add(match[1])
    return groups


def check_callbacks(table, names):
    """A fault that one callback is tested with, all like it are."""
    for number, _, _, patterns in table["lines"]:
        for pattern in patterns:
            if not pattern.startswith("fault_*_"):
                continue
            fault = pattern.removeprefix("fault_*")
            for group in callbacks(names).values():
                have = {path for path in group if f"fault_{path}{fault}" in names}
                if have and have != group:
                    yield f"{number}: {pattern} not for {', '.join(sorted(group - have))}"


def counted_callbacks(patterns, names):
    """How many callbacks a line is tested with, in words."""
    paths = {path for group in callbacks(names).values() for path in group}
    tested = {path for path in paths for pattern in patterns
              if pattern.startswith("fault_*_") and
              f"fault_{path}{pattern.removeprefix('fault_*')}" in names}
    words = []
    for start, word in (("recv", "receive"), ("xmit", "transmit")):
        count = sum(path.startswith(start) for path in tested)
        words += [f"{count} {word}"] if count else []
    return f" ({', '.join(words)} callbacks)" if words else ""


def outcome_of(tests, results):
    """In words, what came of some tests."""
    got = [outcome for name, outcome in results.items()
           if any(part in tests for part in (name.rpartition(".")[2],
                                             *name.split(".")[1:])) and
           not name.startswith(("asan.", "tsan."))]
    count = {word: got.count(word) for word in ("ok", "not ok", "skip")}
    words = [f"{count['ok']} passed"] if count["ok"] else []
    words += [f"**{count['not ok']} failed**"] if count["not ok"] else []
    words += [f"{count['skip']} skipped"] if count["skip"] else []
    return ", ".join(words) or "not run"


def render(name, table, names, results):
    """The text of a table."""
    lines = [
        f"<!-- made by tests/tables.py of doc/{name}.toml: do not edit -->",
        f"# {table['title']}", "",
        *table.get("intro", []), *([""] if "intro" in table else []),
        f"{len(table['lines'])} lines. `*` stands for ring layouts, paths and other variants. The "
        "last column is of the", "run of `scripts/test.sh` before this page was made.", "",
        f"| no. | {table.get('where', 'section')} | {table.get('what', 'requirement')} | tests | "
        "result |",
        "|---|---|---|---|---|",
    ]
    for number, section, text, patterns in table["lines"]:
        tests = matching(patterns, names)
        shown = ", ".join(f"`{pattern}`" for pattern in patterns)
        shown += counted_callbacks(patterns, names)
        lines.append(f"| {number} | {section} | {text} | {shown} | "
                     f"{outcome_of(tests, results)} |")
    return "\n".join(lines) + "\n"


def without_outcome(text):
    """A table but for its last column."""
    return [line.rsplit("|", 2)[0] for line in text.splitlines()]


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path, metavar="BUILD", help="a build folder, built")
    parser.add_argument("--write", action="store_true", help="write the tables into doc/")
    arguments = parser.parse_args()
    names = cmocka_names(arguments.build) | script_names()
    kept = arguments.build / "results.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    wrong = []
    for name in TABLES:
        table = tomllib.loads((DOC / f"{name}.toml").read_text())
        text = render(name, table, names, results)
        path = DOC / f"{name}.md"
        wrong += [f"doc/{name}.toml: {error}" for error in check_lines(table, names)]
        if arguments.write:
            path.write_text(text)
        elif not path.exists() or without_outcome(path.read_text()) != without_outcome(text):
            wrong.append(f"doc/{name}.md is not what tests/tables.py --write makes")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
