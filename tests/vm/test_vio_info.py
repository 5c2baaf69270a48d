# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""vio-info in a guest: one NIC with the kernel, lent to programs, in use, and back again."""
import json
import re

import pytest

from harness.waiting import wait_for

NIC = "kernel"
TARGET = {"uio": "uio_pci_generic", "vfio": "vfio-pci"}
MODULES = {"uio": ["uio_pci_generic"], "vfio": ["vfio-pci", "vfio_iommu_type1"]}


@pytest.fixture(name="info")
def vio_info(guest, build_folder):
    """Runs vio-info in the guest: exit status and what it writes."""
    def run(*arguments):
        process = guest.start(build_folder / "app/vio-info/vio-info", *arguments)
        try:
            wait_for(lambda: process.status() is not None, "vio-info to end")
        finally:
            process.close()
        return process.status(), process.output()
    return run


@pytest.fixture(name="describe")
def describe_nic(guest, info):
    """The JSON object of the NIC."""
    def run(*arguments, status=0):
        code, out = info("--json", *arguments, guest.address(NIC))
        assert code == status, out
        return json.loads(out)["functions"][0]
    return run


@pytest.fixture(name="interface")
def kernel_interface(guest):
    """The kernel has the NIC, with an interface that is down; so it is afterwards too."""
    for module in ["virtio_net", *MODULES["uio"]]:
        guest.run("modprobe", module)
    guest.bind("virtio-pci", NIC)
    name = guest.run("bash", "-c", f"ls {guest.sysfs(NIC)}/virtio*/net").strip()
    guest.run("ip", "link", "set", name, "down")
    yield name
    guest.bind("virtio-pci", NIC)


def test_info_with_the_kernel(guest, interface, describe):
    """What sysfs tells; the device is not touched."""
    before = guest.device(NIC).features("guest"), guest.device(NIC).status
    one = describe()
    assert (one["driver"], one["source"], one["kind"]) == ("virtio-pci", "kernel", "network card")
    assert one["interface"]["name"] == interface and not one["interface"]["up"]
    assert one["interface"]["mac"] == guest.mac(NIC) and one["interface"]["mtu"] == 9000
    assert one["interface_kind"] == "modern"
    assert set(one["capabilities"]) == {"common", "notify", "isr", "device", "pci_cfg"}
    assert one["msix"]["vectors"] >= 3
    assert {"MAC", "MRG_RXBUF", "MTU", "VERSION_1"} <= set(one["accepted_names"].split())
    assert "left alone" in describe("--registers", status=3)["remarks"][-1]
    assert (guest.device(NIC).features("guest"), guest.device(NIC).status) == before


def test_info_bind_refused_for_an_interface_in_use(guest, binding, interface, info, describe):
    """Up, with a default route, in a bridge: refused, and it goes on working."""
    for module in MODULES[binding]:
        guest.run("modprobe", module)

    def refused(words):
        code, out = info("--bind", TARGET[binding], guest.address(NIC))
        assert code == 1 and words in out, out
        assert describe()["interface"]["name"] == interface
    guest.run("ip", "link", "set", interface, "up")
    refused(f"{interface} is up")
    guest.run("ip", "route", "add", "default", "dev", interface)
    refused(f"{interface} carries the default route")
    guest.run("ip", "link", "set", interface, "down")  # takes the route away too


@pytest.mark.both
def test_info_bind_and_back(guest, binding, interface, info, describe):
    """To the driver that lends it, asked there, and back to the kernel."""
    for module in MODULES[binding]:
        guest.run("modprobe", module)
    address = guest.address(NIC)
    code, out = info("--bind", TARGET[binding], address)
    assert code == 0 and f"{address} is bound to {TARGET[binding]} now" in out, out
    one = describe()
    assert (one["driver"], one["source"], one["interface"]) == (TARGET[binding], None, None)
    assert (one["iommu_group"] is not None) == (binding == "vfio")
    before = guest.device(NIC).status
    one = describe("--registers")
    assert one["source"] == "device" and one["remarks"] == []
    if binding == "uio":  # VFIO resets a device for its user
        assert guest.device(NIC).status == before, "a device is asked, nothing of it is changed"
    names = {row["name"] for row in one["features"] if row["offered"] and row["name"]}
    assert names >= {"MTU", "SPEED_DUPLEX", "CTRL_VQ", "VERSION_1"}
    assert one["config"]["mac"] == guest.mac(NIC) and one["config"]["link_up"]
    assert (one["config"]["mtu"], one["config"]["speed_mbps"], one["config"]["duplex"]) == (
        9000, 10000, "full")
    assert one["queues"] == 3 and one["queue_sizes"][:2] == [256, 256]
    code, out = info("--bind", "kernel", address)
    assert code == 0 and f"{address} is bound to virtio-pci now" in out, out
    assert describe()["interface"]["mac"] == guest.mac(NIC)


def test_info_without_a_driver(guest, interface, describe, info):
    """Bound to nothing; the registers answer all the same."""
    guest.run("bash", "-c", f"echo {guest.address(NIC)} > {guest.sysfs(NIC)}/driver/unbind")
    assert describe()["driver"] is None
    assert "--registers asks the device" in info(guest.address(NIC))[1]
    one = describe("--registers")
    assert one["source"] == "device" and one["config"]["mac"] == guest.mac(NIC)


def test_info_leaves_a_program_s_device_alone(guest, binding, interface, info, describe,
                                              own_testpmd):
    """What vio-info foretells is what testpmd does then; meanwhile nobody gets at the device."""
    for module in MODULES[binding]:
        guest.run("modprobe", module)
    assert info("--bind", TARGET[binding], guest.address(NIC))[0] == 0
    told = describe("--registers")
    with own_testpmd([], [NIC]) as testpmd:
        log = testpmd.log
        assert re.search(r"features: (.*)$", log, re.MULTILINE)[1] == told["accepted_names"]
        for way in "rx", "tx":
            assert f"{way} path {told[way + '_path']['name']} (" in log
        features = guest.device(NIC).features("guest")
        remarks = describe("--registers", status=3)["remarks"]
        assert any("dpdk-testpmd (pid " in remark for remark in remarks), remarks
        code, out = info("--bind", "kernel", guest.address(NIC))
        assert code == 1 and "dpdk-testpmd (pid " in out, out
        assert guest.device(NIC).features("guest") == features
        testpmd.command("port stop 0")
        testpmd.command("port start 0")
        assert guest.device(NIC).features("guest") == features
        assert testpmd.quit() == 0
    assert guest.device(NIC).status == set()
