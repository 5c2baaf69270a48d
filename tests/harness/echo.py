# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A testpmd with net_vhost that sends back what a testpmd with our ports passes on.

    wire -- backend of ours == net_vio_user0 [testpmd] net_vio_user1 == net_vhost0 [testpmd]

Each queue pair has a wire of its own: what comes out of it took the same queue all the way.
"""
import time

from .frames import carry, frames
from .native import quit_all, wait_link

# Around the ends of one, two and more buffers of 2048 bytes, and the longest that testpmd's burst
# of 32 frames has mbufs for.
MERGED = [1500, 1519, *range(2030, 2052), *range(4080, 4104), 9018, 16000, 40000, 60000]
SOME = range(60, 1519, 6)
SECONDS = 0.2


class Echo:
    """The picture above."""

    def __init__(self, site, pairs, devargs, memory, server=False):
        """devargs are of the port at net_vhost."""
        merge = devargs.get("mrg_rxbuf", 1) == 1
        queues = [f"--rxq={pairs}", f"--txq={pairs}"]
        path = site.socket("vhost")
        stock = f"net_vhost0,iface={path},queues={pairs},client={int(server)}"

        def start_stock():
            return site.testpmd([stock], [*queues, "--port-topology=loop"], "back", memory)
        self.backend = site.backend("wire", pairs, merge=merge)
        if not server:
            self.stock = start_stock()
        self.front = site.testpmd(
            [site.port(self.backend.path, 0, queues=pairs, mrg_rxbuf=int(merge)),
             site.port(path, 1, queues=pairs, server=int(server), **devargs)],
            queues, memory=memory)
        if server:
            self.stock = start_stock()
        self.backend.wait_running()
        wait_link(self.front, "up", 1)

    def carry(self, sizes, window=32):
        """Frames of these sizes on each wire: every one comes back as it was."""
        with self.front.forwarding(0, 1), self.stock.forwarding(0):
            for wire in self.backend.wires:
                carry(wire, wire, frames(sizes), window)
        self.backend.check()
        quit_all(self.front, self.stock)


def settled(testpmd, counter, port=0):
    """A counter of a port once it stands still."""
    before = -1
    now = testpmd.stats(port)[counter]
    while now != before:
        time.sleep(0.1)
        before, now = now, testpmd.stats(port)[counter]
    return now


def check_counts(site, pairs, devargs, memory):
    """At full speed nothing is lost or made up: what one side says it sent, the other got."""
    path = site.socket("vhost")
    queues = [f"--rxq={pairs}", f"--txq={pairs}"]
    stock = site.testpmd([f"net_vhost0,iface={path},queues={pairs}"], queues, "back", memory)
    front = site.testpmd([site.port(path, queues=pairs, **devargs)], queues, memory=memory)
    wait_link(stock, "up")
    for sender, receiver in (stock, front), (front, stock):
        before = receiver.stats(0)["RX-packets"]
        sent = sender.stats(0)["TX-packets"]
        with receiver.forwarding(0, mode="rxonly"):
            with sender.forwarding(0, mode="txonly"):
                time.sleep(SECONDS)
            sent = sender.stats(0)["TX-packets"] - sent
            received = settled(receiver, "RX-packets") - before
        assert received == sent and sent > 0
    errors = {name: value for name, value in front.xstats(0).items()
              if value and any(word in name for word in ("bad", "faults", "shuffled", "error"))}
    assert not errors
    front.command("port stop 0")
    free, count = front.free_mbufs()
    assert free == count
    quit_all(front, stock)
