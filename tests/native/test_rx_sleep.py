# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Receive interrupts over vhost-user: whoever sleeps misses no packet.

    wire -- backend of ours == net_vio_user0 [rx-sleep] net_vio_user1 == backend of ours, or net_vhost
"""
import pytest

from harness.frames import carry, carry_both_ways, frames
from harness.native import quit_all
from harness.sleeper import PROGRAM, Sleeper

# One by one, so that there is a sleep before nearly each of them, and in batches.
ALONE = range(60, 1519, 6)
BATCHES = range(60, 1519, 3)


def start(site, vdevs, queues=1):
    """rx-sleep with these ports."""
    return Sleeper(site.start([*site.command(PROGRAM, "front", vdevs, prefix="sleeper"), "--",
                               str(queues)]))


@pytest.mark.parametrize("queues", [1, 4])
def test_rx_sleep_loses_nothing(site, queues):
    one, other = (site.backend(name, queues) for name in ("one", "other"))
    sleeper = start(site, [site.port(backend.path, number, queues=queues)
                           for number, backend in enumerate((one, other))], queues)
    for backend in one, other:
        backend.wait_running()
    count = 0
    for sizes, window in (ALONE, 1), (BATCHES, 32):
        for wires in zip(one.wires, other.wires):
            carry_both_ways(*wires, frames(sizes), window)
            count += 2 * len(sizes)
    for backend in one, other:
        backend.check()
    sleeps, packets = sleeper.end()
    assert packets == count
    assert sleeps > 1


def test_rx_sleep_outlives_backends(site):
    """Who slept when the backend went is woken by what its successor brings."""
    backend = site.backend(start=False)
    sleeper = start(site, [site.port(backend.path)])
    for turn in range(3):
        backend.start()
        backend.wait_running()
        sleeper.wait_link("up", turn + 1)
        carry(backend.wires[0], backend.wires[0], frames(ALONE), 1)
        backend.stop()
        sleeper.wait_link("down", turn + 1)
    _, packets = sleeper.end()
    assert packets == 3 * len(ALONE)


@pytest.mark.parametrize("packed", [0, 1])
def test_rx_sleep_at_net_vhost(site, packed):
    """With event indexes, which librte_vhost has."""
    path = site.socket("stock")
    stock = site.testpmd([f"net_vhost0,iface={path}"], ["--port-topology=loop"], "back")
    backend = site.backend("wire")
    sleeper = start(site, [site.port(backend.path, 0),
                           site.port(path, 1, packed_vq=packed)])
    backend.wait_running()
    with stock.forwarding(0):
        for sizes, window in (ALONE, 1), (BATCHES, 32):
            carry(backend.wires[0], backend.wires[0], frames(sizes), window)
    assert "EVENT_IDX" in sleeper.log
    _, packets = sleeper.end()
    assert packets == 2 * (len(ALONE) + len(BATCHES))
    quit_all(stock)
