#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Holds the guide against the sources, in both directions, and prints the results as TAP.

What the sources say and the guide does not is as wrong as the reverse: messages with their levels,
device arguments and the drivers that take them, statistics, telemetry, trace points, build options.
"""
import re
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
GUIDE = REPO / "doc/guides"
DRIVER = REPO / "drivers/net/vio"
LIBRARY = REPO / "lib/virtio"

# Macros that stand for one conversion each, in messages.
CONVERSION_MACROS = {"PRIu64", "PRIx64", "PRIu32", "PRIx32"}
ADDRESS_MACRO = "RTE_ETHER_ADDR_PRT_FMT"


def arguments(text):
    """What stands between the parenthesis at which text begins and its counterpart."""
    depth, quoted, at = 0, False, 0
    while True:
        char = text[at]
        if quoted and char == "\\":
            at += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(char, 0)
        at += 1
        if depth == 0:
            return text[1:at - 1]


def split_arguments(text):
    """At the commas that separate them."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r'"(?:\\.|[^"\\])*"|[()\[\]{},]', text):
        mark = match[0]
        if mark == "," and depth == 0:
            parts.append(text[start:match.start()].strip())
            start = match.end()
        else:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(mark, 0)
    return [*parts, text[start:].strip()]


def template(literals):
    """A format made of C literals and macros, with %% for each run of what differs."""
    text = ""
    for match in re.finditer(r'"((?:\\.|[^"\\])*)"|(\w+)', literals):
        if match[2] is None:
            text += match[1]
        elif match[2] in CONVERSION_MACROS:
            pass  # the % stands at the end of the literal before it
        elif match[2] == ADDRESS_MACRO:
            text += "%s"
        else:
            raise ValueError(f"{literals}: what is {match[2]}?")
    text = re.sub(r"%(?:0?\d*(?:hh|h|ll|l|z)?[a-zA-Z])?", "%", text)
    return text


def normal(text):
    """Neighbouring placeholders are one: 22.11 is two numbers in the code and one for a reader."""
    text = re.sub(r"0x%", "%", text)
    text = re.sub(r"%(?:[ .]?%)+", "%", text)
    return " ".join(text.split())


def sources(*folders):
    """Files of C below these, with what they hold."""
    for folder in folders:
        for path in sorted(folder.rglob("*.[ch]")):
            if path.name not in ("vio_log.h", "log.h", "log.c"):
                yield path, path.read_text()


def messages_of_sources():
    """{text: (levels, place)}; levels is empty where the code decides at run time."""
    found = {}
    for path, text in sources(DRIVER, LIBRARY):
        for match in re.finditer(r"\b(VIO_LOG|VIO_PORT_LOG|virtio_log)\(", text):
            args = split_arguments(arguments(text[match.end() - 1:]))
            skip = {"VIO_LOG": 1, "VIO_PORT_LOG": 2, "virtio_log": 0}[match[1]]
            level = args[skip].removeprefix("VIRTIO_LOG_")
            if level == "DEBUG":
                continue
            place = f"{path.relative_to(REPO)}:{text[:match.start()].count(chr(10)) + 1}"
            key = normal(template(args[skip + 1]))
            levels, _ = found.setdefault(key, (set(), place))
            levels.add(level if level.isupper() else "any")
    return found


def objects(kind):
    """What the guide describes with a directive: (page, text)."""
    for page in sorted(GUIDE.glob("*.rst")):
        for match in re.finditer(rf"^\.\. {kind}:: (.+)$", page.read_text(), re.MULTILINE):
            yield page, match[1].strip()


def compare(here, there, where):
    """Complaints about what is in one set only."""
    return [f"not in the guide: {item} ({where(item)})" for item in sorted(here - there)] + \
           [f"not in the sources: {item}" for item in sorted(there - here)]


def check_messages():
    """Each message is explained, with its level; none is explained that does not exist."""
    real = messages_of_sources()
    told, wrong = {}, []
    for page, text in objects("message"):
        level, text = text.split(None, 1)
        key = normal(re.sub(r"<[^>]+>", "%", text))
        if key in told:
            wrong.append(f"{page.name}: twice: {text}")
        told[key] = level
        levels = real.get(key, ({level},))[0]
        if level not in levels and "any" not in levels:
            wrong.append(f"{page.name}: {text}: the level is {' '.join(levels)}")
    return wrong + compare(set(real), set(told), lambda key: real[key][1])


def check_devargs():
    """Each device argument is described, for the drivers that take it."""
    table = (DRIVER / "vio_devargs.c").read_text()
    known = set(re.findall(r"^\tARG\((\w+), ARG_", table, re.MULTILINE))
    real = set()
    for driver, name, array in (("net_vio", "vio_pci.c", "pci_args"),
                                ("net_vio_user", "vio_user.c", "user_args")):
        text = (DRIVER / name).read_text()
        body = re.search(rf"{array}\[\] = \{{(.*?)NULL", text, re.DOTALL)[1]
        real |= {(key, driver) for key in re.findall(r'"(\w+)"', body)}
    told = set()
    for _, text in objects("devarg"):
        key, drivers = re.fullmatch(r"(\w+)=\S+ \(([\w, ]+)\)", text).groups()
        told |= {(key, driver.strip()) for driver in drivers.split(",")}
    wrong = [f"{key} belongs to no driver" for key in known - {key for key, _ in real}]
    return wrong + compare(real, told, lambda _: "drivers/net/vio")


def check_xstats():
    """Each extended statistic is described."""
    text = (DRIVER / "vio_stats.c").read_text()
    real = {f"rx_q<n>_{name}" for name in re.findall(r"RX_COUNTER\((\w+)\)", text)}
    real |= {f"tx_q<n>_{name}" for name in re.findall(r"TX_COUNTER\((\w+)\)", text)}
    ports = re.search(r"port_counters\[\] = \{(.*?)\};", text, re.DOTALL)[1]
    real |= set(re.findall(r'\{ "(\w+)"', ports))
    real -= {"rx_q<n>_field", "tx_q<n>_field"}
    return compare(real, {text for _, text in objects("xstat")}, lambda _: "vio_stats.c")


def check_telemetry():
    """Each command of telemetry is described."""
    text = (DRIVER / "vio_telemetry.c").read_text()
    real = set(re.findall(r'rte_telemetry_register_cmd\("([^"]+)"', text))
    told = {text.split(",")[0] for _, text in objects("telemetry")}
    return compare(real, told, lambda _: "vio_telemetry.c")


def check_trace_points():
    """Each trace point is described."""
    text = (DRIVER / "vio_trace.c").read_text()
    real = set(re.findall(r"RTE_TRACE_POINT_REGISTER\(\w+,\s*(\w[\w.]+)\)", text))
    return compare(real, {text for _, text in objects("trace-point")}, lambda _: "vio_trace.c")


def check_build_options():
    """Each option of the build is named where building is explained."""
    options = re.findall(r"^option\('(\w+)'", (REPO / "meson_options.txt").read_text(),
                         re.MULTILINE)
    page = (GUIDE / "getting_started.rst").read_text()
    told = set(re.findall(r"^``-D(\w+)", page, re.MULTILINE))
    return compare(set(options), told, lambda _: "meson_options.txt")


def check_headers():
    """What is installed of the library is what its reference describes."""
    build = (LIBRARY / "meson.build").read_text()
    installed = set(re.findall(r"'(\w+\.h)'", re.search(r"install_headers\((.*?)\)", build,
                                                        re.DOTALL)[1]))
    left_out = re.search(r"^EXCLUDE_PATTERNS\s*= (.*)$", (REPO / "doc/api/Doxyfile").read_text(),
                         re.MULTILINE)[1].split()
    described = {path.name for path in LIBRARY.glob("*.h")
                 if not any(path.match(pattern.removeprefix("*/")) for pattern in left_out)}
    return compare(installed, described, lambda _: "lib/virtio/meson.build")


def check_commands():
    """Scripts that the guide names are there, and so are the options that it gives them."""
    wrong = []
    for page in sorted(GUIDE.glob("*.rst")):
        text = page.read_text()
        for name, rest in re.findall(r"(scripts/[\w./-]+\.sh)((?: +--[\w-]+)*)", text):
            script = REPO / name
            if not script.exists():
                wrong.append(f"{page.name}: there is no {name}")
                continue
            help_text = script.read_text() + (REPO / "tests/run.py").read_text()
            wrong += [f"{page.name}: {name} has no {option}" for option in rest.split()
                      if option not in help_text]
    return wrong


def check_tests():
    """Tests that the guide names, vm.BINDING.NAME, are there."""
    known = {name for path in (REPO / "tests/vm").glob("test_*.py")
             for name in re.findall(r"^def test_(\w+)", path.read_text(), re.MULTILINE)}
    return [f"{page.name}: there is no test {name}" for page in sorted(GUIDE.glob("*.rst"))
            for name in re.findall(r"``vm\.(?:uio|vfio|tap)\.(\w+)", page.read_text())
            if name not in known]


def check_links():
    """Pages in Markdown link to what is there; Sphinx sees to those of the guide."""
    listing = subprocess.run(["git", "-C", str(REPO), "ls-files", "*.md"], check=False, text=True,
                             stdout=subprocess.PIPE).stdout.split()
    pages = [REPO / name for name in listing] or \
        [REPO / "README.md", REPO / "CONTRIBUTING.md", *(REPO / "doc").rglob("*.md")]
    wrong = []
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                wrong.append(f"{page.relative_to(REPO)}: there is no {target}")
    return wrong


CHECKS = (check_messages, check_devargs, check_xstats, check_telemetry, check_trace_points,
          check_build_options, check_headers, check_commands, check_tests,
          check_links)


def main():
    """Entry point."""
    failed = 0
    print(f"1..{len(CHECKS)}")
    for number, check in enumerate(CHECKS, 1):
        complaints = check()
        name = check.__name__.removeprefix("check_")
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}")
        for complaint in complaints:
            print(f"# {complaint}")
        failed += bool(complaints)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
