# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Ethernet frames, and carrying them from one end to the other."""
import random
import select
import time

from .waiting import FRAME, SILENCE

BROADCAST = "ff:ff:ff:ff:ff:ff"
STRANGER = "02:00:00:00:99:99"
ETHERTYPE = b"\x88\xb5"  # for local experiments, IEEE 802
HEADER = 14
EVERY_SIZE = range(60, 1519)


def mac(text):
    """The six bytes of a MAC address."""
    return bytes.fromhex(text.replace(":", ""))


def frame(size, number=0, to=BROADCAST):
    """A frame of size bytes whose content no other number or size has."""
    content = random.Random(size << 32 | number).randbytes(size - HEADER)
    return mac(to) + mac("02:00:00:00:00:01") + ETHERTYPE + content


def frames(sizes, to=BROADCAST):
    """A frame of each size."""
    return [frame(size, number, to) for number, size in enumerate(sizes)]


def difference(got, wanted):
    """Words for what is wrong with a frame."""
    if len(got) != len(wanted):
        return f"has {len(got)} bytes"
    at = next(i for i, (a, b) in enumerate(zip(got, wanted)) if a != b)
    wrong = sum(a != b for a, b in zip(got, wanted))
    return f"differs in {wrong} bytes, the first at {at}"


def carry(source, sink, sent, window=32):
    """Sends frames into one wire and checks that just these come out of another, in order.

    Not more than window frames are under way at any time.
    """
    given = 0
    came = 0
    end = time.monotonic() + FRAME
    while came < len(sent):
        writers = [source.socket] if given < min(len(sent), came + window) else []
        readable, writable, _ = select.select([sink.socket], writers, [], 1)
        if writable and source.try_send(sent[given]):
            given += 1
        if readable:
            got = sink.receive(0)
            wanted = sent[came]
            assert got == wanted, (f"frame {came} of {len(sent)}, sent with {len(wanted)} bytes, "
                                   f"{difference(got, wanted)}")
            came += 1
            end = time.monotonic() + FRAME
        assert time.monotonic() < end, (f"frame {came} of {len(sent)}, {len(sent[came])} bytes, "
                                        f"did not arrive in {FRAME:.0f} s; {given} were sent")
    more = sink.receive(SILENCE)
    assert more is None, f"after all {len(sent)} frames another one came, {len(more)} bytes"


def carry_both_ways(one, other, sent, window=32):
    """carry() in both directions, one after the other."""
    carry(one, other, sent, window)
    carry(other, one, sent, window)
