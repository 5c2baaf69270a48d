#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Usage, in the guest: carry.py ONE OTHER SIZES...    carry.py --flows N ONE OTHER SIZES...

Sends frames into interface ONE and checks that just these come out of OTHER, in order and as they
were; then the other way round where they are two. SIZES: 60 or 60-1514 or 60-1514-7, with a step.
With --flows they are UDP datagrams of N flows, one flow after the other.
"""
import argparse
import random
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.frames import BROADCAST, ETHERTYPE, carry, frames, mac  # pylint: disable=C0413
from harness.interface import Interface  # pylint: disable=C0413

IPV4 = 0x0800
UDP = 17


def sizes(text):
    """The sizes that a word stands for."""
    first, last, step, *_ = [*map(int, text.split("-")), 0, 1]
    return range(first, (last or first) + 1, step or 1)


def datagrams(flow, wanted):
    """A UDP datagram of each size; checksums are nobody's business here."""
    head = mac(BROADCAST) + mac("02:00:00:00:00:01") + struct.pack(">H", IPV4)
    sent = []
    for number, size in enumerate(wanted):
        length = size - len(head)
        content = random.Random(f"{flow} {number}").randbytes(length - 28)
        sent.append(head + struct.pack(">BBHHHBBHII", 0x45, 0, length, 0, 0, 64, UDP, 0,
                                       0xc0000201, 0xc0000202) +
                    struct.pack(">HHHH", 10000 + flow, 20000, length - 20, 0) + content)
    return sent


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int)
    parser.add_argument("one")
    parser.add_argument("other")
    parser.add_argument("sizes", nargs="+")
    arguments = parser.parse_args()
    wanted = [size for word in arguments.sizes for size in sizes(word)]
    if arguments.flows:
        ethertype = IPV4
        turns = [datagrams(flow, wanted) for flow in range(arguments.flows)]
    else:
        ethertype = int.from_bytes(ETHERTYPE, "big")
        turns = [frames(wanted)]
    one = Interface(arguments.one, ethertype)
    other = one
    if arguments.other != arguments.one:
        other = Interface(arguments.other, ethertype)
    for sent in turns:
        carry(one, other, sent)
        if one is not other:
            carry(other, one, sent)
    print(f"{sum(map(len, turns))} frames each way")


if __name__ == "__main__":
    main()
