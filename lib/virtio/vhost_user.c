/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vhost_user.c - the operations of a transport as requests to a vhost-user backend.
 *
 * A reset is: disable and stop every running queue (SET_VRING_ENABLE, GET_VRING_BASE), then status
 * 0 where the backend keeps a status. RESET_OWNER is never sent, the document deprecates it, and
 * RESET_DEVICE is not negotiated: what it does to the memory regions is not laid down, and with all
 * queues stopped and the features chosen anew nothing is left for it to reset.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include "log.h"
#include "vhost_user_priv.h"
#include "virtio_spec.h"

/*
 * 2.2.1: what needs something that eventfds and shared memory do not give: data beside a
 * notification, a single queue's reset (backends stop the whole device at GET_VRING_BASE), an
 * IOMMU's translations, PCI.
 */
#define NOT_ALLOWED \
	(VHOST_USER_TRANSPORT_FEATURES | VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM) | \
	 VIRTIO_FEATURE(VIRTIO_F_SR_IOV) | VIRTIO_FEATURE(VIRTIO_F_NOTIFICATION_DATA) | \
	 VIRTIO_FEATURE(VIRTIO_F_NOTIF_CONFIG_DATA) | VIRTIO_FEATURE(VIRTIO_F_RING_RESET) | \
	 VIRTIO_FEATURE(VIRTIO_F_ADMIN_VQ))

/* Those that exist (2.1). */
#define STATUS_BITS \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK | \
	 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_FAILED)

static struct virtio_vhost_user *
vhost_user(struct virtio_transport *t)
{
	return (struct virtio_vhost_user *)t; /* base is the first member */
}

/* "VHOST_USER_GET_STATUS", or what was written last. */
static int
read_status(struct virtio_vhost_user *vu, uint8_t *status)
{
	uint64_t value = vu->status;
	int rc = 0;

	if (vhost_user_has(vu, VHOST_USER_PROTOCOL_F_STATUS))
		rc = vhost_user_get_u64(vu, VHOST_USER_GET_STATUS, &value);
	if (rc != 0)
		return rc;
	if (value & ~(uint64_t)STATUS_BITS) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: an impossible device status 0x%" PRIx64,
			   vu->addr.sun_path, value);
		return vhost_user_lost(vu, -EPROTO);
	}
	*status = (uint8_t)value;
	return 0;
}

