# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The device's view of the driver, and what is left after it."""
import signal

from harness.frames import frames
from harness.waiting import wait_for

LIVE = {"ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"}
SOME_SIZES = range(60, 1519, 61)


def test_conf_04_device_status_over_a_port_s_life(ports):
    device, port = ports.guest.device("plain0"), ports.number("plain0")
    assert device.status == LIVE
    ports.testpmd.command(f"port stop {port}")
    assert device.status == set()
    ports.testpmd.command(f"port start {port}")
    assert device.status == LIVE
    assert not device.broken


def test_conf_02_features_accepted_were_offered(ports):
    for nic in "plain0", "single0", "jumbo0", "sparse0", "modern":
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


def test_conf_05_stop_gives_every_mbuf_back(ports):
    testpmd = ports.testpmd
    for _ in range(3):
        ports.check_forwarding("plain0", "plain1", SOME_SIZES)
        with ports.forwarding("plain0", "plain1") as (source, _):
            for frame in frames(SOME_SIZES):
                source.send(frame)
        free, every = testpmd.free_mbufs()
        assert free < every - 256, "the receive rings hold mbufs"
        testpmd.command("port stop all")
        free, every = testpmd.free_mbufs()
        testpmd.command("port start all")
        assert free == every


def test_conf_05_quit_resets_the_device(start_testpmd):
    ports = start_testpmd("plain0", "plain1", options=["--auto-start"])
    device = ports.guest.device("plain0")
    assert device.status == LIVE
    for frame in frames(SOME_SIZES):
        ports.wire("plain0").send(frame)
    assert ports.testpmd.quit() == 0
    assert device.status == set() and not device.broken


def test_start_after_a_crash(start_testpmd):
    """A testpmd that was killed in full run leaves a live device; the next one takes it over."""
    ports = start_testpmd("plain0", "plain1", options=["--auto-start", "--burst=16"])
    ports.testpmd.process.signal(signal.SIGKILL)
    wait_for(lambda: ports.testpmd.process.status() is not None, "testpmd to die")
    again = start_testpmd("plain0", "plain1", options=["--burst=16"])
    again.check_forwarding("plain0", "plain1", SOME_SIZES)
