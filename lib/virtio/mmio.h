/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * mmio.h - one access of one width to a mapped register of a PCI device. Internal to the library.
 *
 * Registers are little endian (4.1.3), values here are in host byte order. A write is ordered after
 * all earlier stores to memory, and a read before all later loads: a register that starts the
 * device (queue_enable, device_status, a notification) never overtakes the rings it is about.
 *
 * A unit test that plays the device compiles the transport with VIRTIO_MMIO_EXTERN and defines the
 * six functions itself; nothing of that is left in the library.
 */
#ifndef VIRTIO_MMIO_H
#define VIRTIO_MMIO_H

#include <endian.h>
#include <stdint.h>

#ifdef VIRTIO_MMIO_EXTERN

uint8_t virtio_mmio_read8(const volatile void *reg);
uint16_t virtio_mmio_read16(const volatile void *reg);
uint32_t virtio_mmio_read32(const volatile void *reg);
void virtio_mmio_write8(volatile void *reg, uint8_t value);
void virtio_mmio_write16(volatile void *reg, uint16_t value);
void virtio_mmio_write32(volatile void *reg, uint32_t value);

#else

static inline void
virtio_mmio_wmb(void)
{
#if defined(__x86_64__) || defined(__i386__)
	/* stores to write-back and to uncached memory stay in order */
	__asm__ volatile("" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("dmb oshst" ::: "memory");
#else
	__sync_synchronize();
#endif
}

static inline void
virtio_mmio_rmb(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("dmb oshld" ::: "memory");
#else
	__sync_synchronize();
#endif
}

static inline uint8_t
virtio_mmio_read8(const volatile void *reg)
{
	uint8_t value = *(const volatile uint8_t *)reg;

	virtio_mmio_rmb();
	return value;
}

static inline uint16_t
virtio_mmio_read16(const volatile void *reg)
{
	uint16_t value = *(const volatile uint16_t *)reg;

	virtio_mmio_rmb();
	return le16toh(value);
}

static inline uint32_t
virtio_mmio_read32(const volatile void *reg)
{
	uint32_t value = *(const volatile uint32_t *)reg;

	virtio_mmio_rmb();
	return le32toh(value);
}

static inline void
virtio_mmio_write8(volatile void *reg, uint8_t value)
{
	virtio_mmio_wmb();
	*(volatile uint8_t *)reg = value;
}

static inline void
virtio_mmio_write16(volatile void *reg, uint16_t value)
{
	virtio_mmio_wmb();
	*(volatile uint16_t *)reg = htole16(value);
}

static inline void
virtio_mmio_write32(volatile void *reg, uint32_t value)
{
	virtio_mmio_wmb();
	*(volatile uint32_t *)reg = htole32(value);
}

#endif /* VIRTIO_MMIO_EXTERN */

#endif /* VIRTIO_MMIO_H */
