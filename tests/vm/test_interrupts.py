# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Interrupts of PCI devices: the link's over MSI-X and INTx, and those of receive queues."""
import pytest

from harness.frames import carry_both_ways, frames
from harness.sleeper import PROGRAM, Sleeper
from harness.waiting import wait_for

ALONE = range(60, 1519, 12)   # one by one, so that there is a sleep before nearly each of them
BATCHES = range(60, 1519, 6)
PAST_IOMMU = ["--iova-mode=pa"]  # for legacy devices


def rx_sleep(keeper, guest, plugin, nics, eal=()):
    """Starts rx-sleep, or what comes of it."""
    keeper.end_testpmd()
    keeper.bind(nics)
    allowed = [word for nic in nics for word in ("-a", guest.address(nic))]
    return guest.start("stdbuf", "-oL", PROGRAM, "-l", "0,1", "-d", plugin, *allowed, *eal,
                       "--", "1")


@pytest.mark.parametrize("nics, eal", [
    pytest.param(("plain0", "plain1"), (), id="split"),
    pytest.param(("packed0", "packed1"), (), id="packed"),
    pytest.param(("sparse0", "jumbo0"), (), id="without_event_index"),
    pytest.param(("legacy0", "legacy1"), PAST_IOMMU, id="legacy"),
])
@pytest.mark.both
@pytest.mark.parametrize("binding", ["vfio"], indirect=True)
def test_rx_sleep_loses_nothing(keeper, guest, plugin, nics, eal):
    process = rx_sleep(keeper, guest, plugin, nics, eal)
    try:
        sleeper = Sleeper(process)
        wires = [guest.wires[nic] for nic in nics]
        for wire in wires:
            wire.drain()
        for sizes, window in (ALONE, 1), (BATCHES, 32):
            carry_both_ways(*wires, frames(sizes), window)
        sleeps, packets = sleeper.end()
        assert packets >= 2 * (len(ALONE) + len(BATCHES))
        assert sleeps > 1
    finally:
        process.close()


@pytest.mark.parametrize("binding, nic, words", [
    pytest.param("uio", "plain0", "there are no receive interrupts here", id="uio"),
    pytest.param("vfio", "large", "there are no receive interrupts here", id="without_msix"),
    pytest.param("vfio", "single1", "take 2 MSI-X vectors, the device has 1", id="one_vector"),
], indirect=["binding"])
@pytest.mark.both
def test_rx_interrupts_that_are_not_to_be_had(keeper, guest, plugin, nic, words):
    process = rx_sleep(keeper, guest, plugin, [nic])
    try:
        wait_for(lambda: process.status() is not None, "rx-sleep to give up")
        assert process.status() == 1
        assert words in process.output()
    finally:
        process.close()


def check_link(ports, nic, interrupts=True):
    """testpmd is told of each change and asks for nothing, whether the device interrupts or not."""
    port, device, testpmd = ports.number(nic), ports.guest.device(nic), ports.testpmd
    event = f"Port {port}: link state change event"
    told, interrupted = testpmd.log.count(event), testpmd.xstats(port)["config_interrupts"]
    try:
        for turn, up in enumerate((False, True, False, True), 1):
            device.set_link(up)
            wait_for(lambda t=turn: testpmd.log.count(event) >= told + t,
                     f"testpmd to hear of change {turn} of {nic}'s link")
            assert testpmd.port_info(port)["Link status"] == ("up" if up else "down")
    finally:
        device.set_link(True)
    interrupted = testpmd.xstats(port)["config_interrupts"] - interrupted
    assert interrupted >= 4 if interrupts else interrupted == 0


@pytest.mark.parametrize("nic", ["plain0", "packed0", "single1"])
def test_link_interrupt(ports, nic):
    """INTx, or MSI-X; the last one has a single vector."""
    check_link(ports, nic)


def test_link_interrupt_without_msix(ports, binding):
    """DPDK takes what is bound to vfio-pci for a device with MSI-X: there its link is looked at."""
    check_link(ports, "large", interrupts=binding == "uio")


@pytest.mark.both
@pytest.mark.parametrize("binding", ["vfio"], indirect=True)
@pytest.mark.parametrize("nic", ["plain0", "large"])
def test_link_interrupt_by_intx_over_vfio(start_testpmd, nic):
    check_link(start_testpmd("plain0", "large", eal=["--vfio-intr=legacy"]), nic)


@pytest.mark.both
def test_link_interrupt_of_legacy_devices(start_testpmd, binding):
    """With MSI-X the configuration, of which the link is part, moves."""
    nics = "legacy0", "legacy1"
    ports = start_testpmd(*nics, eal=PAST_IOMMU if binding == "vfio" else [],
                          options=["--rxd=512", "--txd=512"])
    for nic in nics:
        check_link(ports, nic)
    ports.check_forwarding(*nics, ALONE)
