# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Devices that have the legacy interface only: port I/O by each way there is to it."""
import pytest

from harness.frames import EVERY_SIZE
from harness.ports import Ports

NICS = "legacy0", "legacy1"  # the second has headers of 10 bytes: it does not merge buffers
LIVE = {"ACKNOWLEDGE", "DRIVER", "DRIVER_OK"}
SOME_SIZES = range(60, 1519, 31)


def check_life(ports):
    """From the start of a testpmd whose rings were to have 512 descriptors."""
    testpmd, guest = ports.testpmd, ports.guest
    for nic in NICS:
        assert f"{guest.address(nic)}: using the legacy interface" in testpmd.log
        assert guest.device(nic).status == LIVE
        offered, accepted = (guest.device(nic).features(side) for side in ("host", "guest"))
        assert accepted and accepted <= offered
        assert testpmd.queue_info("rxq", ports.number(nic))["Number of RXDs"] == "256"
        assert testpmd.port_info(ports.number(nic))["MAC address"].lower() == guest.mac(nic)
    assert "a ring of 512 descriptors is not to be had" in testpmd.log
    modes = [testpmd.queue_info("rxq", ports.number(nic))["Burst mode"] for nic in NICS]
    assert "virtio_recv_mergeable_pkts" in modes[0]
    assert "virtio_recv_pkts_offload" in modes[1]
    ports.check_forwarding(*NICS, EVERY_SIZE)
    testpmd.restart_ports(*(ports.number(nic) for nic in NICS))
    ports.check_forwarding(*NICS, SOME_SIZES)
    for nic in NICS:
        assert not guest.device(nic).broken


# Past an IOMMU a device sees physical addresses.
EAL = {"uio": [], "vfio": ["--iova-mode=pa"]}


def test_legacy_devices(start_testpmd, binding):
    check_life(start_testpmd(*NICS, eal=EAL[binding], options=["--rxd=512", "--txd=512"]))


@pytest.mark.both
@pytest.mark.parametrize("binding", ["vfio"], indirect=True)
def test_device_past_the_iommu_gets_no_virtual_addresses(guest, own_testpmd):
    """It would use them as physical ones: it is refused before it is shown any."""
    nics = "plain0", "legacy0"
    with own_testpmd(nics, nics) as testpmd:
        assert (f"{guest.address('legacy0')}: the device addresses memory physically: start with "
                "--iova-mode=pa, or ") in testpmd.log
        assert testpmd.log.count("Configuring Port") == 1
        assert testpmd.port_info(0)["Device name"] == guest.address("plain0")
        assert testpmd.quit() == 0
    assert "DRIVER_OK" not in guest.device("legacy0").status


@pytest.mark.parametrize("binding", ["uio"], indirect=True)
def test_legacy_devices_without_a_uio_module(guest, keeper, plugin):
    keeper.stub(NICS)
    with guest.testpmd(plugin, NICS, options=["--rxd=512", "--txd=512"]) as testpmd:
        check_life(Ports(guest, testpmd, NICS))
        assert testpmd.quit() == 0
    for nic in NICS:
        assert guest.device(nic).status == set()
        # neither ports nor memory
        command = guest.run("setpci", "-s", guest.address(nic), "COMMAND", check=False)
        assert int(command, 16) & 4 == 0


@pytest.mark.parametrize("binding", ["uio"], indirect=True)
def test_transitional_device_without_a_uio_module(guest, keeper, plugin):
    """Its modern interface is in memory that nobody maps; ports need no map."""
    nics = "plain0", "plain1"
    keeper.stub(nics)
    with guest.testpmd(plugin, nics) as testpmd:
        for nic in nics:
            assert f"{guest.address(nic)}: using the legacy interface" in testpmd.log
        Ports(guest, testpmd, nics).check_forwarding(*nics, SOME_SIZES)
        assert testpmd.quit() == 0


@pytest.mark.parametrize("binding", ["uio"], indirect=True)
def test_modern_device_without_a_uio_module_is_left_alone(guest, keeper, plugin):
    keeper.stub(["modern"])
    with guest.testpmd(plugin, ["modern"]) as testpmd:
        assert f"{guest.address('modern')}: held by pci-stub, and without I/O ports that may be used, left" in testpmd.log
        assert "No probed ethernet devices" in testpmd.log
