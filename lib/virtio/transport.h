/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * transport.h - what every way to a virtio device offers to the layers above.
 *
 * One file implements it per transport (pci_modern.c, vhost_user.c, ...). The caller owns the
 * memory of a transport; open functions are declared in each transport's own header and fill it.
 */
#ifndef VIRTIO_TRANSPORT_H
#define VIRTIO_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

/** "No vector" in MSI-X vector fields (4.1.5.1.2). */
#define VIRTIO_NO_VECTOR 0xffff

/** Largest queue size of a split virtqueue (2.7) and of a packed one (2.8.10.1). */
#define VIRTIO_QUEUE_SIZE_MAX 32768

/**
 * How a queue is told that buffers were made available (2.9, 4.1.5.2).
 * Filled by virtio_transport_ops::queue_notifier and copied into the queue's own state, so that a
 * burst needs no look-up.
 */
struct virtio_notifier {
	/**
	 * Send the available buffer notification.
	 *
	 * @param n     this notifier
	 * @param next  where the driver will put its next descriptor: split rings the available
	 *              index, packed rings next_off | next_wrap << 15. Goes on the wire only with
	 *              VIRTIO_F_NOTIFICATION_DATA.
	 */
	void (*kick)(const struct virtio_notifier *n, uint16_t next);
	union {
		volatile void *addr; /**< the queue's notify register, mapped */
		int fd;              /**< the queue's kick eventfd */
		const void *ports;   /**< struct virtio_pci_ports of a legacy device */
	};
	uint16_t data;               /**< queue index, or queue_notify_data */
};

/** Where a virtqueue's parts are and how it reports, for virtio_transport_ops::queue_setup. */
struct virtio_queue_setup {
	uint16_t size;    /**< entries */
	uint16_t vector;  /**< MSI-X vector, VIRTIO_NO_VECTOR for none */
	uint64_t desc;    /**< descriptor area, as the device addresses it */
	uint64_t driver;  /**< driver area: available ring, or driver event suppression */
	uint64_t device;  /**< device area: used ring, or device event suppression */
	/**
	 * Where the device goes on in a ring that is not fresh: split rings the available index,
	 * packed rings index | wrap counter << 15. Counts only with @ref resume, else 0; over
	 * vhost alone.
	 */
	uint16_t base;
	bool resume;      /**< the ring holds buffers of before: start at @ref base (vhost) */
};

struct virtio_transport;

/**
 * Operations of a transport. All return 0 or a negative errno unless said otherwise; values read
 * from a device are in host byte order and are not trusted: the caller checks their range.
 */
struct virtio_transport_ops {
	const char *name; /**< "pci-modern", "vhost-user", ... */

	/** Read the device status field (2.1). */
	int (*get_status)(struct virtio_transport *t, uint8_t *status);
	/** Write the device status field; 0 asks for a reset, that the caller then waits for. */
	int (*set_status)(struct virtio_transport *t, uint8_t status);

	/** Feature bits 0 to 63 that the device offers (2.2). */
	int (*get_features)(struct virtio_transport *t, uint64_t *features);
	/** Feature bits 0 to 63 that the driver accepts. */
	int (*set_features)(struct virtio_transport *t, uint64_t features);

	/**
	 * Read @p len bytes of device configuration space from @p offset, with accesses of the
	 * natural width of @p len (1, 2, 4; 8 as two of 4; anything else, or an @p offset that is
	 * no multiple of the width, byte by byte) (4.1.3.1). So read one field at a time.
	 * Not atomic: use virtio_device_read_config().
	 */
	int (*read_config)(struct virtio_transport *t, uint32_t offset, void *buf, uint32_t len);
	/**
	 * Write device configuration space; legacy devices take a MAC address this way. Over other
	 * transports -EPERM: a network device's configuration is read-only for drivers (5.1.4.2).
	 */
	int (*write_config)(struct virtio_transport *t, uint32_t offset, const void *buf,
			    uint32_t len);
	/** Configuration generation (2.5). A transport without one returns 0 always. */
	int (*get_generation)(struct virtio_transport *t, uint32_t *generation);

	/** The largest size of queue @p q that the device allows; 0 where there is no such one. */
	int (*queue_max_size)(struct virtio_transport *t, uint16_t q, uint16_t *size);
	/**
	 * Tell the device where queue @p q is, then enable it (4.1.5.1.3).
	 * -EBUSY where the device answered the MSI-X vector with NO_VECTOR,
	 * -ERANGE where the device insists on a size of its own,
	 * -EALREADY where the queue is enabled already: a reset has to come first,
	 * -EINVAL where the set-up does not suit the transport.
	 */
	int (*queue_setup)(struct virtio_transport *t, uint16_t q,
			   const struct virtio_queue_setup *setup);
	/** Reset one queue, VIRTIO_F_RING_RESET (2.6.1); waits until the device did. */
	int (*queue_reset)(struct virtio_transport *t, uint16_t q);
	/** How queue @p q is notified. Valid until the next reset of the device. */
	int (*queue_notifier)(struct virtio_transport *t, uint16_t q, struct virtio_notifier *n);

	/** MSI-X vector of configuration changes; -EBUSY where answered with NO_VECTOR. */
	int (*set_config_vector)(struct virtio_transport *t, uint16_t vector);
	/** Read and thereby clear the ISR status (4.1.4.5); 0 where a transport has none. */
	uint8_t (*read_isr)(struct virtio_transport *t);

	/** Give up what the open function took. The device was reset before. */
	void (*close)(struct virtio_transport *t);
};

/** Common part of every transport; the first member of its own structure. */
struct virtio_transport {
	const struct virtio_transport_ops *ops; /**< what the transport does */
	uint64_t features;   /**< accepted in the last set_features(); the transport keeps it */
	uint64_t allowed;    /**< features that can be accepted over this transport (2.2.1) */
	/** Virtqueues that the device says it has, with the features accepted by now; not checked. */
	uint16_t num_queues;
	/**
	 * Legacy interface: no FEATURES_OK, native endian (2.2.3). Set when the transport is
	 * opened, or by its get_features() where the absence of VERSION_1 tells.
	 */
	bool legacy;
	bool gone;           /**< the device went away: registers read as all ones, or EOF */
};

#endif /* VIRTIO_TRANSPORT_H */
