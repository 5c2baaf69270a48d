#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Builds vio and runs its tests: a line for each, a sum at the end.

Three kinds of tests come together here, so that adding one takes a line or a function:
  - programs that a meson.build names with test(): cmocka programs (protocol: 'tap'; each case
    counts) and scripts; those of the suites unit and driver run under ASan and UBSan too
  - functions of tests/info/test_*.py (vio-info on made-up devices), tests/native/test_*.py (on
    this machine) and tests/vm/test_*.py (in a guest)
  - the builds themselves
"""
import argparse
import fnmatch
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
REPO = TESTS.parent
BUILD = REPO / os.environ.get("VIO_BUILD", "build")

CATEGORIES = ("build", "lib", "doc", "unit", "driver", "model", "asan", "tsan", "info",
              "native", "vm")
SANITIZED = ("unit", "driver", "model")
RACES = "model-race"  # for the thread sanitizer
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}
TSAN_ENV = {"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"}

USAGE = """\
NAME selects tests: one of the parts of their names between dots (vm, uio, unit, asan, tsan,
info, native, lib, build ...), or a pattern of the whole name (quoted: 'vm.*.forward*', '*conf_19*').
Without a NAME all are run. Each prints one line,
  ok NAME    or    not ok NAME: reason    or    skip NAME: reason
and the last line is the sum. The exit status is 0 when none failed.
Environment: VIO_BUILD is the build folder (default: build; builds for one purpose stand beside
it: build-asan, build-tsan, build-clang)."""


NO_TEST = 2  # exit status


class Selection:
    """Which tests the user asked for."""

    def __init__(self, wishes):
        self.wishes = wishes

    def takes(self, name):
        """Is the test of this name wanted?"""
        parts = name.split(".")
        return not self.wishes or any(
            wish in parts or fnmatch.fnmatchcase(name, wish) for wish in self.wishes)

    def may_take(self, *parts):
        """Can a test whose name begins with these parts be wanted?"""
        head = ".".join(parts) + "."

        def may_mean(wish):
            if wish in CATEGORIES:
                return wish in parts
            if re.fullmatch(r"\w+", wish):
                return True
            start = re.split(r"[*?[]", wish)[0]
            return head.startswith(start) or start.startswith(head)

        return not self.wishes or any(map(may_mean, self.wishes))


class Report:
    """Prints what became of each test, and counts."""

    def __init__(self, selection):
        self.selection = selection
        self.count = {"ok": 0, "not ok": 0, "skip": 0}
        self.outcomes = {}
        self._lock = threading.Lock()

    def add(self, outcome, name, reason="", details=""):
        """One test's result: "ok", "not ok" or "skip"."""
        if self.selection.takes(name):
            self._print(outcome, name, reason, details)

    def broken(self, name, reason, details=""):
        """What keeps tests from being run at all; asked for or not."""
        self._print("not ok", name, reason, details)

    def _print(self, outcome, name, reason, details):
        self.count[outcome] += 1
        self.outcomes[name] = outcome
        reason = " ".join(reason.split())
        text = f"{outcome} {name}" + (f": {reason}" if reason else "") + "\n"
        self.say(text + "".join(f"    {line}\n" for line in details.rstrip().splitlines()))

    def say(self, text):
        """Lines that stay together."""
        with self._lock:
            sys.stdout.write(text)
            sys.stdout.flush()

    def keep(self, path):
        """Leaves what came of each test, and of others in earlier runs, to tests/tables.py."""
        before = json.loads(path.read_text()) if path.exists() and self.selection.wishes else {}
        path.write_text(json.dumps({**before, **self.outcomes}, indent=0))

    def end(self):
        """Prints the sum; returns the exit status."""
        count = self.count
        if sum(count.values()) == 0:
            return NO_TEST
        print(f"{count['ok']} passed, {count['not ok']} failed, {count['skip']} skipped")
        return 1 if count["not ok"] else 0


def progress(text):
    """A word for who waits."""
    print(f"# {text}", file=sys.stderr, flush=True)


# Before what guests may run beside: they keep to their times, and nobody waits for the rest.
STEP_BACK = ["nice", "-n", "5"]


def tail(text, lines=40):
    """The end of a long text."""
    return "\n".join(text.splitlines()[-lines:])


def build(report, folder, name, options=(), env=None, wanted=None):
    """Sets up a build folder where there is none yet and builds. True where that went well.

    All of it, or only what the tests need that wanted(test) lets through.
    """
    progress(f"building in {folder.name}")

    def step(*command):
        done = subprocess.run([*STEP_BACK, *command], cwd=REPO, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, **(env or {})})
        if done.returncode != 0:
            report.broken(name, f"{' '.join(command[:2])} failed", tail(done.stdout))
        return done.returncode == 0
    if not (folder / "build.ninja").exists():
        if not step("meson", "setup", str(folder), str(REPO), *options):
            return False
    elif not step("ninja", "-C", str(folder), "build.ninja"):  # what it builds may be new
        return False
    targets = [os.path.relpath(test["cmd"][0], folder) for test in meson_tests(folder)
               if wanted(test)] if wanted else []
    if not step("ninja", "-C", str(folder), *targets):
        return False
    report.add("ok", name)
    return True


