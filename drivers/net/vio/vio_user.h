/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* vio_user.h - a vdev port: a driver whose device is a process or a kernel at the other end. */
#ifndef VIO_USER_H
#define VIO_USER_H

#include "vhost_kernel.h"
#include "vhost_user.h"
#include "vio.h"
#include "vio_monitor.h"

struct vio_user_port;

/** What the kinds of backends do in their own way. */
struct vio_user_backend {
	/** Open what needs no other side. 0 or a negative errno. */
	int (*open)(struct vio_user_port *user);
	/** Look for the other side from now on; NULL: it is there. */
	int (*watch)(struct vio_user_port *user);
	int (*set_memory)(struct vio_user_port *user, const struct virtio_mem_region *regions,
			  unsigned int count);
	int (*add_memory)(struct vio_user_port *user, const struct virtio_mem_region *region);
	int (*remove_memory)(struct vio_user_port *user, uint64_t addr, uint64_t size);
	int (*enable)(struct vio_user_port *user, uint16_t q, bool on);
	/** Tell the backend the MTU; -ENOTSUP where it does not want to know. */
	int (*set_mtu)(struct vio_user_port *user, uint16_t mtu);
	/**
	 * The eventfd to which used buffers of virtqueue @p q are told or, with @p kick, available
	 * ones; the same one as long as the port exists. Or a negative errno.
	 */
	int (*queue_fd)(struct vio_user_port *user, uint16_t q, bool kick);
};

/** A vdev port; dev_private. The port comes first: the rest of the driver knows only that. */
struct vio_user_port {
	struct vio_port port;
	const struct vio_user_backend *backend;
	union {
		struct virtio_transport transport;
		struct virtio_vhost_user vu;
		struct virtio_vhost_kernel vk;
	};
	struct vio_watch watch;  /**< the socket; vhost-user alone */
	struct vio_watch channel; /**< on which the backend says that its configuration changed */
	bool watched;
	bool channel_lost;       /**< the backend closed it, but not the connection */
	bool connected;          /**< there is a backend, and it speaks our language */
	int last_error;          /**< of the last connection, so that it is said once */
	char mem_event[32];      /**< name of the callback for memory that comes and goes */
	bool mem_stale;          /**< EAL has memory that the backend did not take */
};

/** Is this the name of a macvtap's device? */
bool vio_user_is_macvtap(const char *path);

/** vhost_user and vhost_kernel backends. */
extern const struct vio_user_backend vio_user_vhost_user;
extern const struct vio_user_backend vio_user_vhost_kernel;

/** Watch the socket of a vhost-user port from now on; tries to connect once. */
int vio_user_watch(struct vio_user_port *user);
/** The opposite; the port is being removed. */
void vio_user_unwatch(struct vio_user_port *user);

/**
 * Share all memory of EAL with the backend, and from now on what comes and goes.
 * @return 0 or a negative errno; -E2BIG where the backend takes fewer regions
 */
int vio_user_memory_share(struct vio_user_port *user);
/**
 * Try again where the backend did not take all memory that came. Called before each start, which
 * must not go on with memory that the backend cannot reach.
 * @return see vio_user_memory_share()
 */
int vio_user_memory_refresh(struct vio_user_port *user);
/** The opposite of vio_user_memory_share(). */
void vio_user_memory_unshare(struct vio_user_port *user);

#endif /* VIO_USER_H */
