/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_user_priv.h - shared by the files of the vhost-user transport: requests over the connection
 * (vhost_user_conn.c), memory (vhost_user_mem.c), operations (vhost_user.c). Internal to the
 * library. Every function here is called with the lock of the transport held.
 */
#ifndef VIRTIO_VHOST_USER_PRIV_H
#define VIRTIO_VHOST_USER_PRIV_H

#include "features.h"
#include "vhost_user.h"
#include "vhost_user_msg.h"

/** Feature bits that belong to the protocol and are never shown to the driver: LOG_ALL too. */
#define VHOST_USER_TRANSPORT_FEATURES \
	(VIRTIO_FEATURE(VHOST_USER_F_PROTOCOL_FEATURES) | VIRTIO_FEATURE(VHOST_F_LOG_ALL))

/** Is protocol feature @p bit in force? */
static inline bool
vhost_user_has(const struct virtio_vhost_user *vu, unsigned int bit)
{
	return (vu->protocol >> bit) & 1;
}

/** Does the backend know protocol features, so that rings start disabled ("Ring states")? */
static inline bool
vhost_user_has_protocol(const struct virtio_vhost_user *vu)
{
	return (vu->offered >> VHOST_USER_F_PROTOCOL_FEATURES) & 1;
}

/** Can requests be made? */
static inline bool
vhost_user_usable(const struct virtio_vhost_user *vu)
{
	return vu->ready && !vu->base.gone;
}

/** Give the connection up: gone, socket shut down. @return @p rc as callers are to see it */
int vhost_user_lost(struct virtio_vhost_user *vu, int rc);

/**
 * Send @p msg and wait for what answers it: its reply, put in the place of @p msg, or an
 * acknowledgement where REPLY_ACK is in force.
 *
 * @param fds        to be sent along, or NULL
 * @param reply_fds  descriptors of the reply, the caller's from then on; NULL where there are none
 * @return 0; -EIO where the backend refused, the connection goes on; -ENODEV, -ETIMEDOUT, -EPROTO
 *         and the connection is lost. All logged.
 */
int vhost_user_call(struct virtio_vhost_user *vu, struct vhost_user_msg *msg,
		    const struct vhost_user_fds *fds, struct vhost_user_fds *reply_fds);

/** A request whose payload is one number. */
int vhost_user_set_u64(struct virtio_vhost_user *vu, uint32_t request, uint64_t value);

/** A request without payload, answered with one number. */
int vhost_user_get_u64(struct virtio_vhost_user *vu, uint32_t request, uint64_t *value);

/** A request about a queue. */
int vhost_user_set_state(struct virtio_vhost_user *vu, uint32_t request, uint16_t q, uint32_t num);

/** A request with a number and one descriptor. */
int vhost_user_set_fd(struct virtio_vhost_user *vu, uint32_t request, uint64_t value, int fd);

/** Wait until everything sent so far was processed: free of cost with REPLY_ACK. */
int vhost_user_sync(struct virtio_vhost_user *vu);

/** Forget what was told to the backend of a connection that ended. */
void vhost_user_forget(struct virtio_vhost_user *vu);

/** Bring the backend's memory to the owner's table. Errors of set_memory. */
int vhost_user_push_memory(struct virtio_vhost_user *vu);

/** -E2BIG, with a sentence, where the backend cannot take the owner's table. */
int vhost_user_check_memory(struct virtio_vhost_user *vu);

/** Set up queue @p q as virtio_transport_ops::queue_setup says, memory before it where due. */
int vhost_user_setup_queue(struct virtio_vhost_user *vu, uint16_t q,
			   const struct virtio_queue_setup *setup);

/** Enable or disable queue @p q now. */
int vhost_user_set_enable(struct virtio_vhost_user *vu, uint16_t q, bool on);

/** Stop running queue @p q and note where it stood. */
int vhost_user_stop_queue(struct virtio_vhost_user *vu, uint16_t q);

/** Forget the memory that tracks what is in flight. */
void vhost_user_drop_inflight(struct virtio_vhost_user *vu);

#endif /* VIRTIO_VHOST_USER_PRIV_H */
