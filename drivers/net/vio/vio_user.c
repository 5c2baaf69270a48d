/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * vio_user.c - the vdev net_vio_user, alias vio_user: device arguments, probe and remove, and the
 * control commands that such a port serves by itself.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rte_malloc.h>
#include <bus_vdev_driver.h>
#include <ethdev_driver.h>
#include <ethdev_vdev.h>

#include "vio_compat.h"
#include "vio_second.h"
#include "vio_user.h"

static const char *const user_args[] = {
	"cq", "iface", "in_order", "mac", "mrg_rxbuf", "packed_vq", "path", "queue_size", "queues",
	"server", "size_bins", "speed", "vectorized", NULL,
};

static struct vio_user_port *
user_port(struct vio_port *port)
{
	return container_of(port, struct vio_user_port, port);
}

static bool
user_present(struct vio_port *port)
{
	return user_port(port)->connected;
}

/** The memory that came since, and what the backend of today offers. */
static int
user_prepare(struct vio_port *port)
{
	struct virtio_transport *t = port->device.transport;
	int ret = vio_user_memory_refresh(user_port(port));

	return ret != 0 ? ret : t->ops->get_features(t, &port->device.offered);
}

/** Queue pairs are turned on and off one ring at a time ("Ring states"). */
static int
user_set_pairs(struct vio_port *port, uint16_t pairs)
{
	struct vio_user_port *user = user_port(port);
	int ret = 0;

	for (uint32_t q = 0; ret == 0 && q < 2 * port->args.queues; q++)
		ret = user->backend->enable(user, q, q < 2u * pairs);
	return ret;
}

/**
 * The port serves modes that need nothing of the backend, which passes on whatever it has: such a
 * port is promiscuous, and cannot be anything else.
 */
static int
user_rx_mode(struct vio_port *port, uint8_t cmd __rte_unused, bool on)
{
	return port->args.cq && on ? 0 : -ENOTSUP;
}

static int
user_mtu(struct vio_port *port, uint16_t mtu)
{
	int ret = user_port(port)->backend->set_mtu(user_port(port), mtu);

	return ret == -ENOTSUP ? 0 : ret; /* a backend that does not ask takes any frame */
}

static void
user_intr_stop(struct vio_port *port)
{
	struct rte_eth_dev *dev = &rte_eth_devices[port->data->port_id];

	if (dev->intr_handle == NULL)
		return;
	/* The eventfds are the transport's: they are not closed. */
	rte_intr_free_epoll_fd(dev->intr_handle);
	rte_intr_vec_list_free(dev->intr_handle);
	rte_intr_instance_free(dev->intr_handle);
	dev->intr_handle = NULL;
}

/** An interrupt handle of what the backend adds to. */
static int
make_handle(struct vio_user_port *user, struct rte_intr_handle *handle, uint16_t rx_queues)
{
	int ret = rte_intr_type_set(handle, RTE_INTR_HANDLE_VDEV);

	if (ret == 0)
		ret = rte_intr_efd_counter_size_set(handle, sizeof(uint64_t));
	if (ret == 0)
		ret = rte_intr_vec_list_alloc(handle, "vio_intr", rx_queues);
	for (uint16_t i = 0; ret == 0 && i < rx_queues; i++) {
		int fd = user->backend->queue_fd(user, 2 * i, false);

		ret = fd < 0 ? fd : rte_intr_efds_index_set(handle, i, fd);
		if (ret == 0)
			ret = rte_intr_vec_list_index_set(handle, i, RTE_INTR_VEC_RXTX_OFFSET + i);
	}
	if (ret == 0)
		ret = rte_intr_nb_efd_set(handle, rx_queues);
	if (ret == 0)
		ret = rte_intr_max_intr_set(handle, RTE_INTR_VEC_RXTX_OFFSET + rx_queues);
	return ret;
}

/** The link is told of on the connection, or by its end: that takes no handle. */
static int
user_intr_start(struct vio_port *port, uint16_t rx_queues, bool link __rte_unused)
{
	struct rte_eth_dev *dev = &rte_eth_devices[port->data->port_id];
	struct vio_user_port *user = user_port(port);
	int ret;

	if (rx_queues == 0)
		return 0;
	dev->intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (dev->intr_handle == NULL)
		return -ENOMEM;
	ret = make_handle(user, dev->intr_handle, rx_queues);
	if (ret != 0) {
		VIO_PORT_LOG(port, driver, ERR, "no interrupts for %u receive queues: %s",
			     rx_queues, strerror(abs(ret)));
		user_intr_stop(port);
	}
	return ret;
}

static void
user_closing(struct vio_port *port)
{
	struct vio_user_port *user = user_port(port);

	vio_user_memory_unshare(user);
	if (user->watched)
		vio_user_unwatch(user);
}

static const struct vio_bus user_bus = {
	.present = user_present,
	.prepare = user_prepare,
	.closing = user_closing,
	.serves_ctrl = true,
	.set_pairs = user_set_pairs,
	.rx_mode = user_rx_mode,
	.mtu = user_mtu,
	.intr_start = user_intr_start,
	.intr_stop = user_intr_stop,
};

