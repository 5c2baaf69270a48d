/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * registers.h - a PCI device asked itself. Its features stand behind a register that selects which
 * half of them is read, so even this writes: it is done on request only, and never to a device that
 * a driver of the kernel's or another process works with.
 */
#ifndef INFO_REGISTERS_H
#define INFO_REGISTERS_H

struct function;

/**
 * Fill the view of a network function from its registers, over VFIO where it is bound to vfio-pci
 * (which has it to itself), else over the BARs in sysfs. Says in the remarks why not.
 * @return 0, -EBUSY somebody drives it, or another negative errno
 */
int registers_read(struct function *f);

/** Open BARs: their mappings. */
struct registers_bars {
	void *addr[6];
	unsigned long long len[6];   /**< 0: not mapped */
	int fd[3];                   /**< VFIO's container, group, device; -1: none */
};

/** Map the BARs of a function that vfio-pci has; 0 or a negative errno, said in the remarks. */
int registers_map_vfio(struct function *f, struct registers_bars *bars);

/** Give back what was mapped and opened. */
void registers_unmap(struct registers_bars *bars);

#endif /* INFO_REGISTERS_H */
