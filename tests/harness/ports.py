# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The ports of a testpmd in a guest and the wires at them, by the names of the NICs."""
import contextlib

from .frames import carry_both_ways, frames


class Ports:
    """nics: which NICs this testpmd has; it numbers its ports in the order of PCI addresses."""

    def __init__(self, guest, testpmd, nics):
        self.guest = guest
        self.testpmd = testpmd
        self._nics = sorted(nics, key=guest.address)

    def number(self, nic):
        """Port number in testpmd."""
        return self._nics.index(nic)

    def wire(self, nic):
        """The host's end."""
        return self.guest.wires[nic]

    @contextlib.contextmanager
    def forwarding(self, one, other, mode="io"):
        """testpmd forwards between two ports and no frame is under way. Gives their two wires."""
        with self.testpmd.forwarding(self.number(one), self.number(other), mode=mode):
            wires = self.wire(one), self.wire(other)
            for wire in wires:
                wire.drain()
            yield wires

    def check_forwarding(self, one, other, sizes, window=32):
        """A frame of each size goes from one port to the other, and another back."""
        with self.forwarding(one, other) as wires:
            carry_both_ways(*wires, frames(sizes), window)

    def arrives(self, one, other, frame):
        """Does port one take this frame? Its neighbour other sends out what one has taken.

        A broadcast frame sent after it always arrives and shows that the first is not only late.
        """
        source, sink = self.wire(one), self.wire(other)
        last = frames([99])[0]
        source.send(frame)
        source.send(last)
        first = sink.receive()
        if first == last:
            return False
        assert first == frame, "another frame came out than was sent"
        assert sink.receive() == last
        return True