static int
get_status(struct virtio_transport *t, uint8_t *status)
{
	struct virtio_vhost_user *vu = vhost_user(t);
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = vhost_user_usable(vu) ? read_status(vu, status) : -ENODEV;
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

static int
reset(struct virtio_vhost_user *vu)
{
	int rc = 0;

	for (uint16_t q = 0; q < vu->base.num_queues && rc == 0; q++)
		if (vu->queues[q].running && vu->queues[q].enabled)
			rc = vhost_user_set_enable(vu, q, false);
	for (uint16_t q = 0; q < vu->base.num_queues && rc == 0; q++)
		if (vu->queues[q].running)
			rc = vhost_user_stop_queue(vu, q);
	if (rc == 0 && vhost_user_has(vu, VHOST_USER_PROTOCOL_F_STATUS))
		rc = vhost_user_set_u64(vu, VHOST_USER_SET_STATUS, 0);
	if (rc != 0)
		return rc;
	vu->status = 0;
	vu->features_set = false;
	vu->inflight.sent = false;
	/* a table is given anew with every start; slots stay occupied until they are freed */
	if (!vhost_user_has(vu, VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS))
		vu->memory_live = false;
	return 0;
}

/* Enable what the owner wants, before the device hears that the driver is ready. */
static int
enable_queues(struct virtio_vhost_user *vu)
{
	int rc = 0;

	for (uint16_t q = 0; q < vu->base.num_queues && rc == 0; q++)
		if (vu->queues[q].running && !vu->queues[q].disable)
			rc = vhost_user_set_enable(vu, q, true);
	return rc;
}

/* A ring starts with its first kick ("Ring states"), that a driver may have had no reason for. */
static void
kick_queues(struct virtio_vhost_user *vu)
{
	for (uint16_t q = 0; q < vu->base.num_queues; q++)
		if (vu->queues[q].enabled)
			virtio_vhost_event(vu->queues[q].kick_fd);
}

static int
write_status(struct virtio_vhost_user *vu, uint8_t status)
{
	bool starts = (status & ~vu->status & VIRTIO_CONFIG_S_DRIVER_OK) != 0;
	int rc = 0;

	if (status == 0)
		return reset(vu);
	if (starts)
		rc = enable_queues(vu);
	if (rc == 0 && vhost_user_has(vu, VHOST_USER_PROTOCOL_F_STATUS))
		rc = vhost_user_set_u64(vu, VHOST_USER_SET_STATUS, status);
	if (rc == 0 && starts)
		rc = vhost_user_sync(vu); /* a backend that refuses by hanging up is noticed now */
	if (rc != 0)
		return rc;
	vu->status = status;
	if (starts)
		kick_queues(vu);
	return 0;
}

static int
set_status(struct virtio_transport *t, uint8_t status)
{
	struct virtio_vhost_user *vu = vhost_user(t);
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = vhost_user_usable(vu) ? write_status(vu, status) : -ENODEV;
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

/* What the driver is offered. */
static uint64_t
visible_features(const struct virtio_vhost_user *vu)
{
	return (vu->offered & ~VHOST_USER_TRANSPORT_FEATURES & ~vu->config.hidden) |
	       vu->config.served;
}

static int
get_features(struct virtio_transport *t, uint64_t *features)
{
	struct virtio_vhost_user *vu = vhost_user(t);
	uint64_t offered;
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = vhost_user_usable(vu) ?
	     vhost_user_get_u64(vu, VHOST_USER_GET_FEATURES, &offered) : -ENODEV;
	if (rc == 0) {
		vu->offered = offered;
		*features = visible_features(vu);
		t->legacy = (*features & VIRTIO_FEATURE(VIRTIO_F_VERSION_1)) == 0;
	}
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

static int
choose_features(struct virtio_vhost_user *vu, uint64_t features)
{
	uint64_t wire = features & vu->offered;
	int rc;

	if (features & ~visible_features(vu))
		return -EINVAL;
	if (vhost_user_has_protocol(vu))
		wire |= VIRTIO_FEATURE(VHOST_USER_F_PROTOCOL_FEATURES);
	rc = vhost_user_set_u64(vu, VHOST_USER_SET_FEATURES, wire);
	if (rc != 0)
		return rc;
	vu->features_set = true;
	vu->base.features = features;
	return 0;
}

static int
set_features(struct virtio_transport *t, uint64_t features)
{
	struct virtio_vhost_user *vu = vhost_user(t);
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = vhost_user_usable(vu) ? choose_features(vu, features) : -ENODEV;
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

/* Is a field at @p offset the frontend's own? The number of pairs always is: see pairs. */
static bool
is_served(const struct virtio_vhost_user *vu, uint32_t offset)
{
	static const struct {
		uint32_t offset; /* of the first byte behind the fields of the feature */
		unsigned int feature;
	} fields[] = {
		{ offsetof(struct virtio_spec_net_config, status), VIRTIO_NET_F_MAC },
		{ offsetof(struct virtio_spec_net_config, max_virtqueue_pairs), VIRTIO_NET_F_STATUS },
		{ offsetof(struct virtio_spec_net_config, mtu), VIRTIO_NET_F_MQ },
		{ offsetof(struct virtio_spec_net_config, speed), VIRTIO_NET_F_MTU },
		{ offsetof(struct virtio_spec_net_config, rss_max_key_size),
		  VIRTIO_NET_F_SPEED_DUPLEX },
	};

	if (!vhost_user_has(vu, VHOST_USER_PROTOCOL_F_CONFIG))
		return true;
	for (unsigned int i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (offset < fields[i].offset)
			return fields[i].feature == VIRTIO_NET_F_MQ ||
			       ((vu->config.served >> fields[i].feature) & 1);
	return false;
}

/* "VHOST_USER_GET_CONFIG" */
static int
ask_config(struct virtio_vhost_user *vu, uint32_t offset, void *buf, uint32_t len)
{
	struct vhost_user_msg msg = {
		.header = {
			.request = VHOST_USER_GET_CONFIG,
			.size = (uint32_t)VHOST_USER_CONFIG_HEAD + len,
		},
		.payload.config = { .offset = offset, .size = len },
	};
	int rc;

	if (len > VHOST_USER_CONFIG_MAX)
		return -EINVAL;
	rc = vhost_user_call(vu, &msg, NULL, NULL);
	if (rc != 0)
		return rc;
	if (msg.header.size == 0) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: the backend has no configuration at %u,"
			   " %u bytes", vu->addr.sun_path, offset, len);
		return -EINVAL;
	}
	if (msg.payload.config.offset != offset || msg.payload.config.size != len) {
		virtio_log(VIRTIO_LOG_ERR, "vhost-user %s: %u bytes of configuration at %u were"
			   " asked for, %u at %u answered", vu->addr.sun_path, len, offset,
			   msg.payload.config.size, msg.payload.config.offset);
		return vhost_user_lost(vu, -EPROTO);
	}
	memcpy(buf, msg.payload.config.data, len);
	return 0;
}

static int
read_config(struct virtio_transport *t, uint32_t offset, void *buf, uint32_t len)
{
	struct virtio_vhost_user *vu = vhost_user(t);
	int rc;

	pthread_mutex_lock(&vu->lock);
	if (!vhost_user_usable(vu))
		rc = -ENODEV;
	else if (is_served(vu, offset))
		rc = virtio_vhost_config_read(&vu->config, offset, buf, len);
	else
		rc = ask_config(vu, offset, buf, len);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

static int
write_config(struct virtio_transport *t, uint32_t offset, const void *buf, uint32_t len)
{
	(void)t;
	(void)offset;
	(void)buf;
	(void)len;
	return -EPERM; /* 5.1.4.2; what the frontend serves, its owner sets */
}

static int
get_generation(struct virtio_transport *t, uint32_t *generation)
{
	struct virtio_vhost_user *vu = vhost_user(t);

	pthread_mutex_lock(&vu->lock);
	*generation = vu->config_generation;
	pthread_mutex_unlock(&vu->lock);
	return 0;
}

static int
queue_max_size(struct virtio_transport *t, uint16_t q, uint16_t *size)
{
	*size = q < t->num_queues ? vhost_user(t)->queue_size : 0;
	return 0;
}

static int
queue_setup(struct virtio_transport *t, uint16_t q, const struct virtio_queue_setup *setup)
{
	struct virtio_vhost_user *vu = vhost_user(t);
	int rc;

	pthread_mutex_lock(&vu->lock);
	rc = vhost_user_usable(vu) ? vhost_user_setup_queue(vu, q, setup) : -ENODEV;
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

static int
queue_reset(struct virtio_transport *t, uint16_t q)
{
	(void)t;
	(void)q;
	return -ENOTSUP;
}

static int
queue_notifier(struct virtio_transport *t, uint16_t q, struct virtio_notifier *n)
{
	int fd = virtio_vhost_user_kick_fd(vhost_user(t), q);

	if (fd < 0)
		return -EINVAL;
	virtio_vhost_notifier(n, fd, q);
	return 0;
}

/* There are no vectors: changes are told on backend_fd, or not at all. */
static int
set_config_vector(struct virtio_transport *t, uint16_t vector)
{
	(void)t;
	return vector == VIRTIO_NO_VECTOR ? 0 : -EINVAL;
}

static uint8_t
read_isr(struct virtio_transport *t)
{
	(void)t;
	return 0;
}

void
vhost_user_forget(struct virtio_vhost_user *vu)
{
	for (unsigned int q = 0; q < VIRTIO_VHOST_MAX_QUEUES; q++) {
		vu->queues[q].running = false;
		vu->queues[q].enabled = false;
		vu->queues[q].stopped = false;
	}
	virtio_mem_clear(&vu->sent);
	vu->memory_live = false;
	vu->inflight.sent = false;
	vu->features_set = false;
	vu->status = 0;
	vu->protocol = 0;
}

/* Remove the file that listen made, unless another one is in its place by now. */
static void
remove_socket(const struct virtio_vhost_user *vu)
{
	struct stat st;

	if (lstat(vu->addr.sun_path, &st) == 0 && st.st_dev == vu->sock_dev &&
	    st.st_ino == vu->sock_ino)
		unlink(vu->addr.sun_path);
}

static void
close_transport(struct virtio_transport *t)
{
	struct virtio_vhost_user *vu = vhost_user(t);

	virtio_vhost_user_disconnect(vu);
	if (vu->listen_fd >= 0) {
		close(vu->listen_fd);
		vu->listen_fd = -1;
		remove_socket(vu);
	}
	virtio_vhost_queues_close(vu->queues, VIRTIO_VHOST_MAX_QUEUES);
	vhost_user_drop_inflight(vu);
	virtio_mem_clear(&vu->memory);
	pthread_mutex_destroy(&vu->lock);
}

static const struct virtio_transport_ops vhost_user_ops = {
	.name = "vhost-user",
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.read_config = read_config,
	.write_config = write_config,
	.get_generation = get_generation,
	.queue_max_size = queue_max_size,
	.queue_setup = queue_setup,
	.queue_reset = queue_reset,
	.queue_notifier = queue_notifier,
	.set_config_vector = set_config_vector,
	.read_isr = read_isr,
	.close = close_transport,
};

int
virtio_vhost_user_create(struct virtio_vhost_user *vu,
			 const struct virtio_vhost_user_params *params)
{
	memset(vu, 0, sizeof(*vu));
	if (params->path == NULL || params->path[0] == '\0' || params->pairs == 0 ||
	    params->pairs > VIRTIO_VHOST_MAX_PAIRS || params->queue_size == 0 ||
	    params->queue_size > VIRTIO_QUEUE_SIZE_MAX)
		return -EINVAL;
	if (strlen(params->path) >= sizeof(vu->addr.sun_path))
		return -ENAMETOOLONG;
	vu->base.ops = &vhost_user_ops;
	vu->base.allowed = ~NOT_ALLOWED;
	vu->base.num_queues = 2 * params->pairs;
	vu->base.gone = true; /* until there is a connection */
	vu->addr.sun_family = AF_UNIX;
	strcpy(vu->addr.sun_path, params->path);
	vu->server = params->server;
	vu->pairs = params->pairs;
	vu->queue_size = params->queue_size;
	vu->timeout_ms = params->timeout_ms != 0 ? params->timeout_ms :
						   VIRTIO_VHOST_USER_TIMEOUT_MS;
	vu->listen_fd = -1;
	vu->conn_fd = -1;
	vu->backend_fd = -1;
	vu->inflight.fd = -1;
	virtio_vhost_queues_init(vu->queues, VIRTIO_VHOST_MAX_QUEUES);
	pthread_mutex_init(&vu->lock, NULL);
	virtio_vhost_user_set_config(vu, &params->config);
	return 0;
}

void
virtio_vhost_user_set_config(struct virtio_vhost_user *vu, const struct virtio_vhost_config *config)
{
	pthread_mutex_lock(&vu->lock);
	vu->config = *config;
	if (vu->config.max_virtqueue_pairs == 0)
		vu->config.max_virtqueue_pairs = vu->pairs;
	vu->config_generation++;
	pthread_mutex_unlock(&vu->lock);
}

int
virtio_vhost_user_set_mtu(struct virtio_vhost_user *vu, uint16_t mtu)
{
	int rc = -ENOTSUP;

	if (mtu < ETH_MIN_MTU)
		return -EINVAL;
	pthread_mutex_lock(&vu->lock);
	if (!vhost_user_usable(vu))
		rc = -ENODEV;
	else if (vhost_user_has(vu, VHOST_USER_PROTOCOL_F_MTU) &&
		 (vu->base.features & VIRTIO_FEATURE(VIRTIO_NET_F_MTU)))
		rc = vhost_user_set_u64(vu, VHOST_USER_NET_SET_MTU, mtu);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}

int
virtio_vhost_user_send_rarp(struct virtio_vhost_user *vu, const uint8_t mac[6])
{
	uint64_t value = 0;
	int rc = -ENOTSUP;

	memcpy(&value, mac, 6); /* the first bytes of the payload, whatever the byte order */
	pthread_mutex_lock(&vu->lock);
	if (!vhost_user_usable(vu))
		rc = -ENODEV;
	else if (vhost_user_has(vu, VHOST_USER_PROTOCOL_F_RARP))
		rc = vhost_user_set_u64(vu, VHOST_USER_SEND_RARP, value);
	pthread_mutex_unlock(&vu->lock);
	return rc;
}
