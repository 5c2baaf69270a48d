# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Guest to guest: Linux's driver and the plugin in testpmd, each with each, at one switch.

Two boots for all: the NICs change drivers between the tests. What guest a sends is sent back by
guest b: by a program on Linux's interface, or by testpmd (macswap). Programs in guest a reach the
plugin's port through a TAP of its testpmd.
"""
import signal
from pathlib import Path

import pytest

from harness.guests import ADDRESS, MAC, TAP, Guests, missing
from harness.waiting import wait_for

TALK = Path(__file__).with_name("talk.py")
SIZES = "60-1514-7", "1514"


@pytest.fixture(name="guests", scope="module",
                params=["vswitch", pytest.param("ovs", marks=pytest.mark.long)])
def fixture_guests(request, plugin):
    """Two guests and a switch."""
    if missing(request.param):
        pytest.skip(missing(request.param))
    made = Guests(plugin, request.param)
    try:
        yield made
        made.stop()
    finally:
        made.close()


@pytest.fixture(autouse=True)
def fixture_say(request, guests):
    """What programs wrote in a test that failed; a look at the guests' kernels after each."""
    yield
    if getattr(request.node, "failed", False):
        for name, text in guests.logs():
            print(f"{name} wrote:", *text.splitlines()[-60:], sep="\n")
    guests.check()


def ask(guests, driver):
    """Guest a's side: the interface that reaches its NIC."""
    if driver == "linux":
        return guests.linux("a")
    guests.testpmd("a", "set fwd io", tap=True)
    return TAP


@pytest.mark.parametrize("one, two", [("linux", "linux"), ("linux", "vio"), ("vio", "vio"),
                                      ("vio", "linux")])
def test_guests(guests, one, two):
    """Frames of many sizes from guest a to guest b and back, by content; the switch has learned."""
    answer = None
    if two == "linux":
        answer = guests.guest["b"].start("python3", "-B", TALK, guests.linux("b"), "answer")
        wait_for(lambda: "ready" in answer.output(), "the answering program")
    else:
        guests.testpmd("b", "set fwd macswap", options=["--port-topology=loop"])
    interface = ask(guests, one)
    said = guests.guest["a"].run("python3", "-B", TALK, interface, MAC["a"], MAC["b"], *SIZES)
    assert "frames there and back" in said
    if (one, two) == ("linux", "linux"):
        guests.guest["a"].run("ping", "-c", "3", "-i", "0.2", "-s", "1400", ADDRESS["b"])
    learned = guests.switch.learned()
    assert learned[MAC["a"]] != learned[MAC["b"]], learned
    if answer:
        answer.signal(signal.SIGTERM)
        wait_for(lambda: answer.status() is not None, "the answering program to end")
