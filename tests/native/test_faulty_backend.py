# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Backends that hang, answer nonsense, refuse, or come back as another device.

The port neither hangs nor breaks: it says why it does not work, and a backend in order is welcome
afterwards.
"""
import socket
import struct

import pytest

from harness.frames import carry, frames
from harness.native import NO_START, open_files, quit_all, start_port, wait_link
from harness.vhost_user import F_VERSION_1, NET_F_MQ, NET_F_MRG_RXBUF, REFUSE, Request, reply
from harness.waiting import wait_for

SIZES = range(60, 1519, 100)
RINGS = 512
"""Descriptors of a port with one queue pair."""
LOOP = ["--port-topology=loop"]


def echo(backend, testpmd):
    """Frames from the wire and back to it."""
    backend.wait_running()
    with testpmd.forwarding(0):
        for wire in backend.wires:
            carry(wire, wire, frames(SIZES))
    backend.check()


def test_backend_hangs_at_probe(site):
    """A socket behind which nobody answers: the port is there after a while, with its link down."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(site.socket()))
        listener.listen(1)
        testpmd = site.testpmd([site.port(site.socket())], LOOP)
        assert "GET_FEATURES: the backend does not answer in time" in testpmd.log
        assert testpmd.port_info(0)["Link status"] == "down"
    site.socket().unlink()
    echo(site.backend(), testpmd)
    quit_all(testpmd)


@pytest.mark.parametrize("request_name", ["SET_MEM_TABLE", "GET_VRING_BASE"])
def test_backend_hangs_later(site, request_name):
    """Start and stop of a port end, also where the backend does nothing for it."""
    backend = site.backend()
    testpmd = site.testpmd([site.port(backend.path)], LOOP)
    echo(backend, testpmd)
    backend.answers[Request[request_name]] = b""
    testpmd.restart_ports()
    wait_for(lambda: f"{request_name}: the backend does not answer in time" in testpmd.log,
             "a word about it")
    backend.answers.clear()
    backend.stop()
    testpmd.restart_ports()
    backend.start()
    echo(backend, testpmd)
    testpmd.command("port stop 0")
    free, count = testpmd.free_mbufs()
    # What a device may still write to is nobody's any more.
    given_up = "buffers that it holds are given up" in testpmd.log
    assert free == count or given_up and free >= count - RINGS
    quit_all(testpmd)


def half(connection):
    """Most of an answer, and the end."""
    connection.sendall(reply(Request.GET_FEATURES, bytes(8))[:-1])
    connection.shutdown(socket.SHUT_RDWR)


# Answers to GET_FEATURES, and words of the sentence about each.
NONSENSE = {
    "short": (reply(Request.GET_FEATURES, b"1234"), "of 4 bytes"),
    "long": (reply(Request.GET_FEATURES, bytes(16)), "of 16 bytes"),
    "other": (reply(Request.GET_QUEUE_NUM, bytes(8)), "no reply to GET_FEATURES"),
    "request": (struct.pack("<IIIQ", Request.GET_FEATURES, 1, 8, 0), "no reply to GET_FEATURES"),
    "version": (struct.pack("<IIIQ", Request.GET_FEATURES, 6, 8, 0), "protocol version 2"),
    "endless": (struct.pack("<III", Request.GET_FEATURES, 5, 0xffffffff), "4294967295 bytes"),
    "noise": (bytes(range(256)) * 4, "protocol version"),
    "half": (half, "ended inside a message"),
}


def test_backend_nonsense(site):
    testpmd = site.testpmd([], LOOP)
    backend = site.backend(start=False)
    files = None
    for number, (kind, (answer, words)) in enumerate(NONSENSE.items()):
        backend.answers[Request.GET_FEATURES] = answer
        backend.start()
        said = testpmd.command(f"port attach {site.port(backend.path, number)}")
        assert words in said, f"{kind}: {said}"
        assert "is attached" not in said or testpmd.port_info(0)["Link status"] == "down"
        backend.answers.clear()
        backend.stop()
        if "is attached" in said:
            testpmd.command("port close 0")
        files = files or open_files(testpmd.process)
        assert open_files(testpmd.process) == files, kind
    backend.start()
    testpmd.command(f"port attach {site.port(backend.path, len(NONSENSE))}")
    testpmd.command("port start 0")
    echo(backend, testpmd)
    quit_all(testpmd)


def with_files(connection):
    """The right answer, and files that nobody asked for."""
    answer = reply(Request.GET_STATUS, bytes(8))
    socket.send_fds(connection, [answer], [0, 1, 2])


