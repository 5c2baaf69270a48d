# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Open vSwitch with DPDK between two ports.

    wire0 -- backend of ours == port 0, port 2 == bridge == port 3, port 1 == backend of ours -- wire1

testpmd forwards between 0 and 2 and between 1 and 3, the bridge between 2 and 3 as it has learned.
"""
import pytest

from harness.frames import carry, frames, mac
from harness.native import quit_all, wait_link
from harness.ovs import Ovs
from harness.waiting import SILENCE, wait_for

HOSTS = ["02:00:00:00:00:0a", "02:00:00:00:00:0b"]
SIZES = range(60, 1519, 5)


def sent_by(host):
    """Frames from one host to the other."""
    other = HOSTS[1 - host]
    return [mac(other) + mac(HOSTS[host]) + frame[12:] for frame in frames(SIZES)]


def exchange(wires):
    """Both hosts send; each gets what is for it, and nothing else."""
    for host in range(2):
        def passes(sender=wires[host], receiver=wires[1 - host], frame=sent_by(host)[0]):
            sender.send(frame)
            return receiver.receive(SILENCE)
        # A switch that has a new connection throws frames away until it has looked at its ports.
        wait_for(passes, "the switch to pass on frames")
        wires[1 - host].drain()
        carry(wires[host], wires[1 - host], sent_by(host))


@pytest.mark.parametrize("ring", ["split", "packed"])
@pytest.mark.parametrize("mode", ["client", "server"])
def test_ovs_switches(site, memory, mode, ring):
    ovs = Ovs(site, memory)
    paths = [ovs.folder / f"vhost{number}" for number in range(2)]
    for path in paths:
        if mode == "client":
            ovs.add_port(path.name, "dpdkvhostuser")
        else:
            ovs.add_port(path.name, "dpdkvhostuserclient", f"options:vhost-server-path={path}")
    backends = [site.backend(f"wire{number}") for number in range(2)]
    wires = [backend.wires[0] for backend in backends]
    testpmd = site.testpmd(
        [site.port(backend.path, number) for number, backend in enumerate(backends)] +
        [site.port(path, number, server=int(mode == "server"), packed_vq=int(ring == "packed"))
         for number, path in enumerate(paths, 2)], memory=memory)
    for backend in backends:
        backend.wait_running()
    for port in (2, 3):
        wait_link(testpmd, "up", port)
        for kind in "rxq", "txq":
            path = testpmd.queue_info(kind, port)["Burst mode"]
            assert ("packed ring" in path) == (ring == "packed"), path
    with testpmd.forwarding(0, 2, 1, 3):
        exchange(wires)
        assert {host for _, host in ovs.learned()} >= set(HOSTS)
        assert len({port for port, host in ovs.learned() if host in HOSTS}) == 2
        if mode == "server":
            ovs.kill()
            for port in (2, 3):
                wait_link(testpmd, "down", port)
            ovs.start()
            for port in (2, 3):
                wait_link(testpmd, "up", port)
            exchange(wires)
    for backend in backends:
        backend.check()
    quit_all(testpmd)
