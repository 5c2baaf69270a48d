# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The kernel's network on both sides of a guest, in network namespaces of this test run.

    host a == veth == router a == TAP == [guest] == TAP == router b == veth == host b

The routers pass on what the guest sends them. Towards the hosts they have no transmit offload: a
large frame is cut by the kernel there, sums are made complete, and a host believes no other.
Nothing is asked by ARP or neighbour discovery across the guest: all neighbours are known.
"""
import contextlib
import ctypes
import os
import socket
import struct
import subprocess
from collections import namedtuple
from pathlib import Path

from .interface import SOL_PACKET, Interface
from .waiting import COMMAND, wait_for

PACKET_VNET_HDR = 15  # <linux/if_packet.h>
CLONE_NEWNET = 0x40000000  # <linux/sched.h>
ETH_P_ALL = 3
SO_NO_CHECK = 11  # <asm-generic/socket.h>

SIDES = "a", "b"
HOST = {"a": ("198.51.100.2", "2001:db8:a::2"), "b": ("203.0.113.2", "2001:db8:b::2")}
GATEWAY = {"a": ("198.51.100.1", "2001:db8:a::1"), "b": ("203.0.113.1", "2001:db8:b::1")}
NET = {"a": ("198.51.100.0/24", "2001:db8:a::/64"), "b": ("203.0.113.0/24", "2001:db8:b::/64")}
ROUTER = {"a": ("192.0.2.1", "2001:db8:f::1"), "b": ("192.0.2.2", "2001:db8:f::2")}
VETH = "cable"

_libc = ctypes.CDLL(None, use_errno=True)


def other(side):
    """The side across."""
    return "b" if side == "a" else "a"


def missing():
    """Why there can be no such network here; None: there can."""
    if os.geteuid() != 0:
        return "network namespaces and TAPs need root"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "TAPs need /dev/net/tun"
    return None


def run(*command):
    """Runs a program of the host to its end."""
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, timeout=COMMAND)
    assert done.returncode == 0, f"'{' '.join(map(str, command))}': {done.stdout}"
    return done.stdout


class Namespace:
    """A network namespace with nothing in it but lo; nothing in it speaks unasked."""

    def __init__(self, name):
        self.name = name
        run("ip", "netns", "add", name)
        self.sysctl("ipv4/ip_forward", 1)
        self.sysctl("ipv6/conf/all/forwarding", 1)
        for kind in "all", "default":
            self.sysctl(f"ipv4/conf/{kind}/rp_filter", 0)
            self.sysctl(f"ipv4/conf/{kind}/send_redirects", 0)
            self.sysctl(f"ipv6/conf/{kind}/accept_dad", 0)
            self.sysctl(f"ipv6/conf/{kind}/accept_ra", 0)
        self.ip("link", "set", "lo", "up")

    @contextlib.contextmanager
    def inside(self):
        """The calling thread is in here meanwhile; sockets that it makes stay here."""
        with open("/proc/thread-self/ns/net", "rb") as back:
            with open(f"/run/netns/{self.name}", "rb") as here:
                self._enter(here)
            try:
                yield
            finally:
                self._enter(back)

    @staticmethod
    def _enter(file):
        if _libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def ip(self, *command):
        """ip(8) in here."""
        return run("ip", "-n", self.name, *command)

    def ethtool(self, name, **features):
        """ethtool -K"""
        words = [word for feature, on in features.items()
                 for word in (feature.replace("_", "-"), "on" if on else "off")]
        run("ip", "netns", "exec", self.name, "ethtool", "-K", name, *words)

    def sysctl(self, name, value):
        """Sets what stands below /proc/sys/net; each namespace has its own."""
        with self.inside():
            Path("/proc/sys/net", name).write_text(str(value), encoding="ascii")

    def counters(self):
        """What the kernel counted in here: Tcp.InCsumErrors, Udp.InCsumErrors, Ip.InHdrErrors ..."""
        counted = {}
        with self.inside():
            lines = Path("/proc/thread-self/net/snmp").read_text(encoding="ascii").splitlines()
            six = Path("/proc/thread-self/net/snmp6").read_text(encoding="ascii").split()
        for names, values in zip(lines[::2], lines[1::2]):
            kind, *values = values.split()
            for name, value in zip(names.split()[1:], values):
                counted[f"{kind}{name}".replace(":", ".")] = int(value)
        counted.update(zip(six[::2], map(int, six[1::2])))
        return counted

    def close(self):
        """The end of it, and of all that is in it."""
        run("ip", "netns", "delete", self.name)


Offload = namedtuple("Offload", "flags gso_type hdr_len gso_size csum_start csum_offset",
                     defaults=(0,) * 6)
"""struct virtio_net_hdr, as <linux/virtio_net.h> has it."""
HEADER = struct.Struct("=BBHHHH")


class OffloadInterface(Interface):
    """An interface at which frames are seen with what is left to do about them, and sent so."""

    def __init__(self, name):
        super().__init__(name, ETH_P_ALL)
        self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)

    def send(self, frame, offload=Offload()):
        """Sends a frame."""
        assert self.try_send(HEADER.pack(*offload) + frame, COMMAND), "no room for a frame"

    def receive_where(self, wanted):
        """The next frame for which wanted(frame) holds, with its Offload."""
        def found():
            got = self.receive(0)
            return got if got is not None and wanted(got[HEADER.size:]) else None
        got = wait_for(found, "a frame to arrive")
        return Offload(*HEADER.unpack_from(got)), got[HEADER.size:]


class Tap:
    """A guest's NIC that is a TAP in a router; where Guest has a Wire otherwise."""

    def __init__(self, network, name, side, number, queues):
        self._network = network
        self._queues = queues
        self.side = side
        self.interface = name
        self.router = network.router[side]
        self.mac = f"02:00:00:00:0{side}:{number:02x}"
        self._seen = None

    @property
    def backend(self):
        """What scripts/vm.sh wants to know, see --nic."""
        return f"tap:ifname={self.interface},queues={self._queues}"

    def connect(self):
        """Takes the TAP that QEMU has made into the router's namespace."""
        run("ip", "link", "set", self.interface, "netns", self.router.name)
        self.router.ip("link", "set", self.interface, "address", self.mac)
        self.router.ip("link", "set", self.interface, "up")
        for address in ROUTER[self.side]:
            self.router.ip("address", "add", address, "dev", self.interface, "noprefixroute",
                           *(["nodad"] if ":" in address else []))

    def open(self, ethertype):
        """The interface as a wire for frames of one Ethernet type."""
        with self.router.inside():
            return Interface(self.interface, ethertype)

    def open_offload(self):
        """The interface, see OffloadInterface."""
        with self.router.inside():
            return OffloadInterface(self.interface)

    def drain(self):
        """Nobody reads here what nobody opened."""

    def close(self):
        """The TAP goes with QEMU."""


