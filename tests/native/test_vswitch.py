# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""examples/vswitch between ports of the driver, whose other ends are backends of ours.

    wires -- backends of ours == net_vio_user0, 1, 2 ... [vswitch]

Frames are put into a wire and come out of others. Units of its parts are in tests/vswitch.
"""
import signal
import socket
import stat
import struct
import subprocess

import pytest

from harness.frames import BROADCAST, ETHERTYPE, carry, frame, frames, mac
from harness.native import quit_all, wait_link
from harness.vswitch import Vswitch, break_used_index, program
from harness.waiting import SILENCE, wait_for

HOSTS = [f"02:00:00:00:00:{number:02x}" for number in range(0xa, 0x10)]
SIZES = range(60, 1519, 60)


def packet(source, to, size=60, number=0, vlan=None):
    """A frame of size bytes from host to host, with a tag added or not."""
    target = to if isinstance(to, str) else HOSTS[to]
    tag = b"" if vlan is None else struct.pack(">HH", 0x8100, vlan)
    return mac(target) + mac(HOSTS[source]) + tag + ETHERTYPE + frame(size, number)[14:]


class Lan:
    """A switch with ports of the driver, and a wire for each."""

    def __init__(self, site, count, *vlans, **wishes):
        self.backends = [site.backend(f"wire{number}") for number in range(count)]
        self.wires = [backend.wires[0] for backend in self.backends]
        words = list(vlans) + [""] * (count - len(vlans))
        self.switch = Vswitch(site, [f"{site.port(backend.path, number)} {words[number]}"
                                     for number, backend in enumerate(self.backends)], **wishes)
        for backend in self.backends:
            backend.wait_running()

    def learn(self, *hosts, vlan=None):
        """Each host says a word, as host N behind wire N."""
        for host in hosts:
            self.wires[host].send(packet(host, BROADCAST, vlan=vlan))
        for wire in self.wires:
            wire.drain()

    def expect(self, wanted):
        """Just these frames: by wire number, a list each. Others must not come."""
        for number, wire in enumerate(self.wires):
            for frame_wanted in wanted.get(number, []):
                got = wire.receive()
                assert got == frame_wanted, (f"wire {number}: {got and got.hex()}, not "
                                             f"{frame_wanted.hex()}")
        for number, wire in enumerate(self.wires):
            more = wire.receive(SILENCE / 3)
            assert more is None, f"wire {number}: {more.hex()}"

    def end(self):
        """The switch ends well, and the backends have nothing to complain of."""
        for backend in self.backends:
            backend.check()
        self.switch.stop()


def test_vswitch_learns(site, memory):
    """Unknown addresses go everywhere, known ones to their port alone, whole and in order."""
    lan = Lan(site, 3, memory=memory)
    first = packet(0, 1)
    lan.wires[0].send(first)
    lan.expect({1: [first], 2: [first]})
    answer = packet(1, 0)
    lan.wires[1].send(answer)
    lan.expect({0: [answer]})
    for host in range(2):
        carry(lan.wires[host], lan.wires[1 - host],
              [packet(host, 1 - host, size, number) for number, size in enumerate(SIZES)])
    lan.expect({})
    assert lan.switch.fdb() == {(HOSTS[0], 1): "net_vio_user0", (HOSTS[1], 1): "net_vio_user1"}
    everyone = packet(2, BROADCAST, 1514)
    lan.wires[2].send(everyone)
    lan.expect({0: [everyone], 1: [everyone]})
    lan.end()


def test_vswitch_statistics(site):
    """Every frame and byte is counted once, where it came in and where it went."""
    lan = Lan(site, 3)
    lan.learn(0, 1)
    sent = [packet(0, 1, size, number) for number, size in enumerate(SIZES)]
    carry(lan.wires[0], lan.wires[1], sent)
    in_, out, other = (lan.switch.stats(f"net_vio_user{number}") for number in range(3))
    total = sum(map(len, sent))
    assert (in_["rx_packets"], in_["rx_bytes"]) == (1 + len(sent), 60 + total)
    assert (out["tx_packets"], out["tx_bytes"]) == (1 + len(sent), 60 + total)
    assert (in_["flooded"], out["flooded"]) == (1, 1)
    assert (other["rx_packets"], other["tx_packets"]) == (0, 2)
    assert not any(any(port["drops"].values()) for port in (in_, out, other))
    lan.end()


def test_vswitch_host_moves(site):
    lan = Lan(site, 3)
    lan.learn(0, 1)
    lan.wires[2].send(packet(0, BROADCAST))
    for wire in lan.wires:
        wire.drain()
    lan.wires[1].send(packet(1, 0))
    lan.expect({2: [packet(1, 0)]})
    assert lan.switch.ask("fdb")["moved"] == 1
    lan.end()


def test_vswitch_forgets(site):
    """A host that says nothing is forgotten after --age, one that does is not."""
    lan = Lan(site, 3, options=["--age", "2"])
    lan.learn(0, 1)

    def one_left():
        lan.wires[1].send(packet(1, BROADCAST))
        return lan.switch.fdb() == {(HOSTS[1], 1): "net_vio_user1"}
    wait_for(one_left, "the switch to forget a host")
    for wire in lan.wires:
        wire.drain()
    lan.wires[1].send(packet(1, 0))
    lan.expect({0: [packet(1, 0)], 2: [packet(1, 0)]})
    lan.switch.ctl("flush")
    assert lan.switch.fdb() == {}
    lan.end()


def test_vswitch_vlans(site):
    """Access ports see their VLAN, untagged; trunks many, tagged; nobody chooses for himself."""
    lan = Lan(site, 5, "access 10", "access 10", "access 20", "trunk 10,20", "trunk 10 native 20")
    plain, tagged = packet(0, BROADCAST), packet(0, BROADCAST, vlan=10)
    lan.wires[0].send(plain)
    lan.expect({1: [plain], 3: [tagged], 4: [tagged]})
    lan.wires[3].send(packet(3, BROADCAST, vlan=20))
    lan.expect({2: [packet(3, BROADCAST)], 4: [packet(3, BROADCAST)]})
    lan.wires[4].send(packet(4, BROADCAST))
    lan.expect({2: [packet(4, BROADCAST)], 3: [packet(4, BROADCAST, vlan=20)]})
    # Tagged on an access port, whatever the tag; foreign and untagged on trunks.
    for vlan in (10, 20, 30, 4095):
        lan.wires[0].send(packet(0, BROADCAST, vlan=vlan))
    lan.wires[3].send(packet(3, BROADCAST, vlan=30))
    lan.wires[3].send(packet(3, BROADCAST))
    lan.expect({})
    assert lan.switch.stats("net_vio_user0")["vlan"] == 4
    assert lan.switch.stats("net_vio_user3")["vlan"] == 2
    # An address is of one VLAN: in the other it is unknown.
    lan.wires[2].send(packet(2, 0))
    lan.expect({3: [packet(2, 0, vlan=20)], 4: [packet(2, 0)]})
    assert lan.switch.fdb("vlan", "10") == {(HOSTS[0], 10): "net_vio_user0"}
    assert lan.switch.ask("vlan")["vlans"] == [
        {"vlan": 10, "untagged": ["net_vio_user0", "net_vio_user1"],
         "tagged": ["net_vio_user3", "net_vio_user4"]},
        {"vlan": 20, "untagged": ["net_vio_user2", "net_vio_user4"], "tagged": ["net_vio_user3"]}]
    lan.end()


def test_vswitch_vlan_of_a_port_changes(site):
    """At run time, and from then on at once."""
    lan = Lan(site, 3, "access 10", "access 10", "access 20")
    lan.learn(0, 1)
    lan.switch.ctl("vlan", "net_vio_user1", "access", "20")
    assert (HOSTS[1], 10) not in lan.switch.fdb()
    lan.wires[0].send(packet(0, 1))
    lan.expect({})
    lan.wires[1].send(packet(1, BROADCAST))
    lan.expect({2: [packet(1, BROADCAST)]})
    lan.switch.ctl("vlan", "net_vio_user1", "trunk", "all", "native", "10")
    assert lan.switch.ports()["net_vio_user1"]["vlan"] == {"mode": "trunk", "list": "1-4094",
                                                           "native": 10}
    lan.wires[2].send(packet(2, BROADCAST))
    lan.expect({1: [packet(2, BROADCAST, vlan=20)]})
    lan.end()


def test_vswitch_malformed_frames(site):
    """A guest sends what no bridge passes on; all is counted by name, and the switch goes on."""
    lan = Lan(site, 2)
    good = packet(0, 1)
    bad = {
        "runt": [good[:size] for size in range(1, 14)] + [packet(0, 1, vlan=0)[:17]],
        "bad_source": [good[:6] + mac(source) + good[12:] for source in
                       (BROADCAST, "01:00:5e:00:00:01", "00:00:00:00:00:00")],
        "reserved": [mac(f"01:80:c2:00:00:{last:02x}") + good[6:] for last in range(16)],
        "too_long": [good + bytes(1523 - len(good)), good + bytes(9000)],
        "vlan": [packet(0, 1, vlan=4095), packet(0, 1, vlan=1)],
    }
    for kind in bad.values():
        for each in kind:
            lan.wires[0].send(each)
    carry(lan.wires[0], lan.wires[1], [good[:14] + content for content in (b"", bytes(1504))])
    stats = lan.switch.stats("net_vio_user0")
    assert {name: stats[name] for name in bad} == {name: len(kind) for name, kind in bad.items()}
    assert stats["rx_packets"] == sum(map(len, bad.values())) + 2
    lan.end()


def test_vswitch_address_flood(site):
    """A guest with more addresses than its share does not drive out those of others."""
    lan = Lan(site, 3, options=["--fdb-size", "100", "--port-macs", "20"])
    lan.learn(1, 2)
    good = packet(0, BROADCAST)
    for number in range(200):
        lan.wires[0].send(good[:6] + struct.pack(">HI", 0x0200, 0xa0000 + number) + good[12:])
    for wire in lan.wires:
        wire.drain()
    table = lan.switch.ask("fdb")
    assert (table["used"], table["size"], table["refused"]) == (22, 100, 180)
    assert lan.switch.ports()["net_vio_user0"]["addresses"] == 20
    lan.wires[0].send(packet(0, 1))
    lan.expect({1: [packet(0, 1)]})
    lan.end()


def test_vswitch_ports_come_and_go(site):
    """While frames pass between others; nothing of a port is left when it has gone."""
    lan = Lan(site, 2)
    lan.learn(0, 1)
    switch = lan.switch
    guest = site.backend("guest")
    devargs = site.port(guest.path, 7)
    files = None
    for turn in range(5):
        switch.ctl("add-port", devargs)
        guest.wait_running()
        assert list(switch.ports()) == ["net_vio_user0", "net_vio_user1", "net_vio_user7"]
        guest.wires[0].send(packet(2, BROADCAST, number=turn))
        lan.expect({number: [packet(2, BROADCAST, number=turn)] for number in range(2)})
        lan.wires[0].send(packet(0, 2, number=turn))
        assert guest.wires[0].receive() == packet(0, 2, number=turn)
        carry(lan.wires[0], lan.wires[1], [packet(0, 1, size) for size in SIZES])
        switch.ctl("del-port", "net_vio_user7")
        assert (HOSTS[2], 1) not in switch.fdb()
        wait_for(lambda: not guest.running, "the port to let go of its queues")
        files = files or switch.files()
        assert switch.files() == files
        carry(lan.wires[1], lan.wires[0], [packet(1, 0, size) for size in SIZES])
    path = site.socket("served")
    files = None  # librte_vhost keeps what it opens for its first port
    for _ in range(2):
        switch.ctl("add-port", f"net_vhost3,iface={path}", "trunk", "1-5")
        assert path.exists()
        assert switch.ports()["net_vhost3"]["vlan"] == {"mode": "trunk", "list": "1-5", "native": 0}
        switch.ctl("del-port", "net_vhost3")
        assert not path.exists()
        switch.ctl("add-port", "net_ring0")
        switch.ctl("del-port", "net_ring0")
        files = files or switch.files()
        assert switch.files() == files
    guest.check()
    lan.end()


def test_vswitch_refuses(site):
    """What cannot be done is refused with a sentence, and nothing changes."""
    lan = Lan(site, 1)
    switch = lan.switch
    before = switch.ports()
    files = switch.files()
    for words, said in {
            ("add-port", "net_nonesuch0"): "net_nonesuch0",
            ("add-port", "net_vio_user0,path=/nonexistent"): "already",
            ("add-port", "net_vio_user3,colour=red"): "net_vio_user3",
            ("add-port", f"net_vio_user3,path={lan.backends[0].path}", "access"): "VLAN is missing",
            ("del-port", "eth0"): "no port 'eth0'",
            ("vlan", "net_vio_user0", "access", "4095"): "'4095' is no VLAN",
            ("vlan", "eth0", "access", "1"): "no port 'eth0'",
            ("stats", "eth0"): "no port 'eth0'",
            ("restart",): "'restart' is no command"}.items():
        assert said in switch.refused(*words), words
    assert switch.ports() == before
    assert switch.files() == files
    lan.end()


def test_vswitch_output(site):
    """Tables for people, JSON for programs, from every command."""
    lan = Lan(site, 2, "access 10", "trunk 10,20 native 5")
    lan.learn(0)
    lan.wires[0].send(packet(0, BROADCAST, vlan=10))
    lan.expect({})
    switch = lan.switch

    def table(*words):
        return [line.split() for line in switch.ctl(*words).splitlines()]
    assert table("ports")[1:] == [
        ["net_vio_user0", "net_vio_user", "up", "1+1", "access", "10", "1", "0"],
        ["net_vio_user1", "net_vio_user", "up", "1+1", "trunk", "5,10,20", "native", "5", "0", "0"]]
    assert table("fdb")[1][:3] == [HOSTS[0], "10", "net_vio_user0"]
    assert table("stats")[1:] == [
        ["net_vio_user0", "2", "124", "0", "0", "1", "vlan", "1"],
        ["net_vio_user1", "0", "0", "1", "64", "0", "-"]]
    assert table("stats", "net_vio_user1")[1][0] == "net_vio_user1"
    assert table("vlan")[1:] == [["5", "net_vio_user1", "-"],
                                 ["10", "net_vio_user0", "net_vio_user1"],
                                 ["20", "-", "net_vio_user1"]]
    assert table("workers")[1:] == [["0", "1", "net_vio_user0", "0"],
                                    ["0", "1", "net_vio_user1", "0"]]
    for words, key in (("ports", "ports"), ("fdb", "fdb"), ("stats", "stats"), ("vlan", "vlans"),
                       ("workers", "workers")):
        assert isinstance(switch.ask(words)[key], list)
    assert switch.ask("flush") == {}
    lan.end()


def test_vswitch_command_line(site):
    """Help without EAL; mistakes are named before anything starts; a switch that is not there."""
    for name in ("vswitch", "vswitchctl"):
        status, said = site.run([program(name), "--help"])
        assert status == 0 and "--socket PATH" in said
    for wrong, word in {("--age", "x"): "--age", ("--port", "net_null0 access"): "VLAN is missing",
                        ("--vlan", "a"): "--vlan", ("more",): "'more'"}.items():
        status, said = site.run([program("vswitch"), "--no-pci", "--", *wrong], check=False)
        assert status == 2 and word in said and "EAL" not in said
    control = site.socket("nobody")
    status, said = site.run([program("vswitchctl"), "--socket", control, "ports"], check=False)
    assert status == 1 and str(control) in said and "is vswitch running" in said
    assert site.run([program("vswitchctl")], check=False)[0] == 2
    alone = site.command(program("vswitch"), "front")
    alone[alone.index("--lcores") + 1] = "0@0"
    status, said = site.run([*alone, "--", "--socket", control, "--mbufs", "2048"], check=False)
    assert status == 1 and "-l 0,1" in said
    assert not control.exists()


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_vswitch_ends(site, number):
    """On a signal: no socket is left, whoever made it, nor a client that waits."""
    lan = Lan(site, 2)
    served = site.socket("served")
    lan.switch.ctl("add-port", f"net_vhost0,iface={served}")
    assert served.exists()
    assert stat.S_IMODE(lan.switch.control.stat().st_mode) == 0o600
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(lan.switch.control))
        client.sendall(b"nonsense\nports")
        assert b"error" in client.recv(1024)
        lan.switch.stop(signal.Signals[number])
        assert client.recv(1) == b""
    assert not served.exists()
    for backend in lan.backends:
        wait_for(lambda b=backend: not b.running, "the ports to let go of their queues")
        backend.check()


def test_vswitch_start_fails(site):
    """A port of the command line that is not to be had: an end, with a sentence, nothing left."""
    backend = site.backend()
    control = site.socket("control")
    status, said = site.run([*site.command(program("vswitch"), "front"), "--", "--socket", control,
                             "--mbufs", "8192", "--port", site.port(backend.path),
                             "--port", "net_nonesuch0"], check=False)
    assert status == 1 and "net_nonesuch0" in said
    assert not control.exists()
    wait_for(lambda: not backend.running, "the port to let go of its queues")


def test_vswitch_second(site):
    """Two switches at one socket: the second one says so. One that was killed is no hindrance."""
    lan = Lan(site, 1)
    control = lan.switch.control
    again = [*site.command(program("vswitch"), "front", prefix="second"), "--", "--socket", control,
             "--mbufs", "2048"]
    status, said = site.run(again, check=False)
    assert status == 1 and "another vswitch" in said
    assert lan.switch.ports()
    lan.switch.process.signal(signal.SIGKILL)
    wait_for(lambda: lan.switch.process.status() is not None, "vswitch to die")
    assert control.exists()
    Vswitch(site).stop()


def test_vswitch_ports_of_eal(site):
    """Ports that EAL finds are the switch's too, with VLANs by --vlan."""
    backends = [site.backend(f"wire{number}") for number in range(3)]
    switch = Vswitch(site, vdevs=[site.port(backend.path, number)
                                  for number, backend in enumerate(backends)],
                     options=["--vlan", "net_vio_user1 access 9"])
    for backend in backends:
        backend.wait_running()
    backends[0].wires[0].send(packet(0, BROADCAST))
    assert backends[2].wires[0].receive() == packet(0, BROADCAST)
    assert backends[1].wires[0].receive(SILENCE) is None
    switch.ctl("del-port", "net_vio_user1")
    assert list(switch.ports()) == ["net_vio_user0", "net_vio_user2"]
    switch.stop()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_vswitch_workers(site, workers):
    """Queues are spread over workers; frames of each queue arrive whole and in order."""
    pairs = 2
    backends = [site.backend(f"wire{number}", pairs) for number in range(3)]
    switch = Vswitch(site, [site.port(backend.path, number, queues=pairs)
                            for number, backend in enumerate(backends)], workers=workers)
    used = min(workers, pairs)
    for backend in backends:
        wait_for(lambda b=backend: len(b.running) >= 2 * used, "the ports to start")
    counts = [len(worker["queues"]) for worker in switch.ask("workers")["workers"]]
    assert len(counts) == workers and sum(counts) == 3 * used
    assert max(counts) - min(counts) <= 1
    polled = {(queue["port"], queue["queue"]) for worker in switch.ask("workers")["workers"]
              for queue in worker["queues"]}
    assert polled == {(f"net_vio_user{number}", queue) for number in range(3)
                      for queue in range(used)}
    for host, backend in enumerate(backends):
        backend.wires[0].send(packet(host, BROADCAST))
    for backend in backends:
        for wire in backend.wires:
            wire.drain()
    for queue in range(used):
        sent = [packet(0, 1, size, number) for number, size in enumerate(SIZES)]
        for each in sent:
            backends[0].wires[queue].send(each)
        # Which queue they leave by depends on the worker that polls the one they came in by.
        got = []
        wait_for(lambda s=sent, g=got: [g.append(wire_frame) for wire in backends[1].wires
                                        if (wire_frame := wire.receive(0))] is None
                 or len(g) == len(s), "the frames")
        assert got == sent
    for backend in backends:
        backend.check()
    switch.stop()


