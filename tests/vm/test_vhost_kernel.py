# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Ports on the kernel's vhost-net, in the guest: its kernel has the modules.

    TAP == vhost-net == net_vio_user0 [testpmd] net_vio_user1 == vhost-net == TAP

What is sent into an interface goes through testpmd and comes out of the other one, or of the same.
"""
import contextlib
import signal
from pathlib import Path

import pytest

from harness.sleeper import PROGRAM, Sleeper
from harness.waiting import wait_for

CARRY = Path(__file__).with_name("carry.py")
VHOST = "/dev/vhost-net"
LOOP = "--port-topology=loop"
SIZES = "60-1514"
SOME = "60-1514-31"
COUNT = 1514 - 60 + 1
# Around the ends of one and more buffers of 2048 bytes.
JUMBO = ["60-9014-211", "2030-2052", "4080-4100", "9014"]

pytestmark = pytest.mark.parametrize("binding", ["uio"], indirect=True)


@pytest.fixture(name="host")
def fixture_host(guest):
    """The guest with the kernel's side; interfaces that a test makes are gone after it."""
    guest.run("modprobe", "-a", "vhost_net", "tun", "macvtap", "veth")
    before = interfaces(guest)
    yield guest
    for name in interfaces(guest) - before:
        # One that goes with another may be gone already.
        guest.run("ip", "link", "delete", name, check=False)


def interfaces(guest):
    """Names of the guest's network interfaces."""
    return set(guest.run("ls", "/sys/class/net").split())


def up(guest, *names, mtu=1500):
    """Interfaces that are up, and silent but for tests."""
    for name in names:
        guest.run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
        guest.run("ip", "link", "set", name, "mtu", mtu, "up")