/** Which backend a path means, and keys that do not go with it. */
static int
choose_backend(const struct vio_devargs *args, const struct vio_user_backend **backend)
{
	struct stat st;
	bool device = stat(args->path, &st) == 0 && S_ISCHR(st.st_mode);
	bool macvtap;

	if (args->path[0] == '\0') {
		VIO_LOG(init, ERR, "device argument path is missing: the backend's socket, or "
			"/dev/vhost-net");
		return -EINVAL;
	}
	if (strncmp(args->path, "/dev/vhost-vdpa", strlen("/dev/vhost-vdpa")) == 0) {
		VIO_LOG(init, ERR, "device argument path=%s: vDPA devices are not supported",
			args->path);
		return -ENOTSUP;
	}
	macvtap = vio_user_is_macvtap(args->path);
	/* Also where they are missing: nobody makes a socket of this name. */
	device = device || macvtap || strcmp(args->path, "/dev/vhost-net") == 0;
	if (device && args->server) {
		VIO_LOG(init, ERR, "device argument server=1: %s is not a socket", args->path);
		return -EINVAL;
	}
	if ((!device || macvtap) && args->iface[0] != '\0') {
		VIO_LOG(init, ERR, "device argument iface=%s: %s; it goes with path=/dev/vhost-net",
			args->iface, macvtap ? "the path is that of a macvtap, which is an interface"
					     : "a socket has no interface");
		return -EINVAL;
	}
	if (device && args->packed_vq) {
		VIO_LOG(init, ERR, "device argument packed_vq=1: the kernel's vhost-net has split "
			"rings only");
		return -EINVAL;
	}
	if (!args->packed_vq && !rte_is_power_of_2(args->queue_size)) {
		VIO_LOG(init, ERR, "device argument queue_size=%u: split rings have a power of two; "
			"any size goes with packed_vq=1", args->queue_size);
		return -EINVAL;
	}
	*backend = device ? &vio_user_vhost_kernel : &vio_user_vhost_user;
	return 0;
}

static int
user_init(struct rte_eth_dev *dev, const struct vio_devargs *args,
	  const struct vio_user_backend *backend)
{
	struct vio_user_port *user = dev->data->dev_private;
	int ret;

	user->backend = backend;
	vio_port_prepare(dev, &user->transport, &user_bus, args, true);
	ret = vio_assume_config(&user->port);
	if (ret == 0)
		ret = backend->open(user);
	if (ret != 0) {
		rte_free(user->port.ring_max);
		return ret;
	}
	/* Such a port gets whatever the backend has: see user_rx_mode(). */
	dev->data->promiscuous = 1;
	dev->data->all_multicast = 1;
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC;
	ret = vio_user_memory_share(user);
	if (ret == 0)
		ret = vio_port_init(dev);
	if (ret == 0)
		ret = backend->watch == NULL ? 0 : backend->watch(user);
	if (ret != 0)
		vio_port_fini(dev);
	return ret;
}

static int
user_attach(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_attach_secondary(rte_vdev_device_name(vdev));

	if (dev == NULL)
		return -ENODEV;
	dev->device = &vdev->device;
	vio_port_attach(dev);
	vio_second_attach_user(dev);
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int
vio_user_probe(struct rte_vdev_device *vdev)
{
	const struct vio_user_backend *backend;
	struct vio_devargs args = VIO_DEVARGS_DEFAULT;
	struct rte_eth_dev *dev;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return user_attach(vdev);
	ret = vio_devargs_parse(rte_vdev_device_args(vdev), user_args, &args);
	if (ret == 0)
		ret = choose_backend(&args, &backend);
	if (ret == 0)
		ret = vio_second_serve();
	if (ret != 0)
		return ret;
	dev = rte_eth_vdev_allocate(vdev, sizeof(struct vio_user_port));
	if (dev == NULL)
		return -ENOMEM;
	ret = user_init(dev, &args, backend);
	if (ret != 0) {
		VIO_LOG(init, ERR, "%s: the port could not be set up: %s",
			rte_vdev_device_name(vdev), strerror(-ret));
		rte_eth_dev_release_port(dev);
		return ret;
	}
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int
vio_user_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	if (dev == NULL)
		return 0;
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		vio_second_detach(dev);
		return rte_eth_dev_release_port(dev);
	}
	return rte_eth_dev_close(dev->data->port_id);
}

static struct rte_vdev_driver vio_user_driver = {
	.probe = vio_user_probe,
	.remove = vio_user_remove,
};

RTE_INIT(vio_user_register)
{
	/* Without its checks it is another driver: see rxtx/vio_check.h. */
	vio_user_driver.driver.name = VIO_CHECKED ? "net_vio_user" : "net_vio_unchecked";
	vio_user_driver.driver.alias = VIO_CHECKED ? "vio_user" : NULL;
	if (vio_release_ok())
		rte_vdev_register(&vio_user_driver);
}

RTE_PMD_EXPORT_NAME(net_vio_user, __COUNTER__);
RTE_PMD_REGISTER_PARAM_STRING(net_vio_user,
	"path=<path> mac=<mac addr> cq=<0|1> queue_size=<int> queues=<int> iface=<string> "
	"server=<0|1> mrg_rxbuf=<0|1> in_order=<0|1> packed_vq=<0|1> size_bins=<0|1> speed=<int> "
	"vectorized=<0|1>");