def test_vswitch_backend_comes_and_goes(site):
    """A guest that goes is forgotten; when it is back, frames pass again."""
    lan = Lan(site, 2)
    for _ in range(2):
        lan.learn(0, 1)
        assert (HOSTS[1], 1) in lan.switch.fdb()
        lan.backends[1].stop()
        wait_for(lambda: lan.switch.ports()["net_vio_user1"]["link"] == "down", "the link to go")
        wait_for(lambda: (HOSTS[1], 1) not in lan.switch.fdb(), "the host to be forgotten")
        lan.wires[0].send(packet(0, 1))
        lan.backends[1].start()
        lan.backends[1].wait_running()
        wait_for(lambda: lan.switch.ports()["net_vio_user1"]["link"] == "up", "the link to come")
        lan.wires[1].drain()
        carry(lan.wires[0], lan.wires[1], frames(SIZES))
    lan.end()


def test_vswitch_hostile_device(site):
    """A device that breaks the rules of its ring: its port starts anew, up to a limit; other ports
    do not notice."""
    lan = Lan(site, 3)
    lan.learn(0, 1)
    for turn in range(1, 11):
        break_used_index(lan.backends[2], 0)
        wait_for(lambda t=turn: lan.switch.ports()["net_vio_user2"]["resets"] == t, "a reset")
        carry(lan.wires[0], lan.wires[1], [packet(0, 1, size) for size in SIZES])
        lan.backends[2].wait_running()
        lan.wires[2].send(packet(2, 0))
        assert lan.wires[0].receive() == packet(2, 0)
    break_used_index(lan.backends[2], 0)
    wait_for(lambda: not lan.switch.ports()["net_vio_user2"]["online"], "the port to be given up")
    carry(lan.wires[0], lan.wires[1], [packet(0, 1, size) for size in SIZES])
    lan.switch.ctl("del-port", "net_vio_user2")
    lan.switch.ctl("add-port", site.port(lan.backends[2].path, 2))
    lan.backends[2].wait_running()
    lan.wires[2].send(packet(2, 0))
    assert lan.wires[0].receive() == packet(2, 0)
    lan.end()


