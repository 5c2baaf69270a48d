# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Packed rings (QEMU's packed=on): which paths and sizes they get, and frames through them.

What is the same in both layouts is in the other files, once for each.
"""
import pytest

from harness.frames import EVERY_SIZE

# packed1 has no mergeable receive buffers.
PAIR = ["packed0", "packed1"]


def modes(ports, nic):
    """What show rxq info and show txq info say of the paths."""
    return [ports.testpmd.queue_info(kind, ports.number(nic))["Burst mode"]
            for kind in ("rxq", "txq")]


def check_paths(ports, rx_width, mergeable=(True, False)):
    """Are the paths those of packed rings, with vectors of this width?"""
    for nic, merged in zip(PAIR, mergeable):
        assert "RING_PACKED" in " ".join(ports.guest.device(nic).features("guest"))
        rx, tx = modes(ports, nic)
        assert rx.startswith("virtio_recv_mergeable_pkts_packed" if merged else
                             "virtio_recv_pkts_packed"), rx
        assert rx_width in rx and "packed ring" in rx and "event index" in rx, rx
        assert tx.startswith("virtio_xmit_pkts_packed") and "packed ring" in tx, tx


def test_packed_forward_every_size(ports):
    """The paths of a testpmd that asks for nothing."""
    check_paths(ports, "_vec (AVX2)")
    ports.check_forwarding(*PAIR, EVERY_SIZE)


def test_packed_to_split_rings(ports):
    ports.check_forwarding("packed0", "single0", range(60, 1519, 7))


@pytest.mark.parametrize("devargs, eal, width", [
    pytest.param("", ["--force-max-simd-bitwidth=64"], "pkts_packed,", id="scalar"),
    pytest.param("vectorized=0", [], "pkts_packed,", id="vectorized_0"),
])
def test_packed_forward_every_size_with_paths(start_testpmd, devargs, eal, width):
    ports = start_testpmd(*PAIR, devargs=devargs, eal=eal)
    check_paths(ports, width)
    ports.check_forwarding(*PAIR, EVERY_SIZE)


def test_packed_forward_every_size_devarg_mrg_rxbuf_0(start_testpmd):
    ports = start_testpmd(*PAIR, devargs="mrg_rxbuf=0")
    check_paths(ports, "_vec (AVX2)", mergeable=(False, False))
    ports.check_forwarding(*PAIR, EVERY_SIZE)


def test_devarg_packed_vq_0_gives_split_rings(start_testpmd):
    ports = start_testpmd(*PAIR, devargs="packed_vq=0")
    assert "RING_PACKED" not in ports.testpmd.log
    for nic in PAIR:
        offered, accepted = (" ".join(ports.guest.device(nic).features(side))
                             for side in ("host", "guest"))
        assert "RING_PACKED" in offered and "RING_PACKED" not in accepted
        for mode in modes(ports, nic):
            assert "packed" not in mode and "split ring" in mode
    ports.check_forwarding(*PAIR, EVERY_SIZE)


@pytest.mark.both
def test_packed_forward_frames_of_several_mbufs(start_testpmd):
    """384 bytes of data an mbuf: frames are received and sent as chains of up to four."""
    ports = start_testpmd("packed0", "sparse0", options=["--mbuf-size=512"])
    assert ports.testpmd.queue_info("rxq", ports.number("packed0"))["RX buffer size"] == "384"
    ports.check_forwarding("packed0", "sparse0", EVERY_SIZE)


@pytest.mark.parametrize("size", [100, 8, 37])
def test_packed_ring_of_any_size(start_testpmd, size):
    """No power of two is asked of a packed ring (2.8.10.1); the wrap counters turn with any."""
    ports = start_testpmd(*PAIR, options=[f"--rxd={size}", f"--txd={size}"])
    for nic in PAIR:
        assert "RING_PACKED" in " ".join(ports.guest.device(nic).features("guest"))
        for index in (0, 1):
            assert ports.guest.device(nic).queue(index)["vring-num"] == size
        port = ports.number(nic)
        assert ports.testpmd.queue_info("rxq", port)["Number of RXDs"] == str(size)
        assert ports.testpmd.queue_info("txq", port)["Number of TXDs"] == str(size)
    assert "is not to be had" not in ports.testpmd.log
    # testpmd drops what a full ring does not take.
    window = min(size // 2, 32)
    ports.check_forwarding(*PAIR, [*range(60, 1519, 5), *[200] * 8 * size], window=window)
    ports.testpmd.restart_ports()
    ports.check_forwarding(*PAIR, range(60, 1519, 61), window=window)


def test_packed_ring_of_a_size_that_the_device_takes_is_kept(start_testpmd):
    """The device's 256 stays where more is asked for."""
    ports = start_testpmd(*PAIR, options=["--rxd=300", "--txd=300"])
    assert ports.guest.device("packed0").queue(0)["vring-num"] == 256
    assert ("receive queue 0: a ring of 300 descriptors is not to be had; using the device's 256 "
            "(a smaller number, 8 or more, would be taken)") in ports.testpmd.log
