# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""tests/native/second.c: a secondary process that forwards between two ports of a testpmd."""
import os
import re
import signal
from pathlib import Path

from .waiting import wait_for

REPO = Path(__file__).resolve().parent.parent.parent
REFUSED = "Cannot init memzone"
"""What EAL says in a new primary as long as a secondary of the old one runs."""
PROGRAM = REPO / os.environ.get("VIO_BUILD", "build") / "tests/native/second"


class Second:
    """One that was just started."""

    def __init__(self, process):
        self.process = process
        wait_for(lambda: "ready\n" in process.output() or process.status() is not None,
                 "the secondary process to get ready")
        self.check_running()

    def check_running(self):
        """Fails where it has ended by itself."""
        assert self.process.status() is None, ("the secondary process ended:\n"
                                               f"{self.process.output()}")

    def end(self):
        """Ends it; how many packets went there and back."""
        self.process.signal(signal.SIGTERM)
        wait_for(lambda: self.process.status() is not None, "the secondary process to end")
        assert self.process.status() == 0, self.process.output()
        return tuple(map(int, re.search(r"in all: (\d+) there, (\d+) back",
                                        self.process.output()).groups()))
