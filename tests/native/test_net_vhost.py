# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The port against the stock net_vhost, split rings; see harness/echo.py for who sends what where."""
import pytest

from harness.echo import MERGED, SOME, Echo, check_counts
from harness.frames import EVERY_SIZE


@pytest.mark.parametrize("merge", ["mergeable", "single"])
@pytest.mark.parametrize("pairs", [1, 4])
def test_vhost_echo(site, memory, pairs, merge):
    sizes = SOME if pairs > 1 else EVERY_SIZE
    Echo(site, pairs, {"mrg_rxbuf": int(merge == "mergeable")}, memory).carry(sizes)


def test_vhost_echo_merged(site, memory):
    Echo(site, 1, {}, memory).carry(MERGED)


@pytest.mark.parametrize("merge", ["mergeable", "single"])
@pytest.mark.parametrize("pairs", [1, 4])
def test_vhost_echo_server(site, memory, pairs, merge):
    Echo(site, pairs, {"mrg_rxbuf": int(merge == "mergeable")}, memory, server=True).carry(SOME)


@pytest.mark.parametrize("queue_size", [8, 32, 4096])
def test_vhost_echo_ring_size(site, queue_size):
    # testpmd drops what a full ring does not take.
    Echo(site, 1, {"queue_size": queue_size}, "nohuge").carry(SOME, window=min(32, queue_size // 2))


@pytest.mark.parametrize("merge", ["mergeable", "single"])
@pytest.mark.parametrize("pairs", [1, 4])
def test_vhost_counts(site, memory, pairs, merge):
    check_counts(site, pairs, {"mrg_rxbuf": int(merge == "mergeable")}, memory)
