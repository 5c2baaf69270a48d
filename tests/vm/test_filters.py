# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What the control queue of a device is told through testpmd, seen from the other end of the cable:
receive modes, addresses, VLANs, announcements; and what a port keeps over stops and resets.
"""
import contextlib

import pytest

from harness.frames import BROADCAST, STRANGER, frame, mac
from harness.packets import tagged
from harness.waiting import FRAME, wait_for

MULTICAST = "01:00:5e:00:00:fb"
OTHER_MAC = "02:00:00:00:12:34"
TABLE = 64  # addresses of a kind that a device tells apart
RARP = b"\x80\x35"
ROUNDS = 4  # of an announcement

LAYOUTS = [pytest.param(("plain0", "plain1"), id="split"),
           pytest.param(("packed0", "packed1"), id="packed")]


def nth(number, multicast=False):
    """An address; no two numbers have the same."""
    return f"{'03' if multicast else '02'}:00:00:00:77:{number:02x}"


class Filtered:
    """A port that filters, and the port that sends out what that one takes."""

    def __init__(self, ports, one, other):
        self.ports = ports
        self.names = one, other
        self.number = ports.number(one)
        self.mac = ports.guest.mac(one)
        self.device = ports.guest.device(one)

    def command(self, *lines):
        """Types commands for the port, N in them being its number; returns what testpmd says."""
        typed = "\n".join(line.replace("N", str(self.number)) for line in lines)
        return self.ports.testpmd.command(typed)

    def takes(self, to):
        """Does the port take a frame to this address?"""
        return self.ports.arrives(*self.names, frame(200, 1, to))

    def takes_vlan(self, vlan):
        """Does it take a frame to itself with that VLAN's tag?"""
        return self.ports.arrives(*self.names, tagged(frame(200, 1, self.mac), vlan))

    def restart(self):
        """Stops the port and starts it."""
        self.command("stop", "port stop N", "port start N", "start")


@pytest.fixture(name="filtered", params=LAYOUTS)
def fixture_filtered(ports, request):
    """A port neither promiscuous nor all-multicast, forwarding."""
    port = Filtered(ports, *request.param)
    port.command("set promisc N off", "set allmulti N off")
    with ports.forwarding(*request.param):
        yield port
    port.command("set promisc N on")


def test_promiscuous_off_filters(filtered):
    assert filtered.takes(filtered.mac)
    assert filtered.takes(BROADCAST)
    assert not filtered.takes(STRANGER)
    assert not filtered.takes(MULTICAST)


def test_promiscuous_and_allmulticast_switch_while_forwarding(filtered):
    def info(mode):
        return filtered.ports.testpmd.port_info(filtered.number)[f"{mode} mode"]

    filtered.command("set allmulti N on")
    assert filtered.takes(MULTICAST) and not filtered.takes(STRANGER)
    assert info("Allmulticast") == "enabled"
    filtered.command("set allmulti N off")
    assert not filtered.takes(MULTICAST)
    filtered.command("set promisc N on")
    assert filtered.takes(MULTICAST) and filtered.takes(STRANGER)
    assert info("Promiscuous") == "enabled"
    filtered.command("set promisc N off")
    assert not filtered.takes(STRANGER)


def test_filters_survive_stop_and_start(filtered):
    """A reset device is promiscuous; the start has to tell it."""
    filtered.command(f"mac_addr add N {OTHER_MAC}", f"mcast_addr add N {MULTICAST}")
    try:
        filtered.restart()
        assert filtered.takes(filtered.mac)
        assert filtered.takes(OTHER_MAC) and filtered.takes(MULTICAST)
        assert not filtered.takes(STRANGER) and not filtered.takes(nth(0, multicast=True))
    finally:
        filtered.command(f"mac_addr remove N {OTHER_MAC}", f"mcast_addr remove N {MULTICAST}")


@contextlib.contextmanager
def other_address(port):
    """The port has another default address meanwhile."""
    port.command(f"mac_addr set N {OTHER_MAC}")
    try:
        yield
    finally:
        port.command(f"mac_addr set N {port.mac}")


def test_mac_address_set(filtered):
    with other_address(filtered):
        shown = filtered.ports.testpmd.port_info(filtered.number)["MAC address"]
        assert shown.lower() == OTHER_MAC
        assert filtered.takes(OTHER_MAC)
        assert not filtered.takes(filtered.mac)
        filtered.restart()
        assert filtered.takes(OTHER_MAC)


def test_further_addresses(filtered):
    for kind, address in ("mac", STRANGER), ("mcast", MULTICAST):
        assert not filtered.takes(address)
        filtered.command(f"{kind}_addr add N {address}")
        assert filtered.takes(address) and filtered.takes(filtered.mac)
        filtered.command(f"{kind}_addr remove N {address}")
        assert not filtered.takes(address)


