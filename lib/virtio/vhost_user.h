/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_user.h - the transport over vhost-user: this process is the frontend, that has the driver
 * and the memory; a process at the other end of a socket is the device.
 *
 * Life of a connection, to be walked by the owner as its poll loop allows; only handshake and
 * operations wait, each request for virtio_vhost_user_params::timeout_ms at most:
 *
 *   create [listen]  ->  connect (until 0)  ->  handshake  ->  operations of virtio_transport
 *                            ^                                  |
 *                            +--- disconnect  <---  gone: EOF, time-out, broken protocol
 *
 * Whatever makes the connection useless sets virtio_transport::gone and shuts the socket down, so
 * that poll() on conn_fd reports it to the owner; the descriptor itself stays open and keeps its
 * number until virtio_vhost_user_disconnect(). Eventfds of queues live from the first
 * queue_setup() of a queue until close(), across resets and connections.
 *
 * Every function takes the lock of the transport, so they may be called from any thread; an owner
 * calls connect, handshake, disconnect and close from one thread at a time.
 */
#ifndef VIRTIO_VHOST_USER_H
#define VIRTIO_VHOST_USER_H

#include <pthread.h>
#include <sys/un.h>

#include "vhost.h"

/** How long one request may take where the parameters say nothing, in milliseconds. */
#define VIRTIO_VHOST_USER_TIMEOUT_MS 5000

/** Most memory slots that are used of those that a backend says it has. */
#define VIRTIO_VHOST_USER_MAX_SLOTS 4096

/** What a port asks of its connection. */
struct virtio_vhost_user_params {
	const char *path;     /**< of the socket; copied */
	bool server;          /**< listen there, rather than connect to it */
	uint16_t pairs;       /**< queue pairs, 1 to VIRTIO_VHOST_MAX_PAIRS */
	uint16_t queue_size;  /**< what queue_max_size() answers, entries; 1 to 32768 */
	unsigned int timeout_ms; /**< for one request; 0: VIRTIO_VHOST_USER_TIMEOUT_MS */
	struct virtio_vhost_config config; /**< what the port serves itself */
};

/** Shared memory in which a backend notes what is in flight ("Inflight I/O tracking"). */
struct virtio_vhost_user_inflight {
	int fd; /**< -1: none */
	uint64_t mmap_size; /**< bytes */
	uint64_t mmap_offset; /**< in the file */
	uint16_t num_queues; /**< that it was made for */
	uint16_t queue_size; /**< that it was made for */
	bool sent; /**< on this connection */
};

/** The transport. Memory of the owner; fields are read-only for it. */
struct virtio_vhost_user {
	struct virtio_transport base; /**< first, see transport.h */

	struct sockaddr_un addr;    /**< path of the socket */
	bool server;                /**< listens rather than connects */
	uint16_t pairs;             /**< queue pairs */
	uint16_t queue_size;        /**< largest ring */
	unsigned int timeout_ms;    /**< for one request */
	struct virtio_vhost_config config; /**< what the port serves itself */
	uint32_t config_generation; /**< goes up when config changes */

	int listen_fd;  /**< readable: a backend knocks (server). -1: none */
	int conn_fd;    /**< readable: call virtio_vhost_user_check(). -1: not connected */
	int backend_fd; /**< readable: call virtio_vhost_user_backend_events(). -1: no channel */
	dev_t sock_dev; /**< identity of the socket file that listen made */
	ino_t sock_ino;             /**< the other half of it */
	bool ready;     /**< the handshake is done */

	uint64_t offered;           /**< virtio features of the backend, transport bits included */
	uint64_t protocol_offered;  /**< protocol features of the backend */
	uint64_t protocol;          /**< protocol features in force */
	uint16_t backend_pairs;     /**< queue pairs that the backend has */
	unsigned int max_regions;   /**< memory regions that it takes */
	uint8_t status;             /**< device status where the backend keeps none */
	bool features_set;          /**< SET_FEATURES was sent since the last reset */

	struct virtio_mem_table memory; /**< what the owner has */
	struct virtio_mem_table sent;   /**< what the backend has, merged */
	bool memory_live;               /**< the backend has it; changes are to be told at once */

	struct virtio_vhost_user_inflight inflight; /**< made by the backend */
	struct virtio_vhost_queue queues[VIRTIO_VHOST_MAX_QUEUES]; /**< virtqueues, two a pair */
	pthread_mutex_t lock;       /**< of all fields */
};

/**
 * Fill @p vu; nothing is opened yet. base.ops->close() ends its life, also where nothing else was
 * ever called.
 * @return 0, -EINVAL, -ENAMETOOLONG for a path that fits no socket address
 */
int virtio_vhost_user_create(struct virtio_vhost_user *vu,
			     const struct virtio_vhost_user_params *params);

/**
 * Server: make the socket and listen. A socket file that nobody listens on is replaced.
 * @return 0, -EADDRINUSE where somebody listens or the file is no socket, -EINVAL for a client,
 *         another negative errno
 */
int virtio_vhost_user_listen(struct virtio_vhost_user *vu);

