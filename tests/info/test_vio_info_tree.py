# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""vio-info on made-up PCI functions: what it says, how it takes ugly ones, what it leaves alone."""
import json
import os
import pty
import random
import re
import struct
import subprocess

import pytest

from harness import pci_tree as pci
from harness.pci_tree import Config, Tree, registers, usual

CARD = "0000:00:10.0"
OTHER = "0000:00:11.0"
LIMIT = 60

# Features by bit.
MAC, STATUS, MRG_RXBUF, MTU, MQ, CTRL_VQ, VERSION_1 = 5, 16, 15, 3, 22, 17, 32


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "root")


@pytest.fixture
def info(build_folder, tree):
    """Runs vio-info on the tree: exit status, standard output, standard error."""
    def run(*arguments, env=None):
        done = subprocess.run(
            [build_folder / "app/vio-info/vio-info", "--root", tree.root, *arguments], text=True,
            timeout=LIMIT, check=False, env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr
    return run


@pytest.fixture
def describe(info):
    """The JSON object of one function."""
    def ask(bdf=CARD, *arguments, status=0):
        code, out, err = info("--json", *arguments, bdf)
        assert code == status, err
        one, = json.loads(out)["functions"]
        assert one["address"] == bdf
        return one
    return ask


def verdicts(one):
    """Verdicts by name, or bit for nameless ones."""
    return {row["name"] or row["bit"]: row["verdict"] for row in one["features"]}


def test_info_lists_every_binding(tree, info):
    """Driver, group, node, interface; and looking changes nothing."""
    kernel = tree.function("0000:00:10.0", usual(device=0x1000, subsystem=1), driver="virtio-pci")
    tree.interface(kernel, up=True, features=[MAC, MRG_RXBUF, VERSION_1])
    tree.function("0000:00:11.0", driver="uio_pci_generic")
    tree.function("0000:00:12.0", driver="vfio-pci", group=7, numa=1)
    tree.function("0000:00:13.0")
    tree.function("0000:00:14.0", usual(device=0x1042))
    tree.function("0001:3f:1f.7", Config(vendor=0x8086, device=0x1041))
    before = tree.content()
    code, out, err = info("--json")
    assert (code, err) == (0, "") and tree.content() == before
    cards = json.loads(out)["functions"]
    assert [(one["address"][-4:], one["driver"], one["iommu_group"], one["numa_node"],
             one["interface_kind"]) for one in cards] == [
        ("10.0", "virtio-pci", None, None, "transitional"),
        ("11.0", "uio_pci_generic", None, None, "modern"),
        ("12.0", "vfio-pci", "7", 1, "modern"), ("13.0", None, None, None, "modern")]
    assert all(one["kind"] == "network card" and one["msix"] == {"vectors": 3, "on": False} and
               one["remarks"] == [] for one in cards)
    assert cards[0]["interface"] == {"name": "eth7", "up": True, "master": None, "mtu": 1400,
                                     "mac": "02:00:00:00:00:07", "speed_mbps": None}
    assert cards[0]["source"] == "kernel" and not cards[0]["offer_complete"]
    assert cards[0]["accepted_names"] == "MAC MRG_RXBUF VERSION_1"
    assert "mergeable" in cards[0]["rx_path"]["name"]
    assert [one["source"] for one in cards[1:]] == [None] * 3
    everything = json.loads(info("--json", "--all")[1])["functions"]
    assert [one["kind"] for one in everything][4:] == ["block device"]


def test_info_capabilities(tree, describe):
    tree.function(CARD)
    assert describe()["capabilities"] == {
        "common": {"at": 0x4c, "bar": 4, "offset": 0, "length": 0x1000},
        "isr": {"at": 0x5c, "bar": 4, "offset": 0x1000, "length": 0x1000},
        "device": {"at": 0x6c, "bar": 4, "offset": 0x2000, "length": 0x1000},
        "notify": {"at": 0x7c, "bar": 4, "offset": 0x3000, "length": 0x1000, "multiplier": 4},
        "pci_cfg": {"at": 0x90}}


@pytest.mark.parametrize("device, subsystem, kind, transitional", [
    (0x1000, 1, "network card", True), (0x1001, 2, "block device", True),
    (0x1005, 4, "entropy source", True), (0x1009, 9, "9P transport", True),
    (0x1017, 18, "input device", True), (0x1041, 0x1100, "network card", False),
    (0x1042, 0x1100, "block device", False), (0x1053, 0x1100, "socket device", False),
    (0x1050, 0x1100, "GPU", False), (0x107f, 0x1100, None, False)])
def test_info_kinds(tree, describe, device, subsystem, kind, transitional):
    tree.function(CARD, usual(device=device, subsystem=subsystem))
    one = describe()
    assert one["kind"] == kind
    assert one["interface_kind"] == ("transitional" if transitional else "modern")


def test_info_other_vendors_and_ids(tree, info):
    tree.function(CARD, usual(vendor=0x8086))
    tree.function(OTHER, usual(device=0x1080))
    assert info("--all") == (0, "no virtio network card\n", "")
    assert info(CARD)[0] == 3


# What is wrong, and what is said.
def ugly_loop(config):
    config.bytes[config.tail] = 0x40


def ugly_header(config):
    config.bytes[config.tail] = 0x10


def ugly_bar(config):
    config.structure(pci.COMMON, 0, bar=6)


def ugly_short(config):
    config.structure(pci.COMMON, 0, cap_len=12)


def ugly_small(config):
    config.structure(pci.COMMON, 0, length=8)


def ugly_unaligned(config):
    config.structure(pci.COMMON, 2)


def ugly_beyond(config):
    config.structure(pci.COMMON, 0x3800, length=0xffffff00)


def ugly_io_bar(config):
    config.structure(pci.COMMON, 0, bar=0)


def ugly_multiplier(config):
    config.notify(multiplier=3)


@pytest.mark.parametrize("spoil, words", [
    (ugly_loop, "list loops at 0x40"), (ugly_header, "leads into the header at 0x10"),
    (ugly_bar, "BAR number is reserved"), (ugly_short, "the capability is too short"),
    (ugly_small, "its structure is too short"), (ugly_unaligned, "its offset is not aligned"),
    (ugly_beyond, "it reaches past its BAR"), (ugly_io_bar, "its BAR is not mapped memory"),
    (ugly_multiplier, "its multiplier is not an even power of two")])
def test_info_ugly_capabilities(tree, info, describe, spoil, words):
    """Each is named in JSON and in the text, and not used."""
    config = Config()
    config.structure(pci.ISR, pci.AT_ISR)
    spoil(config)
    tree.function(CARD, config, driver="uio_pci_generic", bar=registers())
    one = describe()
    assert any(words in remark for remark in one["remarks"]), one["remarks"]
    assert "common" not in one["capabilities"] and "notify" not in one["capabilities"]
    assert words in info(CARD)[1]
    before = tree.content()
    assert describe(CARD, "--registers", status=3)["source"] is None
    assert tree.content() == before


def test_info_first_usable_capability_counts(tree, describe):
    config = Config()
    config.structure(pci.COMMON, 0, bar=7)
    good = config.structure(pci.COMMON, pci.AT_COMMON)
    config.structure(pci.COMMON, 0x100)
    tree.function(CARD, config)
    assert describe()["capabilities"]["common"]["at"] == good


@pytest.mark.parametrize("config, words", [
    (Config(device=0x1000, subsystem=1), "legacy interface only"),
    (Config(size=64), "only root can read the PCI capabilities")])
def test_info_no_capabilities(tree, describe, config, words):
    tree.function(CARD, config)
    assert words in describe()["remarks"][0]


def test_info_absent_function(tree, describe):
    """Ids are in sysfs still, but nothing answers."""
    folder = tree.function(CARD)
    (folder / "config").write_bytes(b"\xff" * 256)
    (folder / "vendor").write_text("0x1af4\n", encoding="ascii")
    assert describe()["remarks"] == ["nothing answers at this address"]


def test_info_random_capabilities(tree, info):
    """Whatever the bytes are: an answer, valid JSON, the same functions in the text."""
    rng = random.Random(10)
    count = 60
    for number in range(count):
        config = usual()
        for _ in range(rng.choice([1, 4, 200])):
            config.bytes[rng.randrange(0x34, 256)] = rng.randrange(256)
        tree.function(f"0000:01:{number // 8:02x}.{number % 8}", config,
                      driver="uio_pci_generic", bar=bytes(rng.randbytes(pci.BAR_LEN)))
    before = tree.content()
    code, out, err = info("--json")
    assert (code, err) == (0, "") and tree.content() == before
    assert len(json.loads(out)["functions"]) == count
    assert len(re.findall("^0000:01:", info()[1], re.MULTILINE)) == count
    code, out, _ = info("--json", "--registers")
    assert code == 0 and len(json.loads(out)["functions"]) == count


NET = struct.pack("<6sHHHIB", bytes.fromhex("020000000042"), 1, 4, 9000, 25000, 1)


def test_info_registers(tree, describe):
    """Both halves of the features read alike: bit 5 is MAC and SR_IOV, bit 10 nothing above ..."""
    features = 1 << 0 | 1 << MTU | 1 << MAC | 1 << 11 | 1 << MRG_RXBUF | 1 << STATUS | 1 << 31
    folder = tree.function(CARD, driver="uio_pci_generic",
                           bar=registers(features, status=0x0f, net=NET))
    before = (folder / "resource4").read_bytes()
    one = describe(CARD, "--registers")
    assert one["source"] == "device" and one["offer_complete"]
    assert int(one["offered"], 16) == features << 32 | features
    assert (one["status"], one["queues"], one["queue_sizes"]) == (0x0f, 3, [256] * 3)
    assert one["config"] == {"mac": "02:00:00:00:00:42", "link_up": True, "mtu": 9000,
                             "speed_mbps": 25000, "duplex": "full"}
    said = verdicts(one)
    assert said["VERSION_1"] == said["MAC"] == said["MRG_RXBUF"] == "accepted"
    assert said["SR_IOV"] == "transport" and said[47] == "unknown"
    assert said["CTRL_VQ"] == "not-offered"
    assert one["works"] and "mergeable" in one["rx_path"]["name"]
    after = (folder / "resource4").read_bytes()
    changed = {at for at in range(pci.BAR_LEN) if before[at] != after[at]}
    selectors = {*range(pci.FEATURE_SELECT, pci.FEATURE_SELECT + 4),
                 *range(pci.QUEUE_SELECT, pci.QUEUE_SELECT + 2)}
    assert changed and changed <= selectors, "a device is asked, nothing of it is changed"


def test_info_registers_need_version_1(tree, info, describe):
    tree.function(CARD, bar=registers(1 << MAC, net=NET))
    one = describe(CARD, "--registers")
    assert not one["works"] and "rx_path" not in one
    assert "does not work here: VERSION_1 is missing" in info("--registers", CARD)[1]


def test_info_registers_prerequisite(tree, describe):
    """MQ without a control queue; the reason names it."""
    tree.function(CARD, bar=registers(1 << 0 | 1 << MQ, net=NET))
    one = describe(CARD, "--registers")
    row, = [row for row in one["features"] if row["name"] == "MQ"]
    assert (row["verdict"], row["reason"]) == ("needs", "needs CTRL_VQ")


def test_info_registers_impossible_configuration(tree, info, describe):
    net = struct.pack("<6sHHHIB", b"\x01" * 6, 0, 0, 12, 0xffffffff, 7)
    tree.function(CARD, bar=registers(1 << 0 | 1 << MAC | 1 << MQ | 1 << CTRL_VQ | 1 << MTU |
                                      1 << 31 | 1 << STATUS, net=net))
    said = verdicts(describe(CARD, "--registers"))
    assert said["MQ"] == said["MTU"] == "impossible"
    out = info("--registers", CARD)[1]
    for words in ("01:01:01:01:01:01 (not usable: vio makes one up)", "link          down",
                  "queue pairs   0 (impossible: vio uses one)",
                  "MTU           12 (impossible: vio ignores it)", "speed         unknown"):
        assert words in out, out


def memory_off(tree):
    config = usual()
    struct.pack_into("<H", config.bytes, 4, 0)
    tree.function(CARD, config, bar=registers())


def held_by_kernel(tree):
    tree.function(CARD, driver="virtio-pci", bar=registers())


def opened_uio(tree):
    folder = tree.function(CARD, driver="uio_pci_generic", bar=registers())
    tree.uio(folder, 3)
    tree.process(41, "innocent", opened=["/dev/null", "/dev/uio33", "/dev/vfio/3"])
    tree.process(42, "dpdk-testpmd", opened=["/dev/null", "/dev/uio3"])


def mapped_bar(tree):
    tree.function(CARD, driver="uio_pci_generic", bar=registers())
    tree.process(43, "l3fwd", mapped=["/usr/lib/libc.so.6",
                                      f"/sys/devices/pci0000:00/{CARD}/resource4"])


def opened_group(tree):
    tree.function(CARD, driver="vfio-pci", group=9, bar=registers())
    tree.process(44, "qemu", opened=["/dev/vfio/9"])


@pytest.mark.parametrize("make, words", [
    (memory_off, "does not decode memory accesses"),
    (held_by_kernel, "the kernel's virtio-pci drives the device"),
    (opened_uio, "dpdk-testpmd (pid 42) has the device open"),
    (mapped_bar, "l3fwd (pid 43) has the device open"),
    (opened_group, "qemu (pid 44) has the device open")])
def test_info_registers_are_left_alone(tree, info, describe, make, words):
    make(tree)
    before = tree.content()
    one = describe(CARD, "--registers", status=3)
    assert words in one["remarks"][0] and one["source"] is None
    assert info("--registers")[0] == 0, "nobody asked for this one by name"
    assert tree.content() == before


def test_info_text_is_aligned(tree, info):
    """Labels in one column, what they say in another; rows of features in four."""
    kernel = tree.function(CARD, driver="virtio-pci")
    tree.interface(kernel, features=[MAC, VERSION_1])
    tree.function(OTHER, driver="uio_pci_generic", bar=registers(0xffffffff, net=NET))
    out = info("--registers")[1]
    assert out.count("\n\n") == 1 and not out.endswith("\n\n")
    summaries = set()
    for line in out.splitlines():
        if not line or line.startswith("0000:"):
            continue
        row = re.match(r"    [ \d]\d  (\S+) +", line)
        if row:
            assert line[8] != " " and line[27:29] == "  ", line
            columns = re.split(r"  +", line.strip())
            if len(columns) == 4:
                summaries.add((line.rindex(columns[3]), out.index(line) < out.index(OTHER)))
        else:
            assert re.match(r"  [\w -]{14}\S", line), line
    assert len({card for _, card in summaries}) == 2 and len(summaries) == 2, summaries


def test_info_colours_on_a_terminal_only(tree, info, build_folder):
    tree.function(CARD)
    assert "\033" not in info()[1]
    assert "\033" in info("--colour", "always")[1]
    for env, coloured in ({}, True), ({"NO_COLOR": "1"}, False):
        ours, theirs = pty.openpty()
        subprocess.run([build_folder / "app/vio-info/vio-info", "--root", tree.root],
                       check=True, stdout=theirs, timeout=LIMIT,
                       env={key: value for key, value in os.environ.items()
                            if key != "NO_COLOR"} | env)
        os.close(theirs)
        text = b""
        try:
            while chunk := os.read(ours, 65536):
                text += chunk
        except OSError:  # the end of a terminal
            pass
        os.close(ours)
        assert (b"\033" in text) == coloured


# Makes a function that must not be bound, in a tree where the drivers are loaded.
def interface_up(tree):
    tree.interface(tree.function(CARD, driver="virtio-pci", group=1), up=True)


def default_route(tree):
    tree.interface(tree.function(CARD, driver="virtio-pci", group=1))
    tree.route("eth7")


def default_route6(tree):
    tree.interface(tree.function(CARD, driver="virtio-pci", group=1))
    tree.route6("eth7")


def in_a_bridge(tree):
    tree.interface(tree.function(CARD, driver="virtio-pci", group=1), master="br0")


def out_of_sight(tree):
    tree.interface(tree.function(CARD, driver="virtio-pci", group=1), name=None)


def a_disk(tree):
    tree.function(CARD, usual(device=0x1042), driver="virtio-pci", group=1)


def without_iommu(tree):
    tree.function(CARD)


@pytest.mark.parametrize("make, target, words", [
    (interface_up, "vfio-pci", "eth7 is up"),
    (interface_up, "uio_pci_generic", "eth7 is up"),
    (default_route, "vfio-pci", "eth7 carries the default route"),
    (default_route6, "uio_pci_generic", "eth7 carries the default route"),
    (in_a_bridge, "vfio-pci", "eth7 belongs to br0"),
    (out_of_sight, "vfio-pci", "another network namespace"),
    (a_disk, "vfio-pci", "no network card but a block device"),
    (without_iommu, "vfio-pci", "behind no IOMMU"),
    (opened_uio, "kernel", "dpdk-testpmd (pid 42) has it open"),
    (mapped_bar, "vfio-pci", "l3fwd (pid 43) has it open"),
    (opened_group, "kernel", "qemu (pid 44) has it open")])
def test_info_bind_refused(tree, info, make, target, words):
    """Nothing is written, not even for another function on the same command line."""
    for driver in ("vfio-pci", "uio_pci_generic"):
        tree.driver(driver)
    make(tree)
    tree.function(OTHER, group=2)
    before = tree.content()
    for addresses in [CARD], [OTHER, CARD], [CARD, OTHER]:
        code, out, err = info("--bind", target, *addresses)
        assert (code, out) == (1, "") and err.count("\n") == 1
        assert f"{CARD} stays as it is" in err and words in err
        assert tree.content() == before


def test_info_bind_driver_not_loaded(tree, info):
    tree.function(CARD)
    before = tree.content()
    code, _, err = info("--bind", "uio_pci_generic", CARD)
    assert code == 1 and "modprobe uio_pci_generic" in err
    assert tree.content() == before


def test_info_bind_other_routes_do_not_matter(tree, info):
    """A default route of another interface, a route to somewhere, and the interface is down."""
    tree.driver("uio_pci_generic")
    folder = tree.function(CARD, driver="virtio-pci")
    tree.interface(folder)
    tree.route("eth8")
    tree.route6("eth7", length="40")
    code, _, err = info("--bind", "uio_pci_generic", "00:10.0")
    # Nobody plays the kernel here: the function does not change hands, and that is noticed.
    assert code == 3 and "uio_pci_generic did not take it" in err
    assert (folder / "driver/unbind").read_text(encoding="ascii") == CARD
    assert (tree.root / "sys/bus/pci/drivers_probe").read_text(encoding="ascii") == CARD
    assert (folder / "driver_override").read_text(encoding="ascii")[0] == "\n", "not given back"


def test_info_bind_again_does_nothing(tree, info):
    tree.function(CARD, driver="uio_pci_generic")
    before = tree.content()
    assert info("--bind", "uio_pci_generic", CARD) == (
        0, f"{CARD} is bound to uio_pci_generic already\n", "")
    assert tree.content() == before


@pytest.mark.parametrize("arguments, words", [
    (["--bind", "igb_uio", CARD], "igb_uio"), (["--bind", "kernel"], "--bind: which devices"),
    (["--colour", "sometimes"], "sometimes"), (["--nosuch"], "nosuch"),
    (["--vhost-user", "/nosuch", CARD], "--vhost-user goes with"),
    (["--bind", "kernel", "--registers", CARD], "do not go together")])
def test_info_usage(info, arguments, words):
    code, out, err = info(*arguments)
    assert (code, out) == (2, "") and words in err


@pytest.mark.parametrize("address", ["0000:00:1f.7", "eth0", "", "0000:00:10.0.0"])
def test_info_no_such_address(tree, info, address):
    tree.function(CARD)
    code, out, err = info(address)
    assert (code, out) == (3, "") and f"no virtio PCI device at {address}" in err


def test_info_no_pci(info, tree):
    tree.devices.rmdir()
    code, _, err = info()
    assert code == 3 and "no PCI bus" in err


@pytest.mark.parametrize("path, words", [
    ("/nosuch/socket", "nobody listens"), ("x" * 200, "too long")])
def test_info_vhost_user_nobody_there(info, path, words):
    code, out, _ = info("--json", "--vhost-user", path)
    assert code == 3 and words in json.loads(out)["backend"]["remarks"][0]


@pytest.mark.parametrize("typed, offered", [
    ("--b", "--bind"), ("--bind", None), ("--bind vf", "vfio-pci"), ("--colour a", "always auto"),
    ("--vhost-user tests/inf", "tests/info")])
def test_info_completion(typed, offered):
    """bash, by itself: what it completes a line to."""
    root = os.path.join(os.path.dirname(__file__), "../..")
    words = ["vio-info", *typed.split()] if offered else ["vio-info", *typed.split(), ""]
    done = subprocess.run(["bash", "-c", '''
        set -u; . scripts/completion/vio-info; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _vio_info; echo "${COMPREPLY[*]}"''', "bash", *words], cwd=root, check=True, text=True,
        timeout=LIMIT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (done.stdout, done.stderr) == (
        (offered or "uio_pci_generic vfio-pci kernel") + "\n", "")


def test_info_documents_have_every_option(info):
    """The manual page and the completion know what --help knows."""
    root = os.path.join(os.path.dirname(__file__), "../..")
    options = set(re.findall(r"--[a-z-]+", info("--help")[1]))
    assert len(options) > 7
    for document in "doc/man/vio-info.1", "scripts/completion/vio-info":
        with open(os.path.join(root, document), encoding="utf-8") as file:
            text = file.read().replace("\\-", "-")
        missing = {option for option in options if option not in text}
        assert not missing, f"{document}: {missing}"
