# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The plugin as a file: what it tells about itself, where it goes, when it refuses to run."""
import os
import re
import subprocess

from harness.process import LocalProcess
from harness.testpmd import Testpmd, command_line


def load(plugin, **environment):
    """What a testpmd says that has nothing to do but load the plugin."""
    eal = ["--no-pci", "--no-huge", "--no-shconf", "--no-telemetry", "-m", "64"]
    with Testpmd(LocalProcess(command_line(plugin, eal, []),
                              env={**os.environ, **environment})) as testpmd:
        assert "No probed ethernet devices" in testpmd.log
        assert testpmd.quit() == 0
        return testpmd.log


def test_plugin_loads_without_a_word(plugin):
    assert "VIO" not in load(plugin)


def test_plugin_refuses_another_release(plugin, build_folder):
    """The driver API is another one in every release: structures would not fit."""
    other = build_folder / "tests/driver/other-release.so"
    said = load(plugin, LD_PRELOAD=str(other))
    assert re.search(r"VIO: this plugin was built for DPDK \d\d\.\d\d and does not run on DPDK "
                     r"19\.02\.7; build it again against the installed DPDK", said)


def test_plugin_exports_nothing(plugin):
    """Its constructors register it; no name of it can clash with an application's."""
    symbols = subprocess.run(["nm", "-D", "--defined-only", str(plugin)], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    names = [line.split()[-1] for line in symbols.splitlines()]
    assert [name for name in names if not name.startswith("DPDK_")] == []