/**
 * Try once to get a connection; never waits.
 * @return 0; -EAGAIN (nobody knocked, or the backend is busy), -ENOENT, -ECONNREFUSED: try again
 *         later, not logged; -EISCONN; another negative errno, logged
 */
int virtio_vhost_user_connect(struct virtio_vhost_user *vu);

/**
 * Agree on the protocol with the backend: features, protocol features, number of queues, memory
 * slots, owner. Afterwards operations of the transport work.
 *
 * @return 0, -ENOTSUP where the backend has fewer queue pairs than asked for, -E2BIG where it takes
 *         fewer memory regions than there are, -ETIMEDOUT, -EPROTO, -EIO, -ENODEV. On failure the
 *         connection is shut down: disconnect and try again.
 */
int virtio_vhost_user_handshake(struct virtio_vhost_user *vu);

/**
 * Is the backend still there? To be called when conn_fd is readable or hung up; never waits, and
 * does nothing while another thread has a request under way.
 * @return 0, -ENODEV where the connection is lost (virtio_transport::gone is set)
 */
int virtio_vhost_user_check(struct virtio_vhost_user *vu);

/**
 * Forget the connection and close its descriptors; queues are no longer running. conn_fd and
 * backend_fd are out of the owner's poll set before. Ready to connect() again.
 */
void virtio_vhost_user_disconnect(struct virtio_vhost_user *vu);

/**
 * Serve the channel on which the backend makes requests.
 * @return 1 where the device configuration changed, 0 where nothing happened, -ENODEV where the
 *         channel is lost: take backend_fd out of the poll set. The connection itself goes on.
 */
int virtio_vhost_user_backend_events(struct virtio_vhost_user *vu);

/**
 * Say which memory is shared. May be called at any time, also before there is a connection; a
 * running backend is told before this returns. Regions of one file that touch are merged.
 *
 * @return 0; -EINVAL for regions that overlap or have no file; -E2BIG where the backend takes fewer
 *         (the log says what to do about it); -EIO where it refuses them; with each of these
 *         nothing changed. -ENODEV, -EPROTO, -ETIMEDOUT where the connection was lost on the way:
 *         the next one gets the new table.
 */
int virtio_vhost_user_set_memory(struct virtio_vhost_user *vu,
				 const struct virtio_mem_region *regions, unsigned int count);

/** Share one region more; as virtio_vhost_user_set_memory(). */
int virtio_vhost_user_add_memory(struct virtio_vhost_user *vu,
				 const struct virtio_mem_region *region);

/**
 * Stop sharing @p size bytes from @p user_addr on, parts of regions included. The table of the
 * transport is without them in any case. Where the backend was not told (an error of
 * virtio_vhost_user_set_memory() is returned) it goes on mapping them.
 * @return also -ENOENT
 */
int virtio_vhost_user_remove_memory(struct virtio_vhost_user *vu, uint64_t user_addr,
				    uint64_t size);

/**
 * Enable or disable one queue ("Ring states"). Before DRIVER_OK the wish is noted: DRIVER_OK
 * enables what is set up and not disabled.
 * @return 0, -EINVAL for a queue that does not exist, -ENOTSUP where the backend cannot disable
 */
int virtio_vhost_user_enable(struct virtio_vhost_user *vu, uint16_t q, bool on);

/**
 * Make the eventfds of queue @p q, unless it has them, for who waits for it before a backend is
 * there. They stay the same until the transport is closed.
 * @return 0, -EINVAL for a queue that does not exist, or another negative errno, logged
 */
int virtio_vhost_user_open_queue(struct virtio_vhost_user *vu, uint16_t q);

/** The eventfd that the backend adds to when it has used buffers; -1 before the first set-up. */
int virtio_vhost_user_call_fd(struct virtio_vhost_user *vu, uint16_t q);

/** The eventfd that tells the backend of available buffers; -1 before the first set-up. */
int virtio_vhost_user_kick_fd(struct virtio_vhost_user *vu, uint16_t q);

/**
 * Where queue @p q stood when it was last stopped, for virtio_queue_setup::base.
 * @return 0, -ENOENT where it was not, -EPROTO where the backend's answer was out of range
 */
int virtio_vhost_user_stopped_base(struct virtio_vhost_user *vu, uint16_t q, uint16_t *base);

/** Replace what the frontend serves itself; the configuration generation goes up. */
void virtio_vhost_user_set_config(struct virtio_vhost_user *vu,
				  const struct virtio_vhost_config *config);

/**
 * Tell the backend the MTU in bytes (NET_SET_MTU).
 * @return 0, -ENOTSUP where VIRTIO_NET_F_MTU or the protocol feature was not accepted,
 *         -EINVAL below 68, -EIO refused
 */
int virtio_vhost_user_set_mtu(struct virtio_vhost_user *vu, uint16_t mtu);

/** Ask the backend to announce @p mac by RARP. @return 0, -ENOTSUP, -EIO refused */
int virtio_vhost_user_send_rarp(struct virtio_vhost_user *vu, const uint8_t mac[6]);

#endif /* VIRTIO_VHOST_USER_H */