@pytest.mark.parametrize("kind", ["mac", "mcast"])
def test_more_addresses_than_the_device_s_table(filtered, kind):
    """One too many, and the port takes all of that kind; one less, and it filters again."""
    multicast = kind == "mcast"
    some = [nth(number, multicast) for number in range(TABLE + 1)]
    unknown = nth(200, multicast)
    said = len(filtered.ports.testpmd.log)
    try:
        filtered.command(*(f"{kind}_addr add N {address}" for address in some[:TABLE]))
        assert filtered.takes(some[0]) and filtered.takes(some[TABLE - 1])
        assert not filtered.takes(unknown)
        assert f"more than {TABLE}" not in filtered.ports.testpmd.log[said:]
        filtered.command(f"{kind}_addr add N {some[TABLE]}")
        assert filtered.takes(some[TABLE]) and filtered.takes(some[0]) and filtered.takes(unknown)
        assert (f"more than {TABLE} {'multi' if multicast else 'uni'}cast addresses"
                in filtered.ports.testpmd.log[said:])
        filtered.command(f"{kind}_addr remove N {some[TABLE]}")
        assert not filtered.takes(unknown) and filtered.takes(some[TABLE - 1])
    finally:
        filtered.command(*(f"{kind}_addr remove N {address}" for address in some))
    assert not filtered.takes(some[0])


def test_vlan_filter(filtered):
    """A VLAN that is not in the list does not arrive; nor does it after a stop and a start."""
    filtered.command("vlan set filter on N", "rx_vlan add 42 N")
    try:
        assert filtered.takes(filtered.mac)
        assert filtered.takes_vlan(42) and not filtered.takes_vlan(43)
        filtered.command("rx_vlan add 43 N", "rx_vlan rm 42 N")
        assert filtered.takes_vlan(43) and not filtered.takes_vlan(42)
        filtered.restart()
        assert filtered.takes_vlan(43) and not filtered.takes_vlan(42)
        # Not by promiscuous mode's leave: that one still filters addresses.
        assert not filtered.takes(STRANGER)
    finally:
        filtered.command("rx_vlan rm 43 N", "vlan set filter off N")
    assert filtered.takes_vlan(42)


def rarps_from(wire, address, count):
    """Waits for that many announcements of an address."""
    came = 0
    while came < count:
        got = wire.receive(FRAME)
        assert got is not None, f"{came} of {count} announcements came"
        came += got[12:14] == RARP and got[6:12] == mac(address) and got[:6] == mac(BROADCAST)


def test_announcement_that_the_device_asks_for(filtered):
    """As after a migration. (QEMU announces the address that it knows, the port the one it has.)"""
    ports, testpmd = filtered.ports, filtered.ports.testpmd
    neighbour = ports.number(filtered.names[1])
    sent = testpmd.stats(neighbour)["TX-packets"]
    before = testpmd.xstats(filtered.number)
    with other_address(filtered):
        ports.guest.announce()
        rarps_from(ports.wire(filtered.names[0]), OTHER_MAC, ROUNDS)
        after = testpmd.xstats(filtered.number)
    assert after["announcements"] == before["announcements"] + 1
    # The device has taken the answer: it does not ask again.
    assert after["ctrl_refused"] == before["ctrl_refused"]
    assert "goes on asking for an announcement" not in testpmd.log
    # Every NIC was asked.
    wait_for(lambda: testpmd.stats(neighbour)["TX-packets"] >= sent + ROUNDS, "the neighbour")
    for name in filtered.names:
        ports.wire(name).drain()
    assert filtered.takes(filtered.mac)


def test_link_down_and_up_by_command(filtered):
    """What is down has let go of its device."""
    def link():
        return filtered.ports.testpmd.port_info(filtered.number)["Link status"]

    filtered.command("stop", "set link-down port N", "start")
    assert link() == "down" and filtered.device.status == set()
    filtered.command("stop", "set link-up port N", "start")
    assert link() == "up" and "DRIVER_OK" in filtered.device.status
    assert filtered.takes(filtered.mac) and not filtered.takes(STRANGER)


def test_port_reset(filtered):
    """rte_eth_dev_reset(): the port is there again, with its filters, and its counters begin anew."""
    assert filtered.takes(filtered.mac)
    said = filtered.command("stop", "port stop N", "port reset N")
    assert "rror" not in said and "ail" not in said, said
    assert filtered.device.status == set()
    filtered.command("port start N", "set promisc N off", "set allmulti N off", "start")
    wait_for(lambda: "DRIVER_OK" in filtered.device.status, "the port to start")
    assert filtered.takes(filtered.mac) and not filtered.takes(STRANGER)
