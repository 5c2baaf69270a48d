# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Other releases of DPDK: scripts/releases.sh."""
import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from harness.process import LocalProcess
from harness.waiting import COMMAND, wait_for

REPO = Path(__file__).resolve().parents[2]
SUITE = "trixie"
# Where the archive does not have the source package: a folder for scripts/releases.sh --headers.
HEADERS = os.environ.get("VIO_RELEASE_HEADERS")
RELEASES = [REPO / "scripts/releases.sh", "--suite", SUITE,
            *(["--headers", HEADERS] if HEADERS else [])]
NO_SOURCE = 3


def others(folder):
    """Mounts below a folder, and processes that have it as their root."""
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines()
              if str(folder) in line]
    processes = []
    for entry in Path("/proc").glob("[0-9]*"):
        # Not by name: it has none for who is in another mount namespace.
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if os.path.samefile(entry / "root", folder):
                processes.append(entry.name)
    return mounts, processes


@pytest.fixture(name="debian")
def fixture_debian():
    """Where the other Debian is; nothing of it is in use afterwards."""
    if os.geteuid() != 0:
        pytest.skip("a new Debian is set up by root only")
    folder = Path(REPO / ".cache/releases").resolve() / SUITE
    yield folder
    assert others(folder) == ([], [])


def run(*command):
    """Runs a script to its end: exit status and what it wrote."""
    done = subprocess.run(command, check=False, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    print(done.stdout)
    return done.returncode, done.stdout


@pytest.mark.long
def test_release_of_debian_13(debian):  # pylint: disable=unused-argument
    """Builds there without a warning; all that needs no virtual machine holds there too."""
    status, said = run(*RELEASES)
    if status == NO_SOURCE:
        pytest.skip(said.splitlines()[-2])
    assert status == 0
    assert re.search(r"has DPDK 24\.11", said)
    passed, failed = re.search(r"^(\d+) passed, (\d+) failed", said, re.MULTILINE).groups()
    assert int(passed) > 1000 and int(failed) == 0


@pytest.mark.long
def test_release_interrupted(debian):
    """Ended in the midst of it: nothing stays mounted, nothing goes on."""
    if not debian.exists():
        pytest.skip(f"{debian} is made by the test of the release")
    process = LocalProcess(RELEASES)
    try:
        wait_for(lambda: "# building" in process.output() or process.status() is not None,
                 "tests to begin", 10 * COMMAND)
        if process.status() == NO_SOURCE:
            pytest.skip(process.output().splitlines()[-2])
        assert process.status() is None, process.output()
        assert others(debian)[1], "the test looks for what is not there"
        process.signal(signal.SIGTERM)
        wait_for(lambda: process.status() is not None, "releases.sh to end")
        assert process.status() == 128 + signal.SIGTERM
        assert others(debian) == ([], [])
    finally:
        process.close()
