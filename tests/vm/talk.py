#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Usage, in a guest: talk.py INTERFACE answer    talk.py INTERFACE OWN PEER SIZES...

"answer" sends each frame back to where it came from, until somebody ends it. The other form sends
frames of these sizes (60-1514-7: with a step) from MAC address OWN to PEER, and checks that just
these come back, in order and as they were but for the addresses.
"""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.frames import ETHERTYPE, carry, frame, mac  # pylint: disable=C0413
from harness.interface import Interface  # pylint: disable=C0413
from harness.waiting import COMMAND  # pylint: disable=C0413

KNOCK = 77  # bytes; a size with a content of its own, see knock()


def swapped(one):
    """The frame with its two addresses in each other's place."""
    return one[6:12] + one[:6] + one[12:]


class Mirror(Interface):
    """An interface behind which somebody answers."""

    def receive(self, *limit):
        """The next answer, as the frame that it answers."""
        got = super().receive(*limit)
        return got and swapped(got)


def answer(interface):
    """Never ends."""
    print("ready", flush=True)
    while True:
        got = interface.receive(None)
        # Full: the switch may be slow. Whoever asks does not ask for more than has room.
        assert interface.try_send(swapped(got), COMMAND)


def knock(interface, addresses):
    """Until somebody answers: a switch may drop frames until it has looked at a new guest."""
    one = addresses + frame(KNOCK, -1)[12:]
    end = time.monotonic() + COMMAND
    while time.monotonic() < end:
        interface.try_send(one, COMMAND)
        if interface.receive(1) == one:
            interface.drain()
            return
    raise AssertionError("nobody answers")


def main():
    """Entry point."""
    name, *words = sys.argv[1:]
    ethertype = int.from_bytes(ETHERTYPE, "big")
    if words == ["answer"]:
        answer(Interface(name, ethertype))
    own, peer, *wanted = words
    addresses = mac(peer) + mac(own)
    sizes = []
    for word in wanted:
        first, last, step, *_ = [*map(int, word.split("-")), 0, 1]
        sizes += range(first, (last or first) + 1, step or 1)
    mirror = Mirror(name, ethertype)
    knock(mirror, addresses)
    sent = [addresses + frame(size, number)[12:] for number, size in enumerate(sizes)]
    carry(mirror, mirror, sent)
    print(f"{len(sent)} frames there and back")


if __name__ == "__main__":
    main()
