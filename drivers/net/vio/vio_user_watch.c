/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_user_watch.c - a vhost-user backend that comes later than its port, goes, and comes back.
 *
 * All of it happens in the monitor's thread, under the port's lock: on its way out a backend takes
 * the device down as a stop would, on its way in it is negotiated with anew and gets fresh rings.
 */

#include <errno.h>
#include <string.h>

#include "vio_trace.h"
#include "vio_user.h"

static struct vio_user_port *
owner(struct vio_watch *watch)
{
	return container_of(watch, struct vio_user_port, watch);
}

static struct vio_user_port *
channel_owner(struct vio_watch *channel)
{
	return container_of(channel, struct vio_user_port, channel);
}

static int
watch_fd(struct vio_watch *watch)
{
	const struct vio_user_port *user = owner(watch);

	return user->vu.conn_fd >= 0 ? user->vu.conn_fd : user->vu.listen_fd;
}

/** The link's state may have changed: the application hears of it when the locks are free. */
static void
link_changed(struct vio_user_port *user, struct vio_watch *watch)
{
	struct rte_eth_dev *dev = &rte_eth_devices[user->port.data->port_id];

	if (vio_link_update(dev, 0) == 0)
		watch->event_pending = true;
}

static void
backend_gone(struct vio_user_port *user)
{
	struct rte_eth_dev *dev = &rte_eth_devices[user->port.data->port_id];

	vio_trace_disconnect(user->port.data->port_id);
	if (user->connected)
		VIO_PORT_LOG(&user->port, driver, NOTICE, "the backend at %s went away; waiting for "
			     "it", user->vu.addr.sun_path);
	user->connected = false;
	if (user->port.live)
		vio_deactivate(dev);
	virtio_vhost_user_disconnect(&user->vu);
	link_changed(user, &user->watch);
}

/** Say why a connection came to nothing, once for each reason. */
static void
connect_failed(struct vio_user_port *user, int ret)
{
	if (ret != user->last_error)
		VIO_PORT_LOG(&user->port, driver, ERR, "no use of the backend at %s: %s; trying on",
			     user->vu.addr.sun_path, strerror(-ret));
	user->last_error = ret;
	user->connected = false;
	virtio_vhost_user_disconnect(&user->vu);
}

/** Try to get a backend. @return 0, -EAGAIN nobody is there, another negative errno: not this one */
static int
backend_connect(struct vio_user_port *user)
{
	struct rte_eth_dev *dev = &rte_eth_devices[user->port.data->port_id];
	int ret = virtio_vhost_user_connect(&user->vu);

	if (ret == -ENOENT || ret == -ECONNREFUSED || ret == -EAGAIN)
		return -EAGAIN;
	if (ret == 0)
		ret = virtio_vhost_user_handshake(&user->vu);
	if (ret == 0) {
		user->connected = true;
		if (vio_port_wanted(&user->port))
			ret = vio_activate(dev);
	}
	vio_trace_connect(user->port.data->port_id, ret);
	if (ret != 0) {
		connect_failed(user, ret);
		return ret;
	}
	user->last_error = 0;
	user->channel_lost = false;
	VIO_PORT_LOG(&user->port, driver, NOTICE, "connected to the backend at %s",
		     user->vu.addr.sun_path);
	link_changed(user, &user->watch);
	return 0;
}

static int
watch_run(struct vio_watch *watch, bool ready)
{
	struct vio_user_port *user = owner(watch);
	int ret = 0;

	pthread_mutex_lock(&user->port.lock);
	if (user->vu.conn_fd >= 0 && (user->transport.gone ||
	    (ready && virtio_vhost_user_check(&user->vu) != 0)))
		backend_gone(user);
	if (user->vu.conn_fd < 0)
		ret = backend_connect(user);
	pthread_mutex_unlock(&user->port.lock);

	if (ret == 0)
		return -1;
	/* A server is woken by the one who knocks; one that was sent away may knock at once. */
	if (ret == -EAGAIN)
		return user->vu.listen_fd >= 0 ? -1 : VIO_MONITOR_RETRY_MS;
	return VIO_MONITOR_REFUSED_MS;
}

static int
channel_fd(struct vio_watch *channel)
{
	const struct vio_user_port *user = channel_owner(channel);

	return user->channel_lost ? -1 : user->vu.backend_fd;
}

/** The backend says something: of the configuration, the link's state alone may change. */
static int
channel_run(struct vio_watch *channel, bool ready)
{
	struct vio_user_port *user = channel_owner(channel);
	int ret;

	if (!ready)
		return -1;
	pthread_mutex_lock(&user->port.lock);
	ret = virtio_vhost_user_backend_events(&user->vu);
	user->channel_lost = ret < 0;
	if (ret > 0)
		link_changed(user, channel);
	pthread_mutex_unlock(&user->port.lock);
	return -1;
}

static int
watch_add(struct vio_user_port *user, struct vio_watch *watch)
{
	watch->event = vio_link_event;
	watch->port_id = user->port.data->port_id;
	return vio_monitor_add(watch);
}

int
vio_user_watch(struct vio_user_port *user)
{
	int ret;

	user->watch.fd = watch_fd;
	user->watch.run = watch_run;
	user->channel.fd = channel_fd;
	user->channel.run = channel_run;
	ret = backend_connect(user);
	/* Nobody there yet is no failure, and one that is just starting may be ready later. */
	if (ret == -EAGAIN)
		VIO_PORT_LOG(&user->port, driver, NOTICE, "no backend at %s yet; the link is down "
			     "until one comes", user->vu.addr.sun_path);
	else if (ret != 0 && ret != -ENODEV && ret != -ETIMEDOUT)
		return ret;
	ret = watch_add(user, &user->watch);
	if (ret != 0)
		return ret;
	ret = watch_add(user, &user->channel);
	if (ret != 0)
		vio_monitor_remove(&user->watch);
	user->watched = ret == 0;
	return ret;
}

void
vio_user_unwatch(struct vio_user_port *user)
{
	vio_monitor_remove(&user->watch);
	vio_monitor_remove(&user->channel);
}
