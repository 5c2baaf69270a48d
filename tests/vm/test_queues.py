# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Ring sizes: which are taken, what the device is told, what is said about the others."""
import pytest


def sizes(ports, nic):
    """Ring sizes that testpmd shows and those that the device was told: receive, transmit."""
    port = ports.number(nic)
    shown = [int(ports.testpmd.queue_info("rxq", port)["Number of RXDs"]),
             int(ports.testpmd.queue_info("txq", port)["Number of TXDs"])]
    device = [ports.guest.device(nic).queue(index)["vring-num"] for index in (0, 1)]
    return shown, device


def test_ring_size_default_is_the_device_s(ports):
    for nic, wanted in ("plain0", [256, 256]), ("large", [1024, 256]):
        assert sizes(ports, nic) == (wanted, wanted)
    assert "descriptors is not to be had" not in ports.testpmd.log


@pytest.mark.parametrize("size", [8, 128])
def test_conf_12_smaller_ring_is_told_to_the_device(start_testpmd, size):
    ports = start_testpmd("plain0", "single0", options=[f"--rxd={size}", f"--txd={size}"])
    for nic in "plain0", "single0":
        assert sizes(ports, nic) == ([size, size], [size, size])
    assert "descriptors is not to be had" not in ports.testpmd.log
    # testpmd drops what a full ring does not take.
    ports.check_forwarding("plain0", "single0", [200] * 8 * size, window=size // 2)


@pytest.mark.both
@pytest.mark.parametrize("size", [300, 4])
def test_other_ring_size_gets_the_device_s_and_a_warning(start_testpmd, size):
    ports = start_testpmd("plain0", "plain1", options=[f"--rxd={size}", f"--txd={size}"])
    assert sizes(ports, "plain0") == ([256, 256], [256, 256])
    for kind in "receive", "transmit":
        assert (f"{kind} queue 0: a ring of {size} descriptors is not to be had; using the "
                "device's 256") in ports.testpmd.log
    ports.check_forwarding("plain0", "plain1", [200] * 600)


def test_more_descriptors_than_the_device_s_ring(start_testpmd):
    ports = start_testpmd("large", "plain0", options=["--rxd=1024", "--txd=256"])
    assert sizes(ports, "large") == ([1024, 256], [1024, 256])
    assert sizes(ports, "plain0") == ([256, 256], [256, 256])
    assert "receive queue 0: a ring of 1024 descriptors is not to be had" in ports.testpmd.log
    ports.check_forwarding("plain0", "large", [200] * 3000)


def test_queue_info(ports):
    rx = ports.testpmd.queue_info("rxq", ports.number("plain0"))
    assert rx["Mempool"] == "mb_pool_0"
    assert rx["RX buffer size"] == "2048"
    assert rx["RX free threshold"] == "32"
    assert rx["Rx queue state"] == "started"
    assert rx["Burst mode"].startswith("virtio_recv_mergeable_pkts")
    tx = ports.testpmd.queue_info("txq", ports.number("plain0"))
    assert tx["Tx queue state"] == "started"
    assert tx["Burst mode"].startswith("virtio_xmit_pkts")
    assert "event index" in rx["Burst mode"] and "event index" in tx["Burst mode"]
    bare = ports.testpmd.queue_info("rxq", ports.number("sparse0"))
    assert "event index" not in bare["Burst mode"]


def check_alignment(ports, nic, alignments):
    """Where the device was told that the parts of its rings are."""
    for index in (0, 1):
        queue = ports.guest.device(nic).queue(index)
        for part, alignment in alignments.items():
            address = queue[f"vring-{part}"]
            assert address and address % alignment == 0, f"{nic}: {part} at {address:#x}"


def test_conf_19_alignment_of_the_ring_parts(ports):
    for nic in "plain0", "single0", "large":
        check_alignment(ports, nic, {"desc": 16, "avail": 2, "used": 4})


def test_conf_29_alignment_of_the_parts_of_a_packed_ring(ports):
    """QEMU calls driver area and device area what they are in split rings."""
    for nic in "packed0", "packed1":
        check_alignment(ports, nic, {"desc": 16, "avail": 4, "used": 4})
