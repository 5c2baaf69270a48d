# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The same with packed rings, which net_vhost takes where the port asks for them."""
import pytest

from harness.echo import MERGED, SOME, Echo, check_counts
from harness.frames import EVERY_SIZE


@pytest.fixture(params=["in_order", "any_order"])
def packed(request):
    """Device arguments of a port with packed rings."""
    return {"packed_vq": 1, "in_order": int(request.param == "in_order")}


def check_layout(echo):
    """Does every queue at net_vhost run on a packed ring?"""
    for kind in "rxq", "txq":
        mode = echo.front.queue_info(kind, 1)["Burst mode"]
        assert "_pkts_packed" in mode and "packed ring" in mode, mode


@pytest.mark.parametrize("merge", ["mergeable", "single"])
def test_vhost_packed_echo(site, memory, packed, merge):
    echo = Echo(site, 1, {**packed, "mrg_rxbuf": int(merge == "mergeable")}, memory)
    check_layout(echo)
    echo.carry(EVERY_SIZE)


def test_vhost_packed_echo_merged(site, packed):
    Echo(site, 1, packed, "nohuge").carry(MERGED)


def test_vhost_packed_echo_server(site, packed):
    echo = Echo(site, 4, packed, "nohuge", server=True)
    check_layout(echo)
    echo.carry(SOME)


@pytest.mark.parametrize("vectorized", [0, 1])
@pytest.mark.parametrize("queue_size", [8, 100, 255, 4096])
def test_vhost_packed_echo_ring_size(site, packed, queue_size, vectorized):
    """2.8.10.1: the number of descriptors need not be a power of two."""
    devargs = {**packed, "queue_size": queue_size, "vectorized": vectorized}
    echo = Echo(site, 1, devargs, "nohuge")
    check_layout(echo)
    echo.carry(SOME, window=min(32, queue_size // 2))


@pytest.mark.parametrize("merge", ["mergeable", "single"])
@pytest.mark.parametrize("pairs", [1, 4])
def test_vhost_packed_counts(site, packed, pairs, merge):
    check_counts(site, pairs, {**packed, "mrg_rxbuf": int(merge == "mergeable")}, "nohuge")