def meson_tests(folder):
    """What the build in this folder declares with test()."""
    listing = subprocess.run(["meson", "introspect", "--tests", str(folder)], check=True,
                             stdout=subprocess.PIPE)
    for test in json.loads(listing.stdout):
        test["suite"] = test["suite"][0].split(":")[-1]
        yield test


TAP_RESULT = re.compile(r"^(ok|not ok) (\d+)(?: -)?\s*(.*?)(?:\s*# SKIP\s*(.*))?$")


def tap_cases(output):
    """Results in an output in the Test Anything Protocol: (outcome, case, remarks)."""
    cases = []
    for line in output.splitlines():
        match = TAP_RESULT.match(line)
        if match and match[4] is not None:  # NAME # SKIP REASON; cmocka's own skip(): # SKIP NAME
            cases.append(("skip", match[3] or match[4], [match[4]] if match[3] else []))
        elif match:
            cases.append((match[1], match[3], []))
        elif line.startswith("#") and cases and not line.startswith(("# ok", "# not ok")):
            cases[-1][2].append(line.lstrip("# "))
    return cases


def run_tap(report, prefix, output, status):
    """Turns a cmocka program's output and exit status into results."""
    plan = re.search(r"^1\.\.(\d+)$", output, re.MULTILINE)
    planned = int(plan[1]) if plan else 0
    cases = tap_cases(output)
    for outcome, case, remarks in cases:
        report.add(outcome, f"{prefix}.{case}", " ".join(remarks) if outcome != "ok" else "")
    failed = any(outcome == "not ok" for outcome, _, _ in cases)
    if len(cases) < planned or not planned:
        report.broken(prefix, f"ended with status {status} after {len(cases)} of {planned} cases",
                      tail(output))
    elif status != 0 and not failed:
        report.broken(prefix, f"every case passed, but the exit status is {status}", tail(output))


def time_is_up():
    """With --minutes: is it too late to begin another test?"""
    return time.time() > float(os.environ.get("VIO_TESTS_END", "inf"))


TIME_IS_UP = "not begun: the time of --minutes is over"


def run_program(test, env):
    """Runs what meson.build declares with test(): (exit status or None when too late, output)."""
    if time_is_up():
        return 77, TIME_IS_UP
    try:
        done = subprocess.run([*STEP_BACK, *test["cmd"]], cwd=test["workdir"], text=True,
                              errors="replace", timeout=4 * test["timeout"], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env={**os.environ, **test["env"], **env})
    except subprocess.TimeoutExpired as late:
        return None, (late.stdout or b"").decode(errors="replace")
    return done.returncode, done.stdout


def add_program(report, test, prefix, status, output):
    """What became of it."""
    name = f"{prefix}.{test['name']}"
    if status is None:
        report.add("not ok", name, f"did not end within {4 * test['timeout']} s", tail(output))
    elif status == 77:
        report.add("skip", name, tail(output, 1))
    elif test["protocol"] == "tap":
        run_tap(report, name, output, status)
    elif status == 0:
        report.add("ok", name)
    else:
        report.add("not ok", name, f"exit status {status}: {tail(output, 1)}", tail(output))


def run_meson_tests(report, folder, wanted, prefix="", env=None):
    """Runs the tests of a build that wanted(test) lets through.

    One on each core and one more, as some sleep; those that need several cores themselves by
    themselves.
    """
    tests = [test for test in meson_tests(folder) if wanted(test)]
    for at_once in (os.cpu_count() + 1, 1):
        group = [test for test in tests if test["is_parallel"] == (at_once > 1)]
        with ThreadPoolExecutor(max_workers=at_once) as pool:
            results = pool.map(lambda test: run_program(test, env or {}), group)
            try:
                for test, (status, output) in zip(group, results):
                    add_program(report, test, prefix + test["suite"], status, output)
            except KeyboardInterrupt:
                pool.shutdown(cancel_futures=True)
                raise


def python_name(item):
    """native.NAME or vm.BINDING.NAME, and then what else the function is called with."""
    category = item.path.parent.name
    call = getattr(item, "callspec", None)
    parts = call.id.split("-") if call else []
    binding = [call.params["binding"]] if call and "binding" in call.params else []
    rest = [part for part in parts if part not in binding]
    function = item.originalname.removeprefix("test_")
    return ".".join([category, *binding, function, *rest])


