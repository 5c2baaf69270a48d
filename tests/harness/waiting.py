# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Waiting with an end. Limits are for machines several times slower than ours."""
import time

COMMAND = 120.0
"""Seconds that a command may take until it has answered."""
FRAME = 30.0
"""Seconds until a frame that has to arrive has arrived."""
SILENCE = 0.3
"""Seconds without a frame after which nothing else is expected."""
POLL = 0.02


def wait_for(condition, what, limit=COMMAND):
    """Waits until condition() is true; what: the words for a failure. Returns its value."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {limit:.0f} s for {what}")
        time.sleep(POLL)
