# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""tests/native/rx_sleep.c, which forwards between its ports and sleeps whenever it can."""
import os
import re
import signal
from pathlib import Path

from .waiting import wait_for

REPO = Path(__file__).resolve().parent.parent.parent
PROGRAM = REPO / os.environ.get("VIO_BUILD", "build") / "tests/native/rx-sleep"


class Sleeper:
    """A rx-sleep that was just started."""

    def __init__(self, process):
        self.process = process
        wait_for(lambda: "ready\n" in process.output() or process.status() is not None,
                 "rx-sleep to get ready")
        assert process.status() is None, f"rx-sleep ended:\n{process.output()}"

    @property
    def log(self):
        """All that it has written."""
        return self.process.output()

    def wait_link(self, state, count, port=0):
        """Until it was told so often that a port's link is in a state."""
        line = f"port {port}: link {state}\n"
        wait_for(lambda: self.log.count(line) >= count, f"'{line.strip()}', {count} times")

    def end(self):
        """Ends it; how often it slept, and how many packets it forwarded."""
        def ended():
            # A signal just before a sleep does not end the sleep.
            self.process.signal(signal.SIGTERM)
            return self.process.status() is not None
        wait_for(ended, "rx-sleep to end")
        assert self.process.status() == 0, self.log
        return map(int, re.search(r"slept (\d+) times for (\d+) packets", self.log).groups())
