# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The device's view of the driver, and what is left after it."""
import signal

import pytest

from harness.frames import frames
from harness.waiting import wait_for

LIVE = {"ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"}
BUS_MASTER = 4  # in the PCI command register
SOME_SIZES = range(60, 1519, 61)
EACH_LAYOUT = pytest.mark.parametrize("one, other", [
    pytest.param("plain0", "plain1", id="split"),
    pytest.param("packed0", "packed1", id="packed"),
])


def test_conf_04_device_status_over_a_port_s_life(ports):
    device, port = ports.guest.device("plain0"), ports.number("plain0")
    assert device.status == LIVE
    ports.testpmd.command(f"port stop {port}")
    assert device.status == set()
    ports.testpmd.command(f"port start {port}")
    assert device.status == LIVE
    assert not device.broken


def test_conf_02_features_accepted_were_offered(ports):
    for nic in "plain0", "single0", "jumbo0", "sparse0", "modern", "packed0":
        device = ports.guest.device(nic)
        offered, accepted = device.features("host"), device.features("guest")
        assert accepted and accepted <= offered, f"{nic}: {accepted - offered}"
        assert any("VERSION_1" in feature for feature in accepted)


def test_conf_09_transitional_and_modern_device_ids(ports):
    ids = {nic: ports.guest.run("cat", f"{ports.guest.sysfs(nic)}/device")
           for nic in ("plain0", "modern")}
    assert ids["modern"].strip() == "0x1041"
    # With a virtual IOMMU every device is a modern one.
    assert ids["plain0"].strip() in ("0x1000", "0x1041")
    for nic in ids:
        assert ports.testpmd.port_info(ports.number(nic))["Driver name"] == "net_vio"
    ports.check_forwarding("plain0", "modern", SOME_SIZES)


@EACH_LAYOUT
def test_conf_05_stop_gives_every_mbuf_back(ports, one, other):
    testpmd = ports.testpmd
    for _ in range(3):
        ports.check_forwarding(one, other, SOME_SIZES)
        with ports.forwarding(one, other) as (source, _):
            for frame in frames(SOME_SIZES):
                source.send(frame)
        free, every = testpmd.free_mbufs()
        assert free < every - 256, "the receive rings hold mbufs"
        testpmd.command("port stop all")
        free, every = testpmd.free_mbufs()
        testpmd.command("port start all")
        assert free == every


@pytest.mark.both
def test_conf_05_quit_resets_the_device(start_testpmd):
    """Nothing is written afterwards: an IOMMU without maps would have the kernel complain."""
    nics = "plain0", "plain1", "packed0", "packed1"
    ports = start_testpmd(*nics, options=["--auto-start"])
    devices = [ports.guest.device(nic) for nic in nics]
    for nic, device in zip(nics, devices):
        assert device.status == LIVE
        for frame in frames(SOME_SIZES):
            ports.wire(nic).send(frame)
    assert ports.testpmd.quit() == 0
    for nic, device in zip(nics, devices):
        assert device.status == set() and not device.broken
        command = ports.guest.run("setpci", "-s", ports.guest.address(nic), "COMMAND")
        assert int(command, 16) & BUS_MASTER == 0
    for nic in nics:
        for frame in frames(SOME_SIZES):
            ports.wire(nic).try_send(frame)
    ports.guest.check_kernel()


@pytest.mark.both
def test_start_after_a_crash(start_testpmd):
    """A testpmd that was killed in full run leaves a live device; the next one takes it over."""
    nics = "plain0", "plain1", "packed0", "packed1"
    ports = start_testpmd(*nics, options=["--auto-start", "--burst=16"])
    ports.testpmd.process.signal(signal.SIGKILL)
    wait_for(lambda: ports.testpmd.process.status() is not None, "testpmd to die")
    again = start_testpmd(*nics, options=["--burst=16"])
    again.check_forwarding("plain0", "plain1", SOME_SIZES)
    again.check_forwarding("packed0", "packed1", SOME_SIZES)
