# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What an application asks a port: address, link, MTU, counters. (Filters: test_filters.py.)"""
from harness.frames import carry, frame, frames
from harness.waiting import wait_for


def test_conf_35_mac_is_the_device_s(ports):
    for nic in "plain0", "single1", "sparse1":
        info = ports.testpmd.port_info(ports.number(nic))
        assert info["MAC address"].lower() == ports.guest.mac(nic)


def test_device_without_control_queue_refuses(ports):
    """Nothing is pretended where a device has no receive modes to choose from."""
    port = ports.number("sparse0")
    said = ports.testpmd.command(f"set promisc {port} on")
    assert "Operation not supported" in said
    assert ports.testpmd.port_info(port)["Promiscuous mode"] == "disabled"


def test_link_follows_the_cable(ports):
    port, device = ports.number("plain0"), ports.guest.device("plain0")

    def link():
        return ports.testpmd.port_info(port)["Link status"]

    assert link() == "up"
    for _ in range(3):
        device.set_link(False)
        try:
            wait_for(lambda: link() == "down", "the link to be shown as down")
        finally:
            device.set_link(True)
        wait_for(lambda: link() == "up", "the link to be shown as up")
    ports.check_forwarding("plain0", "plain1", [64, 1518])


def test_link_without_status_is_up(ports):
    assert ports.testpmd.port_info(ports.number("sparse0"))["Link status"] == "up"


def test_link_of_a_stopped_port_is_down(ports):
    port = ports.number("plain0")
    ports.testpmd.command(f"port stop {port}")
    info = ports.testpmd.port_info(port)
    ports.testpmd.command(f"port start {port}")
    assert info["Link status"] == "down"


def test_unknown_speed_is_shown_as_unknown(ports):
    assert ports.testpmd.port_info(ports.number("plain0"))["Link speed"] == "Unknown"


def test_devarg_speed(start_testpmd):
    ports = start_testpmd("plain0", devargs="speed=25000")
    assert ports.testpmd.port_info(0)["Link speed"] == "25 Gbps"


def test_statistics_count_every_frame(ports):
    testpmd = ports.testpmd
    one, other = ports.number("plain0"), ports.number("plain1")
    sent = frames(range(60, 1518, 7))
    size = sum(map(len, sent))
    with ports.forwarding("plain0", "plain1") as wires:
        testpmd.command("clear port stats all")
        testpmd.command("clear port xstats all")
        assert testpmd.stats(one)["RX-packets"] == 0
        assert not any(testpmd.xstats(one).values())
        carry(*wires, sent)
        received, transmitted = testpmd.stats(one), testpmd.stats(other)
        rx, tx = testpmd.xstats(one), testpmd.xstats(other)
    assert (received["RX-packets"], received["RX-bytes"]) == (len(sent), size)
    assert (transmitted["TX-packets"], transmitted["TX-bytes"]) == (len(sent), size)
    assert received["TX-packets"] == transmitted["RX-packets"] == 0
    assert rx["rx_good_packets"] == rx["rx_q0_packets"] == len(sent)
    assert rx["rx_good_bytes"] == rx["rx_q0_bytes"] == size
    assert tx["tx_good_packets"] == tx["tx_q0_packets"] == len(sent)
    assert tx["tx_good_bytes"] == tx["tx_q0_bytes"] == size
    assert tx["tx_q0_kicks"] + tx["tx_q0_kicks_saved"] > 0
    for name in "rx_errors", "rx_mbuf_allocation_errors", "rx_q0_bad_length", "rx_q0_faults":
        assert rx[name] == 0
    testpmd.command("clear port xstats all")
    assert not any(testpmd.xstats(one).values())


def test_conf_35_mtu_beyond_the_device_s_is_refused(ports):
    jumbo, testpmd = ports.number("jumbo0"), ports.testpmd
    testpmd.command(f"port config mtu {jumbo} 9000")
    testpmd.command(f"port config mtu {jumbo} 9001")
    assert testpmd.port_info(jumbo)["MTU"] == "9000"


def test_mtu_that_the_mbufs_cannot_hold_is_refused(ports):
    """No mergeable buffers, 2048 bytes an mbuf."""
    single, testpmd = ports.number("single0"), ports.testpmd
    testpmd.command(f"port config mtu {single} 1900")
    assert testpmd.port_info(single)["MTU"] == "1900"
    said = testpmd.command(f"port config mtu {single} 3000")
    assert "an mbuf holds 2048 bytes" in said
    assert testpmd.port_info(single)["MTU"] == "1900"
    testpmd.command(f"port config mtu {single} 1500")


def test_frame_longer_than_a_buffer_is_lost_alone(ports):
    """A port whose frames have to fit one mbuf: the bound holds, and the frames around it come."""
    with ports.forwarding("single0", "single1"):
        for size in 1514, 2034, 3000, 1514, 9000, 64:
            assert ports.arrives("single0", "single1", frame(size)) == (size <= 2034)
    xstats = ports.testpmd.xstats(ports.number("single0"))
    assert xstats["rx_q0_faults"] == xstats["rx_q0_bad_length"] == 0


def test_mbufs_too_small_for_a_frame_fail_the_start(own_testpmd):
    """Without mergeable buffers, nothing is silently cut off or dropped."""
    with own_testpmd(["single0"], ["single0"], options=["--mbuf-size=1024"]) as testpmd:
        assert "an mbuf holds 896 bytes" in testpmd.log
        assert "use larger mbufs or a smaller MTU" in testpmd.log
        assert "Fail to start port 0" in testpmd.log
        assert testpmd.port_info(0)["Link status"] == "down"