@pytest.mark.parametrize("guest_pairs, offered", [(1, 1), (2, 2), (1, 4)])
def test_vswitch_vhost_guests(site, memory, guest_pairs, offered):
    """As backend of guests, some of which use fewer queues than they are offered.

        wire -- backend of ours == net_vio_user [testpmd] net_vio_user == net_vhost [vswitch]
    """
    paths = [site.socket(f"vhost{number}") for number in range(2)]
    switch = Vswitch(site, [f"net_vhost{number},iface={path},queues={offered}"
                            for number, path in enumerate(paths)],
                     workers=2, memory=memory)
    backends = [site.backend(f"wire{number}", guest_pairs) for number in range(2)]
    testpmd = site.testpmd(
        [site.port(path, number, queues=guest_pairs)
         for number, path in enumerate([backend.path for backend in backends] + paths)],
        [f"--rxq={guest_pairs}", f"--txq={guest_pairs}"], memory=memory)
    for backend in backends:
        backend.wait_running()
    for port in (2, 3):
        wait_link(testpmd, "up", port)
    for name in ("net_vhost0", "net_vhost1"):
        wait_for(lambda n=name: switch.ports()[n]["link"] == "up", "the guest")
    with testpmd.forwarding(0, 2, 1, 3):
        for host in range(2):
            def learned(this=host):
                backends[this].wires[0].send(packet(this, BROADCAST))
                return (HOSTS[this], 1) in switch.fdb()
            wait_for(learned, "the switch to learn")
        for backend in backends:
            for wire in backend.wires:
                wire.drain()
        for queue in range(guest_pairs):
            for host in range(2):
                sent = [packet(host, 1 - host, size, number)
                        for number, size in enumerate(SIZES)]
                for each in sent:
                    backends[host].wires[queue].send(each)
                got = []

                def arrived(wires=backends[1 - host].wires, to=got, count=len(sent)):
                    for wire in wires:
                        while (one := wire.receive(0)) is not None:
                            to.append(one)
                    return len(to) >= count
                wait_for(arrived, "the frames")
                assert got == sent
    for backend in backends:
        backend.check()
    quit_all(testpmd)
    for name in ("net_vhost0", "net_vhost1"):
        wait_for(lambda n=name: switch.ports()[n]["link"] == "down", "the guest to be gone")
    switch.stop()
    assert not any(path.exists() for path in paths)