# The tests in guests run in two processes, which take about the same time.
PARTS = {
    "uio": lambda name: name.startswith("vm.uio."),
    "other": lambda name: not name.startswith("vm.uio."),
}


class Writer:
    """What is left of pytest's own reporter."""

    def __init__(self, writer):
        self._tw = writer


class PythonTests:
    """A plugin of pytest: names tests as all others are named, selects, reports."""

    def __init__(self, report, part, list_only):
        self.report = report
        self.part = part
        self.list_only = list_only
        self.names = {}
        self.outcome = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        """Leaves those that were asked for."""
        self.names = {item.nodeid: python_name(item) for item in items}
        double = {name for name in self.names.values()
                  if list(self.names.values()).count(name) > 1}
        for name in sorted(double):
            self.report.broken(name, "several test functions have this name")
        items[:] = [item for item in items if self.report.selection.takes(self.names[item.nodeid])
                    and (not self.part or PARTS[self.part](self.names[item.nodeid]))]
        if self.list_only:
            for item in items:
                print(self.names[item.nodeid])
            items.clear()

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config):
        """Only this reporter speaks; pytest asks the other one how it would write to a terminal."""
        other = config.pluginmanager.unregister(name="terminalreporter")
        config.pluginmanager.register(Writer(other._tw), "terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self):
        """Before its fixtures."""
        if time_is_up():
            pytest.skip(TIME_IS_UP)

    def pytest_collectreport(self, report):
        """A file that cannot be read as tests."""
        if report.failed:
            self.report.broken(report.nodeid.replace("/", "."), "cannot be loaded",
                               report.longreprtext)

    def pytest_runtest_logreport(self, report):
        """A phase of a test has ended. A test counts once, as the first phase that failed."""
        if report.failed and report.nodeid not in self.outcome:
            crash = getattr(report.longrepr, "reprcrash", None)
            reason = crash.message.splitlines()[0] if crash else "failed"
            if report.when != "call":
                reason = f"{report.when}: {reason}"
            self.outcome[report.nodeid] = ("not ok", reason.removeprefix("AssertionError: "),
                                           report.longreprtext)
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else "no reason"
            self.outcome[report.nodeid] = ("skip", reason.removeprefix("Skipped: "), "")
        if report.when == "teardown":
            outcome, reason, details = self.outcome.get(report.nodeid, ("ok", "", ""))
            if outcome == "not ok":  # with what was printed, of all phases
                details += "".join(f"\n{title}\n{text}" for title, text in report.sections)
            self.report.add(outcome, self.names[report.nodeid], reason, details)


def run_python_tests(report, kinds, options, part=None, list_only=False):
    """Runs the functions of tests/info, tests/native, tests/vm."""
    folders = [str(TESTS / kind) for kind in kinds]
    plugin = PythonTests(report, part, list_only)
    status = pytest.main(["-c", str(TESTS / "pytest.ini"), "--continue-on-collection-errors",
                          *options, *folders], plugins=[plugin])
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if status in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        report.broken("pytest", f"{status!s}, see above")


class Beside:
    """A part of the tests in a process of its own; what they say is passed on as it comes."""

    def __init__(self, report, kind, part, arguments):
        command = [sys.executable, "-B", __file__, "--only", kind, "--part", part,
                   *arguments.names]
        self._report = report
        self._end = None
        self._kind = f"{kind} ({part})"
        self._process = subprocess.Popen(command + ["--long"] * arguments.long, text=True,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._pass_on)
        self._reader.start()

    def _pass_on(self):
        said = []
        for line in self._process.stdout:
            if said and not line.startswith(" "):
                self._say(said)
            said.append(line)
        self._say(said)

    def _say(self, said):
        """A result with its details, or the sum."""
        self._end = re.match(r"(\d+) passed, (\d+) failed, (\d+) skipped$", "".join(said))
        result = re.match(r"(ok|not ok|skip) ([^\s:]+)", "".join(said))
        if result:
            self._report.outcomes[result[2]] = result[1]
        if not self._end:
            self._report.say("".join(said))
        said.clear()

    def wait(self):
        """Waits for the end and counts."""
        status = self._process.wait()
        self._reader.join()
        if self._end:
            for outcome, count in zip(("ok", "not ok", "skip"), self._end.groups()):
                self._report.count[outcome] += int(count)
        elif status != NO_TEST:
            self._report.broken(self._kind, f"the process ended with status {status}")

    def close(self):
        """Ends it, in good order, where it still runs."""
        self._process.terminate()
        self._process.wait()
        self._reader.join()


def list_tests(report):
    """Prints the names that can be given; the cases of a cmocka program only show when it runs."""
    selection = report.selection
    builds = ["build.gcc", "build.asan", "build.tsan", "build.clang"]
    names = [name for name in builds if selection.takes(name)]
    if not (BUILD / "build.ninja").exists():
        build(Report(Selection([])), BUILD, "build.gcc")
    for test in meson_tests(BUILD):
        every = ".*" if test["protocol"] == "tap" else ""
        for prefix in ("", "asan.") if test["suite"] in SANITIZED else ("",):
            parts = f"{prefix}{test['suite']}.{test['name']}"
            if selection.may_take(*parts.split(".")):
                names.append(parts + every)
    if selection.may_take("tsan", "model", RACES):
        names.append(f"tsan.model.{RACES}.*")
    print("\n".join(names))
    run_python_tests(report, ("info", "native", "vm"), [], list_only=True)


def in_one_process(test):
    """Is it a test for the sanitizers?"""
    return test["suite"] in SANITIZED


def races(test):
    """Is it one for the thread sanitizer?"""
    return test["name"] == RACES


def run_sanitized(report):
    """What needs no other process, under ASan and UBSan."""
    if not report.selection.takes("build.asan") and not any(
            report.selection.may_take("asan", suite) for suite in SANITIZED):
        return
    folder = BUILD.with_name(f"{BUILD.name}-asan")
    options = [
        "-Doptimization=1", "-Dc_args=-g1 -fno-var-tracking",  # sooner built
        "-Db_sanitize=address,undefined", "-Db_lundef=false",
        "-Dwerror=false",  # sanitizers make gcc warn of what cannot be
    ]
    if build(report, folder, "build.asan", options, wanted=in_one_process):
        run_meson_tests(report, folder, in_one_process, "asan.", SANITIZER_ENV)


def run_races(report):
    """The driver and a device in two threads, under the thread sanitizer."""
    if not report.selection.takes("build.tsan") and not report.selection.may_take(
            "tsan", "model", RACES):
        return
    folder = BUILD.with_name(f"{BUILD.name}-tsan")
    options = ["-Doptimization=1", "-Dc_args=-g1 -fno-var-tracking", "-Db_sanitize=thread",
               "-Db_lundef=false", "-Dwerror=false"]
    if build(report, folder, "build.tsan", options, wanted=races):
        run_meson_tests(report, folder, races, "tsan.", TSAN_ENV)


def run(report, arguments):
    """Everything that was asked for."""
    wanted = [kind for kind in ("info", "native", "vm") if report.selection.may_take(kind)]
    options = ["--long"] if arguments.long else []
    built = build(report, BUILD, "build.gcc")
    os.environ["VIO_BUILD"] = str(BUILD)
    if arguments.long:
        os.environ["VIO_LONG"] = "1"
    guests = [Beside(report, "vm", part, arguments)
              for part in PARTS if built and wanted[-1:] == ["vm"]]
    try:
        if built:
            run_meson_tests(report, BUILD, lambda test: report.selection.may_take(test["suite"]))
        run_sanitized(report)
        run_races(report)
        if report.selection.takes("build.clang"):
            build(report, BUILD.with_name(f"{BUILD.name}-clang"), "build.clang",
                  env={"CC": "clang", "CC_LD": ""})
        if guests:
            progress("waiting for the tests in guests")
        for part in guests:
            part.wait()
        here = [kind for kind in wanted if kind != "vm"]
        if built and here:
            progress("tests on this machine")
            run_python_tests(report, here, options)
    finally:
        for part in guests:
            part.close()


def interrupt(_signal, _frame):
    """SIGTERM is answered like Ctrl-C, so that everything is cleaned up."""
    raise KeyboardInterrupt


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(
        prog="scripts/test.sh", description="Builds vio and runs its tests.", epilog=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*")
    parser.add_argument("--list", action="store_true", help="print the names, run nothing")
    parser.add_argument("--long", action="store_true", help="run the long forms of tests too")
    parser.add_argument("--minutes", type=float, help="tests that have not begun after so many "
                        "minutes are skipped, by name")
    parser.add_argument("--only", metavar="KIND", help=argparse.SUPPRESS)  # see Beside
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    report = Report(Selection(arguments.names))
    if arguments.minutes is not None:
        os.environ["VIO_TESTS_END"] = str(time.time() + 60 * arguments.minutes)
    signal.signal(signal.SIGTERM, interrupt)
    # A shell's background job ignores Ctrl-C, and so would everything that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if arguments.list:
        list_tests(report)
        return 0
    try:
        if arguments.only:
            run_python_tests(report, [arguments.only], ["--long"] if arguments.long else [],
                             arguments.part)
        else:
            run(report, arguments)
            if BUILD.exists() and report.outcomes:
                report.keep(BUILD / "results.json")
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        report.end()
        return 130
    status = report.end()
    if status == NO_TEST and not arguments.only:
        print("no test has such a name", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
