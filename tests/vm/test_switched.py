# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""examples/vswitch in a guest: a switch between virtio-net PCI devices of both layouts.

    wire == QEMU == virtio-net PCI == net_vio [vswitch] net_vio == virtio-net PCI == QEMU == wire
"""
import json
import signal

import pytest

from harness.frames import BROADCAST, ETHERTYPE, carry, frame, mac
from harness.vswitch import program
from harness.waiting import SILENCE, wait_for

NICS = "plain0", "single0", "packed0"
HOSTS = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:0c"
SIZES = range(60, 1515, 29)
CONTROL = "/run/vswitch.sock"

pytestmark = pytest.mark.parametrize("binding", ["uio"], indirect=True)


def sent_by(host, to, size=60):
    """A frame of a host; to: another one, or an address."""
    target = to if isinstance(to, str) else HOSTS[to]
    return mac(target) + mac(HOSTS[host]) + ETHERTYPE + frame(size, host)[14:]


@pytest.fixture(name="switch")
def fixture_switch(keeper, guest, plugin):
    """vswitch with NICS, which has to end well. Gives a function that is vswitchctl --json."""
    keeper.end_testpmd()
    keeper.bind(NICS)
    allowed = [word for nic in NICS for word in ("-a", guest.address(nic))]
    process = guest.start(program("vswitch"), "-l", "0,1", "-m", "256", "-d", plugin, *allowed,
                          "--", "--socket", CONTROL, "--mbufs", "8192")
    try:
        wait_for(lambda: process.status() is not None or "ready, " in process.output(),
                 "vswitch to be ready")
        assert process.status() is None, process.output()
        yield lambda *words: json.loads(guest.run(program("vswitchctl"), "--socket", CONTROL,
                                                  "--json", *words))
        process.signal(signal.SIGTERM)
        wait_for(lambda: process.status() is not None, "vswitch to end")
        assert process.status() == 0, process.output()
    except BaseException:
        print("vswitch wrote:", process.output(), sep="\n")
        raise
    finally:
        process.close()


def test_vswitch_between_pci_devices(guest, switch):
    """Floods, learns, counts; a device leaves and comes back while it runs."""
    wires = [guest.wires[nic] for nic in NICS]
    ports = [guest.address(nic) for nic in NICS]
    wait_for(lambda: all(port["link"] == "up" for port in switch("ports")["ports"]), "links")
    for wire in wires:
        wire.drain()
    for host in range(3):
        everyone = sent_by(host, BROADCAST)
        wires[host].send(everyone)
        for other in {0, 1, 2} - {host}:
            assert wires[other].receive() == everyone
    for host, other in (0, 1), (1, 2), (2, 0):
        carry(wires[host], wires[other], [sent_by(host, other, size) for size in SIZES])
        assert wires[3 - host - other].receive(SILENCE) is None
    learned = {entry["mac"]: entry["port"] for entry in switch("fdb")["fdb"]}
    assert learned == dict(zip(HOSTS, ports))
    for counters in switch("stats")["stats"]:
        assert counters["rx_packets"] == 1 + len(SIZES)
        assert counters["tx_packets"] == 2 + len(SIZES)
        assert not any(counters["drops"].values()), counters
    switch("del-port", ports[2])
    assert {port["port"] for port in switch("ports")["ports"]} == set(ports[:2])
    switch("add-port", ports[2])
    wait_for(lambda: all(port["link"] == "up" for port in switch("ports")["ports"]), "links")
    carry(wires[0], wires[2], [sent_by(0, 2)])
    assert wires[1].receive() == sent_by(0, 2), "the address is forgotten with its port"