def in_namespace(name, *command):
    """A command in a network namespace."""
    return ["ip", "netns", "exec", name, *map(str, command)]


@pytest.fixture(name="namespaces")
def two_namespaces(request):
    """Names of two network namespaces that are there for the test."""
    names = [f"vio-{request.node.originalname[-12:]}-{side}" for side in "ab"]
    made = []
    try:
        for name in names:
            if subprocess.run(["ip", "netns", "add", name], check=False,
                              capture_output=True).returncode:
                pytest.skip("network namespaces are not to be had")
            made.append(name)
        yield names
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "delete", name], check=True)


def test_vswitch_taps(site, namespaces):
    """Ordinary programs over TAPs: ping from one namespace to another through the switch."""
    near, far = namespaces
    switch = Vswitch(site, ["net_tap0,iface=vsw0", "net_tap1,iface=vsw1 access 1"],
                     launcher=["ip", "netns", "exec", near])
    site.run(in_namespace(near, "ip", "link", "set", "vsw1", "netns", far))
    for name, tap, address in (near, "vsw0", "192.0.2.1/24"), (far, "vsw1", "192.0.2.2/24"):
        site.run(in_namespace(name, "ip", "address", "add", address, "dev", tap))
        site.run(in_namespace(name, "ip", "link", "set", tap, "up"))
    said = site.run(in_namespace(near, "ping", "-c", "20", "-i", "0.01", "-s", "1400", "-W", "10",
                                 "192.0.2.2"))[1]
    assert " 20 received" in said and "duplicates" not in said
    assert {port for port in switch.fdb().values()} == {"net_tap0", "net_tap1"}
    switch.stop()
