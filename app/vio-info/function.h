/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * function.h - virtio PCI functions as configuration space and sysfs show them. No register of a
 * device is touched: this is safe whoever drives it.
 */
#ifndef INFO_FUNCTION_H
#define INFO_FUNCTION_H

#include <net/if.h>

#include "pci.h"
#include "remarks.h"
#include "view.h"

struct pci_access;
struct pci_dev;

/** The kernel's network interface over a function. */
struct function_net {
	char name[IFNAMSIZ];  /**< "": there is none that this process can see */
	bool up;              /**< administratively, IFF_UP */
	char master[IFNAMSIZ]; /**< bridge or bond that it belongs to, or "" */
	char mac[24];
	long mtu;
	long speed;           /**< Mbit/s, -1: unknown */
};

/** A virtio PCI function. */
struct function {
	struct pci_dev *pci;      /**< libpci's */
	char bdf[32];             /**< domain:bus:device.function */
	uint16_t device;          /**< PCI device id */
	unsigned int virtio_id;
	bool transitional;
	char driver[64];          /**< of the kernel, "" for none */
	char group[32];           /**< IOMMU group, "" for none */
	long numa_node;           /**< -1: none, or not known */
	char virtio[32];          /**< the kernel's virtio device, "" for none */
	char virtio_driver[64];   /**< and its driver */
	struct function_net net;
	uint64_t bar_len[VIRTIO_PCI_NUM_BARS]; /**< of memory BARs, 0: none */
	struct virtio_pci_layout layout;
	int walk;                 /**< what virtio_pci_walk() answered */
	struct view view;
	struct remarks remarks;
};

/** Functions in the order of their addresses. */
struct functions {
	struct pci_access *access;
	struct function *item;
	unsigned int count;
};

/**
 * Find all virtio functions. Where the bus cannot be read at all the process ends with a sentence.
 * @return 0 or -ENOMEM
 */
int functions_find(struct functions *list);

void functions_free(struct functions *list);

/** The function at @p bdf, whose domain may be left out; NULL: none of virtio's. */
struct function *functions_by_address(const struct functions *list, const char *bdf);

/** Is a driver bound that lends the function to programs? */
bool function_is_lent(const struct function *f);

/** virtio_pci_host::cfg_read; @p ctx is a struct function. */
int function_cfg_read(void *ctx, void *buf, uint32_t len, uint32_t offset);

/** Does the function decode memory accesses (PCI command register)? */
bool function_memory_on(struct function *f);

/** Read which driver is bound, again. */
void function_read_driver(struct function *f);

#endif /* INFO_FUNCTION_H */