# Requests of a port that runs or stops, answers to them, words of the sentence about each.
NONSENSE_LATER = {
    "base": (Request.GET_VRING_BASE,
             reply(Request.GET_VRING_BASE, struct.pack("<II", 7, 0)), "7's was answered"),
    "status": (Request.GET_STATUS,
               reply(Request.GET_STATUS, struct.pack("<Q", 0x10f)), "an impossible device status"),
    "files": (Request.GET_STATUS, with_files, "3 file descriptors, not 0"),
}


def test_backend_nonsense_later(site):
    """Wrong answers at the stop and the start of a port: the next backend finds it in order."""
    backend = site.backend()
    testpmd = site.testpmd([site.port(backend.path)], LOOP)
    files = None
    for kind, (request, answer, words) in NONSENSE_LATER.items():
        echo(backend, testpmd)
        files = files or open_files(testpmd.process)
        assert open_files(testpmd.process) == files, kind
        backend.answers[request] = answer
        testpmd.command("port stop 0")
        testpmd.command("port start 0")
        wait_for(lambda: words in testpmd.log, f"a word about {kind}")
        backend.answers.clear()
        backend.stop()
        testpmd.command("port stop 0")
        backend.start()
        testpmd.command("port start 0")
    echo(backend, testpmd)
    quit_all(testpmd)


def test_backend_speaks_unasked(site):
    """Who speaks out of turn is hung up on, and called again."""
    backend = site.backend()
    testpmd = site.testpmd([site.port(backend.path)], LOOP)
    echo(backend, testpmd)
    backend.say(reply(Request.GET_FEATURES, bytes(8)))
    wait_for(lambda: "the backend speaks without being asked" in testpmd.log, "a word about it")
    wait_for(lambda: backend.connections == 2, "another connection")
    wait_link(testpmd, "up")
    echo(backend, testpmd)
    quit_all(testpmd)


@pytest.mark.parametrize("request_name", ["SET_FEATURES", "SET_MEM_TABLE", "SET_VRING_ADDR",
                                          "SET_VRING_KICK", "SET_VRING_ENABLE", "SET_STATUS"])
def test_backend_refuses(site, request_name):
    """What a start needs is refused: then the start fails, and a later one need not."""
    backend = site.backend()
    testpmd = site.testpmd([site.port(backend.path)], LOOP)
    echo(backend, testpmd)
    testpmd.command("port stop 0")
    backend.answers[Request[request_name]] = REFUSE
    said = testpmd.command("port start 0")
    assert f"the backend refuses {request_name}" in said, said
    assert "Fail to start port 0" in said, said
    assert testpmd.port_info(0)["Link status"] == "down"
    free, count = testpmd.free_mbufs()
    assert free == count
    backend.answers.clear()
    testpmd.command("port start 0")
    echo(backend, testpmd)
    quit_all(testpmd)


def test_backend_refuses_application(site):
    """An application is told by rte_eth_dev_start()."""
    backend = site.backend()
    backend.answers[Request.SET_MEM_TABLE] = REFUSE
    status, said = start_port(site, site.port(backend.path))
    assert status == NO_START, said
    assert "the backend refuses SET_MEM_TABLE" in said
    assert "port 0 does not start: Input/output error" in said


def test_backend_back_without_merging(site):
    """A backend that comes back with less is negotiated with anew."""
    backend = site.backend()
    testpmd = site.testpmd([site.port(backend.path)], LOOP)
    for features in (backend.features, backend.features & ~NET_F_MRG_RXBUF, backend.features):
        backend.stop()
        backend.features = features
        backend.start()
        echo(backend, testpmd)
    quit_all(testpmd)


@pytest.mark.parametrize("missing, words", [
    (NET_F_MQ, "device offers one"), (F_VERSION_1, "lacks what the driver needs: VERSION_1")],
    ids=["mq", "version_1"])
def test_backend_back_with_too_little(site, missing, words):
    """One that cannot do what the port was configured for is not used; the next one is."""
    backend = site.backend(pairs=2)
    testpmd = site.testpmd([site.port(backend.path, queues=2)], [*LOOP, "--rxq=2", "--txq=2"])
    echo(backend, testpmd)
    backend.stop()
    backend.features &= ~missing
    backend.start()
    wait_for(lambda: words in testpmd.log, f"testpmd to say '{words}'")
    assert testpmd.port_info(0)["Link status"] == "down"
    assert not backend.running
    backend.stop()
    backend.features |= missing
    backend.start()
    wait_link(testpmd, "up")
    echo(backend, testpmd)
    quit_all(testpmd)


def test_backend_with_too_few_queues(site):
    backend = site.backend(pairs=2)
    testpmd = site.testpmd([])
    said = testpmd.command(f"port attach {site.port(backend.path, queues=4)}")
    assert "the backend has 2 queue pairs, not 4" in said, said
    assert "is attached" not in said
    quit_all(testpmd)
