# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The port against the stock net_vhost, at the other end of which a testpmd sends frames back.

    wire -- backend of ours == net_vio_user0 [testpmd] net_vio_user1 == net_vhost0 [testpmd]

Each queue pair has a wire of its own: what comes out of it took the same queue all the way.
"""
import time

import pytest

from harness.frames import EVERY_SIZE, carry, frames
from harness.native import quit_all, wait_link

# Around the ends of one, two and more buffers of 2048 bytes, and the longest that testpmd's burst
# of 32 frames has mbufs for.
MERGED = [1500, 1519, *range(2030, 2052), *range(4080, 4104), 9018, 16000, 40000, 60000]
SOME = range(60, 1519, 6)
SECONDS = 0.2


@pytest.fixture(params=["split"])
def ring(request):
    """Device arguments for a layout of the rings."""
    return {"split": {}}[request.param]


class Echo:
    """The picture above."""

    def __init__(self, site, pairs, devargs, memory, server=False):
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
            [site.port(self.backend.path, 0, queues=pairs, **devargs),
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


@pytest.mark.parametrize("merge", ["mergeable", "single"])
@pytest.mark.parametrize("pairs", [1, 4])
def test_vhost_echo(site, memory, ring, pairs, merge):
    mergeable = merge == "mergeable"
    sizes = SOME if pairs > 1 else EVERY_SIZE
    Echo(site, pairs, {**ring, "mrg_rxbuf": int(mergeable)}, memory).carry(sizes)


def test_vhost_echo_merged(site, memory, ring):
    Echo(site, 1, ring, memory).carry(MERGED)


@pytest.mark.parametrize("merge", ["mergeable", "single"])
@pytest.mark.parametrize("pairs", [1, 4])
def test_vhost_echo_server(site, memory, ring, pairs, merge):
    Echo(site, pairs, {**ring, "mrg_rxbuf": int(merge == "mergeable")}, memory,
         server=True).carry(SOME)


@pytest.mark.parametrize("queue_size", [8, 32, 4096])
def test_vhost_echo_ring_size(site, ring, queue_size):
    echo = Echo(site, 1, {**ring, "queue_size": queue_size}, "nohuge")
    # testpmd drops what a full ring does not take.
    echo.carry(SOME, window=min(32, queue_size // 2))


def settled(testpmd, counter, port=0):
    """A counter of a port once it stands still."""
    before = -1
    now = testpmd.stats(port)[counter]
    while now != before:
        time.sleep(0.1)
        before, now = now, testpmd.stats(port)[counter]
    return now


@pytest.mark.parametrize("merge", ["mergeable", "single"])
@pytest.mark.parametrize("pairs", [1, 4])
def test_vhost_counts(site, memory, ring, pairs, merge):
    """At full speed nothing is lost or made up: what one side says it sent, the other got."""
    path = site.socket("vhost")
    queues = [f"--rxq={pairs}", f"--txq={pairs}"]
    stock = site.testpmd([f"net_vhost0,iface={path},queues={pairs}"], queues, "back", memory)
    devargs = {**ring, "queues": pairs, "mrg_rxbuf": int(merge == "mergeable")}
    front = site.testpmd([site.port(path, **devargs)], queues, memory=memory)
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
