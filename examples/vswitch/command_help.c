/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* command_help.c - the commands in words, for vswitchctl, which parses none. */

#include "command.h"

const char command_help[] =
"  ports                            ports, their links and VLANs\n"
"  fdb [port PORT] [vlan VLAN]      addresses that were learned\n"
"  flush [port PORT] [vlan VLAN]    forget them\n"
"  stats [PORT]                     counters\n"
"  workers                          which worker polls which queues\n"
"  vlan                             VLANs and their ports\n"
"  vlan PORT access VLAN            one VLAN, untagged (a new port has VLAN 1)\n"
"  vlan PORT trunk LIST [native VLAN]\n"
"                                   many, tagged, as in 1-5,10 or all; and one untagged\n"
"  add-port DEVARGS [access VLAN | trunk LIST [native VLAN]]\n"
"                                   a device as EAL's --vdev and -a have it\n"
"  del-port PORT                    take it out and remove its device\n";