def carry(guest, one, other, *sizes):
    """Frames of these sizes from one interface to the other and back, see carry.py."""
    options = [] if isinstance(sizes[0], str) else ["--flows", sizes[0]]
    guest.run("python3", "-B", CARRY, *options, one, other, *sizes[len(options) // 2:])


def port(path, number=0, **devargs):
    """--vdev's argument."""
    return ",".join([f"net_vio_user{number}", f"path={path}",
                     *(f"{key}={value}" for key, value in devargs.items())])


@pytest.fixture(name="start")
def fixture_start(own_testpmd):
    """A function that starts a testpmd with vdev ports only, and ends it the ordinary way."""
    @contextlib.contextmanager
    def start(*vdevs, memory=("-m", "128"), options=(), forward=True):
        eal = ["--no-pci", *memory]
        for vdev in vdevs:
            eal += ["--vdev", vdev]
        with own_testpmd([], [], eal=eal, options=options) as testpmd:
            try:
                with contextlib.ExitStack() as undo:
                    if forward:
                        undo.enter_context(testpmd.forwarding(*range(len(vdevs))))
                    yield testpmd
                if testpmd.process.status() is None:
                    assert testpmd.quit() == 0
            except BaseException:
                print("testpmd's last lines:", *testpmd.log.splitlines()[-60:], sep="\n")
                raise
    return start


@pytest.mark.parametrize("memory, mrg_rxbuf", [
    ("huge", 1), ("huge", 0), pytest.param("nohuge", 1, marks=pytest.mark.long)])
def test_vhost_kernel_every_size(host, start, memory, mrg_rxbuf):
    """From TAP to TAP and back, every size; counters agree; TAPs that ports made go with them."""
    eal = ["-m", "128"] if memory == "huge" else ["--no-huge", "-m", "96"]
    devargs = {"mrg_rxbuf": mrg_rxbuf, "mac": "02:00:00:00:00:2a"}
    taps = ["tapa", "tapb"]
    with start(*(port(VHOST, number, iface=tap, **devargs) for number, tap in enumerate(taps)),
               memory=eal) as testpmd:
        up(host, *taps)
        info = testpmd.port_info(0)
        assert (info["Link status"], info["MAC address"]) == ("up", "02:00:00:00:00:2A")
        mode = testpmd.queue_info("rxq", 0)["Burst mode"]
        assert ("mergeable" in mode) == bool(mrg_rxbuf)
        carry(host, *taps, SIZES)
        for number in range(2):
            stats = testpmd.stats(number)
            assert stats["RX-packets"] == stats["TX-packets"] == COUNT
            assert stats["RX-errors"] == stats["TX-errors"] == 0
            xstats = testpmd.xstats(number)
            assert not [name for name, value in xstats.items() if value and "fault" in name]
    assert not interfaces(host) & set(taps)


def test_vhost_kernel_rx_sleep(host, keeper, plugin):
    """Who sleeps on a port is woken by the kernel's thread."""
    taps = ["tapa", "tapb"]
    keeper.end_testpmd()
    vdevs = [word for number, tap in enumerate(taps)
             for word in ("--vdev", port(VHOST, number, iface=tap))]
    process = host.start("stdbuf", "-oL", PROGRAM, "-l", "0,1", "--no-pci", "-m", "128", "-d",
                         plugin, *vdevs, "--", "1")
    try:
        sleeper = Sleeper(process)
        up(host, *taps)
        carry(host, *taps, SIZES)
        sleeps, packets = sleeper.end()
        assert packets == 2 * COUNT
        assert sleeps > 1
    finally:
        process.close()


def test_vhost_kernel_jumbo_frames(host, start):
    """Frames of several buffers, in and out."""
    taps = ["tapa", "tapb"]
    with start(*(port(VHOST, number, iface=tap) for number, tap in enumerate(taps))) as testpmd:
        up(host, *taps, mtu=9000)
        carry(host, *taps, *JUMBO)
        assert testpmd.stats(0)["RX-errors"] == 0


def test_vhost_kernel_macvtap(host, start):
    """/dev/tapN of a macvtap on one end of a cable; frames go in and come out at its other end."""
    host.run("ip", "link", "add", "cable0", "type", "veth", "peer", "name", "cable1")
    host.run("ip", "link", "add", "link", "cable0", "name", "macvtap0", "type", "macvtap", "mode",
             "passthru")
    up(host, "cable0", "cable1", "macvtap0")
    number = host.run("cat", "/sys/class/net/macvtap0/ifindex").strip()
    with start(port(f"/dev/tap{number}"), options=[LOOP]) as testpmd:
        assert testpmd.port_info(0)["Link status"] == "up"
        carry(host, "cable1", "cable1", SIZES)
        stats = testpmd.stats(0)
        assert stats["RX-packets"] == stats["TX-packets"] == COUNT
        testpmd.command("stop")
        testpmd.restart_ports()
        testpmd.command("start")
        carry(host, "cable1", "cable1", SOME)


def test_vhost_kernel_queue_pairs(host, start):
    """Flows spread over both pairs of queues; after a start with one pair all of them use that."""
    tap = "tapm"
    host.run("ip", "tuntap", "add", tap, "mode", "tap", "multi_queue")
    up(host, tap)
    flows = 12
    with start(port(VHOST, iface=tap, queues=2), options=[LOOP, "--rxq=2", "--txq=2"],
               forward=False) as testpmd:
        with testpmd.forwarding(0):
            carry(host, tap, tap, flows, "60-1514-300")
        xstats = testpmd.xstats(0)
        came = [xstats[f"rx_q{queue}_packets"] for queue in range(2)]
        assert all(came) and sum(came) == flows * len(range(60, 1515, 300)), came
        testpmd.command("port stop 0")
        for kind in "rxq", "txq":
            testpmd.command(f"port config all {kind} 1")
        testpmd.command("port start 0")
        with testpmd.forwarding(0):
            carry(host, tap, tap, flows, "60-1514-700")
    # It was there before, and stays.
    assert tap in interfaces(host)


def test_vhost_kernel_lives_of_a_tap(host, start):
    """Stops and starts of the port, ends of the program: the TAP goes on with whoever comes."""
    tap = "tapp"
    host.run("ip", "tuntap", "add", tap, "mode", "tap")
    up(host, tap)

    def carrier():
        return host.run("cat", f"/sys/class/net/{tap}/carrier").strip() == "1"
    for killed in True, False:
        with start(port(VHOST, iface=tap), options=[LOOP], forward=False) as testpmd:
            for _ in range(2):
                assert carrier() and testpmd.port_info(0)["Link status"] == "up"
                with testpmd.forwarding(0):
                    carry(host, tap, tap, SOME)
                testpmd.command("port stop 0")
                free, count = testpmd.free_mbufs()
                assert free == count
                assert testpmd.port_info(0)["Link status"] == "down"
                testpmd.command("port start 0")
            if killed:
                testpmd.process.signal(signal.SIGKILL)
                wait_for(lambda process=testpmd.process: process.status() is not None,
                         "testpmd to die")
        assert not carrier()


def test_vhost_kernel_refused(host, start):
    """What cannot be is refused with a sentence, and nothing of it stays."""
    host.run("ip", "tuntap", "add", "tapm", "mode", "tap", "multi_queue")
    host.run("ip", "tuntap", "add", "tapq", "mode", "tap")
    host.run("ip", "tuntap", "add", "tunn", "mode", "tun")
    cases = {
        f"path={VHOST},iface=lo": "cannot use TAP lo: there is an interface of this name, but it "
                                  "is no TAP",
        f"path={VHOST},iface=tunn": "cannot use TAP tunn: there is an interface of this name, but "
                                    "it is no TAP",
        f"path={VHOST},iface=a/b": "cannot use TAP a/b: no interface can have this name",
        f"path={VHOST},iface=tapm": "one queue pair needs a TAP without multi_queue",
        f"path={VHOST},iface=tapq,queues=2": "more need one with it",
        f"path={VHOST},iface=tapx": "cannot use TAP tapx: somebody else uses it",
        "path=/dev/tap9999": "cannot use macvtap /dev/tap9999: there is no such device",
        "path=/dev/tap1,iface=tapz": "device argument iface=tapz",
        "path=/dev/null,iface=tapz": "this is no vhost-net device",
        f"path={VHOST},server=1": "device argument server=1",
    }
    with start(port(VHOST, iface="tapx"), options=[LOOP]) as testpmd:
        up(host, "tapx")
        before = interfaces(host)
        count = ["bash", "-c", "ls /proc/$(pidof dpdk-testpmd)/fd | wc -l"]
        files = host.run(*count)
        for number, (arguments, words) in enumerate(cases.items(), 1):
            said = testpmd.command(f"port attach net_vio_user{number},{arguments}")
            assert words in said and "is attached" not in said, f"{arguments}: {said}"
        assert host.run(*count) == files
        assert interfaces(host) == before
        carry(host, "tapx", "tapx", SOME)


def test_vhost_kernel_without_module(guest, start):
    """Where vhost-net is not there the sentence names the module; once it is loaded all is well."""
    guest.run("modprobe", "-r", "vhost_net", check=False)
    with start(port(VHOST, iface="tapx"), forward=False) as testpmd:
        assert "cannot open /dev/vhost-net: is the kernel module vhost_net loaded?" in testpmd.log
        assert testpmd.command("show port summary all").startswith("Number of available ports: 0")
        guest.run("modprobe", "vhost_net")
        said = testpmd.command(f"port attach {port(VHOST, 1, iface='tapx')}")
        assert "Port 0 is attached" in said, said
