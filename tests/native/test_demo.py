# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""scripts/demo.sh --native: what it prints, when it fails, what it leaves behind."""
import contextlib
import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from harness.process import LocalProcess
from harness.waiting import wait_for

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(name="demo")
def fixture_demo(build_folder):
    """A function that starts the demo; all it makes goes to a folder, which is empty in the end."""
    with tempfile.TemporaryDirectory(prefix="vio-test-") as folder, contextlib.ExitStack() as undo:
        def start(*options, **environment):
            process = LocalProcess(
                [REPO / "scripts/demo.sh", "--native", "--seconds", "1", "--build", build_folder,
                 *options], env={**os.environ, "TMPDIR": folder, **environment})
            undo.callback(process.close)
            return process
        yield start
        undo.close()
        assert os.listdir(folder) == []
        assert programs(folder) == []


def programs(folder):
    """What runs with a file of this folder as an argument."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes()
        except OSError:  # it has ended meanwhile
            continue
        if folder.encode() in command:
            found.append(command)
    return found


def finish(process):
    """Waits for the end: exit status and output."""
    wait_for(lambda: process.status() is not None, "the demo to end")
    return process.status(), process.output()


def test_demo(demo):
    """Frames go in and out, rates and paths are told, nothing is lost or damaged."""
    status, said = finish(demo())
    assert status == 0, said
    for way in "to", "from":
        rate = re.search(rf"{way} the driver +[\d.]+ Mpps .* (\d+)\s+packets, 0\s+lost, 0\s+errors",
                         said)
        assert rate and int(rate[1]) > 0, said
    assert re.search(r"rx path +virtio_recv_\w+", said), said
    assert re.search(r"tx path +virtio_xmit_\w+", said), said
    assert re.search(r"content checked +2918 frames.*0\s+damaged, 0 missing", said, re.S), said
    assert "demo: [" in said


@pytest.fixture(name="fake")
def fixture_fake():
    """A function that makes a dpdk-testpmd of a script, and tells the PATH for it."""
    with tempfile.TemporaryDirectory(prefix="vio-test-") as folder:
        def make(script):
            program = Path(folder) / "dpdk-testpmd"
            program.write_text(f"#!/bin/bash\n{script}\n", encoding="ascii")
            program.chmod(0o755)
            return f"{folder}:{os.environ['PATH']}"
        yield make


def test_demo_without_testpmd(demo, fake):
    """What testpmd says when it gives up is shown."""
    status, said = finish(demo("--stock", PATH=fake("echo 'nothing works today'; exit 1")))
    assert status == 1 and "nothing works today" in said, said


def test_demo_nothing_moves(demo, fake):
    """A testpmd that does not begin to forward: no success, however well all else goes."""
    real = shutil.which("dpdk-testpmd")
    script = f"""exec 3<&0; exec {real} "$@" < <(sed -u '/^start$/d' <&3)"""
    status, said = finish(demo("--stock", PATH=fake(script)))
    assert status == 1, said
    assert "2918 missing" in said and "0.00 Mpps" in said, said


@pytest.mark.parametrize("name, status, when", [
    ("SIGINT", 130, "rate to the driver"), ("SIGTERM", 143, "starting two testpmds")])
def test_demo_interrupted(demo, name, status, when):
    """Ctrl-C ends it and all that it started."""
    process = demo()
    wait_for(lambda: when in process.output() or process.status() is not None, f"'{when}'")
    process.signal(signal.Signals[name])
    got, said = finish(process)
    assert got == status, said