class Network:
    """Both sides. Names are this process's: two test runs do not meet.

    queues: how many pairs a TAP has, by the NIC's name; four where it says nothing.
    """

    def __init__(self, queues=()):
        self._queues = dict(queues)
        self._undo = contextlib.ExitStack()
        self._taps = 0
        try:
            self.router = {side: self._namespace(f"router-{side}") for side in SIDES}
            self.host = {side: self._namespace(f"host-{side}") for side in SIDES}
            for side in SIDES:
                self._connect(side)
        except BaseException:
            self._undo.close()
            raise

    def _namespace(self, name):
        namespace = Namespace(f"vio-test-{os.getpid()}-{name}")
        self._undo.callback(namespace.close)
        return namespace

    def _connect(self, side):
        """Host and router get a cable."""
        router, host = self.router[side], self.host[side]
        run("ip", "link", "add", VETH, "netns", router.name, "type", "veth", "peer", VETH, "netns",
            host.name)
        # With GRO the router has looked at sums before it passes frames on to the guest.
        router.ethtool(VETH, tx=False, tso=False, gso=False, sg=False, gro=True)
        for namespace, addresses in (router, GATEWAY[side]), (host, HOST[side]):
            namespace.ip("link", "set", VETH, "up")
            namespace.ip("address", "add", f"{addresses[0]}/24", "dev", VETH)
            namespace.ip("address", "add", f"{addresses[1]}/64", "dev", VETH, "nodad")
        for gateway in GATEWAY[side]:
            host.ip("route", "add", "default", "via", gateway)

    def wire(self, _folder, name):
        """The TAP for a NIC whose name begins with its side."""
        self._taps += 1
        # An interface's name has at most 15 characters.
        return Tap(self, f"vio{os.getpid()}t{self._taps}", name[0], self._taps,
                   self._queues.get(name, 4))

    def route(self, one, two):
        """From now on the sides meet through these TAPs."""
        for tap, peer in (one, two), (two, one):
            for net, gateway in zip(NET[peer.side], ROUTER[peer.side]):
                tap.router.ip("neighbour", "replace", gateway, "lladdr", peer.mac, "dev",
                              tap.interface, "nud", "permanent")
                tap.router.ip("route", "replace", net, "via", gateway, "dev", tap.interface,
                              "onlink")

    def socket(self, side, version=4, kind=socket.SOCK_STREAM):
        """A socket of a host."""
        family = socket.AF_INET if version == 4 else socket.AF_INET6
        with self.host[side].inside():
            made = socket.socket(family, kind)
        made.settimeout(COMMAND)
        return made

    def open_host(self, side, ethertype):
        """A host's end of its cable, for frames of one Ethernet type."""
        with self.host[side].inside():
            return Interface(VETH, ethertype)

    def close(self):
        """Removes all."""
        self._undo.close()


def address(side, version=4):
    """A host's."""
    return HOST[side][0 if version == 4 else 1]
