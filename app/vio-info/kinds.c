/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* kinds.c - the standard's table of device ids. */
#include <stddef.h>

#include "kinds.h"

/* 4.1.2: device ids of transitional and modern functions. */
#define TRANSITIONAL_FIRST 0x1000
#define MODERN_FIRST 0x1040
#define LAST 0x107f

/* Chapter 5, "Device Types". */
static const char *const names[] = {
	[KIND_NETWORK] = "network card",
	[2] = "block device",
	[3] = "console",
	[4] = "entropy source",
	[5] = "memory balloon (traditional)",
	[6] = "ioMemory",
	[7] = "rpmsg",
	[8] = "SCSI host",
	[9] = "9P transport",
	[10] = "mac80211 WLAN",
	[11] = "rproc serial",
	[12] = "CAIF",
	[13] = "memory balloon",
	[16] = "GPU",
	[17] = "timer",
	[18] = "input device",
	[19] = "socket device",
	[20] = "crypto device",
	[21] = "signal distribution module",
	[22] = "pstore",
	[23] = "IOMMU",
	[24] = "memory device",
	[25] = "sound device",
	[26] = "file system",
	[27] = "persistent memory",
	[28] = "RPMB device",
	[29] = "mac80211 WLAN simulation",
	[30] = "video encoder",
	[31] = "video decoder",
	[32] = "SCMI device",
	[33] = "Nitro secure module",
	[34] = "I2C adapter",
	[35] = "watchdog",
	[36] = "CAN device",
	[38] = "parameter server",
	[39] = "audio policy device",
	[40] = "Bluetooth device",
	[41] = "GPIO device",
	[42] = "RDMA device",
	[43] = "camera",
	[44] = "ISM device",
	[45] = "SPI controller",
};

/* Transitional ids that the standard assigns (4.1.2.1). */
static const struct {
	uint16_t device;
	uint8_t virtio_id;
} transitional_ids[] = {
	{ 0x1000, 1 }, { 0x1001, 2 }, { 0x1002, 5 }, { 0x1003, 3 },
	{ 0x1004, 8 }, { 0x1005, 4 }, { 0x1009, 9 },
};

const char *
kind_name(unsigned int virtio_id)
{
	return virtio_id < sizeof(names) / sizeof(names[0]) ? names[virtio_id] : NULL;
}

bool
kind_of_pci(uint16_t device, uint16_t subsystem, unsigned int *virtio_id, bool *transitional)
{
	if (device < TRANSITIONAL_FIRST || device > LAST)
		return false;
	*transitional = device < MODERN_FIRST;
	*virtio_id = *transitional ? subsystem : device - MODERN_FIRST;
	for (size_t i = 0; i < sizeof(transitional_ids) / sizeof(transitional_ids[0]); i++)
		if (transitional_ids[i].device == device)
			*virtio_id = transitional_ids[i].virtio_id;
	return true;
}
