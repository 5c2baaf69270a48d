# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""vdev ports that come and go while testpmd runs; guests have the same for PCI devices."""
from harness.frames import carry, carry_both_ways, frames
from harness.native import open_files, quit_all

SIZES = range(60, 1519, 40)


def test_hotplug_vdev(site):
    first, second = site.backend("first"), site.backend("second")
    testpmd = site.testpmd([site.port(first.path)])
    first.wait_running()
    files = open_files(testpmd.process)
    for _ in range(3):
        said = testpmd.command(f"port attach {site.port(second.path, 1)}")
        assert "Port 1 is attached" in said, said
        testpmd.command("port start 1")
        second.wait_running()
        with testpmd.forwarding(0, 1):
            carry_both_ways(first.wires[0], second.wires[0], frames(SIZES))
        testpmd.command("port stop 1")
        said = testpmd.command("port detach 1")
        assert "Device is detached" in said, said
        assert open_files(testpmd.process) == files
        with testpmd.forwarding(0):
            carry(first.wires[0], first.wires[0], frames(SIZES))
    for backend in first, second:
        backend.check()
    quit_all(testpmd)
