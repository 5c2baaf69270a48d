/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* backend.c - asks a vhost-user backend with the frontend of the protocol library. */
#include <errno.h>
#include <string.h>

#include "backend.h"
#include "features.h"
#include "vhost_user.h"
#include "vhost_user_msg.h"
#include "vio_features.h"

/* How long a backend may take to answer, in milliseconds. */
#define TIMEOUT_MS 3000

/* "Protocol features" of the vhost-user protocol. */
static const char *const protocol_names[] = {
	"MQ", "LOG_SHMFD", "RARP", "REPLY_ACK", "MTU", "BACKEND_REQ", "CROSS_ENDIAN",
	"CRYPTO_SESSION", "PAGEFAULT", "CONFIG", "BACKEND_SEND_FD", "HOST_NOTIFIER",
	"INFLIGHT_SHMFD", "RESET_DEVICE", "INBAND_NOTIFICATIONS", "CONFIGURE_MEM_SLOTS", "STATUS",
	"XEN_MMAP", "SHARED_OBJECT", "DEVICE_STATE",
};

const char *
backend_protocol_name(unsigned int bit)
{
	return bit < sizeof(protocol_names) / sizeof(protocol_names[0]) ? protocol_names[bit] :
									  NULL;
}

static int
ask(struct backend *b, struct virtio_vhost_user *vu)
{
	const bool config = (vu->protocol >> VHOST_USER_PROTOCOL_F_CONFIG) & 1;
	int rc;

	b->protocol_offered = vu->protocol_offered;
	b->protocol = vu->protocol;
	b->pairs = vu->backend_pairs;
	b->regions = vu->max_regions;
	b->view.source = VIEW_BACKEND;
	/* Where the backend has no configuration, vio serves its own. */
	rc = view_read(&b->view, &vu->base, config ? ~VIO_FEATURES_SERVED : 0);
	b->offered = vu->offered;
	/* Pairs are asked for in their own way; sizes of rings are the frontend's choice. */
	b->view.fields &= ~VIRTIO_FEATURE(VIRTIO_NET_F_MQ);
	b->view.num_queues = 0;
	b->view.queue_count = 0;
	return rc;
}

int
backend_ask(struct backend *b, const char *path)
{
	static struct virtio_vhost_user vu; /* large */
	const struct virtio_vhost_user_params params = {
		.path = path,
		.pairs = 1,
		.queue_size = 256,
		.timeout_ms = TIMEOUT_MS,
	};
	int rc;

	memset(b, 0, sizeof(*b));
	b->path = path;
	remarks_collect(&b->remarks);
	rc = virtio_vhost_user_create(&vu, &params);
	if (rc == 0) {
		rc = virtio_vhost_user_connect(&vu);
		if (rc == 0)
			rc = virtio_vhost_user_handshake(&vu);
		if (rc == 0)
			rc = ask(b, &vu);
		vu.base.ops->close(&vu.base);
	}
	remarks_collect(NULL);
	if (rc == -ENOENT || rc == -ECONNREFUSED)
		remark(&b->remarks, "nobody listens at %s", path);
	else if (rc == -ENAMETOOLONG)
		remark(&b->remarks, "%s is too long for the address of a socket", path);
	else if (rc != 0 && b->remarks.count == 0)
		remark(&b->remarks, "%s", strerror(-rc));
	return rc;
}
