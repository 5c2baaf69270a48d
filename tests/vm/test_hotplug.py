# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""NICs that come and go: attached and detached while testpmd runs."""
import pytest

from harness.frames import carry_both_ways, frames
from harness.guest import HOT, HOT_ADDRESS

pytestmark = pytest.mark.both

SIZES = range(60, 1519, 31)
DRIVER = {"uio": "uio_pci_generic", "vfio": "vfio-pci"}
IOMMU = {"iommu_platform": True, "ats": True, "disable-legacy": "on"}


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
