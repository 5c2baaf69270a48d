# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""testpmd's commands for a port, typed one after the other: what there is answers, what there is not
says so, with and without a backend. (What commands do to a device: tests/vm, tests/model.)
"""
from harness.frames import carry, frames
from harness.native import quit_all

# What is there: a word of the answer.
ANSWERED = {
    "show port info 0": "Driver name: net_vio_user",
    "show port summary 0": "net_vio_user0",
    "show port stats 0": "RX-packets: 0",
    "show port xstats 0": "rx_q0_kicks: ",
    "show device info net_vio_user0": "Driver name: net_vio_user",
    "show port 0 macs": "Number of MAC address added: 1",
    "show port 0 mcast_macs": "Number of Multicast MAC address added: 0",
    "show port 0 rx_offload capabilities": "VLAN_STRIP",
    "show port 0 rx_offload configuration": "Port :",
    "show port 0 tx_offload capabilities": "MULTI_SEGS",
    "show port 0 tx_offload configuration": "Port :",
    "show rxq info 0 0": "Mempool: mb_pool_0",
    "show txq info 0 0": "Number of TXDs: 256",
    "show port 0 rxq 0 desc used count": "= 0",
    "show port 0 txq 0 desc 0 status": "DONE",
    "port cleanup 0 txq 0 8": "mbuf nums: 0",
    "vlan set stripq on 0,0": "",
    "vlan set stripq off 0,0": "",
    "vlan set strip on 0": "",
    "vlan set strip off 0": "",
    "set promisc 0 on": "",
    "set allmulti 0 on": "",
    "port config mtu 0 1400": "",
    "clear port stats 0": "cleared",
    "clear port xstats 0": "",
}

# What is not: how testpmd shows -ENOTSUP, which it does in many ways; or ethdev refuses before that.
REFUSED = {
    "show port 0 ptypes": "ptypes",
    "show port 0 rss-hash": "hash key size",
    "show port 0 flow_ctrl": "err = -95",
    "show port 0 eeprom": "not supported",
    "show port 0 module_eeprom": "not supported",
    "show port 0 fec_mode": "not implemented",
    "show port dcb_tc 0": "Failed to get dcb infos",
    "show port meter cap 0": "not implemented",
    "set flow_ctrl rx on 0": "return code = -95",
    "set pfc_ctrl rx on tx on 100 50 10 1 0": "return code = -95",
    "set port 0 uta all on": "return code = -95",
    "set port 0 vf 0 rate 100 queue_mask 1": "not supported",
    "set port 0 vf 0 rxmode AUPE on": "return code = -95",
    "mac_addr add 0 02:00:00:00:00:77": "not supported",
    "mcast_addr add 0 01:00:5e:00:00:77": "diag=-95",
    "set stat_qmap rx 0 0 0": "failed to set rx queue stats mapping",
    "set tx loopback 0 on": "not implemented",
    "port config 0 udp_tunnel_port add vxlan 4789": "not supported",
    "rx_vxlan_port add 4789 0": "not supported",
    "port config all rss ip": "not supported",
    "port config 0 rss reta (0,0)": "invalid for RSS",
    "vlan set outer tpid 0x88a8 0": "failed diag=-95",
    "vlan set filter on 0": "failed diag=-22",
    "vlan set extend on 0": "failed diag=-22",
    "vlan set qinq_strip on 0": "failed diag=-22",
    "flow create 0 ingress pattern eth / end actions drop / end": "not implemented",
    "flow isolate 0 1": "not implemented",
    "add port tm node shaper profile 0 0 0 0 0 0 0 0": "not implemented",
}

COMPLAINTS = "ail", "rror", "not supported", "not implemented", "Bad arguments", "not found"


def check_commands(testpmd):
    """Types all of them."""
    for command, word in ANSWERED.items():
        said = testpmd.command(command)
        # Counters and log lines may have such words in their names.
        complaints = [] if word else [text for text in COMPLAINTS if text in said]
        assert word in said and not complaints, f"{command}: {said}"
    for command, word in REFUSED.items():
        said = testpmd.command(command)
        assert word in said, f"{command}: {said}"


def test_commands_answered_or_refused(site):
    """First while the port waits for a backend; then there is one, and packets pass as ever."""
    path = site.socket()
    testpmd = site.testpmd([site.port(path)], ["--port-topology=loop"])
    check_commands(testpmd)
    backend = site.backend()
    backend.wait_running()
    check_commands(testpmd)
    with testpmd.forwarding(0):
        carry(backend.wires[0], backend.wires[0], frames(range(60, 1400, 67)))
    backend.check()
    quit_all(testpmd)
