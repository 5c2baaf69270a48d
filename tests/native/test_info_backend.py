# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""vio-info on this machine: what it foretells of backends, and what it leaves alone."""
import json
import re
import shutil
import struct
import subprocess

import pytest

from harness.native import quit_all, wait_link
from harness.vhost_user import Request, reply
from harness.waiting import COMMAND


@pytest.fixture(name="info")
def vio_info(build_folder):
    """Runs vio-info: exit status and what it writes to standard output."""
    def run(*arguments, before=()):
        done = subprocess.run([*before, build_folder / "app/vio-info/vio-info", *arguments],
                              text=True, timeout=COMMAND, check=False, stdout=subprocess.PIPE)
        return done.returncode, done.stdout
    return run


@pytest.fixture(name="ask")
def ask_backend(info):
    """What vio-info says of a backend."""
    def run(path, status=0):
        code, out = info("--json", "--vhost-user", path)
        assert code == status, out
        return json.loads(out)["backend"]
    return run


def test_info_reads_configuration_space_only(info, tmp_path):
    """Looking at this machine's devices opens nothing to write to, no BAR and no device file."""
    if not shutil.which("strace"):
        pytest.skip("strace is not there")
    calls = tmp_path / "calls"
    code, _ = info("--all", before=["strace", "-f", "-o", calls, "-e",
                                    "trace=%file,mmap,ioctl,ioperm,iopl,socket,write,pwrite64"])
    if code == 3:
        pytest.skip("this machine has no PCI bus")
    assert code == 0
    text = calls.read_text(encoding="utf-8")
    opened = re.findall(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]+)", ([A-Z_|]+)', text)
    assert any(path.startswith("/sys/bus/pci/devices") for path, _ in opened)
    for path, flags in opened:
        assert flags.startswith("O_RDONLY"), f"{path} is opened with {flags}"
        assert not re.search(r"/resource\d|^/dev/(?!null)|^/proc/(bus|ioports)", path), path
    assert not re.search(r"^\d+ +(ioperm|iopl|pwrite64|socket)\(", text, re.M)
    assert "MAP_SHARED" not in text
    assert set(re.findall(r"^\d+ +write\((\d+)", text, re.M)) <= {"1"}


def said_by_driver(testpmd):
    """Features, receive path and transmit path, as the driver's log has them."""
    return [re.search(pattern, testpmd.log, re.MULTILINE)[1]
            for pattern in (r"VIO: \S+ features: (.*)$", r"VIO: \S+ rx path (.*?) \((?:not|there)",
                            r"VIO: \S+ tx path (.*?) \((?:not|there)")]


def test_info_foretells_what_the_driver_does(site, ask):
    """The stock net_vhost: what vio-info says would be negotiated and run, is."""
    path = site.socket("vhost")
    back = site.testpmd([f"net_vhost0,iface={path},queues=2"], [], "back")
    told = ask(path)
    assert told["works"] and told["offer_complete"] and told["remarks"] == []
    assert told["queue_pairs"] >= 2
    used = {row["name"] for row in told["protocol"] if row["used"]}
    assert {"MQ", "REPLY_ACK"} <= used
    row, = [row for row in told["features"] if row["name"] == "RING_PACKED"]
    assert row["verdict"] == "on-request" and "packed_vq=1" in row["reason"]
    front = site.testpmd([site.port(path)])
    wait_link(front, "up")
    assert said_by_driver(front) == [told["accepted_names"], told["rx_path"]["name"],
                                     told["tx_path"]["name"]]
    quit_all(front, back)


@pytest.mark.parametrize("merge", [True, False])
def test_info_backend_with_few_features(site, ask, merge):
    """A backend of ours: each feature's verdict; it is as good as before afterwards."""
    backend = site.backend(merge=merge, mtu=True, slots=20)
    told = ask(backend.path)
    assert int(told["offered"], 16) == backend.features & ~(1 << 30)
    verdicts = {row["name"]: row["verdict"] for row in told["features"]}
    assert verdicts["MTU"] == verdicts["VERSION_1"] == "accepted"
    assert verdicts["MRG_RXBUF"] == ("accepted" if merge else "not-offered")
    assert verdicts["MAC"] == verdicts["CTRL_VQ"] == "served"
    assert verdicts["EVENT_IDX"] == "not-offered" and "CSUM" not in verdicts
    assert (told["queue_pairs"], told["memory_regions"]) == (1, 20)
    assert {row["name"] for row in told["protocol"]} == {
        "MQ", "REPLY_ACK", "MTU", "CONFIGURE_MEM_SLOTS", "STATUS"}
    assert ("mergeable" in told["rx_path"]["name"]) == merge
    asked = {request for request, _ in backend.requests}
    assert not asked & {Request.SET_FEATURES, Request.SET_MEM_TABLE, Request.ADD_MEM_REG,
                        Request.SET_VRING_ADDR, Request.SET_STATUS}
    front = site.testpmd([site.port(backend.path)])
    backend.wait_running()
    assert said_by_driver(front) == [told["accepted_names"], told["rx_path"]["name"],
                                     told["tx_path"]["name"]]
    quit_all(front)


def test_info_backend_without_version_1(site, info, ask):
    backend = site.backend()
    backend.features &= ~(1 << 32)
    told = ask(backend.path)
    assert not told["works"] and "rx_path" not in told
    assert "does not work here: VERSION_1 is missing" in info("--vhost-user", backend.path)[1]


@pytest.mark.parametrize("answer", [
    pytest.param(b"", id="silence"),
    pytest.param(b"\xff" * 20, id="garbage"),
    pytest.param(reply(Request.GET_FEATURES, struct.pack("<I", 1)), id="short"),
    pytest.param(lambda connection: connection.shutdown(2), id="hang_up")])
def test_info_backend_with_bad_manners(site, ask, answer):
    """It ends, says so, and the document is whole."""
    backend = site.backend()
    backend.answers[Request.GET_FEATURES] = answer
    told = ask(backend.path, status=3)
    assert told["source"] is None and told["remarks"]
