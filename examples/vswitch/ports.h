/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* ports.h - ports come, go, and change, while the switch works. All in the control thread. */

#ifndef VS_PORTS_H
#define VS_PORTS_H

#include "vswitch.h"

/** A port by the name of its device. @return -1: there is none */
int port_by_name(const struct vs_switch *sw, const char *name);

/** Make an ethdev that EAL has found a port of the switch. */
int port_adopt(struct vs_switch *sw, uint16_t id, const struct vlan_rules *rules,
	       struct vs_error *error);

/**
 * Find a device by its arguments, as EAL's -a and --vdev have them, and adopt its ports.
 * @return 0, or negative: nothing changed
 */
int port_add(struct vs_switch *sw, const char *devargs, const struct vlan_rules *rules,
	     struct vs_error *error);

/** Take a port, and others of the same device, out of the switch and remove the device. */
int port_remove(struct vs_switch *sw, uint16_t id, struct vs_error *error);

/** Give a port other VLANs. What was learned behind it is forgotten. */
int port_set_vlan(struct vs_switch *sw, uint16_t id, const struct vlan_rules *rules,
		  struct vs_error *error);

/** Do what ports' events ask for; resets, which a guest can cause, not more often than this is
 * called with @p slow. */
void ports_handle_events(struct vs_switch *sw, bool slow);

/** Remove all. */
void ports_close(struct vs_switch *sw);

#endif /* VS_PORTS_H */
