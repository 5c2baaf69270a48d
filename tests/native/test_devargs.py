# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Device arguments: those that cannot be meant are refused with a sentence that names the key."""
from harness.native import open_files, quit_all, wait_link

# Of 108 characters. Later releases take no more than 127 of a device that is attached.
LONG = "path=" + "/a-socket" * 12

# Arguments behind the port's name; {socket} and {other} are paths of sockets to be.
REFUSED = {
    "path": ["", "path=", "queues=2", LONG, "path=/dev/vhost-vdpa-0",
             "path={socket},path={other}"],
    "colour": ["path={socket},colour=red"],
    "iface": ["path={socket},iface=tap0", "path=/dev/vhost-net,iface=" + "t" * 16,
              "path=/dev/tap1,iface=tap0"],
    "server": ["path=/dev/vhost-net,server=1", "path={socket},server=2", "path={socket},server"],
    "queue_size": [f"path={{socket}},queue_size={size}"
                   for size in ("0", "1", "4", "100", "-8", "65536", "8x", "0x100", "")],
    "queues": [f"path={{socket}},queues={number}" for number in ("0", "-1", "1025", "two")]
              + ["path={socket},queues=1,queues=2"],
    "mac": [f"path={{socket}},mac={mac}" for mac in
            ("01:00:00:00:00:01", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00",
             "02:00:00:00:00:0g", "")],
    "speed": [f"path={{socket}},speed={speed}" for speed in ("-1", "fast", "4294967296")],
    "mrg_rxbuf": ["path={socket},mrg_rxbuf=yes"],
    "in_order": ["path={socket},in_order=2"],
    "vectorized": ["path={socket},vectorized=true"],
    "cq": ["path={socket},cq=-1"],
    "packed_vq": ["path={socket},packed_vq=on"],
}


def test_devargs_refused(site):
    testpmd = site.testpmd([])
    files = open_files(testpmd.process)
    for key, cases in REFUSED.items():
        for number, case in enumerate(cases):
            arguments = case.format(socket=site.socket(), other=site.socket("other"))
            said = testpmd.command(f"port attach net_vio_user{number},{arguments}".rstrip(","))
            assert f"device argument {key}" in said, f"'{arguments}': {said}"
            assert "attached" not in said and "No such device" not in said, said
    assert open_files(testpmd.process) == files
    assert testpmd.command("show port summary all").startswith("Number of available ports: 0")
    assert not site.socket().exists()
    quit_all(testpmd)


def test_devargs_refused_by_eal(site):
    """A wrong --vdev is no port, and the sentence is there with EAL's own."""
    testpmd = site.testpmd([site.port(site.socket(), queue_size=100)])
    assert "device argument queue_size=100" in testpmd.log
    assert testpmd.command("show port summary all").startswith("Number of available ports: 0")
    quit_all(testpmd)


def test_devargs_accepted(site):
    """Those of net_virtio_user, with what they mean."""
    backend = site.backend(pairs=2)
    testpmd = site.testpmd(
        [f"vio_user0,path={backend.path},mac=02:00:00:00:00:2a,queues=2,queue_size=1024,"
         "mrg_rxbuf=0,in_order=0,packed_vq=0,vectorized=0,speed=25000,cq=1,server=0"],
        ["--rxq=2", "--txq=2", "--rxd=1024"])
    backend.wait_running()
    wait_link(testpmd, "up")
    info = testpmd.port_info(0)
    assert info["MAC address"] == "02:00:00:00:00:2A"
    assert info["Link speed"] == "25 Gbps"
    assert info["Max possible RX queues"] == "2"
    testpmd.command("port stop 0")
    testpmd.command("port close 0")
    assert not backend.running
    quit_all(testpmd)


def test_devargs_server_socket(site):
    """A server's socket is there as long as the port; a stale one is replaced, no other file is."""
    path = site.socket()
    testpmd = site.testpmd([])
    attach = f"port attach net_vio_user0,path={path},server=1"
    path.write_text("not a socket", encoding="ascii")
    said = testpmd.command(attach)
    assert "cannot listen" in said and path.read_text(encoding="ascii") == "not a socket", said
    path.unlink()
    for _ in range(2):
        assert "is attached" in testpmd.command(attach)
        assert path.is_socket()
        said = testpmd.command(f"port attach net_vio_user1,path={path},server=1")
        assert "cannot listen" in said, said
        assert path.is_socket()
        testpmd.command("port close 0")
        testpmd.command("device detach net_vio_user0")
        assert not path.exists()
    quit_all(testpmd)
