# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Which devices are taken, which are left alone, and what is said about it."""
import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from harness.frames import BROADCAST, frames, carry_both_ways
from harness.waiting import FRAME

HOST_MAC = "02:00:00:00:00:fe"
HOST_IP = "198.51.100.1"
GUEST_IP = "198.51.100.2"


def ask(wire, question, is_answer):
    """Sends a frame into the kernel's interface and waits for the answer among other frames."""
    wire.send(bytes(question))
    for _ in range(100):
        got = wire.receive(FRAME)
        assert got is not None, f"the kernel's interface did not answer {question.summary()}"
        if is_answer(Ether(got)):
            return Ether(got)
    raise AssertionError(f"100 frames, but none answers {question.summary()}")


def check_kernel_interface(wire, mac, number):
    """ARP and ping, with the host as the neighbour."""
    answer = ask(wire, Ether(src=HOST_MAC, dst=BROADCAST) /
                 ARP(op="who-has", hwsrc=HOST_MAC, psrc=HOST_IP, pdst=GUEST_IP),
                 lambda frame: ARP in frame and frame[ARP].op == 2)
    assert answer[ARP].hwsrc == mac
    payload = frames([200 + number])[0]
    answer = ask(wire, Ether(src=HOST_MAC, dst=mac) / IP(src=HOST_IP, dst=GUEST_IP) /
                 ICMP(type="echo-request", id=7, seq=number) / Raw(payload),
                 lambda frame: ICMP in frame and frame[ICMP].type == 0 and
                 frame[ICMP].seq == number)
    assert bytes(answer[ICMP].payload) == payload


@pytest.mark.both
def test_device_held_by_the_kernel_is_left_alone(guest, own_testpmd):
    """testpmd probes every device; the kernel's interface works before, meanwhile and after."""
    guest.run("modprobe", "virtio_net")
    interface = guest.run("bash", "-c", f"ls {guest.sysfs('kernel')}/virtio*/net").strip()
    guest.run("sysctl", "-w", f"net.ipv6.conf.{interface}.disable_ipv6=1")
    guest.run("ip", "address", "replace", f"{GUEST_IP}/24", "dev", interface)
    guest.run("ip", "link", "set", interface, "up")
    wire, mac = guest.wires["kernel"], guest.mac("kernel")
    check_kernel_interface(wire, mac, 1)
    before = guest.device("kernel").features("guest")

    with own_testpmd(["plain0", "plain1"], []) as testpmd:
        assert (f"{guest.address('kernel')}: in use by a kernel driver, left alone; bind it to "
                "vfio-pci or uio_pci_generic to use it") in testpmd.log
        names = [testpmd.port_info(port)["Device name"]
                 for port in range(testpmd.log.count("Configuring Port"))]
        assert {guest.address("plain0"), guest.address("plain1")} <= set(names)
        assert guest.address("kernel") not in names
        check_kernel_interface(wire, mac, 2)
        ports = names.index(guest.address("plain0")), names.index(guest.address("plain1"))
        with testpmd.forwarding(*ports):
            wires = guest.wires["plain0"], guest.wires["plain1"]
            for one in wires:
                one.drain()
            carry_both_ways(*wires, frames([64, 500, 1518]))
            check_kernel_interface(wire, mac, 3)
        assert testpmd.quit() == 0
    check_kernel_interface(wire, mac, 4)
    assert guest.device("kernel").features("guest") == before


@pytest.mark.parametrize("devargs, words", [
    pytest.param("mrg_rxbufs=0", "device argument mrg_rxbufs is not known", id="unknown"),
    pytest.param("mrg_rxbuf=2", "device argument mrg_rxbuf=2: give 0 or 1", id="not_a_bool"),
])
def test_wrong_devarg_is_named(guest, own_testpmd, devargs, words):
    before = guest.device("plain0").status
    with own_testpmd(["plain0"], ["plain0"], devargs=devargs) as testpmd:
        assert words in testpmd.log
        assert "No probed ethernet devices" in testpmd.log
    assert guest.device("plain0").status == before
