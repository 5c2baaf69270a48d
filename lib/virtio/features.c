/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* features.c - the table of feature bits and what follows from it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "features.h"
#include "virtio_spec.h"

#define BIT(name) VIRTIO_FEATURE(VIRTIO_##name)

#define NET(b, since_, all, any, text) \
	{ VIRTIO_NET_F_##b, VIRTIO_FEATURE_NET, #b, "5.1.3", since_, all, any, text }
#define RING(prefix, b, section_, since_, text) \
	{ VIRTIO_##prefix##_##b, VIRTIO_FEATURE_RING, #b, section_, since_, 0, 0, text }
#define DEVICE(b, section_, since_, text) \
	{ VIRTIO_F_##b, VIRTIO_FEATURE_DEVICE, #b, section_, since_, 0, 0, text }

#define CTRL_VQ BIT(NET_F_CTRL_VQ)
#define CSUM BIT(NET_F_CSUM)
#define GUEST_CSUM BIT(NET_F_GUEST_CSUM)
#define GUEST_TSO (BIT(NET_F_GUEST_TSO4) | BIT(NET_F_GUEST_TSO6))
#define HOST_TSO (BIT(NET_F_HOST_TSO4) | BIT(NET_F_HOST_TSO6))
#define HASHES (BIT(NET_F_RSS) | BIT(NET_F_HASH_REPORT))

/*
 * Prerequisites are those of 5.1.3.1. Beyond its list, features that are commands of the control
 * virtqueue, or are set up by one, need CTRL_VQ here: without it they could not be used.
 *
 * Bits that are not here are reserved or unknown and never accepted: 30 above all (6.3), and the
 * legacy bits 41 and 42 (GUEST_RSC4, GUEST_RSC6), that no legacy driver can see anyway, the legacy
 * interface having 32 bits.
 */
static const struct virtio_feature table[] = {
	NET(CSUM, "legacy", 0, 0, "device completes partial checksums of transmitted packets"),
	NET(GUEST_CSUM, "legacy", 0, 0, "driver takes received packets with partial checksums"),
	NET(CTRL_GUEST_OFFLOADS, "1.0", CTRL_VQ, 0, "receive offloads change at run time"),
	NET(MTU, "1.1", 0, 0, "device says its largest MTU"),
	NET(MAC, "legacy", 0, 0, "device has a MAC address"),
	{ VIRTIO_NET_F_GSO, VIRTIO_FEATURE_LEGACY, "GSO", "5.1.3.2", "legacy", 0, 0,
	  "device takes packets of any segmentation type" },
	NET(GUEST_TSO4, "legacy", GUEST_CSUM, 0, "driver takes large TCP/IPv4 packets"),
	NET(GUEST_TSO6, "legacy", GUEST_CSUM, 0, "driver takes large TCP/IPv6 packets"),
	NET(GUEST_ECN, "legacy", 0, GUEST_TSO, "driver takes large TCP packets with ECN"),
	NET(GUEST_UFO, "legacy", GUEST_CSUM, 0, "driver takes large UDP packets to be fragmented"),
	NET(HOST_TSO4, "legacy", CSUM, 0, "device segments TCP/IPv4"),
	NET(HOST_TSO6, "legacy", CSUM, 0, "device segments TCP/IPv6"),
	NET(HOST_ECN, "legacy", 0, HOST_TSO, "device segments TCP with ECN"),
	NET(HOST_UFO, "legacy", CSUM, 0, "device fragments UDP"),
	NET(MRG_RXBUF, "legacy", 0, 0, "a received packet may span several buffers"),
	NET(STATUS, "legacy", 0, 0, "device says its link status"),
	NET(CTRL_VQ, "legacy", 0, 0, "there is a control virtqueue"),
	NET(CTRL_RX, "legacy", CTRL_VQ, 0, "promiscuous, all-multicast and MAC filtering"),
	NET(CTRL_VLAN, "legacy", CTRL_VQ, 0, "VLAN filtering"),
	NET(CTRL_RX_EXTRA, "1.0", CTRL_VQ, 0, "further receive modes, broadcast off for one"),
	NET(GUEST_ANNOUNCE, "legacy", CTRL_VQ, 0, "driver announces itself on request"),
	NET(MQ, "1.0", CTRL_VQ, 0, "several queue pairs, device steers by itself"),
	NET(CTRL_MAC_ADDR, "1.0", CTRL_VQ, 0, "MAC address set by command"),
	{ VIRTIO_F_NOTIFY_ON_EMPTY, VIRTIO_FEATURE_LEGACY, "NOTIFY_ON_EMPTY", "6.3", "legacy", 0, 0,
	  "device notifies on a drained queue though told not to" },
	{ VIRTIO_F_ANY_LAYOUT, VIRTIO_FEATURE_LEGACY, "ANY_LAYOUT", "6.3", "legacy", 0, 0,
	  "header and data share descriptors as the driver likes" },
	RING(RING_F, INDIRECT_DESC, "2.7.5.3", "legacy", "descriptors in tables outside the ring"),
	RING(RING_F, EVENT_IDX, "2.7.7", "legacy", "notifications wanted from an index on"),
	DEVICE(VERSION_1, "6", "1.0", "device follows the standard, not the legacy interface"),
	DEVICE(ACCESS_PLATFORM, "6", "1.0", "device's memory accesses go through the platform"),
	RING(F, RING_PACKED, "2.8", "1.1", "packed virtqueues"),
	RING(F, IN_ORDER, "2.7.9", "1.1", "buffers come back in the order they went"),
	DEVICE(ORDER_PLATFORM, "6", "1.1", "ordering as towards hardware"),
	DEVICE(SR_IOV, "6", "1.1", "device has virtual functions"),
	RING(F, NOTIFICATION_DATA, "2.9", "1.1", "notifications carry the ring position"),
	RING(F, NOTIF_CONFIG_DATA, "4.1.5.2", "1.2", "notifications carry a value of the device's"),
	RING(F, RING_RESET, "2.6.1", "1.2", "one queue can be reset by itself"),
	DEVICE(ADMIN_VQ, "2.13", "1.3", "there are administration virtqueues"),
	NET(DEVICE_STATS, "1.4", CTRL_VQ, 0, "device's own statistics by command"),
	NET(HASH_TUNNEL, "1.3", CTRL_VQ, HASHES, "hash over the inner header of tunnels"),
	NET(VQ_NOTF_COAL, "1.3", CTRL_VQ, 0, "notification coalescing per queue"),
	NET(NOTF_COAL, "1.3", CTRL_VQ, 0, "notification coalescing"),
	NET(GUEST_USO4, "1.3", GUEST_CSUM, 0, "driver takes large UDP/IPv4 packets to segment"),
	NET(GUEST_USO6, "1.3", GUEST_CSUM, 0, "driver takes large UDP/IPv6 packets to segment"),
	NET(HOST_USO, "1.2", CSUM, 0, "device segments UDP"),
	NET(HASH_REPORT, "1.2", CTRL_VQ, 0, "device says the hash of a received packet"),
	NET(GUEST_HDRLEN, "1.2", 0, 0, "driver gives exact header lengths"),
	NET(RSS, "1.2", CTRL_VQ, 0, "several queue pairs, driver sets the hash and the table"),
	NET(RSC_EXT, "1.1", 0, HOST_TSO, "device says how many segments it coalesced"),
	NET(STANDBY, "1.1", 0, 0, "device stands in for one with the same MAC address"),
	NET(SPEED_DUPLEX, "1.2", 0, 0, "device says its speed and duplex"),
};

#define TABLE_ROWS (sizeof(table) / sizeof(table[0]))

const struct virtio_feature *
virtio_features_table(size_t *count)
{
	*count = TABLE_ROWS;
	return table;
}

const struct virtio_feature *
virtio_feature_by_bit(unsigned int bit)
{
	for (size_t i = 0; i < TABLE_ROWS; i++)
		if (table[i].bit == bit)
			return &table[i];
	return NULL;
}

const struct virtio_feature *
virtio_feature_by_name(const char *name)
{
	static const char *const prefixes[] = { "VIRTIO_NET_F_", "VIRTIO_RING_F_", "VIRTIO_F_" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncasecmp(name, prefixes[i], len) == 0) {
			name += len;
			break;
		}
	}
	for (size_t i = 0; i < TABLE_ROWS; i++)
		if (strcasecmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

/* Bits of the table that can be in force together with or without VERSION_1. */
static uint64_t
interface_features(bool legacy)
{
	uint64_t features = 0;

	for (size_t i = 0; i < TABLE_ROWS; i++) {
		/* 4.1.4.10: the legacy interface ends at bit 31 */
		if (legacy ? table[i].bit < 32 : table[i].kind != VIRTIO_FEATURE_LEGACY)
			features |= VIRTIO_FEATURE(table[i].bit);
	}
	return features;
}

static bool
prerequisites_met(const struct virtio_feature *f, uint64_t features)
{
	if ((f->needs_all & features) != f->needs_all)
		return false;
	return f->needs_any == 0 || (f->needs_any & features) != 0;
}

int
virtio_features_negotiate(uint64_t offered, uint64_t wanted, uint64_t required, uint64_t *accepted)
{
	bool legacy = (offered & BIT(F_VERSION_1)) == 0;
	uint64_t features, before;

	/* 6.1: VERSION_1 is not a matter of choice */
	wanted |= required | BIT(F_VERSION_1);
	features = offered & wanted & interface_features(legacy);

	/* What falls may have been what another bit stood on. */
	do {
		before = features;
		for (size_t i = 0; i < TABLE_ROWS; i++)
			if (!prerequisites_met(&table[i], features))
				features &= ~VIRTIO_FEATURE(table[i].bit);
	} while (features != before);

	*accepted = features;
	return (required & ~features) != 0 ? -ENOTSUP : 0;
}

enum virtio_feature_verdict
virtio_feature_verdict(unsigned int bit, uint64_t offered, uint64_t wanted, uint64_t accepted)
{
	uint64_t mask;

	if (bit > 63)
		return VIRTIO_FEATURE_ABSENT;
	mask = VIRTIO_FEATURE(bit);
	if (accepted & mask)
		return VIRTIO_FEATURE_ACCEPTED;
	if ((offered & mask) == 0)
		return (wanted & mask) ? VIRTIO_FEATURE_NOT_OFFERED : VIRTIO_FEATURE_ABSENT;
	if (virtio_feature_by_bit(bit) == NULL)
		return VIRTIO_FEATURE_UNKNOWN;
	return (wanted & mask) ? VIRTIO_FEATURE_NEEDS : VIRTIO_FEATURE_NOT_WANTED;
}

/* One word at the end of what snprintf() wrote so far; the length with it. */
static size_t
append(char *buf, size_t size, size_t len, const char *name, unsigned int bit)
{
	char *at = len < size ? buf + len : NULL;
	size_t room = len < size ? size - len : 0;
	const char *blank = len != 0 ? " " : "";
	int n;

	if (name != NULL)
		n = snprintf(at, room, "%s%s", blank, name);
	else
		n = snprintf(at, room, "%sbit%u", blank, bit);
	return len + (size_t)n;
}

int
virtio_features_string(uint64_t features, char *buf, size_t size)
{
	size_t len = 0;

	if (size > 0)
		buf[0] = '\0';
	for (unsigned int bit = 0; bit < 64; bit++) {
		const struct virtio_feature *f = virtio_feature_by_bit(bit);

		if (features & VIRTIO_FEATURE(bit))
			len = append(buf, size, len, f != NULL ? f->name : NULL, bit);
	}
	return (int)len;
}
