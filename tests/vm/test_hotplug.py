# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""NICs that come and go: attached, detached and pulled out while testpmd runs and packets move."""
import pytest

from harness.frames import carry, carry_both_ways, frames
from harness.guest import HOT, HOT_ADDRESS
from harness.waiting import wait_for

pytestmark = pytest.mark.both

SIZES = range(60, 1519, 31)
DRIVER = {"uio": "uio_pci_generic", "vfio": "vfio-pci"}
IOMMU = {"iommu_platform": True, "ats": True, "disable-legacy": "on"}
REMOVAL = "Port 1: device removal event"


@pytest.fixture(name="hot")
def fixture_hot(guest, binding):
    """A function that plugs in a NIC that suits the binding: a context with its wire."""
    def plug():
        return guest.hot_nic(**(IOMMU if binding == "vfio" else {}))
    return plug


def attach(testpmd):
    """The NIC becomes port 1, and starts."""
    said = testpmd.command(f"port attach {HOT_ADDRESS}")
    assert "Port 1 is attached" in said, said
    said = testpmd.command("port start 1")
    assert "Fail" not in said, said


def check(guest, testpmd, sizes=SIZES):
    """Frames from one port to the other and back."""
    with testpmd.forwarding(0, 1):
        wires = guest.wires["plain0"], guest.wires[HOT]
        for wire in wires:
            wire.drain()
        carry_both_ways(*wires, frames(sizes))


def still_moving(wires):
    """Makes room for what testpmd sends, so that it goes on."""
    for wire in wires:
        for _ in range(256):
            if wire.receive(0) is None:
                break
    return True


def test_hotplug_attach_and_detach(guest, hot, binding, own_testpmd):
    """rte_dev_probe() and rte_dev_remove(), several times, then the NIC goes for good."""
    with hot(), own_testpmd(["plain0"], ["plain0"]) as testpmd:
        guest.bind(DRIVER[binding], HOT)
        for _ in range(3):
            attach(testpmd)
            assert testpmd.port_info(1)["MAC address"].lower() == guest.mac(HOT)
            check(guest, testpmd)
            testpmd.command("port stop 1")
            said = testpmd.command("port detach 1")
            assert "is detached" in said, said
            assert guest.device(HOT).status == set()
        guest.pull_out()
        assert testpmd.quit() == 0


def test_hotplug_pulled_out_while_packets_move(guest, hot, binding, own_testpmd):
    """The application is told, gives the port up, goes on with the others; then a NIC comes again.

    Over vfio-pci the kernel waits until the device was given up: it is EAL that tells of its wish.
    Over uio_pci_generic it is just gone, and registers read as all ones.
    """
    options = ["--hot-plug"] if binding == "vfio" else []
    with own_testpmd(["plain0"], ["plain0"], options=options) as testpmd:
        for turn in range(1, 3):
            with hot() as wire:
                guest.bind(DRIVER[binding], HOT)
                attach(testpmd)
                check(guest, testpmd)
                testpmd.command("set fwd txonly")
                testpmd.command("start")
                wires = guest.wires["plain0"], wire
                guest.ask_back()
                wait_for(lambda: still_moving(wires) and
                         testpmd.log.count("Device is detached") == turn,
                         "testpmd to give the port up")
            testpmd.command("stop")
            if binding == "uio":
                assert testpmd.log.count(REMOVAL) == turn
                assert testpmd.log.count("the device is gone; close the port") == turn
            assert "Failed to detach" not in testpmd.log
            with testpmd.forwarding(0):
                guest.wires["plain0"].drain()
                carry(guest.wires["plain0"], guest.wires["plain0"], frames(SIZES))
        assert testpmd.quit() == 0
